"""Whoever is erased is nowhere any more, on both databases, and no figure and no act of the trail is another for it."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.facts import Facts
from training_tracker.access.addresses import change_address
from training_tracker.access.erasing import EMPTIED, ERASURE, GONE, KEPT, erase, erase_person
from training_tracker.access.granting import lead_agency
from training_tracker.access.own_data import LEFT_OUT, kept_of_people
from training_tracker.access.retention import set_retention
from training_tracker.audit.acting import Acting, acting
from training_tracker.audit.chain import LINE, digest_of_line
from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.audit.reading import history
from training_tracker.audit.verifying import Verified, verify
from training_tracker.audit.watching import stop_watching
from training_tracker.calendar import now
from training_tracker.database import ACT, Base, Database
from training_tracker.errors import Refused
from training_tracker.mail.marking import Marks, Outcome
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import nothing_follows
from training_tracker.people.agencies import name_managers
from training_tracker.people.models import EmployeeNumber, Practitioner
from training_tracker.records.disputing import dispute, uphold
from training_tracker.records.models import Completion, Dispute, Wrong
from training_tracker.records.recording import NewCompletion, record_completion, void_completion
from training_tracker.uptake.counting import By, Uptake, uptake

LEFT, TODAY = date(2026, 3, 31), date(2026, 11, 30)
OLD, NEW = "ann-reed@agency.example", "ann.okafor@agency.example"
ANN = Acting(by=OLD, how="POST /team/people/2", origin="203.0.113.9", practitioner_id=1)


def message(key: str, to: str, said: str, state: MessageState = MessageState.SENT) -> Message:
    moment = datetime(2026, 3, 1, 9, tzinfo=UTC)
    return Message(
        key=key,
        to=to,
        subject="Your training",
        text=said,
        html=f"<p>{said}</p>",
        state=state,
        planned_at=moment,
        not_before=moment,
    )


async def a_life(database: Database) -> None:
    """Of Ann Reed, later Ann Okafor, who led an agency's training, answered for Bob Hall, and left."""
    async with database.writing() as session:
        facts = Facts(session)
        course, rule = await facts.item("CSA-INTRO"), await facts.expectation("CSA")
        await facts.version(rule, [course], period_months=36)
        ann = await facts.post("Ann Reed", started_on=date(2024, 1, 8), ended_on=LEFT)
        bob = await facts.post("Bob Hall", started_on=date(2024, 1, 8))
        await facts.exempt(ann, rule, date(2026, 1, 1), date(2026, 2, 1))
        await facts.on_leave(ann, date(2025, 1, 1), date(2025, 3, 31))
        session.add(EmployeeNumber(agency_id=1, number="00123", practitioner_id=ann.practitioner_id))
        await name_managers(session, [(ann.team_id, ann.practitioner_id)])
        await lead_agency(session, ann.practitioner_id, 1)
        mine = NewCompletion(ann.practitioner_id, course.id, date(2025, 5, 5), evidence="Certificate of Ann Reed")
        await record_completion(session, mine, by=OLD, today=date(2025, 5, 6))
        await dispute(session, mine.fact, 1, Wrong.OTHER, "Ann Reed was elsewhere")
        await uphold(session, 1, reason="Ann signed for it", by="bob-hall@agency.example", role="manager")
        await dispute(session, mine.fact, 1, Wrong.DAY, "Ann says so again")
    with acting(ANN):
        async with database.writing() as session:
            his = NewCompletion(bob.practitioner_id, course.id, date(2025, 6, 6))
            await record_completion(session, his, by=OLD, today=date(2025, 6, 6))
    async with database.writing() as session:
        person = await session.get_one(Practitioner, ann.practitioner_id)
        person.name = "Ann Okafor"
        await change_address(session, person, NEW)
        session.add(message("digest:1:2026-03-01", OLD, "Ann, this is due"))
        session.add(message("digest:1:2026-03-31", NEW, "Ann, this waits", MessageState.WAITING))
        session.add(message("summary:2:2026-03", "bob-hall@agency.example", "Ann Okafor is overdue"))
        session.add(message("summary:2:2026-04", "bob-hall@agency.example", "Nobody is overdue"))


async def contents(database: Database) -> str:
    """Everything that is in the database."""
    rows: list[Any] = []
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows += [tuple(row) for row in await session.execute(select(table))]
    return repr(rows)


async def figures(database: Database) -> list[Uptake]:
    async with database.reading() as session:
        return [
            line
            for day in (date(2025, 2, 1), date(2025, 12, 1), LEFT, TODAY)
            for line in await uptake(session, day, by=By.TEAM, today=TODAY)
        ]


