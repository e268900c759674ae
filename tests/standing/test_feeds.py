"""What an agency was to send and has not: which feeds there are on a day, and of what each of them tells."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from tests.facts import LONG_AGO, Facts, Period
from training_tracker.database import Database
from training_tracker.records.feeding import stop_feed
from training_tracker.records.models import FeedReceipt
from training_tracker.standing.feeds import FeedState, expectations_told_of, feeds_on, feeds_telling, silences

DAY = date(2026, 4, 1)
BEFORE = datetime(2026, 4, 1, 9, tzinfo=UTC)
AFTER = datetime(2026, 4, 10, 9, tzinfo=UTC)


def a_feed(as_at: date | None, limit_days: int = 30, on: date = DAY) -> FeedState:
    return FeedState(1, "Harbour Council", 2, "A", "About A", limit_days, LONG_AGO, as_at, on, silent=False)


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (a_feed(None), "records of “About A” have never come (at most 30 days old is expected)"),
        (a_feed(None, 1), "records of “About A” have never come (at most 1 day old is expected)"),
        (
            a_feed(date(2026, 3, 1)),
            "records of “About A” last came as at 1 March 2026 (at most 30 days old is expected)",
        ),
    ],
)
def test_a_feed_says_what_last_came_and_how_old_it_may_be(feed: FeedState, words: str) -> None:
    assert feed.in_words == words


def test_data_age_from_their_last_day_and_are_no_younger_than_new() -> None:
    assert a_feed(None).age_days is None
    assert a_feed(date(2026, 3, 30)).age_days == 2
    assert a_feed(DAY).age_days == 0
    assert a_feed(date(2026, 5, 1)).age_days == 0, "data as at a later day tell of the days before it"


@pytest.mark.parametrize(
    ("received", "accepted", "silent"),
    [
        (None, [], True),
        (date(2026, 3, 2), [], False),
        (date(2026, 3, 1), [], True),
        (date(2026, 1, 31), [(None, date(2026, 1, 31))], False),
        (date(2026, 1, 30), [(None, date(2026, 1, 31))], True),
        (None, [(None, date(2026, 1, 31))], True),
        (None, [(date(2026, 4, 2), None)], False),
        (date(2026, 1, 31), [(None, date(2026, 1, 31)), (DAY, None)], True),
    ],
)
async def test_a_feed_is_silent_after_its_limit_unless_nothing_that_counts_can_be_missing(
    empty: Database, received: date | None, accepted: list[Period], silent: bool
) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        agency, course = await facts.agency(), await facts.item(accepted=accepted)
        await facts.feed(agency, course, received=[received] if received else [])
        (feed,) = await feeds_on(session, DAY)
        assert feed.silent is silent


async def test_feeds_are_read_by_agency_and_item_from_their_first_day_on(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        later, first = await facts.agency(), await facts.agency("Bay Surgery")
        b, a = await facts.item("B"), await facts.item("A")
        await facts.feed(later, b, received=[date(2026, 3, 1), date(2026, 3, 20), date(2026, 3, 10), date(2026, 3, 30)])
        mistaken = (await session.scalars(select(FeedReceipt).where(FeedReceipt.as_at == date(2026, 3, 30)))).one()
        mistaken.withdrawn_at = BEFORE
        await facts.feed(later, a, limit_days=7, starts_on=DAY)
        await facts.feed(first, b, starts_on=date(2026, 4, 2), received=[date(2026, 3, 25)])
        ours = [
            FeedState(later.id, "Harbour Council", a.id, "A", "About A", 7, DAY, None, DAY, silent=True),
            FeedState(
                later.id, "Harbour Council", b.id, "B", "About B", 30, LONG_AGO, date(2026, 3, 20), DAY, silent=False
            ),
        ]
        assert await feeds_on(session, DAY) == ours
        next_day = await feeds_on(session, date(2026, 4, 2))
        assert [(feed.agency, feed.item) for feed in next_day] == [
            ("Bay Surgery", "B"),
            ("Harbour Council", "A"),
            ("Harbour Council", "B"),
        ]


async def test_a_feed_tells_of_the_version_in_force_and_of_what_its_item_counts_as(empty: Database) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        async with empty.writing() as session:
            facts = Facts(session)
            agency = await facts.agency()
            sent, asked, other = await facts.item("SENT"), await facts.item("ASKED"), await facts.item("OTHER")
            link = await facts.counts_as(sent, asked)
            denied_by_mistake = await facts.counts_as(sent, asked, agency=agency, holds=False)
            denied_by_mistake.withdrawn_at = BEFORE
            direct, along, moved_on, to_come = [await facts.expectation(code) for code in "ABCD"]
            await facts.version(direct, [sent, other])
            await facts.version(direct, [sent, other], effective_from=DAY)
            await facts.version(along, [asked])
            await facts.version(moved_on, [sent], effective_from=date(2026, 3, 31))
            replaced = await facts.version(moved_on, [other], effective_from=DAY)
            await facts.version(to_come, [other])
            coming = await facts.version(to_come, [sent], effective_from=date(2026, 4, 2))
            await facts.feed(agency, sent)

        async def told(on: date, known_at: datetime | None = None) -> dict[int, list[str]]:
            async with empty.reading() as session:
                found = await feeds_telling(session, on, known_at=known_at)
            assert {agency_id for agency_id, _ in found} <= {agency.id}
            return {expectation: [feed.item for feed in feeds] for (_, expectation), feeds in found.items()}

        once = ["SENT"]
        assert await told(date(2026, 3, 31)) == {direct.id: once, along.id: once, moved_on.id: once}
        assert await told(DAY) == {direct.id: once, along.id: once}
        assert await told(date(2026, 4, 2)) == {direct.id: once, along.id: once, to_come.id: once}
        assert await told(date(2019, 12, 31)) == {}, "neither the feed nor a version had begun"
        clock.move_to(AFTER)
        async with empty.writing() as session:
            rows: list[Any] = [link, coming, replaced]
            for row in rows:
                (await session.get_one(type(row), row.id)).withdrawn_at = AFTER
        assert await told(date(2026, 4, 2)) == {direct.id: once, moved_on.id: once}
        assert await told(date(2026, 4, 2), BEFORE) == {direct.id: once, along.id: once, to_come.id: once}
        async with empty.writing() as session:
            await stop_feed(session, agency.id, sent.id)
        assert await told(DAY) == {}
        assert await told(DAY, BEFORE) == {direct.id: once, along.id: once}


async def test_what_a_feed_was_ever_to_tell_of_is_every_version_and_link_there_was(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        agency, elsewhere = await facts.agency(), await facts.agency("Bay Surgery")
        sent, asked, other = await facts.item("SENT"), await facts.item("ASKED"), await facts.item("OTHER")
        link = await facts.counts_as(sent, asked)
        await facts.counts_as(sent, other, agency=agency)
        await facts.counts_as(sent, asked, agency=agency)
        await facts.counts_as(sent, asked, agency=elsewhere, holds=False)
        direct, along, neither = [await facts.expectation(code) for code in "ABC"]
        version = await facts.version(direct, [sent])
        await facts.version(along, [asked])
        await facts.version(neither, [other])
        await facts.feed(agency, sent)
        await facts.feed(elsewhere, other)
        link.withdrawn_at = version.withdrawn_at = AFTER
        await stop_feed(session, agency.id, sent.id)
        await session.flush()
        assert await expectations_told_of(session) == {
            (agency.id, sent.id): {direct.id, along.id},
            (elsewhere.id, other.id): {neither.id},
        }


async def test_the_silent_feeds_of_some_teams_are_named_for_each_version(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        agency, elsewhere = await facts.agency(), await facts.agency("Bay Surgery")
        top, below, theirs = await facts.team(), await facts.team("Duty"), await facts.team(agency=elsewhere)
        b, a, told = await facts.item("B"), await facts.item("A"), await facts.item("TOLD")
        both = await facts.version(await facts.expectation("BOTH"), [a, b, told])
        await facts.version(await facts.expectation("TOLD"), [told])
        alone = await facts.version(await facts.expectation("ALONE"), [a])
        await facts.counts_as(b, a)
        for item in (a, b):
            await facts.feed(agency, item)
        await facts.feed(elsewhere, told)
        await facts.feed(agency, told, received=[DAY])
        found = await silences(session, [top.id, below.id], DAY, known_at=None)
        named = {key: [feed.item for feed in feeds] for key, feeds in found.items()}
        assert named == {(team.id, version.id): ["B", "A"] for team in (top, below) for version in (both, alone)}
        assert {feed.agency for feeds in found.values() for feed in feeds} == {"Harbour Council"}
        assert await silences(session, [theirs.id], date(2019, 12, 31), known_at=None) == {}


async def test_a_feed_that_is_no_longer_expected_was_silent_as_known_then(empty: Database) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        async with empty.writing() as session:
            facts = Facts(session)
            agency, team, course = await facts.agency(), await facts.team(), await facts.item()
            version = await facts.version(await facts.expectation(), [course])
            await facts.feed(agency, course)
        clock.move_to(AFTER)
        async with empty.writing() as session:
            await stop_feed(session, agency.id, course.id)
        async with empty.reading() as session:
            assert await silences(session, [team.id], DAY, known_at=None) == {}
            assert set(await silences(session, [team.id], DAY, known_at=BEFORE)) == {(team.id, version.id)}
