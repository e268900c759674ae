"""Each sentence of an explanation, without a database: what is said of which dates, and what is to be done next."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.standing.by_hand import done, item, rule, standing
from training_tracker.catalogue.models import ItemKind
from training_tracker.expectations.models import ExpectationVersion, Measure, Method
from training_tracker.standing.advice import next_step
from training_tracker.standing.explained import CountingCompletion, ExplainedStanding, ItemToDo
from training_tracker.standing.feeds import FeedState
from training_tracker.standing.status import Status
from training_tracker.standing.steps import steps

TODAY = date(2026, 5, 4)
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def met(status: Status, done: list[CountingCompletion], until: date | None, **fields: Any) -> ExplainedStanding:
    """Of somebody who has done it, until a day or for good, and may renew it three months before."""
    opens = None if until is None else date(until.year + (until.month - 4) // 12, (until.month - 4) % 12 + 1, until.day)
    usual = {"met_from": done[0].completed_on, "met_until": until, "due_on": until, "renewal_opens_on": opens}
    return standing(status, counting=done, **usual | fields)


def said(told: ExplainedStanding, version: ExpectationVersion | None = None) -> list[str]:
    return steps(told, version or rule(), TODAY)


def advised(told: ExplainedStanding, version: ExpectationVersion | None = None) -> str:
    return next_step(told, version or rule(), TODAY)


NOTHING = "No completion that counts is in the record."
A_YEAR_AGO = [done("A", date(2025, 3, 1))]

# --- how it came to its dates ---------------------------------------------------------------------------------


def test_the_sentences_come_in_the_order_in_which_it_happened() -> None:
    lapsed = met(Status.OVERDUE, A_YEAR_AGO, date(2026, 3, 1))
    assert said(lapsed) == [
        "Expected of every practitioner since 1 January 2020 by Harbour Safeguarding Partnership.",
        "You started on 1 January 2025, so it was first due by 31 January 2025, 30 days later.",
        "Completed “About A” on 1 March 2025. Valid through 1 March 2026, 12 months after 1 March 2025.",
        "It lapsed after 1 March 2026.",
        "It has been overdue since 2 March 2026.",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"of_everyone": False},
            (
                "Expected of you as Social worker, Harbour Council, since 1 January 2020 by "
                "Harbour Safeguarding Partnership."
            ),
        ),
        (
            {"required": False},
            (
                "Recommended, not required, of every practitioner since 1 January 2020 by "
                "Harbour Safeguarding Partnership."
            ),
        ),
        (
            {"effective_from": date(2025, 1, 1), "post_started_on": date(2024, 1, 1)},
            "Expected of every practitioner since 1 January 2025 by Harbour Safeguarding Partnership.",
        ),
        (
            {"effective_from": date(2025, 1, 2), "post_started_on": date(2024, 1, 1)},
            (
                "Expected of every practitioner since 1 January 2025, in its present form since 2 January 2025, by "
                "Harbour Safeguarding Partnership."
            ),
        ),
        (
            {"effective_from": date(2025, 1, 2)},
            (
                "Expected of every practitioner, of you since 1 January 2025, in its present form since 2 "
                "January 2025, by "
                "Harbour Safeguarding Partnership."
            ),
        ),
        (
            {"effective_from": date(2025, 1, 2), "of_everyone": False},
            (
                "Expected of you as Social worker, Harbour Council, since 1 January 2025, in its present form since "
                "2 January 2025, by Harbour Safeguarding Partnership."
            ),
        ),
        (
            {"first_due_on": None},
            "Expected of every practitioner since 1 January 2020 by Harbour Safeguarding Partnership.",
        ),
    ],
)
def test_who_expects_it_of_whom_since_when_is_said_first(fields: dict[str, Any], sentence: str) -> None:
    assert said(standing(**fields))[0] == sentence


@pytest.mark.parametrize(
    ("fields", "days", "sentence"),
    [
        ({}, 30, "You started on 1 January 2025, so it was first due by 31 January 2025, 30 days later."),
        (
            {"first_due_on": date(2025, 1, 2)},
            1,
            "You started on 1 January 2025, so it was first due by 2 January 2025, 1 day later.",
        ),
        (
            {"first_due_on": date(2025, 1, 1)},
            0,
            "You started on 1 January 2025, so it was first due by 1 January 2025, at once.",
        ),
        (
            {"post_started_on": date(2026, 5, 2), "first_due_on": TODAY},
            2,
            "You started on 2 May 2026, so it is first due by 4 May 2026, 2 days later.",
        ),
        (
            {"post_started_on": date(2026, 5, 1), "first_due_on": YESTERDAY},
            2,
            "You started on 1 May 2026, so it was first due by 3 May 2026, 2 days later.",
        ),
        (
            {"post_started_on": date(2020, 1, 1), "in_force_from": date(2025, 1, 2)},
            30,
            (
                "It has applied to you, by an earlier rule, since 1 January 2025, so it was first due by 31 "
                "January 2025, "
                "30 days later."
            ),
        ),
        (
            {"post_started_on": date(2020, 1, 1), "effective_from": date(2025, 1, 1)},
            30,
            (
                "It took effect on 1 January 2025, when you were in post, so it was first due by 31 January "
                "2025, 30 days "
                "later."
            ),
        ),
        (
            {"post_started_on": date(2020, 1, 1)},
            30,
            (
                "The current version to read came into force on 1 January 2025, so it was first due by 31 "
                "January 2025, "
                "30 days later."
            ),
        ),
        (
            {"first_due_on": None},
            30,
            "The day you started in this post is not known, so it cannot be said when it was first due.",
        ),
    ],
)
def test_why_it_was_first_due_on_that_day_is_said(fields: dict[str, Any], days: int, sentence: str) -> None:
    assert said(standing(**fields), rule(first_due_days=days))[1] == sentence


@pytest.mark.parametrize(("people", "needed"), [(1, "at least 1 person who has"), (2, "at least 2 people who have")])
def test_of_a_setting_it_is_said_how_many_it_needs_and_nothing_of_days(people: int, needed: str) -> None:
    told = standing(people_in_setting=people)
    assert said(told)[1:] == [
        f"It is about the setting: each needs {needed} done it, and nobody is overdue for it.",
        NOTHING,
    ]
    assert advised(told) == "If you are to be one of those who have done it: complete “About A”."


@pytest.mark.parametrize(
    ("version", "counting", "fields", "sentence"),
    [
        ({}, [], {}, NOTHING),
        ({}, [], {"kept_until": TOMORROW}, "No completion that counts by the rule of now is in the record."),
        (
            {"amount": 3},
            [done("A", date(2026, 2, 1), decides=False), done("B", date(2026, 1, 1), decides=False)],
            {},
            "Completed “About A” on 1 February 2026; “About B” on 1 January 2026: 2 of 3 so far.",
        ),
        (
            {"amount": 2},
            [done("A", date(2026, 2, 1), decides=False, counts_for=("A", "B"), counts_as=("About B", "About C"))],
            {},
            "Completed “About A” on 1 February 2026, which counts as “About B” and “About C”: 2 of 2 so far.",
        ),
        (
            {"amount": 2},
            [done("A", date(2026, 2, 1)), done("B", date(2026, 1, 1))],
            {"met_until": date(2027, 1, 1)},
            (
                "Completed “About A” on 1 February 2026; “About B” on 1 January 2026: 2 of 2, newest first. "
                "Valid through "
                "1 January 2027, 12 months after 1 January 2026."
            ),
        ),
        (
            {"measure": Measure.HOURS},
            [done("A", date(2026, 2, 1), 1.5)],
            {"met_until": date(2027, 2, 1)},
            (
                "Completed “About A” on 1 February 2026: 1.5 of 1 hours, newest first. Valid through 1 February "
                "2027, 12 "
                "months after 1 February 2026."
            ),
        ),
        (
            {"measure": Measure.HOURS, "amount": 8, "participatory_percent": 50},
            [
                done("A", date(2026, 2, 1), 2.5, decides=False, participatory=True),
                done("B", date(2026, 1, 1), 1, decides=False),
                done("B", date(2026, 1, 1), None, decides=False, participatory=True),
            ],
            {},
            (
                "Completed “About A” on 1 February 2026; “About B” on 1 January 2026; “About B” on 1 January "
                "2026: 3.5 of "
                "8 hours, of which 2.5 of 4 participatory so far."
            ),
        ),
        (
            {},
            [done("A", date(2026, 2, 1))],
            {"met_until": TOMORROW, "kept_until": TOMORROW},
            "Completed “About A” on 1 February 2026; by the rule of now that ends sooner.",
        ),
        (
            {"method": Method.ONCE, "period_months": None},
            [done("A", date(2026, 2, 1))],
            {},
            "Completed “About A” on 1 February 2026. This does not lapse.",
        ),
        (
            {"method": Method.CYCLE},
            [done("A", date(2026, 2, 1))],
            {"met_until": date(2026, 8, 31)},
            "Completed “About A” on 1 February 2026. Valid through 31 August 2026, the last day of its cycle.",
        ),
        (
            {"method": Method.CONTINUOUS},
            [done("A", date(2026, 2, 1))],
            {"met_until": date(2027, 3, 1)},
            "Completed “About A” on 1 February 2026. Valid through 1 March 2027: renewals in time keep the date.",
        ),
        (
            {"method": Method.CONTINUOUS, "period_months": 1},
            [done("A", date(2026, 2, 1))],
            {"met_until": date(2026, 3, 1)},
            "Completed “About A” on 1 February 2026. Valid through 1 March 2026, 1 month after 1 February 2026.",
        ),
        (
            {},
            [done("A", date(2026, 2, 1), completed_by=date(2026, 2, 28))],
            {"met_until": date(2027, 2, 1)},
            (
                "Completed “About A”, February 2026 (approximate), judged from 1 February 2026, the earliest it "
                "can have been. Valid "
                "through 1 February 2027, 12 months after 1 February 2026."
            ),
        ),
    ],
)
def test_what_was_completed_is_said_with_what_it_comes_to(
    version: dict[str, Any], counting: list[CountingCompletion], fields: dict[str, Any], sentence: str
) -> None:
    assert said(standing(counting=counting, **fields), rule(**version))[2] == sentence


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        (
            {"met_until": TOMORROW, "renewal_opens_on": TODAY},
            ["Renewal opened on 4 May 2026."],
        ),
        (
            {"met_until": date(2026, 9, 1), "renewal_opens_on": TOMORROW},
            ["Renewal opens on 5 May 2026."],
        ),
        ({"met_until": TODAY, "renewal_opens_on": None}, ["Renewal opened on 4 May 2026."]),
        (
            {"met_until": YESTERDAY, "renewal_opens_on": date(2026, 2, 1)},
            ["It lapsed after 3 May 2026."],
        ),
        (
            {"met_until": TOMORROW, "renewal_opens_on": TODAY, "kept_until": TOMORROW},
            [
                "The rule changed on 1 January 2025; what you had earned before it stands, until 5 May 2026.",
                "Renewal opened on 4 May 2026.",
            ],
        ),
        (
            {"met_until": None, "kept_until": date.max},
            ["The rule changed on 1 January 2025; what you had earned before it stands, and does not lapse."],
        ),
    ],
)
def test_until_when_it_is_met_is_said(fields: dict[str, Any], sentences: list[str]) -> None:
    told = standing(Status.DUE_SOON, counting=[done("A", date(2025, 5, 5))], due_on=None, **fields)
    assert said(told)[3:] == sentences


@pytest.mark.parametrize(
    ("status", "fields", "sentences"),
    [
        (Status.NOT_YET_DUE, {"due_on": TODAY, "first_due_on": TODAY}, []),
        (Status.OVERDUE, {"due_on": YESTERDAY, "first_due_on": YESTERDAY}, ["It has been overdue since 4 May 2026."]),
        (
            Status.NOT_YET_DUE,
            {"due_on": date(2026, 5, 5), "first_due_on": TODAY},
            ["Leave gives you more time, until 5 May 2026."],
        ),
        (
            Status.NOT_YET_DUE,
            {"due_on": TODAY, "extended_until": TODAY},
            ["You were given more time, until 4 May 2026."],
        ),
        (
            Status.NOT_YET_DUE,
            {"due_on": TOMORROW, "extended_until": TODAY},
            ["You were given more time, until 4 May 2026.", "Leave gives you more time, until 5 May 2026."],
        ),
        (
            Status.NOT_YET_DUE,
            {"due_on": TODAY, "transition_until": TODAY},
            ["The rule changed on 1 January 2025: you have until 4 May 2026 to do what it asks now."],
        ),
        (
            Status.NOT_YET_DUE,
            {"due_on": TOMORROW, "transition_until": TODAY},
            [
                "The rule changed on 1 January 2025: you have until 4 May 2026 to do what it asks now.",
                "Leave gives you more time, until 5 May 2026.",
            ],
        ),
        (
            Status.OVERDUE,
            {"due_on": YESTERDAY, "transition_until": YESTERDAY},
            [
                "The rule changed on 1 January 2025: you had until 3 May 2026 to do what it asks now.",
                "It has been overdue since 4 May 2026.",
            ],
        ),
        (
            Status.OVERDUE,
            {"due_on": date(2025, 1, 1), "transition_until": date(2025, 1, 1)},
            [
                "The rule changed on 1 January 2025, with no more time to do what it asks now.",
                "It has been overdue since 2 January 2025.",
            ],
        ),
        (
            Status.IN_GRACE,
            {"due_on": YESTERDAY, "first_due_on": YESTERDAY, "grace_until": TODAY},
            ["You have until 4 May 2026 to renew it before it counts as overdue."],
        ),
        (
            Status.OVERDUE,
            {"due_on": date(2026, 5, 2), "first_due_on": date(2026, 5, 2), "grace_until": YESTERDAY},
            ["You had until 3 May 2026 to renew it; it has been overdue since 4 May 2026."],
        ),
        (
            Status.IN_GRACE,
            {"due_on": YESTERDAY, "first_due_on": YESTERDAY, "grace_until": TOMORROW},
            [
                "Leave moved the end of your grace, until 5 May 2026.",
                "You have until 5 May 2026 to renew it before it counts as overdue.",
            ],
        ),
        *((status, {}, []) for status in (Status.COMPLIANT, Status.DUE_SOON, Status.EXEMPT)),
        (Status.ON_LEAVE, {"on_leave_until": TODAY}, ["You are on leave until 4 May 2026: it is paused."]),
        (Status.ON_LEAVE, {}, ["You are on leave, with no end recorded: it is paused."]),
        (
            Status.EXEMPT,
            {"exempt_until": TODAY, "exempt_because": "No such work"},
            ["You are exempt until 4 May 2026: No such work."],
        ),
        (Status.OVERDUE, {"due_on": None, "exempt_until": TODAY, "exempt_because": "No such work"}, []),
        (Status.UNDATED, {"due_on": None, "first_due_on": None}, []),
    ],
)
def test_what_moved_the_day_and_since_when_it_is_behind_is_said(
    status: Status, fields: dict[str, Any], sentences: list[str]
) -> None:
    assert said(standing(status, **fields), rule(grace_days=1))[3:] == sentences


def test_of_two_days_the_later_is_the_one_that_leave_moved() -> None:
    told = met(Status.COMPLIANT, A_YEAR_AGO, date(2026, 6, 1), due_on=date(2026, 6, 2))
    assert said(told)[-1] == "Leave gives you more time, until 2 June 2026."
    told = met(Status.COMPLIANT, A_YEAR_AGO, date(2026, 6, 1), due_on=date(2026, 7, 1), first_due_on=date(2026, 7, 1))
    assert said(told)[-1] == "Renewal opened on 1 March 2026."


def test_where_nothing_can_be_told_the_silence_is_said_before_what_is_known() -> None:
    feeds = [FeedState(1, "Harbour Council", n, f"A{n}", f"About A{n}", 30, TODAY, None, TODAY, True) for n in (1, 2)]
    told = standing(Status.UNKNOWN, silent_feeds=feeds)
    assert said(told)[2:] == [
        (
            "Your agency's records of “About A1” have never come (at most 30 days old is expected) and records of "
            "“About A2” have never come (at most 30 days old is expected), so this cannot be told. What is known "
            "follows."
        ),
        NOTHING,
    ]


# --- what to do next ------------------------------------------------------------------------------------------

ASK = "Ask the training lead of Harbour Council to send its records."


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (standing(Status.EXEMPT, exempt_until=TODAY), "Nothing to do: you are exempt until 4 May 2026."),
        (standing(exempt_until=TODAY), "Complete “About A” now: it was due by 31 January 2025."),
        (standing(Status.ON_LEAVE), "Nothing to do while you are on leave."),
        (standing(Status.COMPLIANT, renewal_opens_on=TOMORROW), "Nothing to do until 5 May 2026, when renewal opens."),
        (standing(Status.COMPLIANT), "Nothing to do."),
        (standing(Status.NOT_YET_DUE, due_on=TOMORROW), "Complete “About A” by 5 May 2026."),
        (
            standing(Status.UNDATED, due_on=None),
            "Complete “About A”, and ask for the day you started in this post to be recorded.",
        ),
        (
            standing(Status.IN_GRACE, grace_until=TOMORROW),
            "Complete “About A” by 5 May 2026, before it counts as overdue.",
        ),
        (
            standing(items=[]),
            "Ask Harbour Safeguarding Partnership what to do: nothing in this set is accepted now.",
        ),
        (
            standing(Status.UNKNOWN),
            f"{ASK} If you have not done it yet: complete “About A” now.",
        ),
        (standing(Status.UNKNOWN, items=[]), ASK),
        (
            standing(Status.UNKNOWN, due_on=TODAY),
            f"{ASK} If you have not done it yet: complete “About A” by 4 May 2026.",
        ),
        (
            standing(Status.UNKNOWN, due_on=None),
            f"{ASK} If you have not done it yet: complete “About A” now.",
        ),
        (
            standing(Status.UNKNOWN, met_from=date(2025, 5, 5), met_until=TODAY, renewal_opens_on=TOMORROW),
            f"{ASK} By what is known there is nothing else to do.",
        ),
        (
            standing(Status.UNKNOWN, met_from=date(2025, 5, 5), met_until=None),
            f"{ASK} By what is known there is nothing else to do.",
        ),
        (
            standing(
                Status.UNKNOWN,
                met_from=date(2025, 5, 5),
                met_until=TOMORROW,
                due_on=TOMORROW,
                renewal_opens_on=TODAY,
                counting=[done("A", date(2025, 5, 5))],
            ),
            f"{ASK} If you have not done it yet: complete “About A” by 5 May 2026.",
        ),
        (
            standing(Status.UNKNOWN, met_from=date(2025, 5, 3), met_until=YESTERDAY, due_on=YESTERDAY),
            f"{ASK} If you have not done it yet: complete “About A” now.",
        ),
    ],
)
def test_the_next_step_follows_from_the_status(told: ExplainedStanding, sentence: str) -> None:
    assert advised(told) == sentence


def test_of_what_does_not_lapse_only_a_new_version_asks_again() -> None:
    current = rule(current_version_only=True, method=Method.ONCE, period_months=None)
    assert advised(standing(Status.COMPLIANT), current) == "Nothing to do until a new version comes into force."


GUIDE = item("GUIDE", kind=ItemKind.RESOURCE)


@pytest.mark.parametrize(
    ("amount", "items", "deed"),
    [
        (1, [item("A", hours=1)], "Complete “About A” (1 hour)"),
        (1, [item("A", hours=1.5, format="e-learning")], "Complete “About A” (e-learning, 1.5 hours)"),
        (1, [item("A", hours=0, format="briefing")], "Complete “About A” (briefing)"),
        (1, [GUIDE], "Read and acknowledge “About GUIDE”"),
        (2, [GUIDE, item("A")], "Complete “About A” and “About GUIDE”"),
        (
            1,
            [item("C"), item("B"), item("A", hours=3), item("D", hours=0.5)],
            "Complete “About D” (0.5 hours), or else “About A”, “About B” or “About C”,",
        ),
        (1, [item("A"), item("B", hours=0)], "Complete “About B”, or else “About A”,"),
        (
            1,
            [item(code) for code in "ABCDE"],
            "Complete “About A”, or else “About B”, “About C”, “About D” or “About E”,",
        ),
        (1, [item(code) for code in "ABCDEF"], "Complete “About A”, or else the 5 that count,"),
        (2, [item(code) for code in "ABC"], "Complete 2 of “About A”, “About B” or “About C”"),
        (
            3,
            [item("A"), item("B", hours=2), item("C")],
            "Complete “About B” (2 hours), “About A” and “About C”",
        ),
    ],
)
def test_the_shortest_way_out_is_named_first(amount: int, items: list[ItemToDo], deed: str) -> None:
    assert advised(standing(items=items), rule(amount=amount)) == f"{deed} now: it was due by 31 January 2025."


def test_more_than_there_is_left_to_do_cannot_be_asked_for() -> None:
    assert advised(standing(items=[item("A")]), rule(amount=2)).startswith("Ask Harbour Safeguarding Partnership")


LIVE = item("LIVE", participatory=True)


@pytest.mark.parametrize(
    ("percent", "items", "counting", "deed"),
    [
        (None, [item("A"), item("B")], [], "Complete 8 hours of “About A” or “About B” now"),
        (None, [item("A")], [done("A", YESTERDAY, 7.5)], "Complete 0.5 hours of “About A” now"),
        (50, [item("A"), LIVE], [done("A", YESTERDAY, 6)], "Complete 4 participatory hours, of “About LIVE”, now"),
        (50, [item("A"), LIVE], [done("A", YESTERDAY, 4)], "Complete 4 participatory hours, of “About LIVE”, now"),
        (
            50,
            [item("A"), LIVE],
            [done("A", YESTERDAY, 3.5)],
            "Complete 4.5 hours of “About A” or “About LIVE”, at least 4 of them participatory, of “About LIVE”, now",
        ),
        (
            50,
            [item("A"), LIVE],
            [done("LIVE", YESTERDAY, 4, participatory=True)],
            "Complete 4 hours of “About A” or “About LIVE” now",
        ),
        (50, [item("A")], [done("LIVE", YESTERDAY, 5, participatory=True)], "Complete 3 hours of “About A” now"),
        (50, [item("A")], [], None),
        (None, [], [], None),
    ],
)
def test_the_hours_that_are_missing_are_asked_for_and_the_participatory_ones_named(
    percent: int | None, items: list[ItemToDo], counting: list[CountingCompletion], deed: str | None
) -> None:
    version = rule(measure=Measure.HOURS, amount=8, participatory_percent=percent)
    told = standing(items=items, counting=counting)
    asked = "Ask Harbour Safeguarding Partnership what to do: nothing in this set is accepted now."
    assert advised(told, version) == (f"{deed}: it was due by 31 January 2025." if deed else asked)


@pytest.mark.parametrize(
    ("version", "still_good", "too_old"),
    [
        ({"period_months": 12}, date(2025, 5, 4), date(2025, 5, 3)),
        ({"period_months": None, "method": Method.ONCE}, date(2000, 1, 1), None),
        (
            {"method": Method.CYCLE, "anchor_on": date(2026, 5, 4)},
            *(date(2025, 5, 5), date(2025, 5, 4)),
        ),
        (
            {"method": Method.CYCLE, "anchor_on": date(2026, 5, 3)},
            *(date(2026, 5, 4), date(2025, 5, 4)),
        ),
        (
            {"method": Method.CYCLE, "anchor_on": date(2025, 11, 4), "period_months": 6},
            *(date(2025, 11, 5), date(2025, 11, 4)),
        ),
        (
            {"method": Method.CYCLE, "anchor_on": date(2030, 5, 4), "least_validity_months": 6},
            *(date(2024, 11, 5), date(2024, 11, 4)),
        ),
        (
            {"method": Method.CYCLE, "anchor_on": date(2020, 1, 31), "period_months": 4},
            *(date(2026, 2, 1), date(2026, 1, 31)),
        ),
    ],
)
def test_what_still_counts_on_the_day_need_not_be_done_again(
    version: dict[str, Any], still_good: date, too_old: date | None
) -> None:
    """Of two that are asked for one is there, and is good until today or has ended yesterday."""
    both = [item("A"), item("B")]
    asked = rule(amount=2, **version)
    kept = standing(items=both, counting=[done("A", still_good, decides=False)])
    assert advised(kept, asked) == "Complete “About B” now: it was due by 31 January 2025."
    if too_old:
        ended = standing(items=both, counting=[done("A", too_old, decides=False)])
        assert advised(ended, asked) == "Complete “About A” and “About B” now: it was due by 31 January 2025."


def test_what_outlives_the_renewal_need_not_be_done_again_and_what_does_not_has_to_be() -> None:
    both = [item("A"), item("B")]
    newer, older = done("A", date(2026, 3, 1)), done("B", date(2025, 6, 1))
    told = met(Status.DUE_SOON, [newer, older], date(2026, 6, 1), items=both)
    assert advised(told, rule(amount=2)) == "Complete “About B” by 1 June 2026."
    same_day = met(Status.DUE_SOON, [done("A", date(2025, 6, 1)), older], date(2026, 6, 1), items=both)
    assert advised(same_day, rule(amount=2)) == "Complete “About A” and “About B” by 1 June 2026."


def test_of_what_was_kept_through_a_change_only_what_the_rule_of_now_lets_last_longer_is_kept() -> None:
    both = [item("A"), item("B")]

    def told(**fields: Any) -> str:
        newer = done("A", date(2025, 7, 1), decides=False)
        kept = met(Status.DUE_SOON, [newer], date(2026, 6, 30), kept_until=date(2026, 6, 30), items=both, **fields)
        return advised(kept, rule(amount=2))

    assert told() == "Complete “About B” by 30 June 2026."
    assert told(due_on=date(2026, 7, 1)) == "Complete “About A” and “About B” by 1 July 2026."
    assert told(due_on=None) == "Complete “About B”, and ask for the day you started in this post to be recorded."


def test_what_is_enough_already_has_to_be_done_again() -> None:
    told = standing(Status.UNDATED, due_on=None, counting=[done("A", YESTERDAY)])
    assert advised(told).startswith("Complete “About A”,")
    hours = rule(measure=Measure.HOURS, amount=8, participatory_percent=50)
    enough = [done("LIVE", YESTERDAY, 4, participatory=True), done("A", YESTERDAY, 4)]
    told = standing(counting=enough, items=[item("A"), LIVE])
    assert advised(told, hours).startswith("Complete 8 hours of “About A” or “About LIVE”, at least 4")
    not_together = [done("A", YESTERDAY, 8)]
    told = standing(counting=not_together, items=[item("A"), LIVE])
    assert advised(told, hours).startswith("Complete 4 participatory hours, of “About LIVE”, now")
