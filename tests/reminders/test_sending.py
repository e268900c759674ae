"""What an e-mail says when it is sent: the facts of that moment, whatever was true when it was planned."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.facts import Facts
from tests.mail.letters import states
from tests.reminders.planning import plan, written
from tests.reminders.test_cost import counting, overdue_people
from tests.reminders.test_digests import DONE, DUE, a_course_due, days_of_digests
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.leave import withdraw_leave
from training_tracker.people.models import Absence
from training_tracker.people.posts import correct_post
from training_tracker.records.recording import void_completion
from training_tracker.reminders.ladder import Ladder
from training_tracker.reminders.ladders import set_ladder
from training_tracker.reminders.models import Reminder

FRIDAY, MONDAY = date(2026, 6, 5), date(2026, 6, 8)


async def the_letter(database: Database, on: date) -> Draft | Withdrawn:
    (letter,) = (await written(database, on)).values()
    return letter


async def test_what_was_done_while_the_digest_waited_is_not_in_it(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("CSA-COURSE"), await facts.item("HSB-COURSE")
        for code, item in (("CSA", course), ("HSB", other)):
            await facts.version(await facts.expectation(code), [item], period_months=36)
        post = await facts.post()
        await facts.completed(post, course, DONE)
        await facts.completed(post, other, DONE)
    assert [digest.subject for digest in (await plan(empty, FRIDAY)).digests] == ["Your training: 2 things to do"]
    async with empty.writing() as session:
        await Facts(session).completed(post, course, date(2026, 6, 6))
    letter = await the_letter(empty, MONDAY)
    assert isinstance(letter, Draft)
    assert letter.subject == "Your training: 1 thing to do"
    assert "HSB" in letter.text
    assert "CSA" not in letter.text


async def test_what_a_digest_did_not_tell_since_it_was_done_is_told_when_that_is_void(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("CSA-COURSE"), await facts.item("HSB-COURSE")
        for code, item in (("CSA", course), ("HSB", other)):
            await facts.version(await facts.expectation(code), [item])
        post = await facts.post()
    assert [digest.subject for digest in (await plan(empty, FRIDAY)).digests] == ["Your training: 2 things overdue"]
    async with empty.writing() as session:
        done = await Facts(session).completed(post, course, FRIDAY)
    await send(empty, MONDAY)
    async with empty.writing() as session:
        await void_completion(session, done.id, reason="Somebody else's", by="tests")
    week_later = MONDAY + timedelta(days=7)
    assert await days_of_digests(empty, MONDAY, week_later + timedelta(days=3)) == [week_later]


async def test_a_digest_about_what_is_done_by_now_is_withdrawn(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=36)
        post = await facts.post()
        await facts.completed(post, course, DONE)
    assert (await plan(empty, FRIDAY)).digests
    async with empty.writing() as session:
        await Facts(session).completed(post, course, date(2026, 6, 6))
    assert await the_letter(empty, MONDAY) == Withdrawn("what it was about is done, or no longer asked")


async def test_a_leaver_does_not_get_what_was_planned_before_they_left(empty: Database) -> None:
    async with empty.writing() as session:
        post = await a_course_due(Facts(session))
    assert (await plan(empty, FRIDAY)).digests
    async with empty.writing() as session:
        await correct_post(session, post.id, "tests", ended_on=FRIDAY)
    assert isinstance(await the_letter(empty, MONDAY), Withdrawn)


async def test_what_leave_held_back_is_said_when_they_are_back(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        post = await facts.post()
    assert (await plan(empty, FRIDAY)).digests, "overdue for years"
    async with empty.writing() as session:
        leave = await Facts(session).on_leave(post, FRIDAY)
    assert await the_letter(empty, MONDAY) == Withdrawn("on leave")
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Reminder)) == 0, "what is not sent was not said"
    assert not (await plan(empty, MONDAY)).digests
    async with empty.writing() as session:
        withdraw_leave(session, [await session.get_one(Absence, leave.id)])
        await Facts(session).on_leave(post, FRIDAY, date(2026, 6, 10))
    assert await days_of_digests(empty, date(2026, 6, 9), date(2026, 6, 20)) == [date(2026, 6, 11)]


async def test_what_was_withdrawn_and_is_open_again_the_same_day_is_sent_once(empty: Database) -> None:
    async with empty.writing() as session:
        post = await a_course_due(Facts(session))
    assert (await plan(empty, DUE)).digests
    async with empty.writing() as session:
        leave = await Facts(session).on_leave(post, DUE)
    await send(empty, DUE)
    assert await states(empty) == {"withdrawn": 1}
    async with empty.writing() as session:
        withdraw_leave(session, [await session.get_one(Absence, leave.id)])
    assert len((await plan(empty, DUE)).digests) == 1
    await send(empty, DUE)
    assert await states(empty) == {"sent": 1}
    assert not (await plan(empty, DUE)).digests


async def test_what_went_out_on_monday_before_mondays_plan_is_not_said_twice(empty: Database) -> None:
    """Friday's digest waited over the weekend in which the course fell due."""
    async with empty.writing() as session:
        facts = Facts(session)
        post = await a_course_due(facts, date(2026, 6, 6))
        await a_course_due(facts, date(2026, 6, 12), code="HSB", post=post)
    assert (await plan(empty, FRIDAY)).digests
    await send(empty, MONDAY)
    assert not (await plan(empty, MONDAY)).digests
    # A week after the overdue one, and the day of the other.
    assert await days_of_digests(empty, date(2026, 6, 9), date(2026, 6, 16)) == [date(2026, 6, 15)]


