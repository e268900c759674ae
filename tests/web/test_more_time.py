"""More time on the pages: asked for by the person, given, granted, refused and taken back by whoever manages them."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from tests.web.conftest import Visitor, World
from training_tracker.database import Database
from training_tracker.standing.models import Standing

UNTIL = {"until-day": "31", "until-month": "7", "until-year": "2026", "reason": "The course was full"}


async def due_days(empty: Database) -> set[str]:
    async with empty.reading() as session:
        return {str(day) for day in await session.scalars(select(Standing.due_on))}


async def test_somebody_asks_and_their_manager_grants_it(visitor: Visitor, world: World, empty: Database) -> None:
    mine, theirs = "/me/extensions/CSA", f"/team/people/{world.bob.id}/extensions/CSA"
    await visitor.becomes(world.bob)
    assert "Ask for more time" in await visitor.reads("/me")
    response = await visitor.sends(mine, UNTIL, form=mine)
    assert (response.status_code, response.headers["location"]) == (303, "/me")
    assert "Asked for: time until 31 July 2026. It counts once it is granted." in await visitor.reads("/me")
    assert "2026-07-31" not in await due_days(empty)
    mine_again = await visitor.reads("/me")
    assert "You asked for time until 31 July 2026: see it or take it back" in mine_again
    assert "Ask for more time" not in mine_again

    await visitor.becomes(world.mia)
    assert "Bob Hall asks for more time : Expected: CSA, until 31 July 2026" in await visitor.reads("/team")
    text = await visitor.reads(f"/team/people/{world.bob.id}")
    assert "Asks for more time Expected: CSA, until 31 July 2026 : The course was full" in text
    assert (await visitor.sends(f"{theirs}/answer", {"answer": "grant"}, form=theirs)).status_code == 303
    text = await visitor.reads(f"/team/people/{world.bob.id}")
    assert "Granted: more time for “Expected: CSA”." in text
    assert "Due by 31 July 2026" in text
    assert "You were given more time, until 31 July 2026." in text
    assert "2026-07-31" in await due_days(empty)


async def test_a_manager_refuses(visitor: Visitor, world: World, empty: Database) -> None:
    mine, theirs = "/me/extensions/CSA", f"/team/people/{world.bob.id}/extensions/CSA"
    await visitor.becomes(world.bob)
    await visitor.sends(mine, UNTIL, form=mine)
    await visitor.becomes(world.lee)
    await visitor.sends(f"{theirs}/answer", {"answer": "refuse"}, form=theirs)
    text = await visitor.reads(f"/team/people/{world.bob.id}")
    assert "Refused: more time for “Expected: CSA”." in text
    assert "Asks for more time" not in text
    assert "2026-07-31" not in await due_days(empty)


async def test_a_manager_gives_time_and_takes_it_back(visitor: Visitor, world: World, empty: Database) -> None:
    theirs = f"/team/people/{world.bob.id}/extensions/CSA"
    await visitor.becomes(world.mia)
    assert "Give more time" in await visitor.reads(f"/team/people/{world.bob.id}")
    await visitor.sends(theirs, UNTIL, form=theirs)
    assert "2026-07-31" in await due_days(empty)
    assert "There is time until 31 July 2026 in place of 4 February 2026: The course was full" in await visitor.reads(
        theirs
    )
    await visitor.sends(f"{theirs}/withdrawal", {}, form=theirs)
    assert "2026-07-31" not in await due_days(empty)


async def test_somebody_takes_back_what_they_asked_for_and_not_what_was_granted(
    visitor: Visitor, world: World, empty: Database
) -> None:
    mine, theirs = "/me/extensions/CSA", f"/team/people/{world.bob.id}/extensions/CSA"
    await visitor.becomes(world.bob)
    await visitor.sends(mine, UNTIL, form=mine)
    assert (await visitor.sends(f"{mine}/withdrawal", {}, form=mine)).status_code == 303
    await visitor.becomes(world.mia)
    await visitor.sends(theirs, UNTIL, form=theirs)
    await visitor.becomes(world.bob)
    assert (await visitor.sends(f"{mine}/withdrawal", {}, form=mine)).status_code == 404
    assert "2026-07-31" in await due_days(empty)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": ""}, "Say what in the work needs it."),
        ({"until-year": "2025"}, "31 July 2025 has passed"),
        ({"until-day": ""}, "The new last day has no day"),
    ],
)
async def test_what_cannot_be_is_said_by_its_field(
    visitor: Visitor, world: World, changed: dict[str, str], said: str
) -> None:
    mine = "/me/extensions/CSA"
    await visitor.becomes(world.bob)
    response = await visitor.sends(mine, UNTIL | changed, form=mine)
    assert response.status_code == 422
    assert said in response.text
    assert 'value="2026"' in response.text or "until-year" in changed, "what was typed stays"


async def test_nobody_gives_themselves_time_nor_anybody_they_may_not_see(visitor: Visitor, world: World) -> None:
    for actor, person in ((world.lee, world.lee), (world.mia, world.cas), (world.bob, world.ann)):
        await visitor.becomes(actor)
        assert (await visitor.opens(f"/team/people/{person.id}/extensions/CSA")).status_code == 404
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"/team/people/{world.dot.id}/extensions/DESK")).status_code == 404
    assert (await visitor.opens(f"/team/people/{world.bob.id}/extensions/NONSENSE")).status_code == 404


async def test_a_request_whose_day_has_passed_unanswered_can_be_taken_back_and_made_anew(
    visitor: Visitor, world: World
) -> None:
    mine = "/me/extensions/CSA"
    await visitor.becomes(world.bob)
    await visitor.sends(mine, UNTIL, form=mine)
    with time_machine.travel(datetime(2026, 8, 3, 9, 30, tzinfo=UTC)):
        await visitor.becomes(world.bob)
        back = await visitor.sends(f"{mine}/withdrawal", {}, form=mine)
        assert back.status_code == 303
        again = await visitor.sends(mine, UNTIL | {"until-month": "8"}, form=mine)
        assert again.status_code == 303
        assert "31 August 2026" in await visitor.reads("/me")
