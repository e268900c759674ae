"""Why somebody was written to on a day, or was not."""

from datetime import date

from sqlalchemy import select

from tests.facts import Facts
from tests.reminders.planning import plan
from tests.reminders.test_digests import DUE, a_course_due
from training_tracker.database import Database
from training_tracker.people.models import Practitioner
from training_tracker.reminders.deciding import Held
from training_tracker.reminders.explaining import Explained, explain_reminders

WEEK_BEFORE = date(2026, 6, 3)


async def explained(database: Database, on: date, *, today: date) -> Explained:
    async with database.reading() as session:
        person = (await session.scalars(select(Practitioner))).one()
        return await explain_reminders(session, person.id, on, today=today)


async def test_a_digest_is_explained_by_the_step_that_made_us_write(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    await plan(empty, WEEK_BEFORE)
    (kept,) = (await explained(empty, WEEK_BEFORE, today=DUE)).made
    assert (kept.decision.held, kept.decision.why) == (None, "CSA: 7 days before 10 June 2026")
    assert kept.message is not None
    assert kept.message.subject == "Your training: 1 thing to do"
    assert kept.decision.look_again_on == DUE


async def test_a_day_on_which_nobody_looked_is_explained_by_the_decision_before_it(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    await plan(empty, WEEK_BEFORE)
    await plan(empty, date(2026, 6, 4))
    told = await explained(empty, date(2026, 6, 5), today=DUE)
    assert [kept.decision.on for kept in told.made] == [WEEK_BEFORE]
    assert told.would is None


async def test_what_was_not_said_is_kept_with_the_reason(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_course_due(facts)
        (await facts.practitioner()).email = None
    await plan(empty, DUE)
    (kept,) = (await explained(empty, DUE, today=DUE)).made
    assert (kept.decision.held, kept.message) == (Held.NO_ADDRESS, None)
    assert kept.decision.why == "CSA: on the day 10 June 2026"


async def test_a_day_to_come_says_what_would_be_decided(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    would = (await explained(empty, DUE, today=WEEK_BEFORE)).would
    assert would is not None
    assert (would.held, would.subject) == (None, "Your training: 1 thing to do")
    assert (await explained(empty, date(2026, 6, 13), today=WEEK_BEFORE)).nothing_because.startswith("Saturday")
