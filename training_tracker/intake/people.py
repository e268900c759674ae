"""People and their posts from a spreadsheet: one row is one person in one role in one team."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from rapidfuzz import fuzz
from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import touch
from training_tracker.errors import Refused
from training_tracker.intake.dates import NotADate, is_month_first, read_date
from training_tracker.intake.outcome import ImportOutcome, Progress
from training_tracker.intake.tables import Column, Table, TableRow, cell_text, is_formula, read_table
from training_tracker.naming import fold, nearest, refuse_vague_name
from training_tracker.people.agencies import NESTED, create_agency, create_team, name_managers
from training_tracker.people.models import (
    Agency,
    EmployeeNumber,
    Post,
    Practitioner,
    Role,
    RoleAlias,
    Sector,
    SectorAlias,
    Team,
)
from training_tracker.people.posts import KnownPost, PostDates, correct_post, open_posts

COLUMNS = (
    Column("agency", required=True, aliases=("organisation", "employer")),
    Column("sector"),
    Column("team", required=True),
    Column("employee number", aliases=("employee no", "staff number", "payroll number")),
    Column("name", required=True, aliases=("full name",)),
    Column("e-mail", required=True, aliases=("e-mail address", "work e-mail")),
    Column("role", required=True, aliases=("job role", "job title")),
    Column("manager e-mail", aliases=("line manager e-mail", "manager")),
    Column("started on", required=True, aliases=("start date", "started")),
    Column("ended on", aliases=("end date", "ended", "leaving date")),
)
BATCH = 5_000
ADDRESS = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[^@\s,;<>\"'.]{2,}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row whose every cell makes sense by itself. E-mail addresses are in lower case; empty means not given."""

    row: TableRow
    agency: str
    sector: str
    team: tuple[str, ...]
    number: str
    name: str
    email: str
    role: str
    manager: str
    started_on: date | None
    ended_on: date | None


def read_people(file: Path, largest: int) -> Table:
    return read_table(file, COLUMNS, largest)


async def import_people(
    session: AsyncSession,
    table: Table,
    *,
    by: str,
    create: bool = False,
    agency: str = "",
    progress: Progress = lambda _done, _total: None,
) -> ImportOutcome:
    """Bring the rows of a people file into the record; refused rows change nothing and say why.

    ``create`` allows agencies and teams that are not known yet; ``agency`` fills rows that name none.
    """
    return await _PeopleImport(session, table, by, create, agency, progress).run()


