"""Long leave: recording it, giving it another last day, taking it back, and who is on it. No reason is ever asked for.

Each verb is about some posts of one person, who mostly is away from all of them. What was known of a leave until it
is changed or taken back is kept.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words, now
from training_tracker.database import Day, touch, wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Absence, Agency, Post, Practitioner, Role, Team
from training_tracker.people.posts import in_post, not_over, refuse_unmeant_day


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """One post's leave between two days, both included; ``ends_on`` is None until somebody records an end.

    ``recorded_by`` is a name where it is known whose address stands under it.
    """

    id: int
    name: str
    post_id: int
    role: str
    team: str
    agency: str
    starts_on: date
    ends_on: date | None
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class LeavePage:
    lines: tuple[LeaveLine, ...]
    total: int


def away(post_id: Any, on: Day) -> ColumnElement[bool]:
    """Whether a row's post is on leave on the day."""
    absence = aliased(Absence)
    return (
        select(absence.id)
        .where(
            absence.post_id == post_id,
            absence.starts_on <= on,
            or_(absence.ends_on.is_(None), absence.ends_on >= on),
            absence.withdrawn_at.is_(None),
        )
        .exists()
    )


def at_work(practitioner_id: Any, on: Day, agency_id: Any = None) -> ColumnElement[bool]:
    """Whether a row's practitioner holds a post on the day, in the row's agency if it is given, from which they are not
    on leave."""
    held, at = aliased(Post), aliased(Team)
    statement = select(held.id).where(
        held.practitioner_id == practitioner_id,
        in_post(on, held),
        ~away(held.id, on),
    )
    if agency_id is not None:
        statement = statement.join(at, at.id == held.team_id).where(at.agency_id == agency_id)
    return statement.exists()


async def record_leave(
    session: AsyncSession, posts: Collection[int], starts_on: date, ends_on: date | None, *, by: str
) -> list[Absence]:
    """Put posts on leave between two days, both included; one that ended before that is left out.

    Raises :class:`Refused` where none is left, and for leave that overlaps another of the same post.
    """
    refuse_unmeant_day(starts_on, "first")
    held = select(Post.id).where(Post.id.in_(posts), not_over(starts_on))
    found = sorted(await session.scalars(held))
    if not found:
        raise Refused(f"Every post has ended before {in_words(starts_on)}", "Give an earlier first day.", "first")
    return await _write(session, [(post, starts_on) for post in found], ends_on, by=by)


async def end_leave(session: AsyncSession, leave: Sequence[Absence], ends_on: date, *, by: str) -> list[Absence]:
    """Give leave another last day, earlier or later, or the first one that is known."""
    changed = [one for one in leave if one.ends_on != ends_on]
    begins = [(one.post_id, one.starts_on) for one in changed]
    return await _write(session, begins, ends_on, by=by, instead_of=changed)


def withdraw_leave(session: AsyncSession, leave: Sequence[Absence]) -> None:
    """Take back leave that was recorded by mistake."""
    moment = now()
    for one in leave:
        one.withdrawn_at = moment
    touch(session, posts=[one.post_id for one in leave])


async def leave_begun_on(session: AsyncSession, posts: Collection[int], day: date) -> list[Absence]:
    """The leave of posts that begins on a day. Raises :class:`NotFound` if there is none."""
    found = list(await session.scalars(_of(posts).where(Absence.starts_on == day)))
    if not found:
        raise NotFound(f"There is no leave from {in_words(day)}. “leave list” shows what there is.")
    return found


async def leave_to_end(session: AsyncSession, posts: Collection[int], day: date, *, today: date) -> list[Absence]:
    """Of each post the last leave that began by a day, and was not over by then, or is not over yet.

    Raises :class:`NotFound` if there is none: what ended long ago is not made longer by a slip.
    """
    began: dict[int, Absence] = {}
    ended: Absence | None = None
    for one in await session.scalars(_of(posts).where(Absence.starts_on <= day)):
        if one.ends_on is None or one.ends_on >= min(day, today):
            began[one.post_id] = one
        else:
            ended = one
    if began:
        return list(began.values())
    if ended is None:
        raise NotFound(f"There is no leave that began by {in_words(day)}. “leave list” shows what there is.")
    assert ended.ends_on is not None, "or it would not be over"
    raise NotFound(
        f"No leave was running: the last ended on {in_words(ended.ends_on)}. To change that day, take the leave back"
        f" with “leave withdraw”, first day {ended.starts_on}, and record it anew."
    )


