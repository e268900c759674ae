"""Job 4 of issue 6, the partnership's lead's and its scrutineer's: by mouse, by keyboard alone and without scripts."""

import re
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import AT_BOTH_WIDTHS, ON_BOTH, Looking

TODAY = date.today()  # noqa: DTZ011  # the day of the demo
PAGES = ("Overview", "Uptake", "Trends", "What falls due", "Strategy", "Register", "Coverage", "Board pack")
TOOLKIT = "Open the HIPS Child Sexual Abuse toolkit, every practitioner"


async def goes_to(page: Page, place: str) -> None:
    await page.get_by_role("navigation", name="The partnership’s pages").get_by_role("link", name=place).click()
    await expect(page.locator('nav [aria-current="page"]')).to_have_text(place)


@ON_BOTH
@pytest.mark.parametrize("who", ["partnership lead", "scrutineer"])
async def test_the_whole_job_by_mouse(looking: Looking, who: str) -> None:
    await looking.sits_down_as(who)
    page = looking.page
    await page.get_by_role("link", name="The partnership").click()
    await expect(page.get_by_role("heading", name="How far agencies are apart")).to_be_visible()
    await looking.is_sound()

    await page.get_by_role("region", name="Agencies").get_by_role("link", name="Solent Isle Council").click()
    await expect(page.get_by_role("heading", level=2, name="Solent Isle Council")).to_be_visible()
    await page.get_by_label("Agency").select_option("All of them, side by side")
    await page.get_by_role("button", name="Show").click()
    heat = page.get_by_role("region", name="Uptake by expectation and agency")
    await heat.get_by_role("link", name=TOOLKIT).click()
    await expect(page.get_by_role("img")).to_have_attribute("alt", re.compile("The target is 90%"))
    await page.get_by_text("The figures behind it").click()
    await expect(page.get_by_role("region", name=re.compile("^Figures:"))).to_be_visible()
    await looking.is_sound()

    for place in PAGES[3:]:
        await goes_to(page, place)
        await looking.is_sound()
    for link, ends in (("PDF", "pdf"), ("Excel", "xlsx")):
        async with page.expect_download() as started:
            await page.get_by_role("link", name=re.compile(f"ownload it as {link}")).click()
        assert (await started.value).suggested_filename == f"board-pack-{TODAY}.{ends}"
    assert looking.complaints == []


@ON_BOTH
async def test_the_whole_job_by_keyboard_alone(looking: Looking) -> None:
    await looking.sits_down_as("partnership lead")
    page, keys = looking.page, looking.page.keyboard

    async def enters(what: str | Locator) -> None:
        await tabs_to(page, what)
        await keys.press("Enter")

    await enters("The partnership")
    await enters(page.get_by_role("region", name="Agencies").get_by_role("link", name="Solent Isle Council"))
    await expect(page.get_by_role("heading", level=2, name="Solent Isle Council")).to_be_visible()
    await tabs_to(page, page.get_by_label("Agency"))
    await keys.type("All of them")
    await enters("Show")
    await enters(page.get_by_role("region", name="Uptake by expectation and agency").get_by_role("link", name=TOOLKIT))
    await expect(page.get_by_role("img")).to_have_attribute("alt", re.compile("The target is 90%"))
    await enters("The figures behind it")
    await expect(page.get_by_role("region", name=re.compile("^Figures:"))).to_be_visible()
    for place in ("What falls due", "Strategy", "Board pack"):
        await enters(place)
        await expect(page.locator('nav [aria-current="page"]')).to_have_text(place)
    for link, ends in (("ownload it as PDF", "pdf"), ("ownload it as Excel", "xlsx")):
        await tabs_to(page, link)
        async with page.expect_download() as started:
            await keys.press("Enter")
        assert (await started.value).suggested_filename == f"board-pack-{TODAY}.{ends}"

    before = TODAY.replace(day=1) - timedelta(days=1)
    await tabs_to(page, page.get_by_label("As known on"))
    await keys.type(f"{before:%m%d%Y}")
    await enters("Show")
    await expect(page).to_have_url(re.compile(f"on={before}"))
    await expect(page.get_by_text("as published then.").first).to_be_visible()
    await enters("Trends")
    await expect(page).to_have_url(re.compile(f"trends.*on={before}"))
    await enters("Back to today")
    await expect(page).not_to_have_url(re.compile("on=2"))
    assert looking.complaints == []


