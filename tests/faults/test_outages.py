"""The database or the mail server goes away in mid-delivery, and comes back."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.mail.letters import plan_many, settings_for, states
from tests.mail.servers import MailServer, until
from tests.postgres import PostgresServer, postgres_server
from training_tracker.database import Database
from training_tracker.mail.delivery import deliver
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

CONNECTIONS = 3


async def deliver_as_the_scheduler_does(database: Database, settings: Settings) -> None:
    """Whatever goes wrong, it tries again."""
    while True:
        with suppress(Exception):
            await deliver(database, settings)
            if "waiting" not in await states(database):
                return
        await asyncio.sleep(0.05)


@pytest.fixture
async def postgres_of_its_own() -> AsyncIterator[PostgresServer]:
    """One that keeps what it has said it keeps, whatever happens to it."""
    with postgres_server(fsync=True) as server:
        yield server


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "killed"])
async def test_a_postgresql_that_goes_away_and_comes_back_loses_and_doubles_nothing(
    postgres_of_its_own: PostgresServer, server: MailServer, how: signal.Signals
) -> None:
    """What the mail server has taken meanwhile is kept in hand until it can be written down."""
    server.behaviour.seconds_to_answer = 0.01
    settings = settings_for(
        server.port, database_url=postgres_of_its_own.create("tracker"), smtp_connections=CONNECTIONS
    )
    database = connect(settings)
    await database.migrate()
    await plan_many(database, 120)
    sending = asyncio.create_task(deliver_as_the_scheduler_does(database, settings))
    try:
        await until(lambda: len(server.letters) >= 30)
        await asyncio.to_thread(postgres_of_its_own.stop, how)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(postgres_of_its_own.start)
        async with asyncio.timeout(60):
            await sending
        assert await states(database) == {"sent": 120}
        assert sorted(server.copies.values()) == [1] * 120
    finally:
        sending.cancel()
        await database.close()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_mail_server_that_is_killed_again_and_again_gets_every_message(
    empty: Database, empty_url: str, server: MailServer
) -> None:
    """What it had taken when it died, without a word of it, may come again; nothing else does."""
    server.behaviour.seconds_to_answer = 0.005
    settings = settings_for(server.port, database_url=empty_url, smtp_connections=CONNECTIONS)
    await plan_many(empty, 120)
    sending = asyncio.create_task(deliver_as_the_scheduler_does(empty, settings))
    deaths = 4
    for death in range(deaths):
        await until(lambda death=death: len(server.letters) >= 25 * (death + 1))  # type: ignore[misc]
        server.stop()
        await asyncio.sleep(0.05)
        server.start()
    async with asyncio.timeout(60):
        await sending
    assert await states(empty) == {"sent": 120}
    copies = server.copies
    assert len(copies) == 120
    assert sum(copies.values()) - 120 <= deaths * CONNECTIONS
