"""How the schedule has been doing: the last run of each job, and whether one is missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.schedule.jobs import JOBS, due
from training_tracker.schedule.models import JobRun
from training_tracker.settings import Settings

# A run may take its time, and a process may just be starting.
GRACE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class JobState:
    """``last`` is the newest run that was begun; ``missing`` the period whose run should be done by now and is not."""

    job: str
    last: JobRun | None
    missing: str | None


async def job_states(session: AsyncSession, settings: Settings, moment: datetime) -> list[JobState]:
    wanted = {job.name: job.period(day) for job, day in due(moment - GRACE, settings)}
    states = []
    for job in JOBS:
        newest = select(JobRun).where(JobRun.job == job.name).order_by(JobRun.started_at.desc()).limit(1)
        last = await session.scalar(newest)
        missing = wanted.get(job.name)
        if missing is not None:
            run = await session.get(JobRun, (job.name, missing))
            missing = None if run is not None and run.finished_at is not None else missing
        states.append(JobState(job.name, last, missing))
    return states
