"""Whether the audit trail is as it was written, and the tables are as it says."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.chain import ACT, AT_A_TIME, BEGINNING, LINE, chained
from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.audit.redacting import redactions
from training_tracker.audit.watching import contents, record_id, unwatched, watched


@dataclass(frozen=True, slots=True)
class Verified:
    """``head`` is the last act's number and hash: kept elsewhere, it shows whether acts were taken off the end.

    ``broken`` says of the first act that is not as it was written what is wrong with it; ``past_the_program`` counts
    entries whose act is not known; ``unwatched`` are tables whose changes are not written down, and ``altered`` counts
    rows that are not what their last entry says they became. ``redacted`` counts what was erased of lines and acts, as
    the trail says, with the people whom it told of.
    """

    acts: int
    entries: int
    head: str
    broken: str | None
    past_the_program: int
    unwatched: list[str]
    altered: int
    redacted: int

    @property
    def right(self) -> bool:
        return not (self.broken or self.past_the_program or self.unwatched or self.altered)


async def verify(session: AsyncSession) -> Verified:
    """Go through the whole chain."""
    acts = [AuditAct.hash, *(getattr(AuditAct, name) for name in ACT)]
    chain = (
        select(*acts, *LINE)
        .outerjoin(AuditEntry, AuditEntry.act_id == AuditAct.act_id)
        .order_by(AuditAct.number, AuditEntry.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    if session.get_bind().dialect.name == "postgresql":
        # As of one moment: an act that erases while the chain is read would seem to have changed it.
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    redacted = await redactions(session)
    previous, number, entries, broken = BEGINNING, 0, 0, None
    act, lines = None, hashlib.sha256()

    def why_broken() -> str | None:
        if act is None:
            return None
        if act.number != number + 1:
            return f"act {number + 1} is missing"
        values = dict(zip(ACT, act[1 : len(acts)], strict=True))
        if chained(previous, redacted.digest_of_act(values), lines.hexdigest()) != act.hash:
            return f"act {act.number}, of {act.at:%Y-%m-%d %H:%M} UTC, is not as it was written"
        return None

    rows = await session.stream(chain)
    async for row in rows:
        if act is None or row.number != act.number:
            if (broken := why_broken()) is not None:
                break
            previous, number = (act.hash, act.number) if act else (previous, number)
            act, lines = row, hashlib.sha256()
        if row.id is not None:
            entries += 1
            lines.update(redacted.digest_of_line(row[len(acts) :]).encode())
    else:
        broken = why_broken()
        if act is not None and broken is None:
            previous, number = act.hash, act.number
    await rows.close()
    known = select(AuditAct.act_id).where(AuditAct.act_id == AuditEntry.act_id).exists()
    past = await session.scalar(select(func.count()).select_from(AuditEntry).where(~known)) or 0
    connection = await session.connection()
    missing = await connection.run_sync(unwatched)
    altered = 0
    for table in watched():
        altered += await _altered(session, table)
    return Verified(number, entries, f"{number}:{previous}", broken, past, missing, altered, redacted.number)


async def _altered(session: AsyncSession, table: Table) -> int:
    """How many rows of a table are not what the trail says they became last, or are gone or back without a word."""
    dialect = session.get_bind().dialect.name
    key = record_id(table, "r")
    last = (
        "SELECT e.action, e.after FROM audit_entry e WHERE e.record = :record AND e.record_id = r.key"
        " AND e.action IN ('added', 'changed', 'removed') ORDER BY e.id DESC LIMIT 1"
    )
    zone = "SET LOCAL timezone = 'UTC'"
    if dialect == "postgresql":
        await session.execute(text(zone))
    rows = f'SELECT {key} AS key, {contents(table, "r", dialect)} AS content FROM "{table.name}" r'
    if dialect == "postgresql":
        compared = f"SELECT r.content, e.action, e.after FROM ({rows}) r JOIN LATERAL ({last}) e ON true"
    else:
        compared = (
            f"SELECT r.content, e.action, e.after FROM ({rows}) r JOIN audit_entry e ON e.id ="
            f" ({last.replace('e.action, e.after', 'e.id')})"
        )
    altered = 0
    async for content, action, after in await session.stream(text(compared), {"record": table.name}):
        if action == "removed":
            altered += 1
        elif after is not None:  # what was erased of somebody's lines says nothing of their rows any more
            altered += not _same(json.loads(content), json.loads(after))
    # Each database has one of the two that it does not do row by row.
    not_there = f'e.record_id NOT IN (SELECT {key} FROM "{table.name}" r)'
    if dialect == "postgresql":
        not_there = f'NOT EXISTS (SELECT 1 FROM "{table.name}" r WHERE {key} = e.record_id)'
    gone = (
        "SELECT count(*) FROM audit_entry e WHERE e.record = :record AND e.action IN ('added', 'changed')"
        f" AND {not_there}"
        " AND NOT EXISTS (SELECT 1 FROM audit_entry later WHERE later.record = e.record"
        " AND later.record_id = e.record_id AND later.id > e.id AND later.action IN ('added', 'changed', 'removed'))"
    )
    return altered + (await session.scalar(text(gone), {"record": table.name}) or 0)


def _same(row: Mapping[str, object], said: Mapping[str, object]) -> bool:
    """Of the columns that there were then and are still."""
    return all(row[column] == said[column] for column in row.keys() & said.keys())
