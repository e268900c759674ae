"""What must hold of standings whatever the rules and histories are."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.standing import oracle
from tests.standing.loading import load
from tests.standing.test_against_the_oracle import COLUMNS, histories
from tests.standing.worlds import ITEMS, MOMENTS, PRACTITIONERS, days, worlds
from training_tracker.database import Database
from training_tracker.standing.refreshing import rebuild
from training_tracker.standing.status import Status, standings_on

Key = tuple[int, int, date]


async def kept(database: Database, world: oracle.World) -> dict[Key, oracle.Standing]:
    async with database.writing() as session:
        await load(session, world)
        await rebuild(session)
    async with database.reading() as session:
        rows = [oracle.Standing._make(row) for row in await session.execute(select(*COLUMNS))]
    return {(row.post, row.version, row.in_force_from): row for row in rows}


@histories
@given(
    world=worlds(),
    more=st.lists(st.tuples(st.sampled_from(PRACTITIONERS), st.sampled_from(ITEMS), days), min_size=1, max_size=8),
)
async def test_another_completion_never_makes_any_date_earlier(
    empty: Database, world: oracle.World, more: list[tuple[int, int, date]]
) -> None:
    there = {(c.practitioner, c.item, c.on) for c in world.completions}
    known, number = oracle.Known(MOMENTS[0], None), len(world.completions)
    extra = [
        oracle.Completion(number + n, person, item, on, 1.5, 4, known)
        for n, (person, item, on) in enumerate(sorted(set(more) - there), 1)
    ]
    before = await kept(empty, world)
    after = await kept(empty, replace(world, completions=(*world.completions, *extra)))
    assert before.keys() == after.keys()
    for key, old in before.items():
        new = after[key]
        assert new.first_due_on == old.first_due_on
        if old.met_from is not None:
            assert new.met_from is not None
            assert new.met_from >= old.met_from
            assert forever(new.met_until) >= forever(old.met_until)
            assert forever(new.renewal_opens_on) >= forever(old.renewal_opens_on)
        if old.due_on is not None or old.met_from is not None:
            assert forever(new.due_on) >= forever(old.due_on)


def forever(day: date | None) -> date:
    return day or date.max


@histories
@given(world=worlds(), distances=st.lists(st.integers(0, 900), min_size=3, max_size=3))
async def test_overdue_never_disappears_by_the_passing_of_time_alone(
    empty: Database, world: oracle.World, distances: list[int]
) -> None:
    newest = max(completion.on for completion in world.completions)
    await kept(empty, world)
    overdue: set[Key] = set()
    for on in (newest + timedelta(days=distance) for distance in sorted(distances)):
        async with empty.reading() as session:
            standing = standings_on(on, today=newest).c
            rows = await session.execute(
                select(standing.post_id, standing.version_id, standing.in_force_from, standing.status)
            )
            found = {(post, version, since): status for post, version, since, status in rows}
        for key in overdue & found.keys():
            assert found[key] in (Status.OVERDUE, Status.EXEMPT, Status.ON_LEAVE, Status.UNKNOWN)
        overdue |= {key for key, status in found.items() if status == Status.OVERDUE}


@histories
@given(world=worlds(), order=st.randoms(use_true_random=False))
async def test_the_order_in_which_facts_came_does_not_matter(
    empty: Database, world: oracle.World, order: Random
) -> None:
    shuffled = list(world.completions)
    order.shuffle(shuffled)
    renumbered = tuple(replace(completion, id=number) for number, completion in enumerate(shuffled, 1))
    absences = tuple(reversed(world.absences))
    assert await kept(empty, world) == await kept(empty, replace(world, completions=renumbered, absences=absences))


@histories
@given(people=st.lists(st.tuples(st.integers(1, 48), st.integers(0, 5000)), min_size=1, max_size=20))
async def test_one_completion_clears_however_many_cycles_were_missed(
    empty: Database, people: list[tuple[int, int]]
) -> None:
    """Each person did it once, years or days ago, under a rule of so many months, and once again today."""
    today = date(2026, 5, 4)
    world = _one_rule_each(people, today)
    before = await kept(empty, world)
    again = [oracle.Completion(1000 + n, n, 1, today, None, 4, _ALWAYS) for n, (_, ago) in enumerate(people, 1) if ago]
    after = await kept(empty, replace(world, completions=(*world.completions, *again)))
    for number, (months, ago) in enumerate(people, 1):
        old, new = before[number, number, date(2000, 1, 1)], after[number, number, date(2000, 1, 1)]
        assert old.met_until == oracle.months_later(today - timedelta(days=ago), months)
        assert new.met_until == new.due_on == oracle.months_later(today, months)


_ALWAYS = oracle.Known(MOMENTS[0], None)


def _one_rule_each(people: list[tuple[int, int]], today: date) -> oracle.World:
    numbers = range(1, len(people) + 1)
    return oracle.World(
        agencies=tuple(oracle.Agency(n, 1, frozenset()) for n in numbers),
        teams=tuple(oracle.Team(n, n, None) for n in numbers),
        roles=(oracle.Role(1, 1, 1),),
        posts=tuple(oracle.Post(n, n, n, 1, date(2000, 1, 1), None, _ALWAYS) for n in numbers),
        absences=(),
        items=(oracle.Item(1, (), ()),),
        equivalences=(),
        expectations=tuple(oracle.Expectation(n, None, n) for n in numbers),
        versions=tuple(
            oracle.Version(
                id=n,
                expectation=n,
                effective_from=date(2000, 1, 1),
                effective_until=None,
                first_due_days=30,
                return_notice_days=30,
                grace_days=0,
                measure="items",
                amount=1,
                method="completion",
                period_months=months,
                anchor_on=None,
                least_validity_months=0,
                renewal_window_months=3,
                current_version_only=False,
                least_strength=1,
                items=frozenset({1}),
                refreshers=frozenset(),
                refresher_months=None,
                scopes=(oracle.Scope(None, None, None, None, None),),
                known=_ALWAYS,
            )
            for n, (months, _) in enumerate(people, 1)
        ),
        exemptions=(),
        extensions=(),
        completions=tuple(
            oracle.Completion(n, n, 1, today - timedelta(days=ago), None, 4, _ALWAYS)
            for n, (_, ago) in enumerate(people, 1)
        ),
    )
