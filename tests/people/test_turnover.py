"""Who came, moved and left, and of whom something is missing that the program needs."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from training_tracker.database import Database
from training_tracker.people.agencies import name_managers
from training_tracker.people.posts import correct_post
from training_tracker.people.turnover import Which, how_many_listed, people_listed

TODAY, SINCE = date(2026, 5, 4), date(2026, 2, 4)


async def names(session: AsyncSession, which: Which, **options: int) -> list[tuple[str, str, date | None]]:
    agency = await Facts(session).agency()
    found = await people_listed(session, which, agency.id, since=SINCE, today=TODAY, **options)
    return [(line.name, line.team, line.day) for line in found.lines]


async def a_council(session: AsyncSession) -> None:
    facts = Facts(session)
    desk, field = await facts.team("Desk"), await facts.team("Field")
    elsewhere = await facts.team(agency=await facts.agency("Bay Trust"))
    await facts.post("Ann", team=desk)
    await facts.post("Bob", team=desk, started_on=date(2026, 3, 2))
    await facts.post("Bob", team=elsewhere)
    await facts.post("Cat", team=desk, ended_on=date(2026, 3, 31))
    await facts.post("Cat", team=field, started_on=date(2026, 4, 1))
    await facts.post("Dan", team=field, ended_on=date(2026, 4, 30))
    await facts.post("Dan", team=elsewhere, started_on=date(2026, 5, 1))
    await facts.post("Eve", team=field, started_on=date(2026, 6, 1))
    await facts.post("Fay", team=field, started_on=None)
    await facts.post("Gus", team=field, ended_on=date(2025, 6, 30))
    await facts.post("Gus", team=field, started_on=date(2026, 4, 20))
    await facts.post("Hal", team=elsewhere, started_on=date(2026, 4, 20), ended_on=date(2026, 5, 1))
    await facts.post("Ivy", team=field, started_on=date(2026, 2, 3), ended_on=date(2026, 2, 3))


async def test_joiners_were_not_there_in_the_month_before_and_the_newest_come_first(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
    async with empty.reading() as session:
        assert await names(session, Which.JOINERS) == [
            ("Eve", "Field", date(2026, 6, 1)),
            ("Gus", "Field", date(2026, 4, 20)),
            ("Bob", "Desk", date(2026, 3, 2)),
        ]
        assert await names(session, Which.JOINERS, page=2, page_size=2) == [("Bob", "Desk", date(2026, 3, 2))]


async def test_leavers_are_in_no_other_post_there(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
    async with empty.reading() as session:
        assert await names(session, Which.LEAVERS) == [("Dan", "Field", date(2026, 4, 30))]


async def test_movers_went_from_one_post_to_another_or_were_said_to_be_in_another(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
        facts = Facts(session)
        jon = await facts.post("Jon", team=await facts.team("Desk"))
        await correct_post(session, jon.id, BY, team_id=(await facts.team("Field")).id)
        kay = await facts.post("Kay", team=await facts.team("Desk"))
        await correct_post(session, kay.id, BY, started_on=date(2019, 1, 1))
        agency = await facts.agency()
    async with empty.reading() as session:
        found = await people_listed(session, Which.MOVERS, agency.id, since=SINCE, today=TODAY)
    told = {(line.name, line.team, line.before) for line in found.lines}
    assert told == {("Cat", "Field", "Social worker, Desk"), ("Jon", "Field", "Social worker, Desk")}
    assert found.total == 2


async def test_whom_nobody_manages_has_no_manager_in_any_team_above_either(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
        facts = Facts(session)
        ann = await facts.practitioner("Ann")
        await name_managers(session, [((await facts.team("Desk")).id, ann.id)])
        await facts.post("Lou", team=await facts.team("Corner", below=await facts.team("Desk")))
        gone = await facts.practitioner("Dan")
        await name_managers(session, [((await facts.team("Field")).id, gone.id)])
    async with empty.reading() as session:
        assert [name for name, _team, _day in await names(session, Which.NO_MANAGER)] == ["Cat", "Fay", "Gus"]


async def test_posts_without_a_start_and_people_without_an_address(empty: Database) -> None:
    async with empty.writing() as session:
        await a_council(session)
        (await Facts(session).practitioner("Ann")).email = None
        agency = await Facts(session).agency()
    async with empty.reading() as session:
        assert await names(session, Which.NO_START) == [("Fay", "Field", None)]
        assert await names(session, Which.NO_ADDRESS) == [("Ann", "Desk", None)]
        counts = await how_many_listed(session, agency.id, since=SINCE, today=TODAY)
    assert counts == {
        Which.JOINERS: 3,
        Which.MOVERS: 1,
        Which.LEAVERS: 1,
        Which.NO_MANAGER: 5,
        Which.NO_START: 1,
        Which.NO_ADDRESS: 1,
    }
