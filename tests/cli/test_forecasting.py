"""The forecast as a table and as JSON."""

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import completion, person


def test_a_forecast_says_who_will_need_what_and_when(tracker: Command) -> None:
    tell(tracker, [person()], [completion(completed="2025-03-14")])
    soon = tracker.done("forecast", "--on", "2026-11-24", "--months", "16", "--json").json
    assert not [line for line in soon if line["item"] == "CSA-INTRO"]
    ahead = tracker.done("forecast", "--on", "2026-11-24", "--months", "17", "--json").json
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
