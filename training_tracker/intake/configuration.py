"""A partnership's configuration as TOML files: the format, and reading it with every mistake told at once.

The files of a folder are read together, so their names are the partnership's own choice. ``docs/configuration.md``
describes the format for the people who write it.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from training_tracker.errors import Refused
from training_tracker.intake.crosscheck import CrossCheck
from training_tracker.naming import nearest
from training_tracker.records.feeding import MOST_DAYS

REFERENCE = Path(__file__).resolve().parent / "reference"

CODE = r"^[A-Za-z0-9][A-Za-z0-9-]*$"
NOT_BLANK = r"\S"
ADDRESS = r"^(https?://\S+)?$"
MAILBOX = r"^[^\s@<>,;:]+@[^\s@<>,;:]+$"
# As long as the database keeps them.
Code = Annotated[str, Field(pattern=CODE, max_length=40)]
LongCode = Annotated[str, Field(pattern=CODE, max_length=60)]
Name = Annotated[str, Field(pattern=NOT_BLANK, max_length=200)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Months = Annotated[int, Field(ge=0, le=600)]
MarkWord = Literal["sourced", "illustrative"]


class Entry(BaseModel):
    """Strict, so that a number in quotation marks is told and not guessed at."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    _place: str = PrivateAttr("")

    @property
    def place(self) -> str:
        """File, table and name of the entry, for what there is to say about it."""
        return self._place


class PartnershipEntry(Entry):
    code: Code
    name: Name
    contact_email: str | None = Field(None, max_length=254, pattern=MAILBOX)


class PriorityEntry(Entry):
    number: int = Field(ge=1, le=1000)
    title: Name
    recommendations: list[int] = []
    mark: MarkWord


class RoleGroupEntry(Entry):
    code: Code
    name: Name
    audience: Literal["front line", "managers", "governance"] = "front line"


class SectorEntry(Entry):
    code: Code
    name: Name
    statutory: bool = False
    aliases: list[Name] = []


class RoleEntry(Entry):
    code: LongCode
    name: Name
    sector: Code
    group: Code
    aliases: list[Name] = []


class VersionEntry(Entry):
    label: Annotated[str, Field(pattern=NOT_BLANK, max_length=100)]
    current_from: date


