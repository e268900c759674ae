"""Several processes deliver, and any of them may die at any line: real processes, real kills."""

import asyncio
from datetime import UTC, datetime, timedelta

import time_machine

from tests.mail.deliverer import deliver_until_done, deliverers
from tests.mail.letters import claimed, draft, plan, plan_many, settings_for, states
from tests.mail.servers import MailServer, until
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.outbox import retry
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

AFTER_THE_LEASE = timedelta(minutes=6)


async def test_two_processes_at_once_send_no_message_twice(empty: Database, empty_url: str, server: MailServer) -> None:
    server.behaviour.seconds_to_answer = 0.002
    await plan_many(empty, 400)
    with deliverers(2, empty_url, server.port) as processes:
        for process in processes:
            process.begin()
        results = [await asyncio.to_thread(process.result) for process in processes]
    assert sum(results) == 400
    assert all(results), "both had their share"
    assert sorted(server.copies.values()) == [1] * 400


async def test_what_a_killed_process_had_claimed_is_sent_by_another_when_the_lease_is_over(
    empty: Database, empty_url: str, server: MailServer, settings: Settings
) -> None:
    server.behaviour.silent_at = "MAIL"
    await plan_many(empty, 30)
    with deliverers(1, empty_url, server.port) as (process,):
        process.begin()
        async with asyncio.timeout(60):
            while await claimed(empty) < 30:  # noqa: ASYNC110  # the claims are made in another process
                await asyncio.sleep(0.01)
        process.kill()
    server.behaviour.silent_at = ""
    assert await deliver(empty, settings) == Delivered(), "the claim holds"
    with time_machine.travel(datetime.now(UTC) + AFTER_THE_LEASE, tick=True):
        assert await deliver(empty, settings) == Delivered(sent=30)
    assert sorted(server.copies.values()) == [1] * 30


async def test_killed_between_the_servers_acceptance_and_the_mark_is_the_one_way_to_a_second_copy(
    empty: Database, empty_url: str, server: MailServer, settings: Settings
) -> None:
    await plan_many(empty, 5)
    server.behaviour.answering.clear()
    with deliverers(1, empty_url, server.port) as (process,):
        process.begin()
        await until(lambda: len(server.letters) == 1)
        process.kill()
    server.behaviour.answering.set()
    with time_machine.travel(datetime.now(UTC) + AFTER_THE_LEASE, tick=True):
        assert await deliver(empty, settings) == Delivered(sent=5)
    assert server.copies.pop(server.letters[0].message_id) == 2
    assert sorted(server.copies.values()) == [1, 1, 1, 1, 2]


async def test_a_batch_that_takes_longer_than_the_lease_is_shared_and_not_doubled(
    empty: Database, empty_url: str, server: MailServer
) -> None:
    server.behaviour.seconds_to_answer = 0.06
    settings = settings_for(server.port, short_lease=True)
    await plan_many(empty, 60)
    other = connect(settings.model_copy(update={"database_url": empty_url}))
    try:
        first, second = await asyncio.gather(deliver_until_done(empty, settings), deliver_until_done(other, settings))
    finally:
        await other.close()
    assert first + second == 60
    assert first > 0
    assert second > 0, "the second took over what the first had claimed and not begun"
    assert sorted(server.copies.values()) == [1] * 60


async def test_a_message_that_is_retried_while_it_is_being_sent_is_sent_once(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    (number,) = await plan(empty, draft(1))
    server.behaviour.answering.clear()
    sending = asyncio.create_task(deliver(empty, settings))
    await until(lambda: len(server.letters) == 1)
    async with empty.writing() as session:
        await retry(session, number)
    assert await deliver(empty, settings) == Delivered()
    server.behaviour.answering.set()
    assert await sending == Delivered(sent=1)
    assert len(server.letters) == 1


async def test_a_delivery_that_is_told_to_stop_finishes_the_message_in_hand_and_gives_back_the_rest(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    await plan_many(empty, 5)
    server.behaviour.answering.clear()
    sending = asyncio.create_task(deliver(empty, settings))
    await until(lambda: len(server.letters) == 1)
    sending.cancel()
    await asyncio.sleep(0.05)
    server.behaviour.answering.set()
    await asyncio.wait([sending])
    assert sending.cancelled()
    assert await states(empty) == {"sent": 1, "waiting": 4}
    assert await claimed(empty) == 0
    assert await deliver(empty, settings) == Delivered(sent=4)
    assert sorted(server.copies.values()) == [1] * 5
