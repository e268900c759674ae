"""Whoever is new in a post is welcomed to it, once."""

from datetime import date, timedelta

import pytest

from tests.facts import Facts
from tests.reminders.planning import plan, sent, written
from training_tracker.database import Database
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.models import Post
from training_tracker.people.posts import correct_post
from training_tracker.reminders.deciding import Held

STARTED = date(2026, 5, 18)


async def a_new_post(facts: Facts, *, started_on: date = STARTED) -> Post:
    """Two things are expected in it, of which the second comes first."""
    await facts.version(await facts.expectation("CSA"), [await facts.item("CSA-COURSE")], first_due_days=20)
    toolkit = await facts.item("TOOLKIT")
    toolkit.comes_first = True
    await facts.version(await facts.expectation("TOOLKIT"), [toolkit], first_due_days=60)
    return await facts.post(started_on=started_on)


async def the_letter(database: Database, on: date) -> Draft | Withdrawn:
    (letter,) = (await written(database, on)).values()
    return letter


async def test_a_welcome_says_what_is_expected_by_when_and_where_to_start(empty: Database) -> None:
    async with empty.writing() as session:
        await a_new_post(Facts(session))
    (decided,) = (await plan(empty, STARTED)).letters
    assert (decided.key, decided.held) == (f"welcome:{decided.practitioner_id}:2026-05-18", Held.WELCOME)
    letter = await the_letter(empty, STARTED)
    assert isinstance(letter, Draft)
    assert letter.subject == "Your new post: the training that goes with it"
    assert "Social worker, Harbour Council, since 18 May 2026" in letter.text
    for part in (letter.text.casefold(), letter.html.casefold()):
        first, then = part.index("about toolkit"), part.index("about csa-course")
        assert part.index("if you do one thing") < first < part.index("and then") < then
        assert part.index("do it by 17 july 2026") < part.index("do it by 7 june 2026")


async def test_they_are_welcomed_once_and_not_reminded_of_the_same_in_the_week_after(empty: Database) -> None:
    async with empty.writing() as session:
        await a_new_post(Facts(session))
    days = [STARTED + timedelta(days=n) for n in range(22)]
    kinds = {}
    for day in days:
        for decided in (await plan(empty, day)).letters:
            kinds[day] = decided.kind
        await sent(empty)
    # 7 days before 7 June is a Sunday; on the day another.
    assert kinds == {STARTED: "welcome", date(2026, 6, 1): "digest", date(2026, 6, 8): "digest"}


async def test_what_is_done_already_is_told_as_done(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-COURSE")
        await facts.version(await facts.expectation("CSA"), [course])
        post = await facts.post(started_on=STARTED)
        await facts.completed(post, course, date(2025, 1, 8))
    await plan(empty, STARTED)
    letter = await the_letter(empty, STARTED)
    assert isinstance(letter, Draft)
    assert "You have done everything that is expected of you here already" in letter.text
    assert "YOU HAVE THESE ALREADY\n\n* About CSA-COURSE" in letter.text


@pytest.mark.parametrize("why", ["exempt", "unknown"])
async def test_who_has_nothing_to_do_because_it_is_not_asked_or_not_known_is_told_so(empty: Database, why: str) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, expectation = await facts.item("CSA-COURSE"), await facts.expectation("CSA")
        await facts.version(expectation, [course], first_due_days=0)
        post = await facts.post(started_on=STARTED)
        if why == "exempt":
            await facts.exempt(post, expectation, STARTED, date(2026, 12, 31))
        else:
            await facts.feed(await facts.agency(), course)
    later = STARTED + timedelta(days=1)
    assert [one.kind for one in (await plan(empty, later)).letters] == ["welcome"]
    letter = await the_letter(empty, later)
    assert isinstance(letter, Draft)
    heading = "exempt from these for now" if why == "exempt" else "do not know yet whether you have these"
    for part in (letter.text.casefold(), letter.html.casefold()):
        assert "you have done everything" not in part
        assert "there is nothing for you to do now." in part
        assert heading in part.partition("about csa-course")[0]


@pytest.mark.parametrize("started_on", [date(2026, 4, 20), date(2026, 5, 19)], ids=["long in post", "not begun"])
async def test_nobody_is_welcomed_who_is_not_new(empty: Database, started_on: date) -> None:
    async with empty.writing() as session:
        await a_new_post(Facts(session), started_on=started_on)
    assert "welcome" not in [decided.kind for decided in (await plan(empty, STARTED)).letters]


async def test_a_welcome_to_a_post_that_came_to_nothing_is_withdrawn(empty: Database) -> None:
    async with empty.writing() as session:
        post = await a_new_post(Facts(session))
    assert (await plan(empty, STARTED)).letters
    async with empty.writing() as session:
        await correct_post(session, post.id, "tests", ended_on=STARTED)
    assert isinstance(await the_letter(empty, STARTED + timedelta(days=1)), Withdrawn)


async def test_who_begins_on_leave_is_welcomed_when_they_are_there(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.on_leave(await a_new_post(facts), STARTED, date(2026, 5, 31))
    days = [STARTED + timedelta(days=n) for n in range(20)]
    assert [day for day in days if (await plan(empty, day)).letters] == [date(2026, 6, 1)]


async def test_a_welcome_that_waited_says_what_it_says_on_the_day_on_which_it_goes(empty: Database) -> None:
    """The mail server was away for ten days, and nobody is told the same by a digest on the day after."""
    async with empty.writing() as session:
        await a_new_post(Facts(session))
    assert (await plan(empty, STARTED)).letters
    due, weeks_later = date(2026, 6, 7), date(2026, 6, 14)
    assert not (await plan(empty, due + timedelta(days=1))).letters
    assert isinstance(await the_letter(empty, due + timedelta(days=1)), Draft)
    await sent(empty)
    days = [due + timedelta(days=n) for n in range(2, 9)]
    assert [day for day in days if (await plan(empty, day)).letters] == [weeks_later + timedelta(days=1)]
