"""What a manager and an agency's lead see, and what they can take with them."""

import csv
import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.facts import Facts, published
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation, Setting
from training_tracker.people.agencies import create_team


async def test_my_team_is_a_list_with_the_most_urgent_first(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team")
    assert "3 people, the most urgent first." in text
    assert text.index("Bob Hall Social worker, Assessment Overdue") < text.index("Ann Reed Social worker, Assessment")
    assert "Expected: CSA was due by 4 February 2026" in text
    assert "Expected: CSA renew by 1 June 2026" in text


async def test_the_share_of_an_expectation_has_its_counts_behind_it(visitor: Visitor, world: World) -> None:
    """Ann has it; Bob and Dot do not: 1 of 3 is 33.3 percent."""
    await visitor.becomes(world.mia)
    assert "Expected: CSA 33.3% 1 of 3 Target 90% Overdue 2 Due soon 1" in await visitor.reads("/team")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=overdue", {"Bob Hall", "Dot Vale"}),
        ("status=due+soon", {"Ann Reed"}),
        ("status=compliant", set()),
        ("status=nonsense", {"Ann Reed", "Bob Hall", "Dot Vale"}),
        ("expectation=CSA", {"Ann Reed", "Bob Hall", "Dot Vale"}),
        ("expectation=DESK", set()),
        ("name=bOb", {"Bob Hall"}),
        ("name=%25", set()),
        ("name=Hall&status=due+soon", set()),
    ],
)
async def test_the_list_can_be_narrowed(visitor: Visitor, world: World, query: str, names: set[str]) -> None:
    await visitor.becomes(world.mia)
    text = await visitor.reads(f"/team?{query}")
    assert {name for name in ("Ann Reed", "Bob Hall", "Dot Vale") if name in text} == names
    assert ("Nobody fits. Show everybody" in text) is (not names)


async def test_a_list_narrowed_to_a_status_shows_what_has_it(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation("LATE"), [await facts.item("LATE")])
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team?status=due+soon")
    assert "Ann Reed Social worker, Assessment Overdue Expected: CSA and 1 more renew by 1 June 2026" in text
    assert "1 person. Download the list" in text, "in what order one stands is nothing to say"


