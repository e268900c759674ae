"""The register says who expects what of whom, in which versions, and which of them is meant on a day."""

from datetime import UTC, date, datetime

import pytest

from tests.facts import BY, LONG_AGO, Facts
from training_tracker.catalogue.models import Mark
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.expectations.models import Setting
from training_tracker.expectations.publishing import Scope, withdraw_all_but
from training_tracker.expectations.register import VersionLine, how_many, register, registered

FIRST, SECOND, THIRD = LONG_AGO, date(2024, 1, 1), date(2026, 1, 1)


async def test_a_version_is_told_with_everything_that_was_published_of_it(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        expectation = await facts.expectation()
        version = await facts.version(
            expectation,
            [await facts.item("B"), await facts.item("A")],
            effective_until=SECOND,
            refreshers=frozenset({(await facts.item("AA")).id}),
            amount=2,
            period_months=24,
            required=False,
            target_percent=80,
            first_due_days=14,
            people_in_setting=2,
            setting=Setting.TEAM,
            source="Audit of 2024",
            rationale="So that somebody is there",
        )
        # Just before midnight by UTC it is the next day in London in summer.
        version.published_at = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
        await session.flush()
        (line,) = await register(session, LONG_AGO, agencies=[])
    assert (line.id, line.code, line.title) == (expectation.id, "CSA", "Expected: CSA")
    assert (line.owner, line.agency_id) == ("Harbour Safeguarding Partnership", None)
    assert line.versions == (line.current,)
    assert line.current == VersionLine(
        id=version.id,
        effective_from=LONG_AGO,
        effective_until=SECOND,
        rule=(
            "Complete all of: “About A” and “About B”, every 2 years. Once you have done it, “About AA” renews it. "
            "Each team needs at least 2 people who has done it."
        ),
        change=None,
        differences=(),
        required=False,
        target_percent=80,
        first_due_days=14,
        applies_to=("Everybody",),
        items=(("A", "About A"), ("B", "About B"), ("AA", "About AA")),
        source="Audit of 2024",
        rationale="So that somebody is there",
        mark=Mark.ILLUSTRATIVE,
        approved_by=None,
        people_in_setting=2,
        published_on=date(2026, 7, 1),
        published_by=BY,
    )


async def test_each_version_ends_before_the_next_and_the_one_in_force_is_current(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course, expectation = await facts.item(), await facts.expectation()
        for day, months, until in ((THIRD, 6, None), (FIRST, 24, None), (SECOND, 12, date(2025, 6, 30))):
            await facts.version(expectation, [course], effective_from=day, effective_until=until, period_months=months)

        async def current(on: date) -> date:
            return (await registered(session, on, "CSA", agencies=[])).current.effective_from

        line = await registered(session, THIRD, "CSA", agencies=[])
        assert [(version.effective_from, version.effective_until) for version in line.versions] == [
            (FIRST, date(2023, 12, 31)),
            (SECOND, date(2025, 6, 30)),
            (THIRD, None),
        ]
        assert [version.change is None for version in line.versions] == [True, False, False]
        assert line.versions[1].change == (
            "It applies at once, also to what was completed before. Nobody is overdue for the change alone in its "
            "first 30 days."
        )
        assert await current(date(2019, 12, 31)) == FIRST, "none is in force yet, and this is the next"
        assert await current(date(2023, 12, 31)) == FIRST
        assert await current(SECOND) == SECOND
        assert await current(date(2025, 12, 31)) == SECOND, "that one has ended, and the next has not begun"
        assert await current(THIRD) == THIRD


async def test_a_scope_is_said_in_words(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        agency, nurse, team = (
            await facts.agency(),
            await facts.role("Nurse", sector="Health trust"),
            await facts.team("Duty"),
        )
        group, sector = await facts.role_group("Group 2"), await facts.sector("Police")
        await facts.version(
            await facts.expectation(),
            [await facts.item()],
            scopes=[
                Scope(team_id=team.id, agency_id=agency.id),
                Scope(role_id=nurse.id),
                Scope(role_group_id=group.id, sector_id=sector.id),
                Scope(agency_id=agency.id, sector_id=agency.sector_id, role_id=nurse.id),
                Scope(sector_id=nurse.sector_id, role_id=nurse.id, role_group_id=group.id),
            ],
        )
        line = await registered(session, LONG_AGO, "CSA", agencies=[])
    assert line.current.applies_to == (
        "Everybody in the group Group 2, Police",
        "Everybody, Duty, Harbour Council",
        "Nurse in the group Group 2, Health trust",
        "Nurse, Harbour Council, Local authority, Health trust",
        "Nurse, Health trust",
    )


async def test_an_agencys_own_is_seen_by_whoever_may_and_by_nobody_else(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course, council, surgery = await facts.item(), await facts.agency(), await facts.agency("Bay Surgery")
        assert await how_many(session) == 0
        for code, owner in (("B", None), ("C", council), ("A", surgery)):
            await facts.version(await facts.expectation(code, owner=owner), [course])
        assert await how_many(session) == 3
        lines = await register(session, LONG_AGO, agencies=[council.id])
        assert [(line.code, line.owner, line.agency_id) for line in lines] == [
            ("B", "Harbour Safeguarding Partnership", None),
            ("C", "Harbour Council", council.id),
        ]
        everything = await register(session, LONG_AGO, agencies=[council.id, surgery.id])
        assert [line.code for line in everything] == ["A", "B", "C"]
        assert (await registered(session, LONG_AGO, "C", agencies=[council.id])).code == "C"
        assert (await registered(session, LONG_AGO, "B", agencies=[])).code == "B"
        for code in ("A", "NONE"):
            with pytest.raises(NotFound, match=f"^expectation {code}$"):
                await registered(session, LONG_AGO, code, agencies=[council.id])


async def test_what_was_withdrawn_altogether_is_not_registered(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await facts.item()
        gone, there = await facts.expectation("A"), await facts.expectation("B")
        await facts.version(gone, [course])
        await facts.version(there, [course])
        await facts.version(there, [course], effective_from=SECOND)
        await withdraw_all_but(session, gone.id, [])
        await withdraw_all_but(session, there.id, [LONG_AGO])
        (line,) = await register(session, THIRD, agencies=[])
        assert (line.code, [version.effective_from for version in line.versions]) == ("B", [LONG_AGO])
