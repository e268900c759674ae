"""Each agency may remind its people at other distances."""

from datetime import date

import pytest

from tests.facts import Facts
from tests.reminders.planning import plan
from tests.reminders.test_digests import DUE, a_course_due, days_of_digests
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.reminders.ladder import USUAL, Ladder
from training_tracker.reminders.ladders import ladders_by_agency, named_ladders, set_ladder


async def test_an_agency_reminds_its_people_at_its_own_distances(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_course_due(facts, renewal_window_months=6)
        await set_ladder(session, (await facts.agency()).id, Ladder((14, 120), (30,), monthly=False), "tests")
    assert await days_of_digests(empty, date(2026, 2, 1), date(2026, 12, 31)) == [
        date(2026, 2, 10),  # 120 days before
        date(2026, 5, 27),  # 14
        DUE,
        date(2026, 7, 10),  # 30 after, and nothing more
    ]


async def test_another_agency_keeps_the_usual_ladder(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        trust = await facts.agency("Harbour NHS Trust")
        await a_course_due(facts, post=await facts.post("Ben Cole", team=await facts.team(agency=trust)))
        await set_ladder(session, (await facts.agency()).id, Ladder((1,), ()), "tests")
    async with empty.reading() as session:
        assert [(name, ladder == USUAL) for name, ladder in await named_ladders(session)] == [
            ("Harbour Council", False),
            ("Harbour NHS Trust", True),
        ]
    assert (await plan(empty, date(2026, 3, 12))).digests


async def test_a_changed_ladder_is_looked_at_on_the_next_day(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    await plan(empty, date(2026, 3, 12))
    async with empty.writing() as session:
        agency = await Facts(session).agency()
        await set_ladder(session, agency.id, Ladder((85,)), "tests")
    assert await days_of_digests(empty, date(2026, 3, 13), date(2026, 3, 31)) == [date(2026, 3, 19)]


async def test_a_changed_ladder_says_nothing_once_more(empty: Database) -> None:
    async with empty.writing() as session:
        await a_course_due(Facts(session))
    assert (await plan(empty, date(2026, 5, 11))).digests, "30 days before"
    async with empty.writing() as session:
        await set_ladder(session, (await Facts(session).agency()).id, Ladder((31, 7)), "tests")
    assert await days_of_digests(empty, date(2026, 5, 12), date(2026, 6, 9)) == [date(2026, 6, 3)]


async def test_the_usual_ladder_takes_the_agencys_own_away(empty: Database) -> None:
    async with empty.writing() as session:
        agency = await Facts(session).agency()
        await set_ladder(session, agency.id, Ladder((14,)), "tests")
    async with empty.writing() as session:
        await set_ladder(session, agency.id, USUAL, "tests")
    async with empty.reading() as session:
        assert await ladders_by_agency(session) == {}


@pytest.mark.parametrize(
    ("ladder", "problem", "field"),
    [
        (Ladder((0,)), "0 days before is no step", "before"),
        (Ladder((400,)), "400 days before is no step", "before"),
        (Ladder((7,), (366,)), "366 days after is no step", "after"),
        (Ladder(tuple(range(1, 20))), "19 reminders before the day are more than anybody reads", "before"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_days_that_no_ladder_has_are_refused(empty: Database, ladder: Ladder, problem: str, field: str) -> None:
    async with empty.writing() as session:
        agency = await Facts(session).agency()
        with pytest.raises(Refused) as refused:
            await set_ladder(session, agency.id, ladder, "tests")
    assert (refused.value.problem, refused.value.field) == (problem, field)


def test_a_ladder_is_put_in_order_and_read_in_words() -> None:
    assert Ladder((7, 60, 7), (14, 7)) == Ladder((60, 7), (7, 14))
    assert (
        str(USUAL) == "90, 60, 30, 7 days before; on the day; 7, 14 days after; then monthly; the manager after 30 days"
    )
    assert str(Ladder((), (), monthly=False)) == "on the day; the manager after 30 days"
