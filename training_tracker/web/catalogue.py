"""The catalogue: courses and resources, and one item's page."""

from datetime import date
from itertools import groupby
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from training_tracker.access.actor import Actor, agencies_in_sight
from training_tracker.access.permissions import May
from training_tracker.catalogue.changing import changes_of
from training_tracker.catalogue.editions import may_be_taken_back
from training_tracker.catalogue.listing import catalogue, item_details, priorities_of, what_counts_as_what
from training_tracker.catalogue.models import ItemKind
from training_tracker.database import Database
from training_tracker.people.listing import every_role, role_groups
from training_tracker.people.roles import out_of_use
from training_tracker.uptake.charts import draw
from training_tracker.uptake.equivalence_chart import arrows
from training_tracker.web.dependencies import MAY, PageNumber
from training_tracker.web.downloads import csv_file
from training_tracker.web.rendering import page

# So many of the changes of an item are told at a time.
PAGE_SIZE = 20


class ReferenceLists(Controller):
    """What spreadsheets and files name things by."""

    path = "/lists"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def show(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Template:
        async with database.reading() as session:
            roles = await every_role(session)
            groups = await role_groups(session)
            gone = await out_of_use(session)
        return page(
            request,
            "lists",
            actor,
            sectors=groupby(roles, key=lambda role: role.sector),
            groups=groups,
            gone=gone,
        )

    @get("/roles.csv")
    async def roles(self, database: NamedDependency[Database]) -> Response[bytes]:
        async with database.reading() as session:
            roles = await every_role(session)
        headings = ("role", "code", "sector", "group")
        return csv_file("roles.csv", headings, [(role.name, role.code, role.sector, role.group) for role in roles])

    @get("/items.csv")
    async def items(self, database: NamedDependency[Database]) -> Response[bytes]:
        async with database.reading() as session:
            items = await catalogue(session)
        headings = ("item", "title", "kind", "format", "hours")
        lines = [(item.code, item.title, item.kind, item.format, item.hours) for item in items]
        return csv_file("courses-and-resources.csv", headings, lines)


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
            counting = await what_counts_as_what(session)
        filters = {"kind": kind, "text": text[:100]}
        return page(
            request,
            "catalogue",
            actor,
            items=items,
            priorities=priorities,
            filters=filters,
            equivalences=await draw(arrows(counting)) if counting else None,
        )

    @get("/{code:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: FromPath[str],
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            details = await item_details(session, code, agencies=await agencies_in_sight(session, actor))
            changes, total = await changes_of(session, details.item.id, page=number, page_size=PAGE_SIZE)
        return page(
            request,
            "item",
            actor,
            details=details,
            fresh={one.id for one in details.versions if may_be_taken_back(details.item, one, today)},
            changes=changes,
            changes_total=total,
            number=number,
            page_size=PAGE_SIZE,
            today=today,
        )
