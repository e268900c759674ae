"""What is known of posts and other facts: now, or as it was known at a moment, corrections since then taken back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Date,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.bulk import is_found_by
from training_tracker.catalogue.models import Item, ItemHistory
from training_tracker.database import Moment
from training_tracker.people.models import (
    Agency,
    AgencyHistory,
    AgencyPartnership,
    Post,
    PostHistory,
    Role,
    RoleHistory,
    Team,
    TeamHistory,
)

PostFilter = Callable[[FromClause], ColumnElement[bool]]
CompletionFilter = Callable[[FromClause], ColumnElement[bool]]
# None: as is known now.
KnownAt = datetime | ColumnElement[datetime] | None

# The day and the moment asked for, in statements that are kept: to put the engine's together takes far longer than to
# run it for one person. Their values are handed in for the whole statement, which asks for one day and one moment.
ASKED_DAY: BindParameter[date] = bindparam("asked_day", type_=Date)
ASKED_EXPECTATION: BindParameter[int] = bindparam("asked_expectation", type_=Integer)
ASKED_MOMENT: BindParameter[datetime] = bindparam("asked_moment", type_=Moment())


@dataclass(frozen=True)
class PostsAsked:
    """A filter of posts to those in some teams. ``teams`` selects these by parameters and is the same whoever asks, so
    that statements with it can be kept; ``values`` are those of whoever asks now."""

    teams: Select[int]
    values: Mapping[str, Any]

    def __call__(self, post: FromClause) -> ColumnElement[bool]:
        """Both in one, for a statement that is not kept."""
        return is_found_by(post.c.team_id, self._teams_of_now)

    @cached_property
    def _teams_of_now(self) -> Select[int]:
        return self.teams.params(self.values)


@cache
def in_teams(teams: Select[int]) -> PostFilter:
    return lambda post: is_found_by(post.c.team_id, teams)


def asking(on: date, known_at: datetime | None, posts: PostFilter | None = None) -> dict[str, Any]:
    """The values of a kept statement's parameters."""
    values = {ASKED_DAY.key: on, ASKED_MOMENT.key: known_at}
    return {**values, **posts.values} if isinstance(posts, PostsAsked) else values


def condition_of(posts: PostFilter | None) -> PostFilter | None:
    """The filter as a kept statement takes it: what :func:`asking` gives the values for."""
    return in_teams(posts.teams) if isinstance(posts, PostsAsked) else posts


def moment_asked(known_at: datetime | None) -> ColumnElement[datetime] | None:
    """The parameter that stands for a moment in a kept statement, which is another where none is given."""
    return None if known_at is None else ASKED_MOMENT


@lru_cache(maxsize=64)
def posts_of_agency(agency_id: int) -> PostFilter:
    return lambda post: is_found_by(post.c.team_id, select(Team.id).where(Team.agency_id == agency_id))


def posts_of_partnerships(partnerships: Collection[int]) -> PostFilter:
    agencies = select(AgencyPartnership.agency_id).where(
        AgencyPartnership.partnership_id.in_(partnerships), AgencyPartnership.withdrawn_at.is_(None)
    )
    return lambda post: post.c.team_id.in_(select(Team.id).where(Team.agency_id.in_(agencies)))


def posts_in_role(role_id: int) -> PostFilter:
    return lambda post: post.c.role_id == role_id


def among(posts: Collection[int]) -> PostFilter:
    return lambda post: post.c.id.in_(posts)


def known(known_at: KnownAt, recorded_at: Any, withdrawn_at: Any) -> ColumnElement[bool]:
    """Whether a fact stood at a moment: recorded by then, and not yet withdrawn; now, if no moment is given."""
    if known_at is None:
        return withdrawn_at.is_(None)  # type: ignore[no-any-return]
    return and_(recorded_at <= known_at, or_(withdrawn_at.is_(None), withdrawn_at > known_at))


def known_posts(known_at: KnownAt, posts: PostFilter | None) -> Select[Any]:
    """Posts as known now, or as they were known at a moment, corrections since then taken back."""
    columns = ("practitioner_id", "team_id", "role_id", "started_on", "ended_on")
    current: FromClause = Post.__table__
    if known_at is None:
        statement = select(current.c.id, *(current.c[name] for name in columns))
        return statement.where(posts(current) if posts else true())
    history: FromClause = PostHistory.__table__
    then = union_all(
        select(current.c.id, *(current.c[name] for name in columns)).where(current.c.recorded_at <= known_at),
        select(history.c.post_id, *(history.c[name] for name in columns)).where(
            history.c.recorded_at <= known_at, history.c.superseded_at > known_at
        ),
    ).subquery("post_then")
    return select(then).where(posts(then) if posts else true())


def known_sector(known_at: KnownAt) -> ColumnElement[int]:
    return _known_value(known_at, Agency.sector_id, AgencyHistory.sector_id, AgencyHistory.agency_id == Agency.id)


def known_group(known_at: KnownAt) -> ColumnElement[int]:
    return _known_value(known_at, Role.role_group_id, RoleHistory.role_group_id, RoleHistory.role_id == Role.id)


def known_parent(known_at: KnownAt) -> ColumnElement[int]:
    return _known_value(known_at, Team.parent_id, TeamHistory.parent_id, TeamHistory.team_id == Team.id)


def known_participatory(known_at: KnownAt) -> ColumnElement[bool]:
    return _known_value(known_at, Item.participatory, ItemHistory.participatory, ItemHistory.item_id == Item.id)


def _known_value(
    known_at: KnownAt, now: InstrumentedAttribute[Any], then: InstrumentedAttribute[Any], same: Any
) -> ColumnElement[Any]:
    """What stands in a row; or, as known at a moment, what stood in it until its first change after that."""
    if known_at is None:
        return now  # type: ignore[return-value]
    history = then.class_
    until_changed = (
        select(then)
        .where(same, history.superseded_at > known_at)
        .order_by(history.superseded_at, history.id)
        .limit(1)
        .correlate_except(history)
        .scalar_subquery()
    )
    return func.coalesce(until_changed, now)
