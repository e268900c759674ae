"""What falls due when: how many people will need each item, month by month."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import add_months
from training_tracker.catalogue.models import AcceptanceWindow, Item
from training_tracker.database import month_number
from training_tracker.expectations.models import Exemption, ExpectationItem, ExpectationVersion, Measure
from training_tracker.people.models import Absence, Post
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
    due_on, month = Standing.due_on, month_number(Standing.due_on)  # type: ignore[arg-type]  # no NULL is left
    sizes = select(ExpectationItem.version_id, func.count().label("members")).group_by(ExpectationItem.version_id)
    size = sizes.subquery("size")
    # One item, or all of them.
    all_needed = and_(
        ExpectationVersion.measure == Measure.ITEMS.value, ExpectationVersion.amount >= size.c.members - ROUNDING
    )
    no_choice = or_(size.c.members == 1, all_needed)
    window, other = AcceptanceWindow, aliased(AcceptanceWindow)
    accepted = or_(
        ~exists().where(other.item_id == Item.id, other.withdrawn_at.is_(None)),
        exists().where(
            window.item_id == Item.id,
            window.withdrawn_at.is_(None),
            or_(window.accepted_from.is_(None), window.accepted_from <= due_on),
            or_(window.accepted_until.is_(None), window.accepted_until >= due_on),
        ),
    )
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
        or_(Absence.ends_on.is_(None), Absence.ends_on >= due_on),
        Absence.withdrawn_at.is_(None),
    )
    statement = (
        select(
            month.label("month"),
            Item.code,
            Item.title,
            func.count(Post.practitioner_id.distinct()).label("people"),
            func.count(case((no_choice, Post.practitioner_id)).distinct()).label("without_choice"),
            func.count(Post.id.distinct()).label("posts"),
        )
        .select_from(Standing)
        .join(Post, Post.id == Standing.post_id)
        .join(ExpectationVersion, ExpectationVersion.id == Standing.version_id)
        .join(size, size.c.version_id == Standing.version_id)
        .join(ExpectationItem, ExpectationItem.version_id == Standing.version_id)
        .join(Item, Item.id == ExpectationItem.item_id)
        .where(
            due_on.between(on, last_day),
            due_on <= Standing.in_force_until,
            ExpectationVersion.required,
            ExpectationVersion.people_in_setting.is_(None),
            accepted,
            ~exempt,
            ~away,
        )
        .group_by(month, Item.code, Item.title)
        .order_by(month, Item.code)
    )
    if posts is not None:
        statement = statement.where(posts(Post.__table__))
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
