"""Whatever the clock does, each job runs once for each of its periods, and ``turns`` foretells when."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as some

from tests.mail.letters import settings_for
from tests.mail.servers import mail_server, until
from tests.schedule.worlds import DIGEST, LONDON, at, runs, something_overdue, written_to
from training_tracker.database import Database
from training_tracker.schedule.jobs import JOBS, due, turns
from training_tracker.schedule.running import run_what_is_due, scheduler
from training_tracker.settings import Settings

USUAL = Settings(_env_file=None)


async def look_at(moment: datetime, database: Database) -> list[str]:
    with time_machine.travel(moment, tick=False):
        return await run_what_is_due(database, USUAL)


async def digests_over(database: Database, first: str, days: int) -> list[datetime]:
    """When the digests ran, by the clock of London, if somebody looks every half hour of so many days."""
    moment = at(first, "00:00").astimezone(UTC)
    for _ in range(days * 48):
        await look_at(moment, database)
        moment += timedelta(minutes=30)
    found = [run.started_at.astimezone(LONDON) for (job, _), run in (await runs(database)).items() if job == "digests"]
    return sorted(found)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("friday", "monday"), [("2026-03-27", "2026-03-30"), ("2026-10-23", "2026-10-26")], ids=["spring", "autumn"]
)
async def test_both_changes_of_the_clocks_leave_each_working_day_one_run_at_its_hour(
    empty: Database, friday: str, monday: str
) -> None:
    assert await digests_over(empty, friday, 4) == [at(friday, "08:30"), at(monday, "08:30")]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_29th_of_february_is_a_day_like_any_other(empty: Database) -> None:
    days = ["2028-02-28", "2028-02-29", "2028-03-01"]
    assert await digests_over(empty, days[0], 3) == [at(day, "08:30") for day in days]
    assert {period for job, period in await runs(empty) if job == "summaries"} == {"2028-02", "2028-03"}


async def test_a_machine_that_slept_for_a_week_runs_that_days_jobs_and_no_others(empty: Database) -> None:
    with mail_server() as server, time_machine.travel(at("2026-11-23", "10:00"), tick=True) as clock:
        async with scheduler(empty, settings_for(server.port, delivery_every_seconds=1)):
            await _until_runs(empty, len(due(at("2026-11-23", "10:00"), USUAL)))
            await something_overdue(empty)
            clock.move_to(at("2026-11-30", "10:00") - timedelta(seconds=1))
            await until(lambda: (DIGEST,) in [letter.recipients for letter in server.letters])
    assert [period for job, period in sorted(await runs(empty)) if job in {"digests", "summaries"}] == [
        "2026-11-23",
        "2026-11-30",
        "2026-11",
    ]


async def test_a_clock_set_back_does_nothing_twice(empty: Database) -> None:
    await something_overdue(empty)
    assert await look_at(at("2026-12-01", "09:00"), empty)
    before = await runs(empty)
    # An hour, a night, and back over the turn of the month: that month's run and that day's were never done.
    assert await look_at(at("2026-12-01", "08:00"), empty) == []
    assert await look_at(at("2026-12-01", "08:30"), empty) == []
    assert await look_at(at("2026-11-30", "23:00"), empty) == []
    assert await look_at(at("2026-11-30", "09:00"), empty)
    # When the day comes again, all is done.
    assert await look_at(at("2026-12-01", "10:00"), empty) == []
    after = await runs(empty)
    assert {run: after[run].finished_at for run in before} == {run: before[run].finished_at for run in before}
    assert (await written_to(empty)).count(DIGEST) == 1, "the digest says the same on either day"


@given(
    some.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001  # the zone comes with the next line
    some.sampled_from(["00:10", "08:15", "16:59", "17:00", "21:30"]),
)
def test_what_is_foretold_is_what_comes_due(moment: datetime, hour: str) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    settings = Settings(_env_file=None, reminders_at=hour, summaries_at=hour)
    for job in JOBS:
        day, at_last = next(turns(job, moment, settings))
        assert at_last >= moment
        assert (job, day) in due(at_last, settings)
        if at_last > moment:
            assert not any(one is job for one, _ in due(moment, settings))
            assert not any(one is job for one, _ in due(at_last - timedelta(seconds=1), settings))


async def _until_runs(database: Database, number: int) -> None:
    async with asyncio.timeout(60):
        while len([run for run in (await runs(database)).values() if run.finished_at]) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
