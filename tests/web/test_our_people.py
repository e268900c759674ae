"""An agency's lead sees who came, moved and left, and of whom something is missing."""

from datetime import date

from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.access.granting import lead_agency
from training_tracker.audit.models import Action, AuditEntry
from training_tracker.database import Database


async def test_each_list_says_how_long_it_is_what_to_do_and_whose_it_is(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Eve Lane", team=await facts.team("Duty"), started_on=date(2026, 4, 1))
        await facts.post(
            "Gil Moss", team=await facts.team(agency=await facts.agency("Bay Surgery")), started_on=date(2026, 4, 1)
        )
        (await facts.practitioner("Ann Reed")).email = None
    await visitor.becomes(world.lee)
    text = await visitor.reads("/agency/people")
    assert "Joiners since 4 February 2026" in text
    assert "Eve Lane Social worker Duty 1 Apr 2026" in text
    assert "Gil Moss" not in text
    assert "Joiners since 4 April 2026 Nobody came in that time." in await visitor.reads("/agency/people?months=1")
    text = await visitor.reads("/agency/people?which=no-address")
    assert "1 No e-mail address" in text
    assert "They are reminded of nothing and cannot sign in." in text
    assert "Ann Reed Social worker Assessment" in text
    assert "Nobody left in that time." in await visitor.reads("/agency/people?which=leavers")
    csv = (await visitor.opens("/agency/people.csv?which=joiners")).text
    assert "Harbour Council,joiners,Eve Lane,Social worker,Duty,2026-04-01,,2026-02-04,2026-05-04" in csv
    assert "Gil" not in csv
    for path in ("/agency/people?which=anything", "/agency/people?months=0"):
        assert (await visitor.opens(path)).status_code in {400, 404}, path
    await visitor.becomes(world.mia)
    assert (await visitor.opens("/agency/people")).status_code == 404


async def test_a_list_taken_away_stands_in_the_history_of_its_agency_alone(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        surgery = await facts.agency("Bay Surgery", sector="General practice")
        await facts.post("Lee Shaw", team=await facts.team("Front desk", agency=surgery))
        await lead_agency(session, world.lee.id, surgery.id)
    await visitor.becomes(world.lee)
    assert (await visitor.opens(f"/agency/people.csv?agency={surgery.id}")).status_code == 200
    async with empty.reading() as session:
        taken = select(AuditEntry.agency_id).where(AuditEntry.action == Action.DOWNLOADED)
        assert list(await session.scalars(taken)) == [surgery.id]
