"""Small numbers are not shown to the partnership: a percentage of four people is a statement about a person."""

from collections import defaultdict
from dataclasses import dataclass

from training_tracker.uptake.counting import Counts, Uptake

REMAINDER = "Other named small agencies"


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """What the partnership sees of one agency and one expectation; ``counts`` is None where it is suppressed."""

    counts: Counts | None
    target_percent: float

    @property
    def below_target(self) -> bool:
        percent = self.counts.percent if self.counts else None
        return percent is not None and percent < self.target_percent


@dataclass(frozen=True, slots=True)
class AgencySummary:
    """One agency's shown cells: how many are at target, and the one that lies furthest below, with its percent."""

    shown: int
    at_target: int
    furthest: str
    percent: float | None


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """Agencies by expectation. ``rows`` maps an agency's name to its cells by expectation id."""

    expectations: list[tuple[int, str, str]]
    rows: dict[str, dict[int, PublishedCell]]
    totals: dict[int, PublishedCell]
    merged: list[str]

    @property
    def summaries(self) -> dict[str, AgencySummary]:
        """Drawn from what is shown alone, so that it gives nothing back."""
        titles = {expectation: title for expectation, _code, title in self.expectations}
        return {agency: _summary(cells, titles) for agency, cells in self.rows.items()}


def is_small(counts: Counts, threshold: int) -> bool:
    """Whether a cell rests on too few people: those measured, those who met it, or those who did not.

    None of one kind is safe only where there are enough of the other.
    """
    not_met = counts.measured - counts.met
    return counts.measured < threshold or 0 < counts.met < threshold or 0 < not_met < threshold


def published(lines: list[Uptake], sizes: dict[str, int], threshold: int) -> PublishedTable:
    """Turn lines by agency into the partnership's table.

    ``sizes`` is the number of people expected anything, by agency. Agencies below the threshold are merged into a
    named remainder. Where exactly one cell of a column is suppressed, the next smallest is too, and a total
    stands only over cells that are all shown: no subtraction gives a suppressed cell back.
    """
    small = sorted(name for name, people in sizes.items() if people < threshold)
    columns: dict[int, dict[str, Counts]] = defaultdict(dict)
    facts: dict[int, Uptake] = {}
    for line in lines:
        name = REMAINDER if line.agency in small else line.agency or ""
        column = columns[line.expectation_id]
        column[name] = column.get(name, Counts()) + line.counts
        facts[line.expectation_id] = line
    rows: dict[str, dict[int, PublishedCell]] = defaultdict(dict)
    totals = {}
    for expectation, column in columns.items():
        hidden = _hidden(column, threshold)
        target = facts[expectation].target_percent
        for name, counts in column.items():
            rows[name][expectation] = PublishedCell(None if name in hidden else counts, target)
        total = sum(column.values(), Counts())
        totals[expectation] = PublishedCell(None if hidden or is_small(total, threshold) else total, target)
    named = sorted((f.title, e, f.expectation) for e, f in facts.items())
    return PublishedTable(
        expectations=[(expectation, code, title) for title, expectation, code in named],
        rows={name: rows[name] for name in sorted(rows, key=lambda name: (name == REMAINDER, name))},
        totals=totals,
        merged=small,
    )


def _summary(cells: dict[int, PublishedCell], titles: dict[int, str]) -> AgencySummary:
    shown = {
        titles[expectation]: (cell.counts.percent, cell.target_percent)
        for expectation, cell in cells.items()
        if cell.counts and cell.counts.percent is not None
    }
    below = {title: (percent - target, percent) for title, (percent, target) in shown.items() if percent < target}
    furthest = min(below, key=lambda title: (below[title][0], title), default="")
    return AgencySummary(len(shown), len(shown) - len(below), furthest, below[furthest][1] if furthest else None)


def _hidden(column: dict[str, Counts], threshold: int) -> set[str]:
    hidden = {name for name, counts in column.items() if is_small(counts, threshold)}
    shown = [name for name in column if name not in hidden]
    if len(hidden) == 1 and shown:
        hidden.add(min(shown, key=lambda name: (column[name].measured, name)))
    return hidden
