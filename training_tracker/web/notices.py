"""Messages to somebody's role: read on a page, and acknowledged with a button, since mail gateways follow links."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.reminders.campaigns import Notice, acknowledge, notices
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say


class MyNotices(Controller):
    path = "/me/notices/{number:int}"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        number: PathId,
    ) -> Template:
        return page(request, "notice", actor, notice=await _notice(database, actor, number))

    @post(status_code=303)
    async def acknowledge(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        number: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            await acknowledge(session, number, actor.practitioner_id)
        say(request, "Thank you: it is kept that you have read it.")
        return Redirect("/me", status_code=303)


async def _notice(database: Database, actor: Actor, number: int) -> Notice:
    async with database.reading() as session:
        found = await notices(session, actor.practitioner_id, number)
    if not found:
        raise NotFound(f"campaign {number}")
    return found[0]
