"""Nudging somebody by e-mail, from their page or from My team."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor, another_person
from training_tracker.access.history import look_at
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Practitioner
from training_tracker.reminders.nudging import SUBJECT, nudge, refuse_nudge
from training_tracker.settings import Settings
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say


class Nudges(Controller):
    path = "/team/people/{practitioner_id:int}/nudge"
    opt = {MAY: May.PEOPLE}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        practitioner_id: PathId,
    ) -> Template:
        refusal = None
        async with database.reading() as session:
            person, posts = await another_person(session, actor, practitioner_id)
            try:
                await refuse_nudge(
                    session, person, posts, today, asked_by=actor.practitioner_id, every=settings.nudge_every_days
                )
            except Refused as told:
                refusal = told
        await look_at(database, actor, practitioner_id)
        return _page(request, actor, settings, person, refusal)

    @post(status_code=303)
    async def nudge(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        practitioner_id: PathId,
    ) -> Template | Redirect:
        async with database.reading() as session:
            person, posts = await another_person(session, actor, practitioner_id)
        try:
            async with database.writing() as session:
                done = await nudge(
                    session,
                    person,
                    posts,
                    today,
                    asked_by=actor.practitioner_id,
                    by=actor.signature,
                    every=settings.nudge_every_days,
                )
        except Refused as refusal:
            return _page(request, actor, settings, person, refusal, status=422)
        say(
            request,
            f"{person.name} gets an e-mail with the next that go out. They can be nudged again from "
            f"{in_words(done.again_on)} on.",
        )
        return Redirect(f"/team/people/{person.id}", status_code=303)


def _page(
    request: Request[Any, Any, Any],
    actor: Actor,
    settings: Settings,
    person: Practitioner,
    refusal: Refused | None,
    *,
    status: int = 200,
) -> Template:
    return page(
        request,
        "nudge",
        actor,
        status=status,
        person=person,
        refusal=refusal,
        subject=SUBJECT,
        every=settings.nudge_every_days,
        back=f"/team/people/{person.id}",
    )
