"""The plan of the day: who gets a digest, what is in it, and why; and who gets none, and why not."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, is_working_day
from training_tracker.database import insert_unless_known, wait_for_turn
from training_tracker.mail.outbox import Draft, put
from training_tracker.mail.rendering import render
from training_tracker.reminders.asked import Asked, asked_by_version
from training_tracker.reminders.due import Due, Person, people_with_something_due, what_is_due
from training_tracker.reminders.ladder import QUIET
from training_tracker.reminders.models import Reminder
from training_tracker.standing.status import Status

# So many people are read, decided on and written at once: their e-mails are all that a run has to hold.
AT_ONCE = 1_000
# So many things are told in full.
IN_FULL = 8


class Held(StrEnum):
    """Why somebody with something due gets no digest today."""

    NOTHING_NEW = "nothing new to say"
    QUIET_WEEK = "had a digest in the last 7 days"
    NO_ADDRESS = "no e-mail address"
    ON_LEAVE = "on leave"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One thing to do. Several posts and rules that ask the same of a person are one line, which shows the one due
    first and names all ``owners``; ``new`` if this digest is the first to say a step of any of them."""

    post_id: int
    expectation_id: int
    asked: Asked
    step: str
    status: Status
    due_on: date
    renewal: bool
    new: bool
    owners: tuple[str, ...]
    grace_until: date | None = None

    @property
    def title(self) -> str:
        return self.asked.title

    @property
    def overdue(self) -> bool:
        return self.status is Status.OVERDUE

    @property
    def by_when(self) -> str:
        day = in_words(self.due_on)
        if self.overdue:
            return f"Overdue: it needed renewing by {day}" if self.renewal else f"Overdue: it was due by {day}"
        if self.status is Status.IN_GRACE and self.grace_until:
            return f"It needed renewing by {day}, and counts as overdue after {in_words(self.grace_until)}"
        return f"Renew it by {day}" if self.renewal else f"Do it by {day}"


@dataclass(frozen=True, slots=True)
class Digest:
    """``why`` names the steps that made us write, for whoever looks at the plan."""

    practitioner_id: int
    name: str
    to: str
    key: str
    subject: str
    lines: tuple[DigestLine, ...]
    triggers: tuple[Due, ...]
    why: str


@dataclass(slots=True)
class ReminderPlan:
    """``nothing_because`` says why a whole day has none."""

    on: date
    digests: list[Digest] = field(default_factory=list)
    held: Counter[Held] = field(default_factory=Counter)
    nothing_because: str = ""


async def plan_reminders(session: AsyncSession, on: date, *, today: date, base_url: str) -> ReminderPlan:
    """Put the digests of a day in the outbox: one for each person who has reached a step not yet said.

    They and the record of what was said stand in the caller's transaction; the same run again adds nothing.
    """
    if not is_working_day(on):
        return ReminderPlan(on, nothing_because=f"{on:%A} {in_words(on)} is not a working day")
    await wait_for_turn(session, "reminders")
    plan = ReminderPlan(on)
    asked = await asked_by_version(session)
    for some in _chunks(await people_with_something_due(session, on, today=today)):
        digests = []
        for person in await what_is_due(session, some, on, today=today):
            held = held_back(person, on)
            if held:
                plan.held[held] += 1
            else:
                digests.append(_digest(person, asked, on))
        await _put(session, digests, on, base_url)
        plan.digests += digests
    return plan


def held_back(person: Person, on: date) -> Held | None:
    """Why this person gets no digest on a working day; None if they do."""
    if not any(due.open for due in person.due):
        on_leave = any(due.status is Status.ON_LEAVE for due in person.due)
        return Held.ON_LEAVE if on_leave else Held.EXEMPT
    triggers = _triggers(person)
    if not triggers:
        return Held.NOTHING_NEW
    if not person.email:
        return Held.NO_ADDRESS
    quiet = person.written_on is not None and on < person.written_on + QUIET
    if quiet and not any(_overdue_since(due, person.written_on) for due in triggers):
        return Held.QUIET_WEEK
    return None


def _triggers(person: Person) -> list[Due]:
    return [due for due in person.due if due.open and not due.said]


