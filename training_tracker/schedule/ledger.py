"""The ledger: a job runs once for each period, over all processes, whichever of them dies on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database, is_duplicate
from training_tracker.schedule.models import JobRun

Work = Callable[[], Awaitable[str]]


class Claim:
    """One process's hold on one run. Whoever claims it after us writes a later time, so the time tells whose it is."""

    def __init__(self, database: Database, job: str, period: str, lease: timedelta) -> None:
        self.database = database
        self.job = job
        self.period = period
        self.lease = lease
        self.until: datetime | None = None
        self.changing = asyncio.Lock()

    async def take(self) -> bool:
        """Claim the run unless it is done, or another process holds it."""
        moment = now()
        async with self.database.writing() as session:
            if not await self._taken_up(session, moment) and not await self._begun(session, moment):
                return False
        self.until = moment + self.lease
        return True

    async def _taken_up(self, session: AsyncSession, moment: datetime) -> bool:
        """A run that was begun and let go, by a failure or because its process died."""
        taken = await session.scalar(
            update(JobRun)
            .where(
                JobRun.job == self.job,
                JobRun.period == self.period,
                JobRun.finished_at.is_(None),
                JobRun.claimed_until <= moment,
            )
            .values(started_at=moment, claimed_until=moment + self.lease)
            .returning(JobRun.job)
        )
        return taken is not None

    async def _begun(self, session: AsyncSession, moment: datetime) -> bool:
        if await session.get(JobRun, (self.job, self.period)) is not None:
            return False
        begin = insert(JobRun).values(
            job=self.job, period=self.period, started_at=moment, claimed_until=moment + self.lease
        )
        try:
            async with session.begin_nested():
                await session.execute(begin)
        except IntegrityError as error:
            if is_duplicate(error):
                return False  # another process was quicker
            raise
        return True

    async def finish(self, result: str) -> None:
        moment = now()
        await self._change(finished_at=moment, claimed_until=moment, result=result)

    async def release(self, reason: str) -> None:
        """Let the run go, so that it is tried again at the next look."""
        await self._change(claimed_until=now(), result=reason)

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[None]:
        """Keep the claim while the work takes longer than the lease."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            # The work itself may hold the only writer's lock for longer than this may wait.
            with suppress(DBAPIError):
                await asyncio.shield(self._change(claimed_until=now() + self.lease))

    async def _change(self, **values: datetime | str | None) -> None:
        """Change the run if our claim on it still stands."""
        async with self.changing:  # a renewal that is on its way moves the time by which the claim is known
            async with self.database.writing() as session:
                changed = await session.scalar(
                    update(JobRun)
                    .where(JobRun.job == self.job, JobRun.period == self.period, JobRun.claimed_until == self.until)
                    .values(**values)
                    .returning(JobRun.claimed_until)
                )
            self.until = changed


async def once(database: Database, job: str, period: str, lease: timedelta, work: Work) -> str | None:
    """Do the work unless it is done for this period, or another process is at it; returns what it says of itself.

    A failure lets the run go before it is raised, so that the next look tries again.
    """
    if await finished(database, job, period):
        return None
    claim = Claim(database, job, period, lease)
    if not await claim.take():
        return None
    try:
        async with claim.renewed():
            result = await work()
    except BaseException as error:
        # Even when told to stop, say that the run is free. Where that cannot be written, the lease runs out.
        stopped = isinstance(error, asyncio.CancelledError)
        with suppress(DBAPIError):
            await asyncio.shield(claim.release("stopped" if stopped else f"failed: {type(error).__name__}"))
        raise
    await asyncio.shield(claim.finish(result))
    return result


async def finished(database: Database, job: str, period: str) -> bool:
    async with database.reading() as session:
        run = select(JobRun.finished_at).where(JobRun.job == job, JobRun.period == period)
        return await session.scalar(run) is not None
