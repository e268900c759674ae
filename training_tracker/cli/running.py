"""Running one verb: settings, an open database with the right schema, and the exit code."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

import rich_click as click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from training_tracker.audit.acting import Acting, acting
from training_tracker.cli.complaints import database_unusable, is_of_the_installation
from training_tracker.cli.options import recorder
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.logs import configure_logs
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

P = ParamSpec("P")

DONE, DONE_IN_PART, NOT_DONE = 0, 1, 2
STOPPED = 130  # as a shell says it of a command that was interrupted

Verb = Callable[Concatenate[Database, Settings, P], Awaitable[int]]


def on_the_database(verb: Verb[P]) -> Callable[P, None]:
    """Run an asynchronous verb on the database of the settings; what it returns is the exit code."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        settings = Settings()
        configure_logs(logging.CRITICAL)

        async def work() -> int:
            async with open_database(settings) as database:
                return await verb(database, settings, *args, **kwargs)

        raise SystemExit(run_until_done(work))

    return run


def run_until_done(work: Callable[[], Awaitable[int]]) -> int:
    command = click.get_current_context(silent=True)

    async def awaited() -> int:
        with acting(Acting(by=recorder(), how=command.command_path if command else "")):
            return await work()

    try:
        return asyncio.run(awaited())
    except KeyboardInterrupt:
        click.echo("Stopped. What was not finished was not saved.", err=True)
        return STOPPED


@asynccontextmanager
async def open_database(settings: Settings, *, migrated: bool = True) -> AsyncIterator[Database]:
    """The database of the settings. Raises :class:`Refused` if it is not there or its schema is not the newest."""
    _refuse_missing_file(settings, migrated=migrated)
    address = make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        database = connect(settings)
    except OSError as error:
        raise database_unusable(error, address) from None
    try:
        if migrated:
            await refuse_other_schema(database)
        yield database
    except DBAPIError as error:
        if not is_of_the_installation(error):
            raise
        raise database_unusable(error, address) from error
    finally:
        await database.close()


def _refuse_missing_file(settings: Settings, *, migrated: bool) -> None:
    """SQLite makes a file for whoever asks: a wrong address must not leave an empty one behind."""
    url = make_url(settings.database_url)
    file = Path(url.database or "")
    if migrated and url.get_backend_name() == "sqlite" and not file.is_file():
        raise Refused(
            f"There is no database at {file}",
            "Make one with: training-tracker migrate. Or correct TRACKER_DATABASE_URL.",
        )


async def refuse_other_schema(database: Database) -> None:
    found, newest = await database.revisions()
    if found is None:
        raise Refused("The database has no tables yet", "Run: training-tracker migrate")
    if found != newest:
        raise Refused(
            f"The database has schema {found}, and this program works with {newest}", "Run: training-tracker migrate"
        )
