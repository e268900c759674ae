"""The partnership's lead keeps the catalogue: by mouse, by the keyboard alone, and without JavaScript."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import ON_BOTH, Looking

TODAY = date.today()  # noqa: DTZ011  # what the person at the browser writes
LATER = TODAY + timedelta(days=40)
LOOK = "See whom it touches"


async def says_the_day(group: Locator, day: date) -> None:
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await group.get_by_label(label, exact=True).fill(str(value))


async def is_sound_at_every_width(looking: Looking) -> None:
    for width in (320, 1280):
        await looking.page.set_viewport_size({"width": width, "height": 900})
        await looking.is_sound()


async def test_a_lead_keeps_the_catalogue_and_each_page_on_the_way_is_sound(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await page.get_by_role("link", name="Catalogue").first.click()
    await is_sound_at_every_width(looking)

    # A course is added; what is missing is told, and what was typed stays.
    await page.get_by_role("button", name="Add a course or resource").click()
    await is_sound_at_every_width(looking)
    await page.get_by_label("What is it called?").fill("Noticing, by mouse")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("alert")).to_contain_text("It is not said where it comes from")
    await expect(page.get_by_label("What is it called?")).to_have_value("Noticing, by mouse")
    looking.complaints.clear()  # the browser notes the answer 422
    await is_sound_at_every_width(looking)
    await page.get_by_label("What is its code?").fill("mouse")
    await page.get_by_label("Who offers it, or which paper names it?").fill("The offer")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Added")
    await is_sound_at_every_width(looking)

    # It counts as another, from the look with its drawing on; and no longer.
    await page.get_by_role("link", name="Let it count as another").click()
    await is_sound_at_every_width(looking)
    await page.get_by_label("As what does it count?").select_option("CSA-INTRO")
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_text("A dashed one would be new.")).to_be_visible()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Let it count").click()
    await page.get_by_role("link", name="Change or end").click()
    await is_sound_at_every_width(looking)
    await says_the_day(page.get_by_role("group", name="Done until which day?"), LATER)
    await page.get_by_role("button", name=LOOK).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Change them").click()
    await page.get_by_role("link", name="Take back").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("no longer counts as")

    # It counts between two days, and always again.
    await page.get_by_role("link", name="Say from or until when it counts").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("alert")).to_contain_text("No day is given")
    looking.complaints.clear()  # the browser notes the answer 422
    await is_sound_at_every_width(looking)
    await says_the_day(page.get_by_role("group", name="What is the last day on which doing it counts?"), LATER)
    await page.get_by_label("Why?").fill("Its provider ends it")
    await page.get_by_role("button", name=LOOK).click()
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_label("Why?")).to_have_value("Its provider ends it")
    await page.get_by_role("button", name=LOOK).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Keep them").click()
    await page.get_by_role("link", name="Take back").click()
    await page.get_by_role("button", name="Take them back").click()
    await expect(page.get_by_text("Whenever it was done.")).to_be_visible()

    # Out of use, and back.
    await page.get_by_role("link", name="Take out of use").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it out of use").click()
    await expect(page.get_by_role("alert")).to_contain_text("out of use")
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Put it back into use").click()
    await expect(page.get_by_role("link", name="Take out of use")).to_be_visible()
    await page.get_by_role("button", name="Change", exact=True).click()
    await is_sound_at_every_width(looking)


async def publishes_and_takes_back(looking: Looking, label: str, *, days: int) -> None:
    page = looking.page
    await looking.opens("/catalogue/R-TOOLKIT")
    await page.get_by_role("link", name="Publish a new edition").click()
    await page.get_by_label("What is it called?").fill(label)
    await says_the_day(page.get_by_role("group", name="From which day is it current?"), LATER + timedelta(days=days))
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Publish this edition?")
    await expect(page.get_by_text("Asked to acknowledge it again from")).to_be_visible()
    if days == 0:
        await looking.is_sound()
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_role("alert")).to_contain_text(f"Published: edition “{label}”")
    await page.get_by_role("link", name=f"Take back the edition {label}").click()
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("Taken back")


@ON_BOTH
async def test_an_edition_is_published_after_a_look_and_taken_back(looking: Looking) -> None:
    await looking.sits_down_as("partnership lead")
    await publishes_and_takes_back(looking, "By mouse", days=0)


@pytest.fixture
async def without_scripts(browser: Browser, demo: str) -> AsyncIterator[Looking]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    yield Looking(await context.new_page(), demo, [])
    await context.close()


@ON_BOTH
async def test_an_edition_is_published_and_taken_back_without_javascript(without_scripts: Looking) -> None:
    await without_scripts.sits_down_as("partnership lead")
    await publishes_and_takes_back(without_scripts, "Without scripts", days=1)


@ON_BOTH
async def test_a_course_is_added_with_the_keyboard_alone(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/catalogue/new")
    await looking.tabs_to("What is it called?")
    await page.keyboard.type("Noticing, by keyboard")
    await page.keyboard.press("Tab")
    await page.keyboard.type("keyboard")
    await looking.tabs_to("Who offers it, or which paper names it?")
    await page.keyboard.type("The offer")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Added: “Noticing, by keyboard”")
    await looking.tabs_to("Change")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("What is it called?")).to_have_value("Noticing, by keyboard")
