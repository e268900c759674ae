"""Several connections at once, within the limits that the settings and the mail server set."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from tests.mail.letters import claimed, outbox, plan_many, states
from tests.mail.servers import MailServer, until
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.models import MailServerState
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect


@pytest.fixture
def several(settings: Settings) -> Settings:
    return settings.model_copy(update={"smtp_connections": 4})


async def test_many_messages_go_over_several_connections_each_once(
    empty: Database, server: MailServer, several: Settings
) -> None:
    server.behaviour.seconds_to_answer = 0.002
    await plan_many(empty, 130)
    assert await deliver(empty, several) == Delivered(sent=130)
    assert sorted(server.copies.values()) == [1] * 130
    assert {message.attempts for message in await outbox(empty)} == {1}
    assert server.most_at_once == 4


async def test_a_few_messages_go_over_one(empty: Database, server: MailServer, several: Settings) -> None:
    await plan_many(empty, 5)
    assert await deliver(empty, several) == Delivered(sent=5)
    assert len(server.greeted) == 1


async def test_a_server_that_takes_fewer_connections_than_we_would_open_gets_its_messages_over_those(
    empty: Database, server: MailServer, several: Settings
) -> None:
    server.behaviour.connections = 2
    server.behaviour.seconds_to_answer = 0.002
    await plan_many(empty, 60)
    assert await deliver(empty, several) == Delivered(sent=60)
    assert sorted(server.copies.values()) == [1] * 60
    assert server.most_at_once == 2


async def test_several_connections_are_made_anew_as_the_server_closes_them(
    empty: Database, server: MailServer, several: Settings
) -> None:
    server.behaviour.letters_per_connection = 7
    await plan_many(empty, 60)
    assert await deliver(empty, several) == Delivered(sent=60)
    assert sorted(server.copies.values()) == [1] * 60
    assert len(server.greeted) >= 60 / 7


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_server_that_refuses_us_on_one_connection_stops_them_all_and_loses_nothing(
    empty: Database, server: MailServer, several: Settings
) -> None:
    server.behaviour.mail = "553 5.7.1 You are not training@tracker.example"
    await plan_many(empty, 60)
    assert (await deliver(empty, several)).stopped is not None
    assert await states(empty) == {"waiting": 60}
    assert await claimed(empty) == 0


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_told_to_stop_every_connection_finishes_the_message_in_its_hand(
    empty: Database, server: MailServer, several: Settings
) -> None:
    await plan_many(empty, 60)
    server.behaviour.answering.clear()
    sending = asyncio.create_task(deliver(empty, several))
    await until(lambda: len(server.letters) == 4)
    sending.cancel()
    await asyncio.sleep(0.05)
    server.behaviour.answering.set()
    await asyncio.wait([sending])
    assert sending.cancelled()
    assert await states(empty) == {"sent": 4, "waiting": 56}
    assert await claimed(empty) == 0


async def test_all_processes_together_keep_to_the_limit_of_messages_a_minute(
    empty: Database, empty_url: str, server: MailServer, several: Settings
) -> None:
    """One queue for all: two that deliver at once are no faster than one."""
    limited = several.model_copy(update={"smtp_messages_per_minute": 1_200})
    apart = timedelta(minutes=1) / 1_200
    await plan_many(empty, 20)
    began = datetime.now(UTC)
    other = connect(limited.model_copy(update={"database_url": empty_url}))
    try:
        first, second = await asyncio.gather(deliver(empty, limited), deliver(other, limited))
    finally:
        await other.close()
    assert first.sent + second.sent == 20
    sent = sorted(message.sent_at for message in await outbox(empty) if message.sent_at)
    for place, moment in enumerate(sent):
        assert moment >= began + place * apart
    async with empty.reading() as session:
        (next_turn,) = await session.scalars(select(MailServerState.next_turn))
    assert next_turn is not None
    assert next_turn >= began + 20 * apart


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_limit_counts_from_one_delivery_to_the_next(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    limited = settings.model_copy(update={"smtp_messages_per_minute": 600})
    for number in range(3):
        await plan_many(empty, 1, first=number)
        await deliver(empty, limited)
    moments = [message.sent_at for message in await outbox(empty)]
    for earlier, later in pairwise(moments):
        assert earlier is not None
        assert later is not None
        # A message goes at its turn or after it, so two may come closer than their turns by what the first was late.
        assert later > earlier
    assert moments[2] is not None
    assert (await outbox(empty))[0].planned_at + timedelta(seconds=0.2) <= moments[2]
