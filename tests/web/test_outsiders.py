"""Whoever has a partnership's right and works for no agency: an independent scrutineer."""

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.access.granting import add_outsider, scrutinise, stop_scrutinising
from training_tracker.access.signing_in import ask
from training_tracker.calendar import today as today_in
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Partnership, Post, Practitioner
from training_tracker.people.posts import PostDates, open_posts
from training_tracker.settings import Settings

SAM = "sam.field@scrutiny.example"


@pytest.fixture
async def sam(world: World, empty: Database) -> Practitioner:
    async with empty.writing() as session:
        await add_outsider(session, f" {SAM.title()}", " Sam  Field ")
        sam = (await session.scalars(select(Practitioner).where(Practitioner.email == SAM))).one()
        partnership = (await session.scalars(select(Partnership))).one()
        await scrutinise(session, sam.id, partnership.id)
    return sam


async def _gets_an_e_mail(empty: Database, settings: Settings) -> bool:
    async with empty.writing() as session:
        return await ask(session, settings, SAM, "browser", "192.0.2.1", today_in(settings.zone)) is not None


async def test_a_scrutineer_without_a_post_reads_the_partnership_and_nothing_of_people(
    visitor: Visitor, sam: Practitioner, world: World, empty: Database, settings: Settings
) -> None:
    assert sam.name == "Sam Field"
    assert await _gets_an_e_mail(empty, settings)
    await visitor.becomes(sam)
    begun = await visitor.opens("/me")
    assert (begun.status_code, begun.headers["location"]) == (302, "/partnership")
    page = await visitor.reads("/partnership")
    assert "Signed in as Sam Field" in page
    assert "My training" not in page
    for path in ("/expectations", "/catalogue", "/me/data", "/me/history", "/me/sign-in"):
        assert "Sam Field" in await visitor.reads(path), path
    for path in ("/me/record", "/me/completions/new", "/team", "/agency", "/import", f"/team/people/{world.bob.id}"):
        assert (await visitor.opens(path)).status_code == 404, path


async def test_when_the_right_is_taken_back_they_are_out(
    visitor: Visitor, sam: Practitioner, empty: Database, settings: Settings
) -> None:
    await visitor.becomes(sam)
    await visitor.reads("/partnership")
    async with empty.writing() as session:
        partnership = (await session.scalars(select(Partnership))).one()
        assert await stop_scrutinising(session, sam.id, partnership.id)
    assert (await visitor.opens("/partnership")).headers["location"].startswith("/sign-in")
    assert not await _gets_an_e_mail(empty, settings)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_has_left_an_agency_is_out_whatever_right_they_have(
    visitor: Visitor, sam: Practitioner, empty: Database, settings: Settings
) -> None:
    today = today_in(settings.zone)
    async with empty.writing() as session:
        facts = Facts(session)
        held = (await session.scalars(select(Post).limit(1))).one()
        role = await facts.role()
        worked = PostDates(sam.id, held.team_id, role.id, today.replace(year=2020), today.replace(year=2021))
        await open_posts(session, [worked], "tests")
    assert not await _gets_an_e_mail(empty, settings)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_somebody_who_is_known_is_not_added_again(sam: Practitioner, empty: Database) -> None:
    for email, name, problem in (
        (SAM.upper(), "Sam Field", "is Sam Field's already"),
        ("no address", "Sam Field", "is not an e-mail address"),
        ("another@scrutiny.example", "  ", "A name has"),
    ):
        with pytest.raises(Refused, match=problem):
            async with empty.writing() as session:
                await add_outsider(session, email, name)
