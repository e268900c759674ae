"""What people say they have done, where a rule asks for more than their word: who has seen it confirms it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import Days
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import ExpectationItem, ExpectationVersion, for_a_person
from training_tracker.people.models import Practitioner
from training_tracker.records.evidencing import of_the_same_fact
from training_tracker.records.models import Completion, Evidence
from training_tracker.records.recording import (
    STRONGER,
    NewCompletion,
    Outcome,
    as_recorded,
    record_completions,
    void_completion,
)
from training_tracker.standing.known import PostFilter
from training_tracker.standing.status import OPEN, standings_asked, standings_on

# What somebody else can have seen; whoever taught it sends its own.
SEEN = (Strength.CERTIFICATE_SEEN, Strength.ATTENDANCE_REGISTER, Strength.MANAGER_ATTESTED)
TAKEN_BACK = "The confirmation was taken back"


@dataclass(frozen=True, slots=True)
class SelfDeclared:
    """Something that a person says they have done; ``least`` is what the rule asks for, ``certificate`` whether they
    attached one."""

    completion_id: int
    practitioner_id: int
    name: str
    title: str
    days: Days
    evidence: str
    certificate: bool
    least: Strength


@dataclass(frozen=True, slots=True)
class Waiting:
    lines: list[SelfDeclared]
    total: int


async def self_declared(session: AsyncSession, on: date, *, today: date) -> list[tuple[int, SelfDeclared]]:
    """Everybody's, each with the id of a team in a post of which it is expected; the newest first."""
    standing = standings_on(on, today=today)
    found = _self_declared(standing).add_columns(standing.c.team_id).group_by(standing.c.team_id)
    return [(team_id, _line(*line)) for *line, team_id in await session.execute(found)]


async def waiting(
    session: AsyncSession,
    today: date,
    posts: PostFilter,
    *,
    but: int,
    only: Collection[int] | None = None,
    page: int = 1,
    page_size: int = 50,
) -> Waiting:
    """A page of what these posts' holders say they have done, the newest first, but for one person, who cannot confirm
    their own. ``only`` narrows it to completions of these ids.
    """
    found = _self_declared(standings_on(today, today=today, posts=posts)).where(Completion.practitioner_id != but)
    if only is not None:
        found = found.where(Completion.id.in_(only))
    counted = found.add_columns(func.count().over()).limit(page_size).offset((page - 1) * page_size)
    rows = (await session.execute(counted)).all()
    return Waiting([_line(*line) for *line, _total in rows], rows[0][-1] if rows else 0)


def number_waiting(posts: PostFilter, but: ColumnElement[int]) -> ScalarSelect[int]:
    """How many of them there are on the day of a kept statement, as a part of it."""
    standing = standings_asked(True, None, posts).subquery("standing_on")
    found = declared(standing).where(Completion.practitioner_id != but)
    return found.with_only_columns(func.count(Completion.id.distinct())).scalar_subquery()


def _self_declared(
    standing: Subquery,
) -> Select[int, int, str, str, date, date | None, str, int | None, Strength]:
    return (
        declared(standing)
        .with_only_columns(
            Completion.id,
            Completion.practitioner_id,
            Practitioner.name,
            Item.title,
            Completion.completed_on,
            Completion.completed_by,
            Completion.evidence,
            Evidence.id,
            # Of several rules that ask for it the strictest says what has to be seen.
            func.max(ExpectationVersion.least_strength),
        )
        .join(Item, Item.id == Completion.item_id)
        .join(Practitioner, Practitioner.id == standing.c.practitioner_id)
        .outerjoin(Evidence, of_the_same_fact(Completion))
        .group_by(Completion.id, Practitioner.name, Item.title, Evidence.id)
        .order_by(Completion.completed_on.desc(), Practitioner.name, Item.title, Completion.id)
    )


# Written out, not handed in: PostgreSQL knows then that few rules ask for more, whatever the values of the rest.
_SELF_DECLARED: BindParameter[Strength] = bindparam(
    "self_declared", Strength.SELF_DECLARED, type_=Completion.strength.type, literal_execute=True
)


