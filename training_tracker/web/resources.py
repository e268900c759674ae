"""A resource, such as the toolkit, and three facts of mine about it: opened, acknowledged, used."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.records.models import Use
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.records.using import note_use, resource, resource_facts, take_back_use
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY
from training_tracker.web.recorded import where_it_stands
from training_tracker.web.rendering import page, say


class MyResources(Controller):
    path = "/me/resources/{code:str}"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: FromPath[str],
    ) -> Template:
        return await _page(request, database, actor, today, code, {})

    @get("/open")
    async def open(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: FromPath[str],
    ) -> Redirect:
        """On to where the resource is. That it was opened is kept: whoever follows this is signed in."""
        async with database.writing() as session:
            item = await resource(session, code)
            if not item.address.startswith(("https://", "http://")):
                raise NotFound(f"address of {code}")
            await note_use(session, actor.practitioner_id, item.id, Use.OPENED, today, today)
        return Redirect(item.address)

    @post("/acknowledgement", status_code=303)
    async def acknowledge(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: FromPath[str],
    ) -> Redirect:
        """A completion of today."""
        async with database.writing() as session:
            item = await resource(session, code)
            done = NewCompletion(
                actor.practitioner_id, item.id, today, source="Own record", strength=Strength.SELF_DECLARED
            )
            await record_completion(session, done, by=actor.signature, today=today)
        stands = await where_it_stands(database, actor, code, today, today)
        say(request, f"Acknowledged today: “{item.title}”. {stands}".strip())
        return Redirect("/me", status_code=303)

    @post("/use", status_code=303)
    async def use(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: FromPath[str],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            on = forms.day(data, "used-on", "The day")
            async with database.writing() as session:
                item = await resource(session, code)
                await note_use(session, actor.practitioner_id, item.id, Use.USED, on, today)
        except Refused as refusal:
            return await _page(request, database, actor, today, code, data, refusal)
        say(request, f"Kept for you: you used “{item.title}” on {in_words(on)}.")
        return Redirect(f"/me/resources/{code}", status_code=303)

    @post("/use/withdrawal", status_code=303)
    async def take_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        code: FromPath[str],
        data: URLEncodedBody[dict[str, str]],
    ) -> Redirect:
        try:
            on = date.fromisoformat(data.get("on", ""))
        except ValueError:
            raise NotFound("day of use") from None
        async with database.writing() as session:
            item = await resource(session, code)
            await take_back_use(session, actor.practitioner_id, item.id, on)
        say(request, f"Taken back: that you used “{item.title}” on {in_words(on)}.")
        return Redirect(f"/me/resources/{code}", status_code=303)


async def _page(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    code: str,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        facts = await resource_facts(session, actor.practitioner_id, code, today)
    return page(
        request,
        "resource",
        actor,
        status=422 if refusal else 200,
        facts=facts,
        today=today,
        sent=sent,
        problems=forms.problems(refusal, "used-on"),
    )
