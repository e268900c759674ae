"""The main job from end to end: spreadsheets in by the installed command, standings as worked out by hand, and a
quarter of mornings with every letter received, read and accounted for."""

import csv
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.cli.command import Clocked
from tests.intake.spreadsheets import COMPLETIONS, PEOPLE, Row, lines, write_csv, write_xlsx
from tests.journeys.cohorts import (
    AGENCIES,
    COHORTS,
    END,
    EVE,
    FOR_ALL,
    HELPS_OUT,
    INTRO,
    SPRING,
    Agency,
)
from tests.journeys.mistakes import Mistake, in_completions, in_people
from tests.journeys.region import (
    Member,
    completion_rows,
    everybody,
    helper,
    later_rows,
    managers,
    people_rows,
)
from tests.mail.servers import Letter, MailServer, mail_server, until
from tests.schedule.worlds import LONDON, at
from training_tracker.database import Database
from training_tracker.expectations.exempting import grant_exemption
from training_tracker.expectations.models import Expectation
from training_tracker.mail.delivery import deliver
from training_tracker.people.leave import record_leave
from training_tracker.people.models import Post, Practitioner
from training_tracker.reminders.sending import author
from training_tracker.schedule.running import run_what_is_due
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

BASE = "https://training.harbour.example"
STATUSES = ("compliant", "due_soon", "in_grace", "overdue", "not_yet_due", "undated", "exempt", "on_leave")
MONTHLY = re.compile(r"Your team's training: [A-Z]")
# Of the first morning's e-mails those whose number follows from the members.
EXPECTED_FIRST = re.compile(r"Your training: |Your new post|Your team's training: October 2026")
FIRST_DAY, LAST_DAY = date(2026, 10, 1), date(2026, 12, 31)

# By hand, of the introduction on the eve: (compliant + due soon + in grace) of (those + overdue), cut to one decimal.
PERCENT = {
    "Sandown Harbour Trust": 74.5,  # 41 of 55: 30 + 11, and 14 overdue
    "Wootton Creek Council": 74.3,  # 29 of 39: 22 + 7, and 10
    "Needles Constabulary": 72.4,  # 21 of 29: 16 + 5, and 8
    "Carisbrooke Mental Health Trust": 75.8,  # 22 of 29: 16 + 6, and 7
    "Shanklin Youth Charity": 73.3,  # 11 of 15: 8 + 3, and 4, one of whom works for the trust too
    "Ventnor High School": 86.9,  # 20 of 23: 16 + 4, and 3; rounded it would be 87.0
    "Solent Fire and Rescue": 84.6,  # 11 of 13: 10 + 1, and 2
}


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database that nobody has touched."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'tracker.db'}"
    created: str = request.getfixturevalue("postgres").create(f"journey_{uuid.uuid4().hex}")
    return created


async def test_from_spreadsheets_to_a_quarter_of_letters(url: str, tmp_path: Path) -> None:
    members = everybody()
    with mail_server() as server:
        settings: dict[str, Any] = {
            "database_url": url,
            "base_url": BASE,
            "secret_key": "the tide turns twice a day at Sandown",
            "smtp_port": str(server.port),
            "smtp_security": "none",
            "delivery_every_seconds": "1",
        }
        tracker = Clocked(tmp_path, **settings)
        in_process = Settings(_env_file=None, **settings)
        database = connect(in_process)
        try:
            tracker.moment = at(f"{EVE}", "10:00")
            _set_up(tracker)
            _bring_in_people(tracker, members)
            _bring_in_completions(tracker, members)
            await _excuse(database, members)
            before = _report(tracker, EVE)
            _check_figures(before, members, EVE, 1)
            _check_figures(_report(tracker, SPRING), members, SPRING, 0)
            assert {row["agency"]: row["percent"] for row in before if row["expectation"] == INTRO} == PERCENT

            await _first_morning(tracker, server, members)
            await _rest_of_the_quarter(tracker, database, in_process, members)

            tracker.moment = at(f"{LAST_DAY}", "18:00")
            _check_figures(_report(tracker, END), members, END, 2)
            assert _report(tracker, EVE, "--known-at", f"{EVE}T18:00") == before, "as known then"
            _check_outbox(tracker, server)
        finally:
            await database.close()
        _read_digests(server.letters, members)
        _read_summaries(server.letters, members)
        _read_welcomes(server.letters, members)
        _read_escalations(server.letters, members)


# --- spreadsheets in ---


def _set_up(tracker: Clocked) -> None:
    tracker.done("migrate")
    loaded = tracker.done("load", "reference", "--json").json
    assert len([name for name in loaded["added"] if name.startswith("expectation ")]) >= 32
    assert tracker.done("load", "reference", "--json").json["added"] == []


