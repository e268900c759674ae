"""The partnership's lead keeps strategy, agencies and roles, and leads say who may see what: by mouse, by the keyboard
alone, and without JavaScript."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import ON_BOTH, Looking

LOOK = "See what changes"


async def is_sound_at_every_width(looking: Looking) -> None:
    for width in (320, 1280):
        await looking.page.set_viewport_size({"width": width, "height": 900})
        await looking.is_sound()


async def is_refused(looking: Looking, problem: str) -> None:
    await expect(looking.page.get_by_role("alert")).to_contain_text(problem)
    looking.complaints.clear()  # the browser notes the answer 422
    await is_sound_at_every_width(looking)


async def is_kept(looking: Looking, said: str) -> None:
    await expect(looking.page.get_by_role("alert")).to_contain_text(said)
    await is_sound_at_every_width(looking)


async def test_a_lead_keeps_the_strategy_and_each_page_on_the_way_is_sound(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/partnership")
    await page.get_by_role("link", name="Strategy", exact=True).click()
    await page.get_by_role("button", name="Add a priority").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name=LOOK).click()
    await is_refused(looking, "The number cannot be used")
    await page.get_by_label("What is its number?").fill("41")
    await page.get_by_label("What is it about?").fill("Listening, by mouse")
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Keep this?")
    await expect(page.get_by_text("A gap from now on: no course or resource is mapped to it.")).to_be_visible()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_label("What is it about?")).to_have_value("Listening, by mouse")
    await page.get_by_label("An introduction to Child Sexual Abuse", exact=True).check()
    await page.get_by_role("button", name=LOOK).click()
    await page.get_by_role("button", name="Keep it").click()
    await is_kept(looking, "Kept: priority 41")
    await page.get_by_role("link", name="Change priority 41").click()
    await expect(page.get_by_label("An introduction to Child Sexual Abuse", exact=True)).to_be_checked()
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name="Take priority 41 away").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it away").click()
    await is_kept(looking, "Priority 41 is taken away.")
    await page.get_by_role("button", name="Put it back priority 41").click()
    await is_kept(looking, "Priority 41 is back")
    await page.get_by_role("link", name="Change priority 41").click()
    await page.get_by_role("link", name="Take priority 41 away").click()
    await page.get_by_role("button", name="Take it away").click()


async def test_a_lead_keeps_agencies_and_each_page_on_the_way_is_sound(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/partnership")
    await page.get_by_role("link", name="Agencies", exact=True).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Add an agency").click()
    await is_sound_at_every_width(looking)
    await page.get_by_label("What is it called?").fill("NHS")
    await page.get_by_role("button", name=LOOK).click()
    await is_refused(looking, "does not say which organisation this is")
    await page.get_by_label("What is it called?").fill("Elm Practice, by mouse")
    await page.get_by_label("Of which sector is it?").select_option(index=1)
    await page.get_by_label("Under which other names").fill("The Elms\nElm Surgery")
    await page.get_by_role("button", name=LOOK).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Keep it").click()
    await is_kept(looking, "Kept: Elm Practice, by mouse.")
    await page.get_by_role("link", name="Change Elm Practice, by mouse").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name="Take it out of the partnership").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it out of the partnership").click()
    await is_kept(looking, "belongs to")
    await page.get_by_role("link", name="Put it back Elm Practice, by mouse").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Put it back into the partnership").click()
    await is_kept(looking, "again")


async def test_a_lead_keeps_roles_and_each_page_on_the_way_is_sound(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/lists")
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Add a group of roles").click()
    await page.get_by_role("button", name="Keep it").click()
    await is_refused(looking, "It is not said whom the group is made up of")
    await page.get_by_label("What is it called?").fill("Trustees, by mouse")
    await page.get_by_label("Governance, such as governors and trustees").check()
    await page.get_by_role("button", name="Keep it").click()
    await is_kept(looking, "Kept: Trustees, by mouse.")
    await page.get_by_role("button", name="Add a role").click()
    await is_sound_at_every_width(looking)
    await page.get_by_label("What is it called?").fill("Trustee, by mouse")
    await page.get_by_role("button", name=LOOK).click()
    await is_refused(looking, "No sector is chosen")
    await expect(page.get_by_label("What is it called?")).to_have_value("Trustee, by mouse")
    await page.get_by_label("Of which sector is it?").select_option(index=1)
    await page.get_by_label("Which group of roles is it in?").select_option("Trustees, by mouse")
    await page.get_by_role("button", name=LOOK).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Keep it").click()
    await is_kept(looking, "Kept: Trustee, by mouse.")
    await page.get_by_role("link", name=re.compile("^Change Trustee, by mouse")).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name="Take it out of use").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it out of use").click()
    await is_kept(looking, "is out of use")
    await page.get_by_role("button", name="Put it back Trustee, by mouse").click()
    await is_kept(looking, "is in use again")


async def test_leads_say_who_may_see_what_and_each_page_on_the_way_is_sound(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/partnership")
    await page.get_by_role("link", name="Who may see what").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Give somebody a right").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="See what they could do").click()
    await is_refused(looking, "No right is chosen")
    await page.get_by_label("Scrutineer", exact=True).check()
    await page.get_by_label("What is their work e-mail address?").fill("gil@scrutiny.example")
    await page.get_by_label("What is their name?").fill("Gil Wren")
    await page.get_by_role("button", name="See what they could do").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Give it").click()
    await is_kept(looking, "Given: Gil Wren reads the figures")
    await page.get_by_role("link", name=re.compile("^Take back from Gil Wren")).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it back").click()
    await is_kept(looking, "Taken back: Gil Wren")

    await looking.sits_down_as("agency lead")
    await looking.opens("/agency")
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name=re.compile("^Who may see what")).click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name=re.compile(r"^Take back from .*")).first.click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name="Leave it as it is").click()
    await page.get_by_role("button", name="Give somebody a right").click()
    await page.get_by_label("Manager of a team").check()
    await page.get_by_role("button", name="See what they could do").click()
    await is_refused(looking, "Nobody is named")


@pytest.mark.parametrize("guest", ["agency lead", "partnership lead", "practitioner"])
async def test_tables_of_what_is_expected_and_the_lists_need_no_scrolling_sideways(
    looking: Looking, guest: str
) -> None:
    await looking.page.set_viewport_size({"width": 320, "height": 700})
    await looking.sits_down_as(guest)
    pages = ["/expectations", "/lists"]
    for path in [*pages, "/agency", "/agency/expectations"] if guest == "agency lead" else pages:
        await looking.opens(path)
        wider = await looking.page.evaluate(
            "[...document.querySelectorAll('table, .tracker-scroll')].filter(one => one.scrollWidth > one.clientWidth"
            " || one.getBoundingClientRect().right > innerWidth).length"
        )
        assert wider == 0, path
        await looking.is_sound()


@pytest.fixture
async def without_scripts(browser: Browser, demo: str, kind: str) -> AsyncIterator[Looking]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    yield Looking(await context.new_page(), demo, [], kind)
    await context.close()


@ON_BOTH
async def test_it_works_without_javascript(without_scripts: Looking) -> None:
    looking, page = without_scripts, without_scripts.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/partnership/strategy/new")
    await page.get_by_label("What is its number?").fill("42")
    await page.get_by_label("What is it about?").fill("Listening, without scripts")
    await page.get_by_role("button", name=LOOK).click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kept: priority 42")
    await page.get_by_role("link", name="Change priority 42").click()
    await page.get_by_role("link", name="Take priority 42 away").click()
    await page.get_by_role("button", name="Take it away").click()
    await expect(page.get_by_role("button", name="Put it back priority 42")).to_be_visible()
    await looking.opens("/lists/agencies/new")
    await page.get_by_label("What is it called?").fill("Elm Practice, without scripts")
    await page.get_by_label("Of which sector is it?").select_option(index=1)
    await page.get_by_role("button", name=LOOK).click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kept: Elm Practice, without scripts.")


@ON_BOTH
async def test_it_works_with_the_keyboard_alone(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("partnership lead")
    await looking.opens("/lists/roles/new")

    await looking.tabs_to("What is it called?")
    await page.keyboard.type("Trustee, by keyboard")
    await looking.tabs_to("Of which sector is it?")
    await page.keyboard.press("ArrowDown")
    await looking.tabs_to("Which group of roles")
    await page.keyboard.press("ArrowDown")
    await looking.tabs_to("See what changes")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Keep this?")
    await looking.tabs_to("Keep it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Kept: Trustee, by keyboard.")

    await looking.opens("/rights/new")
    await looking.tabs_to("Scrutineer")
    await page.keyboard.press("Space")
    await looking.tabs_to("What is their work e-mail address?")
    await page.keyboard.type("hal@scrutiny.example")
    await looking.tabs_to("What is their name?")
    await page.keyboard.type("Hal Wren")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Give this right?")
    await looking.tabs_to("Give it")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Given: Hal Wren")
