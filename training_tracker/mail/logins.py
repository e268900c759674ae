"""A login that a server has rejected is tried again after growing waits, by all processes together: servers lock an
account that is tried too often."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update

from training_tracker.calendar import now
from training_tracker.database import Database, insert_unless_known
from training_tracker.mail.models import RejectedLogin

# Four tries in the first half hour, since one try may count as several: one for each way to send a password. Servers
# commonly lock an account after ten.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))


class StillRejected(Exception):
    """The server is not asked now, because it has rejected the login before: what it said then."""

    def __init__(self, said: str, again_at: datetime) -> None:
        super().__init__(said)
        self.again_at = again_at


@asynccontextmanager
async def in_turn(database: Database, login: str, rejection: type[Exception]) -> AsyncIterator[None]:
    """The body logs in, and raises ``rejection`` if it may not; raises :class:`StillRejected` before the wait is over.

    ``login`` says where, as whom and with which password, under a seal: what is changed is tried at once.
    """
    rejected_before = await _take_turn(database, login)
    try:
        yield
    except rejection as error:
        await _note(database, login, str(error))
        raise
    if rejected_before:
        await _forget(database, login)


async def try_at_once(database: Database, login: str) -> None:
    """Somebody has seen to it, or may have: the next try need not wait. If it fails, the waits go on growing."""
    async with database.writing() as session:
        await session.execute(update(RejectedLogin).where(RejectedLogin.login == login).values(again_at=now()))


async def _take_turn(database: Database, login: str) -> bool:
    """Whether it was rejected before. If so, the wait begins anew, so that no other process tries beside us."""
    async with database.reading() as session:
        rejected = await session.get(RejectedLogin, login)
    if rejected is None:
        return False
    moment = now()
    over = or_(
        RejectedLogin.again_at <= moment,
        RejectedLogin.again_at > moment + WAITS[-1],  # the clock was set back
    )
    async with database.writing() as session:
        taken = await session.scalar(
            update(RejectedLogin)
            .where(RejectedLogin.login == login, over)
            .values(again_at=moment + _wait(rejected.times))
            .returning(RejectedLogin.times)
        )
    if taken is None:
        raise StillRejected(rejected.said, rejected.again_at)
    return True


async def _note(database: Database, login: str, said: str) -> None:
    moment = now()
    async with database.writing() as session:
        times = await session.scalar(
            insert_unless_known(session, RejectedLogin)
            .values(login=login, times=1, said=said, again_at=moment)
            .on_conflict_do_update(index_elements=["login"], set_={"times": RejectedLogin.times + 1, "said": said})
            .returning(RejectedLogin.times)
        )
        await session.execute(
            update(RejectedLogin).where(RejectedLogin.login == login).values(again_at=moment + _wait(times or 1))
        )


async def _forget(database: Database, login: str) -> None:
    async with database.writing() as session:
        await session.execute(delete(RejectedLogin).where(RejectedLogin.login == login))


def _wait(times: int) -> timedelta:
    return WAITS[min(times, len(WAITS)) - 1]
