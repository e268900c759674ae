"""A partnership's lead keeps its agencies: adds one, calls it what it is, says its sector, lets it leave and return."""

import re

import httpx
import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.people.agencies import set_partnerships
from training_tracker.people.finding import find_agency
from training_tracker.people.models import Agency, AgencyHistory, AgencyPartnership, Partnership, Post, Sector, Team
from training_tracker.standing.models import Standing

AGENCIES = "/lists/agencies"
NEW = f"{AGENCIES}/new"


async def sends(visitor: Visitor, path: str, fields: dict[str, str], form: str = NEW) -> httpx.Response:
    return await visitor.sends(path, fields, form=form)


async def the(database: Database, model: type[Agency | Sector | Partnership], name: str) -> int:
    async with database.reading() as session:
        return (await session.scalars(select(model.id).where(model.name == name))).one()


async def number_of(database: Database) -> int:
    async with database.reading() as session:
        return len((await session.scalars(select(Agency.id))).all())


async def standings(database: Database, agency_id: int) -> int:
    async with database.reading() as session:
        found = select(Standing.post_id).join(Post, Post.id == Standing.post_id).join(Team, Team.id == Post.team_id)
        found = found.where(Team.agency_id == agency_id)
        return len((await session.scalars(found)).all())


async def test_a_lead_adds_a_named_agency(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        await Facts(session).partnership("Moorland Safeguarding Partnership")
    practice = str(await the(empty, Sector, "General practice"))
    added = {"name": " Elm  Practice ", "sector": practice, "others": "Elm Surgery\n\n The Elms \nelm practice"}
    await visitor.becomes(world.pia)
    text = await visitor.reads(AGENCIES)
    assert "Bay Surgery General practice" in text
    look = await sends(visitor, NEW, added)
    text = seen(look.text)
    assert "Keep this? Harbour Safeguarding Partnership" in text
    assert "Name Elm Practice Sector General practice Other names Elm Surgery; The Elms; elm practice" in text
    assert await number_of(empty) == 2, "nothing is kept yet"
    again = await sends(visitor, NEW, added | {"again": "yes"})
    assert "The Elms" in again.text
    assert (await sends(visitor, NEW, added | {"confirmed": "yes"})).status_code == 303
    assert "Kept: Elm Practice." in await visitor.reads(AGENCIES)
    async with empty.reading() as session:
        agency = await find_agency(session, "the elms")
        assert agency.name == "Elm Practice"
        joined = select(Partnership.name).join(AgencyPartnership, AgencyPartnership.partnership_id == Partnership.id)
        names = await session.scalars(joined.where(AgencyPartnership.agency_id == agency.id))
        assert names.all() == ["Harbour Safeguarding Partnership"]
    twice = await sends(visitor, NEW, added | {"confirmed": "yes"})
    assert twice.status_code == 422
    assert "“Elm Practice” is Elm Practice" in seen(twice.text)


WRONG = [
    ({"name": "NHS"}, "name", "“NHS” does not say which organisation this is"),
    ({"name": "Health services"}, "name", "does not say which organisation this is"),
    ({"name": ""}, "name", "The agency has no name"),
    ({"name": "bay  SURGERY"}, "name", "“bay SURGERY” is Bay Surgery"),
    ({"others": "The Elms\nHealth"}, "others", "“Health” does not say which organisation this is"),
    ({"others": "Harbour Council"}, "others", "“Harbour Council” is Harbour Council"),
    ({"others": "e" * 201}, "others", "A name is too long"),
    ({"others": "\n".join(f"Elm {number}" for number in range(51))}, "others", "These are 51 lines"),
    ({"sector": ""}, "sector", "No sector is chosen"),
    ({"sector": "900"}, "sector", "No sector is chosen"),
]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("slip", "field", "problem"), WRONG)
async def test_a_slip_is_told_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor, world: World, empty: Database, slip: dict[str, str], field: str, problem: str
) -> None:
    practice = str(await the(empty, Sector, "General practice"))
    await visitor.becomes(world.pia)
    for confirmed in ({}, {"confirmed": "yes"}):
        sent = {"name": "Elm Practice", "sector": practice, "others": "The Elms"} | slip | confirmed
        response = await sends(visitor, NEW, sent)
        assert response.status_code == 422
        assert f'href="#{field}"' in response.text
        assert problem in seen(response.text)
        assert sent["others"].splitlines()[0] in response.text
    assert await number_of(empty) == 2


