"""A manager's own monthly summary, as it would go out today."""

from datetime import date
from typing import Any

from litestar import Controller, MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.mail.outbox import Draft
from training_tracker.people.models import Practitioner
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.previewing import Preview
from training_tracker.settings import Settings
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import OF_A_LETTER, page

# In place of the letter, for whoever gets none.
NONE = '<!DOCTYPE html><html lang="en-GB"><title>No summary</title><p>There is none today.</p></html>'


class OwnSummary(Controller):
    path = "/team/summary"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Template:
        try:
            letter = await _letter(database, actor, settings, today)
        except Refused:
            letter = None
        return page(request, "own_summary", actor, letter=letter, today=today)

    @get("/html", media_type=MediaType.HTML)
    async def as_html(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
    ) -> Response[str]:
        try:
            html = (await _letter(database, actor, settings, today)).html
        except Refused:
            html = NONE
        return Response(html, media_type=MediaType.HTML, headers=OF_A_LETTER)


async def _letter(database: Database, actor: Actor, settings: Settings, today: date) -> Draft:
    """Raises :class:`Refused` for whoever manages nobody by name."""
    async with database.reading() as session:
        person = await session.get_one(Practitioner, actor.practitioner_id)
        return await Preview(session, person, today, today, settings).of(Kind.SUMMARY)
