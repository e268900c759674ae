"""Standings counted, and the percentage that is never rounded up."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.expectations.models import Measure
from training_tracker.expectations.publishing import Scope
from training_tracker.standing.status import Status, standings_on
from training_tracker.uptake.counting import By, Counts, People, Uptake, agencies_of_shared_people, families, uptake

TODAY = date(2026, 5, 4)

some_counts = st.builds(Counts, *[st.integers(0, 300)] * 8)


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        (Counts(compliant=2, overdue=1), 66.6),
        (Counts(compliant=1, due_soon=1, overdue=1), 66.6),
        (Counts(compliant=1, in_grace=1, overdue=1), 66.6),
        (Counts(in_grace=1), 100.0),
        (Counts(compliant=8999, overdue=1001), 89.9),
        (Counts(compliant=2999, overdue=1), 99.9),
        (Counts(compliant=5), 100.0),
        (Counts(overdue=5), 0.0),
        (Counts(compliant=29, overdue=71), 29.0),
        (Counts(), None),
        (Counts(not_yet_due=4, undated=1, exempt=2, on_leave=3), None),
    ],
)
def test_the_percentage_is_cut_not_rounded(counts: Counts, percent: float | None) -> None:
    assert counts.percent == percent


@given(counts=some_counts)
def test_the_percentage_is_never_above_the_truth_nor_a_tenth_below(counts: Counts) -> None:
    if counts.percent is None:
        assert counts.compliant + counts.due_soon + counts.in_grace + counts.overdue == 0
        return
    tenths = round(counts.percent * 10)
    assert tenths == pytest.approx(counts.percent * 10)
    met = counts.compliant + counts.due_soon + counts.in_grace
    measured = met + counts.overdue
    assert tenths * measured <= met * 1000 < (tenths + 1) * measured


@given(several=st.lists(some_counts, max_size=5))
def test_counts_add_up_status_by_status(several: list[Counts]) -> None:
    total = sum(several, Counts())
    assert total.expected == sum(counts.expected for counts in several)
    assert total.on_leave == sum(counts.on_leave for counts in several)


async def every_status(facts: Facts) -> None:
    """One post for every status, all in one team, and Ann in two posts."""
    course, expectation = await facts.item(), await facts.expectation()
    await facts.version(expectation, [course], period_months=12, grace_days=14)
    for name, on in (("Ann Reed", date(2026, 2, 1)), ("Ben Cole", date(2025, 5, 20)), ("Cat Dunn", date(2024, 1, 9))):
        await facts.completed(await facts.post(name), course, on)
    await facts.post("Ann Reed", role=await facts.role("Duty manager"))
    await facts.post("Dan Frost", started_on=date(2026, 4, 20))
    await facts.post("Eve Gale", started_on=None)
    await facts.exempt(await facts.post("Finn Hall"), expectation, date(2026, 1, 1), date(2026, 12, 31))
    await facts.on_leave(await facts.post("Gwen Ives"), date(2026, 1, 1))
    await facts.completed(await facts.post("Hal Jones"), course, date(2025, 4, 20))


async def test_every_post_is_counted_under_exactly_one_status(empty: Database) -> None:
    async with empty.writing() as session:
        await every_status(Facts(session))
    async with empty.reading() as session:
        (line,) = await uptake(session, TODAY, by=By.AGENCY, today=TODAY)
    assert line.counts == Counts(
        compliant=2, due_soon=1, in_grace=1, overdue=1, not_yet_due=1, undated=1, exempt=1, on_leave=1
    )
    assert line.counts.expected == 9
    assert line.counts.percent == 80.0
    assert line.people == 8, "Ann holds two posts"
    assert line.different == People(measured=4, met=3, not_met=1)


async def test_different_people_are_counted_once_each_however_many_posts_they_hold(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course])
        for name in ("Ann Reed", "Ben Cole", "Cat Dunn"):
            await facts.post(name)
            await facts.post(name, role=await facts.role("Duty manager"))
        await facts.completed(await facts.post("Cat Dunn", role=await facts.role("Nurse")), course, date(2026, 1, 5))
        await facts.post("Ben Cole", role=await facts.role("Trainee"), started_on=TODAY)
    async with empty.reading() as session:
        (line,) = await uptake(session, TODAY, by=By.AGENCY, today=TODAY)
    assert (line.counts.met, line.counts.overdue, line.counts.not_yet_due) == (3, 4, 1)
    assert line.different == People(measured=3, met=1, not_met=2)


async def test_expectations_with_the_same_items_and_measure_are_a_family_whatever_else_they_say(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        intro, short, other = await facts.item("INTRO"), await facts.item("SHORT"), await facts.item("OTHER")
        everybody, some, both = [await facts.expectation(code) for code in ("ALL", "SOME", "BOTH")]
        await facts.version(everybody, [intro], period_months=36)
        role = Scope(role_id=(await facts.role()).id)
        await facts.version(some, [intro], period_months=12, refreshers=frozenset({short.id}), scopes=[role])
        await facts.version(both, [intro, other])
    async with empty.reading() as session:
        found = await families(session, TODAY, today=TODAY)
    assert found[everybody.id] == found[some.id] == (Measure.ITEMS, frozenset({intro.id}))
    assert found[both.id] == (Measure.ITEMS, frozenset({intro.id, other.id}))


async def test_who_works_in_several_agencies_is_known_by_the_agencies_alone(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        trust = await facts.team(agency=await facts.agency("St Brannock's Trust"))
        for name in ("Ann Reed", "Ben Cole"):
            await facts.post(name)
            await facts.post(name, team=trust)
        await facts.post("Cat Dunn", team=trust)
        await facts.post("Cat Dunn", team=trust, role=await facts.role("Duty manager"))
    async with empty.reading() as session:
        shared = await agencies_of_shared_people(session, TODAY, today=TODAY)
    assert shared == [frozenset({"Harbour Council", "St Brannock's Trust"})] * 2


@pytest.mark.parametrize("on", [date(2025, 3, 1), TODAY, date(2027, 8, 1)])
async def test_the_counts_are_those_of_the_standings(empty: Database, on: date) -> None:
    async with empty.writing() as session:
        await every_status(Facts(session))
    async with empty.reading() as session:
        standing = standings_on(on, today=TODAY)
        statuses = Counter(await session.scalars(select(standing.c.status)))
        for by in By:
            lines = await uptake(session, on, by=by, today=TODAY)
            total = sum((line.counts for line in lines), Counts())
            assert {status: statuses[status] for status in Status} == {
                status: getattr(total, status.name.lower()) for status in Status
            }
            assert total.expected == sum(statuses.values())


async def lines_by(database: Database, by: By) -> list[Uptake]:
    async with database.reading() as session:
        return await uptake(session, TODAY, by=by, today=TODAY)


async def test_uptake_by_agency_team_role_and_item_names_what_it_counts(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        council, trust = await facts.agency(), await facts.agency("St Brannock's Trust", sector="Hospital")
        nurse = await facts.role("Nurse", sector="Hospital")
        intro, advanced = await facts.item("INTRO"), await facts.item("ADVANCED")
        await facts.version(await facts.expectation(), [intro, advanced], amount=2)
        cat = await facts.post("Cat Dunn", team=await facts.team("MASH", agency=council))
        await facts.post("Ann Reed", team=await facts.team(agency=council))
        await facts.post("Eve Gale", team=await facts.team(agency=trust), role=nurse)
        await facts.completed(cat, intro, date(2026, 1, 5))
        await facts.completed(cat, advanced, date(2026, 1, 6))
    assert [(line.agency, line.counts.expected) for line in await lines_by(empty, By.AGENCY)] == [
        ("Harbour Council", 2),
        ("St Brannock's Trust", 1),
    ]
    assert [(line.agency, line.team, line.counts.percent) for line in await lines_by(empty, By.TEAM)] == [
        ("Harbour Council", "Harbour Council", 0.0),
        ("Harbour Council", "MASH", 100.0),
        ("St Brannock's Trust", "St Brannock's Trust", 0.0),
    ]
    assert [(line.role, line.counts.expected) for line in await lines_by(empty, By.ROLE)] == [
        ("Nurse", 1),
        ("Social worker", 2),
    ]
    assert [(line.item, line.counts.expected) for line in await lines_by(empty, By.ITEM)] == [
        ("ADVANCED", 3),
        ("INTRO", 3),
    ]


async def test_a_rule_about_a_setting_is_no_part_of_anybodys_percentage(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        await facts.version(await facts.expectation(), [await facts.item()], people_in_setting=1)
    assert await lines_by(empty, By.AGENCY) == []
