"""What is there for everybody: the way to one's own pages, help, what needs no signing in, and whether the service is
well.
"""

from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.exc import SQLAlchemyError

from training_tracker.access.permissions import May
from training_tracker.catalogue.listing import public_resources
from training_tracker.database import Database
from training_tracker.mail.server_state import stopped
from training_tracker.settings import Settings
from training_tracker.standing.status import Status
from training_tracker.web.dependencies import MAY, visitor
from training_tracker.web.rendering import page

OPEN = {MAY: May.ANYTHING_OPEN}
MEANINGS = {
    Status.OVERDUE: "The day by which it was due, and any days of grace, have passed.",
    Status.IN_GRACE: "It has lapsed, and counts as met for some days more.",
    Status.DUE_SOON: "It is met, and time to renew it.",
    Status.NOT_YET_DUE: "It is not met yet, and its first day has not come.",
    Status.COMPLIANT: "It is met.",
    Status.EXEMPT: "Somebody decided that it is not asked of this person until a day, and why.",
    Status.ON_LEAVE: "The person is away for long; nothing falls due meanwhile.",
    Status.UNDATED: "The first day of the post is not known, so no date can be told.",
    Status.UNKNOWN: "What the agency was to send has not come, so it counts neither as done nor as overdue.",
}


@get("/", opt=OPEN)
async def home() -> Redirect:
    return Redirect("/me")


@get("/help", opt=OPEN)
async def help_page(request: Request[Any, Any, Any]) -> Template:
    statuses = [(status, MEANINGS[status]) for status in Status]
    return page(request, "help", await visitor(request), statuses=statuses)


@get("/accessibility", opt=OPEN)
async def accessibility(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Template:
    return page(request, "accessibility", await visitor(request), address=settings.base_url)


@get("/resources", opt=OPEN)
async def resources(
    request: Request[Any, Any, Any], unconfined: NamedDependency[Database], today: NamedDependency[date]
) -> Template:
    async with unconfined.reading() as session:
        found = await public_resources(session, today)
    return page(request, "resources", await visitor(request), resources=found)


@get("/health", opt=OPEN | {"exclude_from_csrf": True})
async def health(unconfined: NamedDependency[Database]) -> Response[dict[str, str]]:
    """200 while the database answers and has the schema that this program wants, 503 otherwise.

    That no e-mail goes out is said, and no reason to take the pages away.
    """
    try:
        there, wanted = await unconfined.revisions()
    except (OSError, SQLAlchemyError):
        return Response({"status": "the database does not answer"}, status_code=503)
    if there != wanted:
        return Response({"status": "the schema is behind: run training-tracker migrate"}, status_code=503)
    async with unconfined.reading() as session:
        standstill = await stopped(session)
    mail = f"stopped since {standstill.since:%Y-%m-%d %H:%M} UTC: see training-tracker check" if standstill else "ok"
    return Response({"status": "ok", "schema": there or "", "mail": mail})
