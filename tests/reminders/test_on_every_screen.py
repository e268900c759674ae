"""Every kind of e-mail in a real browser: on a telephone and on a desk, by day and by night."""

import itertools
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Literal

import pytest
import time_machine
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, async_playwright
from sqlalchemy import select

from tests.facts import Facts
from tests.reminders.planning import sent, written
from tests.reminders.test_summaries import a_team_of_every_status
from training_tracker.access.granting import lead_agency, lead_partnership
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.reminders.campaigns import NewCampaign, begin_campaign
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.escalating import plan_escalations
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.lead_summaries import plan_agency_summaries, plan_partnership_summaries
from training_tracker.reminders.summaries import plan_summaries

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
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        course = await facts.item("WORD")
        course.title = "Averyveryverylongwordthatnobodywouldwriteinatitlebutsomebodydidonedayallthesame"
        course.address = f"https://learn.agency.example/{'long/' * 40}"
        await facts.version(await facts.expectation("WORD"), [course])
        mia = await facts.practitioner("Mia Moss")
        await lead_agency(session, mia.id, (await facts.agency()).id)
        await lead_partnership(session, mia.id, (await facts.partnership()).id)
        new = NewCompletion(
            (await facts.post("Ida Kemp", team=await facts.team("North"))).practitioner_id, course.id, ON
        )
        with time_machine.travel(datetime(2026, 6, 1, 6, tzinfo=UTC), tick=False):
            await record_completion(session, new, by="manager@agency.example", today=ON)
    async with empty.writing() as session:
        await plan_reminders(session, ON, today=ON)
        await plan_summaries(session, ON, on=ON, today=ON, base_url=BASE)
        await plan_escalations(session, ON, today=ON)
        for plan_for_leads in (plan_agency_summaries, plan_partnership_summaries):
            await plan_for_leads(session, ON, on=ON, today=ON, base_url=BASE, threshold=5)
        facts = Facts(session)
        words = "A medical is always holistic.\n\nIt may be forensic."
        campaign = NewCampaign(
            await facts.partnership(), course.id, "A reminder about medicals", words, (await facts.role(),)
        )
        await begin_campaign(session, campaign, ON, by="tests")
    letters = await written(empty, ON)
    await sent(empty)
    async with empty.writing() as session:
        await plan_reminders(session, TUESDAY, today=TUESDAY)
    letters |= await written(empty, TUESDAY)
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
