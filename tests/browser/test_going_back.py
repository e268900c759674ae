"""Back, after something was looked at and done: a page as it was, and never a question whether to send a form again."""

from datetime import date, timedelta

from playwright.async_api import expect

from tests.browser.conftest import Looking
from tests.browser.test_our_agency import LOOK, fills_in

YESTERDAY = date.today() - timedelta(days=1)  # noqa: DTZ011  # what the person at the browser writes


async def test_back_from_recorded_attendance_leads_to_who_was_there(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens(f"/team/attendance/people/CSA-INTRO/{YESTERDAY}")
    await page.get_by_role("checkbox", disabled=False).nth(2).check()
    await page.get_by_role("button", name="Look at it before it is recorded").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Record this for 1 person?")
    await page.go_back()
    await expect(page.get_by_role("checkbox", checked=True, disabled=False)).to_have_count(1)
    await page.go_forward()
    await page.get_by_role("button", name="Record it for").click()
    await expect(page.get_by_role("alert")).to_contain_text("Recorded for 1 person")
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Who was there?")
    await expect(page.get_by_text("Has it already").first).to_be_visible()


async def test_back_from_a_published_expectation_shows_the_look_at_it_again(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("agency lead")
    await looking.opens("/agency/expectations/new")
    await fills_in(looking, "Supervision, and back")
    await page.get_by_label("Once in each school year, or another year").check()
    await page.get_by_label("Every so many months from the day it was done").check()
    await page.get_by_label("Those ticked below").check()
    await page.get_by_label("Managers", exact=True).check()
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Publish this?")
    await page.get_by_role("link", name="Catalogue").first.click()
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Publish this?")


async def test_back_to_a_passport_that_was_made_makes_no_other(looking: Looking) -> None:
    page = looking.page
    await looking.sits_down_as("practitioner")
    await looking.opens("/me/calendar")
    await page.get_by_role("button").filter(has_text="link").first.click()
    await expect(page.locator("#link")).to_be_visible()
    await page.get_by_role("link", name="Catalogue").first.click()
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("#link")).to_have_count(0)
