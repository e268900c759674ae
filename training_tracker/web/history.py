"""What is kept of me, what was done to it and who looked at it; and what was done in our agency."""

import json
from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.history import history_of_agencies, own_history
from training_tracker.access.own_data import HOLDS, everything_of
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.records.evidencing import certificates_of
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.downloads import as_file, csv_file
from training_tracker.web.rendering import page

PAGE_SIZE = 50
COMPLETION = ["item", "completed on", "completed by", "hours", "evidence", "source", "strength"]
COMPLETION += ["recorded at", "recorded by", "voided at", "void reason"]


class MyHistory(Controller):
    path = "/me/history"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            found = await own_history(session, actor, page=number, page_size=PAGE_SIZE)
        return page(request, "my_history", actor, history=found, number=number, page_size=PAGE_SIZE)


class MyData(Controller):
    """What is kept of somebody: how much of what, and all of it in a file."""

    path = "/me/data"
    opt = {MAY: May.SIGNED_IN}

    @get()
    async def show(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Template:
        async with database.reading() as session:
            data = await everything_of(session, actor.practitioner_id)
            files = await certificates_of(session, actor.practitioner_id)
        counts = {what: len(rows) for what, rows in data.items() if rows}
        return page(request, "my_data", actor, counts=counts, certificates=files)

    @get("/everything.json")
    async def everything(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], today: NamedDependency[date]
    ) -> Response[bytes]:
        async with database.reading() as session:
            data = await everything_of(session, actor.practitioner_id)
        content = json.dumps(data, ensure_ascii=False, indent=2).encode()
        return as_file(f"what-is-kept-of-me-{today}.json", content, "application/json")

    @get("/record.csv")
    async def record(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], today: NamedDependency[date]
    ) -> Response[bytes]:
        async with database.reading() as session:
            done = (await everything_of(session, actor.practitioner_id))[HOLDS["completion"]]
        return csv_file(f"my-record-{today}.csv", COMPLETION, [[row[name] for name in COMPLETION] for row in done])


class AgencyHistory(Controller):
    path = "/agency/history"
    opt = {MAY: May.AGENCY}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        person: ChosenId = 0,
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            found = await history_of_agencies(session, actor, person=person, page=number, page_size=PAGE_SIZE)
        return page(request, "agency_history", actor, history=found, person=person, number=number, page_size=PAGE_SIZE)
