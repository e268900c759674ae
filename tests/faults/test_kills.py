"""Two workers deliver and are killed at random moments: nothing is lost, and second copies come out of one window only.

``make faults`` does it at length: 5,000 messages, hundreds of kills.
"""

import asyncio
import os
import random
from collections import defaultdict
from statistics import median
from time import monotonic

from tests.faults.workers import Workers, workers
from tests.mail.letters import plan_many, states
from tests.mail.servers import MailServer
from training_tracker.database import Database

MESSAGES = int(os.environ.get("TRACKER_TEST_MESSAGES", "150"))
KILLS = int(os.environ.get("TRACKER_TEST_KILLS", "6"))
CONNECTIONS = 4
# A mail server elsewhere takes its time; with one that answers at once, the window would be all there is.
SECONDS_TO_BEGIN, SECONDS_TO_ANSWER = 0.04, 0.01
# By so much a busy machine may put off the mark, and so much later the server may take what was sent before the kill.
MARKED_WITHIN = 2


async def test_workers_killed_at_random_lose_nothing_and_double_only_what_was_sent_and_not_yet_marked(
    empty: Database, empty_url: str, kind: str, server: MailServer
) -> None:
    server.behaviour.seconds_to_begin, server.behaviour.seconds_to_answer = SECONDS_TO_BEGIN, SECONDS_TO_ANSWER
    await plan_many(empty, MESSAGES)
    with workers(empty_url, server.port, connections=CONNECTIONS) as started:
        kills = await _kill_at_random(empty, server, started)
    assert await states(empty) == {"sent": MESSAGES}
    taken = defaultdict(list)
    for letter in server.letters:
        taken[letter.message_id].append(letter.taken_at)
    assert len(taken) == MESSAGES, "nothing is lost"
    doubled = [moment for moments in taken.values() for moment in moments[:-1]]
    from_kill = sorted(min((moment - kill for kill in kills), key=abs) for moment in doubled)
    before = [-seconds for seconds in from_kill if seconds < 0]
    in_flight = CONNECTIONS * len(kills)
    print(
        f"\n{kind}: {MESSAGES} messages, {len(kills)} kills of a process with {CONNECTIONS} connections,"
        f" {len(doubled)} second copies: {len(doubled) / in_flight:.3f} for each message in flight at a kill."
        f" {len(before)} were taken before it, by {1000 * median(before or [0]):.0f} ms in the middle and"
        f" {1000 * max(before, default=0):.0f} at most, {len(doubled) - len(before)} from a process that was dead."
    )
    assert len(kills) >= KILLS / 2
    assert len(doubled) <= in_flight, "at most the one message on each connection of a killed process"
    assert all(abs(seconds) < MARKED_WITHIN for seconds in from_kill), "and nothing that was not in hand just then"


async def _kill_at_random(database: Database, server: MailServer, started: Workers) -> list[float]:
    """Kill one of two again and again, and start another; returns when."""
    chance = random.Random(2026)
    kills: list[float] = []
    alive = [started.start(), started.start()]
    while "waiting" in await states(database):
        if len(kills) >= KILLS:
            await asyncio.sleep(0.1)
            continue
        target = len(server.letters) + chance.randint(0, 2 * MESSAGES // KILLS)
        await _until_taken(database, server, target)
        await asyncio.sleep(chance.uniform(0, SECONDS_TO_BEGIN))
        started.kill(alive.pop(chance.randrange(2)))
        kills.append(monotonic())
        alive.append(started.start())
    return kills


async def _until_taken(database: Database, server: MailServer, target: int) -> None:
    """Wait for so many letters, or for all: the claims of the killed hold back what is left for a while."""
    async with asyncio.timeout(60):
        while len(server.letters) < target and "waiting" in await states(database):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
