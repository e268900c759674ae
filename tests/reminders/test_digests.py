"""Who gets a digest on which day, and who gets none."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.facts import Facts
from tests.reminders.planning import plan, planned
from training_tracker.calendar import is_working_day
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.people.models import Post
from training_tracker.people.posts import correct_post
from training_tracker.reminders.deciding import Held
from training_tracker.reminders.models import Reminder

# Done on 10 June 2023 for three years: due on Wednesday 10 June 2026.
DONE = date(2023, 6, 10)
DUE = date(2026, 6, 10)


async def days_of_digests(database: Database, since: date, until: date) -> list[date]:
    """The days between two on which a digest was planned, if every one of them is tried."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    return [day for day in days if (await plan(database, day)).digests]


async def a_course_due(
    facts: Facts, due_on: date = DUE, *, code: str = "CSA", post: Post | None = None, **rule: Any
) -> Post:
    """Somebody, Ann Reed unless a post is given, did a course three years before the day, and has to do it again."""
    course = await facts.item(f"{code}-COURSE")
    await facts.version(await facts.expectation(code), [course], period_months=36, **rule)
    post = post or await facts.post()
    await facts.completed(post, course, due_on.replace(year=due_on.year - 3))
    return post


async def test_a_person_hears_at_each_step_of_the_ladder_on_its_first_working_day(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    assert await days_of_digests(empty, date(2026, 3, 1), date(2026, 8, 31)) == [
        date(2026, 3, 12),  # 90 days before
        date(2026, 4, 13),  # 60 days before is a Saturday
        date(2026, 5, 11),  # 30
        date(2026, 6, 3),  # 7
        date(2026, 6, 10),  # on the day
        date(2026, 6, 17),  # 7 after
        date(2026, 6, 24),  # 14
        date(2026, 7, 10),  # a month
        date(2026, 8, 10),  # two months
    ]
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 9


async def test_grace_changes_what_is_said_and_not_when(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session), grace_days=10)
    assert await days_of_digests(empty, date(2026, 6, 3), date(2026, 6, 15)) == [date(2026, 6, 3), DUE]
    (in_grace,) = (await plan(empty, date(2026, 6, 17))).digests
    (overdue,) = (await plan(empty, date(2026, 6, 24))).digests
    assert [digest.lines[0].by_when for digest in (in_grace, overdue)] == [
        "It needed renewing by 10 June 2026, and counts as overdue after 20 June 2026",
        "Overdue: it needed renewing by 10 June 2026",
    ]


async def test_a_second_run_on_the_same_day_plans_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    first, second = await plan(empty, DUE), await plan(empty, DUE)
    assert len(first.digests) == 1
    assert second.decisions == [], "nobody is looked at again"


async def test_a_digest_planned_for_a_later_day_keeps_nobody_in_silence_until_then(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    await plan(empty, date(2026, 6, 3))
    assert (await plan(empty, date(2026, 5, 11))).held == {}
    assert len((await plan(empty, DUE)).digests) == 1


async def test_a_renewed_course_stops_the_reminders(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=36)
        post = await facts.post()
        await facts.completed(post, course, DONE)
    assert (await plan(empty, date(2026, 6, 3))).digests
    async with empty.writing() as session:
        await Facts(session).completed(post, course, date(2026, 6, 8))
    assert await days_of_digests(empty, date(2026, 6, 9), date(2026, 9, 30)) == []


async def test_what_is_done_once_and_for_all_is_never_mentioned_again(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        guidance = await facts.item()
        await facts.version(await facts.expectation(), [guidance])
        post = await facts.post(started_on=date(2026, 5, 18))
    assert (await plan(empty, date(2026, 5, 18))).letters, "due in 30 days"
    async with empty.writing() as session:
        await Facts(session).completed(post, guidance, date(2026, 5, 20))
    assert await days_of_digests(empty, date(2026, 5, 21), date(2026, 8, 31)) == []


async def test_a_person_gets_one_digest_and_never_one_for_each_course(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await a_course_due(facts)
        await a_course_due(facts, code="HSB", post=post)
        await a_course_due(facts, code="MASH", post=post)
    (digest,) = (await plan(empty, DUE)).digests
    assert [line.asked.code for line in digest.lines] == ["CSA", "HSB", "MASH"]
    assert digest.key == f"digest:{digest.practitioner_id}:2026-06-10"


async def test_what_makes_us_write_comes_first_and_whatever_else_is_open_follows(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_course_due(facts, date(2026, 7, 1), code="LATER", post=await a_course_due(facts))
    # On 2 April the later one is 90 days off; the other was mentioned at 90 days and comes again at 60.
    assert (await plan(empty, date(2026, 3, 12))).digests
    (digest,) = (await plan(empty, date(2026, 4, 2))).digests
    assert [(line.asked.code, line.new) for line in digest.lines] == [("LATER", True), ("CSA", False)]
    assert digest.why == "LATER: 90 days before 1 July 2026"
    async with empty.reading() as session:
        said = await session.execute(select(Reminder.due_on, Reminder.step).order_by(Reminder.planned_on))
        assert [tuple(row) for row in said] == [(DUE, "90 days before"), (date(2026, 7, 1), "90 days before")]


async def test_missed_weeks_collapse_into_the_latest_step(empty: Database) -> None:
    """Nobody ran the program from February to the end of June; it does not make up for it letter by letter."""
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    (digest,) = (await plan(empty, date(2026, 6, 29))).digests
    assert [due.step.name for due in digest.triggers] == ["14 days after"]
    assert await days_of_digests(empty, date(2026, 6, 30), date(2026, 7, 31)) == [date(2026, 7, 10)]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 6, 13), "Saturday 13 June 2026 is not a working day"),
        (date(2026, 6, 14), "Sunday 14 June 2026 is not a working day"),
        (date(2026, 8, 31), "Monday 31 August 2026 is not a working day"),
        (date(2026, 12, 25), "Friday 25 December 2026 is not a working day"),
    ],
)
async def test_on_days_off_nothing_is_planned_and_the_plan_says_why(empty: Database, day: date, why: str) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    nothing = await plan(empty, day)
    assert (nothing.digests, nothing.nothing_because) == ([], why)
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0


