"""What a handler may ask for: the database, the settings, today's date, and who is asking.

Of the database it gets no more than the rows of whoever asks. A handler that has to read past that, since nobody is
signed in yet or since others' rows are counted, asks for it as ``unconfined``; which do is listed in
``tests/web/test_wall.py``.
"""

from datetime import date
from typing import Annotated, Any

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter, QueryParameter

from training_tracker.access.actor import Actor, SignInNeeded
from training_tracker.access.permissions import BY_TOKEN, May
from training_tracker.access.sessions import SecondStepNeeded, Visit, note, resume, rotate
from training_tracker.access.tokens import BROUGHT, Service, TokenNeeded, count_wrong, note_use, service_of
from training_tracker.calendar import today as today_in
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.settings import Settings

log = structlog.get_logger()

# Under this name the browser's cookie keeps what shows whose session it is.
SIGNED_IN = "session"
# Under this name a page says what it takes, and a request keeps whom it was admitted for.
MAY, ACTOR = "may", "actor"
# Under this name a page says that it is there for whoever has still to take the second step too: no other is.
HALF_WAY = "half way"
# The largest number that both databases keep as an id.
LARGEST = 2**31 - 1

# Which page of a list, from 1; and the id of a thing, 0 for none. Nonsense in their place leads nowhere.
PageNumber = Annotated[int, QueryParameter(ge=1, le=1_000_000)]
ChosenId = Annotated[int, QueryParameter(ge=0, le=LARGEST)]
PathId = Annotated[int, PathParameter(ge=1, le=LARGEST)]


def database_in_use(state: State) -> Database:
    database: Database = state.database
    return database


def database_for(request: Request[Any, Any, Any]) -> Database:
    """The database, confined to whoever the request was admitted for."""
    actor: Actor | Service = request.scope["state"][ACTOR]
    return database_in_use(request.app.state).confined_to(actor.sight)


def settings_in_force(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


def current_day(state: State) -> date:
    return today_in(state.settings.zone)


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every page: it lets in whoever may do what the page takes, which the page names in its ``opt``.

    Raises :class:`SignInNeeded` if nobody is signed in, :class:`SecondStepNeeded` if they are half-way in, and
    :class:`NotFound` for everybody else: a page is not there for whom it is not for, and one that names nothing is
    there for nobody. What takes a token raises :class:`TokenNeeded` or :class:`TooManyTokens` without one, whoever is
    signed in, and says whether it is one for something else.
    """
    takes = handler.opt.get(MAY)
    if takes is May.ANYTHING_OPEN:
        return
    if takes in BY_TOKEN:
        service = await _with_token(connection)
        if not service.may(takes):
            log.warning("access.refused", path=connection.scope["path_template"], token=service.token_id)
            raise PermissionDeniedException
        connection.scope["state"][ACTOR] = service
        return
    visit = await _signed_in(connection)
    if visit.half_way and HALF_WAY not in handler.opt:
        raise SecondStepNeeded
    # Also for the page that says what is not there.
    connection.scope["state"] |= {ACTOR: visit.actor, HALF_WAY: visit.half_way}
    if takes is None or not visit.actor.may(takes):
        path = connection.scope["path_template"]
        log.warning("access.refused", path=path, practitioner=visit.actor.practitioner_id)
        raise NotFound(handler.name or "page")


async def _signed_in(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """Who comes with this session; what they change from here on is their act."""
    token = connection.session.get(SIGNED_IN)
    if not isinstance(token, str):
        raise SignInNeeded
    database, settings = database_in_use(connection.app.state), settings_in_force(connection.app.state)
    async with database.reading() as session:
        visit = await resume(session, settings, token, current_day(connection.app.state))
    visit.actor.goes_to_work()
    if not visit.same_rights:
        async with database.writing() as session:
            another = await rotate(session, settings, visit, token)
        if another:
            connection.session[SIGNED_IN] = another
    elif not visit.noted:
        async with database.writing() as session:
            await note(session, visit)
    return visit


async def _with_token(connection: ASGIConnection[Any, Any, Any, Any]) -> Service:
    """Which system comes with this token; what it changes from here on is its act."""
    brought = BROUGHT.fullmatch(connection.headers.get("authorization", ""))
    if brought is None:
        raise TokenNeeded
    state, network = connection.app.state, network_of(connection)
    database, settings = database_in_use(state), settings_in_force(state)
    try:
        async with database.reading() as session:
            service = await service_of(session, settings, brought[1], network, current_day(state))
    except TokenNeeded as refusal:
        log.warning("token.refused", network=network)
        if refusal.to_count:
            async with database.writing() as session:
                await count_wrong(session, settings, brought[1], network)
        raise
    service.goes_to_work()
    if not service.noted:
        async with database.writing() as session:
            await note_use(session, service)
    return service


def network_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return connection.client.host if connection.client else ""


def current_actor(request: Request[Any, Any, Any]) -> Actor:
    actor: Actor = request.scope["state"][ACTOR]
    return actor


def current_service(request: Request[Any, Any, Any]) -> Service:
    service: Service = request.scope["state"][ACTOR]
    return service


async def visitor(request: Request[Any, Any, Any]) -> Actor | None:
    """Who is signed in, and not half-way only, on pages that are there for everybody."""
    try:
        visit = await _signed_in(request)
    except SignInNeeded:
        return None
    return None if visit.half_way else visit.actor


DEPENDENCIES = {
    "database": Provide(database_for, sync_to_thread=False),
    "unconfined": Provide(database_in_use, sync_to_thread=False),
    "settings": Provide(settings_in_force, sync_to_thread=False),
    "today": Provide(current_day, sync_to_thread=False),
    "actor": Provide(current_actor, sync_to_thread=False),
    "service": Provide(current_service, sync_to_thread=False),
}
