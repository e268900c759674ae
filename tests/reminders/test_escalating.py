"""Managers hear of whoever is overdue for longer than the agency's limit: at most once a week, and once of each."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import update

from tests.facts import Facts
from tests.reminders.planning import sent, written
from tests.reminders.test_digests import a_course_due
from tests.reminders.test_summaries import manages
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.mail.models import Message, MessageState, UndeliverableAddress
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.agencies import name_deputy
from training_tracker.reminders.escalating import EscalationPlan, Held, plan_escalations
from training_tracker.reminders.ladder import Ladder
from training_tracker.reminders.ladders import set_ladder
from training_tracker.reminders.snoozing import snooze

# Due on 10 June, overdue since the 11th: for 30 days until 10 July, a Friday.
DUE = date(2026, 6, 10)
MONDAY = date(2026, 7, 13)


async def plan(database: Database, on: date) -> EscalationPlan:
    async with database.writing() as session:
        return await plan_escalations(session, on, today=on)


async def days_of_escalations(database: Database, since: date, until: date) -> list[date]:
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    return [day for day in days if (await plan(database, day)).planned]


async def somebody_overdue(facts: Facts) -> None:
    north = await facts.team("North")
    await manages(facts, "Mia Moss", north)
    await a_course_due(facts, DUE, post=await facts.post(team=north), scopes=[Scope(team_id=north.id)])


async def test_the_manager_hears_when_somebody_passes_the_limit_and_once(empty: Database) -> None:
    async with empty.writing() as session:
        await somebody_overdue(Facts(session))
    assert await days_of_escalations(empty, date(2026, 7, 6), date(2026, 8, 14)) == [date(2026, 7, 11)]


async def test_it_names_who_what_and_since_when(empty: Database) -> None:
    async with empty.writing() as session:
        await somebody_overdue(Facts(session))
    (draft,) = (await plan(empty, MONDAY)).planned
    assert (draft.key.partition(":")[0], draft.to) == ("escalation", "mia-moss@agency.example")
    (letter,) = (await written(empty, MONDAY)).values()
    assert isinstance(letter, Draft)
    assert letter.subject == "Your team's training: 1 thing long overdue"
    assert "* Ann Reed\n  About CSA-COURSE\n  Overdue since 11 June 2026" in letter.text
    assert "Ann Reed" in letter.html


async def test_of_several_in_one_week_the_second_waits_for_the_next_which_names_both(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await somebody_overdue(facts)
        ben = await facts.post("Ben Cole", team=await facts.team("North"))
        await a_course_due(facts, date(2026, 6, 12), code="HSB", post=ben)
    assert await days_of_escalations(empty, MONDAY - timedelta(days=2), MONDAY - timedelta(days=1)) == [
        date(2026, 7, 11)
    ]
    await sent(empty)
    assert await days_of_escalations(empty, MONDAY, date(2026, 8, 14)) == [MONDAY]
    async with empty.reading() as session:
        newest = await session.get(Message, 2)
    assert newest is not None
    letter = (await written(empty, MONDAY))[newest.id]
    assert isinstance(letter, Draft)
    text = letter.text
    assert text.index("Ben Cole") < text.index("ALSO LONG OVERDUE") < text.index("Ann Reed")


async def test_after_a_monday_without_mail_the_manager_gets_one_and_not_two(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await somebody_overdue(facts)
        ben = await facts.post("Ben Cole", team=await facts.team("North"))
        await a_course_due(facts, date(2026, 6, 18), code="HSB", post=ben)
    assert len((await plan(empty, MONDAY)).planned) == 1
    second, third = MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)
    assert (await plan(empty, second)).held == {Held.SENT_ALREADY: 1}, "the first waits still, and will name both"
    (letter,) = (await written(empty, second)).values()
    assert isinstance(letter, Draft)
    assert "Ann Reed" in letter.text
    assert "Ben Cole" in letter.text
    async with empty.writing() as session:
        at = datetime.combine(second, time(8, 20), UTC)
        await session.execute(update(Message).values(state=MessageState.SENT, sent_at=at))
    assert (await plan(empty, second)).held == {Held.SENT_ALREADY: 1}, "it came this week"
    (decided,) = (await plan(empty, third)).planned
    assert [one.name for one in decided.new] == ["Ben Cole"]


async def test_an_agency_says_how_long_it_wants_to_wait(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await somebody_overdue(facts)
        await set_ladder(session, (await facts.agency()).id, Ladder(escalate_after=45), "tests")
    assert await days_of_escalations(empty, date(2026, 7, 6), date(2026, 8, 14)) == [date(2026, 7, 26)]


async def test_who_did_it_before_it_was_sent_is_not_named(empty: Database) -> None:
    async with empty.writing() as session:
        await somebody_overdue(Facts(session))
    await plan(empty, MONDAY)
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.session.get_one(type(await facts.item("OTHER")), 1)
        await facts.completed(await facts.post(), course, MONDAY)
    assert list((await written(empty, MONDAY)).values()) == [Withdrawn("nobody is overdue for so long any more")]


async def test_the_manager_above_knows_no_names_where_somebody_manages_the_team(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await somebody_overdue(facts)
        await manages(facts, "Sam Top", await facts.team())
    assert [draft.to for draft in (await plan(empty, MONDAY)).planned] == ["mia-moss@agency.example"]


async def test_while_the_manager_is_away_the_deputy_hears_of_it_and_else_the_manager_above(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await facts.on_leave(await manages(facts, "Mia Moss", north), date(2026, 7, 1))
        await a_course_due(facts, DUE, post=await facts.post(team=north), scopes=[Scope(team_id=north.id)])
        await manages(facts, "Sam Top", await facts.team())
        deputy = await facts.post("Dee Vine")
    async with empty.rehearsing() as session:
        above = (await plan_escalations(session, MONDAY, today=MONDAY)).planned
        assert [draft.to for draft in above] == ["sam-top@agency.example"]
    async with empty.writing() as session:
        await name_deputy(session, north.id, deputy.practitioner_id)
    assert [draft.to for draft in (await plan(empty, MONDAY)).planned] == ["dee-vine@agency.example"]


async def test_who_is_on_leave_here_is_away_here_wherever_else_they_work(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north, bay = await facts.team("North"), await facts.agency("Bay Council")
        await facts.on_leave(await manages(facts, "Mia Moss", north), date(2026, 7, 1))
        await facts.post("Mia Moss", team=await facts.team(agency=bay))
        await a_course_due(facts, DUE, post=await facts.post(team=north), scopes=[Scope(team_id=north.id)])
        deputy = await facts.post("Dee Vine")
        await name_deputy(session, north.id, deputy.practitioner_id)
    assert [draft.to for draft in (await plan(empty, MONDAY)).planned] == ["dee-vine@agency.example"]


async def test_a_deputy_hears_nothing_while_the_manager_is_there(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await somebody_overdue(facts)
        await name_deputy(session, (await facts.team("North")).id, (await facts.post("Dee Vine")).practitioner_id)
    assert [draft.to for draft in (await plan(empty, MONDAY)).planned] == ["mia-moss@agency.example"]
    assert (await plan(empty, MONDAY)).held == {Held.SENT_ALREADY: 1}


async def test_whoever_is_held_back_is_named_with_the_reason(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await somebody_overdue(facts)
        await facts.on_leave(await manages(facts, "Lea Way", north), date(2026, 7, 1))
        for name in ("Noa Post", "Una Reach", "Sue Nooze"):
            await manages(facts, name, north)
        (await facts.practitioner("Noa Post")).email = None
        session.add(UndeliverableAddress(address="una-reach@agency.example", since=now()))
        ann, sue = await facts.practitioner("Ann Reed"), await facts.practitioner("Sue Nooze")
        await snooze(session, sue.id, ann.id, MONDAY + timedelta(days=10), today=MONDAY)
    reasons = {each.manager.name: each.held for each in (await plan(empty, MONDAY)).decisions}
    assert reasons == {
        "Mia Moss": None,
        "Lea Way": Held.ON_LEAVE,
        "Noa Post": Held.NO_ADDRESS,
        "Una Reach": Held.UNREACHABLE,
        "Sue Nooze": Held.SNOOZED,
    }
    await sent(empty)
    (told,) = (await plan(empty, MONDAY + timedelta(days=7))).decisions[:1]
    assert (told.manager.name, told.held) == ("Mia Moss", Held.NOTHING_NEW)


async def test_why_somebody_is_told_names_who_what_and_since_when(empty: Database) -> None:
    async with empty.writing() as session:
        await somebody_overdue(Facts(session))
    (told,) = (await plan(empty, MONDAY)).planned
    assert told.because == "Ann Reed, About CSA-COURSE: overdue since 11 June 2026"
