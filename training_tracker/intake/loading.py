"""A configuration into the database: idempotent, in one transaction, saying what it added and changed.

An entry that has gone from the files stays; what has gone from inside an entry goes, for an entry is said as a whole.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.keeping import FILES, ItemFacts, Keeping
from training_tracker.catalogue.models import Equivalence, Item, ItemKind, Mark, Priority
from training_tracker.database import Base, touch
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation, Measure, Method, OnChange, Setting
from training_tracker.expectations.publishing import Rule, Scope, publish, version_from, withdraw_all_but
from training_tracker.expectations.tightening import loosened_by
from training_tracker.intake.configuration import (
    Configuration,
    ExpectationEntry,
    MistakesInFiles,
    RoleEntry,
    ScopeEntry,
    SectorEntry,
    read_configuration,
)
from training_tracker.intake.ownership import Ownership
from training_tracker.naming import fold
from training_tracker.people.models import (
    Agency,
    AgencyPartnership,
    Partnership,
    Role,
    RoleAlias,
    RoleGroup,
    Sector,
    SectorAlias,
)
from training_tracker.people.roles import known_group_until
from training_tracker.records.feeding import Declared, expect_feed

Row = TypeVar("Row", bound=Base)

# What an item's entry says in the same words as the catalogue does.
STRAIGHT = {
    "title",
    "tier",
    "format",
    "hours",
    "participatory",
    "comes_first",
    "public",
    "renewal",
    "address",
    "source",
}
# What an expectation's entry says in other words than the rule does.
TRANSLATED = {
    *("code", "title", "agency", "scopes", "items", "refreshers"),
    *("method", "measure", "on_change", "least_strength", "setting", "mark"),
}


@dataclass
class Loaded:
    """What became of each entry: what was added, and what was changed, with the fields that were or what befell it.

    ``looser`` says which agencies' rules ask less than what the partnership asks since this load; ``left`` which
    entries were left as they are, since they are kept on the pages.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    looser: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True)
