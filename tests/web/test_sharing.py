"""Somebody's whole record is read by an agency they work for only if they let it."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.access.actor import actor_of
from training_tracker.access.sharing import show_to, shown_to
from training_tracker.database import Database
from training_tracker.people.models import Post
from training_tracker.records.recording import NewCompletion, record_completion


@pytest.fixture
async def elsewhere(empty: Database, world: World) -> dict[str, int]:
    """The ids of the agencies, at one of which Dot has done something that the other expects of nobody."""
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("FIRST-AID")
        done = NewCompletion(world.dot.id, course.id, date(2026, 2, 2), evidence="Certificate 7")
        await record_completion(session, done, by="surgery@bay.example", today=date(2026, 2, 3))
        return {agency.name: agency.id for agency in (await facts.agency(), await facts.agency("Bay Surgery"))}


async def lets(visitor: Visitor, world: World, *agencies: int) -> None:
    await visitor.becomes(world.dot)
    ticked = {f"agency-{agency}": "yes" for agency in agencies}
    assert (await visitor.sends("/me/record", ticked, form="/me/record")).status_code == 303


async def test_a_manager_reads_all_of_it_only_while_the_person_lets_their_agency(
    visitor: Visitor, world: World, elsewhere: dict[str, int]
) -> None:
    page = f"/team/people/{world.dot.id}"
    await visitor.becomes(world.mia)
    assert "Everything they have done" not in await visitor.reads(page)
    assert (await visitor.opens(f"{page}/record")).status_code == 404
    await lets(visitor, world, elsewhere["Bay Surgery"])
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"{page}/record")).status_code == 404, "another agency was let"
    await lets(visitor, world, elsewhere["Harbour Council"])
    for somebody in (world.mia, world.lee):
        await visitor.becomes(somebody)
        assert "Everything they have done" in await visitor.reads(page)
        assert "Certificate 7" in await visitor.reads(f"{page}/record")
    await visitor.becomes(world.dot)
    mine = await visitor.reads("/me/history")
    assert "Looked at the record" in mine
    assert "Whole record shown to an agency" in mine
    await lets(visitor, world)
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"{page}/record")).status_code == 404


async def test_it_ends_with_the_last_post_in_the_agency(
    visitor: Visitor, world: World, elsewhere: dict[str, int], empty: Database
) -> None:
    await lets(visitor, world, *elsewhere.values())
    async with empty.writing() as session:
        first = select(Post).where(Post.practitioner_id == world.dot.id).order_by(Post.id).limit(1)
        at_the_council = (await session.scalars(first)).one()
        at_the_council.ended_on = date(2026, 5, 3)
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"/team/people/{world.dot.id}/record")).status_code == 404


async def test_nobody_lets_an_agency_that_they_do_not_work_for(
    visitor: Visitor, world: World, elsewhere: dict[str, int]
) -> None:
    await visitor.becomes(world.ann)
    for agency, answer in ((elsewhere["Harbour Council"], 303), (elsewhere["Bay Surgery"], 404), (999, 404)):
        sent = await visitor.sends("/me/record", {f"agency-{agency}": "yes"}, form="/me/record")
        assert sent.status_code == answer
    assert (await visitor.sends("/me/record", {"agency-x": "yes"}, form="/me/record")).status_code == 303


async def test_a_choice_that_is_sent_twice_at_once_is_kept_once(
    empty: Database, world: World, elsewhere: dict[str, int]
) -> None:
    async def choose() -> None:
        async with empty.writing() as session:
            actor = await actor_of(session, world.dot.id, TODAY)
            await show_to(session, actor, elsewhere.values())

    await asyncio.gather(*(choose() for _ in range(4)))
    async with empty.reading() as session:
        assert await shown_to(session, world.dot.id) == set(elsewhere.values())


async def test_whoever_is_not_seen_shows_nothing(visitor: Visitor, world: World, elsewhere: dict[str, int]) -> None:
    await lets(visitor, world, *elsewhere.values())
    for somebody in (world.ann, world.pia, world.dot):
        await visitor.becomes(somebody)
        assert (await visitor.opens(f"/team/people/{world.dot.id}/record")).status_code == 404
