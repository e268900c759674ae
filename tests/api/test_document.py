"""The OpenAPI document is true: what it allows, and what not, is tried with each kind of token and with none."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as how
from litestar import Litestar
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import shutdown_lifespans
from sqlalchemy import select

from tests.api.conftest import COUNCIL, SURGERY, bearing, token_for
from tests.web.conftest import Visitor, World
from training_tracker.access.models import TokenScope
from training_tracker.app import create_app
from training_tracker.database import Database
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.settings import Settings

TRUE_TO_THE_DOCUMENT = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# So many requests to each address, with each token.
EXAMPLES = 10
# What another agency's person, team and role are called.
CANARIES = ("Cas Moor", "Front desk", "Receptionist")
# Of those that are there some are named, the other agency's among them: made-up words alone would find nobody.
NAMED = {
    "e-mail": ["ann-reed@agency.example", "cas-moor@agency.example", "dot-vale@agency.example"],
    "agency": ["", COUNCIL, SURGERY],
    "employee number": ["", "0042"],
    "item": ["CSA-INTRO", "DESK-GUIDE"],
    "completed on": ["2026-04-14", "2026-05-04", "2026-05-05"],
}
CALLERS = {
    "nobody": None,
    "a partnership's, for figures": (TokenScope.FIGURES, None),
    "an agency's, for figures": (TokenScope.FIGURES, COUNCIL),
    "an agency's, for completions": (TokenScope.COMPLETIONS, COUNCIL),
}


@pytest.fixture
def app(world: World, settings: Settings) -> Iterator[Litestar]:
    yield create_app(settings.model_copy(update={"api_requests_per_minute": 1_000_000}))
    shutdown_lifespans()


@pytest.fixture
async def token(world: World, empty: Database, settings: Settings, caller: str) -> str | None:
    known = CALLERS[caller]
    return await token_for(empty, settings, known[0], agency=known[1]) if known else None


async def test_the_document_is_there_for_everybody_and_of_the_api_alone(visitor: Visitor) -> None:
    answer = await visitor.client.get("/api/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.oai.openapi+json")
    told = answer.json()
    assert set(told["paths"]) == {"/api/uptake", "/api/completions"}
    assert told["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in told["paths"].items():
        for operation in operations.values():
            assert {"200", "400", "401", "403", "429"} <= operation["responses"].keys(), path


@pytest.mark.parametrize("path", ["/api", "/api/nowhere", "/api/uptake/1"])
async def test_where_nothing_is_systems_are_told_so_in_json(visitor: Visitor, path: str) -> None:
    answer = await visitor.client.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["problem"]) == (404, "There is no such address")
    wrong = await visitor.client.post("/api/uptake")
    assert (wrong.status_code, wrong.json()["mend"]) == (405, "What each takes is in /api/openapi.json.")


@pytest.mark.parametrize("caller", CALLERS)
async def test_whoever_comes_gets_what_the_document_says_and_nothing_of_another_agency(
    app: Litestar, token: str | None, caller: str, empty: Database
) -> None:
    headers = bearing(token) if token else {}
    said = []
    for operation in _operations(app):
        modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @given(case=strategies.one_of(modes))
        @how(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def try_it(case: Any) -> None:
            answer = case.call_and_validate(headers=headers, checks=TRUE_TO_THE_DOCUMENT, timeout=60)
            assert not any(canary in answer.text for canary in CANARIES)
            said.append(answer.status_code)

        try_it()
    assert set(said) == {401} if token is None else 200 in said
    recorded = select(Practitioner.name).join(Completion, Completion.practitioner_id == Practitioner.id)
    async with empty.reading() as session:
        assert "Cas Moor" not in set(await session.scalars(recorded))


def _operations(app: Litestar) -> Iterator[Any]:
    """Each address of the document; and once more, as somebody tries it who knows what there is."""
    document = app.openapi_schema.to_schema()
    rows = document["paths"]["/api/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for named in ({}, NAMED):
        columns = rows["items"]["properties"]
        rows["items"]["properties"] = columns | {column: {"enum": known} for column, known in named.items()}
        rows["items"]["required"] = list(named)
        schema = schemathesis.openapi.from_dict(document)
        schema.app = app
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            yield found.ok()
