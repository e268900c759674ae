"""What a plan costs follows what is due, and never grows by a query for each person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.dialects import sqlite

from tests.facts import BY, Facts
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.people.agencies import name_managers
from training_tracker.people.models import Practitioner
from training_tracker.people.posts import PostDates, open_posts
from training_tracker.reminders import digests
from training_tracker.reminders.digests import Decided, plan_reminders, whose_day_has_come
from training_tracker.reminders.summaries import plan_summaries

BASE = "https://training.tracker.example"
ON = date(2026, 6, 1)


async def overdue_people(database: Database, number: int, *, managers: int = 0) -> None:
    """So many people with two things overdue, the first of them managers of a team of their own."""
    async with database.writing() as session:
        facts = Facts(session)
        for code in ("CSA", "HSB"):
            await facts.version(await facts.expectation(code), [await facts.item(f"{code}-COURSE")])
        top, role = await facts.team(), await facts.role()
        people = [Practitioner(name=f"Person {n}", email=f"person{n}@agency.example") for n in range(number)]
        session.add_all(people)
        await session.flush()
        teams = [await facts.team(f"Team {n}") for n in range(managers)] or [top]
        posts = [
            PostDates(p.id, teams[n % len(teams)].id, role.id, date(2024, 1, 1), None) for n, p in enumerate(people)
        ]
        await open_posts(session, posts, BY)
        # Each manages the next one's team.
        pairs = [(teams[(n + 1) % managers].id, people[n].id) for n in range(managers)]
        await name_managers(session, pairs)


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("people", [3, 60])
async def test_digests_take_the_same_few_statements_for_few_people_and_for_many(empty: Database, people: int) -> None:
    await overdue_people(empty, people)
    with counting(empty) as statements:
        async with empty.rehearsing() as session:
            plan = await plan_reminders(session, ON, today=ON)
    assert plan.digests == people
    reads = [statement for statement in statements if statement.lstrip().upper().startswith(("SELECT", "WITH"))]
    # The lock, rules, their items, whose day it is, who, what, said, welcomed, to begin, ladders, new posts, recorded;
    # and for one e-mail a day, whose digest or welcome waits, and who has had one.
    # Two of them are the audit trail's.
    assert len(reads) <= 16


@pytest.mark.parametrize("managers", [2, 30])
async def test_summaries_take_the_same_few_statements_for_few_managers_and_for_many(
    empty: Database, managers: int
) -> None:
    await overdue_people(empty, 60, managers=managers)
    with counting(empty) as statements:
        async with empty.rehearsing() as session:
            plan = await plan_summaries(session, ON, on=ON, today=ON, base_url=BASE)
    assert len(plan.summaries) == managers
    reads = [statement for statement in statements if statement.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert len(reads) <= 26


async def test_a_day_on_which_nothing_changed_looks_at_those_only_whose_day_has_come(empty: Database) -> None:
    await overdue_people(empty, 60)
    async with empty.writing() as session:
        await Facts(session).post("Due Soon", started_on=date(2026, 5, 8))
    async with empty.writing() as session:
        first = await plan_reminders(session, date(2026, 5, 8), today=date(2026, 5, 8))
        assert (first.digests, first.welcomes) == (60, 1)
    # What they have to do by 7 June was said on 8 May and comes again a week before; the others' month is over.
    for day, looked_at in ((date(2026, 5, 8), 0), (date(2026, 5, 29), 0), (ON, 61)):
        decided: list[Decided] = []
        async with empty.rehearsing() as session:
            await plan_reminders(session, day, today=day, tell=decided.append)
        assert len(decided) == looked_at


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whose_day_has_come_is_a_range_of_an_index(empty: Database) -> None:
    await overdue_people(empty, 3)
    statement = whose_day_has_come(ON)
    written = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    async with empty.reading() as session:
        steps = [row[3] for row in await session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
    assert steps == ["SEARCH reminder_decision USING INDEX ix_reminder_decision_look_again_on (look_again_on<?)"]


async def test_more_people_than_are_dealt_with_at_once_get_their_digests_all_the_same(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "AT_ONCE", 20)
    await overdue_people(empty, 43)
    async with empty.writing() as session:
        plan = await plan_reminders(session, ON, today=ON)
    assert plan.digests == 43
    async with empty.reading() as session:
        assert await session.scalar(select(func.count(Message.to.distinct()))) == 43
