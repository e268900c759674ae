"""A configuration into the database: idempotent, in one transaction, saying what it added and changed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.models import (
    AcceptanceWindow,
    Equivalence,
    Item,
    ItemAlias,
    ItemPriority,
    ItemVersion,
    Mark,
    Prerequisite,
    Priority,
)
from training_tracker.database import Base, touch
from training_tracker.expectations.models import Expectation, Measure, Method
from training_tracker.expectations.publishing import Rule, Scope, publish, version_from
from training_tracker.intake.configuration import (
    Configuration,
    ExpectationEntry,
    ItemEntry,
    MistakesInFiles,
    RoleEntry,
    ScopeEntry,
    read_configuration,
)
from training_tracker.naming import fold, nearest
from training_tracker.people.models import (
    Agency,
    AgencyPartnership,
    Partnership,
    Role,
    RoleAlias,
    RoleGroup,
    Sector,
    SectorAlias,
    Team,
)

Row = TypeVar("Row", bound=Base)

# What an expectation's entry says in other words than the rule does.
TRANSLATED = {"code", "title", "agency", "scopes", "items", "refreshers", "method", "measure", "mark"}


@dataclass
class Loaded:
    """What became of each entry: what was added, and what was changed with the fields that were."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0


async def load_configuration(session: AsyncSession, folder: Path, by: str) -> Loaded:
    """Load a folder of configuration files.

    Raises :class:`MistakesInFiles` with every mistake; nothing is loaded then, since the caller's transaction ends.
    """
    return await _Loader(session, read_configuration(folder), by).load()


class _Loader:
    """Walks the configuration in the order in which its parts need one another."""

    def __init__(self, session: AsyncSession, configuration: Configuration, by: str) -> None:
        self.session = session
        self.configuration = configuration
        self.by = by
        self.loaded = Loaded()
        self.ids: dict[tuple[type[Base], str], int] = {}

    async def load(self) -> Loaded:
        partnership = await self._partnership()
        await self._framework()
        priorities = await self._priorities(partnership.id)
        await self._items(priorities)
        await self._equivalences()
        await self._expectations(partnership.id)
        if self.loaded.added or self.loaded.changed:
            touch(self.session, everything=True)
        return self.loaded

    async def _partnership(self) -> Partnership:
        entry = self.configuration.partnership
        partnership = await self._keep(
            Partnership, f"partnership {entry.code}", {"code": entry.code}, {"name": entry.name}
        )
        members = set(
            await self.session.scalars(
                select(AgencyPartnership.agency_id).where(AgencyPartnership.partnership_id == partnership.id)
            )
        )
        everyone = set(await self.session.scalars(select(Agency.id)))
        if not members:
            # The first configuration of an installation adopts the agencies that were imported before it.
            self.session.add_all(
                AgencyPartnership(agency_id=agency, partnership_id=partnership.id) for agency in everyone
            )
        return partnership

    async def _framework(self) -> None:
        for position, group in enumerate(self.configuration.role_groups, 1):
            await self._keep(
                RoleGroup, f"role group {group.code}", {"code": group.code}, {"name": group.name, "position": position}
            )
        for sector in self.configuration.sectors:
            facts = {"name": sector.name, "statutory": sector.statutory}
            row = await self._keep(Sector, f"sector {sector.code}", {"code": sector.code}, facts)
            for alias in sector.aliases:
                key = {"alias": fold(alias)}
                await self._keep(SectorAlias, f"name “{alias}” of sector {sector.code}", key, {"sector_id": row.id})
        for role in self.configuration.roles:
            await self._role(role)

    async def _role(self, role: RoleEntry) -> None:
        facts = {
            "name": role.name,
            "sector_id": self.ids[Sector, role.sector],
            "role_group_id": self.ids[RoleGroup, role.group],
        }
        row = await self._keep(Role, f"role {role.code}", {"code": role.code}, facts)
        for alias in role.aliases:
            key = {"role_id": row.id, "alias": fold(alias)}
            await self._keep(RoleAlias, f"name “{alias}” of role {role.code}", key, {})

    async def _priorities(self, partnership_id: int) -> dict[int, int]:
        ids = {}
        for entry in self.configuration.priorities:
            facts = {"title": entry.title, "recommendations": entry.recommendations, "mark": Mark(entry.mark)}
            key = {"partnership_id": partnership_id, "number": entry.number}
            ids[entry.number] = (await self._keep(Priority, f"priority {entry.number}", key, facts)).id
        return ids

    async def _items(self, priorities: dict[int, int]) -> None:
        for entry in self.configuration.items:
            facts = entry.model_dump(
                include={"title", "kind", "tier", "format", "hours", "renewal", "address", "source"}
            )
            facts["mark"] = Mark(entry.mark)
            item = await self._keep(Item, f"item {entry.code}", {"code": entry.code}, facts)
            await self._item_details(entry, item.id, priorities)
        for entry in self.configuration.items:
            for needed in entry.needs:
                key = {"item_id": self.ids[Item, entry.code], "needs_id": self.ids[Item, needed]}
                await self._keep(Prerequisite, f"{needed} before {entry.code}", key, {})

    async def _item_details(self, entry: ItemEntry, item_id: int, priorities: dict[int, int]) -> None:
        of_item = f"of item {entry.code}"
        for alias in entry.aliases:
            facts = {"item_id": item_id, "written": alias}
            await self._keep(ItemAlias, f"name “{alias}” {of_item}", {"alias": fold(alias)}, facts)
        for version in entry.versions:
            key = {"item_id": item_id, "current_from": version.current_from}
            name = f"version {of_item} from {version.current_from}"
            await self._keep(ItemVersion, name, key, {"label": version.label})
        for window in entry.accepted:
            key = {"item_id": item_id, "accepted_from": window.since, "accepted_until": window.until}
            name = f"acceptance {of_item} from {window.since or 'ever'} until {window.until or 'further notice'}"
            await self._keep(AcceptanceWindow, name, key, {"reason": window.reason})
        for number in entry.priorities:
            key = {"item_id": item_id, "priority_id": priorities[number]}
            await self._keep(ItemPriority, f"priority {number} {of_item}", key, {})

    async def _equivalences(self) -> None:
        for entry in self.configuration.equivalences:
            key = {"item_id": self.ids[Item, entry.item], "counts_as_id": self.ids[Item, entry.counts_as]}
            facts = {"valid_from": entry.since, "valid_until": entry.until, "mark": Mark(entry.mark)}
            await self._keep(Equivalence, f"{entry.item} counts as {entry.counts_as}", key, facts)

    async def _expectations(self, partnership_id: int) -> None:
        places = await _Places.load(self.session, self.configuration)
        for entry in self.configuration.expectations:
            owner = places.agency(entry.agency)
            facts = {
                "title": entry.title,
                "agency_id": owner,
                "partnership_id": None if owner else partnership_id,
            }
            expectation = await self._keep(Expectation, f"expectation {entry.code}", {"code": entry.code}, facts)
            scopes = frozenset(self._scope(entry, scope, places) for scope in entry.scopes)
            rule = Rule(
                items=frozenset(self.ids[Item, code] for code in entry.items),
                refreshers=frozenset(self.ids[Item, code] for code in entry.refreshers),
                scopes=scopes,
                method=Method(entry.method),
                measure=Measure(entry.measure),
                mark=Mark(entry.mark),
                **entry.model_dump(exclude=TRANSLATED),
            )
            await self._publish(expectation, rule)

    async def _publish(self, expectation: Expectation, rule: Rule) -> None:
        name = f"version of expectation {expectation.code} from {rule.effective_from}"
        corrects = await version_from(self.session, expectation.id, rule.effective_from) is not None
        if await publish(self.session, expectation.id, rule, self.by) is None:
            self.loaded.unchanged += 1
        else:
            self._note(f"{name}: corrected" if corrects else name, new=not corrects)

    def _scope(self, entry: ExpectationEntry, scope: ScopeEntry, places: "_Places") -> Scope:
        return Scope(
            agency_id=places.agency(scope.agency),
            sector_id=self.ids[Sector, scope.sector] if scope.sector else None,
            role_id=self.ids[Role, scope.role] if scope.role else None,
            role_group_id=self.ids[RoleGroup, scope.role_group] if scope.role_group else None,
            team_id=places.team(scope.agency or entry.agency, scope.team),
        )

    async def _keep(self, model: type[Row], name: str, key: dict[str, Any], facts: dict[str, Any]) -> Row:
        """Add the row with this key, or bring it up to what the file says."""
        row = await self.session.scalar(select(model).filter_by(**key))
        if row is None:
            row = model(**key, **facts)
            self.session.add(row)
            await self.session.flush()
            self._note(name, new=True)
        elif changes := {n: v for n, v in facts.items() if getattr(row, n) != v}:
            for field_name, value in changes.items():
                setattr(row, field_name, value)
            await self.session.flush()
            self._note(f"{name}: {', '.join(changes)}", new=False)
        else:
            self.loaded.unchanged += 1
        if "code" in key:
            self.ids[model, key["code"]] = row.id  # type: ignore[attr-defined]  # every coded table has an id
        return row

    def _note(self, name: str, *, new: bool) -> None:
        (self.loaded.added if new else self.loaded.changed).append(name)


