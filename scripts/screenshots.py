"""Pictures of every page and of every kind of e-mail, as wide as a telephone, a tablet and a desk."""

import asyncio
import re
import shutil
from datetime import date
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from scripts.browser import find
from scripts.running_demo import running_demo
from training_tracker.people.delegating import DelegationLine
from training_tracker.reminders.deputies import deputy_letter
from training_tracker.reminders.letterhead import Letterhead

ROOT = Path(__file__).resolve().parent.parent
INTO = ROOT / "var" / "screenshots"
WIDTHS = (320, 768, 1280)
LETTERS = {
    "digest": "Your training",
    "welcome": "Your new post",
    "confirmation": "Recorded for you",
    "summary": "Your team's training: [A-Z]",
    "escalation": "Your team's training: [0-9]",
    "agency-summary": "Your agency's training",
    "partnership-summary": "Training across",
    "campaign": "A reminder about",
}
# Who sees what, by their place among the guests of the demo.
PAGES = (
    (0, "my-training", "/me"),
    (0, "record", "/me/record"),
    (0, "my-history", "/me/history"),
    (0, "my-data", "/me/data"),
    (0, "completion", "/me/completions/new"),
    (0, "resource", "/me/resources/R-TOOLKIT"),
    (0, "passport", "/me/passport"),
    (0, "calendar", "/me/calendar"),
    (0, "passport-check", "/passport"),
    (1, "waiting", "/team/waiting"),
    (1, "disputed", "/team/disputed"),
    (1, "disputed-record", "/team/disputed/1"),
    (0, "extension", "/me/extensions/R-CPS-SOCIAL-WORKERS"),
    (0, "expectations", "/expectations"),
    (0, "expectation", "/expectations/CSA-INTRO-ALL"),
    (0, "catalogue", "/catalogue"),
    (0, "item", "/catalogue/SGC-L3"),
    (0, "search", "/search"),
    (0, "lists", "/lists"),
    (0, "help", "/help"),
    (0, "accessibility", "/accessibility"),
    (0, "resources", "/resources"),
    (0, "import", "/import"),
    (0, "mailbox", "/mailbox"),
    (1, "team", "/team"),
    (1, "attendance", "/team/attendance"),
    (1, "attendance-people", "/team/attendance/people/CSA-INTRO/2026-06-01"),
    (1, "own-summary", "/team/summary"),
    (1, "deputies", "/team/deputies"),
    (2, "agency", "/agency"),
    (2, "agency-uptake", "/agency/uptake/CSA-INTRO-ALL"),
    (2, "our-imports", "/agency/imports"),
    (2, "import-people", "/agency/imports/new/people"),
    (2, "our-expectations", "/agency/expectations"),
    (2, "new-expectation", "/agency/expectations/new?audience=managers"),
    (2, "ask-more", "/agency/expectations/new?tighten=CSA-INTRO-ALL"),
    (2, "our-people", "/agency/people"),
    (2, "agency-history", "/agency/history"),
    (2, "our-e-mails", "/agency/e-mails"),
    (2, "our-e-mail", "/agency/e-mails/summary"),
    (2, "campaigns", "/campaigns"),
    (2, "new-campaign", "/campaigns/new"),
    (3, "catalogue-kept", "/catalogue/R-TOOLKIT"),
    (3, "catalogue-change", "/catalogue/SGC-L3/change"),
    (3, "catalogue-edition", "/catalogue/R-TOOLKIT/editions/new"),
    (3, "catalogue-counts-as", "/catalogue/SGC-L3/counts-as/SGC-L2/withdrawal"),
    (3, "partnership", "/partnership"),
    (3, "partnership-uptake", "/partnership/uptake"),
    (3, "partnership-one-agency", "/partnership/uptake?agency=Solent+Isle+NHS+Trust"),
    (3, "partnership-trends", "/partnership/trends?agency=Solent+Isle+Council"),
    (3, "partnership-falls-due", "/partnership/falls-due"),
    (3, "partnership-strategy", "/partnership/strategy"),
    (3, "partnership-register", "/partnership/register"),
    (3, "partnership-coverage", "/partnership/coverage"),
    (3, "partnership-board-pack", "/partnership/board-pack"),
)


