"""Small numbers are not shown to the partnership: a percentage of four people is a statement about a person.

Nor do two figures show what few people are between them, be it between two expectations or between two days.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from training_tracker.calendar import add_months
from training_tracker.uptake.counting import Counts, Family, People, Uptake

REMAINDER = "Other named small agencies"

# A new figure is compared with every one that has been public for so long. With a whole history there would soon be no
# figure left that is like none of it.
MONTHS_COMPARED = 12

# What stands in place of figures; empty where they are shown.
Word = Literal["", "suppressed", "unknown"]

# In posts, and beside each how many people that is.
Numbers = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Cell:
    """Posts and the people behind them: posts are what is shown, people are what is protected."""

    counts: Counts = field(default_factory=Counts)
    people: People = field(default_factory=People)

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.counts + other.counts, self.people + other.people)

    def __sub__(self, other: "Cell") -> Numbers:
        pairs = zip(self.numbers, other.numbers, strict=True)
        return [(posts - fewer, people - of) for (posts, people), (fewer, of) in pairs]

    @property
    def numbers(self) -> Numbers:
        """What can be read from a shown cell."""
        counts, people = self.counts, self.people
        return [(counts.measured, people.measured), (counts.met, people.met), (counts.overdue, people.not_met)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure that is public: of these agencies together, as at every publication from ``since`` to ``until``."""

    agencies: frozenset[str]
    expectation: int
    cell: Cell
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """What the partnership sees of one agency and one expectation; ``cell`` is None where it is suppressed.

    ``as_at`` is the day on which it was so. ``unknown``: the agency is silent about all of it, which says nothing of
    anybody and so is told.
    """

    cell: Cell | None
    target_percent: float
    as_at: date
    unknown: bool = False

    @property
    def counts(self) -> Counts | None:
        return self.cell.counts if self.cell else None

    @property
    def word(self) -> Word:
        return "unknown" if self.unknown else "suppressed" if self.counts is None else ""

    @property
    def below_target(self) -> bool:
        percent = self.counts.percent if self.counts else None
        return percent is not None and percent < self.target_percent


@dataclass(frozen=True, slots=True)
class AgencySummary:
    """One agency's shown cells: how many are at target, and the one that lies furthest below, with its percent and the
    day of that figure.
    """

    shown: int
    at_target: int
    furthest: str
    percent: float | None
    as_at: date | None


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """Agencies by expectation, of one day. ``rows`` maps an agency's name to its cells by expectation id."""

    as_at: date
    expectations: list[tuple[int, str, str]]
    rows: dict[str, dict[int, PublishedCell]]
    merged: list[str]

    @property
    def totals(self) -> dict[int, PublishedCell]:
        """Sums of what is shown, which give nothing new; none where a cell of the column is not shown. A sum is as old
        as the oldest of its cells.
        """
        columns: dict[int, list[PublishedCell]] = defaultdict(list)
        for row in self.rows.values():
            for expectation, cell in row.items():
                columns[expectation].append(cell)
        return {expectation: _total(column, self.as_at) for expectation, column in columns.items()}

    def total(self, expectation: int) -> PublishedCell | None:
        """Likewise of one expectation alone; None where it is not in the table."""
        column = [row[expectation] for row in self.rows.values() if expectation in row]
        return _total(column, self.as_at) if column else None

    @property
    def held(self) -> bool:
        """Whether a figure is older than the table."""
        return any(cell.as_at < self.as_at for *_what, cell in self.cells)

    def agencies(self, name: str) -> frozenset[str]:
        """The agencies behind the row of this name."""
        return frozenset(self.merged if name == REMAINDER else [name])

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


def is_small(cell: Cell, threshold: int) -> bool:
    """Whether a cell rests on too few people: those measured, those who met it, or those who did not.

    None of one kind is safe only where there are enough of the other.
    """
    return cell.people.measured < threshold or any(posts and people < threshold for posts, people in cell.numbers)


def in_steps(people: int, threshold: int) -> int:
    """A live number as the partnership is told it, "at least 35": cut to whole steps of the threshold.

    Two that were told are the same or differ by a step, and each stands for as many true numbers as a step is long.
    """
    return people - people % threshold


def gives_back(one: Numbers, other: Numbers, threshold: int) -> bool:
    """Whether the one taken from the other leaves too few people, in any number.

    Of two scopes, one within the other, what lies between them holds at least as many people as they differ by, and
    somebody as soon as the posts differ.
    """
    pairs = zip(one, other, strict=True)
    return any(posts != fewer and max(1, abs(people - of)) < threshold for (posts, people), (fewer, of) in pairs)


