"""What a handler may ask for: a session to read with, today's date, and who is asking."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, SignInNeeded, actor_of
from training_tracker.calendar import today as today_in
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.settings import Settings

SIGNED_IN = "practitioner"


async def reading(state: State) -> AsyncIterator[AsyncSession]:
    database: Database = state.database
    async with database.reading() as session:
        yield session


def writing(state: State) -> Database:
    database: Database = state.database
    return database


def settings_in_force(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


def current_day(state: State) -> date:
    return today_in(state.settings.zone)


async def current_actor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], today: NamedDependency[date]
) -> Actor:
    """Raises :class:`SignInNeeded` if nobody is signed in."""
    practitioner_id = request.session.get(SIGNED_IN)
    if not isinstance(practitioner_id, int):
        raise SignInNeeded
    return await actor_of(session, practitioner_id, today)


def seeing_people(actor: NamedDependency[Actor]) -> Actor:
    """Managers and agency leads; for everybody else there is no such page."""
    if not actor.sees_people:
        raise NotFound("team")
    return actor


def leading_agency(actor: NamedDependency[Actor]) -> Actor:
    if not actor.agencies:
        raise NotFound("agency")
    return actor


def leading_partnership(actor: NamedDependency[Actor]) -> Actor:
    if not actor.sees_partnership:
        raise NotFound("partnership")
    return actor


DEPENDENCIES = {
    "session": Provide(reading),
    "database": Provide(writing, sync_to_thread=False),
    "settings": Provide(settings_in_force, sync_to_thread=False),
    "today": Provide(current_day, sync_to_thread=False),
    "actor": Provide(current_actor),
}
