"""Every kind of e-mail in a real browser: on a telephone and on a desk, by day and by night."""

import itertools
import shutil
from collections.abc import AsyncIterator
from datetime import date
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, async_playwright
from sqlalchemy import select

from tests.reminders.every_kind import plan_every_kind
from tests.reminders.planning import sent, written
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn, Written
from training_tracker.reminders.kinds import Kind

BASE = "https://training.tracker.example"
ON, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# An e-mail is no page of a site, and has none.
NO_LANDMARKS = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


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
    """The HTML of an e-mail of each kind, by its kind."""
    letters: Written = {}

    async def write(on: date) -> None:
        letters.update(await written(empty, on))
        await sent(empty)

    await plan_every_kind(empty, write)
    async with empty.reading() as session:
        messages = list(await session.scalars(select(Message).order_by(Message.id.desc())))
    found = {message.key.partition(":")[0]: letters.get(message.id, message) for message in messages}
    return {kind: _html(letter) for kind, letter in found.items()}


def _html(letter: Message | Draft | Withdrawn) -> str:
    assert not isinstance(letter, Withdrawn)
    return letter.html


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nothing_sticks_out_and_everybody_can_read_it(letters: dict[str, str], browser: Browser) -> None:
    assert set(letters) == set(Kind)
    for width, scheme in itertools.product((320, 640), SCHEMES):
        for kind, letter in letters.items():
            page = await browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
            await page.set_content(letter)
            assert await page.evaluate("document.documentElement.scrollWidth") == width, (kind, width)
            if width == 320:
                found = await Axe().run(page, options={"rules": NO_LANDMARKS})
                assert found.violations_count == 0, (kind, scheme, found.generate_report())
            await page.close()
