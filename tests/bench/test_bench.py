"""The bench runs, at its smallest, on both databases, and its references come to what the program comes to."""

import json

import pytest

from bench.__main__ import KINDS, MEASURES, main
from bench.measuring import Result

SMALLEST = ["--people", "200", "--refreshes", "2", "--requests", "9", "--messages", "3", "--repeats", "1"]


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_measured_beside_its_reference(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALLEST, "--database", kind, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {result["database"] for result in printed["results"]} == {kind}
    assert len(printed["results"]) == len(MEASURES)
    assert all(result["ours"] > 0 and result["plain"] > 0 for result in printed["results"])
    assert kind in printed["machine"]


def test_it_prints_a_table_of_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main([*SMALLEST, "--database", "sqlite", "--only", "rebuild"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].split() == ["database", "measure", "ours", "plain", "unit", "ratio"]
    assert lines[-1].startswith("sqlite      rebuild")


def test_figures_are_medians_and_a_ratio_is_in_times_the_reference() -> None:
    result = Result("sqlite", "import", "rows/s", 100, ours=[2.0, 4.0, 9.0], plain=[1.0, 2.0, 2.0])
    assert result.figure(result.ours) == 25
    assert result.ratio == 2
    one = Result("sqlite", "refresh", "ms", 10, ours=[0.05], plain=[0.01])
    assert one.figure(one.ours) == pytest.approx(5)
