"""What befalls a person's standings over the years: moves, leavers, returners, a completion that was voided."""

from datetime import date

from sqlalchemy import func, select

from tests.facts import BY, Facts
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.people.posts import correct_post
from training_tracker.records.recording import void_completion
from training_tracker.standing.explanation import explain
from training_tracker.standing.status import Status, standings_on
from training_tracker.uptake.counting import By, uptake

TODAY = date(2026, 5, 4)


async def test_a_voided_completion_counts_for_nothing_today_and_still_does_as_known_then(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        await facts.version(await facts.expectation(), [course], period_months=36)
        done = await facts.completed(post, course, date(2025, 6, 2))
    before = now()
    async with empty.writing() as session:
        await void_completion(session, done.id, reason="Somebody else's", by=BY)
    async with empty.reading() as session:
        (today,) = await explain(session, post.practitioner_id, TODAY, today=TODAY)
        (then,) = await explain(session, post.practitioner_id, TODAY, today=TODAY, known_at=before)
    assert (today.status, today.counting) == (Status.OVERDUE, [])
    assert [left_out.reason for left_out in today.not_counting] == ["It was voided: Somebody else's."]
    assert (then.status, [counted.id for counted in then.counting]) == (Status.COMPLIANT, [done.id])
    assert then.not_counting == []


async def test_a_mover_begins_what_is_new_and_keeps_what_is_held_and_a_leaver_is_expected_nothing(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, more = await facts.item(), await facts.item("MORE")
        upper, duty = await facts.team("Family services"), await facts.team("Duty")
        await facts.version(await facts.expectation("ALL"), [course], period_months=36)
        own = await facts.expectation("MORE")
        await facts.version(own, [more], first_due_days=20, scopes=[Scope(team_id=duty.id)])
        before = await facts.post(team=upper)
        await facts.completed(before, course, date(2025, 6, 2))
        await correct_post(session, before.id, BY, ended_on=date(2026, 4, 19))
        await facts.post(team=duty, started_on=date(2026, 4, 20), ended_on=date(2026, 6, 30))
        await facts.post(team=upper, started_on=date(2026, 9, 1))
    async with empty.reading() as session:

        async def read(day: date) -> dict[str, tuple[Status, date | None]]:
            lines = await explain(session, before.practitioner_id, day, today=TODAY)
            return {line.code: (line.status, line.due_on) for line in lines}

        held = (Status.COMPLIANT, date(2028, 6, 2))
        assert await read(date(2026, 4, 19)) == {"ALL": held}
        assert await read(date(2026, 4, 20)) == {"ALL": held, "MORE": (Status.NOT_YET_DUE, date(2026, 5, 10))}
        assert await read(date(2026, 7, 1)) == {}, "gone, and nothing is expected in between"
        assert await read(date(2026, 9, 1)) == {"ALL": held}, "back, with the record kept"


async def test_several_posts_are_counted_once_as_a_person(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        await facts.post()
        await facts.post(role=await facts.role("Bank social worker"))
    async with empty.reading() as session:
        (line,) = await uptake(session, TODAY, by=By.AGENCY, today=TODAY)
        assert (line.counts.expected, line.people) == (2, 1)


async def test_a_post_without_a_start_is_undated_and_never_dropped(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        await facts.post(started_on=None)
    async with empty.reading() as session:
        for day in (TODAY, date(2040, 1, 1)):
            standing = standings_on(day, today=TODAY)
            assert (
                await session.execute(select(standing.c.status, func.count()).group_by(standing.c.status))
            ).all() == [(Status.UNDATED.value, 1)]
