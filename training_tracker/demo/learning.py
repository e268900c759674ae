"""What the people of the invented region have completed: a mixed picture, as the audit found it.

Whether a person keeps up with a thing depends on their agency, on how popular the thing is, and on the person. Those
who keep up have done it at some day within its period, so that something falls due every week; of the others some
have let it lapse, lately or long ago, and some have never begun.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from training_tracker.calendar import add_months
from training_tracker.demo.workforce import Job, Person
from training_tracker.intake.configuration import Configuration, ExpectationEntry, RoleEntry
from training_tracker.naming import fold

YEARS_OF_HISTORY = 4

# How much more (or less) often than a course of ordinary popularity a thing is done, in log-odds. Two thirds of those
# who knew of the toolkit had never opened it, and use of the signs and indicators template was not evident.
POPULARITY = {
    "R-TOOLKIT": -2.15,
    "R-SIGNS": -1.0,
    "R-CYGNET": -0.8,
    "R-CPS": -0.2,
    "R-ICAT": 0.5,
    "BROOK-TLT": -0.7,
    "CERAF": -0.3,
    "CSA-IFA": -0.9,
    "CSA-INTRO": 0.2,
    "CSA-MED": -0.6,
    "DSL": 1.2,
    "EY-ANNEXC": 1.0,
    "KCSIE-P1": 1.2,
    "MGR-CSA": -0.5,
    "SCH-INDUCT": 1.6,
    "SCH-UPDATE": 1.0,
    "SGC-L1": 0.8,
    "SGC-L2": 0.7,
    "SGC-L3": 0.4,
}
# Done by some although nobody asks for it.
BESIDES = ("CSA-CSE-GBH", "ESCALATE", "HONEST", "HSB", "INFO-SHARE", "MASH-ROLE", "MET", "R-ESC", "R-LANG", "R-STRAT")


@dataclass(frozen=True, slots=True)
class Done:
    """An item's code, the day, and the hours where they are not the usual ones."""

    item: str
    on: date
    hours: float | None = None


class Expected:
    """What the configuration expects of a job, whatever its agency calls the role."""

    def __init__(self, configuration: Configuration) -> None:
        sectors = {
            fold(name): sector.code for sector in configuration.sectors for name in (sector.name, *sector.aliases)
        }
        self._sectors = sectors
        self._roles = {
            (role.sector, fold(name)): role for role in configuration.roles for name in (role.name, *role.aliases)
        }
        self._expectations = configuration.expectations
        self._of_role: dict[str, list[ExpectationEntry]] = {}

    def of(self, job: Job) -> list[ExpectationEntry]:
        role = self._roles[self._sectors[fold(job.agency.sector)], fold(job.role)]
        if role.code not in self._of_role:
            self._of_role[role.code] = [rule for rule in self._expectations if _applies(rule, role)]
        return self._of_role[role.code]


def _applies(rule: ExpectationEntry, role: RoleEntry) -> bool:
    return rule.agency is None and any(
        scope.role in (None, role.code)
        and scope.sector in (None, role.sector)
        and scope.role_group in (None, role.group)
        and scope.agency is None
        for scope in rule.scopes
    )


