"""Job 3 of issue 6, an agency's lead's: by mouse, by the keyboard alone, and without JavaScript.

What the agency expects of whom, seen before it is published; uptake by team; joiners, movers, leavers and what is
missing. From the figures to the people behind them: test_journeys.py.
"""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import ON_BOTH, Looking

TODAY = date.today()  # noqa: DTZ011  # what the person at the browser writes
LATER = TODAY + timedelta(days=40)
LOOK = "See whom it touches"


async def says_the_day(looking: Looking, day: date) -> None:
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await looking.page.get_by_label(label, exact=True).fill(str(value))


async def fills_in(looking: Looking, title: str) -> None:
    page = looking.page
    await page.get_by_label("What is it called?").fill(title)
    await page.get_by_label("CSA for managers: supervision and reflective practice").check()
    await page.get_by_label("Every how many months?").fill("24")
    await page.get_by_label("Why is it expected?").fill("Whoever supervises holds the worry of a whole team.")
    await page.get_by_label("Who approved it?").fill("Jo Park, chief nurse")


async def is_sound_at_every_width(looking: Looking) -> None:
    for width in (320, 1280):
        await looking.page.set_viewport_size({"width": width, "height": 900})
        await looking.is_sound()


@ON_BOTH
async def test_a_lead_adds_changes_and_ends_an_expectation_and_each_page_on_the_way_is_sound(looking: Looking) -> None:
    page, title = looking.page, "Supervision, by mouse"
    await looking.sits_down_as("agency lead")
    await page.get_by_role("link", name="Our agency").click()
    await page.get_by_role("link", name="What we expect of whom").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Add an expectation").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("alert")).to_contain_text("No course or resource is ticked")
    looking.complaints.clear()  # the browser notes the answer 422
    await is_sound_at_every_width(looking)

    await fills_in(looking, title)
    await expect(page.get_by_label("Which year?")).to_be_hidden()
    await page.get_by_label("Once in each school year, or another year").check()
    await expect(page.get_by_label("Which year?")).to_be_visible()
    await expect(page.get_by_label("Every how many months?")).to_be_hidden()
    await page.get_by_label("Every so many months from the day it was done").check()
    await page.get_by_label("Those ticked below").check()
    await page.get_by_label("Managers", exact=True).check()
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Publish this?")
    await expect(page.get_by_text("Who would become overdue")).to_be_visible()
    await page.get_by_text("By team", exact=True).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_label("What is it called?")).to_have_value(title)
    await expect(page.get_by_label("Managers", exact=True)).to_be_checked()
    await page.get_by_role("button", name=LOOK).click()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Published.")
    await is_sound_at_every_width(looking)

    await page.get_by_role("button", name="Publish another version").click()
    await is_sound_at_every_width(looking)
    await page.get_by_label("Every how many months?").fill("12")
    await says_the_day(looking, LATER)
    await page.get_by_label("Who approved it?").fill("Jo Park, chief nurse")
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_text("Every year, before every 2 years.")).to_be_visible()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_text("not in force yet")).to_be_visible()
    await page.get_by_role("link", name=re.compile("Take this version back")).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("Taken back")

    await page.get_by_role("link", name="End it from a day on").click()
    await is_sound_at_every_width(looking)
    await says_the_day(looking, TODAY - timedelta(days=1))
    await page.get_by_label("Who approved it?").fill("Jo Park, chief nurse")
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("alert")).to_contain_text("has passed")
    looking.complaints.clear()  # the browser notes the answer 422
    await is_sound_at_every_width(looking)
    await says_the_day(looking, TODAY)
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("End it on")
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="End it").click()
    await expect(page.get_by_role("alert")).to_contain_text("ends on")
    await expect(page.get_by_role("link", name="End it from a day on")).to_have_count(0)


