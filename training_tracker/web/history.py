"""The audit trail on pages: what was done to my record and who looked at it, and what was done in our agency."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.history import history_of_agencies, own_history
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.rendering import page

PAGE_SIZE = 50


class MyHistory(Controller):
    path = "/me/history"
    opt = {MAY: May.OWN_RECORD}

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
