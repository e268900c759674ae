"""Who stands in for a manager during an absence: shown to both, named by the manager, ended by either."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.delegating import delegations_of
from training_tracker.people.finding import find_practitioner
from training_tracker.reminders.deputies import end_deputy, name_deputy
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say


class Deputies(Controller):
    path = "/team/deputies"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
    ) -> Template:
        return await _page(request, database, actor, today, forms.as_sent("first", today))

    @post(status_code=303)
    async def name(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            address = forms.text(data, "deputy")
            first, last = forms.day(data, "first", "The first day"), forms.day(data, "last", "The last day")
            if not address:
                raise Refused("Nobody is named", "Give the work e-mail address of a colleague.", "deputy")
            try:
                async with database.writing() as session:
                    deputy = await find_practitioner(session, address)
                    told = await name_deputy(session, actor.practitioner_id, deputy.id, first, last, today=today)
            except NotFound:
                # Whether somebody elsewhere has it is not told.
                raise Refused(
                    "Nobody who works for your agency now has this address", "Look for a slip in it.", "deputy"
                ) from None
        except Refused as refusal:
            return await _page(request, database, actor, today, data, refusal)
        tell = "An e-mail tells them." if told else "No e-mail reaches them: tell them."
        say(request, f"{deputy.name} stands in for you from {in_words(first)} until {in_words(last)}. {tell}")
        return Redirect("/team/deputies", status_code=303)

    @post("/{delegation_id:int}/end", status_code=303)
    async def end(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        delegation_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            ended = await end_deputy(session, delegation_id, actor.practitioner_id, today)
        if ended.manager_id == actor.practitioner_id:
            say(request, f"Ended: {ended.deputy} stands in for you no longer.")
            return Redirect("/team/deputies", status_code=303)
        say(request, f"Ended: you stand in for {ended.manager} no longer.")
        # My team may not be there for them any more.
        return Redirect("/me", status_code=303)


async def _page(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        found = await delegations_of(session, actor.practitioner_id, today)
    return page(
        request,
        "deputies",
        actor,
        status=422 if refusal else 200,
        delegations=found,
        sent=sent,
        today=today,
        problems=forms.problems(refusal, "deputy"),
    )
