"""A change of rules rehearsed: who would turn overdue on what day, and nothing is written."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import LONG_AGO, Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import Item
from training_tracker.database import Database, touch
from training_tracker.expectations.models import Expectation, ExpectationVersion, Measure, OnChange
from training_tracker.expectations.publishing import withdraw_all_but
from training_tracker.people.models import Agency, Post
from training_tracker.standing.models import Standing
from training_tracker.standing.rehearsing import Needed, Relieved, Turning, TurningPerson, rehearse

TODAY, LAST = date(2026, 11, 24), date(2027, 11, 23)
CHANGE = date(2027, 4, 1)


async def three_people(session: AsyncSession) -> list[Post]:
    """Ann did it lately, Ben long ago, Cat is about to lapse anyway; the rule is one course in 36 months."""
    facts = Facts(session)
    course = await facts.item("A")
    await facts.version(await facts.expectation("E"), [course], period_months=36)
    posts = [await facts.post(name) for name in ("Ann", "Ben", "Cat")]
    for post, done in zip(posts, (date(2026, 9, 1), date(2025, 3, 1), date(2024, 6, 1)), strict=True):
        await facts.completed(post, course, done)
    return posts


async def rule(session: AsyncSession) -> Expectation:
    return (await session.scalars(select(Expectation).where(Expectation.code == "E"))).one()


async def shortened(session: AsyncSession, **changes: Any) -> None:
    course = (await session.scalars(select(Item).where(Item.code == "A"))).one()
    changed: dict[str, Any] = {"effective_from": CHANGE, "period_months": 12} | changes
    await Facts(session).version(await rule(session), [course], **changed)


async def test_a_rehearsal_says_who_turns_overdue_when_and_what_that_needs(empty: Database) -> None:
    async with empty.writing() as session:
        await three_people(session)
    async with empty.rehearsing() as session:
        await shortened(session, transition_days=60)
        found = await rehearse(session, TODAY, LAST, named=True)
    # Ben and Cat have lapsed by the new rule when it begins and have the transition; Cat would lapse then anyway.
    agency, title = "Harbour Council", found.turning[0].title
    assert found.turning == [
        Turning(agency, "E", title, date(2027, 6, 1), people=2, posts=2, anyway=1),
        Turning(agency, "E", title, date(2027, 9, 2), people=1, posts=1, anyway=0),
    ]
    assert found.needed == [Needed(agency, "E", title, people=3, amount=1, measure=Measure.ITEMS)]
    assert found.needed[0].places == 3
    assert found.relieved == []
    assert [(person.name, person.on) for person in found.people] == [
        ("Ann", date(2027, 9, 2)),
        ("Ben", date(2027, 6, 1)),
        ("Cat", date(2027, 6, 1)),
    ]
    assert isinstance(found.people[0], TurningPerson)


async def test_without_transition_days_the_change_itself_is_the_day(empty: Database) -> None:
    async with empty.writing() as session:
        await three_people(session)
    async with empty.rehearsing() as session:
        await shortened(session, transition_days=0)
        found = await rehearse(session, TODAY, LAST)
    assert [(line.on, line.people, line.anyway) for line in found.turning] == [
        (date(2027, 4, 2), 2, 1),
        (date(2027, 9, 2), 1, 0),
    ]
    assert (found.people, found.silent) == ([], [])


async def test_a_pinned_change_lets_nobody_turn_overdue_who_has_earned_longer(empty: Database) -> None:
    async with empty.writing() as session:
        await three_people(session)
    async with empty.rehearsing() as session:
        await shortened(session, on_change=OnChange.PIN, transition_days=0)
        found = await rehearse(session, TODAY, LAST)
    assert (found.turning, found.needed, found.relieved) == ([], [], [])


async def test_a_longer_period_relieves_from_its_first_day(empty: Database) -> None:
    async with empty.writing() as session:
        posts = await three_people(session)
        await Facts(session).exempt(posts[0], await rule(session), TODAY, date(2030, 1, 1))
    async with empty.rehearsing() as session:
        await shortened(session, period_months=60)
        found = await rehearse(session, TODAY, date(2028, 6, 1))
    assert found.turning == []
    assert [(line.on, line.people) for line in found.relieved] == [(date(2027, 6, 2), 1), (date(2028, 3, 2), 1)]
    assert isinstance(found.relieved[0], Relieved)


async def test_whoever_is_overdue_already_or_exempt_or_on_leave_is_in_no_rehearsal(empty: Database) -> None:
    async with empty.writing() as session:
        ann, ben, cat = await three_people(session)
        facts = Facts(session)
        await facts.exempt(ann, await rule(session), TODAY, date(2030, 1, 1))
        await facts.on_leave(ben, TODAY, None)
        await facts.post("Dee")
    async with empty.rehearsing() as session:
        await shortened(session, transition_days=0)
        found = await rehearse(session, TODAY, LAST)
    assert [(line.on, line.people) for line in found.turning] == [(date(2027, 4, 2), 1)]
    assert cat is not None


async def test_whoever_comes_back_overdue_turns_on_the_day_after_an_exemption_or_a_leave(empty: Database) -> None:
    async with empty.writing() as session:
        ann, ben, _ = await three_people(session)
        facts = Facts(session)
        await facts.exempt(ann, await rule(session), TODAY, date(2027, 10, 15))
        await facts.exempt(ben, await rule(session), TODAY, date(2027, 4, 30))
    async with empty.rehearsing() as session:
        await shortened(session, transition_days=0)
        found = await rehearse(session, TODAY, LAST, named=True)
    assert [(person.name, person.on) for person in found.people] == [
        ("Ann", date(2027, 10, 16)),
        ("Ben", date(2027, 5, 1)),
        ("Cat", date(2027, 4, 2)),
    ]
    assert found.needed[0].people == 3


async def test_whoever_was_overdue_before_a_leave_that_ends_turns_when_it_ends(empty: Database) -> None:
    async with empty.writing() as session:
        _, ben, _ = await three_people(session)
        await Facts(session).on_leave(ben, date(2027, 4, 2), date(2027, 4, 30))
    async with empty.rehearsing() as session:
        await shortened(session, transition_days=0)
        found = await rehearse(session, TODAY, LAST, named=True)
    assert [person.on for person in found.people if person.name == "Ben"] == [date(2027, 5, 1)]


async def test_a_rehearsal_names_the_agencies_that_it_touches_and_whose_feeds_of_it_are_silent(empty: Database) -> None:
    async with empty.writing() as session:
        await three_people(session)
        facts = Facts(session)
        course, other = (await session.scalars(select(Item))).one(), await facts.item("OTHER")
        agency = (await session.scalars(select(Agency))).one()
        await facts.feed(await facts.agency("Nobody Here"), course)
        elsewhere = await facts.agency("St Brannock's Trust")
        eve = await facts.post("Eve", team=await facts.team(agency=elsewhere))
        await facts.completed(eve, course, date(2025, 3, 1))
        await facts.feed(elsewhere, other)
        await facts.feed(agency, course)
    async with empty.rehearsing() as session:
        await shortened(session)
        assert (await rehearse(session, TODAY, LAST)).silent == ["Harbour Council"]
    async with empty.rehearsing() as session:
        await shortened(session, period_months=60)
        assert (await rehearse(session, TODAY, date(2028, 6, 1))).silent == ["Harbour Council"], "relieved"
    async with empty.rehearsing() as session:
        await shortened(session, period_months=60)
        assert (await rehearse(session, TODAY, TODAY)).silent == [], "nobody is touched by then"


async def test_each_agency_each_expectation_and_each_day_is_counted_by_itself(empty: Database) -> None:
    """Ann has two posts, and what she did of another course lapses then anyway. Cat's two would lapse on the last day,
    and so does what Fay did by the new rule; what Gus did a day later.
    """
    rules: dict[str, dict[str, Any]] = {
        "E": {},
        "A-HOURS": {"measure": Measure.HOURS, "amount": 8, "grace_days": 10},
        "ASIDE": {},
        "OPTIONAL": {"required": False},
        "SETTING": {"people_in_setting": 2},
    }
    async with empty.writing() as session:
        facts = Facts(session)
        items = {code: await facts.item(code) for code in rules}
        expectations = {code: await facts.expectation(code) for code in rules}
        for code, rest in rules.items():
            await facts.version(expectations[code], [items[code]], period_months=36, **rest)
        trust = await facts.team(agency=await facts.agency("Bay Trust"))
        desk, annex = await facts.team("Desk"), await facts.team("Annex")
        done = {
            "Ann": (desk, 2, date(2025, 3, 1)),
            "Cat": (annex, 2, date(2024, 11, 22)),
            "Ben": (trust, 1, date(2025, 3, 1)),
            "Fay": (trust, 1, date(2026, 11, 22)),
            "Gus": (trust, 1, date(2026, 11, 23)),
        }
        for name, (team, posts, day) in done.items():
            for _ in range(posts):
                post = await facts.post(name, team=team)
            for code in ("E", "OPTIONAL", "SETTING"):
                await facts.completed(post, items[code], day)
            await facts.completed(post, items["ASIDE"], date(2024, 6, 1))
            if name == "Ann":
                await facts.completed(post, items["A-HOURS"], day, 9)
            if name == "Fay":
                await facts.on_leave(post, date(2025, 6, 1), date(2025, 6, 30))
    async with empty.rehearsing() as session:
        for code in ("E", "A-HOURS", "OPTIONAL", "SETTING"):
            changes = rules[code] | {"effective_from": CHANGE, "period_months": 12, "transition_days": 0}
            await Facts(session).version(expectations[code], [items[code]], **changes)
        found = await rehearse(session, TODAY, LAST, named=True)
    title = {code: f"Expected: {code}" for code in rules}
    first = date(2027, 4, 2)
    assert found.turning == [
        Turning("Bay Trust", "E", title["E"], first, people=1, posts=1, anyway=0),
        Turning("Bay Trust", "E", title["E"], LAST, people=1, posts=1, anyway=0),
        Turning("Harbour Council", "A-HOURS", title["A-HOURS"], date(2027, 4, 12), people=1, posts=2, anyway=0),
        Turning("Harbour Council", "E", title["E"], first, people=2, posts=4, anyway=1),
    ]
    assert found.needed == [
        Needed("Bay Trust", "E", title["E"], people=2, amount=1, measure=Measure.ITEMS),
        Needed("Harbour Council", "A-HOURS", title["A-HOURS"], people=1, amount=8, measure=Measure.HOURS),
        Needed("Harbour Council", "E", title["E"], people=2, amount=1, measure=Measure.ITEMS),
    ]
    assert found.people == [
        TurningPerson("Bay Trust", "Bay Trust", "Ben", "E", title["E"], first),
        TurningPerson("Bay Trust", "Bay Trust", "Fay", "E", title["E"], LAST),
        TurningPerson("Harbour Council", "Annex", "Cat", "E", title["E"], first),
        TurningPerson("Harbour Council", "Desk", "Ann", "A-HOURS", title["A-HOURS"], date(2027, 4, 12)),
        TurningPerson("Harbour Council", "Desk", "Ann", "E", title["E"], first),
    ]
    assert found.relieved == []


async def test_one_day_of_exemption_or_leave_excuses_that_day_and_what_was_taken_back_excuses_none(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ann, ben, cat = await three_people(session)
        eve = await facts.post("Eve")
        await facts.completed(eve, (await session.scalars(select(Item))).one(), date(2025, 3, 1))
        aside = await facts.expectation("ASIDE")
        expectation = await rule(session)
        first = date(2027, 4, 2)
        await facts.exempt(ben, expectation, first, first)
        await facts.on_leave(cat, first, first)
        (await facts.exempt(ann, expectation, TODAY, date(2030, 1, 1))).withdrawn_at = now()
        (await facts.on_leave(eve, TODAY)).withdrawn_at = now()
        await facts.exempt(eve, aside, TODAY, date(2030, 1, 1))
        await facts.exempt(eve, expectation, date(2027, 6, 1), date(2030, 1, 1))
        await facts.on_leave(ann, date(2027, 10, 1))
        touch(session, everything=True)
    async with empty.rehearsing() as session:
        await shortened(session, transition_days=0)
        found = await rehearse(session, TODAY, LAST, named=True)
    assert [(person.name, person.on) for person in found.people] == [
        ("Ann", date(2027, 9, 2)),
        ("Ben", date(2027, 4, 3)),
        ("Cat", date(2027, 4, 3)),
        ("Eve", first),
    ]


async def test_what_a_change_makes_overdue_before_the_day_turns_on_the_day(empty: Database) -> None:
    async with empty.writing() as session:
        await three_people(session)
    async with empty.rehearsing() as session:
        await shortened(session, effective_from=date(2026, 10, 1), transition_days=0)
        found = await rehearse(session, TODAY, LAST, named=True)
    assert [(person.name, person.on) for person in found.people] == [
        ("Ann", date(2027, 9, 2)),
        ("Ben", TODAY),
        ("Cat", TODAY),
    ]
    assert [(line.on, line.anyway) for line in found.turning] == [(TODAY, 1), (date(2027, 9, 2), 0)]


async def test_whoever_was_overdue_before_is_not_called_overdue_anyway(empty: Database) -> None:
    """The rule was to be recommended only from then on, and is to go on being required."""
    async with empty.writing() as session:
        await three_people(session)
        await shortened(session, required=False)
        await Facts(session).post("Dan")
    async with empty.rehearsing() as session:
        await shortened(session, period_months=36, transition_days=0)
        found = await rehearse(session, TODAY, LAST)
    assert [(line.on, line.people, line.anyway) for line in found.turning] == [(CHANGE, 1, 0), (date(2027, 6, 2), 1, 0)]


async def test_a_version_relieves_from_its_first_day_and_turns_from_it_where_it_is_taken_back(empty: Database) -> None:
    """Who was overdue all the time before."""
    async with empty.writing() as session:
        _, ben, _ = await three_people(session)
        await shortened(session, effective_from=LONG_AGO)
    async with empty.rehearsing() as session:
        await shortened(session, period_months=36)
        found = await rehearse(session, TODAY, LAST)
    assert found.turning == []
    assert [(line.on, line.people) for line in found.relieved] == [(CHANGE, 2), (date(2027, 9, 2), 1)]
    async with empty.writing() as session:
        await Facts(session).on_leave(ben, date(2027, 3, 1), date(2027, 3, 30))
        await shortened(session, period_months=36)
    async with empty.rehearsing() as session:
        await withdraw_all_but(session, (await rule(session)).id, [LONG_AGO])
        found = await rehearse(session, TODAY, LAST)
    assert found.relieved == []
    assert [(line.on, line.people, line.anyway) for line in found.turning] == [
        (CHANGE, 2, 1),
        (date(2027, 9, 2), 1, 0),
    ]


async def test_the_day_on_which_a_version_ends_is_that_of_the_very_post(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("A")
        await facts.version(await facts.expectation("E"), [course], period_months=12)
        await facts.completed(await facts.post("Ben"), course, date(2025, 3, 1))
    async with empty.rehearsing() as session:
        await shortened(session, period_months=36)
        found = await rehearse(session, TODAY, LAST)
    assert [(line.on, line.people) for line in found.relieved] == [(CHANGE, 1)]


async def test_who_is_excused_until_the_version_ends_turns_by_it_no_more(empty: Database) -> None:
    async with empty.writing() as session:
        _, ben, cat = await three_people(session)
        for post, until in ((ben, date(2027, 3, 30)), (cat, date(2027, 4, 15))):
            await Facts(session).exempt(post, await rule(session), TODAY, until)
    async with empty.rehearsing() as session:
        await shortened(session, effective_from=date(2026, 10, 1), transition_days=0)
        await shortened(session, period_months=60)
        found = await rehearse(session, TODAY, LAST, named=True)
    assert [(person.name, person.on) for person in found.people] == [("Ben", date(2027, 3, 31))]


async def test_a_rehearsal_writes_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        await three_people(session)
    before = await everything(empty)
    async with empty.rehearsing() as session:
        await shortened(session)
        assert (await rehearse(session, TODAY, LAST)).turning
    assert await everything(empty) == before


async def everything(database: Database) -> tuple[int | None, list[object]]:
    async with database.reading() as session:
        versions = await session.scalar(select(func.count()).select_from(ExpectationVersion))
        rows = await session.execute(select(*Standing.__table__.c).order_by(Standing.post_id, Standing.version_id))
        return versions, [tuple(row) for row in rows]


def test_needed_counts_hours_for_each_person() -> None:
    line = Needed("Harbour Council", "E", "Hours", people=3, amount=8, measure=Measure.HOURS)
    assert line.places == 24
    assert replace(line, people=0).places == 0
