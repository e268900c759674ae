"""Completions from a spreadsheet: one row is one person, one item, one day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.finding import items_by_name
from training_tracker.catalogue.models import Item
from training_tracker.errors import Refused
from training_tracker.intake.dates import NotADate, is_month_first, read_date
from training_tracker.intake.outcome import ImportOutcome, Progress
from training_tracker.intake.tables import Column, Table, TableRow, cell_text, is_formula, read_table
from training_tracker.naming import fold, nearest
from training_tracker.people.models import Agency, EmployeeNumber, Practitioner
from training_tracker.records.recording import (
    NewCompletion,
    Outcome,
    record_completions,
    refuse_impossible,
)

COLUMNS = (
    Column("e-mail", aliases=("e-mail address", "work e-mail")),
    Column("agency", aliases=("organisation", "employer")),
    Column("employee number", aliases=("employee no", "staff number", "payroll number")),
    Column("item", required=True, aliases=("course", "training", "resource")),
    Column("completed on", required=True, aliases=("completion date", "date completed", "completed")),
    Column("hours"),
    Column("evidence"),
    Column("source"),
)
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class CompletionRow:
    row: TableRow
    email: str
    agency_id: int | None
    number: str
    item_id: int
    completed_on: date
    hours: float | None
    evidence: str
    source: str


def read_completions(file: Path, largest: int) -> Table:
    return read_table(file, COLUMNS, largest)


async def import_completions(
    session: AsyncSession,
    table: Table,
    *,
    by: str,
    today: date,
    agency: str = "",
    item: str = "",
    progress: Progress = lambda _done, _total: None,
) -> ImportOutcome:
    """Bring the rows of a completions file into the record; refused rows change nothing and say why.

    ``agency`` and ``item`` fill rows that name none.
    """
    reader = await _Reader.load(session, table, today, {"agency": agency, "item": item})
    outcome = ImportOutcome(rows=len(table.rows), ignored_columns=list(table.ignored), notes=list(table.notes))
    done = 0
    for batch in _batches(table.rows):
        understood = []
        for row in batch:
            try:
                understood.append(reader.understand(row))
            except Refused as refusal:
                outcome.refuse(row, refusal)
        await _save(session, understood, outcome, by=by, today=today)
        done += len(batch)
        progress(done, len(table.rows))
    outcome.refused.sort(key=lambda refused: refused.row)
    return outcome


class _Reader:
    """Makes sense of one row at a time, with the catalogue and the agencies at hand."""

    def __init__(
        self,
        items: dict[str, int],
        titles: list[str],
        agencies: dict[str, int],
        month_first: bool,
        today: date,
        defaults: dict[str, str],
    ) -> None:
        self.items = items
        self.titles = titles
        self.agencies = agencies
        self.month_first = month_first
        self.today = today
        self.defaults = defaults

    @classmethod
    async def load(cls, session: AsyncSession, table: Table, today: date, defaults: dict[str, str]) -> "_Reader":
        return cls(
            await items_by_name(session),
            list(await session.scalars(select(Item.title))),
            {fold(agency.name): agency.id for agency in await session.scalars(select(Agency))},
            is_month_first([row.cells.get("completed on") for row in table.rows]),
            today,
            defaults,
        )

    def understand(self, row: TableRow) -> CompletionRow:
        text = {column.name: cell_text(row.cells.get(column.name)) for column in COLUMNS}
        for name, value in text.items():
            if is_formula(value):
                raise Refused("This is a formula, or the error of one", "Write the value itself.", name)
            if len(value) > (500 if name == "evidence" else 200):
                raise Refused("This is too long to be meant", "Shorten it.", name)
        email, number = text["e-mail"].lower(), text["employee number"]
        agency = text["agency"] or self.defaults["agency"]
        if not email and not (agency and number):
            problem = "Nobody is named"
            raise Refused(problem, "Give the e-mail address, or the agency and the employee number.", "e-mail")
        hours = self._hours(text["hours"])
        completed_on = self._completed_on(row)
        refuse_impossible(completed_on, hours, self.today)
        return CompletionRow(
            row=row,
            email=email,
            agency_id=self._agency(agency) if number and agency else None,
            number=number,
            item_id=self._item(text["item"] or self.defaults["item"]),
            completed_on=completed_on,
            hours=hours,
            evidence=text["evidence"],
            source=text["source"],
        )

    def _agency(self, name: str) -> int:
        if fold(name) not in self.agencies:
            alike = nearest(name, self.agencies)
            mend = f"Did you mean {' or '.join(alike)}?" if alike else "Import its people first."
            raise Refused(f"There is no agency {name}", mend, "agency")
        return self.agencies[fold(name)]

    def _item(self, name: str) -> int:
        if not name:
            raise Refused("The item is missing", "Give its code, title or another known name.", "item")
        if fold(name) not in self.items:
            alike = nearest(name, self.titles)
            mend = f"Did you mean {' or '.join(alike)}?" if alike else "The catalogue lists the names that are known."
            raise Refused(f"The catalogue has no “{name}”", mend, "item")
        return self.items[fold(name)]

    def _completed_on(self, row: TableRow) -> date:
        cell = row.cells.get("completed on")
        if not cell_text(cell):
            raise Refused("The date is missing", "A completion needs the day on which it happened.", "completed on")
        try:
            return read_date(cell, month_first_column=self.month_first)
        except NotADate as error:
            raise Refused(error.problem, error.mend, "completed on") from None

    def _hours(self, text: str) -> float | None:
        if not text:
            return None
        try:
            hours = float(text)
        except ValueError:
            raise Refused(f"“{text}” is not a number of hours", "Give hours such as 1.5.", "hours") from None
        if hours != hours:
            raise Refused(f"“{text}” is not a number of hours", "Give hours such as 1.5.", "hours")
        return hours


async def _save(
    session: AsyncSession, rows: list[CompletionRow], outcome: ImportOutcome, *, by: str, today: date
) -> None:
    people = await _People.load(session, rows)
    known, completions = [], []
    for row in rows:
        try:
            practitioner_id = people.find(row)
        except Refused as refusal:
            outcome.refuse(row.row, refusal)
            continue
        known.append(row)
        completions.append(
            NewCompletion(
                practitioner_id, row.item_id, row.completed_on, row.hours, evidence=row.evidence, source=row.source
            )
        )
    results = await record_completions(session, completions, by=by, today=today)
    for row, result in zip(known, results, strict=True):
        if result is Outcome.RECORDED:
            outcome.accepted += 1
        elif result is Outcome.KNOWN_ALREADY:
            outcome.unchanged += 1
        else:
            problem = "This completion is in the record already, with other hours"
            mend = "If the record is wrong, have that completion voided first, then send this row again."
            outcome.refuse(row.row, Refused(problem, mend, "hours"))


class _People:
    """The people a batch names, by e-mail and by employee number."""

    def __init__(self, by_email: dict[str | None, int], by_number: dict[tuple[int, str], int]) -> None:
        self.by_email = by_email
        self.by_number = by_number

    @classmethod
    async def load(cls, session: AsyncSession, rows: list[CompletionRow]) -> "_People":
        emails = {row.email for row in rows if row.email}
        numbers = {(row.agency_id, row.number) for row in rows if row.agency_id and row.number}
        by_email = await session.execute(
            select(Practitioner.email, Practitioner.id).where(Practitioner.email.in_(emails))
        )
        by_number = await session.execute(
            select(EmployeeNumber.agency_id, EmployeeNumber.number, EmployeeNumber.practitioner_id).where(
                tuple_(EmployeeNumber.agency_id, EmployeeNumber.number).in_(numbers)
            )
        )
        return cls(
            dict(by_email.tuples().all()), {(agency, number): person for agency, number, person in by_number.tuples()}
        )

    def find(self, row: CompletionRow) -> int:
        by_email = self.by_email.get(row.email) if row.email else None
        by_number = self.by_number.get((row.agency_id, row.number)) if row.agency_id else None
        if by_email and by_number and by_email != by_number:
            problem = "The e-mail address belongs to one person and the employee number to another"
            raise Refused(problem, "Correct one of the two.", "e-mail")
        person = by_email or by_number
        if person is None:
            field = "e-mail" if row.email else "employee number"
            problem = "Nobody with this address is known" if row.email else "This agency has nobody with this number"
            raise Refused(problem, "Import the person first, or correct it.", field)
        return person


def _batches(rows: list[TableRow]) -> Iterator[list[TableRow]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
