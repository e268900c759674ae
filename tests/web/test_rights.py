"""Who may see what: a lead reads it, gives a right and takes it back, of what they lead and never of themselves."""

import re
from datetime import date

import httpx
import pytest
from sqlalchemy import select, update

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.access.granting import lead_agency, lead_partnership, stop_leading_agency
from training_tracker.access.models import AccessRole, Grant
from training_tracker.audit.models import AuditEntry
from training_tracker.database import Database
from training_tracker.people.models import Agency, Partnership, Post, Practitioner, Team, TeamDeputy, TeamManager

NEW = "/rights/new"


async def sends(visitor: Visitor, path: str, fields: dict[str, str], form: str = NEW) -> httpx.Response:
    return await visitor.sends(path, fields, form=form)


async def the(database: Database, model: type[Agency | Team | Partnership], name: str) -> int:
    async with database.reading() as session:
        return (await session.scalars(select(model.id).where(model.name == name).order_by(model.id))).all()[0]


async def grants(database: Database) -> set[tuple[int, str]]:
    async with database.reading() as session:
        return {(one.practitioner_id, one.role.value) for one in await session.scalars(select(Grant))}


async def managers(database: Database, link: type[TeamManager | TeamDeputy] = TeamManager) -> set[tuple[int, int]]:
    async with database.reading() as session:
        found = await session.execute(select(link.team_id, link.practitioner_id))
        return {(team_id, practitioner_id) for team_id, practitioner_id in found}


async def test_an_agency_s_lead_gives_a_right_and_takes_it_back(
    visitor: Visitor, world: World, empty: Database
) -> None:
    council, team = await the(empty, Agency, "Harbour Council"), await the(empty, Team, "Assessment")
    await visitor.becomes(world.lee)
    text = await visitor.reads("/rights")
    assert "Lee Shaw (you) lee-shaw@agency.example Leads training" in text
    assert "Family services Mia Ford mia-ford@agency.example Manages the team" in text
    assert not any(name in text for name in ("Cas Moor", "Bay Surgery", "Pia Kent"))

    manager = {"kind": "manager", "team": str(team), "email": " Ann-Reed@agency.example"}
    look = await sends(visitor, NEW, manager)
    text = seen(look.text)
    assert "Give this right? Harbour Council" in text
    assert "Ann Reed manages Assessment: reads and keeps the records of the people of this team" in text
    assert len(await managers(empty)) == 1, "nothing is given yet"
    again = await sends(visitor, NEW, manager | {"again": "yes"})
    assert re.search(r'value="manager"[^>]* checked', again.text)
    response = await sends(visitor, NEW, manager | {"confirmed": "yes"})
    assert response.headers["location"] == f"/rights?agency={council}"
    assert (team, world.ann.id) in await managers(empty)
    text = await visitor.reads("/rights")
    assert "Given: Ann Reed manages Assessment" in text
    assert "Tell them: no e-mail does." in text
    assert (await sends(visitor, NEW, manager | {"confirmed": "yes"})).status_code == 303
    assert "Nothing changed: Ann Reed manages" in await visitor.reads("/rights"), "sent twice"

    end = f"/rights/manager/{team}/{world.ann.id}/end"
    text = await visitor.reads(end)
    assert "Take this right back? Ann Reed" in text
    assert "A file of people that still names them for this team brings them back." in text
    assert "Nobody else is named for this team" in text
    assert (await sends(visitor, end, {}, end)).status_code == 303
    assert (team, world.ann.id) not in await managers(empty)
    assert (await sends(visitor, end, {})).status_code == 404, "sent twice"
    async with empty.reading() as session:
        lines = await session.scalars(select(AuditEntry.action).where(AuditEntry.record == "team_manager"))
        assert lines.all()[-2:] == ["added", "removed"]

    deputy = {"kind": "deputy", "team": str(team), "email": "bob-hall@agency.example", "confirmed": "yes"}
    assert (await sends(visitor, NEW, deputy)).status_code == 303
    assert await managers(empty, TeamDeputy) == {(team, world.bob.id)}
    lead = {"kind": "lead", "email": "mia-ford@agency.example", "confirmed": "yes"}
    assert (await sends(visitor, NEW, lead)).status_code == 303
    assert (world.mia.id, "agency lead") in await grants(empty)
    assert (await sends(visitor, f"/rights/deputy/{team}/{world.bob.id}/end", {})).status_code == 303
    assert await managers(empty, TeamDeputy) == set()


