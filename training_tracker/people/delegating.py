"""A manager names somebody who stands in for them during an absence, and ends that again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Exists, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words, now
from training_tracker.database import Day, wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Delegation, Practitioner, Team, TeamManager
from training_tracker.people.posts import holds_post

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class DelegationLine:
    """``manager`` and ``deputy`` are names; the absence is between two days, both included. ``ended`` early, by one."""

    id: int
    manager_id: int
    manager: str
    deputy_id: int
    deputy: str
    starts_on: date
    ends_on: date
    ended: bool

    def begun(self, today: date) -> bool:
        return self.starts_on <= today


async def delegate(
    session: AsyncSession, manager_id: int, deputy_id: int, starts_on: date, ends_on: date, *, today: date
) -> int:
    """Let a colleague manage the teams that name a manager, between two days; returns the delegation's id.

    Raises :class:`Refused` for days that cannot be meant, for whoever manages no team by name, and for whoever works
    for no agency of those teams.
    """
    if starts_on < today:
        raise Refused(f"{in_words(starts_on)} has passed", "Give today or a day to come.", "first")
    if ends_on < starts_on:
        raise Refused("The last day is before the first", "Give a last day on or after the first.", "last")
    if ends_on > starts_on + LONGEST:
        raise Refused(
            "That is more than a year",
            "Give at most a year; for longer, have the agency name the team another manager.",
            "last",
        )
    if deputy_id == manager_id:
        raise Refused("That is your own address", "Give a colleague’s.", "deputy")
    teams = (
        select(Team.agency_id)
        .join(TeamManager, TeamManager.team_id == Team.id)
        .where(
            TeamManager.practitioner_id == manager_id, holds_post(TeamManager.practitioner_id, Team.agency_id, today)
        )
    ).subquery("teams")
    if await session.scalar(select(teams.c.agency_id).limit(1)) is None:
        raise Refused("No team names you as its manager", "Whoever does has to name a deputy.", "deputy")
    colleague = (
        select(Practitioner.id)
        .join(teams, true())
        .where(Practitioner.id == deputy_id, holds_post(Practitioner.id, teams.c.agency_id, today))
        .limit(1)
    )
    if await session.scalar(colleague) is None:
        raise NotFound(f"colleague {deputy_id}")
    # Else two at once would each see that there is none.
    await wait_for_turn(session, "delegations")
    known = await session.scalar(
        select(Delegation.id).where(
            Delegation.manager_id == manager_id,
            Delegation.practitioner_id == deputy_id,
            Delegation.starts_on <= ends_on,
            Delegation.ends_on >= starts_on,
            Delegation.withdrawn_at.is_(None),
        )
    )
    if known is not None:
        raise Refused("They stand in for you then already", "Give other days, or end that first.", "first")
    new = Delegation(
        manager_id=manager_id, practitioner_id=deputy_id, starts_on=starts_on, ends_on=ends_on, given_at=now()
    )
    session.add(new)
    await session.flush()
    return new.id


async def end_delegation(
    session: AsyncSession, delegation_id: int, practitioner_id: int, today: date
) -> DelegationLine:
    """End it at once, by either of the two. Raises :class:`NotFound` for every other, and for what is over."""
    found = [one for one in await delegations_of(session, practitioner_id, today) if one.id == delegation_id]
    if not found:
        raise NotFound(f"delegation {delegation_id}")
    row = await session.get_one(Delegation, delegation_id)
    row.withdrawn_at = now()
    return found[0]


async def delegations_of(session: AsyncSession, practitioner_id: int, today: date) -> list[DelegationLine]:
    """For whom somebody stands in and who for them, now and to come; what begins first comes first."""
    return await _lines(session, _concerns(practitioner_id, today))


async def delegation(session: AsyncSession, numbers: Collection[int]) -> dict[int, DelegationLine]:
    """Those of these ids, whoever they concern, ended or not."""
    return {line.id: line for line in await _lines(session, Delegation.id.in_(numbers))}


async def _lines(session: AsyncSession, which: ColumnElement[bool]) -> list[DelegationLine]:
    manager, deputy = aliased(Practitioner), aliased(Practitioner)
    rows = await session.execute(
        select(
            *(Delegation.id, manager.id, manager.name, deputy.id, deputy.name),
            *(Delegation.starts_on, Delegation.ends_on, Delegation.withdrawn_at.is_not(None)),
        )
        .join(manager, manager.id == Delegation.manager_id)
        .join(deputy, deputy.id == Delegation.practitioner_id)
        .where(which)
        .order_by(Delegation.starts_on, Delegation.id)
    )
    return [DelegationLine(*row) for row in rows]


def any_delegation(practitioner_id: ColumnElement[int], today: Day) -> Exists:
    """Whether :func:`delegations_of` would find any, as a part of another statement."""
    return select(Delegation.id).where(_concerns(practitioner_id, today)).exists()


def _concerns(practitioner_id: int | ColumnElement[int], today: Day) -> ColumnElement[bool]:
    return and_(
        or_(Delegation.manager_id == practitioner_id, Delegation.practitioner_id == practitioner_id),
        Delegation.ends_on >= today,
        Delegation.withdrawn_at.is_(None),
    )
