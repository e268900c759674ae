"""Job 2 of issue 6, a manager's: by mouse, by keyboard alone, and without JavaScript.

Long leave and exemptions: test_journeys.py. CSV of a team: there too, of the agency's lead.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import ON_BOTH, Looking

TODAY = date.today()  # noqa: DTZ011  # what the person at the browser writes
# So many times is Tab pressed before somebody gives up.
PATIENCE = 400


@dataclass
class Hands:
    """How somebody gets at what is on a page: with a mouse, or without one."""

    looking: Looking
    mouse: bool

    async def press(self, what: Locator) -> None:
        if self.mouse:
            await what.click()
        else:
            await self._reach(what)
            await self.looking.page.keyboard.press("Enter")
        # A part of the page may be on its way.
        await expect(self.looking.page.locator(".htmx-request")).to_have_count(0)

    async def tick(self, what: Locator) -> None:
        if self.mouse:
            await what.check()
            return
        await self._reach(what)
        await self.looking.page.keyboard.press("Space")

    async def untick(self, what: Locator) -> None:
        if self.mouse:
            await what.uncheck()
        else:
            await self.tick(what)

    async def pick(self, what: Locator) -> None:
        """One of several radios, of which Tab knows the first, and arrows the others."""
        if self.mouse:
            await what.check()
            return
        await self._reach(self.looking.page.get_by_role("radio").first)
        while not await what.is_checked():
            await self.looking.page.keyboard.press("ArrowDown")

    async def type(self, what: Locator, text: str) -> None:
        if self.mouse:
            await what.fill(text)
            return
        await self._reach(what)
        await self.looking.page.keyboard.press("ControlOrMeta+a")
        await self.looking.page.keyboard.type(text)

    async def choose(self, what: Locator, text: str) -> None:
        if self.mouse:
            await what.select_option(label=text)
            return
        await self._reach(what)
        # A select takes the option that begins with what is typed.
        await self.looking.page.keyboard.type(text)

    async def day(self, question: str, day: date) -> None:
        group = self.looking.page.get_by_role("group", name=question)
        for label, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            await self.type(group.get_by_label(label, exact=True), str(value))

    async def _reach(self, what: Locator) -> None:
        """Tab forward until it has the focus, which is to be seen there."""
        await expect(what).to_have_count(1)
        for _ in range(PATIENCE):
            if await what.evaluate("it => it === document.activeElement"):
                break
            await self.looking.page.keyboard.press("Tab")
        await expect(what).to_be_focused()
        box = await what.bounding_box()
        assert box is not None, "what has the focus is there to be seen"


@ON_BOTH
@pytest.mark.parametrize(("way", "place"), [("mouse", 0), ("keyboard", 1), ("no script", 2)])
async def test_a_manager_does_the_whole_job(browser: Browser, demo: str, kind: str, way: str, place: int) -> None:
    """From whom to speak to, over confirming, attendance and a nudge, to a deputy. ``place`` is whom in the list."""
    context = await browser.new_context(java_script_enabled=way != "no script", viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    looking = Looking(page, demo, complaints, kind)
    hands = Hands(looking, mouse=way != "keyboard")

    async def is_sound() -> None:
        if way == "mouse":
            await looking.is_sound()

    await looking.sits_down_as("manager")

    # Whom to speak to, and since when.
    await hands.press(page.get_by_role("navigation", name="Pages").get_by_role("link", name="My team"))
    await hands.choose(page.get_by_label("Who has something"), "Overdue")
    await hands.press(page.get_by_role("button", name="Show"))
    await expect(page.locator("tbody tr").first).to_contain_text("Overdue")
    await hands.press(page.get_by_role("columnheader", name="Due", exact=True).get_by_role("link"))
    await expect(page.get_by_role("columnheader", name="Due", exact=True)).to_have_attribute("aria-sort", "ascending")
    await expect(page.get_by_label("Who has something")).to_have_value("overdue")
    await is_sound()
    person = page.locator("tbody tr").nth(place)
    name = await person.get_by_role("rowheader").get_by_role("link").inner_text()
    await hands.press(person.get_by_role("rowheader").get_by_role("link"))
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    address = (await page.get_by_role("link", name="Write to").get_attribute("href") or "").removeprefix("mailto:")

    # A nudge, once.
    await hands.press(page.get_by_role("link", name="Nudge by e-mail"))
    await is_sound()
    await hands.press(page.get_by_role("button", name="Send the e-mail"))
    await expect(page.get_by_role("alert")).to_contain_text(f"{name} gets an e-mail")
    await expect(page.get_by_text("nudged last on")).to_be_visible()
    await is_sound()
    await hands.press(page.get_by_role("link", name="Nudge by e-mail"))
    await expect(page.get_by_text(re.compile("Not now: .* was nudged on"))).to_be_visible()
    await expect(page.get_by_role("button", name="Send the e-mail")).to_have_count(0)
    await is_sound()

    # What people say they have done.
    await looking.opens("/team")
    await hands.press(page.get_by_role("link", name=re.compile("said by themselves")))
    await hands.tick(page.get_by_role("checkbox").first)
    if way == "mouse":
        await hands.tick(page.get_by_role("checkbox").nth(1))
    await hands.pick(page.get_by_role("radio", name="The attendance register"))
    await hands.press(page.get_by_role("button", name="Confirm what is ticked"))
    await expect(page.get_by_role("alert")).to_contain_text("confirmed: attendance register")
    await is_sound()

    # Attendance for everybody but one, taken back.
    await looking.opens("/team")
    await hands.press(page.get_by_role("link", name="Record a briefing or attendance for several people"))
    await is_sound()
    await hands.press(page.get_by_role("button", name="Choose who was there"))
    await expect(page.get_by_role("alert")).to_contain_text("Nothing is chosen")
    await is_sound()
    await hands.choose(page.get_by_label("What was it?"), "An introduction to Child Sexual Abuse")
    await hands.day("On which day?", TODAY - timedelta(days=1))
    await hands.press(page.get_by_role("button", name="Choose who was there"))
    await is_sound()
    await hands.press(page.get_by_role("button", name="Look at it before it is recorded"))
    await expect(page.get_by_text("Nobody is ticked. Tick who was there.").first).to_be_visible()
    await is_sound()
    await hands.press(page.get_by_role("button", name="Tick everybody in this list"))
    ticked = page.get_by_role("checkbox", checked=True)
    await expect(ticked.first).to_be_visible()
    many = await ticked.count()
    assert many > 2
    await hands.untick(ticked.first)
    await is_sound()
    await hands.press(page.get_by_role("button", name="Look at it before it is recorded"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"Record this for \d+ people\?"))
    await expect(page.get_by_text("It can count for what is expected of them:")).to_be_visible()
    await is_sound()
    await hands.press(page.get_by_role("button", name=re.compile("Record it for")))
    await expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Recorded for \d+ people"))
    await is_sound()
    await hands.press(page.get_by_role("button", name=re.compile("Take it back for")))
    await expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Taken back for \d+ people"))

    # The summary as it would go out, and somebody who gets it meanwhile.
    await looking.opens("/team")
    await hands.press(page.get_by_role("link", name="My monthly summary, as it would go out today"))
    await expect(page.frame_locator("iframe").locator("h1")).to_contain_text("Your team's training")
    await is_sound()
    await looking.opens("/team")
    await hands.press(page.get_by_role("link", name="A deputy for an absence"))
    await hands.press(page.get_by_role("button", name="Name the deputy"))
    await expect(page.get_by_role("alert")).to_contain_text("The last day is missing")
    await is_sound()
    await hands.type(page.get_by_label("Who stands in for you?"), address)
    await hands.day("Until which day?", TODAY + timedelta(days=14))
    await hands.press(page.get_by_role("button", name="Name the deputy"))
    await expect(page.get_by_role("alert")).to_contain_text(f"{name} stands in for you")
    await is_sound()
    await looking.opens("/team")
    await expect(page.get_by_text(f"{name} stands in for you until")).to_be_visible()
    await is_sound()
    await hands.press(page.get_by_role("link", name=re.compile("Change or end it")))
    await hands.press(page.get_by_role("button", name=re.compile("End it now")))
    await expect(page.get_by_role("alert")).to_contain_text("Ended:")
    assert complaints == []
    await context.close()
