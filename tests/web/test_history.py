"""The audit trail on pages: people see what was done to their record and who looked, leads what their agency did."""

from datetime import date

import pytest
from sqlalchemy import func, select, update

from tests.web.conftest import Visitor, World
from tests.web.test_long_leave import AWAY
from tests.web.test_matrix import doors
from training_tracker.audit.models import Action, AuditEntry
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.people.models import Post, Practitioner
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.settings import Settings


async def _record_leave(visitor: Visitor, person: int) -> None:
    page = f"/team/people/{person}/leave"
    sent = await visitor.sends(page, AWAY, form=page)
    assert sent.status_code == 303, sent.text


async def test_people_read_what_was_done_to_their_record_and_by_whom(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    await _record_leave(visitor, world.ann.id)
    await visitor.becomes(world.ann)
    page = await visitor.reads("/me/history")
    assert "Long leave added" in page
    assert "mia-ford@agency.example" in page
    assert "Signed in" in page
    await visitor.becomes(world.bob)
    assert "Long leave added" not in await visitor.reads("/me/history")


async def test_people_read_who_looked_that_does_not_manage_them(visitor: Visitor, world: World) -> None:
    for looking in (world.mia, world.lee):
        await visitor.becomes(looking)
        await visitor.reads(f"/team/people/{world.ann.id}")
    await visitor.becomes(world.ann)
    page = await visitor.reads("/me/history")
    assert page.count("Looked at the record") == 1
    assert "lee-shaw@agency.example" in page
    assert "mia-ford@agency.example" not in page


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_every_page_about_a_person_leaves_a_line_of_who_looked(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    looks = select(func.count()).where(AuditEntry.action == Action.LOOKED, AuditEntry.practitioner_id == world.bob.id)
    await visitor.becomes(world.lee)
    opened = 0
    for door in doors(settings):
        if door.about_a_person and door.method == "GET":
            async with empty.reading() as session:
                before = await session.scalar(looks)
            if (await visitor.opens(door.at(world.bob.id))).status_code == 200:
                opened += 1
                async with empty.reading() as session:
                    assert await session.scalar(looks) == (before or 0) + 1, door
    assert opened >= 4


async def test_a_lead_reads_what_was_done_in_the_agency_and_nothing_of_another(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    await _record_leave(visitor, world.ann.id)
    await visitor.becomes(world.lee)
    page = await visitor.reads("/agency/history")
    assert "Long leave added: Ann Reed" in page
    assert "Cas Moor" not in page
    assert "Bay Surgery" not in page
    of_ann = await visitor.reads(f"/agency/history?person={world.ann.id}")
    assert "Long leave added" in of_ann
    assert "Bob Hall" not in of_ann
    assert "Nothing yet" in await visitor.reads(f"/agency/history?person={world.cas.id}")
    await visitor.becomes(world.mia)
    assert (await visitor.opens("/agency/history")).status_code == 404


async def test_of_somebody_who_works_for_two_agencies_each_reads_its_own_posts(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    page = await visitor.reads(f"/agency/history?person={world.dot.id}")
    assert "team: Assessment" in page
    assert "Front desk" not in page


async def test_people_download_it_and_no_secret_is_in_it(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    page = await visitor.reads("/me/data")
    assert "What I completed 1 entry" in page
    answer = await visitor.opens("/me/data/everything.json")
    data = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert data["what I completed"][0]["completed on"] == "2025-06-01"
    assert set(data["where I am signed in"][0]) == {"began at", "seen at", "second step at"}
    record = (await visitor.opens("/me/data/record.csv")).text
    assert "2025-06-01" in record


async def test_a_list_that_a_lead_takes_away_leaves_a_line(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    assert (await visitor.opens("/team/people.csv")).status_code == 200
    await visitor.becomes(world.lee)
    assert "Downloaded the list of people" not in await visitor.reads("/agency/history")
    for file in ("/team/people.csv", "/agency/people.csv"):
        assert (await visitor.opens(file)).status_code == 200
    page = await visitor.reads("/agency/history")
    assert page.count("Downloaded the list of people") == 2
    assert page.count("lee-shaw@agency.example") >= 2


async def test_what_another_agency_recorded_of_somebody_is_not_told_to_a_lead(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """What Dot completed may tell of the surgery; and of who has left nothing new is told at all."""
    async with empty.writing() as session:
        item = (await session.scalars(select(Item).where(Item.code == "DESK-GUIDE"))).one()
        new = NewCompletion(world.dot.id, item.id, date(2026, 4, 1), evidence="After the complaint at Bay Surgery")
        await record_completion(session, new, by="cas-moor@agency.example", today=date(2026, 5, 4))
    await visitor.becomes(world.dot)
    await visitor.becomes(world.lee)
    for page in ("/agency/history", f"/agency/history?person={world.dot.id}"):
        text = await visitor.reads(page)
        assert "Bay Surgery" not in text
        assert "cas-moor" not in text
        assert "Signed in: Dot Vale" not in text
    async with empty.writing() as session:
        await session.execute(
            update(Post).where(Post.practitioner_id == world.ann.id).values(ended_on=date(2026, 4, 1))
        )
        await session.execute(update(Practitioner).where(Practitioner.id == world.ann.id).values(name="Ann New"))
    assert "Ann Reed → Ann New" not in await visitor.reads(f"/agency/history?person={world.ann.id}")