async def main() -> None:
    shutil.rmtree(INTO, ignore_errors=True)
    INTO.mkdir(parents=True)
    with running_demo(1_200) as address:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
            for width in WIDTHS:
                await pages(browser, address, width)
            for width in (320, 640):
                for scheme in ("light", "dark"):
                    await e_mails(browser, address, width, scheme)
            await browser.close()
    print(f"{len(list(INTO.iterdir()))} pictures in {INTO.relative_to(ROOT)}")


async def pages(browser: Browser, address: str, width: int) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 900})
    page = await context.new_page()
    await page.goto(f"{address}/sign-in")
    await page.screenshot(path=INTO / f"sign-in-{width}.png", full_page=True)
    for guest, name, path in PAGES:
        await page.goto(f"{address}/sign-in")
        await page.locator(".tracker-choice__button").nth(guest).click()
        await page.goto(f"{address}{path}")
        await page.screenshot(path=INTO / f"{name}-{width}.png", full_page=True)
        if name == "passport":
            await page.get_by_role("button", name="Make the passport").click()
            await page.screenshot(path=INTO / f"passport-made-{width}.png", full_page=True)
            await page.goto(await page.locator(".tracker-address").last.inner_text())
            await page.get_by_role("button", name="Check it").click()
            await page.screenshot(path=INTO / f"passport-seen-{width}.png", full_page=True)
        if name == "ask-more":
            await page.get_by_label("Every how many months?").fill("24")
            await page.get_by_label("Why is it expected?").fill("Three years are long where people change often.")
            await page.get_by_label("Who approved it?").fill("Jo Park, chief nurse")
            await page.get_by_role("button", name="See whom it touches").click()
            await page.screenshot(path=INTO / f"whom-it-touches-{width}.png", full_page=True)
        if name == "team":
            await page.locator("tbody").get_by_role("link").first.click()
            await page.screenshot(path=INTO / f"person-{width}.png", full_page=True)
            person = page.url
            for kind, link in (("leave", "Record long leave"), ("exemption", "Exempt from it")):
                await page.goto(person)
                await page.get_by_role("link", name=link).or_(page.get_by_role("button", name=link)).first.click()
                await page.screenshot(path=INTO / f"{kind}-{width}.png", full_page=True)
    await context.close()


async def e_mails(browser: Browser, address: str, width: int, scheme: str) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    for name, subject in LETTERS.items():
        letter = await newest(page, address, subject)
        await page.goto(f"{address}{letter}/html")
        await keep(page, name, width, scheme)
    # Nobody is nudged, and nobody named, before somebody does it.
    await page.goto(f"{address}/sign-in")
    await page.locator(".tracker-choice__button").nth(2).click()
    await page.goto(f"{address}/agency/e-mails/nudge/html")
    await keep(page, "nudge", width, scheme)
    line = DelegationLine(1, 1, "Ngozi Asante", 2, "Robert Edwards", date(2026, 8, 3), date(2026, 8, 28), ended=False)
    named = deputy_letter(Letterhead(address), "deputy:2:1-named", "", line.deputy, line, date(2026, 7, 27))
    await page.set_content(named.html)
    await keep(page, "deputy", width, scheme)
    await context.close()


async def keep(page: Page, name: str, width: int, scheme: str) -> None:
    """Such pictures are kept in docs/pictures/e-mails: there are many, and long."""
    await page.screenshot(path=INTO / f"e-mail-{name}-{width}-{scheme}.jpg", full_page=True, quality=50)


async def newest(page: Page, address: str, subject: str) -> str:
    """The address of a letter whose subject begins like this."""
    number = 1
    while True:
        await page.goto(f"{address}/mailbox?number={number}")
        found = page.locator("tbody").get_by_role("link", name=re.compile(f"^{subject}"))
        if await found.count():
            return str(await found.first.get_attribute("href"))
        number += 1


if __name__ == "__main__":
    asyncio.run(main())