async def test_of_two_teams_with_one_name_each_stands_after_the_team_above(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        council, upper = await facts.agency(), await facts.team("Family services")
        for place, name in (("North", "Gus Park"), ("South", "Ida Rowe")):
            above = await facts.team(place, below=upper)
            team = await create_team(session, council.id, above.id, "Team 2")
            person = await facts.post(name, team=team)
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team")
    assert "Gus Park Social worker, North, Team 2" in text
    assert "Ida Rowe Social worker, South, Team 2" in text
    assert "Bob Hall Social worker, Assessment" in text, "one name, one team"
    assert "Social worker, South, Team 2, Harbour Council" in await visitor.reads(
        f"/team/people/{person.practitioner_id}"
    )
    assert '"South, Team 2"' in (await visitor.opens("/team/people.csv")).text
    await visitor.sends("/search", {"words": "Ida"}, form="/search")
    assert "Social worker, South, Team 2" in await visitor.reads("/search")


async def test_a_person_without_a_start_date_and_one_on_leave_are_in_the_list(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        await facts.post("Eve Lane", team=team, started_on=None)
        away = await facts.post("Fay Wood", team=team)
        await facts.on_leave(away, date(2026, 4, 1))
        await facts.post("Gil Past", team=team, ended_on=date(2026, 5, 3))
        await facts.post("Hal Soon", team=team, started_on=date(2026, 5, 5))
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team")
    assert "Eve Lane Social worker, Assessment Undated" in text
    assert "no date: the start of the post is not known" in text
    assert "Fay Wood Social worker, Assessment On leave" in text
    assert "Gil Past" not in text
    assert "Hal Soon" not in text


async def test_a_long_list_is_paged_and_keeps_its_filters(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        for number in range(60):
            await facts.post(f"Worker {number:02}", team=team)
    await visitor.becomes(world.mia)
    first = await visitor.opens("/team?status=overdue")
    assert "62 people" in seen(first.text)
    assert "1 to 50 of 62" in seen(first.text)
    assert "/team?status=overdue&amp;number=2" in first.text
    assert "51 to 62 of 62" in await visitor.reads("/team?status=overdue&number=2")


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("", ["Bob Hall", "Dot Vale", "Ann Reed", "Eve Lane"]),
        ("-standing", ["Eve Lane", "Ann Reed", "Bob Hall", "Dot Vale"]),
        ("name", ["Ann Reed", "Bob Hall", "Dot Vale", "Eve Lane"]),
        ("-name", ["Eve Lane", "Dot Vale", "Bob Hall", "Ann Reed"]),
        ("due", ["Dot Vale", "Bob Hall", "Ann Reed", "Eve Lane"]),
        ("-due", ["Ann Reed", "Bob Hall", "Dot Vale", "Eve Lane"]),
        ("up-to-date", ["Bob Hall", "Dot Vale", "Eve Lane", "Ann Reed"]),
        ("-up-to-date", ["Ann Reed", "Bob Hall", "Dot Vale", "Eve Lane"]),
        ("nonsense", ["Bob Hall", "Dot Vale", "Ann Reed", "Eve Lane"]),
    ],
)
async def test_the_list_is_sorted_by_any_column_either_way_and_nothing_to_sort_by_comes_last(
    visitor: Visitor, world: World, empty: Database, sort: str, names: list[str]
) -> None:
    """Dot's is due since 2020, Bob's since February, Ann renews in June; Eve is exempt, and so has no day."""
    async with empty.writing() as session:
        facts = Facts(session)
        eve = await facts.post("Eve Lane", team=await facts.team("Assessment"))
        expectation = (await session.scalars(select(Expectation).where(Expectation.code == "CSA"))).one()
        await facts.exempt(eve, expectation, date(2026, 1, 1), date(2027, 1, 1))
    await visitor.becomes(world.mia)
    text = (await visitor.opens(f"/team?sort={sort}")).text
    assert sorted(names, key=text.index) == names
    file = (await visitor.opens(f"/team/people.csv?sort={sort}")).content.decode("utf-8-sig")
    assert list(dict.fromkeys(row["name"] for row in csv.DictReader(io.StringIO(file)))) == names
    assert text.count("aria-sort=") == 1


async def test_links_of_a_sorted_list_keep_what_narrows_it_and_turn_it_round(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    text = (await visitor.opens("/team?status=overdue&sort=due")).text
    assert 'aria-sort="ascending"><a class="govuk-link" href="/team?status=overdue&amp;sort=-due#people"' in text
    assert 'href="/team?status=overdue&amp;sort=name#people"' in text
    assert 'href="/team/people.xlsx?status=overdue&amp;sort=due"' in text
    assert '<input type="hidden" name="sort" value="due">' in text


async def test_one_person_s_page_explains_each_standing(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    text = await visitor.reads(f"/team/people/{world.ann.id}")
    assert "Ann Reed Social worker, Assessment, Harbour Council, since 1 January 2020" in text
    assert "Expected of every practitioner since 1 January 2020 by Harbour Safeguarding Partnership" in text
    assert "1 June 2025" in text, "the completion that counts"
    assert "I have done this" not in text, "that is for Ann to say"


async def test_the_list_can_be_taken_as_a_file_in_which_nothing_runs(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        person = await facts.practitioner("Ivo Nash")
        person.name = "=HYPERLINK(1)"
        await facts.post("Ivo Nash", team=await facts.team("Assessment"))
    await visitor.becomes(world.mia)
    response = await visitor.opens("/team/people.csv?status=overdue")
    assert response.headers["content-disposition"] == 'attachment; filename="team-2026-05-04.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["name"], row["status"], row["due on"]) for row in rows if row["name"] == "Bob Hall"] == [
        ("Bob Hall", "overdue", "2026-02-04")
    ]
    assert "'=HYPERLINK(1)" in {row["name"] for row in rows}


async def test_the_workbook_has_the_rows_of_the_other_file_dates_as_dates_and_nothing_that_runs(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        person = await facts.practitioner("Ivo Nash")
        person.name = "=HYPERLINK(1)"
        await facts.post("Ivo Nash", team=await facts.team("Assessment"))
    await visitor.becomes(world.mia)
    response = await visitor.opens("/team/people.xlsx?status=overdue&sort=name")
    assert response.headers["content-disposition"] == 'attachment; filename="team-2026-05-04.xlsx"'
    rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "=HYPERLINK(1)", "text, and no formula"
    bob = next(row for row in rows if row[0] == "Bob Hall")
    assert bob[4:] == ["overdue", date(2026, 2, 4), TODAY]
    text = (await visitor.opens("/team/people.csv?status=overdue&sort=name")).content.decode("utf-8-sig")
    assert len(rows) == len(list(csv.reader(io.StringIO(text))))


async def test_our_agency_shows_uptake_by_expectation_and_by_team(visitor: Visitor, world: World) -> None:
    """Six posts at the council: Ann, Mia, Lee and Pia have it, Bob and Dot do not."""
    await visitor.becomes(world.lee)
    text = await visitor.reads("/agency")
    assert "people with something expected 6" in text
    assert "Expected: CSA 66.6% 4 of 6" in text
    assert "Harbour Council 100.0% 3 of 3" in text
    assert "Assessment 33.3% 1 of 3" in text
    response = await visitor.opens("/agency/uptake.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["team"], row["expected"], row["percent"]) for row in rows] == [
        ("Assessment", "3", "33.3"),
        ("Harbour Council", "3", "100.0"),
    ]


async def test_whether_a_setting_has_enough_people_is_shown(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        panel = await facts.expectation("PANEL")
        await facts.version(panel, [await facts.item("SAFER")], people_in_setting=2)
    await visitor.becomes(world.lee)
    assert "Expected: PANEL: 0 of at least 2 needed, 2 missing" in await visitor.reads("/agency")


async def test_the_partnership_s_small_numbers_are_hidden_on_the_page_and_in_the_file(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """The council measures 4 of 6, the surgery 0 of 2: both rest on fewer than five on one side."""
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "Bay Surgery" in text
    assert "66.6%" not in text
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.expectation("OTHER")
        item = await facts.item("OTHER")
        await facts.version(course, [item])
        council, surgery = await facts.agency(), await facts.agency("Bay Surgery", sector="General practice")
        receptionist = await facts.role("Receptionist", sector="General practice")
        for number in range(12):
            at_council = await facts.post(f"Worker {number}")
            at_surgery = await facts.post(f"Helper {number}", team=await facts.team(agency=surgery), role=receptionist)
            if number < 6:
                await facts.completed(at_council, item, date(2026, 1, 1))
                await facts.completed(at_surgery, item, date(2026, 1, 1))
        assert council.id
    await published(empty, TODAY)
    text = await visitor.reads("/partnership/uptake")
    told = ("42.8% of 14 far below", "33.3% of 18 far below", "37.5% of 32 far below")
    assert f"Expected: OTHER target 90% {' '.join(told)}" in text
    response = await visitor.opens("/partnership/uptake.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    shown = {(row["agency"], row["expectation"]): row["percent"] for row in rows}
    assert shown["Harbour Council", "OTHER"] == "33.3"
    assert shown["Harbour Council", "CSA"] == "suppressed"


async def test_a_manager_sees_the_settings_of_their_teams_alone_what_is_not_covered_first(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        safer = await facts.item("SAFER")
        await facts.version(await facts.expectation("WHOLE"), [safer], people_in_setting=1)
        await facts.version(await facts.expectation("PANEL"), [safer], people_in_setting=1, setting=Setting.TEAM)
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team")
    assert "Enough people who have it 1 of 1 not covered." in text
    assert "Assessment: 0 of at least 1 needed, 1 missing" in text
    assert "WHOLE" not in text
    await visitor.becomes(world.lee)
    assert "Expected: WHOLE: 0 of at least 1 needed, 1 missing" in await visitor.reads("/team")


async def test_where_rules_counted_and_lines_shown_differ_the_pages_say_what_each_counts(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """Bob is asked for the introduction by two rules: My team counts both, and his page shows one line."""
    await visitor.becomes(world.mia)
    assert "My team counts each" not in await visitor.reads(f"/team/people/{world.bob.id}")
    async with empty.writing() as session:
        facts = Facts(session)
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        await facts.version(await facts.expectation("CSA-TWICE"), [course], period_months=24)
    team = await visitor.reads("/team?name=Bob")
    assert "0 of 2 up to date" in team
    assert "Each rule counts by itself, in each post" in team
    page = await visitor.reads(f"/team/people/{world.bob.id}")
    assert "2 rules ask something of them, and My team counts each." in page
    assert "as they see it: 1 line." in page
    assert "overdue 1 due soon" in page
    await visitor.becomes(world.bob)
    assert "overdue 1 due soon" in await visitor.reads("/me")
