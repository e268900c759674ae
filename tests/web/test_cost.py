"""What a page costs: how many statements, however many people there are."""

from datetime import date

import pytest
from sqlalchemy import event

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from tests.web.test_frame import ALL
from training_tracker.database import Database


async def statements(visitor: Visitor, path: str) -> list[str]:
    """What a page asks the database, the confining of its reader included."""
    asked: list[str] = []
    engine = visitor.client.app.state.database.engine.sync_engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert (await visitor.opens(path)).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked


async def test_a_page_costs_few_statements_however_many_people_there_are(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async def asked(path: str) -> int:
        return sum("wall_confine" not in statement for statement in await statements(visitor, path))

    before = {}
    for name, path in ALL:
        await visitor.becomes(getattr(world, name))
        before[path] = await asked(path)
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        for number in range(20):
            await facts.post(f"Worker {number}", team=team, started_on=date(2020, 1, 1))
    for name, path in ALL:
        await visitor.becomes(getattr(world, name))
        assert await asked(path) == before[path] <= 13, path


@pytest.mark.parametrize(
    ("name", "path", "most"), [("ann", "/me", 6), ("mia", "/me", 7), ("mia", "/team", 8), ("lee", "/team", 8)]
)
async def test_the_two_pages_that_everybody_begins_with_cost_the_least(
    visitor: Visitor, world: World, kind: str, name: str, path: str, most: int
) -> None:
    await visitor.becomes(getattr(world, name))
    confining = 1 if kind == "postgresql" else 0
    assert len(await statements(visitor, path)) == most + confining
