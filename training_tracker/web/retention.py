"""How long records are kept: an agency's period, whom it erases, looked at before it is set, and who was erased."""

from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.retention import (
    LONGEST,
    erasures,
    leavers,
    period_in_words,
    periods,
    read_months,
    set_retention,
)
from training_tracker.calendar import next_first_working_day
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.listing import AgencyLine
from training_tracker.web import forms
from training_tracker.web.agency import our_agency
from training_tracker.web.dependencies import MAY, PageNumber
from training_tracker.web.rendering import page, query, say

PAGE_SIZE = 50

Months = Annotated[int, QueryParameter(ge=0, le=LONGEST)]


class Retention(Controller):
    path = "/agency/retention"
    opt = {MAY: May.AGENCY}
    dependencies = {"ours": Provide(our_agency)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        today: NamedDependency[date],
        months: Months = 0,
        number: PageNumber = 1,
    ) -> Template:
        """``months`` is a period that the lead thinks of."""
        return await _page(request, database, unconfined, actor, ours, today, months=months, number=number)

    @post("/look", status_code=303)
    async def look(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        """What a period would come to, before it is one."""
        try:
            months = read_months(forms.text(data, "months"))
        except Refused as refusal:
            return await _page(request, database, unconfined, actor, ours, today, data, refusal)
        return Redirect(f"/agency/retention{query(agency=ours.id, months=months)}", status_code=303)

    @post(status_code=303)
    async def keep(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            months = None if "for-ever" in data else read_months(forms.text(data, "months"))
            async with database.writing() as session:
                await set_retention(session, ours.id, months, actor.signature)
        except Refused as refusal:
            return await _page(request, database, unconfined, actor, ours, today, data, refusal)
        say(request, f"The records of whoever leaves are kept {period_in_words(months)} from now on.")
        return Redirect(f"/agency/retention{query(agency=ours.id)}", status_code=303)


async def _page(
    request: Request[Any, Any, Any],
    database: Database,
    unconfined: Database,
    actor: Actor,
    ours: AgencyLine,
    today: date,
    sent: forms.Sent | None = None,
    refusal: Refused | None = None,
    *,
    months: int = 0,
    number: int = 1,
) -> Template:
    erased_on = next_first_working_day(today)
    async with database.reading() as session:
        period = (await periods(session)).get(ours.id)
        erased = await erasures(session, ours.id)
    # Whoever works elsewhere still is kept, so other agencies' posts are looked at.
    async with unconfined.reading() as session:
        found = await leavers(session, erased_on, ours.id, months or None, page=number, page_size=PAGE_SIZE)
    return page(
        request,
        "retention",
        actor,
        status=422 if refusal else 200,
        agency=ours,
        period=period,
        thought_of=months,
        erased_on=erased_on,
        leavers=found,
        erased=erased,
        sent=sent or {"months": str(months or period or "")},
        problems=forms.problems(refusal, "months"),
        number=number,
        page_size=PAGE_SIZE,
    )
