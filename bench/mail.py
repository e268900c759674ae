"""``python -m bench.mail``: the digests of a day on which very many people are due, planned and delivered.

Planning is measured in digests a second and in the memory that it takes at most. Delivery, to a mail server on this
machine that keeps nothing, stands beside a bare loop that builds and sends the same letters over as many connections:
once for digests, each written from the facts of that moment and rendered as it is sent, and once for letters that are
ready.
"""

import argparse
import asyncio
import sys
import tempfile
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import perf_counter

import time_machine
from sqlalchemy import select, update

from bench.alone import peak_megabytes
from bench.databases import databases
from bench.machine import machine
from bench.mailing import bare_loop
from bench.servers import running
from bench.world import opened
from tests.reminders.test_cost import overdue_people
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.delivery import deliver
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import ANYBODY, Author
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.sending import author
from training_tracker.settings import Settings

ON = date(2026, 6, 1)
KINDS = ("sqlite", "postgresql")


def main() -> None:
    options = _options()
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    for kind in options.database or KINDS:
        with tempfile.TemporaryDirectory(prefix="tracker-bench-") as folder, databases(kind, Path(folder)) as made:
            made.create("mail")
            asyncio.run(_measure(kind, made.url("mail"), Path(folder), options.digests, options.letters))


async def _measure(kind: str, url: str, folder: Path, digests: int, letters: int) -> None:
    async with opened(url) as database:
        await database.migrate()
        await overdue_people(database, digests)
        with time_machine.travel(datetime.combine(ON, time(9), UTC), tick=True):
            await _plan(kind, database, digests)
            with running([sys.executable, "-m", "bench.sink"], {}, folder / "sink.log") as port:
                settings = Settings(
                    database_url=url, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", _env_file=None
                )
                await _keep_waiting(database, letters)
                await _deliver(f"{kind}: digests, written as they are sent", database, settings, author(settings))
                await _wait_again(database)
                await _deliver(f"{kind}: letters that are ready", database, settings, ANYBODY)


async def _plan(kind: str, database: Database, digests: int) -> None:
    before = peak_megabytes()
    began = perf_counter()
    async with database.writing() as session:
        plan = await plan_reminders(session, ON, today=ON)
    seconds = perf_counter() - began
    assert plan.digests == digests, plan
    print(
        f"{kind}: {digests:,} digests planned in {seconds:.1f} s: {digests / seconds:,.0f} a second;"
        f" at most {peak_megabytes()} MB, {before} before"
    )


async def _deliver(what: str, database: Database, settings: Settings, by: Author) -> None:
    began = perf_counter()
    delivered = await deliver(database, settings, by)
    ours = perf_counter() - began
    async with database.reading() as session:
        letters = list(await session.scalars(select(Message).where(Message.state == MessageState.SENT)))
    assert delivered.sent == len(letters), delivered
    began = perf_counter()
    await bare_loop(letters, settings)
    bare = perf_counter() - began
    rates = f"{len(letters) / ours:,.0f} a second, a bare loop {len(letters) / bare:,.0f}"
    print(f"{what}: {len(letters):,} at {rates}: {bare / ours:.0%} of its rate")


async def _keep_waiting(database: Database, letters: int) -> None:
    """All the others are as if they had been sent long ago."""
    async with database.writing() as session:
        kept = select(Message.id).order_by(Message.id).limit(letters)
        gone = update(Message).where(Message.id.not_in(kept)).values(state=MessageState.WITHDRAWN)
        await session.execute(gone.execution_options(synchronize_session=False))


async def _wait_again(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(
            update(Message)
            .where(Message.state == MessageState.SENT)
            .values(state=MessageState.WAITING, not_before=now(), attempts=0)
            .execution_options(synchronize_session=False)
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mail", description=__doc__.splitlines()[0])
    parser.add_argument("--digests", type=int, default=100_000, help="people who are due (default: 100,000)")
    parser.add_argument("--letters", type=int, default=2_000, help="how many of them are delivered (default: 2,000)")
    parser.add_argument("--database", action="append", choices=KINDS, help="on this; may be given again")
    return parser.parse_args()


if __name__ == "__main__":
    main()
