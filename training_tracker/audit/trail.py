"""Writing the trail: each transaction that changed something ends with its act, chained to the one before."""

import hashlib
import json
import secrets
from collections.abc import AsyncIterator

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.acting import at_work
from training_tracker.audit.chain import AT_A_TIME, BEGINNING, LINE, chained, digest_of_act, digest_of_line
from training_tracker.audit.models import Action, AuditAct, AuditEntry
from training_tracker.audit.watching import stop_watching as stop_watching
from training_tracker.audit.watching import watch as watch
from training_tracker.calendar import now
from training_tracker.database import ACT, wait_for_turn


async def begin(session: AsyncSession) -> None:
    """Say to the database's triggers which act the changes of this transaction belong to."""
    connection = await session.connection()
    act_id = session.info[ACT] = secrets.randbits(62)
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.set_config(ACT, str(act_id), True)))
    else:
        connection.info[ACT] = act_id


async def end(session: AsyncSession) -> None:
    """Write down the act, if there was one. Nothing may be changed after it in the same transaction.

    Acts are chained one after another, so others wait here until this transaction has committed.
    """
    act_id: int = session.info[ACT]
    lines = hashlib.sha256()
    async for digest in _lines(session, act_id):
        lines.update(digest.encode())
    if lines.digest() == hashlib.sha256().digest():
        return
    await wait_for_turn(session, "audit trail")
    before = (
        await session.execute(select(AuditAct.number, AuditAct.hash).order_by(AuditAct.number.desc()).limit(1))
    ).one_or_none()
    number, previous = (before.number + 1, before.hash) if before else (1, BEGINNING)
    who = at_work()
    values = {
        "number": number,
        "act_id": act_id,
        "at": now(),
        "by": who.by,
        "practitioner_id": who.practitioner_id,
        "how": who.how[:200],
        "origin": who.origin[:64],
    }
    made = chained(previous, digest_of_act(values), lines.hexdigest())
    await session.execute(insert(AuditAct).values(**values, hash=made))


async def note_look(session: AsyncSession, practitioner_id: int, agency_id: int | None) -> None:
    """Write down that whoever is at work looked at somebody's record."""
    await _note(session, Action.LOOKED, "practitioner", practitioner_id, agency_id)


async def note_download(session: AsyncSession, agency_id: int) -> None:
    """Write down that whoever is at work took a list of an agency's people away."""
    await _note(session, Action.DOWNLOADED, "list of people", None, agency_id)


async def note_sign_in(session: AsyncSession, practitioner_id: int) -> None:
    await _note(session, Action.SIGNED_IN, "practitioner", practitioner_id, None)


async def note_migration(session: AsyncSession, before: str | None, after: str) -> None:
    """Write down that whoever is at work brought the schema from one revision to another."""
    revisions = {"before": before and json.dumps({"revision": before}), "after": json.dumps({"revision": after})}
    await session.execute(
        insert(AuditEntry).values(
            act_id=session.info[ACT], record="schema", record_id=after, action=Action.CHANGED, **revisions
        )
    )


async def _note(
    session: AsyncSession, action: Action, record: str, practitioner_id: int | None, agency_id: int | None
) -> None:
    await session.execute(
        insert(AuditEntry).values(
            act_id=session.info[ACT],
            record=record,
            record_id=str(practitioner_id or agency_id),
            practitioner_id=practitioner_id,
            agency_id=agency_id,
            action=action,
        )
    )


async def _lines(session: AsyncSession, act_id: int) -> AsyncIterator[str]:
    """The digests of an act's lines, in order."""
    last, rows = 0, AT_A_TIME
    while rows == AT_A_TIME:
        rows = 0
        found = select(*LINE).where(AuditEntry.act_id == act_id, AuditEntry.id > last)
        for row in await session.execute(found.order_by(AuditEntry.id).limit(AT_A_TIME)):
            rows, last = rows + 1, row.id
            yield digest_of_line(row)
