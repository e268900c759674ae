"""The one way a completion comes into the record, and the one way it is taken out of the count."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.calendar import in_words, now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import insert_unless_known, touch
from training_tracker.errors import NotFound, Refused
from training_tracker.records.models import Completion, Fact

EARLIEST = date(1950, 1, 1)
LEAST_HOURS, MOST_HOURS = 0.01, 500
STRONGER = "Stronger evidence of the same completion was recorded"
FILE_TAKEN_BACK = "The spreadsheet that it came with was taken back"
# What is void for these reasons nobody has decided about: the same may come again.
UNDECIDED = (STRONGER, FILE_TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class NewCompletion:
    """``recorded_by`` is whose word it is, where that is not whoever records it now."""

    practitioner_id: int
    item_id: int
    completed_on: date
    hours: float | None = None
    evidence: str = ""
    source: str = ""
    strength: Strength = Strength.ATTENDANCE_REGISTER
    completed_by: date | None = None
    recorded_by: str = ""

    @property
    def fact(self) -> Fact:
        return self.practitioner_id, self.item_id, self.completed_on


def as_recorded(completion: Completion) -> NewCompletion:
    """What a row says, to be recorded once more where it was voided and stands all the same."""
    return NewCompletion(
        *completion.fact,
        hours=completion.hours,
        evidence=completion.evidence,
        source=completion.source,
        strength=completion.strength,
        completed_by=completion.completed_by,
    )


class Outcome(StrEnum):
    RECORDED = "recorded"
    KNOWN_ALREADY = "known already"
    OTHER_HOURS = "known already with other hours"
    VOIDED = "voided before"


def refuse_impossible(
    completed_on: date, hours: float | None, today: date, *, completed_by: date | None = None
) -> None:
    """Refuse a day that has not come, or is too long ago to be meant, and hours nobody can have done.

    Of a range the first day must have come, and the last must not be too long ago.
    """
    if completed_on > today:
        raise Refused(
            f"{in_words(completed_on)} is in the future",
            "Record a completion on the day it happens, or correct the date.",
            "completed on",
        )
    if (completed_by or completed_on) < EARLIEST:
        raise Refused(
            f"{in_words(completed_by or completed_on)} is too long ago to be meant", "Correct the year.", "completed on"
        )
    if hours is not None and not LEAST_HOURS <= hours <= MOST_HOURS:
        raise Refused(
            f"{hours:g} is not a number of hours",
            f"Give hours from {LEAST_HOURS} to {MOST_HOURS}, such as 1.5.",
            "hours",
        )


async def record_completions(
    session: AsyncSession,
    completions: list[NewCompletion],
    *,
    by: str,
    today: date,
    unless_voided: bool = False,
    at: datetime | None = None,
) -> list[Outcome]:
    """Record completions, each of which must be possible; says for each what became of it.

    The same person, item and day, or first possible day, is the same fact: it is not recorded again, unless with
    stronger evidence, which takes the place of the weaker. If it is known with other hours, nothing changes either,
    since which of the two is right is for a person to say. With ``unless_voided`` what was voided is not brought back
    by the same once more, with no stronger evidence and no other hours, as a file has it that is sent again. ``at`` is
    the moment of the record, now where none is given.
    """
    if not completions:
        return []
    for completion in completions:
        refuse_impossible(completion.completed_on, completion.hours, today, completed_by=completion.completed_by)
    usual = await usual_hours(session, completions)
    known = await known_of(session, {completion.practitioner_id for completion in completions})
    voided = (
        await voided_of(session, {completion.practitioner_id for completion in completions}) if unless_voided else {}
    )
    outcomes, moment = [], at or now()
    rows: dict[Fact, dict[str, Any]] = {}
    weaker: list[int] = []
    for completion in completions:
        before = known.get(completion.fact)
        outcome = outcome_beside(completion, before, voided.get(completion.fact, ()))
        outcomes.append(outcome)
        if outcome is not Outcome.RECORDED:
            continue
        if before and before.id:
            weaker.append(before.id)
        hours = before.hours if before else usual[completion.item_id]
        hours = completion.hours if completion.hours is not None else hours
        known[completion.fact] = Known(None, hours, completion.strength)
        rows[completion.fact] = {
            "practitioner_id": completion.practitioner_id,
            "item_id": completion.item_id,
            "completed_on": completion.completed_on,
            "completed_by": _not_after(today, completion),
            "hours": hours,
            "evidence": completion.evidence,
            "source": completion.source,
            "strength": completion.strength,
            "recorded_at": moment,
            "recorded_by": completion.recorded_by or by,
        }
    if weaker:
        await session.execute(
            update(Completion)
            .where(Completion.id.in_(weaker), Completion.voided_at.is_(None))
            .values(voided_at=moment, voided_by=by, void_reason=STRONGER)
        )
    if rows:
        recorded = await _insert(session, list(rows.values()))
        touch(session, practitioners={person for person, _, _ in recorded})
        if len(recorded) < len(rows):
            known = await known_of(session, {completion.practitioner_id for completion in completions})
            for place, completion in enumerate(completions):
                if outcomes[place] is Outcome.RECORDED and completion.fact not in recorded:
                    outcomes[place] = outcome_beside(completion, known.get(completion.fact), lost=True)
    return outcomes


def _not_after(today: date, completion: NewCompletion) -> date | None:
    """The last possible day, cut to today: what is recorded in March for "March" has happened by now."""
    last = min(completion.completed_by or completion.completed_on, today)
    return last if last > completion.completed_on else None


@dataclass(frozen=True, slots=True)
class Known:
    """What stands in the record of a fact; without an id it is about to."""

    id: int | None
    hours: float | None
    strength: Strength


def outcome_beside(
    completion: NewCompletion, known: Known | None, voided: Iterable[Known] = (), *, lost: bool = False
) -> Outcome:
    """What becomes of a completion beside what is known of its fact, and what was voided of it.

    One that somebody else recorded meanwhile, so that ours was ``lost``, may have been voided at this very moment: it
    is known still.
    """
    if known and completion.hours is not None and completion.hours != known.hours:
        return Outcome.OTHER_HOURS
    if lost or (known and completion.strength <= known.strength):
        return Outcome.KNOWN_ALREADY
    return Outcome.VOIDED if any(_the_same(completion, was) for was in voided) else Outcome.RECORDED


def _the_same(completion: NewCompletion, voided: Known) -> bool:
    return completion.strength <= voided.strength and completion.hours in (None, voided.hours)


async def _insert(session: AsyncSession, rows: list[dict[str, Any]]) -> set[Fact]:
    """Insert the rows; says which of them nobody else has recorded since we looked."""
    statement = (
        insert_unless_known(session, Completion)
        .on_conflict_do_nothing(
            index_elements=["practitioner_id", "item_id", "completed_on"], index_where=Completion.voided_at.is_(None)
        )
        .returning(Completion.practitioner_id, Completion.item_id, Completion.completed_on)
        # With its NULLs written out every row has the same columns, and many go in one statement.
        .execution_options(render_nulls=True)
    )
    return {(row.practitioner_id, row.item_id, row.completed_on) for row in await session.execute(statement, rows)}


async def record_completion(session: AsyncSession, completion: NewCompletion, *, by: str, today: date) -> Outcome:
    """Record one completion. Raises :class:`Refused` when the day or the hours cannot be."""
    if await session.get(Item, completion.item_id) is None:
        raise NotFound(f"item {completion.item_id}")
    (outcome,) = await record_completions(session, [completion], by=by, today=today)
    if outcome is Outcome.OTHER_HOURS:
        raise Refused(
            "This is in the record already, with other hours",
            "If the record is wrong, have that completion voided first, then record it again.",
            "hours",
        )
    return outcome


async def void_completion(session: AsyncSession, completion_id: int, *, reason: str, by: str) -> None:
    """Take a completion out of every count. It stays in the record, with the reason, and in what was known before."""
    if not reason.strip():
        raise Refused("A completion is voided for a reason", "Say why it does not stand.", "reason")
    # Whoever voids it at the same moment is told that it is voided already.
    completion = await session.get(Completion, completion_id, with_for_update=True)
    if completion is None:
        raise NotFound(f"completion {completion_id}")
    if completion.voided_at is not None:
        raise Refused("This completion is voided already", "There is nothing more to do.", "reason")
    completion.voided_at, completion.voided_by, completion.void_reason = now(), by, reason.strip()
    touch(session, practitioners=[completion.practitioner_id])


async def void_completions(session: AsyncSession, completions: Sequence[int], *, reason: str, by: str) -> None:
    """The same for many, by their ids, for one reason; what is voided already stays as it is."""
    voided = await session.scalars(
        update(Completion)
        .where(is_one_of(Completion.id, completions), Completion.voided_at.is_(None))
        .values(voided_at=now(), voided_by=by, void_reason=reason)
        .returning(Completion.practitioner_id)
        .execution_options(synchronize_session=False)
    )
    touch(session, practitioners=set(voided))


async def usual_hours(session: AsyncSession, completions: list[NewCompletion]) -> dict[int, float | None]:
    """How long the items of these completions usually take, by their ids."""
    items = {completion.item_id for completion in completions}
    found = await session.execute(select(Item.id, Item.hours).where(Item.id.in_(items)))
    return dict(found.all())


async def known_of(
    session: AsyncSession, practitioners: set[int], signatures: Select[str] | None = None
) -> dict[Fact, Known]:
    """What stands in the record of these people; with ``signatures``, in small letters, what stands under these."""
    rows = await session.execute(
        select(
            *(Completion.practitioner_id, Completion.item_id, Completion.completed_on),
            *(Completion.id, Completion.hours, Completion.strength),
        ).where(
            Completion.practitioner_id.in_(practitioners),
            Completion.voided_at.is_(None),
            true() if signatures is None else func.lower(Completion.recorded_by).in_(signatures),
        )
    )
    return {
        (row.practitioner_id, row.item_id, row.completed_on): Known(row.id, row.hours, row.strength) for row in rows
    }


async def voided_of(
    session: AsyncSession, practitioners: set[int], signatures: Select[str] | None = None
) -> dict[Fact, list[Known]]:
    """What was voided, but for what only made way for stronger evidence or came with a file that was taken back; with
    ``signatures``, in small letters, what was recorded or voided under them.
    """
    theirs = (
        true()
        if signatures is None
        else or_(*(func.lower(by).in_(signatures) for by in (Completion.recorded_by, Completion.voided_by)))
    )
    found: dict[Fact, list[Known]] = defaultdict(list)
    for row in await session.execute(
        select(
            *(Completion.practitioner_id, Completion.item_id, Completion.completed_on),
            *(Completion.id, Completion.hours, Completion.strength),
        ).where(Completion.practitioner_id.in_(practitioners), Completion.void_reason.not_in(UNDECIDED), theirs)
    ):
        fact = row.practitioner_id, row.item_id, row.completed_on
        found[fact].append(Known(row.id, row.hours, row.strength))
    return found
