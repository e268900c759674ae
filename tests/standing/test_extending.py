"""More time: asked for, granted, refused, given and taken back, for one cycle and no other."""

from collections.abc import Awaitable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
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
    ExtensionLine,
    State,
    ask_for_extension,
    extensions,
    give_extension,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from training_tracker.standing.known import among
from training_tracker.standing.models import Standing
from training_tracker.standing.status import standings_on

TODAY = date(2026, 5, 4)
DUE = date(2026, 4, 10)
UNTIL = date(2026, 7, 31)
ASKED_AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
DECIDED_AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


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
    """As it is kept; where that is of the day, the engine asked for it says the same."""
    async with database.reading() as session:
        told = []
        for today in (TODAY, on + timedelta(days=1)):
            standing = standings_on(on, today=today, known_at=known_at)
            (row,) = await session.execute(select(standing.c.status, standing.c.due_on))
            told.append((row.status, row.due_on))
        assert told[0] == told[1]
        return told[0]


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


async def refusal(deed: Awaitable[object]) -> tuple[str, str, str]:
    with pytest.raises(Refused) as refused:
        await deed
    return refused.value.problem, refused.value.mend, refused.value.field


async def test_each_refusal_says_what_is_wrong_and_how_to_mend_it(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)

    async def given(until: date = UNTIL, reason: str = "Full") -> None:
        async with empty.writing() as session:
            await give_extension(session, [post.id], expectation.id, until=until, reason=reason, by=BY, today=TODAY)

    async def granted(today: date) -> None:
        async with empty.writing() as session:
            await grant_extension(session, [post.id], expectation.id, by=BY, today=today)

    assert await refusal(given(reason=" ")) == (
        *("More time is given for a reason", "Say what in the work needs it.", "reason"),
    )
    assert await refusal(given(date(2026, 5, 3))) == ("3 May 2026 has passed", "Give a day to come.", "until")
    await given(TODAY)
    assert await read(empty) == ("not yet due", TODAY)
    assert await refusal(given(TODAY)) == (*("It is not due before 4 May 2026 as it is", "Give a later day.", "until"),)
    await asks(empty, post, expectation)
    assert await refusal(given()) == (
        *("Time until 31 July 2026 is asked for already", "Grant, refuse or withdraw that first.", ""),
    )
    assert await refusal(granted(date(2026, 8, 1))) == (
        *("31 July 2026 has passed", "Give time until a later day instead.", ""),
    )
    await granted(UNTIL)
    await asks(empty, post, expectation, date(2026, 8, 31))
    async with empty.writing() as session:
        await Facts(session).completed(post, (await session.scalars(select(Item))).one(), date(2026, 5, 3))
    assert await refusal(granted(TODAY)) == (
        *("More time until 31 August 2026 is of no use any more", "It is not due before then.", ""),
    )


