"""A partnership's lead keeps the roles and their groups, after a look at what whoever holds one would be asked."""

import re

import httpx
import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Post, Role, RoleAlias, RoleGroup, RoleHistory, Sector
from training_tracker.standing.models import Standing

LISTS = "/lists"
NEW, NEW_GROUP = "/lists/roles/new", "/lists/groups/new"


async def sends(visitor: Visitor, path: str, fields: dict[str, str], form: str = NEW) -> httpx.Response:
    return await visitor.sends(path, fields, form=form)


async def the(database: Database, model: type[Role | RoleGroup | Sector], name: str) -> int:
    async with database.reading() as session:
        return (await session.scalars(select(model.id).where(model.name == name))).one()


async def names_of(database: Database, role_id: int) -> set[str]:
    async with database.reading() as session:
        return set(await session.scalars(select(RoleAlias.alias).where(RoleAlias.role_id == role_id)))


async def test_a_lead_adds_a_role_and_takes_it_out_and_back(visitor: Visitor, world: World, empty: Database) -> None:
    council, group = await the(empty, Sector, "Local authority"), await the(empty, RoleGroup, "Group 1")
    added = {
        "name": " Early  help worker ",
        "sector": str(council),
        "group": str(group),
        "others": "EHW\nFamily  helper",
    }
    await visitor.becomes(world.pia)
    text = seen((await sends(visitor, NEW, added)).text)
    assert "Keep this? A new role" in text
    assert "Name Early help worker Sector Local authority Group Group 1 Other names EHW; Family helper" in text
    assert "EHW" in (await sends(visitor, NEW, added | {"again": "yes"})).text
    async with empty.reading() as session:
        assert len((await session.scalars(select(Role.id))).all()) == 2, "nothing is kept yet"
    assert (await sends(visitor, NEW, added | {"confirmed": "yes"})).status_code == 303
    text = await visitor.reads(LISTS)
    assert "Kept: Early help worker." in text
    assert "Early help worker local-authority-early-help-worker Group 1" in text
    role = await the(empty, Role, "Early help worker")
    assert await names_of(empty, role) == {"ehw", "family helper"}
    twice = await sends(visitor, NEW, added | {"confirmed": "yes"})
    assert "“Early help worker” is Early help worker" in seen(twice.text)

    one = f"/lists/roles/{role}"
    assert "Nobody may hold it." in await visitor.reads(f"{one}/withdrawal")
    assert (await sends(visitor, f"{one}/withdrawal", {}, f"{one}/withdrawal")).status_code == 303
    text = await visitor.reads(LISTS)
    assert "Out of use Early help worker (role) Put it back" in text
    assert "local-authority-early-help-worker" not in (await visitor.opens("/lists/roles.csv")).text
    twice = await sends(visitor, NEW, added | {"confirmed": "yes"})
    assert "That one is out of use: put it back" in seen(twice.text)
    assert (await sends(visitor, f"{one}/return", {}, LISTS)).status_code == 303
    assert "local-authority-early-help-worker" in (await visitor.opens("/lists/roles.csv")).text

    receptionist = await the(empty, Role, "Receptionist")
    response = await sends(visitor, f"/lists/roles/{receptionist}/withdrawal", {})
    assert response.status_code == 422
    assert "Somebody is Receptionist still" in seen(response.text)


