"""What an agency decides about its own expectations, and what of it is refused."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from training_tracker.catalogue.models import Item, Mark
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Expectation, ExpectationVersion, Method
from training_tracker.expectations.own import (
    add_expectation,
    end_expectation,
    newest_rule,
    own_expectation,
    publish_version,
    published_versions,
    take_back,
)
from training_tracker.expectations.publishing import Rule
from training_tracker.people.models import Agency

TODAY, LATER, LATER_STILL = date(2026, 5, 4), date(2026, 7, 1), date(2026, 10, 1)


async def rule(session: AsyncSession, **parts: Any) -> Rule:
    item = await session.scalar(select(Item)) or await Facts(session).item("A")
    usual: dict[str, Any] = {
        "effective_from": LATER,
        "first_due_days": 30,
        "method": Method.COMPLETION,
        "period_months": 12,
        "mark": Mark.SOURCED,
        "approved_by": "Jo Park, chief nurse",
        "items": frozenset({item.id}),
    }
    return Rule(**usual | parts)


async def added(session: AsyncSession, title: str = "Yearly, everybody", **parts: Any) -> Expectation:
    agency = await Facts(session).agency()
    return await add_expectation(session, agency.id, title, await rule(session, **parts), by=BY, today=TODAY)


async def days(session: AsyncSession, expectation: Expectation) -> list[tuple[date, date | None]]:
    versions = await published_versions(session, expectation.id)
    return [(version.effective_from, version.effective_until) for version in versions]


async def test_what_an_agency_adds_has_a_code_from_its_title_and_who_approved_it(empty: Database) -> None:
    async with empty.rehearsing() as session:
        expectation = await added(session, "  Toolkit: every   year (“café” staff) ")
        other = await added(session, "Toolkit – every year: café, staff")
        (version,) = await published_versions(session, expectation.id)
        assert (version.approved_by, version.published_by) == ("Jo Park, chief nurse", BY)
        agency = await Facts(session).agency()
        assert await own_expectation(session, [agency.id], expectation.code) is expectation
        assert (expectation.agency_id, expectation.partnership_id) == (agency.id, None)
        with pytest.raises(NotFound):
            await own_expectation(session, [agency.id + 1], expectation.code)
    assert (expectation.code, expectation.title) == (
        "TOOLKIT-EVERY-YEAR-CAFE-STAFF",
        "Toolkit: every year (“café” staff)",
    )
    assert other.code == "TOOLKIT-EVERY-YEAR-CAFE-STAFF-2"
    assert expectation.kept_on_pages


@pytest.mark.parametrize(
    ("title", "parts", "field"),
    [
        (" ", {}, "title"),
        ("Yearly", {"effective_from": date(2026, 5, 3)}, "from"),
        ("Yearly", {"effective_from": date(2062, 5, 3)}, "from"),
        ("Yearly", {"approved_by": None}, "approver"),
        ("once  A YEAR", {}, "title"),
    ],
)
async def test_what_lacks_a_name_or_an_approver_or_begins_in_the_past_is_refused(
    empty: Database, title: str, parts: dict[str, Any], field: str
) -> None:
    async with empty.rehearsing() as session:
        await added(session, "Once a year")
        with pytest.raises(Refused) as refused:
            await added(session, title, **parts)
    assert refused.value.field == field


async def test_an_agency_cannot_ask_less_than_its_partnership(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item("A")], period_months=12, first_due_days=14)
        with pytest.raises(Refused, match="first_due_days is 30 and not 14"):
            await added(session)


async def test_another_version_begins_today_at_the_earliest_and_says_something_else(empty: Database) -> None:
    async with empty.rehearsing() as session:
        expectation = await added(session, effective_from=TODAY)
        known = await newest_rule(session, expectation.id)
        again = replace(known, effective_from=LATER, approved_by="Somebody else")
        with pytest.raises(Refused, match="expected already"):
            await publish_version(session, expectation, again, by=BY, today=TODAY)
        stricter = replace(again, period_months=6)
        await publish_version(session, expectation, stricter, by=BY, today=TODAY)
        early = replace(stricter, effective_from=date(2026, 5, 3))
        with pytest.raises(Refused, match="3 May 2026 has passed"):
            await publish_version(session, expectation, early, by=BY, today=TODAY)
        assert await days(session, expectation) == [(TODAY, None), (LATER, None)]


async def test_an_end_is_kept_as_a_version_and_takes_back_what_was_to_come(empty: Database) -> None:
    last = date(2026, 8, 31)
    async with empty.rehearsing() as session:
        expectation = await added(session)
        changed = await rule(session, effective_from=LATER_STILL, period_months=6)
        await publish_version(session, expectation, changed, by=BY, today=TODAY)
        for day, who, problem in (
            (date(2026, 6, 30), "Jo", "does not begin before 1 July 2026"),
            (date(2026, 5, 3), "Jo", "has passed"),
            (last, "", "who approved it"),
        ):
            with pytest.raises(Refused, match=problem):
                await end_expectation(session, expectation, day, approved_by=who, by=BY, today=TODAY)
        await end_expectation(session, expectation, last, approved_by="Jo Park", by=BY, today=TODAY)
        assert await days(session, expectation) == [(LATER, last)]
        with pytest.raises(Refused, match="It ends on 31 August 2026 already"):
            await end_expectation(session, expectation, LATER_STILL, approved_by="Jo Park", by=BY, today=TODAY)
        # It can go on after all.
        await publish_version(session, expectation, await rule(session), by=BY, today=TODAY)
        assert await days(session, expectation) == [(LATER, None)]
        kept = list(await session.scalars(select(ExpectationVersion)))
    assert len(kept) == 4, "nothing that was published is gone"


async def test_what_has_not_begun_is_taken_back_and_what_has_begun_stays(empty: Database) -> None:
    async with empty.rehearsing() as session:
        expectation = await added(session, effective_from=TODAY)
        changed = await rule(session, effective_from=LATER, period_months=6)
        await publish_version(session, expectation, changed, by=BY, today=TODAY)
        with pytest.raises(NotFound):
            await take_back(session, expectation, LATER_STILL, today=TODAY)
        with pytest.raises(Refused, match="has begun"):
            await take_back(session, expectation, TODAY, today=TODAY)
        await take_back(session, expectation, LATER, today=TODAY)
        assert await days(session, expectation) == [(TODAY, None)]
        new = await added(session, "Not begun")
        await take_back(session, new, LATER, today=TODAY)
        with pytest.raises(NotFound):
            await newest_rule(session, new.id)
        assert (await added(session, "Not begun")).code == "NOT-BEGUN-2", "its name is free again"


async def test_a_title_without_a_letter_of_ours_has_a_code_all_the_same(empty: Database) -> None:
    async with empty.rehearsing() as session:
        expectation = await added(session, "漢字")
        agency = (await session.scalars(select(Agency))).one()
        assert (expectation.code, expectation.agency_id) == ("EXPECTATION", agency.id)
