"""What is unknown because an agency has not sent it: said on every page that would otherwise judge."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.facts import BY, Facts
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.records.feeding import receive_feed

NEVER = "records of “About CSA-INTRO” have never come (at most 30 days old is expected)"


@pytest.fixture
async def silent(world: World, empty: Database) -> World:
    """Harbour Council, which has more people here, sends nothing of the course."""
    async with empty.writing() as session:
        facts = Facts(session)
        for number in range(20):
            await facts.post(f"Person {number}")
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        await facts.feed(await facts.agency(), course)
    return world


async def test_a_person_reads_why_it_cannot_be_told(visitor: Visitor, silent: World) -> None:
    await visitor.becomes(silent.ann)
    text = await visitor.reads("/me")
    assert "Unknown" in text
    assert f"Your agency's {NEVER}" in text
    assert "Was due by" not in text


async def test_a_lead_reads_how_many_are_unknown_and_what_has_not_come(visitor: Visitor, silent: World) -> None:
    await visitor.becomes(silent.lee)
    text = await visitor.reads("/agency")
    assert f"Harbour Council: {NEVER}. What rests on them is unknown." in text
    assert "of what is expected is known" in text


async def test_the_partnership_reads_what_has_not_come(visitor: Visitor, silent: World) -> None:
    await visitor.becomes(silent.pia)
    assert f"Harbour Council: {NEVER}." in await visitor.reads("/partnership")


async def test_what_came_in_time_says_how_old_it_is(visitor: Visitor, silent: World, empty: Database) -> None:
    day = TODAY - timedelta(days=3)
    async with empty.writing() as session:
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        council = await Facts(session).agency()
        await receive_feed(session, council.id, course.id, as_at=day, source="", by=BY, today=TODAY)
    await visitor.becomes(silent.lee)
    assert "Harbour Council: its records are in time, the oldest as at " in await visitor.reads("/agency")
