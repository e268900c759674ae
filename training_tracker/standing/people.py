"""People with their standings, the most urgent first: what a manager's list of a team shows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache, reduce
from operator import add
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, Subquery, and_, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.expectations.models import Expectation, ExpectationVersion
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Practitioner, Role, Team
from training_tracker.people.posts import in_post
from training_tracker.standing.known import ASKED_DAY, PostFilter, asking, condition_of, known_posts
from training_tracker.standing.status import Status, standings_asked

TO_DO = (Status.OVERDUE, Status.IN_GRACE, Status.DUE_SOON, Status.NOT_YET_DUE, Status.UNDATED)


@dataclass(frozen=True, slots=True)
class OpenStanding:
    """Something that a person has still to do, or to renew."""

    expectation: str
    title: str
    status: Status
    due_on: date | None
    grace_until: date | None


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """One person over the posts asked for. ``counts`` are required standings; ``to_do`` the open ones among them."""

    practitioner_id: int
    name: str
    posts: tuple[tuple[str, str], ...]
    counts: dict[Status, int]
    to_do: tuple[OpenStanding, ...]

    @property
    def expected(self) -> int:
        return sum(self.counts.values())

    @property
    def status(self) -> Status | None:
        """The most urgent of their statuses; None where nothing is expected."""
        return next((status for status in Status if self.counts[status]), None)


@dataclass(frozen=True, slots=True)
class PeoplePage:
    people: tuple[PersonStanding, ...]
    total: int


class Order(StrEnum):
    """By what a list of people is sorted: the most urgent first, by name, what is due first, the least done first."""

    STANDING = "standing"
    NAME = "name"
    DUE = "due"
    UP_TO_DATE = "up-to-date"


@dataclass(frozen=True, slots=True)
class PeopleWanted:
    """Which people of those the posts hold. ``name`` is any part of one; ``page`` counts from 1; ``backwards`` turns
    the order round, but those who have nothing to be sorted by come last either way."""

    status: Status | None = None
    expectation: str = ""
    name: str = ""
    order: Order = Order.STANDING
    backwards: bool = False
    page: int = 1
    page_size: int = 50


async def people_standing(
    session: AsyncSession, on: date, *, today: date, posts: PostFilter, wanted: PeopleWanted
) -> PeoplePage:
    """One page of the people in current posts. Two statements, however many people there are."""
    asked = _Asked.kept(on >= today, condition_of(posts), wanted)
    values = asking(on, None, posts)
    rows = (await session.execute(asked.people, values)).all()
    values |= {_PEOPLE.key: [row.id for row in rows]}
    posts_of: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    open_of: dict[int, dict[tuple[str, Status, date | None], OpenStanding]] = defaultdict(dict)
    for row in await session.execute(asked.theirs, values):
        posts_of[row.practitioner_id][row.id] = row.role, row.team
        if row.status is not None:
            opened = OpenStanding(row.code, row.title, Status(row.status), row.due_on, row.grace_until)
            # Two posts that are expected the same show it once.
            open_of[row.practitioner_id].setdefault((opened.expectation, opened.status, opened.due_on), opened)
    return PeoplePage(
        people=tuple(
            PersonStanding(
                practitioner_id=row.id,
                name=row.name,
                posts=tuple(held for _post, held in sorted(posts_of[row.id].items())),
                counts={status: row._mapping[_column(status)] or 0 for status in Status},
                to_do=tuple(open_of[row.id].values()),
            )
            for row in rows
        ),
        total=rows[0].total if rows else 0,
    )


_PEOPLE: BindParameter[Any] = bindparam("people", expanding=True, type_=Integer)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The statements of a page: the people on it, and their posts with what is open in each."""

    people: Select[Any]
    theirs: Select[Any]

    @staticmethod
    @lru_cache(maxsize=64)
    def kept(by_kept: bool, posts: PostFilter | None, wanted: PeopleWanted) -> "_Asked":
        present = _present(posts)
        standing = _required(standings_asked(by_kept, None, posts).subquery("standing_on"), wanted.expectation)
        return _Asked(_people(present, standing, wanted), _theirs(present, standing))


