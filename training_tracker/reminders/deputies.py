"""Naming a deputy for an absence and ending it, with the e-mail that tells of it whoever did not do it."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn, Written, put
from training_tracker.mail.undeliverable import reachable
from training_tracker.people.delegating import DelegationLine, delegate, delegation, delegations_of, end_delegation
from training_tracker.people.models import Practitioner
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.letterhead import Letterhead, letterheads

NAMED, ENDED = "named", "ended"
NAMED_SUBJECT = "You stand in for a colleague"
ENDED_SUBJECT = "A deputy’s time has ended early"
ENDED_BEFORE = "it was ended before they were told of it"
OVER = "it is over, or no e-mail reaches them"


async def name_deputy(
    session: AsyncSession, manager_id: int, deputy_id: int, starts_on: date, ends_on: date, *, today: date
) -> bool:
    """Let a colleague stand in, as :func:`delegate` does, and tell them; whether an e-mail will reach them."""
    number = await delegate(session, manager_id, deputy_id, starts_on, ends_on, today=today)
    return await _tell(session, deputy_id, number, NAMED, NAMED_SUBJECT)


async def end_deputy(session: AsyncSession, number: int, by_id: int, today: date) -> DelegationLine:
    """End it at once, as :func:`end_delegation` does, and tell the other of the two."""
    ended = await end_delegation(session, number, by_id, today)
    other = ended.deputy_id if by_id == ended.manager_id else ended.manager_id
    await _tell(session, other, number, ENDED, ENDED_SUBJECT)
    return ended


async def _tell(session: AsyncSession, practitioner_id: int, number: int, what: str, subject: str) -> bool:
    """What the e-mail says is written when it is sent."""
    whom = select(Practitioner.email).where(Practitioner.id == practitioner_id, reachable(Practitioner.email))
    email = await session.scalar(whom)
    if email:
        await put(session, [Draft(_key(practitioner_id, number, what), email, subject)])
    return bool(email)


def _key(practitioner_id: int, number: int, what: str) -> str:
    return key_of(Kind.DEPUTY, practitioner_id, f"{number}-{what}")


async def write_deputies(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """Whoever was never told that it begins is not told that it has ended."""
    people = select(Practitioner.id, Practitioner.name, Practitioner.email).where(
        Practitioner.id.in_(messages), reachable(Practitioner.email)
    )
    recipients = {row.id: row for row in await session.execute(people)}
    heads = await letterheads(session, list(messages), on, base_url)
    several = {message: _about(message) for each in messages.values() for message in each}
    lines = await delegation(session, {number for number, _what in several.values()})
    told = set(
        await session.scalars(
            select(Message.key).where(
                Message.key.in_(_key(line.deputy_id, number, NAMED) for number, line in lines.items()),
                Message.state == MessageState.SENT,
            )
        )
    )
    written: Written = {}
    for practitioner_id, theirs in messages.items():
        for message in theirs:
            number, what = several[message]
            line, recipient = lines.get(number), recipients.get(practitioner_id)
            if line is None or recipient is None or line.ends_on < on:
                written[message.id] = Withdrawn(OVER)
            elif line.ended and (what == NAMED or _key(line.deputy_id, number, NAMED) not in told):
                written[message.id] = Withdrawn(ENDED_BEFORE)
            else:
                head = heads.of(practitioner_id)
                written[message.id] = deputy_letter(head, message.key, recipient.email, recipient.name, line, on)
    return written


async def newest_named(session: AsyncSession, practitioner_id: int, on: date) -> DelegationLine | None:
    """The absence to come, or of now, for which somebody was named last."""
    theirs = [one for one in await delegations_of(session, practitioner_id, on) if one.deputy_id == practitioner_id]
    return max(theirs, key=lambda one: one.id, default=None)


def deputy_letter(letterhead: Letterhead, key: str, to: str, name: str, line: DelegationLine, on: date) -> Draft:
    subject = ENDED_SUBJECT if line.ended else NAMED_SUBJECT
    to_deputy = key.startswith(f"{Kind.DEPUTY}:{line.deputy_id}:")
    return letterhead.write(
        Kind.DEPUTY, key, to, subject, name=name, line=line, to_deputy=to_deputy, begun=line.begun(on)
    )


def _about(message: Message) -> tuple[int, str]:
    number, what = message.key.split(":")[2].split("-")
    return int(number), what
