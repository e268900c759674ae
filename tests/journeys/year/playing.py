"""Living through a year: each day's happenings, and the program looking what is to do as its scheduler does, with the
clock set; some days it does not run, some days the mail server is away, some mornings it plans and is then stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import select

from tests.journeys.year.happenings import Happenings
from tests.journeys.year.judging import Look
from tests.journeys.year.rules import Ladder, may_write
from tests.mail.servers import MailServer
from training_tracker.database import Database
from training_tracker.demo.region import settle
from training_tracker.intake.configuration import REFERENCE
from training_tracker.intake.loading import load_configuration
from training_tracker.people.models import TeamDeputy, TeamManager
from training_tracker.reminders.models import AgencyLadder
from training_tracker.schedule.running import deliver_in_hours, run_what_is_due
from training_tracker.settings import Settings

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Span:
    """From a day of the year on, for so many days."""

    first: int
    days: int

    def __contains__(self, day: int) -> bool:
        return self.first <= day < self.first + self.days


@dataclass(frozen=True)
class Play:
    """Who lives through which days; ``program_away`` and ``mail_away`` are the outages."""

    first: date
    days: int
    people: int
    program_away: tuple[Span, ...]
    mail_away: tuple[Span, ...]
    seed: str = "A year by the Solent"


class Playing:
    def __init__(self, play: Play, database: Database, settings: Settings, server: MailServer, folder: Path) -> None:
        self.play = play
        self.database = database
        self.settings = settings
        self.server = server
        self.chance = Random(play.seed)  # it only has to be the same every time
        self.happenings = Happenings(database, folder, Random(f"{play.seed}: what happens"), play.people)
        self.folder = folder

    async def settle(self) -> None:
        """The invented region of the demo, brought in on the day before."""
        eve = self.play.first - timedelta(days=1)
        with _at(eve, "12:00"):
            async with self.database.writing() as session:
                await load_configuration(session, REFERENCE, "tests")
            await settle(self.database, self.folder / "spreadsheets", people=self.play.people, today=eve)

    async def looks(self) -> list[Look]:
        """Live through all the days."""
        looks = []
        for number in range(self.play.days):
            day = self.play.first + timedelta(days=number)
            mail = not any(number in span for span in self.play.mail_away)
            program = not any(number in span for span in self.play.program_away)
            self._switch(on=mail)
            for clock in self._clocks(day):
                if clock.endswith("happens"):
                    with _at(day, clock.split()[0]) as moment:
                        await self.happenings.some(moment.date())
                elif program:
                    with _at(day, clock.split()[0]) as moment:
                        looks.append(await self._look(moment, mail=mail, stopped=clock.endswith("stopped")))
        return looks

    def _clocks(self, day: date) -> Iterator[str]:
        """Most days have a look before the digests, one between them and the summaries, and some after; on some the
        program starts late, or is stopped between planning and sending; things happen in between."""
        chance = self.chance.random()
        if day.weekday() >= 5:
            yield "10:00"
            return
        if chance < 0.3:
            yield "07:40"
        if chance < 0.85:
            yield "08:20 stopped" if chance > 0.7 else "08:20"
            yield "08:21 happens" if chance > 0.7 else "08:22"
            yield "08:35 stopped" if chance > 0.75 else "08:35"
        yield "11:30 happens"
        if chance < 0.97:
            yield "13:10"
            yield "16:50"
        if chance > 0.8:
            yield "18:20"

    async def _look(self, moment: datetime, *, mail: bool, stopped: bool) -> Look:
        before = len(self.server.letters)
        await run_what_is_due(self.database, self.settings)
        if not stopped:
            await deliver_in_hours(self.database, self.settings)
        async with self.database.reading() as session:
            managers = [(one.team_id, one.practitioner_id) for one in await session.scalars(select(TeamManager))]
            deputies = [(one.team_id, one.practitioner_id) for one in await session.scalars(select(TeamDeputy))]
            ladders = list(await session.scalars(select(AgencyLadder)))
        return Look(
            at=moment,
            delivering=mail and not stopped and may_write(moment),
            managers=frozenset(managers),
            deputies=frozenset(deputies),
            ladders={
                one.agency_id: Ladder(
                    _numbers(one.days_before), _numbers(one.days_after), one.monthly, one.escalate_after
                )
                for one in ladders
            },
            letters=tuple(self.server.letters[before:]),
        )

    def _switch(self, *, on: bool) -> None:
        if on and self.server._controller is None:
            self.server.start()
        elif not on:
            self.server.stop()


@contextmanager
def _at(day: date, clock: str) -> Iterator[datetime]:
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=LONDON)
    with time_machine.travel(moment, tick=False):
        yield moment


def _numbers(days: str) -> tuple[int, ...]:
    return tuple(int(day) for day in days.split(",") if day)