def _bring_in_people(tracker: Clocked, members: list[Member]) -> None:
    in_first, in_second = in_people(_settled(members))
    rows = people_rows(members)
    assert len(rows) > 200
    first = [row for row in rows if row["agency"] in {agency.name for agency in AGENCIES[:2]}]
    second = [row for row in rows if row not in first]
    csv_file = write_csv(tracker.folder / "people.csv", lines(PEOPLE, _mixed(first, in_first)))
    # A workbook as people make them: a title above the header, columns in another order, one more column.
    headings = [*reversed(PEOPLE), "desk"]
    titled = [["Staff list of the partners"], *lines(headings, _mixed(second, in_second))]
    xlsx_file = write_xlsx(tracker.folder / "people.xlsx", titled)

    rehearsed = tracker("import", "people", csv_file, "--create", "--dry-run", "--json")
    assert (rehearsed.code, rehearsed.json["accepted"]) == (1, len(first))
    assert not (tracker.folder / "people.rejects.csv").exists()
    _import(tracker, "people", csv_file, len(first), in_first, 2)
    _import(tracker, "people", xlsx_file, len(second), in_second, 3)
    again = tracker("import", "people", csv_file, "--create", "--json").json
    assert (again["accepted"], again["unchanged"]) == (0, len(first)), "the same file again changes nothing"


def _bring_in_completions(tracker: Clocked, members: list[Member]) -> None:
    in_first, in_second = in_completions(_settled(members))
    first = completion_rows([member for member in members if member.agency.by_number])
    second = completion_rows([member for member in members if not member.agency.by_number])
    assert len(first) + len(second) > 2_000
    csv_file = write_csv(tracker.folder / "completions.csv", lines(COMPLETIONS, _mixed(first, in_first)))
    xlsx_file = write_xlsx(tracker.folder / "completions.xlsx", lines(COMPLETIONS, _mixed(second, in_second)))
    _import(tracker, "completions", csv_file, len(first), in_first, 2)
    _import(tracker, "completions", xlsx_file, len(second), in_second, 2)


def _settled(members: list[Member]) -> list[Member]:
    return [member for member in members if member.cohort == "settled"]


def _mixed(rows: Sequence[Row], mistakes: Sequence[Mistake]) -> list[Row]:
    """The mistakes stand between good rows, seven rows apart."""
    mixed = list(rows)
    for index, mistake in enumerate(mistakes):
        mixed.insert(7 * (index + 1), mistake.row)
    return mixed


def _import(tracker: Clocked, what: str, file: Path, good: int, mistakes: Sequence[Mistake], first_row: int) -> None:
    """Import a file, see every mistake told in its place, mend some in the rejects file and send that."""
    create = ["--create"] if what == "people" else []
    result = tracker("import", what, file, *create, "--json")
    assert result.code == 1, result.err
    outcome = result.json
    assert (outcome["rows"], outcome["accepted"], outcome["unchanged"]) == (good + len(mistakes), good, 0)
    places = [7 * (index + 1) + first_row for index in range(len(mistakes))]
    told = [(refused["row"], refused["field"]) for refused in outcome["refused"]]
    assert told == list(zip(places, (mistake.column for mistake in mistakes), strict=True))
    for refused in outcome["refused"]:
        assert refused["problem"]
        assert refused["mend"]
    rejects = Path(outcome["rejects_file"])
    mended = _mend(rejects, mistakes)
    sent_again = tracker.done("import", what, rejects, *create, "--json").json
    assert (sent_again["rows"], sent_again["accepted"]) == (mended, mended)


def _mend(rejects: Path, mistakes: Sequence[Mistake]) -> int:
    """Write the mended cells into the rejects file, and leave out the rows that nobody can mend."""
    table: list[list[Any]]
    if rejects.suffix == ".csv":
        with rejects.open(encoding="utf-8-sig", newline="") as stream:
            table = list(csv.reader(stream))
    else:
        table = [list(row) for row in CalamineWorkbook.from_path(rejects).get_sheet_by_index(0).to_python()]
    heading, *rows = table
    assert heading[-1] == "to mend"
    assert len(rows) == len(mistakes)
    kept = []
    for row, mistake in zip(rows, mistakes, strict=True):
        assert str(row[-1]).startswith(mistake.column)
        if mistake.mend:
            kept.append([mistake.mend.get(name, cell) for name, cell in zip(heading, row, strict=True)])
    write = write_csv if rejects.suffix == ".csv" else write_xlsx
    write(rejects, [heading, *kept])
    return len(kept)


