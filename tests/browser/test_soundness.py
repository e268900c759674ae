"""Every page can be used by everybody: axe finds nothing, and nothing is wider than a small telephone."""

import re

import pytest

from tests.browser.conftest import Looking

PAGES = {
    "practitioner": [
        "/sign-in?name=an",
        "/me",
        "/me/record",
        "/me/history",
        "/me/data",
        "/me/completions/new",
        "/me/resources/R-TOOLKIT",
        "/me/passport",
        "/me/calendar",
        "/passport",
        "/me/extensions/CSA-INTRO-ALL",
        "/expectations",
        "/expectations/CSA-INTRO-ALL",
        "/catalogue",
        "/catalogue?text=nothing+is+called+this",
        "/catalogue/SGC-L3",
        "/search",
        "/lists",
        "/help",
        "/accessibility",
        "/resources",
        "/import",
        "/mailbox",
    ],
    "manager": [
        "/team",
        "/team?status=overdue",
        "/team?name=nobody+is+called+this",
        "/team?sort=-name",
        "/team/attendance",
        "/team/attendance/people/CSA-INTRO/2026-06-01",
        "/team/summary",
        "/team/deputies",
        "/team/waiting",
        "/team/disputed",
        "/team/disputed/1",
    ],
    "agency lead": [
        "/agency",
        "/agency/history",
        "/agency/imports",
        "/agency/imports/new/people",
        "/agency/imports/new/completions",
        "/agency/e-mails",
        "/agency/e-mails/digest",
        "/agency/retention?months=72",
        "/campaigns",
        "/campaigns/new",
    ],
    "partnership lead": [
        "/catalogue/R-TOOLKIT",
        "/catalogue/new",
        "/catalogue/SGC-L3/change",
        "/catalogue/CSA-INTRO/out-of-use",
        "/catalogue/R-TOOLKIT/editions/new",
        "/catalogue/SGC-L3/counts-as/new",
        "/catalogue/SGC-L3/counts-as/SGC-L2",
        "/catalogue/SGC-L3/counts-as/SGC-L2/withdrawal",
        "/catalogue/CSA-INTRO/windows/new",
        "/partnership",
        "/partnership?on=2020-02-30",
        "/partnership?on=2020-02-28",
        "/partnership/uptake",
        "/partnership/uptake?agency=Solent+Isle+Council",
        "/partnership/trends",
        "/partnership/falls-due",
        "/partnership/strategy",
        "/partnership/register",
        "/partnership/coverage",
        "/partnership/board-pack",
        "/campaigns",
        "/campaigns/new",
    ],
}


@pytest.mark.parametrize("who", PAGES)
async def test_every_page_is_sound(looking: Looking, who: str) -> None:
    await looking.sits_down_as(who)
    for path in PAGES[who]:
        await looking.opens(path)
        # What is folded away must be sound too.
        await looking.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width in (320, 1280):
            await looking.page.set_viewport_size({"width": width, "height": 800})
            await looking.is_sound()


@pytest.mark.parametrize("width", [320, 1280])
async def test_one_person_and_one_letter_are_sound(looking: Looking, width: int) -> None:
    await looking.page.set_viewport_size({"width": width, "height": 800})
    await looking.sits_down_as("manager")
    for path in ("/team", "/mailbox"):
        await looking.opens(path)
        await looking.page.locator("tbody").get_by_role("link").first.click()
        await looking.page.wait_for_load_state("networkidle")
        await looking.is_sound()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("form", ["Record long leave", "Exempt from it", "Give more time"])
async def test_what_a_manager_fills_in_for_somebody_is_sound_with_a_slip_in_it_too(
    looking: Looking, form: str, width: int
) -> None:
    await looking.page.set_viewport_size({"width": width, "height": 800})
    await looking.sits_down_as("manager")
    await looking.opens("/team?status=overdue")
    await looking.page.locator("tbody").get_by_role("link").first.click()
    await looking.page.locator("main").get_by_text(form).first.click()
    await looking.page.wait_for_url(re.compile("/(leave|exemptions|extensions)"))
    await looking.is_sound()
    await looking.page.locator("main form").get_by_role("button").click()
    await looking.page.get_by_role("alert").wait_for()
    looking.complaints.clear()  # the browser notes the answer 422
    await looking.is_sound()


@pytest.mark.parametrize("width", [320, 1280])
async def test_saying_that_a_record_is_not_right_is_sound_with_a_slip_in_it_too(looking: Looking, width: int) -> None:
    await looking.page.set_viewport_size({"width": width, "height": 800})
    # Whoever sits there: the demo offers somebody who has something to do, and other tests do it.
    await looking.sits_down_as("practitioner")
    await looking.opens("/me/record")
    await looking.page.locator("main").get_by_text("This is not right").first.click()
    await looking.page.wait_for_url(re.compile("/dispute$"))
    await looking.is_sound()
    say_so = looking.page.get_by_role("button", name="Say that it is not right")
    await say_so.click()
    await looking.page.get_by_role("alert").wait_for()
    looking.complaints.clear()  # the browser notes the answer 422
    await looking.is_sound()
    await looking.page.get_by_role("radio").first.check()
    await say_so.click()
    await looking.opens("/me/record")
    await looking.page.locator("main").get_by_text("What you said of it").first.click()
    await looking.page.wait_for_url(re.compile("/dispute$"))
    await looking.is_sound()


async def test_a_page_that_is_not_there_is_sound(looking: Looking) -> None:
    await looking.page.goto(f"{looking.address}/no-such-page")
    looking.complaints.clear()  # the browser notes the answer 404
    await looking.is_sound()


async def test_what_is_not_sound_is_found(looking: Looking) -> None:
    page = '<html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'
    for fault, found in (("<img src='data:,'>", "image-alt"), ("<p style='width: 2000px'>Wide</p>", "pixels too wide")):
        await looking.page.set_content(page.format(fault))
        with pytest.raises(AssertionError, match=found):
            await looking.is_sound()
