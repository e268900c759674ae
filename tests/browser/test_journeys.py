"""Parts of jobs 1 to 4 of issue 6, each by the person whose it is, and of 6: e-mails, slips, links between pages."""

import re
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import text

from tests.browser.conftest import ON_BOTH, Looking
from training_tracker import wall
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

TODAY = date.today()  # noqa: DTZ011  # what the person at the browser writes


async def fill_in_today(looking: Looking) -> None:
    for label, value in (("Day", TODAY.day), ("Month", TODAY.month), ("Year", TODAY.year)):
        await looking.page.get_by_label(label, exact=True).fill(str(value))


@ON_BOTH
async def test_a_practitioner_does_what_is_overdue_and_sees_it_gone(looking: Looking) -> None:
    await looking.sits_down_as("practitioner")
    page = looking.page
    card = page.locator(".tracker-card--overdue").first
    title = await card.locator(".tracker-card__title").inner_text()
    await expect(card).to_contain_text("Was due by")
    await card.get_by_text("Why, and what counts").click()
    await expect(card).to_contain_text("Expected of")
    what = card.get_by_role("button", name=re.compile("I have (done this|read it)")).first
    reads = "read it" in await what.inner_text()
    await what.click()
    if not reads:
        await fill_in_today(looking)
    await page.get_by_role("button", name="I have read it" if reads else "Record it", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Acknowledged today:" if reads else "Recorded:")
    await expect(page.locator(".tracker-card--overdue", has_text=title)).to_have_count(0)
    assert looking.complaints == []


async def test_a_slip_in_a_form_is_told_and_nothing_typed_is_lost(looking: Looking) -> None:
    await looking.sits_down_as("practitioner")
    page = looking.page
    await looking.opens("/me/completions/new?item=CSA-INTRO")
    await page.get_by_label("Day", exact=True).fill("31")
    await page.get_by_label("Month", exact=True).fill("2")
    await page.get_by_label("Year", exact=True).fill("2026")
    await page.get_by_label(re.compile("Where is the proof")).fill("drawer 7")
    await page.get_by_role("button", name="Record it").click()
    await expect(page.get_by_role("alert")).to_contain_text("The date is not a real day")
    await expect(page.get_by_label("Day", exact=True)).to_have_value("31")
    await expect(page.get_by_label(re.compile("Where is the proof"))).to_have_value("drawer 7")
    await page.get_by_role("alert").get_by_role("link").click()
    await expect(page.get_by_label("Day", exact=True)).to_be_focused()
    looking.complaints.clear()  # the browser notes the answer 422
    await looking.is_sound()


@ON_BOTH
async def test_a_manager_finds_whom_to_speak_to(looking: Looking) -> None:
    await looking.sits_down_as("manager")
    page = looking.page
    await page.get_by_role("link", name="My team").click()
    await page.get_by_label("Who has something").select_option("overdue")
    await page.get_by_role("button", name="Show").click()
    row = page.locator("tbody tr").first
    await expect(row).to_contain_text("Overdue")
    name = await row.get_by_role("link").first.inner_text()
    await row.get_by_role("link").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    await expect(page.locator(".tracker-card--overdue").first).to_contain_text("Was due by")
    await expect(page.get_by_role("link", name=re.compile("Write to"))).to_be_visible()


async def fill_in(looking: Looking, question: str, day: date) -> None:
    group = looking.page.get_by_role("group", name=question)
    for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await group.get_by_label(label, exact=True).fill(str(value))


@ON_BOTH
@pytest.mark.parametrize("scripts", [True, False])
async def test_a_manager_records_leave_changes_its_end_and_takes_it_back(
    browser: Browser, demo: str, kind: str, scripts: bool
) -> None:
    context = await browser.new_context(java_script_enabled=scripts, viewport={"width": 320, "height": 700})
    looking = Looking(await context.new_page(), demo, [], kind)
    page = looking.page
    await looking.sits_down_as("manager")
    await looking.opens("/team?status=overdue")
    await page.locator("tbody").get_by_role("link").first.click()
    await page.get_by_role("button", name="Record long leave").click()
    await fill_in(looking, "First day away", TODAY)
    await page.get_by_role("button", name="Record leave").click()
    await expect(page.get_by_role("alert")).to_contain_text("with no end recorded")
    await expect(page.locator(".tracker-card--overdue")).to_have_count(0)

    await page.get_by_role("link", name=re.compile("Change it or take it back")).click()
    await fill_in(looking, "Last day away", TODAY - timedelta(days=1))
    await page.get_by_role("button", name="Change the last day").click()
    await expect(page.get_by_role("alert")).to_contain_text("The leave ends before it begins")
    await fill_in(looking, "Last day away", TODAY + timedelta(days=90))
    await page.get_by_role("button", name="Change the last day").click()
    await expect(page.get_by_role("alert")).to_contain_text("Changed:")

    await page.get_by_role("link", name=re.compile("Change it or take it back")).click()
    await page.get_by_role("link", name="Take it back").click()
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("Taken back:")
    await expect(page.locator(".tracker-card--overdue").first).to_be_visible()
    await context.close()


@ON_BOTH
async def test_a_manager_exempts_somebody_and_takes_it_back(looking: Looking) -> None:
    await looking.sits_down_as("manager")
    page = looking.page
    await looking.opens("/team?status=overdue")
    await page.locator("tbody").get_by_role("link").first.click()
    card = page.locator(".tracker-card--overdue").first
    title = await card.locator(".tracker-card__title").inner_text()
    await card.get_by_role("link", name=re.compile("Exempt from it")).click()
    await fill_in(looking, "Until which day?", TODAY + timedelta(days=90))
    await page.get_by_role("button", name="Grant the exemption").click()
    await expect(page.get_by_role("alert")).to_contain_text("Say why the work does not need it.")
    await page.get_by_label("Why does the work not need it?").fill("Works in payroll")
    await page.get_by_role("button", name="Grant the exemption").click()
    await expect(page.get_by_role("alert")).to_contain_text("Granted:")
    await expect(page.locator(".tracker-card--overdue", has_text=title)).to_have_count(0)
    granted = page.get_by_role("listitem").filter(has_text=f"Exempt from “{title}”")
    await granted.get_by_role("link", name=re.compile("See it or take it back")).click()
    await page.get_by_role("button", name="Take it back").click()
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.locator(".tracker-card--overdue", has_text=title)).to_have_count(1)


