"""The catalogue: courses and resources, and one item's page."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.catalogue.listing import catalogue, item_details, priorities_of
from training_tracker.catalogue.models import ItemKind
from training_tracker.web.rendering import page


class Catalogue(Controller):
    path = "/catalogue"

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        kind: FromQuery[str] = "",
        text: FromQuery[str] = "",
    ) -> Template:
        wanted = next((one for one in ItemKind if one.value == kind), None)
        return page(
            request,
            "catalogue",
            actor,
            items=await catalogue(session, kind=wanted, text=text[:100]),
            priorities=await priorities_of(session),
            filters={"kind": kind, "text": text[:100]},
        )

    @get("/{code:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        session: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        code: FromPath[str],
    ) -> Template:
        return page(request, "item", actor, details=await item_details(session, code))
