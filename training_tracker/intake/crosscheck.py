"""Whether the entries of a configuration fit together: what one names stands in another, and nothing is said twice."""

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from training_tracker.errors import Refused
from training_tracker.naming import fold, nearest, refuse_vague_name

if TYPE_CHECKING:
    from training_tracker.intake.configuration import Entry, ExpectationEntry

Entries = dict[str, list[Any]]


class CrossCheck:
    """``declared`` holds the codes of every entry, sound or not; without it references are not looked into."""

    def __init__(self, entries: Entries, declared: dict[str, set[Any]] | None) -> None:
        self.entries = entries
        self.mistakes: list[str] = []
        self._nothing_twice()
        self._names_mean_one_thing()
        self._versions_agree()
        if declared is not None:
            self.declared = declared
            self._references()
            self._scopes()
            for feed in self.entries["feeds"]:
                self._known(feed, "item", feed.item, "items")

    def _say(self, entry: "Entry", text: str) -> None:
        self.mistakes.append(f"{entry.place}: {text}")

    # --- nothing twice ---

    def _nothing_twice(self) -> None:
        for table in ("role_groups", "sectors", "roles", "items"):
            text = "this code is used twice; give each entry its own."
            self._unique(((entry, entry.code) for entry in self.entries[table]), text)
        text = "this number is used twice; give each priority its own."
        self._unique(((entry, entry.number) for entry in self.entries["priorities"]), text)
        pairs = ((e, (fold(e.agency or ""), e.item, e.counts_as)) for e in self.entries["equivalences"])
        self._unique(pairs, "this stands twice; keep one.")
        versions = ((entry, (entry.code, entry.effective_from)) for entry in self.entries["expectations"])
        self._unique(versions, "stands twice with the same effective_from; a new version needs a later date.")
        feeds = ((entry, (fold(entry.agency), entry.item)) for entry in self.entries["feeds"])
        self._unique(feeds, "this feed stands twice; keep one.")
        for item in self.entries["items"]:
            editions = ((item, version.current_from) for version in item.versions)
            self._unique(editions, "two versions have the same current_from; keep one.")

    def _unique(self, keys: "Iterable[tuple[Entry, Hashable]]", text: str) -> None:
        seen: set[Hashable] = set()
        for entry, key in keys:
            if key in seen:
                self._say(entry, text)
            seen.add(key)

    def _names_mean_one_thing(self) -> None:
        owners: dict[Hashable, str] = {}
        for sector in self.entries["sectors"]:
            for name in (sector.name, *sector.aliases):
                try:
                    refuse_vague_name(name, "name")
                except Refused as refusal:
                    self._say(sector, str(refusal))
            self._own(owners, sector, "sector", (sector.code, sector.name, *sector.aliases))
        for role in self.entries["roles"]:
            self._own(owners, role, ("role", role.sector), (role.code, role.name, *role.aliases))
        for item in self.entries["items"]:
            self._own(owners, item, "item", (item.code, item.title, *item.aliases))

    def _own(self, owners: dict[Hashable, str], entry: Any, kind: Hashable, names: Iterable[str]) -> None:
        for name in sorted({fold(name) for name in names}):
            owner = owners.setdefault((kind, name), entry.code)
            if owner != entry.code:
                self._say(entry, f"“{name}” already names {owner}; take it out of one of the two.")

    def _versions_agree(self) -> None:
        first: dict[str, ExpectationEntry] = {}
        for entry in self.entries["expectations"]:
            earlier = first.setdefault(entry.code, entry)
            if (earlier.title, earlier.agency) != (entry.title, entry.agency):
                self._say(entry, "another version has another title or agency; give all versions the same.")

    # --- what one entry names stands in another ---

    def _references(self) -> None:
        for role in self.entries["roles"]:
            self._known(role, "sector", role.sector, "sectors")
            self._known(role, "group", role.group, "role_groups")
        for item in self.entries["items"]:
            for needed in item.needs:
                self._known(item, "needs", needed, "items")
                if needed == item.code:
                    self._say(item, "needs: an item cannot come before itself; take it out.")
            for number in item.priorities:
                if number not in self.declared["priorities"]:
                    self._say(item, f"priorities: there is no priority {number}; add it, or correct the number.")
        for equivalence in self.entries["equivalences"]:
            self._known(equivalence, "item", equivalence.item, "items")
            self._known(equivalence, "counts_as", equivalence.counts_as, "items")
            if equivalence.item == equivalence.counts_as:
                self._say(equivalence, "an item always counts as itself; leave this entry out.")
        for expectation in self.entries["expectations"]:
            for field in ("items", "refreshers"):
                for code in getattr(expectation, field):
                    self._known(expectation, field, code, "items")

    def _scopes(self) -> None:
        sector_of = {role.code: role.sector for role in self.entries["roles"]}
        for expectation in self.entries["expectations"]:
            for scope in expectation.scopes:
                self._known(expectation, "scopes.sector", scope.sector, "sectors")
                self._known(expectation, "scopes.role", scope.role, "roles")
                self._known(expectation, "scopes.role_group", scope.role_group, "role_groups")
                if scope.sector and scope.role and sector_of.get(scope.role, scope.sector) != scope.sector:
                    text = f"scopes: {scope.role} is a role of {sector_of[scope.role]}; leave the sector out."
                    self._say(expectation, text)
                if scope.team and not (scope.agency or expectation.agency):
                    self._say(expectation, "scopes.team needs scopes.agency beside it, to say whose team it is.")

    def _known(self, entry: "Entry", field: str, code: str | None, table: str) -> None:
        if code is not None and code not in self.declared[table]:
            alike = nearest(code, [str(known) for known in self.declared[table]], 1)
            mend = f"did you mean {alike[0]}?" if alike else "add it, or correct the code."
            self._say(entry, f"{field}: {code} is not configured; {mend}")
