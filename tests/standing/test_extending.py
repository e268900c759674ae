"""More time: asked for, granted, refused, given and taken back, for one cycle and no other."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.facts import BY, Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Expectation
from training_tracker.people.models import Post
from training_tracker.standing.comparing import compare
from training_tracker.standing.explanation import explain
from training_tracker.standing.extending import (
    State,
    ask_for_extension,
    extensions,
    give_extension,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from training_tracker.standing.models import Standing
from training_tracker.standing.status import standings_on

TODAY = date(2026, 5, 4)
DUE = date(2026, 4, 10)
UNTIL = date(2026, 7, 31)


async def a_course_overdue(database: Database) -> tuple[Post, Expectation]:
    """Ann did a yearly course on 10 April 2025, so that it was due on 10 April 2026."""
    async with database.writing() as session:
        facts = Facts(session)
        course, expectation = await facts.item(), await facts.expectation()
        await facts.version(expectation, [course], period_months=12)
        post = await facts.post()
        await facts.completed(post, course, date(2025, 4, 10))
    return post, expectation


async def gives(database: Database, post: Post, expectation: Expectation, until: date = UNTIL) -> None:
    async with database.writing() as session:
        await give_extension(
            session, [post.id], expectation.id, until=until, reason="The course was full", by=BY, today=TODAY
        )


async def asks(database: Database, post: Post, expectation: Expectation, until: date = UNTIL) -> None:
    async with database.writing() as session:
        await ask_for_extension(
            session, [post.id], expectation.id, until=until, reason="The course was full", by="ann", today=TODAY
        )


async def read(database: Database, on: date = TODAY, known_at: datetime | None = None) -> tuple[str, date]:
    async with database.reading() as session:
        standing = standings_on(on, today=TODAY, known_at=known_at)
        (row,) = await session.execute(select(standing.c.status, standing.c.due_on))
        return row.status, row.due_on


async def states(database: Database) -> list[State]:
    async with database.reading() as session:
        return [line.state for line in await extensions(session)]


async def test_what_is_asked_for_changes_nothing_until_it_is_granted(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    await asks(empty, post, expectation)
    assert (await read(empty), await states(empty)) == (("overdue", DUE), [State.ASKED])
    async with empty.writing() as session:
        (granted,) = await grant_extension(session, [post.id], expectation.id, by=BY, today=TODAY)
    assert (granted.due_on, granted.asked_by, granted.decided_by) == (DUE, "ann", BY)
    assert (await read(empty), await states(empty)) == (("not yet due", UNTIL), [State.GRANTED])
    assert await read(empty, UNTIL) == ("not yet due", UNTIL)
    assert await read(empty, UNTIL + timedelta(days=1)) == ("overdue", UNTIL)


async def test_what_is_refused_changes_nothing_and_can_be_asked_for_again(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    await asks(empty, post, expectation)
    async with empty.writing() as session:
        await refuse_extension(session, [post.id], expectation.id, by=BY)
    assert (await read(empty), await states(empty)) == (("overdue", DUE), [State.REFUSED])
    await asks(empty, post, expectation)
    assert await states(empty) == [State.ASKED, State.REFUSED]


async def test_what_is_given_can_be_taken_back_and_was_so_in_between(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    before = now()
    await gives(empty, post, expectation)
    meanwhile = now()
    async with empty.writing() as session:
        await withdraw_extension(session, [post.id], expectation.id, today=TODAY)
    assert (await read(empty), await states(empty)) == (("overdue", DUE), [State.WITHDRAWN])
    assert await read(empty, known_at=before) == ("overdue", DUE)
    assert await read(empty, known_at=meanwhile) == ("not yet due", UNTIL)
    async with empty.reading() as session:
        (difference,) = await compare(session, TODAY, today=TODAY, before=before, after=meanwhile)
        (undone,) = await compare(session, TODAY, today=TODAY, before=meanwhile)
    assert [cause.split(" on ")[0] for cause in (*difference.causes, *undone.causes)] == [
        "More time until 31 July 2026 was granted",
        "More time until 31 July 2026 was withdrawn",
    ]


async def test_a_renewal_is_counted_from_its_own_day_and_has_no_more_time(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    await gives(empty, post, expectation)
    async with empty.writing() as session:
        course = (await session.scalars(select(Item))).one()
        await Facts(session).completed(post, course, date(2026, 5, 3))
    assert await read(empty) == ("compliant", date(2027, 5, 3))


async def test_it_extends_the_day_of_the_rule_so_that_leave_recorded_later_gives_more_and_never_less(
    empty: Database,
) -> None:
    post, expectation = await a_course_overdue(empty)
    await gives(empty, post, expectation)
    async with empty.writing() as session:
        await Facts(session).on_leave(post, date(2026, 4, 1), date(2026, 4, 20))
    assert await read(empty) == ("not yet due", UNTIL)
    async with empty.writing() as session:
        await Facts(session).on_leave(post, date(2026, 7, 1), date(2026, 8, 31))
    assert await read(empty, date(2026, 9, 1)) == ("not yet due", date(2026, 10, 1))


async def test_all_posts_of_a_person_that_fall_due_before_the_day_are_meant(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        expectation = await facts.expectation()
        await facts.version(expectation, [await facts.item()])
        old = await facts.post()
        new = await facts.post(role=await facts.role("Duty manager"), started_on=date(2026, 4, 20))
        later = await facts.post(role=await facts.role("Trainee"), started_on=date(2026, 7, 20))
    async with empty.writing() as session:
        posts = [old.id, new.id, later.id]
        given = await give_extension(
            session, posts, expectation.id, until=UNTIL, reason="The course was full", by=BY, today=TODAY
        )
        assert {one.post_id: one.due_on for one in given} == {old.id: date(2020, 1, 31), new.id: date(2026, 5, 20)}


@pytest.mark.parametrize(
    ("until", "reason", "problem"),
    [
        (UNTIL, "  ", "More time is given for a reason"),
        (date(2026, 5, 3), "Full", "3 May 2026 has passed"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    empty: Database, until: date, reason: str, problem: str
) -> None:
    post, expectation = await a_course_overdue(empty)
    with pytest.raises(Refused, match=problem):
        async with empty.writing() as session:
            await give_extension(session, [post.id], expectation.id, until=until, reason=reason, by=BY, today=TODAY)
    assert (await read(empty), await states(empty)) == (("overdue", DUE), [])


async def test_a_day_that_gives_nothing_more_is_refused(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    await gives(empty, post, expectation)
    with pytest.raises(Refused, match="It is not due before 31 July 2026 as it is"):
        await gives(empty, post, expectation, UNTIL)
    await gives(empty, post, expectation, date(2026, 8, 31))
    assert await read(empty) == ("not yet due", date(2026, 8, 31))


async def test_a_second_question_waits_for_the_answer_to_the_first(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    await asks(empty, post, expectation)
    for do in (asks, gives):
        with pytest.raises(Refused, match="Time until 31 July 2026 is asked for already"):
            await do(empty, post, expectation, date(2026, 8, 31))


async def test_there_is_no_answer_without_a_question_and_nothing_to_take_back(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    with pytest.raises(NotFound, match="waits for an answer"):
        async with empty.writing() as session:
            await grant_extension(session, [post.id], expectation.id, by=BY, today=TODAY)
    with pytest.raises(NotFound, match="to take back"):
        async with empty.writing() as session:
            await withdraw_extension(session, [post.id], expectation.id, today=TODAY)


async def test_what_never_falls_due_has_no_more_time(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, expectation = await facts.item(), await facts.expectation()
        await facts.version(expectation, [course])
        post = await facts.post()
        await facts.completed(post, course, DUE)
    with pytest.raises(Refused, match="This does not fall due"):
        await gives(empty, post, expectation)
    assert await states(empty) == []


async def test_the_explanation_says_how_much_more_time_there_is(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    before = now()
    await gives(empty, post, expectation)
    async with empty.reading() as session:
        (told,) = await explain(session, post.practitioner_id, TODAY, today=TODAY)
        assert told.extended_until == UNTIL
        assert told.steps[-2:] == ["It lapsed after 10 April 2026.", "You were given more time, until 31 July 2026."]
        assert told.next_step == "Complete “About CSA-INTRO” by 31 July 2026."
        (earlier,) = await explain(session, post.practitioner_id, TODAY, today=TODAY, known_at=before)
        assert earlier.extended_until is None
        assert await session.scalar(select(Standing.due_on)) == UNTIL
