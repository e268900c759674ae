"""The scheduler at work on both databases, with the clock set: catching up, failing, stopping, and two at once."""

import asyncio
from datetime import date, datetime, timedelta

import structlog
import time_machine
from sqlalchemy import select, text, update

from tests.facts import Facts
from tests.mail.letters import claimed, plan_many, settings_for, states
from tests.mail.servers import MailServer, mail_server, until
from tests.schedule.worlds import DIGEST, SUMMARY, at, runs, something_overdue, written_to
from training_tracker.access.retention import set_retention
from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState
from training_tracker.people.models import Practitioner
from training_tracker.schedule.running import deliver_in_hours, run_what_is_due, scheduler
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

USUAL = Settings(_env_file=None)
NOTHING_ELSE = [
    "0 agency summaries planned",
    "0 partnership summaries planned",
    "0 escalations planned",
    "0 people erased, 0 e-mails forgotten",
]
# One, and that it is hidden for how long people are overdue.
FIGURES = "2 figures published anew"
ONE_DIGEST = "1 digests, 0 welcomes and 0 confirmations planned"


async def look_at(moment: datetime, database: Database) -> list[str]:
    with time_machine.travel(moment, tick=False):
        return await run_what_is_due(database, USUAL)


async def test_at_its_hour_each_job_runs_and_says_what_it_planned(empty: Database) -> None:
    await something_overdue(empty)
    assert await look_at(at("2026-11-24", "03:59"), empty) == []
    assert await look_at(at("2026-11-24", "04:00"), empty) == [FIGURES]
    assert await look_at(at("2026-11-24", "08:14"), empty) == []
    assert await look_at(at("2026-11-24", "08:15"), empty) == [ONE_DIGEST]
    assert await look_at(at("2026-11-24", "08:16"), empty) == []
    assert await look_at(at("2026-11-24", "08:30"), empty) == ["1 summaries planned", *NOTHING_ELSE]
    assert await look_at(at("2026-11-24", "08:31"), empty) == []
    assert await written_to(empty) == [DIGEST, SUMMARY]


async def test_a_morning_that_was_missed_is_caught_up_on_the_same_day_and_not_on_the_next(empty: Database) -> None:
    await look_at(at("2026-11-24", "11:40"), empty)
    await look_at(at("2026-11-26", "08:30"), empty)
    assert sorted(await runs(empty)) == [
        ("agency summaries", "2026-11"),
        ("digests", "2026-11-24"),
        ("digests", "2026-11-26"),
        ("escalations", "2026-W48"),
        ("partnership summaries", "2026-11"),
        ("publication", "2026-11-24"),
        ("publication", "2026-11-26"),
        ("retention", "2026-11"),
        ("summaries", "2026-11"),
    ]


async def test_a_summary_missed_on_the_first_working_day_is_sent_on_a_later_one_of_the_month(empty: Database) -> None:
    await something_overdue(empty)
    assert "1 summaries planned" in await look_at(at("2026-11-17", "09:00"), empty)
    assert "1 summaries planned" not in await look_at(at("2026-11-18", "09:00"), empty)
    assert "1 summaries planned" in await look_at(at("2026-12-01", "09:00"), empty)


async def test_over_a_quarter_every_working_day_and_every_month_has_one_run(empty: Database) -> None:
    day = date(2026, 10, 1)
    for _ in range(92):
        for clock in ("08:30", "23:00"):
            await look_at(at(f"{day}", clock), empty)
        day += timedelta(days=1)
    found = await runs(empty)
    assert [period for job, period in sorted(found) if job == "summaries"] == ["2026-10", "2026-11", "2026-12"]
    assert found["summaries", "2026-10"].started_at == at("2026-10-01", "08:30")
    assert found["summaries", "2026-11"].started_at == at("2026-11-02", "08:30")
    assert sum(job == "digests" for job, _ in found) == 92 - 26 - 2, "26 days of weekends, Christmas and Boxing Day"
    assert sum(job == "publication" for job, _ in found) == 92


async def test_once_a_month_whoever_left_long_ago_is_erased_and_old_e_mails_are_forgotten(empty: Database) -> None:
    await something_overdue(empty)
    await look_at(at("2026-11-24", "09:00"), empty)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Dan Rowe", ended_on=date(2020, 12, 31))
        await set_retention(session, (await facts.agency()).id, 96, "tests")
        await session.execute(update(Message).values(state=MessageState.SENT))
    assert "0 people erased, 2 e-mails forgotten" in await look_at(at("2028-12-01", "09:00"), empty)
    assert "1 people erased, 0 e-mails forgotten" in await look_at(at("2029-01-02", "09:00"), empty)
    async with empty.reading() as session:
        assert "Dan Rowe" not in await session.scalars(select(Practitioner.name))