async def checked(database: Database) -> Verified:
    async with database.reading() as session:
        return await verify(session)


async def erase_ann(database: Database) -> None:
    async with database.writing() as session:
        await erase_person(session, await session.get_one(Practitioner, 1), on=TODAY, why="asked for")


def test_of_every_table_that_speaks_of_people_it_is_said_what_becomes_of_it() -> None:
    tables = {table.name for table in kept_of_people()} | {"practitioner", *LEFT_OUT}
    assert {*EMPTIED, *KEPT, *GONE} == tables
    assert len([*EMPTIED, *KEPT, *GONE]) == len(tables)


async def test_nothing_tells_who_it_was_and_every_figure_is_as_before(empty: Database) -> None:
    await a_life(empty)
    before, whole = await figures(empty), await contents(empty)
    words = ["Ann", OLD, NEW, "00123", "203.0.113.9", "Certificate"]
    assert [word for word in words if word not in whole] == []
    assert before
    await erase_ann(empty)
    whole = await contents(empty)
    assert [word for word in words if word in whole] == []
    assert "Bob Hall" in whole
    assert "Nobody is overdue" in whole
    assert await figures(empty) == before
    async with empty.reading() as session:
        assert list(await session.scalars(select(Completion.recorded_by))) == ["somebody erased"] * 2
        said = await session.execute(select(Dispute.words, Dispute.verdict, Dispute.reason).order_by(Dispute.id))
        assert [tuple(row) for row in said] == [("", "upheld", ""), ("", None, None)]
        waited = await session.scalar(select(Message.state).where(Message.key == "digest:1:2026-03-31"))
    assert waited is MessageState.WITHDRAWN


async def test_the_trail_is_whole_after_it_and_says_who_erased_whom_and_why(empty: Database) -> None:
    await a_life(empty)
    before = await checked(empty)
    with acting(Acting(by="operator", how="user erase")):
        await erase_ann(empty)
    found = await checked(empty)
    assert found.right
    assert (before.redacted, found.acts) == (0, before.acts + 1)
    assert found.redacted > 5
    async with empty.reading() as session:
        (line,) = (await history(session, AuditEntry.record == ERASURE)).lines
    assert (line.by, line.person) == ("operator", "somebody erased")
    assert [(change.field, change.after) for change in line.changes] == [("why", "asked for")]


async def test_two_who_wrote_of_each_other_are_erased_one_after_the_other(empty: Database) -> None:
    await a_life(empty)
    await erase_ann(empty)
    async with empty.writing() as session:
        await erase(session, [2], "asked for")
    assert (await checked(empty)).right
    assert "bob" not in (await contents(empty)).lower()


async def test_two_who_signed_one_row_are_erased_at_the_same_moment(empty: Database) -> None:
    await a_life(empty)
    for by in (OLD, "bob-hall@agency.example"):
        async with empty.writing() as session:
            await set_retention(session, 1, 72 if by == OLD else 84, by)

    async def erase_one(person: int) -> None:
        async with empty.writing() as session:
            await erase(session, [person], "asked for")

    await asyncio.gather(erase_one(1), erase_one(2), erase_one(1))
    whole = (await contents(empty)).lower()
    assert [word for word in (OLD, NEW, "bob-hall") if word in whole] == []
    assert (await checked(empty)).right
    async with empty.reading() as session:
        assert (await history(session, AuditEntry.record == ERASURE)).total == 2


async def test_whoever_has_an_address_that_somebody_erased_had_before_keeps_what_is_theirs(empty: Database) -> None:
    await a_life(empty)
    async with empty.writing() as session:
        await change_address(session, await session.get_one(Practitioner, 2), OLD)
        session.add(message("digest:2:2026-03-31", OLD, "This waits", MessageState.WAITING))
    await erase_ann(empty)
    async with empty.reading() as session:
        waits = await session.scalar(select(Message.state).where(Message.key == "digest:2:2026-03-31"))
    assert waits is MessageState.WAITING
    assert (await checked(empty)).right
    whole = await contents(empty)
    assert [word for word in ("Ann", NEW) if word in whole] == []


async def test_what_was_void_stays_void_without_its_reason(empty: Database) -> None:
    await a_life(empty)
    async with empty.writing() as session:
        await void_completion(session, 1, reason="Ann was not there", by=OLD)
    await erase_ann(empty)
    async with empty.reading() as session:
        void = (
            await session.execute(select(Completion.voided_at, Completion.void_reason).order_by(Completion.id))
        ).all()
    assert [(at is not None, reason) for at, reason in void] == [(True, ""), (False, None)]
    assert "Ann" not in await contents(empty)
    assert (await checked(empty)).right