class _PeopleImport:
    def __init__(
        self, session: AsyncSession, table: Table, by: str, create: bool, agency: str, progress: Progress
    ) -> None:
        self.session = session
        self.table = table
        self.by = by
        self.create = create
        self.default_agency = agency
        self.progress = progress
        self.outcome = ImportOutcome(rows=len(table.rows), ignored_columns=list(table.ignored), notes=list(table.notes))
        self.managers: list[tuple[int, str, int]] = []
        # What this file has said already, so that a file cannot contradict itself and then flip back next time.
        self.said: dict[int, int] = {}

    async def run(self) -> ImportOutcome:
        self.places = await _Places.load(self.session)
        rows = self._understood()
        rows = await self._with_known_managers(rows)
        done = 0
        for batch in _batches(rows):
            await self._save(batch)
            done += len(batch)
            self.progress(done, len(rows))
        await self._name_managers()
        self.outcome.made = self.places.made
        self.outcome.refused.sort(key=lambda refused: refused.row)
        return self.outcome

    # --- reading rows by themselves ---

    def _understood(self) -> list[PersonRow]:
        month_first = {
            name: is_month_first([row.cells.get(name) for row in self.table.rows])
            for name in ("started on", "ended on")
        }
        rows = []
        for row in self.table.rows:
            try:
                rows.append(self._understand(row, month_first))
            except Refused as refusal:
                self.outcome.refuse(row, refusal)
        return rows

    def _understand(self, row: TableRow, month_first: dict[str, bool]) -> PersonRow:
        text = {column.name: cell_text(row.cells.get(column.name)) for column in COLUMNS}
        for name, value in text.items():
            if is_formula(value):
                raise Refused("This is a formula, or the error of one", "Write the value itself.", name)
            if len(value) > 200:
                raise Refused("This is too long to be meant", "Shorten it to 200 characters.", name)
        agency = text["agency"] or self.default_agency
        if not agency:
            raise Refused("The agency is missing", "Name the organisation that employs this person.", "agency")
        refuse_vague_name(agency, "agency")
        if text["sector"]:
            refuse_vague_name(text["sector"], "sector")
        name = _name(text["name"])
        number = text["employee number"]
        if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", number):
            problem = "The spreadsheet has shortened this number"
            raise Refused(problem, "Format the column as text and enter it again.", "employee number")
        email = _address(text["e-mail"], "e-mail")
        if not email and not number:
            problem = "Neither an e-mail address nor an employee number is given"
            raise Refused(problem, "Give one of them: names alone do not tell people apart.", "e-mail")
        if not text["role"]:
            raise Refused("The role is missing", "Name the role; docs/configuration.md lists them.", "role")
        started_on = _day(row, "started on", month_first["started on"])
        ended_on = _day(row, "ended on", month_first["ended on"])
        if started_on and ended_on and ended_on < started_on:
            raise Refused("The post ends before it starts", "Give an end on or after the start.", "ended on")
        return PersonRow(
            row=row,
            agency=agency,
            sector=text["sector"],
            team=tuple(filter(None, (part.strip() for part in text["team"].split(NESTED)))),
            number=number,
            name=name,
            email=email,
            role=text["role"],
            manager=_address(text["manager e-mail"], "manager e-mail"),
            started_on=started_on,
            ended_on=ended_on,
        )

    async def _with_known_managers(self, rows: list[PersonRow]) -> list[PersonRow]:
        """A manager is somebody in the record or anywhere in this file."""
        in_file = {row.email for row in rows if row.email}
        others = sorted({row.manager for row in rows if row.manager} - in_file)
        known: set[str | None] = set(in_file)
        for addresses in _batches(others):
            known.update(
                await self.session.scalars(select(Practitioner.email).where(Practitioner.email.in_(addresses)))
            )
        kept = []
        for row in rows:
            if row.manager and row.manager not in known:
                mend = "Add the manager's own row, correct the address, or leave it empty."
                if alike := nearest(row.manager, in_file, 1):
                    mend = f"Did you mean {alike[0]}? Otherwise: {mend[0].lower()}{mend[1:]}"
                problem = "Nobody with this address is known or stands in this file"
                self.outcome.refuse(row.row, Refused(problem, mend, "manager e-mail"))
            else:
                kept.append(row)
        return kept

    # --- into the record ---

    async def _save(self, batch: list[PersonRow]) -> None:
        placed: list[tuple[PersonRow, int, int, int]] = []
        for row in batch:
            try:
                placed.append((row, *await self.places.find(row, create=self.create)))
            except Refused as refusal:
                self.outcome.refuse(row.row, refusal)
        people = await _KnownPeople.load(self.session, [(row, agency) for row, agency, _, _ in placed])
        identified = []
        for row, agency_id, team_id, role_id in placed:
            try:
                identified.append((row, people.identify(row, agency_id), team_id, role_id))
            except Refused as refusal:
                self.outcome.refuse(row.row, refusal)
        await people.save()
        await self._save_posts([(row, person, people, team, role) for row, person, team, role in identified])

    async def _save_posts(self, rows: list[tuple[PersonRow, "_Person", "_KnownPeople", int, int]]) -> None:
        posts = await _posts_of(self.session, {person.id for _, person, _, _, _ in rows})
        opened: list[PostDates] = []
        opened_by_row: list[int] = []
        for row, person, _people, team_id, role_id in rows:
            said = PostDates(person.id, team_id, role_id, row.started_on, row.ended_on)
            same_place = posts.setdefault((person.id, team_id, role_id), [])
            try:
                changed = await self._reconcile(row, said, same_place)
            except Refused as refusal:
                self.outcome.refuse(row.row, refusal)
                continue
            if changed is None:
                # A placeholder stands for the post until the batch is written, so that a repeated row finds it.
                same_place.append(KnownPost(-row.row.number, said))
                self.said[-row.row.number] = row.row.number
                opened.append(said)
                opened_by_row.append(row.row.number)
            if changed is not False or person.changed:
                self.outcome.accepted += 1
            else:
                self.outcome.unchanged += 1
            person.changed = False
            if row.manager:
                self.managers.append((team_id, row.manager, row.row.number))
        ids = await open_posts(self.session, opened, self.by)
        self.said.update(zip(ids, opened_by_row, strict=True))

    async def _reconcile(self, row: PersonRow, said: PostDates, known: list[KnownPost]) -> bool | None:
        """Whether the row corrected a known post; None if it opens a new one. A blank never erases what is known."""
        match = _same_post(said, known)
        if match is None:
            return None
        changes: dict[str, date | int | None] = {}
        if said.started_on and said.started_on != match.dates.started_on:
            changes["started_on"] = said.started_on
        if said.ended_on and said.ended_on != match.dates.ended_on:
            changes["ended_on"] = said.ended_on
        if not changes:
            self.said.setdefault(match.id, row.row.number)
            return False
        earlier = self.said.get(match.id)
        if earlier is not None and earlier != row.row.number:
            field = "started on" if "started_on" in changes else "ended on"
            raise Refused(
                f"Row {earlier} gives this person the same role in the same team with other dates",
                "Keep one row, or give the earlier post the day on which it ended.",
                field,
            )
        corrected = await correct_post(self.session, match.id, self.by, **changes)
        known[known.index(match)] = corrected
        self.said[match.id] = row.row.number
        return True

    async def _name_managers(self) -> None:
        addresses = sorted({address for _, address, _ in self.managers})
        ids: dict[str | None, int] = {}
        for some in _batches(addresses):
            found = await self.session.execute(
                select(Practitioner.email, Practitioner.id).where(Practitioner.email.in_(some))
            )
            ids.update(found.tuples().all())
        waiting = sorted({address for address in addresses if address not in ids})
        for address in waiting:
            number = next(n for _, a, n in self.managers if a == address)
            self.outcome.notes.append(
                f"row {number}: the manager's own row was refused; mend it and send this file again to link the team"
            )
        await name_managers(self.session, {(team, ids[a]) for team, a, _ in self.managers if a in ids})


