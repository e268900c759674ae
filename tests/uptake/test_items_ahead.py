"""A look at a change of the catalogue tells numbers in steps alone, and what it tells is what then happens."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.facts import Facts
from training_tracker.catalogue.changing import Writer, one_item
from training_tracker.catalogue.counting import accept, count_as
from training_tracker.catalogue.editions import publish_edition
from training_tracker.database import Database
from training_tracker.standing.foreseeing_items import Asks, foresee_items
from training_tracker.standing.known import posts_of_partnerships
from training_tracker.standing.models import Standing
from training_tracker.uptake.items_ahead import by_month, items_ahead

TODAY, CHANGE, LAST = date(2026, 5, 4), date(2026, 6, 1), date(2027, 6, 1)
days = st.integers(0, 400).map(lambda number: TODAY + timedelta(days=number))


@given(st.dictionaries(days, st.integers(1, 30), max_size=20), st.integers(2, 12))
def test_months_are_told_in_whole_steps_that_only_grow_and_never_say_more_than_there_are(
    people: dict[date, int], threshold: int
) -> None:
    steps = sorted(people.items())
    lines = by_month(steps, threshold)
    told = [line.people.people for line in lines]
    assert all(number and number % threshold == 0 for number in told)
    assert told == sorted(set(told))
    for line in lines:
        by_then = sum(number for day, number in steps if day.replace(day=1) <= line.month)
        assert by_then - threshold < line.people.people <= by_then
    total = sum(people.values())
    assert (told[-1] if told else 0) == total - total % threshold


async def a_town(database: Database) -> Writer:
    """Everybody is asked for the current guide, and for the course each year. Three at the council have read the guide,
    one of them for another partnership too; two have done the long course.
    """
    async with database.writing() as session:
        facts = Facts(session)
        partnership = await facts.partnership()
        guide, course, long = (
            await facts.item("GUIDE", editions=[date(2025, 1, 1)]),
            await facts.item("COURSE"),
            await facts.item("LONG"),
        )
        await facts.version(await facts.expectation("READ"), [guide], current_version_only=True)
        await facts.version(await facts.expectation("DO"), [course], period_months=12)
        for number, name in enumerate(("Ann", "Bob", "Cat")):
            post = await facts.post(name)
            await facts.completed(post, guide, date(2026, 2, 1))
            if number < 2:
                await facts.completed(post, long, date(2026, 3, 1))
            else:
                await facts.completed(post, course, date(2026, 4, 1))
        return Writer("the lead", (partnership.id,))


async def overdue(database: Database, day: date) -> int:
    async with database.reading() as session:
        found = select(Standing.post_id).where(Standing.due_on < day, Standing.in_force_until >= day).distinct()
        return len((await session.scalars(found)).all())


async def test_a_new_edition_asks_again_whoever_has_read_the_one_before(empty: Database) -> None:
    by = await a_town(empty)
    before = await overdue(empty, date(2026, 7, 2))
    async with empty.rehearsing() as session:
        await publish_edition(session, await one_item(session, "GUIDE"), "Second", CHANGE, by, TODAY)
        posts = posts_of_partnerships(by.partnerships)
        found = await foresee_items(session, posts, changes_on=CHANGE, on=TODAY, until=LAST)
    assert (found.asked_again, found.spared, found.relieved) == (3, 0, [])
    assert found.turning == [(date(2026, 7, 2), 3)]
    assert (found.asking, found.agencies_own) == ([Asks("Expected: READ", date(2026, 7, 1))], 0)
    assert await overdue(empty, date(2026, 7, 2)) == before, "nothing has happened yet"
    async with empty.writing() as session:
        await publish_edition(session, await one_item(session, "GUIDE"), "Second", CHANGE, by, TODAY)
    assert await overdue(empty, date(2026, 7, 2)) == 3


async def test_what_counts_as_another_spares_whoever_has_it(empty: Database) -> None:
    by = await a_town(empty)
    posts = posts_of_partnerships(by.partnerships)
    before = await overdue(empty, TODAY)
    async with empty.rehearsing() as session:
        await count_as(session, await one_item(session, "LONG"), await one_item(session, "COURSE"), (None, None), by)
        found = await foresee_items(session, posts, changes_on=TODAY, on=TODAY, until=LAST)
    assert (found.asked_again, found.spared) == (0, 2)
    assert (found.turning, found.relieved) == ([], [(TODAY, 2)])
    async with empty.writing() as session:
        await count_as(session, await one_item(session, "LONG"), await one_item(session, "COURSE"), (None, None), by)
    assert await overdue(empty, TODAY) == before - 2


async def test_people_of_another_partnership_are_not_counted_and_few_are_told_as_such(empty: Database) -> None:
    by = await a_town(empty)
    async with empty.rehearsing() as session:
        await accept(session, await one_item(session, "COURSE"), (None, date(2026, 1, 1)), "Old", by)
        nobody = await items_ahead(session, [by.partnerships[0] + 1], changes_on=TODAY, today=TODAY, threshold=2)
    async with empty.rehearsing() as session:
        await accept(session, await one_item(session, "COURSE"), (None, date(2026, 1, 1)), "Old", by)
        few = await items_ahead(session, by.partnerships, changes_on=TODAY, today=TODAY, threshold=2)
    assert str(nobody.asked_again) == str(few.asked_again) == "fewer than 2 people, if any"
    assert (few.turning_by, nobody.turning_by) == ([], [])
