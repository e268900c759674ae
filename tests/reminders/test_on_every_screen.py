"""Both e-mails in a real browser: on a telephone and on a desk, by day and by night."""

import shutil
from collections.abc import AsyncIterator
from datetime import date
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, async_playwright
from sqlalchemy import select

from tests.facts import Facts
from tests.reminders.planning import written
from tests.reminders.test_summaries import a_team_of_every_status
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.summaries import plan_summaries

BASE = "https://training.tracker.example"
ON = date(2026, 6, 1)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# An e-mail is no page of a site, and has none.
NO_LANDMARKS = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}

Scheme = Literal["light", "dark"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    assert path, "these tests need a browser: python scripts/browser.py installs one or says what to do"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def letters(empty: Database) -> dict[str, str]:
    """The HTML of a summary and of the digest of somebody who is overdue, by what they are."""
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        course = await facts.item("WORD")
        course.title = "Averyveryverylongwordthatnobodywouldwriteinatitlebutsomebodydidonedayallthesame"
        course.address = f"https://learn.agency.example/{'long/' * 40}"
        await facts.version(await facts.expectation("WORD"), [course])
    async with empty.writing() as session:
        await plan_reminders(session, ON, today=ON)
        await plan_summaries(session, ON, on=ON, today=ON, base_url=BASE)
    digests = await written(empty, ON)
    async with empty.reading() as session:
        messages = list(await session.scalars(select(Message).order_by(Message.id.desc())))
    return {message.key.partition(":")[0]: _html(digests.get(message.id, message)) for message in messages}


def _html(letter: Message | Draft | Withdrawn) -> str:
    assert not isinstance(letter, Withdrawn)
    return letter.html


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 640])
async def test_nothing_sticks_out_and_everybody_can_read_it(
    letters: dict[str, str], browser: Browser, width: int, scheme: Scheme
) -> None:
    assert set(letters) == {"digest", "summary"}
    for letter in letters.values():
        page = await browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
        await page.set_content(letter)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        # An e-mail is no page of a site: it has no landmarks.
        found = await Axe().run(
            page, options={"rules": {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}}
        )
        assert found.violations_count == 0, found.generate_report()
        await page.close()
