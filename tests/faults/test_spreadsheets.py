"""A process is killed while a spreadsheet that was confirmed is brought in: nothing of it half, and nothing twice."""

import asyncio
import os
import random
import signal
import sys
from datetime import UTC, date, datetime

from sqlalchemy import func, insert, select, update

from tests.facts import Facts
from training_tracker.access.actor import actor_of
from training_tracker.access.granting import lead_agency
from training_tracker.database import Database
from training_tracker.intake.models import Layout, Spreadsheet, Stage
from training_tracker.intake.uploads import Options, confirm, keep, spreadsheet_for
from training_tracker.intake.working import work_through
from training_tracker.people.models import Post, Practitioner
from training_tracker.records.models import Completion
from training_tracker.settings import Settings
from training_tracker.standing.models import Standing

PEOPLE = int(os.environ.get("TRACKER_TEST_ROWS", "400"))
KILLS = int(os.environ.get("TRACKER_TEST_UPLOAD_KILLS", "6"))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def a_file_that_was_confirmed(database: Database, settings: Settings) -> int:
    """The id of a spreadsheet of one completion for each of the people of an agency, looked at and confirmed."""
    today = date.today()  # noqa: DTZ011  # what the process that works reads too
    async with database.writing() as session:
        facts = Facts(session)
        lead, course = await facts.post("Lee Shaw"), await facts.item("CSA-INTRO", hours=2)
        await facts.version(await facts.expectation("CSA"), [course], period_months=12)
        names = [{"name": f"Person {n}", "email": f"person-{n}@agency.example"} for n in range(PEOPLE)]
        ids = list(await session.scalars(insert(Practitioner).returning(Practitioner.id), names))
        columns = {"team_id": lead.team_id, "role_id": lead.role_id, "recorded_at": LONG_AGO, "recorded_by": "tests"}
        await session.execute(insert(Post), [columns | {"practitioner_id": person} for person in ids])
        agency = (await facts.agency()).id
        await lead_agency(session, lead.practitioner_id, agency)
    rows = [f"{person['email']},CSA-INTRO,{today}" for person in names]
    content = "\n".join(["e-mail,item,completed on", *rows]).encode()
    async with database.writing() as session:
        actor = await actor_of(session, lead.practitioner_id, today)
        options = Options(as_at=today)
        number = await keep(session, settings, actor, agency, Layout.COMPLETIONS, "list.csv", content, options)
    await work_through(settings, number)
    async with database.writing() as session:
        upload = await spreadsheet_for(session, settings, actor, agency, number)
        assert upload.told.accepted == PEOPLE
        assert await confirm(session, upload, upload.row.seen)
    return number


async def how_far(database: Database) -> tuple[Stage, int, int]:
    """The stage, the completions that stand, and the standings that they meet."""
    async with database.reading() as session:
        stage = (await session.scalars(select(Spreadsheet.stage))).one()
        done = await session.scalar(select(func.count()).select_from(Completion))
        met = await session.scalar(select(func.count()).select_from(Standing).where(Standing.met_from.is_not(None)))
    return Stage(stage), done or 0, met or 0


async def test_a_process_killed_while_it_brings_a_spreadsheet_in_leaves_nothing_half_and_nothing_twice(
    empty: Database, empty_url: str
) -> None:
    settings = Settings(database_url=empty_url, secret_key="s" * 40, scheduler=False, _env_file=None)
    number = await a_file_that_was_confirmed(empty, settings)
    chance, killed = random.Random(2026), 0
    for _ in range(KILLS):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.bringing_in", empty_url, str(number), stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdout is not None
        await worker.stdout.readline()  # it has read the program in, and begins
        await asyncio.sleep(chance.uniform(0.02, 0.8))
        if worker.returncode is None:
            os.kill(worker.pid, signal.SIGKILL)
            killed += 1
        await worker.wait()
        stage, done, met = await how_far(empty)
        assert (stage, done, met) in {(Stage.CONFIRMED, 0, 0), (Stage.DONE, PEOPLE, PEOPLE)}
        async with empty.writing() as session:  # its claim has run out
            await session.execute(update(Spreadsheet).values(claimed_until=LONG_AGO, tries=0))
    await asyncio.gather(work_through(settings, number), work_through(settings, number))
    assert await how_far(empty) == (Stage.DONE, PEOPLE, PEOPLE)
    assert killed
