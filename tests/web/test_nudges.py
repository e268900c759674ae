"""A manager nudges somebody by e-mail: at most once in a while, whoever asks, and never whoever is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.agencies import name_managers
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, record_completion, void_completion
from training_tracker.reminders.models import Nudge
from training_tracker.reminders.nudging import NOTHING_LEFT, SUBJECT
from training_tracker.reminders.sending import author
from training_tracker.reminders.snoozing import snooze
from training_tracker.settings import Settings


def of(person: Practitioner) -> str:
    return f"/team/people/{person.id}/nudge"


@contextmanager
def on(day: date) -> Iterator[None]:
    with time_machine.travel(datetime.combine(day, time(9), UTC)):
        yield


async def the_course(session: AsyncSession) -> int:
    return (await session.scalars(select(Item.id).where(Item.code == "CSA-INTRO"))).one()


async def written(database: Database, settings: Settings) -> Draft | Withdrawn:
    """What the nudge that waits says today."""
    async with database.writing() as session:
        (message,) = await session.scalars(select(Message).where(Message.state == MessageState.WAITING))
        return (await author(settings).write(session, [message]))[message.id]


async def test_a_nudge_is_one_neutral_e_mail_that_says_who_asks_and_what_is_open(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await visitor.becomes(world.mia)
    assert "Nudge Bob Hall" in await visitor.reads("/team")
    assert f"They get one e-mail, “{SUBJECT}”" in await visitor.reads(of(world.bob))
    answer = await visitor.sends(of(world.bob), {}, form=of(world.bob))
    assert answer.headers["location"] == f"/team/people/{world.bob.id}"
    page = await visitor.reads(f"/team/people/{world.bob.id}")
    assert "Bob Hall gets an e-mail with the next that go out. They can be nudged again from 18 May 2026 on." in page
    assert "nudged last on 4 May 2026, again from 18 May 2026 on" in page
    letter = await written(empty, settings)
    assert isinstance(letter, Draft)
    assert (letter.to, letter.subject) == ("bob-hall@agency.example", SUBJECT)
    for text in (letter.text, letter.html):
        assert "Mia Ford" in text
        assert "About CSA-INTRO" in text
        assert "it was due by 4 February 2026" in text
    await visitor.becomes(world.bob)
    assert "E-mail that a manager asked for" in await visitor.reads("/me/history")
    assert "e-mails that a manager asked for" in (await visitor.opens("/me/data/everything.json")).text


async def test_nobody_is_nudged_again_within_two_weeks_by_whomever(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.mia)
    await visitor.sends(of(world.bob), {}, form=of(world.bob))
    form = of(world.ann)
    await visitor.becomes(world.lee)
    told = "Not now: Bob Hall was nudged on 4 May 2026. They can be nudged again from 18 May 2026 on."
    assert told in await visitor.reads(of(world.bob))
    refused = await visitor.sends(of(world.bob), {}, form=form)
    assert refused.status_code == 422
    assert told in seen(refused.text)
    with on(date(2026, 5, 17)):
        await visitor.becomes(world.lee)
        assert told in await visitor.reads(of(world.bob))
    with on(date(2026, 5, 18)):
        await visitor.becomes(world.lee)
        assert (await visitor.sends(of(world.bob), {}, form=of(world.bob))).status_code == 303
    async with empty.reading() as session:
        nudges = {(one.on, one.nudged_by) for one in await session.scalars(select(Nudge))}
    assert nudges == {(TODAY, "mia-ford@agency.example"), (date(2026, 5, 18), "lee-shaw@agency.example")}


async def test_whoever_is_away_or_in_hand_or_has_nothing_to_do_is_not_nudged(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        away = await facts.post("Fay Wood", team=team)
        await facts.on_leave(away, date(2026, 4, 1), date(2026, 6, 30))
        for_good = await facts.post("Gil Gray", team=team)
        await facts.on_leave(for_good, date(2026, 4, 1))
        await snooze(session, world.lee.id, world.bob.id, date(2026, 5, 20), today=TODAY)
        dot = await session.get_one(Practitioner, world.dot.id)
        dot.email = None
        fay, gil = away.practitioner_id, for_good.practitioner_id
        await name_managers(session, [((await facts.team("Family services")).id, world.lee.id)])
        done = NewCompletion(world.ann.id, await the_course(session), TODAY)
        await record_completion(session, done, by="tests", today=TODAY)
    await visitor.becomes(world.lee)
    for person, told in (
        (fay, "Fay Wood is on long leave. They can be nudged from 1 July 2026 on."),
        (gil, "Gil Gray is on long leave. They can be nudged once back."),
        (
            world.bob.id,
            "You leave Bob Hall out of your e-mails until 20 May 2026, since it is in hand. They can be nudged from",
        ),
        (world.dot.id, "No e-mail reaches Dot Vale. Speak to them"),
        (world.ann.id, "Ann Reed has nothing to do of which an e-mail would tell."),
    ):
        at = f"/team/people/{person}/nudge"
        assert told in await visitor.reads(at)
        refused = await visitor.sends(at, {}, form="/me/completions/new")
        assert refused.status_code == 422
        assert told in seen(refused.text)
    async with empty.reading() as session:
        assert list(await session.scalars(select(Nudge))) == []


async def test_what_is_done_before_it_is_sent_is_not_nudged_of_and_does_not_count(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await visitor.becomes(world.mia)
    await visitor.sends(of(world.bob), {}, form=of(world.bob))
    async with empty.writing() as session:
        done = NewCompletion(world.bob.id, await the_course(session), TODAY)
        await record_completion(session, done, by="tests", today=TODAY)
    assert await written(empty, settings) == Withdrawn(NOTHING_LEFT)
    async with empty.writing() as session:
        (message,) = await session.scalars(select(Message))
        message.state, message.withdrawn_because = MessageState.WITHDRAWN, NOTHING_LEFT
        await author(settings).unsent(session, {message.id: NOTHING_LEFT})
        assert list(await session.scalars(select(Nudge))) == []
        known = select(Completion.id).where(Completion.practitioner_id == world.bob.id)
        await void_completion(session, (await session.scalars(known)).one(), reason="a slip", by="tests")
    answer = await visitor.sends(of(world.bob), {}, form=of(world.bob))
    assert answer.status_code == 303, "the same day's message waits again"
    assert isinstance(await written(empty, settings), Draft)


async def test_nobody_nudges_themselves_or_whom_they_do_not_see(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    for person in (world.mia, world.cas):
        assert (await visitor.opens(of(person))).status_code == 404
