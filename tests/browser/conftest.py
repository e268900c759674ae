"""The demo, and a real browser to look at it.

It is on SQLite, started by its own command, unless a test asks for both databases: ``@ON_BOTH``, or ``@AT_BOTH_WIDTHS``
where it takes a width. On PostgreSQL it is at a database whose login may make roles and no more, as docs/access.md asks
for, so that its second wall stands. Pages are the same on both, so ``is_sound`` looks at those on SQLite alone.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from scripts.browser import find
from scripts.running_demo import running_demo
from tests.postgres import PostgresServer

WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # What is as it should be is not told one by one, which takes longer than to find what is not.
    "resultTypes": ["violations"],
}
GUESTS = {"practitioner": 0, "manager": 1, "agency lead": 2, "partnership lead": 3, "scrutineer": 4}

# The first page of a server that has just begun takes its time where other tests are at work beside it.
expect.set_options(timeout=20_000)

PEOPLE = 160
ON_BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
AT_BOTH_WIDTHS = pytest.mark.parametrize(("width", "kind"), [(320, "sqlite"), (1280, "sqlite"), (320, "postgresql")])


@pytest.fixture(scope="session")
def demo_on_sqlite() -> Iterator[str]:
    with running_demo(PEOPLE) as address:
        yield address


@pytest.fixture(scope="session")
def demos_database(postgres: PostgresServer) -> str:
    return postgres.create_with_login("demo", "CREATEROLE")


@pytest.fixture(scope="session")
def demo_on_postgresql(demos_database: str) -> Iterator[str]:
    with running_demo(PEOPLE, demos_database) as address:
        yield address


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def demo(request: pytest.FixtureRequest, kind: str) -> str:
    """The address of a running demo, started when somebody first asks for it."""
    return str(request.getfixturevalue(f"demo_on_{kind}"))


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
    kind: str = "sqlite"

    async def sits_down_as(self, guest: str) -> None:
        await self.page.goto(f"{self.address}/sign-in")
        await self.page.locator(".tracker-choice__button").nth(GUESTS[guest]).click()
        await self.page.wait_for_url(re.compile(r"/(me|partnership)$"))

    async def opens(self, path: str) -> None:
        response = await self.page.goto(f"{self.address}{path}")
        assert response is not None
        assert response.status == 200, path

    async def tabs_to(self, name: str) -> None:
        """Press Tab until what has this label, or says this, has the focus."""
        for _ in range(120):
            await self.page.keyboard.press("Tab")
            label = await self.page.evaluate(
                "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
            )
            if label.startswith(name):
                return
        raise AssertionError(f"the keyboard does not come to {name}")

    async def is_sound(self) -> None:
        """No fault that axe knows of, nothing wider than the window, no complaint of the browser."""
        assert self.complaints == []
        if self.kind != "sqlite":
            return
        found = await Axe().run(self.page, options=WCAG)
        faults = [
            f"{fault['id']}: {fault['nodes'][0]['html']} {fault['nodes'][0].get('failureSummary')}"
            for fault in found.response["violations"]
        ]
        assert faults == [], self.page.url
        width = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{self.page.url} is {width} pixels too wide"


@pytest.fixture
async def looking(browser: Browser, demo: str, kind: str) -> AsyncIterator[Looking]:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Looking(page, demo, complaints, kind)
    await context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those of one database share its demo, and so one process."""
    for item in items:
        if item.path.parent == Path(__file__).parent and "demo" in getattr(item, "fixturenames", ()):
            kind = item.callspec.params.get("kind", "sqlite") if hasattr(item, "callspec") else "sqlite"
            item.add_marker(pytest.mark.xdist_group(f"browser on {kind}"))
