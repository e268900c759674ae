"""My due dates in my own calendar: the page that makes the secret link, and what the link gives."""

import hashlib
from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.calendar_feed import due_dates, end_link, link_made_at, make_link, whose_link
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.settings import Settings
from training_tracker.wall import Sight
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page, say

ENDING = ".ics"
# Under this name the browser's cookie, which nobody else can read, brings a new link to the page that shows it.
MADE = "calendar_link"


class MyCalendar(Controller):
    path = "/me/calendar"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Template:
        """With the link itself this once, where it has just been made."""
        async with database.reading() as session:
            made_at = await link_made_at(session, actor.practitioner_id)
        return page(request, "my_calendar", actor, made_at=made_at, address=request.session.pop(MADE, ""))

    @post(status_code=303)
    async def make(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
    ) -> Redirect:
        async with database.writing() as session:
            token = await make_link(session, settings, actor.practitioner_id)
        request.session[MADE] = f"{settings.base_url.rstrip('/')}/calendar/{token}{ENDING}"
        return Redirect("/me/calendar", status_code=303)

    @post("/end", status_code=303)
    async def end(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Redirect:
        async with database.writing() as session:
            await end_link(session, actor.practitioner_id)
        say(
            request, "Switched off: the link gives nothing any more. What your calendar holds already you delete there."
        )
        return Redirect("/me/calendar", status_code=303)


@get("/calendar/{token:str}", opt={MAY: May.ANYTHING_OPEN})
async def calendar_feed(
    request: Request[Any, Any, Any],
    unconfined: NamedDependency[Database],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
    token: FromPath[str],
) -> Response[bytes]:
    """For a calendar that asks again and again: told that nothing has changed where it has not."""
    if not token.endswith(ENDING):
        raise NotFound("calendar")
    async with unconfined.reading() as session:
        whose = await whose_link(session, settings, token.removesuffix(ENDING), today)
    async with unconfined.confined_to(Sight((), whose.practitioner_id)).reading() as session:
        content = await due_dates(session, settings, whose, today)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600, must-revalidate"}
    asked = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in asked:
        return Response(b"", status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="my-training.ics"'
    return Response(content, media_type="text/calendar", headers=headers)
