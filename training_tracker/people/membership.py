"""A partnership's agencies, as its lead keeps them: added, called something else, of another sector, leaving, back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import fold, refuse_vague_name, tidy
from training_tracker.people.agencies import change_sector, create_agency, set_partnerships
from training_tracker.people.finding import agencies_by_name
from training_tracker.people.listing import AgencyLine, agencies_of
from training_tracker.people.models import Agency, AgencyAlias, AgencyPartnership, Partnership, Sector, Team

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Described:
    """What a form says of an agency. ``other_names`` are those under which it arrives in spreadsheets."""

    name: str
    sector_id: int
    other_names: tuple[str, ...]


async def agencies_in_partnership(session: AsyncSession, partnership_id: int) -> list[AgencyLine]:
    """Its agencies by name."""
    return await agencies_of(session, sorted(await _belonging(session, partnership_id)))


async def agencies_that_left(session: AsyncSession, partnership_id: int) -> list[AgencyLine]:
    """Those that belonged to it once, and do not now."""
    once = select(AgencyPartnership.agency_id).where(AgencyPartnership.partnership_id == partnership_id)
    left = set(await session.scalars(once)) - await _belonging(session, partnership_id)
    return await agencies_of(session, sorted(left))


async def sectors(session: AsyncSession) -> list[tuple[int, str]]:
    """Id and name of every sector, by name."""
    return [(row.id, row.name) for row in await session.execute(select(Sector.id, Sector.name).order_by(Sector.name))]


async def agency_of(session: AsyncSession, partnerships: Collection[int], agency_id: int) -> Agency:
    """An agency that belongs to one of these partnerships, or did. Raises :class:`NotFound` for every other."""
    once = select(AgencyPartnership.agency_id).where(AgencyPartnership.partnership_id.in_(partnerships))
    found = await session.scalar(select(Agency).where(Agency.id == agency_id, Agency.id.in_(once)))
    if found is None:
        raise NotFound(f"agency {agency_id}")
    return found


async def agency_in(session: AsyncSession, partnership_id: int, agency_id: int) -> Agency:
    """An agency that belongs to a partnership now. Raises :class:`NotFound` for every other."""
    if agency_id not in await _belonging(session, partnership_id):
        raise NotFound(f"agency {agency_id}")
    return await session.get_one(Agency, agency_id)


async def description_of(session: AsyncSession, agency: Agency) -> Described:
    others = select(AgencyAlias.written).where(AgencyAlias.agency_id == agency.id).order_by(AgencyAlias.written)
    return Described(agency.name, agency.sector_id, tuple(await session.scalars(others)))


async def other_partnerships(session: AsyncSession, agency_id: int, partnership_id: int) -> list[str]:
    """The names of the others to which an agency belongs."""
    found = (
        select(Partnership.name)
        .join(AgencyPartnership, AgencyPartnership.partnership_id == Partnership.id)
        .where(AgencyPartnership.agency_id == agency_id, AgencyPartnership.withdrawn_at.is_(None))
        .where(Partnership.id != partnership_id)
        .order_by(Partnership.name)
    )
    return list(await session.scalars(found))


async def add_agency(session: AsyncSession, partnership_id: int, described: Described) -> Agency:
    """Raises :class:`Refused` for "Health", "NHS" and the like, a name that another agency has, and no sector."""
    await _in_turn(session)
    name = await _free_name(session, described, None)
    await _refuse_no_sector(session, described.sector_id)
    agency, _top = await create_agency(session, name, described.sector_id, partnership_id=partnership_id)
    await _set_other_names(session, agency, described.other_names)
    return agency


async def describe_agency(session: AsyncSession, agency: Agency, described: Described) -> None:
    """Call an agency something else, or say that it is of another sector or arrives under other names.

    What it was called stays one of its names, so that spreadsheets which say so still find it.
    """
    await _in_turn(session)
    name = await _free_name(session, described, agency.id)
    others = described.other_names
    if name != agency.name:
        top = (await session.scalars(select(Team).where(Team.agency_id == agency.id, Team.parent_id.is_(None)))).one()
        others = (*others, agency.name)
        agency.name = top.name = name
    await _refuse_no_sector(session, described.sector_id)
    if described.sector_id != agency.sector_id:
        await change_sector(session, agency.id, described.sector_id)
    await _set_other_names(session, agency, others)


async def leave(session: AsyncSession, agency: Agency, partnership_id: int) -> None:
    """It belongs to the partnership no longer, from now on."""
    await set_partnerships(session, agency.id, await _partnerships(session, agency.id) - {partnership_id})


async def join(session: AsyncSession, agency: Agency, partnership_id: int) -> None:
    """It belongs to the partnership, from now on."""
    await set_partnerships(session, agency.id, await _partnerships(session, agency.id) | {partnership_id})


async def _partnerships(session: AsyncSession, agency_id: int) -> set[int]:
    # Else two who change one agency at once would each put back what the other took away.
    await _in_turn(session)
    standing = select(AgencyPartnership.partnership_id).where(
        AgencyPartnership.agency_id == agency_id, AgencyPartnership.withdrawn_at.is_(None)
    )
    return set(await session.scalars(standing))


async def _in_turn(session: AsyncSession) -> None:
    await wait_for_turn(session, "agencies")


async def _belonging(session: AsyncSession, partnership_id: int) -> set[int]:
    return set(
        await session.scalars(
            select(AgencyPartnership.agency_id).where(
                AgencyPartnership.partnership_id == partnership_id, AgencyPartnership.withdrawn_at.is_(None)
            )
        )
    )


async def _free_name(session: AsyncSession, described: Described, agency_id: int | None) -> str:
    name = tidy(described.name)
    if not name:
        raise Refused("The agency has no name", "Give its full name.", "name")
    known = await agencies_by_name(session)
    for written, field in ((name, "name"), *((other, "others") for other in described.other_names)):
        _refuse_unfit(written, field)
        there = known.get(fold(written))
        if there is not None and there[0] != agency_id:
            mend = "Look whether it is the same agency. If not, give it a name of its own."
            raise Refused(f"“{written}” is {there[1]}", mend, field)
    return name


def _refuse_unfit(written: str, field: str) -> None:
    if len(written) > LONGEST_NAME:
        raise Refused("A name is too long", f"Shorten it to {LONGEST_NAME} characters.", field)
    try:
        refuse_vague_name(written, "agency")
    except Refused as refusal:
        raise Refused(refusal.problem, refusal.mend, field) from None


async def _refuse_no_sector(session: AsyncSession, sector_id: int) -> None:
    if await session.get(Sector, sector_id) is None:
        raise Refused("No sector is chosen", "Choose the one that it belongs to.", "sector")


async def _set_other_names(session: AsyncSession, agency: Agency, written: Sequence[str]) -> None:
    """Exactly these, each once, however it is spelt; the agency's own name needs no saying."""
    wanted = {fold(name): tidy(name) for name in reversed(written) if fold(name) and fold(name) != fold(agency.name)}
    held = {
        row.alias: row for row in await session.scalars(select(AgencyAlias).where(AgencyAlias.agency_id == agency.id))
    }
    if gone := held.keys() - wanted.keys():
        await session.execute(delete(AgencyAlias).where(AgencyAlias.alias.in_(gone)))
    session.add_all(
        AgencyAlias(alias=alias, agency_id=agency.id, written=name)
        for alias, name in wanted.items()
        if alias not in held
    )
    await session.flush()
