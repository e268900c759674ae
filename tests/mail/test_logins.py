"""A login that the mail server rejects: tried seldom enough that no account is locked, and loud all the while."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
import time_machine

from tests.mail.letters import draft, plan_many, settings_for, states
from tests.mail.servers import MailServer, mail_server, until
from training_tracker.database import Database
from training_tracker.mail.at_once import send_at_once
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.logins import StillRejected
from training_tracker.mail.server_state import stopped
from training_tracker.schedule.running import scheduler
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

SIGN_IN = ("tracker", "correct horse battery")
BEGAN = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server(sign_in=SIGN_IN) as server:
        yield server


@pytest.fixture
def right(server: MailServer) -> Settings:
    return settings_for(server.port, smtp_username=SIGN_IN[0], smtp_password=SIGN_IN[1])


@pytest.fixture
def wrong(server: MailServer) -> Settings:
    return settings_for(server.port, smtp_username=SIGN_IN[0], smtp_password="changed last night")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGAN, tick=False) as clock:
        yield clock


async def test_it_is_tried_again_after_growing_waits_and_the_alarm_stays(
    empty: Database, server: MailServer, wrong: Settings, clock: time_machine.Traveller
) -> None:
    await plan_many(empty, 3)
    tried = []
    for half_minutes in range(2 * 145):
        clock.move_to(BEGAN + half_minutes * MINUTE / 2)
        before = len(server.greeted)
        with structlog.testing.capture_logs() as logged:
            delivered = await deliver(empty, wrong)
        assert delivered.stopped is not None
        assert "rejects our sign-in" in delivered.stopped
        assert [entry["log_level"] for entry in logged if entry["event"] == "mail.stopped"] == ["error"]
        if len(server.greeted) > before:
            tried.append(half_minutes / 2)
        else:
            assert "is asked again at" in delivered.stopped
    assert tried == [0, 1, 6, 21, 81, 141]
    assert await states(empty) == {"waiting": 3}
    async with empty.reading() as session:
        standstill = await stopped(session)
    assert standstill is not None
    assert standstill.since == BEGAN
    assert "535" in standstill.because


async def test_all_processes_together_try_once(
    empty: Database, empty_url: str, server: MailServer, wrong: Settings, clock: time_machine.Traveller
) -> None:
    await plan_many(empty, 3)
    others = [connect(Settings(database_url=empty_url, _env_file=None)) for _ in range(3)]
    try:
        await deliver(empty, wrong)
        for minutes, tried in ((0.5, 1), (1.0, 2), (3.0, 2), (6.0, 3), (10.0, 3)):
            clock.move_to(BEGAN + minutes * MINUTE)
            await asyncio.gather(*(deliver(database, wrong) for database in (empty, *others)))
            assert len(server.greeted) == tried, minutes
    finally:
        for database in others:
            await database.close()


async def test_when_it_is_accepted_everything_goes_and_the_waits_begin_anew(
    empty: Database, server: MailServer, right: Settings, clock: time_machine.Traveller
) -> None:
    await plan_many(empty, 25)
    server.sign_in = ("tracker", "another")
    for minutes in (0, 1):
        clock.move_to(BEGAN + minutes * MINUTE)
        await deliver(empty, right)
    server.sign_in = SIGN_IN
    clock.move_to(BEGAN + 5.9 * MINUTE)
    assert (await deliver(empty, right)).sent == 0, "it is not asked"
    clock.move_to(BEGAN + 6 * MINUTE)
    assert await deliver(empty, right) == Delivered(sent=25)
    server.sign_in = ("tracker", "another")
    await plan_many(empty, 1, first=25)
    tried = len(server.greeted)
    for later in (7.0, 7.9, 8.0):
        clock.move_to(BEGAN + later * MINUTE)
        await deliver(empty, right)
    assert len(server.greeted) == tried + 2, "after a minute, as the first time"


async def test_another_password_is_tried_at_once_and_the_old_one_waits_on(
    empty: Database, server: MailServer, right: Settings, wrong: Settings, clock: time_machine.Traveller
) -> None:
    await plan_many(empty, 3)
    await deliver(empty, wrong)
    assert await deliver(empty, right) == Delivered(sent=3)
    await plan_many(empty, 1, first=3)
    tried = len(server.greeted)
    assert (await deliver(empty, wrong)).stopped is not None, "a process that was not started anew"
    assert len(server.greeted) == tried


async def test_a_server_that_wants_us_on_fewer_connections_has_not_rejected_our_login(
    empty: Database, server: MailServer, right: Settings, clock: time_machine.Traveller
) -> None:
    server.behaviour.signed_in = 1
    several = right.model_copy(update={"smtp_connections": 4})
    for first in (0, 40):
        await plan_many(empty, 40, first=first)
        assert await deliver(empty, several) == Delivered(sent=40)
    assert len(server.greeted) > 2, "it was asked for more"


async def test_a_restart_tries_at_once(empty: Database, server: MailServer, right: Settings) -> None:
    server.sign_in = ("tracker", "another")
    with time_machine.travel(BEGAN, tick=True):
        await plan_many(empty, 3)
        await deliver(empty, right)
        server.sign_in = SIGN_IN
        assert (await deliver(empty, right)).stopped is not None
        async with scheduler(empty, right):
            await until(lambda: len(server.letters) == 3)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_who_asks_to_sign_in_does_not_have_the_account_locked_either(
    empty: Database, server: MailServer, wrong: Settings, clock: time_machine.Traveller
) -> None:
    await plan_many(empty, 1)
    await deliver(empty, wrong)
    for _ in range(5):
        with pytest.raises(StillRejected):
            await send_at_once(empty, wrong, draft(1))
    assert len(server.greeted) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_clock_that_is_set_back_makes_no_wait_longer(
    empty: Database, server: MailServer, wrong: Settings, clock: time_machine.Traveller
) -> None:
    await plan_many(empty, 1)
    await deliver(empty, wrong)
    clock.move_to(BEGAN - timedelta(days=30))
    await plan_many(empty, 1, first=1)
    assert "535" in str((await deliver(empty, wrong)).stopped)
    assert len(server.greeted) == 2
