"""A resource is opened, acknowledged and used: three facts, of which one alone counts."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from tests.web.test_my_training import FORM, TODAY_SENT
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item, ItemKind, ItemVersion
from training_tracker.database import Database
from training_tracker.records.models import Completion, ResourceUse, Use

WHERE = "/me/resources/R-TOOLKIT"
THE_TOOLKIT = "Expected: TOOLKIT"


@pytest.fixture
async def toolkit(world: World, empty: Database) -> Item:
    """Expected of everybody from today on, its second version; what to do if you do one thing."""
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("R-TOOLKIT")
        item.kind, item.comes_first, item.address = ItemKind.RESOURCE, True, "https://toolkit.example/start"
        for label, since in (("First", date(2023, 3, 1)), ("Second", date(2026, 4, 1))):
            session.add(ItemVersion(item_id=item.id, label=label, current_from=since))
        rule = await facts.expectation("TOOLKIT")
        await facts.version(rule, [item], current_version_only=True, first_due_days=90)
    return item


async def uses(database: Database) -> list[tuple[Use, date]]:
    async with database.reading() as session:
        rows = await session.execute(select(ResourceUse.what, ResourceUse.on).order_by(ResourceUse.what))
        return [(row.what, row.on) for row in rows]


async def test_what_to_do_if_you_do_one_thing_comes_before_what_is_overdue_until_it_is_acknowledged(
    visitor: Visitor, world: World, toolkit: Item
) -> None:
    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert text.index(THE_TOOLKIT) < text.index("Expected: CSA")
    await visitor.sends(f"{WHERE}/acknowledgement", {}, form=WHERE)
    text = await visitor.reads("/me")
    assert "Acknowledged today: “About R-TOOLKIT”. “Expected: TOOLKIT” is done." in text
    assert text.index("Expected: CSA") < text.rindex(THE_TOOLKIT)


async def test_opening_it_leads_there_and_is_kept_and_counts_for_nothing(
    visitor: Visitor, world: World, toolkit: Item, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    assert f'href="{WHERE}/open"' in (await visitor.opens("/me")).text
    assert "You have not opened it from here yet." in await visitor.reads(WHERE)
    for _ in range(2):
        answer = await visitor.opens(f"{WHERE}/open")
        assert (answer.status_code, answer.headers["location"]) == (302, "https://toolkit.example/start")
    assert await uses(empty) == [(Use.OPENED, date(2026, 5, 4))]
    assert "You opened it from here, last on 4 May 2026." in await visitor.reads(WHERE)
    assert THE_TOOLKIT in (await visitor.reads("/me")).split("Up to date")[0]
    async with empty.reading() as session:
        assert (await session.scalars(select(Completion).where(Completion.practitioner_id == world.bob.id))).all() == []


async def test_an_address_that_is_none_leads_nowhere(
    visitor: Visitor, world: World, toolkit: Item, empty: Database
) -> None:
    async with empty.writing() as session:
        (await session.get_one(Item, toolkit.id)).address = "javascript:alert(1)"
    await visitor.becomes(world.bob)
    assert (await visitor.opens(f"{WHERE}/open")).status_code == 404
    assert (await visitor.opens("/me/resources/CSA-INTRO")).status_code == 404, "a course is none"
    assert await uses(empty) == []


async def test_a_new_version_is_to_be_acknowledged_again(visitor: Visitor, world: World, toolkit: Item) -> None:
    await visitor.becomes(world.bob)
    before = {"completed-on-day": "1", "completed-on-month": "3", "completed-on-year": "2026"}
    await visitor.sends("/me/completions", {"item": "R-TOOLKIT", **before}, form=FORM)
    text = await visitor.reads(WHERE)
    assert "version Second, current from 1 April 2026" in text
    assert "You acknowledged an earlier version: 1 March 2026. It has changed since." in text
    await visitor.sends(f"{WHERE}/acknowledgement", {}, form=WHERE)
    text = await visitor.reads(WHERE)
    assert "You acknowledged the current version: 4 May 2026." in text
    assert "I read it on another day" not in text


async def test_using_it_is_one_s_own_word_for_oneself(
    visitor: Visitor, world: World, toolkit: Item, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    day = {"used-on-day": "3", "used-on-month": "5", "used-on-year": "2026"}
    for slip, told in (("used-on-year", "The day has no year"), ("used-on-day", "5 May 2026 is in the future")):
        answer = await visitor.sends(f"{WHERE}/use", day | {slip: "" if slip == "used-on-year" else "5"}, form=WHERE)
        assert (answer.status_code, told in answer.text) == (422, True), told
        assert 'value="5"' in answer.text
    await visitor.sends(f"{WHERE}/use", day, form=WHERE)
    assert "Kept for you: you used “About R-TOOLKIT” on 3 May 2026." in await visitor.reads(WHERE)
    assert await uses(empty) == [(Use.USED, date(2026, 5, 3))]
    await visitor.becomes(world.mia)
    assert "3 May 2026" not in await visitor.reads(f"/team/people/{world.bob.id}")
    await visitor.becomes(world.bob)
    assert "Resources I opened or used" in await visitor.reads("/me/data")
    await visitor.sends(f"{WHERE}/use/withdrawal", {"on": "2026-05-03"}, form=WHERE)
    assert await uses(empty) == []
    assert (await visitor.sends(f"{WHERE}/use/withdrawal", {"on": "soon"}, form=WHERE)).status_code == 404


async def test_the_banner_says_the_new_date_or_why_it_does_not_count(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.ann)
    await visitor.sends("/me/completions", {"item": "CSA-INTRO", **TODAY_SENT}, form=FORM)
    assert "completed on 4 May 2026. “Expected: CSA” is now valid through 4 May 2027." in await visitor.reads("/me")
    async with empty.writing() as session:
        facts = Facts(session)
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        proved = await facts.expectation("PROVED", owner=await facts.agency())
        await facts.version(proved, [course], period_months=6, least_strength=Strength.CERTIFICATE_SEEN)
    await visitor.becomes(world.bob)
    await visitor.sends("/me/completions", {"item": "CSA-INTRO", **TODAY_SENT}, form=FORM)
    text = await visitor.reads("/me")
    assert (
        "it does not count: the evidence of it is: self-declared. At least this is asked for: certificate seen." in text
    )
