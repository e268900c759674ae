"""My team: everybody's standing, and one person's page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from litestar.response import Template

from training_tracker.access.actor import Actor, visible_person, visible_posts, visible_teams
from training_tracker.access.history import download_people, look_at
from training_tracker.access.needing import first_requests, waiting_for
from training_tracker.access.permissions import May
from training_tracker.access.sharing import person_who_shows, shows_record
from training_tracker.calendar import add_months
from training_tracker.database import Database
from training_tracker.expectations.exempting import exemptions
from training_tracker.people.delegating import delegations_of
from training_tracker.people.leave import leaves
from training_tracker.people.listing import teams_of
from training_tracker.records.disputes import disputes_to_decide
from training_tracker.records.reading import record_of
from training_tracker.reminders.nudging import last_nudge
from training_tracker.settings import Settings
from training_tracker.standing.confirming import confirmed
from training_tracker.standing.explanation import explain
from training_tracker.standing.extending import State, extensions
from training_tracker.standing.known import among
from training_tracker.standing.people import Order, PeopleWanted, PersonStanding, people_standing
from training_tracker.standing.status import Status
from training_tracker.uptake.counting import By, by_expectation, uptake
from training_tracker.uptake.coverage import coverage, not_covered
from training_tracker.uptake.freshness import freshness
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber, PathId
from training_tracker.web.downloads import csv_file, xlsx_file
from training_tracker.web.leave import away
from training_tracker.web.me import arranged
from training_tracker.web.rendering import page

PAGE_SIZE = 50
EXPORTED_AT_ONCE = 5_000
HEADINGS = ("name", "role", "team", "expectation", "status", "due on", "as at")


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the list: the same in the address, in the form and in the file."""

    team: int
    status: str
    expectation: str
    name: str
    sort: str

    @property
    def order(self) -> Order:
        return next((order for order in Order if order == self.sort.removeprefix("-")), Order.STANDING)

    @property
    def backwards(self) -> bool:
        return self.sort.startswith("-")

    def wanted(self, number: int, page_size: int) -> PeopleWanted:
        status = next((status for status in Status if status.value == self.status), None)
        return PeopleWanted(status, self.expectation, self.name, self.order, self.backwards, number, page_size)


def filters(
    team: ChosenId = 0,
    status: FromQuery[str] = "",
    expectation: FromQuery[str] = "",
    name: FromQuery[str] = "",
    sort: FromQuery[str] = "",
) -> Filters:
    return Filters(team, status, expectation, name.strip()[:100], sort if sort.removeprefix("-") in set(Order) else "")


