"""Erasing who somebody was, once they have left: the rows that figures of the past are counted from stay, nameless."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, String, case, delete, insert, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.models import Action, AuditEntry
from training_tracker.audit.redacting import ERASED, redact
from training_tracker.bulk import is_one_of
from training_tracker.calendar import now
from training_tracker.database import ACT, Base, wait_for_turn
from training_tracker.errors import Refused
from training_tracker.mail.forgetting import FORGOTTEN
from training_tracker.mail.models import Message, MessageState, Refusal, UndeliverableAddress
from training_tracker.mail.outbox import planned_for
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.people.posts import has_post_still

# What tells who it was in rows that stay.
EMPTIED: Mapping[str, Mapping[str, Any]] = {
    "practitioner": {"name": ERASED, "email": None},
    "completion": {
        "evidence": "",
        "source": "",
        # Whatever is void has a reason, be it an empty one.
        "void_reason": case((literal_column("void_reason").is_not(None), "")),
    },
    "dispute": {
        "words": "",
        # Likewise of whatever is decided.
        "reason": case((literal_column("reason").is_not(None), "")),
    },
    "exemption": {"reason": ""},
    "extension": {"reason": ""},
    "spreadsheet": {"name": ""},
}
# Rows that figures, or the promise that nothing is written twice, hang on, and that tell nothing else.
KEPT = {
    "absence",
    "audit_act",
    "audit_entry",
    "campaign_recipient",
    "escalation",
    "post",
    "post_history",
    "reminder",
    "standing",
    "welcome",
}
GONE = (
    "calendar_feed",
    "delegation",
    "employee_number",
    "evidence_file",
    "evidence",
    "grant",
    "identity",
    "nudge",
    "passport_look",
    "passport_entry",
    "passport",
    "record_shown",
    "recorded_too",
    "recovery_code",
    "reminder_decision",
    "resource_use",
    "second_step",
    "second_step_key",
    "sign_in",
    "snooze",
    "standing_news",
    "team_deputy",
    "team_manager",
    "web_session",
)
# The line of the trail that says that somebody was erased, and why.
ERASURE = "personal data"


async def erase_person(session: AsyncSession, person: Practitioner, *, on: date, why: str) -> None:
    """Erase somebody who asks for it. Raises :class:`Refused` for whoever has a post still: their agency needs the
    record as long as they work there.
    """
    if (
        await session.scalar(select(Practitioner.id).where(Practitioner.id == person.id, has_post_still(on)))
        is not None
    ):
        raise Refused(
            f"{person.name} has a post still, and the agency needs the record as long as they work there",
            "Import the post's last day first.",
        )
    await erase(session, [person.id], why)


async def erase(session: AsyncSession, people: Sequence[int], why: str) -> None:
    """Erase who these people were, wherever it stands: their rows, e-mails to them and naming them, and the trail.

    One erasure after another: two at once would each write a line that tells of both as if the other were still in it.
    """
    await wait_for_turn(session, "erasing")
    not_yet = select(Practitioner.id).where(Practitioner.id.in_(people), Practitioner.erased_at.is_(None))
    people = (await session.scalars(not_yet)).all()
    if not people:
        return
    names, addresses = await _called(session, people)
    await _erase_messages(session, people, addresses, [*names, *addresses])
    for table in (Base.metadata.tables[name] for name in GONE):
        whose = [table.c[name].in_(people) for name in ("practitioner_id", "manager_id") if name in table.c]
        await session.execute(delete(table).where(or_(*whose)))
    posts = select(Post.id).where(Post.practitioner_id.in_(people))
    await _remove_spreadsheets(session, posts)
    for name, emptied in EMPTIED.items():
        table = Base.metadata.tables[name]
        if name == Practitioner.__tablename__:
            theirs = table.c.id.in_(people)
        else:
            theirs = table.c.post_id.in_(posts) if "post_id" in table.c else table.c.practitioner_id.in_(people)
        await session.execute(update(table).where(theirs).values(emptied))
    await session.execute(update(Practitioner).where(Practitioner.id.in_(people)).values(erased_at=now()))
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_by") and type(column.type) is String:
                await session.execute(update(table).where(column.in_(addresses)).values({column.name: ERASED}))
    agencies = (
        select(Practitioner.id, Team.agency_id)
        .outerjoin(Post, Post.practitioner_id == Practitioner.id)
        .outerjoin(Team, Team.id == Post.team_id)
        .where(Practitioner.id.in_(people))
        .distinct()
    )
    line = {"act_id": session.info[ACT], "record": ERASURE, "action": Action.REMOVED, "after": json.dumps({"why": why})}
    said = [
        line | {"record_id": str(person), "practitioner_id": person, "agency_id": agency_id}
        for person, agency_id in await session.execute(agencies)
    ]
    await session.execute(insert(AuditEntry), said)
    await redact(session, people, addresses)


async def _remove_spreadsheets(session: AsyncSession, posts: Select[int]) -> None:
    """Whom the files name that came for their agencies nobody can tell, so what is kept of these goes."""
    sheet, file = (Base.metadata.tables[name] for name in ("spreadsheet", "spreadsheet_file"))
    agencies = select(Team.agency_id).join(Post, Post.team_id == Team.id).where(Post.id.in_(posts))
    theirs = select(sheet.c.id).where(sheet.c.agency_id.in_(agencies))
    await session.execute(delete(file).where(file.c.spreadsheet_id.in_(theirs)))


async def _called(session: AsyncSession, people: Collection[int]) -> tuple[set[str], set[str]]:
    """The names and addresses that these people have and had, but for an address that is somebody else's by now."""
    rows = await session.execute(select(Practitioner.name, Practitioner.email).where(Practitioner.id.in_(people)))
    called: list[Mapping[str, Any]] = [row._asdict() for row in rows]
    written = select(AuditEntry.before, AuditEntry.after).where(
        AuditEntry.record == Practitioner.__tablename__, AuditEntry.practitioner_id.in_(people)
    )
    for both in await session.execute(written):
        called += [json.loads(row) for row in both if row]
    names, addresses = ({each[column] for each in called} - {None, ""} for column in ("name", "email"))
    others = select(Practitioner.email).where(Practitioner.email.in_(addresses), Practitioner.id.not_in(people))
    return names, addresses - set(await session.scalars(others))


async def _erase_messages(
    session: AsyncSession, people: Collection[int], addresses: Collection[str], words: Collection[str]
) -> None:
    waits = Message.state == MessageState.WAITING
    planned = is_one_of(Message.id, await planned_for(session, people))
    to_them = update(Message).where(or_(planned, Message.to.in_(addresses)))
    await session.execute(
        to_them.values(
            **FORGOTTEN,
            # What becomes of one that is on its way is not written down any more: it would say to whom.
            claimed_until=None,
            state=case((waits, MessageState.WITHDRAWN), else_=Message.state),
            withdrawn_because=case((waits, ERASED), else_=Message.withdrawn_because),
        )
    )
    naming_them = or_(*(Message.text.contains(word, autoescape=True) for word in words))
    await session.execute(update(Message).where(~waits, naming_them).values(text="", html=""))
    for refused in (Refusal, UndeliverableAddress):
        await session.execute(delete(refused).where(refused.address.in_(addresses)))
