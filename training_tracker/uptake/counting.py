"""Standings counted, with the counts behind every percentage."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Integer, RowMapping, Select, Subquery, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.models import Item
from training_tracker.expectations.models import Expectation, ExpectationItem, ExpectationVersion, Measure
from training_tracker.people.models import Agency, Role, Team
from training_tracker.standing.known import (
    ASKED_EXPECTATION,
    KnownAt,
    PostFilter,
    asking,
    condition_of,
    known_posts,
    moment_asked,
)
from training_tracker.standing.status import MET_OR_IN_GRACE, Status, standings_asked, standings_on

Family = tuple[Measure, frozenset[int]]
"""The measure of an expectation, and the ids of its items without refreshers."""


class By(StrEnum):
    AGENCY = "agency"
    TEAM = "team"
    ITEM = "item"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Counts:
    """Posts by status; ``expected`` is their sum. People are counted apart: one person can hold several posts."""

    compliant: int = 0
    due_soon: int = 0
    in_grace: int = 0
    overdue: int = 0
    not_yet_due: int = 0
    undated: int = 0
    exempt: int = 0
    on_leave: int = 0
    unknown: int = 0

    @property
    def expected(self) -> int:
        return sum(self._numbers)

    @property
    def met(self) -> int:
        """What has lapsed and is in grace counts as met until the grace is over."""
        return self.compliant + self.due_soon + self.in_grace

    @property
    def measured(self) -> int:
        """The denominator of the percentage: those who have met it, and those who should have and have not."""
        return self.met + self.overdue

    @property
    def percent(self) -> float | None:
        """Cut to one decimal, never rounded up to a target; none where there is nobody to measure."""
        return self.met * 1000 // self.measured / 10 if self.measured else None

    @property
    def known_percent(self) -> float | None:
        """Of how much of what is expected the data tell, cut to one decimal."""
        return (self.expected - self.unknown) * 1000 // self.expected / 10 if self.expected else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(add, self._numbers, other._numbers))

    @property
    def _numbers(self) -> Iterator[int]:
        """Not by ``asdict``, which copies: a partnership's table adds up thousands."""
        return (getattr(self, word) for word in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class People:
    """The different people behind the posts of a line: one with a post of either kind is in both, and measured once."""

    measured: int = 0
    met: int = 0
    not_met: int = 0

    def __add__(self, other: "People") -> "People":
        """A sum counts somebody with posts on both sides twice."""
        return People(self.measured + other.measured, self.met + other.met, self.not_met + other.not_met)


@dataclass(frozen=True, slots=True)
class Uptake:
    """One line of a report. Of ``agency``, ``team``, ``role`` and ``item`` only those asked for are filled.

    ``people`` are all who are expected to; ``different`` are those of them behind the percentage.
    """

    agency_id: int | None
    agency: str | None
    team_id: int | None
    team: str | None
    role: str | None
    item: str | None
    expectation_id: int
    expectation: str
    title: str
    required: bool
    target_percent: float
    people: int
    different: People
    counts: Counts


async def uptake(
    session: AsyncSession,
    on: date,
    *,
    by: By,
    today: date,
    known_at: datetime | None = None,
    posts: PostFilter | None = None,
    expectation_id: int | None = None,
) -> list[Uptake]:
    """Count the standings in force on a date, per expectation and per agency, team, role or item."""
    kept, only_one = on >= today and known_at is None, expectation_id is not None
    statement = _uptake(kept, moment_asked(known_at), condition_of(posts), only_one, by)
    values = asking(on, known_at, posts) | {ASKED_EXPECTATION.key: expectation_id}
    return [_line(row) for row in (await session.execute(statement, values)).mappings()]


@lru_cache(maxsize=64)
def _uptake(kept: bool, known_at: KnownAt, posts: PostFilter | None, only_one: bool, by: By) -> Select[Any]:
    standing = standings_asked(kept, known_at, posts, only_one).subquery("standing_on")
    counted = _counted(standing, by, known_at, posts)
    dimensions: dict[By, list[ColumnElement[Any]]] = {
        By.AGENCY: [Agency.name.label("agency"), Agency.id.label("agency_id")],
        By.TEAM: [
            Agency.name.label("agency"),
            Team.name.label("team"),
            Agency.id.label("agency_id"),
            Team.id.label("team_id"),
        ],
        By.ROLE: [counted.c.place.label("role")],
        By.ITEM: [Item.code.label("item")],
    }
    what: list[ColumnElement[Any]] = [
        Expectation.id.label("expectation_id"),
        Expectation.code.label("expectation"),
        Expectation.title.label("title"),
        ExpectationVersion.required.label("required"),
        ExpectationVersion.target_percent.label("target_percent"),
    ]
    group = [*dimensions[by], *what]
    met = sum((counted.c[status.name.lower()] for status in MET_OR_IN_GRACE), start=literal(0))
    statement = (
        select(
            *group,
            _people(counted, counted.c.posts).label("people"),
            _people(counted, met + counted.c.overdue).label("measured_people"),
            _people(counted, met).label("met_people"),
            _people(counted, counted.c.overdue).label("not_met_people"),
            *(_total(counted.c[word]).label(word) for word in Counts.__dataclass_fields__),
        )
        .select_from(counted)
        .join(ExpectationVersion, ExpectationVersion.id == counted.c.version_id)
        .join(Expectation, Expectation.id == ExpectationVersion.expectation_id)
        .where(ExpectationVersion.people_in_setting.is_(None))
        .group_by(*group)
    )
    if by is By.AGENCY:
        statement = statement.join(Agency, Agency.id == counted.c.place)
    elif by is By.TEAM:
        statement = statement.join(Team, Team.id == counted.c.place).join(Agency, Agency.id == Team.agency_id)
    elif by is By.ITEM:
        statement = statement.join(Item, Item.id == counted.c.place)
    return statement.order_by(*dimensions[by], Expectation.code)


@dataclass(frozen=True, slots=True)
class Share:
    """Lines of a report added up under one name. Posts, not people: a person with two posts counts twice."""

    code: str
    name: str
    target_percent: float
    counts: Counts


def by_expectation(lines: Iterable[Uptake]) -> list[Share]:
    """What is required, over all agencies and teams of the lines, by title."""
    shares: dict[str, Share] = {}
    for line in lines:
        if line.required:
            before = shares.get(line.expectation)
            counts = before.counts + line.counts if before else line.counts
            shares[line.expectation] = Share(line.expectation, line.title, line.target_percent, counts)
    return sorted(shares.values(), key=lambda share: share.name)


def by_team(lines: Iterable[Uptake]) -> dict[int, Counts]:
    """Everything that is required of each team's own posts, added up."""
    counts: dict[int, Counts] = {}
    for line in lines:
        if line.required and line.team_id is not None:
            counts[line.team_id] = counts.get(line.team_id, Counts()) + line.counts
    return counts


async def people_by_agency(
    session: AsyncSession, on: date, *, today: date, posts: PostFilter | None = None
) -> dict[str, int]:
    """How many different people of each agency are expected anything on a date, by the agency's name."""
    standing = standings_on(on, today=today, posts=posts)
    rows = await session.execute(
        select(Agency.name, func.count(standing.c.practitioner_id.distinct()).label("people"))
        .select_from(standing)
        .join(Team, Team.id == standing.c.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .group_by(Agency.name)
    )
    return {row.name: row.people for row in rows}


async def agencies_of_shared_people(session: AsyncSession, on: date, *, today: date) -> list[frozenset[str]]:
    """For each person who is expected anything in more than one agency: the names of these agencies."""
    standing = standings_on(on, today=today)
    places = (
        select(standing.c.practitioner_id, Agency.name)
        .join(Team, Team.id == standing.c.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .distinct()
        .subquery("place")
    )
    number = func.count().over(partition_by=places.c.practitioner_id)
    counted = select(places, number.label("number")).subquery("place_counted")
    shared: dict[int, set[str]] = defaultdict(set)
    for row in await session.execute(select(counted).where(counted.c.number > 1)):
        shared[row.practitioner_id].add(row.name)
    return [frozenset(agencies) for agencies in shared.values()]


async def families(session: AsyncSession, on: date, *, today: date) -> dict[int, Family]:
    """What each expectation in force on a date asks for, by its id. Those with the same may be nested in each other:
    one for everybody, and one for practitioners with another period.
    """
    standing = standings_on(on, today=today)
    versions = select(standing.c.version_id).distinct().scalar_subquery()
    rows = await session.execute(
        select(ExpectationVersion.expectation_id, ExpectationVersion.measure, ExpectationItem.item_id)
        .join(ExpectationItem, ExpectationItem.version_id == ExpectationVersion.id)
        .where(ExpectationVersion.id.in_(versions), ExpectationItem.refresher.is_(False))
    )
    items: dict[tuple[int, Measure], set[int]] = defaultdict(set)
    for row in rows:
        items[row.expectation_id, row.measure].add(row.item_id)
    return {expectation: (measure, frozenset(asked)) for (expectation, measure), asked in items.items()}


def _line(row: RowMapping) -> Uptake:
    return Uptake(
        agency_id=row.get("agency_id"),
        agency=row.get("agency"),
        team_id=row.get("team_id"),
        team=row.get("team"),
        role=row.get("role"),
        item=row.get("item"),
        expectation_id=row["expectation_id"],
        expectation=row["expectation"],
        title=row["title"],
        required=row["required"],
        target_percent=row["target_percent"],
        people=row["people"],
        different=People(row["measured_people"], row["met_people"], row["not_met_people"]),
        counts=Counts(*(row[word] for word in Counts.__dataclass_fields__)),
    )


def _counted(standing: Subquery, by: By, known_at: KnownAt, posts: PostFilter | None) -> Subquery:
    """Posts by status, for each version and place. Who holds several of them has a line of their own, so that they
    can be counted once; of all the others, whose posts are as many as they are, nobody need be told from anybody.
    """
    post = known_posts(known_at, posts).subquery("post_held")
    several = (
        select(post.c.practitioner_id).group_by(post.c.practitioner_id).having(func.count() > 1).subquery("several")
    )
    person = func.coalesce(several.c.practitioner_id, 0).label("person")
    places: dict[By, ColumnElement[Any]] = {
        By.AGENCY: Team.__table__.c.agency_id,
        By.TEAM: standing.c.team_id,
        By.ROLE: Role.__table__.c.name,
        By.ITEM: ExpectationItem.__table__.c.item_id,
    }
    # Joined, since PostgreSQL goes through a list of them for every standing where it may be too long to hash.
    held = (
        select(places[by].label("place"), standing.c.version_id, person, standing.c.status)
        .select_from(standing)
        .outerjoin(several, several.c.practitioner_id == standing.c.practitioner_id)
    )
    if by is By.AGENCY:
        held = held.join(Team, Team.id == standing.c.team_id)
    elif by is By.ROLE:
        held = held.join(Role, Role.id == standing.c.role_id)
    elif by is By.ITEM:
        held = held.join(ExpectationItem, ExpectationItem.version_id == standing.c.version_id)
    # The offset keeps a database from reading each status anew for each of the sums.
    line = held.offset(0).subquery("held").c
    return (
        select(
            *(line.place, line.version_id, line.person),
            func.count().label("posts"),
            *(_number_of(line.status, word) for word in Counts.__dataclass_fields__),
        )
        .group_by(line.place, line.version_id, line.person)
        .subquery("counted")
    )


def _people(counted: Subquery, posts: ColumnElement[int]) -> ColumnElement[int]:
    """How many different people hold these posts of each line."""
    return _total(case((counted.c.person == 0, posts), (posts > 0, 1), else_=0))


def _total(number: ColumnElement[int]) -> ColumnElement[int]:
    """PostgreSQL adds whole numbers up to a decimal one."""
    return cast(func.sum(number), Integer)


def _number_of(status: ColumnElement[str], word: str) -> ColumnElement[int]:
    return func.sum(case((status == Status[word.upper()].value, 1), else_=0)).label(word)
