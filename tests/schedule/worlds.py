"""A little world in which there is something to write: one overdue course, and a manager to tell of it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.mail.models import Message
from training_tracker.people.agencies import name_managers
from training_tracker.schedule.models import JobRun

LONDON = ZoneInfo("Europe/London")
DIGEST, SUMMARY = "ann-reed@agency.example", "kim-ng@agency.example"


def at(day: str, clock: str) -> datetime:
    """A moment on the wall in London: a day such as 2026-11-24 and a clock such as 08:15."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=LONDON)


async def something_overdue(database: Database) -> None:
    """Ann Reed is overdue since 20 November 2026; Kim Ng manages her team and has nothing to do herself."""
    async with database.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        worker, manager = await facts.role("Social worker"), await facts.role("Manager")
        rule = await facts.expectation("CSA")
        since = date(2026, 10, 20)
        await facts.version(rule, [course], period_months=36, effective_from=since, scopes=[Scope(role_id=worker.id)])
        await facts.post("Ann Reed", role=worker)
        post = await facts.post("Kim Ng", role=manager)
        await name_managers(session, [(post.team_id, post.practitioner_id)])


async def written_to(database: Database) -> list[str]:
    async with database.reading() as session:
        return sorted(await session.scalars(select(Message.to)))


async def runs(database: Database) -> dict[tuple[str, str], JobRun]:
    async with database.reading() as session:
        return {(run.job, run.period): run for run in await session.scalars(select(JobRun))}
