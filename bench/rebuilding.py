"""Rebuild: every standing anew from the facts, beside the same query written by hand and run by the bare driver."""

from bench.by_hand import COLUMNS, standings
from bench.measuring import Result, Stopwatch, in_turns
from bench.world import World, opened
from training_tracker.standing.refreshing import rebuild

ALL = f"SELECT {COLUMNS} FROM standing ORDER BY post_id, version_id, in_force_from"  # our own text


async def measure(world: World) -> Result:
    kind = world.databases.kind
    by_hand = f"INSERT INTO standing ({COLUMNS}) {standings(kind)}"
    async with opened(world.databases.url("settled")) as database:
        with world.databases.plain("settled") as connection:

            async def ours(watch: Stopwatch) -> None:
                async with watch.running(), database.writing() as session:
                    await rebuild(session)

            async def plain(watch: Stopwatch) -> None:
                before = connection.execute(ALL)
                async with watch.running():
                    connection.execute("BEGIN")
                    connection.execute("DELETE FROM standing")
                    connection.execute(by_hand)
                    connection.execute("COMMIT")
                assert connection.execute(ALL) == before, "the query by hand came to other standings"

            seconds = await in_turns(ours, plain, world.size.repeats)
            amount = len(connection.execute(ALL))
    return Result(kind, "rebuild", "standings/s", amount, *seconds)
