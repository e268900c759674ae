"""What a rule asks of a person, in the words of the catalogue."""

import pytest

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.expectations.models import Measure
from training_tracker.reminders.asked import Asked, asked_by_version


async def what_is_asked(database: Database) -> dict[str, Asked]:
    async with database.reading() as session:
        return {asked.code: asked for asked in (await asked_by_version(session)).values()}


async def test_one_course_is_called_by_its_own_title_and_a_resource_is_read(configured: Database) -> None:
    asked = await what_is_asked(configured)
    assert asked["CSA-INTRO-ALL"].title == "An introduction to Child Sexual Abuse"
    assert asked["R-TOOLKIT-ALL"].title == "Read: HIPS Child Sexual Abuse toolkit"
    assert asked["CSA-INTRO-ALL"].in_full == ""
    assert asked["CSA-INTRO-ALL"].owner == "Isle of Wight Safeguarding Children Partnership"


async def test_several_courses_or_hours_are_said_as_the_rule_says_them(configured: Database) -> None:
    asked = await what_is_asked(configured)
    assert asked["CSA-IFA-INVESTIGATORS"].in_full.startswith("Complete at least 1 of: “Intra-familial CSA")
    assert asked["SGC-L3-TRUST-CHILDRENS-CLINICAL"].in_full == (
        "At least 8 hours of “Safeguarding children level 3”, in any 3 years."
    )


async def test_rules_that_ask_the_same_have_one_key(configured: Database) -> None:
    asked = await what_is_asked(configured)
    assert asked["CSA-INTRO-ALL"].key == asked["CSA-INTRO-RESPONSE-OFFICERS"].key
    assert asked["CSA-INTRO-ALL"].key != asked["CSA-IFA-SOCIAL-WORKERS"].key


async def test_what_is_recommended_or_about_a_setting_is_asked_of_nobody(configured: Database) -> None:
    asked = await what_is_asked(configured)
    assert asked.keys().isdisjoint({"SWE-CPD-SOCIAL-WORKERS", "SAFER-REC-SCHOOLS"})


@pytest.mark.parametrize(
    ("address", "link"),
    [("https://learn.example/a", "https://learn.example/a"), ("javascript:alert(1)", ""), ("Room 4", ""), ("", "")],
)
async def test_only_an_address_that_a_browser_opens_is_a_link(empty: Database, address: str, link: str) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item(hours=2)
        course.address = address
        await facts.version(await facts.expectation(), [course], measure=Measure.HOURS, amount=4, period_months=36)
    (item,) = (await what_is_asked(empty))["CSA"].items
    assert (item.address, item.how_long) == (link, "2 hours")
