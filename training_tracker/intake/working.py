"""The work on a spreadsheet that was sent: to look what it would do, and to bring in what was looked at and confirmed.

Whoever works holds a claim. What is brought in and that it was are one transaction, so a process may die at any line:
whoever takes it up next finds it done, or nothing of it. The work has a thread and a database of its own, since reading
a large file keeps a processor busy for seconds in which others are answered; one file at a time in each process.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.audit.acting import Acting, acting
from training_tracker.calendar import now
from training_tracker.calendar import today as today_in
from training_tracker.database import Database, wait_for_turn
from training_tracker.errors import Refused
from training_tracker.intake import completions, people
from training_tracker.intake.models import Layout, Part, Spreadsheet, Stage
from training_tracker.intake.outcome import ImportOutcome, rows_to_mend
from training_tracker.intake.tables import Table, table_of
from training_tracker.intake.uploads import (
    IN_HAND,
    MENTIONED,
    SHOWN,
    Options,
    Told,
    forget,
    is_to_forget,
    part,
    put,
    remove_parts,
)
from training_tracker.intake.workbooks import SENT
from training_tracker.logs import without_data
from training_tracker.people.models import Agency
from training_tracker.people.posts import people_in_post
from training_tracker.sealing import new_token
from training_tracker.settings import Settings
from training_tracker.standing.consequences import Consequence, consequences, newest_post
from training_tracker.standing.refreshing import connect

log = structlog.get_logger()

# A claim runs out so long after its process was last heard of, and is renewed so often.
LEASE, HEARD_EVERY = timedelta(minutes=2), 3
MOST_TRIES = 3
# Rows at once; more are the command line's.
MOST_ROWS = 100_000
COLUMNS = {Layout.PEOPLE: people.COLUMNS, Layout.COMPLETIONS: completions.COLUMNS}
GAVE_UP = Refused("It could not be worked through, and nothing of it was brought in", "Tell whoever runs this service.")
GONE = Refused("The file is not kept any more, and nothing of it was brought in", "Send it again.")

# The rows that are done of what this process works on, and how many there are: of a transaction that nobody else sees.
_AT_WORK: dict[int, tuple[int, int]] = {}
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spreadsheets")


@dataclass(frozen=True, slots=True)
class Held:
    """A spreadsheet that is ours to work on."""

    row: Spreadsheet
    claim: str
    agency: str

    @property
    def options(self) -> Options:
        return Options.of(self.row.options)


class _Changed(Exception):
    """What was to be brought in comes to something else by now."""


def rows_done(row: Spreadsheet) -> tuple[int, int]:
    """How many rows are done, as far as is known, and of how many."""
    done, of = _AT_WORK.get(row.id, (0, 0))
    return max(done, row.rows_done), max(of, row.rows)


async def work_through(settings: Settings, spreadsheet_id: int) -> None:
    """Do what is to be done with one of them, unless somebody else is at it; returns when it is done."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(_THREAD, lambda: asyncio.run(_in_its_thread(settings, spreadsheet_id)))


async def work_on_what_waits(database: Database, settings: Settings) -> None:
    """Take up what nobody works on, since its process died or was told to stop, and remove what is kept no longer."""
    moment = now()
    async with database.reading() as session:
        waiting = select(Spreadsheet.id).where(Spreadsheet.stage.in_(IN_HAND), _free(moment)).order_by(Spreadsheet.id)
        found = list(await session.scalars(waiting))
        old = await is_to_forget(session, moment)
    for spreadsheet_id in found:
        await work_through(settings, spreadsheet_id)
    if old:
        async with database.writing() as session:
            await forget(session, moment)


async def _in_its_thread(settings: Settings, spreadsheet_id: int) -> None:
    database = connect(settings)
    try:
        held = await _claim(database, spreadsheet_id)
        if held is None:
            return
        who = Acting(held.row.sent_by, f"spreadsheet of {held.row.layout}", "", held.row.practitioner_id)
        with acting(who):
            async with _heard_of(database, held):
                await _work(database, settings, held)
    except Exception as error:  # noqa: BLE001  # it is taken up again when the claim runs out, three times at most
        log.error("spreadsheet.failed", spreadsheet=spreadsheet_id, **without_data(error))
    finally:
        _AT_WORK.pop(spreadsheet_id, None)
        await database.close()


