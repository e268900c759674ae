"""People and posts from a spreadsheet, on both databases: who is who, where they belong, and what is refused."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.intake.spreadsheets import (
    LARGEST,
    TRUST,
    bring,
    bring_people,
    content,
    jobs,
    lines,
    only_refusal,
    people_file,
    person,
    write_csv,
    write_xlsx,
)
from tests.reminders.test_cost import counting
from training_tracker.access.granting import lead_partnership
from training_tracker.access.retention import erase_leavers, set_retention
from training_tracker.calendar import today
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.intake.people import import_people, read_people
from training_tracker.people.agencies import create_agency
from training_tracker.people.finding import find_partnership
from training_tracker.people.models import (
    Agency,
    EmployeeNumber,
    PostHistory,
    Practitioner,
    Role,
    Sector,
    Team,
    TeamManager,
)
from training_tracker.people.posts import PostDates, open_posts

BEGAN = date(2024, 1, 8)


async def people(database: Database) -> list[tuple[str, str | None]]:
    async with database.reading() as session:
        rows = await session.execute(select(Practitioner.name, Practitioner.email).order_by(Practitioner.id))
        return [(row.name, row.email) for row in rows]


async def numbers(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(EmployeeNumber.number).order_by(EmployeeNumber.number)))


async def managers(database: Database) -> set[tuple[str, str]]:
    query = (
        select(Team.name, Practitioner.name)
        .join(TeamManager, TeamManager.team_id == Team.id)
        .join(Practitioner, Practitioner.id == TeamManager.practitioner_id)
    )
    async with database.reading() as session:
        return {(row[0], row[1]) for row in await session.execute(query)}


async def give_a_post_elsewhere(database: Database, *, ended_on: date | None) -> None:
    """Let the one person there is hold a post in an agency that no file of the harbour trust speaks of."""
    async with database.writing() as session:
        sector_id = await session.scalar(select(Sector.id))
        _agency, team = await create_agency(session, "Ebb Tide Trust", sector_id or 0)
        person_id, role_id = await session.scalar(select(Practitioner.id)), await session.scalar(select(Role.id))
        await open_posts(session, [PostDates(person_id or 0, team.id, role_id or 0, BEGAN, ended_on)], "tests")


# --- agencies, teams and roles ---


async def test_a_person_comes_with_agency_team_and_role(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(configured, tmp_path, person(team="Children's community > Health visiting"))
    assert (outcome.accepted, outcome.refused) == (1, [])
    assert outcome.made == [
        f"agency {TRUST}",
        f"team Children's community in {TRUST}",
        f"team Health visiting in {TRUST}",
    ]
    assert await jobs(configured) == [("Ann Reed", TRUST, "Health visiting", "Manager", BEGAN, None)]


async def test_without_create_an_unknown_agency_is_refused_with_the_nearest(
    configured: Database, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person())
    before = await content(configured)
    outcome = await bring(configured, tmp_path, person(agency="Sandown Harbor Trust"), create=False)
    refused = only_refusal(outcome)
    assert (refused.row, refused.field, refused.value) == (2, "agency", "Sandown Harbor Trust")
    assert f"Did you mean {TRUST}?" in refused.mend
    assert "--create" in refused.mend
    assert await content(configured) == before


async def test_without_create_an_unknown_team_is_refused_with_the_nearest(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(team="Children's community > Health visiting"))
    before = await content(configured)
    refused = only_refusal(await bring(configured, tmp_path, person(team="Health visitng"), create=False))
    assert (refused.field, refused.value) == ("team", "Health visitng")
    assert "Children's community > Health visiting" in refused.mend
    assert await content(configured) == before


async def test_the_only_team_of_a_name_needs_no_parents(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(team="East > Duty"), person(name="Kim Ng", email="kim@harbour.example"))
    outcome = await bring(configured, tmp_path, person(team="DUTY"), create=False)
    assert (outcome.accepted, outcome.unchanged) == (0, 1)


async def test_one_of_several_teams_of_a_name_needs_its_parents(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(team="East > Duty"), person(team="West > Duty"))
    refused = only_refusal(await bring(configured, tmp_path, person(team="Duty"), create=False))
    assert refused.mend == "Write which: East > Duty or West > Duty."


async def test_no_team_is_the_agency_itself(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(team=""), person(name="Kim Ng", email="kim@harbour.example", team=TRUST))
    assert {job[2] for job in await jobs(configured)} == {TRUST}


async def test_agency_and_team_are_recognised_in_any_spelling(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    again = person(agency=" sandown  HARBOUR trust", team="children’s community", role="MANAGER", sector="nhs TRUST")
    outcome = await bring(configured, tmp_path, again, create=False)
    assert (outcome.accepted, outcome.unchanged, outcome.made) == (0, 1, [])


@pytest.mark.parametrize("name", ["Health", "NHS", "Health partners", "the nhs"])
async def test_an_agency_that_does_not_name_the_provider_is_refused(
    configured: Database, tmp_path: Path, name: str
) -> None:
    refused = only_refusal(await bring(configured, tmp_path, person(agency=name)))
    assert (refused.field, refused.value) == ("agency", name)
    assert "provider's own name" in refused.mend
    assert await jobs(configured) == []


@pytest.mark.parametrize("team", ["NHS", "Health", "Family support > Health services"])
async def test_a_team_is_not_made_under_a_name_that_says_nothing(
    configured: Database, tmp_path: Path, team: str
) -> None:
    await bring(configured, tmp_path, person())
    before = await content(configured)
    for agency in (TRUST, "Bay Trust"):
        refused = only_refusal(await bring(configured, tmp_path, person(team=team, agency=agency)))
        assert (refused.field, refused.value) == ("team", team)
        assert "does not say which team this is" in refused.problem
    assert await content(configured) == before


async def test_a_new_agency_needs_a_sector(configured: Database, tmp_path: Path) -> None:
    refused = only_refusal(await bring(configured, tmp_path, person(sector="")))
    assert refused.field == "sector"
    assert "NHS acute and community trust" in refused.mend


async def test_an_unknown_sector_is_refused_with_the_nearest(configured: Database, tmp_path: Path) -> None:
    refused = only_refusal(await bring(configured, tmp_path, person(sector="Probaton")))
    assert "Did you mean Probation" in refused.mend


async def test_an_agency_stays_in_its_sector(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    refused = only_refusal(await bring(configured, tmp_path, person(sector="Police")))
    assert (refused.field, refused.value) == ("sector", "Police")


async def test_an_unknown_role_is_refused_with_the_nearest(configured: Database, tmp_path: Path) -> None:
    refused = only_refusal(await bring(configured, tmp_path, person(role="Named profesional")))
    assert (refused.field, refused.value) == ("role", "Named profesional")
    assert "Did you mean Named professional" in refused.mend


async def test_a_role_nothing_is_like_is_refused_with_the_roles_of_the_sector(
    configured: Database, tmp_path: Path
) -> None:
    refused = only_refusal(await bring(configured, tmp_path, person(role="Xyz")))
    assert "Non-clinical staff" in refused.mend


async def test_an_agency_on_the_command_line_fills_rows_that_name_none(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(configured, tmp_path, person(agency=""), agency=TRUST)
    assert outcome.accepted == 1
    assert (await jobs(configured))[0][1] == TRUST
    refused = only_refusal(await bring(configured, tmp_path, person(agency="")))
    assert refused.problem == "The agency is missing"


async def test_a_file_for_one_agency_speaks_for_no_other(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(
        configured,
        tmp_path,
        person(agency="SANDOWN harbour trust"),
        person(agency="Ryde Trust", name="Bob Hall", email="bob.hall@harbour.example"),
        agency=TRUST,
    )
    refused = only_refusal(outcome)
    assert (refused.row, refused.field, outcome.accepted) == (3, "agency", 1)
    assert refused.problem == f"The file is for {TRUST}, and this row names another agency"


async def test_an_unknown_agency_on_the_command_line_is_refused_at_once(configured: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no agency Nowhere"):
        await bring(configured, tmp_path, person(agency=""), agency="Nowhere", create=False)


async def test_nothing_can_be_imported_before_a_configuration(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="load reference"):
        await bring(empty, tmp_path, person())


@pytest.mark.parametrize(
    "spoilt",
    [
        {"name": ""},
        {"role": "Astronaut"},
        {"email": "nobody"},
        {"started": "14/03/25"},
        {"manager": "who@elsewhere.example"},
        {"email": "taken@harbour.example"},
        {"number": "7"},
        {"team": "=cmd()"},
    ],
)
async def test_a_refused_row_makes_no_agency_and_no_team(
    configured: Database, tmp_path: Path, spoilt: dict[str, str]
) -> None:
    await bring(
        configured,
        tmp_path,
        person(name="Xanthe Quill", email="taken@harbour.example"),
        person(name="Bo Marsh", email="", number="7"),
    )
    before = await content(configured)
    new = {"team": "New team"} if "number" in spoilt else {"team": "New team", "agency": "Ebb Tide Trust"}
    outcome = await bring(configured, tmp_path, person(**new | spoilt))
    assert len(outcome.refused) == 1
    assert outcome.made == []
    assert await content(configured) == before


# --- cells ---


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "ann@harbour.example"}, "name"),
        ({"name": '=HYPERLINK("https://bad.example","Ann")'}, "name"),
        ({"name": "=A1&B1"}, "name"),
        ({"name": "#N/A"}, "name"),
        ({"name": "A" * 201}, "name"),
        ({"name": "A" * 100_000}, "name"),
        ({"email": "", "number": ""}, "e-mail"),
        ({"email": "ann"}, "e-mail"),
        ({"email": "Ann Reed <ann@harbour.example>"}, "e-mail"),
        ({"email": "a@harbour.example; b@harbour.example"}, "e-mail"),
        ({"number": "2.0481733E+7"}, "employee number"),
        ({"number": "1" * 41}, "employee number"),
        ({"role": ""}, "role"),
        ({"sector": "Health"}, "sector"),
        ({"started": "03/14/2025"}, "started on"),
        ({"started": "soon"}, "started on"),
        ({"started": "01/01/1900"}, "started on"),
        ({"ended": "31-DEC-4712"}, "ended on"),
        ({"started": "2025-03-14", "ended": "2025-03-13"}, "ended on"),
        ({"manager": "Bob"}, "manager e-mail"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_cell_that_makes_no_sense_refuses_its_row(
    configured: Database, tmp_path: Path, changes: dict[str, str], field: str
) -> None:
    outcome = await bring(configured, tmp_path, person(**changes))
    refused = only_refusal(outcome)
    assert refused.field == field
    assert len(refused.value) <= 201
    assert await jobs(configured) == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Reed, Ann", "Ann Reed"),
        ("  Ann   Reed ", "Ann Reed"),
        ("O’Rourke, Siobha\u0301n", "Siobhán O’Rourke"),
        ("Reed, Ann, MBE", "Reed, Ann, MBE"),
        ("Ann Reed,", "Ann Reed,"),
        ("张伟", "张伟"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_names_are_kept_as_people_write_them(
    configured: Database, tmp_path: Path, written: str, kept: str
) -> None:
    await bring(configured, tmp_path, person(name=written))
    assert (await people(configured))[0][0] == kept


async def test_the_longest_cells_fit(configured: Database, tmp_path: Path) -> None:
    row = person(name="N" * 200, number="9" * 40, team="T" * 200, email=f"{'e' * 186}@harbour.test")
    assert (await bring(configured, tmp_path, row | {"agency": "A" * 200})).accepted == 1


async def test_leading_zeros_are_kept(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="00918264"))
    assert await numbers(configured) == ["00918264"]


async def test_a_number_that_lost_its_zeros_is_refused(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="00918264", email=""))
    refused = only_refusal(await bring(configured, tmp_path, person(number="918264", email="")))
    assert (refused.field, refused.value) == ("employee number", "918264")
    assert "00918264" in refused.problem
    assert len(await people(configured)) == 1


async def test_numbers_of_a_workbook_are_whole(configured: Database, tmp_path: Path) -> None:
    await bring_people(configured, people_file(tmp_path, person(number=20481733), name="people.xlsx"))
    assert await numbers(configured) == ["20481733"]


async def test_dates_of_a_workbook_are_read(configured: Database, tmp_path: Path) -> None:
    row = person(started=date(2025, 3, 14), ended=45800)
    await bring_people(configured, people_file(tmp_path, row, name="people.xlsx"))
    assert (await jobs(configured))[0][4:] == (date(2025, 3, 14), date(2025, 5, 23))


async def test_an_ambiguous_date_is_refused_when_its_column_has_the_month_first(
    configured: Database, tmp_path: Path
) -> None:
    outcome = await bring(
        configured,
        tmp_path,
        person(started="03/04/2025"),
        person(name="Kim Ng", email="kim@harbour.example", started="04/23/2025"),
    )
    assert [refused.field for refused in outcome.refused] == ["started on", "started on"]
    assert "ambiguous" in outcome.refused[0].problem


# --- who is who ---


async def test_a_person_is_known_by_number_when_the_address_changes(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="7"))
    outcome = await bring(configured, tmp_path, person(number="7", email="ANN@harbour-trust.example"))
    assert outcome.accepted == 1
    assert await people(configured) == [("Ann Reed", "ann@harbour-trust.example")]


@pytest.mark.parametrize("known", ["ann.reed@harbour.example", ""])
@pytest.mark.parametrize("left_on", [None, date(2025, 6, 30)])
async def test_an_agency_gives_no_address_to_whoever_works_for_another_too(
    configured: Database, tmp_path: Path, known: str, left_on: date | None
) -> None:
    """An address is all that one signs in with: it would be the key to what the other agency kept of the person."""
    await bring(configured, tmp_path, person(number="7", email=known))
    await give_a_post_elsewhere(configured, ended_on=left_on)
    before = await content(configured)
    refused = only_refusal(await bring(configured, tmp_path, person(number="7", email="mine@harbour.example")))
    assert (refused.field, refused.value) == ("e-mail", "mine@harbour.example")
    assert "Ebb Tide" not in refused.problem + refused.mend
    assert "training-tracker user address" in refused.mend
    assert await content(configured) == before


async def test_an_agency_gives_no_address_to_whoever_leads_a_partnership(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="7"))
    async with configured.writing() as session:
        partnership = await find_partnership(session)
        await lead_partnership(session, await session.scalar(select(Practitioner.id)) or 0, partnership.id)
    before = await content(configured)
    refused = only_refusal(await bring(configured, tmp_path, person(number="7", email="mine@harbour.example")))
    assert refused.field == "e-mail"
    assert await content(configured) == before


async def test_a_person_is_known_by_address_when_the_name_changes(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    await bring(configured, tmp_path, person(name="Ann Reed-Okafor"))
    assert await people(configured) == [("Ann Reed-Okafor", "ann.reed@harbour.example")]


async def test_number_and_address_together_prove_a_wholly_new_name(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="7"))
    await bring(configured, tmp_path, person(number="7", name="Juno Winterbourne"))
    assert await people(configured) == [("Juno Winterbourne", "ann.reed@harbour.example")]


async def test_a_name_is_spelled_as_it_was_said_last(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(name="Siobhan O'Rourke"))
    await bring(configured, tmp_path, person(name="Siobhán O'Rourke"))
    assert (await people(configured))[0][0] == "Siobhán O'Rourke"


async def test_a_blank_never_erases_what_is_known(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="7", ended="2025-06-30"))
    before = await content(configured)
    by_number = person(number="7", email="", started="", ended="", sector="")
    by_address = person(number="", started="", ended="")
    outcome = await bring(configured, tmp_path, by_number, by_address)
    assert (outcome.accepted, outcome.unchanged) == (0, 2)
    assert await content(configured) == before


async def test_two_people_of_one_name_stay_two(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(), person(email="a.reed@harbour.example"), person(email="", number="7"))
    assert len(await people(configured)) == 3


async def test_a_shared_mailbox_is_refused_in_one_file(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(
        configured,
        tmp_path,
        person(name="Sarah Jones", email="office@harbour.example"),
        person(name="Sarah Evans", email="office@harbour.example"),
    )
    refused = only_refusal(outcome)
    assert (refused.row, refused.field, refused.value) == (3, "e-mail", "office@harbour.example")
    assert "Sarah Jones" in refused.problem
    assert await people(configured) == [("Sarah Jones", "office@harbour.example")]


@pytest.mark.parametrize(("name", "number"), [("Tom Hughes", ""), ("Ann Brook", "8")])
async def test_a_shared_mailbox_is_refused_in_two_files(
    configured: Database, tmp_path: Path, name: str, number: str
) -> None:
    await bring(configured, tmp_path, person(number="7"))
    before = await content(configured)
    refused = only_refusal(await bring(configured, tmp_path, person(name=name, number=number)))
    assert refused.field == "e-mail"
    assert "shared mailboxes" in refused.mend
    assert await content(configured) == before


async def test_a_number_given_to_somebody_else_is_refused(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(number="7"))
    before = await content(configured)
    refused = only_refusal(
        await bring(configured, tmp_path, person(number="7", name="Tom Hughes", email="tom@harbour.example"))
    )
    assert (refused.field, refused.value) == ("employee number", "7")
    assert await content(configured) == before


async def test_a_number_of_one_and_an_address_of_another_are_refused(configured: Database, tmp_path: Path) -> None:
    await bring(
        configured, tmp_path, person(number="7"), person(number="8", name="Kim Ng", email="kim@harbour.example")
    )
    before = await content(configured)
    refused = only_refusal(await bring(configured, tmp_path, person(number="8")))
    assert refused.field == "employee number"
    assert await content(configured) == before


async def test_the_same_number_in_two_agencies_is_two_people(configured: Database, tmp_path: Path) -> None:
    other = person(agency="Ebb Tide Trust", number="7", name="Kim Ng", email="kim@ebb.example")
    await bring(configured, tmp_path, person(number="7"), other)
    assert len(await people(configured)) == 2


async def test_the_same_person_in_two_agencies_is_one(configured: Database, tmp_path: Path) -> None:
    other = person(agency="Ebb Tide Trust", number="9")
    await bring(configured, tmp_path, person(number="7"), other)
    assert len(await people(configured)) == 1
    assert [job[1] for job in await jobs(configured)] == [TRUST, "Ebb Tide Trust"]
    assert await numbers(configured) == ["7", "9"]


async def test_a_name_that_is_only_alike_takes_nobody_over_from_another_agency(
    configured: Database, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person())
    outcome = await bring(configured, tmp_path, person(agency="Ryde Trust", name="Anna Reed"))
    refused = only_refusal(outcome)
    assert (refused.field, refused.problem) == ("e-mail", "This address belongs to a person with another name")
    assert refused.mend.startswith("If it is one person, write the name as it is known")
    assert await people(configured) == [("Ann Reed", "ann.reed@harbour.example")]
    assert (await bring(configured, tmp_path, person(agency="Ryde Trust", name="ann  reed"))).accepted == 1
    assert (await bring(configured, tmp_path, person(agency="Ryde Trust", name="Anna Reed"))).accepted == 1, (
        "who is one of its own by now"
    )


async def test_an_address_somebody_gave_up_can_be_given_again_with_the_next_file(
    configured: Database, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person(number="7", email="a@harbour.example"))
    await bring(configured, tmp_path, person(number="7", email="b@harbour.example"))
    outcome = await bring(configured, tmp_path, person(name="Kim Ng", number="8", email="a@harbour.example"))
    assert outcome.accepted == 1
    assert await people(configured) == [("Ann Reed", "b@harbour.example"), ("Kim Ng", "a@harbour.example")]


# --- posts ---


async def test_one_person_holds_two_posts(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(
        configured, tmp_path, person(), person(team="Bank", role="Children's nurse", started="2025-02-01")
    )
    assert outcome.accepted == 2
    assert [job[2:4] for job in await jobs(configured)] == [
        ("Children's community", "Manager"),
        ("Bank", "Children's clinical staff"),
    ]
    assert len(await people(configured)) == 1


async def test_a_leaver_gets_a_last_day_and_the_earlier_knowledge_is_kept(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    outcome = await bring(configured, tmp_path, person(started="", ended="2025-06-30"))
    assert outcome.accepted == 1
    assert [job[4:] for job in await jobs(configured)] == [(BEGAN, date(2025, 6, 30))]
    async with configured.reading() as session:
        (history,) = list(await session.scalars(select(PostHistory)))
        assert (history.started_on, history.ended_on, history.recorded_by) == (BEGAN, None, "tests")


async def test_somebody_who_comes_back_has_a_second_post(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(ended="2025-06-30"))
    outcome = await bring(configured, tmp_path, person(started="2026-02-01"))
    assert outcome.accepted == 1
    assert [job[4:] for job in await jobs(configured)] == [
        (BEGAN, date(2025, 6, 30)),
        (date(2026, 2, 1), None),
    ]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_both_posts_of_somebody_who_came_back_may_stand_in_one_file(
    configured: Database, tmp_path: Path, newest_first: bool
) -> None:
    rows = [person(ended="2025-06-30"), person(started="2026-02-01")]
    outcome = await bring(configured, tmp_path, *(reversed(rows) if newest_first else rows))
    assert (outcome.accepted, outcome.refused) == (2, [])
    assert sorted(job[4] or date.min for job in await jobs(configured)) == [BEGAN, date(2026, 2, 1)]


async def test_a_corrected_first_day_is_no_second_post(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    await bring(configured, tmp_path, person(started="2023-11-01"))
    assert [job[4] for job in await jobs(configured)] == [date(2023, 11, 1)]


async def test_correcting_many_posts_takes_as_many_statements_as_correcting_a_few(
    configured: Database, tmp_path: Path
) -> None:
    def somebody(number: int, **cells: str) -> dict[str, str]:
        return person(name=f"Ann Reed {number}", email=f"ann.reed{number}@harbour.example", **cells)

    await bring(configured, tmp_path, *(somebody(number) for number in range(40)))
    with counting(configured) as for_a_few:
        await bring(configured, tmp_path, *(somebody(number, started="2023-11-01") for number in range(3)))
    with counting(configured) as for_many:
        # Some of them ended, too.
        ends = ["2025-06-30" if number % 2 else "" for number in range(40)]
        rows = [somebody(number, started="2023-10-02", ended=ends[number]) for number in range(40)]
        await bring(configured, tmp_path, *rows)
    assert len(for_many) == len(for_a_few)
    assert {job[4] for job in await jobs(configured)} == {date(2023, 10, 2)}
    async with configured.reading() as session:
        kept = await session.execute(select(PostHistory.started_on, func.count()).group_by(PostHistory.started_on))
        assert {row[0]: row[1] for row in kept} == {BEGAN: 40, date(2023, 11, 1): 3}


async def test_a_first_day_that_becomes_known_is_no_second_post(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(started=""))
    await bring(configured, tmp_path, person())
    assert [job[4] for job in await jobs(configured)] == [BEGAN]


async def test_a_last_day_before_the_known_first_day_is_refused(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    before = await content(configured)
    refused = only_refusal(await bring(configured, tmp_path, person(started="", ended="2023-12-31")))
    assert refused.field == "ended on"
    assert "8 January 2024" in refused.problem
    assert await content(configured) == before


async def test_a_row_that_stands_twice_is_one_post(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(configured, tmp_path, person(), person())
    assert (outcome.accepted, outcome.unchanged) == (1, 1)
    assert len(await jobs(configured)) == 1


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({}, {"started": "2023-11-01"}, "started on"),
        ({}, {"ended": "2025-06-30"}, "ended on"),
        ({"number": "7"}, {"number": "7", "name": "Ann Reed-Okafor"}, "name"),
        ({}, {"name": "Ann Reed-Okafor"}, "e-mail"),
        ({"number": "7"}, {"number": "7", "email": "other@harbour.example"}, "e-mail"),
    ],
)
async def test_a_file_that_contradicts_itself_keeps_its_first_word(
    configured: Database, tmp_path: Path, first: dict[str, str], second: dict[str, str], field: str
) -> None:
    file = people_file(tmp_path, person(**first), person(**second))
    refused = only_refusal(await bring_people(configured, file))
    assert (refused.row, refused.field) == (3, field)
    assert "Row 2" in refused.problem
    before = await content(configured)
    again = await bring_people(configured, file)
    assert (again.accepted, again.unchanged, len(again.refused)) == (0, 1, 1)
    assert await content(configured) == before


async def test_the_same_file_twice_changes_nothing_the_second_time(configured: Database, tmp_path: Path) -> None:
    file = people_file(
        tmp_path,
        person(number="007", manager="kim@harbour.example"),
        person(name="Reed, Ann", team="Bank", role="Midwife"),
        person(name="Kim Ng", email="kim@harbour.example", team="Children's community", ended="2025-01-01"),
        person(name="Kim Ng", email="kim@harbour.example", started="2026-01-01"),
        person(name="Siobhan O'Rourke", email="siobhan@harbour.example", team="A > B > C"),
        person(name="Siobhán O'Rourke", email="siobhan@harbour.example", team="B"),
        person(name="Nobody", role="Astronaut", email="nobody@harbour.example"),
    )
    first = await bring_people(configured, file)
    assert (first.accepted, len(first.refused)) == (6, 1)
    before = await content(configured)
    for create in (True, False):
        again = await bring_people(configured, file, create=create)
        assert (again.accepted, again.unchanged, len(again.refused)) == (0, 6, 1)
        assert again.made == []
    assert await content(configured) == before


async def test_a_new_person_is_expected_to_learn_at_once(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    assert (await content(configured))["standing"]


# --- managers ---


async def test_a_manager_may_stand_later_in_the_file(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(
        configured,
        tmp_path,
        person(manager="KIM@harbour.example"),
        person(name="Kim Ng", email="kim@harbour.example", team=""),
    )
    assert (outcome.accepted, outcome.notes) == (2, [])
    assert await managers(configured) == {("Children's community", "Kim Ng")}


async def test_a_manager_may_be_known_already_and_a_new_link_counts_as_a_change(
    configured: Database, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person(), person(name="Kim Ng", email="kim@harbour.example"))
    for expected in ((1, 0), (0, 1)):
        outcome = await bring(configured, tmp_path, person(manager="kim@harbour.example"))
        assert (outcome.accepted, outcome.unchanged) == expected
    assert await managers(configured) == {("Children's community", "Kim Ng")}


async def test_a_manager_nobody_knows_is_refused_with_the_nearest(configured: Database, tmp_path: Path) -> None:
    outcome = await bring(
        configured,
        tmp_path,
        person(manager="kimng@harbour.example"),
        person(name="Kim Ng", email="kim.ng@harbour.example"),
    )
    refused = only_refusal(outcome)
    assert (refused.row, refused.field, refused.value) == (2, "manager e-mail", "kimng@harbour.example")
    assert "Did you mean kim.ng@harbour.example?" in refused.mend


async def test_a_manager_whose_own_row_is_refused_is_linked_when_it_is_mended(
    configured: Database, tmp_path: Path
) -> None:
    rows = [person(manager="kim@harbour.example"), person(name="Kim Ng", email="kim@harbour.example", role="Boss")]
    outcome = await bring(configured, tmp_path, *rows)
    assert (outcome.accepted, len(outcome.refused)) == (1, 1)
    assert outcome.notes[0].startswith("row 2: the manager's own row was refused")
    assert await managers(configured) == set()
    again = await bring(configured, tmp_path, *rows)
    assert (again.accepted, again.unchanged) == (0, 1)
    rows[1]["role"] = "Manager"
    assert (await bring(configured, tmp_path, *rows)).accepted == 2
    assert await managers(configured) == {("Children's community", "Kim Ng")}


async def test_a_manager_without_a_post_in_the_agency_is_linked_with_a_note(
    configured: Database, tmp_path: Path
) -> None:
    elsewhere = person(name="Kim Ng", email="kim@harbour.example", agency="Bay Trust")
    rows = [person(manager="kim@harbour.example"), elsewhere]
    noted = (await bring(configured, tmp_path, *rows)).notes
    assert [note.partition(", so sees nothing")[0] for note in noted] == [
        "row 2: the manager holds no post in this agency that has begun"
    ]
    assert await managers(configured) == {("Children's community", "Kim Ng")}
    past = person(name="Kim Ng", email="kim@harbour.example", ended="2025-01-31")
    assert (await bring(configured, tmp_path, *rows, past)).notes == noted
    present = person(name="Kim Ng", email="kim@harbour.example", started="2025-06-02")
    assert (await bring(configured, tmp_path, *rows, past, present)).notes == []


# --- a second post ---


@pytest.mark.parametrize("corrected", [{"role": "Health visitor"}, {"team": "Adults"}])
async def test_a_corrected_role_or_team_opens_a_second_post_and_says_so(
    configured: Database, tmp_path: Path, corrected: dict[str, str]
) -> None:
    await bring(configured, tmp_path, person())
    outcome = await bring(configured, tmp_path, person(**corrected))
    known = "this person also has an open post as Manager in Children's community"
    assert outcome.notes == [f"row 2: {known}; if it was corrected, send that one with its last day"]
    assert len(await jobs(configured)) == 2
    assert (await bring(configured, tmp_path, person(**corrected))).notes == [], "it is known by now"


async def test_a_second_post_that_is_meant_is_not_remarked_on(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    both = await bring(configured, tmp_path, person(team="Adults"), person())
    assert both.notes == [], "the file names both"
    moved = await bring(
        configured, tmp_path, person(team="Duty"), person(ended="2026-01-30"), person(team="Adults", ended="2026-01-30")
    )
    assert moved.notes == [], "the others have ended"
    elsewhere = await bring(configured, tmp_path, person(agency="Bay Trust"))
    assert elsewhere.notes == [], "another agency knows nothing of the first"
    earlier = await bring(configured, tmp_path, person(team="Night", started="2019-01-07", ended="2020-01-31"))
    assert earlier.notes == [], "it is over"


# --- rehearsal ---


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    before = await content(configured)
    file = people_file(
        tmp_path,
        person(name="Ann Reed-Okafor", ended="2026-01-01", manager="kim@ebb.example"),
        person(agency="Ebb Tide Trust", name="Kim Ng", email="kim@ebb.example"),
        person(role="Astronaut"),
    )
    async with configured.rehearsing() as session:
        rehearsed = await import_people(session, read_people(file, LARGEST), by="tests", create=True)
    assert (rehearsed.accepted, len(rehearsed.refused)) == (2, 1)
    assert await content(configured) == before
    assert await bring_people(configured, file) == rehearsed


async def test_more_rows_than_one_batch_are_one_file(configured: Database, tmp_path: Path) -> None:
    rows = [person(name=f"Ann Reed {n:x}", email=f"ann{n}@harbour.example", number=f"0{n}") for n in range(5_100)]
    boss = person(name="Kim Ng", email="kim@harbour.example", started="")
    file = write_xlsx(tmp_path / "people.xlsx", lines(list(boss | rows[0]), [boss, *rows, boss | {"started on": ""}]))
    outcome = await bring_people(configured, file)
    assert (outcome.accepted, outcome.unchanged) == (5_101, 1)
    async with configured.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Practitioner)) == 5_101
        assert await session.scalar(select(func.count()).select_from(Agency)) == 1


async def test_columns_we_do_not_know_are_named_and_ignored(configured: Database, tmp_path: Path) -> None:
    row = person() | {"NI number": "x"}
    outcome = await bring_people(configured, write_csv(tmp_path / "people.csv", lines(list(row), [row])))
    assert (outcome.accepted, outcome.ignored_columns) == (1, ["NI number"])


async def test_whoever_left_longer_ago_than_the_agency_keeps_records_is_not_brought_back(
    configured: Database, tmp_path: Path
) -> None:
    await bring(
        configured,
        tmp_path,
        person(),
        person(name="Bob Hall", email="bob@harbour.example", started="2015-01-05", ended="2019-06-30"),
    )
    async with configured.writing() as session:
        agency = (await session.scalars(select(Agency).where(Agency.name == TRUST))).one()
        await set_retention(session, agency.id, 72, "tests")
    assert await erase_leavers(configured, today()) == 1
    outcome = await bring(
        configured,
        tmp_path,
        person(),
        person(name="Bob Hall", email="bob@harbour.example", started="2015-01-05", ended="2019-06-30"),
    )
    (refused,) = outcome.refused
    assert (refused.field, outcome.unchanged) == ("ended on", 1)
    assert refused.mend == "Leave out whoever left more than 72 months ago."