async def _excuse(database: Database, members: list[Member]) -> None:
    """Long leave and exemptions, which managers record on the pages."""
    with time_machine.travel(at(f"{EVE}", "12:00"), tick=False):
        async with database.writing() as session:
            rule = (await session.scalars(select(Expectation.id).where(Expectation.code == INTRO))).one()
            for member in members:
                if member.cohort not in {"on leave", "exempt"}:
                    continue
                held = select(Post.id).join(Practitioner).where(Practitioner.email == member.email)
                post = (await session.scalars(held)).one()
                if member.cohort == "on leave":
                    await record_leave(session, [post], date(2026, 8, 1), date(2027, 1, 31), by="journey")
                else:
                    dates = {"starts_on": date(2026, 8, 1), "until": date(2027, 3, 31), "today": date(2026, 8, 1)}
                    await grant_exemption(session, [post], rule, **dates, reason="Meets no children", by="journey")


# --- standings ---


def _report(tracker: Clocked, on: date, *more: str) -> list[dict[str, Any]]:
    report = tracker.done("standing", "report", "--on", f"{on}", "--by", "agency", "--format", "json", *more)
    rows: list[dict[str, Any]] = report.json
    return rows


def _check_figures(rows: list[dict[str, Any]], members: list[Member], on: date, when: int) -> None:
    """Every line of the report, and no other, with the counts that follow from who is in which cohort."""
    expected = {
        (agency.name, expectation): counts
        for agency in AGENCIES
        for expectation, counts in _worked_out(agency, members, when).items()
    }
    reported = {
        (row["agency"], row["expectation"]): {status: row[status] for status in STATUSES if row[status]} for row in rows
    }
    assert reported == expected
    for row in rows:
        assert sum(row[status] for status in STATUSES) == row["expected"]
        assert row["on"] == f"{on}"


def _worked_out(agency: Agency, members: list[Member], when: int) -> dict[str, dict[str, int]]:
    """What is expected at an agency, and how many posts have which status."""
    figures: dict[str, Counter[str]] = {
        expectation: Counter()
        for expectation in (*FOR_ALL, *(rule.expectation for rule in agency.rules), *agency.head_expectations)
    }
    for member in members:
        if member.agency is agency and not member.cohort:
            for expectation in (*FOR_ALL, *agency.head_expectations):
                figures[expectation]["compliant"] += 1
    sizes = dict(agency.sizes)
    if agency.name == HELPS_OUT[2]:
        sizes[HELPS_OUT[1]] += 1
    for name, size in sizes.items():
        cohort = COHORTS[name]
        status, others = cohort.status[when], cohort.others[when]
        if status is None or others is None:
            continue
        for expectation in FOR_ALL:
            figures[expectation][status if expectation == INTRO else others] += size
        for rule in agency.rules:
            figures[rule.expectation][rule.status[when] if cohort.lapsed else others] += size
    return {expectation: dict(counts) for expectation, counts in figures.items()}


# --- letters out ---


async def _first_morning(tracker: Clocked, server: MailServer, members: list[Member]) -> None:
    """The worker itself, started between the hours of the digests and of the summaries, and stopped at noon."""
    tracker.moment = at("2026-10-01", "08:29") + timedelta(seconds=55)
    due = sum(FIRST_DAY in member.letters for member in members) + len(managers(members)) + len(_welcomed(members))

    def come() -> int:
        return sum(bool(EXPECTED_FIRST.match(str(letter.email["Subject"]))) for letter in server.letters)

    with tracker.started("worker"):
        await until(lambda: come() >= due)
    assert come() == due


async def _rest_of_the_quarter(tracker: Clocked, database: Database, settings: Settings, members: list[Member]) -> None:
    day = FIRST_DAY
    while (day := day + timedelta(days=1)) <= LAST_DAY:
        with time_machine.travel(at(f"{day}", "08:31"), tick=False):
            await run_what_is_due(database, settings)
            delivered = await deliver(database, settings, author(settings))
        assert (delivered.failed, delivered.postponed, delivered.stopped) == (0, 0, None)
        if completed := later_rows(members, day):
            tracker.moment = at(f"{day}", "12:00")
            file = write_csv(tracker.folder / "later.csv", lines(COMPLETIONS, completed))
            outcome = tracker.done("import", "completions", file, "--json").json
            assert outcome["accepted"] == len(completed)


def _check_outbox(tracker: Clocked, server: MailServer) -> None:
    messages = tracker.done("outbox", "list", "--json").json
    assert {message["state"] for message in messages} == {"sent"}
    assert {message["attempts"] for message in messages} == {1}
    assert len({message["key"] for message in messages}) == len(messages) == len(server.letters)
    assert sorted((message["to"], message["subject"]) for message in messages) == sorted(
        (letter.recipients[0], str(letter.email["Subject"])) for letter in server.letters
    )


