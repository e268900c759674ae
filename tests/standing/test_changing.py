"""What happens to one standing beside others: what a change leaves, or is granted, is of this post and rule alone."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation, ExpectationVersion, OnChange
from training_tracker.people.models import Practitioner
from training_tracker.standing.status import standings_on

CHANGES = (date(2023, 1, 1), date(2024, 1, 1), date(2025, 1, 1))


async def a_rule(facts: Facts, code: str, course: Item, years: tuple[date, ...], **rule: Any) -> None:
    """Three years, then two, then one; what was earned is kept."""
    expectation = await facts.expectation(code)
    for months, day in zip((36, 24, 12), years, strict=False):
        await facts.version(
            expectation, [course], effective_from=day, period_months=months, on_change=OnChange.PIN, **rule
        )


async def met_until(session: AsyncSession, on: date) -> dict[tuple[str, str], date | None]:
    standing = standings_on(on, today=on)
    rows = await session.execute(
        select(Practitioner.name, Expectation.code, standing.c.met_until)
        .join(standing, standing.c.practitioner_id == Practitioner.id)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Expectation, Expectation.id == ExpectationVersion.expectation_id)
    )
    return {(name, code): day for name, code, day in rows}


async def test_rules_that_change_on_the_same_days_leave_each_its_own(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        done, never, later = await facts.item("DONE"), await facts.item("NEVER"), await facts.item("LATER")
        await a_rule(facts, "ONE", done, CHANGES)
        await a_rule(facts, "OTHER", never, CHANGES)
        await a_rule(facts, "AFTER", later, CHANGES[1:])
        post = await facts.post("Ann")
        await facts.completed(post, done, date(2023, 6, 1))
        await facts.completed(post, later, date(2024, 6, 1))
    async with empty.reading() as session:
        assert await met_until(session, date(2024, 6, 1)) == {
            ("Ann", "ONE"): date(2026, 6, 1),
            ("Ann", "OTHER"): None,
            ("Ann", "AFTER"): date(2027, 6, 1),
        }
        assert await met_until(session, date(2025, 2, 1)) == {
            ("Ann", "ONE"): date(2026, 6, 1),
            ("Ann", "OTHER"): None,
            ("Ann", "AFTER"): date(2027, 6, 1),
        }


async def test_who_comes_on_the_day_of_a_change_keeps_at_the_next_what_was_earned_since(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await a_rule(facts, "CSA", course, CHANGES)
        await facts.post("Ann")
        ben = await facts.post("Ben", started_on=CHANGES[1])
        await facts.completed(ben, course, date(2024, 6, 1))
    async with empty.reading() as session:
        assert await met_until(session, date(2025, 2, 1)) == {("Ann", "CSA"): None, ("Ben", "CSA"): date(2026, 6, 1)}


async def test_a_version_that_was_published_before_the_one_it_follows_begins_where_that_leaves_off(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        csa = await facts.expectation("CSA")
        for months, day in ((12, CHANGES[2]), (36, CHANGES[0])):
            await facts.version(csa, [course], effective_from=day, period_months=months, on_change=OnChange.PIN)
        await facts.completed(await facts.post("Ann"), course, date(2024, 6, 1))
    async with empty.reading() as session:
        assert await met_until(session, date(2025, 2, 1)) == {("Ann", "CSA"): date(2027, 6, 1)}


async def test_what_is_granted_is_of_the_one_post_and_the_one_rule_that_it_was_granted_for(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        one, other = await facts.expectation("ONE"), await facts.expectation("OTHER")
        for expectation in (one, other):
            await facts.version(expectation, [course], first_due_days=30)
        started_on = date(2024, 1, 1)
        ann, ben = await facts.post("Ann", started_on=started_on), await facts.post("Ben", started_on=started_on)
        await facts.exempt(ben, other, started_on, date(2024, 12, 31))
        await facts.extended(ann, one, due_on=date(2024, 1, 31), until=date(2024, 3, 31))
    async with empty.reading() as session:
        standing = standings_on(date(2024, 2, 15), today=date(2024, 2, 15))
        rows = await session.execute(select(standing.c.post_id, standing.c.expectation_id, standing.c.status))
        assert {(post, rule): status for post, rule, status in rows} == {
            (ann.id, one.id): "not yet due",
            (ann.id, other.id): "overdue",
            (ben.id, one.id): "overdue",
            (ben.id, other.id): "exempt",
        }
