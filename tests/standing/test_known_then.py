"""Every kind of fact is known from the very moment it is recorded, until just before it is taken back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import AcceptanceWindow, ItemVersion
from training_tracker.database import Database, touch
from training_tracker.expectations.exempting import withdraw_exemption
from training_tracker.expectations.publishing import Scope
from training_tracker.people.leave import withdraw_leave
from training_tracker.people.models import Absence, Practitioner, Role, RoleHistory
from training_tracker.people.posts import correct_post
from training_tracker.records.feeding import stop_feed
from training_tracker.records.recording import void_completion
from training_tracker.standing.known import posts_of_agency
from training_tracker.standing.status import standings_on

DAY = date(2026, 3, 31)
BEFORE = datetime(2026, 4, 1, 9, tzinfo=UTC)
RECORDED = datetime(2026, 4, 10, 9, tzinfo=UTC)
WITHDRAWN = datetime(2026, 4, 20, 9, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)

# Who is told of which fact, and the status without it and with it.
STATUSES = {
    "Completion": ("overdue", "compliant"),
    "Leave": ("overdue", "on leave"),
    "Exemption": ("overdue", "exempt"),
    "Rule": (None, "overdue"),
    "Equivalence": ("overdue", "compliant"),
    "Decision": ("compliant", "overdue"),
    "Addition": ("overdue", "compliant"),
    "Decision of another course": ("compliant", "compliant"),
    "Window": ("compliant", "overdue"),
    "Edition": ("compliant", "overdue"),
    "Feed": ("compliant", "unknown"),
    "Post": ("overdue", None),
}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEFORE, tick=False) as clock:
        yield clock


async def test_a_fact_is_known_from_when_it_is_recorded_until_it_is_taken_back(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = {name: await facts.item(name) for name in STATUSES if name != "Edition"}
        courses["Edition"] = await facts.item("Edition", editions=[date(2020, 1, 1)])
        other = await facts.item("OTHER")
        posts, rules = {}, {}
        for name, course in courses.items():
            agency = await facts.agency(f"Agency of {name}")
            rules[name] = await facts.expectation(name, owner=agency)
            posts[name] = await facts.post(name, team=await facts.team(agency=agency))
            if name != "Rule":
                await facts.version(rules[name], [course], first_due_days=0, current_version_only=name == "Edition")
        for name in ("Window", "Edition", "Feed"):
            await facts.completed(posts[name], courses[name], date(2026, 2, 1))
        for name in ("Equivalence", "Decision", "Addition", "Decision of another course"):
            await facts.completed(posts[name], other, date(2026, 2, 1))
        for name in ("Decision", "Decision of another course"):
            await facts.counts_as(other, courses[name])
    clock.move_to(RECORDED)
    async with empty.writing() as session:
        facts = Facts(session)
        done = await facts.completed(posts["Completion"], courses["Completion"], date(2026, 2, 1))
        leave = await facts.on_leave(posts["Leave"], date(2026, 3, 1))
        exemption = await facts.exempt(posts["Exemption"], rules["Exemption"], date(2026, 3, 1), DAY)
        rule = await facts.version(rules["Rule"], [courses["Rule"]], first_due_days=0)
        feed = await facts.agency("Agency of Feed")
        await facts.feed(feed, courses["Feed"])
        window = AcceptanceWindow(item_id=courses["Window"].id, accepted_from=DAY, accepted_until=None, reason="")
        edition = ItemVersion(item_id=courses["Edition"].id, label="2", current_from=date(2026, 3, 1))
        session.add_all([window, edition])
        rows: list[Any] = [
            await facts.counts_as(other, courses["Equivalence"]),
            await facts.counts_as(
                other, courses["Decision"], agency=await facts.agency("Agency of Decision"), holds=False
            ),
            await facts.counts_as(other, courses["Addition"], agency=await facts.agency("Agency of Addition")),
            await facts.counts_as(
                other, courses["Rule"], agency=await facts.agency("Agency of Decision of another course"), holds=False
            ),
            *(window, edition, rule),
        ]
        await correct_post(session, posts["Post"].id, BY, ended_on=date(2026, 3, 1))
        touch(session, everything=True)
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        await void_completion(session, done.id, reason="Another person's", by=BY)
        withdraw_leave(session, [await session.get_one(Absence, leave.id)])
        await withdraw_exemption(session, [exemption.post_id], exemption.expectation_id, today=DAY)
        await stop_feed(session, feed.id, courses["Feed"].id)
        await correct_post(session, posts["Post"].id, BY, ended_on=None)
        for row in rows:
            (await session.get_one(type(row), row.id)).withdrawn_at = now()
        touch(session, everything=True)
    without = {name: without for name, (without, _) in STATUSES.items()}
    with_it = {name: with_it for name, (_, with_it) in STATUSES.items()}
    async with empty.reading() as session:
        assert await statuses(session, BEFORE) == without
        assert await statuses(session, RECORDED - A_MOMENT) == without
        assert await statuses(session, RECORDED) == with_it
        assert await statuses(session, WITHDRAWN - A_MOMENT) == with_it
        assert await statuses(session, WITHDRAWN) == without
        assert await statuses(session, None) == without
        assert await statuses(session, RECORDED, today=DAY) == with_it, "the kept standings know only what is known now"


async def statuses(
    session: AsyncSession, known_at: datetime | None, today: date = date(2026, 5, 4)
) -> dict[str, str | None]:
    standing = standings_on(DAY, today=today, known_at=known_at)
    rows = await session.execute(
        select(Practitioner.name, standing.c.status).outerjoin(standing, standing.c.practitioner_id == Practitioner.id)
    )
    found = [(row.name, row.status) for row in rows]
    assert len(found) == len(STATUSES), "each is read once"
    return dict(found)


async def test_what_was_changed_twice_is_known_between_as_it_stood_between(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        before, between, after = [await facts.role_group(f"Group {n}") for n in (1, 2, 3)]
        role = await facts.role()
        await facts.post(role=role)
        await facts.version(
            await facts.expectation(), [await facts.item()], scopes=[Scope(role_group_id=between.id)], first_due_days=0
        )
    async with empty.writing() as session:
        # The later change first, since which comes first is a matter of the moments.
        for group, moment in ((between, WITHDRAWN), (before, RECORDED)):
            session.add(RoleHistory(role_id=role.id, role_group_id=group.id, superseded_at=moment))
            await session.flush()
        (await session.get_one(Role, role.id)).role_group_id = after.id
    async with empty.reading() as session:
        for known_at, expected in (
            (BEFORE, False),
            (RECORDED - A_MOMENT, False),
            (RECORDED, True),
            (WITHDRAWN - A_MOMENT, True),
            (WITHDRAWN, False),
        ):
            standing = standings_on(DAY, today=date(2026, 5, 4), known_at=known_at)
            assert bool(await session.scalar(select(standing.c.post_id))) is expected, known_at


async def test_posts_are_narrowed_as_they_were_known_then_too(empty: Database, clock: time_machine.Traveller) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        agencies = [await facts.agency(name) for name in ("Harbour Council", "Harbour Police")]
        posts = [await facts.post(agency.name, team=await facts.team(agency=agency)) for agency in agencies]
    of_one = posts_of_agency(agencies[0].id)
    async with empty.reading() as session:
        for today, known_at in ((DAY, None), (date(2026, 5, 4), None), (DAY, BEFORE)):
            standing = standings_on(DAY, today=today, known_at=known_at, posts=of_one)
            assert list(await session.scalars(select(standing.c.post_id))) == [posts[0].id]
