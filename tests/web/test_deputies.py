"""A manager names a deputy for an absence: from its first day to its last they see and do what the manager does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import pytest
import time_machine
from sqlalchemy import select, update

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState, UndeliverableAddress
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.agencies import stop_managing
from training_tracker.people.models import Delegation, Post
from training_tracker.reminders.deputies import ENDED_BEFORE
from training_tracker.reminders.managers import managers_on, tree_of_teams
from training_tracker.reminders.sending import author
from training_tracker.settings import Settings

PAGE = "/team/deputies"
FIRST, LAST = date(2026, 5, 6), date(2026, 5, 20)
PIA = "pia-kent@agency.example"


@contextmanager
def on(day: date) -> Iterator[None]:
    with time_machine.travel(datetime.combine(day, time(9), UTC)):
        yield


def days(first: date = FIRST, last: date = LAST, deputy: str = PIA) -> dict[str, str]:
    sent = {"deputy": deputy}
    for name, day in (("first", first), ("last", last)):
        sent |= {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}
    return sent


async def name_pia(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    answer = await visitor.sends(PAGE, days(), form=PAGE)
    assert answer.status_code == 303, seen(answer.text)


async def test_a_deputy_sees_and_does_from_the_first_day_to_the_last(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await name_pia(visitor, world)
    text = await visitor.reads(PAGE)
    assert "Pia Kent stands in for you from 6 May 2026 until 20 May 2026. An e-mail tells them." in text
    assert "Pia Kent will stand in for you from 6 May 2026 until 20 May 2026. End it now" in text
    assert "Pia Kent will stand in for you" in await visitor.reads("/team")
    bob = f"/team/people/{world.bob.id}"
    for day, there in ((date(2026, 5, 5), False), (FIRST, True), (LAST, True), (date(2026, 5, 21), False)):
        with on(day):
            await visitor.becomes(world.pia)
            for path in ("/team", bob, f"{bob}/leave", "/team/people.csv", "/team/summary"):
                assert (await visitor.opens(path)).status_code == (200 if there else 404), (path, day)
    with on(FIRST):
        await visitor.becomes(world.pia)
        team = await visitor.reads("/team")
        assert "You stand in for Mia Ford until 20 May 2026." in team
        assert all(name in team for name in ("Ann Reed", "Bob Hall", "Dot Vale"))
        assert not any(name in team for name in ("Cas Moor", "Lee Shaw"))
        assert "your monthly summary" not in team
        assert "Bob Hall" in await visitor.reads("/team/summary")
        assert (await visitor.sends(f"{bob}/nudge", {}, form=f"{bob}/nudge")).status_code == 303
        await visitor.becomes(world.mia)
        assert "Pia Kent stands in for you until 20 May 2026." in await visitor.reads("/team")


async def test_a_deputy_gets_the_summary_while_it_lasts(visitor: Visitor, world: World, empty: Database) -> None:
    await name_pia(visitor, world)
    async with empty.reading() as session:
        tree = await tree_of_teams(session)
        for day, names in ((TODAY, {"Mia Ford"}), (FIRST, {"Mia Ford", "Pia Kent"}), (date(2026, 5, 21), {"Mia Ford"})):
            managers = await managers_on(session, day, tree)
            assert {one.name for one in managers.everybody if one.told} == names, day
        only = await managers_on(session, FIRST, tree, only=[world.pia.id])
        assert "Pia Kent" in {one.name for one in only.everybody}


@pytest.mark.parametrize("who", ["mia", "pia"])
async def test_either_of_them_ends_it_at_once(visitor: Visitor, world: World, empty: Database, who: str) -> None:
    await name_pia(visitor, world)
    async with empty.reading() as session:
        end = f"{PAGE}/{await session.scalar(select(Delegation.id))}/end"
    with on(FIRST):
        await visitor.becomes(world.lee)
        assert (await visitor.sends(end, {}, form="/me/completions/new")).status_code == 404, "it is not theirs"
        await visitor.becomes(getattr(world, who))
        answer = await visitor.sends(end, {}, form=PAGE)
        assert answer.headers["location"] == (PAGE if who == "mia" else "/me")
        await visitor.becomes(world.pia)
        assert (await visitor.opens("/team")).status_code == 404
        assert (await visitor.sends(end, {}, form="/me/completions/new")).status_code == 404
        assert "Deputy for an absence" in await visitor.reads("/me/history")


async def test_a_deputy_is_told_once_by_a_neutral_e_mail_until_when(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await name_pia(visitor, world)
    letter = await the_letter(empty, settings)
    assert isinstance(letter, Draft)
    assert (letter.to, letter.subject) == (PIA, "You stand in for a colleague")
    for text in (letter.text, letter.html):
        assert "Mia Ford" in text
        for day in ("6 May 2026", "20 May 2026"):
            assert day in " ".join(text.split())
    answer = await visitor.sends(PAGE, days(), form=PAGE)
    assert "They stand in for you then already" in seen(answer.text)
    assert await the_letter(empty, settings) == letter


@pytest.mark.parametrize("who", ["mia", "pia"])
async def test_of_an_early_end_the_other_of_the_two_is_told(
    visitor: Visitor, world: World, empty: Database, settings: Settings, who: str
) -> None:
    await name_pia(visitor, world)
    async with empty.writing() as session:
        await session.execute(update(Message).values(state=MessageState.SENT))
        end = f"{PAGE}/{await session.scalar(select(Delegation.id))}/end"
    with on(FIRST):
        await visitor.becomes(getattr(world, who))
        await visitor.sends(end, {}, form=PAGE)
        letter = await the_letter(empty, settings)
    assert isinstance(letter, Draft)
    assert (letter.to, letter.subject) == (
        PIA if who == "mia" else "mia-ford@agency.example",
        "A deputy’s time has ended early",
    )
    for text in (letter.text, letter.html):
        assert ("Mia Ford" if who == "mia" else "Pia Kent") in text
        assert "until 20 May 2026" in " ".join(text.split())


async def test_what_is_ended_before_the_deputy_is_told_of_it_is_no_news(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await name_pia(visitor, world)
    async with empty.reading() as session:
        end = f"{PAGE}/{await session.scalar(select(Delegation.id))}/end"
    await visitor.sends(end, {}, form=PAGE)
    async with empty.writing() as session:
        messages = list(await session.scalars(select(Message)))
        said = await author(settings).write(session, messages)
    assert [said[message.id] for message in messages] == [Withdrawn(ENDED_BEFORE)] * 2


async def test_a_deputy_whom_no_e_mail_reaches_is_to_be_told_by_the_manager(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        session.add(UndeliverableAddress(address=PIA, since=datetime.now(UTC)))
    await name_pia(visitor, world)
    assert "No e-mail reaches them: tell them." in await visitor.reads(PAGE)
    async with empty.reading() as session:
        assert await session.scalar(select(Message.id)) is None


async def the_letter(database: Database, settings: Settings) -> Draft | Withdrawn:
    """What the one e-mail that waits says today."""
    async with database.writing() as session:
        (message,) = await session.scalars(select(Message).where(Message.state == MessageState.WAITING))
        return (await author(settings).write(session, [message]))[message.id]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (days(deputy=""), "Nobody is named."),
        (days(deputy="nobody@agency.example"), "Nobody who works for your agency now has this address"),
        (days(deputy="cas-moor@agency.example"), "Nobody who works for your agency now has this address"),
        (days(deputy="mia-ford@agency.example"), "That is your own address"),
        (days(first=date(2026, 5, 3)), "3 May 2026 has passed"),
        (days(last=date(2026, 5, 5)), "The last day is before the first"),
        (days(last=date(2027, 6, 1)), "That is more than a year"),
        (days(first=date(9999, 12, 30), last=date(9999, 12, 31)), "30 December 9999 cannot be meant"),
        (days() | {"last-year": ""}, "The last day has no year"),
    ],
)
async def test_what_cannot_be_is_told_with_its_mend_and_what_was_typed_stays(
    visitor: Visitor, world: World, empty: Database, sent: dict[str, str], told: str
) -> None:
    await visitor.becomes(world.mia)
    answer = await visitor.sends(PAGE, sent, form=PAGE)
    assert answer.status_code == 422
    assert told in seen(answer.text)
    assert f'value="{sent["first-day"]}"' in answer.text
    async with empty.reading() as session:
        assert await session.scalar(select(Delegation.id)) is None


async def test_nobody_hands_over_what_they_only_stand_in_for_and_nobody_is_named_twice(
    visitor: Visitor, world: World
) -> None:
    await name_pia(visitor, world)
    answer = await visitor.sends(PAGE, days(first=LAST, last=date(2026, 6, 1)), form=PAGE)
    assert "They stand in for you then already" in seen(answer.text)
    await visitor.becomes(world.lee)
    assert "No team names you as its manager" in seen((await visitor.sends(PAGE, days(), form=PAGE)).text)
    with on(FIRST):
        await visitor.becomes(world.pia)
        answer = await visitor.sends(PAGE, days(deputy="lee-shaw@agency.example"), form=PAGE)
        assert "No team names you as its manager" in seen(answer.text)


@pytest.mark.parametrize("what", ["the manager left", "the deputy left", "the team has another manager"])
async def test_it_ends_with_what_it_hangs_on(visitor: Visitor, world: World, empty: Database, what: str) -> None:
    await name_pia(visitor, world)
    async with empty.writing() as session:
        if what == "the team has another manager":
            await stop_managing(session, (await Facts(session).team("Family services")).id, world.mia.id)
        else:
            gone = world.mia if what == "the manager left" else world.pia
            await session.execute(update(Post).where(Post.practitioner_id == gone.id).values(ended_on=TODAY))
            if gone is world.pia:
                await Facts(session).post(
                    "Pia Kent",
                    team=await Facts(session).team("Front desk", agency=await Facts(session).agency("Bay Surgery")),
                    role=await Facts(session).role("Receptionist", sector="General practice"),
                )
    with on(FIRST):
        await visitor.becomes(world.pia)
        assert (await visitor.opens("/team")).status_code == 404


async def test_a_manager_reads_their_own_summary_as_it_would_go_out_and_nothing_is_sent(
    visitor: Visitor, world: World
) -> None:
    await visitor.becomes(world.mia)
    text = await visitor.reads("/team/summary")
    assert "To: mia-ford@agency.example" in text
    assert "Bob Hall" in text
    letter = await visitor.opens("/team/summary/html")
    assert "Bob Hall" in letter.text
    assert "style-src 'unsafe-inline'" in letter.headers["content-security-policy"]
    await visitor.becomes(world.lee)
    assert "You get none: no team with somebody in it names you" in await visitor.reads("/team/summary")
    assert "There is none today." in (await visitor.opens("/team/summary/html")).text