async def _work(database: Database, settings: Settings, held: Held) -> None:
    if held.row.tries > MOST_TRIES:
        await _refuse(database, held, GAVE_UP)
        return
    async with database.reading() as session:
        content = await part(session, settings, held.row.id, Part.SENT)
    if content is None:
        await _refuse(database, held, GONE)
        return
    try:
        table = _read(held, content)
        if held.row.stage is Stage.CONFIRMED:
            try:
                await bring_in(database, settings, held, table)
                return
            except _Changed:
                pass
        await look(database, settings, held, table)
    except Refused as refusal:
        await _refuse(database, held, refusal)


def _read(held: Held, content: bytes) -> Table:
    """Raises :class:`Refused` for what is no such table."""
    table = table_of(content, "The file", COLUMNS[held.row.layout], SENT)
    if len(table.rows) > MOST_ROWS:
        raise Refused(
            f"The file has {len(table.rows):,} rows; at most {MOST_ROWS:,} are taken here",
            "Send it in parts, for example a team or a year at a time.",
        )
    _AT_WORK[held.row.id] = (0, len(table.rows))
    return table


async def look(database: Database, settings: Settings, held: Held, table: Table) -> None:
    """Bring everything in, see what comes of it, and take it back; what is kept is what was seen."""
    moment, day = now(), today_in(settings.zone)
    async with database.rehearsing() as session:
        await wait_for_turn(session, "imports")
        known = await newest_post(session)
        here = await people_in_post(session, held.row.agency_id, day)
        outcome = await _bring(session, held, table, moment, day)
        # A list of people says nothing of whoever is not in it, and they stay.
        missing = len(here - outcome.people) if held.row.layout is Layout.PEOPLE else 0
        found = await consequences(session, held.row.agency_id, day, known=known)
    told = _told(outcome, missing, found)
    shown = json.dumps([asdict(refused) for refused in outcome.refused[:SHOWN]]).encode()
    workbook = held.row.name.lower().endswith(".xlsx")
    async with database.writing() as session:
        looked = await _move(
            session,
            held,
            stage=Stage.LOOKED_AT,
            changed=held.row.stage is Stage.CONFIRMED,
            told=told.as_json(),
            seen=what_was_seen(outcome),
        )
        if looked:
            await put(session, settings, held.row.id, Part.SHOWN, shown)
            await remove_parts(session, held.row.id, Part.REFUSED)
            if outcome.refused:
                to_mend = rows_to_mend(table, outcome, as_workbook=workbook)
                await put(session, settings, held.row.id, Part.REFUSED, to_mend)


async def bring_in(database: Database, settings: Settings, held: Held, table: Table) -> None:
    """Bring in what was looked at. Raises :class:`_Changed`, with nothing done, where it comes to something else."""
    moment, day = now(), today_in(settings.zone)
    before = Told.of(held.row.told)
    async with database.writing() as session:
        await wait_for_turn(session, "imports")
        outcome = await _bring(session, held, table, moment, day)
        if what_was_seen(outcome) != held.row.seen:
            raise _Changed
        # What it would do was seen before; that it was done is said in the same transaction that does it.
        told = _told(outcome, before.missing, before.consequences)
        if not await _move(session, held, stage=Stage.DONE, told=told.as_json(), finished_at=moment):
            raise _Changed
        await remove_parts(session, held.row.id, Part.SENT)