async def test_whoever_never_had_a_post_is_erased_too(empty: Database) -> None:
    async with empty.writing() as session:
        session.add(Practitioner(name="Ann Reed", email=OLD))
    await erase_ann(empty)
    assert "Ann" not in await contents(empty)
    assert (await checked(empty)).right
    async with empty.reading() as session:
        assert (await history(session, AuditEntry.record == ERASURE)).total == 1


async def test_what_becomes_of_an_e_mail_on_its_way_is_not_written_down_any_more(empty: Database) -> None:
    await a_life(empty)
    async with empty.writing() as session:
        (claimed,) = await session.scalars(select(Message).where(Message.state == MessageState.WAITING))
        claimed.claimed_until = now() + timedelta(minutes=5)
        session.expunge(claimed)
        await session.execute(
            update(Message).where(Message.id == claimed.id).values(claimed_until=claimed.claimed_until)
        )
    await erase_ann(empty)
    marks = Marks(empty, nothing_follows)
    refusal = f"550 <{NEW}>: nobody here"
    await marks.write(Outcome(claimed, MessageState.FAILED, reason=refusal, address_refused=True))
    await marks.write(Outcome(claimed, MessageState.WAITING, reason=refusal))
    await marks.close()
    assert NEW not in await contents(empty)


async def test_whoever_has_a_post_still_is_not_erased(empty: Database) -> None:
    await a_life(empty)
    with pytest.raises(Refused, match="has a post still"):
        async with empty.writing() as session:
            await erase_person(session, await session.get_one(Practitioner, 2), on=TODAY, why="asked for")
    assert "Bob Hall" in await contents(empty)


async def test_a_line_is_erased_by_no_act_that_does_not_say_so(empty: Database) -> None:
    await a_life(empty)
    for statement in ("UPDATE audit_entry SET after = NULL", "UPDATE audit_act SET \"by\" = ''"):
        with pytest.raises(DBAPIError, match="only added to"):
            async with empty.writing() as session:
                await session.execute(text(statement))


async def forge(database: Database, statements: Sequence[Any]) -> None:
    """What somebody does who may do everything with the database."""
    async with database.engine.begin() as connection:
        await connection.run_sync(stop_watching)
        for statement in statements:
            await connection.execute(statement)


async def test_what_is_passed_off_as_erased_is_found_out(empty: Database) -> None:
    """A line that says what was erased counts only where the chain holds it."""
    await a_life(empty)
    async with empty.reading() as session:
        act_id = await session.scalar(select(AuditAct.act_id).where(AuditAct.number == 1))
    said = json.dumps({"lines": {"1": ["0" * 64, "0" * 64]}, "acts": {}})
    line = {"record": "redaction", "record_id": "1", "action": "removed", "after": said}
    changed = update(AuditEntry).where(AuditEntry.id == 1).values(after=None)
    await forge(empty, [changed, insert(AuditEntry).values(line | {"act_id": act_id})])
    assert ((await checked(empty)).broken or "").startswith("act 1")


@pytest.mark.parametrize("became", ['{"completed_on": "2020-01-01"}', None], ids=["another", "nothing"])
async def test_an_act_cannot_write_the_past_anew_by_saying_that_it_erased(empty: Database, became: str | None) -> None:
    """Not even a chained one: of somebody who is not erased nothing goes, and nothing else comes in its place."""
    await a_life(empty)
    his = select(*LINE).where(AuditEntry.record == "completion", AuditEntry.practitioner_id == 2)
    async with empty.engine.begin() as connection:
        await connection.run_sync(stop_watching)
    async with empty.writing() as session:
        was = (await session.execute(his)).one()
        await session.execute(update(AuditEntry).where(AuditEntry.id == was.id).values(after=became))
        now_is = (await session.execute(his)).one()
        said = json.dumps({"lines": {was.id: [digest_of_line(was), digest_of_line(now_is)]}, "acts": {}})
        line = {"record": "redaction", "record_id": "1", "action": "removed", "after": said}
        await session.execute(insert(AuditEntry).values(line | {"act_id": session.info[ACT]}))
    assert (await checked(empty)).broken


async def test_what_was_erased_is_not_written_over_with_something_else(empty: Database) -> None:
    await a_life(empty)
    await erase_ann(empty)
    await forge(empty, [update(AuditEntry).where(AuditEntry.id == 1).values(after='{"name": "Somebody Else"}')])
    assert (await checked(empty)).broken
