"""Who works in the invented region: people, their posts, and the rows of a people file that say so."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from training_tracker.demo.agencies import AGENCIES, SURGERY, TRUST, YOUTH_TRUST, NamedAgency, Unit
from training_tracker.demo.names import Addresses, invented_name
from training_tracker.errors import Refused
from training_tracker.people.agencies import NESTED

FEWEST = 150
LARGEST_TEAM, USUAL_TEAM = 30, 20
# Teams in which somebody from elsewhere helps out, and one person in how many there does: the same person, with a
# post in two agencies.
SHARED = ((YOUTH_TRUST, "Youth clubs", "Volunteer", 5), (SURGERY, "Consulting", "Practice nurse", 8))
BANK = "Staff bank"
BANK_ONE_IN = 30
GOLDEN_RATIO = (5**0.5 - 1) / 2


@dataclass(slots=True)
class Job:
    """A post as a row of the people file gives it. ``team`` is empty for the agency's own top team."""

    agency: NamedAgency
    number: str
    team: str
    role: str
    manager: str
    started_on: date | None
    ended_on: date | None = None


@dataclass(slots=True)
class Person:
    """``zeal`` says how much more, or less, than their colleagues they keep up with training; 0 is ordinary."""

    name: str
    email: str
    zeal: float
    leads: bool
    jobs: list[Job] = field(default_factory=list)

    @property
    def has_left(self) -> bool:
        return all(job.ended_on for job in self.jobs)


def workforce(people: int, today: date, chance: Random) -> list[Person]:
    """Exactly ``people`` people. Raises :class:`Refused` for fewer than a whole region needs."""
    if people < FEWEST:
        raise Refused(f"{people} people are too few for a whole region", f"Ask for at least {FEWEST}.", "people")
    hiring = _Hiring(today, chance)
    everybody = [
        person
        for agency, size in zip(AGENCIES, _sizes(people), strict=True)
        for person in hiring.staffed(agency, agency.top, size, "", "", "")
    ]
    hiring.share(everybody)
    return everybody


def _sizes(people: int) -> list[int]:
    """How many people work for each agency; what is over where an agency is full goes to the others."""
    weights = [agency.weight for agency in AGENCIES]
    sizes = [0] * len(AGENCIES)
    while (left := people - sum(sizes)) > 0:
        for index, more in enumerate(_shared_out(left, weights)):
            most = AGENCIES[index].at_most
            sizes[index] = sizes[index] + more if most is None else min(sizes[index] + more, most)
            if sizes[index] == most:
                weights[index] = 0
    return sizes


def _shared_out(number: int, weights: list[float]) -> list[int]:
    """Whole numbers in proportion to the weights, with exactly ``number`` as their sum."""
    shares, total, given = [], sum(weights), 0.0
    for weight in weights:
        before = round(given)
        given += number * weight / total
        shares.append(round(given) - before)
    return shares


class _Hiring:
    """Fills teams with people."""

    def __init__(self, today: date, chance: Random) -> None:
        self.today = today
        self.chance = chance
        self.addresses = Addresses()
        self.numbers: dict[str, int] = {}
        self.lives = 0

    def staffed(
        self, agency: NamedAgency, unit: Unit, people: int, path: str, above: str, manager: str
    ) -> Iterator[Person]:
        """The ``people`` of a unit: its lead, whose post is in the team ``above``, its staff, and the units below."""
        if not people:
            return
        lead = self._hired(agency, unit.lead, above, manager, leads=True)
        yield lead
        own, *lower = _shared_out(people - 1, [sum(unit.staff.values()), *(below.weight for below in unit.below)])
        if own > LARGEST_TEAM:
            # A team this large is several: Team 1, Team 2, ...
            parts = _shared_out(own, [1.0] * math.ceil(own / USUAL_TEAM))
            for number, part in enumerate(parts, 1):
                smaller = Unit(f"Team {number}", unit.lead, unit.staff)
                yield from self.staffed(agency, smaller, part, _nested(path, smaller.name), path, lead.email)
        else:
            for role in self._roles(unit, own):
                person = self._hired(agency, role, path, lead.email)
                self._life(person, unit)
                yield person
        for below, size in zip(unit.below, lower, strict=True):
            yield from self.staffed(agency, below, size, _nested(path, below.name), path, lead.email)

    def _roles(self, unit: Unit, people: int) -> Iterator[str]:
        for role, number in zip(unit.staff, _shared_out(people, list(unit.staff.values())), strict=True):
            yield from [role] * number

    def _hired(self, agency: NamedAgency, role: str, team: str, manager: str, *, leads: bool = False) -> Person:
        name = invented_name(self.chance)
        person = Person(name, self.addresses.of(name, agency.name), self.chance.gauss(0, 0.8), leads)
        person.jobs.append(Job(agency, self._number(agency), team, role, manager, self._days_ago(400, 6000)))
        return person

    def _life(self, person: Person, unit: Unit) -> None:
        """What has happened to a person's post: most just work there; some are new, have left, or have moved."""
        # Multiples of the golden ratio are spread evenly, so that even a small region has somebody of each kind.
        self.lives += 1
        job, kind = person.jobs[0], self.lives * GOLDEN_RATIO % 1
        if kind < 0.04:
            job.started_on = self._days_ago(1, 29)
        elif kind < 0.16:
            job.started_on = self._days_ago(30, 400)
        elif kind < 0.21:
            job.ended_on = self._days_ago(3, 380)
        elif kind < 0.225:
            job.started_on = None
        elif kind < 0.245:
            self._move(person, unit)

    def _move(self, person: Person, unit: Unit) -> None:
        """They had another role in the team before: a post that ended, then the present one."""
        job = person.jobs[0]
        others = [role for role in unit.staff if role != job.role]
        if others:
            moved = self._days_ago(40, 350)
            ended = moved - timedelta(days=1)
            role = self.chance.choice(others)
            person.jobs.append(Job(job.agency, job.number, job.team, role, job.manager, job.started_on, ended))
            job.started_on = moved

    def share(self, everybody: list[Person]) -> None:
        """Second posts: on the trust's own bank, and helping out in another agency."""
        at_trust = [p for p in everybody if p.jobs[0].agency.name == TRUST and not (p.leads or p.has_left)]
        for person in at_trust[::BANK_ONE_IN]:
            job = person.jobs[0]
            person.jobs.append(Job(job.agency, job.number, BANK, job.role, "", self._days_ago(60, 900)))
        elsewhere = [p for p in at_trust if "nurse" in p.jobs[0].role.lower()]
        for name, team, role, one_in in SHARED:
            hosts = [p for p in everybody if p.jobs[0].agency.name == name and p.jobs[0].team.startswith(team)]
            host = hosts[0].jobs[0]
            for person in self.chance.sample(elsewhere, k=min(len(elsewhere), 1 + len(hosts) // one_in)):
                number = self._number(host.agency)
                start = self._days_ago(60, 1200)
                person.jobs.append(Job(host.agency, number, host.team, role, host.manager, start))

    def _number(self, agency: NamedAgency) -> str:
        self.numbers[agency.name] = self.numbers.get(agency.name, 0) + 1
        return f"{self.numbers[agency.name]:06d}"

    def _days_ago(self, fewest: int, most: int) -> date:
        return self.today - timedelta(days=self.chance.randint(fewest, most))


def _nested(path: str, name: str) -> str:
    return f"{path} {NESTED} {name}" if path else name