async def test_another_group_is_another_minimum_from_now_on(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        for name in ("Group 1", "Group 2"):
            group = await facts.role_group(name)
            code = name.upper().replace(" ", "-")
            scopes = [Scope(role_group_id=group.id)]
            await facts.version(await facts.expectation(code), [await facts.item(code)], scopes=scopes)
    receptionist, second = await the(empty, Role, "Receptionist"), await the(empty, RoleGroup, "Group 2")
    one = f"/lists/roles/{receptionist}"
    await visitor.becomes(world.pia)
    change = {"name": "Care navigator", "group": str(second), "others": ""}
    text = seen((await sends(visitor, one, change)).text)
    assert "Name Care navigator before: Receptionist Group Group 2 before: Group 1" in text
    assert "“Receptionist” stays one of its names in spreadsheets." in text
    assert "Whoever holds it is asked newly, of the partnership’s minimum Expected: GROUP-2" in text
    assert "Whoever holds it is asked no longer Expected: GROUP-1" in text
    assert not any(name in text for name in ("Cas Moor", "DESK"))
    asked = select(Standing.expectation_id).join(Post, Post.id == Standing.post_id).where(Post.role_id == receptionist)
    async with empty.reading() as session:
        before = sorted(await session.scalars(asked))
    assert (await sends(visitor, one, change | {"confirmed": "yes"})).status_code == 303
    assert await names_of(empty, receptionist) == {"receptionist"}
    async with empty.reading() as session:
        assert sorted(await session.scalars(asked)) != before
        assert len((await session.scalars(select(RoleHistory.id))).all()) == 1
    assert "What whoever holds it is asked today stays the same." not in text
    assert "Care navigator" in await visitor.reads(LISTS)


async def test_a_lead_keeps_groups(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.pia)
    for slip, problem in (
        ({"name": ""}, "The group has no name"),
        ({"name": "group  1"}, "“group 1” is Group 1"),
        ({"audience": "queens"}, "It is not said whom the group is made up of"),
    ):
        response = await sends(visitor, NEW_GROUP, {"name": "Trustees", "audience": "governance"} | slip, NEW_GROUP)
        assert response.status_code == 422
        assert problem in seen(response.text)
    added = {"name": "Trustees", "audience": "governance"}
    assert (await sends(visitor, NEW_GROUP, added, NEW_GROUP)).status_code == 303
    assert "Trustees trustees Governance" in await visitor.reads(LISTS)
    group = await the(empty, RoleGroup, "Trustees")
    one = f"/lists/groups/{group}"
    assert re.search(r'value="governance"[^>]* checked', (await visitor.opens(one)).text)
    change = {"name": "Boards", "audience": "managers"}
    text = seen((await sends(visitor, one, change, one)).text)
    assert "Name Boards before: Trustees Made up of Managers before: Governance" in text
    assert "Nobody’s training changes." in text
    assert "Trustees trustees Governance" in await visitor.reads(LISTS), "nothing is kept yet"
    assert 'value="Boards"' in (await sends(visitor, one, change | {"again": "yes"}, one)).text
    assert (await sends(visitor, one, change | {"confirmed": "yes"}, one)).status_code == 303
    assert "Boards trustees Managers" in await visitor.reads(LISTS)
    assert (await sends(visitor, f"{one}/withdrawal", {}, one)).status_code == 303
    assert "Out of use Boards (group of roles) Put it back" in await visitor.reads(LISTS)
    response = await sends(visitor, NEW, {"name": "X", "sector": "1", "group": str(group)})
    assert "No group is chosen" in seen(response.text)
    assert (await sends(visitor, f"{one}/return", {}, LISTS)).status_code == 303
    assert "Out of use" not in await visitor.reads(LISTS)
    first = await the(empty, RoleGroup, "Group 1")
    response = await sends(visitor, f"/lists/groups/{first}/withdrawal", {})
    assert "Receptionist is of this group still" in seen(response.text)


async def test_a_role_is_not_put_back_into_a_group_that_is_out_of_use(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.pia)
    await sends(visitor, NEW_GROUP, {"name": "Trustees", "audience": "governance"}, NEW_GROUP)
    council, group = await the(empty, Sector, "Local authority"), await the(empty, RoleGroup, "Trustees")
    added = {"name": "Trustee", "sector": str(council), "group": str(group), "others": "", "confirmed": "yes"}
    assert (await sends(visitor, NEW, added)).status_code == 303
    role = await the(empty, Role, "Trustee")
    for path in (f"/lists/roles/{role}", f"/lists/groups/{group}"):
        assert (await sends(visitor, f"{path}/withdrawal", {}, path)).status_code == 303
    refused = await sends(visitor, f"/lists/roles/{role}/return", {}, LISTS)
    assert refused.status_code == 422
    assert "Its group Trustees is out of use. Put that back first, or give it another group." in seen(refused.text)
    for path in (f"/lists/groups/{group}", f"/lists/roles/{role}"):
        assert (await sends(visitor, f"{path}/return", {}, LISTS)).status_code == 303


WRONG = [
    ({"name": ""}, "name", "The role has no name"),
    ({"name": "\u200b\u202e"}, "name", "The role has no name"),
    ({"name": "Social\u200b worker"}, "name", "“Social worker” is Social worker"),
    ({"others": "o\nSocial\u200b worker"}, "others", "“Social worker” is Social worker"),
    ({"name": "SOCIAL worker"}, "name", "“SOCIAL worker” is Social worker"),
    ({"others": "Social worker"}, "others", "“Social worker” is Social worker"),
    ({"others": "o" * 201}, "others", "A name is too long"),
    ({"group": ""}, "group", "No group is chosen"),
    ({"group": "9" * 12}, "group", "No group is chosen"),
    ({"sector": ""}, "sector", "No sector is chosen"),
]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("slip", "field", "problem"), WRONG)
async def test_a_slip_is_told_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor, world: World, empty: Database, slip: dict[str, str], field: str, problem: str
) -> None:
    council, group = await the(empty, Sector, "Local authority"), await the(empty, RoleGroup, "Group 1")
    await visitor.becomes(world.pia)
    for confirmed in ({}, {"confirmed": "yes"}):
        sent = {"name": "Helper", "sector": str(council), "group": str(group), "others": "Aide"} | slip | confirmed
        response = await sends(visitor, NEW, sent)
        assert response.status_code == 422
        assert f'href="#{field}"' in response.text
        assert problem in seen(response.text)
        assert sent["others"] in response.text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_everybody_reads_the_lists_and_only_a_lead_keeps_them(visitor: Visitor, world: World) -> None:
    for person in (world.ann, world.lee):
        await visitor.becomes(person)
        text = await visitor.reads(LISTS)
        assert "Receptionist" in text
        assert "Change" not in text
        for path in (NEW, NEW_GROUP, "/lists/roles/1", "/lists/groups/1"):
            assert (await visitor.opens(path)).status_code == 404
