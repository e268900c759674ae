"""An agency's people: who came, moved and left, and of whom something is missing that the program needs."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.history import download_people
from training_tracker.access.permissions import May
from training_tracker.calendar import add_months
from training_tracker.database import Database
from training_tracker.people.listing import agencies_of
from training_tracker.people.turnover import SINCE, Which, how_many_listed, people_listed
from training_tracker.web.agency import chosen_agency
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.downloads import csv_file
from training_tracker.web.rendering import page

PAGE_SIZE = 50
# So many months back, from which a page offers to choose.
BACK = (1, 3, 6, 12)
Months = Annotated[int, QueryParameter(ge=1, le=120)]


class OurPeople(Controller):
    path = "/agency"
    opt = {MAY: May.AGENCY}

    @get("/people")
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
        which: FromQuery[Which] = Which.JOINERS,
        months: Months = 3,
        number: PageNumber = 1,
    ) -> Template:
        since = add_months(today, -months)
        async with database.reading() as session:
            agencies = await agencies_of(session, actor.agencies)
            chosen = chosen_agency(agencies, agency)
            counts = await how_many_listed(session, chosen.id, since=since, today=today)
            found = await people_listed(
                session, which, chosen.id, since=since, today=today, page=number, page_size=PAGE_SIZE
            )
        return page(
            request,
            "our_people",
            actor,
            agency=chosen,
            agencies=agencies,
            which=which,
            lists=list(Which),
            dated=SINCE,
            counts=counts,
            people=found,
            months=months,
            back=BACK,
            since=since,
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
        agency: ChosenId = 0,
        which: FromQuery[Which] = Which.JOINERS,
        months: Months = 3,
    ) -> Response[bytes]:
        since = add_months(today, -months)
        async with database.reading() as session:
            chosen = chosen_agency(await agencies_of(session, actor.agencies), agency)
            found = await people_listed(session, which, chosen.id, since=since, today=today, page_size=None)
        await download_people(database, [chosen.id])
        headings = ["agency", "list", "name", "role", "team", "day", "before", "since", "as at"]
        rows: list[list[object]] = [
            [
                chosen.name,
                which.value,
                line.name,
                line.role,
                line.team,
                line.day or "",
                line.before or "",
                since if which in SINCE else "",
                today,
            ]
            for line in found.lines
        ]
        return csv_file(f"{which.value}-{today}.csv", headings, rows)
