"""The figures of a summary: percent against target with the counts behind it, and how it has changed."""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.reminders.managers import Manager, Tree
from training_tracker.uptake.counting import By, Counts, Uptake, uptake

# By expectation.
Totals = dict[int, Counts]


@dataclass(frozen=True, slots=True)
class Figure:
    """One expectation over all teams of a manager. ``percent_before`` is the same figure a month ago."""

    title: str
    required: bool
    target_percent: float
    counts: Counts
    percent_before: float | None
    overdue_before: int = 0

    @property
    def percent(self) -> float | None:
        return self.counts.percent

    @property
    def change(self) -> float | None:
        """In percent points; None if there was nobody to measure a month ago, or is nobody now."""
        return change(self.percent, self.percent_before)

    @property
    def change_in_words(self) -> str:
        return change_in_words(self.change)

    @property
    def counts_in_words(self) -> str:
        counts = self.counts
        lapsed = f", {counts.in_grace} of them in grace" if counts.in_grace else ""
        measured = f"{counts.met} of {counts.measured} have it{lapsed}"
        unknown = f", {counts.unknown} of them unknown" if counts.unknown else ""
        return measured if counts.expected == counts.measured else f"{measured}; {counts.expected} expected{unknown}"

    @property
    def below_target(self) -> bool:
        return self.percent is not None and self.percent < self.target_percent

    @property
    def missing(self) -> int:
        """How many of those overdue would reach the target by completing it."""
        return max(0, math.ceil(round(self.counts.measured * self.target_percent / 100, 6)) - self.counts.met)


def change(percent: float | None, before: float | None) -> float | None:
    """In percent points; None where one of the two is none."""
    return None if percent is None or before is None else round(percent - before, 1)


def change_in_words(points: float | None) -> str:
    if points is None:
        return "no figure to compare"
    if not points:
        return "no change"
    return f"up {points}" if points > 0 else f"down {-points}"


@dataclass(frozen=True, slots=True)
class TeamFigure:
    """Everything required in one team and those below it, in one. ``inner``: it stands below the row before it."""

    name: str
    inner: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class Region:
    """Every team's totals, the teams below it included, on a day and a month before."""

    facts: dict[int, Uptake]
    now: dict[int, Totals]
    before: dict[int, Totals]


async def region_figures(session: AsyncSession, on: date, before: date, *, today: date, tree: Tree) -> Region:
    """Two passes over all standings, one for each day, however many managers there are."""
    lines = await uptake(session, on, by=By.TEAM, today=today)
    return Region(
        facts={line.expectation_id: line for line in lines},
        now=_rolled_up(lines, tree),
        before=_rolled_up(await uptake(session, before, by=By.TEAM, today=today), tree),
    )


def _rolled_up(lines: list[Uptake], tree: Tree) -> dict[int, Totals]:
    totals: dict[int, Totals] = defaultdict(dict)
    for line in lines:
        assert line.team_id is not None, "counted by team"
        totals[line.team_id][line.expectation_id] = line.counts
    for team in tree.bottom_up():
        parent = tree.above[team]
        if parent is not None and team in totals:
            _add(totals[parent], totals[team])
    return totals


def _add(into: Totals, more: Totals) -> None:
    for expectation, counts in more.items():
        into[expectation] = into[expectation] + counts if expectation in into else counts


def figures_of(manager: Manager, region: Region) -> list[Figure]:
    """Required ones furthest below their target first; then what only is recommended."""
    now, before = _over(manager.topmost, region.now), _over(manager.topmost, region.before)
    figures = [
        Figure(
            title=fact.title,
            required=fact.required,
            target_percent=fact.target_percent,
            counts=counts,
            percent_before=before.get(expectation, Counts()).percent,
            overdue_before=before.get(expectation, Counts()).overdue,
        )
        for expectation, counts in now.items()
        for fact in (region.facts[expectation],)
    ]
    return sorted(figures, key=worst_first)


def what_changed(figures: list[Figure], before: date) -> list[str]:
    """What is different from a month before, in at most three sentences: what is overdue, and the largest changes."""
    required = [figure for figure in figures if figure.required]
    overdue, more = sum(f.counts.overdue for f in required), sum(f.counts.overdue - f.overdue_before for f in required)
    sentences = []
    if more:
        than = f"{abs(more)} {'more' if more > 0 else 'fewer'} than on {in_words(before)}"
        sentences.append(f"{overdue or 'Nothing'} overdue, {than}.")
    changes = {figure.title: figure.change for figure in required if figure.change}
    if changes:
        up, down = max(changes, key=lambda title: changes[title]), min(changes, key=lambda title: changes[title])
        if changes[up] > 0:
            sentences.append(f"“{up}” is up {changes[up]} points.")
        if changes[down] < 0:
            sentences.append(f"“{down}” is down {-changes[down]} points.")
    return sentences


def _over(teams: tuple[int, ...], totals: dict[int, Totals]) -> Totals:
    over: Totals = {}
    for team in teams:
        _add(over, totals.get(team, {}))
    return over


def worst_first(figure: Figure) -> tuple[bool, bool, float, str]:
    gap = 0.0 if figure.percent is None else figure.percent - figure.target_percent
    return (not figure.required, figure.percent is None, gap, figure.title)


def team_figures_of(manager: Manager, region: Region, tree: Tree) -> list[TeamFigure]:
    """The teams right below the manager's own, and those own ones too where there are several."""
    several = len(manager.topmost) > 1
    rows = []
    for team in manager.topmost:
        inner = [below for below in tree.below[team] if region.now.get(below)]
        if several:
            rows.append(TeamFigure(tree.names[team], False, _required(region.now.get(team, {}), region)))
        rows += [TeamFigure(tree.names[below], several, _required(region.now[below], region)) for below in inner]
    return rows


def _required(totals: Totals, region: Region) -> Counts:
    return sum((counts for expectation, counts in totals.items() if region.facts[expectation].required), Counts())
