"""Due dates for somebody's own calendar, by a secret link: made, shown once, renewed, and ended.

Of the link only a seal is kept. It ends when whoever has it may sign in no more, and when they are erased.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.granting import may_sign_in
from training_tracker.access.models import CalendarFeed
from training_tracker.calendar import now
from training_tracker.database import insert_unless_known
from training_tracker.errors import NotFound
from training_tracker.people.models import Practitioner
from training_tracker.sealing import new_token, seal
from training_tracker.settings import Settings
from training_tracker.standing.explanation import explain
from training_tracker.standing.merging import as_one_line
from training_tracker.standing.status import PAUSED

PRODUCT = "-//Training Tracker//due dates//EN"
# So many hours a calendar waits before it asks again.
AGAIN_AFTER = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose link it is, and when it was made."""

    practitioner_id: int
    made_at: datetime


async def make_link(session: AsyncSession, settings: Settings, practitioner_id: int) -> str:
    """A new secret, kept nowhere; the one before is good no more."""
    token = new_token()
    row = {"seal": seal(settings, "calendar", token), "made_at": now()}
    made = insert_unless_known(session, CalendarFeed).values(practitioner_id=practitioner_id, **row)
    await session.execute(made.on_conflict_do_update(index_elements=["practitioner_id"], set_=row))
    return token


async def end_link(session: AsyncSession, practitioner_id: int) -> None:
    """Nothing happens if there is none."""
    await session.execute(delete(CalendarFeed).where(CalendarFeed.practitioner_id == practitioner_id))


async def link_made_at(session: AsyncSession, practitioner_id: int) -> datetime | None:
    """None for somebody without a link."""
    made = select(CalendarFeed.made_at).where(CalendarFeed.practitioner_id == practitioner_id)
    return await session.scalar(made)


async def whose_link(session: AsyncSession, settings: Settings, token: str, today: date) -> Whose:
    """Raises :class:`NotFound` for what was never a link, was replaced or ended, or is of somebody who has left."""
    found = (
        await session.execute(
            select(CalendarFeed.practitioner_id, CalendarFeed.made_at)
            .join(Practitioner, Practitioner.id == CalendarFeed.practitioner_id)
            .where(CalendarFeed.seal == seal(settings, "calendar", token), may_sign_in(today))
        )
    ).one_or_none()
    if found is None:
        raise NotFound("calendar")
    return Whose(*found)


async def due_dates(session: AsyncSession, settings: Settings, whose: Whose, today: date) -> bytes:
    """What falls due, one whole day each, as iCalendar (RFC 5545). The same facts give the same bytes.

    An event keeps its UID while its day moves, so that a calendar moves it. What is not dated, or paused, is left out.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "My training")
    calendar.add("refresh-interval", AGAIN_AFTER, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", AGAIN_AFTER)
    lines = await explain(session, whose.practitioner_id, today, today=today)
    once = {line.asks: as_one_line(line) for line in reversed(lines) if line.people_in_setting is None}
    for line in sorted(once.values(), key=lambda line: (line.due_on or date.max, line.code)):
        if line.due_on is None or not line.required or line.status in PAUSED:
            continue
        event = Event()
        event.add(
            "uid", f"{seal(settings, 'calendar event', f'{whose.practitioner_id} {line.asks}')[:32]}@training-tracker"
        )
        # When it was written is when the link was made: otherwise no two answers were the same.
        event.add("dtstamp", whose.made_at)
        event.add("dtstart", line.due_on)
        event.add("dtend", line.due_on + timedelta(days=1))
        event.add("summary", f"Training due: {line.title}")
        event.add("url", f"{settings.base_url.rstrip('/')}/me")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
