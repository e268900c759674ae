"""Before an agency publishes: of whom it would be asked, of whom no longer, and who would turn overdue when."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import LONG_AGO, Facts
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.publishing import Scope
from training_tracker.standing.foreseeing import Foreseen, Reach, TeamReach, foresee
from training_tracker.standing.known import posts_of_agency

TODAY, CHANGE, LAST = date(2026, 5, 4), date(2026, 7, 1), date(2027, 6, 30)


async def a_council(session: AsyncSession) -> None:
    """Ann and Bob at the desk, Cat in the field with a post at the desk too, Dan in the field without a start; Eve
    elsewhere. Ann and Eve have done the course.
    """
    facts = Facts(session)
    desk, field = await facts.team("Desk"), await facts.team("Field")
    ann = await facts.post("Ann", team=desk)
    await facts.post("Bob", team=desk, started_on=date(2026, 6, 20))
    await facts.post("Cat", team=desk)
    await facts.post("Cat", team=field)
    await facts.post("Dan", team=field, started_on=None)
    eve = await facts.post("Eve", team=await facts.team(agency=await facts.agency("Bay Trust")))
    course = await facts.item("A")
    for post in (ann, eve):
        await facts.completed(post, course, date(2026, 2, 1))


async def seen(session: AsyncSession, changes_on: date = CHANGE) -> Foreseen:
    agency = await Facts(session).agency()
    expectation = (await session.scalars(select(Expectation).where(Expectation.code == "OWN"))).one()
    posts = posts_of_agency(agency.id)
    return await foresee(session, expectation.id, posts, changes_on=changes_on, on=TODAY, until=LAST)


async def own(session: AsyncSession) -> Expectation:
    facts = Facts(session)
    return await session.scalar(select(Expectation).where(Expectation.code == "OWN")) or await facts.expectation(
        "OWN", owner=await facts.agency()
    )


async def course(session: AsyncSession) -> Item:
    return (await session.scalars(select(Item).where(Item.code == "A"))).one()


async def test_something_new_is_asked_of_everybody_in_the_agency_and_says_who_has_it(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
    async with empty.rehearsing() as session:
        facts = Facts(session)
        await facts.version(
            await own(session), [await course(session)], effective_from=CHANGE, period_months=12, first_due_days=30
        )
        found = await seen(session)
    assert found.reach == Reach(asked=4, newly=4, have_it=1, undated=1, freed=0)
    assert found.teams == [TeamReach("Desk", 3, 0), TeamReach("Field", 2, 0)]
    turning = [(line.agency, line.on, line.people) for line in found.rehearsal.turning]
    assert turning == [("Harbour Council", date(2026, 8, 1), 2), ("Harbour Council", date(2027, 2, 2), 1)]


async def test_a_narrower_version_frees_those_whom_it_leaves_out(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
        facts = Facts(session)
        await facts.version(await own(session), [await course(session)], effective_from=LONG_AGO, period_months=12)
    async with empty.rehearsing() as session:
        facts = Facts(session)
        field = await facts.team("Field")
        await facts.version(
            await own(session),
            [await course(session)],
            effective_from=CHANGE,
            period_months=12,
            scopes=[Scope(team_id=field.id)],
        )
        found = await seen(session)
    assert found.reach == Reach(asked=2, newly=0, have_it=0, undated=0, freed=2)
    assert found.teams == [TeamReach("Desk", 0, 3)], "Cat is asked still, in another team"
    assert found.rehearsal.turning == []
    assert [(line.on, line.people) for line in found.rehearsal.relieved] == [
        (CHANGE, 1),
        (date(2026, 7, 21), 1),
        (date(2027, 2, 2), 1),
    ]


async def test_what_is_only_recommended_makes_nobody_overdue(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
    async with empty.rehearsing() as session:
        facts = Facts(session)
        await facts.version(await own(session), [await course(session)], effective_from=TODAY, required=False)
        found = await seen(session, TODAY)
    assert found.reach == Reach(asked=3, newly=3, have_it=1, undated=1, freed=0), "Bob has not begun"
    assert found.rehearsal.turning == []
