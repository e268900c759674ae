"""Completions from a spreadsheet, on both databases: found people and items, one fact once, and what is refused."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.intake.spreadsheets import (
    LARGEST,
    TODAY,
    TRUST,
    bring,
    bring_completions,
    completion,
    completions_file,
    content,
    learn,
    lines,
    only_refusal,
    person,
    write_csv,
)
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.intake.outcome import ImportOutcome
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import void_completion


@pytest.fixture
async def staffed(configured: Database, tmp_path: Path) -> Database:
    """Ann Reed, number 007, and Kim Ng, who has no e-mail address, number 0042."""
    await bring(configured, tmp_path, person(number="007"), person(name="Kim Ng", email="", number="0042"))
    return configured


async def record(database: Database) -> list[tuple[str, str, date, float | None]]:
    query = (
        select(Practitioner.name, Item.code, Completion.completed_on, Completion.hours)
        .join(Completion, Completion.practitioner_id == Practitioner.id)
        .join(Item, Item.id == Completion.item_id)
        .order_by(Completion.id)
    )
    async with database.reading() as session:
        return [(row[0], row[1], row[2], row[3]) for row in await session.execute(query)]


async def test_a_person_is_found_by_address(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(
        staffed,
        tmp_path,
        completion(email="ANN.REED@harbour.example", hours="1.5", evidence="shelf 3", source="Moodle"),
    )
    assert outcome.accepted == 1
    assert await record(staffed) == [("Ann Reed", "CSA-INTRO", date(2025, 3, 14), 1.5)]
    async with staffed.reading() as session:
        (fact,) = list(await session.scalars(select(Completion)))
    assert (fact.evidence, fact.source, fact.recorded_by) == ("shelf 3", "Moodle", "tests")
    assert fact.strength is Strength.ATTENDANCE_REGISTER


async def test_a_person_is_found_by_agency_and_number(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(
        staffed,
        tmp_path,
        completion(email="", agency="SANDOWN harbour trust", number="0042"),
        completion(email="ann.new@harbour.example", agency=TRUST, number="007"),
    )
    assert outcome.accepted == 2
    assert [fact[0] for fact in await record(staffed)] == ["Kim Ng", "Ann Reed"]


async def test_an_agency_on_the_command_line_fills_rows_that_name_none(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(staffed, tmp_path, completion(email="", number="0042"), agency=TRUST)
    assert outcome.accepted == 1


async def test_an_item_on_the_command_line_fills_rows_that_name_none(staffed: Database, tmp_path: Path) -> None:
    rows = [completion(item=""), completion(item="HSB")]
    assert (await learn(staffed, tmp_path, *rows, item="csa-signs")).accepted == 2
    assert [fact[1] for fact in await record(staffed)] == ["CSA-SIGNS", "HSB"]


@pytest.mark.parametrize("options", [{"agency": "Sandwon Harbour Trust"}, {"item": "CSA-INTOR"}, {"agency": "Health"}])
async def test_a_wrong_name_on_the_command_line_is_refused_at_once(
    staffed: Database, tmp_path: Path, options: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        await learn(staffed, tmp_path, completion(), **options)
    assert refused.value.mend
    assert await record(staffed) == []


@pytest.mark.parametrize(
    "name", ["BROOK-TLT", "brook tlt", "Brook Sexual Behaviours Traffic Light Tool", " brooks  TRAFFIC light"]
)
async def test_an_item_is_found_by_code_title_or_alias(staffed: Database, tmp_path: Path, name: str) -> None:
    assert (await learn(staffed, tmp_path, completion(item=name))).accepted == 1
    assert [fact[1] for fact in await record(staffed)] == ["BROOK-TLT"]


async def test_the_same_fact_is_recorded_once(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(
        staffed,
        tmp_path,
        completion(),
        completion(item="Intro to CSA", completed="14/03/2025", evidence="another copy"),
        completion(email="", agency=TRUST, number="007", completed="14 March 2025", hours="2"),
    )
    assert (outcome.accepted, outcome.unchanged) == (1, 2)
    assert await record(staffed) == [("Ann Reed", "CSA-INTRO", date(2025, 3, 14), 2)]


async def test_the_same_file_twice_changes_nothing_the_second_time(staffed: Database, tmp_path: Path) -> None:
    file = completions_file(tmp_path, completion(), completion(item="HSB", hours="3"), completion(item="No such thing"))
    first = await bring_completions(staffed, file)
    assert (first.accepted, len(first.refused)) == (2, 1)
    before = await content(staffed)
    again = await bring_completions(staffed, file)
    assert (again.accepted, again.unchanged, again.refused) == (0, 2, first.refused)
    assert await content(staffed) == before


@pytest.mark.parametrize("hours", ["0", "-1", "0.009", "1e-320", "501"])
async def test_hours_that_nobody_can_have_done_are_refused(staffed: Database, tmp_path: Path, hours: str) -> None:
    refused = only_refusal(await learn(staffed, tmp_path, completion(hours=hours)))
    assert (refused.field, refused.mend) == ("hours", "Give hours from 0.01 to 500, such as 1.5.")
    assert (await learn(staffed, tmp_path, completion(hours="0.01"))).accepted == 1


async def test_the_same_fact_with_other_hours_is_refused(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(staffed, tmp_path, completion(hours="2"), completion(hours="3"))
    refused = only_refusal(outcome)
    assert (refused.row, refused.field, refused.value) == (3, "hours", "3")
    assert "voided" in refused.mend
    assert [fact[3] for fact in await record(staffed)] == [2]


async def test_a_voided_completion_can_be_sent_again(staffed: Database, tmp_path: Path) -> None:
    await learn(staffed, tmp_path, completion(hours="2"))
    async with staffed.writing() as session:
        (fact,) = list(await session.scalars(select(Completion)))
        await void_completion(session, fact.id, reason="wrong hours", by="tests")
    assert (await learn(staffed, tmp_path, completion(hours="3"))).accepted == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "e-mail"),
        ({"email": "", "number": "0042"}, "e-mail"),
        ({"email": "", "agency": TRUST}, "e-mail"),
        ({"email": "=A1"}, "e-mail"),
        ({"email": "nobody@elsewhere.example"}, "e-mail"),
        ({"agency": TRUST, "number": "0042"}, "e-mail"),
        ({"email": "", "agency": TRUST, "number": "99"}, "employee number"),
        ({"email": "", "agency": "Health", "number": "0042"}, "agency"),
        ({"email": "", "agency": "Sandown", "number": "0042"}, "agency"),
        ({"item": ""}, "item"),
        ({"item": "Underwater basket weaving"}, "item"),
        ({"item": "x" * 5000}, "item"),
        ({"completed": ""}, "completed on"),
        ({"completed": (TODAY + timedelta(days=1)).isoformat()}, "completed on"),
        ({"completed": "1949-12-31"}, "completed on"),
        ({"completed": "14/03/25"}, "completed on"),
        ({"completed": "03/14/2025"}, "completed on"),
        ({"completed": "booked 14/11"}, "completed on"),
        ({"hours": "two"}, "hours"),
        ({"hours": "0"}, "hours"),
        ({"hours": "-1"}, "hours"),
        ({"hours": "nan"}, "hours"),
        ({"hours": "inf"}, "hours"),
        ({"hours": "501"}, "hours"),
        ({"evidence": "e" * 501}, "evidence"),
        ({"source": "s" * 201}, "source"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_row_that_makes_no_sense_is_refused_and_changes_nothing(
    staffed: Database, tmp_path: Path, changes: dict[str, str], field: str
) -> None:
    before = await content(staffed)
    refused = only_refusal(await learn(staffed, tmp_path, completion(**changes)))
    assert (refused.row, refused.field) == (2, field)
    assert await content(staffed) == before


async def test_the_longest_cells_fit(staffed: Database, tmp_path: Path) -> None:
    row = completion(evidence="e" * 500, source="s" * 200, hours="500", completed=TODAY.isoformat())
    assert (await learn(staffed, tmp_path, row)).accepted == 1


async def test_an_unknown_person_is_refused_with_the_nearest(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(
        staffed,
        tmp_path,
        completion(email="an.reed@harbour.example"),
        completion(email="", agency=TRUST, number="42"),
    )
    assert "Did you mean ann.reed@harbour.example?" in outcome.refused[0].mend
    assert "Did you mean 0042?" in outcome.refused[1].mend


async def test_an_unknown_item_or_agency_is_refused_with_the_nearest(staffed: Database, tmp_path: Path) -> None:
    outcome = await learn(
        staffed,
        tmp_path,
        completion(item="Brook trafic light"),
        completion(agency="Sandown Harbour", number="007"),
    )
    assert "Brook traffic light" in outcome.refused[0].mend
    assert f"Did you mean {TRUST}?" in outcome.refused[1].mend


async def test_nothing_can_be_imported_before_a_catalogue(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="load reference"):
        await learn(empty, tmp_path, completion())


async def test_a_completion_brings_the_standing_up_to_date(staffed: Database, tmp_path: Path) -> None:
    before = (await content(staffed))["standing"]
    await learn(staffed, tmp_path, completion())
    assert (await content(staffed))["standing"] != before


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(staffed: Database, tmp_path: Path) -> None:
    before = await content(staffed)
    file = completions_file(tmp_path, completion(), completion(item="HSB"), completion(item="No such thing"))
    async with staffed.rehearsing() as session:
        rehearsed = await import_completions(session, read_completions(file, LARGEST), by="tests", today=TODAY)
    assert (rehearsed.accepted, len(rehearsed.refused)) == (2, 1)
    assert await content(staffed) == before
    assert await bring_completions(staffed, file) == rehearsed


async def test_numbers_and_dates_of_a_workbook_are_read(staffed: Database, tmp_path: Path) -> None:
    row = completion(completed=date(2025, 3, 14), hours=1.5)
    await bring_completions(staffed, completions_file(tmp_path, row, name="completions.xlsx"))
    assert await record(staffed) == [("Ann Reed", "CSA-INTRO", date(2025, 3, 14), 1.5)]


async def test_columns_we_do_not_know_are_named_and_ignored(staffed: Database, tmp_path: Path) -> None:
    row = completion() | {"Delegate name": "Ann Reed"}
    outcome = await bring_completions(staffed, write_csv(tmp_path / "completions.csv", lines(list(row), [row])))
    assert (outcome.accepted, outcome.ignored_columns) == (1, ["Delegate name"])


async def void(database: Database, number: int) -> None:
    async with database.writing() as session:
        await void_completion(session, number, reason="Somebody else's", by="tests")


async def send(
    database: Database, folder: Path, *, strength: Strength = Strength.ATTENDANCE_REGISTER, **cells: str
) -> ImportOutcome:
    return await bring_completions(database, completions_file(folder, completion(**cells)), strength=strength)


async def test_a_file_sent_again_does_not_bring_back_what_was_voided(staffed: Database, tmp_path: Path) -> None:
    await send(staffed, tmp_path, hours="2")
    await void(staffed, 1)
    for hours in ("2", ""):
        refusal = only_refusal(await send(staffed, tmp_path, hours=hours))
        assert refusal.problem == "This completion was voided, and no file brings it back"
        assert "the person records it, or: training-tracker complete" in refusal.mend
    assert (await send(staffed, tmp_path, completed="2025-03-15")).accepted == 1


@pytest.mark.parametrize(
    ("strength", "hours"), [(Strength.ATTENDANCE_REGISTER, "1.5"), (Strength.PROVIDERS_SYSTEM, "")]
)
async def test_what_says_more_than_what_was_voided_is_taken(
    staffed: Database, tmp_path: Path, strength: Strength, hours: str
) -> None:
    await send(staffed, tmp_path)
    await void(staffed, 1)
    assert (await send(staffed, tmp_path, strength=strength, hours=hours)).accepted == 1


async def test_a_void_is_kept_also_where_weaker_evidence_had_made_way(staffed: Database, tmp_path: Path) -> None:
    word = Strength.SELF_DECLARED
    await send(staffed, tmp_path, strength=word)
    await send(staffed, tmp_path)
    assert (await send(staffed, tmp_path, strength=word)).unchanged == 1
    await void(staffed, 2)
    assert len((await send(staffed, tmp_path, strength=word)).refused) == 1
    assert len((await send(staffed, tmp_path)).refused) == 1


async def test_a_file_for_one_agency_names_no_other(staffed: Database, tmp_path: Path) -> None:
    other = "The file is for Sandown Harbour Trust, and this row names another agency"
    outcome = await learn(
        staffed,
        tmp_path,
        completion(agency="Ryde Trust"),
        completion(email="", agency=TRUST, number="007"),
        agency=TRUST,
    )
    assert [(one.row, one.field, one.problem) for one in outcome.refused] == [(2, "agency", other)]
    assert outcome.accepted == 1
