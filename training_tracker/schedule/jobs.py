"""The jobs, what each does for a day, and which of them are due at a moment."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from training_tracker.access.retention import erase_leavers
from training_tracker.calendar import add_months, is_working_day, working_day
from training_tracker.database import Database
from training_tracker.mail.forgetting import forget
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.escalating import plan_escalations
from training_tracker.reminders.lead_summaries import plan_agency_summaries, plan_partnership_summaries
from training_tracker.reminders.summaries import plan_summaries
from training_tracker.settings import Settings
from training_tracker.uptake.publishing import publish_uptake

# Nobody is written to in the evening: what was missed until now is made good on the next working day.
LATEST = time(17)


@dataclass(frozen=True, slots=True)
class Job:
    """``name`` and the period make a run what it is; ``hour`` is the local time from which the run is due on each day
    on which it may run."""

    name: str
    hour: Callable[[Settings], str]
    period: Callable[[date], str]
    work: Callable[[Database, Settings, date], Awaitable[str]]
    runs_on: Callable[[date], bool] = is_working_day


async def plan_digests_of(database: Database, _settings: Settings, day: date) -> str:
    """Plan the day's digests into the outbox; says how many."""
    async with database.writing() as session:
        plan = await plan_reminders(session, day, today=day)
    others = f", {plan.welcomes} welcomes and {plan.confirmations} confirmations"
    return f"{plan.digests} digests{others} planned"


async def plan_summaries_of(database: Database, settings: Settings, day: date) -> str:
    """Plan the summaries of the day's month into the outbox; says how many."""
    async with database.writing() as session:
        plan = await plan_summaries(session, day.replace(day=1), on=day, today=day, base_url=settings.base_url)
    return f"{len(plan.summaries)} summaries planned"


async def plan_agency_summaries_of(database: Database, settings: Settings, day: date) -> str:
    """Plan the summaries of the day's month for agencies' leads into the outbox; says how many."""
    async with database.writing() as session:
        plan = await plan_agency_summaries(
            session,
            day.replace(day=1),
            on=day,
            today=day,
            base_url=settings.base_url,
            threshold=settings.suppression_threshold,
        )
    return f"{len(plan.planned)} agency summaries planned"


async def plan_partnership_summaries_of(database: Database, settings: Settings, day: date) -> str:
    """Plan the summaries of the day's month for partnerships' leads into the outbox; says how many."""
    async with database.writing() as session:
        plan = await plan_partnership_summaries(
            session,
            day.replace(day=1),
            on=day,
            today=day,
            base_url=settings.base_url,
            threshold=settings.suppression_threshold,
        )
    return f"{len(plan.planned)} partnership summaries planned"


async def plan_escalations_of(database: Database, _settings: Settings, day: date) -> str:
    """Plan the escalations of the day's week into the outbox; says how many."""
    async with database.writing() as session:
        plan = await plan_escalations(session, day, today=day)
    return f"{len(plan.planned)} escalations planned"


async def forget_what_is_kept_no_longer(database: Database, settings: Settings, day: date) -> str:
    """Erase whoever left longer ago than their agencies keep records, and forget old e-mails; says how many."""
    oldest = add_months(day, -settings.keep_emails_months)
    # First, since every e-mail that is left is looked through for the names of whoever is erased.
    async with database.writing() as session:
        forgotten = await forget(session, datetime.combine(oldest, time.min, settings.zone))
    erased = await erase_leavers(database, day)
    return f"{erased} people erased, {forgotten} e-mails forgotten"


async def publish_uptake_of(database: Database, settings: Settings, day: date) -> str:
    """Publish the partnerships' figures as at the day; says how many are not as they were."""
    async with database.writing() as session:
        changed = await publish_uptake(session, day, today=day, threshold=settings.suppression_threshold)
    return f"{changed} figures published anew"


def _every_day(_day: date) -> bool:
    return True


def _from_the_fifth_working_day(day: date) -> bool:
    return is_working_day(day) and day >= working_day(day.year, day.month, 5)


# At night, so that the e-mails of the morning tell what the page does.
PUBLICATION = Job("publication", lambda _settings: "04:00", lambda day: f"{day}", publish_uptake_of, runs_on=_every_day)
DIGESTS = Job("digests", lambda settings: settings.reminders_at, lambda day: f"{day}", plan_digests_of)
MONTHLY_AND_WEEKLY = (
    # Its period is the month, so whichever working day comes first after a failure or a pause sends the summaries.
    Job("summaries", lambda settings: settings.summaries_at, lambda day: f"{day:%Y-%m}", plan_summaries_of),
    Job(
        "agency summaries", lambda settings: settings.summaries_at, lambda day: f"{day:%Y-%m}", plan_agency_summaries_of
    ),
    Job(
        "partnership summaries",
        lambda settings: settings.summaries_at,
        lambda day: f"{day:%Y-%m}",
        plan_partnership_summaries_of,
        runs_on=_from_the_fifth_working_day,
    ),
    # Likewise the week.
    Job("escalations", lambda settings: settings.summaries_at, lambda day: f"{day:%G-W%V}", plan_escalations_of),
)
RETENTION = Job(
    "retention", lambda settings: settings.summaries_at, lambda day: f"{day:%Y-%m}", forget_what_is_kept_no_longer
)
JOBS = (PUBLICATION, DIGESTS, *MONTHLY_AND_WEEKLY, RETENTION)


def delivery_ends(moment: datetime, settings: Settings) -> datetime | None:
    """When the delivery of e-mails that is open at a moment closes; None if it is not open.

    The demo has no hours: whoever looks at it wants to see its e-mails now.
    """
    local = moment.astimezone(settings.zone)
    if settings.demo:
        return moment + timedelta(days=1)
    begin, end = time.fromisoformat(settings.deliver_from), time.fromisoformat(settings.deliver_until)
    if not is_working_day(local.date()) or not begin <= local.time() < end:
        return None
    return datetime.combine(local.date(), end, settings.zone).astimezone(UTC)


def due(moment: datetime, settings: Settings) -> list[tuple[Job, date]]:
    """The jobs whose hour has come on a day of theirs, with the day by the clock of the partnership.

    Whether they have run is for the ledger to say: a missed hour is caught up later on the same day.
    """
    local = moment.astimezone(settings.zone)
    return [
        (job, local.date())
        for job in JOBS
        if job.runs_on(local.date()) and _in_time(local.time(), time.fromisoformat(job.hour(settings)))
    ]


def turns(job: Job, moment: datetime, settings: Settings) -> Iterator[tuple[date, datetime]]:
    """Each day from a moment on, without end, on which a job may run, with when it is due: the moment itself if that
    has come."""
    local = moment.astimezone(settings.zone)
    hour = time.fromisoformat(job.hour(settings))
    for number in count():
        day = local.date() + timedelta(days=number)
        if not job.runs_on(day):
            continue
        if number or local.time() < hour:
            yield day, datetime.combine(day, hour, settings.zone)
        elif _in_time(local.time(), hour):
            yield day, moment


def _in_time(clock: time, hour: time) -> bool:
    return hour <= clock and (clock < LATEST or hour >= LATEST)
