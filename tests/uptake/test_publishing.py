"""What partnerships read is what was published: kept as it was, and followed only by what tells of no few people."""

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import func, select

from tests.facts import Facts, published
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.publishing import Scope
from training_tracker.people.agencies import set_partnerships
from training_tracker.people.models import Post
from training_tracker.people.posts import correct_post
from training_tracker.uptake.publishing import published_table
from training_tracker.uptake.suppression import REMAINDER, PublishedCell, PublishedTable

APRIL, MAY, JUNE = date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)
COUNCIL, HARBOUR, BAY = "Harbour Council", "Harbour Safeguarding Partnership", "Bay Safeguarding Partnership"


@dataclass
class Region:
    """One expectation of everybody, and agencies that grow."""

    database: Database
    course: Item
    rule: Expectation

    async def grows(self, people: int, met: int, agency: str = COUNCIL) -> None:
        """So many more people of an agency are expected the course, of whom so many have it."""
        async with self.database.writing() as session:
            facts = Facts(session)
            team = await facts.team(agency=await facts.agency(agency))
            first = await session.scalar(select(func.count()).select_from(Post)) or 0
            for number in range(people):
                post = await facts.post(f"Person {first + number}", team=team)
                if number < met:
                    await facts.completed(post, self.course, date(2026, 1, 1))

    async def belongs(self, agency: str, *partnerships: str) -> None:
        async with self.database.writing() as session:
            facts = Facts(session)
            ids = {(await facts.partnership(name)).id for name in partnerships}
            await set_partnerships(session, (await facts.agency(agency)).id, ids)

    async def table(self, on: date, partnership: str = HARBOUR) -> PublishedTable:
        async with self.database.writing() as session:
            return await published_table(session, (await Facts(session).partnership(partnership)).id, on)

    async def told(self, on: date, partnership: str = HARBOUR, agency: str = COUNCIL) -> object:
        """Met, measured and as-at of the agency's cell, or the word in their place; None where there is no cell."""
        for cell in (await self.table(on, partnership)).rows.get(agency, {}).values():
            return _in_short(cell)
        return None


def _in_short(cell: PublishedCell) -> object:
    return (cell.counts.met, cell.counts.measured, cell.as_at) if cell.counts else cell.word


@pytest.fixture
async def region(empty: Database) -> Region:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.agency()
        course, rule = await facts.item(), await facts.expectation()
        await facts.version(rule, [course])
    return Region(empty, course, rule)


@pytest.fixture
async def council(region: Region, empty: Database) -> Region:
    """Twelve of its twenty people had the course at the end of April, when that was published."""
    await region.grows(20, 12)
    await published(empty, APRIL)
    return region


async def test_who_joins_does_not_show_until_enough_have(council: Region, empty: Database) -> None:
    await council.grows(1, 0)
    await published(empty, MAY)
    assert await council.told(MAY) == (12, 20, APRIL)
    await council.grows(4, 0)
    await published(empty, JUNE)
    assert await council.told(JUNE) == (12, 25, JUNE)
    assert [await council.told(day) for day in (APRIL, MAY)] == [(12, 20, APRIL)] * 2, "what was told stays"


async def test_only_what_is_not_as_it_was_is_written(council: Region, empty: Database) -> None:
    assert await published(empty, MAY) == 0
    assert await council.told(MAY) == (12, 20, MAY), "it is the same, and of that day"
    await council.grows(1, 0)
    assert [await published(empty, day) for day in (JUNE, date(2026, 7, 1))] == [1, 0]
    assert await council.told(date(2026, 7, 1)) == (12, 20, MAY)


async def test_a_figure_is_compared_with_all_of_the_last_twelve_months(council: Region, empty: Database) -> None:
    """From 20 to 26 and back to 21: who compares the first with the last would find one more."""
    await council.grows(6, 6)
    await published(empty, MAY)
    assert await council.told(MAY) == (18, 26, MAY)
    async with empty.writing() as session:
        for post in list(await session.scalars(select(Post.id).order_by(Post.id).limit(5))):
            await correct_post(session, post, "tests", ended_on=MAY)
    await published(empty, JUNE)
    assert await council.told(JUNE) == (18, 26, MAY)
    later = date(2027, 5, 1)
    await published(empty, later)
    assert await council.told(later) == (13, 21, later), "April was more than twelve months ago"


async def test_before_anything_is_published_nothing_is_told(council: Region) -> None:
    table = await council.table(date(2026, 4, 29))
    assert (table.rows, table.expectations, table.totals, table.merged) == ({}, [], {}, [])


async def test_a_day_before_the_last_publication_is_refused(council: Region, empty: Database) -> None:
    with pytest.raises(Refused, match="Figures were published on 30 April 2026"):
        await published(empty, date(2026, 4, 29))


async def test_a_figure_that_becomes_small_is_hidden_and_then_follows_what_was_told_last(
    region: Region, empty: Database
) -> None:
    await region.grows(17, 12)
    await published(empty, APRIL)
    async with empty.writing() as session:
        post = (await session.scalars(select(Post).order_by(Post.id.desc()).limit(1))).one()
        await Facts(session).completed(post, region.course, MAY)
    await published(empty, MAY)
    assert await region.told(MAY) == "suppressed"
    await region.grows(1, 0)
    await published(empty, JUNE)
    assert await region.told(JUNE) == (12, 17, APRIL), "13 of 18 would tell of the one who joined"


async def test_a_threshold_that_is_raised_hides_what_it_would_not_have_told(council: Region, empty: Database) -> None:
    await council.grows(1, 0)
    await published(empty, MAY, threshold=10)
    assert await council.told(MAY) == "suppressed"
    await published(empty, JUNE)
    assert await council.told(JUNE) == (12, 20, APRIL)


async def test_an_agency_that_leaves_is_told_of_no_more(council: Region, empty: Database) -> None:
    await council.belongs(COUNCIL)
    await published(empty, MAY)
    assert await council.told(MAY) is None
    assert await council.told(APRIL) == (12, 20, APRIL)


async def test_two_partnerships_tell_the_same_of_the_agency_they_share(council: Region, empty: Database) -> None:
    await council.grows(1, 1)
    await published(empty, MAY)
    await council.belongs(COUNCIL, HARBOUR, BAY)
    await published(empty, JUNE)
    assert await council.told(JUNE) == await council.told(JUNE, BAY) == (12, 20, APRIL)
    assert await council.told(MAY, BAY) is None


async def test_an_expectation_of_nobody_any_more_is_in_the_table_no_more(council: Region, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        nobody = [Scope(role_id=(await facts.role("Nobody")).id)]
        await facts.version(council.rule, [council.course], effective_from=MAY, scopes=nobody)
    await published(empty, MAY)
    assert await council.told(MAY) is None
    assert await council.told(APRIL) == (12, 20, APRIL)


async def test_what_agencies_told_of_together_does_not_tell_of_one_that_leaves(region: Region, empty: Database) -> None:
    charities = ["Ash Trust", "Birch Trust", "Cedar Trust"]
    for charity in charities:
        await region.grows(4, 4, charity)
    await published(empty, APRIL)
    assert (await region.table(APRIL)).merged == charities
    assert await region.told(APRIL, agency=REMAINDER) == (12, 12, APRIL)
    await region.belongs("Cedar Trust")
    await published(empty, MAY)
    assert (await region.table(MAY)).merged == charities[:2]
    assert await region.told(MAY, agency=REMAINDER) == "suppressed", "12 less 8 is the charity that left"
