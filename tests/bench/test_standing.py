"""On a synthetic region DuckDB comes to the same standings, and to the same answers from them, row by row."""

import json

import pytest

from bench.standing import KINDS, MEASURES, Figure, growth, main


@pytest.mark.parametrize("kind", KINDS)
def test_duckdb_and_the_engine_agree_on_two_thousand_posts(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The bench itself stops where they differ."""
    assert main(["--posts", "2000", "--database", kind, "--people", "5", "--repeats", "1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert len(figures) == len(MEASURES) + 2
    rebuilt = figures[0]
    assert rebuilt["rows"] > 16_000
    assert rebuilt["megabytes"] < 300


def test_growth_is_an_exponent() -> None:
    sizes = [(10_000, 2.0), (100_000, 20.0), (1_000_000, 200.0)]
    figures = [Figure("sqlite", posts, "rebuild", 1, [seconds]) for posts, seconds in sizes]
    assert growth(figures) == {"sqlite: rebuild": pytest.approx(1)}
