"""PostgreSQL itself confines what a page reads, whatever the query says; and no page reads otherwise for it."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.web.conftest import Visitor
from tests.web.test_matrix import doors
from tests.web.two_sides import CANARY, Both, two_sides
from training_tracker import wall
from training_tracker.access.permissions import May
from training_tracker.app import create_app
from training_tracker.database import Base, ConfinedSession, Database
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.records.disputing import dispute
from training_tracker.records.models import Completion, Wrong
from training_tracker.reminders.kinds import Kind
from training_tracker.settings import Settings
from training_tracker.standing.models import Standing
from training_tracker.wall import CONFINED, SHUT, Sight

# What reads past the wall, and why.
OF_ONE_EMAIL = "/agency/e-mails/{kind:str}"
PAST_THE_WALL = {
    "/health": "it is told of the service, and of nobody",
    "/resources": "it is read by whoever has not signed in, and names nobody",
    **dict.fromkeys(
        [f"/sign-in{more}" for more in ("", "/code", "/link", "/provider", "/provider/callback", "/provider/out")],
        "nobody is signed in yet",
    ),
    **dict.fromkeys(
        [f"/me/completions/{{completion_id:int}}/dispute{more}" for more in ("", "/withdrawal")],
        "which of the person's agencies recorded it is told by where whoever did works",
    ),
    "/calendar/{token:str}": "whose the link is has to be found out; the dates are read as theirs",
    "/passport": "whoever has the code reads it, and nobody is signed in",
    "/sign-out": "it ends the session, whoever's it was",
    **dict.fromkeys(
        ("/sign-in/second-step", "/sign-in/second-step/app", "/me/sign-in", "/me/sign-in/app"),
        "an e-mail is sent at once, so it is looked at what is known of the mail server",
    ),
    **dict.fromkeys(
        ("/partnership/coverage", "/partnership/coverage.csv"),
        "whether settings are covered is worked out from the rows of every agency of a partnership",
    ),
    **dict.fromkeys(
        [f"/partnership/board-pack{more}" for more in ("", "/pack.pdf", "/pack.xlsx")],
        "it tells of every agency of a partnership how old its data are and whether its settings are covered",
    ),
    **dict.fromkeys(
        [f"/rights{more}" for more in ("", "/new", "/{kind:str}/{over_id:int}/{practitioner_id:int}/end")],
        "whoever holds a right over an agency or a partnership need not work there",
    ),
    "/partnership": "how old the data are is told of every agency of a partnership",
    **dict.fromkeys(
        ("/campaigns", "/campaigns/{campaign_id:int}"),
        "a partnership's lead is told how many people of all its agencies there are",
    ),
    **dict.fromkeys(
        ("/agency/retention", "/agency/retention/look"),
        "whoever works for another agency still is kept, so its posts are looked at",
    ),
    **dict.fromkeys(
        [f"{OF_ONE_EMAIL}{more}" for more in ("", "/html", "/person", "/words", "/test")],
        "whoever works for another agency too is found out by their posts there",
    ),
}


@pytest.fixture
async def both(empty: Database, settings: Settings) -> Both:
    return await two_sides(empty, settings)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_query_without_any_filter_reads_no_row_of_another_agency(empty: Database, both: Both) -> None:
    sight = Sight((both.ours.agency.id,), both.ours.lead.practitioner_id)
    seen, everything = await rows_of(empty.confined_to(sight)), await rows_of(empty)
    is_theirs = await of_the_other(empty, both)
    for table in CONFINED:
        assert any(is_theirs(table, row) for row in everything[table]), f"{table} has nothing to hide"
        assert not [row for row in seen[table] if is_theirs(table, row)], table
        assert seen[table], f"{table} has nothing to show"


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_somebody_without_a_right_reads_no_row_of_a_colleague(empty: Database, both: Both) -> None:
    person, lead = both.ours.person, both.ours.lead
    rows = await rows_of(empty.confined_to(Sight((), person.practitioner_id)))
    for table, found in rows.items():
        for row in found:
            assert row.get("practitioner_id") in {None, person.practitioner_id}, table
            assert row.get("post_id") in {None, person.id}, table
    assert {row["id"] for row in rows["post"]} == {person.id}
    # She put a line of theirs away, and they read who did.
    assert {row["id"] for row in rows["practitioner"]} == {person.practitioner_id, lead.practitioner_id}


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_of_whoever_works_for_both_only_the_person_and_what_they_completed_is_there(
    empty: Database, both: Both
) -> None:
    async with empty.confined_to(Sight((both.theirs.agency.id,))).reading() as session:
        person = select(Practitioner.name).where(Practitioner.id == both.dot.practitioner_id)
        assert await session.scalar(person) == "Dot Vale"
        assert (
            await session.scalars(
                select(Completion.completed_on).where(Completion.practitioner_id == both.dot.practitioner_id)
            )
        ).all()
        posts = (await session.scalars(select(Post.id).where(Post.practitioner_id == both.dot.practitioner_id))).all()
        assert len(posts) == 1
        assert both.dot.id not in posts
        standings = await session.scalars(select(Standing.post_id).where(Standing.post_id == both.dot.id))
        assert not standings.all()


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_nobody_s_rows_are_there_where_nobody_is_named(empty: Database, both: Both) -> None:
    rows = await rows_of(empty.confined_to(Sight()))
    assert [table for table, found in rows.items() if found] == []


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize("table", SHUT)
async def test_what_no_page_has_to_do_with_cannot_be_read(empty: Database, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with empty.confined_to(Sight((1,), 1)).reading() as session:
            await session.execute(select(Base.metadata.tables[table]))


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_nothing_is_written_past_the_wall(empty: Database, both: Both) -> None:
    # Not as pages read: their transactions let nobody write, whoever they are.
    confined: dict[str, Any] = {"sync_session_class": ConfinedSession, "info": {"sight": Sight((both.ours.agency.id,))}}
    with pytest.raises(DBAPIError, match="permission denied"):
        async with AsyncSession(empty.engine, **confined) as session:
            await session.execute(update(Post).values(recorded_by="nobody"))


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_connection_that_goes_back_to_the_pool_is_nobody_s(empty: Database, both: Both) -> None:
    whose = text("SELECT pg_backend_pid(), current_user, current_setting('tracker.agencies', true)")
    confined = empty.confined_to(Sight((both.ours.agency.id,)))
    async with confined.reading() as session:
        served, role, agencies = (await session.execute(whose)).one()
        assert (role.endswith("_confined"), agencies) == (True, f"{{{both.ours.agency.id}}}")
        await session.rollback()
        assert (await session.execute(whose)).one() == (served, role, agencies), "in each transaction"
    with pytest.raises(DBAPIError):
        async with confined.reading() as session:
            await session.execute(text("SELECT 1 / 0"))
    async with empty.reading() as session:
        assert (await session.execute(whose)).one() in {(served, "postgres", ""), (served, "postgres", None)}
        assert {row.id for row in await session.execute(select(Post.id))} >= {both.theirs.person.id}


async def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All that is there of what is confined."""
    async with database.reading() as session:
        return {
            table: [dict(row) for row in (await session.execute(select(Base.metadata.tables[table]))).mappings()]
            for table in CONFINED
        }


