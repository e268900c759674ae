"""What was known of a day then and what is known of it now: the same report byte for byte, and why it differs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item
from training_tracker.database import Database, touch
from training_tracker.expectations.models import Method
from training_tracker.expectations.publishing import publish, rule_of
from training_tracker.people.posts import correct_post
from training_tracker.records.feeding import receive_feed, withdraw_receipt
from training_tracker.records.recording import void_completion
from training_tracker.standing.comparing import Difference, compare
from training_tracker.uptake.counting import By, uptake

LAST_MARCH = date(2026, 3, 31)
PUBLISHED = datetime(2026, 4, 5, 9, tzinfo=UTC)
CORRECTED = datetime(2026, 4, 20, 9, tzinfo=UTC)
WITHDRAWN = datetime(2026, 4, 28, 9, tzinfo=UTC)
TODAY = date(2026, 5, 4)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 3, 1, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


async def report(session: AsyncSession, known_at: datetime | None) -> str:
    lines = await uptake(session, LAST_MARCH, by=By.TEAM, today=TODAY, known_at=known_at)
    return json.dumps([repr(line) for line in lines])


async def test_corrections_of_history_leave_what_was_reported_and_are_told_as_the_causes_of_the_difference(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        rule = await facts.version(await facts.expectation("CSA"), [course], period_months=12)
        late = await facts.post("Late Upload")
        voided = await facts.post("Void Later")
        left = await facts.post("Left Before")
        away = await facts.post("Away Then")
        same = await facts.post("Same Always")
        for post in (voided, same):
            done = await facts.completed(post, course, date(2026, 2, 2))
        voided_completion = (await facts.completed(voided, course, date(2026, 2, 3))).id
        assert done.id
    clock.move_to(PUBLISHED)
    async with empty.reading() as session:
        as_published = await report(session, None)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.completed(late, course, date(2026, 3, 1))
        for completion in (voided_completion, voided_completion - 2):
            await void_completion(session, completion, reason="Another person's certificate", by=BY)
        await correct_post(session, left.id, BY, ended_on=date(2026, 3, 15))
        await facts.on_leave(away, date(2026, 3, 1), date(2026, 4, 30))
    clock.move_to(datetime(2026, 5, 4, 9, tzinfo=UTC))
    async with empty.reading() as session:
        assert await report(session, PUBLISHED) == as_published, "byte for byte"
        assert await report(session, None) != as_published
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
        assert await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=PUBLISHED) == []
        assert await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=CORRECTED) == differences
    assert {one.name: changes(one) for one in differences} == {
        "Late Upload": ("overdue", "compliant", "“About CSA-INTRO” of 1 March 2026 was recorded on 20 April 2026."),
        "Void Later": (
            "compliant",
            "overdue",
            "“About CSA-INTRO” of 2 February 2026 was voided on 20 April 2026: Another person's certificate.",
            "“About CSA-INTRO” of 3 February 2026 was voided on 20 April 2026: Another person's certificate.",
        ),
        "Left Before": ("overdue", None, "The post was corrected on 20 April 2026."),
        "Away Then": ("overdue", "on leave", "Leave from 1 March 2026 was recorded on 20 April 2026."),
    }
    assert rule.id


def changes(one: Difference) -> tuple[str | None, ...]:
    return (one.before and one.before.value, one.after and one.after.value, *one.causes)


async def test_a_changed_rule_is_the_cause_for_everybody_it_touches(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        expectation = await facts.expectation("CSA")
        version = await facts.version(expectation, [course], method=Method.COMPLETION, period_months=36)
        post = await facts.post("Ann Reed")
        await facts.completed(post, course, date(2024, 3, 1))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        rule = await rule_of(session, version)
        await publish(session, expectation.id, replace(rule, period_months=12), BY)
    async with empty.reading() as session:
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    assert changes(one) == (
        "compliant",
        "overdue",
        "The rule from 1 January 2020 was withdrawn on 20 April 2026.",
        "The rule from 1 January 2020 was published on 20 April 2026.",
    )


async def test_what_an_agency_sent_late_is_the_cause_where_it_could_not_be_told_before(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("CSA-INTRO"), await facts.item("OTHER")
        await facts.version(await facts.expectation("CSA"), [course])
        agency = await facts.agency()
        for item in (course, other):
            await facts.feed(agency, item)
        await facts.post("Ann Reed")
        elsewhere = await facts.team(agency=await facts.agency("Gullwing School"))
        await facts.post("Kim Ng", team=elsewhere)
    clock.move_to(PUBLISHED)
    async with empty.reading() as session:
        as_published = await report(session, None)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        for item in (course, other):
            await receive_feed(
                session, agency.id, item.id, as_at=date(2026, 4, 18), source="", by=BY, today=CORRECTED.date()
            )
    async with empty.reading() as session:
        assert await report(session, PUBLISHED) == as_published, "byte for byte"
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    assert (one.name, *changes(one)) == (
        "Ann Reed",
        "unknown",
        "overdue",
        "The receipt of records of “About CSA-INTRO” as at 18 April 2026 was recorded on 20 April 2026.",
    )
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        await withdraw_receipt(session, agency.id, course.id, as_at=date(2026, 4, 18))
    async with empty.reading() as session:
        assert await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED) == [], "it never came, as known now"
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
    assert (one.name, *changes(one)) == (
        "Ann Reed",
        "overdue",
        "unknown",
        "The receipt of records of “About CSA-INTRO” as at 18 April 2026 was withdrawn on 28 April 2026.",
    )


async def test_what_counts_as_what_is_a_cause_for_those_who_are_asked_for_it(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        level_1, level_2 = await facts.item("LEVEL-1"), await facts.item("LEVEL-2")
        everybodys = await facts.counts_as(level_2, level_1)
        await facts.version(await facts.expectation("CSA"), [level_1])
        here, there = await facts.agency("Harbour Council"), await facts.agency("Harbour Police")
        for name, agency in (("Ann Reed", here), ("Ben Cole", there)):
            post = await facts.post(name, team=await facts.team(agency=agency))
            await facts.completed(post, level_2, date(2026, 2, 1))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        await Facts(session).counts_as(level_2, level_1, agency=here, holds=False)
        touch(session, everything=True)
    async with empty.reading() as session:
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
        as_published = await report(session, PUBLISHED)
    assert (one.name, *changes(one)) == (
        *("Ann Reed", "compliant", "overdue"),
        "That “About LEVEL-2” does not count as “About LEVEL-1” with Harbour Council was recorded on 20 April 2026.",
    )
    clock.move_to(datetime(2026, 5, 1, 9, tzinfo=UTC))
    async with empty.writing() as session:
        (await session.get_one(Equivalence, everybodys.id)).withdrawn_at = now()
        (await session.get_one(Item, level_1.id)).title = "First level"
        session.add(AcceptanceWindow(item_id=level_2.id, accepted_from=None, accepted_until=LAST_MARCH, reason=""))
        touch(session, everything=True)
    async with empty.reading() as session:
        two = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
        assert await report(session, PUBLISHED) == as_published, "byte for byte"
    assert [(one.name, *changes(one)) for one in two] == [
        (
            *("Ben Cole", "compliant", "overdue"),
            "That “About LEVEL-2” counts as “First level” was withdrawn on 1 May 2026.",
            "That “About LEVEL-2” is accepted until 31 March 2026 was recorded on 1 May 2026.",
        )
    ]
