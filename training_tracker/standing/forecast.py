"""What falls due when: how many people will need each item, month by month."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months
from training_tracker.catalogue.models import AcceptanceWindow, Item
from training_tracker.database import month_number
from training_tracker.expectations.models import Exemption, ExpectationItem, ExpectationVersion, Measure
from training_tracker.people.models import Absence, Post
from training_tracker.standing.equivalent import ALWAYS, FOREVER
from training_tracker.standing.known import PostFilter
from training_tracker.standing.models import Standing
from training_tracker.standing.totals import ROUNDING


@dataclass(frozen=True, slots=True)
class FallingDue:
    """``people`` are those for whom this item is a way to meet what falls due for them in the month that begins on
    ``month``; ``without_choice`` those of them for whom no other item of the set is. A person with two posts counts
    once, and ``posts`` counts both.
    """

    month: date
    item: str
    title: str
    people: int
    without_choice: int
    posts: int


async def forecast(
    session: AsyncSession, on: date, months: int, *, posts: PostFilter | None = None
) -> list[FallingDue]:
    """What falls due from a day on, in its month and the ``months`` - 1 after it, by month and item.

    Required expectations as they stand now: what is overdue or in grace already, rules about settings, and renewals
    that follow from renewing are not in it, nor is anybody exempt or on leave on the day, or gone by then.
    """
    first = on.replace(day=1)
    last_day = add_months(first, months) - timedelta(days=1)
    due_on = Standing.due_on
    way = _ways().subquery("way")
    exempt = exists().where(
        Exemption.post_id == Standing.post_id,
        Exemption.expectation_id == Standing.expectation_id,
        Exemption.starts_on <= due_on,
        Exemption.until >= due_on,
        Exemption.withdrawn_at.is_(None),
    )
    # Leave with an end has moved the day itself; with none nobody knows when they are back.
    away = exists().where(
        Absence.post_id == Standing.post_id,
        Absence.starts_on <= due_on,
        Absence.ends_on.is_(None),
        Absence.withdrawn_at.is_(None),
    )
    falling = (
        select(
            month_number(due_on).label("month"),  # type: ignore[arg-type]  # no NULL is left
            due_on,
            Standing.version_id,
            Standing.post_id,
            Post.practitioner_id,
        )
        .join(Post, Post.id == Standing.post_id)
        .where(due_on.between(on, last_day), due_on <= Standing.in_force_until, ~exempt, ~away)
    )
    if posts is not None:
        falling = falling.where(posts(Post.__table__))
    # Else SQLite goes through the standings once for each way, and PostgreSQL looks up each post.
    due = falling.cte("falling").prefix_with("MATERIALIZED").c
    person = due.practitioner_id
    needed = (
        select(
            due.month,
            way.c.item_id,
            func.count(person.distinct()).label("people"),
            func.count(case((way.c.no_choice, person)).distinct()).label("without_choice"),
            func.count(due.post_id.distinct()).label("posts"),
        )
        .join(
            way, and_(way.c.version_id == due.version_id, due.due_on.between(way.c.accepted_from, way.c.accepted_until))
        )
        .group_by(due.month, way.c.item_id)
        .subquery("needed")
    )
    statement = (
        select(needed, Item.code, Item.title)
        .join(Item, Item.id == needed.c.item_id)
        .order_by(needed.c.month, Item.code)
    )
    return [
        FallingDue(
            month=date((row.month - 1) // 12, (row.month - 1) % 12 + 1, 1),
            item=row.code,
            title=row.title,
            people=row.people,
            without_choice=row.without_choice,
            posts=row.posts,
        )
        for row in await session.execute(statement)
    ]


def _ways() -> Select[int, int, bool, date, date]:
    """The items by which each required version is met, in each of the spans of days in which it accepts them, and
    whether there is no choice: 1 where it has that item alone, or needs all of them.
    """
    sizes = select(ExpectationItem.version_id, func.count().label("members")).group_by(ExpectationItem.version_id)
    size = sizes.subquery("size")
    all_needed = and_(
        ExpectationVersion.measure == Measure.ITEMS.value, ExpectationVersion.amount >= size.c.members - ROUNDING
    )
    window = AcceptanceWindow
    return (
        select(
            ExpectationItem.version_id,
            ExpectationItem.item_id,
            or_(size.c.members == 1, all_needed).label("no_choice"),
            func.coalesce(window.accepted_from, ALWAYS).label("accepted_from"),
            func.coalesce(window.accepted_until, FOREVER).label("accepted_until"),
        )
        .join(ExpectationVersion, ExpectationVersion.id == ExpectationItem.version_id)
        .join(size, size.c.version_id == ExpectationItem.version_id)
        .outerjoin(window, and_(window.item_id == ExpectationItem.item_id, window.withdrawn_at.is_(None)))
        .where(ExpectationVersion.required, ExpectationVersion.people_in_setting.is_(None))
    )
