"""A version is written once; a correction is another version, and what is taken back is kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, LONG_AGO, Facts
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Mark
from training_tracker.database import Database
from training_tracker.expectations.models import ExpectationVersion, Measure, Method, OnChange, Setting
from training_tracker.expectations.publishing import Rule, Scope, publish, rule_of, version_from, withdraw_all_but
from training_tracker.standing.models import Standing

FIRST, SECOND, THIRD = LONG_AGO, date(2024, 1, 1), date(2026, 1, 1)
MORNING = datetime(2026, 5, 4, 8, tzinfo=UTC)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
EVENING = datetime(2026, 5, 4, 18, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


def a_rule(**fields: Any) -> Rule:
    usual: dict[str, Any] = {"effective_from": FIRST, "first_due_days": 30, "method": Method.ONCE}
    return Rule(**usual | {"mark": Mark.ILLUSTRATIVE} | fields)


async def versions(session: AsyncSession) -> list[tuple[date, datetime, datetime | None]]:
    rows = await session.execute(
        select(
            ExpectationVersion.effective_from, ExpectationVersion.published_at, ExpectationVersion.withdrawn_at
        ).order_by(ExpectationVersion.id)
    )
    return [(row.effective_from, row.published_at, row.withdrawn_at) for row in rows]


async def kept(session: AsyncSession) -> list[date]:
    """The first days of the versions of which standings are kept."""
    statement = (
        select(ExpectationVersion.effective_from)
        .join(Standing, Standing.version_id == ExpectationVersion.id)
        .order_by(ExpectationVersion.effective_from)
    )
    return list(await session.scalars(statement))


async def test_a_rule_that_says_otherwise_from_the_same_day_takes_the_place_of_the_one_before(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        expectation = await facts.expectation()
        mistaken, corrected = a_rule(first_due_days=14), a_rule(first_due_days=30)
        assert await publish(session, expectation.id, mistaken, BY) is not None
        assert await publish(session, expectation.id, mistaken, BY) is None
    clock.move_to(NOON)
    async with empty.writing() as session:
        assert await publish(session, expectation.id, corrected, BY) is not None
        assert await versions(session) == [(FIRST, MORNING, NOON), (FIRST, NOON, None)]
        version = await version_from(session, expectation.id, FIRST)
        assert version is not None
        assert (version.first_due_days, version.published_by) == (30, BY)
        other = await Facts(session).expectation("OTHER")
        assert await version_from(session, other.id, FIRST) is None
        assert await version_from(session, expectation.id, SECOND) is None


async def test_standings_follow_what_is_published_and_taken_back(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        expectation, other = await facts.expectation(), await facts.expectation("OTHER")
    async with empty.writing() as session:
        for day in (THIRD, FIRST, SECOND):
            await publish(session, expectation.id, a_rule(effective_from=day), BY)
        await publish(session, other.id, a_rule(effective_from=SECOND), BY)
    async with empty.writing() as session:
        assert await kept(session) == [FIRST, SECOND, SECOND, THIRD]
        clock.move_to(NOON)
        assert await withdraw_all_but(session, expectation.id, [FIRST]) == [SECOND, THIRD]
    async with empty.writing() as session:
        assert await kept(session) == [FIRST, SECOND]
        clock.move_to(EVENING)
        assert await withdraw_all_but(session, expectation.id, [FIRST]) == []
        assert await versions(session) == [
            (THIRD, MORNING, NOON),
            (FIRST, MORNING, None),
            (SECOND, MORNING, NOON),
            (SECOND, MORNING, None),
        ]


async def test_what_is_published_can_be_read_as_the_very_rule(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        team, nurse, group = await facts.team("Duty"), await facts.role("Nurse"), await facts.role_group("Group 2")
        items = [(await facts.item(code)).id for code in "ABC"]
        rule = a_rule(
            effective_until=THIRD,
            required=False,
            target_percent=80,
            return_notice_days=7,
            grace_days=14,
            amount=8,
            measure=Measure.HOURS,
            method=Method.CYCLE,
            period_months=12,
            anchor_on=SECOND,
            least_validity_months=6,
            renewal_window_months=2,
            current_version_only=True,
            least_strength=Strength.CERTIFICATE_SEEN,
            refresher_months=36,
            participatory_percent=50,
            people_in_setting=2,
            setting=Setting.TEAM,
            on_change=OnChange.PIN,
            transition_days=60,
            source="Audit of 2024",
            rationale="So that somebody is there",
            items=frozenset(items[:2]),
            refreshers=frozenset(items[2:]),
            scopes=frozenset(
                {
                    Scope(agency_id=team.agency_id, team_id=team.id),
                    Scope(sector_id=nurse.sector_id, role_id=nurse.id),
                    Scope(role_group_id=group.id),
                }
            ),
        )
        expectation, other = await facts.expectation(), await facts.expectation("OTHER")
        assert await publish(session, other.id, a_rule(items=frozenset(items)), BY)
        version = await publish(session, expectation.id, rule, BY)
        assert version is not None
        session.expire_all()
        await session.refresh(version)
        assert await rule_of(session, version) == rule
