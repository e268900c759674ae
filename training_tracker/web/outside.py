"""What is there for everybody: the way to one's own pages, and whether the service is well."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.exc import SQLAlchemyError

from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.mail.server_state import stopped
from training_tracker.web.dependencies import MAY


@get("/", opt={MAY: May.ANYTHING_OPEN})
async def home() -> Redirect:
    return Redirect("/me")


@get("/health", opt={MAY: May.ANYTHING_OPEN, "exclude_from_csrf": True})
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