async def leaves(
    session: AsyncSession,
    posts: Collection[int] | Select[int] | None = None,
    *,
    since: date | None = None,
    page: int = 1,
    page_size: int = 50,
) -> LeavePage:
    """A page of the leave of these posts, or of all, that is not over before a day; what began last comes first."""
    recorder = aliased(Practitioner)
    statement = (
        select(
            Absence,
            Practitioner.name,
            Role.name.label("role"),
            team_in_full().label("team"),
            Agency.name.label("agency"),
            func.coalesce(recorder.name, Absence.recorded_by).label("recorded_by"),
            func.count().over().label("total"),
        )
        .join(Post, Post.id == Absence.post_id)
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .outerjoin(recorder, recorder.email == Absence.recorded_by)
        .where(*_recorded(posts, since))
        .order_by(Absence.starts_on.desc(), Practitioner.name, Absence.id)
        .limit(page_size)
        .offset((page - 1) * page_size)
    )
    rows = (await session.execute(statement)).all()
    lines = [
        LeaveLine(
            id=row.Absence.id,
            name=row.name,
            post_id=row.Absence.post_id,
            role=row.role,
            team=row.team,
            agency=row.agency,
            starts_on=row.Absence.starts_on,
            ends_on=row.Absence.ends_on,
            recorded_by=row.recorded_by,
            recorded_at=row.Absence.recorded_at,
        )
        for row in rows
    ]
    return LeavePage(tuple(lines), rows[0].total if rows else 0)


def any_leave(posts: Select[int], since: Day) -> Exists:
    """Whether :func:`leaves` would find any, as a part of another statement."""
    return select(Absence.id).where(*_recorded(posts, since)).exists()


def _recorded(posts: Collection[int] | Select[int] | None, since: Day | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Absence.withdrawn_at.is_(None)]
    if posts is not None:
        found.append(Absence.post_id.in_(posts))
    if since is not None:
        found.append(or_(Absence.ends_on.is_(None), Absence.ends_on >= since))
    return found


def leave_in_words(starts_on: date, ends_on: date | None) -> str:
    return f"from {in_words(starts_on)}" + (f" until {in_words(ends_on)}" if ends_on else ", with no end recorded")


def _of(posts: Collection[int]) -> Select[Absence]:
    standing = Absence.withdrawn_at.is_(None)
    return select(Absence).where(Absence.post_id.in_(posts), standing).order_by(Absence.starts_on, Absence.id)


async def _write(
    session: AsyncSession,
    begins: Sequence[tuple[int, date]],
    ends_on: date | None,
    *,
    by: str,
    instead_of: Sequence[Absence] = (),
) -> list[Absence]:
    """Record leave of posts, each from its own day, and take back what it replaces."""
    if ends_on is not None:
        refuse_unmeant_day(ends_on, "last")
        if any(ends_on < starts_on for _post, starts_on in begins):
            raise Refused("The leave ends before it begins", "Give a last day on or after the first.", "last")
    # Else two who record at once would each see nothing that overlaps.
    await wait_for_turn(session, "leave")
    known = list(await session.scalars(_of([post for post, _starts_on in begins])))
    for post, starts_on in begins:
        for other in known:
            if other.post_id == post and other not in instead_of and _overlaps(other, starts_on, ends_on):
                raise Refused(
                    f"Leave {leave_in_words(starts_on, ends_on)} overlaps leave "
                    f"{leave_in_words(other.starts_on, other.ends_on)}",
                    "Give days outside it, or change its last day or take it back first.",
                    "last" if other.starts_on > starts_on else "first",
                )
    # At one moment: at none is neither known.
    moment = now()
    for other in instead_of:
        other.withdrawn_at = moment
    found = [
        Absence(post_id=post, starts_on=starts_on, ends_on=ends_on, recorded_at=moment, recorded_by=by)
        for post, starts_on in begins
    ]
    session.add_all(found)
    await session.flush()
    touch(session, posts=[post for post, _starts_on in begins])
    return found


def _overlaps(other: Absence, starts_on: date, ends_on: date | None) -> bool:
    begins_in_time = ends_on is None or other.starts_on <= ends_on
    return begins_in_time and (other.ends_on is None or other.ends_on >= starts_on)
