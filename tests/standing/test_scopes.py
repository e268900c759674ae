"""Of whom a rule expects something."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.people.agencies import set_partnerships
from training_tracker.people.models import Agency, Practitioner, Role, RoleGroup, Sector, Team
from training_tracker.standing.status import standings_on

TODAY = date(2026, 5, 4)


async def a_small_region(facts: Facts) -> None:
    """Ann, Ben and Cat in nested teams of the council, Dan in another team there, Eve in a hospital trust."""
    council, trust = await facts.agency(), await facts.agency("St Brannock's Trust", sector="Hospital")
    services = await facts.team("Children's Services", agency=council)
    hub = await facts.team("MASH", agency=council, below=services)
    housing = await facts.team("Housing", agency=council)
    officer = await facts.role("Housing officer", group="Group 2")
    await facts.post("Ann Reed", team=await facts.team(agency=council))
    await facts.post("Ben Cole", team=services)
    await facts.post("Cat Dunn", team=hub)
    await facts.post("Dan Frost", team=housing, role=officer)
    await facts.post("Eve Gale", team=await facts.team(agency=trust), role=await facts.role("Nurse", sector="Hospital"))


async def expected_of(session: AsyncSession) -> str:
    """By the kept standings, which came rule by rule; and the same by the engine asked for all rules at once."""
    kept, asked = [await _expected_of(session, today) for today in (TODAY, TODAY + timedelta(days=1))]
    assert kept == asked
    return kept


async def _expected_of(session: AsyncSession, today: date) -> str:
    standing = standings_on(TODAY, today=today)
    names = await session.scalars(
        select(Practitioner.name).join(standing, standing.c.practitioner_id == Practitioner.id).order_by("name")
    )
    return " ".join(name.split()[0] for name in names)


async def the(session: AsyncSession, model: type[Agency | Sector | Role | RoleGroup | Team], name: str) -> int:
    return (await session.scalars(select(model.id).where(model.name == name))).one()


@pytest.mark.parametrize(
    ("part", "model", "name", "expected"),
    [
        ("agency_id", Agency, "St Brannock's Trust", "Eve"),
        ("sector_id", Sector, "Local authority", "Ann Ben Cat Dan"),
        ("role_id", Role, "Social worker", "Ann Ben Cat"),
        ("role_group_id", RoleGroup, "Group 1", "Ann Ben Cat Eve"),
        ("team_id", Team, "Harbour Council", "Ann Ben Cat Dan"),
        ("team_id", Team, "Children's Services", "Ben Cat"),
        ("team_id", Team, "MASH", "Cat"),
    ],
)
async def test_a_part_of_a_scope_narrows_it_to_those_who_fit(
    empty: Database, part: str, model: type[Agency | Sector | Role | RoleGroup | Team], name: str, expected: str
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        scope = Scope(**{part: await the(session, model, name)})
        await facts.version(await facts.expectation(), [await facts.item()], scopes=[scope])
    async with empty.reading() as session:
        assert await expected_of(session) == expected


async def test_a_scope_without_parts_is_everybody_in_the_partnership(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        await facts.version(await facts.expectation(), [await facts.item()])
    async with empty.reading() as session:
        assert await expected_of(session) == "Ann Ben Cat Dan Eve"


async def test_all_parts_of_one_scope_must_fit_and_several_scopes_add_up(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        group = await the(session, RoleGroup, "Group 1")
        both = Scope(role_group_id=group, sector_id=await the(session, Sector, "Hospital"))
        other = Scope(team_id=await the(session, Team, "Housing"))
        await facts.version(await facts.expectation(), [await facts.item()], scopes=[both, other])
    async with empty.reading() as session:
        assert await expected_of(session) == "Dan Eve"


async def test_what_is_asked_of_a_team_is_asked_once_of_whom_it_is_asked_otherwise_too(empty: Database) -> None:
    """And what is asked of others in the whole agency takes nobody out of the team that is asked."""
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        officers = Scope(role_id=await the(session, Role, "Housing officer"))
        trust = Scope(agency_id=await the(session, Agency, "St Brannock's Trust"))
        await facts.post("Fay Hale", team=await facts.team(agency=await facts.agency("St Brannock's Trust")))
        hub, services = [Scope(team_id=await the(session, Team, name)) for name in ("MASH", "Children's Services")]
        course = await facts.item()
        await facts.version(await facts.expectation("TWICE"), [course], scopes=[Scope(), hub, services])
    async with empty.reading() as session:
        assert await expected_of(session) == "Ann Ben Cat Dan Eve Fay"
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation("OTHERS"), [course], scopes=[officers, trust, hub, services])
    async with empty.reading() as session:
        assert await expected_of(session) == "Ann Ben Ben Cat Cat Dan Dan Eve Eve Fay Fay"


async def test_a_rule_of_an_agency_reaches_nobody_elsewhere(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        own = await facts.expectation(owner=await facts.agency("St Brannock's Trust"))
        await facts.version(own, [await facts.item()])
    async with empty.reading() as session:
        assert await expected_of(session) == "Eve"


async def test_who_leaves_a_partnership_is_expected_nothing_by_it_any_more(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        await facts.version(await facts.expectation(), [await facts.item()])
    async with empty.writing() as session:
        other = await Facts(session).partnership("Moorland Safeguarding Partnership")
        await set_partnerships(session, await the(session, Agency, "St Brannock's Trust"), {other.id})
    async with empty.reading() as session:
        assert await expected_of(session) == "Ann Ben Cat Dan"


async def test_an_agency_in_two_partnerships_answers_to_both(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_small_region(facts)
        trust = await the(session, Agency, "St Brannock's Trust")
        here, there = await facts.partnership(), await facts.partnership("Moorland Safeguarding Partnership")
        await set_partnerships(session, trust, {here.id, there.id})
        course = await facts.item()
        await facts.version(await facts.expectation("HERE", owner=here), [course])
        await facts.version(await facts.expectation("THERE", owner=there), [course])
    async with empty.reading() as session:
        assert await expected_of(session) == "Ann Ben Cat Dan Eve Eve"
