"""One refresh: a completion recorded with the standings that follow from it, beside the same in bare SQL."""

from datetime import date, timedelta

from bench.by_hand import COLUMNS, standings
from bench.measuring import Result, Stopwatch, in_turns
from bench.world import BY, TODAY, World, opened
from training_tracker.records.recording import NewCompletion, Outcome, record_completion

ITEM = "CSA-INTRO"


async def measure(world: World) -> Result:
    """Each turn records one completion for each of so many people, each in a transaction of its own."""
    databases = world.databases
    async with opened(databases.url("settled")) as database:
        with databases.plain("settled") as connection:
            some = f"SELECT DISTINCT practitioner_id FROM post ORDER BY practitioner_id LIMIT {world.size.refreshes}"
            people = [row[0] for row in connection.execute(some)]
            ((item,),) = connection.execute(f"SELECT id FROM item WHERE code = '{ITEM}'")
            by_hand = _Plainly(databases.kind, connection.placeholder)
            # Days on which nobody has completed anything yet; another one for each turn.
            days = (TODAY - timedelta(days=20_000 - number) for number in range(10_000))

            async def ours(watch: Stopwatch) -> None:
                day = next(days)
                async with watch.running():
                    for person in people:
                        new = NewCompletion(person, item, day)
                        async with database.writing() as session:
                            outcome = await record_completion(session, new, by=BY, today=TODAY)
                        assert outcome is Outcome.RECORDED

            async def plain(watch: Stopwatch) -> None:
                day = next(days)
                async with watch.running():
                    for person in people:
                        connection.execute("BEGIN")
                        connection.execute(by_hand.insert, (person, item, by_hand.written(day)))
                        connection.execute(by_hand.delete, (person,))
                        connection.execute(by_hand.refresh, (person,))
                        connection.execute("COMMIT")

            await ours(Stopwatch())  # the first is slower: statements are prepared and pages read
            seconds = await in_turns(ours, plain, world.size.repeats)
    return Result(databases.kind, "refresh one person", "ms", len(people), *seconds)


class _Plainly:
    def __init__(self, kind: str, mark: str) -> None:
        self.kind = kind
        moment = "'2026-11-24 09:00:00'"
        self.insert = (
            "INSERT INTO completion (practitioner_id, item_id, completed_on, hours, evidence, source, strength,"
            f" recorded_at, recorded_by) VALUES ({mark}, {mark}, {mark}, 1, '', '', 4, {moment}, 'bench')"
        )
        self.delete = f"DELETE FROM standing WHERE post_id IN (SELECT id FROM post WHERE practitioner_id = {mark})"
        self.refresh = f"INSERT INTO standing ({COLUMNS}) {standings(kind, mark)}"

    def written(self, day: date) -> date | str:
        return day.isoformat() if self.kind == "sqlite" else day
