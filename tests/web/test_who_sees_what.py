"""Nobody sees what is not theirs to see; nobody sees anything before they sign in."""

from datetime import date

import pytest
from litestar import Litestar
from sqlalchemy import update

from tests.facts import Facts, published
from tests.web.apps import app_of
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.database import Database
from training_tracker.people.models import Post, Practitioner
from training_tracker.settings import Settings

OPEN_TO_ALL = {
    *(
        "/health",
        "/sign-in",
        "/sign-in/sent",
        "/sign-in/code",
        "/sign-in/link",
        "/sign-in/provider",
        "/sign-in/provider/callback",
        "/sign-in/provider/out",
        "/passport",
        "/calendar/{token:str}",
        "/sign-out",
        "/sign-out/everywhere",
        "/",
        "/help",
        "/accessibility",
        "/resources",
    ),
}
# Where tokens are taken (tests/api), and the document of it.
API = {
    "/api/uptake",
    "/api/completions",
    "/api/openapi.json",
    "/api/openapi.json/openapi.json",
    "/api/openapi.json/{path:str}",
}
PAGES = [
    "/me",
    "/me/record",
    "/me/record.pdf",
    "/me/passport",
    "/me/calendar",
    "/me/passport/1/withdrawal",
    "/me/history",
    "/me/data",
    "/me/data/everything.json",
    "/me/data/record.csv",
    "/me/sign-in",
    "/sign-in/second-step",
    "/me/completions/new",
    "/me/completions/1/dispute",
    "/me/completions/1/certificate",
    "/me/completions/1/certificate/file",
    "/me/completions/1/certificate/withdrawal",
    "/me/resources/CSA-TOOLKIT",
    "/me/resources/CSA-TOOLKIT/open",
    "/me/extensions/CSA",
    "/team",
    "/team/people.csv",
    "/team/people.xlsx",
    "/team/attendance",
    "/team/attendance/people/CSA-INTRO/2026-05-01",
    "/team/attendance/people/CSA-INTRO/2026-05-01/look",
    "/team/attendance/recorded/20260504093000000000",
    "/team/deputies",
    "/team/summary",
    "/team/summary/html",
    "/team/waiting",
    "/team/waiting/1/certificate",
    "/team/disputed",
    "/team/disputed/1",
    "/team/disputed/1/withdrawal",
    "/team/people/1",
    "/team/people/1/extensions/CSA",
    "/team/people/1/exemptions/CSA",
    "/team/people/1/exemptions/CSA/withdrawal",
    "/team/people/1/leave",
    "/team/people/1/leave/2026-03-03",
    "/team/people/1/leave/2026-03-03/withdrawal",
    "/team/people/1/snooze",
    "/team/people/1/nudge",
    "/team/people/1/record",
    "/team/people/1/record/1/certificate",
    "/team/people/1/confirmations/1/withdrawal",
    "/agency",
    "/agency/expectations",
    "/agency/expectations/new",
    "/agency/expectations/OWN/version",
    "/agency/expectations/OWN/end",
    "/agency/expectations/OWN/versions/2026-07-01/withdrawal",
    "/agency/history",
    "/agency/imports",
    "/agency/imports/new/people",
    "/agency/imports/1",
    "/agency/imports/1/refused",
    "/agency/imports/1/withdrawal",
    "/agency/people",
    "/agency/people.csv",
    "/agency/e-mails",
    "/agency/e-mails/digest",
    "/agency/e-mails/digest/html",
    "/agency/retention",
    "/agency/uptake.csv",
    "/agency/uptake/CSA",
    "/campaigns",
    "/campaigns/new",
    "/campaigns/1",
    "/partnership",
    "/partnership/board-pack",
    "/partnership/board-pack/pack.pdf",
    "/partnership/board-pack/pack.xlsx",
    "/partnership/coverage",
    "/partnership/coverage.csv",
    "/partnership/falls-due",
    "/partnership/register",
    "/partnership/strategy",
    "/partnership/strategy/new",
    "/partnership/strategy/1",
    "/partnership/strategy/1/withdrawal",
    "/partnership/trends",
    "/partnership/uptake",
    "/partnership/uptake.csv",
    "/expectations",
    "/expectations/CSA",
    "/catalogue",
    "/catalogue/CSA-INTRO",
    "/catalogue/new",
    "/catalogue/CSA-INTRO/change",
    "/catalogue/CSA-INTRO/out-of-use",
    "/catalogue/CSA-INTRO/editions/new",
    "/catalogue/CSA-INTRO/editions/2026-07-01/withdrawal",
    "/catalogue/CSA-INTRO/counts-as/new",
    "/catalogue/CSA-INTRO/counts-as/SGC",
    "/catalogue/CSA-INTRO/counts-as/SGC/withdrawal",
    "/catalogue/CSA-INTRO/windows/new",
    "/catalogue/CSA-INTRO/windows/1",
    "/catalogue/CSA-INTRO/windows/1/withdrawal",
    "/search",
    "/rights",
    "/rights/new",
    "/rights/manager/1/1/end",
    "/lists",
    "/lists/agencies",
    "/lists/agencies/new",
    "/lists/agencies/1",
    "/lists/agencies/1/withdrawal",
    "/lists/agencies/1/return",
    "/lists/roles/new",
    "/lists/roles/1",
    "/lists/roles/1/withdrawal",
    "/lists/groups/new",
    "/lists/groups/1",
    "/lists/roles.csv",
    "/lists/items.csv",
    "/import",
    "/import/templates/people.csv",
]