def declared(standing: Subquery) -> Select[int]:
    """Select what waits to be confirmed, once for each standing to which it would count."""
    better = aliased(Completion)
    seen_since = exists().where(
        better.practitioner_id == Completion.practitioner_id,
        better.item_id == Completion.item_id,
        better.strength >= ExpectationVersion.least_strength,
        better.completed_on >= Completion.completed_on,
        better.voided_at.is_(None),
    )
    return (
        select(Completion.id)
        .select_from(standing)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(ExpectationItem, ExpectationItem.version_id == ExpectationVersion.id)
        .join(
            Completion,
            (Completion.practitioner_id == standing.c.practitioner_id)
            & (Completion.item_id == ExpectationItem.item_id),
        )
        .where(
            for_a_person(),
            ExpectationVersion.least_strength > _SELF_DECLARED,
            Completion.strength == _SELF_DECLARED,
            Completion.voided_at.is_(None),
            # What was done with stronger evidence since, of this or of what else the rule takes, makes it history.
            or_(standing.c.met_from.is_(None), standing.c.met_from < Completion.completed_on),
            ~seen_since,
            standing.c.status.in_([status.value for status in OPEN]),
        )
    )


def _line(
    number: int,
    person: int,
    name: str,
    title: str,
    first: date,
    last: date | None,
    evidence: str,
    certificate: int | None,
    least: Strength,
) -> SelfDeclared:
    return SelfDeclared(number, person, name, title, Days(first, last), evidence, certificate is not None, least)


async def confirm(
    session: AsyncSession, chosen: Collection[SelfDeclared], seen: Strength, *, by: str, today: date
) -> int:
    """Record what somebody else says they have seen of these; says of how many. The person's own word stays behind it.

    Raises :class:`Refused` for what is no more than their word, or than what the rule asks for.
    """
    if seen not in SEEN:
        raise Refused("Nothing is said of what you have seen", "Choose what you have seen.", "seen")
    for one in chosen:
        if seen < one.least:
            raise Refused(
                f"{one.title} asks for more of {one.name}: {one.least.words}",
                "Leave it for when you have seen that.",
                "done",
            )
    rows = await session.scalars(select(Completion).where(Completion.id.in_([one.completion_id for one in chosen])))
    confirmed = [
        NewCompletion(
            known.practitioner_id,
            known.item_id,
            known.completed_on,
            hours=known.hours,
            evidence=known.evidence,
            source=_source(seen),
            strength=seen,
            completed_by=known.completed_by,
        )
        for known in rows
    ]
    outcomes = await record_completions(session, confirmed, by=by, today=today)
    return outcomes.count(Outcome.RECORDED)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a person said, and somebody else has seen."""

    completion_id: int
    title: str
    days: Days
    strength: Strength
    recorded_at: datetime


async def confirmed(session: AsyncSession, practitioner_id: int, today: date, posts: PostFilter) -> list[Confirmed]:
    """What stands confirmed of what is expected of a person in these posts, the newest first."""
    standing = standings_on(today, today=today, posts=posts)
    expected = select(ExpectationItem.item_id).join(standing, standing.c.version_id == ExpectationItem.version_id)
    rows = await session.execute(
        select(Completion, Item.title)
        .join(Item, Item.id == Completion.item_id)
        .where(
            Completion.practitioner_id == practitioner_id,
            Completion.item_id.in_(expected),
            Completion.voided_at.is_(None),
            Completion.source.in_([_source(seen) for seen in SEEN]),
            _word(Completion).exists(),
        )
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
    )
    return [
        Confirmed(one.id, title, Days(one.completed_on, one.completed_by), one.strength, one.recorded_at)
        for one, title in rows
    ]


async def withdraw_confirmation(session: AsyncSession, completion_id: int, *, by: str, today: date) -> None:
    """Take a confirmation back: it is voided, and what the person said themselves is in the record once more.

    As their own word, as it was: they can take it back, and it waits to be confirmed again where more is asked for.
    """
    seen = aliased(Completion)
    word = await session.scalar(
        select(Completion)
        .join(seen, seen.id == completion_id)
        .where(Completion.id.in_(_word(seen)))
        .order_by(Completion.id.desc())
        .limit(1)
    )
    if word is None:
        raise NotFound(f"confirmed completion {completion_id}")
    await void_completion(session, completion_id, reason=TAKEN_BACK, by=by)
    # By the person, whose word it is; the audit trail says whose act it was.
    await record_completions(session, [as_recorded(word)], by=word.recorded_by, today=today)


def _source(seen: Strength) -> str:
    return f"said by themselves, {seen.words}"


def _word(confirmed: Any) -> Select[int]:
    """What a person said themselves of the same fact, which made way for the confirmation."""
    word = aliased(Completion)
    return select(word.id).where(
        word.practitioner_id == confirmed.practitioner_id,
        word.item_id == confirmed.item_id,
        word.completed_on == confirmed.completed_on,
        word.strength == Strength.SELF_DECLARED,
        word.void_reason == STRONGER,
    )