def _present(posts: PostFilter | None) -> Subquery:
    post = known_posts(None, posts).subquery("known")
    return select(post).where(in_post(ASKED_DAY, post.c)).subquery("present")


def _required(standing: Subquery, expectation: str) -> Subquery:
    statement = (
        select(standing, Expectation.code, Expectation.title)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Expectation, Expectation.id == standing.c.expectation_id)
        .where(ExpectationVersion.required, ExpectationVersion.people_in_setting.is_(None))
    )
    if expectation:
        statement = statement.where(Expectation.code == expectation)
    return statement.subquery("required")


def _people(present: Subquery, standing: Subquery, wanted: PeopleWanted) -> Select[Any]:
    # The offset keeps a database from reading each status anew for each of the sums.
    read = select(standing.c.practitioner_id, standing.c.status, standing.c.due_on).offset(0).subquery("read").c
    numbers = [func.sum(case((read.status == status.value, 1), else_=0)).label(_column(status)) for status in Status]
    # Of the most urgent status that somebody has, as the list shows it.
    first = func.coalesce(*(func.min(case((read.status == status.value, read.due_on))) for status in TO_DO))
    counted = (
        select(read.practitioner_id, *numbers, first.label("first_due"))
        .group_by(read.practitioner_id)
        .subquery("counted")
    )
    condition: list[ColumnElement[bool]] = [Practitioner.id.in_(select(present.c.practitioner_id))]
    if wanted.name.strip():
        condition.append(Practitioner.name.icontains(wanted.name.strip(), autoescape=True))
    if wanted.status:
        condition.append(counted.c[_column(wanted.status)] > 0)
    if wanted.expectation:
        condition.append(counted.c.practitioner_id.is_not(None))
    return (
        select(
            Practitioner.id,
            Practitioner.name,
            *(counted.c[_column(status)] for status in Status),
            func.count().over().label("total"),
        )
        .outerjoin(counted, counted.c.practitioner_id == Practitioner.id)
        .where(*condition)
        .order_by(*_sorted_by(counted, wanted), Practitioner.name, Practitioner.id)
        .limit(wanted.page_size)
        .offset((wanted.page - 1) * wanted.page_size)
    )


def _sorted_by(counted: Subquery, wanted: PeopleWanted) -> list[ColumnElement[Any]]:
    def number(*statuses: Status) -> ColumnElement[int]:
        return reduce(add, (func.coalesce(counted.c[_column(status)], 0) for status in statuses))

    match wanted.order:
        case Order.STANDING:
            return [number(one).asc() if wanted.backwards else number(one).desc() for one in TO_DO]
        case Order.NAME:
            return [Practitioner.name.desc() if wanted.backwards else Practitioner.name.asc()]
        case Order.DUE:
            by: ColumnElement[Any] = counted.c.first_due
        case Order.UP_TO_DATE:
            by = number(Status.COMPLIANT, Status.DUE_SOON) * 1.0 / func.nullif(number(*Status), 0)
    # The databases disagree on where NULL stands.
    return [by.is_(None), by.desc() if wanted.backwards else by.asc()]


def _theirs(present: Subquery, standing: Subquery) -> Select[Any]:
    """A row for each open standing of each post, the most urgent first, and one for each post that has none."""
    # Read once: else a database reads each status anew wherever it is named, or all of them for each post.
    opened = select(standing).where(standing.c.practitioner_id.in_(_PEOPLE)).cte("read").prefix_with("MATERIALIZED")
    read = opened.c
    order = case({status.value: position for position, status in enumerate(Status)}, value=read.status)
    is_open = read.status.in_([status.value for status in TO_DO])
    return (
        select(
            present.c.practitioner_id,
            present.c.id,
            Role.name.label("role"),
            team_in_full().label("team"),
            *(read.code, read.title, read.status, read.due_on, read.grace_until),
        )
        .join(Role, Role.id == present.c.role_id)
        .join(Team, Team.id == present.c.team_id)
        .outerjoin(opened, and_(read.post_id == present.c.id, is_open))
        .where(present.c.practitioner_id.in_(_PEOPLE))
        .order_by(order, read.due_on, read.code)
    )


def _column(status: Status) -> str:
    return status.name.lower()
