"""The outbox: one message for one occasion."""

import pytest
from sqlalchemy.exc import IntegrityError

from tests.mail.letters import draft, only, plan, plan_many, states
from tests.mail.servers import MailServer
from training_tracker.database import Database, is_duplicate
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.delivery import deliver
from training_tracker.mail.models import MessageState
from training_tracker.mail.outbox import keys_in_use, listed, put, retry
from training_tracker.settings import Settings


async def test_the_database_refuses_a_second_message_for_the_same_occasion(empty: Database) -> None:
    await plan(empty, draft(1))
    with pytest.raises(IntegrityError) as refused:
        await plan(empty, draft(2), draft(1, subject="Another subject"))
    assert is_duplicate(refused.value)
    assert (await only(empty)).subject == "Your training 1"


async def test_messages_are_planned_with_the_rest_of_the_transaction_or_not_at_all(empty: Database) -> None:
    async def plan_and_fail() -> None:
        async with empty.writing() as session:
            await put(session, [draft(1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await plan_and_fail()
    assert await states(empty) == {}


async def test_ids_come_back_in_the_order_of_the_drafts(empty: Database) -> None:
    ids = await plan_many(empty, 2_500)
    assert ids == sorted(ids)
    async with empty.reading() as session:
        page = await listed(session, after=ids[1_999], limit=2)
    assert [message.key for message in page] == ["letter:2000", "letter:2001"]


async def test_the_keys_of_a_whole_region_can_be_looked_up_at_once(empty: Database) -> None:
    await plan_many(empty, 3)
    async with empty.reading() as session:
        used = await keys_in_use(session, [f"letter:{number}" for number in reversed(range(70_000))])
        assert await keys_in_use(session, []) == set()
    assert used == {"letter:0", "letter:1", "letter:2"}


async def test_failed_messages_are_listed_and_one_is_put_back(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.rcpt["person1@agency.example"] = "550 5.1.1 No such person here"
    _, number, _ = await plan_many(empty, 3)
    await deliver(empty, settings)
    async with empty.reading() as session:
        (failed,) = await listed(session, state=MessageState.FAILED)
    assert failed.id == number
    async with empty.writing() as session:
        await retry(session, number)
    assert await states(empty) == {"sent": 2, "waiting": 1}
    server.behaviour.rcpt.clear()
    assert (await deliver(empty, settings)).sent == 1


async def test_a_message_that_was_sent_is_not_put_back(empty: Database, server: MailServer, settings: Settings) -> None:
    (number,) = await plan(empty, draft(1))
    await deliver(empty, settings)
    async with empty.writing() as session:
        with pytest.raises(Refused):
            await retry(session, number)
        with pytest.raises(NotFound):
            await retry(session, number + 1)
    assert await states(empty) == {"sent": 1}
