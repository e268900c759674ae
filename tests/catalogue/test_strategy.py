"""Which priorities an item serves: said for the priority and for the item, by one and the same function."""

import pytest
from sqlalchemy import select

from tests.facts import Facts
from training_tracker.catalogue.models import Item, ItemPriority, Priority
from training_tracker.catalogue.strategy import (
    Decided,
    add_priority,
    change_priority,
    items_serving,
    priority_of,
    put_back,
    set_priorities,
    take_away,
)
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Partnership


class Strategy:
    def __init__(self, here: Partnership, there: Partnership, course: Item, guide: Item) -> None:
        self.here, self.there, self.course, self.guide = here, there, course, guide


@pytest.fixture
async def of(empty: Database) -> Strategy:
    async with empty.writing() as session:
        facts = Facts(session)
        here, there = await facts.partnership(), await facts.partnership("Moorland Safeguarding Partnership")
        return Strategy(here, there, await facts.item("INTRO"), await facts.item("GUIDE"))


async def test_what_serves_a_priority_is_said_for_it_and_for_the_item(empty: Database, of: Strategy) -> None:
    async with empty.writing() as session:
        both = frozenset({of.course.id, of.guide.id, 900})
        listen = await add_priority(session, of.here.id, 1, Decided(" Listen  first ", (3, 2, 3), both))
        notice = await add_priority(session, of.here.id, 2, Decided("Notice", (), frozenset()))
        elsewhere = await add_priority(session, of.there.id, 1, Decided("Theirs", (), frozenset({of.course.id})))
        assert (listen.title, listen.recommendations, listen.kept_on_pages) == ("Listen first", [2, 3], True)
        assert await items_serving(session, listen.id) == {of.course.id, of.guide.id}, "and nothing that is not there"

        ours = [listen.id, notice.id]
        assert await set_priorities(session, of.course.id, [notice.id, elsewhere.id], among=ours)
        assert not await set_priorities(session, of.course.id, [notice.id], among=ours), "it said so already"
        served = select(ItemPriority.priority_id).where(ItemPriority.item_id == of.course.id)
        assert set(await session.scalars(served)) == {notice.id, elsewhere.id}, "another partnership's stays"

        await change_priority(session, listen, Decided("Listen", (), frozenset({of.course.id})))
        assert await items_serving(session, listen.id) == {of.course.id}


async def test_a_number_is_one_priority_s_even_when_that_was_taken_away(empty: Database, of: Strategy) -> None:
    async with empty.writing() as session:
        listen = await add_priority(session, of.here.id, 1, Decided("Listen", (), frozenset({of.course.id})))
        with pytest.raises(Refused, match="Priority 1 is “Listen”"):
            await add_priority(session, of.here.id, 1, Decided("Notice", (), frozenset()))
        await take_away(session, listen)
        with pytest.raises(Refused, match="was taken away"):
            await add_priority(session, of.here.id, 1, Decided("Notice", (), frozenset()))
        await put_back(session, listen)
        assert await items_serving(session, listen.id) == {of.course.id}, "with what served it"
        for number, title in ((0, "Notice"), (1001, "Notice"), (2, "  "), (2, "n" * 201)):
            with pytest.raises(Refused):
                await add_priority(session, of.here.id, number, Decided(title, (), frozenset()))
        with pytest.raises(NotFound):
            await priority_of(session, [of.there.id], listen.id)
        assert (await session.scalars(select(Priority.number))).all() == [1]
