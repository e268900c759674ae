"""A summary that waited: nobody reads names, or figures, of teams that they do not manage any more."""

from datetime import date

import pytest
from sqlalchemy import delete, select

from tests.facts import Facts
from tests.reminders.planning import written
from tests.reminders.test_summaries import ON, a_team_of_every_status, manages, plan
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.agencies import move_team, stop_managing
from training_tracker.people.models import Post, Practitioner
from training_tracker.people.posts import correct_post
from training_tracker.reminders.models import SummaryTeams

LATER = date(2026, 6, 3)


async def two_teams(database: Database) -> None:
    """Mia Moss manages North, with North Duty below it, and South, where Pat Quin is overdue."""
    async with database.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        south = await facts.team("South")
        await facts.post("Pat Quin", team=south)
        await manages(facts, "Mia Moss", south)
    await plan(database)


async def what_mia_gets(database: Database, on: date = LATER) -> Draft | Withdrawn | None:
    async with database.reading() as session:
        mia = await session.scalar(select(Practitioner.id).where(Practitioner.name == "Mia Moss"))
        number = await session.scalar(select(Message.id).where(Message.key == f"summary:{mia}:2026-06"))
    assert number is not None
    return (await written(database, on)).get(number)


async def test_it_stays_as_it_was_planned_while_its_reader_manages_the_same(empty: Database) -> None:
    await two_teams(empty)
    assert await what_mia_gets(empty) is None


async def test_it_is_written_anew_for_who_manages_one_team_less(empty: Database) -> None:
    await two_teams(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        mia = await facts.practitioner("Mia Moss")
        await stop_managing(session, (await facts.team("South")).id, mia.id)
    anew = await what_mia_gets(empty)
    assert isinstance(anew, Draft)
    assert (anew.to, anew.subject) == ("mia-moss@agency.example", "Your team's training: June 2026")
    for part in (anew.text, anew.html):
        assert "South" not in part
        assert "Pat Quin" not in part
        assert "Dan Frost" in part
        assert "3 June 2026" in part, "the figures are of the day on which it is written"
    assert await what_mia_gets(empty) is None, "and then it keeps them"


async def test_it_is_written_anew_where_somebody_else_knows_the_names_now(empty: Database) -> None:
    await two_teams(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        await manages(facts, "Una Vale", await facts.team("North Duty"))
    anew = await what_mia_gets(empty)
    assert isinstance(anew, Draft)
    assert "Dan Frost" not in anew.text
    assert "North Duty" in anew.text, "she manages it still"


async def test_it_is_written_anew_where_a_team_below_moved_away(empty: Database) -> None:
    await two_teams(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        duty = await facts.team("North Duty")
        await move_team(session, duty.id, (await facts.team()).id)
    anew = await what_mia_gets(empty)
    assert isinstance(anew, Draft)
    assert "North Duty" not in anew.text
    assert "Dan Frost" not in anew.text


@pytest.mark.parametrize("what", ["leave", "end", "no team", "nobody in them"])
async def test_it_is_withdrawn_from_who_is_away_or_manages_nobody_any_more(empty: Database, what: str) -> None:
    await two_teams(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        mia = await facts.practitioner("Mia Moss")
        own, theirs = Post.practitioner_id == mia.id, Post.practitioner_id != mia.id
        if what == "leave":
            for post in await session.scalars(select(Post).where(own)):
                await facts.on_leave(post, ON)
        elif what == "no team":
            for name in ("North", "South"):
                await stop_managing(session, (await facts.team(name)).id, mia.id)
        else:
            for post in await session.scalars(select(Post).where(own if what == "end" else theirs)):
                await correct_post(session, post.id, "tests", ended_on=ON)
    reason = "on leave" if what == "leave" else "manages nobody any more"
    assert await what_mia_gets(empty) == Withdrawn(reason)


async def test_one_that_was_planned_before_anybody_kept_of_which_teams_is_written_anew(empty: Database) -> None:
    await two_teams(empty)
    async with empty.writing() as session:
        await session.execute(delete(SummaryTeams))
    assert isinstance(await what_mia_gets(empty), Draft)


async def test_it_goes_to_the_address_they_have_now(empty: Database) -> None:
    await two_teams(empty)
    async with empty.writing() as session:
        (await Facts(session).practitioner("Mia Moss")).email = "mia@moved.example"
    moved = await what_mia_gets(empty)
    assert isinstance(moved, Draft)
    assert moved.to == "mia@moved.example"
    assert "1 June 2026" in moved.text