@ON_BOTH
async def test_a_page_goes_back_to_a_past_day_and_its_links_stay_there(looking: Looking) -> None:
    await looking.sits_down_as("partnership lead")
    page = looking.page
    before = TODAY.replace(day=1) - timedelta(days=1)
    await looking.opens("/partnership/uptake")
    await page.get_by_label("As known on").fill(str(before))
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("main").get_by_text("as published then.")).to_be_visible()
    await goes_to(page, "Strategy")
    await expect(page).to_have_url(re.compile(f"on={before}"))
    await expect(page.get_by_role("main").get_by_text("as published then.")).to_be_visible()
    await page.get_by_role("link", name="Back to today").click()
    await expect(page).not_to_have_url(re.compile("on="))
    await looking.is_sound()


@ON_BOTH
async def test_the_lead_says_how_many_places_there_are_by_keyboard_alone(looking: Looking) -> None:
    await looking.sits_down_as("partnership lead")
    page = looking.page
    await looking.opens("/partnership")
    await tabs_to(page, "What falls due")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/falls-due")
    await tabs_to(page, "Say how many places there are")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    for typed in ("many", "20", "30"):
        await page.keyboard.type(typed)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("must be a whole number")
    looking.complaints.clear()  # the browser notes the answer 422
    await looking.is_sound()
    await tabs_to(page, "The places in")
    await page.keyboard.press("Enter")
    await expect(page.locator("input:focus")).to_have_value("many")
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type("10")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("3 months")
    await expect(page.get_by_role("img")).to_have_attribute("alt", re.compile("Fewer places offered than people in"))
    await looking.is_sound()


@ON_BOTH
async def test_a_scrutineer_reads_all_of_it_and_changes_nothing(looking: Looking) -> None:
    await looking.sits_down_as("scrutineer")
    await looking.opens("/partnership/falls-due")
    await expect(looking.page.get_by_text("Say how many places there are")).to_have_count(0)
    await expect(looking.page.get_by_role("link", name="Campaigns")).to_have_count(0)


@AT_BOTH_WIDTHS
async def test_it_all_works_without_scripts(browser: Browser, demo: str, kind: str, width: int) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 700})
    looking = Looking(await context.new_page(), demo, [], kind)
    await looking.sits_down_as("partnership lead")
    page = looking.page
    await looking.opens("/partnership")
    for place in PAGES:
        await goes_to(page, place)
    await goes_to(page, "Trends")
    await page.get_by_label("Expectation").select_option(TOOLKIT)
    await page.get_by_label("Beside all agencies").select_option("Solent Isle Council")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("img")).to_have_attribute("alt", re.compile("Solent Isle Council"))
    await page.get_by_text("The figures behind it").click()
    await expect(page.get_by_role("columnheader", name="Solent Isle Council")).to_be_visible()
    await context.close()


async def test_the_whole_map_is_on_paper_and_on_a_telephone_once_it_is_asked_for(looking: Looking) -> None:
    await looking.sits_down_as("partnership lead")
    page = looking.page
    await page.set_viewport_size({"width": 320, "height": 700})
    await looking.opens("/partnership/uptake")
    heat = page.get_by_role("region", name="Uptake by expectation and agency")
    await expect(heat).to_be_hidden()
    await expect(page.get_by_role("link", name="Solent Isle Council")).to_be_visible()
    await looking.is_sound()
    await page.get_by_role("link", name="Show all of them side by side").click()
    await expect(heat).to_be_visible()
    # A4 on its side, less its margins.
    await looking.opens("/partnership/uptake")
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 1047, "height": 718})
    await expect(heat).to_be_visible()
    assert await heat.evaluate("one => one.scrollWidth <= innerWidth")
    await page.emulate_media(media="null")
    assert b"/MediaBox [0 0 841" in await page.pdf(prefer_css_page_size=True), "which is as wide as A4 is long"


async def tabs_to(page: Page, what: str | Locator) -> None:
    """Press the tabulator until it has the focus, or what says these words; the focus can be seen all the way."""
    for _ in range(150):
        await page.keyboard.press("Tab")
        focus = page.locator(":focus")
        if not await focus.count():
            continue  # it is with the browser's own buttons
        if isinstance(what, str):
            reached = what in " ".join((await focus.inner_text()).split())
        else:
            reached = await what.evaluate("one => one === document.activeElement")
        if reached:
            assert await focus.evaluate(
                "one => { const s = getComputedStyle(one); return s.outlineStyle !== 'none' || s.boxShadow !== 'none' }"
            ), what
            return
    raise AssertionError(f"the tabulator does not lead to {what}")
