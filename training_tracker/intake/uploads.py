"""Spreadsheets that an agency's lead sends: kept until they are brought in or dropped, found again, and forgotten."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Exists, Select, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.calendar import now
from training_tracker.errors import NotFound, Refused
from training_tracker.intake.models import Layout, Part, Spreadsheet, SpreadsheetFile, Stage
from training_tracker.intake.outcome import RefusedRow
from training_tracker.records.taking_back import take_file_back
from training_tracker.sealing import lock_file, unlock_file
from training_tracker.settings import Settings
from training_tracker.standing.consequences import Consequence

# A list of 50,000 people has about so many bytes, and a form is held in memory.
LARGEST = 10 * 1024 * 1024
# So long a file waits for whoever sent it, and its refused rows can be had after it was brought in.
WAITS, REFUSED_KEPT = timedelta(hours=24), timedelta(days=30)
# So long completions can be taken back in one go, as attendance can.
FRESH = timedelta(days=7)
# Of the refused rows so many are shown; all of them are in the file to mend. Of other lists so many are kept.
SHOWN, MENTIONED = 50, 50
# Nothing of these is in the record: they can be dropped.
BEFORE_CONFIRMING = (Stage.SENT, Stage.LOOKED_AT, Stage.UNREADABLE)
IN_HAND = (Stage.SENT, Stage.CONFIRMED)
HAPPENED = (Stage.DONE, Stage.TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Options:
    """``create``: make teams that are not known; ``as_at``: the last day of which completions tell, if not today."""

    create: bool = False
    as_at: date | None = None

    def as_json(self) -> str:
        return json.dumps({"create": self.create, "as_at": self.as_at.isoformat() if self.as_at else None})

    @classmethod
    def of(cls, kept: str) -> "Options":
        found = json.loads(kept)
        return cls(found["create"], date.fromisoformat(found["as_at"]) if found["as_at"] else None)


@dataclass(frozen=True, slots=True)
class Told:
    """What a file would do or has done, in numbers. ``missing`` people have an open post here and are not in it.

    Of one that cannot be read there is only ``problem`` with its ``mend``.
    """

    rows: int = 0
    accepted: int = 0
    begun: int = 0
    ended: int = 0
    unchanged: int = 0
    refused: int = 0
    missing: int = 0
    feeds: int = 0
    made: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    more_notes: int = 0
    ignored_columns: list[str] = field(default_factory=list)
    consequences: list[Consequence] = field(default_factory=list)
    problem: str = ""
    mend: str = ""

    @property
    def changed(self) -> int:
        return self.accepted - self.begun

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, kept: str) -> "Told":
        found: dict[str, Any] = json.loads(kept or "{}")
        found["consequences"] = [Consequence(**one) for one in found.get("consequences", [])]
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Upload:
    """A spreadsheet as its page tells of it. ``before`` is when the very same file was brought in last, ``to_mend``
    whether its refused rows are kept as a file.
    """

    row: Spreadsheet
    told: Told
    to_mend: bool
    shown: Sequence[RefusedRow] = ()
    before: datetime | None = None

    @property
    def fresh_until(self) -> datetime | None:
        """Until when it can be taken back; None if it cannot be."""
        if self.row.stage is not Stage.DONE or self.row.layout is not Layout.COMPLETIONS or not self.row.finished_at:
            return None
        until = self.row.finished_at + FRESH
        return until if self.told.accepted and until > now() else None


def largest_of(settings: Settings) -> int:
    """How many bytes a file that is sent may have."""
    return min(LARGEST, settings.import_max_bytes)


async def keep(
    session: AsyncSession,
    settings: Settings,
    actor: Actor,
    agency_id: int,
    layout: Layout,
    name: str,
    content: bytes,
    options: Options,
) -> int:
    """Keep a file to be looked at, in place of what this person had waiting of its kind; returns its id.

    Raises :class:`Refused` for one that is empty or too large.
    """
    if not content.strip():
        raise Refused("The file is empty", "Choose one with a header row and at least one row below it.", "file")
    most = largest_of(settings)
    if len(content) > most:
        problem = f"The file has {len(content) / 1e6:.1f} MB; at most {most / 1e6:.1f} MB are taken here"
        raise Refused(problem, "Send it in parts, for example a team or a year at a time.", "file")
    waiting = select(Spreadsheet.id).where(
        Spreadsheet.practitioner_id == actor.practitioner_id,
        Spreadsheet.agency_id == agency_id,
        Spreadsheet.layout == layout,
        Spreadsheet.stage.in_(BEFORE_CONFIRMING),
    )
    await _remove(session, list(await session.scalars(waiting.with_for_update())))
    row = Spreadsheet(
        agency_id=agency_id,
        practitioner_id=actor.practitioner_id,
        sent_by=actor.signature,
        layout=layout,
        name=name,
        fingerprint=hashlib.sha256(content).hexdigest(),
        options=options.as_json(),
        stage=Stage.SENT,
        sent_at=now(),
        tries=0,
        rows_done=0,
        rows=0,
        seen="",
        changed=False,
        told="",
    )
    session.add(row)
    await session.flush()
    await put(session, settings, row.id, Part.SENT, content)
    return row.id


async def spreadsheets_of(
    session: AsyncSession, actor: Actor, agency_id: int, *, page: int, page_size: int
) -> tuple[list[Upload], int]:
    """What came for an agency, the newest first, and how many that are; of what waits only one's own."""
    found = select(Spreadsheet, _to_mend()).where(
        Spreadsheet.agency_id == agency_id,
        or_(
            Spreadsheet.stage.in_(HAPPENED),
            Spreadsheet.stage == Stage.CONFIRMED,
            Spreadsheet.practitioner_id == actor.practitioner_id,
        ),
    )
    some = found.order_by(Spreadsheet.id.desc()).limit(page_size).offset((page - 1) * page_size)
    uploads = [Upload(row, Told.of(row.told), to_mend) for row, to_mend in await session.execute(some)]
    return uploads, await session.scalar(select(func.count()).select_from(found.subquery())) or 0


