"""Standings in step with the facts: after every change, from every side at once, and as they once were known."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from tests.standing import oracle
from tests.standing.loading import load
from tests.standing.test_against_the_oracle import COLUMNS, histories
from tests.standing.worlds import AGENCIES, EXPECTATIONS, ITEMS, MOMENTS, ROLES, TEAMS
from training_tracker.calendar import now
from training_tracker.catalogue.models import Item, Mark
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.exempting import grant_exemption, withdraw_exemption
from training_tracker.expectations.models import Exemption, Extension, Measure, Method
from training_tracker.expectations.publishing import Rule, Scope, publish
from training_tracker.people.leave import end_leave, record_leave, withdraw_leave
from training_tracker.people.models import Absence, Post
from training_tracker.people.posts import PostDates, correct_post, open_posts
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, record_completions, void_completion
from training_tracker.standing import refreshing
from training_tracker.standing.extending import give_extension, withdraw_extension
from training_tracker.standing.models import StandingNews
from training_tracker.standing.refreshing import rebuild
from training_tracker.standing.status import Status, standings_on
from training_tracker.standing.thresholds import thresholds

TODAY = date(2026, 5, 4)

ALWAYS = oracle.Known(MOMENTS[0], None)

# Teams, roles and items of the random worlds, with nobody in them yet.
BLANK = oracle.World(
    agencies=AGENCIES,
    teams=TEAMS,
    roles=ROLES,
    posts=(),
    absences=(),
    items=tuple(
        oracle.Item(
            n,
            tuple(oracle.Edition(date(year, 9, 1), ALWAYS) for year in (2024, 2025) if n == 1),
            (oracle.Window(None, date(2025, 6, 30), ALWAYS),) * (n == 5),
        )
        for n in ITEMS
    ),
    equivalences=(
        oracle.Equivalence(3, 2, None, None, ALWAYS),
        oracle.Equivalence(3, 2, date(2024, 6, 1), None, ALWAYS, agency=1, holds=False),
        oracle.Equivalence(4, 2, None, None, ALWAYS, agency=2),
    ),
    expectations=EXPECTATIONS,
    versions=(),
    exemptions=(),
    extensions=(),
    completions=(),
)

# Fewer of them: an example is a dozen transactions.
long_histories = settings(histories, max_examples=8)

Standings = set[tuple[object, ...]]


class Office:
    """Somebody who records, corrects and takes back, through the program's own verbs, at random."""

    def __init__(self, session: AsyncSession, people: list[int], choice: Random) -> None:
        self.session = session
        self.people = people
        self.choice = choice

    async def does_something(self) -> None:
        deeds: list[Callable[[], Awaitable[object]]] = [
            *(self.opens_a_post, self.records_completions, self.publishes),
            *(self.corrects_a_post, self.records_leave, self.ends_a_leave, self.exempts),
            *(self.voids_a_completion, self.withdraws_a_leave, self.withdraws_an_exemption),
            *(self.extends, self.withdraws_an_extension),
        ]
        await self.choice.choice(deeds)()

    def day(self) -> date:
        return date.fromordinal(self.choice.randint(date(2023, 1, 1).toordinal(), TODAY.toordinal()))

    def days(self) -> tuple[date, date]:
        first, last = sorted((self.day(), self.day()))
        return first, last

    async def any(
        self, kind: type[Post | Completion | Absence | Exemption | Extension], *conditions: object
    ) -> int | None:
        ids = sorted(await self.session.scalars(select(kind.id).where(*conditions)))  # type: ignore[arg-type]
        return self.choice.choice(ids) if ids else None

    def dates_of_a_post(self) -> dict[str, date | int | None]:
        first, last = self.days()
        return {
            "team_id": self.choice.choice(TEAMS).id,
            "role_id": self.choice.choice(ROLES).id,
            "started_on": self.choice.choice([first, first, None]),
            "ended_on": self.choice.choice([last, None, None]),
        }

    async def opens_a_post(self) -> None:
        dates = PostDates(self.choice.choice(self.people), **self.dates_of_a_post())  # type: ignore[arg-type]
        await open_posts(self.session, [dates], BY)

    async def corrects_a_post(self) -> None:
        if post := await self.any(Post):
            await correct_post(self.session, post, BY, **self.dates_of_a_post())

    async def records_completions(self) -> None:
        done = [
            NewCompletion(self.choice.choice(self.people), self.choice.choice(ITEMS), self.day(), hours=2.0)
            for _ in range(3)
        ]
        await record_completions(self.session, done, by=BY, today=TODAY)

    async def voids_a_completion(self) -> None:
        if completion := await self.any(Completion, Completion.voided_at.is_(None)):
            await void_completion(self.session, completion, reason="A mistake", by=BY)

    async def records_leave(self) -> None:
        first, last = self.days()
        if post := await self.any(Post):
            with suppress(Refused):
                await record_leave(self.session, [post], first, self.choice.choice([last, None]), by=BY)

    async def ends_a_leave(self) -> None:
        if absence := await self.any(Absence, Absence.withdrawn_at.is_(None)):
            known = await self.session.get_one(Absence, absence)
            with suppress(Refused):
                await end_leave(self.session, [known], self.day(), by=BY)

    async def withdraws_a_leave(self) -> None:
        if absence := await self.any(Absence, Absence.withdrawn_at.is_(None)):
            withdraw_leave(self.session, [await self.session.get_one(Absence, absence)])

    async def exempts(self) -> None:
        first, last = self.days()
        if post := await self.any(Post):
            expectation = self.choice.choice(EXPECTATIONS).id
            with suppress(Refused):
                await grant_exemption(
                    self.session,
                    [post],
                    expectation,
                    starts_on=first,
                    until=last,
                    reason="No such work",
                    by=BY,
                    today=first,
                )

    async def withdraws_an_exemption(self) -> None:
        if exemption := await self.any(Exemption, Exemption.withdrawn_at.is_(None)):
            granted = await self.session.get_one(Exemption, exemption)
            with suppress(NotFound):
                await withdraw_exemption(self.session, [granted.post_id], granted.expectation_id, today=self.day())

    async def extends(self) -> None:
        if post := await self.any(Post):
            expectation, until = self.choice.choice(EXPECTATIONS).id, date(2026, self.choice.randint(6, 12), 1)
            with suppress(Refused):
                await give_extension(
                    self.session, [post], expectation, until=until, reason="The course was full", by=BY, today=TODAY
                )

    async def withdraws_an_extension(self) -> None:
        if extension := await self.any(Extension, Extension.withdrawn_at.is_(None)):
            given = await self.session.get_one(Extension, extension)
            await withdraw_extension(self.session, [given.post_id], given.expectation_id, today=TODAY)

    async def publishes(self) -> None:
        method = self.choice.choice(list(Method))
        items = frozenset(self.choice.sample(ITEMS, self.choice.randint(1, 3)))
        scope = self.choice.choice([Scope(), Scope(team_id=2), Scope(role_group_id=1)])
        rule = Rule(
            effective_from=self.day().replace(day=1),
            first_due_days=30,
            method=method,
            mark=Mark.ILLUSTRATIVE,
            period_months=None if method is Method.ONCE else 12,
            anchor_on=date(2025, 8, 31) if method is Method.CYCLE else None,
            measure=Measure.ITEMS if method is Method.CONTINUOUS else self.choice.choice(list(Measure)),
            current_version_only=items == {1},
            grace_days=self.choice.choice([0, 30]),
            items=items,
            scopes=frozenset({scope}),
        )
        await publish(self.session, self.choice.choice(EXPECTATIONS).id, rule, BY)


