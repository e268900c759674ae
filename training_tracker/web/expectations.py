"""What is expected: the register, and each expectation's own page."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from training_tracker.access.actor import Actor, agencies_in_sight
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.expectations.register import register, registered
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page


class Expectations(Controller):
    path = "/expectations"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
    ) -> Template:
        async with database.reading() as session:
            lines = await register(session, today, agencies=await agencies_in_sight(session, actor))
        return page(request, "expectations", actor, lines=lines, today=today)

    @get("/{code:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: FromPath[str],
    ) -> Template:
        async with database.reading() as session:
            line = await registered(session, today, code, agencies=await agencies_in_sight(session, actor))
        return page(request, "expectation", actor, line=line, own=line.agency_id in actor.agencies, today=today)
