"""What is nicer without a reload: a part of the page is replaced, the focus stays, the result is told, Back works."""

import re
from datetime import date, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Looking

BROKEN = "<main><h1>Broken</h1></main>"
TODAY = date.today()  # noqa: DTZ011  # what the person at the browser writes


async def stays(page: Page) -> None:
    """From here on the page is not loaded anew, or :func:`stayed` finds out."""
    await page.evaluate("window.stayed = true")


async def stayed(page: Page) -> bool:
    return bool(await page.evaluate("window.stayed === true"))


async def test_my_team_is_narrowed_and_sorted_in_its_place(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens("/team")
    everybody = await page.locator("#people tbody tr").count()
    await stays(page)
    await page.get_by_label("Who has something").select_option("overdue")
    await page.get_by_role("button", name="Show").press("Enter")
    await expect(page).to_have_url(re.compile(r"/team\?.*status=overdue"))
    await expect(page.locator("#announced")).to_contain_text(re.compile(r"\d+ (person|people)"))
    await expect(page.get_by_role("button", name="Show")).to_be_focused()
    assert await page.locator("#people tbody tr").count() < everybody
    await looking.is_sound()
    by_due = page.get_by_role("columnheader", name="Due", exact=True).get_by_role("link")
    await by_due.press("Enter")
    await expect(page.get_by_role("columnheader", name="Due", exact=True)).to_have_attribute("aria-sort", "ascending")
    await expect(by_due).to_be_focused()
    await expect(page.get_by_label("Who has something")).to_have_value("overdue")
    assert await stayed(page)
    await looking.is_sound()

    # Where what had the focus is gone, the list has it.
    await page.get_by_role("link", name="Show everybody").press("Enter")
    await expect(page).to_have_url(re.compile(r"/team$"))
    await page.go_back()
    await expect(page.get_by_role("columnheader", name="Due", exact=True)).to_have_attribute("aria-sort", "ascending")
    await page.go_back()
    await expect(page.get_by_label("Who has something")).to_have_value("overdue")
    await expect(page.get_by_role("columnheader", name="Due", exact=True)).not_to_have_attribute(
        "aria-sort", "ascending"
    )
    await looking.is_sound()


async def test_the_focus_goes_to_the_list_where_what_had_it_is_gone(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens("/team?name=nobody-of-this-name")
    await stays(page)
    await page.locator("#list p").get_by_role("link", name="Show everybody").press("Enter")
    await expect(page.locator("#announced")).to_contain_text("people")
    await expect(page.locator("#list")).to_be_focused()
    assert await stayed(page)


async def test_the_catalogue_is_narrowed_in_its_place(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("practitioner")
    await looking.opens("/catalogue")
    await stays(page)
    await page.get_by_label("Part of a name").fill("introduction")
    await page.get_by_label("Part of a name").press("Enter")
    await expect(page).to_have_url(re.compile(r"/catalogue\?text=introduction"))
    await expect(page.locator("#announced")).to_contain_text(re.compile(r"\d+ course"))
    assert await page.evaluate("document.activeElement.id") in {"text", "show"}
    assert await stayed(page)
    await looking.is_sound()


async def test_search_finds_in_its_place_and_no_address_says_what(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("practitioner")
    await looking.opens("/search")
    await stays(page)
    await page.get_by_label("What do you look for?").fill("introduction")
    await page.get_by_label("What do you look for?").press("Enter")
    await expect(page.locator("#announced")).to_contain_text(re.compile(r"Found: \d+ course"))
    assert await stayed(page)
    assert page.url == f"{looking.address}/search"
    focused = await page.evaluate("document.activeElement.id")
    assert focused in {"words", "search"}
    await looking.is_sound()
    await page.get_by_role("link", name=re.compile("introduction", re.IGNORECASE)).first.click()
    await page.go_back()
    await expect(page.get_by_label("What do you look for?")).to_have_value("introduction")

    await stays(page)
    await page.get_by_label("What do you look for?").fill("")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write what you look for")
    assert await stayed(page)
    looking.complaints.clear()  # the browser notes the answer 422
    await looking.is_sound()


async def test_one_completion_is_confirmed_in_its_place(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens("/team/waiting")
    many = await page.get_by_role("checkbox").count()
    await stays(page)
    await page.get_by_role("checkbox").last.check()
    await page.get_by_role("radio", name="The attendance register").check()
    await page.get_by_role("button", name="Confirm what is ticked").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("1 completion confirmed")
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.get_by_role("checkbox")).to_have_count(many - 1)
    assert await stayed(page)
    assert page.url == f"{looking.address}/team/waiting"
    await looking.is_sound()


async def test_the_heat_map_of_another_day_comes_in_its_place(looking: Looking) -> None:
    page, before = looking.page, TODAY - timedelta(days=40)
    await looking.sits_down_as("partnership lead")
    await looking.opens("/partnership/uptake")
    await stays(page)
    await page.get_by_label("As known on").fill(str(before))
    await page.get_by_role("button", name="Show").press("Enter")
    await expect(page).to_have_url(re.compile(rf"on={before}"))
    await expect(page.locator("#announced")).to_contain_text("As at")
    await expect(page.get_by_role("button", name="Show")).to_be_focused()
    assert await stayed(page)
    await looking.is_sound()


@pytest.mark.parametrize("trouble", ["signed out", "broken", "cut off"])
async def test_what_goes_wrong_is_told(looking: Looking, trouble: str) -> None:
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens("/team")
    if trouble == "signed out":
        await page.context.clear_cookies()
    elif trouble == "broken":
        await page.route("**/team?**", lambda route: route.fulfill(status=500, body=BROKEN, content_type="text/html"))
    else:
        await page.route("**/team?**", lambda route: route.abort())
    await page.get_by_label("Who has something").select_option("overdue")
    await page.get_by_role("button", name="Show").click()
    if trouble == "signed out":
        await expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fteam"))
    elif trouble == "broken":
        await expect(page.get_by_role("heading", name="Broken")).to_be_visible()
    else:
        await expect(page.get_by_role("alert")).to_contain_text("No answer came")
        await expect(page.locator("#trouble")).to_be_focused()
        await expect(page.get_by_label("Who has something")).to_have_value("overdue")
        looking.complaints.clear()  # the browser notes that there was no answer
        await looking.is_sound()


async def test_a_form_that_somebody_signed_out_sends_is_told_so_and_keeps_what_was_chosen(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens("/team/waiting")
    await page.get_by_role("checkbox").first.check()
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Confirm what is ticked").click()
    await expect(page.locator("#trouble")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    await expect(page.get_by_role("checkbox").first).to_be_checked()