def _same_post(said: PostDates, known: list[KnownPost]) -> KnownPost | None:
    """Which known post in this team and role a row speaks of; None when it speaks of another one."""
    if not known:
        return None
    for post in known:
        if post.dates.started_on == said.started_on:
            return post
    if said.started_on is None:
        return max(known, key=lambda post: post.dates.started_on or date.min)
    for post in known:
        ended = post.dates.ended_on
        if ended is None or ended >= said.started_on:
            return post
    return None


# --- places: agencies, teams, roles ---


class _Places:
    """Agencies, teams and roles by the names people use for them, and those made on the way."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.agencies: dict[str, tuple[int, int, str]] = {}
        self.teams: dict[tuple[int, int | None, str], int] = {}
        self.sectors: dict[str, int] = {}
        self.sector_names: list[str] = []
        self.roles: dict[tuple[int, str], int] = {}
        self.role_names: dict[int, list[str]] = {}
        self.made: list[str] = []

    @classmethod
    async def load(cls, session: AsyncSession) -> "_Places":
        places = cls(session)
        for agency in await session.scalars(select(Agency)):
            places.agencies[fold(agency.name)] = (agency.id, agency.sector_id, agency.name)
        for team in await session.scalars(select(Team)):
            places.teams[team.agency_id, team.parent_id, fold(team.name)] = team.id
        for sector in await session.scalars(select(Sector)):
            places.sector_names.append(sector.name)
            places.sectors[fold(sector.name)] = places.sectors[fold(sector.code)] = sector.id
        for alias in await session.scalars(select(SectorAlias)):
            places.sectors.setdefault(alias.alias, alias.sector_id)
        roles = {role.id: role for role in await session.scalars(select(Role))}
        for alias_row in await session.scalars(select(RoleAlias)):
            places.roles[roles[alias_row.role_id].sector_id, alias_row.alias] = alias_row.role_id
        for role in roles.values():
            places.roles[role.sector_id, fold(role.name)] = places.roles[role.sector_id, fold(role.code)] = role.id
            places.role_names.setdefault(role.sector_id, []).append(role.name)
        return places

    async def find(self, row: PersonRow, *, create: bool) -> tuple[int, int, int]:
        """The ids of the row's agency, team and role. Nothing is made for a row that is refused."""
        agency = self.agencies.get(fold(row.agency))
        sector_id = agency[1] if agency else self._sector_of_new_agency(row, create)
        if agency and row.sector and self.sectors.get(fold(row.sector), sector_id) != sector_id:
            raise Refused(f"{agency[2]} is known in another sector", "Leave the sector empty, or correct it.", "sector")
        role_id = self._role(row, sector_id)
        if agency is None:
            made, top = await create_agency(self.session, row.agency, sector_id)
            agency = self.agencies[fold(row.agency)] = (made.id, sector_id, made.name)
            self.teams[made.id, None, fold(made.name)] = top.id
            self.made.append(f"agency {made.name}")
        team_id = await self._team(row, agency, create)
        return agency[0], team_id, role_id

    def _sector_of_new_agency(self, row: PersonRow, create: bool) -> int:
        if not create:
            known = [name for _, _, name in self.agencies.values()]
            raise Refused(f"There is no agency {row.agency}", _did_you_mean(row.agency, known, "--create"), "agency")
        if not row.sector:
            problem = f"{row.agency} is new, and its sector is missing"
            raise Refused(problem, "Give one of: " + ", ".join(self.sector_names) + ".", "sector")
        if fold(row.sector) not in self.sectors:
            mend = _did_you_mean(row.sector, self.sector_names, "")
            raise Refused(f"There is no sector {row.sector}", mend, "sector")
        return self.sectors[fold(row.sector)]

    def _role(self, row: PersonRow, sector_id: int) -> int:
        role_id = self.roles.get((sector_id, fold(row.role)))
        if role_id is None:
            known = self.role_names.get(sector_id, [])
            mend = _did_you_mean(row.role, known, "") if nearest(row.role, known) else f"Known: {', '.join(known)}."
            raise Refused(f"This sector has no role {row.role}", mend, "role")
        return role_id

    async def _team(self, row: PersonRow, agency: tuple[int, int, str], create: bool) -> int:
        agency_id, _, agency_name = agency
        team_id = self.teams[agency_id, None, fold(agency_name)]
        path = row.team[1:] if row.team and fold(row.team[0]) == fold(agency_name) else row.team
        for name in path:
            below = self.teams.get((agency_id, team_id, fold(name)))
            if below is None:
                if not create:
                    # Somebody may give a nested team's own name alone; that is fine while it is the only one.
                    same = [id_ for (a, _, n), id_ in self.teams.items() if a == agency_id and n == fold(name)]
                    if len(path) == 1 and len(same) == 1:
                        return same[0]
                    known = [n for (a, _, n) in self.teams if a == agency_id]
                    raise Refused(f"{agency_name} has no team {name}", _did_you_mean(name, known, "--create"), "team")
                below = (await create_team(self.session, agency_id, team_id, name)).id
                self.teams[agency_id, team_id, fold(name)] = below
                self.made.append(f"team {name} in {agency_name}")
            team_id = below
        return team_id


