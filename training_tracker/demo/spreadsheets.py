"""The invented region as the spreadsheets its agencies would send, in the two documented layouts."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, islice
from pathlib import Path
from random import Random

from training_tracker.demo.agencies import NamedAgency
from training_tracker.demo.learning import Done, Learning
from training_tracker.demo.workforce import Job, Person
from training_tracker.intake.completions import COLUMNS as COMPLETIONS_COLUMNS
from training_tracker.intake.configuration import Configuration
from training_tracker.intake.people import COLUMNS as PEOPLE_COLUMNS

# A spreadsheet is read as a whole and brought in at once, so a large region sends several.
ROWS_IN_A_FILE = 50_000


def write_people(folder: Path, everybody: Iterable[Person]) -> Iterator[Path]:
    rows = (_person_row(person, job) for person in everybody for job in sorted(person.jobs, key=_in_order))
    return _in_parts(folder, "people", [column.name for column in PEOPLE_COLUMNS], rows)


def write_completions(
    folder: Path, everybody: Iterable[Person], learning: Learning, configuration: Configuration, chance: Random
) -> Iterator[Path]:
    wording = _Wording(configuration, chance)
    rows = (wording.row(person, done) for person in everybody for done in learning.of(person))
    return _in_parts(folder, "completions", [column.name for column in COMPLETIONS_COLUMNS], rows)


def _in_order(job: Job) -> date:
    return job.started_on or date.min


def _person_row(person: Person, job: Job) -> tuple[str, ...]:
    return (
        job.agency.name,
        job.agency.sector,
        job.team or job.agency.name,
        job.number,
        person.name,
        person.email,
        job.role,
        job.manager,
        f"{job.started_on:%d/%m/%Y}" if job.started_on else "",
        f"{job.ended_on:%d/%m/%Y}" if job.ended_on else "",
    )


class _Wording:
    """How each agency's system writes an item and a date: always in the same way, and every system in its own."""

    def __init__(self, configuration: Configuration, chance: Random) -> None:
        self.items = {item.code: item for item in configuration.items}
        self.chance = chance
        self.written: dict[tuple[str, str], str] = {}

    def row(self, person: Person, done: Done) -> tuple[str, ...]:
        job = person.jobs[0]
        agency = job.agency
        return (
            "" if agency.by_number else person.email,
            agency.name,
            job.number if agency.by_number else "",
            self._item(agency, done.item),
            self._day(agency, done.on),
            f"{done.hours:g}" if done.hours else "",
            self._evidence(done),
            self._source(agency, done),
        )

    def _item(self, agency: NamedAgency, code: str) -> str:
        known = self.written.get((agency.name, code))
        if known is None:
            item = self.items[code]
            known = self.chance.choice((item.title, item.title, item.code, *item.aliases))
            self.written[agency.name, code] = known
        return known

    def _day(self, agency: NamedAgency, day: date) -> str:
        if agency.by_number:
            return day.isoformat()
        return f"{day:%d/%m/%Y}"

    def _evidence(self, done: Done) -> str:
        if self.items[done.item].kind == "resource" or self.chance.random() < 0.6:
            return ""
        return f"certificate {done.on:%y%m}-{self.chance.randint(1000, 9999)}"

    def _source(self, agency: NamedAgency, done: Done) -> str:
        if "CSA" in done.item and self.chance.random() < 0.7:
            return "Partnership booking list"
        return agency.source


def _in_parts(folder: Path, name: str, headings: list[str], rows: Iterator[tuple[str, ...]]) -> Iterator[Path]:
    """Write ``name.csv``, and ``name-2.csv`` and so on if there are more rows than belong in one file."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (first := next(rows, None)) is not None:
        file = folder / (f"{name}.csv" if number == 1 else f"{name}-{number}.csv")
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(headings)
            writer.writerows(chain([first], islice(rows, ROWS_IN_A_FILE - 1)))
        yield file
        number += 1
