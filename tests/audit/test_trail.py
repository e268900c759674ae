"""The audit trail, on both databases: nothing changes without a line of it, and no line changes without showing."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.facts import Facts
from training_tracker.audit.acting import Acting, acting
from training_tracker.audit.models import Action, AuditAct, AuditEntry
from training_tracker.audit.reading import history
from training_tracker.audit.verifying import Verified, verify
from training_tracker.audit.watching import NOT_WATCHED, TRAIL, stop_watching, watched
from training_tracker.database import Base, Database
from training_tracker.people.agencies import name_managers
from training_tracker.people.models import Practitioner, TeamManager

MIA = Acting(by="mia@agency.example", how="POST /team/people/1/leave", origin="203.0.113.7")


async def checked(database: Database) -> Verified:
    async with database.reading() as session:
        return await verify(session)


async def change_name(database: Database, name: str) -> None:
    async with database.writing() as session:
        await session.execute(update(Practitioner).values(name=name))


async def change_to_nothing(database: Database) -> None:
    """Changes a name, and then does what the database refuses."""
    async with database.writing() as session:
        await session.execute(update(Practitioner).values(name="Kim"))
        await session.execute(update(Practitioner).values(name=None))


async def settle(database: Database) -> None:
    async with database.writing() as session:
        await Facts(session).post("Ann Reed", started_on=date(2024, 1, 8))
    with acting(MIA):
        await change_name(database, "Ann Reed-Okafor")
    await change_name(database, "Ann Okafor")


async def without_triggers(database: Database, statement: Any) -> None:
    """What somebody does who may do everything with the database."""
    async with database.engine.begin() as connection:
        await connection.run_sync(stop_watching)
        await connection.execute(statement)


def test_every_table_is_watched_or_it_is_said_why_not() -> None:
    assert {table.name for table in watched()} | NOT_WATCHED.keys() == Base.metadata.tables.keys()
    assert not {table.name for table in watched()} & NOT_WATCHED.keys()


async def test_a_change_says_who_made_it_and_what_was_before(empty: Database) -> None:
    await settle(empty)
    async with empty.reading() as session:
        act = (await session.scalars(select(AuditAct).order_by(AuditAct.number).offset(1))).first()
        assert act is not None
        assert (act.number, act.by, act.how, act.origin) == (2, MIA.by, MIA.how, MIA.origin)
        (entry,) = await session.scalars(select(AuditEntry).where(AuditEntry.act_id == act.act_id))
        assert (entry.record, entry.action, entry.practitioner_id) == ("practitioner", Action.CHANGED, 1)
        assert json.loads(entry.before or "")["name"] == "Ann Reed"
        assert json.loads(entry.after or "")["name"] == "Ann Reed-Okafor"
        lines = (await history(session, AuditEntry.practitioner_id == 1)).lines
        assert [(line.by, line.changes[0].before, line.changes[0].after) for line in lines[:2]] == [
            ("unknown", "Ann Reed-Okafor", "Ann Okafor"),
            (MIA.by, "Ann Reed", "Ann Reed-Okafor"),
        ]


async def test_what_is_done_to_a_post_is_about_its_holder_and_its_agency_s(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await facts.post("Ann Reed", started_on=date(2024, 1, 8))
        await facts.on_leave(post, date(2026, 1, 1), date(2026, 3, 31))
    async with empty.reading() as session:
        (entry,) = await session.scalars(select(AuditEntry).where(AuditEntry.record == "absence"))
    assert (entry.practitioner_id, entry.agency_id) == (1, 1)


async def test_what_is_rolled_back_and_what_changes_nothing_leave_no_line(empty: Database) -> None:
    await settle(empty)
    before = await checked(empty)
    with pytest.raises(DBAPIError):
        await change_to_nothing(empty)
    await change_name(empty, "Ann Okafor")
    async with empty.rehearsing() as session:
        await session.execute(update(Practitioner).values(name="Kim"))
    assert await checked(empty) == before


async def test_a_whole_trail_is_found_whole(empty: Database) -> None:
    await settle(empty)
    found = await checked(empty)
    assert found.right
    assert found.acts == 3
    assert found.entries > 5
    assert found.head.startswith("3:")


@pytest.mark.parametrize("what", ["audit_act", "audit_entry"])
@pytest.mark.parametrize("how", ["DELETE FROM {}", "UPDATE {} SET practitioner_id = NULL"])
async def test_the_database_refuses_to_change_the_trail(empty: Database, what: str, how: str) -> None:
    await settle(empty)
    with pytest.raises(DBAPIError, match="only added to"):
        async with empty.writing() as session:
            await session.execute(text(how.format(what)))
    assert (await checked(empty)).right


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_line_is_put_in_place_of_another(empty: Database) -> None:
    await settle(empty)
    for table, key in (("audit_entry", "id"), ("audit_act", "number")):
        with pytest.raises(DBAPIError, match="only added to"):
            async with empty.writing() as session:
                await session.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {key} = 2"))
    assert (await checked(empty)).right


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_table_is_not_emptied_without_a_line_and_another_key_is_another_row(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, bob = await facts.practitioner("Ann Reed"), await facts.practitioner("Bob Hall")
        team = await facts.team()
        await name_managers(session, [(team.id, ann.id)])
    with pytest.raises(DBAPIError, match="only added to"):
        async with empty.writing() as session:
            await session.execute(text("TRUNCATE team_manager"))
    async with empty.writing() as session:
        await session.execute(update(TeamManager).values(practitioner_id=bob.id))
    async with empty.reading() as session:
        entries = select(AuditEntry.action, AuditEntry.practitioner_id).where(AuditEntry.record == "team_manager")
        assert [tuple(row) for row in await session.execute(entries.order_by(AuditEntry.id))] == [
            (Action.ADDED, ann.id),
            (Action.REMOVED, ann.id),
            (Action.ADDED, bob.id),
        ]
    assert (await checked(empty)).right


async def test_the_triggers_that_keep_the_trail_are_missed_too(empty: Database, kind: str) -> None:
    on = "" if kind == "sqlite" else " ON audit_entry"
    name = "audit_kept_audit_entry_update" if kind == "sqlite" else "audit_kept_audit_entry"
    async with empty.engine.begin() as connection:
        await connection.execute(text(f"DROP TRIGGER {name}{on}"))
    assert (await checked(empty)).unwatched == ["audit_entry"]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        (update(AuditAct).where(AuditAct.number == 2).values(by="somebody else"), "act 2"),
        (update(AuditEntry).where(AuditEntry.action == "changed").values(after="{}"), "act 2"),
        (delete(AuditEntry).where(AuditEntry.action == "changed"), "act 2"),
        (delete(AuditAct).where(AuditAct.number == 2), "act 2 is missing"),
        (insert(AuditEntry).from_select(
            ["act_id", "record", "record_id", "action"],
            select(AuditAct.act_id, text("'item'"), text("'1'"), text("'added'")).where(AuditAct.number == 3),
        ), "act 3"),
    ],
)  # fmt: skip
async def test_whoever_changes_the_trail_all_the_same_is_found_out(
    empty: Database, statement: Any, broken: str
) -> None:
    await settle(empty)
    await without_triggers(empty, statement)
    found = await checked(empty)
    assert not found.right
    assert (found.broken or "").startswith(broken)


async def test_a_fact_changed_past_the_trail_is_found_out(empty: Database) -> None:
    await settle(empty)
    await without_triggers(empty, update(Practitioner).values(name="Somebody Else"))
    found = await checked(empty)
    assert found.broken is None
    assert found.altered == 1
    assert set(found.unwatched) == {*(table.name for table in watched()), *TRAIL}


async def test_a_fact_taken_away_past_the_trail_is_found_out(empty: Database) -> None:
    async with empty.writing() as session:
        await Facts(session).item("CSA-INTRO")
    await without_triggers(empty, text("DELETE FROM item"))
    assert (await checked(empty)).altered == 1


async def test_a_change_past_the_program_is_refused_or_stands_out(empty: Database, kind: str) -> None:
    """SQLite does not let it happen; PostgreSQL writes it down as nobody's."""
    await settle(empty)
    async with empty.engine.connect() as connection:
        if kind == "sqlite":
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.create_function("tracker_act", 0, lambda: None)
        await connection.execute(text("UPDATE practitioner SET name = 'Somebody Else'"))
        await connection.commit()
    found = await checked(empty)
    assert (found.broken, found.altered, found.past_the_program) == (None, 0, 1)
    async with empty.reading() as session:
        (line,) = (await history(session, AuditEntry.practitioner_id == 1, page_size=1)).lines
    assert (line.by, line.at) == ("somebody, past the program", None)


async def test_of_many_at_once_each_has_its_place_in_the_chain(empty: Database) -> None:
    await settle(empty)
    await asyncio.gather(*(change_name(empty, f"Ann Number {number}") for number in range(20)))
    found = await checked(empty)
    assert found.right
    assert found.acts == 23


async def test_what_was_recorded_is_read_in_words(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO", participatory=True)
        await facts.completed(await facts.post("Ann Reed"), course, date(2025, 3, 14))
    async with empty.reading() as session:
        lines = (await history(session, AuditEntry.record.in_(["completion", "item"]))).lines
    read = {change.field: change.after for line in lines for change in line.changes}
    assert (read["strength"], read["completed on"], read["participatory"], read["comes first"]) == (
        "attendance register",
        "14 March 2025",
        "yes",
        "no",
    )
