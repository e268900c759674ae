"""Who is asking, and what they may see beyond their own record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.granting import may_sign_in
from training_tracker.access.models import AccessRole, Grant
from training_tracker.access.permissions import PERMISSIONS, May, Role
from training_tracker.audit.acting import at_work
from training_tracker.errors import NotFound
from training_tracker.people.agencies import below, managed_by, managing
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.people.posts import agencies_worked_for, has_post_still, holds_post
from training_tracker.standing.known import PostsAsked
from training_tracker.wall import Sight


class SignInNeeded(Exception):
    """Nobody is signed in, or whoever was has left since."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with a post; or, where ``works`` is false, with a partnership's right and never a post.

    ``agencies`` and ``partnerships`` are the ids of those whose training they lead, ``scrutinised`` of the partnerships
    whose figures they only read, ``managed`` of the agencies whose teams they manage.

    All of it is so on the day ``on``: a right over an agency's people ends with the last post there.
    """

    practitioner_id: int
    name: str
    email: str | None
    works: bool
    managed: tuple[int, ...]
    agencies: tuple[int, ...]
    partnerships: tuple[int, ...]
    scrutinised: tuple[int, ...]
    on: date

    @property
    def roles(self) -> frozenset[Role]:
        held = {
            Role.PRACTITIONER: self.works,
            Role.MANAGER: self.manages,
            Role.AGENCY_LEAD: bool(self.agencies),
            Role.PARTNERSHIP_LEAD: bool(self.partnerships),
            Role.SCRUTINEER: bool(self.scrutinised),
        }
        return frozenset(role for role, holds in held.items() if holds)

    @property
    def manages(self) -> bool:
        return bool(self.managed)

    @property
    def sight(self) -> Sight:
        """Whose rows the database itself lets them read: wider than what they may see of an agency, never another's."""
        return Sight(tuple(sorted({*self.agencies, *self.managed})), self.practitioner_id)

    def may(self, what: May) -> bool:
        return not self.roles.isdisjoint(PERMISSIONS[what])

    @property
    def partnerships_seen(self) -> tuple[int, ...]:
        """Those whose figures they may read."""
        return tuple(sorted({*self.partnerships, *self.scrutinised}))

    @property
    def signature(self) -> str:
        """What stands under a fact that they record."""
        return self.email or f"practitioner {self.practitioner_id}"

    def goes_to_work(self) -> None:
        """What is changed from here on, to the end of the request, is their act."""
        who = at_work()
        who.by, who.practitioner_id = self.signature, self.practitioner_id


async def actor_of(session: AsyncSession, practitioner_id: int, today: date) -> Actor:
    """Raises :class:`SignInNeeded` if there is no such person, or they may not sign in any more."""
    rows = await session.execute(_who(), {MYSELF.key: practitioner_id, TODAY.key: today})
    return actor_in(rows.all(), today)


def actor_in(found: Sequence[Any], today: date) -> Actor:
    """Whom the rows of :func:`who` tell of. Raises :class:`SignInNeeded` if there are none."""
    if not found:
        raise SignInNeeded

    def given(role: AccessRole) -> tuple[int, ...]:
        """Over what they hold this right, each once, in the order in which it was given."""
        rows = [row for row in found if row.role is role]
        return tuple(dict.fromkeys(row.agency_id or row.partnership_id for row in rows))

    return Actor(
        practitioner_id=found[0].id,
        name=found[0].name,
        email=found[0].email,
        works=bool(found[0].works),
        managed=tuple(sorted({row.managed for row in found if row.managed is not None})),
        agencies=given(AccessRole.AGENCY_LEAD),
        partnerships=given(AccessRole.PARTNERSHIP_LEAD),
        scrutinised=given(AccessRole.SCRUTINEER),
        on=today,
    )


MYSELF: BindParameter[int] = bindparam("person", type_=Integer)
TODAY: BindParameter[date] = bindparam("today", type_=Date)
_LED: BindParameter[Any] = bindparam("agencies_led", expanding=True, type_=Integer)
_BELOW: BindParameter[int] = bindparam("below", type_=Integer)


@cache
def _who() -> Select[Any]:
    return who(MYSELF)


def who(person: ColumnElement[int]) -> Select[Any]:
    """What is known of a person's rights on a day: a row for each. To be kept, since every page begins with it."""
    teams = managing(TODAY, person).subquery("teams")
    managed = select(Team.agency_id).join(teams, teams.c.team_id == Team.id).distinct().subquery("managed")
    still = or_(Grant.agency_id.is_(None), holds_post(Grant.practitioner_id, Grant.agency_id, TODAY))
    return (
        select(
            Practitioner.id,
            Practitioner.name,
            Practitioner.email,
            has_post_still(TODAY).label("works"),
            managed.c.agency_id.label("managed"),
            Grant.role,
            Grant.agency_id,
            Grant.partnership_id,
        )
        .select_from(Practitioner)
        .outerjoin(managed, true())
        .outerjoin(Grant, and_(Grant.practitioner_id == Practitioner.id, still))
        .where(Practitioner.id == person, may_sign_in(TODAY))
        .order_by(Grant.id)
    )


def visible_teams(actor: Actor) -> Select[int]:
    """Select the teams whose people the actor may see: those managed, those below them, those of an agency led."""
    return teams_in_sight().params(eyes_of(actor))


def visible_posts(actor: Actor, *, team: int = 0) -> PostsAsked:
    """Narrow posts to those in the actor's visible teams: another agency's staff are invisible.

    ``team`` narrows them further, to one of those teams and the ones below it.
    """
    if team:
        return PostsAsked(_teams_below(), {**eyes_of(actor), _BELOW.key: team})
    return PostsAsked(teams_in_sight(), eyes_of(actor))


@cache
def teams_in_sight() -> Select[int]:
    """The visible teams of whoever :func:`eyes_of` gives the values for."""
    return select(Team.id).where(or_(Team.id.in_(managed_by(MYSELF, TODAY)), Team.agency_id.in_(_LED)))


@cache
def _teams_below() -> Select[int]:
    return teams_in_sight().where(Team.id.in_(below(_BELOW)))


def eyes_of(actor: Actor) -> dict[str, Any]:
    """The values of what is in sight."""
    return {MYSELF.key: actor.practitioner_id, TODAY.key: actor.on, _LED.key: actor.agencies}


async def visible_person(session: AsyncSession, actor: Actor, practitioner_id: int) -> tuple[Practitioner, set[int]]:
    """A person with a post in a visible team, and the ids of those posts: what they do elsewhere stays unseen.

    Raises :class:`NotFound` for everybody else, there or not.
    """
    rows = await session.execute(
        select(Practitioner, Post.id)
        .join(Post, Post.practitioner_id == Practitioner.id)
        .where(Practitioner.id == practitioner_id, Post.team_id.in_(visible_teams(actor)))
    )
    found = rows.all()
    if not found:
        raise NotFound(f"practitioner {practitioner_id}")
    return found[0][0], {post_id for _person, post_id in found}


async def another_person(session: AsyncSession, actor: Actor, practitioner_id: int) -> tuple[Practitioner, set[int]]:
    """Likewise, but never the actor: nobody gives themselves time, leave or an exemption."""
    if practitioner_id == actor.practitioner_id:
        raise NotFound(f"practitioner {practitioner_id}")
    return await visible_person(session, actor, practitioner_id)


async def agencies_in_sight(session: AsyncSession, actor: Actor) -> list[int]:
    """The agencies whose own expectations the actor may read: those they work for, and those they lead."""
    return sorted({*await agencies_worked_for(session, actor.practitioner_id, actor.on), *actor.agencies})