async def test_a_job_that_fails_keeps_no_other_from_running_and_runs_at_the_next_look(empty: Database) -> None:
    await something_overdue(empty)
    await _execute(empty, "ALTER TABLE reminder RENAME TO mislaid")
    with structlog.testing.capture_logs() as logged:
        assert await look_at(at("2026-11-24", "08:30"), empty) == [FIGURES, "1 summaries planned", *NOTHING_ELSE]
    (failed,) = [entry for entry in logged if entry["event"] == "schedule.failed"]
    assert (failed["job"], failed["period"]) == ("digests", "2026-11-24")
    assert failed["where"].startswith("reminders/")
    assert "agency.example" not in str(logged)
    assert (await runs(empty))["digests", "2026-11-24"].finished_at is None
    await _execute(empty, "ALTER TABLE mislaid RENAME TO reminder")
    assert await look_at(at("2026-11-24", "08:31"), empty) == [ONE_DIGEST]
    assert await written_to(empty) == [DIGEST, SUMMARY]


async def test_a_scheduler_that_starts_late_plans_and_delivers_at_once(empty: Database) -> None:
    await something_overdue(empty)
    with mail_server() as server, time_machine.travel(at("2026-11-24", "10:00"), tick=True):
        async with scheduler(empty, settings_for(server.port, delivery_every_seconds=1)):
            await until(lambda: len(server.letters) == 2)
    assert received(server) == [DIGEST, SUMMARY]


async def test_two_schedulers_at_once_write_everything_once(empty: Database, empty_url: str) -> None:
    await something_overdue(empty)
    other = connect(Settings(database_url=empty_url, _env_file=None))
    try:
        with mail_server() as server, time_machine.travel(at("2026-11-24", "10:00"), tick=True):
            settings = settings_for(server.port, delivery_every_seconds=1)
            async with scheduler(empty, settings), scheduler(other, settings):
                await until(lambda: len(server.letters) >= 2)
                await asyncio.sleep(2)
    finally:
        await other.close()
    assert received(server) == [DIGEST, SUMMARY]
    assert len(await runs(empty)) == 7


async def test_a_scheduler_with_an_empty_night_writes_nothing(empty: Database) -> None:
    await something_overdue(empty)
    with mail_server() as server, time_machine.travel(at("2026-11-24", "03:00"), tick=True):
        async with scheduler(empty, settings_for(server.port, delivery_every_seconds=1)):
            await asyncio.sleep(1.5)
    assert received(server) == []
    assert await runs(empty) == {}


async def test_what_waits_in_the_evening_is_delivered_in_the_morning(empty: Database) -> None:
    with time_machine.travel(at("2026-11-24", "16:00")):
        await plan_many(empty, 2)
    with mail_server() as server:
        settings = settings_for(server.port, delivery_every_seconds=1)
        with time_machine.travel(at("2026-11-24", "17:00"), tick=True):
            async with scheduler(empty, settings):
                await asyncio.sleep(1.5)
        assert received(server) == []
        with time_machine.travel(at("2026-11-25", "08:00") - timedelta(seconds=1), tick=True):
            async with scheduler(empty, settings):
                await until(lambda: len(server.letters) == 2, seconds=10)


async def test_a_delivery_that_takes_into_the_evening_stops_and_keeps_the_rest(empty: Database) -> None:
    with time_machine.travel(at("2026-11-24", "16:00")):
        await plan_many(empty, 60)
    with mail_server() as server:
        server.behaviour.seconds_to_answer = 0.05
        settings = settings_for(server.port)
        with time_machine.travel(at("2026-11-24", "17:00") - timedelta(seconds=1.5), tick=True):
            await deliver_in_hours(empty, settings)
    found = await states(empty)
    assert 0 < found["sent"] == len(server.letters) < 60
    assert await claimed(empty) == 0


async def test_a_scheduler_rings_at_the_hour_itself(empty: Database) -> None:
    await something_overdue(empty)
    moment = at("2026-11-24", "08:15") - timedelta(seconds=1)
    with mail_server() as server, time_machine.travel(moment, tick=True):
        async with scheduler(empty, settings_for(server.port, delivery_every_seconds=1)):
            await asyncio.sleep(0.5)
            assert list(await runs(empty)) == [("publication", "2026-11-24")]
            await until(lambda: len(server.letters) == 1, seconds=10)
    assert received(server) == [DIGEST]


def received(server: MailServer) -> list[str]:
    return sorted(letter.recipients[0] for letter in server.letters)


async def _execute(database: Database, statement: str) -> None:
    async with database.writing() as session:
        await session.execute(text(statement))
