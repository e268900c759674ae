"""Nothing on a page moves while it loads: whoever is about to press a thing presses that one."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Looking
from tests.browser.test_soundness import PAGES

# The browser's measure: how much of the window moved, times how far. Less than this is a letter's width.
UNSEEN = 0.005
MOVED = """() => new Promise((told) => {
  let moved = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) moved += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => told(moved), 50)));
})"""


@pytest.mark.parametrize("who", PAGES)
async def test_nothing_moves_while_a_page_loads(looking: Looking, who: str) -> None:
    await looking.page.set_viewport_size({"width": 320, "height": 800})
    await looking.sits_down_as(who)
    for path in PAGES[who]:
        await looking.opens(path)
        assert await moved(looking.page) <= UNSEEN, path


async def test_a_menu_that_no_script_folds_unfolds(looking: Looking) -> None:
    await looking.page.set_viewport_size({"width": 320, "height": 800})
    await looking.sits_down_as("practitioner")
    await looking.page.route("**/static/tracker.js*", lambda route: route.abort())
    await looking.opens("/help")
    menu = looking.page.locator(".govuk-service-navigation__list")
    await expect(menu).to_have_css("max-height", "none")
    assert (await menu.bounding_box() or {"height": 0})["height"] > 100


async def test_what_moves_is_found(looking: Looking) -> None:
    await looking.opens("/help")
    await looking.page.evaluate("document.querySelector('main').style.marginTop = '200px'")
    assert await moved(looking.page) > UNSEEN


async def moved(page: Page) -> float:
    found: float = await page.evaluate(MOVED)
    return found
