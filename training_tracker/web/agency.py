"""Our agency: uptake by expectation and by team, and what the data lacks."""

from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.errors import NotFound
from training_tracker.people.listing import AgencyLine, agencies_of, teams_of_agency
from training_tracker.standing.thresholds import posts_of_agency
from training_tracker.uptake.counting import By, Counts, Uptake, by_expectation, by_team, people_by_agency, uptake
from training_tracker.uptake.coverage import coverage
from training_tracker.web.dependencies import leading_agency
from training_tracker.web.downloads import csv_file
from training_tracker.web.rendering import page


async def chosen_agency(
    session: NamedDependency[AsyncSession], lead: NamedDependency[Actor], agency: FromQuery[int] = 0
) -> AgencyLine:
    """The agency asked for, among those the person leads; their first one if none is asked for."""
    led = await agencies_of(session, lead.agencies)
    found = next((one for one in led if one.id == agency or not agency), None)
    if found is None:
        raise NotFound(f"agency {agency}")
    return found


class OurAgency(Controller):
    path = "/agency"
    dependencies = {
        "lead": Provide(leading_agency, sync_to_thread=False),
        "chosen": Provide(chosen_agency),
    }

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        lead: NamedDependency[Actor],
        chosen: NamedDependency[AgencyLine],
        today: NamedDependency[date],
    ) -> Template:
        lines = await _uptake(session, chosen, today)
        expectations = by_expectation(lines)
        return page(
            request,
            "agency",
            lead,
            agency=chosen,
            agencies=await agencies_of(session, lead.agencies),
            expectations=expectations,
            overall=sum((share.counts for share in expectations), Counts()),
            people=sum(
                (await people_by_agency(session, today, today=today, posts=posts_of_agency(chosen.id))).values()
            ),
            teams=await teams_of_agency(session, chosen.id),
            by_team=by_team(lines),
            settings=await coverage(session, today, today=today, agency_id=chosen.id),
            today=today,
        )

    @get("/uptake.csv")
    async def export(
        self,
        session: NamedDependency[AsyncSession],
        chosen: NamedDependency[AgencyLine],
        today: NamedDependency[date],
    ) -> Response[bytes]:
        headings = ["agency", "team", "expectation", "title", "target percent", *Counts.__dataclass_fields__]
        rows = [
            [
                line.agency,
                line.team,
                line.expectation,
                line.title,
                line.target_percent,
                *(getattr(line.counts, word) for word in Counts.__dataclass_fields__),
                line.counts.expected,
                line.counts.percent,
                today,
            ]
            for line in await _uptake(session, chosen, today)
        ]
        return csv_file(f"uptake-{today}.csv", [*headings, "expected", "percent", "as at"], rows)


async def _uptake(session: AsyncSession, agency: AgencyLine, today: date) -> list[Uptake]:
    return await uptake(session, today, by=By.TEAM, today=today, posts=posts_of_agency(agency.id))
