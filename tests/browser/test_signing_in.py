"""From nothing to signed in with a real browser: the installed server, a real mail server, and the e-mail it brings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Looking
from tests.cli.command import Command, answer, free_port
from tests.cli.telling import tell
from tests.intake.spreadsheets import person
from tests.mail.servers import MailServer, mail_server

ANN = "ann.reed@harbour.example"


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def address(configured_url: str, tmp_path: Path, server: MailServer) -> Iterator[str]:
    """Of a program that serves as it would for real, where Ann Reed has a post."""
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    mail = {"smtp_port": str(server.port), "smtp_security": "none"}
    tracker = Command(tmp_path, database_url=configured_url, base_url=where, **mail)
    tell(tracker, [person()])
    with tracker.started("serve", "--port", str(port)):
        answer(f"{where}/health")
        yield where


def _written(server: MailServer, pattern: str) -> str:
    part = server.letters[-1].email.get_body(("plain",))
    assert part is not None
    found = re.search(pattern, part.get_content(), re.MULTILINE)
    assert found
    return found[1]


async def _ask(page: Page, address: str, server: MailServer) -> None:
    before = len(server.letters)
    await page.goto(f"{address}/me/record")
    await page.get_by_label("Your work e-mail address").fill(ANN)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Look in your e-mails").wait_for()
    for _ in range(100):
        if len(server.letters) > before:
            return
        await page.wait_for_timeout(50)
    raise AssertionError("no e-mail came")


@pytest.mark.parametrize("width", [320, 1280])
async def test_somebody_signs_in_with_the_link_and_out_again_and_in_with_the_code(
    browser: Browser, address: str, server: MailServer, width: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    looking = Looking(page, address, [])
    await page.goto(f"{address}/sign-in")
    await looking.is_sound()
    await _ask(page, address, server)
    await looking.is_sound()
    await page.goto(_written(server, r"^(http://\S+)"))
    await looking.is_sound()
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{address}/me/record")
    await page.get_by_text("Signed in as Ann Reed").wait_for()
    await looking.is_sound()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await _ask(page, address, server)
    await page.get_by_label("The six digits of the code").fill("000000")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    await looking.is_sound()
    await page.get_by_label("The six digits of the code").fill(_written(server, r"^(\d{3} \d{3})"))
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{address}/me/record")
    await page.get_by_role("button", name="Sign out everywhere").click()
    await page.get_by_text("You are signed out everywhere").wait_for()
