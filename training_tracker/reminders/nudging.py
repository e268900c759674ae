"""A nudge: one e-mail that a manager or a lead asks for, which reminds somebody of what is open.

At most one in so many days, whoever asks; and none to whoever is away, or has it in hand.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.database import wait_for_turn
from training_tracker.errors import Refused
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn, Written, put, wait_again
from training_tracker.people.leave import at_work, leaves
from training_tracker.people.leave import away as on_leave
from training_tracker.people.models import Post, Practitioner
from training_tracker.people.posts import in_post
from training_tracker.reminders.asked import asked_by_version
from training_tracker.reminders.due import ONE_DAY, what_is_due
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.letter import DigestLine, in_parts, things_to_do
from training_tracker.reminders.letterhead import Letterhead, letterheads
from training_tracker.reminders.models import Nudge
from training_tracker.reminders.self_declared import self_declared_by
from training_tracker.reminders.snoozing import snoozed_until

SUBJECT = "Your training: please have a look"
NOTHING_LEFT = "nothing is open any more, or they are not at work"


@dataclass(frozen=True, slots=True)
class Nudged:
    """When somebody was nudged last, and from which day on they can be again."""

    on: date
    again_on: date


async def last_nudge(session: AsyncSession, practitioner_id: int, every: int) -> Nudged | None:
    on = await session.scalar(select(func.max(Nudge.on)).where(Nudge.practitioner_id == practitioner_id))
    return Nudged(on, on + timedelta(days=every)) if on else None


async def nudge(
    session: AsyncSession,
    person: Practitioner,
    posts: Collection[int],
    on: date,
    *,
    asked_by: int,
    by: str,
    every: int,
) -> Nudged:
    """Put the e-mail in the outbox; what it says is written when it is sent.

    ``posts`` are those of the person that whoever asks may see, ``asked_by`` who that is, and ``by`` what stands under
    it. Raises :class:`Refused` with the day from which it is
    possible, where there is one.
    """
    # Else two who ask at once would each see that nobody has.
    await wait_for_turn(session, "nudges")
    await refuse_nudge(session, person, posts, on, asked_by=asked_by, every=every)
    assert person.email is not None, "or it would be refused"
    key = key_of(Kind.NUDGE, person.id, on)
    # One of today's that was not sent, or did not arrive, is the same message.
    messages = (await wait_again(session, [key])).values() or await put(session, [Draft(key, person.email, SUBJECT)])
    (message_id,) = messages
    session.add(Nudge(practitioner_id=person.id, on=on, message_id=message_id, nudged_by=by))
    return Nudged(on, on + timedelta(days=every))


async def refuse_nudge(
    session: AsyncSession, person: Practitioner, posts: Collection[int], on: date, *, asked_by: int, every: int
) -> None:
    """Raises :class:`Refused` where this person cannot be nudged on a day, and says why."""
    last = await last_nudge(session, person.id, every)
    if last and on < last.again_on:
        raise Refused(
            f"{person.name} was nudged on {in_words(last.on)}",
            f"They can be nudged again from {in_words(last.again_on)} on. Until then, speak to them.",
        )
    here = select(Post.id).where(Post.id.in_(posts), in_post(on), ~on_leave(Post.id, on)).limit(1)
    if await session.scalar(here) is None:
        away = [one.ends_on for one in (await leaves(session, posts, since=on)).lines if one.starts_on <= on]
        back = f"from {in_words(max(day for day in away if day) + ONE_DAY)} on" if away and all(away) else "once back"
        raise Refused(f"{person.name} is on long leave", f"They can be nudged {back}.")
    if until := await snoozed_until(session, asked_by, person.id, on):
        raise Refused(
            f"You leave {person.name} out of your e-mails until {in_words(until)}, since it is in hand",
            f"They can be nudged from {in_words(until + ONE_DAY)} on, or once you end that.",
        )
    (due,) = await what_is_due(session, [person.id], on, today=on)
    if not person.email or due.unreachable:
        raise Refused(f"No e-mail reaches {person.name}", "Speak to them, and have their address put right.")
    if not any(one.open and one.post_id in posts for one in due.due):
        raise Refused(f"{person.name} has nothing to do of which an e-mail would tell", "There is no need to.")


async def write_nudges(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """What they say on the day on which they are sent: all that is open then."""
    asked = await asked_by_version(session)
    heads = await letterheads(session, list(messages), on, base_url)
    declared = await self_declared_by(session, list(messages), on)
    here = set(
        await session.scalars(
            select(Practitioner.id).where(Practitioner.id.in_(messages), at_work(Practitioner.id, on))
        )
    )
    who = select(Nudge.message_id, func.coalesce(Practitioner.name, Nudge.nudged_by)).outerjoin(
        Practitioner, Practitioner.email == Nudge.nudged_by
    )
    numbers = [message.id for several in messages.values() for message in several]
    by = dict((await session.execute(who.where(Nudge.message_id.in_(numbers)))).all())
    written: Written = {}
    for person in await what_is_due(session, list(messages), on, today=on):
        lines = things_to_do(person.due, asked, declared)
        for message in messages[person.practitioner_id]:
            written[message.id] = (
                nudge_letter(
                    heads.of(person.practitioner_id), message.key, person.email, person.name, by[message.id], lines
                )
                if lines and person.email and person.practitioner_id in here and message.id in by
                else Withdrawn(NOTHING_LEFT)
            )
    return written


def nudge_letter(
    letterhead: Letterhead, key: str, to: str, name: str, nudged_by: str, lines: list[DigestLine]
) -> Draft:
    # All of it is why we write, whatever was said of it before.
    parts = in_parts(lines) | {"new": lines}
    return letterhead.write(Kind.NUDGE, key, to, SUBJECT, name=name, nudged_by=nudged_by, **parts)
