"""Writing the trail: each transaction that changed something ends with its act, chained to the one before."""

import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.acting import at_work
from training_tracker.audit.models import Action, AuditAct, AuditEntry
from training_tracker.audit.watching import contents, record_id, unwatched, watched
from training_tracker.audit.watching import stop_watching as stop_watching
from training_tracker.audit.watching import watch as watch
from training_tracker.calendar import now
from training_tracker.database import ACT, wait_for_turn

# So many entries are read at a time: an import makes very many.
AT_A_TIME = 10_000
BEGINNING = "0" * 64
CHAINED = ("number", "act_id", "at", "by", "practitioner_id", "how", "origin")
ENTRY = (
    AuditEntry.id,
    AuditEntry.record,
    AuditEntry.record_id,
    AuditEntry.practitioner_id.label("about"),
    AuditEntry.agency_id,
    AuditEntry.action,
    AuditEntry.before,
    AuditEntry.after,
)


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
    made = hashlib.sha256()
    async for entry in _entries(session, act_id):
        made.update(entry)
    if made.digest() == hashlib.sha256().digest():
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
    chained = _hash(previous, values, made.hexdigest())
    await session.execute(insert(AuditAct).values(**values, hash=chained))


async def note_look(session: AsyncSession, practitioner_id: int, agency_id: int | None) -> None:
    """Write down that whoever is at work looked at somebody's record."""
    await _note(session, Action.LOOKED, "practitioner", practitioner_id, agency_id)


async def note_download(session: AsyncSession, agency_id: int) -> None:
    """Write down that whoever is at work took a list of an agency's people away."""
    await _note(session, Action.DOWNLOADED, "list of people", None, agency_id)


async def note_sign_in(session: AsyncSession, practitioner_id: int) -> None:
    await _note(session, Action.SIGNED_IN, "practitioner", practitioner_id, None)


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


@dataclass(frozen=True, slots=True)
class Verified:
    """``head`` is the last act's number and hash: kept elsewhere, it shows whether acts were taken off the end.

    ``broken`` says of the first act that is not as it was written what is wrong with it; ``past_the_program`` counts
    entries whose act is not known; ``unwatched`` are tables whose changes are not written down, and ``altered`` counts
    rows that are not what their last entry says they became.
    """

    acts: int
    entries: int
    head: str
    broken: str | None
    past_the_program: int
    unwatched: list[str]
    altered: int

    @property
    def right(self) -> bool:
        return not (self.broken or self.past_the_program or self.unwatched or self.altered)


async def verify(session: AsyncSession) -> Verified:
    """Go through the whole chain."""
    acts = [AuditAct.hash, *(getattr(AuditAct, name) for name in CHAINED)]
    chain = (
        select(*acts, *ENTRY)
        .outerjoin(AuditEntry, AuditEntry.act_id == AuditAct.act_id)
        .order_by(AuditAct.number, AuditEntry.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    previous, number, entries, broken = BEGINNING, 0, 0, None
    act, made = None, hashlib.sha256()

    def why_broken() -> str | None:
        if act is None:
            return None
        if act.number != number + 1:
            return f"act {number + 1} is missing"
        values = dict(zip(CHAINED, act[1 : len(acts)], strict=True))
        if _hash(previous, values, made.hexdigest()) != act.hash:
            return f"act {act.number}, of {act.at:%Y-%m-%d %H:%M} UTC, is not as it was written"
        return None

    rows = await session.stream(chain)
    async for row in rows:
        if act is None or row.number != act.number:
            if (broken := why_broken()) is not None:
                break
            previous, number = (act.hash, act.number) if act else (previous, number)
            act, made = row, hashlib.sha256()
        if row.id is not None:
            entries += 1
            made.update(_line(row[len(acts) :]))
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
    return Verified(number, entries, f"{number}:{previous}", broken, past, missing, altered)


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
        altered += action == "removed" or not _same(json.loads(content), json.loads(after))
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


def _hash(previous: str, values: Mapping[str, object], made: str) -> str:
    said = [previous, *(str(values[name]) for name in CHAINED), made]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


async def _entries(session: AsyncSession, act_id: int) -> AsyncIterator[bytes]:
    """The entries of an act as they go into its hash, in order."""
    last, rows = 0, AT_A_TIME
    while rows == AT_A_TIME:
        rows = 0
        found = select(*ENTRY).where(AuditEntry.act_id == act_id, AuditEntry.id > last)
        for row in await session.execute(found.order_by(AuditEntry.id).limit(AT_A_TIME)):
            rows, last = rows + 1, row.id
            yield _line(row)


def _line(entry: Iterable[object]) -> bytes:
    return json.dumps([*entry]).encode()
