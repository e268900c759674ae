"""From nothing to signed in with a real browser: the installed server, a real mail server, and the e-mail it brings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from pyotp import TOTP

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
def tracker(configured_url: str, tmp_path: Path, server: MailServer) -> Command:
    """As it would be for real, where Ann Reed has a post."""
    where = f"http://127.0.0.1:{free_port()}"
    mail = {"smtp_port": str(server.port), "smtp_security": "none"}
    tracker = Command(tmp_path, database_url=configured_url, base_url=where, **mail)
    tell(tracker, [person()])
    return tracker


@pytest.fixture
def address(tracker: Command) -> Iterator[str]:
    """Of the program, while it serves."""
    where = tracker.settings["base_url"]
    with tracker.started("serve", "--port", where.rpartition(":")[2]):
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


@pytest.mark.parametrize("width", [320, 1280])
async def test_a_lead_sets_up_an_app_prints_recovery_codes_and_signs_in_with_a_code_and_with_one_of_those(
    browser: Browser, address: str, server: MailServer, tracker: Command, width: int
) -> None:
    tracker.done("user", "grant", ANN, "scrutineer")
    page = await browser.new_page(viewport={"width": width, "height": 800})
    looking = Looking(page, address, [])
    page.on("console", lambda message: looking.complaints.append(message.text) if message.type == "error" else None)

    async def signs_in() -> None:
        await _ask(page, address, server)
        await page.goto(_written(server, r"^(http://\S+)"))
        await page.get_by_role("button", name="Sign in").click()

    await signs_in()
    await page.get_by_role("heading", name="Set up an authenticator app").wait_for()
    await looking.is_sound()
    picture = await page.get_by_role("img", name="QR code").bounding_box()
    assert picture
    assert picture["width"] == picture["height"] > 200
    key = (await page.locator(".tracker-secret").inner_text()).replace(" ", "")
    await page.get_by_label("The six digits of the code").fill("12345")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    looking.complaints.clear()  # that the answer was 422
    await looking.is_sound()
    await page.get_by_label("The six digits of the code").fill(TOTP(key).now())
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Your recovery codes").wait_for()
    await looking.is_sound()
    codes = await page.locator(".tracker-secret li").all_inner_texts()
    await page.get_by_role("button", name="I have kept them").click()
    await page.wait_for_url(f"{address}/me/record")
    await page.get_by_role("link", name="My second step of signing in").click()
    await page.get_by_text("10 left of those made on").wait_for()
    await looking.is_sound()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await signs_in()
    await page.get_by_role("heading", name="The code of your app").wait_for()
    await page.get_by_text("I cannot use my app").click()
    await looking.is_sound()
    await page.get_by_label("The six digits of the code").fill(codes[0])
    await page.keyboard.press("Enter")
    await page.get_by_text("You are signed in, with a recovery code").wait_for()
    await looking.is_sound()
    await page.get_by_role("link", name="Keep the app I have").click()
    await page.get_by_text("9 left of those made on").wait_for()
    await page.get_by_label("The code that your app shows now").fill(codes[1])
    await page.get_by_role("button", name="Set up another app").click()
    await page.get_by_role("heading", name="Set up another authenticator app").wait_for()
    await looking.is_sound()
