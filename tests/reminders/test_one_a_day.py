"""Nobody gets two e-mails of the daily plan on one day, however often a day is planned and however long the mail
server was away."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from tests.facts import Facts
from tests.mail.letters import outbox
from tests.reminders.planning import plan, sent, written
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft
from training_tracker.records.recording import NewCompletion, record_completion

ON = date(2026, 6, 10)
NEXT, THIRD = ON + timedelta(days=1), ON + timedelta(days=2)


@pytest.fixture(autouse=True)
def _that_day() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 6, 10, 7, tzinfo=UTC), tick=False):
        yield


async def recorded(database: Database, code: str, *, on: date = ON) -> None:
    """Ann Reed has completed something, and somebody else has recorded it on that day."""
    with time_machine.travel(datetime(on.year, on.month, on.day, 7, tzinfo=UTC), tick=False):
        async with database.writing() as session:
            facts = Facts(session)
            post, item = await facts.post(), await facts.item(code)
            await record_completion(session, NewCompletion(post.practitioner_id, item.id, on), by="tests", today=on)


async def something_due(database: Database) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item("OTHER")])
        await facts.post()


async def new_post(database: Database, team: str, since: date) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        await facts.post(team=await facts.team(team), started_on=since)


async def planned_on(database: Database, on: date) -> list[str]:
    return [decided.key for decided in (await plan(database, on)).letters]


async def sent_on(database: Database, on: date) -> list[Draft]:
    """What goes out if everything that waits is sent."""
    letters = [what for what in (await written(database, on)).values() if isinstance(what, Draft)]
    await sent(database)
    return letters


async def test_confirmations_that_waited_for_the_mail_server_go_as_one(empty: Database) -> None:
    await recorded(empty, "FIRST")
    assert await planned_on(empty, ON) == ["confirmation:1:2026-06-10"]
    await recorded(empty, "SECOND", on=NEXT)
    assert await planned_on(empty, NEXT) == ["confirmation:1:2026-06-11"]
    (letter,) = await sent_on(empty, NEXT)
    assert letter.subject == "Recorded for you: 2 completions"
    assert not await planned_on(empty, THIRD), "both are told"


async def test_a_confirmation_that_is_put_off_from_day_to_day_stays_the_same_message_with_its_attempts(
    empty: Database,
) -> None:
    await recorded(empty, "FIRST")
    await planned_on(empty, ON)
    async with empty.writing() as session:
        await session.execute(update(Message).values(attempts=9, claimed_until=datetime(2026, 6, 10, 6, tzinfo=UTC)))
    await recorded(empty, "SECOND", on=NEXT)
    await planned_on(empty, NEXT)
    (message,) = await outbox(empty)
    assert (message.state, message.attempts, message.claimed_until) == ("waiting", 9, None)
    (letter,) = await sent_on(empty, NEXT)
    assert letter.subject == "Recorded for you: 2 completions"
    assert not await planned_on(empty, THIRD), "both are told"


async def test_a_digest_goes_before_a_confirmation_that_waited_which_goes_the_day_after(empty: Database) -> None:
    await recorded(empty, "FIRST")
    assert await planned_on(empty, ON) == ["confirmation:1:2026-06-10"]
    await something_due(empty)
    assert await planned_on(empty, NEXT) == ["digest:1:2026-06-11"]
    assert [letter.key for letter in await sent_on(empty, NEXT)] == ["digest:1:2026-06-11"]
    assert await planned_on(empty, THIRD) == ["confirmation:1:2026-06-12"]


async def test_while_a_digest_waits_nothing_else_is_planned_and_then_all_of_it_goes_day_by_day(empty: Database) -> None:
    await something_due(empty)
    assert await planned_on(empty, ON) == ["digest:1:2026-06-10"]
    await recorded(empty, "FIRST", on=NEXT)
    await new_post(empty, "Night shift", NEXT)
    assert await planned_on(empty, NEXT) == []
    assert [letter.key for letter in await sent_on(empty, NEXT)] == ["digest:1:2026-06-10"]
    assert await planned_on(empty, THIRD) == ["welcome:1:2026-06-12"]
    await sent_on(empty, THIRD)
    assert await planned_on(empty, date(2026, 6, 15)) == ["confirmation:1:2026-06-15"]


async def test_while_a_welcome_waits_nothing_else_is_planned(empty: Database) -> None:
    await something_due(empty)
    await planned_on(empty, ON)
    await sent_on(empty, ON)
    await new_post(empty, "Night shift", ON)
    assert await planned_on(empty, NEXT) == ["welcome:1:2026-06-11"]
    await recorded(empty, "FIRST", on=NEXT)
    assert await planned_on(empty, THIRD) == []
    assert [letter.key for letter in await sent_on(empty, THIRD)] == ["welcome:1:2026-06-11"]


@pytest.mark.parametrize("gone", [False, True])
async def test_a_day_that_is_planned_twice_sends_nobody_a_second_e_mail(empty: Database, gone: bool) -> None:
    await recorded(empty, "FIRST")
    assert await planned_on(empty, ON) == ["confirmation:1:2026-06-10"]
    if gone:
        await sent_on(empty, ON)
    await recorded(empty, "SECOND")
    assert await planned_on(empty, ON) == ([] if gone else ["confirmation:1:2026-06-10"])
    letters = await sent_on(empty, ON)
    assert [letter.subject for letter in letters] == ([] if gone else ["Recorded for you: 2 completions"])
    assert await planned_on(empty, NEXT) == (["confirmation:1:2026-06-11"] if gone else [])


async def test_two_new_posts_on_a_day_that_is_planned_twice_are_welcomed_one_after_the_other(empty: Database) -> None:
    await something_due(empty)
    await new_post(empty, "Night shift", ON)
    assert await planned_on(empty, ON) == ["welcome:1:2026-06-10"]
    await sent_on(empty, ON)
    await new_post(empty, "Day shift", ON)
    assert await planned_on(empty, ON) == []
    assert await planned_on(empty, NEXT) == ["welcome:1:2026-06-11"]


async def test_a_digest_that_is_being_sent_has_no_newer_one_on_the_same_day(empty: Database) -> None:
    await something_due(empty)
    assert await planned_on(empty, ON) == ["digest:1:2026-06-10"]
    week_later = ON + timedelta(days=7)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation("NEW"), [await facts.item("NEW")], effective_from=NEXT)
        await session.execute(update(Message).values(claimed_until=datetime(2026, 6, 10, 7, 5, tzinfo=UTC)))
    assert await planned_on(empty, week_later) == []
    async with empty.writing() as session:
        await session.execute(update(Message).values(claimed_until=None))
    assert await planned_on(empty, week_later + timedelta(days=1)) == ["digest:1:2026-06-18"]
