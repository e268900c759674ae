"""Numbers of people of all agencies of a partnership together, as they were told: in whole steps of the threshold.

What falls due by item and month, for how long people have been overdue, and how far those are who are new in post. Each
is worked out when figures are published, and read from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months
from training_tracker.catalogue.models import Item
from training_tracker.expectations.models import ExpectationVersion, for_a_person
from training_tracker.people.models import Post
from training_tracker.standing.forecast import forecast
from training_tracker.standing.known import PostFilter
from training_tracker.standing.status import MET_OR_IN_GRACE, Status, standings_on
from training_tracker.uptake.models import Publication, PublishedNumber, Told
from training_tracker.uptake.overdue import BANDS, people_overdue
from training_tracker.uptake.suppression import in_steps

MONTHS_AHEAD = 18
# For so many months after their first day somebody is new in post.
MONTHS_NEW = 12

# Those new in post who are behind with something, who have all that was due by now, and of whom nothing was due yet.
BEHIND, DONE, NOT_YET = "behind", "done", "not yet due"
NEW_IN_POST = (DONE, BEHIND, NOT_YET)
# Which, where a number's place says that it and its like are not told.
HIDDEN = "hidden"

# What a number is about: kind, item and which.
About = tuple[Told, int | None, str]


@dataclass(frozen=True, slots=True)
class ItemAhead:
    """What falls due of one item: at least so many people by the first of a month; fewer than a step is 0."""

    item_id: int
    code: str
    title: str
    months: dict[date, int]

    @property
    def total(self) -> int:
        """No more than what may be told of each month added up."""
        return sum(self.months.values())


@dataclass(frozen=True, slots=True)
class Numbers:
    """As at a publication. ``overdue`` is by the words of its band, empty where it is hidden; ``new`` by those of
    :data:`NEW_IN_POST`."""

    as_at: date
    ahead: list[ItemAhead] = field(default_factory=list)
    overdue: dict[str, int] = field(default_factory=dict)
    new: dict[str, int] = field(default_factory=dict)


def gives_away(people: Sequence[int], step: int) -> bool:
    """Whether these numbers in steps, beside how many there are in all, would tell of few people, or tell one exactly.

    How many are overdue in all can follow from an exact figure: where one rule is all that is not met. What the steps
    leave out then lies between nothing and the most that they can, and only there each number is told.
    """
    left_out = sum(number % step for number in people)
    return any(number < step for number in people) or left_out in (0, len(people) * (step - 1))


async def publish_numbers(
    session: AsyncSession, publication: Publication, partnership: int, posts: PostFilter, *, today: date, threshold: int
) -> int:
    """Add the numbers of a partnership that are not as they were; returns how many.

    What falls due is known of today alone: of an earlier day it is not published.
    """
    on = publication.published_on
    told: dict[About, int] = {}
    if on >= today:
        items = {row.code: row.id for row in await session.execute(select(Item.code, Item.id))}
        for line in await forecast(session, on, MONTHS_AHEAD, posts=posts):
            told[Told.FALLING_DUE, items[line.item], f"{line.month:%Y-%m}"] = line.people
    overdue = {row.band: row.people for row in await session.execute(people_overdue(on, today=today, posts=posts))}
    bands = [overdue.get(band, 0) for band in range(len(BANDS))]
    if gives_away(bands, threshold):
        told[Told.OVERDUE, None, HIDDEN] = threshold
    else:
        told |= {(Told.OVERDUE, None, str(band)): people for band, people in enumerate(bands)}
    for which, people in (await _new_in_post(session, on, today, posts)).items():
        told[Told.NEW_IN_POST, None, which] = people
    before = {_about(number): number.at_least for number in await session.scalars(_newest(partnership, on))}
    changed = 0
    for about in {*before, *told}:
        at_least = in_steps(told.get(about, 0), threshold)
        if at_least != before.get(about, 0):
            kind, item, which = about
            session.add(
                PublishedNumber(
                    publication_id=publication.id,
                    partnership_id=partnership,
                    told=kind,
                    item_id=item,
                    which=which,
                    at_least=at_least,
                )
            )
            changed += 1
    return changed


async def published_numbers(session: AsyncSession, partnership_id: int, on: date) -> Numbers | None:
    """What a partnership could read at the end of a day; None where none of it had been published. One statement."""
    last = select(func.max(Publication.published_on)).where(Publication.published_on <= on).scalar_subquery()
    rows = (
        await session.execute(
            _newest(partnership_id, on)
            .add_columns(Item.code, Item.title, last.label("as_at"))
            .outerjoin(Item, Item.id == PublishedNumber.item_id)
        )
    ).all()
    if not rows:
        return None
    as_at: date = rows[0].as_at
    first = as_at.replace(day=1)
    months = [add_months(first, number) for number in range(MONTHS_AHEAD)]
    numbers = {_about(number): number.at_least for number, *_item in rows}
    items = {(title, code, number.item_id) for number, code, title, _as_at in rows if code}
    ahead = [
        ItemAhead(
            *(item, code, title),
            {month: numbers.get((Told.FALLING_DUE, item, f"{month:%Y-%m}"), 0) for month in months},
        )
        for title, code, item in sorted(items)
    ]
    return Numbers(
        as_at=as_at,
        ahead=[one for one in ahead if one.total],
        overdue={}
        if numbers.get((Told.OVERDUE, None, HIDDEN))
        else {name: numbers.get((Told.OVERDUE, None, str(band)), 0) for band, (_days, name) in enumerate(BANDS)},
        new={which: numbers.get((Told.NEW_IN_POST, None, which), 0) for which in NEW_IN_POST},
    )


async def _new_in_post(session: AsyncSession, on: date, today: date, posts: PostFilter) -> dict[str, int]:
    """How many people began a post within the months before a day, by how far they are with what it asks of them."""
    standing = standings_on(on, today=today, posts=posts)
    behind = func.max(case((standing.c.status == Status.OVERDUE.value, 1), else_=0))
    done = func.max(case((standing.c.status.in_([status.value for status in MET_OR_IN_GRACE]), 1), else_=0))
    person = (
        select(standing.c.practitioner_id, case((behind == 1, BEHIND), (done == 1, DONE), else_=NOT_YET).label("how"))
        .join(Post, Post.id == standing.c.post_id)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .where(Post.started_on > add_months(on, -MONTHS_NEW), Post.started_on <= on, for_a_person())
        .group_by(standing.c.practitioner_id)
        .subquery("person")
    )
    rows = await session.execute(select(person.c.how, func.count().label("people")).group_by(person.c.how))
    return {row.how: row.people for row in rows}


def _newest(partnership: int, on: date) -> Select[PublishedNumber]:
    """Select the newest row about each thing that was published by a day."""
    number = PublishedNumber
    newest = (
        select(func.max(number.id))
        .join(Publication, Publication.id == number.publication_id)
        .where(number.partnership_id == partnership, Publication.published_on <= on)
        .group_by(number.told, number.item_id, number.which)
    )
    return select(number).where(number.id.in_(newest))


def _about(number: PublishedNumber) -> About:
    return number.told, number.item_id, number.which
