"""A manager's own training is told to whoever manages them, and never to themselves as one of their people."""

from datetime import date
from itertools import product
from random import Random

from sqlalchemy import select

from tests.facts import Facts
from tests.reminders.planning import written
from tests.reminders.test_escalating import MONDAY
from tests.reminders.test_escalating import plan as plan_escalations_on
from tests.reminders.test_summaries import names, plan
from training_tracker.database import Database
from training_tracker.mail.outbox import Draft
from training_tracker.people.agencies import name_deputy, name_managers
from training_tracker.people.models import Post, Practitioner
from training_tracker.reminders.managers import managers_on, tree_of_teams

PEOPLE = ("Ann Reed", "Mia Moss", "Una Vale", "Sam Top", "Dee Vine")


class World:
    """The top team of an agency, North below it, and Duty below North, where Ann works. Everybody is long overdue."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    async def settle(self) -> None:
        await self.facts.version(await self.facts.expectation(), [await self.facts.item()])
        north = await self.facts.team("North")
        await self.facts.team("Duty", below=north)
        await self.works("Ann Reed", "Duty")

    async def works(self, name: str, team: str) -> Post:
        return await self.facts.post(name, team=await self.facts.team(None if team == "Top" else team))

    async def manages(self, name: str, *teams: str) -> None:
        person = await self.facts.practitioner(name)
        for team in teams:
            managed = await self.facts.team(None if team == "Top" else team)
            await name_managers(self.facts.session, [(managed.id, person.id)])


async def told(database: Database) -> dict[str, set[str]]:
    """Whom e-mails name as overdue to whom: the escalations, which the summaries agree with."""
    await plan_escalations_on(database, MONDAY)
    escalated = {}
    for letter in (await written(database, MONDAY)).values():
        assert isinstance(letter, Draft)
        escalated[letter.to.partition("@")[0]] = {name for name in PEOPLE if f"* {name}\n" in letter.text}
    summaries = (await plan(database, MONDAY, month=date(2026, 7, 1))).summaries
    summarised = {one.to.partition("@")[0]: set(names(one.names.overdue)) for one in summaries}
    assert {who: people for who, people in summarised.items() if people} == escalated
    return escalated


async def test_it_is_told_to_the_next_manager_above(empty: Database) -> None:
    async with empty.writing() as session:
        world = World(Facts(session))
        await world.settle()
        for name, team in (("Una Vale", "Duty"), ("Mia Moss", "North"), ("Sam Top", "Top")):
            await world.works(name, team)
            await world.manages(name, team)
    assert await told(empty) == {"una-vale": {"Ann Reed"}, "mia-moss": {"Una Vale"}, "sam-top": {"Mia Moss"}}
    (duty, *_), *_ = [one.figures for one in (await plan(empty, MONDAY, month=date(2026, 8, 1))).summaries]
    assert duty.counts.overdue == 2, "she counts among her people"


async def test_who_is_away_or_has_no_address_is_passed_over(empty: Database) -> None:
    async with empty.writing() as session:
        world = World(Facts(session))
        await world.settle()
        for name, team in (("Una Vale", "Duty"), ("Mia Moss", "North"), ("Sam Top", "Top")):
            post = await world.works(name, team)
            await world.manages(name, team)
            if name == "Mia Moss":
                await world.facts.on_leave(post, date(2026, 7, 1))
    assert await told(empty) == {"una-vale": {"Ann Reed"}, "sam-top": {"Una Vale"}}


async def test_it_is_told_above_and_not_to_who_manages_the_team_with_them(empty: Database) -> None:
    async with empty.writing() as session:
        world = World(Facts(session))
        await world.settle()
        for name in ("Una Vale", "Mia Moss"):
            await world.works(name, "Duty")
            await world.manages(name, "Duty")
        await world.works("Sam Top", "Top")
        await world.manages("Sam Top", "Top")
    assert await told(empty) == {
        "una-vale": {"Ann Reed"},
        "mia-moss": {"Ann Reed"},
        "sam-top": {"Una Vale", "Mia Moss"},
    }


async def test_who_manages_them_hears_and_not_whom_they_manage(empty: Database) -> None:
    """Mia, who manages North, has a post in Duty below it, which Una manages; and one elsewhere that is like others."""
    async with empty.writing() as session:
        world = World(Facts(session))
        await world.settle()
        await world.works("Mia Moss", "Duty")
        await world.works("Una Vale", "Duty")
        await world.manages("Mia Moss", "North")
        await world.manages("Una Vale", "Duty")
        await world.works("Sam Top", "Top")
        await world.manages("Sam Top", "Top")
    assert await told(empty) == {"una-vale": {"Ann Reed"}, "mia-moss": {"Una Vale"}, "sam-top": {"Mia Moss"}}


async def test_another_post_of_theirs_is_its_own_managers(empty: Database) -> None:
    async with empty.writing() as session:
        world = World(Facts(session))
        await world.settle()
        await world.works("Una Vale", "Duty")
        await world.manages("Una Vale", "Duty")
        await world.facts.team("South")
        await world.works("Una Vale", "South")
        await world.works("Dee Vine", "South")
        await world.manages("Dee Vine", "South")
    assert await told(empty) == {"una-vale": {"Ann Reed"}, "dee-vine": {"Una Vale"}}


async def test_a_deputys_own_goes_to_the_manager_above_while_they_stand_in(empty: Database) -> None:
    async with empty.writing() as session:
        world = World(Facts(session))
        await world.settle()
        await world.facts.on_leave(await world.works("Una Vale", "Duty"), date(2026, 7, 1))
        await world.manages("Una Vale", "Duty")
        dee = await world.works("Dee Vine", "Duty")
        await name_deputy(session, dee.team_id, dee.practitioner_id)
        await world.works("Sam Top", "Top")
        await world.manages("Sam Top", "Top")
    assert await told(empty) == {"dee-vine": {"Ann Reed"}, "sam-top": {"Dee Vine"}}


async def test_of_some_managers_the_same_is_found_as_of_everybody(empty: Database) -> None:
    """Any tree of teams, with managers and deputies here and there, of whom some are on leave or have no address."""
    chance = Random("Who reads of whom")
    async with empty.writing() as session:
        facts = Facts(session)
        teams = [await facts.team()]
        for number in range(14):
            teams.append(await facts.team(f"Team {number}", below=chance.choice(teams)))
        for number in range(16):
            post = await facts.post(f"Person {number:02}", team=chance.choice(teams))
            person = await session.get_one(Practitioner, post.practitioner_id)
            if number % 4:
                await name_managers(session, [(chance.choice(teams).id, person.id)])
            if number % 3 == 0:
                await name_deputy(session, chance.choice(teams).id, person.id)
            if number % 5 == 0:
                await facts.on_leave(post, MONDAY)
            if number % 7 == 0:
                person.email = None
    async with empty.reading() as session:
        tree = await tree_of_teams(session)
        everybody = await managers_on(session, MONDAY, tree)
        people = list(await session.scalars(select(Practitioner.id)))
        assert len(everybody.everybody) > 8
        for manager in everybody.everybody:
            some = await managers_on(session, MONDAY, tree, only=[manager.practitioner_id])
            assert manager in some.everybody
            assert some.by_name(manager) == everybody.by_name(manager)
            for team, who in product(manager.teams, people):
                knows, knew = (manager.practitioner_id in one.knowing(team, who) for one in (some, everybody))
                assert knows == knew
