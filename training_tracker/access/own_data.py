"""Everything that is kept of one person, for whoever asks what that is."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.audit.reading import NAMES, names_of
from training_tracker.bulk import is_one_of
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Base
from training_tracker.mail.outbox import planned_for
from training_tracker.people.models import Post, Practitioner

# What is left out, and why. Every other table that names a person or a post is handed over whole.
LEFT_OUT = {
    "evidence_file": "files, each handed over by itself on the page that lists them",
    "recovery_code": "secrets; how many are left is told with the second step",
    "second_step_key": "secrets; since when they are set up is told with the second step",
    "sign_in": "secrets that are good for a quarter of an hour",
    "standing_news": "a list of whom the program has yet to look at",
}
SECRETS = {
    "calendar_feed": {"seal"},
    "passport": {"seal"},
    "spreadsheet": {"claim", "fingerprint", "seen"},
    "web_session": {"token", "rights"},
}
# Numbers of rows, which say nothing to a reader; what they stand for is told by its name.
NUMBERS = {"id", "practitioner_id", "post_id", "version_id", "message_id", "act_id", "number", "hash"}
# What a table holds, in a reader's words; the others as they are named.
HOLDS = {
    "absence": "long leave",
    "audit_act": "what I did",
    "audit_entry": "what was done to my record",
    "calendar_feed": "the link for my calendar",
    "campaign_recipient": "messages to my role",
    "completion": "what I completed",
    "delegation": "absences for which I stand in, or somebody for me",
    "dispute": "what I said is not right",
    "escalation": "what managers were told is long overdue",
    "evidence": "certificates I attached",
    "grant": "rights",
    "identity": "accounts I sign in with",
    "nudge": "e-mails that a manager asked for",
    "passport": "training passports I made",
    "passport_entry": "what my training passports show",
    "passport_look": "who looked at my training passports",
    "post_history": "posts as they were known before",
    "record_shown": "agencies that may read all of my record",
    "recorded_too": "what an agency has of mine that another recorded",
    "reminder": "what reminders spoke of",
    "reminder_decision": "decisions whether to remind me",
    "resource_use": "resources I opened or used",
    "second_step": "second step of signing in",
    "snooze": "lines put away in summaries",
    "spreadsheet": "spreadsheets I sent for an agency",
    "standing": "where I stand",
    "team_deputy": "teams I am the deputy of",
    "team_manager": "teams I manage",
    "web_session": "where I am signed in",
}
OF_A_MESSAGE = ("to", "subject", "text", "state", "planned_at", "sent_at", "withdrawn_because")
JSON_TEXT = {"before", "after"}

Data = dict[str, list[dict[str, Any]]]


def kept_of_people() -> list[Table]:
    """The tables that name a person, or one of their posts."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if table.name not in LEFT_OUT and {"practitioner_id", "post_id", "manager_id"} & {c.name for c in table.columns}
    ]


async def everything_of(session: AsyncSession, practitioner_id: int) -> Data:
    """By what it is, in a reader's words: each row with the names of what it speaks of, oldest first.

    E-mails are those planned for the person, whatever address they had.
    """
    person = await session.get_one(Practitioner, practitioner_id)
    posts = select(Post.id).where(Post.practitioner_id == practitioner_id)
    rows: dict[str, list[Mapping[str, Any]]] = {"person": [{"name": person.name, "email": person.email}]}
    for table in kept_of_people():
        about: list[ColumnElement[bool]] = [
            table.c[name] == practitioner_id for name in ("practitioner_id", "manager_id") if name in table.c
        ]
        if "post_id" in table.c and "practitioner_id" not in table.c:
            about.append(table.c.post_id.in_(posts))
        found = await session.execute(select(table).where(or_(*about)).order_by(*table.primary_key))
        rows[_holds(table.name)] = [dict(row) for row in found.mappings()]
    rows[HOLDS["audit_entry"]] = await _done_to(session, practitioner_id)
    message = Base.metadata.tables["message"]
    theirs = is_one_of(message.c.id, await planned_for(session, [practitioner_id]))
    mails = await session.execute(select(message).where(theirs).order_by(message.c.id))
    rows["e-mails"] = [{name: mail[name] for name in OF_A_MESSAGE} for mail in mails.mappings()]
    names = await names_of(session, [row for several in rows.values() for row in several])
    hidden = {_holds(table): columns for table, columns in SECRETS.items()}
    return {what: [_plain(row, names, hidden.get(what, set())) for row in several] for what, several in rows.items()}


async def _done_to(session: AsyncSession, practitioner_id: int) -> list[Mapping[str, Any]]:
    """The lines of the audit trail about somebody, with when it was and by whom."""
    found = await session.execute(
        select(AuditAct.at, AuditAct.by, AuditEntry.action, AuditEntry.record, AuditEntry.before, AuditEntry.after)
        .select_from(AuditEntry)
        .outerjoin(AuditAct, AuditAct.act_id == AuditEntry.act_id)
        .where(AuditEntry.practitioner_id == practitioner_id)
        .order_by(AuditEntry.id)
    )
    return [dict(row) for row in found.mappings()]


def _plain(row: Mapping[str, Any], names: Mapping[tuple[str, Any], str], hidden: set[str]) -> dict[str, Any]:
    return {
        _words(name.removesuffix("_id")): names.get((name, value), _value(name, value))
        for name, value in row.items()
        if name not in NUMBERS | hidden and (name in NAMES or not name.endswith("_id"))
    }


def _value(name: str, value: Any) -> Any:
    if name in JSON_TEXT and value is not None:
        return json.loads(value)
    if isinstance(value, Strength):
        return value.words
    if isinstance(value, Enum):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _holds(table: str) -> str:
    return HOLDS.get(table, f"{_words(table)}s")


def _words(name: str) -> str:
    return name.replace("_", " ")
