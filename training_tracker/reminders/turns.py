"""One plan at a time: what the second of two runs would find out by a refused key, it finds out by waiting."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def wait_for_turn(session: AsyncSession, plan: str) -> None:
    """Wait until no other transaction makes this plan; then what it has planned can be seen.

    On SQLite the writer's lock does this already. The key in the outbox stands behind both.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"training tracker: {plan}"))))
