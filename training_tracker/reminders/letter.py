"""What a digest says: one line for each thing to do, what makes us write first."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from training_tracker.calendar import in_words
from training_tracker.mail.outbox import Draft
from training_tracker.reminders.asked import Asked, AskedItem
from training_tracker.reminders.due import Expected
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.letterhead import Letterhead
from training_tracker.reminders.self_declared import NOTHING_DECLARED, Declared, SelfDeclared
from training_tracker.standing.status import Status

# So many things are told in full.
IN_FULL = 8


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One thing to do. Several posts and rules that ask the same of a person are one line, which shows the one due
    first and names all ``owners``; ``new`` if this digest is the first to say a step of any of them. ``declared`` is
    what they say they have done of it, and a manager has still to confirm."""

    asked: Asked
    status: Status
    due_on: date
    renewal: bool
    new: bool
    owners: tuple[str, ...]
    grace_until: date | None = None
    declared: tuple[SelfDeclared, ...] = ()

    @property
    def title(self) -> str:
        return self.asked.title

    @property
    def items(self) -> list[AskedItem]:
        """What is to be done still; what waits to be confirmed need not be done again."""
        said = {one.title for one in self.declared}
        return [item for item in self.asked.items if item.title not in said]

    @property
    def waits(self) -> list[str]:
        """What waits to be confirmed, in sentences."""
        return [one.waits(named=bool(self.asked.in_full)) for one in self.declared]

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


def things_to_do(
    dues: Iterable[Expected], asked: Mapping[int, Asked], declared: Declared = NOTHING_DECLARED
) -> list[DigestLine]:
    """Everything open, what has not been said yet first, and then what is due first."""
    same: dict[Hashable, list[Expected]] = defaultdict(list)
    for due in dues:
        if due.open:
            same[asked[due.version_id].key].append(due)
    return sorted((_line(dues, asked, declared) for dues in same.values()), key=_urgency)


def _line(dues: list[Expected], asked: Mapping[int, Asked], declared: Declared) -> DigestLine:
    # What is overdue before what is in grace, and of these the one due first.
    first = min(dues, key=lambda due: (due.status is not Status.OVERDUE, due.due_on))
    owners = {asked[due.version_id].owner: None for due in dues}
    waiting = {one.title: one for due in dues for one in declared.get((due.post_id, due.version_id), ())}
    return DigestLine(
        asked=asked[first.version_id],
        status=first.status,
        due_on=first.due_on,
        renewal=first.renewal,
        new=not all(due.said for due in dues),
        owners=tuple(owners),
        grace_until=first.grace_until,
        declared=tuple(waiting.values()),
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


def digest(letterhead: Letterhead, key: str, to: str, name: str, lines: list[DigestLine]) -> Draft:
    return letterhead.write(Kind.DIGEST, key, to, subject_of(lines), name=name, **in_parts(lines))


def in_parts(lines: list[DigestLine]) -> dict[str, Any]:
    """What the templates show of a list: ``asked_by`` once where it is the same for everything, and not too much in
    full, since the page says the rest."""
    owners = {line.owners for line in lines}
    return {
        "new": [line for line in lines if line.new],
        "others": [line for line in lines if not line.new],
        "asked_by": owners.pop() if len(owners) == 1 else (),
        "in_full": lines[:IN_FULL],
    }