def routes(app: Litestar) -> set[str]:
    return {route.path for route in app.routes if not route.path.startswith("/static")}


def test_every_page_is_in_the_list_of_pages(settings: Settings) -> None:
    """A new page that this file does not know of fails here, so that none is open by oversight."""
    patterns = {
        "/me/completions/1/dispute": "/me/completions/{completion_id:int}/dispute",
        "/me/completions/1/certificate": "/me/completions/{completion_id:int}/certificate",
        "/me/completions/1/certificate/file": "/me/completions/{completion_id:int}/certificate/file",
        "/me/completions/1/certificate/withdrawal": "/me/completions/{completion_id:int}/certificate/withdrawal",
        "/team/attendance/people/CSA-INTRO/2026-05-01": "/team/attendance/people/{code:str}/{on:date}",
        "/team/attendance/people/CSA-INTRO/2026-05-01/look": "/team/attendance/people/{code:str}/{on:date}/look",
        "/team/attendance/recorded/20260504093000000000": "/team/attendance/recorded/{moment:str}",
        "/team/waiting/1/certificate": "/team/waiting/{completion_id:int}/certificate",
        "/team/people/1/record/1/certificate": (
            "/team/people/{practitioner_id:int}/record/{completion_id:int}/certificate"
        ),
        "/team/disputed/1": "/team/disputed/{dispute_id:int}",
        "/team/disputed/1/withdrawal": "/team/disputed/{dispute_id:int}/withdrawal",
        "/team/people/1/confirmations/1/withdrawal": (
            "/team/people/{practitioner_id:int}/confirmations/{completion_id:int}/withdrawal"
        ),
        "/me/passport/1/withdrawal": "/me/passport/{passport_id:int}/withdrawal",
        "/me/resources/CSA-TOOLKIT": "/me/resources/{code:str}",
        "/me/resources/CSA-TOOLKIT/open": "/me/resources/{code:str}/open",
        "/me/extensions/CSA": "/me/extensions/{code:str}",
        "/team/people/1": "/team/people/{practitioner_id:int}",
        "/team/people/1/extensions/CSA": "/team/people/{practitioner_id:int}/extensions/{code:str}",
        "/team/people/1/exemptions/CSA": "/team/people/{practitioner_id:int}/exemptions/{code:str}",
        "/team/people/1/exemptions/CSA/withdrawal": (
            "/team/people/{practitioner_id:int}/exemptions/{code:str}/withdrawal"
        ),
        "/team/people/1/leave": "/team/people/{practitioner_id:int}/leave",
        "/team/people/1/leave/2026-03-03": "/team/people/{practitioner_id:int}/leave/{first:date}",
        "/team/people/1/leave/2026-03-03/withdrawal": (
            "/team/people/{practitioner_id:int}/leave/{first:date}/withdrawal"
        ),
        "/team/people/1/record": "/team/people/{practitioner_id:int}/record",
        "/team/people/1/nudge": "/team/people/{practitioner_id:int}/nudge",
        "/team/people/1/snooze": "/team/people/{practitioner_id:int}/snooze",
        "/rights/manager/1/1/end": "/rights/{kind:str}/{over_id:int}/{practitioner_id:int}/end",
        **{
            f"/lists/agencies/1{more}": f"/lists/agencies/{{agency_id:int}}{more}"
            for more in ("", "/withdrawal", "/return")
        },
        "/lists/roles/1": "/lists/roles/{role_id:int}",
        "/lists/roles/1/withdrawal": "/lists/roles/{role_id:int}/withdrawal",
        "/lists/groups/1": "/lists/groups/{group_id:int}",
        "/partnership/strategy/1": "/partnership/strategy/{priority_id:int}",
        "/partnership/strategy/1/withdrawal": "/partnership/strategy/{priority_id:int}/withdrawal",
        "/agency/expectations/OWN/version": "/agency/expectations/{code:str}/version",
        "/agency/expectations/OWN/end": "/agency/expectations/{code:str}/end",
        "/agency/expectations/OWN/versions/2026-07-01/withdrawal": (
            "/agency/expectations/{code:str}/versions/{first:date}/withdrawal"
        ),
        "/agency/e-mails/digest": "/agency/e-mails/{kind:str}",
        "/agency/e-mails/digest/html": "/agency/e-mails/{kind:str}/html",
        "/agency/uptake/CSA": "/agency/uptake/{code:str}",
        "/agency/imports/new/people": "/agency/imports/new/{layout:str}",
        "/agency/imports/1": "/agency/imports/{spreadsheet_id:int}",
        "/agency/imports/1/refused": "/agency/imports/{spreadsheet_id:int}/refused",
        "/agency/imports/1/withdrawal": "/agency/imports/{spreadsheet_id:int}/withdrawal",
        "/campaigns/1": "/campaigns/{campaign_id:int}",
        "/expectations/CSA": "/expectations/{code:str}",
        "/catalogue/CSA-INTRO": "/catalogue/{code:str}",
        **{
            f"/catalogue/CSA-INTRO/{page}": f"/catalogue/{{code:str}}/{pattern}"
            for page, pattern in (
                *((page, page) for page in ("change", "out-of-use", "editions/new", "counts-as/new", "windows/new")),
                ("editions/2026-07-01/withdrawal", "editions/{first:date}/withdrawal"),
                ("counts-as/SGC", "counts-as/{other_code:str}"),
                ("counts-as/SGC/withdrawal", "counts-as/{other_code:str}/withdrawal"),
                ("windows/1", "windows/{window_id:int}"),
                ("windows/1/withdrawal", "windows/{window_id:int}/withdrawal"),
            )
        },
        "/import/templates/people.csv": "/import/templates/{file:str}",
    }
    forms = {
        *("/me/completions", "/me/completions/{completion_id:int}/withdrawal"),
        "/me/completions/{completion_id:int}/dispute/withdrawal",
        *("/me/passport/paper", "/me/calendar/end"),
        *(f"/me/resources/{{code:str}}/{form}" for form in ("acknowledgement", "use", "use/withdrawal")),
        "/team/attendance/recorded/{moment:str}/withdrawal",
        *("/partnership/strategy/{priority_id:int}/return", "/catalogue/{code:str}/use"),
        *("/lists/roles/{role_id:int}/return", "/lists/groups/{group_id:int}/return"),
        "/lists/groups/{group_id:int}/withdrawal",
        "/team/deputies/{delegation_id:int}/end",
        *(
            "/me/extensions/{code:str}/withdrawal",
            "/me/notices/{number:int}",
            "/team/people/{practitioner_id:int}/snooze/end",
        ),
        *("/agency/e-mails/answers", "/agency/e-mails/ladder", "/agency/retention/look"),
        *(f"/agency/e-mails/{{kind:str}}/{form}" for form in ("person", "words", "test")),
        *(f"/agency/imports/{{spreadsheet_id:int}}/{form}" for form in ("confirmation", "removal")),
        *("/campaigns/again", "/me/sign-in/app", "/sign-in/second-step/app"),
        "/team/people/{practitioner_id:int}/extensions/{code:str}/answer",
        "/team/people/{practitioner_id:int}/extensions/{code:str}/withdrawal",
    }
    assert routes(app_of(settings)) == {patterns.get(page, page) for page in PAGES} | forms | OPEN_TO_ALL | API


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(visitor: Visitor, world: World) -> None:
    for page in PAGES:
        response = await visitor.opens(page)
        assert response.status_code == 302, page
        assert response.headers["location"] == f"/sign-in?next={page.replace('/', '%2F')}"
        assert (await visitor.client.get(page, headers={"Accept": "application/json"})).status_code == 401, page
    assert "There is no password." in await visitor.reads("/sign-in")


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_demo_s_doors_are_not_there_outside_the_demo(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    for path in ("/mailbox", "/mailbox/1"):
        assert (await visitor.opens(path)).status_code == 404
    response = await visitor.sends("/sign-in", {"practitioner": str(world.pia.id)}, form="/me/completions/new")
    assert response.status_code == 422
    assert "Signed in as Ann Reed" in await visitor.reads("/me")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("ann", set()),
        ("mia", {"/team"}),
        ("lee", {"/team", "/agency", "/campaigns"}),
        ("pia", {"/campaigns", "/partnership"}),
    ],
)
async def test_each_page_is_there_for_those_whose_it_is(
    visitor: Visitor, world: World, name: str, sees: set[str]
) -> None:
    await visitor.becomes(getattr(world, name))
    home = (await visitor.opens("/me")).text
    for page in ("/team", "/agency", "/campaigns", "/partnership"):
        assert (await visitor.opens(page)).status_code == (200 if page in sees else 404), page
        assert (f'href="{page}"' in home) is (page in sees), "no link to what is not there"


