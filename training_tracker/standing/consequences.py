"""What the changed facts of a transaction would do to where an agency's people stand, before it is taken back."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import Touched
from training_tracker.expectations.models import Expectation, ExpectationVersion, for_a_person
from training_tracker.people.models import Post, Team
from training_tracker.standing.known import posts_of_agency
from training_tracker.standing.refreshing import refresh_touched
from training_tracker.standing.status import MET, Status, standings_on


@dataclass(frozen=True, slots=True)
class Consequence:
    """How many people would be overdue by it on the day, no longer would be, or would have it and have it not now."""

    title: str
    overdue: int
    relieved: int
    met: int


# An expectation and a person.
Pairs = set[tuple[int, int]]


async def newest_post(session: AsyncSession) -> int:
    """The id of the post that was opened last, to be asked for before anything is changed."""
    return await session.scalar(select(func.max(Post.id))) or 0


async def consequences(session: AsyncSession, agency_id: int, on: date, *, known: int) -> list[Consequence]:
    """By expectation that is required, of those who had a post in the agency when the post ``known`` was the newest.

    Who is new to it is left out: what they have done elsewhere is not told before they are there. For
    :meth:`Database.rehearsing`, in which the kept standings are brought up to date as by a commit.
    """
    await session.flush()
    touched: Touched | None = session.info.get("touched")
    if not touched:
        return []
    there = select(Post.practitioner_id).join(Team, Team.id == Post.team_id)
    people = set(await session.scalars(there.where(Team.agency_id == agency_id, Post.id <= known)))
    overdue_before, met_before = await _read(session, agency_id, people, on)
    await refresh_touched(session, touched)
    overdue_after, met_after = await _read(session, agency_id, people, on)
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    changes = (overdue_after - overdue_before, overdue_before - overdue_after, met_after - met_before)
    for place, pairs in enumerate(changes):
        for expectation, _person in pairs:
            found[expectation][place] += 1
    titles = await session.execute(select(Expectation.id, Expectation.title).order_by(Expectation.title))
    return [Consequence(title, *found[number]) for number, title in titles if number in found]


async def _read(session: AsyncSession, agency_id: int, people: set[int], on: date) -> tuple[Pairs, Pairs]:
    """Of what these people are overdue on the day, and what they have."""
    standing = standings_on(on, today=on, posts=posts_of_agency(agency_id))
    rows = await session.execute(
        select(standing.c.expectation_id, standing.c.practitioner_id, standing.c.status)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .where(standing.c.status.in_([Status.OVERDUE, *MET]), for_a_person())
    )
    overdue: Pairs = set()
    met: Pairs = set()
    for expectation, person, status in rows:
        if person in people:
            (overdue if status == Status.OVERDUE else met).add((expectation, person))
    return overdue, met