async def three_people(database: Database) -> list[int]:
    async with database.writing() as session:
        await load(session, BLANK)
        facts = Facts(session)
        return [(await facts.practitioner(name)).id for name in ("Ann Reed", "Ben Cole", "Cat Dunn")]


async def computed(session: AsyncSession) -> Standings:
    return {tuple(row) for row in await session.execute(engine())}


@cache
def engine() -> Select[Any]:
    """Put together once, since that takes longer than to run it."""
    return thresholds()


async def as_kept(session: AsyncSession) -> Standings:
    return {tuple(row) for row in await session.execute(select(*COLUMNS))}


async def as_read(session: AsyncSession, on: date, known_at: datetime | None) -> Standings:
    standing = standings_on(on, today=TODAY, known_at=known_at)
    return {tuple(row) for row in await session.execute(select(standing))}


@long_histories
@given(choice=st.randoms(use_true_random=False))
async def test_standings_refreshed_bit_by_bit_are_those_rebuilt_at_once(empty: Database, choice: Random) -> None:
    people = await three_people(empty)
    for _ in range(12):
        async with empty.writing() as session:
            await Office(session, people, choice).does_something()
        async with empty.reading() as session:
            assert await as_kept(session) == await computed(session)
    async with empty.writing() as session:
        before = await as_kept(session)
        rebuilt = await rebuild(session)
        assert await as_kept(session) == before
    assert rebuilt.standings == len(before)


