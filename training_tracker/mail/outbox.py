"""The outbox: messages planned, each under a key that says what it is."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import insert_numbered, is_one_of
from training_tracker.calendar import now
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.models import Message, MessageState


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to plan. ``key`` names the occasion by ids and dates, never by a person's name.

    One that says nothing yet is written when it is sent.
    """

    key: str
    to: str
    subject: str
    text: str = ""
    html: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A message that is not to be sent, and why."""

    because: str


Written = dict[int, Draft | Withdrawn]
# What claimed messages are to say, by their ids, asked for in the transaction that claims them; one that is not named
# says what it said. Whoever plans messages hands it in: here nobody knows why they are sent.
Write = Callable[[AsyncSession, Sequence[Message]], Awaitable[Written]]

# What follows, in the transaction that withdraws them, from messages that are not sent, by their ids and why.
Unsent = Callable[[AsyncSession, Mapping[int, str]], Awaitable[None]]
# What follows, in the transaction that gives them up, from messages that never arrived.
NotArrived = Callable[[AsyncSession, Sequence[int]], Awaitable[None]]


async def as_planned(_session: AsyncSession, _messages: Sequence[Message]) -> Written:
    return {}


async def nothing_follows(_session: AsyncSession, _messages: Sequence[int] | Mapping[int, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Author:
    """Whoever plans messages, as delivery knows them."""

    write: Write = as_planned
    unsent: Unsent = nothing_follows
    not_arrived: NotArrived = nothing_follows


ANYBODY = Author()


async def put(session: AsyncSession, drafts: Sequence[Draft], *, withdrawn_because: str | None = None) -> list[int]:
    """Put messages in the outbox; returns their ids in order. A key used already makes the database refuse.

    With a reason they are withdrawn from the beginning, until they wait again.
    """
    if not drafts:
        return []
    moment = now()
    rows = [
        {
            "key": draft.key,
            "to": draft.to,
            "subject": draft.subject,
            "text": draft.text,
            "html": draft.html,
            "reply_to": draft.reply_to or None,
            "state": MessageState.WITHDRAWN if withdrawn_because else MessageState.WAITING,
            "attempts": 0,
            "planned_at": moment,
            "not_before": moment,
            "withdrawn_because": withdrawn_because,
        }
        for draft in drafts
    ]
    return await insert_numbered(session, Message, rows)


async def wait_again(session: AsyncSession, keys: Sequence[str]) -> dict[str, int]:
    """Put those of these messages that were withdrawn, or failed, back among the waiting, unwritten; returns their ids
    by key."""
    if not keys:
        return {}
    moment = now()
    rows = await session.execute(
        update(Message)
        .where(is_one_of(Message.key, keys), Message.state.in_((MessageState.WITHDRAWN, MessageState.FAILED)))
        .values(
            state=MessageState.WAITING,
            withdrawn_because=None,
            text="",
            html="",
            attempts=0,
            planned_at=moment,
            not_before=moment,
        )
        .returning(Message.key, Message.id)
        .execution_options(synchronize_session=False)
    )
    return {row.key: row.id for row in rows}


async def keys_in_use(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Which of these keys have a message already."""
    return set(await session.scalars(select(Message.key).where(is_one_of(Message.key, keys))))


async def planned_for(session: AsyncSession, people: Collection[int]) -> list[int]:
    """The ids of the messages that were planned for these people, whatever their address was then."""
    # The key says of what kind it is, for whom, and of when.
    theirs = or_(*(Message.key.like(f"%:{person}:%") for person in people))
    rows = await session.execute(select(Message.id, Message.key).where(theirs))
    wanted = {str(person) for person in people}
    return [message_id for message_id, key in rows if key.split(":")[1] in wanted]


async def listed(
    session: AsyncSession, *, state: MessageState | None = None, after: int = 0, limit: int = 100
) -> list[Message]:
    """One page of the outbox, oldest first, beginning behind the message with the id ``after``."""
    statement = select(Message).where(Message.id > after).order_by(Message.id).limit(limit)
    if state is not None:
        statement = statement.where(Message.state == state)
    return list(await session.scalars(statement))


async def numbers(session: AsyncSession) -> dict[MessageState, int]:
    """How many messages there are in each state."""
    rows = await session.execute(select(Message.state, func.count()).group_by(Message.state))
    found = {MessageState(state): number for state, number in rows}
    return {state: found.get(state, 0) for state in MessageState}


async def retry(session: AsyncSession, message_id: int) -> None:
    """Put a message that was given up back among the waiting, with as much patience as a new one."""
    # In one statement, and without touching a claim: whatever a delivery does meanwhile, no sent message comes
    # back, and none that is being sent is handed to a second process.
    put_back = await session.scalar(
        update(Message)
        .where(Message.id == message_id, Message.state.in_((MessageState.WAITING, MessageState.FAILED)))
        .values(state=MessageState.WAITING, attempts=0, not_before=now())
        .returning(Message.id)
    )
    if put_back is not None:
        return
    message = await session.get(Message, message_id)
    if message is None:
        raise NotFound(f"message {message_id}")
    raise Refused(f"Message {message_id} was {message.state.value}", "There is nothing to try again.", "id")
