"""Our agency: uptake by expectation and by team, and what the data lacks."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.expectations.register import registered
from training_tracker.people.listing import AgencyLine, agencies_of, teams_of_agency
from training_tracker.people.turnover import how_many_listed
from training_tracker.standing.known import posts_of_agency
from training_tracker.uptake.charts import draw
from training_tracker.uptake.counting import By, Counts, by_expectation, by_team, people_by_agency, uptake
from training_tracker.uptake.coverage import coverage, not_covered
from training_tracker.uptake.freshness import freshness
from training_tracker.uptake.own_trend import own_trend, own_trend_chart
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.downloads import csv_file
from training_tracker.web.rendering import page

# Settings on one page.
PAGE_SIZE = 50


class OurAgency(Controller):
    path = "/agency"
    opt = {MAY: May.AGENCY}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            agencies = await agencies_of(session, actor.agencies)
            chosen = chosen_agency(agencies, agency)
            posts = posts_of_agency(chosen.id)
            lines = await uptake(session, today, by=By.TEAM, today=today, posts=posts)
            sent = await freshness(session, today, {chosen.name})
            people = await people_by_agency(session, today, today=today, posts=posts)
            teams = await teams_of_agency(session, chosen.id)
            listed = await how_many_listed(session, chosen.id, since=today, today=today)
            settings = await coverage(session, today, today=today, posts=posts)
        expectations = by_expectation(lines)
        return page(
            request,
            "agency",
            actor,
            agency=chosen,
            agencies=agencies,
            expectations=expectations,
            overall=sum((share.counts for share in expectations), Counts()),
            people=sum(people.values()),
            teams=teams,
            listed=listed,
            by_team=by_team(lines),
            settings=settings[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            settings_total=len(settings),
            settings_missing=not_covered(settings),
            number=number,
            page_size=PAGE_SIZE,
            freshness=sent,
            today=today,
        )

    @get("/uptake/{code:str}")
    async def of_one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Annotated[str, PathParameter(max_length=60)],
        agency: ChosenId = 0,
    ) -> Template:
        """One expectation: its twelve months, and its teams."""
        async with database.reading() as session:
            chosen = chosen_agency(await agencies_of(session, actor.agencies), agency)
            posts = posts_of_agency(chosen.id)
            expectation = await registered(session, today, code, agencies=[chosen.id])
            lines = await uptake(session, today, by=By.TEAM, today=today, posts=posts, expectation_id=expectation.id)
            if not lines:
                raise NotFound(f"expectation {code} in agency {chosen.id}")
            months = await own_trend(session, expectation.id, posts, today, today=today)
            teams = await teams_of_agency(session, chosen.id)
        target = expectation.current.target_percent
        chart = own_trend_chart(months, chosen.name, expectation.title, target)
        return page(
            request,
            "agency_uptake",
            actor,
            agency=chosen,
            expectation=expectation,
            counts=sum((line.counts for line in lines), Counts()),
            of_team={line.team_id: line.counts for line in lines},
            teams=teams,
            chart=await draw(chart),
            target=target,
            today=today,
        )

    @get("/uptake.csv")
    async def export(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
    ) -> Response[bytes]:
        async with database.reading() as session:
            chosen = chosen_agency(await agencies_of(session, actor.agencies), agency)
            lines = await uptake(session, today, by=By.TEAM, today=today, posts=posts_of_agency(chosen.id))
        words = list(Counts.__dataclass_fields__)
        headings = ["agency", "team", "expectation", "title", "target percent", *words, "expected", "percent", "as at"]
        rows = [
            [
                line.agency,
                line.team,
                line.expectation,
                line.title,
                line.target_percent,
                *(getattr(line.counts, word) for word in words),
                line.counts.expected,
                line.counts.percent,
                today,
            ]
            for line in lines
        ]
        return csv_file(f"uptake-{today}.csv", headings, rows)


def chosen_agency(led: list[AgencyLine], agency_id: int) -> AgencyLine:
    """The agency asked for, among those the person leads; their first one if none is asked for."""
    found = next((one for one in led if one.id == agency_id or not agency_id), None)
    if found is None:
        raise NotFound(f"agency {agency_id}")
    return found


async def our_agency(
    database: NamedDependency[Database], actor: NamedDependency[Actor], agency: ChosenId = 0
) -> AgencyLine:
    async with database.reading() as session:
        return chosen_agency(await agencies_of(session, actor.agencies), agency)
