"""Whoever runs the program is told how many people's kept standings are not what the facts give."""

from datetime import date

from sqlalchemy import delete, select, update

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.people.models import Post
from training_tracker.standing.checking import out_of_step
from training_tracker.standing.models import Standing


async def test_each_person_whose_standings_are_out_of_step_counts_once(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        for code in ("A", "B"):
            await facts.version(await facts.expectation(code), [course])
        for name in ("Ann", "Ben", "Cy", "Di"):
            await facts.post(name)
    async with empty.reading() as session:
        assert await out_of_step(session) == 0
        assert await out_of_step(session, people=1) == 0
    async with empty.rehearsing() as session:
        posts = list(await session.scalars(select(Post.id).order_by(Post.id)))
        await session.execute(update(Standing).where(Standing.post_id == posts[0]).values(due_on=date(2030, 1, 1)))
        await session.execute(delete(Standing).where(Standing.post_id == posts[1]))
        assert await out_of_step(session) == 2
        await session.execute(delete(Standing))
        assert await out_of_step(session) == 4
        assert await out_of_step(session, people=3) == 3