def _read_digests(letters: Iterable[Letter], members: list[Member]) -> None:
    """Everybody has had their letters on the very days worked out by hand, and nobody any other."""
    digests = [letter for letter in letters if str(letter.email["Subject"]).startswith("Your training: ")]
    expected = sorted((member.email, day) for member in members for day in member.letters)
    assert sorted((letter.recipients[0], _day(letter)) for letter in digests) == expected
    names = {member.email: member.name for member in members}
    for letter in digests:
        text, html = _parts(letter)
        assert f"Hello {names[letter.recipients[0]]}," in text
        assert f"{BASE}/me" in text
        assert f"{BASE}/me" in html
    first = {letter.recipients[0]: letter for letter in digests if _day(letter) == FIRST_DAY}
    due = dict.fromkeys(("renewing", "renewed"), "16 November 2026")
    due |= dict.fromkeys(("never", "late", "leaver"), "30 June 2024")
    for member in members:
        if member.cohort in due:
            text, html = _parts(first[member.email])
            for part in (text, html):
                assert "An introduction to Child Sexual Abuse" in part
                assert due[member.cohort] in part
    twice = first[helper(members).email]
    assert str(twice.email["Subject"]) == "Your training: 1 thing overdue", "two posts, one thing to do"


def _welcomed(members: list[Member]) -> list[Member]:
    return [member for member in members if member.cohort and COHORTS[member.cohort].welcomed]


def _read_welcomes(letters: Iterable[Letter], members: list[Member]) -> None:
    """Whoever is new in post has been welcomed once, on the first morning."""
    welcomes = [letter for letter in letters if str(letter.email["Subject"]).startswith("Your new post")]
    assert sorted((letter.recipients[0], _day(letter)) for letter in welcomes) == sorted(
        (member.email, FIRST_DAY) for member in _welcomed(members)
    )


def _read_escalations(letters: Iterable[Letter], members: list[Member]) -> None:
    """Managers have heard of who is long overdue, at most once a week, and each of their own agency's people alone."""
    escalations = [letter for letter in letters if str(letter.email["Subject"]).endswith("long overdue")]
    assert escalations
    weeks = Counter((letter.recipients[0], _day(letter).isocalendar()[:2]) for letter in escalations)
    assert set(weeks.values()) == {1}
    agencies = {manager.email: manager.agency.name for manager in managers(members)}
    for letter in escalations:
        text = _parts(letter)[0].replace("\r\n", "\n")
        named = set(re.findall(r"^\* (.+)$", text, re.MULTILINE))
        assert named
        own = {one.name for one in members if one.agency.name == agencies[letter.recipients[0]]}
        assert named <= own | {helper(members).name}, "who helps out is the other agency's, too"


def _read_summaries(letters: Iterable[Letter], members: list[Member]) -> None:
    """Each manager has had one each month, on its first working day, with the figures of their own people."""
    summaries = [letter for letter in letters if MONTHLY.match(str(letter.email["Subject"]))]
    days = {
        FIRST_DAY: "Your team's training: October 2026",
        date(2026, 11, 2): "Your team's training: November 2026",
        date(2026, 12, 1): "Your team's training: December 2026",
    }
    expected = sorted((manager.email, day, subject) for manager in managers(members) for day, subject in days.items())
    found = sorted((letter.recipients[0], _day(letter), str(letter.email["Subject"])) for letter in summaries)
    assert found == expected
    for agency in AGENCIES:
        head, *leads = [manager for manager in managers(members) if manager.agency is agency]
        text, html = _summary(summaries, head, FIRST_DAY)
        assert f"Hello {head.name}," in text
        assert f"{PERCENT[agency.name]}%" in text
        assert f"{BASE}/team" in text
        assert f"{BASE}/team" in html
        for elsewhere in AGENCIES:
            assert elsewhere is agency or elsewhere.name not in text, "another agency's people are nobody else's"
        never = [member.name for member in members if (member.agency, member.cohort) == (agency, "never")]
        texts = [text, *(_summary(summaries, lead, FIRST_DAY)[0] for lead in leads)]
        assert any(name in each for name in never for each in texts)
        assert len(leads) == (2 if agency.nested else 1)


def _summary(summaries: list[Letter], manager: Member, day: date) -> tuple[str, str]:
    (letter,) = [one for one in summaries if (one.recipients[0], _day(one)) == (manager.email, day)]
    return _parts(letter)


def _parts(letter: Letter) -> tuple[str, str]:
    plain, html = letter.email.get_body(("plain",)), letter.email.get_body(("html",))
    assert plain is not None
    assert html is not None
    return str(plain.get_content()), str(html.get_content())


def _day(letter: Letter) -> date:
    return parsedate_to_datetime(str(letter.email["Date"])).astimezone(LONDON).date()
