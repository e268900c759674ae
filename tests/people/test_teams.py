"""The tree of teams stays a tree."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import select, update

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.publishing import Scope
from training_tracker.people.agencies import below, managed_by, move_team
from training_tracker.people.models import Team
from training_tracker.standing.models import Standing
from training_tracker.uptake.coverage import coverage

ON = date(2026, 6, 1)


async def test_two_teams_that_are_moved_below_one_another_at_once_are_not_both(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north, south = (await facts.team("North")).id, (await facts.team("South")).id

    async def south_below_north() -> None:
        async with empty.writing() as session:
            await move_team(session, south, north)

    async with empty.writing() as session:
        await move_team(session, north, south)
        other = asyncio.create_task(south_below_north())
        await asyncio.wait({other}, timeout=0.3)
        assert not other.done(), "it waits for its turn"
    with pytest.raises(Refused, match="South cannot stand below North"):
        await other


async def test_a_circle_made_by_hand_keeps_nothing_going_for_ever(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        duty = await facts.team("Duty", below=north)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], scopes=[Scope(team_id=north.id)])
        await facts.version(await facts.expectation("LEADS"), [course], people_in_setting=1)
        await session.execute(update(Team).where(Team.id == north.id).values(parent_id=duty.id))
        post = await facts.post(team=duty)
    async with empty.reading() as session:
        assert set(await session.scalars(below(north.id))) == {north.id, duty.id}
        assert not set(await session.scalars(managed_by(post.practitioner_id, ON)))
        assert await session.scalar(select(Standing.post_id).where(Standing.post_id == post.id)) == post.id
        await coverage(session, ON, today=ON)
