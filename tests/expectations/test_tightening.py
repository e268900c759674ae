"""An agency's rule that asks less than its partnership's is refused; one that asks more, or others, is not."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.facts import LONG_AGO, Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.publishing import Scope, withdraw_all_but
from training_tracker.expectations.tightening import loosened_by
from training_tracker.people.models import AgencyPartnership


async def a_common_rule(facts: Facts, **rule: Any) -> Item:
    """The partnership asks for a course every two years, of everybody unless the rule says otherwise."""
    await facts.agency()
    course = await facts.item()
    await facts.version(await facts.expectation("ALL"), [course], **{"period_months": 24} | rule)
    return course


async def the_council_asks(facts: Facts, course: Item, **rule: Any) -> None:
    own = await facts.expectation("OURS", owner=await facts.agency())
    await facts.version(own, [course], **{"period_months": 36} | rule)


async def test_a_looser_rule_is_refused_with_both_rules_the_field_both_values_and_the_mend(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts)
        with pytest.raises(Refused) as refused:
            await the_council_asks(facts, course, effective_from=date(2026, 4, 1), first_due_days=60)
    assert refused.value.problem == (
        "OURS (Harbour Council) asks less than ALL (Harbour Safeguarding Partnership) asks of some of the same posts "
        "from 1 April 2026 on: first_due_days is 60 and not 30; period_months is 36 and not 24"
    )
    assert refused.value.mend == (
        "An agency may tighten and never loosen: write first_due_days = 30 or less; period_months = 24 or less; or "
        "leave it out, and the partnership's holds."
    )
    assert refused.value.field == "first_due_days"


async def test_rules_and_mends_of_several_versions_are_told_one_after_the_other(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts)
        await facts.version(await facts.expectation("AND"), [course], effective_from=date(2026, 4, 1), period_months=12)
        with pytest.raises(Refused) as refused:
            await the_council_asks(facts, course, refreshers=frozenset({(await facts.item("SHORT")).id}))
    assert refused.value.problem == (
        "OURS (Harbour Council) asks less than ALL (Harbour Safeguarding Partnership) asks of some of the same posts "
        "from 1 January 2020 on: period_months is 36 and not 24; refreshers is more and not fewer. "
        "OURS (Harbour Council) asks less than AND (Harbour Safeguarding Partnership) asks of some of the same posts "
        "from 1 April 2026 on: period_months is 36 and not 12; refreshers is more and not fewer"
    )
    assert refused.value.mend == (
        "An agency may tighten and never loosen: write period_months = 24 or less; no refreshers but those of the "
        "other rule; period_months = 12 or less; or leave it out, and the partnership's holds."
    )
    assert refused.value.field == "period_months"


async def test_a_stricter_rule_and_one_that_asks_something_else_are_published(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts)
        await the_council_asks(facts, course, period_months=12)
        other = await facts.expectation("OTHER", owner=await facts.agency())
        await facts.version(other, [course, await facts.item("MORE")], period_months=36)


async def test_a_partnership_may_loosen_its_own_rule(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts)
        await facts.version(await facts.expectation("AGAIN"), [course], period_months=36)


async def test_rules_for_posts_that_nobody_can_hold_both_of_do_not_meet(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        nurse, officer = await facts.role("Nurse", group="Group 2"), await facts.role("Officer")
        upper, next_to_it = await facts.team("Family services"), await facts.team("Duty")
        lower = await facts.team("Assessment", below=upper)
        group = await facts.role_group("Group 2")
        council, top = await facts.agency(), await facts.team()
        other, other_sector = await facts.agency("Bay Surgery", sector="General practice"), await facts.sector("Police")
        course = await facts.item()
        common = await facts.expectation("ALL")
        own = await facts.expectation("OURS", owner=await facts.agency())
        apart = [
            (Scope(role_id=officer.id), Scope(role_id=nurse.id)),
            (Scope(role_id=officer.id), Scope(role_id=(await facts.role("Clerk")).id)),
            (Scope(role_id=officer.id), Scope(role_group_id=group.id)),
            (Scope(role_group_id=group.id), Scope(role_id=officer.id)),
            (Scope(role_group_id=group.id), Scope(role_group_id=officer.role_group_id)),
            (Scope(agency_id=other.id), Scope()),
            (Scope(), Scope(agency_id=other.id)),
            (Scope(sector_id=other_sector.id), Scope()),
            (Scope(), Scope(sector_id=other_sector.id)),
            (Scope(team_id=(await facts.team(agency=other)).id), Scope()),
            (Scope(team_id=next_to_it.id), Scope(team_id=upper.id)),
        ]
        together = [
            (Scope(), Scope()),
            (Scope(role_group_id=group.id), Scope(role_id=nurse.id)),
            (Scope(team_id=upper.id), Scope(team_id=lower.id, role_id=nurse.id)),
            (Scope(team_id=lower.id), Scope(team_id=upper.id)),
            (Scope(agency_id=council.id, sector_id=council.sector_id), Scope()),
            (Scope(), Scope(agency_id=council.id, sector_id=council.sector_id)),
            (Scope(team_id=top.id), Scope()),
        ]
        for year, (theirs, ours) in enumerate(apart, 2000):
            days: dict[str, Any] = {"effective_from": date(year, 1, 1), "effective_until": date(year, 12, 31)}
            await facts.version(common, [course], scopes=[theirs], period_months=24, **days)
            await facts.version(own, [course], scopes=[ours], period_months=36, **days)
        for year, (theirs, ours) in enumerate(together, 2015):
            days = {"effective_from": date(year, 1, 1), "effective_until": date(year, 12, 31)}
            await facts.version(common, [course], scopes=[theirs], period_months=24, **days)
            with pytest.raises(Refused, match="OURS"):
                await facts.version(own, [course], scopes=[ours], period_months=36, **days)


async def test_rules_are_held_against_each_other_only_on_days_on_which_both_are_in_force(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts, effective_until=date(2025, 12, 31))
        own = await facts.expectation("OURS", owner=await facts.agency())
        await facts.version(own, [course], effective_from=date(2026, 1, 1), period_months=36)
        with pytest.raises(Refused, match="from 31 December 2025 on"):
            await facts.version(own, [course], effective_from=date(2025, 12, 31), period_months=36)


async def test_an_agency_answers_to_its_own_partnerships_alone(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        await facts.agency()
        elsewhere = await facts.partnership("Moorland Safeguarding Partnership")
        course = await facts.item()
        await facts.version(await facts.expectation("ALL", owner=elsewhere), [course], period_months=24)
        await the_council_asks(facts, course)


async def test_an_agency_that_has_left_a_partnership_does_not_answer_to_it_any_more(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts)
        for membership in await session.scalars(select(AgencyPartnership)):
            membership.withdrawn_at = now()
        await session.flush()
        await the_council_asks(facts, course)


async def test_what_becomes_looser_when_the_partnership_tightens_stays_and_is_told(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts, period_months=36)
        await the_council_asks(facts, course)
        stricter = await facts.version(
            await facts.expectation("NEW"), [course], effective_from=date(2026, 4, 1), period_months=12
        )
        (note,) = await loosened_by(session, {stricter.id})
        assert note == (
            "OURS (Harbour Council) asks less than NEW (Harbour Safeguarding Partnership) asks of some of the same "
            "posts from 1 April 2026 on: period_months is 36 and not 12. Both stay, and people are shown the stricter "
            "of each."
        )
        assert await loosened_by(session, set()) == []


async def test_taking_out_a_later_version_so_that_a_looser_one_is_in_force_again_is_refused(empty: Database) -> None:
    """The looser one ended before the partnership's began, until the next one of its own was taken out."""
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course, later = await facts.item(), date(2024, 1, 1)
        await facts.agency()
        await facts.version(await facts.expectation("ALL"), [course], effective_from=later, period_months=24)
        own = await facts.expectation("OURS", owner=await facts.agency())
        await facts.version(own, [course], effective_from=later, period_months=12)
        first = await facts.version(own, [course], effective_from=date(2020, 1, 1), period_months=60)
        await facts.version(own, [course], effective_from=date(2030, 1, 1), period_months=12)
        with pytest.raises(Refused, match="from 1 January 2024 on: period_months is 60 and not 24"):
            await withdraw_all_but(session, own.id, {first.effective_from, date(2030, 1, 1)})


async def test_a_looser_version_that_stays_since_the_partnership_tightened_may_not_last_longer(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        course = await a_common_rule(facts, period_months=36)
        own = await facts.expectation("OURS", owner=await facts.agency())
        await facts.version(own, [course], period_months=36)
        await facts.version(await facts.expectation("NEW"), [course], period_months=12)
        first, second, third = LONG_AGO, date(2026, 1, 1), date(2030, 1, 1)
        for day in (third, second):
            await facts.version(own, [course], effective_from=day, period_months=12)
        assert await withdraw_all_but(session, own.id, {first, second}) == [third]
        with pytest.raises(Refused, match="period_months is 36 and not 12"):
            await withdraw_all_but(session, own.id, {first})