def what_was_seen(outcome: ImportOutcome) -> str:
    """A fingerprint of what becomes of every row: the same where nothing that matters to the file has changed."""
    rows = [
        *(outcome.rows, outcome.unchanged, outcome.begun, outcome.ended, outcome.feeds),
        *(sorted(outcome.taken), sorted(outcome.people), outcome.made, outcome.notes),
        [asdict(refused) for refused in outcome.refused],
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


async def _bring(session: AsyncSession, held: Held, table: Table, moment: datetime, day: date) -> ImportOutcome:
    def progress(done: int, of: int) -> None:
        _AT_WORK[held.row.id] = (done, of)

    by = held.row.sent_by
    if held.row.layout is Layout.PEOPLE:
        return await people.import_people(
            *(session, table),
            by=by,
            create=held.options.create,
            agency=held.agency,
            only_its_people=True,
            progress=progress,
        )
    return await completions.import_completions(
        *(session, table),
        by=by,
        today=day,
        agency=held.agency,
        as_at=held.options.as_at,
        only_its_people=True,
        but=held.row.practitioner_id,
        at=moment,
        progress=progress,
    )


def _told(outcome: ImportOutcome, missing: int, found: list[Consequence]) -> Told:
    return Told(
        rows=outcome.rows,
        accepted=outcome.accepted,
        begun=outcome.begun,
        ended=outcome.ended,
        unchanged=outcome.unchanged,
        refused=len(outcome.refused),
        missing=missing,
        feeds=outcome.feeds,
        made=outcome.made[:MENTIONED],
        notes=outcome.notes[:MENTIONED],
        more_notes=max(len(outcome.notes) - MENTIONED, 0),
        ignored_columns=outcome.ignored_columns[:MENTIONED],
        consequences=found,
    )


# --- whose it is to work on ---


def _free(moment: datetime) -> ColumnElement[bool]:
    return or_(Spreadsheet.claimed_until.is_(None), Spreadsheet.claimed_until <= moment)


async def _claim(database: Database, spreadsheet_id: int) -> Held | None:
    """Take it, unless somebody has it or there is nothing to be done with it."""
    moment, claim = now(), new_token()
    async with database.writing() as session:
        taken = await session.scalar(
            update(Spreadsheet)
            .where(Spreadsheet.id == spreadsheet_id, Spreadsheet.stage.in_(IN_HAND), _free(moment))
            .values(claim=claim, claimed_until=moment + LEASE, tries=Spreadsheet.tries + 1)
            .returning(Spreadsheet.id)
        )
        if taken is None:
            return None
        row = await session.get_one(Spreadsheet, spreadsheet_id)
        agency = await session.get_one(Agency, row.agency_id)
    return Held(row, claim, agency.name)


async def _move(session: AsyncSession, held: Held, **values: object) -> bool:
    """Change what is kept of it, if it is ours still; nobody has it then."""
    moved = await session.scalar(
        update(Spreadsheet)
        .where(Spreadsheet.id == held.row.id, Spreadsheet.stage == held.row.stage, Spreadsheet.claim == held.claim)
        .values(claim=None, claimed_until=None, tries=0, rows_done=0, **values)
        .returning(Spreadsheet.id)
    )
    return moved is not None


async def _refuse(database: Database, held: Held, refusal: Refused) -> None:
    async with database.writing() as session:
        told = Told(problem=refusal.problem, mend=refusal.mend)
        if await _move(session, held, stage=Stage.UNREADABLE, told=told.as_json()):
            await remove_parts(session, held.row.id, *Part)


@asynccontextmanager
async def _heard_of(database: Database, held: Held) -> AsyncIterator[None]:
    """Keep the claim, and say how far the work is, for whoever asks another process.

    Not on SQLite: the work has the one writer's lock, and without it nobody else takes anything up.
    """
    if database.engine.dialect.name == "sqlite":
        yield
        return
    task = asyncio.create_task(_say_how_far(database, held))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _say_how_far(database: Database, held: Held) -> None:
    while True:
        await asyncio.sleep(HEARD_EVERY)
        done, of = _AT_WORK.get(held.row.id, (0, 0))
        with suppress(DBAPIError):
            async with database.writing() as session:
                await session.execute(
                    update(Spreadsheet)
                    .where(Spreadsheet.id == held.row.id, Spreadsheet.claim == held.claim)
                    .values(claimed_until=now() + LEASE, rows_done=done, rows=of)
                )
