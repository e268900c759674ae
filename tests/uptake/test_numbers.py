"""Numbers of a whole partnership: told in whole steps, kept as they were told, and beside the places that it offers."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.facts import Facts, published
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Partnership
from training_tracker.uptake.models import PublishedNumber
from training_tracker.uptake.numbers import Numbers, gives_away, published_numbers
from training_tracker.uptake.places import offer_places, places_offered
from training_tracker.uptake.publishing import publish_uptake
from training_tracker.uptake.suppression import in_steps

MAY = date(2026, 5, 4)


async def told(database: Database, on: date) -> Numbers:
    async with database.reading() as session:
        found = await published_numbers(session, 1, on)
    assert found is not None
    return found


async def settle(database: Database, people: int, *, started_on: date, done_on: date | None = None) -> None:
    """So many people who are expected a course every year, first within 30 days."""
    async with database.writing() as session:
        facts = Facts(session)
        course = await session.scalar(select(Item))
        if course is None:
            course = await facts.item("INTRO")
            rule = await facts.expectation("INTRO")
            await facts.version(rule, [course], period_months=12, first_due_days=30, effective_from=date(2024, 1, 1))
        for number in range(people):
            post = await facts.post(f"Person {started_on} {number}", started_on=started_on)
            if done_on:
                await facts.completed(post, course, done_on)


async def test_what_falls_due_is_told_by_month_in_whole_steps(empty: Database) -> None:
    await settle(empty, 13, started_on=date(2024, 1, 1), done_on=date(2025, 7, 10))
    await settle(empty, 4, started_on=date(2024, 2, 1), done_on=date(2025, 9, 10))
    await published(empty, MAY)
    (one,) = (await told(empty, MAY)).ahead
    assert (one.code, one.title) == ("INTRO", "About INTRO")
    assert len(one.months) == 18
    assert one.months[date(2026, 7, 1)] == 10, "of thirteen"
    assert one.months[date(2026, 9, 1)] == 0, "four are fewer than a step"
    assert one.total == 10


async def test_a_number_that_was_told_stays_as_it_was(empty: Database) -> None:
    await settle(empty, 13, started_on=date(2024, 1, 1), done_on=date(2025, 7, 10))
    await published(empty, MAY)
    await settle(empty, 4, started_on=date(2024, 3, 1), done_on=date(2025, 7, 12))
    assert (await told(empty, MAY)).ahead[0].total == 10
    tomorrow = MAY + timedelta(days=1)
    await published(empty, tomorrow)
    assert (await told(empty, tomorrow)).ahead[0].total == 15
    assert (await told(empty, MAY)).ahead[0].total == 10, "of the day before it is told as then"
    async with empty.reading() as session:
        assert await published_numbers(session, 1, MAY - timedelta(days=1)) is None


async def test_only_what_is_not_as_it_was_is_added(empty: Database) -> None:
    await settle(empty, 13, started_on=date(2024, 1, 1), done_on=date(2025, 7, 10))
    await published(empty, MAY)
    async with empty.reading() as session:
        before = await session.scalar(select(func.count()).select_from(PublishedNumber))
    await published(empty, MAY + timedelta(days=1))
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(PublishedNumber)) == before


async def test_people_are_overdue_for_up_to_a_month_a_quarter_and_longer(empty: Database) -> None:
    for people, days in ((7, 10), (11, 60), (8, 200)):
        lapsed = MAY - timedelta(days=days)
        await settle(
            empty,
            people,
            started_on=date(2024, 1, 1) + timedelta(days=days),
            done_on=lapsed.replace(year=lapsed.year - 1),
        )
    await published(empty, MAY)
    assert (await told(empty, MAY)).overdue == {
        "for up to 30 days": 5,
        "for 31 to 90 days": 10,
        "for more than 90 days": 5,
    }


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("several", [(7, 11, 3), (9, 14, 9), (10, 15, 20)])
async def test_bands_that_would_tell_of_few_or_tell_exactly_are_hidden(
    empty: Database, several: tuple[int, int, int]
) -> None:
    """All of them: where one rule is all that is not met, its exact figure says how many are overdue in all."""
    for people, days in zip(several, (10, 60, 200), strict=True):
        lapsed = MAY - timedelta(days=days)
        await settle(
            empty,
            people,
            started_on=date(2024, 1, 1) + timedelta(days=days),
            done_on=lapsed.replace(year=lapsed.year - 1),
        )
    await published(empty, MAY)
    found = await told(empty, MAY)
    assert found.overdue == {}
    assert found.as_at == MAY


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_no_band_follows_from_the_others_and_an_exact_figure_of_all(people: list[int]) -> None:
    if gives_away(people, 5):
        return
    told_of, total = [in_steps(number, 5) for number in people], sum(people)
    could_be = [
        rest
        for rest in product(*(range(low, low + 5) for low in told_of))
        if sum(rest) == total and not gives_away(list(rest), 5)
    ]
    for band in range(3):
        assert len({rest[band] for rest in could_be}) > 1


async def test_of_who_is_new_in_post_it_is_told_how_many_are_behind(empty: Database) -> None:
    await settle(empty, 6, started_on=date(2026, 1, 5), done_on=date(2026, 1, 20))
    await settle(empty, 11, started_on=date(2026, 2, 5))
    await settle(empty, 5, started_on=date(2026, 4, 20))
    await settle(empty, 30, started_on=date(2025, 5, 4))
    await published(empty, MAY)
    assert (await told(empty, MAY)).new == {"done": 5, "behind": 10, "not yet due": 5}, "thirty began a year ago"


async def test_what_falls_due_is_not_told_of_a_day_that_is_past(empty: Database) -> None:
    """The standings that it is read from are those of today."""
    await settle(empty, 13, started_on=date(2024, 1, 1), done_on=date(2025, 7, 10))
    async with empty.writing() as session:
        await publish_uptake(session, MAY - timedelta(days=30), today=MAY, threshold=5)
    async with empty.reading() as session:
        found = await published_numbers(session, 1, MAY)
    assert found is None or not found.ahead


async def test_places_are_kept_as_they_were_said(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, partnership = await facts.item("INTRO"), await facts.partnership()
        june, july = date(2026, 6, 1), date(2026, 7, 1)
        assert await offer_places(session, partnership.id, course.id, {june: 20, july: None}) == 1
    async with empty.writing() as session:
        said = (await session.scalars(select(Partnership))).one().id
        before = await places_offered(session, said)
        assert before == {(course.id, june): 20}
    async with empty.writing() as session:
        assert await offer_places(session, partnership.id, course.id, {june: 20}) == 0, "said already"
        assert await offer_places(session, partnership.id, course.id, {june: None, july: 0}) == 2
    async with empty.reading() as session:
        assert await places_offered(session, partnership.id) == {(course.id, july): 0}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("places", [-1, 10_001])
async def test_a_number_of_places_that_cannot_be_is_refused(empty: Database, places: int) -> None:
    async with empty.writing() as session:
        course, partnership = await Facts(session).item("INTRO"), await Facts(session).partnership()
        with pytest.raises(Refused, match="in June 2026 cannot be"):
            await offer_places(session, partnership.id, course.id, {date(2026, 6, 1): places})
