"""The plan of the day: who gets which e-mail and why, who gets none and why not. What it costs follows what changed or
is due: only those are looked at whose standings were worked out anew since, or whose day to be looked at has come.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import Insert, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import insert_many, is_one_of
from training_tracker.calendar import in_words, is_working_day, now
from training_tracker.database import insert_unless_known, wait_for_turn
from training_tracker.mail.outbox import Draft, put, wait_again
from training_tracker.people.models import Post
from training_tracker.reminders.asked import Asked, asked_by_version
from training_tracker.reminders.confirming import keep_confirmations, not_confirmed
from training_tracker.reminders.confirming import subject_of as confirmation_subject
from training_tracker.reminders.deciding import Held, held_back, look_again_on, unsaid
from training_tracker.reminders.due import ONE_DAY, Due, Person, what_is_due
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.letter import DigestLine, subject_of, things_to_do
from training_tracker.reminders.models import Reminder, ReminderDecision
from training_tracker.reminders.one_a_day import (
    Waiting,
    take_back_confirmations,
    take_over,
    try_on,
    waiting_to_be_sent,
    written_to_on,
)
from training_tracker.reminders.readers import summaries_again
from training_tracker.reminders.welcome import SUBJECT, NewPost, keep_welcomes, not_welcomed
from training_tracker.standing.models import StandingNews

# So many people are read, decided on and written at once: they are all that a run has to hold.
AT_ONCE = 2_500


@dataclass(frozen=True, slots=True)
class Decided:
    """About one person on one day. ``kind`` is what they get, at most one e-mail a day, or None.

    ``held`` is empty where that is a digest, and ``why`` names the steps that had come and were not yet said. ``lines``
    are everything open, ``triggers`` what makes us write, ``posts`` the new ones and ``recorded`` the completions that
    we write about instead.
    """

    practitioner_id: int
    name: str
    to: str
    on: date
    held: Held | None
    why: str
    look_again_on: date | None
    lines: tuple[DigestLine, ...]
    triggers: tuple[Due, ...]
    posts: Sequence[NewPost] = ()
    recorded: Sequence[int] = ()

    @property
    def kind(self) -> Kind | None:
        if self.posts:
            return Kind.WELCOME
        if self.held is None:
            return Kind.DIGEST
        return Kind.CONFIRMATION if self.recorded else None

    @property
    def key(self) -> str:
        assert self.kind is not None, "they get an e-mail"
        return key_of(self.kind, self.practitioner_id, self.on)

    @property
    def subject(self) -> str:
        match self.kind:
            case Kind.WELCOME:
                return SUBJECT
            case Kind.CONFIRMATION:
                return confirmation_subject(len(self.recorded))
        return subject_of(self.lines)

    @property
    def because(self) -> str:
        """Why they get what they get, in words."""
        match self.kind:
            case Kind.WELCOME:
                return "; ".join(f"new post: {post.in_words}" for post in self.posts)
            case Kind.CONFIRMATION:
                return "recorded for them by somebody else"
        return self.why


@dataclass(slots=True)
class ReminderPlan:
    """``nothing_because`` says why a whole day has none; ``summaries_again`` are the month's that wait again because
    their readers can be reached again."""

    on: date
    digests: int = 0
    welcomes: int = 0
    confirmations: int = 0
    summaries_again: int = 0
    held: Counter[Held] = field(default_factory=Counter)
    nothing_because: str = ""


async def plan_reminders(
    session: AsyncSession, on: date, *, today: date, tell: Callable[[Decided], None] = lambda _: None
) -> ReminderPlan:
    """Put the e-mails of a day to practitioners in the outbox, at most one for each: a welcome to whoever is new in a
    post, a digest to whoever has reached a step not yet said, a confirmation to whoever has had something recorded.

    They, the record of what was said and every decision stand in the caller's transaction; the same run again adds
    nothing. What a digest says is written when it is sent. Each decision is told as it is made.
    """
    if not is_working_day(on):
        return ReminderPlan(on, nothing_because=f"{on:%A} {in_words(on)} is not a working day")
    await wait_for_turn(session, "reminders")
    plan = ReminderPlan(on)
    if on == today:
        plan.summaries_again = await summaries_again(session, on)
    asked = await asked_by_version(session)
    tried = await take_back_confirmations(session)
    waiting = await waiting_to_be_sent(session)
    for some in _chunks(await _to_look_at(session, on, today)):
        decisions = await _one_a_day(session, await decide(session, some, asked, on, today=today), waiting, on)
        await _keep(session, decisions, tried, waiting, on)
        for decided in decisions:
            tell(decided)
        kinds = Counter(decided.kind for decided in decisions)
        plan.digests += kinds[Kind.DIGEST]
        plan.welcomes += kinds[Kind.WELCOME]
        plan.confirmations += kinds[Kind.CONFIRMATION]
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


async def _one_a_day(
    session: AsyncSession, decisions: list[Decided], waiting: Mapping[int, Waiting], on: date
) -> list[Decided]:
    """The same decisions without a second e-mail to anybody on a day; only a digest takes the place of a digest, unless
    that is just being sent."""
    letters = [decided.practitioner_id for decided in decisions if decided.kind]
    had = await written_to_on(session, letters, on) if letters else set()
    kept = []
    for decided in decisions:
        before = waiting.get(decided.practitioner_id)
        replaces = before and before.kind is decided.kind is Kind.DIGEST and not before.claimed
        if decided.kind and (decided.practitioner_id in had or (before and not replaces)):
            decided = replace(
                decided, held=Held.ANOTHER, look_again_on=on + ONE_DAY, lines=(), triggers=(), posts=(), recorded=()
            )
        kept.append(decided)
    return kept


async def decide(
    session: AsyncSession, people: Sequence[int], asked: dict[int, Asked], on: date, *, today: date
) -> list[Decided]:
    """What each of these people is to get on a day, if anything, in their order."""
    due = await what_is_due(session, people, on, today=today)
    new_posts = await not_welcomed(session, people, on)
    recorded = await not_confirmed(session, people, on)
    return [
        _decided(person, asked, on, new_posts.get(person.practitioner_id, ()), recorded.get(person.practitioner_id, ()))
        for person in due
    ]


def _decided(
    person: Person, asked: dict[int, Asked], on: date, new_posts: Sequence[NewPost], recorded: Sequence[int]
) -> Decided:
    held = Held.WELCOME if new_posts else held_back(person, on)
    steps = tuple(unsaid(person))
    if new_posts:  # which says all that is expected in them
        welcomed = {post.id for post in new_posts}
        person = replace(
            person,
            written_on=on,
            due=[replace(due, said=due.said or due.post_id in welcomed) for due in person.due],
        )
    named = {f"{asked[due.version_id].code}: {due.step.name} {in_words(due.due_on)}": None for due in steps}
    look_again = look_again_on(person, held, on)
    if recorded and (new_posts or held is None):
        look_again = on + ONE_DAY  # one e-mail a day: the confirmation waits
    return Decided(
        practitioner_id=person.practitioner_id,
        name=person.name,
        to=person.email or "",
        on=on,
        held=held,
        why="; ".join(named),
        look_again_on=look_again,
        lines=() if held else tuple(things_to_do(person.due, asked)),
        triggers=tuple(due for due in steps if not held or due.post_id in {post.id for post in new_posts}),
        posts=new_posts,
        recorded=recorded,
    )


async def _keep(
    session: AsyncSession,
    decisions: list[Decided],
    tried: Mapping[int, int],
    waiting: Mapping[int, Waiting],
    on: date,
) -> None:
    letters = [decided for decided in decisions if decided.kind]
    keyed = {letter.key: letter for letter in letters}
    again = {
        key: tried[letter.practitioner_id]
        for key, letter in keyed.items()
        if letter.kind is Kind.CONFIRMATION and letter.practitioner_id in tried
    }
    await try_on(session, list(again.values()))
    # What was withdrawn earlier in the day may have something to say again.
    numbers = again | await wait_again(session, [key for key in keyed if key not in again])
    new = {key: Draft(key, letter.to, letter.subject) for key, letter in keyed.items() if key not in numbers}
    numbers |= zip(new, await put(session, list(new.values())), strict=True)
    messages = {letter.practitioner_id: numbers[key] for key, letter in keyed.items()}
    await keep_welcomes(session, {each.practitioner_id: each.posts for each in letters}, messages, on)
    told = {each.practitioner_id: each.recorded for each in letters if each.kind is Kind.CONFIRMATION}
    await keep_confirmations(session, told, messages)
    older = {
        waiting[person].message_id: message for person, message in messages.items() if person in waiting
    }  # digests, of which these take the place
    await take_over(session, older, on)
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
        for digest in letters
        for due in digest.triggers
    }
    if said:
        await insert_many(session, _remember(session), list(said.values()))
    moment = now()
    await session.execute(
        update(ReminderDecision)
        .where(
            is_one_of(ReminderDecision.practitioner_id, [decided.practitioner_id for decided in decisions]),
            ReminderDecision.look_again_on.is_not(None),
        )
        .values(look_again_on=None)
        .execution_options(synchronize_session=False)
    )
    await insert_many(
        session,
        insert(ReminderDecision),
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


def _remember(session: AsyncSession) -> Insert:
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
