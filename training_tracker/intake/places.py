"""Where a row of a people file belongs: its agency, team and role, by the names people use for them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.errors import Refused
from training_tracker.intake.people_rows import PersonRow
from training_tracker.naming import fold, nearest, refuse_vague_name
from training_tracker.people.agencies import NESTED, create_agency, create_team
from training_tracker.people.models import Agency, AgencyAlias, Role, RoleAlias, Sector, SectorAlias, Team


@dataclass(frozen=True, slots=True)
class KnownAgency:
    id: int
    name: str
    sector_id: int
    top_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs. An agency that is None is to be made, and so are the ``missing`` teams below ``team_id``."""

    agency: KnownAgency | None
    agency_name: str
    sector_id: int
    role_id: int
    team_id: int | None
    missing: tuple[str, ...]


class Places:
    """What is known by name, and what was made on the way."""

    def __init__(self, session: AsyncSession, create: bool) -> None:
        self.session = session
        self.create = create
        self.agencies: dict[str, KnownAgency] = {}
        self.teams: dict[tuple[int, str], int] = {}
        self.paths: dict[int, dict[int, str]] = {}
        self.sectors: dict[str, int] = {}
        self.sector_names: list[str] = []
        self.roles: dict[tuple[int, str], int] = {}
        self.role_names: dict[int, list[str]] = {}
        self.made: list[str] = []

    @classmethod
    async def load(cls, session: AsyncSession, create: bool) -> "Places":
        places = cls(session, create)
        await places._load_agencies()
        await places._load_framework()
        if not places.roles:
            raise Refused("No sectors and roles are configured yet", "First run: training-tracker load reference")
        return places

    async def _load_agencies(self) -> None:
        rows = list(await self.session.execute(select(Team.id, Team.agency_id, Team.parent_id, Team.name)))
        by_id: dict[int, KnownAgency] = {}
        tops = {row.agency_id: row.id for row in rows if row.parent_id is None}
        for agency in await self.session.execute(select(Agency.id, Agency.name, Agency.sector_id)):
            known = KnownAgency(agency.id, agency.name, agency.sector_id, tops[agency.id])
            self.agencies[fold(agency.name)] = by_id[agency.id] = known
        for other in await self.session.execute(select(AgencyAlias.alias, AgencyAlias.agency_id)):
            self.agencies.setdefault(other.alias, by_id[other.agency_id])
        above = {row.id: (row.parent_id, row.name) for row in rows}
        for row in rows:
            if row.parent_id is not None:
                self.teams[row.parent_id, fold(row.name)] = row.id
                names, parent = [row.name], row.parent_id
                while above[parent][0] is not None:
                    names.append(above[parent][1])
                    parent = above[parent][0]
                self.paths.setdefault(row.agency_id, {})[row.id] = f" {NESTED} ".join(reversed(names))

    async def _load_framework(self) -> None:
        for alias in await self.session.execute(select(SectorAlias.alias, SectorAlias.sector_id)):
            self.sectors[alias.alias] = alias.sector_id
        for sector in await self.session.execute(select(Sector.id, Sector.code, Sector.name)):
            self.sector_names.append(sector.name)
            self.sectors[fold(sector.name)] = self.sectors[fold(sector.code)] = sector.id
        in_use = Role.withdrawn_at.is_(None)
        aliases = select(Role.sector_id, RoleAlias.alias, Role.id).join(Role, Role.id == RoleAlias.role_id)
        for other in await self.session.execute(aliases.where(in_use)):
            self.roles[other.sector_id, other.alias] = other.id
        for role in await self.session.execute(select(Role.id, Role.code, Role.name, Role.sector_id).where(in_use)):
            self.roles[role.sector_id, fold(role.code)] = self.roles[role.sector_id, fold(role.name)] = role.id
            self.role_names.setdefault(role.sector_id, []).append(role.name)

    def agency_id(self, name: str) -> int | None:
        known = self.agencies.get(fold(name))
        return known.id if known else None

    def agency(self, name: str) -> KnownAgency:
        """Raises :class:`Refused` with the nearest known names."""
        known = self.agencies.get(fold(name))
        if known is None:
            names = [agency.name for agency in self.agencies.values()]
            raise Refused(f"There is no agency {name}", f"{_guess(name, names)} {CREATE}", "agency")
        return known

    def find(self, row: PersonRow) -> Place:
        """Where the row belongs; nothing is made yet. Raises :class:`Refused` with the nearest known names."""
        agency = self.agencies.get(fold(row.agency))
        if agency is None and not self.create:
            agency = self.agency(row.agency)
        sector_id = self._sector(row, agency)
        role_id = self._role(row, sector_id)
        own_name_first = bool(row.team) and fold(row.team[0]) == fold(row.agency)
        path = row.team[1:] if own_name_first else row.team
        if agency is None:
            _refuse_vague_teams(path)
            return Place(None, row.agency, sector_id, role_id, None, path)
        team_id, missing = self._team(agency, path)
        if missing and not self.create:
            alone = len(path) == 1 and not own_name_first
            team_id, missing = self._only_team_called(agency, path, alone), ()
        _refuse_vague_teams(missing)
        return Place(agency, agency.name, sector_id, role_id, team_id, missing)

    async def make(self, place: Place) -> tuple[KnownAgency, int]:
        """The agency and the team of a place, made now if they are not there yet."""
        agency, team_id = place.agency, place.team_id
        if agency is None:
            made, top = await create_agency(self.session, place.agency_name, place.sector_id)
            agency = self.agencies[fold(made.name)] = KnownAgency(made.id, made.name, place.sector_id, top.id)
            self.made.append(f"agency {made.name}")
        team_id = agency.top_id if team_id is None else team_id
        for name in place.missing:
            team = await create_team(self.session, agency.id, team_id, name)
            self.made.append(f"team {team.name} in {agency.name}")
            self.teams[team_id, fold(name)] = team.id
            team_id = team.id
        return agency, team_id

    def _sector(self, row: PersonRow, agency: KnownAgency | None) -> int:
        said = self.sectors.get(fold(row.sector)) if row.sector else None
        if row.sector and said is None:
            raise Refused(f"There is no sector {row.sector}", _guess(row.sector, self.sector_names), "sector")
        if agency is not None:
            if said not in (None, agency.sector_id):
                problem = f"{agency.name} is known in another sector"
                raise Refused(problem, "Leave the sector empty, or correct it.", "sector")
            return agency.sector_id
        if said is None:
            problem = f"{row.agency} is new, and its sector is missing"
            raise Refused(problem, f"Give one of these: {', '.join(self.sector_names)}.", "sector")
        return said

    def _role(self, row: PersonRow, sector_id: int) -> int:
        role_id = self.roles.get((sector_id, fold(row.role)))
        if role_id is None:
            mend = _guess(row.role, self.role_names.get(sector_id, []))
            raise Refused(f"This sector has no role {row.role}", mend, "role")
        return role_id

    def _team(self, agency: KnownAgency, path: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """The deepest known team on the way, and the names that are missing below it."""
        team_id = agency.top_id
        for depth, name in enumerate(path):
            below = self.teams.get((team_id, fold(name)))
            if below is None:
                return team_id, path[depth:]
            team_id = below
        return team_id, ()

    def _only_team_called(self, agency: KnownAgency, path: tuple[str, ...], alone: bool) -> int:
        """Somebody may give a nested team's own name alone; that is fine while it is the only one."""
        paths = self.paths.get(agency.id, {})
        last = fold(path[-1])
        same = [team_id for team_id, known in paths.items() if fold(known.split(NESTED)[-1]) == last]
        if alone and len(same) == 1:
            return same[0]
        asked = f" {NESTED} ".join(path)
        if alone and same:
            problem = f"{agency.name} has several teams called {asked}"
            raise Refused(problem, f"Write which: {' or '.join(paths[team_id] for team_id in same)}.", "team")
        raise Refused(f"{agency.name} has no team {asked}", f"{_guess(asked, list(paths.values()))} {CREATE}", "team")


CREATE = "If it is new, tick “Make teams that are not known yet” (on the command line: --create)."


def _refuse_vague_teams(names: tuple[str, ...]) -> None:
    for name in names:
        refuse_vague_name(name, "team")


def _guess(text: str, known: list[str]) -> str:
    alike = nearest(text, known)
    if alike:
        return f"Did you mean {' or '.join(alike)}?"
    return f"Known are: {', '.join(known)}." if 0 < len(known) <= 15 else "Nothing known is like it."
