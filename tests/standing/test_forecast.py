"""What falls due in the coming months, by item: counted from the dates, once for each person."""

from datetime import date
from typing import Any

from sqlalchemy import event, select

from tests.facts import Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import AcceptanceWindow, Item
from training_tracker.database import Database
from training_tracker.expectations.models import Measure
from training_tracker.people.models import Post
from training_tracker.standing.forecast import FallingDue, forecast

TODAY = date(2026, 5, 4)


async def counted(database: Database, months: int = 18) -> dict[tuple[str, date], int]:
    async with database.reading() as session:
        return {(line.item, line.month): line.people for line in await forecast(session, TODAY, months)}


async def test_each_person_is_counted_in_the_month_in_which_the_item_falls_due(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        for name, day in (("Ann Reed", 31), ("Ben Cole", 1), ("Cat Dunn", 15)):
            await facts.completed(await facts.post(name), course, date(2026, 1, day))
        await facts.post("Dan Eve", started_on=date(2026, 5, 1))
        await facts.post("Eve Fox")
    assert await counted(empty) == {("CSA-INTRO", date(2026, 5, 1)): 1, ("CSA-INTRO", date(2027, 1, 1)): 3}
    assert await counted(empty, months=8) == {("CSA-INTRO", date(2026, 5, 1)): 1}
    assert await counted(empty, months=9) == await counted(empty)


async def test_a_person_with_two_posts_needs_one_place(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        for _ in range(2):
            await facts.post(started_on=date(2026, 5, 1))
    async with empty.reading() as session:
        assert await forecast(session, TODAY, 3) == [
            FallingDue(date(2026, 5, 1), "CSA-INTRO", "About CSA-INTRO", people=1, without_choice=1, posts=2)
        ]


async def test_where_there_is_a_choice_each_item_is_a_way_and_none_the_only_one(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        a, b = await facts.item("A"), await facts.item("B")
        await facts.version(await facts.expectation("EITHER"), [a, b])
        await facts.version(await facts.expectation("BOTH"), [a, b], amount=2, first_due_days=60)
        hours: dict[str, Any] = {"amount": 5, "measure": Measure.HOURS}
        await facts.version(await facts.expectation("HOURS"), [a], **hours, first_due_days=90)
        await facts.version(await facts.expectation("EITHER'S HOURS"), [a, b], **hours, first_due_days=120)
        await facts.post(started_on=date(2026, 5, 1))
    async with empty.reading() as session:
        lines = await forecast(session, TODAY, 12)
    assert [(line.month, line.item, line.people, line.without_choice) for line in lines] == [
        (date(2026, 5, 1), "A", 1, 0),
        (date(2026, 5, 1), "B", 1, 0),
        (date(2026, 6, 1), "A", 1, 1),
        (date(2026, 6, 1), "B", 1, 1),
        (date(2026, 7, 1), "A", 1, 1),
        (date(2026, 8, 1), "A", 1, 0),
        (date(2026, 8, 1), "B", 1, 0),
    ]


async def test_two_rules_that_ask_the_same_in_one_month_need_one_place(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        for days in (230, 240):
            await facts.version(await facts.expectation(f"IN {days} DAYS"), [course], first_due_days=days)
        await facts.post(started_on=date(2026, 5, 1))
    async with empty.reading() as session:
        assert await forecast(session, TODAY, 12) == [
            FallingDue(date(2026, 12, 1), "CSA-INTRO", "About CSA-INTRO", people=1, without_choice=1, posts=1)
        ]


async def test_nobody_is_counted_who_will_not_be_asked(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        expectation = await facts.expectation()
        await facts.version(expectation, [course])
        await facts.version(await facts.expectation("OPTIONAL"), [course], required=False)
        await facts.version(await facts.expectation("PANEL"), [course], people_in_setting=2)
        start = date(2026, 5, 1)
        exempt, away = await facts.post("Ann Reed", started_on=start), await facts.post("Ben Cole", started_on=start)
        await facts.exempt(exempt, expectation, start, date(2026, 12, 31))
        await facts.on_leave(away, start)
        await facts.post("Cat Dunn", started_on=start, ended_on=date(2026, 5, 20))
        back = await facts.post("Dan Eve", started_on=start)
        await facts.on_leave(back, start, date(2026, 8, 31))
    assert await counted(empty) == {("CSA-INTRO", date(2026, 10, 1)): 1}


async def test_a_version_that_is_published_ahead_falls_due_by_its_own_rule(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        old, new = await facts.item("OLD"), await facts.item("NEW")
        expectation = await facts.expectation()
        await facts.version(expectation, [old], period_months=36)
        await facts.completed(await facts.post(), old, date(2024, 1, 10))
        await facts.version(expectation, [new], effective_from=date(2026, 9, 1))
    assert await counted(empty) == {("NEW", date(2026, 10, 1)): 1}


async def test_only_who_is_exempt_or_away_on_the_very_day_or_gone_before_is_left_out(empty: Database) -> None:
    due, day_after = date(2026, 5, 31), date(2026, 6, 1)
    async with empty.writing() as session:
        facts = Facts(session)
        rule, aside = await facts.expectation("CSA"), await facts.expectation("ASIDE")
        await facts.version(rule, [await facts.item("CSA")])
        await facts.version(aside, [await facts.item("ASIDE")])

        async def starting(name: str, ended_on: date | None = None) -> Post:
            return await facts.post(name, started_on=TODAY.replace(day=1), ended_on=ended_on)

        await facts.exempt(await starting("Exempt from the day"), rule, due, date(2026, 12, 31))
        await facts.exempt(await starting("Exempt until the day"), rule, TODAY, due)
        await facts.exempt(await starting("Exempt until before"), rule, TODAY, date(2026, 5, 30))
        await facts.exempt(await starting("Exempt from after"), rule, day_after, date(2026, 12, 31))
        await facts.exempt(await starting("Exempt from another rule"), aside, TODAY, due)
        await facts.on_leave(await starting("Away from the day"), due)
        await facts.on_leave(await starting("Away from after"), day_after)
        (await facts.exempt(await starting("No longer exempt"), rule, TODAY, due)).withdrawn_at = now()
        (await facts.on_leave(await starting("Not away after all"), TODAY)).withdrawn_at = now()
        await starting("Gone before", ended_on=date(2026, 5, 30))
        await starting("Gone after the day", ended_on=due)
    assert await counted(empty) == {("CSA", TODAY.replace(day=1)): 7, ("ASIDE", TODAY.replace(day=1)): 8}


async def test_an_item_that_is_no_longer_accepted_by_then_is_no_way(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        closing = await facts.item("CLOSING", accepted=[(None, date(2026, 5, 31))])
        again = await facts.item("OPEN", accepted=[(None, date(2026, 5, 31))])
        (await session.scalars(select(AcceptanceWindow).filter_by(item_id=again.id))).one().withdrawn_at = now()
        await facts.version(await facts.expectation(), [closing, again], first_due_days=60)
        await facts.post(started_on=date(2026, 5, 1))
    assert await counted(empty) == {("OPEN", date(2026, 6, 1)): 1}


async def test_posts_can_be_narrowed_and_one_statement_is_enough(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        item: Item = await facts.item()
        await facts.version(await facts.expectation(), [item])
        mine = await facts.post(started_on=date(2026, 5, 1))
        await facts.post("Ben Cole", team=await facts.team("MASH"), started_on=date(2026, 5, 1))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        statements.extend([statement] * (statement != "BEGIN"))

    event.listen(empty.engine.sync_engine, "before_cursor_execute", note)
    async with empty.reading() as session:
        (line,) = await forecast(session, TODAY, 2, posts=lambda post: post.c.team_id == mine.team_id)
    assert line.people == 1
    assert len(statements) == 1