class Said:
    """One row that a part of an entry stands for: what to call it, how to recognise it, and what else it holds."""

    name: str
    key: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)


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
        self.moment = now()
        self.loaded = Loaded()
        self.ids: dict[tuple[type[Base], str], int] = {}
        self.items: dict[str, Item] = {}
        self.catalogue = Keeping(session, FILES)

    async def load(self) -> Loaded:
        partnership = await self._partnership()
        await self._framework()
        priorities = await self._priorities(partnership.id)
        await self._items(priorities)
        ownership = await Ownership.load(self.session, partnership, self.configuration)
        await self._equivalences(ownership)
        # What has changed so far can matter to every standing; a rule only to those of its expectation, and no standing
        # changes for a feed.
        if self.loaded.added or self.loaded.changed:
            touch(self.session, everything=True)
        await self._expectations(ownership)
        await self._feeds(ownership)
        return self.loaded

    async def _partnership(self) -> Partnership:
        entry = self.configuration.partnership
        same_name = select(Partnership.code).where(Partnership.name == entry.name, Partnership.code != entry.code)
        if other := await self.session.scalar(same_name):
            mend = f'write code = "{other}", or give this one a name of its own.'
            raise MistakesInFiles([f"{entry.place}: {entry.name} is known by another code; {mend}"])
        partnership = await self._keep(
            Partnership,
            f"partnership {entry.code}",
            {"code": entry.code},
            {"name": entry.name, "contact_email": entry.contact_email},
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
            if await self._is_left(RoleGroup, f"role group {group.code}", group.code):
                continue
            await self._keep(
                RoleGroup,
                f"role group {group.code}",
                {"code": group.code},
                {"name": group.name, "position": position, "audience": group.audience},
            )
        for sector in self.configuration.sectors:
            facts = {"name": sector.name, "statutory": sector.statutory}
            row = await self._keep(Sector, f"sector {sector.code}", {"code": sector.code}, facts)
            await self._sector_names(sector, row.id)
        for role in self.configuration.roles:
            await self._role(role)

    async def _sector_names(self, sector: SectorEntry, sector_id: int) -> None:
        def name(alias: str) -> str:
            return f"name “{alias}” of sector {sector.code}"

        said = [Said(name(alias), {"alias": fold(alias)}, {"sector_id": sector_id}) for alias in sector.aliases]
        await self._keep_only(SectorAlias, SectorAlias.sector_id == sector_id, said, lambda gone: name(gone.alias))

    async def _is_left(self, model: type[Role | RoleGroup], name: str, code: str) -> bool:
        """Whether this is kept on the pages, so that these files may name it and not change it."""
        kept = select(model.id).where(model.code == code, model.kept_on_pages)
        if (number := await self.session.scalar(kept)) is None:
            return False
        self.ids[model, code] = number
        self.loaded.left.append(name)
        return True

    async def _role(self, role: RoleEntry) -> None:
        if await self._is_left(Role, f"role {role.code}", role.code):
            return
        facts = {
            "name": role.name,
            "sector_id": self.ids[Sector, role.sector],
            "role_group_id": self.ids[RoleGroup, role.group],
        }
        row = await self._keep(Role, f"role {role.code}", {"code": role.code}, facts)

        def name(alias: str) -> str:
            return f"name “{alias}” of role {role.code}"

        said = [Said(name(alias), {"role_id": row.id, "alias": fold(alias)}) for alias in role.aliases]
        await self._keep_only(RoleAlias, RoleAlias.role_id == row.id, said, lambda gone: name(gone.alias))

    async def _priorities(self, partnership_id: int) -> dict[int, int]:
        """The partnership's priorities by number that files may speak of, with those that have gone from them."""
        known = select(Priority.number, Priority.id).where(Priority.partnership_id == partnership_id)
        kept = set(await self.session.scalars(known.where(Priority.kept_on_pages)))
        for entry in self.configuration.priorities:
            if entry.number in kept:
                self.loaded.left.append(f"priority {entry.number}")
                continue
            facts = {"title": entry.title, "recommendations": entry.recommendations, "mark": Mark(entry.mark)}
            key = {"partnership_id": partnership_id, "number": entry.number}
            await self._keep(Priority, f"priority {entry.number}", key, facts)
        known = known.where(~Priority.kept_on_pages)
        return {row.number: row.id for row in await self.session.execute(known)}

    async def _items(self, priorities: dict[int, int]) -> None:
        """But for those that a partnership's lead keeps on the pages."""
        kept = set(await self.session.scalars(select(Item.code).where(Item.kept_on_pages)))
        entries = [entry for entry in self.configuration.items if entry.code not in kept]
        for entry in entries:
            said = entry.model_dump(include=STRAIGHT) | {"kind": ItemKind(entry.kind), "mark": Mark(entry.mark)}
            item = await self.catalogue.item(entry.code, ItemFacts(**said))
            await self.catalogue.names(item, entry.aliases)
            await self.catalogue.editions(item, {one.current_from: one.label for one in entry.versions})
            await self.catalogue.windows(item, {(one.since, one.until): one.reason for one in entry.accepted})
            await self.catalogue.serves(item, entry.priorities, priorities)
        self.items = {item.code: item for item in await self.session.scalars(select(Item))}
        self.ids |= {(Item, code): item.id for code, item in self.items.items()}
        for entry in entries:
            await self.catalogue.needs(self.items[entry.code], [self.items[code] for code in entry.needs])
        self.loaded.left += sorted(f"item {entry.code}" for entry in self.configuration.items if entry.code in kept)

    async def _equivalences(self, ownership: Ownership) -> None:
        decided = select(Equivalence.item_id, Equivalence.counts_as_id).where(
            Equivalence.kept_on_pages, Equivalence.agency_id.is_(None)
        )
        kept = {(row.item_id, row.counts_as_id) for row in await self.session.execute(decided)}
        for entry in self.configuration.equivalences:
            item, other = self.items[entry.item], self.items[entry.counts_as]
            agency_id = ownership.agency(entry.agency)
            if agency_id is None and (item.id, other.id) in kept:
                self.loaded.left.append(f"{entry.item} counts as {entry.counts_as}")
                continue
            agency = (agency_id, entry.agency) if agency_id is not None and entry.agency else None
            days, mark = (entry.since, entry.until), Mark(entry.mark)
            await self.catalogue.counts_as(item, other, days, mark, agency, holds=entry.holds)
        for note in self.catalogue.notes:
            self._note(note.name, new=note.new)
        self.loaded.unchanged += self.catalogue.unchanged

    async def _expectations(self, ownership: Ownership) -> None:
        kept = set(await self.session.scalars(select(Expectation.code).where(Expectation.kept_on_pages)))
        entries = [entry for entry in self.configuration.expectations if entry.code not in kept]
        self.loaded.left += [
            f"expectation {code}" for code in sorted({entry.code for entry in self.configuration.expectations} & kept)
        ]
        beginnings: dict[str, set[date]] = {}
        for entry in entries:
            beginnings.setdefault(entry.code, set()).add(entry.effective_from)
        to_come = Counter(entry.code for entry in entries)
        mistakes: list[str] = []
        published: set[int] = set()
        for entry in sorted(entries, key=_partnerships_first):
            agency_id, partnership_id = ownership.owner(entry.agency)
            facts = {"title": entry.title, "agency_id": agency_id, "partnership_id": partnership_id}
            expectation = await self._keep(Expectation, f"expectation {entry.code}", {"code": entry.code}, facts)
            scopes = frozenset(self._scope(entry, scope, ownership) for scope in entry.scopes)
            rule = Rule(
                items=frozenset(self.ids[Item, code] for code in entry.items),
                refreshers=frozenset(self.ids[Item, code] for code in entry.refreshers),
                scopes=scopes,
                method=Method(entry.method),
                measure=Measure(entry.measure),
                on_change=OnChange(entry.on_change),
                least_strength=Strength.of(entry.least_strength),
                mark=Mark(entry.mark),
                setting=Setting(entry.setting),
                **entry.model_dump(exclude=TRANSLATED),
            )
            try:
                published |= await self._publish(expectation, rule)
                to_come[entry.code] -= 1
                # Only these files publish its rules, so a version that none of them says any longer was a mistake.
                if not to_come[entry.code]:
                    for day in await withdraw_all_but(self.session, expectation.id, beginnings[entry.code]):
                        self._note(f"version of expectation {entry.code} from {day}: withdrawn", new=False)
            except Refused as refusal:
                mistakes.append(f"{entry.place}: {refusal}")
        if mistakes:
            raise MistakesInFiles(mistakes)
        self.loaded.looser = await loosened_by(self.session, published)

    async def _publish(self, expectation: Expectation, rule: Rule) -> set[int]:
        """The number of the version, if it was not published before."""
        name = f"version of expectation {expectation.code} from {rule.effective_from}"
        corrects = await version_from(self.session, expectation.id, rule.effective_from) is not None
        version = await publish(self.session, expectation.id, rule, self.by)
        if version is None:
            self.loaded.unchanged += 1
            return set()
        self._note(f"{name}: corrected" if corrects else name, new=not corrects)
        return {version.id}

    async def _feeds(self, ownership: Ownership) -> None:
        for entry in self.configuration.feeds:
            name = f"feed of {entry.agency}, {entry.item}"
            agency_id, _ = ownership.agencies[fold(entry.agency)]
            became = await expect_feed(
                self.session,
                agency_id,
                self.ids[Item, entry.item],
                limit_days=entry.at_most_days,
                starts_on=entry.starts_on,
                by=self.by,
            )
            match became:
                case Declared.NEW:
                    self._note(name, new=True)
                case Declared.CHANGED:
                    self._note(f"{name}: replaced", new=False)
                case Declared.KNOWN_ALREADY:
                    self.loaded.unchanged += 1

    def _scope(self, entry: ExpectationEntry, scope: ScopeEntry, ownership: Ownership) -> Scope:
        return Scope(
            agency_id=ownership.agency(scope.agency),
            sector_id=self.ids[Sector, scope.sector] if scope.sector else None,
            role_id=self.ids[Role, scope.role] if scope.role else None,
            role_group_id=self.ids[RoleGroup, scope.role_group] if scope.role_group else None,
            team_id=ownership.team(scope.agency or entry.agency, scope.team),
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
            if isinstance(row, Role) and "role_group_id" in changes:
                # What standings follow from is known as it was until now.
                was = known_group_until(row.id, row.role_group_id, self.moment)
                self.session.add(was)
            for field_name, value in changes.items():
                setattr(row, field_name, value)
            await self.session.flush()
            self._note(f"{name}: {', '.join(changes)}", new=False)
        else:
            self.loaded.unchanged += 1
        if "code" in key:
            self.ids[model, key["code"]] = row.id  # type: ignore[attr-defined]  # every coded table has an id
        return row

    async def _keep_only(
        self, model: type[Row], of_entry: ColumnElement[bool], said: list[Said], name: Callable[[Row], str]
    ) -> None:
        """Keep the rows that an entry says, and remove those that it held and says no longer."""
        kept = [await self._keep(model, row.name, row.key, row.facts) for row in said]
        held = select(model).where(of_entry).order_by(*inspect(model).primary_key)
        for row in await self.session.scalars(held):
            if row not in kept:
                self._note(f"{name(row)}: removed", new=False)
                await self.session.delete(row)
        await self.session.flush()

    def _note(self, name: str, *, new: bool) -> None:
        (self.loaded.added if new else self.loaded.changed).append(name)


def _partnerships_first(entry: ExpectationEntry) -> tuple[bool, int]:
    """An agency's rules are held against the partnership's, the latest first, since each lasts until the next."""
    return entry.agency is not None, -entry.effective_from.toordinal() if entry.agency else 0
