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
