"""What the partnership's page and its file say of numbers that would be small."""

import csv
import io
from datetime import date

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope


async def test_practitioners_beside_everybody_do_not_tell_the_partnership_about_two_managers(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """12 of the 20 who work with people have it; neither of the two managers has."""
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("INTRO")
        probation = await facts.agency("Gamma Probation", sector="Probation")
        team = await facts.team(agency=probation)
        officer = await facts.role("Officer", sector="Probation")
        manager = await facts.role("Manager", sector="Probation")
        everybody = [Scope(agency_id=probation.id)]
        practitioners = [Scope(agency_id=probation.id, role_id=officer.id)]
        await facts.version(await facts.expectation("INTRO-ALL"), [item], scopes=everybody)
        await facts.version(await facts.expectation("INTRO-PROBATION"), [item], scopes=practitioners)
        for number in range(22):
            post = await facts.post(f"Person {number}", team=team, role=officer if number < 20 else manager)
            if number < 12:
                await facts.completed(post, item, date(2026, 1, 1))
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "54.5% of 22" in text
    assert "60%" not in text
    assert "of 20" not in text
    assert "Small agencies are shown together: Bay Surgery, Harbour Council." in text
    response = await visitor.opens("/partnership/uptake.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    met = {row["expectation"]: row["met"] for row in rows if row["agency"] == "Gamma Probation"}
    assert (met["INTRO-ALL"], met["INTRO-PROBATION"]) == ("12", "suppressed")
    assert "Other named small agencies: Bay Surgery, Harbour Council" in {row["agency"] for row in rows}


async def test_of_a_setting_the_partnership_is_told_whether_it_is_covered_and_never_by_how_many(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """A school of twelve has one who may sit on a panel, another of twelve nobody, and one of three is hidden."""
    async with empty.writing() as session:
        facts = Facts(session)
        safer, teacher = await facts.item("SAFER"), await facts.role("Teacher", sector="School")
        scope = [Scope(sector_id=(await facts.sector("School")).id)]
        await facts.version(await facts.expectation("PANEL"), [safer], people_in_setting=1, scopes=scope)
        for school, people, done in (("Gullwing School", 12, 1), ("Kelp School", 12, 0), ("Tiny School", 3, 1)):
            team = await facts.team(agency=await facts.agency(school, sector="School"))
            for number in range(people):
                post = await facts.post(f"{school} {number}", team=team, role=teacher)
                if number < done:
                    await facts.completed(post, safer, date(2026, 1, 1))
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "Gullwing School Expected: PANEL covered" in text
    assert "Kelp School Expected: PANEL not covered" in text
    assert "Tiny School Expected: PANEL hidden" in text
    response = await visitor.opens("/partnership/coverage.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["agency"], row["settings"], row["covered"]) for row in rows] == [
        ("Gullwing School", "1", "1"),
        ("Kelp School", "1", "0"),
        ("Tiny School", "1", "suppressed"),
    ]
