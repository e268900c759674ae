"""How the schedule has been doing: the last run of each job, the next one, and whether one is missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.schedule.jobs import JOBS, Job, due, turns
from training_tracker.schedule.models import JobRun
from training_tracker.settings import Settings

# A run may take its time, and a process may just be starting.
GRACE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class JobState:
    """``last`` is the newest run that was begun; ``missing`` the period whose run should be done by now and is not;
    ``next_at`` when the next is due, which has come where a run is waiting to be done."""

    job: str
    last: JobRun | None
    missing: str | None
    next_at: datetime


async def job_states(session: AsyncSession, settings: Settings, moment: datetime) -> list[JobState]:
    wanted = {job.name: job.period(day) for job, day in due(moment - GRACE, settings)}
    states = []
    for job in JOBS:
        newest = select(JobRun).where(JobRun.job == job.name).order_by(JobRun.started_at.desc()).limit(1)
        last = await session.scalar(newest)
        missing = wanted.get(job.name)
        if missing is not None:
            missing = None if await _done(session, job, missing) else missing
        states.append(JobState(job.name, last, missing, await _next_at(session, job, settings, moment)))
    return states


async def _next_at(session: AsyncSession, job: Job, settings: Settings, moment: datetime) -> datetime:
    done: dict[str, bool] = {}
    for day, at in turns(job, moment, settings):
        period = job.period(day)
        if period not in done:
            done[period] = await _done(session, job, period)
        if not done[period]:
            return at
    raise AssertionError("turns have no end")


async def _done(session: AsyncSession, job: Job, period: str) -> bool:
    run = await session.get(JobRun, (job.name, period))
    return run is not None and run.finished_at is not None
