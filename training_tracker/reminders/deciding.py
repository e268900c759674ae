"""Whether to write to somebody on a day, and when to look again: questions about dates alone."""

from datetime import date
from enum import StrEnum

from training_tracker.reminders.due import ONE_DAY, Due, Person
from training_tracker.reminders.ladder import QUIET
from training_tracker.standing.status import Status


class Held(StrEnum):
    """Why somebody gets no digest on a working day."""

    NOTHING_DUE = "nothing due"
    NOTHING_NEW = "nothing new to say"
    QUIET_WEEK = "had a digest in the last 7 days"
    NO_ADDRESS = "no e-mail address"
    UNREACHABLE = "the e-mail address does not work"
    ON_LEAVE = "on leave"
    EXEMPT = "exempt"
    UNKNOWN = "not known whether it is done: an agency's figures are missing"
    WELCOME = "welcomed to a new post that day"
    ANOTHER = "another e-mail to them was sent that day, or waits to be sent"


_WAITING = {Status.ON_LEAVE: Held.ON_LEAVE, Status.EXEMPT: Held.EXEMPT, Status.UNKNOWN: Held.UNKNOWN}


def held_back(person: Person, on: date) -> Held | None:
    """Why this person gets no digest; None if they do."""
    if not any(due.open for due in person.due):
        return next((held for status, held in _WAITING.items() if status in person.waiting), Held.NOTHING_DUE)
    steps = unsaid(person)
    if not steps:
        return Held.NOTHING_NEW
    if not person.email:
        return Held.NO_ADDRESS
    if person.unreachable:
        return Held.UNREACHABLE
    quiet = person.written_on is not None and on < person.written_on + QUIET
    if quiet and not any(_overdue_since(due, person.written_on) for due in steps):
        return Held.QUIET_WEEK
    return None


def unsaid(person: Person) -> list[Due]:
    """What they could act on and have not been told of at the step that it has reached."""
    return [due for due in person.due if due.open and not due.said]


def _overdue_since(due: Due, written_on: date | None) -> bool:
    """Whether it was not overdue yet when we last wrote, and is now."""
    return due.status is Status.OVERDUE and (written_on is None or due.last_day >= written_on)


def look_again_on(person: Person, held: Held | None, on: date) -> date | None:
    """The day from which time alone may change the decision; None where only a new fact can.

    What holds a step back may end on a day that no date tells: a missing address, an exemption that is taken back, a
    feed that comes again. Until it does, it is looked at every week, as after a digest.
    """
    days = set(person.turns)
    if held is Held.QUIET_WEEK and person.written_on is not None:
        days |= {person.written_on + QUIET} | {due.last_day + ONE_DAY for due in unsaid(person)}
    elif (held and unsaid(person)) or any(not due.open for due in person.due):
        days.add(on + QUIET)
    return min((day for day in days if day > on), default=None)
