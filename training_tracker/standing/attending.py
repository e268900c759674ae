"""A briefing or a course that several people of one's teams attended together: recorded in one go, and taken back."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.calendar import now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Expectation, ExpectationItem, ExpectationVersion, for_a_person
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Post, Practitioner, Role, Team
from training_tracker.people.posts import in_post
from training_tracker.records.models import Completion
from training_tracker.records.recording import (
    STRONGER,
    NewCompletion,
    Outcome,
    as_recorded,
    record_completions,
    void_completions,
)
from training_tracker.standing.equivalent import links, whose
from training_tracker.standing.known import PostFilter
from training_tracker.standing.status import standings_on

# Under "from" in the record, and what tells that it was recorded for several at once.
ATTENDED = "attendance recorded for the team"
# So many at once: they are all named before they are recorded.
MOST = 200
# So long it can be taken back in one go; afterwards each person can say that it is not right.
FRESH = timedelta(days=7)
TAKEN_BACK = "Attendance recorded for several people was taken back"


@dataclass(frozen=True, slots=True)
class Event:
    """What was attended, on which day; without ``hours`` it took its usual length."""

    item_id: int
    title: str
    on: date
    hours: float | None


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody in one's teams. ``strength`` is the evidence of what is known of the same item and day already."""

    practitioner_id: int
    name: str
    posts: tuple[tuple[str, str], ...]
    strength: Strength | None

    @property
    def has_it(self) -> bool:
        """Whether to record it would change nothing."""
        return self.strength is not None and self.strength >= Strength.ATTENDANCE_REGISTER


@dataclass(frozen=True, slots=True)
class Attendees:
    people: list[Attendee]
    total: int


async def attendees(
    session: AsyncSession,
    today: date,
    posts: PostFilter,
    event: Event,
    *,
    but: int,
    signatures: Select[str],
    name: str = "",
    only: Collection[int] | None = None,
    page: int = 1,
    page_size: int = 50,
) -> Attendees:
    """A page of who holds one of these posts today, by name, but for one person, who cannot vouch for themselves.

    ``name`` is any part of one; ``only`` narrows it to these people. Who has it already is told where one of
    ``signatures``, in small letters, stands under it: what another agency recorded is none of this one's business.
    """
    found = (
        select(Practitioner.id, Practitioner.name, Completion.strength, func.count().over())
        .outerjoin(
            Completion,
            and_(
                Completion.practitioner_id == Practitioner.id,
                Completion.item_id == event.item_id,
                Completion.completed_on == event.on,
                Completion.voided_at.is_(None),
                func.lower(Completion.recorded_by).in_(signatures),
            ),
        )
        .where(Practitioner.id.in_(_present(today, posts)), Practitioner.id != but)
        .order_by(Practitioner.name, Practitioner.id)
        .limit(page_size)
        .offset((page - 1) * page_size)
    )
    if name.strip():
        found = found.where(Practitioner.name.icontains(name.strip(), autoescape=True))
    if only is not None:
        found = found.where(is_one_of(Practitioner.id, list(only)))
    rows = (await session.execute(found)).all()
    posts_of = await _posts_of(session, [row[0] for row in rows], today, posts)
    people = [Attendee(number, known, tuple(posts_of[number]), strength) for number, known, strength, _total in rows]
    return Attendees(people, rows[0][-1] if rows else 0)


async def _posts_of(
    session: AsyncSession, people: Collection[int], today: date, posts: PostFilter
) -> dict[int, list[tuple[str, str]]]:
    """Role and team of each of these posts that the people hold today."""
    held = await session.execute(
        select(Post.practitioner_id, Role.name, team_in_full())
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .where(is_one_of(Post.practitioner_id, people), in_post(today), posts(Post.__table__))
        .order_by(Post.id)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for person, role, team in held:
        found.setdefault(person, []).append((role, team))
    return found


async def everybody(
    session: AsyncSession,
    today: date,
    posts: PostFilter,
    event: Event,
    *,
    but: int,
    signatures: Select[str],
    name: str = "",
) -> list[int]:
    """The ids of all of them who do not have it already, as far as that is told.

    Raises :class:`Refused` where they are too many for once.
    """
    found = await attendees(session, today, posts, event, but=but, signatures=signatures, name=name, page_size=MOST + 1)
    refuse_too_many(found.total)
    return [one.practitioner_id for one in found.people if not one.has_it]


def refuse_too_many(people: int) -> None:
    if people > MOST:
        raise Refused(
            f"{people} people are too many for once",
            f"Record at most {MOST} at a time: show one team after the other.",
            "people",
        )


@dataclass(frozen=True, slots=True)
class CountsFor:
    """An expectation that takes the item, and of how many people; ``enough`` if this evidence is what it asks for."""

    title: str
    people: int
    enough: bool


async def counts_for(session: AsyncSession, today: date, people: Collection[int], event: Event) -> list[CountsFor]:
    """Which of what is required of these people takes the item, itself or as what it counts as on the day."""
    standing = standings_on(today, today=today, posts=lambda post: is_one_of(post.c.practitioner_id, list(people)))
    link = links(None).subquery("link")
    counted_as = (
        select(link.c.item_id)
        .where(
            link.c.item_id == event.item_id,
            link.c.counts_as_id == ExpectationItem.item_id,
            link.c.whose == whose(Team.agency_id, None),
            link.c.valid_from <= event.on,
            link.c.valid_until >= event.on,
        )
        .correlate(ExpectationItem, Team, Expectation)
        .exists()
    )
    enough = ExpectationVersion.least_strength <= Strength.ATTENDANCE_REGISTER
    rows = await session.execute(
        select(Expectation.title, func.count(standing.c.practitioner_id.distinct()), enough)
        .select_from(standing)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Expectation, Expectation.id == ExpectationVersion.expectation_id)
        .join(ExpectationItem, ExpectationItem.version_id == ExpectationVersion.id)
        .join(Team, Team.id == standing.c.team_id)
        .where(for_a_person(), or_(ExpectationItem.item_id == event.item_id, counted_as))
        .group_by(Expectation.title, enough)
        .order_by(Expectation.title)
    )
    return [CountsFor(title, many, bool(suffices)) for title, many, suffices in rows]


