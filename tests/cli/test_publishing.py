"""The partnerships' figures, published at once."""

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person


def test_figures_are_published_and_it_is_said_how_many_are_new(tracker: Command) -> None:
    tell(tracker, [person()], [])
    first = tracker.done("uptake", "publish", "--json").json
    assert first["changed"] > 0
    assert tracker.done("uptake", "publish", "--json").json == first | {"changed": 0}
    assert "0 figures are not as they were." in tracker.done("uptake", "publish").out
