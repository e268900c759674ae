"""The forecast as a table and as JSON."""

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import TRUST, completion, person


def test_a_forecast_says_who_will_need_what_and_when(tracker: Command) -> None:
    tell(tracker, [person()], [completion(completed="2025-03-14")])
    soon = tracker.done("forecast", "--on", "2026-11-24", "--months", "16", "--json").json["falling_due"]
    assert not [line for line in soon if line["item"] == "CSA-INTRO"]
    ahead = tracker.done("forecast", "--on", "2026-11-24", "--months", "17", "--json").json["falling_due"]
    (renewal,) = [line for line in ahead if line["item"] == "CSA-INTRO"]
    assert renewal == {
        "month": "2028-03-01",
        "item": "CSA-INTRO",
        "title": "An introduction to Child Sexual Abuse",
        "people": 1,
        "without_choice": 1,
        "posts": 1,
    }
    table = tracker.done("forecast", "--on", "2026-11-24", "--months", "17").out
    assert "2028-03" in table
    assert "An introduction to Child Sexual Abuse" in table


def test_a_forecast_with_nothing_in_it_says_so(tracker: Command) -> None:
    said = tracker.done("forecast", "--on", "24/11/2026").out
    assert said == "Nothing falls due in the 18 months from 24 November 2026.\n"


def test_a_day_too_far_ahead_is_wrong_usage(tracker: Command) -> None:
    for verb in (("forecast",), ("expectations", "rehearse", "reference")):
        result = tracker(*verb, "--on", "9999-12-01")
        assert (result.code, result.out) == (2, "")
        assert "“9999-12-01” is too far ahead." in " ".join(result.err.replace("│", " ").split())


def test_a_forecast_names_the_agencies_that_have_not_sent_what_they_were_to(tracker: Command) -> None:
    def note() -> tuple[list[str], bool]:
        named = tracker.done("forecast", "--on", "2026-11-24", "--json").json["agencies_not_heard_from"]
        said = tracker.done("forecast", "--on", "2026-11-24").out
        return named, f"What is known of {TRUST} may be out of date" in said

    tell(tracker, [person()], [completion(completed="2025-03-14")])
    assert note() == ([], False)
    tracker.done("feed", "expect", TRUST, "CSA-INTRO", "--at-most-days", "31", "--from", "2026-01-01")
    assert note() == ([TRUST], True)
    tracker.done("feed", "received", TRUST, "CSA-INTRO", "--as-at", "2026-11-01")
    assert note() == ([], False)
