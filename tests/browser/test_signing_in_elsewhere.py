"""Signing in with an agency's own directory, in a real browser: a real provider, and the installed server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Looking
from tests.cli.command import Command, answer, free_port
from tests.cli.telling import tell
from tests.intake.spreadsheets import TRUST, person
from tests.web.issuers import CLIENT, SECRET, real_provider

ANN, NAME = "ann.reed@harbour.example", "Harbour’s directory"
ACCOUNTS = {
    "ann": {"email": ANN, "email_verified": True},
    "bob": {"email": "bob.hall@harbour.example", "email_verified": True},
}


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def address(configured_url: str, tmp_path: Path) -> Iterator[str]:
    """Of a program whose agency has a directory, in which Ann has an account and a stranger too."""
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    secrets = json.dumps({NAME: SECRET})
    mail = {"smtp_port": "9", "smtp_security": "none"}
    tracker = Command(tmp_path, database_url=configured_url, base_url=where, provider_secrets=secrets, **mail)
    tell(tracker, [person()])
    with real_provider(ACCOUNTS, ours=where) as issuer:
        known = ("--agency", TRUST, "--issuer", issuer, "--client-id", CLIENT, "--domain", "harbour.example")
        tracker.done("user", "provider", "add", NAME, *known)
        with tracker.started("serve", "--port", str(port)):
            answer(f"{where}/health")
            yield where


@pytest.mark.parametrize("width", [320, 1280])
async def test_somebody_comes_back_signed_in_to_the_page_they_asked_for_and_a_stranger_does_not(
    browser: Browser, address: str, width: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    looking = Looking(page, address, [])

    async def goes_to_the_directory_as(login: str) -> None:
        await page.goto(f"{address}/me/record")
        await page.get_by_label("Your work e-mail address").fill(ANN)
        await page.keyboard.press("Enter")
        # The page between leads on by itself.
        await page.locator("input[name=login]").fill(login)
        await page.locator("input[name=password]").fill("anything")
        await page.locator("button[type=submit]").click()
        await page.get_by_role("button", name="Continue").click()

    await goes_to_the_directory_as("ann")
    await page.wait_for_url(f"{address}/me/record")
    await page.get_by_text("Signed in as Ann Reed").wait_for()
    await looking.is_sound()

    await page.context.clear_cookies()
    await goes_to_the_directory_as("bob")
    await page.get_by_role("heading", level=1).wait_for()
    assert page.url.startswith(f"{address}/sign-in/provider")
    assert await page.get_by_text("Signed in as").count() == 0
    await looking.is_sound()
