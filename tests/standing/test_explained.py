"""What an explanation says of itself, and how it is written as JSON; without a database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.standing.by_hand import done, standing
from training_tracker.standing.explained import Merged
from training_tracker.standing.explanation import as_json
from training_tracker.standing.status import MET, Status

ON = date(2026, 5, 4)
LINE = Merged(
    required=True,
    status=Status.OVERDUE,
    rule="Once.",
    met_until=None,
    renewal_opens_on=None,
    due_on=ON,
    grace_until=None,
    origins=[],
    steps=["It was due."],
    next_step="Do it.",
)


@pytest.mark.parametrize(
    ("met_from", "met_until", "met"),
    [(None, None, False), (ON, None, True), (ON, ON, True), (ON, ON - timedelta(days=1), False)],
)
def test_what_is_unknown_is_met_as_far_as_what_is_known_goes(
    met_from: date | None, met_until: date | None, met: bool
) -> None:
    assert standing(Status.UNKNOWN, met_from=met_from, met_until=met_until).known_met(ON) is met


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.UNKNOWN])
def test_everything_else_is_met_by_its_status(status: Status) -> None:
    assert standing(status, met_from=ON, met_until=None).known_met(ON) is (status in MET)


def test_json_has_each_standing_and_each_merged_line_once_in_plain_words() -> None:
    other = replace(LINE, rule="Every year.")
    two, one = standing(merged=LINE), standing(merged=other, counting=[done("A", ON)])
    written = as_json([two, two, one, standing()])
    assert [line["rule"] for line in written["merged"]] == ["Once.", "Every year."]
    assert (written["merged"][0]["due_on"], written["merged"][0]["steps"]) == ("2026-05-04", ["It was due."])
    assert [line["merged"] is None for line in written["standings"]] == [False, False, False, True]
    assert written["standings"][2]["counting"][0]["strength"] == "attendance register"
    assert written["standings"][2]["counting"][0]["counts_for"] == ["A"]
