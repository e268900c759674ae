"""Exemptions on the pages: granted until a day for a reason about the work, and taken back."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World
from tests.web.test_long_leave import statuses
from training_tracker.database import Database
from training_tracker.expectations.exempting import grant_exemption
from training_tracker.expectations.models import Expectation
from training_tracker.people.models import Post

UNTIL = {"until-day": "31", "until-month": "12", "until-year": "2026", "reason": "Works in payroll"}


async def test_a_manager_grants_one_and_the_person_reads_by_whom_until_when_and_why(
    visitor: Visitor, world: World, empty: Database
) -> None:
    theirs, form = f"/team/people/{world.bob.id}", f"/team/people/{world.bob.id}/exemptions/CSA"
    await visitor.becomes(world.mia)
    assert "Exempt from it : Expected: CSA" in await visitor.reads(theirs)
    response = await visitor.sends(form, UNTIL, form=form)
    assert (response.status_code, response.headers["location"]) == (303, theirs)
    text = await visitor.reads(theirs)
    assert "Granted: Bob Hall is exempt from “Expected: CSA” until 31 December 2026." in text
    assert await statuses(empty, world.bob.id) == ["exempt"]
    assert "Exempt from 4 May 2026 until 31 December 2026, granted by Mia Ford: Works in payroll" in (
        await visitor.reads(form)
    )

    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert "Exempt from “Expected: CSA” until 31 December 2026: Works in payroll granted by Mia Ford" in text


async def test_one_from_the_command_line_names_nobody_of_the_machine(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        post = (await session.scalars(select(Post).where(Post.practitioner_id == world.bob.id))).one()
        rule = (await session.scalars(select(Expectation).where(Expectation.code == "CSA"))).one()
        days = {"starts_on": TODAY, "until": date(2026, 12, 31), "today": TODAY}
        await grant_exemption(session, [post.id], rule.id, reason="In payroll", by="root (command line)", **days)
    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert "granted by whoever runs this service (command line) on" in text
    assert "root" not in text


async def test_an_exemption_is_taken_back_once_that_is_confirmed(
    visitor: Visitor, world: World, empty: Database
) -> None:
    form = f"/team/people/{world.bob.id}/exemptions/CSA"
    await visitor.becomes(world.lee)
    assert (await visitor.opens(f"{form}/withdrawal")).status_code == 404, "there is none"
    await visitor.sends(form, UNTIL, form=form)
    assert "Bob Hall is exempt until 31 December 2026." in await visitor.reads(f"{form}/withdrawal")
    assert await statuses(empty, world.bob.id) == ["exempt"]
    await visitor.sends(f"{form}/withdrawal", {}, form=f"{form}/withdrawal")
    assert "Taken back: Bob Hall’s exemption" in await visitor.reads(f"/team/people/{world.bob.id}")
    assert await statuses(empty, world.bob.id) == ["overdue"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": " "}, "Say why the work does not need it."),
        ({"until-year": "2025"}, "31 December 2025 has passed"),
        ({"until-year": "9999"}, "31 December 9999 cannot be meant"),
        ({"until-day": "", "until-month": "", "until-year": ""}, "The last day is missing"),
    ],
)
async def test_what_cannot_be_is_said_by_its_field(
    visitor: Visitor, world: World, empty: Database, changed: dict[str, str], said: str
) -> None:
    form = f"/team/people/{world.bob.id}/exemptions/CSA"
    await visitor.becomes(world.mia)
    response = await visitor.sends(form, UNTIL | changed, form=form)
    assert response.status_code == 422
    assert response.text.count(said) == 2, "at the top and by its field"
    assert 'value="Works in payroll"' in response.text or "reason" in changed, "what was typed stays"
    assert await statuses(empty, world.bob.id) == ["overdue"]


async def test_one_that_begins_later_is_told_in_place_of_the_form(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        bob = await facts.post("Bob Hall", team=team)
        later = await facts.expectation("LATER")
        await facts.version(later, [await facts.item("LATER")])
        await facts.exempt(bob, later, date(2026, 9, 1), date(2026, 10, 1))
    form = f"/team/people/{world.bob.id}/exemptions/LATER"
    await visitor.becomes(world.mia)
    assert "Exempt from 1 September 2026 until 1 October 2026" in await visitor.reads(form)


async def test_those_of_several_posts_are_all_told_and_taken_back_together(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        first, second = [
            await facts.post("Bob Hall", team=await facts.team(team)) for team in ("Assessment", "Family Help")
        ]
        both = await facts.expectation("BOTH")
        await facts.version(both, [await facts.item("BOTH")])
        await facts.exempt(first, both, date(2026, 5, 1), date(2026, 10, 1))
        await facts.exempt(second, both, date(2026, 5, 1), date(2026, 12, 1))
    form = f"/team/people/{world.bob.id}/exemptions/BOTH"
    await visitor.becomes(world.lee)
    text = await visitor.reads(form)
    assert "In Assessment: exempt from 1 May 2026 until 1 October 2026" in text
    assert "In Family Help: exempt from 1 May 2026 until 1 December 2026" in text
    assert "Bob Hall is exempt until 1 December 2026." in await visitor.reads(f"{form}/withdrawal")
    await visitor.sends(f"{form}/withdrawal", {}, form=f"{form}/withdrawal")
    assert "exempt from" not in await visitor.reads(form)


async def test_nobody_exempts_themselves_nor_from_what_is_not_theirs_to_see(visitor: Visitor, world: World) -> None:
    for actor, person in (
        (world.lee, world.lee),
        (world.mia, world.cas),
        (world.bob, world.ann),
        (world.pia, world.bob),
    ):
        await visitor.becomes(actor)
        assert (await visitor.opens(f"/team/people/{person.id}/exemptions/CSA")).status_code == 404
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"/team/people/{world.dot.id}/exemptions/DESK")).status_code == 404
    assert (await visitor.opens(f"/team/people/{world.bob.id}/exemptions/NONSENSE")).status_code == 404
