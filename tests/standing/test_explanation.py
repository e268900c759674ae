"""An explanation says what the engine decided, in words that a practitioner can follow and act on."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from tests.facts import BY, Facts
from tests.standing import oracle
from tests.standing.loading import load
from tests.standing.test_against_the_oracle import histories
from tests.standing.worlds import MOMENTS, PRACTITIONERS, days, worlds
from training_tracker.calendar import SOME_TIME_AGO, add_months, now
from training_tracker.catalogue.models import AcceptanceWindow
from training_tracker.database import Database, touch
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Measure, OnChange
from training_tracker.expectations.publishing import Scope
from training_tracker.people.finding import find_practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, Outcome, record_completion, void_completion
from training_tracker.standing.explained import ExplainedStanding
from training_tracker.standing.explanation import as_json, explain
from training_tracker.standing.refreshing import rebuild
from training_tracker.standing.status import Status

TODAY = date(2026, 5, 4)


async def explained(
    database: Database, email: str = "ann-reed@agency.example", on: date = TODAY, known_at: datetime | None = None
) -> list[ExplainedStanding]:
    async with database.reading() as session:
        person = await find_practitioner(session, email)
        return await explain(session, person.id, on, today=TODAY, known_at=known_at)


async def the_only(database: Database, on: date = TODAY, known_at: datetime | None = None) -> ExplainedStanding:
    (standing,) = await explained(database, on=on, known_at=known_at)
    return standing


@contextmanager
def queries(database: Database) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        asked.extend([statement] * (statement != "BEGIN"))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


# --- what is said of one standing ----------------------------------------------------------------------------


async def test_a_met_standing_says_what_is_expected_by_whom_and_until_when_it_is_met(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item(hours=2)
        await facts.version(
            await facts.expectation(),
            [course],
            effective_from=date(2024, 4, 1),
            first_due_days=90,
            period_months=36,
            source="The audit",
            rationale="Children rarely tell.",
        )
        post = await facts.post(started_on=date(2025, 1, 6))
        await facts.completed(post, course, date(2025, 2, 3))
    told = await the_only(empty)
    assert (told.agency, told.team, told.role) == ("Harbour Council", "Harbour Council", "Social worker")
    assert (told.code, told.title, told.expected_by) == ("CSA", "Expected: CSA", "Harbour Safeguarding Partnership")
    assert (
        told.rule
        == "Complete “About CSA-INTRO”, every 3 years. The first time: within 90 days of starting in the role."
    )
    assert (told.source, told.rationale) == ("The audit", "Children rarely tell.")
    assert told.status is Status.COMPLIANT
    assert [item.code for item in told.items] == ["CSA-INTRO"]
    done = "Completed “About CSA-INTRO” on 3 February 2025"
    assert told.steps == [
        "Expected of every practitioner since 1 April 2024 by Harbour Safeguarding Partnership.",
        "You started on 6 January 2025, so it was first due by 6 April 2025, 90 days later.",
        f"{done}. Valid through 3 February 2028, 36 months after 3 February 2025.",
        "Renewal opens on 3 November 2027.",
    ]
    assert told.next_step == "Nothing to do until 3 November 2027, when renewal opens."
    (counting,) = told.counting
    assert (counting.item, counting.completed_on, counting.hours) == ("CSA-INTRO", date(2025, 2, 3), 2)
    assert counting.decides
    assert told.not_counting == []


async def test_an_overdue_standing_says_since_when_and_names_the_shortest_way_out(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item("LONG", hours=6), await facts.item("SHORT", hours=1)]
        await facts.version(await facts.expectation(), courses, effective_from=date(2026, 1, 1))
        await facts.post(started_on=date(2020, 1, 1))
    told = await the_only(empty)
    took_effect = "It took effect on 1 January 2026, when you were in post"
    assert told.steps[1:] == [
        f"{took_effect}, so it was first due by 31 January 2026, 30 days later.",
        "No completion that counts is in the record.",
        "It has been overdue since 1 February 2026.",
    ]
    assert (
        told.next_step == "Complete “About SHORT” (1 hour), or else “About LONG”, now: it was due by 31 January 2026."
    )


async def test_a_lapsed_standing_says_when_it_lapsed(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        await facts.completed(await facts.post(), course, date(2025, 1, 10))
    told = await the_only(empty)
    assert told.status is Status.OVERDUE
    done = "Completed “About CSA-INTRO” on 10 January 2025"
    assert told.steps[2:] == [
        f"{done}. Valid through 10 January 2026, 12 months after 10 January 2025.",
        "It lapsed after 10 January 2026.",
        "It has been overdue since 11 January 2026.",
    ]


@pytest.mark.parametrize(
    ("on", "status", "said", "next_step"),
    [
        (
            date(2026, 1, 24),
            Status.IN_GRACE,
            "You have until 24 January 2026 to renew it before it counts as overdue.",
            "Complete “About CSA-INTRO” by 24 January 2026, before it counts as overdue.",
        ),
        (
            date(2026, 1, 25),
            Status.OVERDUE,
            "You had until 24 January 2026 to renew it; it has been overdue since 25 January 2026.",
            "Complete “About CSA-INTRO” now: it was due by 10 January 2026.",
        ),
    ],
)
async def test_what_lapsed_says_how_long_its_grace_is(
    empty: Database, on: date, status: Status, said: str, next_step: str
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12, grace_days=14)
        await facts.completed(await facts.post(), course, date(2025, 1, 10))
    told = await the_only(empty, on)
    assert told.status is status
    assert told.steps[3:] == ["It lapsed after 10 January 2026.", said]
    assert told.next_step == next_step
    assert "every year. There are 14 days of grace after it lapses. The first time:" in told.rule


async def test_renewal_asks_only_for_what_makes_it_last_longer(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(code, hours=1) for code in "ABC"]
        await facts.version(await facts.expectation(), courses, amount=2, period_months=12)
        post = await facts.post()
        await facts.completed(post, courses[0], date(2025, 6, 1))
        await facts.completed(post, courses[1], date(2026, 3, 1))
    told = await the_only(empty)
    assert told.status is Status.DUE_SOON
    assert [completion.item for completion in told.counting] == ["B", "A"]
    assert told.steps[2] == (
        "Completed “About B” on 1 March 2026; “About A” on 1 June 2025: 2 of 2, newest first."
        " Valid through 1 June 2026, 12 months after 1 June 2025."
    )
    assert told.next_step == "Complete “About A” (1 hour), or else “About C”, by 1 June 2026."


async def test_both_courses_of_one_day_have_to_be_renewed(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(code) for code in "ABC"]
        await facts.version(await facts.expectation(), courses, amount=2, period_months=12)
        post = await facts.post()
        for course in courses[:2]:
            await facts.completed(post, course, date(2025, 6, 1))
    told = await the_only(empty)
    assert told.next_step == "Complete 2 of “About A”, “About B” or “About C” by 1 June 2026."


async def test_some_of_several_courses_count_and_the_rest_is_asked_for(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(code) for code in "ABC"]
        await facts.version(await facts.expectation(), courses, amount=3, period_months=24)
        post = await facts.post(started_on=date(2026, 4, 20))
        await facts.completed(post, courses[1], date(2026, 3, 1))
    told = await the_only(empty)
    assert told.status is Status.NOT_YET_DUE
    assert told.steps[2] == "Completed “About B” on 1 March 2026: 1 of 3 so far."
    assert not told.counting[0].decides
    assert told.next_step == "Complete “About A” and “About C” by 20 May 2026."


async def test_hours_are_added_newest_first_and_the_missing_ones_named(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item("A", hours=3), await facts.item("B", hours=2)]
        await facts.version(
            await facts.expectation(), courses, amount=8, measure=Measure.HOURS, period_months=36, first_due_days=3000
        )
        post = await facts.post()
        await facts.completed(post, courses[0], date(2026, 1, 1))
        await facts.completed(post, courses[1], date(2026, 2, 1))
        before = await facts.completed(post, courses[0], date(2022, 1, 1), hours=0.5)
    told = await the_only(empty)
    assert told.steps[2].endswith("“About A” on 1 January 2022: 5.5 of 8 hours so far.")
    assert told.next_step == "Complete 3 hours of “About B” or “About A” by 19 March 2028."
    async with empty.writing() as session:
        post_again = await Facts(session).post("Ann Reed")
        assert post_again.practitioner_id == before.practitioner_id
        for day in (2, 3):
            await Facts(session).completed(post_again, courses[0], date(2026, 4, day))
    told = (await explained(empty))[0]
    assert [completion.completed_on for completion in told.counting] == [
        date(2026, 4, 3),
        date(2026, 4, 2),
        date(2026, 2, 1),
    ]
    assert all(completion.decides for completion in told.counting)
    assert {left.reason for left in told.not_counting} == {"Newer completions reach the hours already."}


async def test_of_hours_the_participatory_ones_are_told_apart_and_asked_for(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        live, read = await facts.item("LIVE", hours=2, participatory=True), await facts.item("READ", hours=1)
        await facts.version(
            await facts.expectation(),
            [live, read],
            amount=12,
            measure=Measure.HOURS,
            participatory_percent=50,
            period_months=36,
            first_due_days=3000,
        )
        post = await facts.post()
        await facts.completed(post, live, date(2024, 1, 1))
        await facts.completed(post, read, date(2025, 1, 1), hours=3)
    told = await the_only(empty)
    assert told.rule.startswith(
        "At least 12 hours of “About LIVE” or “About READ”, at least 6 of them participatory, in any 3 years."
    )
    assert told.steps[2].endswith(": 5 of 12 hours, of which 2 of 6 participatory so far.")
    assert told.next_step == (
        "Complete 7 hours of “About READ” or “About LIVE”, at least 4 of them participatory, of “About LIVE”,"
        " by 19 March 2028."
    )
    async with empty.writing() as session:
        await Facts(session).completed(post, read, date(2025, 2, 1), hours=7)
        await Facts(session).completed(post, read, date(2025, 3, 1), hours=7)
    told = await the_only(empty)
    assert [done.completed_on for done in told.counting] == [date(2025, 3, 1), date(2025, 2, 1), date(2024, 1, 1)]
    assert not any(done.decides for done in told.counting)
    assert told.steps[2].endswith(": 16 of 12 hours, of which 2 of 6 participatory so far.")
    assert told.next_step == "Complete 4 participatory hours, of “About LIVE”, by 19 March 2028."
    assert [left.reason for left in told.not_counting] == [
        "Newer completions reach the hours already, and it is not participatory."
    ]
    async with empty.writing() as session:
        await Facts(session).completed(post, live, date(2025, 4, 1), hours=5)
    told = await the_only(empty)
    assert told.steps[2].endswith(
        ": 14 of 12 hours, of which 7 of 6 participatory, newest first."
        " Valid through 1 January 2027, 36 months after 1 January 2024."
    )


async def test_a_cycle_says_that_its_last_day_counts(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], anchor_on=date(2030, 8, 31), period_months=12)
        await facts.completed(await facts.post(), course, date(2025, 10, 1))
    told = await the_only(empty)
    assert "Valid through 31 August 2026, the last day of its cycle." in told.steps[2]
    assert (await the_only(empty, on=date(2026, 9, 1))).next_step.startswith("Complete “About CSA-INTRO” now")


async def test_a_new_edition_is_asked_for_and_the_reading_of_the_old_one_explained(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        guidance = await facts.item("GUIDE", editions=[date(2023, 1, 1), date(2026, 4, 1)])
        await facts.version(await facts.expectation(), [guidance], current_version_only=True)
        await facts.completed(await facts.post(), guidance, date(2023, 2, 1))
    told = await the_only(empty)
    assert told.status is Status.OVERDUE
    assert told.steps[1].startswith("The current version to read came into force on 1 April 2026, so it was first due")
    assert [left.reason for left in told.not_counting] == [
        "It was before the current version, which came into force on 1 April 2026."
    ]
    assert told.next_step == "Read and acknowledge “About GUIDE” now: it was due by 1 May 2026."
    earlier = await the_only(empty, on=date(2026, 3, 31))
    assert earlier.next_step == "Nothing to do until a new version comes into force."


async def test_exemption_and_leave_are_said_with_their_ends(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        expectation = await facts.expectation()
        await facts.version(expectation, [await facts.item()])
        ann, ben, cat = [await facts.post(name) for name in ("Ann Reed", "Ben Cole", "Cat Dunn")]
        await facts.exempt(ann, expectation, date(2026, 1, 1), date(2026, 6, 30))
        await facts.on_leave(ben, date(2026, 1, 1), date(2026, 9, 30))
        await facts.on_leave(cat, date(2026, 1, 1))
    (told,) = await explained(empty)
    assert told.steps[-1] == "You are exempt until 30 June 2026: No such work."
    assert told.next_step == "Nothing to do: you are exempt until 30 June 2026."
    (told,) = await explained(empty, "ben-cole@agency.example")
    assert told.on_leave_until == date(2026, 9, 30)
    assert told.steps[-1] == "You are on leave until 30 September 2026: it is paused."
    (told,) = await explained(empty, "cat-dunn@agency.example")
    assert told.on_leave_until is None
    assert told.steps[-1] == "You are on leave, with no end recorded: it is paused."
    assert told.next_step == "Nothing to do while you are on leave."


async def test_time_given_by_leave_is_said(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        post = await facts.post(started_on=date(2026, 3, 1))
        await facts.on_leave(post, date(2026, 3, 10), date(2026, 4, 30))
    told = await the_only(empty)
    assert told.steps[-1] == "Leave gives you more time, until 31 May 2026."
    assert told.next_step == "Complete “About CSA-INTRO” by 31 May 2026."


async def test_what_was_earned_before_a_change_of_rule_is_said_to_stand(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("A"), await facts.item("B")
        rule = await facts.expectation()
        await facts.version(rule, [course], period_months=36)
        await facts.version(
            rule, [other], period_months=12, effective_from=date(2026, 4, 1), on_change=OnChange.PIN, first_due_days=14
        )
        post = await facts.post(started_on=date(2021, 3, 1))
        await facts.completed(post, course, date(2024, 9, 3))
    told = await the_only(empty)
    assert (told.status, told.met_until, told.kept_until) == (Status.COMPLIANT, date(2027, 9, 3), date(2027, 9, 3))
    assert told.steps[1:] == [
        "You started on 1 March 2021, so it was first due by 15 March 2021, 14 days later.",
        "No completion that counts by the rule of now is in the record.",
        "The rule changed on 1 April 2026; what you had earned before it stands, until 3 September 2027.",
        "Renewal opens on 3 June 2027.",
    ]
    assert told.next_step == "Nothing to do until 3 June 2027, when renewal opens."


async def test_what_was_done_since_a_change_is_not_said_to_last_as_long_as_what_was_earned_before(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, rule = await facts.item("A"), await facts.expectation()
        await facts.version(rule, [course], period_months=36)
        await facts.version(
            rule, [course], period_months=12, effective_from=date(2026, 1, 1), on_change=OnChange.PIN, first_due_days=14
        )
        post = await facts.post(started_on=date(2021, 3, 1))
        await facts.completed(post, course, date(2025, 3, 14))
        await facts.completed(post, course, date(2026, 2, 1))
    told = await the_only(empty)
    assert (told.met_until, told.kept_until) == (date(2028, 3, 14), date(2028, 3, 14))
    assert told.steps[2:4] == [
        "Completed “About A” on 1 February 2026; by the rule of now that ends sooner.",
        "The rule changed on 1 January 2026; what you had earned before it stands, until 14 March 2028.",
    ]
    assert [left.reason for left in told.not_counting] == [
        "By the rule of now: a newer completion, on 1 February 2026, takes its place."
    ]


async def test_the_time_that_a_change_of_rule_leaves_is_said(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        rule = await facts.expectation()
        await facts.version(rule, [course], period_months=36)
        await facts.version(rule, [course], period_months=12, effective_from=date(2026, 4, 1), transition_days=60)
        post = await facts.post(started_on=date(2020, 1, 1))
        await facts.completed(post, course, date(2024, 9, 3))
    told = await the_only(empty, on=date(2026, 4, 20))
    assert (told.status, told.due_on) == (Status.NOT_YET_DUE, date(2026, 5, 31))
    assert "The rule changed on 1 April 2026: you have until 31 May 2026 to do what it asks now." in told.steps
    assert told.next_step.endswith("by 31 May 2026.")


@pytest.mark.parametrize(
    ("measure", "amount", "todo"),
    [
        (Measure.ITEMS, 1, "Complete “About CSA-INTRO” (2 hours) by 15 January 2027."),
        (Measure.HOURS, 2, "Complete 2 hours of “About CSA-INTRO” by 15 January 2027."),
    ],
)
async def test_what_was_earned_before_a_change_is_renewed_by_doing_what_the_rule_of_now_asks(
    empty: Database, measure: Measure, amount: float, todo: str
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item(hours=2)
        rule = await facts.expectation()
        asked: dict[str, Any] = {"measure": measure, "amount": amount}
        await facts.version(rule, [course], period_months=36, **asked)
        changed_on = date(2024, 6, 1)
        await facts.version(
            rule, [course], period_months=34, effective_from=changed_on, on_change=OnChange.PIN, **asked
        )
        await facts.completed(await facts.post(), course, date(2024, 1, 15))
    told = await the_only(empty, on=date(2026, 10, 20))
    assert (told.status, told.kept_until) == (Status.DUE_SOON, date(2027, 1, 15))
    assert told.next_step == todo


async def test_only_what_outlives_the_day_kept_need_not_be_done_again(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(code, hours=1) for code in "AB"]
        rule = await facts.expectation()
        await facts.version(rule, courses, amount=2, period_months=36)
        await facts.version(
            rule, courses, amount=2, period_months=34, effective_from=date(2024, 6, 1), on_change=OnChange.PIN
        )
        post = await facts.post()
        await facts.completed(post, courses[0], date(2024, 1, 15))
        await facts.completed(post, courses[1], date(2024, 4, 15))
    told = await the_only(empty, on=date(2026, 10, 20))
    assert (told.status, told.kept_until) == (Status.DUE_SOON, date(2027, 1, 15))
    assert told.next_step == "Complete “About A” (1 hour) by 15 January 2027."


@pytest.mark.parametrize("away", ["exempt", "on leave"])
async def test_nothing_is_said_to_be_overdue_while_it_is_not_asked_for(empty: Database, away: str) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        expectation = await facts.expectation()
        await facts.version(expectation, [await facts.item()], effective_from=date(2026, 1, 1))
        post = await facts.post()
        if away == "exempt":
            await facts.exempt(post, expectation, date(2026, 3, 1), date(2026, 12, 31))
        else:
            await facts.on_leave(post, date(2026, 3, 1))
    told = await the_only(empty)
    assert told.status == away
    assert not any("overdue" in step for step in told.steps)


@pytest.mark.parametrize(
    ("transition_days", "said"),
    [
        (10, "The rule changed on 1 April 2026: you had until 11 April 2026 to do what it asks now."),
        (0, "The rule changed on 1 April 2026, with no more time to do what it asks now."),
    ],
)
async def test_the_time_that_a_change_left_is_past_when_it_is_past(
    empty: Database, transition_days: int, said: str
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        rule = await facts.expectation()
        await facts.version(rule, [course], period_months=36)
        changed_on = date(2026, 4, 1)
        await facts.version(
            rule, [course], period_months=12, effective_from=changed_on, transition_days=transition_days
        )
        await facts.completed(await facts.post(), course, date(2024, 9, 3))
    told = await the_only(empty)
    assert told.status is Status.OVERDUE
    assert said in told.steps


async def test_grace_that_leave_moved_says_so(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12, grace_days=30)
        post = await facts.post()
        await facts.completed(post, course, date(2025, 3, 1))
        await facts.on_leave(post, date(2026, 3, 15), date(2026, 4, 30))
    told = await the_only(empty)
    assert (told.status, told.due_on, told.grace_until) == (Status.IN_GRACE, date(2026, 3, 1), date(2026, 5, 31))
    assert told.steps[-2:] == [
        "Leave moved the end of your grace, until 31 May 2026.",
        "You have until 31 May 2026 to renew it before it counts as overdue.",
    ]


async def test_an_expectation_of_several_versions_says_since_when_it_has_applied(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        rule = await facts.expectation()
        await facts.version(rule, [course], effective_from=date(2020, 4, 1), period_months=36)
        await facts.version(rule, [course], effective_from=date(2026, 4, 1), period_months=24)
        await facts.post(started_on=date(2019, 1, 1))
        await facts.post("Ben Cole", started_on=date(2022, 1, 1))
        await facts.post("Cat Dunn", started_on=None)
    form = "in its present form since 1 April 2026, by Harbour Safeguarding Partnership."
    (told,) = await explained(empty)
    assert told.steps[0] == f"Expected of every practitioner since 1 April 2020, {form}"
    (told,) = await explained(empty, "ben-cole@agency.example")
    assert told.steps[0] == f"Expected of every practitioner, of you since 1 January 2022, {form}"
    (told,) = await explained(empty, "cat-dunn@agency.example")
    assert told.steps[0] == "Expected of every practitioner since 1 April 2026 by Harbour Safeguarding Partnership."


async def test_an_unknown_start_is_said_and_the_day_asked_for(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        await facts.post(started_on=None)
    told = await the_only(empty)
    assert told.status is Status.UNDATED
    assert told.steps[1] == "The day you started in this post is not known, so it cannot be said when it was first due."
    assert told.next_step == (
        "Complete “About CSA-INTRO”, and ask for the day you started in this post to be recorded."
    )


async def test_where_nothing_is_accepted_any_more_the_owner_is_asked(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        closed = await facts.item(accepted=[(None, date(2025, 12, 31))])
        await facts.version(await facts.expectation(owner=await facts.agency()), [closed])
        await facts.post()
    told = await the_only(empty)
    assert told.items == []
    assert told.next_step == "Ask Harbour Council what to do: nothing in this set is accepted now."


# --- what is said of several ---------------------------------------------------------------------------------


async def test_the_most_urgent_come_first_then_the_recommended_and_rules_about_settings(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("DONE"), await facts.item("MISSING")
        await facts.version(await facts.expectation("MET"), [course], period_months=24)
        await facts.version(await facts.expectation("LATE"), [other])
        await facts.version(await facts.expectation("OPTIONAL"), [other], required=False)
        await facts.version(await facts.expectation("PANEL"), [other], people_in_setting=2)
        await facts.version(await facts.expectation("SOON"), [course], period_months=18)
        await facts.completed(await facts.post(), course, date(2025, 1, 4))
    told = await explained(empty)
    assert [standing.code for standing in told] == ["LATE", "SOON", "MET", "OPTIONAL", "PANEL"]
    assert told[3].steps[0].startswith("Recommended, not required, of every practitioner")
    assert told[4].steps[1:] == [
        "It is about the setting: each needs at least 2 people who have done it, and nobody is overdue for it.",
        "No completion that counts is in the record.",
    ]
    assert told[4].next_step == "If you are to be one of those who have done it: complete “About MISSING”."


async def test_two_posts_are_two_standings(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        expectation = await facts.expectation()
        bank = await facts.role("Bank nurse")
        await facts.version(expectation, [await facts.item()], scopes=[Scope(role_id=bank.id)])
        await facts.version(await facts.expectation("ALL"), [await facts.item("B")])
        await facts.post()
        await facts.post(role=bank, started_on=date(2026, 5, 1))
    told = await explained(empty)
    assert {(standing.code, standing.role) for standing in told} == {
        ("ALL", "Social worker"),
        ("CSA", "Bank nurse"),
        ("ALL", "Bank nurse"),
    }
    (narrow,) = [standing for standing in told if standing.code == "CSA"]
    assert narrow.steps[0].startswith("Expected of you as Bank nurse, Harbour Council, since")


async def test_it_takes_as_many_queries_for_many_as_for_one(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(f"C{number}") for number in range(6)]
        for number, course in enumerate(courses):
            await facts.version(await facts.expectation(f"E{number}"), [course])
        for _ in range(3):
            post = await facts.post()
            for course in courses:
                await facts.completed(post, course, date(2026, 1, 1))
    async with empty.reading() as session:
        with queries(empty) as asked:
            assert len(await explain(session, post.practitioner_id, TODAY, today=TODAY)) == 18
        assert len(asked) == 3


async def test_it_can_be_written_as_json(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        await facts.completed(await facts.post(), course, date(2026, 1, 2))
    told = json.loads(json.dumps(as_json(await explained(empty))))
    assert told["merged"] == []
    (written,) = told["standings"]
    assert written["status"] == "compliant"
    assert written["met_until"] == "2027-01-02"
    assert written["counting"][0]["completed_on"] == "2026-01-02"
    assert written["counting"][0]["strength"] == "attendance register"


async def test_a_person_is_found_by_any_spelling_of_the_address(empty: Database) -> None:
    async with empty.writing() as session:
        ann = await Facts(session).practitioner("Ann Reed")
        assert (await find_practitioner(session, " Ann-Reed@Agency.example ")).id == ann.id
        with pytest.raises(NotFound, match=r"“nobody@agency\.example”\. Look for a slip in it"):
            await find_practitioner(session, "nobody@agency.example")


# --- what does not count, and why ----------------------------------------------------------------------------


async def reasons(database: Database, on: date = TODAY, known_at: datetime | None = None) -> dict[date, str]:
    told = {left.completed_on: left.reason for left in (await the_only(database, on, known_at)).not_counting}
    assert list(told) == sorted(told, reverse=True), "the newest first"
    return told


async def test_a_completion_that_does_not_count_is_listed_with_its_reason(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        post = await facts.post()
        mistaken = await facts.completed(post, course, date(2026, 4, 1))
        for day in (date(2024, 3, 1), date(2025, 9, 1), date(2026, 3, 1)):
            await facts.completed(post, course, day)
    before = now()
    async with empty.writing() as session:
        await void_completion(session, mistaken.id, reason="Another Ann Reed.", by=BY)
    assert await reasons(empty) == {
        date(2026, 4, 1): "It was voided: Another Ann Reed.",
        date(2025, 9, 1): "A newer completion, on 1 March 2026, takes its place.",
        date(2024, 3, 1): "A newer completion, on 1 March 2026, takes its place.",
    }
    assert await reasons(empty, on=date(2025, 12, 31)) == {
        date(2026, 4, 1): "It was completed after 31 December 2025.",
        date(2026, 3, 1): "It was completed after 31 December 2025.",
        date(2024, 3, 1): "A newer completion, on 1 September 2025, takes its place.",
    }
    then = await the_only(empty, known_at=before)
    assert then.counting[0].completed_on == date(2026, 4, 1)


async def test_what_was_not_yet_recorded_is_said_to_have_come_later(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course])
        post = await facts.post()
    before = now()
    async with empty.writing() as session:
        await Facts(session).completed(post, course, date(2026, 1, 1))
    assert (await the_only(empty)).status is Status.COMPLIANT
    then = await the_only(empty, known_at=before)
    assert then.status is Status.OVERDUE
    (left,) = then.not_counting
    assert left.reason.startswith("It was recorded later, on ")


async def test_equivalence_counts_one_way_and_in_its_days_and_says_so(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        level2, level3, old, level4 = [await facts.item(code) for code in ("L2", "L3", "OLD", "L4")]
        await facts.counts_as(level3, level2)
        await facts.counts_as(level4, level3)
        await facts.counts_as(old, level3, None, date(2025, 12, 31))
        await facts.version(await facts.expectation(), [level3])
        post = await facts.post()
        await facts.completed(post, level2, date(2026, 1, 1))
        await facts.completed(post, old, date(2026, 2, 1))
        unrelated = await facts.item("OTHER")
        await facts.completed(post, unrelated, date(2026, 2, 2))
    assert await reasons(empty) == {
        date(2026, 1, 1): "“About L3” counts as it, but not the other way round.",
        date(2026, 2, 1): "It counts as “About L3” only if completed until 31 December 2025.",
    }
    async with empty.writing() as session:
        await Facts(session).completed(post, level4, date(2026, 3, 1))
    told = await the_only(empty)
    assert [(completion.item, completion.counts_as) for completion in told.counting] == [("L4", ("About L3",))]
    assert told.steps[2] == "Completed “About L4” on 1 March 2026, which counts as “About L3”. This does not lapse."


async def test_an_acceptance_window_is_given_with_its_reason(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        session.add(
            AcceptanceWindow(
                item_id=course.id, accepted_from=None, accepted_until=date(2025, 6, 30), reason="It was replaced."
            )
        )
        await facts.version(await facts.expectation(), [course, await facts.item("B")])
        await facts.completed(await facts.post(), course, date(2026, 1, 1))
    then, told = now(), {date(2026, 1, 1): "It is accepted only if completed until 30 June 2025: It was replaced."}
    assert await reasons(empty) == told
    async with empty.writing() as session:
        (await session.scalars(select(AcceptanceWindow))).one().withdrawn_at = now()
        touch(session, everything=True)
    assert await reasons(empty) == {}
    assert await reasons(empty, known_at=then) == told


async def test_more_than_enough_and_no_hours_are_said(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(code) for code in "AB"]
        await facts.version(await facts.expectation(), courses)
        await facts.version(await facts.expectation("HOURS"), courses, amount=2, measure=Measure.HOURS)
        post = await facts.post()
        await facts.completed(post, courses[0], date(2026, 1, 1))
        await facts.completed(post, courses[1], date(2026, 2, 1), hours=2)
    hours, courses_done = sorted(await explained(empty), key=lambda standing: standing.code, reverse=True)
    assert [left.reason for left in courses_done.not_counting] == ["Newer completions are enough already."]
    assert [left.reason for left in hours.not_counting] == ["It has no hours on record."]


async def test_the_full_course_is_what_a_refresher_renews(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        full, refresher = await facts.item("FULL"), await facts.item("REFRESHER")
        await facts.version(
            await facts.expectation(),
            [full],
            refreshers=frozenset({refresher.id}),
            refresher_months=36,
            period_months=24,
        )
        post = await facts.post()
        await facts.completed(post, full, date(2023, 6, 1))
        await facts.completed(post, refresher, date(2025, 6, 1))
    told = await the_only(empty)
    assert told.asks == "items of FULL", "as does a rule without refreshers"
    assert [done.item for done in told.counting] == ["REFRESHER"]
    assert [left.reason for left in told.not_counting] == [
        "It is what your refresher renews: without it the refresher would not count."
    ]


# --- the engine decides --------------------------------------------------------------------------------------


@histories
@given(world=worlds(), on=days, moment=st.sampled_from([None, *MOMENTS]))
async def test_explanations_say_what_the_engine_decided(
    empty: Database, world: oracle.World, on: date, moment: datetime | None
) -> None:
    async with empty.writing() as session:
        await load(session, world)
        await rebuild(session)
    versions = {version.id: version for version in world.versions}
    told: dict[tuple[int, int], str] = {}
    async with empty.reading() as session:
        for person in PRACTITIONERS:
            own = [completion for completion in world.completions if completion.practitioner == person]
            for standing in await explain(session, person, on, today=date(2027, 12, 31), known_at=moment):
                (version,) = [
                    v
                    for v in versions.values()
                    if v.expectation == standing.expectation_id
                    and v.effective_from == standing.effective_from
                    and v.known.stood(moment)
                ]
                told[standing.post_id, version.id] = standing.status
                reached = any(completion.decides for completion in standing.counting)
                assert all(completion.decides is reached for completion in standing.counting)
                # What a change of the rule keeps lasts longer than what is earned by the rule of now.
                if standing.kept_until is None:
                    assert reached is (standing.met_from is not None)
                if reached:
                    assert standing.met_from is not None
                    assert standing.counting[0].completed_on <= standing.met_from
                if reached and version.method == "completion":
                    until = add_months(standing.counting[-1].completed_on, version.period_months or 0)
                    assert until < standing.kept_until if standing.kept_until else until == standing.met_until
                mentioned = [completion.id for completion in standing.counting]
                mentioned += [completion.id for completion in standing.not_counting]
                assert len(set(mentioned)) == len(mentioned)
                assert {c.id for c in own if c.item in version.items} <= set(mentioned)
                assert all(left.reason and "9999" not in left.reason for left in standing.not_counting)
                assert standing.next_step
    assert told == oracle.statuses(world, on, moment)


async def test_what_the_agency_decided_itself_is_the_reason(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        level_1, level_2 = await facts.item("LEVEL-1"), await facts.item("LEVEL-2")
        await facts.counts_as(level_2, level_1)
        await facts.counts_as(level_2, level_1, agency=await facts.agency(), holds=False, since=date(2025, 1, 1))
        await facts.version(await facts.expectation(), [level_1])
        post = await facts.post()
        await facts.completed(post, level_2, date(2025, 2, 1))
    told = await the_only(empty)
    assert told.status is Status.OVERDUE
    assert [left.reason for left in told.not_counting] == [
        "Elsewhere it counts as “About LEVEL-1”; Harbour Council decided that it does not."
    ]
    async with empty.writing() as session:
        await Facts(session).completed(post, level_2, date(2024, 2, 1))
    assert (await the_only(empty)).status is Status.COMPLIANT


async def test_a_day_that_is_not_known_is_judged_by_the_earliest_it_can_have_been(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("A")
        await facts.version(await facts.expectation("EVERY-YEAR"), [course], period_months=12, first_due_days=3000)
        await facts.version(await facts.expectation("ONCE"), [course])
        person = (await facts.post()).practitioner_id
        march = NewCompletion(person, course.id, date(2026, 3, 1), completed_by=date(2026, 3, 31))
        await record_completion(session, march, by=BY, today=TODAY)
        assert await record_completion(session, march, by=BY, today=TODAY) is Outcome.KNOWN_ALREADY
    for told in await explained(empty):
        judged = (
            "Completed “About A”, March 2026 (approximate), judged from 1 March 2026, the earliest it can have been"
        )
        assert told.steps[2].startswith(judged)
        assert told.counting[0].completed_by == date(2026, 3, 31)
        assert told.met_until == (date(2027, 3, 1) if told.code == "EVERY-YEAR" else None)


async def test_before_a_year_is_enough_for_once_and_never_for_what_lapses(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("A")
        await facts.version(await facts.expectation("EVERY-YEAR"), [course], period_months=12)
        await facts.version(await facts.expectation("ONCE"), [course])
        person = (await facts.post()).practitioner_id
        before = NewCompletion(person, course.id, SOME_TIME_AGO, completed_by=date(2022, 12, 31))
        await record_completion(session, before, by=BY, today=TODAY)
        far = NewCompletion(person, course.id, SOME_TIME_AGO, completed_by=date(1949, 12, 31))
        with pytest.raises(Refused, match="too long ago"):
            await record_completion(session, far, by=BY, today=TODAY)
        soon = NewCompletion(person, course.id, TODAY + timedelta(days=1), completed_by=TODAY + timedelta(days=9))
        with pytest.raises(Refused, match="in the future"):
            await record_completion(session, soon, by=BY, today=TODAY)
        month = NewCompletion(person, course.id, TODAY - timedelta(days=3), completed_by=TODAY + timedelta(days=9))
        await record_completion(session, month, by=BY, today=TODAY)
        assert await session.scalar(select(func.max(Completion.completed_by))) == TODAY
        newest = await session.scalar(select(func.max(Completion.id)))
        await void_completion(session, newest or 0, reason="Only to see it cut", by=BY)
    statuses = {told.code: told.status for told in await explained(empty)}
    assert statuses == {"EVERY-YEAR": Status.OVERDUE, "ONCE": Status.COMPLIANT}
    steps = [told.steps[2] for told in await explained(empty)]
    assert all("before 1 January 2023 (approximate)" in step for step in steps)


# --- what cannot be told -------------------------------------------------------------------------------------


async def fed(database: Database, *, completed_on: date | None, received: Iterable[date], **rule: Any) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        course = await facts.item(hours=2)
        await facts.version(await facts.expectation(), [course], effective_from=date(2024, 4, 1), **rule)
        await facts.feed(await facts.agency(), course, limit_days=30, received=received)
        post = await facts.post(started_on=date(2025, 1, 6))
        if completed_on:
            await facts.completed(post, course, completed_on)


async def test_a_silent_feed_says_what_last_came_what_is_known_and_whom_to_ask(empty: Database) -> None:
    await fed(empty, completed_on=date(2025, 2, 3), received=[date(2026, 3, 1)], period_months=36)
    told = await the_only(empty)
    assert told.status is Status.UNKNOWN
    assert told.steps[2] == (
        "Your agency's records of “About CSA-INTRO” last came as at 1 March 2026 (at most 30 days old is expected),"
        " so this cannot be told. What is known follows."
    )
    assert told.steps[3].startswith("Completed “About CSA-INTRO” on 3 February 2025. Valid through 3 February 2028")
    assert told.steps[4:] == ["Renewal opens on 3 November 2027."]
    assert told.next_step == (
        "Ask the training lead of Harbour Council to send its records. By what is known there is nothing else to do."
    )
    assert [feed.item for feed in told.silent_feeds] == ["CSA-INTRO"]
    assert json.dumps(as_json([told]))
    assert (await the_only(empty, on=date(2026, 3, 31))).status is Status.COMPLIANT


async def test_a_silent_feed_blames_nobody_and_says_what_to_do_if_it_is_not_done(empty: Database) -> None:
    await fed(empty, completed_on=None, received=[])
    told = await the_only(empty)
    assert told.steps[2] == (
        "Your agency's records of “About CSA-INTRO” have never come (at most 30 days old is expected),"
        " so this cannot be told. What is known follows."
    )
    assert told.steps[3:] == ["No completion that counts is in the record."]
    assert told.next_step == (
        "Ask the training lead of Harbour Council to send its records."
        " If you have not done it yet: complete “About CSA-INTRO” (2 hours) now."
    )


async def test_a_silent_feed_says_by_when_to_renew_what_is_known_to_end(empty: Database) -> None:
    await fed(empty, completed_on=date(2025, 6, 1), received=[], period_months=12)
    assert (await the_only(empty)).next_step == (
        "Ask the training lead of Harbour Council to send its records."
        " If you have not done it yet: complete “About CSA-INTRO” (2 hours) by 1 June 2026."
    )