class _Places:
    """The agencies and teams that expectations name: they come from imports, not from these files."""

    def __init__(self, agencies: dict[str, tuple[int, str]], teams: dict[tuple[int, str], list[int]]) -> None:
        self.agencies = agencies
        self.teams = teams

    @classmethod
    async def load(cls, session: AsyncSession, configuration: Configuration) -> "_Places":
        """Raises :class:`MistakesInFiles` for every agency and team that is not known."""
        rows = await session.execute(select(Agency.id, Agency.name))
        agencies = {fold(row.name): (row.id, row.name) for row in rows}
        teams: dict[tuple[int, str], list[int]] = {}
        for team in await session.execute(select(Team.id, Team.agency_id, Team.name)):
            teams.setdefault((team.agency_id, fold(team.name)), []).append(team.id)
        places = cls(agencies, teams)
        mistakes = [
            f"{entry.place}: {mistake}"
            for entry in configuration.expectations
            for scope in (ScopeEntry(agency=entry.agency), *entry.scopes)
            for mistake in places.mistakes(scope.agency or entry.agency, scope.team)
        ]
        if mistakes:
            raise MistakesInFiles(list(dict.fromkeys(mistakes)))
        return places

    def mistakes(self, agency: str | None, team: str | None) -> list[str]:
        if agency is None:
            return []
        if fold(agency) not in self.agencies:
            alike = nearest(agency, [name for _, name in self.agencies.values()], 1)
            mend = f"did you mean {alike[0]}?" if alike else "import its people first, or correct the name."
            return [f"there is no agency {agency}; {mend}"]
        found = len(self.teams.get((self.agencies[fold(agency)][0], fold(team)), [])) if team else 1
        if found == 1:
            return []
        what = "no team" if found == 0 else f"{found} teams called"
        return [f"{agency} has {what} {team}; {'correct the name' if found == 0 else 'name one that is the only one'}."]

    def agency(self, name: str | None) -> int | None:
        return self.agencies[fold(name)][0] if name else None

    def team(self, agency: str | None, name: str | None) -> int | None:
        agency_id = self.agency(agency)
        return self.teams[agency_id, fold(name)][0] if agency_id and name else None