async def test_a_manager_sees_the_teams_below_and_no_other_agency(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team")
    assert all(name in text for name in ("Ann Reed", "Bob Hall", "Dot Vale"))
    assert not any(name in text for name in ("Cas Moor", "Lee Shaw", "Bay Surgery"))
    assert (await visitor.opens(f"/team/people/{world.bob.id}")).status_code == 200
    for person in (world.cas, world.lee):
        assert (await visitor.opens(f"/team/people/{person.id}")).status_code == 404


async def test_what_somebody_does_at_another_agency_stays_unseen(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    for path in ("/team", f"/team/people/{world.dot.id}", "/team/people.csv"):
        text = (await visitor.opens(path)).text
        assert "Dot Vale" in text
        assert not any(word in text for word in ("DESK", "Front desk", "Receptionist", "Bay Surgery")), path


async def test_a_team_that_one_does_not_manage_cannot_be_asked_for(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    for team in range(1, 8):
        assert "Cas Moor" not in (await visitor.opens(f"/team?team={team}")).text
        assert "Lee Shaw" not in (await visitor.opens(f"/team/people.csv?team={team}")).text


async def test_an_agency_lead_sees_their_own_agency_only(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    assert "Harbour Council" in await visitor.reads("/agency")
    for agency in (2, 900):
        assert (await visitor.opens(f"/agency?agency={agency}")).status_code == 404
        assert (await visitor.opens(f"/agency/uptake.csv?agency={agency}")).status_code == 404
    text = await visitor.reads("/team")
    assert "Pia Kent" in text
    assert "Cas Moor" not in text


async def test_the_partnership_sees_no_name_of_a_person(visitor: Visitor, world: World, empty: Database) -> None:
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    for path in ("/partnership/uptake", "/partnership/trends", "/partnership/uptake.csv"):
        text = (await visitor.opens(path)).text
        assert "CSA" in text
        for person in (world.ann, world.bob, world.cas, world.dot, world.mia, world.lee):
            assert person.name not in text
            assert str(person.email) not in text


async def test_another_agency_s_own_expectations_are_not_there(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.bob)
    assert "DESK" not in await visitor.reads("/expectations")
    assert (await visitor.opens("/expectations/DESK")).status_code == 404
    await visitor.becomes(world.cas)
    assert "Expected: DESK" in await visitor.reads("/expectations")


async def test_whoever_has_left_is_signed_out(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    assert (await visitor.opens("/me")).status_code == 200
    async with empty.writing() as session:
        await session.execute(
            update(Post).where(Post.practitioner_id == world.bob.id).values(ended_on=date(2026, 5, 3))
        )
    assert (await visitor.opens("/me")).status_code == 302


async def test_a_manager_who_moved_to_another_agency_leaves_the_team_behind(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.mia)
    assert "Bob Hall" in await visitor.reads("/team")
    await _moves_next_door(empty, world.mia)
    for path in ("/team", "/team/people.csv", f"/team/people/{world.bob.id}"):
        assert (await visitor.opens(path)).status_code == 404, path
    assert 'href="/team"' not in (await visitor.opens("/me")).text


async def test_a_lead_who_moved_to_another_agency_no_longer_leads(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    assert (await visitor.opens("/agency")).status_code == 200
    await _moves_next_door(empty, world.lee)
    for path in ("/agency", "/agency/uptake.csv", "/team", f"/team/people/{world.bob.id}"):
        assert (await visitor.opens(path)).status_code == 404, path


@pytest.mark.parametrize("begins_on", [date(2026, 5, 4), date(2026, 5, 5)])
async def test_a_manager_sees_the_team_from_the_first_day_of_their_post_on(
    visitor: Visitor, world: World, empty: Database, begins_on: date
) -> None:
    async with empty.writing() as session:
        await session.execute(update(Post).where(Post.practitioner_id == world.mia.id).values(started_on=begins_on))
    await visitor.becomes(world.mia)
    begun = begins_on == date(2026, 5, 4)
    for path in ("/team", "/team/people.csv", f"/team/people/{world.bob.id}"):
        assert (await visitor.opens(path)).status_code == (200 if begun else 404), path


async def _moves_next_door(database: Database, person: Practitioner) -> None:
    """Yesterday was the last day at the council; today is the first at the surgery."""
    async with database.writing() as session:
        facts = Facts(session)
        await session.execute(update(Post).where(Post.practitioner_id == person.id).values(ended_on=date(2026, 5, 3)))
        desk = await facts.team("Front desk", agency=await facts.agency("Bay Surgery"))
        receptionist = await facts.role("Receptionist", sector="General practice")
        await facts.post(person.name, team=desk, role=receptionist, started_on=date(2026, 5, 4))


async def test_signing_out_ends_it(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.bob)
    response = await visitor.sends("/sign-out", {}, form="/me")
    assert response.headers["location"] == "/sign-in"
    assert (await visitor.opens("/me")).status_code == 302
