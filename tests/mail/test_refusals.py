"""Mail servers as they are: busy, full, strict, slow, gone. Nothing is lost, and no message holds up another."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from tests.mail.letters import claimed, draft, only, outbox, plan, plan_many, settings_for, states
from tests.mail.servers import DROP, EVERYBODY, OK, MailServer, silent_server
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Author, Written, retry
from training_tracker.settings import Settings

BEGAN = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
BUSY = "451 4.7.1 Greylisted, try again later"
UNKNOWN = "550 5.1.1 No such person here"
FIRST, SECOND, THIRD = (f"person{number}@agency.example" for number in range(3))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGAN, tick=False) as traveller:
        yield traveller


# --- the server is not there ---


async def test_a_server_that_is_down_loses_nothing_and_the_claims_are_given_back(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    await plan_many(empty, 3)
    server.stop()
    delivered = await deliver(empty, settings)
    assert delivered.stopped is not None
    assert "TRACKER_SMTP_HOST" in delivered.stopped
    assert await claimed(empty) == 0
    assert {message.attempts for message in await outbox(empty)} == {0}
    server.start()
    assert await deliver(empty, settings) == Delivered(sent=3)


async def test_while_the_server_is_away_nothing_is_written_or_withdrawn(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    """What is written counts as said on that day."""
    written: list[int] = []

    async def write(_session: AsyncSession, messages: Sequence[Message]) -> Written:
        written.extend(message.id for message in messages)
        return {}

    numbers = await plan_many(empty, 3)
    server.stop()
    assert (await deliver(empty, settings, Author(write))).stopped
    assert written == []
    server.start()
    await deliver(empty, settings, Author(write))
    assert written == numbers


async def test_a_server_that_never_greets_is_given_up_and_nothing_is_lost(empty: Database) -> None:
    await plan_many(empty, 3)
    with silent_server() as port:
        delivered = await deliver(empty, settings_for(port, smtp_timeout_seconds=0.2))
    assert delivered.stopped is not None
    assert await states(empty) == {"waiting": 3}
    assert await claimed(empty) == 0


async def test_a_server_that_refuses_our_greeting_is_no_fault_of_the_messages(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.greeting = "554 5.7.1 Go away"
    await plan_many(empty, 3)
    delivered = await deliver(empty, settings)
    assert delivered.stopped is not None
    assert await states(empty) == {"waiting": 3}
    assert {message.attempts for message in await outbox(empty)} == {0}


# --- not now ---


async def test_a_busy_server_is_tried_again_after_longer_and_longer_waits(
    empty: Database, server: MailServer, settings: Settings, clock: time_machine.Traveller
) -> None:
    server.behaviour.rcpt[EVERYBODY] = BUSY
    await plan(empty, draft(0))
    waits = []
    for attempt in range(1, 10):
        assert await deliver(empty, settings) == Delivered(postponed=1)
        message = await only(empty)
        assert message.attempts == attempt
        assert message.claimed_until is None
        assert message.last_error == BUSY
        waits.append((message.not_before - datetime.now(UTC)) / timedelta(minutes=1))
        clock.move_to(message.not_before - timedelta(seconds=1))
        assert await deliver(empty, settings) == Delivered()
        clock.shift(timedelta(seconds=1))
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360]
    server.behaviour.rcpt.clear()
    assert await deliver(empty, settings) == Delivered(sent=1)
    assert len(server.letters) == 1
    assert (await only(empty)).last_error is None


@pytest.mark.parametrize("planned_earlier", [timedelta(0), timedelta(days=30)])
async def test_a_message_is_given_up_when_it_was_refused_for_more_than_three_days(
    empty: Database,
    server: MailServer,
    settings: Settings,
    clock: time_machine.Traveller,
    planned_earlier: timedelta,
) -> None:
    """Time without a single refusal, because our side was down, does not count."""
    server.behaviour.data[EVERYBODY] = BUSY
    await plan(empty, draft(0))
    clock.shift(planned_earlier)
    first_refusal = datetime.now(UTC)
    while (message := await only(empty)).state is MessageState.WAITING:
        clock.move_to(max(message.not_before, datetime.now(UTC)))
        await deliver(empty, settings)
    assert message.state is MessageState.FAILED
    assert timedelta(days=3) < datetime.now(UTC) - first_refusal < timedelta(days=3, hours=6)
    assert message.last_error == BUSY
    assert server.letters == []


async def test_a_busy_mailbox_does_not_hold_up_the_others(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt[SECOND] = BUSY
    await plan_many(empty, 3)
    assert await deliver(empty, settings) == Delivered(sent=2, postponed=1)
    assert [letter.recipients[0] for letter in server.letters] == [FIRST, THIRD]
    assert len(server.greeted) == 1


# --- never ---


@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_a_refused_message_fails_at_once_and_the_others_are_sent(
    empty: Database, server: MailServer, settings: Settings, at: str
) -> None:
    getattr(server.behaviour, at)[SECOND] = UNKNOWN
    await plan_many(empty, 3)
    assert await deliver(empty, settings) == Delivered(sent=2, failed=1)
    assert [letter.recipients[0] for letter in server.letters] == [FIRST, THIRD]
    failed = (await outbox(empty))[1]
    assert failed.state is MessageState.FAILED
    assert failed.last_error == UNKNOWN
    assert await deliver(empty, settings) == Delivered()


async def test_a_failed_message_that_is_retried_has_its_three_days_again(
    empty: Database, server: MailServer, settings: Settings, clock: time_machine.Traveller
) -> None:
    server.behaviour.rcpt[EVERYBODY] = UNKNOWN
    (number,) = await plan(empty, draft(0))
    await deliver(empty, settings)
    clock.shift(timedelta(days=30))
    async with empty.writing() as session:
        await retry(session, number)
    server.behaviour.rcpt[EVERYBODY] = BUSY
    assert await deliver(empty, settings) == Delivered(postponed=1)
    server.behaviour.rcpt.clear()
    clock.shift(timedelta(hours=1))
    assert await deliver(empty, settings) == Delivered(sent=1)


async def test_a_message_that_cannot_be_an_email_fails_alone(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    addresses = ["a@agency.example, b@agency.example", "<", "", "nobody", "a@agency.example\nBcc: b@agency.example"]
    wrong = [draft(number, to=to) for number, to in enumerate(addresses)]
    injected = draft(98, subject="Your training\n")
    await plan(empty, *wrong, injected, draft(99))
    assert await deliver(empty, settings) == Delivered(sent=1, failed=6)
    (letter,) = server.letters
    assert letter.recipients == ("person99@agency.example",)


async def test_what_a_server_says_is_kept_whatever_its_encoding(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt[FIRST] = "550 Empfänger unbekannt".encode("latin-1")
    await plan_many(empty, 2)
    assert await deliver(empty, settings) == Delivered(sent=1, failed=1)
    assert (await outbox(empty))[0].last_error == "550 Empf?nger unbekannt"


# --- it is us ---


async def test_a_refused_sender_stops_delivery_and_blames_no_message(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.mail = "553 5.7.1 You are not training@tracker.example"
    await plan_many(empty, 3)
    delivered = await deliver(empty, settings)
    assert delivered.stopped is not None
    assert "TRACKER_MAIL_FROM" in delivered.stopped
    assert await states(empty) == {"waiting": 3}
    assert await claimed(empty) == 0
    server.behaviour.mail = OK
    assert await deliver(empty, settings) == Delivered(sent=3)


async def test_a_message_too_large_for_the_server_fails_though_it_is_refused_with_its_sender(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.mail = "552 5.3.4 Message too large"
    await plan(empty, draft(0))
    assert await deliver(empty, settings) == Delivered(failed=1)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_sender_that_is_no_address_stops_delivery_and_blames_no_message(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    await plan_many(empty, 3)
    delivered = await deliver(empty, settings.model_copy(update={"mail_from": "the training team"}))
    assert delivered.stopped is not None
    assert "TRACKER_MAIL_FROM" in delivered.stopped
    assert await states(empty) == {"waiting": 3}


# --- the connection breaks ---


@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_a_message_that_breaks_the_connection_every_time_waits_and_the_rest_goes_out(
    empty: Database, server: MailServer, settings: Settings, at: str
) -> None:
    getattr(server.behaviour, at)[SECOND] = DROP
    await plan_many(empty, 3)
    assert await deliver(empty, settings) == Delivered(sent=2, postponed=1)
    assert [letter.recipients[0] for letter in server.letters] == [FIRST, THIRD]
    getattr(server.behaviour, at).clear()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=True):
        assert await deliver(empty, settings) == Delivered(sent=1)
    assert set(server.copies.values()) == {1}


async def test_a_server_that_goes_away_in_mid_batch_gets_the_rest_when_it_is_back(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.data[SECOND] = "421 4.3.2 Shutting down"
    server.behaviour.data[THIRD] = "421 4.3.2 Shutting down"
    server.behaviour.rcpt[EVERYBODY] = DROP
    server.behaviour.rcpt |= {FIRST: OK, SECOND: OK, THIRD: OK}
    await plan_many(empty, 20)
    delivered = await deliver(empty, settings)
    assert delivered.sent == 1
    assert delivered.stopped is not None
    assert await claimed(empty) == 0
    server.behaviour.data.clear()
    server.behaviour.rcpt.clear()
    assert (await deliver(empty, settings)).sent == 20 - 1 - delivered.postponed
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=True):
        await deliver(empty, settings)
    assert await states(empty) == {"sent": 20}
    assert sorted(server.copies.values()) == [1] * 20


async def test_a_server_that_answers_too_slowly_is_left_alone_after_three_messages(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.seconds_to_answer = 30
    await plan_many(empty, 10)
    delivered = await deliver(empty, settings.model_copy(update={"smtp_timeout_seconds": 0.2}))
    assert delivered.stopped is not None
    assert (delivered.sent, delivered.postponed, delivered.failed) == (0, 3, 0)
    assert await states(empty) == {"waiting": 10}
    assert await claimed(empty) == 0


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA", "letter"])
async def test_a_server_that_falls_silent_at_any_step_is_left_and_nothing_is_lost(
    empty: Database, server: MailServer, settings: Settings, verb: str
) -> None:
    server.behaviour.silent_at = verb
    await plan_many(empty, 5)
    delivered = await deliver(empty, settings.model_copy(update={"smtp_timeout_seconds": 0.1}))
    assert delivered.stopped is not None
    assert (delivered.sent, delivered.failed) == (0, 0)
    assert await states(empty) == {"waiting": 5}
    assert await claimed(empty) == 0
    server.behaviour.silent_at = ""
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6), tick=True):
        assert await deliver(empty, settings) == Delivered(sent=5)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("421 4.3.2 Shutting down", "waiting"),
        ("450 4.2.1 Mailbox busy", "waiting"),
        ("451 4.3.0 Local error", "waiting"),
        ("452 4.2.2 Mailbox full", "waiting"),
        ("550 5.1.1 No such person here", "failed"),
        ("552 5.2.2 Mailbox full", "failed"),
        ("554 5.7.1 Refused", "failed"),
    ],
)
@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_every_answer_is_understood_wherever_it_comes(
    empty: Database, server: MailServer, settings: Settings, at: str, answer: str, state: str
) -> None:
    getattr(server.behaviour, at)[SECOND] = answer
    await plan_many(empty, 3)
    delivered = await deliver(empty, settings)
    assert (delivered.sent, delivered.stopped) == (2, None)
    assert [message.state.value for message in await outbox(empty)] == ["sent", state, "sent"]
    assert [letter.recipients[0] for letter in server.letters] == [FIRST, THIRD]


async def test_a_server_that_breaks_off_when_we_take_our_leave_has_taken_the_messages(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.quit = DROP
    await plan_many(empty, 3)
    assert await deliver(empty, settings) == Delivered(sent=3)