async def test_what_a_lead_does_not_lead_is_not_theirs_to_give_or_take(
    visitor: Visitor, world: World, empty: Database
) -> None:
    surgery, desk = await the(empty, Agency, "Bay Surgery"), await the(empty, Team, "Front desk")
    partnership = await the(empty, Partnership, "Harbour Safeguarding Partnership")
    async with empty.writing() as session:
        await lead_agency(session, world.cas.id, surgery)
    before = await grants(empty), await managers(empty)
    await visitor.becomes(world.lee)
    for path in (
        f"/rights?agency={surgery}",
        f"/rights?partnership={partnership}",
        f"{NEW}?agency={surgery}",
        f"/rights/lead/{surgery}/{world.cas.id}/end",
        f"/rights/manager/{desk}/{world.cas.id}/end",
        f"/rights/partnership-lead/{partnership}/{world.pia.id}/end",
        "/rights/queen/1/1/end",
    ):
        assert (await visitor.opens(path)).status_code == 404, path
        if path.endswith("/end"):
            assert (await sends(visitor, path, {"last": "yes"})).status_code == 404, path
    forged = {"kind": "manager", "team": str(desk), "email": "ann-reed@agency.example", "confirmed": "yes"}
    assert (await sends(visitor, NEW, forged)).status_code == 404, "a team of another agency"
    for kind in ("partnership-lead", "scrutineer", "queen", ""):
        assert (await sends(visitor, NEW, forged | {"kind": kind})).status_code == 422
    # Of whoever works elsewhere nothing is told, whether there or not.
    told = set()
    for address in ("cas-moor@agency.example", "nobody@agency.example"):
        response = await sends(visitor, NEW, {"kind": "lead", "email": address, "confirmed": "yes"})
        assert response.status_code == 422
        told.add(re.sub(r"cas-moor|nobody|name=\"_csrf_token\" value=\"[^\"]+\"", "", response.text))
        assert address in response.text, "what was typed stays"
    assert len(told) == 1
    for own in ("manager", "lead"):
        team = await the(empty, Team, "Assessment")
        own_right = {"kind": own, "team": str(team), "email": "LEE-SHAW@agency.example", "confirmed": "yes"}
        response = await sends(visitor, NEW, own_right)
        assert "This is your own address" in seen(response.text)
    assert (await grants(empty), await managers(empty)) == before


async def test_nobody_takes_away_the_last_lead_without_being_told(
    visitor: Visitor, world: World, empty: Database
) -> None:
    council = await the(empty, Agency, "Harbour Council")
    async with empty.writing() as session:
        await lead_agency(session, world.mia.id, council)
        # Somebody who has left leads nobody, and does not count.
        await lead_agency(session, world.cas.id, council)
    await visitor.becomes(world.lee)
    assert "counts for nothing now: no post in the agency" in await visitor.reads("/rights")
    end = f"/rights/lead/{council}/{world.lee.id}/end"
    assert "Nobody else leads" not in await visitor.reads(end)
    page = await visitor.opens(end)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    async with empty.writing() as session:
        await stop_leading_agency(session, world.mia.id, council)
    stale = await visitor.client.post(end, data={"_csrf_token": token[1]}, follow_redirects=False)
    assert stale.status_code == 200
    assert "Nobody else leads Harbour Council." in seen(stale.text)
    assert (world.lee.id, "agency lead") in await grants(empty), "it is asked once more"
    assert 'name="last" value="yes"' in stale.text
    response = await sends(visitor, end, {"last": "yes"}, end)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert (world.lee.id, "agency lead") not in await grants(empty)
    assert (await visitor.opens("/rights")).status_code == 404


