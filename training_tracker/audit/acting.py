"""Who is at work: said once by whatever lets them in, and read where their act is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Acting:
    """``how`` is a command, a job or the path of a page, ``origin`` the network address, where there is one.

    Whoever is at work may be known only later than where they come from, so it can be filled in.
    """

    by: str = "unknown"
    how: str = ""
    origin: str = ""
    practitioner_id: int | None = None


_ACTING: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: Acting) -> Iterator[Acting]:
    token = _ACTING.set(who)
    try:
        yield who
    finally:
        _ACTING.reset(token)


def at_work() -> Acting:
    return _ACTING.get() or Acting()
