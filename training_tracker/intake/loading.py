"""A configuration into the database: idempotent, in one transaction, saying what it added and changed.

An entry that has gone from the files stays; what has gone from inside an entry goes, for an entry is said as a whole.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, inspect, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import (
    AcceptanceWindow,
    Equivalence,
    Item,
    ItemAlias,
    ItemHistory,
    ItemPriority,
    ItemVersion,
    Kept,
    Mark,
    Prerequisite,
    Priority,
)
from training_tracker.database import Base, touch
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation, Measure, Method, OnChange, Setting
from training_tracker.expectations.publishing import Rule, Scope, publish, version_from, withdraw_all_but
from training_tracker.expectations.tightening import loosened_by
from training_tracker.intake.configuration import (
    Configuration,
    ExpectationEntry,
    ItemEntry,
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
    RoleHistory,
    Sector,
    SectorAlias,
)
from training_tracker.records.feeding import Declared, expect_feed

Row = TypeVar("Row", bound=Base)

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

    async def _role(self, role: RoleEntry) -> None:
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
        for entry in self.configuration.items:
            facts = entry.model_dump(
                include={
                    *("title", "kind", "tier", "format", "hours", "participatory"),
                    *("comes_first", "public", "renewal", "address", "source"),
                }
            )
            facts["mark"] = Mark(entry.mark)
            item = await self._keep(Item, f"item {entry.code}", {"code": entry.code}, facts)
            await self._item_details(entry, item.id, priorities)
        codes = {row.id: row.code for row in await self.session.execute(select(Item.id, Item.code))}
        for entry in self.configuration.items:
            await self._needs(entry, codes)

    async def _needs(self, entry: ItemEntry, codes: dict[int, str]) -> None:
        item_id = self.ids[Item, entry.code]

        def name(needed: str) -> str:
            return f"{needed} before {entry.code}"

        said = [Said(name(code), {"item_id": item_id, "needs_id": self.ids[Item, code]}) for code in entry.needs]
        await self._keep_only(
            Prerequisite, Prerequisite.item_id == item_id, said, lambda gone: name(codes[gone.needs_id])
        )

    async def _item_details(self, entry: ItemEntry, item_id: int, priorities: dict[int, int]) -> None:
        await self._item_names(entry, item_id)
        await self._editions(entry, item_id)
        await self._windows(entry, item_id)
        await self._served(entry, item_id, priorities)

    async def _item_names(self, entry: ItemEntry, item_id: int) -> None:
        def name(alias: str) -> str:
            return f"name “{alias}” of item {entry.code}"

        said = [
            Said(name(alias), {"alias": fold(alias)}, {"item_id": item_id, "written": alias}) for alias in entry.aliases
        ]
        await self._keep_only(ItemAlias, ItemAlias.item_id == item_id, said, lambda gone: name(gone.written))

    async def _editions(self, entry: ItemEntry, item_id: int) -> None:
        def name(current_from: date) -> str:
            return f"version of item {entry.code} from {current_from}"

        said = [
            Said(
                name(version.current_from),
                {"item_id": item_id, "current_from": version.current_from},
                {"label": version.label},
            )
            for version in entry.versions
        ]
        await self._keep_only(ItemVersion, ItemVersion.item_id == item_id, said, lambda gone: name(gone.current_from))

    async def _windows(self, entry: ItemEntry, item_id: int) -> None:
        def name(since: date | None, until: date | None) -> str:
            return f"acceptance of item {entry.code} from {since or 'ever'} until {until or 'further notice'}"

        said = [
            Said(
                name(window.since, window.until),
                {"item_id": item_id, "accepted_from": window.since, "accepted_until": window.until},
                {"reason": window.reason},
            )
            for window in entry.accepted
        ]
        await self._keep_only(
            AcceptanceWindow,
            AcceptanceWindow.item_id == item_id,
            said,
            lambda gone: name(gone.accepted_from, gone.accepted_until),
        )

    async def _served(self, entry: ItemEntry, item_id: int, priorities: dict[int, int]) -> None:
        def name(number: int) -> str:
            return f"priority {number} of item {entry.code}"

        # What serves a priority that is kept on the pages is kept there too.
        numbers = [n for n in entry.priorities if n in priorities]
        said = [Said(name(n), {"item_id": item_id, "priority_id": priorities[n]}) for n in numbers]
        # An item may serve the priorities of another partnership too; those are not for these files to say.
        ours = (ItemPriority.item_id == item_id) & ItemPriority.priority_id.in_(priorities.values())
        number_of = {priority_id: number for number, priority_id in priorities.items()}
        await self._keep_only(ItemPriority, ours, said, lambda gone: name(number_of[gone.priority_id]))

    async def _equivalences(self, ownership: Ownership) -> None:
        for entry in self.configuration.equivalences:
            key = {
                "agency_id": ownership.agency(entry.agency),
                "item_id": self.ids[Item, entry.item],
                "counts_as_id": self.ids[Item, entry.counts_as],
            }
            facts = {
                "holds": entry.holds,
                "valid_from": entry.since,
                "valid_until": entry.until,
                "mark": Mark(entry.mark),
            }
            whose = f", as {entry.agency} decides" if entry.agency else ""
            await self._keep(Equivalence, f"{entry.item} counts as {entry.counts_as}{whose}", key, facts)

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
        """Add the row with this key, or bring it up to what the file says.

        Of what decides which completions count the row is withdrawn instead, and another one added.
        """
        row = await self.session.scalar(select(model).where(_stands(model)).filter_by(**key))
        if row is None:
            row = await self._add(model(**key, **facts))
            self._note(name, new=True)
        elif changes := {n: v for n, v in facts.items() if getattr(row, n) != v}:
            if isinstance(row, Kept):
                row.withdrawn_at = self.moment
                await self.session.flush()
                row = await self._add(model(**key, **facts))
            else:
                self._keep_what_was(row, changes)
                for field_name, value in changes.items():
                    setattr(row, field_name, value)
                await self.session.flush()
            self._note(f"{name}: {', '.join(changes)}", new=False)
        else:
            self.loaded.unchanged += 1
        if "code" in key:
            self.ids[model, key["code"]] = row.id  # type: ignore[attr-defined]  # every coded table has an id
        return row

    def _keep_what_was(self, row: Base, changes: dict[str, Any]) -> None:
        """What standings follow from is known as it was until now."""
        if isinstance(row, Role) and "role_group_id" in changes:
            self.session.add(RoleHistory(role_id=row.id, role_group_id=row.role_group_id, superseded_at=self.moment))
        if isinstance(row, Item) and "participatory" in changes:
            self.session.add(ItemHistory(item_id=row.id, participatory=row.participatory, superseded_at=self.moment))

    async def _keep_only(
        self, model: type[Row], of_entry: ColumnElement[bool], said: list[Said], name: Callable[[Row], str]
    ) -> None:
        """Keep the rows that an entry says, and remove those that it held and says no longer."""
        kept = [await self._keep(model, row.name, row.key, row.facts) for row in said]
        held = select(model).where(of_entry, _stands(model)).order_by(*inspect(model).primary_key)
        for row in await self.session.scalars(held):
            if row not in kept:
                self._note(f"{name(row)}: removed", new=False)
                if isinstance(row, Kept):
                    row.withdrawn_at = self.moment
                else:
                    await self.session.delete(row)
        await self.session.flush()

    async def _add(self, row: Row) -> Row:
        if isinstance(row, Kept):
            row.recorded_at = self.moment
        self.session.add(row)
        await self.session.flush()
        return row

    def _note(self, name: str, *, new: bool) -> None:
        (self.loaded.added if new else self.loaded.changed).append(name)


def _partnerships_first(entry: ExpectationEntry) -> tuple[bool, int]:
    """An agency's rules are held against the partnership's, the latest first, since each lasts until the next."""
    return entry.agency is not None, -entry.effective_from.toordinal() if entry.agency else 0


def _stands(model: type[Base]) -> ColumnElement[bool]:
    return model.withdrawn_at.is_(None) if issubclass(model, Kept) else true()