async def why_nobody_hears(database: Database) -> set[Held | None]:
    """No working day around the due date brings a digest; what was decided from the due date on, and at first."""
    decided: set[Held | None] = set()
    for n in range(-90, 41):
        day = DUE + timedelta(days=n)
        if is_working_day(day):
            planned = await plan(database, day)
            assert planned.digests == [], day
            decided |= {decision.held for decision in planned.decisions if day >= DUE or not decided}
    return decided


async def test_a_leaver_hears_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=36)
        post = await facts.post(ended_on=date(2026, 2, 27))
        await facts.completed(post, course, DONE)
    assert await why_nobody_hears(empty) == {Held.NOTHING_DUE}


async def test_who_leaves_before_the_day_is_not_reminded_of_it(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=36)
        await facts.completed(await facts.post(ended_on=date(2026, 6, 9)), course, DONE)
        await facts.completed(await facts.post("Ben Cole", ended_on=DUE), course, DONE)
    assert [digest.name for digest in (await plan(empty, date(2026, 5, 11))).digests] == ["Ben Cole"]


async def test_somebody_on_leave_hears_nothing_and_is_counted(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.on_leave(await a_course_due(facts), date(2026, 2, 1), date(2026, 12, 31))
        overdue = await facts.post("Ben Cole")
        await facts.on_leave(overdue, date(2026, 2, 1))
    assert await why_nobody_hears(empty) == {Held.ON_LEAVE}


async def test_somebody_exempt_hears_nothing_and_is_counted(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, expectation = await facts.item(), await facts.expectation()
        await facts.version(expectation, [course], period_months=36)
        post = await facts.post()
        await facts.completed(post, course, DONE)
        await facts.exempt(post, expectation, date(2026, 1, 1), date(2026, 12, 31))
    assert await why_nobody_hears(empty) == {Held.EXEMPT}


async def test_leave_from_one_post_does_not_silence_the_other(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        away = await a_course_due(facts)
        other = await facts.post(role=await facts.role("Duty manager"))
        await facts.on_leave(away, date(2026, 2, 1), date(2026, 12, 31))
    (digest,) = (await plan(empty, DUE)).digests
    assert [due.post_id for due in digest.triggers] == [other.id]


@pytest.mark.parametrize(
    "rule", [{"required": False}, {"people_in_setting": 1}], ids=["recommended only", "about a setting"]
)
async def test_nobody_is_reminded_of_what_is_not_asked_of_them(empty: Database, rule: dict[str, Any]) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session), **rule)
    assert await why_nobody_hears(empty) == {Held.NOTHING_DUE}


async def test_a_post_without_a_start_is_nobodys_deadline(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()], period_months=36)
        await facts.post(started_on=None)
    assert await why_nobody_hears(empty) == {Held.NOTHING_DUE}


async def test_a_post_that_has_not_begun_is_silent_until_it_does(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()], first_due_days=30)
        await facts.post(started_on=date(2026, 5, 18))
    days = [date(2026, 5, 4) + timedelta(days=n) for n in range(18)]
    assert [day for day in days if (await plan(empty, day)).letters] == [date(2026, 5, 18)]


async def test_before_the_renewal_opens_there_is_nothing_to_say(empty: Database) -> None:
    """With a window of one month, 90 and 60 days before are no occasion: there is nothing to do yet."""
    async with empty.writing() as session:
        await a_course_due(Facts(session), renewal_window_months=1)
    assert await days_of_digests(empty, date(2026, 3, 1), date(2026, 5, 31)) == [date(2026, 5, 11)]