@ON_BOTH
async def test_an_agency_lead_goes_from_the_figures_to_the_team_behind_them(looking: Looking) -> None:
    await looking.sits_down_as("agency lead")
    page = looking.page
    await page.get_by_role("link", name="Our agency").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Solent Isle NHS Trust")
    await page.get_by_role("region", name="Uptake by team").get_by_role("link").last.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My team")
    await expect(page.locator("tbody tr").first).to_be_visible()
    async with page.expect_download() as started:
        await page.get_by_role("link", name=re.compile("^CSV")).click()
    assert (await started.value).suggested_filename == f"team-{TODAY}.csv"


@ON_BOTH
async def test_the_partnership_sees_every_named_agency_and_follows_a_figure_to_its_rule(looking: Looking) -> None:
    await looking.sits_down_as("partnership lead")
    page = looking.page
    await page.get_by_role("link", name="The partnership").click()
    await page.get_by_role("link", name="Uptake", exact=True).click()
    table = page.get_by_role("region", name="Uptake by expectation and agency")
    for agency in ("Solent Isle Council", "Solent Isle NHS Trust", "Wessex Coast Constabulary"):
        await expect(table.get_by_role("columnheader", name=agency)).to_be_attached()
    await table.get_by_role("link", name="An introduction to Child Sexual Abuse, every practitioner").click()
    await page.get_by_role("link", name="What exactly is expected").click()
    await expect(page.get_by_text("every 3 years")).to_have_count(2)


@ON_BOTH
async def test_every_e_mail_can_be_read_as_it_was_sent(looking: Looking) -> None:
    await looking.sits_down_as("practitioner")
    page = looking.page
    await page.get_by_role("link", name="Mailbox", exact=True).click()
    await page.get_by_role("region", name="E-mails").get_by_role("link").first.click()
    await expect(page.get_by_role("link", name="My training")).to_be_visible()
    letter = page.frame_locator("iframe")
    await expect(letter.locator("body")).to_contain_text("training")
    await letter.get_by_role("link").first.click()
    await expect(page).to_have_url(re.compile(rf"^{looking.address}/(me|team)"))


@pytest.mark.parametrize("who", ["practitioner"])
async def test_it_all_works_without_javascript(browser: Browser, demo: str, kind: str, who: str) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    looking = Looking(await context.new_page(), demo, [], kind)
    await looking.sits_down_as(who)
    await expect(looking.page.get_by_role("link", name="Catalogue", exact=True)).to_be_visible()
    await looking.opens("/me/completions/new?item=R-STRAT")
    await fill_in_today(looking)
    await looking.page.get_by_role("button", name="Record it").click()
    await expect(looking.page.get_by_role("alert")).to_contain_text("Recorded:")
    await context.close()


async def test_the_form_can_be_sent_with_the_keyboard_alone(looking: Looking) -> None:
    await looking.sits_down_as("practitioner")
    page = looking.page
    await looking.opens("/me/completions/new?item=R-UNID")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await page.get_by_label("What did you complete?").focus()
    for value in (TODAY.day, TODAY.month, TODAY.year):
        await page.keyboard.press("Tab")
        await page.keyboard.type(str(value))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Recorded:")


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_on_postgresql_the_wall_stands_behind_these_pages(demo: str, demos_database: str) -> None:
    """Their server signs in as somebody who is no superuser, and pages read as a role that owns nothing."""
    database = connect(Settings(database_url=demos_database, _env_file=None))
    async with database.engine.connect() as connection:
        assert await connection.run_sync(wall.gaps) == []
        rights = await connection.execute(
            text("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
        assert rights.one() == ("demo", False, False)
    await database.close()
