"""The plan of the day: who gets a digest and why, who gets none and why not. What it costs follows what changed or is
due: only those are looked at whose standings were worked out anew since, or whose day to be looked at has come.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Executable, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, is_working_day, now
from training_tracker.database import insert_unless_known, wait_for_turn
from training_tracker.mail.outbox import Draft, put, wait_again
from training_tracker.people.models import Post
from training_tracker.reminders.asked import Asked, asked_by_version
from training_tracker.reminders.deciding import Held, held_back, look_again_on, unsaid
from training_tracker.reminders.due import Due, Person, what_is_due
from training_tracker.reminders.letter import DigestLine, subject_of, things_to_do
from training_tracker.reminders.models import Reminder, ReminderDecision
from training_tracker.standing.models import StandingNews

# So many people are read, decided on and written at once: they are all that a run has to hold.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Decided:
    """About one person on one day: ``held`` is empty where they get a digest, and ``why`` names the steps that had come
    and were not yet said. ``lines`` are everything open, and ``triggers`` what makes us write."""

    practitioner_id: int
    name: str
    to: str
    on: date
    held: Held | None
    why: str
    look_again_on: date | None
    lines: tuple[DigestLine, ...]
    triggers: tuple[Due, ...]

    @property
    def key(self) -> str:
        return f"digest:{self.practitioner_id}:{self.on}"

    @property
    def subject(self) -> str:
        return subject_of(self.lines)


@dataclass(slots=True)
class ReminderPlan:
    """``nothing_because`` says why a whole day has none."""

    on: date
    digests: int = 0
    held: Counter[Held] = field(default_factory=Counter)
    nothing_because: str = ""


async def plan_reminders(
    session: AsyncSession, on: date, *, today: date, tell: Callable[[Decided], None] = lambda _: None
) -> ReminderPlan:
    """Put the digests of a day in the outbox: one for each person who has reached a step not yet said.

    They, the record of what was said and every decision stand in the caller's transaction; the same run again adds
    nothing. What a digest says is written when it is sent. Each decision is told as it is made.
    """
    if not is_working_day(on):
        return ReminderPlan(on, nothing_because=f"{on:%A} {in_words(on)} is not a working day")
    await wait_for_turn(session, "reminders")
    plan = ReminderPlan(on)
    asked = await asked_by_version(session)
    for some in _chunks(await _to_look_at(session, on, today)):
        decisions = [decided_about(person, asked, on) for person in await what_is_due(session, some, on, today=today)]
        await _keep(session, decisions)
        for decided in decisions:
            tell(decided)
        plan.digests += sum(decided.held is None for decided in decisions)
        plan.held.update(decided.held for decided in decisions if decided.held)
    return plan


async def _to_look_at(session: AsyncSession, on: date, today: date) -> list[int]:
    """Whose standings have changed since the last run, or whose day to be looked at again has come."""
    if on < today:  # as it was then: what was decided since tells nothing of it
        return list(await session.scalars(select(Post.practitioner_id).distinct().order_by(Post.practitioner_id)))
    # Taken before anything is read: a change that is not seen yet leaves its news for the next run.
    news = await session.scalars(delete(StandingNews).returning(StandingNews.practitioner_id))
    return sorted({*news, *await session.scalars(whose_day_has_come(on))})


def whose_day_has_come(on: date) -> Select[int]:
    return select(ReminderDecision.practitioner_id).where(ReminderDecision.look_again_on <= on)


def decided_about(person: Person, asked: dict[int, Asked], on: date) -> Decided:
    held = held_back(person, on)
    steps = tuple(unsaid(person))
    named = {f"{asked[due.version_id].code}: {due.step.name} {in_words(due.due_on)}": None for due in steps}
    return Decided(
        practitioner_id=person.practitioner_id,
        name=person.name,
        to=person.email or "",
        on=on,
        held=held,
        why="; ".join(named),
        look_again_on=look_again_on(person, held, on),
        lines=() if held else tuple(things_to_do(person.due, asked)),
        triggers=() if held else steps,
    )


async def _keep(session: AsyncSession, decisions: list[Decided]) -> None:
    digests = [decided for decided in decisions if not decided.held]
    # What was withdrawn earlier in the day may have something to say again.
    numbers = await wait_again(session, [digest.key for digest in digests])
    new = [digest for digest in digests if digest.key not in numbers]
    ids = await put(session, [Draft(digest.key, digest.to, digest.subject) for digest in new])
    numbers |= {digest.key: number for digest, number in zip(new, ids, strict=True)}
    messages = {digest.practitioner_id: numbers[digest.key] for digest in digests}
    # One rule about two resources has two standings of one post, which may fall due on one day.
    said = {
        (due.post_id, due.expectation_id, due.due_on): {
            "post_id": due.post_id,
            "expectation_id": due.expectation_id,
            "due_on": due.due_on,
            "step": due.step.name,
            "practitioner_id": digest.practitioner_id,
            "message_id": messages[digest.practitioner_id],
            "planned_on": digest.on,
        }
        for digest in digests
        for due in digest.triggers
    }
    if said:
        await session.execute(_remember(session), list(said.values()))
    moment = now()
    await session.execute(
        update(ReminderDecision)
        .where(
            ReminderDecision.practitioner_id.in_([decided.practitioner_id for decided in decisions]),
            ReminderDecision.look_again_on.is_not(None),
        )
        .values(look_again_on=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        insert(ReminderDecision).execution_options(render_nulls=True),
        [
            {
                "practitioner_id": decided.practitioner_id,
                "on": decided.on,
                "held": decided.held,
                "why": decided.why,
                "message_id": messages.get(decided.practitioner_id),
                "decided_at": moment,
                "look_again_on": decided.look_again_on,
            }
            for decided in decisions
        ],
    )


def _remember(session: AsyncSession) -> Executable:
    # A post that was corrected to be another person's has steps already, said to the one whose it was thought to be.
    statement = insert_unless_known(session, Reminder)
    told = ("practitioner_id", "message_id", "planned_on")
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in Reminder.__table__.primary_key],
        set_={name: statement.excluded[name] for name in told},
    )


def _chunks(people: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(people), AT_ONCE):
        yield people[start : start + AT_ONCE]
