"""Practitioners, partnerships, agencies and teams by what people write for them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.errors import NotFound, Refused
from training_tracker.naming import fold, nearest, tidy
from training_tracker.people.agencies import NESTED, below
from training_tracker.people.models import Agency, AgencyAlias, Partnership, Post, Practitioner, Role, Team

# So many of several are named.
SHOWN = 5


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


async def find_posts(session: AsyncSession, email: str, team: str | None = None) -> tuple[Practitioner, list[int]]:
    """A person, and the ids of the posts that they hold or have held: all, or those in a team and the teams below it.

    Raises :class:`NotFound` if there are none.
    """
    person = await find_practitioner(session, email)
    statement = select(Post.id).where(Post.practitioner_id == person.id).order_by(Post.id)
    if team:
        statement = statement.where(Post.team_id.in_(below((await find_team(session, team)).id)))
    posts = list(await session.scalars(statement))
    if not posts:
        where = f" in “{tidy(team)}”" if team else ""
        raise NotFound(f"{person.name} has never had a post{where}. Import the person first, or name another team.")
    return person, posts


async def find_partnership(session: AsyncSession, name: str | None = None) -> Partnership:
    """The partnership of this code or name, in any spelling; without one, the only partnership there is.

    Raises :class:`NotFound` with the partnerships there are, and :class:`Refused` where it has to be named.
    """
    partnerships = list(await session.scalars(select(Partnership).order_by(Partnership.name)))
    if not partnerships:
        raise Refused("There is no partnership here", "Load one first: training-tracker load reference")
    listed = "; ".join(f"{known.code} ({known.name})" for known in partnerships)
    if name is None:
        if len(partnerships) > 1:
            raise Refused(f"There are {len(partnerships)} partnerships here: {listed}", "Say which: --partnership CODE")
        return partnerships[0]
    for known in partnerships:
        if fold(name) in (fold(known.code), fold(known.name)):
            return known
    raise NotFound(f"There is no partnership “{tidy(name)}”. There is {listed}.")


async def agencies_by_name(session: AsyncSession) -> dict[str, tuple[int, str]]:
    """Id and name of every agency, by its name and by each other name it has, folded for comparison."""
    found = {fold(row.name): (row.id, row.name) for row in await session.execute(select(Agency.id, Agency.name))}
    names = dict(found.values())
    for other in await session.execute(select(AgencyAlias.alias, AgencyAlias.agency_id)):
        found.setdefault(other.alias, (other.agency_id, names[other.agency_id]))
    return found


async def find_agency(session: AsyncSession, name: str) -> Agency:
    """The agency of this name, or another one it has, in any spelling. Raises :class:`NotFound` with the nearest."""
    agencies = await agencies_by_name(session)
    found = agencies.get(fold(name))
    if found is None:
        alike = nearest(name, {known for _, known in agencies.values()})
        guess = f" Did you mean {' or '.join(alike)}?" if alike else " Import its people first."
        raise NotFound(f"There is no agency “{tidy(name)}”.{guess}")
    return await session.get_one(Agency, found[0])


async def find_role(session: AsyncSession, code: str) -> Role:
    """A role by its code. Raises :class:`Refused` with the nearest ones."""
    role = await session.scalar(select(Role).where(Role.code == code))
    if role is None:
        alike = nearest(code, list(await session.scalars(select(Role.code))))
        mend = f"Did you mean {' or '.join(alike)}?" if alike else "Give the code that the configuration has."
        raise Refused(f"There is no role with the code {code}", mend, "role")
    return role


async def find_team(session: AsyncSession, name: str, agency: Agency | None = None) -> Team:
    """The one team of this name, in one agency or in all; a nested one may come with the teams above it.

    Raises :class:`NotFound` for none, and :class:`Refused` for several.
    """
    statement = select(Team).order_by(Team.id)
    teams = list(await session.scalars(statement.where(Team.agency_id == agency.id) if agency else statement))
    paths = team_paths(teams)
    asked = [fold(part) for part in name.split(NESTED)]
    same = [team for team in teams if [fold(part) for part in paths[team.id]][-len(asked) :] == asked]
    if len(same) > 1:
        shown = "; ".join(f" {NESTED} ".join(paths[team.id]) for team in same[:SHOWN])
        more = f" and {len(same) - SHOWN} more" if len(same) > SHOWN else ""
        raise Refused(
            f"{len(same)} teams are called “{tidy(name)}”: {shown}{more}", "Name the agency, or the teams above it too."
        )
    if not same:
        alike = nearest(name, {team.name for team in teams})
        guess = f" Did you mean {' or '.join(alike)}?" if alike else ""
        raise NotFound(f"There is no team “{tidy(name)}”.{guess}")
    return same[0]


def team_paths(teams: Sequence[Any]) -> dict[int, list[str]]:
    """The names from the agency's top team down to each team, of which id, name and parent_id are given."""
    by_id = {team.id: team for team in teams}
    paths = {}
    for team in teams:
        above, path = team.parent_id, [team.name]
        while above is not None:
            path.insert(0, by_id[above].name)
            above = by_id[above].parent_id
        paths[team.id] = path
    return paths
