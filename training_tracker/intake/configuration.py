"""A partnership's configuration as TOML files: the format, and reading it with every mistake told at once.

The files of a folder are read together, so their names are the partnership's own choice. ``docs/configuration.md``
describes the format for the people who write it.
"""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training_tracker.errors import Refused
from training_tracker.naming import fold, nearest, refuse_vague_name

REFERENCE = Path(__file__).resolve().parent / "reference"

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=60)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
MarkWord = Literal["sourced", "illustrative"]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PartnershipEntry(Entry):
    code: Code
    name: Name


class PriorityEntry(Entry):
    number: int = Field(ge=1)
    title: Name
    recommendations: list[int] = []
    mark: MarkWord


class RoleGroupEntry(Entry):
    code: Code
    name: Name


class SectorEntry(Entry):
    code: Code
    name: Name
    statutory: bool = False
    aliases: list[Name] = []


class RoleEntry(Entry):
    code: Code
    name: Name
    sector: Code
    group: Code
    aliases: list[Name] = []


class VersionEntry(Entry):
    label: Name
    current_from: date


class AcceptedEntry(Entry):
    accepted_from: date | None = Field(None, alias="from")
    accepted_until: date | None = Field(None, alias="until")
    reason: str


class ItemEntry(Entry):
    code: Code
    title: Name
    kind: Literal["course", "resource"]
    tier: str = ""
    format: str = ""
    hours: float | None = Field(None, gt=0)
    renewal: str = ""
    address: str = ""
    aliases: list[Name] = []
    priorities: list[int] = []
    needs: list[Code] = []
    versions: list[VersionEntry] = []
    accepted: list[AcceptedEntry] = []
    mark: MarkWord
    source: str


class EquivalenceEntry(Entry):
    item: Code
    counts_as: Code
    valid_from: date | None = Field(None, alias="from")
    valid_until: date | None = Field(None, alias="until")
    mark: MarkWord


class ScopeEntry(Entry):
    agency: Name | None = None
    sector: Code | None = None
    role: Code | None = None
    role_group: Code | None = None
    team: Name | None = None


class ExpectationEntry(Entry):
    code: Code
    title: Name
    agency: Name | None = None
    scopes: list[ScopeEntry] = [ScopeEntry()]
    items: list[Code] = Field(min_length=1)
    required: bool = True
    target_percent: float = Field(90, ge=0, le=100)
    first_due_days: int = Field(ge=0)
    return_notice_days: int = Field(30, ge=0)
    amount: float = Field(1, gt=0)
    measure: Literal["items", "hours"] = "items"
    method: Literal["once", "completion", "cycle"]
    period_months: int | None = Field(None, gt=0, le=600)
    anchor_on: date | None = None
    least_validity_months: int = Field(0, ge=0)
    renewal_window_months: int = Field(3, ge=0)
    current_version_only: bool = False
    people_in_setting: int | None = Field(None, ge=1)
    effective_from: date
    effective_until: date | None = None
    mark: MarkWord
    source: str = Field(min_length=1)
    rationale: str = ""

    @model_validator(mode="after")
    def rule_holds_together(self) -> "ExpectationEntry":
        if (self.method == "once") != (self.period_months is None):
            raise ValueError("period_months belongs to the methods completion and cycle, and to no other")
        if (self.method == "cycle") != (self.anchor_on is not None):
            raise ValueError("anchor_on belongs to the method cycle, and to no other")
        if self.method == "cycle" and self.least_validity_months > (self.period_months or 0):
            raise ValueError("least_validity_months cannot be longer than period_months")
        if self.measure == "items" and self.amount != int(self.amount):
            raise ValueError('amount counts whole items; for hours write measure = "hours"')
        if self.measure == "items" and self.amount > len(self.items):
            raise ValueError(f"amount asks for {self.amount:g} items, but only {len(self.items)} are listed")
        if self.current_version_only and (self.measure != "items" or len(self.items) != 1):
            raise ValueError("current_version_only is for a rule about exactly one item")
        if self.effective_until and self.effective_until < self.effective_from:
            raise ValueError("effective_until is before effective_from")
        return self


class Configuration(BaseModel):
    """Everything a folder says, checked against itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partnership: PartnershipEntry
    priorities: list[PriorityEntry] = []
    role_groups: list[RoleGroupEntry] = []
    sectors: list[SectorEntry] = []
    roles: list[RoleEntry] = []
    items: list[ItemEntry] = []
    equivalences: list[EquivalenceEntry] = []
    expectations: list[ExpectationEntry] = []


class MistakesInFiles(Refused):
    """All the mistakes of a folder, one line each: file, entry, what is wrong and what to do."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("Nothing was loaded. These entries need mending:\n" + "\n".join(mistakes), "")


def read_configuration(folder: Path) -> Configuration:
    """Read every ``*.toml`` of a folder as one configuration.

    Raises :class:`MistakesInFiles` naming file, entry and mend of every mistake.
    """
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}", "Name a folder of .toml files, or write: load reference")
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise Refused(f"{folder} holds no .toml file", "docs/configuration.md shows the files and their entries.")
    merged, origins = _merge(files)
    try:
        configuration = Configuration.model_validate(merged)
    except ValidationError as error:
        raise MistakesInFiles([_mistake(e, merged, origins) for e in error.errors()]) from None
    mistakes = _CrossCheck(configuration, origins).mistakes
    if mistakes:
        raise MistakesInFiles(mistakes)
    return configuration


Origins = dict[tuple[str, int], str]