class Learning:
    """Tells each person's history, in the same way for the same ``chance``."""

    def __init__(self, expected: Expected, today: date, chance: Random) -> None:
        self.expected = expected
        self.today = today
        self.chance = chance
        self.began = add_months(today, -12 * YEARS_OF_HISTORY)
        self.leanings: dict[str, float] = {}

    def of(self, person: Person) -> Iterator[Done]:
        told: set[tuple[str, date]] = set()
        decided: set[str] = set()
        for job in person.jobs:
            for rule in self.expected.of(job):
                if decided.issuperset(rule.items):
                    continue
                decided.update(rule.items)
                for done in self._history(person, job, rule):
                    if (done.item, done.on) not in told:
                        told.add((done.item, done.on))
                        yield done
        for item in BESIDES:
            if item not in decided and self.chance.random() < 0.08 * person.jobs[0].agency.diligence:
                first, last = self._start(person.jobs[0]), self._end(person.jobs[0])
                yield Done(item, self._between(max(first, self.began), last))

    def _history(self, person: Person, job: Job, rule: ExpectationEntry) -> Iterator[Done]:
        keeps_up = self.chance.random() < self._likelihood(person, job, rule)
        if rule.measure == "hours":
            yield from self._sessions(job, rule, keeps_up=keeps_up)
            return
        amount = int(rule.amount)
        items = rule.items if amount == len(rule.items) else self.chance.sample(rule.items, amount)
        for item in items:
            for day in self._days(job, rule, keeps_up=keeps_up):
                yield Done(item, day)

    def _likelihood(self, person: Person, job: Job, rule: ExpectationEntry) -> float:
        """How likely it is that the person is up to date with a rule."""
        if rule.people_in_setting:
            return 0.6 if person.leads else 0.03
        item = rule.items[0]
        diligence = job.agency.diligence
        odds = math.log(diligence / (1 - diligence)) + POPULARITY.get(item, 0) + person.zeal
        for whose in (f"{job.agency.name} {item}", f"{job.agency.name} {job.team}"):
            odds += self.leanings.setdefault(whose, self.chance.gauss(0, 0.25))
        likely = 1 / (1 + math.exp(-odds))
        here = (self._end(job) - self._start(job)).days
        return likely * min(1, (here + 1) / (rule.first_due_days + 1))

    # --- the days on which one thing was done ---

    def _days(self, job: Job, rule: ExpectationEntry, *, keeps_up: bool) -> list[date]:
        if rule.method == "once":
            return [self._first(max(self._start(job), rule.effective_from), self._end(job), 150)] if keeps_up else []
        if rule.method == "cycle":
            return self._each_cycle(job, rule, keeps_up=keeps_up)
        return self._renewed(job, rule.period_months or 0, rule.first_due_days, keeps_up=keeps_up)

    def _first(self, begin: date, end: date, usual_days: float) -> date:
        """Some time after the beginning: soon for most, much later for a few."""
        here = (end - begin).days
        after = int(self.chance.expovariate(1 / usual_days))
        return begin + timedelta(days=after) if after <= here else self._between(begin, end)

    def _renewed(self, job: Job, months: int, first_due_days: int, *, keeps_up: bool) -> list[date]:
        """The newest day, and before it one for each period, renewed early by some and late by others."""
        start, end = self._start(job), self._end(job)
        good_since = add_months(end, -months)
        if keeps_up:
            newest = (
                self._between(good_since, end)
                if start < good_since
                else self._first(start, end, max(first_due_days / 2, 20))
            )
        else:
            newest = good_since - timedelta(days=2 + int(420 * self.chance.random() ** 2))
            if newest < start or self.chance.random() < 0.45:
                return []
        days = []
        while newest >= max(start, self.began):
            days.append(newest)
            newest = add_months(newest, -months) - timedelta(days=self.chance.randint(-75, 150))
        return days

    def _each_cycle(self, job: Job, rule: ExpectationEntry, *, keeps_up: bool) -> list[date]:
        """Soon after each cycle opens; whoever does not keep up has stopped before the last two, or never began."""
        start, end = self._start(job), self._end(job)
        months = rule.period_months or 12
        assert rule.anchor_on is not None, "a rule with cycles has an anchor"
        opening = rule.anchor_on + timedelta(days=1)
        newest = ((end.year - opening.year) * 12 + end.month - opening.month) // months
        stopped = 0 if keeps_up else self.chance.choice((2, 2, 3, 99))
        days = []
        for cycle in range(newest - stopped, newest - YEARS_OF_HISTORY, -1):
            opens, closes = add_months(opening, cycle * months), add_months(opening, (cycle + 1) * months)
            day = max(opens, start) + timedelta(days=int(self.chance.expovariate(1 / 25)))
            if start < closes and day < closes and day <= end:
                days.append(day)
        return days

    def _sessions(self, job: Job, rule: ExpectationEntry, *, keeps_up: bool) -> Iterator[Done]:
        """Sessions of a few hours until they add up; to a third of it, or little more, for those who do not keep up."""
        end = self._end(job)
        start = max(self._start(job), add_months(end, -(rule.period_months or 36)))
        wanted, total = rule.amount if keeps_up else rule.amount / 3, 0.0
        while total < wanted:
            hours = self.chance.choice((1.5, 2, 3, 4))
            yield Done(self.chance.choice(rule.items), self._between(start, end), hours)
            total += hours

    def _between(self, first: date, last: date) -> date:
        return first + timedelta(days=self.chance.randint(0, max(0, (last - first).days)))

    def _start(self, job: Job) -> date:
        """Of a post without a known start, the middle of the history."""
        return job.started_on or add_months(self.today, -6 * YEARS_OF_HISTORY)

    def _end(self, job: Job) -> date:
        return job.ended_on or self.today
