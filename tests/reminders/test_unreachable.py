"""People whose e-mail address does not work: nothing counts as said to them, and their manager is told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import time_machine

from tests.facts import LONG_AGO, Facts
from tests.intake.spreadsheets import bring, person
from tests.mail.letters import outbox, settings_for, states
from tests.mail.servers import MailServer, mail_server
from tests.reminders.planning import BASE, plan
from tests.reminders.test_digests import DUE, a_course_due
from tests.reminders.test_escalating import MONDAY as LONG_AFTER
from tests.reminders.test_escalating import somebody_overdue
from tests.reminders.test_summaries import a_team_of_every_status, manages, only_summary
from tests.reminders.test_summaries import plan as plan_summaries_on
from training_tracker.access.addresses import change_address
from training_tracker.access.granting import lead_agency, lead_partnership
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.models import Message, UndeliverableAddress
from training_tracker.mail.outbox import retry
from training_tracker.people.models import Practitioner
from training_tracker.reminders import escalating, summaries
from training_tracker.reminders.deciding import Held
from training_tracker.reminders.escalating import plan_escalations
from training_tracker.reminders.lead_summaries import plan_agency_summaries, plan_partnership_summaries
from training_tracker.reminders.sending import author, write_again_to
from training_tracker.reminders.summaries import plan_summaries

ANN = "ann-reed@agency.example"
MIA = "mia-moss@agency.example"
MONTHLY = ["summary", "agency-summary", "partnership-summary"]
UNKNOWN = "550 5.1.1 No such person here"
WEDNESDAY, THURSDAY, FRIDAY, MONDAY, TUESDAY = (date(2026, 6, day) for day in (10, 11, 12, 15, 16))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


async def planned_and_sent(database: Database, server: MailServer, on: date) -> tuple[dict[Held, int], Delivered]:
    settings = settings_for(server.port)
    with time_machine.travel(datetime.combine(on, time(9), UTC), tick=True):
        planned = await plan(database, on)
        return dict(planned.held), await deliver(database, settings, author(settings))


async def test_what_was_refused_for_good_is_said_again_until_the_address_is_given_up(
    empty: Database, server: MailServer
) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    assert DUE == WEDNESDAY
    server.behaviour.rcpt[ANN] = UNKNOWN
    assert await planned_and_sent(empty, server, WEDNESDAY) == ({}, Delivered(failed=1))
    assert await planned_and_sent(empty, server, THURSDAY) == ({}, Delivered(failed=1)), "nothing counts as said"
    assert await planned_and_sent(empty, server, FRIDAY) == ({Held.UNREACHABLE: 1}, Delivered())
    server.behaviour.rcpt.clear()
    async with empty.writing() as session:
        assert await write_again_to(session, ANN)
        assert not await write_again_to(session, ANN)
    assert await planned_and_sent(empty, server, MONDAY) == ({}, Delivered(sent=1))
    assert await planned_and_sent(empty, server, TUESDAY) == ({}, Delivered()), "and then it is said"


async def test_the_same_day_again_tries_again_what_failed(empty: Database, server: MailServer) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    server.behaviour.rcpt[ANN] = "554 5.7.1 Not today"
    assert await planned_and_sent(empty, server, WEDNESDAY) == ({}, Delivered(failed=1))
    server.behaviour.rcpt.clear()
    assert await planned_and_sent(empty, server, WEDNESDAY) == ({}, Delivered(sent=1))
    assert await states(empty) == {"sent": 1}


async def test_a_failed_digest_that_is_put_back_is_sent_unless_a_newer_one_was(
    empty: Database, server: MailServer
) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    server.behaviour.rcpt[ANN] = "554 5.7.1 Not today"
    await planned_and_sent(empty, server, WEDNESDAY)
    server.behaviour.rcpt.clear()
    (failed,) = await outbox(empty)
    async with empty.writing() as session:
        await retry(session, failed.id)
        (await session.get_one(Message, failed.id)).not_before = failed.not_before
    settings = settings_for(server.port)
    with time_machine.travel(datetime.combine(THURSDAY, time(9), UTC), tick=True):
        assert await deliver(empty, settings, author(settings)) == Delivered(sent=1)
    assert (await planned_and_sent(empty, server, FRIDAY))[1] == Delivered(), "it was said by the one put back"


@pytest.mark.parametrize("what", ["welcome", "confirmation"])
async def test_a_welcome_or_a_confirmation_that_never_arrived_is_said_when_the_address_works_again(
    empty: Database, server: MailServer, what: str
) -> None:
    with time_machine.travel(datetime.combine(WEDNESDAY, time(7), UTC), tick=True):
        async with empty.writing() as session:
            facts = Facts(session)
            post, item = await facts.post(started_on=WEDNESDAY if what == "welcome" else LONG_AGO), await facts.item()
            if what == "welcome":
                await facts.version(await facts.expectation(), [item], first_due_days=200)
            else:
                await facts.completed(post, item, WEDNESDAY)
    server.behaviour.rcpt[ANN] = UNKNOWN
    for day in (WEDNESDAY, THURSDAY):
        assert (await planned_and_sent(empty, server, day))[1] == Delivered(failed=1), "nothing counts as said"
    server.behaviour.rcpt.clear()
    assert (await planned_and_sent(empty, server, FRIDAY))[1] == Delivered(), "nothing is planned to where it leads"
    async with empty.writing() as session:
        await write_again_to(session, ANN)
    assert (await planned_and_sent(empty, server, MONDAY))[1] == Delivered(sent=1)
    assert [one.key.partition(":")[0] for one in await outbox(empty)] == [what] * 3
    assert (await planned_and_sent(empty, server, TUESDAY))[1] == Delivered(), "and then it is said"


@pytest.mark.parametrize("what", ["digest", "welcome", "confirmation"])
async def test_what_waited_for_an_address_that_was_given_up_meanwhile_is_said_when_it_works_again(
    empty: Database, server: MailServer, what: str
) -> None:
    with time_machine.travel(datetime.combine(WEDNESDAY, time(7), UTC), tick=True):
        async with empty.writing() as session:
            facts = Facts(session)
            post, item = await facts.post(started_on=WEDNESDAY if what == "welcome" else LONG_AGO), await facts.item()
            if what == "confirmation":
                await facts.completed(post, item, WEDNESDAY)
            else:
                await facts.version(await facts.expectation(), [item])
        assert [one.kind for one in (await plan(empty, WEDNESDAY)).letters] == [what]
    async with empty.writing() as session:
        session.add(UndeliverableAddress(address=ANN, since=now()))
    settings = settings_for(server.port)
    with time_machine.travel(datetime.combine(WEDNESDAY, time(9), UTC), tick=True):
        assert await deliver(empty, settings, author(settings)) == Delivered(withdrawn=1)
    assert [one.withdrawn_because for one in await outbox(empty)] == ["the e-mail address does not work"]
    async with empty.writing() as session:
        await write_again_to(session, ANN)
    assert (await planned_and_sent(empty, server, THURSDAY))[1] == Delivered(sent=1)
    assert server.letters[-1].recipients == (ANN,)


async def test_whom_no_mail_reaches_is_told_of_nobody_and_the_manager_above_is(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await somebody_overdue(facts)
        await manages(facts, "Sam Top", await facts.team())
        session.add(UndeliverableAddress(address="mia-moss@agency.example", since=now()))
    async with empty.writing() as session:
        planned = await plan_escalations(session, LONG_AFTER, today=LONG_AFTER)
    assert [draft.to for draft in planned.planned] == ["sam-top@agency.example"]
    assert planned.held == {escalating.Held.UNREACHABLE: 1}


async def test_a_lead_whom_no_mail_reaches_gets_no_summary(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        lead = await facts.post("Lee Lead")
        await lead_agency(session, lead.practitioner_id, (await facts.agency()).id)
        session.add(UndeliverableAddress(address="lee-lead@agency.example", since=now()))
    async with empty.writing() as session:
        planned = await plan_agency_summaries(
            session, WEDNESDAY, on=WEDNESDAY, today=WEDNESDAY, base_url=BASE, threshold=5
        )
    assert (planned.planned, planned.held) == ([], {summaries.Held.UNREACHABLE: 1})


async def test_the_manager_reads_whose_address_does_not_work(empty: Database, server: MailServer) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    server.behaviour.rcpt["dan-frost@agency.example"] = UNKNOWN
    for day in (date(2026, 5, 28), date(2026, 5, 29)):
        await planned_and_sent(empty, server, day)
    summary = await only_summary(empty)
    assert [one.name for one in summary.names.unreachable.people] == ["Dan Frost"]
    letter = next(message for message in await outbox(empty) if message.key == summary.key)
    for body in (letter.text, letter.html):
        assert "address does not work: 1 person" in body.replace("ADDRESS DOES NOT WORK", "address does not work")
        assert "Dan Frost" in body
    async with empty.writing() as session:
        session.add(UndeliverableAddress(address="mia-moss@agency.example", since=now()))
    unreachable = await plan_summaries_on(empty, date(2026, 7, 1))
    assert (unreachable.summaries, unreachable.held) == ([], {summaries.Held.UNREACHABLE: 1})


async def test_a_new_address_from_an_import_is_written_to_at_once(
    configured: Database, server: MailServer, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person(**{"employee number": "0042", "e-mail": "ann.reed@trust.example"}))
    server.behaviour.rcpt["ann.reed@trust.example"] = UNKNOWN
    for day in (WEDNESDAY, THURSDAY):
        assert (await planned_and_sent(configured, server, day))[1] == Delivered(failed=1)
    await bring(configured, tmp_path, person(**{"employee number": "0042", "e-mail": "a.reed@trust.example"}))
    async with configured.reading() as session:
        assert (await session.get_one(Practitioner, 1)).email == "a.reed@trust.example"
    assert (await planned_and_sent(configured, server, FRIDAY))[1] == Delivered(sent=1)
    assert server.letters[-1].recipients == ("a.reed@trust.example",)


async def a_manager_who_leads(database: Database) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        mia = await facts.practitioner("Mia Moss")
        await lead_agency(session, mia.id, (await facts.agency()).id)
        await lead_partnership(session, mia.id, (await facts.partnership()).id)


async def plan_monthly(database: Database, on: date) -> list[str]:
    """Plan the month's summaries of every kind; returns to whom."""
    with time_machine.travel(datetime.combine(on, time(8), UTC), tick=True):
        async with database.writing() as session:
            planned = [one.to for one in (await plan_summaries(session, on, on=on, today=on, base_url=BASE)).summaries]
            for plan_for_leads in (plan_agency_summaries, plan_partnership_summaries):
                plan = await plan_for_leads(session, on, on=on, today=on, base_url=BASE, threshold=5)
                planned += [one.to for one in plan.planned]
        return planned