async def send(database: Database, on: date) -> None:
    """Let what waits be written, and take it as sent unless it is withdrawn."""
    for number, letter in (await written(database, on)).items():
        async with database.writing() as session:
            message = await session.get_one(Message, number)
            message.state = MessageState.WITHDRAWN if isinstance(letter, Withdrawn) else MessageState.SENT


async def test_it_goes_to_the_address_they_have_now(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    (digest,) = (await plan(empty, FRIDAY)).digests
    async with empty.writing() as session:
        (await Facts(session).practitioner()).email = "ann@moved.example"
    letter = await the_letter(empty, MONDAY)
    assert digest.to == "ann-reed@agency.example"
    assert isinstance(letter, Draft)
    assert letter.to == "ann@moved.example"


async def test_of_two_digests_that_waited_the_newer_one_is_sent(empty: Database) -> None:
    """The mail server was away for a week: nobody gets the backlog."""
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    assert (await plan(empty, date(2026, 6, 3))).digests
    assert (await plan(empty, DUE)).digests
    older, newer = (await written(empty, DUE)).values()
    assert older == Withdrawn("a newer digest takes its place")
    assert isinstance(newer, Draft)
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Reminder)) == 2, "the newer one says it all"


async def test_what_an_older_digest_was_to_say_is_not_lost_with_the_newer_one(empty: Database) -> None:
    """Both waited; what the newer one was planned for is done, what the older one was planned for is not."""
    async with empty.writing() as session:
        facts = Facts(session)
        post = await a_course_due(facts, date(2026, 7, 3))  # 30 days before: 3 June
        await a_course_due(facts, date(2026, 6, 4), code="HSB", post=post)
    assert (await plan(empty, date(2026, 6, 3))).digests
    (newer,) = (await plan(empty, FRIDAY)).digests
    assert newer.why == "HSB: on the day 4 June 2026"
    async with empty.writing() as session:
        course = (await session.scalars(select(Item).where(Item.code == "HSB-COURSE"))).one()
        await Facts(session).completed(post, course, date(2026, 6, 6))
    withdrawn, letter = (await written(empty, MONDAY)).values()
    assert withdrawn == Withdrawn("a newer digest takes its place")
    assert isinstance(letter, Draft)
    assert letter.subject == "Your training: 1 thing to do"
    assert "CSA" in letter.text


async def test_what_has_come_while_the_digest_waited_comes_first_too(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await a_course_due(facts, FRIDAY)
        await a_course_due(facts, date(2026, 6, 14), code="HSB", post=post)  # 7 days before is a Sunday
    assert (await plan(empty, FRIDAY - timedelta(days=7))).digests
    await send(empty, FRIDAY - timedelta(days=7))
    (digest,) = (await plan(empty, FRIDAY)).digests
    assert digest.why == "CSA: on the day 5 June 2026"
    letter = await the_letter(empty, MONDAY)
    assert isinstance(letter, Draft)
    assert "HSB" in letter.text
    assert "ALSO ON YOUR LIST" not in letter.text


async def test_what_a_digest_told_beside_its_reason_is_not_told_anew_by_another_ladder(empty: Database) -> None:
    """What was told again after the new ladder's step had come has been told of at that step."""
    async with empty.writing() as session:
        facts = Facts(session)
        post = await a_course_due(facts, date(2026, 7, 3))  # 30 days before: 3 June
        await a_course_due(facts, date(2026, 6, 10), code="HSB", post=post)
    for day in (date(2026, 6, 3), DUE):
        assert (await plan(empty, day)).digests
        await send(empty, day)
    async with empty.writing() as session:
        await set_ladder(session, (await Facts(session).agency()).id, Ladder((25,), ()), "tests")  # 8 June
    assert await days_of_digests(empty, date(2026, 6, 11), date(2026, 7, 2)) == []


async def test_the_week_is_kept_where_what_was_newly_overdue_is_not_any_more(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await a_course_due(facts, date(2026, 6, 4))
        await a_course_due(facts, date(2026, 6, 12), code="HSB", post=post)  # 7 days before: 5 June
    assert (await plan(empty, date(2026, 6, 3))).digests
    await send(empty, date(2026, 6, 3))
    (digest,) = (await plan(empty, FRIDAY)).digests
    assert digest.why == "CSA: on the day 4 June 2026; HSB: 7 days before 12 June 2026"
    async with empty.writing() as session:
        course = (await session.scalars(select(Item).where(Item.code == "CSA-COURSE"))).one()
        await Facts(session).completed(post, course, FRIDAY)
    assert await the_letter(empty, MONDAY) == Withdrawn("had a digest in the last 7 days")
    assert await days_of_digests(empty, MONDAY, DUE) == [DUE]


async def test_what_waited_until_it_was_overdue_says_so(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    await plan(empty, DUE)
    letter = await the_letter(empty, DUE + timedelta(days=1))
    assert isinstance(letter, Draft)
    assert letter.subject == "Your training: 1 thing overdue"


@pytest.mark.parametrize("people", [2, 40])
async def test_writing_takes_the_same_few_statements_for_one_digest_and_for_many(empty: Database, people: int) -> None:
    await overdue_people(empty, people)
    await plan(empty, FRIDAY)
    with counting(empty) as statements:
        assert len(await written(empty, FRIDAY)) == people
    assert len([statement for statement in statements if "FROM" in statement]) <= 17
