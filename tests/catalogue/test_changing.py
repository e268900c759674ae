"""The catalogue says what it was last told, keeps what counted before, and goes in no circle."""

from collections.abc import Mapping
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.facts import Facts
from training_tracker.catalogue.changing import leads_to
from training_tracker.catalogue.keeping import FILES, Keeping
from training_tracker.catalogue.models import Item, ItemChange, ItemVersion
from training_tracker.database import Database

LEAD = "the lead of Harbour Safeguarding Partnership"
numbers = st.integers(0, 6)
graphs = st.dictionaries(numbers, st.frozensets(numbers, max_size=3), max_size=7)


@given(graphs, numbers, st.frozensets(numbers, min_size=1, max_size=3))
def test_a_circle_is_found_however_long_the_way(
    before: Mapping[int, frozenset[int]], goal: int, starts: frozenset[int]
) -> None:
    found = leads_to(goal, starts, before)
    leading = [start for start in sorted(starts) if goal in _reached(start, before)]
    assert found == (leading[0] if leading else None)


def _reached(start: int, before: Mapping[int, frozenset[int]]) -> set[int]:
    """By going one step further, seven times: there are no more than seven."""
    reached = {start}
    for _ in range(7):
        reached |= {after for one in reached for after in before.get(one, ())}
    return reached


async def test_an_edition_that_is_renamed_takes_the_place_of_the_one_before_which_is_kept(empty: Database) -> None:
    day = date(2026, 5, 1)
    async with empty.writing() as session:
        item = await Facts(session).item("GUIDE")
        for label in ("First", "First", "1st"):
            await Keeping(session, LEAD).editions(item, {day: label})
    async with empty.reading() as session:
        rows = (await session.execute(select(ItemVersion.label, ItemVersion.withdrawn_at.is_(None)))).all()
        told = list(await session.scalars(select(ItemChange.words).order_by(ItemChange.id)))
    assert sorted(tuple(row) for row in rows) == [("1st", True), ("First", False)]
    assert told == [
        "Edition “First”, current from 1 May 2026.",
        "Edition “1st”, current from 1 May 2026: it was called “First”.",
    ]


async def test_what_is_said_as_it_is_already_changes_nothing_and_is_not_kept_on_the_pages_for_it(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        item = await Facts(session).item("GUIDE")
        await Keeping(session, FILES).names(item, ["The guide"])
    async with empty.writing() as session:
        item = (await session.scalars(select(Item))).one()
        keeping = Keeping(session, LEAD)
        await keeping.names(item, ["The guide"])
        await keeping.editions(item, {})
        await keeping.windows(item, {})
        assert (keeping.notes, keeping.unchanged, item.kept_on_pages) == ([], 1, False)
        await keeping.names(item, ["A guide"])
        assert item.kept_on_pages
