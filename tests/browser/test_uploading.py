"""An agency's lead brings in spreadsheets: by mouse, by the keyboard alone, and without JavaScript."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import ON_BOTH, Looking

LOOK = "See what it would do"


async def the_example(looking: Looking, layout: str, folder: Path) -> Path:
    """What the demo offers to try with, as it is downloaded from the page."""
    await looking.opens("/agency/imports")
    name = {"people": "an invented list of people", "completions": "one of completions"}[layout]
    async with looking.page.expect_download() as started:
        await looking.page.get_by_role("link", name=name).click()
    file = folder / f"{layout}.csv"
    await (await started.value).save_as(file)
    return file


async def waits_until_done(page: Page) -> None:
    """As somebody does who looks again and again, on a busy machine."""
    for _ in range(60):
        further = page.get_by_role("button", name="See how far it is")
        if not await further.count():
            return
        await page.wait_for_timeout(500)
        await further.click()


async def is_sound_at_every_width(looking: Looking) -> None:
    for width in (320, 768, 1280):
        await looking.page.set_viewport_size({"width": width, "height": 900})
        await looking.is_sound()


@ON_BOTH
async def test_a_lead_looks_at_lists_brings_them_in_and_takes_completions_back(
    looking: Looking, tmp_path: Path
) -> None:
    page = looking.page
    await looking.sits_down_as("agency lead")
    await page.get_by_role("link", name="Our agency").click()
    await page.get_by_role("link", name="Bring in spreadsheets of people and completions").click()
    await is_sound_at_every_width(looking)
    people = await the_example(looking, "people", tmp_path)
    await page.get_by_role("button", name="Bring in people").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name=LOOK).click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing is chosen")
    looking.complaints.clear()  # the browser notes the answer 422
    await page.get_by_role("alert").get_by_role("link").click()
    await expect(page.get_by_label("Your file")).to_be_focused()
    await is_sound_at_every_width(looking)
    await page.get_by_label("Your file").set_input_files(people)
    await page.get_by_role("button", name=LOOK).click()
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Bring this in?")
    await expect(page.get_by_role("table", name="Rows to mend")).to_contain_text("has no team")
    await is_sound_at_every_width(looking)
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download it as a file").click()
    to_mend = tmp_path / "to-mend.csv"
    await (await started.value).save_as(to_mend)
    assert "Hugh Ferris" in to_mend.read_text()
    await page.get_by_role("button", name="Bring in 2 rows").click()
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Brought in")
    await expect(page.get_by_text("cannot be taken back in one go")).to_be_visible()
    await is_sound_at_every_width(looking)
    await page.go_back()
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Brought in")

    completions = await the_example(looking, "completions", tmp_path)
    await page.get_by_role("button", name="Bring in completions").click()
    await is_sound_at_every_width(looking)
    await page.get_by_label("Your file").set_input_files(completions)
    await page.get_by_role("button", name=LOOK).click()
    await waits_until_done(page)
    await expect(page.get_by_text("is in the future")).to_be_visible()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Bring in 1").click()
    await waits_until_done(page)
    await page.get_by_role("link", name="take it back").click()
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("taken back and count for nothing now")
    await is_sound_at_every_width(looking)
    await page.get_by_role("link", name="Bring in spreadsheets").click()
    await expect(page.get_by_role("table")).to_contain_text("Taken back")
    await is_sound_at_every_width(looking)


async def test_a_file_that_is_no_list_says_why(looking: Looking, tmp_path: Path) -> None:
    page, file = looking.page, tmp_path / "minutes.pdf"
    file.write_bytes(b"%PDF-1.7")
    await looking.sits_down_as("agency lead")
    await looking.opens("/agency/imports/new/people")
    await page.get_by_label("Your file").set_input_files(file)
    await page.get_by_role("button", name=LOOK).click()
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("This cannot be brought in")
    await is_sound_at_every_width(looking)
    await page.get_by_role("button", name="Remove it from the list").click()
    await expect(page.get_by_role("alert")).to_contain_text("The file is removed.")


@pytest.fixture
async def without_scripts(browser: Browser, demo: str) -> AsyncIterator[Looking]:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    yield Looking(await context.new_page(), demo, [])
    await context.close()


@ON_BOTH
async def test_it_can_be_brought_in_without_javascript(without_scripts: Looking, tmp_path: Path) -> None:
    looking, page = without_scripts, without_scripts.page
    await looking.sits_down_as("agency lead")
    file = tmp_path / "new.csv"
    example = (await the_example(looking, "people", tmp_path)).read_text(encoding="utf-8-sig").splitlines()
    new = next(line for line in example if "Tamsin Quill" in line)
    file.write_text("\n".join([example[0], new.replace("Tamsin", "Nora").replace("tamsin", "nora")]))
    await looking.opens("/agency/imports/new/people")
    await page.get_by_label("Your file").set_input_files(file)
    await page.get_by_role("button", name=LOOK).click()
    await waits_until_done(page)
    await page.get_by_role("button", name="Bring in 1 row").click()
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Brought in")


@ON_BOTH
async def test_it_can_be_brought_in_with_the_keyboard_alone(looking: Looking, tmp_path: Path) -> None:
    page = looking.page
    await looking.sits_down_as("agency lead")
    file = tmp_path / "new.csv"
    example = (await the_example(looking, "people", tmp_path)).read_text(encoding="utf-8-sig").splitlines()
    new = next(line for line in example if "Tamsin Quill" in line)
    file.write_text("\n".join([example[0], new.replace("Tamsin", "Iris").replace("tamsin", "iris")]))
    await looking.opens("/agency/imports/new/people")

    await looking.tabs_to("Your file")
    await page.get_by_label("Your file").set_input_files(file)  # the window that it opens is the browser's own
    await looking.tabs_to("Make teams that are not known yet")
    await page.keyboard.press("Space")
    await looking.tabs_to(LOOK)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/agency/imports/*agency=*")
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Bring this in?")
    await looking.tabs_to("Bring in 1 row")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).not_to_contain_text("Bring this in?")
    await waits_until_done(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Brought in")