def _overdue_since(due: Due, written_on: date | None) -> bool:
    """Whether it was not overdue yet when we last wrote, and is now."""
    return due.status is Status.OVERDUE and (written_on is None or due.last_day >= written_on)


def _digest(person: Person, asked: dict[int, Asked], on: date) -> Digest:
    same: dict[Hashable, list[Due]] = defaultdict(list)
    for due in person.due:
        if due.open:
            same[asked[due.version_id].key].append(due)
    lines = sorted((_line(dues, asked) for dues in same.values()), key=_urgency)
    triggers = tuple(_triggers(person))
    steps = {f"{asked[due.version_id].code}: {due.step.name} {in_words(due.due_on)}": None for due in triggers}
    return Digest(
        practitioner_id=person.practitioner_id,
        name=person.name,
        to=person.email or "",
        key=f"digest:{person.practitioner_id}:{on}",
        subject=subject_of(lines),
        lines=tuple(lines),
        triggers=triggers,
        why="; ".join(steps),
    )


def _line(dues: list[Due], asked: dict[int, Asked]) -> DigestLine:
    # What is overdue before what is in grace, and of these the one due first.
    first = min(dues, key=lambda due: (due.status is not Status.OVERDUE, due.due_on))
    owners = {asked[due.version_id].owner: None for due in dues}
    return DigestLine(
        post_id=first.post_id,
        expectation_id=first.expectation_id,
        asked=asked[first.version_id],
        step=first.step.name,
        status=first.status,
        due_on=first.due_on,
        renewal=first.renewal,
        new=not all(due.said for due in dues),
        owners=tuple(owners),
        grace_until=first.grace_until,
    )


def _urgency(line: DigestLine) -> tuple[bool, date, str]:
    return (not line.new, line.due_on, line.title)


def subject_of(lines: Iterable[DigestLine]) -> str:
    """Without names, and without a word that a passer-by should not read over a shoulder."""
    overdue = [line.overdue for line in lines]
    things = "1 thing" if len(overdue) == 1 else f"{len(overdue)} things"
    if all(overdue):
        return f"Your training: {things} overdue"
    return f"Your training: {things} to do" + (f", {sum(overdue)} overdue" if any(overdue) else "")


async def _put(session: AsyncSession, digests: list[Digest], on: date, base_url: str) -> None:
    # In a thread, so that a server that plans goes on answering.
    drafts = await asyncio.to_thread(lambda: [draft(digest, base_url) for digest in digests])
    rows = {}
    for digest, message_id in zip(digests, await put(session, drafts), strict=True):
        for due in digest.triggers:
            # One rule about two resources has two standings of one post, which may fall due on one day.
            rows[due.post_id, due.expectation_id, due.due_on] = {
                "post_id": due.post_id,
                "expectation_id": due.expectation_id,
                "due_on": due.due_on,
                "step": due.step.name,
                "practitioner_id": digest.practitioner_id,
                "message_id": message_id,
                "planned_on": on,
            }
    if rows:
        await session.execute(_remember(session), list(rows.values()))


def _remember(session: AsyncSession) -> Executable:
    # A post that was corrected to be another person's has steps already, said to the one whose it was thought to be.
    statement = insert_unless_known(session, Reminder)
    told = ("practitioner_id", "message_id", "planned_on")
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in Reminder.__table__.primary_key],
        set_={name: statement.excluded[name] for name in told},
    )


def draft(digest: Digest, base_url: str) -> Draft:
    owners = {line.owners for line in digest.lines}
    rendered = render(
        "digest",
        subject=digest.subject,
        name=digest.name,
        new=[line for line in digest.lines if line.new],
        others=[line for line in digest.lines if not line.new],
        # Said once where it is the same for everything.
        asked_by=owners.pop() if len(owners) == 1 else (),
        # A long list stays readable: the last ones say what and when, and the page says the rest.
        in_full=digest.lines[:IN_FULL],
        base_url=base_url.rstrip("/"),
    )
    return Draft(digest.key, digest.to, digest.subject, rendered.text, rendered.html)


def _chunks(people: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(people), AT_ONCE):
        yield people[start : start + AT_ONCE]
