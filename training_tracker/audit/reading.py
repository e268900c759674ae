"""Reading the trail: what was done to which record, in words."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from training_tracker.audit.models import Action, AuditAct, AuditEntry
from training_tracker.calendar import in_words
from training_tracker.database import Base, Ranked

# What tables are called; the others as they are named.
RECORDS = {
    "absence": "long leave",
    "acceptance_window": "days on which a course or resource counts",
    "calendar_feed": "link for my calendar",
    "dispute": "what somebody says is not right",
    "employee_number": "employee number",
    "equivalence": "what counts as what",
    "evidence": "certificate",
    "expectation_item": "what counts for an expectation",
    "expectation_scope": "whom an expectation is for",
    "expectation_version": "rule",
    "grant": "right",
    "identity": "account to sign in with",
    "identity_domain": "addresses that sign in with a provider",
    "identity_provider": "provider to sign in with",
    "item": "course or resource",
    "item_alias": "another name of a course or resource",
    "item_change": "what was changed in the catalogue",
    "item_priority": "what serves a priority",
    "item_version": "edition",
    "agency_ladder": "when people are reminded",
    "agency_retention": "how long records are kept",
    "letter_wording": "words of an e-mail",
    "places_offered": "places of a course",
    "passport": "training passport",
    "passport_look": "look at the training passport",
    "practitioner": "person",
    "prerequisite": "what comes before a course or resource",
    "record_shown": "whole record shown to an agency",
    "resource_use": "use of a resource",
    "second_step": "second step of signing in",
    "service_token": "another system's token",
    "nudge": "e-mail that a manager asked for",
    "delegation": "deputy for an absence",
    "snooze": "line put away in the summary",
    "team_deputy": "team's deputy",
    "team_manager": "team's manager",
}
# What an id stands for is told by this column of its table.
NAMES = {
    "agency_id": ("agency", "name"),
    "expectation_id": ("expectation", "title"),
    "item_id": ("item", "title"),
    "counts_as_id": ("item", "title"),
    "needs_id": ("item", "title"),
    "manager_id": ("practitioner", "name"),
    "partnership_id": ("partnership", "name"),
    "provider_id": ("identity_provider", "name"),
    "role_id": ("role", "name"),
    "sector_id": ("sector", "name"),
    "team_id": ("team", "name"),
    "parent_id": ("team", "name"),
}
# Of no use to a reader: numbers of rows, and what stands beside the line anyway: who it is about, who did it and when.
UNTOLD = {"id", "passport_id", "practitioner_id", "post_id", "version_id", "lines", "acts", "seal"}
UNTOLD |= {
    f"{done}_{end}"
    for done in ("asked", "attached", "begun", "given", "granted", "made", "published", "recorded", "said", "set")
    for end in ("at", "by")
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a record, as it was and as it became; either is empty where there was nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """``at`` and ``how`` are empty for what was done past the program; ``person`` is whom it is about."""

    at: datetime | None
    by: str
    how: str
    origin: str
    action: Action
    record: str
    person: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class History:
    lines: list[HistoryLine]
    total: int


async def history(session: AsyncSession, where: ColumnElement[bool], *, page: int = 1, page_size: int = 50) -> History:
    """A page of the entries of which this is so, the newest first."""
    person = Base.metadata.tables["practitioner"]
    found = (
        select(AuditEntry, AuditAct, person.c.name)
        .outerjoin(AuditAct, AuditAct.act_id == AuditEntry.act_id)
        .outerjoin(person, person.c.id == AuditEntry.practitioner_id)
        .where(where)
        .order_by(AuditEntry.id.desc())
        .limit(page_size)
        .offset((page - 1) * page_size)
    )
    rows = (await session.execute(found)).all()
    total = await session.scalar(select(func.count()).select_from(AuditEntry).where(where)) or 0
    contents = [(_read(entry.before), _read(entry.after)) for entry, _act, _name in rows]
    names = await names_of(session, [row for both in contents for row in both])
    lines = [
        HistoryLine(
            act.at if act else None,
            act.by if act else "somebody, past the program",
            act.how if act else "",
            act.origin if act else "",
            entry.action,
            RECORDS.get(entry.record, entry.record.replace("_", " ")),
            name or "",
            list(_changes(entry.record, before, after, names)),
        )
        for (entry, act, name), (before, after) in zip(rows, contents, strict=True)
    ]
    return History(lines, total)


def _read(row: str | None) -> dict[str, Any]:
    return json.loads(row) if row else {}


def _changes(
    record: str, before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[tuple[str, Any], str]
) -> Iterable[Change]:
    table = Base.metadata.tables.get(record)
    for column in [*after, *(column for column in before if column not in after)]:
        was, became = before.get(column), after.get(column)
        if column in UNTOLD or was == became:
            continue
        field = column.removesuffix("_id").replace("_", " ")
        kind = table.c[column].type if table is not None and column in table.c else None
        before_and_after = [names.get((column, value)) or _in_words(value, kind) for value in (was, became)]
        if any(before_and_after):
            yield Change(field, *before_and_after)


def _in_words(value: Any, kind: TypeEngine[Any] | None) -> str:
    """Days and moments are kept as text, ranks as numbers; a reader reads them as everywhere else."""
    if isinstance(kind, Boolean) and value is not None:
        return "yes" if value else "no"
    if isinstance(kind, Ranked) and value is not None:
        rank = kind.kind(value)
        return str(getattr(rank, "words", rank.name))
    with suppress(TypeError, ValueError):
        return in_words(date.fromisoformat(value))
    with suppress(TypeError, ValueError):
        when = datetime.fromisoformat(value)
        return f"{in_words(when.date())}, {when:%H:%M} UTC"
    return "" if value is None else str(value)


async def names_of(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, Any], str]:
    """What the ids in these rows stand for: one statement for each kind of thing."""
    ids: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        for column in NAMES.keys() & row.keys():
            if row[column] is not None:
                ids[column].add(row[column])
    names = {}
    for column, wanted in ids.items():
        table, label = NAMES[column]
        columns = Base.metadata.tables[table].c
        found = await session.execute(select(columns.id, columns[label]).where(columns.id.in_(wanted)))
        names.update({(column, number): name for number, name in found})
    return names
