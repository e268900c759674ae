"""Due dates for one's own calendar: by a secret link, which is shown once, renewed and ended."""

import re
from datetime import date

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from tests.web.conftest import Visitor, World
from tests.web.test_my_training import FORM, TODAY_SENT
from training_tracker.access.erasing import erase
from training_tracker.access.models import CalendarFeed
from training_tracker.database import Database
from training_tracker.people.models import Post

MINE = "/me/calendar"


async def makes(visitor: Visitor) -> str:
    """The path of a new link."""
    assert (await visitor.sends(MINE, {}, form=MINE)).headers["location"] == MINE
    answer = await visitor.opens(MINE)
    assert 'id="link"' not in (await visitor.opens(MINE)).text, "it is shown once"
    found = re.search(r'id="link">https?://[^/]+(/calendar/[A-Za-z0-9_-]{43}\.ics)<', answer.text)
    assert found
    return found[1]


async def asks(visitor: Visitor, path: str, **headers: str) -> httpx.Response:
    """A calendar, that is nobody signed in."""
    visitor.client.cookies.clear()
    return await visitor.client.get(path, headers=headers, follow_redirects=False)


def events(answer: httpx.Response) -> dict[str, tuple[str, date]]:
    assert answer.status_code == 200
    return {
        str(event["uid"]): (str(event["summary"]), event.decoded("dtstart"))
        for event in Calendar.from_ical(answer.content).walk("VEVENT")
    }


async def test_what_falls_due_is_there_on_its_day_and_moves_with_it(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    path = await makes(visitor)
    answer = await asks(visitor, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    before = events(answer)
    assert list(before.values()) == [("Training due: Expected: CSA", date(2026, 6, 1))]
    text = answer.text
    assert "DTSTART;VALUE=DATE:20260601" in text
    assert "DTEND;VALUE=DATE:20260602" in text
    assert not any(word in text for word in ("Ann", "Reed", "Harbour", "Assessment", "overdue", "agency.example"))
    await visitor.becomes(world.ann)
    await visitor.sends("/me/completions", {"item": "CSA-INTRO", **TODAY_SENT}, form=FORM)
    after = events(await asks(visitor, path))
    assert after.keys() == before.keys(), "the same event, moved"
    assert [day for _title, day in after.values()] == [date(2027, 5, 4)]


async def test_a_calendar_that_asks_again_is_told_that_nothing_has_changed(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    path = await makes(visitor)
    first, second = await asks(visitor, path), await asks(visitor, path)
    assert first.content == second.content
    tag = first.headers["etag"]
    for said in (tag, f'"x", W/{tag}'):
        again = await asks(visitor, path, **{"If-None-Match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await asks(visitor, path, **{"If-None-Match": '"x"'})).status_code == 200
    assert first.headers["cache-control"] == "private, max-age=3600, must-revalidate"


async def test_the_link_is_shown_once_renewed_and_ended(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.ann)
    assert "You made a link" not in await visitor.reads(MINE)
    first = await makes(visitor)
    token = first.removeprefix("/calendar/").removesuffix(".ics")
    page = (await visitor.opens(MINE)).text
    assert "You made a link on 4 May 2026" in page
    assert token not in page
    async with empty.reading() as session:
        assert token not in (await session.scalars(select(CalendarFeed.seal))).one()
    second = await makes(visitor)
    assert (await asks(visitor, first)).status_code == 404
    assert (await asks(visitor, second)).status_code == 200
    await visitor.becomes(world.ann)
    await visitor.sends(f"{MINE}/end", {}, form=MINE)
    assert "Switched off" in await visitor.reads(MINE)
    assert (await asks(visitor, second)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/calendar/x.ics", f"/calendar/{'A' * 43}.ics", f"/calendar/{'A' * 43}", "/calendar/.ics"]
)
async def test_what_is_no_link_gives_nothing(visitor: Visitor, world: World, path: str) -> None:
    assert (await asks(visitor, path)).status_code == 404


async def test_it_ends_when_somebody_leaves_and_when_they_are_erased(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.ann)
    path = await makes(visitor)
    async with empty.writing() as session:
        theirs = update(Post).where(Post.practitioner_id == world.ann.id)
        await session.execute(theirs.values(ended_on=date(2026, 5, 3)))
    assert (await asks(visitor, path)).status_code == 404
    async with empty.writing() as session:
        await erase(session, [world.ann.id], "asked for")
    async with empty.reading() as session:
        assert (await session.scalars(select(CalendarFeed))).all() == []


async def test_it_tells_of_nobody_else(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.bob)
    path = await makes(visitor)
    assert list(events(await asks(visitor, path)).values()) == [("Training due: Expected: CSA", date(2026, 2, 4))]
