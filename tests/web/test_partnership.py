"""What the partnership's page and its file say of numbers that would be small."""

import csv
import io
from datetime import date

from tests.facts import Facts, published
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.access.granting import lead_partnership
from training_tracker.access.models import TokenScope
from training_tracker.access.tokens import make_token
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.reminders.lead_summaries import plan_partnership_summaries
from training_tracker.settings import Settings


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
    await published(empty, TODAY)
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
        some = (("Empty School", 0, 0), ("Gullwing School", 12, 1), ("Kelp School", 12, 0), ("Tiny School", 3, 1))
        for school, people, done in some:
            team = await facts.team(agency=await facts.agency(school, sector="School"))
            await facts.post(f"{school} clerk", team=team, role=await facts.role("Clerk", sector="Other"))
            for number in range(people):
                post = await facts.post(f"{school} {number}", team=team, role=teacher)
                if number < done:
                    await facts.completed(post, safer, date(2026, 1, 1))
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "Gullwing School Expected: PANEL everywhere" in text
    assert "Kelp School Expected: PANEL nowhere" in text
    assert "Tiny School Expected: PANEL hidden" in text
    assert "Empty School Expected: PANEL hidden" in text, "or whoever comes to it is known to have come"
    response = await visitor.opens("/partnership/coverage.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["agency"], row["enough people"]) for row in rows] == [
        ("Empty School", "suppressed"),
        ("Gullwing School", "everywhere"),
        ("Kelp School", "nowhere"),
        ("Tiny School", "suppressed"),
    ]


async def test_page_file_system_and_e_mail_tell_the_same_and_not_of_who_joined(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    """Twelve of twenty had it in April; since then one has joined who has not."""
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("INTRO")
        probation = await facts.agency("Gamma Probation", sector="Probation")
        team, officer = await facts.team(agency=probation), await facts.role("Officer", sector="Probation")
        await facts.version(await facts.expectation("INTRO"), [item], scopes=[Scope(agency_id=probation.id)])
        for number in range(20):
            post = await facts.post(f"Person {number}", team=team, role=officer)
            if number < 12:
                await facts.completed(post, item, date(2026, 1, 1))
        partnership = await facts.partnership()
        token = await make_token(session, settings, "Board", partnership, TokenScope.FIGURES, date(2027, 1, 1))
    await visitor.becomes(world.pia)
    assert "Nothing has been published yet." in await visitor.reads("/partnership")
    await published(empty, date(2026, 4, 3))
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team(agency=await facts.agency("Gamma Probation"))
        await facts.post("Jo Newman", team=team, role=await facts.role("Officer", sector="Probation"))
    await published(empty, TODAY)

    text = await visitor.reads("/partnership")
    assert "As at 4 May 2026, as published" in text
    assert text.count("60.0% of 20 3 Apr 2026") == 2, "of the agency, and of all"
    assert "A figure with a day of its own is as at that day." in text
    file = (await visitor.opens("/partnership/uptake.csv")).content.decode("utf-8-sig")
    (row,) = (row for row in csv.DictReader(io.StringIO(file)) if row["expectation"] == "INTRO")
    assert (row["met"], row["measured"], row["as at"]) == ("12", "20", "2026-04-03")
    for on in ("2026-04-20", "2026-05-04"):
        answer = await visitor.client.get(f"/api/uptake?on={on}", headers={"Authorization": f"Bearer {token}"})
        (figure,) = (one for one in answer.json()["figures"] if one["expectation"] == "INTRO")
        assert (figure["met"], figure["n"], figure["as_at"]) == (12, 20, "2026-04-03")
    async with empty.writing() as session:
        plan = await plan_partnership_summaries(session, TODAY, on=TODAY, today=TODAY, base_url="", threshold=5)
    (letter,) = plan.planned
    assert "60.0%, below the target 90%, change: no change\n  12 of 20 have it" in letter.text
    assert "Some figures are older" in " ".join(letter.text.split())
    assert "12 of 20 have it" in letter.html


async def test_whoever_reads_of_two_partnerships_chooses_one(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        bay = await Facts(session).partnership("Bay Safeguarding Partnership")
        await lead_partnership(session, world.pia.id, bay.id)
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "Harbour Safeguarding Partnership" in text
    assert "No agency has brought in its people yet." in text
    text = await visitor.reads(f"/partnership?partnership={(await _harbour(empty))}")
    assert "Small agencies are shown together: Bay Surgery, Harbour Council." in text
    assert (await visitor.opens("/partnership/uptake.csv?partnership=900")).status_code == 404


async def _harbour(database: Database) -> int:
    async with database.writing() as session:
        return (await Facts(session).partnership()).id
