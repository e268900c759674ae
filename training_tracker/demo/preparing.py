"""Everything that a demo needs before its web pages open: a settled region, and its e-mails sent and caught."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months, is_working_day, today
from training_tracker.catalogue.finding import item_by_code
from training_tracker.demo.region import BY, Region, leave_some_open, settle
from training_tracker.errors import Refused
from training_tracker.intake.configuration import REFERENCE
from training_tracker.intake.loading import load_configuration
from training_tracker.mail.delivery import deliver
from training_tracker.mail.outbox import numbers
from training_tracker.people.finding import find_partnership
from training_tracker.people.models import Role
from training_tracker.reminders.campaigns import NewCampaign, begin_campaign
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.sending import author
from training_tracker.schedule.jobs import MONTHLY_AND_WEEKLY
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect
from training_tracker.uptake.publishing import publish_uptake

REMINDED_OF_MEDICALS = ("csc-social-worker", "trust-childrens-clinical", "police-investigator")
ABOUT_MEDICALS = """A medical for a child who may have been abused is always holistic: it looks at the whole child.

It may be forensic as well, but that is never its only purpose. Whether a specialist medical is needed, and why or why
not, belongs into the record of every strategy discussion."""

# A large region's e-mails are not waited for: the scheduler sends the rest while one looks around.
SECONDS_TO_SEND = 20

DATABASE, MAILBOX, SPREADSHEETS = "training-tracker.db", "mailbox", "spreadsheets"

# What is being done, how much of it is done, and how much there is, if that is known.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    region: Region
    letters: int


@contextmanager
def fresh_folder(folder: Path) -> Iterator[None]:
    """Clear away an earlier demo, and keep the folder from another one for as long as this one runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            problem = f"Another demo is running in {folder}"
            raise Refused(problem, "Stop it first, or give this one another --folder.") from None
        # Only what a demo makes: the folder may be anybody's.
        for file in folder.glob(f"{DATABASE}*"):
            file.unlink()
        for name in (MAILBOX, SPREADSHEETS):
            shutil.rmtree(folder / name, ignore_errors=True)
        yield


def demo_settings(folder: Path, *, port: int, mail_port: int, database_url: str | None = None) -> Settings:
    """Settings of a demo alone, put into the environment for the processes it starts; its database is a file of its
    own unless another is given.

    Nothing that was set before stays: a demo must reach no real database and no real mail server.
    """
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        del os.environ[name]
    settings = Settings(
        _env_file=None,
        database_url=database_url or f"sqlite:///{(folder / DATABASE).resolve()}",
        base_url=f"http://127.0.0.1:{port}",
        secret_key=SecretStr(secrets.token_urlsafe(32)),
        smtp_host="127.0.0.1",
        smtp_port=mail_port,
        smtp_security="none",
        demo=True,
        demo_mailbox=(folder / MAILBOX).resolve(),
    )
    for name, value in settings:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        os.environ[f"TRACKER_{name.upper()}"] = str(plain)
    return settings


async def prepare(folder: Path, settings: Settings, *, people: int, progress: Progress) -> Prepared:
    """Make the database, settle the region, and plan and send the latest e-mails of each kind."""
    day = today(settings.zone)
    database = connect(settings)
    try:
        await database.migrate()
        async with database.writing() as session:
            await load_configuration(session, REFERENCE, BY)
        region = await settle(database, folder / SPREADSHEETS, people=people, today=day, progress=progress)
        region = await leave_some_open(database, region, day)
        progress("figures", 0, 0)
        async with database.writing() as session:
            for month_end in [*_month_ends_before(day), day]:  # so that there is something to compare with
                await publish_uptake(session, month_end, today=day, threshold=settings.suppression_threshold)
        latest = _latest_working_day(day)
        progress("digests", 0, 0)
        async with database.writing() as session:
            await plan_reminders(session, latest, today=day)
        progress("summaries", 0, 0)
        for job in MONTHLY_AND_WEEKLY:
            await job.work(database, settings, day)
        async with database.writing() as session:
            await begin_campaign(session, await _campaign(session), day, by=BY)
        async with database.reading() as session:
            letters = sum((await numbers(session)).values())
        progress("e-mails", 0, 0)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_SEND):
                await deliver(database, settings, author(settings))
    finally:
        await database.close()
    return Prepared(region, letters)


async def _campaign(session: AsyncSession) -> NewCampaign:
    """What the audit asks for: that everybody concerned is reminded what a medical is."""
    roles = await session.scalars(select(Role).where(Role.code.in_(REMINDED_OF_MEDICALS)))
    return NewCampaign(
        owner=await find_partnership(session),
        item_id=(await item_by_code(session, "R-MEDHOL")).id,
        subject="A reminder about medicals",
        words=ABOUT_MEDICALS,
        roles=tuple(roles),
        statutory_only=True,
    )


def _month_ends_before(day: date) -> list[date]:
    """Of the last six months, so that there is a trend: each takes as long as a second or two."""
    return [add_months(day.replace(day=1), -number) - timedelta(days=1) for number in range(5, -1, -1)]


def _latest_working_day(day: date) -> date:
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