async def test_a_lead_renames_and_changes_the_sector_after_seeing_what_follows(
    visitor: Visitor, world: World, empty: Database
) -> None:
    surgery = await the(empty, Agency, "Bay Surgery")
    council, practice = await the(empty, Sector, "Local authority"), await the(empty, Sector, "General practice")
    async with empty.writing() as session:
        facts = Facts(session)
        for code, sector in (("OF-COUNCILS", council), ("OF-PRACTICES", practice)):
            await facts.version(
                await facts.expectation(code), [await facts.item(code)], scopes=[Scope(sector_id=sector)]
            )
    assert await standings(empty, surgery) == 6
    one = f"{AGENCIES}/{surgery}"
    await visitor.becomes(world.pia)
    form = await visitor.opens(one)
    assert 'value="Bay Surgery"' in form.text
    change = {"name": "Bay Medical Centre", "sector": str(council), "others": ""}
    text = seen((await sends(visitor, one, change)).text)
    assert "Name Bay Medical Centre before: Bay Surgery Sector Local authority before: General practice" in text
    assert "“Bay Surgery” stays one of its names in spreadsheets." in text
    assert "Its people are asked newly, of the partnership’s minimum Expected: OF-COUNCILS" in text
    assert "Its people are asked no longer Expected: OF-PRACTICES" in text
    assert not any(name in text for name in ("Cas Moor", "Dot Vale"))
    async with empty.reading() as session:
        assert (await session.get_one(Agency, surgery)).name == "Bay Surgery", "nothing is kept yet"
    assert (await sends(visitor, one, change | {"confirmed": "yes"})).status_code == 303
    assert "Bay Medical Centre Local authority" in await visitor.reads(AGENCIES)
    async with empty.reading() as session:
        assert (await find_agency(session, "BAY SURGERY")).id == surgery
        tops = await session.scalars(select(Team.name).where(Team.agency_id == surgery, Team.parent_id.is_(None)))
        assert tops.all() == ["Bay Medical Centre"]
        assert (await session.scalars(select(AgencyHistory.sector_id))).all() == [practice]
    assert "Bay Surgery" in (await visitor.opens(one)).text, "among its other names"


async def test_an_agency_leaves_and_comes_back(visitor: Visitor, world: World, empty: Database) -> None:
    surgery = await the(empty, Agency, "Bay Surgery")
    await visitor.becomes(world.pia)
    one = f"{AGENCIES}/{surgery}"
    text = await visitor.reads(f"{one}/withdrawal")
    assert "Take it out of the partnership? Bay Surgery; Harbour Safeguarding Partnership" in text
    assert "Its people are asked no longer Expected: CSA" in text
    assert "Its people are asked newly" not in text
    assert await standings(empty, surgery) == 4
    assert (await sends(visitor, f"{one}/withdrawal", {}, f"{one}/withdrawal")).status_code == 303
    assert await standings(empty, surgery) == 2, "what the agency itself expects goes on"
    text = await visitor.reads(AGENCIES)
    assert "No longer in the partnership Bay Surgery Put it back" in text
    assert (await sends(visitor, f"{one}/withdrawal", {}, NEW)).status_code == 303, "sent twice"
    assert (await visitor.opens(one)).status_code == 404, "what it is called is not theirs to say now"
    change = {"name": "Ours", "sector": str(await the(empty, Sector, "Local authority")), "confirmed": "yes"}
    assert (await sends(visitor, one, change)).status_code == 404
    assert "Its people are asked newly, of the partnership’s minimum Expected: CSA" in await visitor.reads(
        f"{one}/return"
    )
    assert (await sends(visitor, f"{one}/return", {}, f"{one}/return")).status_code == 303
    assert await standings(empty, surgery) == 4
    assert "No longer in the partnership" not in await visitor.reads(AGENCIES)


async def test_an_agency_of_another_partnership_is_not_there(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        moorland = await facts.partnership("Moorland Safeguarding Partnership")
        theirs = await facts.agency("Moor Surgery", sector="General practice")
        before = select(AgencyPartnership).where(AgencyPartnership.agency_id == theirs.id)
        for membership in await session.scalars(before):
            await session.delete(membership)
        await session.flush()
        await set_partnerships(session, theirs.id, {moorland.id})
    await visitor.becomes(world.pia)
    assert "Moor Surgery" not in await visitor.reads(AGENCIES)
    for path in (f"{AGENCIES}/{theirs.id}", f"{AGENCIES}/{theirs.id}/withdrawal", f"{AGENCIES}/{theirs.id}/return"):
        for which in ("", f"?partnership={moorland.id}"):
            assert (await visitor.opens(path + which)).status_code == 404
            sent = {"name": "Mine", "sector": "1", "confirmed": "yes"}
            assert (await sends(visitor, path + which, sent)).status_code == 404
    assert (await visitor.opens(f"{AGENCIES}?partnership={moorland.id}")).status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_leads_no_partnership_finds_no_such_page(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    assert not re.search(r'href="/lists/agencies', (await visitor.opens("/lists")).text)
    for path in (AGENCIES, NEW):
        assert (await visitor.opens(path)).status_code == 404