async def record_attendance(
    session: AsyncSession, event: Event, people: Collection[int], *, by: str, today: date
) -> list[Outcome]:
    """Record that these people attended; each is told of it by e-mail, as of all that somebody else records."""
    return await record_completions(
        session,
        [
            NewCompletion(
                person,
                event.item_id,
                event.on,
                hours=event.hours,
                source=ATTENDED,
                strength=Strength.ATTENDANCE_REGISTER,
            )
            for person in people
        ],
        by=by,
        today=today,
    )


@dataclass(frozen=True, slots=True)
class Attendance:
    """What somebody recorded at one moment for several people, as far as it stands."""

    title: str
    on: date
    recorded_at: datetime
    people: int


async def fresh_attendances(session: AsyncSession, posts: PostFilter, *, by: str) -> list[Attendance]:
    """What can still be taken back of what somebody recorded for people in these posts, the newest first."""
    rows = await session.execute(
        select(Item.title, Completion.completed_on, Completion.recorded_at, func.count())
        .join(Completion, Completion.item_id == Item.id)
        .where(_fresh(posts, by))
        .group_by(Item.title, Completion.completed_on, Completion.recorded_at)
        .order_by(Completion.recorded_at.desc())
    )
    return [Attendance(*row) for row in rows]


async def recorded_for(
    session: AsyncSession, posts: PostFilter, recorded_at: datetime, *, by: str, today: date
) -> tuple[Attendance, list[Attendee]]:
    """One of these, and who is in it, with their posts of today. Raises :class:`NotFound` where it does not stand, or
    is old."""
    found = [one for one in await fresh_attendances(session, posts, by=by) if one.recorded_at == recorded_at]
    if not found:
        raise NotFound("attendance that can be taken back")
    rows = await session.execute(
        select(Practitioner.id, Practitioner.name, Completion.strength)
        .join(Completion, Completion.practitioner_id == Practitioner.id)
        .where(_fresh(posts, by), Completion.recorded_at == recorded_at)
        .order_by(Practitioner.name, Practitioner.id)
    )
    people = [(number, name, strength) for number, name, strength in rows]
    posts_of = await _posts_of(session, [number for number, _name, _strength in people], today, posts)
    return found[0], [
        Attendee(number, name, tuple(posts_of.get(number, ())), strength) for number, name, strength in people
    ]


async def withdraw_attendance(
    session: AsyncSession, posts: PostFilter, recorded_at: datetime, *, by: str, today: date
) -> int:
    """Void what was recorded at one moment for several; says of how many. What people had said themselves of the same
    day is their own word once more.
    """
    recorded = select(Completion).where(_fresh(posts, by), Completion.recorded_at == recorded_at)
    rows = (await session.scalars(recorded)).all()
    if not rows:
        raise NotFound("attendance that can be taken back")
    await void_completions(session, [row.id for row in rows], reason=TAKEN_BACK, by=by)
    made_way = await session.scalars(
        select(Completion).where(
            tuple_(Completion.practitioner_id, Completion.item_id, Completion.completed_on).in_(
                [row.fact for row in rows]
            ),
            Completion.voided_at == recorded_at,
            Completion.void_reason == STRONGER,
        )
    )
    words = [replace(as_recorded(word), recorded_by=word.recorded_by) for word in made_way]
    await record_completions(session, words, by=by, today=today)
    return len(rows)


def _fresh(posts: PostFilter, by: str) -> ColumnElement[bool]:
    # By the people first, of whom there are few: nobody keeps an index of who recorded what.
    theirs = select(Post.practitioner_id).where(posts(Post.__table__))
    return and_(
        Completion.practitioner_id.in_(theirs),
        Completion.recorded_by == by,
        Completion.source == ATTENDED,
        Completion.recorded_at >= now() - FRESH,
        Completion.voided_at.is_(None),
    )


def _present(today: date, posts: PostFilter) -> Select[int]:
    return select(Post.practitioner_id).where(in_post(today), posts(Post.__table__))