class MyTeam(Controller):
    path = "/team"
    opt = {MAY: May.PEOPLE}
    dependencies = {
        "narrowed": Provide(filters, sync_to_thread=False),
    }

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        narrowed: NamedDependency[Filters],
        number: PageNumber = 1,
    ) -> Template:
        posts = visible_posts(actor, team=narrowed.team)
        async with database.reading() as session:
            people = await people_standing(
                session, today, today=today, posts=posts, wanted=narrowed.wanted(number, PAGE_SIZE)
            )
            lines = await uptake(session, today, by=By.TEAM, today=today, posts=posts)
            teams = await teams_of(session, visible_teams(actor))
            sent = await freshness(session, today, {team.agency for team in teams})
            waits = await waiting_for(session, actor, today)
            requests = await first_requests(session, actor, waits)
            standing_in = await delegations_of(session, actor.practitioner_id, today) if waits.standing_in else []
            everywhere = await coverage(session, today, today=today, posts=visible_posts(actor))
        seen = {team.id for team in teams}
        # Of an agency as a whole only who sees all of it can tell.
        settings = sorted((one for one in everywhere if one.team_id in seen), key=lambda one: one.covered)
        return page(
            request,
            "team",
            actor,
            people=people,
            expectations=by_expectation(lines),
            teams=teams,
            waiting=waits.confirmations,
            disputed=waits.disputes,
            requests=requests,
            standing_in=standing_in,
            filters=asdict(narrowed),
            order=narrowed.order,
            backwards=narrowed.backwards,
            statuses=list(Status),
            settings=settings[:PAGE_SIZE],
            settings_total=len(settings),
            settings_missing=not_covered(settings),
            freshness=sent,
            number=number,
            page_size=PAGE_SIZE,
            today=today,
        )

    @get("/people.csv")
    async def export(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        narrowed: NamedDependency[Filters],
    ) -> Response[bytes]:
        return csv_file(f"team-{today}.csv", HEADINGS, await _exported(database, actor, today, narrowed))

    @get("/people.xlsx")
    async def workbook(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        narrowed: NamedDependency[Filters],
    ) -> Response[bytes]:
        return xlsx_file(f"team-{today}.xlsx", "My team", HEADINGS, await _exported(database, actor, today, narrowed))

    @get("/people/{practitioner_id:int}")
    async def person(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        practitioner_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            person, posts = await visible_person(session, actor, practitioner_id)
            lines = await explain(session, person.id, today, today=today)
            asked = [line for line in await extensions(session, posts=among(posts)) if line.state is State.ASKED]
            # What is over can still be found to have ended on another day.
            leave = away((await leaves(session, posts, since=add_months(today, -12))).lines)
            exempt = (await exemptions(session, posts, since=today)).lines
            shows = await shows_record(session, person.id, posts, actor.on)
            nudged = await last_nudge(session, person.id, settings.nudge_every_days)
            seen = await confirmed(session, person.id, today, among(posts))
            disputed = await disputes_to_decide(
                session, visible_teams(actor), but=actor.practitioner_id, person=person.id
            )
        await look_at(database, actor, person.id)
        return page(
            request,
            "person",
            actor,
            person=person,
            training=arranged([line for line in lines if line.post_id in posts]),
            asked=asked,
            leave=leave,
            exemptions=exempt,
            shows_record=shows,
            confirmed=seen,
            nudged=nudged,
            disputed=disputed.lines,
            # Nobody gives themselves time, leave or an exemption.
            edit=f"/team/people/{person.id}" if person.id != actor.practitioner_id else "",
            today=today,
        )

    @get("/people/{practitioner_id:int}/record")
    async def record(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        practitioner_id: PathId,
        number: PageNumber = 1,
    ) -> Template:
        """All that somebody has done, where they let the actor read it."""
        async with database.reading() as session:
            person = await person_who_shows(session, actor, practitioner_id)
            record = await record_of(session, person.id, "", page=number, page_size=PAGE_SIZE)
        await look_at(database, actor, person.id)
        return page(request, "their_record", actor, person=person, record=record, number=number, page_size=PAGE_SIZE)


async def _exported(database: Database, actor: Actor, today: date, narrowed: Filters) -> Iterator[list[object]]:
    posts = visible_posts(actor, team=narrowed.team)
    people: list[PersonStanding] = []
    async with database.reading() as session:
        while len(people) % EXPORTED_AT_ONCE == 0:
            wanted = narrowed.wanted(len(people) // EXPORTED_AT_ONCE + 1, EXPORTED_AT_ONCE)
            found = await people_standing(session, today, today=today, posts=posts, wanted=wanted)
            if not found.people:
                break
            people += found.people
    await download_people(database, actor.agencies)
    return _lines(people, today)


def _lines(people: list[PersonStanding], today: date) -> Iterator[list[object]]:
    for person in people:
        roles = "; ".join(role for role, _team in person.posts)
        teams = "; ".join(team for _role, team in person.posts)
        for standing in person.to_do:
            yield [person.name, roles, teams, standing.title, standing.status, standing.due_on, today]
        if not person.to_do:
            yield [person.name, roles, teams, "", person.status or "nothing expected", None, today]
