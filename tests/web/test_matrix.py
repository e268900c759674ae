"""Every route for every role, from the application's own list of routes and the one table of permissions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from sqlalchemy import select

from tests.facts import published
from tests.web.apps import app_of
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.access.granting import scrutinise
from training_tracker.access.models import TokenScope
from training_tracker.access.permissions import BY_TOKEN, PERMISSIONS, May, Role
from training_tracker.access.tokens import ROLES, make_token
from training_tracker.database import Database
from training_tracker.people.models import Agency, Partnership
from training_tracker.settings import Settings
from training_tracker.web.dependencies import HALF_WAY, MAY

# Who has which roles beside a practitioner's; Cas works at the surgery and scrutinises the partnership.
PERSONAS = {
    "ann": set[Role](),
    "mia": {Role.MANAGER},
    "lee": {Role.AGENCY_LEAD},
    "pia": {Role.PARTNERSHIP_LEAD},
    "cas": {Role.SCRUTINEER},
}
ANYWHERE = {
    "code": "CSA",
    "completion_id": "1",
    "dispute_id": "1",
    "passport_id": "1",
    "token": "none.ics",
    "number": "1",
    "campaign_id": "1",
    "kind": "digest",
    "layout": "people",
    "spreadsheet_id": "1",
    "file": "people.csv",
    "first": "2026-03-03",
    "on": "2026-05-01",
    "delegation_id": "1",
    "priority_id": "1",
    "over_id": "1",
    "agency_id": "1",
    "other_code": "CSA-INTRO",
    "window_id": "1",
    "role_id": "1",
    "group_id": "1",
    "moment": "20260504093000000000",
}


@dataclass(frozen=True)
class Door:
    path: str
    method: str
    takes: May
    half_way: bool

    def at(self, person: int) -> str:
        values = ANYWHERE | {"practitioner_id": str(person)}
        return re.sub(r"\{(\w+):\w+\}", lambda found: values[found[1]], self.path)

    @property
    def about_a_person(self) -> bool:
        return "practitioner_id" in self.path

    @property
    def has_a_place_in_it(self) -> bool:
        return "{" in self.path


def doors(settings: Settings) -> Iterator[Door]:
    for route in app_of(settings).routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                assert isinstance(handler, HTTPRouteHandler)
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    assert MAY in handler.opt, f"{method} {route.path} does not say what it takes"
                    yield Door(route.path, method, handler.opt[MAY], HALF_WAY in handler.opt)


def test_every_door_says_what_it_takes_and_every_right_has_somebody_and_a_door(settings: Settings) -> None:
    there = {door.takes for door in doors(settings)}
    assert there == set(May)
    assert PERMISSIONS.keys() == set(May) - {May.ANYTHING_OPEN}
    assert {role for roles in PERMISSIONS.values() for role in roles} == set(Role)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nobody_who_is_not_signed_in_is_let_in(visitor: Visitor, world: World, settings: Settings) -> None:
    for door in doors(settings):
        if door.takes is not May.ANYTHING_OPEN and door.method == "GET":
            answer = await visitor.opens(door.at(world.ann.id))
            if door.takes in BY_TOKEN:
                assert answer.status_code == 401, door
                continue
            assert answer.status_code == 302, door
            assert answer.headers["location"].startswith("/sign-in"), door


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", PERSONAS)
async def test_each_role_gets_what_the_table_says_and_nothing_else(
    visitor: Visitor, world: World, empty: Database, settings: Settings, name: str
) -> None:
    async with empty.writing() as session:
        await scrutinise(session, world.cas.id, await session.scalar(select(Partnership.id)) or 0)
    # There is no board pack to download of a day on which nothing had been published.
    await published(empty, TODAY)
    await visitor.becomes(getattr(world, name))
    page = await visitor.opens("/me/completions/new")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    roles = {Role.PRACTITIONER} | PERSONAS[name]
    tried = 0
    for door in doors(settings):
        if door.takes is May.ANYTHING_OPEN:
            continue
        allowed = not roles.isdisjoint(PERMISSIONS[door.takes])
        # Bob is in Mia's team and Lee's agency; Cas in neither.
        for person, may_see in ((world.bob.id, allowed), (world.cas.id, allowed and not door.about_a_person)):
            if door.method == "GET":
                answer = await visitor.opens(door.at(person))
            elif not may_see:
                sent = {"_csrf_token": token[1]}
                answer = await visitor.client.post(door.at(person), data=sent, follow_redirects=False)
            else:
                continue
            tried += 1
            if door.takes in BY_TOKEN:
                assert answer.status_code == 401, (door, name)
            elif not may_see:
                assert answer.status_code == 404, (door, name)
            elif door.half_way:
                assert answer.status_code == 302, "they have the second step behind them"
            elif door.path.endswith("/people/{practitioner_id:int}") or not door.has_a_place_in_it:
                assert answer.status_code == 200, (door, name, answer.status_code)
            else:
                assert answer.status_code in {200, 400, 404}, (door, name, answer.status_code)
    assert tried > 60


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", PERSONAS)
async def test_before_the_second_step_there_is_nothing_else(
    visitor: Visitor, world: World, empty: Database, settings: Settings, name: str
) -> None:
    async with empty.writing() as session:
        await scrutinise(session, world.cas.id, await session.scalar(select(Partnership.id)) or 0)
    await visitor.becomes(getattr(world, name), half_way=True)
    has_to = not PERSONAS[name].isdisjoint(PERMISSIONS[May.SECOND_STEP])
    page = await visitor.opens("/sign-in/second-step" if has_to else "/me/completions/new")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    assert {door.path for door in doors(settings) if door.half_way} == {
        "/sign-in/second-step",
        "/sign-in/second-step/app",
    }
    if not has_to:
        assert (await visitor.opens("/me")).status_code == 200
        return
    for door in doors(settings):
        if door.takes is May.ANYTHING_OPEN or door.takes in BY_TOKEN or door.half_way:
            continue
        if door.method == "GET":
            answer = await visitor.opens(door.at(world.bob.id))
            assert answer.status_code == 302, door
            assert answer.headers["location"].startswith("/sign-in/second-step?next="), door
            plain = await visitor.opens(door.at(world.bob.id), Accept="application/json")
            assert plain.status_code == 401, door
        else:
            sent = {"_csrf_token": token[1]}
            answer = await visitor.client.post(door.at(world.bob.id), data=sent, follow_redirects=False)
            assert answer.status_code == 401, door


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("scope", TokenScope)
async def test_another_system_gets_what_the_table_says_and_no_page(
    visitor: Visitor, world: World, empty: Database, settings: Settings, scope: TokenScope
) -> None:
    async with empty.writing() as session:
        council = (await session.scalars(select(Agency).where(Agency.name == "Harbour Council"))).one()
        token = await make_token(session, settings, "Another system", council, scope, date(2027, 1, 1))
    tried = 0
    for door in doors(settings):
        if door.takes is May.ANYTHING_OPEN:
            continue
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = await visitor.client.request(door.method, door.at(world.bob.id), headers=headers, content=b"[]")
        tried += 1
        if door.takes not in BY_TOKEN:
            assert answer.status_code == (401 if door.method == "GET" else 403), door
        elif ROLES[scope] in PERMISSIONS[door.takes]:
            assert answer.status_code == (200 if door.method == "GET" else 400), door
        else:
            assert answer.status_code == 403, door
    assert tried > 30
