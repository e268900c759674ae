"""A file of completions is what an agency's feeds are waiting for, on both databases."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.intake.spreadsheets import (
    LARGEST,
    TODAY,
    TRUST,
    bring,
    bring_completions,
    completion,
    completions_file,
    person,
)
from training_tracker.catalogue.finding import find_item
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.people.finding import find_agency
from training_tracker.records.feeding import Declared, expect_feed, receive_feed, stop_feed
from training_tracker.records.models import Feed, FeedReceipt
from training_tracker.standing.feeds import feeds_on

ITEM = "CSA-INTRO"
UNKNOWN = completion(email="nobody@elsewhere.example")
LATE = TODAY - timedelta(days=10)


@pytest.fixture
async def waiting(configured: Database, tmp_path: Path) -> Database:
    """Ann Reed works at an agency that is to send completions of one item every thirty days."""
    await bring(configured, tmp_path, person(number="007"))
    await expect(configured)
    return configured


async def expect(database: Database, *, limit_days: int = 30, starts_on: date = TODAY) -> Declared:
    async with database.writing() as session:
        agency, item_id = await find_agency(session, TRUST), await find_item(session, ITEM)
        return await expect_feed(session, agency.id, item_id, limit_days=limit_days, starts_on=starts_on, by="tests")


async def came(database: Database) -> list[date]:
    async with database.reading() as session:
        return list(await session.scalars(select(FeedReceipt.as_at).order_by(FeedReceipt.id)))


async def test_a_file_of_the_agency_with_the_item_is_a_receipt(waiting: Database, tmp_path: Path) -> None:
    outcome = await bring_completions(waiting, completions_file(tmp_path, completion()), agency=TRUST)
    assert outcome.feeds == 1
    assert await came(waiting) == [TODAY]
    async with waiting.reading() as session:
        (state,) = await feeds_on(session, TODAY + timedelta(days=30))
        assert (state.as_at, state.age_days, state.silent) == (TODAY, 30, False)
        (state,) = await feeds_on(session, TODAY + timedelta(days=31))
        assert state.silent


async def test_what_is_known_already_came_all_the_same_and_the_same_file_twice_is_one_receipt(
    waiting: Database, tmp_path: Path
) -> None:
    file = completions_file(tmp_path, completion())
    await bring_completions(waiting, file, agency=TRUST, as_at=LATE)
    outcome = await bring_completions(waiting, file, agency=TRUST)
    assert (outcome.unchanged, outcome.feeds) == (1, 1)
    await bring_completions(waiting, file, agency=TRUST)
    assert await came(waiting) == [LATE, TODAY]


@pytest.mark.parametrize(
    ("rows", "agency", "item"),
    [
        ([UNKNOWN], TRUST, ""),
        ([UNKNOWN], TRUST, ITEM),
        ([completion(item="HIPS CSA toolkit"), UNKNOWN], TRUST, ""),
        ([completion()], "", ""),
    ],
    ids=["all refused", "all refused, of the item named", "nothing taken of the item", "nobody says whose it is"],
)
async def test_a_file_that_tells_nothing_of_the_feed_is_no_receipt(
    waiting: Database, tmp_path: Path, rows: list[dict[str, str]], agency: str, item: str
) -> None:
    outcome = await bring_completions(waiting, completions_file(tmp_path, *rows), agency=agency, item=item)
    assert outcome.feeds == 0
    assert await came(waiting) == []


async def test_a_file_in_part_refused_came(waiting: Database, tmp_path: Path) -> None:
    outcome = await bring_completions(waiting, completions_file(tmp_path, completion(), UNKNOWN), agency=TRUST)
    assert (len(outcome.refused), outcome.feeds) == (1, 1)


async def test_rows_of_another_agency_are_not_what_this_one_sends(waiting: Database, tmp_path: Path) -> None:
    await bring(waiting, tmp_path, person(agency="Gullwing School", number="1", email="kim@gullwing.example"))
    theirs = completion(email="kim@gullwing.example", agency="Gullwing School")
    outcome = await bring_completions(waiting, completions_file(tmp_path, theirs), agency=TRUST)
    assert ([one.field for one in outcome.refused], outcome.feeds) == (["agency"], 0)


async def test_a_rehearsal_receives_nothing(waiting: Database, tmp_path: Path) -> None:
    table = read_completions(completions_file(tmp_path, completion()), LARGEST)
    async with waiting.rehearsing() as session:
        outcome = await import_completions(session, table, by="tests", today=TODAY, agency=TRUST)
    assert outcome.feeds == 1, "this is what would happen"
    assert await came(waiting) == []


async def test_data_of_days_to_come_are_refused_and_nothing_is_changed(waiting: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="in the future"):
        await bring_completions(
            waiting, completions_file(tmp_path, completion()), agency=TRUST, as_at=TODAY + timedelta(days=1)
        )
    assert await came(waiting) == []


async def test_a_feed_that_is_changed_keeps_what_was_said_before(waiting: Database) -> None:
    assert await expect(waiting) is Declared.KNOWN_ALREADY
    assert await expect(waiting, limit_days=90) is Declared.CHANGED
    async with waiting.reading() as session:
        feeds = list(await session.scalars(select(Feed).order_by(Feed.id)))
        assert [(feed.limit_days, feed.withdrawn_at is None) for feed in feeds] == [(30, False), (90, True)]
        assert feeds[0].withdrawn_at == feeds[1].recorded_at
        (then,) = await feeds_on(session, TODAY, known_at=feeds[0].recorded_at)
    assert then.limit_days == 30


async def test_nothing_can_come_where_nothing_is_expected(waiting: Database) -> None:
    async with waiting.writing() as session:
        agency, item_id = await find_agency(session, TRUST), await find_item(session, ITEM)
        assert await stop_feed(session, agency.id, item_id)
        assert not await stop_feed(session, agency.id, item_id)
        with pytest.raises(NotFound, match="Declare it first"):
            await receive_feed(session, agency.id, item_id, as_at=TODAY, source="", by="tests", today=TODAY)
    async with waiting.reading() as session:
        assert await feeds_on(session, TODAY) == []


async def test_a_number_of_days_that_cannot_be_is_refused(waiting: Database) -> None:
    with pytest.raises(Refused, match="0 is not a number of days"):
        await expect(waiting, limit_days=0)
