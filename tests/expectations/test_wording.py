"""What a rule sounds like: each kind of it, in the words that a practitioner reads."""

from datetime import date

import pytest

from training_tracker.catalogue.evidence import Strength
from training_tracker.expectations.models import ExpectationVersion, Measure, Method, OnChange, Setting
from training_tracker.expectations.wording import asked_in_words, change_in_words, rule_in_words

FIRST = "The first time: within 30 days of starting in the role."


def rule(**fields: object) -> ExpectationVersion:
    usual = {
        "measure": Measure.ITEMS,
        "amount": 1,
        "method": Method.COMPLETION,
        "period_months": 36,
        "renewal_window_months": 3,
        "first_due_days": 30,
        "grace_days": 0,
        "current_version_only": False,
        "least_strength": Strength.SELF_DECLARED,
        "on_change": OnChange.RECOMPUTE,
        "setting": Setting.AGENCY,
    }
    return ExpectationVersion(**usual | fields)


ONCE = {"method": Method.ONCE, "period_months": None}
TO_DECEMBER = {"method": Method.CYCLE, "anchor_on": date(2025, 12, 1)}


@pytest.mark.parametrize(
    ("fields", "titles", "words"),
    [
        ({}, "A", "Complete “A”, every 3 years."),
        ({"period_months": 12}, "A", "Complete “A”, every year."),
        ({"period_months": 18}, "A", "Complete “A”, every 18 months."),
        ({"period_months": 1}, "A", "Complete “A”, every month."),
        (ONCE, "A", "Complete “A”, once."),
        ({"amount": 3}, "ABC", "Complete all of: “A”, “B” and “C”, every 3 years."),
        ({"amount": 2}, "ABC", "Complete at least 2 of: “A”, “B” or “C”, every 3 years."),
        ({}, "AB", "Complete at least 1 of: “A” or “B”, every 3 years."),
        (
            {"current_version_only": True} | ONCE,
            "A",
            "Read and acknowledge the current version of “A”, again whenever a new version comes into force.",
        ),
        (
            {"least_strength": Strength.CERTIFICATE_SEEN},
            "A",
            "Complete “A”, every 3 years, with evidence at least as good as: certificate seen.",
        ),
        (
            {"measure": Measure.HOURS, "amount": 8},
            "AB",
            "At least 8 hours of “A” or “B”, in any 3 years.",
        ),
        (
            {"measure": Measure.HOURS, "amount": 12, "participatory_percent": 50},
            "A",
            "At least 12 hours of “A”, at least 6 of them participatory, in any 3 years.",
        ),
        (
            {"measure": Measure.HOURS, "amount": 12, "participatory_percent": 100},
            "A",
            "At least 12 hours of “A”, all of them participatory, in any 3 years.",
        ),
        (
            {"method": Method.CONTINUOUS, "period_months": 12},
            "A",
            "Complete “A”, every year; renewed in the last 3 months, it keeps its date.",
        ),
        (
            {"method": Method.CONTINUOUS, "period_months": 24, "renewal_window_months": 0},
            "A",
            "Complete “A”, every 2 years; renewed on its last day, it keeps its date.",
        ),
        ({"period_months": 12} | TO_DECEMBER, "A", "Complete “A”, once in each year that ends on 1 December."),
        (
            {"period_months": 6} | TO_DECEMBER,
            "A",
            "Complete “A”, once in each 6 months counted from 1 December 2025.",
        ),
        ({"grace_days": 1}, "A", "Complete “A”, every 3 years. There is 1 day of grace after it lapses."),
        ({"grace_days": 14}, "A", "Complete “A”, every 3 years. There are 14 days of grace after it lapses."),
    ],
)
def test_what_is_asked_is_said_in_one_sentence(fields: dict[str, object], titles: str, words: str) -> None:
    assert asked_in_words(rule(**fields), list(titles), []) == words
    assert rule_in_words(rule(**fields), list(titles), []) == f"{words} {FIRST}"


def test_refreshers_are_said_after_it_and_for_how_long_if_that_ends() -> None:
    assert asked_in_words(rule(), ["A"], ["R"]) == "Complete “A”, every 3 years. Once you have done it, “R” renews it."
    assert asked_in_words(rule(refresher_months=48), ["A"], ["R", "S"]) == (
        "Complete “A”, every 3 years. Once you have done it, “R” or “S” renews it, for 4 years after it."
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first_due_days": 0}, "The first time: on the day you start."),
        ({"first_due_days": 90}, "The first time: within 90 days of starting in the role."),
        ({"people_in_setting": 1}, "Each setting needs at least 1 person who has done it."),
        (
            {"people_in_setting": 2, "setting": Setting.TEAM},
            "Each team needs at least 2 people who has done it.",
        ),
    ],
)
def test_the_first_time_or_the_setting_is_said_last(fields: dict[str, object], words: str) -> None:
    assert rule_in_words(rule(**fields), ["A"], []) == f"Complete “A”, every 3 years. {words}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "It applies at once, also to what was completed before. {spared}"),
        ({"on_change": OnChange.PIN}, "What was earned under the rule before stands until it ends. {spared}"),
    ],
)
def test_a_change_says_what_it_does_and_how_long_nobody_is_overdue_for_it(
    fields: dict[str, object], words: str
) -> None:
    def spared(days: int) -> str:
        return words.format(spared=f"Nobody is overdue for the change alone in its first {days} days.")

    assert change_in_words(rule(**fields)) == spared(30)
    assert change_in_words(rule(**fields, transition_days=60)) == spared(60)
    assert change_in_words(rule(**fields, transition_days=0)) == words.format(spared="").strip()


def test_a_change_with_the_next_cycle_says_so() -> None:
    assert change_in_words(rule(on_change=OnChange.NEXT_CYCLE)) == (
        "Whoever the rule before applied to keeps the day that it set, and changes with the next renewal."
    )
