"""Many values and many rows in one statement, the same on both databases."""

from datetime import date

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import sqlite

from tests.facts import Facts
from training_tracker.bulk import insert_many, insert_numbered, is_one_of
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState, UndeliverableAddress
from training_tracker.people.models import Absence, Practitioner

AWKWARD = ["", "a,b", '"quoted"', "{curly}", "back\\slash", "null", "Zoë Ó Súilleabháin", "two\nlines", "%s :name"]
MORE_THAN_A_STATEMENT_HAS_PARAMETERS = 70_000


async def test_numbers_and_words_are_found_among_however_many(empty: Database) -> None:
    async with empty.writing() as session:
        people = [{"name": word, "email": None} for word in AWKWARD]
        ids = await insert_numbered(session, Practitioner, people)
        many = [*ids[:2], *range(max(ids) + 1, max(ids) + MORE_THAN_A_STATEMENT_HAS_PARAMETERS)]
        assert await session.scalar(select(Practitioner.name).where(is_one_of(Practitioner.id, []))) is None
        found = await session.scalars(select(Practitioner.id).where(is_one_of(Practitioner.id, many)))
        assert set(found) == set(ids[:2])
        others = await session.scalars(select(Practitioner.id).where(~is_one_of(Practitioner.id, many)))
        assert set(others) == set(ids[2:])
        words = await session.scalars(select(Practitioner.name).where(is_one_of(Practitioner.name, AWKWARD[:7])))
        assert set(words) == set(AWKWARD[:7])


async def test_rows_come_back_as_they_were_put_in(empty: Database) -> None:
    moment = now()
    row = {"to": "x@y.example", "subject": "", "html": "", "attempts": 0, "planned_at": moment, "not_before": moment}
    rows = [
        {"key": f"k:{number}", "text": word, "state": state, "reply_to": word or None, **row}
        for number, (word, state) in enumerate(zip(AWKWARD, [*MessageState] * 3, strict=False))
    ]
    async with empty.writing() as session:
        ids = await insert_numbered(session, Message, rows)
    async with empty.reading() as session:
        for number, row in zip(ids, rows, strict=True):
            message = await session.get(Message, number)
            assert message is not None
            assert {name: getattr(message, name) for name in row} == row


async def test_a_column_may_be_empty_in_every_row_or_in_some(empty: Database) -> None:
    async with empty.writing() as session:
        post = await Facts(session).post("Ann Reed")
        said = {"post_id": post.id, "recorded_at": now(), "recorded_by": "test", "starts_on": date(2026, 1, 1)}
        await insert_many(session, insert(Absence), [])
        await insert_many(session, insert(Absence), [said | {"ends_on": None}])
        await insert_many(session, insert(Absence), [said | {"ends_on": None}, said | {"ends_on": date(2026, 2, 1)}])
        ends = await session.scalars(select(Absence.ends_on).order_by(Absence.id))
        assert ends.all() == [None, None, date(2026, 2, 1)]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_one_of_many_is_looked_up_in_the_index(empty: Database) -> None:
    statement = select(UndeliverableAddress.since).where(is_one_of(UndeliverableAddress.address, ["a@b.example"]))
    written = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    async with empty.reading() as session:
        steps = [row[3] for row in await session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
    assert any(step.startswith("SEARCH undeliverable_address USING") for step in steps), steps