async def test_it_is_for_one_expectation_and_no_other(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        course = (await session.scalars(select(Item))).one()
        await facts.version(await facts.expectation("OTHER"), [course], period_months=12)
    await gives(empty, post, expectation)
    async with empty.reading() as session:
        explained = await explain(session, post.practitioner_id, TODAY, today=TODAY)
    assert {told.code: told.due_on for told in explained} == {"CSA": UNTIL, "OTHER": DUE}


async def test_what_is_done_for_good_is_explained_without_the_time_that_was_given_for_it(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, expectation = await facts.item(), await facts.expectation()
        await facts.version(expectation, [course])
        post = await facts.post(started_on=TODAY)
    await gives(empty, post, expectation)
    async with empty.reading() as session:
        (told,) = await explain(session, post.practitioner_id, TODAY, today=TODAY)
        assert (told.due_on, told.extended_until) == (UNTIL, UNTIL)
    async with empty.writing() as session:
        await Facts(session).completed(post, course, TODAY)
    async with empty.reading() as session:
        (told,) = await explain(session, post.practitioner_id, TODAY, today=TODAY)
        assert (told.due_on, told.extended_until) == (None, None)


async def test_what_falls_due_on_the_very_day_that_was_asked_for_needs_no_more_time(empty: Database) -> None:
    post, expectation = await a_course_overdue(empty)
    await asks(empty, post, expectation, date(2026, 5, 31))
    async with empty.writing() as session:
        await Facts(session).on_leave(post, date(2026, 4, 1), date(2026, 4, 30))
    assert await read(empty) == ("not yet due", date(2026, 5, 31))
    with pytest.raises(Refused, match="of no use any more"):
        async with empty.writing() as session:
            await grant_extension(session, [post.id], expectation.id, by=BY, today=TODAY)


async def test_a_rule_about_a_setting_and_a_version_that_has_ended_give_nothing_to_extend(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        panel, expectation = await facts.expectation("PANEL"), await facts.expectation()
        await facts.version(panel, [course], people_in_setting=1)
        await facts.version(expectation, [course], first_due_days=10)
        await facts.version(expectation, [course], first_due_days=20, effective_from=TODAY)
        await facts.version(expectation, [course], first_due_days=30, effective_from=date(2026, 5, 5))
    async with empty.writing() as session:
        deed = give_extension(session, [post.id], panel.id, until=UNTIL, reason="Full", by=BY, today=TODAY)
        assert await refusal(deed) == ("This does not fall due", "More time is for what is due or will be.", "")
    for today, due_on in ((date(2026, 5, 3), date(2020, 1, 11)), (TODAY, date(2020, 1, 21))):
        async with empty.rehearsing() as session:
            (one,) = await give_extension(
                session, [post.id], expectation.id, until=UNTIL, reason=" Full ", by=BY, today=today
            )
            assert (one.due_on, one.reason) == (due_on, "Full")


async def test_every_extension_is_listed_what_waits_first_and_then_the_newest(empty: Database) -> None:
    with time_machine.travel(ASKED_AT, tick=False) as clock:
        post, expectation = await a_course_overdue(empty)
        await asks(empty, post, expectation)
        clock.move_to(DECIDED_AT)
        async with empty.writing() as session:
            (refused,) = await refuse_extension(session, [post.id], expectation.id, by=BY)
        async with empty.writing() as session:
            facts = Facts(session)
            other = await facts.post("Ben Cole", team=await facts.team("Duty"))
        await asks(empty, other, expectation)
        await gives(empty, post, expectation)
        async with empty.reading() as session:
            waiting, given, listed = await extensions(session)
            assert (waiting.name, waiting.team, waiting.state, waiting.decided_by) == (
                *("Ben Cole", "Duty", State.ASKED, None),
            )
            assert (given.state, given.asked_by) == (State.GRANTED, BY)
            assert listed == ExtensionLine(
                id=refused.id,
                practitioner_id=post.practitioner_id,
                name="Ann Reed",
                post_id=post.id,
                team="Harbour Council",
                expectation_id=expectation.id,
                expectation="CSA",
                title="Expected: CSA",
                due_on=DUE,
                until=UNTIL,
                reason="The course was full",
                asked_by="ann",
                asked_at=ASKED_AT,
                decided_by=BY,
                decided_at=DECIDED_AT,
                state=State.REFUSED,
            )
            assert [line.id for line in await extensions(session, posts=among([other.id]))] == [waiting.id]
        async with empty.writing() as session:
            await withdraw_extension(session, [other.id], expectation.id, today=TODAY)
        assert await states(empty) == [State.GRANTED, State.WITHDRAWN, State.REFUSED]


async def test_only_what_waits_or_has_not_run_out_is_taken_back_and_of_that_post_and_rule_alone(
    empty: Database,
) -> None:
    post, expectation = await a_course_overdue(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        other_post, other_rule = await facts.post("Ben Cole"), await facts.expectation("OTHER")
        await facts.version(other_rule, [(await session.scalars(select(Item))).one()], period_months=12)
    await gives(empty, post, expectation)
    async with empty.writing() as session:
        for posts, rule, today in (
            ([other_post.id], expectation, TODAY),
            ([post.id], other_rule, TODAY),
            ([post.id], expectation, date(2026, 8, 1)),
        ):
            with pytest.raises(NotFound, match=r"^extension to take back$"):
                await withdraw_extension(session, posts, rule.id, today=today)
        assert len(await withdraw_extension(session, [post.id], expectation.id, today=UNTIL)) == 1
    await asks(empty, post, expectation)
    async with empty.writing() as session:
        assert len(await withdraw_extension(session, [post.id], expectation.id, today=TODAY)) == 1
    await asks(empty, post, expectation)
    async with empty.writing() as session:
        await refuse_extension(session, [post.id], expectation.id, by=BY)
        with pytest.raises(NotFound, match="to take back"):
            await withdraw_extension(session, [post.id], expectation.id, today=TODAY)
        with pytest.raises(NotFound, match=r"^extension that waits for an answer$"):
            await refuse_extension(session, [post.id], expectation.id, by=BY)
