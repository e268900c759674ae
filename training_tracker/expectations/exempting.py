"""Exemptions: some posts of one person need not meet one expectation until a day, for a reason about the work.

They touch no standing that is kept: the dates stay, and whether somebody is exempt is read with the status.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Exists, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words, now
from training_tracker.database import Day, wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Exemption, Expectation
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.people.posts import refuse_unmeant_day


@dataclass(frozen=True, slots=True)
class ExemptionLine:
    """Both days are included. ``granted_by`` is a name where it is known whose address stands under it."""

    id: int
    name: str
    post_id: int
    team: str
    expectation: str
    title: str
    starts_on: date
    until: date
    reason: str
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class ExemptionPage:
    lines: tuple[ExemptionLine, ...]
    total: int


async def grant_exemption(
    session: AsyncSession,
    posts: Collection[int],
    expectation_id: int,
    *,
    starts_on: date,
    until: date,
    reason: str,
    by: str,
    today: date,
) -> list[Exemption]:
    """Exempt posts from an expectation between two days, both included.

    Raises :class:`Refused` if one of them is exempt from it already on one of these days, and where the last has
    passed: what has run out is not taken back, so that a mistake could not be mended.
    """
    if not reason.strip():
        raise Refused("An exemption is granted for a reason", "Say why the work does not need it.", "reason")
    refuse_unmeant_day(starts_on, "from")
    refuse_unmeant_day(until, "until")
    if until < today:
        raise Refused(f"{in_words(until)} has passed", "Give a day to come.", "until")
    if until < starts_on:
        raise Refused("The exemption ends before it begins", "Give an end on or after the start.", "until")
    # Else two who grant at once would each see nothing that overlaps.
    await wait_for_turn(session, "exemptions")
    known = await session.scalar(
        select(Exemption)
        .where(
            Exemption.post_id.in_(posts),
            Exemption.expectation_id == expectation_id,
            Exemption.withdrawn_at.is_(None),
            Exemption.starts_on <= until,
            Exemption.until >= starts_on,
        )
        .order_by(Exemption.starts_on)
        .limit(1)
    )
    if known is not None:
        raise Refused(
            f"An exemption from {in_words(starts_on)} until {in_words(until)} overlaps the one "
            f"from {in_words(known.starts_on)} until {in_words(known.until)}",
            "Give days outside it, or take it back first.",
            "until",
        )
    moment = now()
    found = [
        Exemption(
            post_id=post,
            expectation_id=expectation_id,
            starts_on=starts_on,
            until=until,
            reason=reason.strip(),
            granted_by=by,
            granted_at=moment,
        )
        for post in sorted(posts)
    ]
    session.add_all(found)
    await session.flush()
    return found


async def withdraw_exemption(
    session: AsyncSession, posts: Collection[int], expectation_id: int, *, today: date
) -> list[Exemption]:
    """Take back what has not run out; what has, stays as it was. Raises :class:`NotFound` if there is nothing."""
    found = list(
        await session.scalars(
            select(Exemption).where(
                Exemption.post_id.in_(posts),
                Exemption.expectation_id == expectation_id,
                Exemption.withdrawn_at.is_(None),
                Exemption.until >= today,
            )
        )
    )
    if not found:
        raise NotFound("There is no exemption to take back: none was granted, or it has run out and stays as it was.")
    for exemption in found:
        exemption.withdrawn_at = now()
    return found


async def exemptions(
    session: AsyncSession,
    posts: Collection[int] | Select[int] | None = None,
    *,
    since: date | None = None,
    page: int = 1,
    page_size: int = 50,
) -> ExemptionPage:
    """A page of the exemptions of these posts, or of all, that have not run out before a day; the newest first."""
    granter = aliased(Practitioner)
    statement = (
        select(
            Exemption,
            Practitioner.name,
            team_in_full().label("team"),
            Expectation.code,
            Expectation.title,
            func.coalesce(granter.name, Exemption.granted_by).label("granted_by"),
            func.count().over().label("total"),
        )
        .join(Post, Post.id == Exemption.post_id)
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Team, Team.id == Post.team_id)
        .join(Expectation, Expectation.id == Exemption.expectation_id)
        .outerjoin(granter, granter.email == Exemption.granted_by)
        .where(*_granted(posts, since))
        .order_by(Exemption.starts_on.desc(), Practitioner.name, Exemption.id)
        .limit(page_size)
        .offset((page - 1) * page_size)
    )
    rows = (await session.execute(statement)).all()
    lines = [
        ExemptionLine(
            id=row.Exemption.id,
            name=row.name,
            post_id=row.Exemption.post_id,
            team=row.team,
            expectation=row.code,
            title=row.title,
            starts_on=row.Exemption.starts_on,
            until=row.Exemption.until,
            reason=row.Exemption.reason,
            granted_by=row.granted_by,
            granted_at=row.Exemption.granted_at,
        )
        for row in rows
    ]
    return ExemptionPage(tuple(lines), rows[0].total if rows else 0)


def any_exemption(posts: Select[int], since: Day) -> Exists:
    """Whether :func:`exemptions` would find any, as a part of another statement."""
    return select(Exemption.id).where(*_granted(posts, since)).exists()


def _granted(posts: Collection[int] | Select[int] | None, since: Day | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Exemption.withdrawn_at.is_(None)]
    if posts is not None:
        found.append(Exemption.post_id.in_(posts))
    if since is not None:
        found.append(Exemption.until >= since)
    return found
