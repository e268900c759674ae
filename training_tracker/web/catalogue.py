"""The catalogue: courses and resources, and one item's page."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from training_tracker.access.actor import Actor, agencies_in_sight
from training_tracker.access.permissions import May
from training_tracker.catalogue.listing import catalogue, item_details, priorities_of
from training_tracker.catalogue.models import ItemKind
from training_tracker.database import Database
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page


class Catalogue(Controller):
    path = "/catalogue"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        kind: FromQuery[str] = "",
        text: FromQuery[str] = "",
    ) -> Template:
        wanted = next((one for one in ItemKind if one.value == kind), None)
        async with database.reading() as session:
            items = await catalogue(session, kind=wanted, text=text[:100])
            priorities = await priorities_of(session)
        filters = {"kind": kind, "text": text[:100]}
        return page(request, "catalogue", actor, items=items, priorities=priorities, filters=filters)

    @get("/{code:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        code: FromPath[str],
    ) -> Template:
        async with database.reading() as session:
            details = await item_details(session, code, agencies=await agencies_in_sight(session, actor))
        return page(request, "item", actor, details=details)
