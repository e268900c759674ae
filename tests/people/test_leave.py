"""Long leave as facts: what may stand beside what, and what is kept when it is changed."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.leave import (
    LeavePage,
    end_leave,
    leave_begun_on,
    leave_to_end,
    leaves,
    record_leave,
    withdraw_leave,
)
from training_tracker.people.models import Absence

MARCH, MAY, JUNE = date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1)


async def periods(session: AsyncSession) -> list[tuple[date, date | None]]:
    found = select(Absence).where(Absence.withdrawn_at.is_(None)).order_by(Absence.starts_on, Absence.id)
    return [(one.starts_on, one.ends_on) for one in await session.scalars(found)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 1), MARCH),
        (MAY, None),
        (date(2026, 4, 1), date(2026, 4, 30)),
        (date(2026, 1, 1), None),
        (MARCH, MAY),
    ],
)
async def test_leave_on_a_day_of_another_leave_is_refused_and_changes_nothing(
    empty: Database, first: date, last: date | None
) -> None:
    async with empty.writing() as session:
        post = await Facts(session).post()
        await record_leave(session, [post.id], MARCH, MAY, by=BY)
    with pytest.raises(Refused, match="overlaps leave from 1 March 2026 until 31 May 2026"):
        async with empty.writing() as session:
            await record_leave(session, [post.id], first, last, by=BY)
    async with empty.reading() as session:
        assert await periods(session) == [(MARCH, MAY)]


async def test_leave_right_after_another_and_of_another_post_stands_beside_it(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post, other = await facts.post(), await facts.post()
        await record_leave(session, [post.id], MARCH, MAY, by=BY)
        await record_leave(session, [post.id], JUNE, None, by=BY)
        await record_leave(session, [other.id], MARCH, None, by=BY)
    async with empty.reading() as session:
        assert await periods(session) == [(MARCH, MAY), (MARCH, None), (JUNE, None)]


async def test_two_posts_of_which_one_is_on_leave_already_are_refused_together(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        posts = [(await facts.post()).id, (await facts.post()).id]
        await record_leave(session, posts[1:], MARCH, MAY, by=BY)
    with pytest.raises(Refused):
        async with empty.writing() as session:
            await record_leave(session, posts, MAY, JUNE, by=BY)
    async with empty.reading() as session:
        assert await periods(session) == [(MARCH, MAY)]


async def test_a_post_that_had_ended_by_then_is_left_out(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ended = await facts.post(ended_on=date(2026, 2, 28))
        held = await facts.post()
        found = await record_leave(session, [ended.id, held.id], MARCH, None, by=BY)
        assert [one.post_id for one in found] == [held.id]
        with pytest.raises(Refused, match="Every post has ended before 1 March 2026"):
            await record_leave(session, [ended.id], MARCH, None, by=BY)


async def test_a_last_day_can_be_moved_either_way_but_not_into_the_next_leave(empty: Database) -> None:
    async with empty.writing() as session:
        post = await Facts(session).post()
        await record_leave(session, [post.id], MARCH, MAY, by=BY)
        await record_leave(session, [post.id], date(2026, 8, 1), None, by=BY)
    for last in (date(2026, 4, 2), date(2026, 7, 31)):
        async with empty.writing() as session:
            await end_leave(session, await leave_begun_on(session, [post.id], MARCH), last, by=BY)
        async with empty.reading() as session:
            assert await periods(session) == [(MARCH, last), (date(2026, 8, 1), None)]
    with pytest.raises(Refused, match="overlaps leave from 1 August 2026, with no end recorded"):
        async with empty.writing() as session:
            await end_leave(session, await leave_begun_on(session, [post.id], MARCH), date(2026, 8, 1), by=BY)
    with pytest.raises(Refused, match="ends before it begins"):
        async with empty.writing() as session:
            await end_leave(session, await leave_begun_on(session, [post.id], MARCH), date(2026, 2, 28), by=BY)
    async with empty.reading() as session:
        assert len(list(await session.scalars(select(Absence)))) == 4, "each that was known is kept"


async def test_ending_it_on_the_day_that_is_known_changes_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        post = await Facts(session).post()
        leave = await record_leave(session, [post.id], MARCH, MAY, by=BY)
        assert await end_leave(session, leave, MAY, by=BY) == []
        assert len(list(await session.scalars(select(Absence)))) == 1


async def test_the_leave_that_a_day_ends_is_the_last_that_began_by_then(empty: Database) -> None:
    async with empty.writing() as session:
        post = await Facts(session).post()
        await record_leave(session, [post.id], MARCH, MAY, by=BY)
        await record_leave(session, [post.id], date(2026, 8, 1), None, by=BY)
        for day, first in ((JUNE, MARCH), (date(2026, 8, 1), date(2026, 8, 1))):
            assert [one.starts_on for one in await leave_to_end(session, [post.id], day, today=MAY)] == [first]
        with pytest.raises(NotFound):
            await leave_to_end(session, [post.id], date(2026, 2, 28), today=MAY)


async def test_leave_that_ended_long_ago_is_not_made_longer_by_a_slip(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        here, there = await facts.post(), await facts.post(team=await facts.team("Team 2"))
        await record_leave(session, [here.id], MARCH, MAY, by=BY)
        with pytest.raises(NotFound, match="the last ended on 31 May 2026"):
            await leave_to_end(session, [here.id], date(2026, 8, 1), today=date(2026, 8, 1))
        await record_leave(session, [there.id], JUNE, None, by=BY)
        running = await leave_to_end(session, [here.id, there.id], date(2026, 8, 1), today=date(2026, 8, 1))
        assert [one.post_id for one in running] == [there.id]


async def test_what_was_taken_back_is_neither_found_nor_in_the_way(empty: Database) -> None:
    async with empty.writing() as session:
        post = await Facts(session).post()
        withdraw_leave(session, await record_leave(session, [post.id], MARCH, MAY, by=BY))
        with pytest.raises(NotFound):
            await leave_begun_on(session, [post.id], MARCH)
        await record_leave(session, [post.id], MARCH, MAY, by=BY)
        assert (await leaves(session)).total == 1


async def test_a_list_of_leave_comes_in_pages_with_what_is_over_left_out(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        recorder = await facts.practitioner("Mia Moss")
        posts = [await facts.post(name) for name in ("Ann Reed", "Ben Cole", "Cat Dunn")]
        for post, last in zip(posts, (MAY, None, JUNE), strict=True):
            await record_leave(session, [post.id], MARCH, last, by=recorder.email or "")

    async with empty.reading() as session:
        assert names(await leaves(session)) == (["Ann Reed", "Ben Cole", "Cat Dunn"], 3)
        assert names(await leaves(session, since=JUNE)) == (["Ben Cole", "Cat Dunn"], 2)
        assert names(await leaves(session, page=2, page_size=2)) == (["Cat Dunn"], 3)
        assert names(await leaves(session, [posts[0].id])) == (["Ann Reed"], 1)
        assert names(await leaves(session, [])) == ([], 0)
        (line,) = (await leaves(session, [posts[0].id])).lines
    assert (line.recorded_by, line.team, line.agency) == ("Mia Moss", "Harbour Council", "Harbour Council")


def names(found: LeavePage) -> tuple[list[str], int]:
    return [line.name for line in found.lines], found.total