async def monthly(database: Database, *, to: str = MIA) -> dict[str, str]:
    """What became of the summaries to somebody, by their kinds."""
    return {
        one.key.partition(":")[0]: one.state.value
        for one in await outbox(database)
        if one.key.partition(":")[0] in MONTHLY and one.to == to
    }


@pytest.mark.parametrize("planned_when_it_worked", [True, False])
async def test_the_months_summaries_are_kept_for_a_reader_whose_address_works_again_in_that_month(
    empty: Database, server: MailServer, planned_when_it_worked: bool
) -> None:
    await a_manager_who_leads(empty)
    if planned_when_it_worked:
        assert await plan_monthly(empty, WEDNESDAY) == [MIA] * 3
    async with empty.writing() as session:
        session.add(UndeliverableAddress(address=MIA, since=now()))
    if not planned_when_it_worked:
        assert await plan_monthly(empty, WEDNESDAY) == []
    await planned_and_sent(empty, server, WEDNESDAY)
    assert await monthly(empty) == dict.fromkeys(MONTHLY, "withdrawn")
    await planned_and_sent(empty, server, THURSDAY)
    assert await monthly(empty) == dict.fromkeys(MONTHLY, "withdrawn"), "it does not work yet"
    async with empty.writing() as session:
        await write_again_to(session, MIA)
    await planned_and_sent(empty, server, FRIDAY)
    assert await monthly(empty) == dict.fromkeys(MONTHLY, "sent")
    assert await plan_monthly(empty, MONDAY) == []
    await planned_and_sent(empty, server, MONDAY)
    assert sum(subject.endswith("June 2026") for subject in server.subjects) == 3, "each once"