def _merge(files: list[Path]) -> tuple[dict[str, Any], Origins]:
    merged: dict[str, Any] = {}
    origins: Origins = {}
    mistakes: list[str] = []
    for file in files:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            mistakes.append(f"{file.name}: cannot be read as TOML ({error}).")
            continue
        for table, entries in content.items():
            if isinstance(entries, list):
                kept = merged.setdefault(table, [])
                if not isinstance(kept, list):
                    mistakes.append(f"{file.name}: [[{table}]] is a list here and a single table elsewhere.")
                    continue
                for entry in entries:
                    origins[table, len(kept)] = file.name
                    kept.append(entry)
            elif table in merged:
                mistakes.append(f"{file.name}: [{table}] stands in two files; keep one.")
            else:
                merged[table] = entries
                origins[table, 0] = file.name
    if mistakes:
        raise MistakesInFiles(mistakes)
    return merged, origins


def _mistake(error: Any, merged: dict[str, Any], origins: Origins) -> str:
    location = list(error["loc"])
    table = str(location[0]) if location else ""
    index = location[1] if len(location) > 1 and isinstance(location[1], int) else 0
    file = origins.get((table, index), "")
    entry = merged.get(table)
    entry = entry[index] if isinstance(entry, list) and index < len(entry) else entry
    name = _entry_name(entry, index)
    field = ".".join(str(part) for part in location[2 if isinstance(entry, dict) and len(location) > 1 else 1 :])
    if error["type"] == "extra_forbidden":
        text = "is not part of the format; check the spelling against docs/configuration.md"
    elif error["type"] == "missing":
        text = "is missing; add it"
    else:
        text = error["msg"].removeprefix("Value error, ")
        if not isinstance(error["input"], (dict, list)):
            text += f" (found {error['input']!r})"
    place = f"{file}: [{table}] {name}" if file else f"[{table}]"
    return f"{place}: {field + ': ' if field else ''}{text}."


def _entry_name(entry: Any, index: int) -> str:
    if isinstance(entry, dict):
        for key in ("code", "item", "number", "name"):
            if key in entry:
                return f"{entry[key]}"
    return f"entry {index + 1}"


class _CrossCheck:
    """Whether what one entry names exists in another, and nothing is said twice."""

    def __init__(self, configuration: Configuration, origins: Origins) -> None:
        self.configuration = configuration
        self.origins = origins
        self.mistakes: list[str] = []
        self._codes()
        self._names()
        self._references()

    def _say(self, table: str, index: int, name: object, text: str) -> None:
        self.mistakes.append(f"{self.origins.get((table, index), '')}: [{table}] {name}: {text}")

    def _codes(self) -> None:
        for table in ("role_groups", "sectors", "roles", "items"):
            entries = getattr(self.configuration, table)
            counts = Counter(entry.code for entry in entries)
            for index, entry in enumerate(entries):
                if counts[entry.code] > 1:
                    self._say(table, index, entry.code, "this code is used twice; give each entry its own.")
        versions = Counter((e.code, e.effective_from) for e in self.configuration.expectations)
        for index, entry in enumerate(self.configuration.expectations):
            if versions[entry.code, entry.effective_from] > 1:
                text = "stands twice with the same effective_from; a new version needs a later date."
                self._say("expectations", index, entry.code, text)

    def _names(self) -> None:
        for index, sector in enumerate(self.configuration.sectors):
            for name in (sector.name, *sector.aliases):
                try:
                    refuse_vague_name(name, "name")
                except Refused as refusal:
                    self._say("sectors", index, sector.code, str(refusal))
        owners: dict[str, str] = {}
        for index, item in enumerate(self.configuration.items):
            for name in {fold(n) for n in (item.code, item.title, *item.aliases)}:
                owner = owners.setdefault(name, item.code)
                if owner != item.code:
                    self._say("items", index, item.code, f"“{name}” already names {owner}; a name means one item.")

    def _references(self) -> None:
        c = self.configuration
        sectors, groups = {s.code for s in c.sectors}, {g.code for g in c.role_groups}
        roles, items = {r.code: r for r in c.roles}, {i.code for i in c.items}
        priorities = {p.number for p in c.priorities}
        for index, role in enumerate(c.roles):
            self._known("roles", index, role.code, "sector", role.sector, sectors)
            self._known("roles", index, role.code, "group", role.group, groups)
        for index, item in enumerate(c.items):
            for needed in item.needs:
                self._known("items", index, item.code, "needs", needed, items)
            for number in item.priorities:
                if number not in priorities:
                    self._say("items", index, item.code, f"priorities: there is no priority {number}.")
        for index, equivalence in enumerate(c.equivalences):
            name = f"{equivalence.item} counts as {equivalence.counts_as}"
            self._known("equivalences", index, name, "item", equivalence.item, items)
            self._known("equivalences", index, name, "counts_as", equivalence.counts_as, items)
            if equivalence.item == equivalence.counts_as:
                self._say("equivalences", index, name, "an item always counts as itself; leave this entry out.")
        for index, expectation in enumerate(c.expectations):
            for code in expectation.items:
                self._known("expectations", index, expectation.code, "items", code, items)
            for scope in expectation.scopes:
                self._known("expectations", index, expectation.code, "scopes.sector", scope.sector, sectors)
                self._known("expectations", index, expectation.code, "scopes.role", scope.role, set(roles))
                self._known("expectations", index, expectation.code, "scopes.role_group", scope.role_group, groups)
                if scope.team and not scope.agency:
                    text = "scopes.team needs scopes.agency beside it, to say whose team it is."
                    self._say("expectations", index, expectation.code, text)

    def _known(self, table: str, index: int, name: str, field: str, code: str | None, known: set[str]) -> None:
        if code is not None and code not in known:
            alike = nearest(code, known, 1)
            mend = f"did you mean {alike[0]}?" if alike else "add it, or correct the code."
            self._say(table, index, name, f"{field}: {code} is not configured; {mend}")
