"""Addresses that do not work: refused for good again and again, so that nothing more is sent to them."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from training_tracker.calendar import now
from training_tracker.database import insert_unless_known
from training_tracker.mail.composing import address
from training_tracker.mail.models import Message, Refusal, UndeliverableAddress

# So many messages that are refused for good within so long: once may be the mail server's slip.
REPEATS = 2
WITHIN = timedelta(days=90)


def undeliverable() -> Select[str]:
    """The addresses to which nothing is sent, in small letters."""
    return select(UndeliverableAddress.address)


def reachable(email: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
    """Whether there is an address, and none that is known not to work."""
    return and_(email.is_not(None), email.not_in(undeliverable()))


async def undeliverable_among(session: AsyncSession, written: Iterable[str]) -> set[str]:
    """Which of these addresses, as they are written, do not work. Few enough for one statement."""
    bare = {one: bare_address(one) for one in written}
    found = undeliverable().where(UndeliverableAddress.address.in_(set(bare.values())))
    known = set(await session.scalars(found))
    return {one for one, address in bare.items() if address in known}


async def note_refusal(session: AsyncSession, message: Message) -> None:
    """The address of this message was refused for good with it."""
    refused, moment = bare_address(message.to), now()
    insert = insert_unless_known(session, Refusal).values(message_id=message.id, address=refused, refused_at=moment)
    # A message that was tried again counts once.
    await session.execute(insert.on_conflict_do_nothing())
    lately = select(func.count()).where(Refusal.address == refused, Refusal.refused_at > moment - WITHIN)
    if (await session.scalar(lately) or 0) >= REPEATS:
        mark = insert_unless_known(session, UndeliverableAddress).values(address=refused, since=moment)
        await session.execute(mark.on_conflict_do_nothing())


async def unblock(session: AsyncSession, written: Iterable[str]) -> set[str]:
    """Send to these addresses again, and forget that they were refused; returns those that nothing was sent to."""
    bare = {bare_address(one) for one in written}
    await session.execute(delete(Refusal).where(Refusal.address.in_(bare)))
    gone = delete(UndeliverableAddress).where(UndeliverableAddress.address.in_(bare))
    return set(await session.scalars(gone.returning(UndeliverableAddress.address)))


async def listed_undeliverable(session: AsyncSession) -> list[UndeliverableAddress]:
    return list(await session.scalars(select(UndeliverableAddress).order_by(UndeliverableAddress.address)))


def bare_address(written: str) -> str:
    """As two writings of one address are the same: without a name, in small letters."""
    try:
        return address(written).addr_spec.lower()
    except ValueError:
        return written.strip().lower()