async def test_the_months_summaries_go_to_the_address_that_takes_the_place_of_one_that_does_not_work(
    empty: Database, server: MailServer
) -> None:
    await a_manager_who_leads(empty)
    async with empty.writing() as session:
        session.add(UndeliverableAddress(address=MIA, since=now()))
    await plan_monthly(empty, WEDNESDAY)
    async with empty.writing() as session:
        await change_address(session, await Facts(session).practitioner("Mia Moss"), "mia@moved.example")
    await planned_and_sent(empty, server, THURSDAY)
    assert await monthly(empty, to="mia@moved.example") == dict.fromkeys(MONTHLY, "sent")


@pytest.mark.parametrize("mended", ["another address", "it works again"])
async def test_the_months_summaries_that_failed_at_an_address_are_sent_when_it_is_mended(
    empty: Database, server: MailServer, mended: str
) -> None:
    await a_manager_who_leads(empty)
    await plan_monthly(empty, WEDNESDAY)
    server.behaviour.rcpt[MIA] = UNKNOWN
    await planned_and_sent(empty, server, WEDNESDAY)
    assert await monthly(empty) == dict.fromkeys(MONTHLY, "failed")
    server.behaviour.rcpt.clear()
    await planned_and_sent(empty, server, THURSDAY)
    assert await monthly(empty) == dict.fromkeys(MONTHLY, "failed"), "nobody has mended it"
    to = MIA if mended == "it works again" else "mia@moved.example"
    async with empty.writing() as session:
        if to == MIA:
            await write_again_to(session, MIA)
        else:
            await change_address(session, await Facts(session).practitioner("Mia Moss"), to)
    await planned_and_sent(empty, server, FRIDAY)
    assert await monthly(empty, to=to) == dict.fromkeys(MONTHLY, "sent")


async def test_a_summary_of_a_month_that_is_over_stays_unsent(empty: Database, server: MailServer) -> None:
    await a_manager_who_leads(empty)
    async with empty.writing() as session:
        session.add(UndeliverableAddress(address=MIA, since=now()))
    await plan_monthly(empty, WEDNESDAY)
    async with empty.writing() as session:
        await write_again_to(session, MIA)
    july = date(2026, 7, 1)
    assert await plan_monthly(empty, july) == [MIA] * 3
    await planned_and_sent(empty, server, july)
    kept = {one.key.split(":")[2]: one.state.value for one in await outbox(empty) if one.key.startswith("summary:")}
    assert kept == {"2026-06": "withdrawn", "2026-07": "sent"}
