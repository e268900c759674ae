"""Whoever has something recorded for them by somebody else is told, and how to say that it is wrong."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from tests.facts import Facts
from tests.reminders.planning import BASE, plan, sent, written
from training_tracker.database import Database
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.models import Post
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, record_completion, void_completion
from training_tracker.reminders.deciding import Held

ON = date(2026, 6, 10)


@pytest.fixture(autouse=True)
def _that_day() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 6, 10, 8, tzinfo=UTC), tick=False):
        yield


async def recorded(database: Database, *, on: date = ON, by: str = "manager@agency.example") -> Completion:
    """What Ann Reed completed, in her record since that day."""
    async with database.writing() as session:
        facts = Facts(session)
        post, item = await facts.post(), await facts.item()
        new = NewCompletion(post.practitioner_id, item.id, on, source="Register of the morning")
        await record_completion(session, new, by=by, today=ON)
        return await facts.completed(post, item, on)


async def the_letter(database: Database, on: date = ON) -> Draft | Withdrawn:
    (letter,) = (await written(database, on)).values()
    return letter


async def test_they_are_told_what_was_recorded_and_what_to_do_if_it_is_wrong(empty: Database) -> None:
    completion = await recorded(empty)
    (decided,) = (await plan(empty, ON)).letters
    assert (decided.kind, decided.held) == ("confirmation", Held.NOTHING_DUE)
    letter = await the_letter(empty)
    assert isinstance(letter, Draft)
    assert letter.subject == "Recorded for you: 1 completion"
    assert "* About CSA-INTRO\n  Completed: 10 June 2026\n  From: Register of the morning" in letter.text
    page = f"/me/completions/{completion.id}/dispute"
    assert f"\n  Not right? {BASE}{page}\n" in letter.text
    assert page in letter.html
    assert "If you cannot sign in, answer this e-mail" in " ".join(letter.text.split())
    await sent(empty)
    assert not (await plan(empty, ON + timedelta(days=1))).letters, "told once"


async def test_what_they_recorded_themselves_is_no_news(empty: Database) -> None:
    await recorded(empty, by="Ann-Reed@agency.example")
    assert not (await plan(empty, ON)).letters


async def test_history_that_is_loaded_is_no_news(empty: Database) -> None:
    await recorded(empty, on=date(2026, 3, 9))
    assert not (await plan(empty, ON)).letters


async def test_what_was_taken_back_before_it_was_sent_is_not_confirmed(empty: Database) -> None:
    completion = await recorded(empty)
    await plan(empty, ON)
    async with empty.writing() as session:
        await void_completion(session, completion.id, reason="Somebody else's", by="tests")
    assert await the_letter(empty) == Withdrawn("what was recorded does not stand any more, or they are not at work")


async def test_nobody_is_told_who_has_left_or_is_on_leave(empty: Database) -> None:
    await recorded(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.on_leave(await session.get_one(Post, 1), date(2026, 6, 1))
    assert not (await plan(empty, ON)).letters


async def test_one_e_mail_a_day_so_the_confirmation_waits_for_the_day_after_a_digest(empty: Database) -> None:
    completion = await recorded(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item("OTHER")])
        await session.get_one(Post, 1)
    assert [decided.kind for decided in (await plan(empty, ON)).letters] == ["digest"]
    await sent(empty)
    assert [decided.recorded for decided in (await plan(empty, date(2026, 6, 11))).letters] == [[completion.id]]
