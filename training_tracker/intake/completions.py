"""Completions from a spreadsheet: one row is one person, one item, one day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rapidfuzz import fuzz, process
from sqlalchemy import func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.deciding import signatures_of
from training_tracker.calendar import Days
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.finding import items_by_name
from training_tracker.catalogue.models import Item, ItemAlias
from training_tracker.errors import Refused
from training_tracker.intake.outcome import ImportOutcome, Progress
from training_tracker.intake.rows import Column, TableRow, agency_named, batches, days, month_first_columns, texts
from training_tracker.intake.tables import Table, read_table
from training_tracker.naming import fold, nearest, refuse_vague_name
from training_tracker.people.finding import agencies_by_name
from training_tracker.people.models import EmployeeNumber, Practitioner
from training_tracker.people.posts import ever_held_post
from training_tracker.records.feeding import receive_feeds, refuse_future_data
from training_tracker.records.recording import NewCompletion, Outcome, record_completions, refuse_impossible
from training_tracker.records.sending import record_sent

# The people of the examples are those of the template for people.
COLUMNS = (
    Column(
        "e-mail",
        "The person's address. Needed unless agency and employee number are given.",
        ("morwenna.hale@harbour.example", ""),
        aliases=("e-mail address", "work e-mail"),
    ),
    Column(
        "agency",
        "The organisation to which the employee number belongs.",
        ("", "Sandown Harbour Trust"),
        aliases=("organisation", "employer"),
    ),
    Column(
        "employee number",
        "That agency's number for the person, with its leading zeros.",
        ("", "00923"),
        aliases=("employee no", "staff number", "payroll number"),
        longest=40,
    ),
    Column(
        "item",
        "The course or resource, by code, title or another known name.",
        ("CSA-INTRO", "HIPS CSA toolkit"),
        required=True,
        aliases=("course", "training", "resource"),
    ),
    Column(
        "completed on",
        "The day on which it was completed. If the day is not known: March 2025, 2025 or before 2025.",
        ("2025-03-14", "2025-04-02"),
        required=True,
        aliases=("completion date", "date completed", "completed"),
        holds="date",
    ),
    Column(
        "hours",
        "How long it took, such as 1.5. Empty: the item's usual length.",
        ("2", ""),
        holds="number",
    ),
    Column(
        "evidence",
        "Where the proof is kept, such as a certificate's number. No names of children.",
        ("certificate 25-0311", ""),
        longest=500,
    ),
    Column("source", "Where the fact comes from, such as the name of a system.", ("Learning system", "Team list")),
)
# Guessing at an address takes a look at every known one; a file with more wrong ones than this is wrong as a whole.
GUESSES = 200


@dataclass(frozen=True, slots=True)
class CompletionRow:
    row: TableRow
    email: str
    agency_id: int | None
    number: str
    item_id: int
    done: Days
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
    as_at: date | None = None,
    strength: Strength = Strength.ATTENDANCE_REGISTER,
    source: str = "spreadsheet",
    only_its_people: bool = False,
    but: int | None = None,
    at: datetime | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ImportOutcome:
    """Bring the rows of a completions file into the record; refused rows change nothing and say why.

    ``agency`` and ``item`` fill rows that name none; ``strength`` is that of the file's evidence. Raises
    :class:`Refused` when one of them is not known. The file is what the feeds of ``agency`` are waiting for, with
    completions up to the day ``as_at``, by default today: for ``item`` and each item of which a row was taken. Where
    every row was refused it did not come; ``source`` says how it came. With ``only_its_people`` whoever never held a
    post in ``agency``, and every other agency and what it recorded, is as if they were not there. ``but`` is somebody
    who may not record this of themselves; ``at`` is the moment under which it is recorded, if it is to be found by it.
    """
    as_at = as_at or today
    refuse_future_data(as_at, today)
    reader = await _Reader.load(session, table, today, agency, item, only_its_people=only_its_people)
    sent_by = reader.agency_id(agency) if only_its_people else None
    people = _People(session, sent_by, but)
    covered: set[int] = set()
    outcome = ImportOutcome(rows=len(table.rows), ignored_columns=list(table.ignored), notes=list(table.notes))
    done = 0
    for batch in batches(table.rows):
        understood = []
        for row in batch:
            try:
                understood.append(reader.understand(row))
            except Refused as refusal:
                outcome.refuse(row, refusal)
        await people.load(understood)
        covered |= await _save(
            session, people, understood, outcome, strength, by=by, today=today, sent_by=sent_by, at=at
        )
        done += len(batch)
        progress(done, len(table.rows))
    outcome.refused.sort(key=lambda refused: refused.row)
    if agency and covered:
        covered |= {reader.item_id(item)} if item else set()
        outcome.feeds = await receive_feeds(
            session, reader.agency_id(agency), covered, as_at=as_at, source=source, by=by, at=at
        )
    return outcome


class _Reader:
    """Makes sense of one row at a time, with the catalogue and the agencies at hand."""

    def __init__(self, items: dict[str, int], names: list[str], agencies: dict[str, tuple[int, str]]) -> None:
        self.items = items
        self.names = names
        self.agencies = agencies
        self.month_first: dict[str, bool] = {}
        self.today = date.min
        self.agency = self.item = ""
        self.guesses: dict[str, str] = {}

    @classmethod
    async def load(
        cls, session: AsyncSession, table: Table, today: date, agency: str, item: str, *, only_its_people: bool
    ) -> "_Reader":
        names = [*await session.scalars(select(Item.title)), *await session.scalars(select(Item.code))]
        if not names:
            raise Refused("The catalogue is empty", "First run: training-tracker load reference")
        names += await session.scalars(select(ItemAlias.written))
        agencies = await agencies_by_name(session)
        if only_its_people:
            own = agencies.get(fold(agency))
            agencies = {name: known for name, known in agencies.items() if known == own}
        reader = cls(await items_by_name(session), names, agencies)
        reader.month_first, reader.today = month_first_columns(table.rows, COLUMNS), today
        if agency:
            reader.agency_id(agency)
        if item:
            reader.item_id(item)
        reader.agency, reader.item = agency, item
        return reader

    def understand(self, row: TableRow) -> CompletionRow:
        text = texts(row, COLUMNS)
        email, number = text["e-mail"].lower(), text["employee number"]
        agency = agency_named(text["agency"], self.agency, self.agencies)
        if not email and not (agency and number):
            problem = "Nobody is named"
            raise Refused(problem, "Give the e-mail address, or the agency and the employee number.", "e-mail")
        hours = _hours(text["hours"])
        done = days(row, "completed on", month_first=self.month_first["completed on"])
        if done is None:
            raise Refused("The date is missing", "A completion needs the day on which it happened.", "completed on")
        refuse_impossible(done.first, hours, self.today, completed_by=done.last)
        return CompletionRow(
            row=row,
            email=email,
            agency_id=self.agency_id(agency) if number and agency else None,
            number=number,
            item_id=self.item_id(text["item"] or self.item),
            done=done,
            hours=hours,
            evidence=text["evidence"],
            source=text["source"],
        )

    def agency_id(self, name: str) -> int:
        known = self.agencies.get(fold(name))
        if known is None:
            refuse_vague_name(name, "agency")
            guess = self._guess(name, [written for _, written in self.agencies.values()])
            raise Refused(f"There is no agency {name}", guess or "Import its people first.", "agency")
        return known[0]

    def item_id(self, name: str) -> int:
        if not name:
            raise Refused("The item is missing", "Give its code, title or another known name.", "item")
        known = self.items.get(fold(name))
        if known is None:
            mend = self._guess(name, self.names) or "The catalogue lists the names that are known."
            raise Refused(f"The catalogue has no “{name}”", mend, "item")
        return known

    def _guess(self, name: str, known: list[str]) -> str:
        """Remembered, since a name that is wrong once is mostly wrong in every row."""
        if name not in self.guesses:
            alike = nearest(name, known) if len(self.guesses) < GUESSES else []
            self.guesses[name] = f"Did you mean {' or '.join(alike)}?" if alike else ""
        return self.guesses[name]


def _hours(text: str) -> float | None:
    if not text:
        return None
    try:
        hours = float(text)
    except ValueError:
        hours = float("nan")
    if hours != hours:
        raise Refused(f"“{text}” is not a number of hours", "Give hours such as 1.5.", "hours")
    return hours


async def _save(
    session: AsyncSession,
    people: "_People",
    rows: list[CompletionRow],
    outcome: ImportOutcome,
    strength: Strength,
    *,
    by: str,
    today: date,
    sent_by: int | None,
    at: datetime | None,
) -> set[int]:
    """Returns the items of the rows that were taken, or known already."""
    known, completions = [], []
    covered = set()
    for row in rows:
        try:
            practitioner_id = await people.find(row)
        except Refused as refusal:
            outcome.refuse(row.row, refusal)
            continue
        known.append(row)
        completions.append(
            NewCompletion(
                practitioner_id,
                row.item_id,
                row.done.first,
                row.hours,
                evidence=row.evidence,
                source=row.source,
                strength=strength,
                completed_by=row.done.last,
            )
        )
    if sent_by is None:
        results = await record_completions(session, completions, by=by, today=today, unless_voided=True, at=at)
    else:
        results = await record_sent(session, completions, sent_by, signatures_of(sent_by), by=by, today=today, at=at)
    for row, result in zip(known, results, strict=True):
        if result is Outcome.RECORDED:
            outcome.take(row.row.number)
        elif result is Outcome.KNOWN_ALREADY:
            outcome.unchanged += 1
        elif result is Outcome.VOIDED:
            problem = "This completion was voided, and no file brings it back"
            mend = "Leave it out. If it was done after all, the person records it, or: training-tracker complete."
            outcome.refuse(row.row, Refused(problem, mend, "completed on"))
            continue
        else:
            problem = "This completion is in the record already, with other hours"
            mend = "If the record is wrong, have that completion voided first, then send this row again."
            outcome.refuse(row.row, Refused(problem, mend, "hours"))
            continue
        covered.add(row.item_id)
    return covered


class _People:
    """The people a batch names, by e-mail and by employee number; of one agency, or of all."""

    def __init__(self, session: AsyncSession, agency_id: int | None, but: int | None) -> None:
        self.session = session
        self.but = but
        self.among = ever_held_post(agency_id) if agency_id else true()
        self.by_email: dict[str, int] = {}
        self.by_number: dict[tuple[int, str], int] = {}
        self.without_zeros: dict[tuple[int, str], str] = {}
        self.everybody: list[str] | None = None
        self.guessed = 0

    async def load(self, rows: Sequence[CompletionRow]) -> None:
        emails = {row.email for row in rows if row.email}
        numbers = {(row.agency_id, row.number.lstrip("0")) for row in rows if row.agency_id}
        by_email = select(Practitioner.email, Practitioner.id).where(Practitioner.email.in_(emails), self.among)
        self.by_email = {email: person for email, person in await self.session.execute(by_email) if email}
        by_number = select(EmployeeNumber.agency_id, EmployeeNumber.number, EmployeeNumber.practitioner_id).where(
            tuple_(EmployeeNumber.agency_id, func.ltrim(EmployeeNumber.number, "0")).in_(numbers)
        )
        self.by_number, self.without_zeros = {}, {}
        for agency, number, person in await self.session.execute(by_number):
            self.by_number[agency, number] = person
            self.without_zeros[agency, number.lstrip("0")] = number

    async def find(self, row: CompletionRow) -> int:
        by_email = self.by_email.get(row.email) if row.email else None
        by_number = self.by_number.get((row.agency_id, row.number)) if row.agency_id else None
        if by_email and by_number and by_email != by_number:
            problem = "The e-mail address belongs to one person and the employee number to another"
            raise Refused(problem, "Correct one of the two.", "e-mail")
        person = by_email or by_number
        if person is not None and person == self.but:
            problem = "This is you, and nobody records this of themselves"
            raise Refused(problem, "Say what you have done on My training, and have it confirmed.", "e-mail")
        if person is not None:
            return person
        mend = "Import the person first, or correct it."
        if row.email:
            if alike := await self._nearest(row.email):
                mend = f"Did you mean {alike}? Otherwise import the person first."
            raise Refused("Nobody with this address is known", mend, "e-mail")
        known = self.without_zeros.get((row.agency_id or 0, row.number.lstrip("0")))
        if known is not None:
            mend = f"Did you mean {known}? Format the column as text, so that no zeros are lost."
        raise Refused("This agency has nobody with this number", mend, "employee number")

    async def _nearest(self, email: str) -> str | None:
        self.guessed += 1
        if self.guessed > GUESSES:
            return None
        if self.everybody is None:
            addresses = await self.session.scalars(select(Practitioner.email).where(self.among))
            self.everybody = [address for address in addresses if address]
        found = process.extractOne(email, self.everybody, scorer=fuzz.ratio, score_cutoff=85)
        return found[0] if found else None
