"""The rules of the e-mails as naive dates: working days and hours, the ladder, the week of quiet. By hand, so that no
mistake of the program's is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count

from tests.standing.oracle import months_later

# As GOV.UK lists them for England.
BANK_HOLIDAYS = {
    *(date(2027, 8, 30), date(2027, 12, 27), date(2027, 12, 28)),
    *(date(2028, 1, 3), date(2028, 4, 14), date(2028, 4, 17), date(2028, 5, 1), date(2028, 5, 29)),
    *(date(2028, 8, 28), date(2028, 12, 25), date(2028, 12, 26)),
}
DIGESTS_FROM, SUMMARIES_FROM, EVENING = time(8, 15), time(8, 30), time(17)
LETTERS_FROM = time(8)
QUIET = timedelta(days=7)
NEW_IN_POST = timedelta(days=28)
# What is recorded later than this is history, and what was recorded longer ago is no news.
HISTORY, NEWS = timedelta(days=92), timedelta(days=14)
SOON = timedelta(days=60)
# Where something was not asked of somebody, its end may be noticed a week late.
NOTICED_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Ladder:
    before: tuple[int, ...] = (90, 60, 30, 7)
    after: tuple[int, ...] = (7, 14)
    monthly: bool = True
    escalate_after: int = 30

    def reached(self, due_on: date, day: date) -> date | None:
        """The day of the newest step that has come."""
        return max((step for step in self._until(due_on, day)), default=None)

    def _until(self, due_on: date, day: date) -> Iterator[date]:
        days = [*(-number for number in self.before), 0, *self.after]
        yield from (due_on + timedelta(days=number) for number in days if due_on + timedelta(days=number) <= day)
        last = due_on + timedelta(days=max(self.after, default=0))
        for months in count(1) if self.monthly else ():
            step = months_later(due_on, months)
            if step > day:
                return
            if step > last:
                yield step


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def from_the_fifth_working_day(day: date) -> bool:
    return sum(is_working_day(day.replace(day=number)) for number in range(1, day.day + 1)) >= 5


def may_write(at: datetime) -> bool:
    return is_working_day(at.date()) and LETTERS_FROM <= at.time() < EVENING


def runs(hour: time, at: datetime) -> bool:
    """Whether a job of this hour runs, if the program looks at this moment and it has not run."""
    return is_working_day(at.date()) and hour <= at.time() < EVENING
