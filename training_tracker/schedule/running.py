"""The scheduler: in every process of ``serve`` and ``worker``, looking each minute for what is due.

APScheduler only rings: whether a job is due is for the clock on the partnership's wall to say, and whether it has
run for the ledger. So a missed hour, a killed process, a failure, two servers at once and the hour that a change of
clocks skips or repeats are all the same thing: at the next look the run is still to be done, or it is not.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import DBAPIError

from training_tracker.audit.acting import Acting, acting
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.intake.working import work_on_what_waits
from training_tracker.logs import without_data
from training_tracker.mail.connecting import smtp_login
from training_tracker.mail.delivery import deliver
from training_tracker.mail.imap import imap_login
from training_tracker.mail.logins import try_at_once
from training_tracker.mail.returned import read_returned
from training_tracker.reminders.sending import author
from training_tracker.schedule.jobs import delivery_ends, due
from training_tracker.schedule.ledger import once
from training_tracker.settings import Settings

log = structlog.get_logger()

SCHEDULER = "scheduler"

Work = Callable[[Database, Settings], Awaitable[object]]


@asynccontextmanager
async def scheduler(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Plan and deliver for as long as the context lasts; what is in hand at its end is finished or given back."""
    # What kept our logins from being accepted may have been mended meanwhile.
    with suppress(DBAPIError):  # the database may come later than we do
        for login in (smtp_login(settings), imap_login(settings)):
            await try_at_once(database, login)
    timer = AsyncIOScheduler(timezone=UTC)  # the whole minutes are the same in every zone, and never skipped
    bells = {
        run_what_is_due: CronTrigger(second=0, timezone=UTC),
        deliver_in_hours: IntervalTrigger(seconds=settings.delivery_every_seconds, timezone=UTC),
        read_what_came_back: IntervalTrigger(minutes=5, timezone=UTC),
        work_on_what_waits: IntervalTrigger(minutes=1, timezone=UTC),
    }
    at_work = [_answering(timer, trigger, work, database, settings) for work, trigger in bells.items()]
    timer.start()
    try:
        yield
    finally:
        timer.shutdown()
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


async def run_what_is_due(database: Database, settings: Settings) -> list[str]:
    """Run each job whose hour has come and that nobody has run yet; returns what each run says of itself."""
    results = []
    for job, day in due(now(), settings):
        try:
            with acting(Acting(by=SCHEDULER, how=job.name)):
                result = await once(
                    database,
                    job.name,
                    job.period(day),
                    settings.lease,
                    lambda job=job, day=day: job.work(database, settings, day),  # type: ignore[misc]
                )
        except Exception as error:  # noqa: BLE001  # one job's failure must not keep the others from running
            log.error("schedule.failed", job=job.name, period=job.period(day), **without_data(error))
            continue
        if result is not None:
            log.info("schedule.done", job=job.name, period=job.period(day), result=result)
            results.append(result)
    return results


async def deliver_in_hours(database: Database, settings: Settings) -> None:
    """Deliver what waits while people may be written to, and leave the rest waiting when that time is over."""
    moment = now()
    end = delivery_ends(moment, settings)
    if end is None:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout((end - moment).total_seconds()):
            await deliver(database, settings, author(settings))


async def read_what_came_back(database: Database, settings: Settings) -> None:
    await read_returned(database, settings, author(settings))


def _answering(
    timer: AsyncIOScheduler,
    trigger: CronTrigger | IntervalTrigger,
    work: Work,
    database: Database,
    settings: Settings,
) -> "asyncio.Task[None]":
    """A task that works once at the start, and again whenever the bell has rung since it began."""
    bell = asyncio.Event()
    bell.set()

    async def ring() -> None:
        bell.set()

    async def answer() -> None:
        while True:
            await bell.wait()
            bell.clear()
            try:
                await work(database, settings)
            except Exception as error:  # noqa: BLE001  # the next ring may find the database back
                log.error("schedule.failed", **without_data(error))

    timer.add_job(ring, trigger, misfire_grace_time=None, coalesce=True)
    return asyncio.create_task(answer())