def published(
    lines: list[Uptake],
    sizes: dict[str, int],
    threshold: int,
    *,
    on: date,
    families: dict[int, Family],
    shared: list[frozenset[str]],
    past: Iterable[Shown] = (),
) -> PublishedTable:
    """Turn a day's lines by agency into the partnership's table, beside all that is public already (``past``).

    ``sizes`` is the number of people expected anything, by agency; ``shared`` are the agencies of those who are in
    several; ``families`` says which expectations ask for the same. Small agencies are merged into a named remainder.
    A figure that differs by few people from one that is public already, of the same agency and the same family, is not
    shown: the last one stays, if there is one. Where exactly one cell of a column is suppressed, the next smallest is
    too. No subtraction gives a suppressed cell back, or the few people who changed between two figures.
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
    public = _by_agency(past, since=add_months(on, -MONTHS_COMPARED))
    standing = {}
    for name, row in rows.items():
        agencies = frozenset(merged if name == REMAINDER else [name])
        about = set().union(*(public[agency] for agency in agencies))
        standing[name] = _standing(agencies, row, families, needed[name], about, on)
    for expectation in facts:
        column = {name: standing[name].get(expectation) for name, row in rows.items() if expectation in row}
        for name in _company(column):
            del standing[name][expectation]
    named = sorted((f.title, e, f.expectation) for e, f in facts.items())
    return PublishedTable(
        as_at=on,
        expectations=[(expectation, code, title) for title, expectation, code in named],
        rows={
            name: {
                expectation: PublishedCell(
                    shown.cell if (shown := standing[name].get(expectation)) else None,
                    facts[expectation].target_percent,
                    shown.until if shown else on,
                    unknown=name != REMAINDER and cell.counts.measured == 0 and cell.counts.unknown > 0,
                )
                for expectation, cell in rows[name].items()
            }
            for name in sorted(rows, key=lambda name: (name == REMAINDER, name))
        },
        merged=sorted(merged),
    )


def shown_anew(table: PublishedTable) -> list[Shown]:
    """What becomes public with a table: the figures of its own day."""
    return [
        Shown(table.agencies(name), expectation, cell.cell, table.as_at, table.as_at)
        for name, row in table.rows.items()
        for expectation, cell in row.items()
        if cell.cell and cell.as_at == table.as_at
    ]


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
        titles[expectation]: (cell.counts.percent, cell)
        for expectation, cell in cells.items()
        if cell.counts and cell.counts.percent is not None
    }
    below = {title: percent - cell.target_percent for title, (percent, cell) in shown.items() if cell.below_target}
    furthest = min(below, key=lambda title: (below[title], title), default="")
    percent, as_at = (shown[furthest][0], shown[furthest][1].as_at) if furthest else (None, None)
    return AgencySummary(len(shown), len(shown) - len(below), furthest, percent, as_at)


def _by_agency(past: Iterable[Shown], *, since: date) -> dict[str, set[Shown]]:
    found: dict[str, set[Shown]] = defaultdict(set)
    for one in past:
        if one.until >= since:
            for agency in one.agencies:
                found[agency].add(one)
    return found


def _standing(
    agencies: frozenset[str],
    row: dict[int, Cell],
    families: dict[int, Family],
    threshold: int,
    public: set[Shown],
    on: date,
) -> dict[int, Shown]:
    """What may stand of a row: by expectation the figure of the day or, where that would give few people back, the one
    that stood last. ``public`` is all that is public of any of its agencies.
    """
    known = list(public)
    standing: dict[int, Shown] = {}
    for expectation in sorted(row, key=lambda e: (-row[e].people.measured, -row[e].counts.measured, e)):
        new = Shown(agencies, expectation, row[expectation], on, on)
        kin = [one for one in known if _akin(one.expectation, expectation, families)]
        if is_small(new.cell, threshold):
            continue
        if not any(gives_back(one.cell.numbers, new.cell.numbers, threshold) for one in kin) and not any(
            gives_back(before, now, threshold) for before, now in _between(new, kin)
        ):
            standing[expectation] = new
            known.append(new)
        elif earlier := [one for one in kin if (one.agencies, one.expectation) == (agencies, expectation)]:
            standing[expectation] = max(earlier, key=lambda one: (one.until, one.since))
    return _still_enough(standing, families, threshold)


def _between(new: Shown, kin: list[Shown]) -> Iterator[tuple[Numbers, Numbers]]:
    """What lies between a new figure and another of its day, and what lay between the two on another day: if everybody
    and practitioners are told, so are all the others.
    """
    own = [one for one in kin if one.agencies == new.agencies]
    before = [one for one in own if one.expectation == new.expectation]
    for other in own:
        if other.until == new.until and other.expectation != new.expectation:
            for then in own:
                if then.expectation == other.expectation:
                    for one in before:
                        if one.since <= then.until and then.since <= one.until:
                            yield then.cell - one.cell, other.cell - new.cell


def _still_enough(standing: dict[int, Shown], families: dict[int, Family], threshold: int) -> dict[int, Shown]:
    """Without the figures that stood when the threshold was lower, and now rest on too few people."""
    kept: dict[int, Shown] = {}
    for expectation, one in standing.items():
        kin = [other for other in kept.values() if _akin(other.expectation, expectation, families)]
        if not is_small(one.cell, threshold) and not any(
            gives_back(other.cell.numbers, one.cell.numbers, threshold) for other in kin
        ):
            kept[expectation] = one
    return kept


def _akin(one: int, other: int, families: dict[int, Family]) -> bool:
    return one == other or (one in families and families[one] == families.get(other))


def _company(column: dict[str, Shown | None]) -> set[str]:
    """The next smallest cell of a column, where exactly one is hidden and there is another."""
    shown = sorted((one.cell.people.measured, name) for name, one in column.items() if one)
    return {name for _people, name in shown[:1]} if len(column) - len(shown) == 1 else set()


def _total(column: list[PublishedCell], on: date) -> PublishedCell:
    target = max(cell.target_percent for cell in column)
    cells = [cell.cell for cell in column if cell.cell]
    if len(cells) < len(column):
        return PublishedCell(None, target, on)
    return PublishedCell(sum(cells, Cell()), target, min(cell.as_at for cell in column))
