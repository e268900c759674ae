"""Erasing what the trail says of somebody, so that the chain still shows whatever else is changed.

A line that is erased keeps its place. What it was, as a digest, and what it is from then on stand in a line of the act
that erased it, which is chained as any other.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.chain import ACT as OF_ACT
from training_tracker.audit.chain import LINE, digest_of_act, digest_of_line
from training_tracker.audit.models import Action, AuditAct, AuditEntry
from training_tracker.audit.watching import REDACTION
from training_tracker.database import ACT, Base

ERASED = "somebody erased"
REDACTED = ("record_id", "before", "after")
# An agency's number for somebody, and a directory's, are the keys of their rows.
KEYS_THAT_TELL = {"employee_number", "identity"}


@dataclass
class Changed:
    """Digests of lines or acts by their number: as they were written, and as they are since."""

    digests: dict[int, tuple[str, str]] = field(default_factory=dict)

    def as_written(self, number: int, digest: str) -> str:
        """The digest that was chained; that of today where it is not what the erasing act says it became."""
        was, became = self.digests.get(number, (digest, digest))
        return was if digest == became else digest

    def add(self, number: int, was: str, became: str) -> None:
        """One may be erased more than once: of several people whom it names."""
        first, last = self.digests.get(number, (was, was))
        self.digests[number] = (first if last == was else was, became)


@dataclass
class Redactions:
    """What was erased of the trail, and the ``people`` who were: an act that says that it erased something else, or
    writes something else in its place, is not believed.
    """

    lines: Changed = field(default_factory=Changed)
    acts: Changed = field(default_factory=Changed)
    people: set[int] = field(default_factory=set)

    def digest_of_line(self, line: Sequence[Any]) -> str:
        """That of a line as it was written."""
        digest = digest_of_line(line)
        number, _record, _record_id, about, _agency_id, _action, before, after = line
        if number not in self.lines.digests:
            return digest
        rows = [json.loads(row) for row in (before, after) if row]
        erased = any(ERASED in row.values() for row in rows) if rows else about in self.people
        return self.lines.as_written(number, digest) if erased else digest

    def digest_of_act(self, act: Mapping[str, Any]) -> str:
        """That of an act as it was written."""
        digest = digest_of_act(act)
        erased = (act["by"], act["origin"]) == (ERASED, "")
        return self.acts.as_written(act["number"], digest) if erased else digest

    @property
    def number(self) -> int:
        return len(self.lines.digests) + len(self.acts.digests)


async def redactions(session: AsyncSession) -> Redactions:
    """All that the chained acts say was erased."""
    person = Base.metadata.tables["practitioner"]
    erased = await session.scalars(select(person.c.id).where(person.c.erased_at.is_not(None)))
    found = Redactions(people=set(erased))
    said = (
        select(AuditEntry.after)
        .join(AuditAct, AuditAct.act_id == AuditEntry.act_id)
        .where(AuditEntry.record == REDACTION, AuditEntry.after.is_not(None))
        .order_by(AuditAct.number)
    )
    for after in await session.scalars(said):
        for kind, changes in json.loads(after or "{}").items():
            for number, (was, became) in changes.items():
                getattr(found, kind).add(int(number), was, became)
    return found


async def redact(session: AsyncSession, people: Collection[int], addresses: Collection[str]) -> None:
    """Erase what lines about these people say, their addresses where they signed for anything, and who they were and
    from where in what they did themselves. To be called when all else that is erased has been, in the same transaction.
    """
    act_id: int = session.info[ACT]
    changed, lines = Redactions(), []
    about = AuditEntry.practitioner_id.in_(people)
    told = [
        column.contains(each, autoescape=True) for each in addresses for column in (AuditEntry.before, AuditEntry.after)
    ]
    for line in await session.execute(
        select(AuditEntry.act_id, *LINE).where(or_(about, *told)).order_by(AuditEntry.id)
    ):
        was = dict(line._mapping)
        ours = was.pop("act_id") == act_id
        if was["about"] in people:
            # What this act made of a row tells of nobody any more, and lets the row be verified.
            became = was | {"before": None, "after": _unsigned(was["after"], addresses) if ours else None}
            became["record_id"] = "" if was["record"] in KEYS_THAT_TELL else was["record_id"]
        else:
            became = was | {side: _unsigned(was[side], addresses) for side in ("before", "after")}
        if became == was:
            continue
        lines.append({"line": was["id"], **{f"new_{name}": became[name] for name in REDACTED}})
        if not ours:
            changed.lines.add(was["id"], digest_of_line(was.values()), digest_of_line(became.values()))
    acts = select(*(getattr(AuditAct, name) for name in OF_ACT))
    theirs = or_(AuditAct.practitioner_id.in_(people), AuditAct.by.in_(addresses))
    for row in (await session.execute(acts.where(theirs, AuditAct.by != ERASED))).mappings():
        act = {name: row[name] for name in OF_ACT}
        changed.acts.add(act["number"], digest_of_act(act), digest_of_act(act | {"by": ERASED, "origin": ""}))
    # The database lets lines be changed by no act but one that has said which.
    said = json.dumps({"lines": changed.lines.digests, "acts": changed.acts.digests})
    session.add(AuditEntry(act_id=act_id, record=REDACTION, record_id=str(act_id), action=Action.REMOVED, after=said))
    await session.flush()
    if lines:
        changing = update(AuditEntry).where(AuditEntry.id == bindparam("line"))
        changing = changing.values({name: bindparam(f"new_{name}") for name in REDACTED})
        await (await session.connection()).execute(changing, lines)
    of_them = update(AuditAct).where(AuditAct.number.in_(changed.acts.digests))
    await session.execute(of_them.values(by=ERASED, origin=""))


def _unsigned(row: str | None, addresses: Collection[str]) -> str | None:
    """A row as the trail keeps it, without those who signed for anything in it."""
    if row is None:
        return None
    kept: dict[str, object] = json.loads(row)
    signed = {name: ERASED for name, value in kept.items() if name.endswith("_by") and value in addresses}
    return json.dumps(kept | signed, ensure_ascii=False) if signed else row
