"""What a handler may ask for: the database, the settings, today's date, and who is asking."""

from datetime import date
from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from training_tracker.access.actor import Actor, SignInNeeded
from training_tracker.access.sessions import note, resume, rotate
from training_tracker.calendar import today as today_in
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.settings import Settings

# Under this name the browser's cookie keeps what shows whose session it is.
SIGNED_IN = "session"
# The largest number that both databases keep as an id.
LARGEST = 2**31 - 1

# Which page of a list, from 1; and the id of a thing, 0 for none. Nonsense in their place leads nowhere.
PageNumber = Annotated[int, QueryParameter(ge=1, le=1_000_000)]
ChosenId = Annotated[int, QueryParameter(ge=0, le=LARGEST)]
PathId = Annotated[int, PathParameter(ge=1, le=LARGEST)]


def database_in_use(state: State) -> Database:
    database: Database = state.database
    return database


def settings_in_force(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


def current_day(state: State) -> date:
    return today_in(state.settings.zone)


async def current_actor(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
) -> Actor:
    """Raises :class:`SignInNeeded` if nobody is signed in."""
    # A session of its own: one shared with the handler as a dependency would stay open, since Litestar does not
    # close a dependency when another one, such as this, raises.
    token = request.session.get(SIGNED_IN)
    if not isinstance(token, str):
        raise SignInNeeded
    async with database.reading() as session:
        visit = await resume(session, settings, token, today)
    visit.actor.goes_to_work()
    if not visit.same_rights:
        async with database.writing() as session:
            request.session[SIGNED_IN] = await rotate(session, settings, visit)
    elif not visit.noted:
        async with database.writing() as session:
            await note(session, visit)
    return visit.actor


async def visitor(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    today: NamedDependency[date],
) -> Actor | None:
    """Who is signed in, on pages that are there for everybody."""
    try:
        return await current_actor(request, database, settings, today)
    except SignInNeeded:
        return None


def seeing_people(actor: NamedDependency[Actor]) -> Actor:
    """Managers and agency leads; for everybody else there is no such page."""
    if not actor.sees_people:
        raise NotFound("team")
    return actor


def leading_agency(actor: NamedDependency[Actor]) -> Actor:
    if not actor.agencies:
        raise NotFound("agency")
    return actor


def leading_somebody(actor: NamedDependency[Actor]) -> Actor:
    """Leads of an agency or of a partnership."""
    if not (actor.agencies or actor.partnerships):
        raise NotFound("campaigns")
    return actor


def leading_partnership(actor: NamedDependency[Actor]) -> Actor:
    if not actor.sees_partnership:
        raise NotFound("partnership")
    return actor


DEPENDENCIES = {
    "database": Provide(database_in_use, sync_to_thread=False),
    "settings": Provide(settings_in_force, sync_to_thread=False),
    "today": Provide(current_day, sync_to_thread=False),
    "actor": Provide(current_actor),
}
