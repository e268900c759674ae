"""What is expected: the register, and each expectation's own page."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, agencies_in_sight
from training_tracker.expectations.register import register, registered
from training_tracker.web.rendering import page


async def own_agencies(session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]) -> list[int]:
    return await agencies_in_sight(session, actor)


class Expectations(Controller):
    path = "/expectations"
    dependencies = {"agencies": Provide(own_agencies)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        agencies: NamedDependency[list[int]],
        today: NamedDependency[date],
    ) -> Template:
        lines = await register(session, today, agencies=agencies)
        return page(request, "expectations", actor, lines=lines, today=today)

    @get("/{code:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        agencies: NamedDependency[list[int]],
        today: NamedDependency[date],
        code: FromPath[str],
    ) -> Template:
        line = await registered(session, today, code, agencies=agencies)
        return page(request, "expectation", actor, line=line, today=today)