async def of_the_other(database: Database, both: Both) -> Callable[[str, dict[str, Any]], bool]:
    """Whether a row is Canary Surgery's, or of somebody who works there alone: by its words and by its numbers."""
    async with database.reading() as session:
        held = select(Post.id, Post.practitioner_id, Team.id, Team.agency_id).join(Team, Team.id == Post.team_id)
        ours = (await session.execute(held.where(Team.agency_id == both.ours.agency.id))).all()
        theirs = (await session.execute(held.where(Team.agency_id == both.theirs.agency.id))).all()
        columns = ("post_id", "practitioner_id", "team_id", "agency_id")
        numbers = {
            name: {row[place] for row in theirs} - {row[place] for row in ours} for place, name in enumerate(columns)
        }
        done = select(Completion.id).where(Completion.practitioner_id.in_(numbers["practitioner_id"]))
        numbers["completion_id"] = set(await session.scalars(done))
    numbers["manager_id"] = numbers["practitioner_id"]
    own = {"post": "post_id", "practitioner": "practitioner_id", "team": "team_id"}

    def is_theirs(table: str, row: dict[str, Any]) -> bool:
        named = row | ({own[table]: row["id"]} if table in own else {})
        return CANARY.lower() in repr(row).lower() or any(
            value in numbers.get(name, ()) for name, value in named.items()
        )

    return is_theirs


