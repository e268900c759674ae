"""The board pack tells the same on the page, in the PDF and in the workbook, and nobody's name."""

import io
import re
from datetime import date
from html import unescape

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.facts import Facts, published
from tests.papers import text_of
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.calendar import in_words
from training_tracker.catalogue.models import Item, ItemPriority, Mark, Priority
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Post

APRIL = date(2026, 4, 30)
PACK = "/partnership/board-pack"
# Agencies' names may be anything, and a spreadsheet must not run them.
AWKWARD = "=1+1 & Söhne <b>Probation</b>"


@pytest.fixture
async def settled(empty: Database, world: World) -> World:
    """Four agencies of thirty, of whom ever more have the introduction; it falls due for those who have it."""
    async with empty.writing() as session:
        facts = Facts(session)
        item, officer = await facts.item("INTRO"), await facts.role("Officer", sector="Probation")
        sector, partnership = await facts.sector("Probation"), await facts.partnership()
        scope = [Scope(sector_id=sector.id)]
        await facts.version(await facts.expectation("INTRO"), [item], scopes=scope, period_months=12)
        for number, agency in enumerate((AWKWARD, "Delta Probation", "Gamma Probation", "Kelp Probation"), 1):
            team = await facts.team(agency=await facts.agency(agency, sector="Probation"))
            for person in range(30):
                post = await facts.post(f"Person {person} of {number}", team=team, role=officer)
                if person < number * 6:
                    await facts.completed(post, item, date(2025, 7, 1))
        one = Priority(
            partnership_id=partnership.id, number=8, title="Education", recommendations=[], mark=Mark.SOURCED
        )
        session.add(one)
        await session.flush()
        session.add(ItemPriority(item_id=item.id, priority_id=one.id))
    await published(empty, APRIL)
    return world


async def test_page_pdf_and_workbook_tell_the_same_figures(visitor: Visitor, settled: World, empty: Database) -> None:
    await published(empty, TODAY)
    await visitor.becomes(settled.pia)
    html = (await visitor.opens(PACK)).text
    page = of_page(html)
    book = of_workbook((await visitor.opens(f"{PACK}/pack.xlsx")).content)
    assert book == page
    said = of_pdf((await visitor.opens(f"{PACK}/pack.pdf")).content)
    for caption, rows in page.items():
        assert squeezed(caption) in said, caption
        for row in rows:
            assert squeezed("".join(row)) in said, (caption, row)
    assert [AWKWARD, "Expected: INTRO", "90.0%", "20.0%", "6", "30", "far below", "4 May 2026"] in page[
        "By agency, as at 4 May 2026"
    ]
    assert ["Expected: INTRO", "4", "120", "20.0%", AWKWARD, "50.0%", "80.0%", "Kelp Probation", "4 May 2026"] in page[
        "How far agencies are apart, as at 4 May 2026"
    ]
    assert ["About INTRO", "60", "60", "–"] in page["What falls due, as at 4 May 2026"]
    (priority,) = page["The strategy’s priorities, as at 4 May 2026"]
    assert priority[0] == "8. Education"
    assert priority[-1] == "no recommendation of the audit names it"


async def test_it_is_the_pack_of_a_past_day_as_it_was_told_then(
    visitor: Visitor, settled: World, empty: Database
) -> None:
    async with empty.writing() as session:
        item = (await session.scalars(select(Item).where(Item.code == "INTRO"))).one()
        for post in await session.scalars(select(Post).order_by(Post.id.desc()).limit(6)):
            await Facts(session).completed(post, item, TODAY)
    await published(empty, TODAY)
    now, then = [of_page(await _at(visitor, settled, on)) for on in ("2026-05-04", "2026-05-03")]
    kelp = ["Kelp Probation", "Expected: INTRO", "90.0%"]
    assert [*kelp, "100.0%", "30", "30", "at target", "4 May 2026"] in now["By agency, as at 4 May 2026"]
    assert [*kelp, "80.0%", "24", "30", "below", "30 April 2026"] in then["By agency, as at 30 April 2026"]
    assert "Enough people who have it, as at 4 May 2026" in now
    assert not [caption for caption in then if caption.startswith("Enough")], "which is told of today alone"
    assert "Nothing had been published by 29 April 2026." in seen(await _at(visitor, settled, "2026-04-29"))
    for file in ("pack.pdf", "pack.xlsx"):
        assert (await visitor.opens(f"{PACK}/{file}?on=2026-04-29")).status_code == 404


async def test_no_name_of_a_person_is_in_it(visitor: Visitor, settled: World) -> None:
    await visitor.becomes(settled.pia)
    told = seen((await visitor.opens(PACK)).text) + of_pdf((await visitor.opens(f"{PACK}/pack.pdf")).content)
    for person in (settled.ann, settled.bob, settled.cas, settled.dot, settled.mia, settled.lee):
        assert person.name not in told
        assert squeezed(person.name) not in told
    assert "Personof" not in told


async def _at(visitor: Visitor, world: World, on: str) -> str:
    await visitor.becomes(world.pia)
    return (await visitor.opens(f"{PACK}?on={on}")).text


def of_page(html: str) -> dict[str, list[list[str]]]:
    found = {}
    for table in re.findall(r'<caption class="tracker-caption">(.*?)</table>', html, re.DOTALL):
        caption, rest = table.split("</caption>", 1)
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", rest.split("<tbody", 1)[1], re.DOTALL)
        found[unescape(caption)] = [
            [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows
        ]
    return found


def of_workbook(content: bytes) -> dict[str, list[list[str]]]:
    """Its tables as the page tells them: below each caption and its words are the headings, and then the rows."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = {}
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        blank = next((number for number, row in enumerate(rows) if not any(cell != "" for cell in row)), None)
        if blank is None:
            continue
        headings = [str(cell) for cell in rows[blank + 1]]
        percents = {
            n for n, head in enumerate(headings) if head in {"Percent", "Target", "Minimum", "Median", "Maximum"}
        }
        found[str(rows[0][0])] = [
            [_as_told(cell, number in percents) for number, cell in enumerate(row)] for row in rows[blank + 2 :]
        ]
    return found


def _as_told(cell: object, percent: bool) -> str:
    match cell:
        case "":
            return "–"
        case float():
            return f"{cell:.1f}%" if percent else f"{int(cell):,}"
        case date():
            return in_words(cell)
    return str(cell)


def of_pdf(content: bytes) -> str:
    """Its text without spaces: where a line breaks is the paper's own."""
    return squeezed(text_of(content))


def squeezed(text: str) -> str:
    return re.sub(r"\s|\u00ad", "", text)