def _did_you_mean(text: str, known: list[str], option: str) -> str:
    alike = nearest(text, known)
    guess = f"Did you mean {' or '.join(alike)}?" if alike else "Nothing known is like it."
    return f"{guess} If it is new, import with {option}." if option else f"{guess} Correct it."


# --- people ---


@dataclass(slots=True)
class _Person:
    id: int
    name: str
    email: str | None
    changed: bool = False


class _KnownPeople:
    """The people a batch may speak of, by employee number and by e-mail, and the changes to write."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.by_number: dict[tuple[int, str], _Person] = {}
        self.by_email: dict[str, _Person] = {}
        self.new: list[_Person] = []
        self.renamed: list[_Person] = []
        self.numbers: list[tuple[int, str, _Person]] = []

    @classmethod
    async def load(cls, session: AsyncSession, rows: list[tuple[PersonRow, int]]) -> "_KnownPeople":
        people = cls(session)
        numbers = {(agency, row.number) for row, agency in rows if row.number}
        addresses = {row.email for row, _ in rows if row.email}
        known: dict[int, _Person] = {}
        columns = (Practitioner.id, Practitioner.name, Practitioner.email)
        for found in await session.execute(select(*columns).where(Practitioner.email.in_(addresses))):
            known[found.id] = people.by_email[found.email or ""] = _Person(found.id, found.name, found.email)
        held = (
            select(*columns, EmployeeNumber.agency_id, EmployeeNumber.number)
            .join(EmployeeNumber, EmployeeNumber.practitioner_id == Practitioner.id)
            .where(tuple_(EmployeeNumber.agency_id, EmployeeNumber.number).in_(numbers))
        )
        for holder in await session.execute(held):
            person = known.setdefault(holder.id, _Person(holder.id, holder.name, holder.email))
            people.by_number[holder.agency_id, holder.number] = person
            if person.email:
                people.by_email[person.email] = person
        return people

    def identify(self, row: PersonRow, agency_id: int) -> _Person:
        """The person a row is about: by the agency's employee number, else by e-mail; never by name alone."""
        numbered = self.by_number.get((agency_id, row.number)) if row.number else None
        addressed = self.by_email.get(row.email) if row.email else None
        if numbered and addressed and numbered is not addressed:
            raise Refused(
                "The employee number belongs to one person and the e-mail address to another",
                "Correct one of the two.",
                "employee number",
            )
        person = numbered or addressed
        if person is None:
            person = _Person(0, row.name, row.email or None, changed=True)
            self.new.append(person)
        else:
            self._same_person(person, row, by_address=numbered is None)
        if row.email:
            self.by_email[row.email] = person
        if row.number and numbered is None:
            self.by_number[agency_id, row.number] = person
            self.numbers.append((agency_id, row.number, person))
            person.changed = True
        return person

    def _same_person(self, person: _Person, row: PersonRow, *, by_address: bool) -> None:
        if fold(person.name) != fold(row.name):
            if by_address and fuzz.token_set_ratio(fold(person.name), fold(row.name)) < 60:
                raise Refused(
                    "This address belongs to a person with another name",
                    "Give each person an address of their own; shared mailboxes cannot be used.",
                    "e-mail",
                )
            person.name, person.changed = row.name, True
            self.renamed.append(person)
        if row.email and row.email != person.email:
            person.email, person.changed = row.email, True
            self.renamed.append(person)

    async def save(self) -> None:
        fresh = {id(person) for person in self.new}
        if self.new:
            ids = await self.session.scalars(
                insert(Practitioner).returning(Practitioner.id, sort_by_parameter_order=True),
                [{"name": person.name, "email": person.email} for person in self.new],
            )
            for person, person_id in zip(self.new, ids, strict=True):
                person.id = person_id
        for person in self.renamed:
            if id(person) not in fresh:
                await self.session.execute(
                    update(Practitioner)
                    .where(Practitioner.id == person.id)
                    .values(name=person.name, email=person.email)
                )
        if self.numbers:
            await self.session.execute(
                insert(EmployeeNumber),
                [{"agency_id": a, "number": n, "practitioner_id": person.id} for a, n, person in self.numbers],
            )
        touch(self.session, practitioners=[person.id for person in self.new])


