"""Small numbers are not shown to the partnership: a percentage of four people is a statement about a person."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from training_tracker.uptake.counting import Counts, Family, People, Uptake

REMAINDER = "Other named small agencies"

# What stands in place of figures; empty where they are shown.
Word = Literal["", "suppressed", "unknown"]


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """What the partnership sees of one agency and one expectation; ``counts`` is None where it is suppressed.

    ``unknown``: the agency is silent about all of it, which says nothing of anybody and so is told.
    """

    counts: Counts | None
    target_percent: float
    unknown: bool = False

    @property
    def word(self) -> Word:
        return "unknown" if self.unknown else "suppressed" if self.counts is None else ""

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
    def cells(self) -> Iterator[tuple[str, str, str, PublishedCell]]:
        """Each cell with its agency and the code and title of its expectation."""
        for agency, cells in self.rows.items():
            for expectation, code, title in self.expectations:
                if expectation in cells:
                    yield agency, code, title, cells[expectation]

    @property
    def summaries(self) -> dict[str, AgencySummary]:
        """Drawn from what is shown alone, so that it gives nothing back."""
        titles = {expectation: title for expectation, _code, title in self.expectations}
        return {agency: _summary(cells, titles) for agency, cells in self.rows.items()}


@dataclass(frozen=True, slots=True)
class Cell:
    """Posts and the people behind them: posts are what is shown, people are what is protected."""

    counts: Counts = field(default_factory=Counts)
    people: People = field(default_factory=People)

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.counts + other.counts, self.people + other.people)

    @property
    def numbers(self) -> list[tuple[int, int]]:
        """What can be read from a shown cell, in posts, and beside each how many people that is."""
        counts, people = self.counts, self.people
        return [(counts.measured, people.measured), (counts.met, people.met), (counts.overdue, people.not_met)]


def is_small(cell: Cell, threshold: int) -> bool:
    """Whether a cell rests on too few people: those measured, those who met it, or those who did not.

    None of one kind is safe only where there are enough of the other.
    """
    return cell.people.measured < threshold or any(posts and people < threshold for posts, people in cell.numbers)


def gives_back(one: Cell, other: Cell, threshold: int) -> bool:
    """Whether one cell taken from the other leaves too few people, in any of their numbers.

    Of two scopes, one within the other, what lies between them holds at least as many people as the cells differ by,
    and somebody as soon as the posts differ.
    """
    pairs = zip(one.numbers, other.numbers, strict=True)
    return any(posts != fewer and max(1, abs(people - of)) < threshold for (posts, people), (fewer, of) in pairs)


def published(
    lines: list[Uptake],
    sizes: dict[str, int],
    threshold: int,
    *,
    families: dict[int, Family],
    shared: list[frozenset[str]],
) -> PublishedTable:
    """Turn lines by agency into the partnership's table.

    ``sizes`` is the number of people expected anything, by agency; ``shared`` are the agencies of those who are in
    several; ``families`` says which expectations ask for the same. Small agencies are merged into a named remainder.
    Of two cells of an agency and a family whose difference is small the smaller one is suppressed. Where exactly one
    cell of a column is suppressed, the next smallest is too, and a total stands only over cells that are all shown:
    no subtraction gives a suppressed cell back.
    """
    present = {line.agency or "" for line in lines}
    merged = _merged({name: people for name, people in sizes.items() if name in present}, shared, threshold)
    # The remainder counts whoever is in several of its agencies several times, and needs as many people more.
    needed = defaultdict(lambda: threshold, {REMAINDER: threshold + _counted_twice(merged, shared)})
    rows: dict[str, dict[int, Cell]] = defaultdict(dict)
    facts: dict[int, Uptake] = {}
    for line in lines:
        row = rows[REMAINDER if line.agency in merged else line.agency or ""]
        row[line.expectation_id] = row.get(line.expectation_id, Cell()) + Cell(line.counts, line.different)
        facts[line.expectation_id] = line
    hidden = {(name, e) for name, row in rows.items() for e in _hidden(row, families, needed[name])}
    totals = {}
    for expectation in facts:
        column = {name: row[expectation] for name, row in rows.items() if expectation in row}
        hidden |= {(name, expectation) for name in _company(column, {n for n in column if (n, expectation) in hidden})}
        if not any((name, expectation) in hidden for name in column):
            totals[expectation] = sum(column.values(), Cell())
    for expectation in _hidden(totals, families, threshold):
        del totals[expectation]
    named = sorted((f.title, e, f.expectation) for e, f in facts.items())
    return PublishedTable(
        expectations=[(expectation, code, title) for title, expectation, code in named],
        rows={
            name: {
                expectation: PublishedCell(
                    None if (name, expectation) in hidden else cell.counts,
                    facts[expectation].target_percent,
                    unknown=name != REMAINDER and cell.counts.measured == 0 and cell.counts.unknown > 0,
                )
                for expectation, cell in rows[name].items()
            }
            for name in sorted(rows, key=lambda name: (name == REMAINDER, name))
        },
        totals={
            expectation: PublishedCell(totals[expectation].counts if expectation in totals else None, f.target_percent)
            for expectation, f in facts.items()
        },
        merged=sorted(merged),
    )


def _merged(sizes: dict[str, int], shared: list[frozenset[str]], threshold: int) -> set[str]:
    """The agencies of the remainder: the small ones, and the next smallest where these alone would be one or few."""
    merged = {name for name, people in sizes.items() if people < threshold}
    for name in sorted(sizes.keys() - merged, key=lambda name: (sizes[name], name)):
        people = sum(sizes[name] for name in merged) - _counted_twice(merged, shared)
        if not merged or (len(merged) > 1 and people >= threshold):
            break
        merged.add(name)
    return merged


def _counted_twice(agencies: set[str], shared: list[frozenset[str]]) -> int:
    """By how much the people of these agencies, added up, can exceed the different people there are."""
    return sum(max(0, len(agencies & places) - 1) for places in shared)


def _summary(cells: dict[int, PublishedCell], titles: dict[int, str]) -> AgencySummary:
    shown = {
        titles[expectation]: (cell.counts.percent, cell.target_percent)
        for expectation, cell in cells.items()
        if cell.counts and cell.counts.percent is not None
    }
    below = {title: (percent - target, percent) for title, (percent, target) in shown.items() if percent < target}
    furthest = min(below, key=lambda title: (below[title][0], title), default="")
    return AgencySummary(len(shown), len(shown) - len(below), furthest, below[furthest][1] if furthest else None)


def _hidden(row: dict[int, Cell], families: dict[int, Family], threshold: int) -> set[int]:
    """The cells of a row that are small, or that with a larger one of their family give a small number back."""
    shown: list[int] = []
    for expectation in sorted(row, key=lambda e: (-row[e].people.measured, -row[e].counts.measured, e)):
        kin = [row[other] for other in shown if families.get(other) == families.get(expectation)]
        if not is_small(row[expectation], threshold) and not any(
            gives_back(cell, row[expectation], threshold) for cell in kin
        ):
            shown.append(expectation)
    return row.keys() - set(shown)


def _company(column: dict[str, Cell], hidden: set[str]) -> set[str]:
    """The next smallest cell of a column, where exactly one is hidden and there is another."""
    shown = sorted(column.keys() - hidden, key=lambda name: (column[name].people.measured, name))
    return set(shown[:1]) if len(hidden) == 1 else set()
