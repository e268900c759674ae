"""Leaving somebody out of one's own e-mails until a day, from the person's page."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor, another_person
from training_tracker.access.history import look_at
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Practitioner
from training_tracker.reminders.snoozing import snooze, snoozed_until, wake
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say


class Snoozes(Controller):
    path = "/team/people/{practitioner_id:int}/snooze"
    opt = {MAY: May.PEOPLE}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            person, _posts = await another_person(session, actor, practitioner_id)
            until = await snoozed_until(session, actor.practitioner_id, practitioner_id, today)
        await look_at(database, actor, practitioner_id)
        return _page(request, actor, person, until, today, forms.as_sent("until", until) if until else {})

    @post(status_code=303)
    async def snooze(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            person, _posts = await another_person(session, actor, practitioner_id)
        try:
            until = forms.day(data, "until", "The day")
            async with database.writing() as session:
                await snooze(session, actor.practitioner_id, practitioner_id, until, today=today)
        except Refused as refusal:
            return _page(request, actor, person, None, today, data, refusal)
        say(request, f"Your e-mails leave out {person.name} until {in_words(until)}. No figure changes by it.")
        return Redirect(_back(person), status_code=303)

    @post("/end", status_code=303)
    async def wake(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        practitioner_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            person, _posts = await another_person(session, actor, practitioner_id)
            await wake(session, actor.practitioner_id, practitioner_id)
        say(request, f"Your e-mails tell of {person.name} again.")
        return Redirect(_back(person), status_code=303)


def _back(person: Practitioner) -> str:
    return f"/team/people/{person.id}"


def _page(
    request: Request[Any, Any, Any],
    actor: Actor,
    person: Practitioner,
    until: date | None,
    today: date,
    sent: dict[str, str],
    refusal: Refused | None = None,
) -> Template:
    return page(
        request,
        "snooze",
        actor,
        status=422 if refusal else 200,
        person=person,
        back=_back(person),
        until=until,
        today=today,
        sent=sent,
        problems=forms.problems(refusal),
    )