async def test_a_rule_that_was_withdrawn_reminds_nobody(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, expectation = await facts.item(), await facts.expectation()
        await facts.version(expectation, [course], period_months=36)
        await facts.completed(await facts.post(), course, DONE)
    assert (await plan(empty, date(2026, 5, 11))).digests
    async with empty.writing() as session:
        await Facts(session).version(expectation, [course], period_months=48)
    assert not await days_of_digests(empty, date(2026, 5, 12), date(2026, 6, 30))


async def two_courses(facts: Facts, first: date, second: date) -> None:
    await a_course_due(facts, second, code="SECOND", post=await a_course_due(facts, first, code="FIRST"))


async def test_after_a_digest_there_is_a_quiet_week(empty: Database) -> None:
    async with empty.writing() as session:
        # 30 days before are Monday 11 May and Thursday 14 May.
        await two_courses(Facts(session), date(2026, 6, 10), date(2026, 6, 13))
    assert [line.asked.code for line in (await plan(empty, date(2026, 5, 11))).digests[0].lines] == ["FIRST", "SECOND"]
    quiet = await plan(empty, date(2026, 5, 14))
    assert quiet.digests == []
    assert quiet.held == {Held.QUIET_WEEK: 1}
    (digest,) = (await plan(empty, date(2026, 5, 18))).digests
    assert digest.why == "SECOND: 30 days before 13 June 2026"


async def test_the_quiet_week_ends_where_something_has_become_overdue_since(empty: Database) -> None:
    async with empty.writing() as session:
        # Monday 8 June and Wednesday 10 June: the second is mentioned on Monday, and due in the quiet week.
        await two_courses(Facts(session), date(2026, 6, 8), date(2026, 6, 10))
    assert await days_of_digests(empty, date(2026, 6, 8), date(2026, 6, 17)) == [date(2026, 6, 8), date(2026, 6, 11)]
    async with empty.reading() as session:
        subjects = list(await session.scalars(select(Message.subject).order_by(Message.id)))
    assert subjects == ["Your training: 2 things to do", "Your training: 2 things overdue"]


async def test_people_without_an_address_are_skipped_and_counted(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_course_due(facts)
        (await facts.practitioner()).email = None
    without = await plan(empty, DUE)
    assert without.digests == []
    assert without.held == {Held.NO_ADDRESS: 1}
    async with empty.writing() as session:
        post = (await session.scalars(select(Post))).one()
        person = await Facts(session).practitioner("Ann Reed-Cole")
        await correct_post(session, post.id, "tests", practitioner_id=person.id)
    assert [digest.to for digest in (await plan(empty, DUE)).digests] == ["ann-reed-cole@agency.example"]


async def test_two_posts_that_are_expected_the_same_are_one_line_and_both_are_remembered(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_course_due(facts)
        await facts.post(role=await facts.role("Duty manager"))
    (digest,) = (await plan(empty, DUE)).digests
    assert len(digest.lines) == 1
    assert digest.subject == "Your training: 1 thing to do"
    async with empty.reading() as session:
        assert await session.scalar(select(func.count(Reminder.post_id.distinct()))) == 2


async def test_two_rules_that_ask_for_the_same_course_are_one_line_with_the_earlier_day(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, council = await facts.item(), await facts.agency()
        await facts.version(await facts.expectation("ALL"), [course], period_months=36)
        await facts.version(await facts.expectation("OURS", owner=council), [course], period_months=24)
        await facts.completed(await facts.post(), course, date(2024, 6, 10))
    (digest,) = (await plan(empty, date(2027, 6, 10))).digests
    (line,) = digest.lines
    assert (line.asked.code, line.due_on) == ("OURS", date(2026, 6, 10))
    assert line.owners == ("Harbour Council", "Harbour Safeguarding Partnership")


async def test_a_post_that_turns_out_to_be_somebody_elses_is_told_to_them(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        post = await facts.post()
    assert [digest.name for digest in (await plan(empty, DUE)).digests] == ["Ann Reed"]
    async with empty.writing() as session:
        other = await Facts(session).practitioner("Anne Reid")
        await correct_post(session, post.id, "tests", practitioner_id=other.id)
    assert [digest.name for digest in (await plan(empty, DUE)).digests] == ["Anne Reid"]
    assert (await plan(empty, DUE)).decisions == []


async def test_a_rehearsal_plans_the_same_and_leaves_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    async with empty.rehearsing() as session:
        rehearsed = await planned(session, DUE, today=DUE)
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0
        assert await session.scalar(select(func.count()).select_from(Reminder)) == 0
    assert (await plan(empty, DUE)).digests == rehearsed.digests


async def plan_and_die(database: Database) -> None:
    async with database.writing() as session:
        assert (await planned(session, DUE, today=DUE)).digests
        raise RuntimeError("the power went out")


async def test_a_run_that_dies_before_its_end_has_planned_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    with pytest.raises(RuntimeError, match="the power"):
        await plan_and_die(empty)
    assert len((await plan(empty, DUE)).digests) == 1


async def test_a_past_day_is_planned_as_it_was(empty: Database) -> None:
    """What was completed since does not count for it: this is what ``--on`` shows."""
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=36)
        post = await facts.post()
        await facts.completed(post, course, DONE)
        await facts.completed(post, course, date(2026, 6, 12))
    async with empty.rehearsing() as session:
        then = await planned(session, date(2026, 6, 11), today=date(2026, 7, 1))
    assert [digest.subject for digest in then.digests] == ["Your training: 1 thing overdue"]
    assert (await plan(empty, date(2026, 7, 1))).digests == []
