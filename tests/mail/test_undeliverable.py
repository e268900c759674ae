"""Addresses that do not work: what counts, how often, and what becomes of messages to them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from tests.mail.letters import draft, outbox, plan, plan_many, states
from tests.mail.servers import EVERYBODY, MailServer
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.outbox import Author, retry
from training_tracker.mail.undeliverable import listed_undeliverable, unblock
from training_tracker.settings import Settings

UNKNOWN = "550 5.1.1 No such person here"
ANN = "ann@agency.example"


async def blocked(database: Database) -> list[str]:
    async with database.reading() as session:
        return [one.address for one in await listed_undeliverable(session)]


async def test_an_address_refused_with_two_messages_gets_nothing_more_and_the_others_go_on(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt[ANN] = UNKNOWN
    await plan(empty, draft(1, to=ANN))
    assert await deliver(empty, settings) == Delivered(failed=1)
    assert await blocked(empty) == []
    await plan(empty, draft(2, to="Ann Reed <Ann@Agency.example>"))
    server.behaviour.rcpt["Ann@Agency.example"] = UNKNOWN
    assert await deliver(empty, settings) == Delivered(failed=1)
    assert await blocked(empty) == [ANN]
    await plan(empty, draft(3, to=ANN), draft(4, to="ben@agency.example"))
    assert await deliver(empty, settings) == Delivered(withdrawn=1, sent=1)
    assert (await outbox(empty))[2].withdrawn_because == "the e-mail address does not work"


async def test_an_address_that_is_unblocked_is_sent_to_and_has_two_chances_again(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt[ANN] = UNKNOWN
    for number in range(2):
        await plan(empty, draft(number, to=ANN))
        await deliver(empty, settings)
    async with empty.writing() as session:
        assert await unblock(session, ["ANN@agency.example"]) == {ANN}
        assert await unblock(session, [ANN]) == set()
    await plan(empty, draft(3, to=ANN))
    assert await deliver(empty, settings) == Delivered(failed=1)
    assert await blocked(empty) == []


async def test_one_message_that_is_tried_again_and_refused_again_counts_once(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt[ANN] = UNKNOWN
    (number,) = await plan(empty, draft(1, to=ANN))
    await deliver(empty, settings)
    async with empty.writing() as session:
        await retry(session, number)
    assert await deliver(empty, settings) == Delivered(failed=1)
    assert await blocked(empty) == []


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_two_refusals_a_season_apart_are_no_repetition(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt[ANN] = UNKNOWN
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for number, later in enumerate((timedelta(0), timedelta(days=91))):
        with time_machine.travel(moment + later, tick=True):
            await plan(empty, draft(number, to=ANN))
            await deliver(empty, settings)
    assert await blocked(empty) == []


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("at", "answer", "counts"),
    [
        ("rcpt", "550 5.1.1 No such person here", True),
        ("rcpt", "550 No such person here", True),
        ("rcpt", "551 5.1.6 Has moved", True),
        ("rcpt", "550 5.2.1 Mailbox disabled", True),
        ("data", "550 5.1.1 No such person here", True),
        ("rcpt", "552 5.2.2 Mailbox full", False),
        ("rcpt", "554 5.7.1 Relay access denied", False),
        ("rcpt", "550 5.7.1 We do not like your network", False),
        ("rcpt", "554 Go away", False),
        ("data", "554 5.6.0 Looks like junk", False),
        ("data", "550 Looks like junk", False),
        ("data", "552 5.3.4 Too large", False),
        ("rcpt", "450 4.1.1 Perhaps no such person", False),
    ],
)
async def test_only_what_is_said_of_the_address_itself_counts(
    empty: Database, server: MailServer, settings: Settings, at: str, answer: str, counts: bool
) -> None:
    """A server that refuses us, or what we say, must not make a whole agency unreachable."""
    getattr(server.behaviour, at)[EVERYBODY] = answer
    await plan(empty, draft(1, to=ANN), draft(2, to=ANN))
    delivered = await deliver(empty, settings)
    assert delivered.sent == 0
    assert await blocked(empty) == ([ANN] if counts else [])


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_is_no_address_at_all_does_not_work_either(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    await plan(empty, draft(1, to="Nobody"), draft(2, to="Nobody"), draft(3, to="Nobody", subject="one\ntwo"))
    assert await deliver(empty, settings) == Delivered(failed=3)
    assert await blocked(empty) == ["nobody"]


async def test_whoever_planned_a_message_is_told_that_it_never_arrived_and_of_no_other(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    told: list[int] = []

    async def not_arrived(_session: AsyncSession, messages: Sequence[int]) -> None:
        told.extend(messages)

    server.behaviour.rcpt["person1@agency.example"] = UNKNOWN
    server.behaviour.rcpt["person2@agency.example"] = "450 4.2.1 Busy"
    ids = await plan_many(empty, 4)
    await deliver(empty, settings, Author(not_arrived=not_arrived))
    assert told == [ids[1]]
    assert await states(empty) == {"sent": 2, "failed": 1, "waiting": 1}