@long_histories
@given(choice=st.randoms(use_true_random=False))
async def test_what_stood_then_can_be_produced_again(empty: Database, choice: Random) -> None:
    people = await three_people(empty)
    some_days = [date(2024, 11, 30), date(2025, 12, 31), TODAY, date(2026, 9, 1)]
    published: dict[datetime, list[Standings]] = {}
    for _ in range(6):
        async with empty.writing() as session:
            for _ in range(3):
                await Office(session, people, choice).does_something()
        moment = now()
        async with empty.reading() as session:
            published[moment] = [await as_read(session, on, None) for on in some_days]
    async with empty.reading() as session:
        for moment, then in published.items():
            assert [await as_read(session, on, moment) for on in some_days] == then


async def test_a_report_keeps_its_figures_after_voids_late_records_and_corrections(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        ann, ben, cat = [await facts.post(name) for name in ("Ann Reed", "Ben Cole", "Cat Dunn")]
        mistaken = await facts.completed(ann, course, date(2026, 2, 2))

    async def statuses(known_at: datetime | None) -> list[str]:
        async with empty.reading() as session:
            standing = standings_on(date(2026, 3, 31), today=TODAY, known_at=known_at).c
            return list(await session.scalars(select(standing.status).order_by(standing.post_id)))

    reported = now()
    then = await statuses(None)
    async with empty.writing() as session:
        await void_completion(session, mistaken.id, reason="Another Ann Reed", by=BY)
        await Facts(session).completed(ben, await session.get_one(Item, course.id), date(2026, 3, 1))
        await correct_post(session, cat.id, BY, started_on=date(2026, 3, 20))
    assert then == [Status.COMPLIANT, Status.OVERDUE, Status.OVERDUE]
    assert await statuses(None) == [Status.OVERDUE, Status.COMPLIANT, Status.NOT_YET_DUE]
    assert await statuses(reported) == then


async def test_what_is_recorded_of_several_people_at_once_is_kept_of_each_and_is_news_of_each(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three people where a statement takes two, of one alone, and of a person's post."""
    monkeypatch.setattr(refreshing, "CHUNK", 2)
    monkeypatch.setattr(refreshing, "SEVERAL", 3)
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        posts = [await facts.post(f"Person {n}") for n in range(4)]
        people = [post.practitioner_id for post in posts]

    async def news() -> list[int]:
        async with empty.writing() as session:
            assert await as_kept(session) == await computed(session)
            found = list(await session.scalars(select(StandingNews.practitioner_id)))
            await session.execute(delete(StandingNews))
        return sorted(found)

    assert set(await news()) == set(people)
    async with empty.writing() as session:
        for post in posts[:3]:
            await Facts(session).completed(post, course, date(2026, 2, 2))
    assert await news() == people[:3]
    async with empty.writing() as session:
        await Facts(session).completed(posts[3], course, date(2026, 2, 2))
    assert await news() == people[3:]
    async with empty.writing() as session:
        for post in posts[:3]:
            await Facts(session).on_leave(post, date(2027, 1, 1))
    assert await news() == people[:3]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_two_facts_about_one_person_at_the_same_moment_both_stand(empty: Database) -> None:
    """Each has written its fact when the other begins to refresh. On SQLite there is only one writer at a time."""
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item("A"), await facts.item("B")]
        post = await facts.post()
        await facts.version(await facts.expectation(), courses, amount=2)
    both_written = asyncio.Barrier(2)

    async def record(course: Item) -> None:
        async with empty.writing() as session:
            await Facts(session).completed(post, course, TODAY)
            await both_written.wait()

    await asyncio.gather(*(record(course) for course in courses))
    async with empty.reading() as session:
        assert await as_kept(session) == await computed(session)
        assert (await session.execute(select(standings_on(TODAY, today=TODAY).c.status))).scalar_one() == "compliant"


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_fact_recorded_during_a_rebuild_is_not_lost(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        await facts.version(await facts.expectation(), [course])
    rebuilt, written = asyncio.Event(), asyncio.Event()

    async def rebuild_slowly() -> None:
        async with empty.writing() as session:
            await written.wait()
            await rebuild(session)
            rebuilt.set()
            await asyncio.sleep(0.1)

    async def record() -> None:
        async with empty.writing() as session:
            await Facts(session).completed(post, course, TODAY)
            written.set()
            await rebuilt.wait()

    await asyncio.gather(rebuild_slowly(), record())
    async with empty.reading() as session:
        assert await as_kept(session) == await computed(session)
        assert (await session.execute(select(standings_on(TODAY, today=TODAY).c.status))).scalar_one() == "compliant"
