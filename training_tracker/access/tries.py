"""How often somebody tried lately, counted under seals: what limits guessing, and filling mailboxes."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.models import SignInTry
from training_tracker.calendar import now
from training_tracker.database import wait_for_turn
from training_tracker.sealing import seal
from training_tracker.settings import Settings

COUNTED_FOR = timedelta(days=1)
# The first bits of an IPv6 address, which an office or a household shares.
SUBSCRIBER = 64


async def too_many(session: AsyncSession, settings: Settings, limits: Mapping[str, int]) -> bool:
    """Say whether one of these was counted so often lately; nobody else counts them until this transaction ends."""
    sealed = {seal(settings, "try", who): limit for who, limit in limits.items()}
    for who in sorted(sealed):
        await wait_for_turn(session, f"sign-in {who}")
    await session.execute(delete(SignInTry).where(SignInTry.at < now() - COUNTED_FOR))
    counts = await session.execute(
        select(SignInTry.who, func.count()).where(SignInTry.who.in_(sealed)).group_by(SignInTry.who)
    )
    return any(number >= sealed[who] for who, number in counts)


async def count(session: AsyncSession, settings: Settings, those: Iterable[str]) -> None:
    moment = now()
    await session.execute(insert(SignInTry), [{"who": seal(settings, "try", who), "at": moment} for who in those])


def as_one(network: str) -> str:
    """An address as it is counted: with IPv6 one subscriber has as many as they like, and all begin alike."""
    try:
        address = ip_address(network)
    except ValueError:
        return network
    if isinstance(address, IPv4Address):
        return network
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, SUBSCRIBER), strict=False))
