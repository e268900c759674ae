"""The demo, started by its own command, and a real browser to look at it."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from scripts.browser import find
from scripts.running_demo import running_demo

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
GUESTS = {"practitioner": 0, "manager": 1, "agency lead": 2, "partnership lead": 3, "scrutineer": 4}


@pytest.fixture(scope="session")
def demo() -> Iterator[str]:
    """The address of a running demo with a few people in it."""
    with running_demo(160) as address:
        yield address


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = find()
    assert path, "no Chromium on PATH: run python scripts/browser.py, which says what to install"
    async with async_playwright() as playwright:
        # Root, as in a container, has no sandbox to use.
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@dataclass
class Looking:
    """A window on the demo; ``complaints`` is what the browser had to say of our pages."""

    page: Page
    address: str
    complaints: list[str]

    async def sits_down_as(self, guest: str) -> None:
        await self.page.goto(f"{self.address}/sign-in")
        await self.page.locator(".tracker-choice__button").nth(GUESTS[guest]).click()
        await self.page.wait_for_url(re.compile(r"/(me|partnership)$"))

    async def opens(self, path: str) -> None:
        response = await self.page.goto(f"{self.address}{path}")
        assert response is not None
        assert response.status == 200, path

    async def is_sound(self) -> None:
        """No fault that axe knows of, nothing wider than the window, no complaint of the browser."""
        found = await Axe().run(self.page, options=WCAG)
        faults = [
            f"{fault['id']}: {fault['nodes'][0]['html']} {fault['nodes'][0].get('failureSummary')}"
            for fault in found.response["violations"]
        ]
        assert faults == [], self.page.url
        width = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{self.page.url} is {width} pixels too wide"
        assert self.complaints == []


@pytest.fixture
async def looking(browser: Browser, demo: str) -> AsyncIterator[Looking]:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Looking(page, demo, complaints)
    await context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share one demo, and so one process."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("browser"))
