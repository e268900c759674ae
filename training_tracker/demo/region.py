"""Settling the invented region: its spreadsheets are written, then brought in as any agency's would be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random

from training_tracker.database import Database
from training_tracker.demo.doubts import declare_some, dispute_some
from training_tracker.demo.guests import Guest, guests, invite
from training_tracker.demo.learning import Expected, Learning
from training_tracker.demo.leave import excuse_some
from training_tracker.demo.spreadsheets import write_completions, write_people
from training_tracker.demo.workforce import workforce
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.intake.configuration import REFERENCE, read_configuration
from training_tracker.intake.outcome import ImportOutcome
from training_tracker.intake.people import import_people, read_people

BY = "the demo"
SEED = "Solent Isle"
LARGEST = 100_000_000

# What is being brought in, how many of its rows are done, and how many there are.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Region:
    """Whom to sign in as, and how much there is to see."""

    practitioner: Guest
    manager: Guest
    agency_lead: Guest
    partnership_lead: Guest
    scrutineer: Guest
    people: int
    completions: int


async def settle(
    database: Database,
    folder: Path,
    *,
    people: int,
    today: date,
    progress: Progress = lambda _what, _done, _total: None,
) -> Region:
    """Settle a region of so many people in a database that holds the reference configuration.

    Its spreadsheets stay in ``folder`` to be looked at. The same number on the same day gives the same region.
    Raises :class:`Refused` for too few people to make a region of.
    """
    configuration = read_configuration(REFERENCE)
    everybody = workforce(people, today, _chance("people"))
    for file in write_people(folder, everybody):
        table = read_people(file, LARGEST)
        async with database.writing() as session:
            outcome = await import_people(
                session, table, by=BY, create=True, progress=lambda done, total: progress("people", done, total)
            )
            _refuse_nothing(file, outcome)
    learning = Learning(Expected(configuration), today, _chance("learning"))
    completions = 0
    for file in write_completions(folder, everybody, learning, configuration, _chance("wording")):
        table = read_completions(file, LARGEST)
        async with database.writing() as session:
            outcome = await import_completions(
                session,
                table,
                by=BY,
                today=today,
                progress=lambda done, total: progress("completions", done, total),
            )
            _refuse_nothing(file, outcome)
        completions += outcome.accepted
    async with database.writing() as session:
        await excuse_some(session, everybody, today, _chance("leave"), BY)
    async with database.writing() as session:
        await invite(session)
    async with database.reading() as session:
        chosen = await guests(session, today)
    return Region(*chosen, people=len(everybody), completions=completions)


async def leave_some_open(database: Database, region: Region, today: date) -> Region:
    """Let some of a settled region's people say what waits for their managers; whoever shows most may be another then.

    Apart from settling it, since a region that lives through a year begins with what was brought in alone.
    """
    async with database.writing() as session:
        await declare_some(session, today, BY)
    async with database.reading() as session:
        practitioner, *_others = await guests(session, today)
    async with database.writing() as session:
        await dispute_some(session, practitioner.practitioner_id, today)
    return replace(region, practitioner=practitioner)


def _chance(part: str) -> Random:
    """Each part of the region has a chance of its own, so that a change in one leaves the others as they were."""
    return Random(f"{SEED}: {part}")  # noqa: S311  # it only has to look alive, and be the same every time


def _refuse_nothing(file: Path, outcome: ImportOutcome) -> None:
    """The region is ours: a row that the product will not have is a mistake of this program."""
    if outcome.refused:
        raise RuntimeError(f"{file.name}: {outcome.refused[0]}")