class BetweenEntry(Entry):
    """Something that holds between two days, both included; without one of them it is open on that side."""

    since: date | None = Field(None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def days_in_order(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError("until is before from")
        return self


class AcceptedEntry(BetweenEntry):
    reason: str


class ItemEntry(Entry):
    code: Code
    title: Name
    kind: Literal["course", "resource"]
    tier: str = Field("", max_length=60)
    format: str = Field("", max_length=200)
    hours: float | None = Field(None, gt=0, le=500)
    participatory: bool = False
    comes_first: bool = False
    public: bool = False
    renewal: str = Field("", max_length=100)
    address: str = Field("", pattern=ADDRESS, max_length=500)
    aliases: list[Name] = []
    priorities: list[int] = []
    needs: list[Code] = []
    versions: list[VersionEntry] = []
    accepted: list[AcceptedEntry] = []
    mark: MarkWord
    source: str


class EquivalenceEntry(BetweenEntry):
    item: Code
    counts_as: Code
    agency: Name | None = None
    holds: bool = True
    mark: MarkWord

    @model_validator(mode="after")
    def only_an_agency_denies(self) -> Self:
        if not self.holds and not self.agency:
            raise ValueError("holds = false is for an agency to say; name it, or leave the entry out")
        return self


class ScopeEntry(Entry):
    agency: Name | None = None
    sector: Code | None = None
    role: LongCode | None = None
    role_group: Code | None = None
    team: Name | None = None


class ExpectationEntry(Entry):
    code: LongCode
    title: Name
    agency: Name | None = None
    scopes: list[ScopeEntry] = Field([ScopeEntry()], min_length=1)
    items: list[Code] = Field(min_length=1)
    required: bool = True
    target_percent: float = Field(90, ge=0, le=100)
    first_due_days: Days
    return_notice_days: Days = 30
    grace_days: Days = 0
    amount: float = Field(1, gt=0, le=10_000)
    measure: Literal["items", "hours"] = "items"
    method: Literal["once", "completion", "continuous", "cycle"]
    period_months: int | None = Field(None, gt=0, le=600)
    anchor_on: date | None = None
    least_validity_months: Months = 0
    renewal_window_months: Months = 3
    current_version_only: bool = False
    least_strength: Literal[
        "self-declared", "manager-attested", "certificate seen", "attendance register", "provider's system"
    ] = "self-declared"
    refreshers: list[Code] = []
    refresher_months: int | None = Field(None, gt=0, le=600)
    participatory_percent: int | None = Field(None, ge=1, le=100)
    people_in_setting: int | None = Field(None, ge=1, le=1000)
    setting: Literal["agency", "team"] = "agency"
    on_change: Literal["recompute", "pin", "next cycle"] = "recompute"
    transition_days: Days | None = None
    effective_from: date
    effective_until: date | None = None
    mark: MarkWord
    source: str = Field(min_length=1)
    rationale: str = ""
    approved_by: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def window_of_a_cycle(cls, given: Any) -> Any:
        """Without a window of its own, never longer than the least validity: else what is done in it is good for no
        longer than before, and due soon still."""
        if not isinstance(given, dict) or given.get("method") != "cycle" or "renewal_window_months" in given:
            return given
        least = given.get("least_validity_months", 0)
        return {**given, "renewal_window_months": least} if isinstance(least, int) and 0 <= least < 3 else given

    @model_validator(mode="after")
    def method_has_what_it_needs(self) -> Self:
        if (self.method == "once") != (self.period_months is None):
            raise ValueError("period_months belongs to every method but once")
        if (self.method == "cycle") != (self.anchor_on is not None):
            raise ValueError("anchor_on belongs to the method cycle, and to no other")
        if self.method == "once" and self.grace_days:
            raise ValueError("grace_days is for what lapses, and what is done once does not")
        if self.method == "cycle" and self.least_validity_months > (self.period_months or 0):
            raise ValueError("least_validity_months cannot be longer than period_months")
        if self.method == "cycle" and self.renewal_window_months > self.least_validity_months:
            raise ValueError(
                "renewal_window_months cannot be longer than least_validity_months for cycle, or renewing would change"
                f" nothing; write {self.least_validity_months} or less, or a longer least_validity_months"
            )
        if self.method == "continuous" and (self.measure != "items" or self.amount != 1):
            raise ValueError("continuous is for a rule that one item meets; for more write completion")
        if self.method == "continuous" and self.renewal_window_months >= (self.period_months or 0):
            raise ValueError("renewal_window_months must be shorter than period_months for continuous")
        if self.effective_until and self.effective_until < self.effective_from:
            raise ValueError("effective_until is before effective_from")
        return self

    @model_validator(mode="after")
    def set_fits_the_amount(self) -> Self:
        if self.measure == "items" and self.amount != int(self.amount):
            raise ValueError('amount counts whole items; for hours write measure = "hours"')
        if self.measure == "items" and self.amount > len(self.items):
            raise ValueError(f"amount asks for {self.amount:g} items of a list of {len(self.items)}")
        if self.measure == "items" and self.participatory_percent:
            raise ValueError('participatory_percent is a share of hours; write measure = "hours"')
        if self.current_version_only and (self.measure != "items" or len(self.items) != 1 or self.refreshers):
            raise ValueError("current_version_only is for a rule about exactly one item")
        if both := set(self.items) & set(self.refreshers):
            raise ValueError(f"{min(both)} is an item and a refresher; keep it in one of the two")
        if self.refreshers and (self.measure != "items" or self.amount != 1):
            raise ValueError("refreshers are for a rule that one item meets")
        if self.setting == "team" and self.people_in_setting is None:
            raise ValueError("setting belongs to a rule with people_in_setting")
        if self.refresher_months and not self.refreshers:
            raise ValueError("refresher_months belongs to a rule with refreshers")
        return self


class FeedEntry(Entry):
    agency: Name
    item: Code
    at_most_days: int = Field(ge=1, le=MOST_DAYS)
    starts_on: date


@dataclass(frozen=True)
class Configuration:
    """Everything a folder says, checked against itself."""

    partnership: PartnershipEntry
    priorities: list[PriorityEntry]
    role_groups: list[RoleGroupEntry]
    sectors: list[SectorEntry]
    roles: list[RoleEntry]
    items: list[ItemEntry]
    equivalences: list[EquivalenceEntry]
    expectations: list[ExpectationEntry]
    feeds: list[FeedEntry]


TABLES: dict[str, type[Entry]] = {
    "partnership": PartnershipEntry,
    "priorities": PriorityEntry,
    "role_groups": RoleGroupEntry,
    "sectors": SectorEntry,
    "roles": RoleEntry,
    "items": ItemEntry,
    "equivalences": EquivalenceEntry,
    "expectations": ExpectationEntry,
    "feeds": FeedEntry,
}


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
    reading = _Reading()
    for file in files:
        reading.read(file)
    reading.mistakes += CrossCheck(reading.entries, reading.declared if reading.whole else None).mistakes
    partnerships = reading.entries.pop("partnership")
    if reading.whole and not reading.declared["partnership"]:
        reading.mistakes.append(f"{folder.name}: [partnership] is missing; add it to one of the files.")
    if reading.mistakes:
        raise MistakesInFiles(reading.mistakes)
    return Configuration(partnership=partnerships[0], **reading.entries)


class _Reading:
    """The entries that make sense by themselves, and the mistakes in the others.

    ``declared`` holds the codes of all of them, so that a mistake in one entry is not told again wherever it is named.
    """

    def __init__(self) -> None:
        self.entries: dict[str, list[Any]] = {table: [] for table in TABLES}
        self.declared: dict[str, set[Any]] = {table: set() for table in TABLES}
        self.mistakes: list[str] = []
        self.whole = True

    def read(self, file: Path) -> None:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            self.mistakes.append(f"{file.name}: cannot be read as TOML ({error}); mend it there.")
            self.whole = False
            return
        for table, found in content.items():
            if table not in TABLES:
                alike = nearest(table, TABLES, 1)
                mend = f"did you mean [[{alike[0]}]]?" if alike else "remove it."
                self.mistakes.append(f"{file.name}: [{table}] is not part of the format; {mend}")
            elif table == "partnership":
                self._read_partnership(file, found)
            elif not isinstance(found, list):
                self.mistakes.append(f"{file.name}: [{table}] is a list; write [[{table}]] above each entry.")
            else:
                for position, raw in enumerate(found, 1):
                    self._read_entry(f"{file.name}: [[{table}]]", table, position, raw)

    def _read_partnership(self, file: Path, raw: object) -> None:
        if self.declared["partnership"]:
            self.mistakes.append(f"{file.name}: [partnership] stands in another file too, or twice; keep one.")
        elif not isinstance(raw, dict):
            self.declared["partnership"].add("")
            self.mistakes.append(f"{file.name}: [partnership] is one table; write it in single brackets, once.")
        else:
            self._read_entry(f"{file.name}: [partnership]", "partnership", 1, raw)

    def _read_entry(self, place: str, table: str, position: int, raw: object) -> None:
        name = next((raw[key] for key in ("code", "number") if key in raw), None) if isinstance(raw, dict) else None
        if isinstance(raw, dict) and "counts_as" in raw:
            name = f"{raw.get('item')} counts as {raw['counts_as']}"
        elif table == "feeds" and isinstance(raw, dict) and "agency" in raw:
            name = f"{raw['agency']}, {raw.get('item')}"
        if isinstance(name, (str, int)):
            self.declared[table].add(name)
        place = f"{place} {name if name is not None else f'entry {position}'}"
        try:
            entry = TABLES[table].model_validate(raw)
        except ValidationError as error:
            self.mistakes += [f"{place}: {_mistake(TABLES[table], found)}" for found in error.errors()]
        else:
            entry._place = place
            self.entries[table].append(entry)


EXPECTED = {
    "missing": "is missing; add it",
    "string_type": "must be text in quotation marks",
    "int_type": "must be a whole number, without quotation marks",
    "float_type": "must be a number, without quotation marks",
    "bool_type": "must be true or false, without quotation marks",
    "date_type": "must be a date such as 2026-04-01, without quotation marks",
    "list_type": "must be a list in square brackets",
    "model_type": "must be a table in curly brackets",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
}
EXPECTED_PATTERN = {
    CODE: "must be letters, digits and hyphens",
    NOT_BLANK: "must not be empty",
    ADDRESS: "must begin with https:// or http:// and have no spaces",
    MAILBOX: "must be an e-mail address, such as training@partnership.example",
}


def _mistake(model: type[Entry], error: Any) -> str:
    field = ".".join(str(part + 1 if isinstance(part, int) else part) for part in error["loc"])
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        alike = nearest(field, model.model_fields, 1) if len(error["loc"]) == 1 else []
        mend = f"did you mean {alike[0]}?" if alike else "check its spelling or remove it."
        return f"{field}: is not part of the format; {mend}"
    if kind == "string_pattern_mismatch":
        text = EXPECTED_PATTERN[limits["pattern"]]
    elif kind in EXPECTED:
        text = EXPECTED[kind].format(**limits)
    else:
        text = error["msg"].removeprefix("Value error, ")
    if not kind.endswith(("_type", "_long", "_short")) and isinstance(error["input"], (str, int, float)):
        text += f" (found {error['input']!r})"
    return f"{field + ': ' if field else ''}{text}."
