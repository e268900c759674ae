"""Job 1 of issue 6, a practitioner's: by mouse, by keyboard alone, and without JavaScript; each page sound on the way.

From the e-mail to "done" in three clicks; a certificate; opened, trained and used apart; the training passport and
another agency that checks it; due dates in one's own calendar. To dispute a record: test_soundness.py.
"""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import AT_BOTH_WIDTHS, ON_BOTH, Looking
from tests.records.test_certificates import PAPER, photograph

TODAY = date.today()  # noqa: DTZ011  # what the person at the browser writes


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "IMG_0001.JPG"
    file.write_bytes(photograph(1_600, 1_200))
    return file


@pytest.fixture
async def plain(browser: Browser, demo: str, kind: str) -> AsyncIterator[Looking]:
    """A telephone whose browser runs no script."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    yield Looking(await context.new_page(), demo, [], kind)
    await context.close()


async def says(looking: Looking, words: str | re.Pattern[str]) -> None:
    await expect(looking.page.get_by_role("alert")).to_contain_text(words)


async def fill_in(looking: Looking, day: date) -> None:
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await looking.page.get_by_label(label, exact=True).fill(str(value))


async def from_the_e_mail_to_done(looking: Looking) -> None:
    """Three clicks: the link in the e-mail, what one did, and that it is so."""
    page = looking.page
    await looking.sits_down_as("practitioner")
    found = page.get_by_role("region", name="E-mails").get_by_role("link", name=re.compile("^Your training"))
    number = 1
    await looking.opens("/mailbox")
    while not await found.count():
        number += 1
        await looking.opens(f"/mailbox?number={number}")
    await found.first.click()
    link = page.frame_locator("iframe").locator('a[href*="/me"]').first
    await page.goto(str(await link.get_attribute("href")))  # 1, as from a program for e-mail
    card = page.locator(".tracker-card").first
    title = await card.locator(".tracker-card__title").inner_text()
    what = card.get_by_role("button", name=re.compile("I have (done this|read it)")).first
    reads = "read it" in await what.inner_text()
    await what.click()  # 2
    if not reads:
        await fill_in(looking, TODAY)
    await page.get_by_role("button", name="I have read it" if reads else "Record it", exact=True).click()  # 3
    await says(looking, "Acknowledged today:" if reads else "Recorded:")
    await says(looking, re.compile("is done|is now valid through|still needs more|does not count"))
    await expect(page.locator(".tracker-card", has_text=title).filter(has_text="Overdue")).to_have_count(0)


@ON_BOTH
async def test_from_the_e_mail_to_done_in_three_clicks(looking: Looking) -> None:
    await from_the_e_mail_to_done(looking)
    await looking.is_sound()


@ON_BOTH
async def test_from_the_e_mail_to_done_without_javascript(plain: Looking) -> None:
    await from_the_e_mail_to_done(plain)


@AT_BOTH_WIDTHS
async def test_a_certificate_is_attached_replaced_and_taken_away(
    looking: Looking, certificate: Path, width: int, tmp_path: Path
) -> None:
    page = looking.page
    await page.set_viewport_size({"width": width, "height": 800})
    await looking.sits_down_as("practitioner")
    await looking.opens("/me/completions/new?item=R-STRAT")
    wrong = tmp_path / "certificate.jpg"
    wrong.write_text("<script>alert(1)</script>")
    await fill_in(looking, TODAY - timedelta(days=width))
    await page.get_by_label(re.compile("A photograph or PDF")).set_input_files(wrong)
    await page.get_by_role("button", name="Record it").click()
    await says(looking, "This is neither a photograph nor a PDF")
    await expect(page.get_by_label("Year", exact=True)).to_have_value(str((TODAY - timedelta(days=width)).year))
    await page.get_by_role("alert").get_by_role("link").click()
    await expect(page.get_by_label(re.compile("A photograph or PDF"))).to_be_focused()
    looking.complaints.clear()  # the browser notes the answer 422
    await looking.is_sound()
    await page.get_by_label(re.compile("A photograph or PDF")).set_input_files(certificate)
    await page.get_by_role("button", name="Record it").click()
    await says(looking, "Recorded:")
    await looking.is_sound()
    await looking.opens("/me/record")
    await page.get_by_role("link", name=re.compile("See the certificate")).first.click()
    picture = page.get_by_role("img", name=re.compile("Your certificate"))
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 1_600)
    await looking.is_sound()
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(PAPER)
    await page.get_by_label("Put another one in its place").set_input_files(paper)
    await page.get_by_role("button", name="Replace it").click()
    await says(looking, "Attached to")
    await page.get_by_role("link", name=re.compile("See the certificate")).first.click()
    await expect(page.get_by_role("link", name="Download the PDF")).to_be_visible()
    await looking.is_sound()
    await page.get_by_role("link", name="Take it away").click()
    await looking.is_sound()
    await page.get_by_role("button", name="Take it away").click()
    await says(looking, "is deleted")
    await page.get_by_role("link", name=re.compile("Attach a certificate")).first.click()
    await looking.is_sound()
    await page.get_by_role("button", name="Attach it").click()
    await says(looking, "Nothing is chosen")
    looking.complaints.clear()
    await looking.is_sound()


@AT_BOTH_WIDTHS
async def test_a_resource_is_opened_and_used(looking: Looking, width: int) -> None:
    page = looking.page
    await page.set_viewport_size({"width": width, "height": 800})
    await looking.sits_down_as("practitioner")
    await looking.opens("/me/resources/R-STRAT")
    await looking.is_sound()
    gone = await page.request.get(f"{looking.address}/me/resources/R-STRAT/open", max_redirects=0)
    assert gone.status == 302
    await page.reload()
    await expect(page.locator("main")).to_contain_text("You opened it from here, last on")
    await page.get_by_role("button", name="I used it", exact=True).click()
    await says(looking, "The day is missing")
    looking.complaints.clear()
    await looking.is_sound()
    await fill_in(looking, TODAY)
    await page.get_by_role("button", name="I used it", exact=True).click()
    await says(looking, "Kept for you:")
    await looking.is_sound()
    await page.get_by_role("button", name=re.compile("Take back that I used it")).click()
    await says(looking, "Taken back:")


@AT_BOTH_WIDTHS
async def test_a_passport_is_made_checked_by_another_agency_and_taken_back(
    browser: Browser, looking: Looking, width: int
) -> None:
    page = looking.page
    await page.set_viewport_size({"width": width, "height": 800})
    await looking.sits_down_as("practitioner")
    await looking.opens("/me/passport")
    await looking.is_sound()
    for box in await page.get_by_role("checkbox").all():
        await box.uncheck()
    await page.get_by_role("button", name="Make the passport").click()
    await says(looking, "Nothing is ticked")
    looking.complaints.clear()
    await looking.is_sound()
    await page.get_by_role("checkbox").first.check()
    await page.get_by_role("button", name="Make the passport").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your passport is made")
    await looking.is_sound()
    code = await page.locator("#code").inner_text()
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Download the passport").click()
    assert (await started.value).suggested_filename == f"training-passport-{TODAY}.pdf"

    context = await browser.new_context(viewport={"width": width, "height": 800})
    other = Looking(await context.new_page(), looking.address, [], looking.kind)
    await other.opens("/passport")
    await other.is_sound()
    await other.page.get_by_label("The code").fill("ABCD")
    await other.page.keyboard.press("Enter")
    await says(other, "The code has 16 letters and digits")
    other.complaints.clear()
    await other.is_sound()
    await other.page.get_by_label("The code").fill(code.lower())
    await other.page.get_by_label("Who are you?").fill("Bay Surgery")
    await other.page.get_by_role("button", name="Check it").click()
    await expect(other.page.locator("main")).to_contain_text("It is genuine, and all of it still stands.")
    await other.is_sound()

    await looking.opens("/me/passport")
    await expect(page.locator("main")).to_contain_text("by “Bay Surgery”, as they say")
    await looking.is_sound()
    await page.get_by_role("link", name=re.compile("Take it back")).first.click()
    await looking.is_sound()
    await page.get_by_role("button", name="Take it back").click()
    await says(looking, "Taken back:")
    await other.opens(f"/passport?code={code}")
    await other.page.get_by_role("button", name="Check it").click()
    await says(other, "it has ended or was taken back")
    await context.close()


@AT_BOTH_WIDTHS
async def test_due_dates_go_to_one_s_own_calendar_and_are_switched_off(looking: Looking, width: int) -> None:
    page = looking.page
    await page.set_viewport_size({"width": width, "height": 800})
    await looking.sits_down_as("practitioner")
    await page.get_by_role("link", name="Show these days in my own calendar").click()
    await looking.is_sound()
    await page.get_by_role("button", name=re.compile("^Make")).click()
    await looking.is_sound()
    link = await page.locator("#link").inner_text()
    feed = await page.request.get(link)
    assert (feed.status, "BEGIN:VCALENDAR" in await feed.text()) == (200, True)
    await looking.opens("/me/calendar")
    await looking.is_sound()
    await page.get_by_role("button", name="Switch it off").click()
    await says(looking, "Switched off:")
    assert (await page.request.get(link)).status == 404


async def tabs_to(looking: Looking, wanted: Locator) -> None:
    """With the Tab key, as often as it takes."""
    for _ in range(150):
        await looking.page.keyboard.press("Tab")
        if await wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not lead to {wanted}")


@ON_BOTH
async def test_all_of_it_by_keyboard_alone(looking: Looking, certificate: Path) -> None:
    page, keys = looking.page, looking.page.keyboard
    await looking.sits_down_as("practitioner")
    await tabs_to(looking, page.get_by_role("button", name="Record something I have done"))
    await keys.press("Enter")
    await tabs_to(looking, page.get_by_label("What did you complete?"))
    await keys.type("HIPS Child Sexual Abuse Strategy")
    yesterday = TODAY - timedelta(days=1)
    for value in (yesterday.day, yesterday.month, yesterday.year):
        await keys.press("Tab")
        await keys.type(str(value))
    file = page.get_by_label(re.compile("A photograph or PDF"))
    await tabs_to(looking, file)
    await file.set_input_files(certificate)  # the window in which it is chosen is the system's
    await tabs_to(looking, page.get_by_role("button", name="Record it"))
    await keys.press("Enter")
    await says(looking, re.compile("Recorded:|in your record already"))
    await tabs_to(looking, page.get_by_role("link", name=re.compile("my training passport")))
    await keys.press("Enter")
    await tabs_to(looking, page.get_by_role("checkbox").first)
    await keys.press("Space")
    await keys.press("Space")
    await tabs_to(looking, page.get_by_role("button", name="Make the passport"))
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your passport is made")
    await tabs_to(looking, page.get_by_role("link", name="I have kept the code"))
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("My training passport")
    await looking.opens("/me/resources/R-STRAT")
    await tabs_to(looking, page.get_by_label("Day", exact=True))
    for value in (TODAY.day, TODAY.month, TODAY.year):
        await keys.type(str(value))
        await keys.press("Tab")
    await keys.press("Enter")
    await says(looking, "Kept for you:")
    await looking.opens("/me/calendar")
    await tabs_to(looking, page.get_by_role("button", name=re.compile("^Make")))
    await keys.press("Enter")
    await expect(page.locator("#link")).to_contain_text("/calendar/")
    assert looking.complaints == []


@ON_BOTH
async def test_all_of_it_without_javascript(plain: Looking, certificate: Path) -> None:
    page = plain.page
    await plain.sits_down_as("practitioner")
    await plain.opens("/me/completions/new?item=R-STRAT")
    await fill_in(plain, TODAY - timedelta(days=3))
    await page.get_by_label(re.compile("A photograph or PDF")).set_input_files(certificate)
    await page.get_by_role("button", name="Record it").click()
    await says(plain, "Recorded:")
    await plain.opens("/me/record")
    await expect(page.get_by_role("link", name=re.compile("See the certificate")).first).to_be_visible()
    await page.get_by_role("link", name=re.compile("My training passport")).click()
    await page.get_by_role("button", name="Make the passport").click()
    code = await page.locator("#code").inner_text()
    await plain.opens(f"/passport?code={code}")
    await page.get_by_role("button", name="Check it").click()
    await expect(page.locator("main")).to_contain_text("It is genuine")
    await plain.opens("/me/calendar")
    await page.get_by_role("button", name=re.compile("^Make")).click()
    await expect(page.locator("#link")).to_contain_text("/calendar/")
    await plain.opens("/me/resources/R-STRAT")
    await fill_in(plain, TODAY)
    await page.get_by_role("button", name="I used it", exact=True).click()
    await says(plain, "Kept for you:")
