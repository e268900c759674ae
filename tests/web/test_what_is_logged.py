"""Who was not let in stands in the log, by number and network, and never by name, address, code or token."""

import logging
import re

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from tests.api.conftest import bearing
from tests.web.conftest import Visitor, World
from tests.web.test_matrix import PERSONAS, doors
from training_tracker.database import Database
from training_tracker.people.models import Practitioner
from training_tracker.sealing import new_token
from training_tracker.settings import Settings

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


async def test_a_door_that_is_not_somebody_s_and_a_wrong_token_are_logged(visitor: Visitor, world: World) -> None:
    token = f"tt_{new_token()}"
    await visitor.becomes(world.ann)
    with capture_logs() as logs:
        assert (await visitor.opens(f"/team/people/{world.bob.id}")).status_code == 404
        assert (await visitor.client.get("/api/uptake", headers=bearing(token))).status_code == 401
    assert [(line["event"], line.get("path"), line.get("practitioner")) for line in logs] == [
        ("access.refused", "/team/people/{practitioner_id}", world.ann.id),
        ("token.refused", None, None),
    ]
    assert token not in str(logs)


async def test_a_wrong_code_of_the_second_step_is_logged(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    with capture_logs() as logs:
        await visitor.sends("/me/sign-in", {"what": "codes", "code": "000000"}, form="/me/sign-in")
    assert [(line["event"], line["practitioner"]) for line in logs] == [("second_step.refused", world.lee.id)]


async def test_after_a_journey_through_every_page_no_name_is_in_a_log_or_an_address(
    visitor: Visitor, world: World, empty: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with empty.reading() as session:
        people = list(await session.scalars(select(Practitioner)))
    names = {person.name.split()[-1].lower() for person in people} | {str(person.email) for person in people}
    addresses: list[str] = []
    pages = 0
    with capture_logs() as logs, caplog.at_level(logging.INFO):
        for persona in PERSONAS:
            await visitor.becomes(getattr(world, persona))
            for door in doors(settings):
                if door.method == "GET" and "path:" not in door.path:
                    answer = await visitor.opens(door.at(world.bob.id))
                    pages += answer.status_code == 200
                    addresses.append(answer.headers.get("location", ""))
                    addresses += re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
            form = "/me/completions/new"
            for typed in (
                {"item": "nothing"},
                {"item": "CSA-INTRO", "evidence": world.ann.name, "completed-on-day": "x"},
            ):
                await visitor.sends("/me/completions", typed, form=form)
    assert pages > 80
    assert len(logs) > 50, "and what was refused was logged"
    said = f"{logs} {caplog.text}".lower()
    assert not [name for name in names if name in said]
    ours = [address.lower() for address in addresses if not address.startswith("mailto:")]
    assert not [address for address in ours if any(name in address for name in names)]
