"""One row of a people file by itself: a person in a role in a team, or why it makes no sense."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from training_tracker.calendar import in_words
from training_tracker.errors import Refused
from training_tracker.intake.rows import Column, TableRow, agency_named, day, texts
from training_tracker.naming import refuse_vague_name
from training_tracker.people.agencies import NESTED
from training_tracker.people.posts import EARLIEST, LATEST

# The first row of the template is the manager of the second.
COLUMNS = (
    Column(
        "agency",
        "The organisation's own name, as it is known or as it should be shown.",
        ("Sandown Harbour Trust", "Sandown Harbour Trust"),
        required=True,
        aliases=("organisation", "employer"),
    ),
    Column(
        "sector",
        "What kind of organisation it is, by name, code or another known name. Needed only for a new agency.",
        ("NHS acute and community trust", "NHS acute and community trust"),
    ),
    Column(
        "team",
        f"The team; a nested one after its parents, with {NESTED} between them. Empty: the agency itself.",
        ("Children's community", f"Children's community {NESTED} Health visiting"),
        required=True,
    ),
    Column(
        "employee number",
        "The agency's own number for the person, with its leading zeros. Needed if there is no e-mail.",
        ("00417", "00923"),
        aliases=("employee no", "staff number", "payroll number"),
        longest=40,
    ),
    Column(
        "name",
        "Forename and surname, or surname, comma, forename.",
        ("Morwenna Hale", "Tobin, Idris"),
        required=True,
        aliases=("full name",),
    ),
    Column(
        "e-mail",
        "The person's own address, never a shared mailbox. Needed if there is no employee number.",
        ("morwenna.hale@harbour.example", "idris.tobin@harbour.example"),
        required=True,
        aliases=("e-mail address", "work e-mail"),
    ),
    Column(
        "role",
        "The job role, by name, code or another name known in the agency's sector.",
        ("Manager", "Health visitor"),
        required=True,
        aliases=("job role", "job title"),
    ),
    Column(
        "manager e-mail",
        "Who manages the team. The manager's own row may stand anywhere in the file.",
        ("", "morwenna.hale@harbour.example"),
        aliases=("line manager e-mail", "manager"),
    ),
    Column(
        "started on",
        "The first day in this role and team. Empty if it is not known.",
        ("2021-09-06", "2024-03-14"),
        required=True,
        aliases=("start date", "started"),
        holds="date",
    ),
    Column(
        "ended on",
        "The last day. Empty for as long as the person is there.",
        ("", ""),
        aliases=("end date", "ended", "leaving date"),
        holds="date",
    ),
)
ADDRESS = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[^@\s,;<>\"'.]{2,}")
SHORTENED = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


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


def understand(
    row: TableRow, month_first: dict[str, bool], default_agency: str, agencies: Mapping[str, object]
) -> PersonRow:
    """Read a row; ``agencies`` are those known, by each of their names, folded.

    Raises :class:`Refused` for the first of its cells that makes no sense.
    """
    text = texts(row, COLUMNS)
    email, number = _address(text["e-mail"], "e-mail"), _number(text["employee number"])
    if not email and not number:
        problem = "Neither an e-mail address nor an employee number is given"
        raise Refused(problem, "Give one of them: names alone do not tell people apart.", "e-mail")
    if not text["role"]:
        raise Refused("The role is missing", "Name the role; docs/configuration.md lists them.", "role")
    if text["sector"]:
        refuse_vague_name(text["sector"], "sector")
    started_on, ended_on = (_day(row, name, month_first[name]) for name in ("started on", "ended on"))
    if started_on and ended_on and ended_on < started_on:
        raise Refused("The post ends before it starts", "Give an end on or after the start.", "ended on")
    return PersonRow(
        row=row,
        agency=_agency(agency_named(text["agency"], default_agency, agencies)),
        sector=text["sector"],
        team=tuple(filter(None, (part.strip() for part in text["team"].split(NESTED)))),
        number=number,
        name=_name(text["name"]),
        email=email,
        role=text["role"],
        manager=_address(text["manager e-mail"], "manager e-mail"),
        started_on=started_on,
        ended_on=ended_on,
    )


def _agency(text: str) -> str:
    if not text:
        raise Refused("The agency is missing", "Name the organisation that employs this person.", "agency")
    refuse_vague_name(text, "agency")
    return text


def _name(text: str) -> str:
    if not text:
        raise Refused("The name is missing", "Give the person's name.", "name")
    if not re.search(r"[^\W\d_]", text) or "@" in text:
        raise Refused("This is not a person's name", "Give the person's name.", "name")
    surname, comma, forename = text.partition(",")
    return f"{forename.strip()} {surname.strip()}" if comma and forename.strip() and "," not in forename else text


def _number(text: str) -> str:
    if SHORTENED.fullmatch(text):
        problem = "The spreadsheet has shortened this number"
        raise Refused(problem, "Format the column as text and enter it again.", "employee number")
    return text


def _address(text: str, field: str) -> str:
    text = text.lower()
    if text and not ADDRESS.fullmatch(text):
        raise Refused("This is not an e-mail address", "Write it as name@organisation.example.", field)
    return text


def _day(row: TableRow, column: str, month_first: bool) -> date | None:
    found = day(row, column, month_first=month_first)
    if found and not EARLIEST <= found <= LATEST:
        mend = "Correct the year, or leave it empty if the day is not known or has not come."
        raise Refused(f"{in_words(found)} cannot be meant", mend, column)
    return found
