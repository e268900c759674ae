"""Long leave on the pages: recorded by whoever manages somebody, given another last day, and taken back."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.database import Database
from training_tracker.people.models import Absence
from training_tracker.standing.status import standings_on

TODAY = date(2026, 5, 4)


def days(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


AWAY = days("first", date(2026, 4, 1)) | days("last", date(2026, 6, 30))


async def statuses(empty: Database, person: int, known_at: datetime | None = None) -> list[str]:
    standing = standings_on(TODAY, today=TODAY, known_at=known_at)
    async with empty.reading() as session:
        found = select(standing.c.status).where(standing.c.practitioner_id == person).order_by(standing.c.post_id)
        return list(await session.scalars(found))


async def test_a_manager_records_leave_and_the_person_reads_by_whom_and_until_when(
    visitor: Visitor, world: World, empty: Database
) -> None:
    theirs = f"/team/people/{world.bob.id}"
    await visitor.becomes(world.mia)
    assert "Record long leave" in await visitor.reads(theirs)
    response = await visitor.sends(f"{theirs}/leave", AWAY, form=f"{theirs}/leave")
    assert (response.status_code, response.headers["location"]) == (303, theirs)
    text = await visitor.reads(theirs)
    assert "Recorded: Bob Hall is on long leave from 1 April 2026 until 30 June 2026." in text
    assert "Long leave from 1 April 2026 until 30 June 2026 recorded by Mia Ford on 4 May 2026" in text
    assert await statuses(empty, world.bob.id) == ["on leave"]

    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert "Long leave from 1 April 2026 until 30 June 2026 recorded by Mia Ford on 4 May 2026" in text
    assert "Change it" not in text


async def test_leave_without_an_end_is_ended_and_what_was_known_before_stays(
    visitor: Visitor, world: World, empty: Database
) -> None:
    theirs = f"/team/people/{world.bob.id}"
    await visitor.becomes(world.lee)
    await visitor.sends(f"{theirs}/leave", days("first", date(2026, 1, 12)), form=f"{theirs}/leave")
    assert "Long leave from 12 January 2026, with no end recorded" in await visitor.reads(theirs)
    assert await statuses(empty, world.bob.id) == ["on leave"]

    with time_machine.travel(datetime(2026, 5, 4, 10, 30, tzinfo=UTC)):
        change = f"{theirs}/leave/2026-01-12"
        await visitor.sends(change, days("last", date(2026, 5, 3)), form=change)
        assert "Changed: Bob Hall is on long leave from 12 January 2026 until 3 May 2026." in await visitor.reads(
            theirs
        )
    assert await statuses(empty, world.bob.id) == ["not yet due"], "due in the notice after the return"
    assert await statuses(empty, world.bob.id, datetime(2026, 5, 4, 10, tzinfo=UTC)) == ["on leave"]
    assert 'value="3"' in (await visitor.opens(change)).text, "the last day is there to be changed again"


async def test_leave_recorded_by_mistake_is_taken_back(visitor: Visitor, world: World, empty: Database) -> None:
    theirs = f"/team/people/{world.bob.id}"
    await visitor.becomes(world.mia)
    await visitor.sends(f"{theirs}/leave", AWAY, form=f"{theirs}/leave")
    confirm = f"{theirs}/leave/2026-04-01/withdrawal"
    assert "Take back Bob Hall’s leave?" in await visitor.reads(confirm)
    assert await statuses(empty, world.bob.id) == ["on leave"], "asking changes nothing"
    await visitor.sends(confirm, {}, form=confirm)
    assert "Taken back: Bob Hall’s leave from 1 April 2026 until 30 June 2026." in await visitor.reads(theirs)
    assert await statuses(empty, world.bob.id) == ["overdue"]
    assert (await visitor.opens(confirm)).status_code == 404


async def test_leave_that_overlaps_is_refused_with_both_and_the_mend(
    visitor: Visitor, world: World, empty: Database
) -> None:
    form = f"/team/people/{world.bob.id}/leave"
    await visitor.becomes(world.mia)
    await visitor.sends(form, AWAY, form=form)
    more = days("first", date(2026, 6, 30)) | days("last", date(2026, 9, 1))
    response = await visitor.sends(form, more, form=form)
    assert response.status_code == 422
    assert (
        "Leave from 30 June 2026 until 1 September 2026 overlaps leave from 1 April 2026 until 30 June 2026. "
        "Give days outside it, or change its last day or take it back first." in response.text
    )
    assert 'value="2026"' in response.text, "what was typed stays"
    async with empty.reading() as session:
        assert len(list(await session.scalars(select(Absence)))) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (days("last", date(2026, 3, 31)), "The leave ends before it begins"),
        ({"first-day": ""}, "The first day has no day"),
        ({"first-day": "31"}, "The first day is not a real day"),
        ({"last-year": "9999"}, "30 June 9999 cannot be meant"),
        ({"first-year": "26"}, "1 April 26 cannot be meant"),
        ({"last-month": ""}, "The last day has no month"),
    ],
)
async def test_what_cannot_be_is_said_by_its_field(
    visitor: Visitor, world: World, empty: Database, changed: dict[str, str], said: str
) -> None:
    form = f"/team/people/{world.bob.id}/leave"
    await visitor.becomes(world.mia)
    response = await visitor.sends(form, AWAY | changed, form=form)
    assert response.status_code == 422
    assert response.text.count(said) == 2, "at the top and by its field"
    assert await statuses(empty, world.bob.id) == ["overdue"]


async def test_somebody_with_several_posts_can_be_away_from_one_of_them(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        bank = await facts.post("Bob Hall", team=await facts.team("Bank", below=await facts.team("Family services")))
    form = f"/team/people/{world.bob.id}/leave"
    await visitor.becomes(world.mia)
    assert "Away from which posts?" in await visitor.reads(form)
    nothing = await visitor.sends(form, AWAY, form=form)
    assert nothing.status_code == 422
    assert "No post is chosen" in nothing.text
    await visitor.sends(form, AWAY | {f"post-{bank.id}": "on"}, form=form)
    assert await statuses(empty, world.bob.id) == ["overdue", "on leave"]
    text = await visitor.reads(f"/team/people/{world.bob.id}")
    assert "Long leave from 1 April 2026 until 30 June 2026, from the post in Bank" in text


async def test_nobody_records_their_own_leave_nor_that_of_anybody_they_may_not_see(
    visitor: Visitor, world: World, empty: Database
) -> None:
    for actor, person in (
        (world.lee, world.lee),
        (world.mia, world.cas),
        (world.bob, world.ann),
        (world.pia, world.bob),
    ):
        await visitor.becomes(actor)
        for path in ("leave", "leave/2026-04-01"):
            assert (await visitor.opens(f"/team/people/{person.id}/{path}")).status_code == 404
    await visitor.becomes(world.lee)
    assert "Record long leave" not in await visitor.reads(f"/team/people/{world.lee.id}")
    assert (await visitor.opens(f"/team/people/{world.bob.id}/leave/nonsense")).status_code == 404


async def test_leave_from_a_post_at_another_agency_is_neither_seen_nor_changed(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        surgery = await facts.agency("Bay Surgery", sector="General practice")
        desk = await facts.post("Dot Vale", team=await facts.team("Front desk", agency=surgery))
        await facts.on_leave(desk, date(2026, 4, 1))
    theirs = f"/team/people/{world.dot.id}"
    await visitor.becomes(world.mia)
    assert "1 April 2026" not in await visitor.reads(theirs)
    assert (await visitor.opens(f"{theirs}/leave/2026-04-01")).status_code == 404
    await visitor.becomes(world.dot)
    assert "Long leave from 1 April 2026, with no end recorded , from the post in Front desk" in (
        await visitor.reads("/me")
    ).replace("recorded,", "recorded ,")
