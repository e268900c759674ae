"""The look ahead of an agency's decision about what it expects: made, seen for what comes of it, and taken back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Request
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.calendar import add_months, in_words
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.register import RegisterLine, registered
from training_tracker.standing.foreseeing import Foreseen, foresee
from training_tracker.standing.known import posts_of_agency
from training_tracker.standing.rehearsing import Relieved, Turning
from training_tracker.web import forms
from training_tracker.web.rendering import good_for_back, page

# So far ahead a look goes, from the day of the change.
MONTHS_AHEAD = 12
# So many days are told one by one; more of them by the month.
MOST_DAYS = 8

Decide = Callable[[AsyncSession], Awaitable[Expectation]]


@dataclass(frozen=True, slots=True)
class Step:
    """A day, or a month where there are too many days to read, and the people of whom it is so from then on."""

    when: str
    people: int


def in_steps(lines: Sequence[Turning | Relieved]) -> list[Step]:
    named = (in_words(line.on) if len(lines) <= MOST_DAYS else f"{line.on:%B %Y}" for line in lines)
    people: dict[str, int] = {}
    for when, line in zip(named, lines, strict=True):
        people[when] = people.get(when, 0) + line.people
    return [Step(when, number) for when, number in people.items()]


@dataclass(frozen=True, slots=True)
class Look:
    """What would come of it: the expectation as it would stand, and the people whom it touches."""

    line: RegisterLine
    foreseen: Foreseen
    changes_on: date
    until: date

    @property
    def turning(self) -> list[Step]:
        return in_steps(self.foreseen.rehearsal.turning)

    @property
    def relieved(self) -> list[Step]:
        return in_steps(self.foreseen.rehearsal.relieved)


async def look_ahead(
    database: Database, decide: Decide, changes_on: date, today: date, line: RegisterLine | None = None
) -> Look:
    """What comes of a decision; ``line`` is how the expectation is shown, unless as it would stand then."""
    until = add_months(changes_on, MONTHS_AHEAD)
    async with database.rehearsing() as session:
        expectation = await decide(session)
        assert expectation.agency_id is not None, "an agency's own"
        posts = posts_of_agency(expectation.agency_id)
        foreseen = await foresee(session, expectation.id, posts, changes_on=changes_on, on=today, until=until)
        if line is None:
            line = await registered(session, changes_on, expectation.code, agencies=[expectation.agency_id])
    return Look(line, foreseen, changes_on, until)


def preview(
    request: Request[Any, Any, Any],
    actor: Actor,
    look: Look,
    sent: forms.Sent,
    address: str,
    *,
    ends: date | None = None,
    withdrawn: date | None = None,
) -> Template:
    """What was sent goes along, to be sent again when it is confirmed."""
    carried = {name: value for name, value in sent.items() if name not in ("_csrf_token", "confirmed", "again")}
    return good_for_back(
        page(
            *(request, "expectation_look", actor),
            look=look,
            carried=carried,
            address=address,
            ends=ends,
            withdrawn=withdrawn,
        )
    )
