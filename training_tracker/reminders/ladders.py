"""The ladder that each agency sets for its own posts."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.errors import Refused
from training_tracker.people.models import Agency, Post, Team
from training_tracker.reminders.ladder import USUAL, Ladder
from training_tracker.reminders.models import AgencyLadder
from training_tracker.standing.models import StandingNews

FURTHEST = 365
MOST_STEPS = 12


async def ladders_by_agency(session: AsyncSession) -> dict[int, Ladder]:
    """The ladder of each agency that has set its own; every other has :data:`~.ladder.USUAL`."""
    return {
        row.agency_id: Ladder(_read(row.days_before), _read(row.days_after), row.monthly, row.escalate_after)
        for row in await session.scalars(select(AgencyLadder))
    }


async def named_ladders(session: AsyncSession) -> list[tuple[str, Ladder]]:
    """Every agency's name with the ladder that its people are reminded by."""
    own = await ladders_by_agency(session)
    agencies = await session.execute(select(Agency.id, Agency.name).order_by(Agency.name))
    return [(name, own.get(number, USUAL)) for number, name in agencies]


async def set_ladder(session: AsyncSession, agency_id: int, ladder: Ladder, by: str) -> None:
    """Let an agency's people hear of what is due at other distances. The usual ladder takes an agency's own away.

    Raises :class:`Refused` for days that no calendar of training has, or too many.
    """
    _check("before", ladder.days_before)
    _check("after", ladder.days_after)
    _check("escalate-after", (ladder.escalate_after,))
    own = await session.get(AgencyLadder, agency_id)
    if ladder == USUAL:
        if own is not None:
            await session.delete(own)
    else:
        own = own or AgencyLadder(agency_id=agency_id)
        own.days_before, own.days_after = _written(ladder.days_before), _written(ladder.days_after)
        own.monthly, own.escalate_after = ladder.monthly, ladder.escalate_after
        own.set_at, own.set_by = now(), by
        session.add(own)
    # Everybody's next day to be looked at hangs on it.
    people = select(Post.practitioner_id).join(Team, Team.id == Post.team_id).where(Team.agency_id == agency_id)
    await session.execute(insert(StandingNews).from_select(["practitioner_id"], people.distinct()))


def read_days(written: str, field: str) -> tuple[int, ...]:
    """Days as people write them, ``60, 30, 7``. Raises :class:`Refused` for anything else."""
    parts = [part.strip() for part in written.split(",") if part.strip()]
    if not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise Refused(f"“{written}” is no list of days", "Write numbers with commas between them: 60,30,7.", field)
    return tuple(map(int, parts))


def _check(side: str, days: tuple[int, ...]) -> None:
    if len(days) > MOST_STEPS:
        raise Refused(
            f"{len(days)} reminders {side} the day are more than anybody reads", f"Give at most {MOST_STEPS}.", side
        )
    wrong = next((day for day in days if not 1 <= day <= FURTHEST), None)
    if wrong is not None:
        raise Refused(f"{wrong} days {side} is no step", f"Give days from 1 to {FURTHEST}, such as 60,30,7.", side)


def _read(days: str) -> tuple[int, ...]:
    return tuple(int(day) for day in days.split(",") if day)


def _written(days: tuple[int, ...]) -> str:
    return ",".join(map(str, days))