WHO = ("lead", "person", "dot", "pia", "sol")


def pages(settings: Settings, both: Both) -> list[str]:
    """Every page there is, of people who are at one agency and at both, and what narrows some of them."""
    people = [both.ours.person.practitioner_id, both.dot.practitioner_id]
    found = {
        door.at(person)
        for door in doors(settings)
        if door.method == "GET" and door.takes is not May.ANYTHING_OPEN
        for person in people
    }
    found |= {f"/team/disputed/{number}{end}" for number in (2, 5) for end in ("", "/withdrawal")}
    found |= {f"/me/completions/{number}/dispute" for number in (2, 5)}
    found |= {f"/team/people/{person}/leave/2026-05-01{end}" for person in people for end in ("", "/withdrawal")}
    found |= {f"/agency/e-mails/{kind}?person={person}" for kind in Kind for person in (0, *people)}
    found |= {"/catalogue/CSA-INTRO", "/team?name=dot", "/team?expectation=CSA", "/agency/history?number=2"}
    return sorted(found)


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize("who", WHO)
async def test_every_page_reads_as_it_would_without_the_wall(
    visitor: Visitor, both: Both, settings: Settings, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = {"lead": both.ours.lead, "person": both.ours.person, "dot": both.dot, "pia": both.pia, "sol": both.sol}[who]
    database = visitor.client.app.state.database
    async with database.writing() as session:
        # What was recorded at one agency, and is to be decided at the other.
        done = (
            await session.scalars(select(Completion).where(Completion.practitioner_id == both.dot.practitioner_id))
        ).one()
        done.recorded_by = f"{CANARY}-Lead@agency.example"
        await dispute(session, done.fact, both.ours.agency.id, Wrong.DAY, "It was in March")
    async with database.reading() as session:
        await visitor.becomes(await session.get_one(Practitioner, actor.practitioner_id))
    read = 0
    for page in pages(settings, both):
        confined = await visitor.opens(page)
        with monkeypatch.context() as without:
            without.setattr(wall, "confine", lambda _connection, _sight: None)
            whole = await visitor.opens(page)
        assert (confined.status_code, constant(confined)) == (whole.status_code, constant(whole)), page
        assert confined.status_code < 500, page
        read += confined.status_code == 200
    assert read > 14


def asked_for(handler: BaseRouteHandler) -> set[str]:
    """What a handler asks for, and what that asks for in turn."""
    provided, asked = handler.resolve_dependencies(), set[str]()
    waiting = [*handler.parsed_fn_signature.parameters]
    while waiting:
        name = waiting.pop()
        asked.add(name)
        if name in provided:
            waiting += provided[name].parsed_fn_signature.parameters
    return asked


def constant(answer: httpx.Response) -> str:
    """An answer without what is another each time: a form's token, and when a workbook was made."""
    if "spreadsheetml" in answer.headers.get("content-type", ""):
        with ZipFile(BytesIO(answer.content)) as book:
            return repr({name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"})
    return re.sub(r'name="_csrf_token" value="[^"]+"', "", answer.text)


def test_it_is_known_which_pages_read_past_the_wall(settings: Settings) -> None:
    asking = {
        route.path
        for route in create_app(settings).routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "unconfined" in asked_for(handler)
    }
    assert asking == PAST_THE_WALL.keys()