@ON_BOTH
async def test_asking_more_than_the_minimum_begins_with_what_it_asks_and_refuses_less(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("agency lead")
    await looking.opens("/agency/expectations")
    await page.get_by_role(
        "link", name="Ask more than An introduction to Child Sexual Abuse, every practitioner"
    ).click()
    await expect(page.get_by_label("An introduction to Child Sexual Abuse", exact=True)).to_be_checked()
    await page.get_by_label("Every how many months?").fill("48")
    await page.get_by_label("Why is it expected?").fill("It is not.")
    await page.get_by_label("Who approved it?").fill("Nobody")
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("alert")).to_contain_text("The partnership asks more of some of the same people")
    await page.get_by_role("alert").get_by_role("link").click()
    await expect(page.get_by_label("Every how many months?")).to_be_focused()
    looking.complaints.clear()  # the browser notes the answer 422
    await is_sound_at_every_width(looking)
    await page.get_by_label("Every how many months?").fill("24")
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Publish this?")


@pytest.fixture
async def without_scripts(browser: Browser, demo: str, kind: str) -> AsyncIterator[Looking]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    yield Looking(await context.new_page(), demo, [], kind)
    await context.close()


@ON_BOTH
async def test_it_can_be_published_and_taken_back_without_javascript(without_scripts: Looking) -> None:
    looking, page = without_scripts, without_scripts.page
    await looking.sits_down_as("agency lead")
    await looking.opens("/agency/expectations/new?audience=managers")
    await expect(page.get_by_label("Managers", exact=True)).to_be_checked()
    await fills_in(looking, "Supervision, without scripts")
    await says_the_day(looking, LATER)
    await page.get_by_role("button", name=LOOK).click()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Published.")
    await page.get_by_role("link", name=re.compile("Take this version back")).click()
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("Taken back")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("What we expect")


@ON_BOTH
async def test_it_can_be_published_with_the_keyboard_alone(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("agency lead")
    await looking.opens("/agency/expectations/new")

    await looking.tabs_to("What is it called?")
    await page.keyboard.type("Harmful sexual behaviour, by keyboard")
    await looking.tabs_to("Harmful sexual behaviour")
    await page.keyboard.press("Space")
    await looking.tabs_to("Every so many months from")
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_label("Once", exact=True)).to_be_checked()
    await looking.tabs_to("Everybody at")
    await page.keyboard.press("ArrowDown")
    await looking.tabs_to("Managers")
    await page.keyboard.press("Space")
    await looking.tabs_to("Why is it expected?")
    await page.keyboard.type("Whoever supervises holds the worry of a whole team.")
    await looking.tabs_to("Who approved it?")
    await page.keyboard.type("Jo Park, chief nurse")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Publish this?")
    await looking.tabs_to("Publish it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Published.")


@ON_BOTH
async def test_a_lead_goes_from_our_agency_to_one_expectation_and_to_the_people(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("agency lead")
    await looking.opens("/agency")
    await page.get_by_role("link", name=re.compile("^By team and month.*An introduction to Child Sexual Abuse")).click()
    await expect(page.get_by_role("img", name=re.compile("The target is 90%"))).to_be_visible()
    await page.get_by_text("The figures behind it").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("region", name="Uptake by team").get_by_role("link").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My team")

    await looking.opens("/agency")
    await page.get_by_role("link", name="Who came, moved and left, and what is missing").click()
    await page.get_by_label("Who came, moved and left in the last").select_option("12 months")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("heading", level=2).filter(has_text="Joiners since")).to_be_visible()
    for one in ("Joiners", "Movers", "Leavers", "Nobody manages them", "No start date", "No e-mail address"):
        await page.get_by_role("navigation", name="Lists of people").get_by_role("link", name=one).click()
        await is_sound_at_every_width(looking)
    await page.get_by_role("navigation", name="Lists of people").get_by_role("link", name="Joiners").click()
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download this list (CSV)").click()
    assert (await started.value).suggested_filename == f"joiners-{TODAY}.csv"
