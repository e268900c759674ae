"""Tokens of other systems: what opens with them, what does not, and what is kept of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from tests.api.conftest import COUNCIL, System, bearing, token_for
from tests.web.apps import app_of
from tests.web.conftest import Visitor, World
from training_tracker.access.models import ServiceToken, ServiceTokenUse, SignInTry, TokenScope
from training_tracker.access.tokens import WRONG_TOKENS, listed_tokens, make_token, revoke_token
from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.database import Base, Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Partnership
from training_tracker.sealing import new_token
from training_tracker.settings import Settings

TODAY = date(2026, 5, 4)
ROW = {"e-mail": "bob-hall@agency.example", "item": "CSA-INTRO", "completed on": "2026-04-01"}


async def test_without_a_good_token_the_answer_is_the_same_whatever_is_wrong(
    agency: System, empty: Database, settings: Settings
) -> None:
    expired = await token_for(empty, settings, TokenScope.FIGURES, agency=COUNCIL, name="old", expires_on=TODAY)
    revoked = await token_for(empty, settings, TokenScope.FIGURES, agency=COUNCIL, name="lost")
    assert (await System(agency.client, expired).gets("/api/uptake")).status_code == 200
    assert (await System(agency.client, revoked).gets("/api/uptake")).status_code == 200
    async with empty.writing() as session:
        assert await revoke_token(session, "lost")
    with time_machine.travel(datetime(2026, 5, 5, 9, tzinfo=UTC)):
        answers = [
            await agency.client.get("/api/uptake", headers=headers)
            for headers in (
                {},
                bearing(f"tt_{new_token()}"),
                bearing(agency.token[:-1] + ("A" if agency.token[-1] != "A" else "B")),
                bearing(expired),
                bearing(revoked),
                bearing("tt_\x00"),
                bearing("x" * 5_000),
                {"Authorization": agency.token},
                {"Authorization": f"Basic {agency.token}"},
                {"Authorization": f"Bearer {agency.token} {agency.token}"},
            )
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert "training-tracker user token list" in answers[0].json()["mend"]
    assert (await agency.client.get("/api/uptake", headers={"authorization": f"bearer  {agency.token}"})).is_success


async def test_a_token_is_for_one_thing(agency: System, partnership: System, learning: System) -> None:
    for system in (agency, partnership):
        refused = await system.sends([ROW])
        assert (refused.status_code, refused.json()["problem"]) == (403, "This token is for something else")
    assert (await learning.gets("/api/uptake")).status_code == 403
    assert (await learning.sends([ROW])).json()["accepted"] == 1


async def test_no_cookie_counts_where_tokens_do_and_no_token_where_people_sign_in(
    visitor: Visitor, world: World, agency: System, partnership: System
) -> None:
    await visitor.becomes(world.lee)
    assert (await visitor.opens("/agency")).status_code == 200
    assert (await visitor.client.get("/api/uptake")).status_code == 401
    assert (await visitor.client.post("/api/completions", json=[ROW])).status_code == 401
    await visitor.becomes(None)
    for system in (agency, partnership):
        for page in ("/me", "/agency", "/agency/uptake.csv", "/partnership", "/partnership/uptake.csv"):
            assert (await system.gets(page)).status_code == 401, page


async def test_answers_to_systems_set_no_cookie_and_are_kept_nowhere(agency: System, learning: System) -> None:
    for answer in (await agency.gets("/api/uptake"), await learning.sends([ROW]), await agency.gets("/api/nowhere")):
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-type"].startswith("application/json")


async def test_of_a_token_only_a_seal_is_kept_and_how_it_begins(
    learning: System, empty: Database, settings: Settings
) -> None:
    await learning.sends([ROW])
    await System(learning.client, wrong := f"tt_{new_token()}").sends([ROW])
    rows: list[object] = []
    async with empty.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows += [tuple(row) for row in await session.execute(select(table))]
        (listed,) = await listed_tokens(session, TODAY)
    assert learning.token.startswith(listed.begins_with)
    assert learning.token[len(listed.begins_with) :] not in repr(rows)
    assert wrong[3:] not in repr(rows)


async def test_when_a_token_was_used_is_written_once_an_hour(agency: System, empty: Database) -> None:
    async def used() -> datetime | None:
        async with empty.reading() as session:
            return await session.scalar(select(ServiceTokenUse.used_at))

    assert await used() is None
    first = datetime(2026, 5, 4, 10, tzinfo=UTC)
    for minutes, noted in ((0, 0), (59, 0), (61, 61), (62, 61)):
        with time_machine.travel(first + timedelta(minutes=minutes), tick=False):
            assert (await agency.gets("/api/uptake")).status_code == 200
        assert await used() == first + timedelta(minutes=noted)
    async with empty.reading() as session:
        about = select(func.count()).where(AuditEntry.record.startswith("service_token_use"))
        assert await session.scalar(about) == 0


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_tokens_cannot_be_guessed_and_one_that_is_old_shuts_nobody_out(
    agency: System, empty: Database, settings: Settings
) -> None:
    # A system that goes on with an old one counts once.
    for token in ["tt_" + "x" * 43] * 5 + [f"tt_{new_token()}" for _ in range(WRONG_TOKENS - 1)]:
        assert (await agency.gets("/api/uptake")).status_code == 200
        assert (await System(agency.client, token).gets("/api/uptake")).status_code == 401
    async with empty.reading() as session:
        tries = await session.scalar(select(func.count()).select_from(SignInTry))
    for token in (f"tt_{new_token()}", agency.token):
        refused = await System(agency.client, token).gets("/api/uptake")
        assert (refused.status_code, refused.json()["problem"]) == (
            429,
            "Too many wrong tokens came from this network",
        )
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignInTry)) == tries, "nothing more is written"
    with time_machine.travel(datetime(2026, 5, 5, 10, tzinfo=UTC)):
        assert (await agency.gets("/api/uptake")).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_wrong_token_that_comes_again_and_again_waits_for_nobody_who_writes(
    agency: System, empty: Database
) -> None:
    wrong = System(agency.client, f"tt_{new_token()}")
    for system in (wrong, agency):
        await system.gets("/api/uptake")
    async with empty.writing():
        assert (await wrong.gets("/api/uptake")).status_code == 401
        assert (await agency.gets("/api/uptake")).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_asks_too_often_waits_for_a_minute(world: World, empty: Database, settings: Settings) -> None:
    settings = settings.model_copy(update={"api_requests_per_minute": 2})
    token = await token_for(empty, settings, TokenScope.FIGURES, agency=COUNCIL)
    async with AsyncTestClient(app_of(settings)) as client:
        system = System(client, token)
        with time_machine.travel(datetime(2026, 5, 4, 9, tzinfo=UTC), tick=False):
            answers = [await system.gets("/api/uptake") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["problem"] == "Too many requests came from this network"
        assert answers[-1].headers["ratelimit-reset"] == "60"
        with time_machine.travel(datetime(2026, 5, 4, 9, 1, 1, tzinfo=UTC), tick=False):
            assert (await system.gets("/api/uptake")).status_code == 200


async def test_what_is_done_with_a_token_is_the_act_of_the_token(learning: System, empty: Database) -> None:
    assert (await learning.sends([ROW])).json()["accepted"] == 1
    async with empty.reading() as session:
        act = (await session.scalars(select(AuditAct).order_by(AuditAct.number.desc()).limit(1))).one()
        assert (act.by, act.how, act.practitioner_id) == ("token Learning system", "POST /api/completions", None)
        made = select(AuditEntry.agency_id).where(AuditEntry.record == "service_token")
        assert await session.scalar(made) == await session.scalar(select(ServiceToken.agency_id))


@pytest.mark.parametrize(
    ("name", "scope"),
    [("  Statistics ", TokenScope.FIGURES), ("Learning", TokenScope.COMPLETIONS), (" ", TokenScope.FIGURES)],
    ids=["another of the name", "completions of a partnership", "without a name"],
)
async def test_a_token_that_cannot_be_is_not_made(
    world: World, empty: Database, settings: Settings, name: str, scope: TokenScope
) -> None:
    await token_for(empty, settings, TokenScope.FIGURES, name="Statistics")
    async with empty.writing() as session:
        assert await revoke_token(session, "Statistics")
        assert not await revoke_token(session, "Statistics")
        with pytest.raises(NotFound, match="Did you mean Statistics"):
            await revoke_token(session, "Statistic")
        partnership = (await session.scalars(select(Partnership))).one()
        with pytest.raises(Refused):
            await make_token(session, settings, name, partnership, scope, TODAY)