async def _posts_of(session: AsyncSession, people: set[int]) -> dict[tuple[int, int, int], list[KnownPost]]:
    posts: dict[tuple[int, int, int], list[KnownPost]] = {}
    columns = (Post.id, Post.practitioner_id, Post.team_id, Post.role_id, Post.started_on, Post.ended_on)
    for found in await session.execute(select(*columns).where(Post.practitioner_id.in_(people)).order_by(Post.id)):
        dates = PostDates(*found[1:])
        posts.setdefault((dates.practitioner_id, dates.team_id, dates.role_id), []).append(KnownPost(found.id, dates))
    return posts


# --- cells ---


def _name(text: str) -> str:
    if not text:
        raise Refused("The name is missing", "Give the person's name.", "name")
    if not re.search(r"[^\W\d_]", text) or "@" in text:
        raise Refused("This is not a person's name", "Give the person's name.", "name")
    surname, comma, forename = text.partition(",")
    return f"{forename.strip()} {surname.strip()}" if comma and forename.strip() and "," not in forename else text


def _address(text: str, field: str) -> str:
    text = text.lower()
    if text and not ADDRESS.fullmatch(text):
        raise Refused("This is not an e-mail address", "Write it as name@organisation.example.", field)
    return text


def _day(row: TableRow, name: str, month_first: bool) -> date | None:
    cell = row.cells.get(name)
    if not cell_text(cell):
        return None
    try:
        return read_date(cell, month_first_column=month_first)
    except NotADate as error:
        raise Refused(error.problem, error.mend, name) from None


def _batches(values: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
