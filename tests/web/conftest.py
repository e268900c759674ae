"""The application itself on a real database, and somebody to be signed in as."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
import time_machine
from litestar import Litestar
from litestar.testing import AsyncTestClient
from pyotp import TOTP
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import Preparation, nothing_more
from tests.facts import Facts
from tests.web.apps import app_of
from training_tracker.access.actor import actor_of
from training_tracker.access.models import AccessRole, Grant
from training_tracker.access.permissions import May
from training_tracker.access.second_step import second_step_of, set_up
from training_tracker.access.sessions import begin, go_all_the_way
from training_tracker.calendar import today as today_in
from training_tracker.database import Database
from training_tracker.people.agencies import name_managers
from training_tracker.people.models import Practitioner
from training_tracker.settings import Settings
from training_tracker.web.dependencies import SIGNED_IN
from training_tracker.web.protection import session_cookie

# Of everybody's authenticator app.
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TODAY = date(2026, 5, 4)
MORNING = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(MORNING):
        yield


@dataclass
class Visitor:
    """Somebody with a browser, signed in or not."""

    client: AsyncTestClient[Litestar]

    async def becomes(self, person: Practitioner | None, *, half_way: bool = False) -> None:
        """Signed in; ``half_way`` before the second step, where there is one."""
        state = self.client.app.state
        if person is not None:
            async with state.database.writing() as session:
                token = await begin(session, state.settings, person.id, today_in(state.settings.zone))
                if not half_way:
                    await has_app(session, state.settings, person.id)
                    token = await go_all_the_way(session, state.settings, token)
            await self.client.set_session_data({SIGNED_IN: token})
        else:
            self.client.cookies.clear()

    async def opens(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={"Accept": "text/html"} | headers, follow_redirects=False)

    async def reads(self, path: str) -> str:
        """The text of a page, as somebody reads it: without markup, in one line."""
        response = await self.opens(path)
        assert response.status_code == 200, (path, response.status_code)
        return seen(response.text)

    async def sends(self, path: str, fields: dict[str, str], *, form: str) -> httpx.Response:
        """Fill in the form on the page ``form`` and send it to ``path``."""
        page = await self.opens(form)
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert token, f"no form on {form}"
        return await self.client.post(path, data=fields | {"_csrf_token": token[1]}, follow_redirects=False)


async def has_app(session: AsyncSession, settings: Settings, practitioner_id: int) -> None:
    """An authenticator app, for whoever has to have one and has none yet."""
    actor = await actor_of(session, practitioner_id, today_in(settings.zone))
    if actor.may(May.SECOND_STEP) and await second_step_of(session, practitioner_id) is None:
        await set_up(session, settings, practitioner_id, KEY, TOTP(KEY).now(), anew=False)


def seen(html: str) -> str:
    body = html[html.index("<body") :]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split()).replace("&#39;", "'").replace("&amp;", "&")


@pytest.fixture
def settings(empty_url: str) -> Settings:
    return Settings(database_url=empty_url, secret_key="s" * 40, scheduler=False, _env_file=None)


@pytest.fixture
async def visitor(settings: Settings) -> AsyncIterator[Visitor]:
    async with AsyncTestClient(app_of(settings), session_config=session_cookie(settings)) as client:
        yield Visitor(client)


@dataclass
class World:
    """Harbour Council with two teams, one below the other, and Bay Surgery next door.

    Everybody is expected the introduction every year. Ann (in the lower team) has it and is due soon, Bob (in the
    same team) never did it, Cas works at Bay Surgery only, Dot at both. Mia manages the council's upper team, Lee
    leads training at the council, Pia for the partnership.
    """

    ann: Practitioner
    bob: Practitioner
    cas: Practitioner
    dot: Practitioner
    mia: Practitioner
    lee: Practitioner
    pia: Practitioner


async def the_world(database: Database) -> None:
    # An hour before: what takes a while to settle must be known when a test begins.
    with time_machine.travel(MORNING - timedelta(hours=1)):
        await _settle(database)


async def _settle(database: Database) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        council = await facts.agency()
        upper = await facts.team("Family services")
        lower = await facts.team("Assessment", below=upper)
        surgery = await facts.agency("Bay Surgery", sector="General practice")
        desk = await facts.team("Front desk", agency=surgery)
        receptionist = await facts.role("Receptionist", sector="General practice")
        course = await facts.item("CSA-INTRO", hours=2)
        rule = await facts.version(
            await facts.expectation("CSA"),
            [course],
            period_months=12,
            rationale="Most children do not tell.",
            source="The audit of 2024",
        )
        own = await facts.expectation("DESK", owner=surgery)
        await facts.version(own, [await facts.item("DESK-GUIDE")])
        assert rule.required
        ann = await facts.post("Ann Reed", team=lower)
        await facts.completed(ann, course, date(2025, 6, 1))
        await facts.post("Bob Hall", team=lower, started_on=date(2026, 1, 5))
        await facts.post("Cas Moor", team=desk, role=receptionist)
        await facts.post("Dot Vale", team=lower)
        await facts.post("Dot Vale", team=desk, role=receptionist)
        for name in ("Mia Ford", "Lee Shaw", "Pia Kent"):
            manager = await facts.post(name, team=await facts.team())
            await facts.completed(manager, course, date(2026, 3, 2))
        mia, lee, pia = [await facts.practitioner(name) for name in ("Mia Ford", "Lee Shaw", "Pia Kent")]
        await name_managers(session, [(upper.id, mia.id)])
        partnership = await facts.partnership()
        session.add_all(
            [
                Grant(practitioner_id=lee.id, role=AccessRole.AGENCY_LEAD, agency_id=council.id),
                Grant(practitioner_id=pia.id, role=AccessRole.PARTNERSHIP_LEAD, partnership_id=partnership.id),
            ]
        )


@pytest.fixture
def before(request: pytest.FixtureRequest) -> Preparation:
    return the_world if "world" in request.fixturenames else nothing_more


@pytest.fixture
async def world(empty: Database) -> World:
    async with empty.reading() as session:
        people = await session.scalars(select(Practitioner))
    return World(**{person.name[:3].lower(): person for person in people})
