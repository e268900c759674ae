"""What every page of the partnership begins with: whose figures, and of which day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter

from training_tracker.access.actor import Actor
from training_tracker.calendar import LONDON
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.people.listing import partnerships_of
from training_tracker.people.models import Partnership
from training_tracker.uptake.publishing import first_published_on
from training_tracker.web.dependencies import ChosenId
from training_tracker.web.rendering import query

# The name of an agency or the code of an expectation, empty for none; and a day as a date field sends it.
ChosenName = Annotated[str, QueryParameter(max_length=250)]
AskedDay = Annotated[str, QueryParameter(name="on", max_length=40)]


@dataclass(frozen=True, slots=True)
class View:
    """``on`` is the day whose figures are read; ``first`` the first day of which there are any. ``typed`` is what was
    asked for, and ``problem`` what is wrong with it.
    """

    partnership: Partnership
    partnerships: list[Partnership]
    on: date
    today: date
    first: date | None
    typed: str
    problem: str

    @property
    def past(self) -> bool:
        return self.on < self.today

    @property
    def known_at(self) -> datetime | None:
        """The end of a past day; None for what is known now."""
        return datetime.combine(self.on + timedelta(days=1), time(), LONDON) if self.past else None

    def link(self, path: str, **more: object) -> str:
        """Another page about the same partnership and day."""
        return self.link_to_day(path, self.on if self.past else None, **more)

    def link_to_day(self, path: str, on: date | None, **more: object) -> str:
        """The same page of another day, or of today."""
        chosen = self.partnership.id if len(self.partnerships) > 1 else 0
        return path + query(partnership=chosen, on=on, **more).rstrip("?")


async def led_partnership(
    database: Database, actor: Actor, partnership_id: int
) -> tuple[Partnership, list[Partnership]]:
    """The partnership asked for, among those the person leads, all of which come with it; the first if none is asked.

    Raises :class:`NotFound` for one that they do not lead.
    """
    async with database.reading() as session:
        led = await partnerships_of(session, actor.partnerships)
    chosen = next((one for one in led if one.id == partnership_id or not partnership_id), None)
    if chosen is None:
        raise NotFound(f"partnership {partnership_id}")
    return chosen, led


async def partnership_view(
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    today: NamedDependency[date],
    partnership: ChosenId = 0,
    asked: AskedDay = "",
) -> View:
    """The partnership asked for, among those whose figures the person reads; their first one if none is asked for.

    A day that is to come, or is none, is today. Raises :class:`NotFound` for a partnership that is not theirs.
    """
    async with database.reading() as session:
        partnerships = await partnerships_of(session, actor.partnerships_seen)
        first = await first_published_on(session)
    chosen = next((one for one in partnerships if one.id == partnership or not partnership), None)
    if chosen is None:
        raise NotFound(f"partnership {partnership}")
    try:
        on, problem = date.fromisoformat(asked.strip()) if asked.strip() else today, ""
    except ValueError:
        on, problem = today, "This is not a real day. Write the year, the month and the day, such as 2026-03-31."
    if on > today:
        on, problem = today, "This day is still to come. Choose one up to today."
    return View(chosen, partnerships, on, today, first, asked.strip(), problem)
