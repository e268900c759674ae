"""Whatever bytes arrive: a clear refusal, or an outcome whose counts add up. Never a traceback."""

import io
import random
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.spreadsheets import (
    LARGEST,
    TODAY,
    bring_people,
    completion,
    completions_file,
    people_file,
    person,
    sound,
)
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.intake import completions, people
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.intake.outcome import write_rejects
from training_tracker.intake.people import import_people, read_people
from training_tracker.intake.rows import Column
from training_tracker.intake.tables import Table, read_table

GOOD_PEOPLE = [
    person(number="007", manager="kim@harbour.example"),
    person(name="Ng, Kim", email="kim@harbour.example", started="14/03/2025", ended="14 June 2026"),
    person(agency="Ebb Tide Police", sector="Police", role="MASH", name="Zoë O’Rourke", email="zoe@ebb.example"),
    person(agency="Ebb Tide Police", sector="Police", role="MASH", email="", number="0042", started="45365"),
]
GOOD_COMPLETIONS = [
    completion(hours="1.5"),
    completion(email="", agency="Ebb Tide Police", number="0042", item="Brook TLT", completed="14/03/2025"),
    completion(item="HSB", evidence="shelf 3", source="Moodle", completed="45365"),
]
# What goes wrong in real files, and what somebody would try.
CELLS = [
    "", " ", "=1+1", "@x", "'", '"', '""', ",", ";", "\n", "\r", "\t", "NaN", "inf", "-0", "1e400", "9" * 60, "x" * 300,
    "\u202e", "\ufeff", "\u0661\u0662/\u0660\u0663/2025", "31/12/9999", "0000-00-00", "2025-02-30", "Health", "NHS",
    "a@b.example", "kim@harbour.example", "007", "7", " > > ", "> ".join("abc"), "MASH", "Police", "Manager", "TRUE",
    "Ann Reed", "Kim", "\U0001f9d1", "ß" * 200, "&" * 200, "İ" * 200, "%", "_", "\\", "\x1b[31m", "None", "#REF!",
]  # fmt: skip
# A NUL is left out: it makes the whole file no text, which is refused as a whole.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ANY_CELL = st.one_of(st.sampled_from(CELLS), ANY_TEXT, st.dates().map(str))
ANY_NUMBER = st.integers(0, 2**32)


def read_or_refuse(file: Path, columns: tuple[Column, ...]) -> Table | None:
    try:
        return read_table(file, columns, LARGEST)
    except Refused as refusal:
        if not refusal.mend:
            raise
        return None


def scarred(content: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them changed, lost, doubled, or the end cut off."""
    scars = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(scars)) if scars else 0
        match chance.randrange(5):
            case 0:
                scars[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del scars[at : at + chance.randint(1, 20)]
            case 2:
                scars[at:at] = scars[at : at + chance.randint(1, 30)]
            case 3:
                scars[at:at] = chance.choice(CELLS).encode()
            case 4 if chance.random() < 0.3:
                del scars[at:]
    return bytes(scars)


def scarred_workbook(content: bytes, chance: random.Random) -> bytes:
    """A sound archive with one unsound part inside."""
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    victim = chance.choice(sorted(parts))
    parts[victim] = scarred(parts[victim], chance)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_table_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)
    table = read_or_refuse(file, people.COLUMNS)
    assert table is None or table.rows


@pytest.mark.parametrize("name", ["good.csv", "good.xlsx"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=ANY_NUMBER)
def test_a_damaged_file_is_a_table_or_a_refusal(tmp_path: Path, name: str, seed: int) -> None:
    chance = random.Random(seed)
    good = tmp_path / name
    if not good.exists():
        completions_file(tmp_path, *GOOD_COMPLETIONS, name=name)
    damage = scarred_workbook if name == "good.xlsx" and chance.random() < 0.8 else scarred
    file = tmp_path / f"damaged{good.suffix}"
    file.write_bytes(damage(good.read_bytes(), chance))
    table = read_or_refuse(file, completions.COLUMNS)
    assert table is None or table.rows


@pytest.fixture
async def staffed(configured: Database, tmp_path: Path) -> Database:
    """With the people of the good file; the tests only rehearse, so that it stays as it is."""
    outcome = await bring_people(configured, people_file(tmp_path, *GOOD_PEOPLE))
    assert (outcome.accepted, outcome.refused) == (4, [])
    return configured


def spoilt(rows: list[dict[str, str]], columns: list[str], spoils: list[tuple[int, int, str]]) -> list[dict[str, str]]:
    made = [dict(row) for row in [*rows, *rows]]
    for at, column, cell in spoils:
        made[at % len(made)][columns[column % len(columns)]] = cell
    return made


SPOILS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), ANY_CELL), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoils=SPOILS, create=st.booleans(), name=st.sampled_from(["people.csv", "people.xlsx"]))
async def test_spoilt_rows_of_people_are_taken_or_refused(
    staffed: Database, tmp_path: Path, spoils: list[tuple[int, int, str]], create: bool, name: str
) -> None:
    columns = [column.name for column in people.COLUMNS]
    file = people_file(tmp_path, *spoilt(GOOD_PEOPLE, columns, spoils), name=name)
    table = read_people(file, LARGEST)
    async with staffed.rehearsing() as session:
        first = sound(await import_people(session, table, by="tests", create=create))
        await session.flush()
        again = sound(await import_people(session, table, by="tests", create=create))
    assert again.accepted <= len(first.refused)
    assert {refused.row for refused in again.refused} <= {refused.row for refused in first.refused}
    rejects = write_rejects(file, table, first)
    assert rejects is None or len(read_people(rejects, LARGEST).rows) == len(first.refused)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoils=SPOILS, name=st.sampled_from(["completions.csv", "completions.xlsx"]), today=st.just(TODAY))
async def test_spoilt_rows_of_completions_are_taken_or_refused(
    staffed: Database, tmp_path: Path, spoils: list[tuple[int, int, str]], name: str, today: date
) -> None:
    columns = [column.name for column in completions.COLUMNS]
    file = completions_file(tmp_path, *spoilt(GOOD_COMPLETIONS, columns, spoils), name=name)
    table = read_completions(file, LARGEST)
    async with staffed.rehearsing() as session:
        first = sound(await import_completions(session, table, by="tests", today=today))
        again = sound(await import_completions(session, table, by="tests", today=today))
    assert (again.accepted, again.refused) == (0, first.refused)
    rejects = write_rejects(file, table, first)
    assert rejects is None or len(read_completions(rejects, LARGEST).rows) == len(first.refused)
