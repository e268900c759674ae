"""What a published table says, in words and side by side. Drawn from what is shown alone, it gives nothing back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from training_tracker.uptake.suppression import REMAINDER, PublishedCell, PublishedTable

# How far below its target a percentage lies at most, in points, and the word for it; below all of them is the last.
LEVELS = ((0, 5, "at target"), (-5, 4, "just below"), (-15, 3, "below"), (-30, 2, "well below"))
LOWEST = (1, "far below")

# Of fewer agencies there is no middle to speak of.
FEWEST_TO_COMPARE = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """One expectation over the named agencies whose figures are shown: the lowest, the middle and the highest percent,
    each cut to one decimal. ``posts`` is how many were measured in all of them; ``least_at`` and ``most_at`` are the
    days of the lowest and the highest figure, ``oldest`` that of the oldest of all.
    """

    code: str
    title: str
    target_percent: float
    least: float
    middle: float
    most: float
    lowest: str
    highest: str
    agencies: int
    posts: int
    least_at: date
    most_at: date
    oldest: date


@dataclass(frozen=True, slots=True)
class AgencyFigure:
    """One agency and one expectation; ``cell`` is None where the agency is not expected to."""

    agency: str
    cell: PublishedCell | None


def level(percent: float, target: float) -> tuple[int, str]:
    """From 5, at target, to 1, far below it, and the word for it."""
    distance = percent - target
    return next(((number, word) for least, number, word in LEVELS if distance >= least), LOWEST)


def in_words(cell: PublishedCell) -> str:
    """How an agency stands, or why nothing is told of it."""
    if cell.unknown:
        return "unknown"
    if cell.counts is None:
        return "hidden"
    if cell.counts.percent is None:
        return "nobody yet"
    return level(cell.counts.percent, cell.target_percent)[1]


def spreads(table: PublishedTable) -> list[Spread]:
    """Of each expectation that is shown of enough named agencies, the widest asked first."""
    found = []
    for expectation, code, title in table.expectations:
        told = [
            (cell.counts.percent, name, cell)
            for name, cells in table.rows.items()
            if name != REMAINDER
            and (cell := cells.get(expectation))
            and cell.counts
            and cell.counts.percent is not None
        ]
        if len(told) >= FEWEST_TO_COMPARE:
            (least, lowest, low), (most, highest, cell) = min(told[::-1], key=_percent), max(told, key=_percent)
            middle = int(median(percent for percent, *_rest in told) * 10 + 1e-9) / 10
            posts = sum(one.counts.measured for *_rest, one in told if one.counts)
            oldest = min(one.as_at for *_rest, one in told)
            days = (low.as_at, cell.as_at, oldest)
            found.append(
                Spread(code, title, cell.target_percent, least, middle, most, lowest, highest, len(told), posts, *days)
            )
    return sorted(found, key=lambda one: (-one.agencies, one.title))


def of_expectation(table: PublishedTable, code: str) -> list[AgencyFigure]:
    """Every agency that is expected to, what is furthest below its target first and what is hidden last."""
    number = next((number for number, one, _title in table.expectations if one == code), None)
    figures = [AgencyFigure(name, cells[number]) for name, cells in table.rows.items() if number in cells]
    return sorted(figures, key=lambda one: _order(one.cell) if one.cell else (2, 0.0))


def without_any(table: PublishedTable, agencies: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Named providers of which nobody takes part: those without any figure, which have brought in no people; and by
    agency the titles of what nobody there has, where that may be told.
    """
    behind = {*table.rows, *table.merged}
    nobody: dict[str, list[str]] = {}
    for agency, _code, title, cell in table.cells:
        if agency != REMAINDER and cell.counts and cell.counts.measured and not cell.counts.met:
            nobody.setdefault(agency, []).append(title)
    return [name for name in agencies if name not in behind], nobody


def _percent(told: tuple[float, str, PublishedCell]) -> float:
    return told[0]


def _order(cell: PublishedCell) -> tuple[int, float]:
    percent = cell.counts.percent if cell.counts else None
    return (1, 0.0) if percent is None else (0, percent - cell.target_percent)
