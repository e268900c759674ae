"""What waits to be confirmed: what somebody says they have done, where a rule asks for more than their word."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from tests.facts import Facts
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.people.models import Post
from training_tracker.records.recording import void_completion
from training_tracker.standing.confirming import self_declared, waiting
from training_tracker.standing.known import among

TODAY, SAID, SINCE = date(2026, 5, 4), date(2026, 4, 14), date(2026, 4, 20)
SEEN = Strength.CERTIFICATE_SEEN

Since = Callable[[Facts, Post, Item, Item], Awaitable[Any]]


async def world(facts: Facts, **rule: Any) -> tuple[Post, Item, Item]:
    """Ann says that she was at the briefing; it and the workshop are asked for, with a certificate."""
    briefing, workshop = await facts.item("BRIEFING"), await facts.item("WORKSHOP")
    rule = {"amount": 2, "least_strength": SEEN} | rule
    await facts.version(await facts.expectation("BRIEFED"), [briefing, workshop], **rule)
    ann = await facts.post("Ann Reed")
    await facts.completed(ann, briefing, SAID, strength=Strength.SELF_DECLARED)
    return ann, briefing, workshop


async def waits(database: Database, *posts: Post) -> list[str]:
    async with database.reading() as session:
        found = await waiting(session, TODAY, among([post.id for post in posts]), but=0)
    assert found.total == len(found.lines)
    return [f"{line.name}: {line.title}, {line.days}" for line in found.lines]


async def nothing(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None: ...


async def another_item_was_seen(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None:
    await facts.completed(ann, workshop, SINCE, strength=SEEN)


async def somebody_else_s_was_seen(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None:
    await facts.completed(await facts.post("Bob Hall"), briefing, SINCE, strength=SEEN)


async def too_little_was_seen(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None:
    await facts.completed(ann, briefing, SINCE, strength=Strength.MANAGER_ATTESTED)


async def an_earlier_one_was_seen(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None:
    await facts.completed(ann, briefing, date(2026, 4, 13), strength=SEEN)


async def what_was_seen_is_void(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None:
    seen = await facts.completed(ann, briefing, SINCE, strength=SEEN)
    await void_completion(facts.session, seen.id, reason="Another Ann", by="tests")


async def a_later_one_was_seen(facts: Facts, ann: Post, briefing: Item, workshop: Item) -> None:
    await facts.completed(ann, briefing, SINCE, strength=SEEN)


@pytest.mark.parametrize(
    "since",
    [
        nothing,
        another_item_was_seen,
        somebody_else_s_was_seen,
        too_little_was_seen,
        an_earlier_one_was_seen,
        what_was_seen_is_void,
    ],
)
async def test_what_somebody_says_waits_until_that_very_thing_was_seen(empty: Database, since: Since) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, briefing, workshop = await world(facts)
        await since(facts, ann, briefing, workshop)
    assert await waits(empty, ann) == ["Ann Reed: About BRIEFING, 14 April 2026"]


async def test_what_was_seen_since_makes_it_history(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, briefing, workshop = await world(facts)
        await a_later_one_was_seen(facts, ann, briefing, workshop)
    assert await waits(empty, ann) == []


@pytest.mark.parametrize(
    "rule", [{"least_strength": Strength.SELF_DECLARED}, {"required": False}, {"people_in_setting": 1}]
)
async def test_nothing_waits_where_a_word_is_enough_or_nobody_is_behind_with_it(
    empty: Database, rule: dict[str, Any]
) -> None:
    async with empty.writing() as session:
        ann, _, _ = await world(Facts(session), **rule)
    assert await waits(empty, ann) == []


async def test_each_page_has_its_own_and_counts_all(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, briefing, _ = await world(facts)
        posts = [ann]
        for name in ("Bob Hall", "Cas Moor"):
            posts.append(await facts.post(name))
            await facts.completed(posts[-1], briefing, SAID, strength=Strength.SELF_DECLARED)
    narrowed = among([post.id for post in posts])
    async with empty.reading() as session:
        pages = [await waiting(session, TODAY, narrowed, but=0, page=page, page_size=2) for page in (1, 2, 3)]
        whole = await waiting(session, TODAY, narrowed, but=posts[1].practitioner_id)
    assert [[line.name for line in page.lines] for page in pages] == [["Ann Reed", "Bob Hall"], ["Cas Moor"], []]
    assert [page.total for page in pages] == [3, 3, 0]
    assert ([line.name for line in whole.lines], whole.total) == (["Ann Reed", "Cas Moor"], 2)


async def test_of_two_rules_the_stricter_says_what_has_to_be_seen_and_it_waits_once(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, briefing, _ = await world(facts)
        stricter = await facts.expectation("REGISTERED")
        await facts.version(stricter, [briefing], least_strength=Strength.ATTENDANCE_REGISTER)
    async with empty.reading() as session:
        (line,) = (await waiting(session, TODAY, among([ann.id]), but=0)).lines
    assert line.least is Strength.ATTENDANCE_REGISTER


async def test_it_is_told_in_every_team_in_which_it_is_expected(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, _, _ = await world(facts)
        other = await facts.post("Ann Reed", team=await facts.team("Duty"))
    async with empty.reading() as session:
        told = await self_declared(session, TODAY, today=TODAY)
    assert {team for team, _ in told} == {ann.team_id, other.team_id}
    assert len({one for _, one in told}) == 1
    assert await waits(empty, ann, other) == ["Ann Reed: About BRIEFING, 14 April 2026"]