async def test_a_partnership_s_lead_names_scrutineers_and_leads_and_learns_of_nobody_else(
    visitor: Visitor, world: World, empty: Database
) -> None:
    partnership = await the(empty, Partnership, "Harbour Safeguarding Partnership")
    await visitor.becomes(world.pia)
    text = await visitor.reads("/rights")
    assert "Pia Kent (you) pia-kent@agency.example Leads training" in text
    assert "Lee Shaw" not in text
    outsider = {"kind": "scrutineer", "email": "gil@scrutiny.example", "name": "Gil Wren"}
    for asked, name in ((outsider, ""), (outsider | {"email": "cas-moor@agency.example"}, "Cas Moor")):
        text = seen((await sends(visitor, NEW, asked)).text)
        assert f"{asked['email']} reads the figures of Harbour Safeguarding Partnership, and no more." in text
        assert not name or name not in text, "whose address it is is not told"
    response = await sends(visitor, NEW, outsider | {"name": ""})
    assert "A name has 1 to 200 characters" in seen(response.text)
    assert (await sends(visitor, NEW, outsider | {"email": "gil"})).status_code == 422
    async with empty.reading() as session:
        assert await session.scalar(select(Practitioner).where(Practitioner.name == "Gil Wren")) is None
    assert (await sends(visitor, NEW, outsider | {"confirmed": "yes"})).status_code == 303
    assert "Gil Wren gil@scrutiny.example Reads the figures" in await visitor.reads("/rights")

    other = {"kind": "partnership-lead", "email": "lee-shaw@agency.example", "confirmed": "yes"}
    assert (await sends(visitor, NEW, other)).status_code == 303
    assert (world.lee.id, AccessRole.PARTNERSHIP_LEAD.value) in await grants(empty)
    end = f"/rights/partnership-lead/{partnership}/{world.lee.id}/end"
    assert (await sends(visitor, end, {}, end)).status_code == 303
    assert (world.lee.id, AccessRole.PARTNERSHIP_LEAD.value) not in await grants(empty)
    own = f"/rights/partnership-lead/{partnership}/{world.pia.id}/end"
    text = await visitor.reads(own)
    assert "Nobody else leads Harbour Safeguarding Partnership." in text
    assert "This is your own right." in text
    # An agency's rights are its own leads'.
    for path in (f"/rights/lead/{await the(empty, Agency, 'Harbour Council')}/{world.lee.id}/end", "/rights?agency=1"):
        assert (await visitor.opens(path)).status_code == 404


async def test_whoever_has_left_scrutinises_under_another_address_and_is_no_lead_beside_the_last(
    visitor: Visitor, world: World, empty: Database
) -> None:
    partnership = await the(empty, Partnership, "Harbour Safeguarding Partnership")
    async with empty.writing() as session:
        await lead_partnership(session, world.bob.id, partnership)
        await session.execute(
            update(Post).where(Post.practitioner_id == world.bob.id).values(ended_on=date(2026, 2, 1))
        )
    await visitor.becomes(world.pia)
    assert "Leads training counts for nothing now: they have left, and cannot sign in" in await visitor.reads("/rights")
    end = f"/rights/partnership-lead/{partnership}/{world.pia.id}/end"
    assert "Nobody else leads Harbour Safeguarding Partnership." in await visitor.reads(end)
    asked = {"kind": "scrutineer", "email": str(world.bob.email), "confirmed": "yes"}
    response = await sends(visitor, NEW, asked)
    assert response.status_code == 422
    assert "Nobody can sign in with this address" in seen(response.text)
    assert (world.bob.id, AccessRole.SCRUTINEER.value) not in await grants(empty)
    another = asked | {"email": "bob@home.example", "name": "Bob Hall"}
    assert (await sends(visitor, NEW, another)).status_code == 303


async def test_whoever_leads_both_finds_both(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        partnership = await Facts(session).partnership()
        await lead_partnership(session, world.lee.id, partnership.id)
    await visitor.becomes(world.lee)
    assert "Harbour Safeguarding Partnership" in await visitor.reads("/rights")
    assert "Pia Kent" in await visitor.reads(f"/rights?partnership={partnership.id}")
    assert (await visitor.opens(f"/rights?partnership={partnership.id}&agency=1")).status_code == 404


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_leads_two_agencies_comes_back_to_the_one_they_were_at(
    visitor: Visitor, world: World, empty: Database
) -> None:
    agencies = [await the(empty, Agency, name) for name in ("Harbour Council", "Bay Surgery")]
    desk = await the(empty, Team, "Front desk")
    async with empty.writing() as session:
        for agency in agencies:
            await lead_agency(session, world.dot.id, agency)
    await visitor.becomes(world.dot)
    new = f"{NEW}?agency={agencies[1]}"
    given = {"kind": "manager", "team": str(desk), "email": "cas-moor@agency.example", "confirmed": "yes"}
    assert (await sends(visitor, new, given)).headers["location"] == f"/rights?agency={agencies[1]}"
    end = f"/rights/manager/{desk}/{world.cas.id}/end"
    assert f'href="/rights?agency={agencies[1]}"' in (await visitor.opens(end)).text
    assert (await sends(visitor, end, {})).headers["location"] == f"/rights?agency={agencies[1]}"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_manager_gives_nobody_a_right(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.mia)
    for path in ("/rights", NEW):
        assert (await visitor.opens(path)).status_code == 404