async def spreadsheet_for(
    session: AsyncSession, settings: Settings, actor: Actor, agency_id: int, spreadsheet_id: int
) -> Upload:
    """One of an agency. Raises :class:`NotFound` for another agency's, and for what waits for somebody else."""
    row = await session.get(Spreadsheet, spreadsheet_id)
    own = row is not None and row.practitioner_id == actor.practitioner_id
    if row is None or row.agency_id != agency_id or not (own or row.stage not in BEFORE_CONFIRMING):
        raise NotFound(f"spreadsheet {spreadsheet_id}")
    shown = await part(session, settings, row.id, Part.SHOWN)
    before = select(func.max(Spreadsheet.finished_at)).where(
        Spreadsheet.agency_id == agency_id,
        Spreadsheet.layout == row.layout,
        Spreadsheet.fingerprint == row.fingerprint,
        Spreadsheet.stage == Stage.DONE,
        Spreadsheet.id != row.id,
    )
    return Upload(
        row,
        Told.of(row.told),
        bool(await session.scalar(select(_to_mend()).where(Spreadsheet.id == row.id))),
        [RefusedRow(**one) for one in json.loads(shown or b"[]")],
        await session.scalar(before) if row.stage is Stage.LOOKED_AT else None,
    )


async def confirm(session: AsyncSession, upload: Upload, seen: str) -> bool:
    """Let it be brought in as it was seen; says whether this made it so. What came to something else since stays."""
    confirmed = await session.scalar(
        update(Spreadsheet)
        .where(Spreadsheet.id == upload.row.id, Spreadsheet.stage == Stage.LOOKED_AT, Spreadsheet.seen == seen)
        .values(stage=Stage.CONFIRMED, claim=None, claimed_until=None, tries=0, rows_done=0, changed=False)
        .returning(Spreadsheet.id)
    )
    return confirmed is not None


async def drop(session: AsyncSession, upload: Upload) -> bool:
    """Remove what is not confirmed, with its file; says whether it was there still."""
    stays = select(Spreadsheet.id).where(Spreadsheet.id == upload.row.id, Spreadsheet.stage.in_(BEFORE_CONFIRMING))
    found = list(await session.scalars(stays.with_for_update()))
    await _remove(session, found)
    return bool(found)


