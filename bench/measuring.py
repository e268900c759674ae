"""What is measured: the same work twice, ours and plainly, in turns, and the median of each."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Literal

Unit = Literal["rows/s", "standings/s", "ms", "requests/s", "messages/s"]


@dataclass(frozen=True, slots=True)
class Size:
    """How much work: a region of so many people, so many of everything else, each measured so many times."""

    people: int
    refreshes: int
    requests: int
    messages: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds for the same ``amount`` of work, each the median over the repeats, and all of them."""

    database: str
    measure: str
    unit: Unit
    amount: int
    ours: list[float]
    plain: list[float]

    @property
    def ratio(self) -> float:
        """How many times the plain reference's time ours takes: 1 is as fast."""
        return median(self.ours) / median(self.plain)

    def figure(self, seconds: list[float]) -> float:
        """In the measure's unit: so many a second, or milliseconds for one."""
        return median(seconds) / self.amount * 1000 if self.unit == "ms" else self.amount / median(seconds)


@dataclass
class Stopwatch:
    seconds: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Time what happens inside; what earlier work left behind is swept up first."""
        gc.collect()
        began = perf_counter()
        yield
        self.seconds.append(perf_counter() - began)


Work = Callable[[Stopwatch], Awaitable[None]]


async def in_turns(ours: Work, plain: Work, repeats: int) -> tuple[list[float], list[float]]:
    """Both in turns, so that whatever else the machine does falls on both. Each runs its watch once a turn."""
    watches = (Stopwatch(), Stopwatch())
    for _ in range(repeats):
        await ours(watches[0])
        await plain(watches[1])
    return watches[0].seconds, watches[1].seconds
