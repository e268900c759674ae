"""Who holds which right over an agency or a partnership, as its leads read, give and take back.

A lead decides within what they lead and nowhere else, and never for themselves. What a right is and how it is kept is
:mod:`training_tracker.access.granting`'s, and of teams :mod:`training_tracker.people.agencies`'.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from training_tracker.access.actor import Actor
from training_tracker.access.granting import (
    add_outsider,
    lead_agency,
    lead_partnership,
    may_sign_in,
    scrutinise,
    stop_leading_agency,
    stop_leading_partnership,
    stop_scrutinising,
)
from training_tracker.access.models import AccessRole, Grant
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.composing import refuse_no_address
from training_tracker.mail.undeliverable import bare_address
from training_tracker.naming import tidy
from training_tracker.people.agencies import name_deputy, name_managers, stop_deputising, stop_managing
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Agency, Partnership, Practitioner, Team, TeamDeputy, TeamManager
from training_tracker.people.posts import holds_post


class Kind(StrEnum):
    """A right, by the word that addresses have for it."""

    LEAD = "lead"
    MANAGER = "manager"
    DEPUTY = "deputy"
    PARTNERSHIP_LEAD = "partnership-lead"
    SCRUTINEER = "scrutineer"


OF_TEAM = (Kind.MANAGER, Kind.DEPUTY)
OF_PARTNERSHIP = (Kind.PARTNERSHIP_LEAD, Kind.SCRUTINEER)
GRANTED = {
    Kind.LEAD: AccessRole.AGENCY_LEAD,
    Kind.PARTNERSHIP_LEAD: AccessRole.PARTNERSHIP_LEAD,
    Kind.SCRUTINEER: AccessRole.SCRUTINEER,
}


@dataclass(frozen=True, slots=True)
class Holder:
    """``over`` names what it is over; ``agency_id`` is its agency, None of a partnership's right. ``asleep`` where the
    person holds no post in the agency now, or of a partnership's right has left all of them and cannot sign in, so that
    the right counts for nothing until they do.
    """

    kind: Kind
    practitioner_id: int
    name: str
    email: str | None
    over_id: int
    over: str
    agency_id: int | None
    asleep: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A page of those who hold a right, and how many there are in all."""

    holders: list[Holder]
    total: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A right that is to be given to whoever has an address. ``name`` is for somebody whom nobody here knows yet."""

    kind: Kind
    over_id: int
    address: str
    name: str = ""


async def leads_of_agency(session: AsyncSession, agency_id: int, today: date) -> list[Holder]:
    return await _holders(session, _granted(Kind.LEAD, today).where(Grant.agency_id == agency_id))


async def rights_in_partnership(session: AsyncSession, partnership_id: int, today: date) -> list[Holder]:
    """Its leads, then its scrutineers, each by name."""
    found: list[Holder] = []
    for kind in OF_PARTNERSHIP:
        found += await _holders(session, _granted(kind, today).where(Grant.partnership_id == partnership_id))
    return found


async def named_for_teams(session: AsyncSession, agency_id: int, today: date, *, page: int, page_size: int) -> Held:
    """Who manages which team of an agency, or answers for it while its managers are away: by team, managers first."""
    links = union_all(
        *(_of_team(kind, today).where(Team.agency_id == agency_id) for kind in (Kind.MANAGER, Kind.DEPUTY))
    ).subquery("named")
    total = await session.scalar(select(func.count()).select_from(links)) or 0
    rows = select(links).order_by(links.c.over, links.c.over_id, links.c.kind.desc(), links.c.name, links.c.id)
    return Held(await _holders(session, rows.offset((page - 1) * page_size).limit(page_size)), total)


async def give(session: AsyncSession, actor: Actor, asked: Asked, today: date) -> tuple[Holder, bool]:
    """Give somebody a right; says who holds it then, and whether that is new.

    Raises :class:`NotFound` for what the actor does not lead, and :class:`Refused` for an address that is nobody's who
    may be given it, and for the actor's own.
    """
    await _refuse_not_led(session, actor, asked.kind, asked.over_id)
    await _in_turn(session)
    refuse_no_address(tidy(asked.address), "email")
    address = bare_address(tidy(asked.address))
    person = await session.scalar(select(Practitioner).where(Practitioner.email == address))
    if person is not None and person.id == actor.practitioner_id:
        raise Refused("This is your own address", "Nobody gives a right to themselves: another lead can.", "email")
    if asked.kind in OF_PARTNERSHIP:
        if person is None:
            await add_outsider(session, address, asked.name)
            person = await session.scalar(select(Practitioner).where(Practitioner.email == address))
    else:
        agency_id = await _agency_of(session, asked.kind, asked.over_id)
        here = select(Practitioner.id).where(
            Practitioner.email == address, holds_post(Practitioner.id, literal(agency_id), today)
        )
        if await session.scalar(here) is None:
            # Whether somebody elsewhere has it is not told.
            mend = "Look for a slip in it. Whoever is new is in the agency's list of people first."
            raise Refused("Nobody who works for your agency now has this address", mend, "email")
    assert person is not None
    new = await _give(session, asked.kind, asked.over_id, person.id)
    await session.flush()
    holder = await holder_of(session, actor, asked.kind, person.id, asked.over_id, today)
    if holder.asleep:
        mend = "Whoever has left their agency has another address now: give that, and their name."
        raise Refused("Nobody can sign in with this address", mend, "email")
    return holder, new


async def holder_of(
    session: AsyncSession, actor: Actor, kind: Kind, practitioner_id: int, over_id: int, today: date
) -> Holder:
    """Raises :class:`NotFound` where they do not hold it, or the actor does not lead what it is over."""
    await _refuse_not_led(session, actor, kind, over_id)
    found = await _holders(session, _of(kind, over_id, today).where(Practitioner.id == practitioner_id))
    if not found:
        raise NotFound(f"right of practitioner {practitioner_id}")
    return found[0]


async def others_with(session: AsyncSession, holder: Holder, today: date) -> int:
    """How many others hold the same right over the same, those alone with whom it counts now."""
    same = _of(holder.kind, holder.over_id, today)
    found = await _holders(session, same.where(Practitioner.id != holder.practitioner_id))
    return sum(not one.asleep for one in found)


async def take_back(
    session: AsyncSession,
    actor: Actor,
    kind: Kind,
    practitioner_id: int,
    over_id: int,
    today: date,
    *,
    known_to_be_last: bool,
) -> Holder:
    """Take a right back, at once; says whose it was.

    Raises :class:`NotFound` as :func:`holder_of` does, and :class:`Refused` for the last lead of an agency or a
    partnership where whoever takes it back was not told that it is the last.
    """
    await _in_turn(session)
    holder = await holder_of(session, actor, kind, practitioner_id, over_id, today)
    if (
        kind in (Kind.LEAD, Kind.PARTNERSHIP_LEAD)
        and not known_to_be_last
        and not await others_with(session, holder, today)
    ):
        raise Refused(f"{holder.name} is the last lead of {holder.over} now", "Say once more that it is meant.", "last")
    await _STOPPED[kind](session, *((over_id, practitioner_id) if kind in OF_TEAM else (practitioner_id, over_id)))
    return holder


async def _give(session: AsyncSession, kind: Kind, over_id: int, practitioner_id: int) -> bool:
    match kind:
        case Kind.MANAGER:
            return bool(await name_managers(session, [(over_id, practitioner_id)]))
        case Kind.DEPUTY:
            return await name_deputy(session, over_id, practitioner_id)
        case Kind.LEAD:
            return await lead_agency(session, practitioner_id, over_id)
        case Kind.PARTNERSHIP_LEAD:
            return await lead_partnership(session, practitioner_id, over_id)
        case Kind.SCRUTINEER:
            return await scrutinise(session, practitioner_id, over_id)


_STOPPED = {
    Kind.MANAGER: stop_managing,
    Kind.DEPUTY: stop_deputising,
    Kind.LEAD: stop_leading_agency,
    Kind.PARTNERSHIP_LEAD: stop_leading_partnership,
    Kind.SCRUTINEER: stop_scrutinising,
}


async def _in_turn(session: AsyncSession) -> None:
    """Else two who take back at once would each see that there is another lead."""
    await wait_for_turn(session, "rights")


async def _refuse_not_led(session: AsyncSession, actor: Actor, kind: Kind, over_id: int) -> None:
    if kind in OF_PARTNERSHIP:
        led = over_id in actor.partnerships
    else:
        led = await _agency_of(session, kind, over_id) in actor.agencies
    if not led:
        raise NotFound(f"{kind} of {over_id}")


async def _agency_of(session: AsyncSession, kind: Kind, over_id: int) -> int | None:
    if kind in OF_TEAM:
        return await session.scalar(select(Team.agency_id).where(Team.id == over_id))
    return over_id


def _over(kind: Kind) -> InstrumentedAttribute[int | None]:
    return Grant.partnership_id if kind in OF_PARTNERSHIP else Grant.agency_id


async def _holders(session: AsyncSession, statement: Select[*tuple[Any, ...]]) -> list[Holder]:
    return [
        Holder(Kind(row.kind), row.id, row.name, row.email, row.over_id, row.over, row.agency_id, row.asleep)
        for row in await session.execute(statement)
    ]


def _of(kind: Kind, over_id: int, today: date) -> Select[*tuple[Any, ...]]:
    """Everybody who holds this right over this."""
    if kind in OF_TEAM:
        return _of_team(kind, today).where(Team.id == over_id)
    return _granted(kind, today).where(_over(kind) == over_id)


def _granted(kind: Kind, today: date) -> Select[*tuple[Any, ...]]:
    of = Partnership if kind in OF_PARTNERSHIP else Agency
    asleep = ~may_sign_in(today) if kind in OF_PARTNERSHIP else ~holds_post(Practitioner.id, Agency.id, today)
    return (
        select(
            *(literal(kind.value).label("kind"), Practitioner.id, Practitioner.name, Practitioner.email),
            *(of.id.label("over_id"), of.name.label("over"), Grant.agency_id, asleep.label("asleep")),
        )
        .select_from(Grant)
        .join(Practitioner, Practitioner.id == Grant.practitioner_id)
        .join(of, of.id == _over(kind))
        .where(Grant.role == GRANTED[kind])
        .order_by(Practitioner.name, Practitioner.id)
    )


def _of_team(kind: Kind, today: date) -> Select[*tuple[Any, ...]]:
    link = TeamManager if kind is Kind.MANAGER else TeamDeputy
    return (
        select(
            *(literal(kind.value).label("kind"), Practitioner.id, Practitioner.name, Practitioner.email),
            *(Team.id.label("over_id"), team_in_full().label("over"), Team.agency_id),
            (~holds_post(Practitioner.id, Team.agency_id, today)).label("asleep"),
        )
        .select_from(link)
        .join(Practitioner, Practitioner.id == link.practitioner_id)
        .join(Team, Team.id == link.team_id)
    )