async def take_back(session: AsyncSession, upload: Upload, *, by: str, today: date) -> int:
    """Take back all that a file of completions brought, while it is fresh; says how much of it stood.

    Raises :class:`Refused` for what cannot be taken back, or was already.
    """
    row, finished_at = upload.row, upload.row.finished_at
    fresh = upload.fresh_until is not None
    taken = await session.scalar(
        update(Spreadsheet)
        .where(Spreadsheet.id == row.id, Spreadsheet.stage == Stage.DONE)
        .values(stage=Stage.TAKEN_BACK, taken_back_at=now())
        .returning(Spreadsheet.id)
    )
    if taken is None or not fresh or finished_at is None:
        raise Refused(
            "This cannot be taken back in one go", "Each person can say on My training what in their record is wrong."
        )
    return await take_file_back(session, row.agency_id, finished_at, row.sent_by, by=by, today=today)


async def forget(session: AsyncSession, moment: datetime) -> None:
    """Remove what has waited for too long, and the refused rows and the name of what was brought in long ago."""
    await _remove(session, list(await session.scalars(_waited(moment).with_for_update())))
    if ids := list(await session.scalars(_kept_long(moment))):
        await session.execute(delete(SpreadsheetFile).where(SpreadsheetFile.spreadsheet_id.in_(ids)))
        await session.execute(update(Spreadsheet).where(Spreadsheet.id.in_(ids)).values(name=""))


async def is_to_forget(session: AsyncSession, moment: datetime) -> bool:
    """Whether there is anything of that, for whoever only reads: it is asked every minute."""
    found = [await session.scalar(one.limit(1)) for one in (_waited(moment), _kept_long(moment))]
    return any(one is not None for one in found)


def _waited(moment: datetime) -> Select[int]:
    return select(Spreadsheet.id).where(Spreadsheet.stage.in_(BEFORE_CONFIRMING), Spreadsheet.sent_at < moment - WAITS)


def _kept_long(moment: datetime) -> Select[int]:
    kept = exists().where(SpreadsheetFile.spreadsheet_id == Spreadsheet.id)
    return select(Spreadsheet.id).where(
        Spreadsheet.stage.in_(HAPPENED),
        Spreadsheet.finished_at < moment - REFUSED_KEPT,
        or_(kept, Spreadsheet.name != ""),
    )


async def put(session: AsyncSession, settings: Settings, spreadsheet_id: int, which: Part, content: bytes) -> None:
    """Keep a part of a file, in place of the one there was."""
    await remove_parts(session, spreadsheet_id, which)
    locked = lock_file(settings, _purpose(spreadsheet_id, which), content)
    await session.execute(insert(SpreadsheetFile).values(spreadsheet_id=spreadsheet_id, part=which, content=locked))


async def part(session: AsyncSession, settings: Settings, spreadsheet_id: int, which: Part) -> bytes | None:
    """A part of a file; None where it is not kept, or was locked with another secret of the installation."""
    found = await session.scalar(
        select(SpreadsheetFile.content).where(
            SpreadsheetFile.spreadsheet_id == spreadsheet_id, SpreadsheetFile.part == which
        )
    )
    return None if found is None else unlock_file(settings, _purpose(spreadsheet_id, which), found)


async def remove_parts(session: AsyncSession, spreadsheet_id: int, *which: Part) -> None:
    await session.execute(
        delete(SpreadsheetFile).where(SpreadsheetFile.spreadsheet_id == spreadsheet_id, SpreadsheetFile.part.in_(which))
    )


def _to_mend() -> Exists:
    return exists().where(SpreadsheetFile.spreadsheet_id == Spreadsheet.id, SpreadsheetFile.part == Part.REFUSED)


def _purpose(spreadsheet_id: int, which: Part) -> str:
    return f"spreadsheet {spreadsheet_id} {which}"


async def _remove(session: AsyncSession, ids: list[int]) -> None:
    if ids:
        await session.execute(delete(SpreadsheetFile).where(SpreadsheetFile.spreadsheet_id.in_(ids)))
        await session.execute(delete(Spreadsheet).where(Spreadsheet.id.in_(ids)))
