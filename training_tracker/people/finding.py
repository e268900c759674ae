"""Practitioners, agencies and teams by what people write for them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.errors import NotFound, Refused
from training_tracker.naming import fold, nearest, tidy
from training_tracker.people.models import Agency, Practitioner, Team


async def find_practitioner(session: AsyncSession, email: str) -> Practitioner:
    """The one practitioner with this e-mail address; case and spaces around it are forgiven.

    Raises :class:`NotFound` with a text that says what to look at.
    """
    address = tidy(email).lower()
    found = await session.scalar(select(Practitioner).where(Practitioner.email == address))
    if found is None:
        raise NotFound(
            f"Nobody here has the e-mail address “{address}”. Look for a slip in it, or import the person first."
        )
    return found


async def find_agency(session: AsyncSession, name: str) -> Agency:
    """The agency of this name, in any spelling. Raises :class:`NotFound` with the nearest names."""
    agencies = {fold(agency.name): agency for agency in await session.scalars(select(Agency))}
    found = agencies.get(fold(name))
    if found is None:
        alike = nearest(name, [agency.name for agency in agencies.values()])
        guess = f" Did you mean {' or '.join(alike)}?" if alike else " Import its people first."
        raise NotFound(f"There is no agency “{tidy(name)}”.{guess}")
    return found


async def find_team(session: AsyncSession, name: str, agency: Agency | None = None) -> Team:
    """The one team of this name, in one agency or in all.

    Raises :class:`NotFound` for none, and :class:`Refused` for several.
    """
    statement = select(Team, Agency.name).join(Agency, Agency.id == Team.agency_id).order_by(Agency.name, Team.id)
    if agency is not None:
        statement = statement.where(Team.agency_id == agency.id)
    teams = (await session.execute(statement)).all()
    same = [(team, owner) for team, owner in teams if fold(team.name) == fold(name)]
    if len(same) > 1:
        owners = ", ".join(owner for _team, owner in same)
        raise Refused(f"{len(same)} teams are called “{tidy(name)}” ({owners})", "Name the agency, or a team above it.")
    if not same:
        alike = nearest(name, {team.name for team, _owner in teams})
        guess = f" Did you mean {' or '.join(alike)}?" if alike else ""
        raise NotFound(f"There is no team “{tidy(name)}”.{guess}")
    return same[0][0]
