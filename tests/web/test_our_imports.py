"""An agency's lead sends spreadsheets: looks, confirms, takes back, and sees nothing of another agency's people."""

import asyncio
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
import time_machine
import xlsxwriter
from sqlalchemy import func, select, update

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.access.erasing import erase
from training_tracker.access.granting import lead_agency
from training_tracker.audit.models import Action, AuditAct, AuditEntry
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.intake.models import Spreadsheet, SpreadsheetFile, Stage
from training_tracker.intake.uploads import LARGEST
from training_tracker.intake.working import work_on_what_waits, work_through
from training_tracker.people.membership import Described, describe_agency
from training_tracker.people.models import Agency, Post, Practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import FILE_TAKEN_BACK
from training_tracker.settings import Settings

PEOPLE = ("agency", "team", "employee number", "name", "e-mail", "role", "manager e-mail", "started on", "ended on")
DONE = ("e-mail", "item", "completed on", "hours")
TODAY = {"as-at-day": "4", "as-at-month": "5", "as-at-year": "2026"}
NEW = ("", "Assessment", "7", "Eve Stone", "eve.stone@agency.example", "Social worker", "", "2026-05-01", "")


def sheet(headings: Iterable[str], *rows: Iterable[str]) -> bytes:
    return "\n".join(",".join(row) for row in (headings, *rows)).encode()


async def send(visitor: Visitor, layout: str, content: bytes, name: str = "list.csv", **fields: str) -> httpx.Response:
    page = await visitor.opens(f"/agency/imports/new/{layout}")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    sent = (TODAY if layout == "completions" else {}) | fields | {"_csrf_token": token[1]}
    files = {"file": (name, content, "application/octet-stream")}
    return await visitor.client.post(f"/agency/imports/new/{layout}", data=sent, files=files, follow_redirects=False)


async def looks(visitor: Visitor, layout: str, content: bytes, name: str = "list.csv", **fields: str) -> str:
    """Send a file that is taken; returns the address of its page."""
    answer = await send(visitor, layout, content, name, **fields)
    assert answer.status_code == 303, seen(answer.text)
    return await done(visitor, str(answer.headers["location"]))


async def done(visitor: Visitor, address: str) -> str:
    """Wait until nobody is at it any more, on a busy machine too."""
    async with asyncio.timeout(60):
        while "See how far it is" in (await visitor.opens(address)).text:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return address


async def confirms(visitor: Visitor, address: str) -> httpx.Response:
    page = await visitor.opens(address)
    digest = re.search(r'name="seen" value="([^"]+)"', page.text)
    assert digest, seen(page.text)
    answer = await visitor.sends(address.replace("?", "/confirmation?"), {"seen": digest[1]}, form=address)
    await done(visitor, address)
    return answer


async def number(database: Database, what: type) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(what)) or 0


async def stands(database: Database) -> list[tuple[str, date, str | None]]:
    async with database.reading() as session:
        rows = await session.execute(
            select(Practitioner.name, Completion.completed_on, Completion.void_reason)
            .join(Practitioner, Practitioner.id == Completion.practitioner_id)
            .where(Completion.recorded_by.like("lee%"))
            .order_by(Completion.id)
        )
        return [(name, day, reason) for name, day, reason in rows]


def of(person: Practitioner, day: str = "2026-04-01", item: str = "CSA-INTRO") -> tuple[str, str, str, str]:
    return str(person.email), item, day, ""


async def test_people_are_looked_at_confirmed_and_brought_in(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    before = await number(empty, Post)
    wrong = ("", "Asessment", "8", "Fay Hill", "fay.hill@agency.example", "Social worker", "", "2026-05-01", "")
    address = await looks(visitor, "people", sheet(PEOPLE, NEW, wrong))
    page = await visitor.reads(address)
    assert "Bring this in?" in page, page
    assert "Nothing is changed yet." in page
    assert "row would begin a post 1" in page
    assert "row would be refused 1" in page
    assert "Row 3 team Asessment" in page
    assert "Did you mean Family services &gt; Assessment?" in page
    assert "It cannot be taken back in one go." in page
    assert await number(empty, Post) == before, "nothing is done before it is confirmed"

    assert (await confirms(visitor, address)).status_code == 303
    page = await visitor.reads(address)
    assert "Brought in on 4 May 2026, 10:30 by you." in page
    assert "row began a post 1" in page
    assert await number(empty, Post) == before + 1
    file = await visitor.opens(address.replace("?", "/refused?"))
    assert "Fay Hill" in file.text
    assert "team: " in file.text
    assert "Eve Stone" not in file.text
    assert 'filename="people-to-mend-' in file.headers["content-disposition"]
    listed = await visitor.reads("/agency/imports")
    assert "4 May 2026, 10:30 People list.csv By you 1 row brought in, 1 refused ( rows to mend" in listed


async def test_completions_say_whose_standing_changes_and_are_taken_back_and_sent_again(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    file = sheet(DONE, of(world.bob), of(world.ann), of(world.dot, "2026-04-02"))
    address = await looks(visitor, "completions", file)
    page = await visitor.reads(address)
    assert "completions would be new 3" in page
    assert "Expected: CSA Would be overdue: 0 No longer overdue: 2 Newly in place: 2" in page
    await confirms(visitor, address)
    assert len(await stands(empty)) == 3
    assert "Until 11 May 2026 all of it can be taken back in one go" in await visitor.reads(address)

    back = address.replace("?", "/withdrawal?")
    assert "Take back 3 completions?" in await visitor.reads(back)
    assert (await visitor.sends(back, {}, form=back)).status_code == 303
    assert [reason for _, _, reason in await stands(empty)] == [FILE_TAKEN_BACK] * 3
    page = await visitor.reads(address)
    assert "3 completions are taken back and count for nothing now." in page
    assert (await visitor.opens(back)).status_code == 404
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await visitor.opens("/agency/imports/new/people")).text)
    assert token
    again = await visitor.client.post(back, data={"_csrf_token": token[1]}, follow_redirects=False)
    assert again.status_code == 303
    assert len(await stands(empty)) == 3, "a second click takes nothing back"

    address = await looks(visitor, "completions", file)
    assert "completions would be new 3" in await visitor.reads(address), "it may come again"


async def test_what_stronger_evidence_took_the_place_of_stands_again(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    own = {"item": "CSA-INTRO", "completed-on-day": "1", "completed-on-month": "4", "completed-on-year": "2026"}
    await visitor.sends("/me/completions", own, form="/me/completions/new")
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.bob)))
    await confirms(visitor, address)
    back = address.replace("?", "/withdrawal?")
    await visitor.sends(back, {}, form=back)
    async with empty.reading() as session:
        found = await session.scalars(
            select(Completion.recorded_by).where(
                Completion.practitioner_id == world.bob.id, Completion.voided_at.is_(None)
            )
        )
        assert found.all() == [world.bob.email]


async def test_the_same_file_twice_has_nothing_to_bring_in(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    file = sheet(DONE, of(world.bob))
    await confirms(visitor, await looks(visitor, "completions", file))
    page = await visitor.reads(await looks(visitor, "completions", file))
    assert "There is nothing to bring in" in page
    assert "This very file was brought in on 4 May 2026, 10:30." in page
    assert "Bring in 1 row" not in page
    assert len(await stands(empty)) == 1


async def test_what_changed_since_the_look_is_looked_at_again_and_said(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.bob), of(world.ann, "2026-04-03")))
    other = Visitor(visitor.client)
    await confirms(other, await looks(other, "people", sheet(PEOPLE, NEW)))
    async with empty.writing() as session:
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        held = (await session.scalars(select(Post).where(Post.practitioner_id == world.bob.id))).one()
        (await Facts(session).completed(held, course, date(2026, 4, 1))).recorded_by = str(world.mia.email)
    assert (await confirms(visitor, address)).status_code == 303
    page = await visitor.reads(address)
    assert "Something that matters to this file was changed since you looked" in page
    assert "completion would be new 1" in page
    assert await stands(empty) == [], "nothing of it is in the record"
    await confirms(visitor, address)
    assert len(await stands(empty)) == 1


async def test_a_double_click_and_an_older_look_bring_nothing_in_twice(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.bob)))
    confirmation = address.replace("?", "/confirmation?")
    await visitor.sends(confirmation, {"seen": "of another look"}, form=address)
    assert "Nothing is changed yet." in await visitor.reads(address)
    page = (await visitor.opens(address)).text
    token, digest = (re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("_csrf_token", "seen"))
    assert token
    assert digest
    sent = {"_csrf_token": token[1], "seen": digest[1]}
    answers = await asyncio.gather(
        *(visitor.client.post(confirmation, data=sent, follow_redirects=False) for _ in range(2))
    )
    assert [answer.status_code for answer in answers] == [303, 303]
    late = await visitor.client.post(confirmation, data=sent, follow_redirects=False)
    assert late.status_code == 303
    assert len(await stands(empty)) == 1
    late = await visitor.client.post(address.replace("?", "/removal?"), data=sent, follow_redirects=False)
    assert late.headers["location"] == address, "what is done is not removed"
    assert "Brought in on" in await visitor.reads(address)


async def test_what_is_not_confirmed_is_removed_with_its_file(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "people", sheet(PEOPLE, NEW))
    await visitor.sends(address.replace("?", "/removal?"), {}, form=address)
    assert "The file is removed." in await visitor.reads("/agency/imports")
    assert (await visitor.opens(address)).status_code == 404
    first = await looks(visitor, "people", sheet(PEOPLE, NEW))
    await looks(visitor, "people", sheet(PEOPLE, NEW))
    assert (await visitor.opens(first)).status_code == 404, "another one takes its place"
    assert await number(empty, SpreadsheetFile) == 2
    with time_machine.travel(datetime(2026, 5, 5, 9, 31, tzinfo=UTC)):
        await work_on_what_waits(empty, visitor.client.app.state.settings)
    assert await number(empty, Spreadsheet) == 0, "after a day it is forgotten"
    assert await number(empty, SpreadsheetFile) == 0


async def test_the_file_waits_locked_and_its_rows_to_mend_are_forgotten(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "people", sheet(PEOPLE, NEW, ("", "", "", "No Body", "", "", "", "", "")))
    async with empty.reading() as session:
        kept = (await session.scalars(select(SpreadsheetFile.content))).all()
    assert len(kept) == 3
    assert not any(b"Stone" in content or b"No Body" in content for content in kept)
    await confirms(visitor, address)
    assert await number(empty, SpreadsheetFile) == 2, "what was sent is gone, what was refused is kept"
    with time_machine.travel(datetime(2026, 6, 4, 9, 31, tzinfo=UTC)):
        await work_on_what_waits(empty, visitor.client.app.state.settings)
    assert await number(empty, SpreadsheetFile) == 0
    page = await visitor.reads(address)
    assert "The rows themselves are not kept any more." in page
    assert "list.csv" not in page
    assert (await visitor.opens(address.replace("?", "/refused?"))).status_code == 404


async def test_nobody_but_its_sender_sees_what_waits_and_no_other_agency_what_came(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "people", sheet(PEOPLE, NEW, ("", "", "", "No Body", "", "", "", "", "")))
    async with empty.writing() as session:
        council = (await session.scalars(select(Agency.id).where(Agency.name == "Harbour Council"))).one()
        surgery = (await session.scalars(select(Agency.id).where(Agency.name == "Bay Surgery"))).one()
        await lead_agency(session, world.mia.id, council)
        await lead_agency(session, world.cas.id, surgery)
    other = address.replace(f"agency={council}", f"agency={surgery}")
    assert other != address
    for person in (world.mia, world.cas):
        await visitor.becomes(person)
        for path in (address, address.replace("?", "/refused?"), other, other.replace("?", "/refused?")):
            assert (await visitor.opens(path)).status_code == 404
        assert "list.csv" not in await visitor.reads("/agency/imports")
    await visitor.becomes(world.lee)
    await confirms(visitor, address)
    await visitor.becomes(world.mia)
    page = await visitor.reads(address)
    assert "by an agency’s lead" in page
    assert "Lee" not in page
    assert "No Body" in (await visitor.opens(address.replace("?", "/refused?"))).text
    async with empty.reading() as session:
        taken = await session.scalars(select(AuditEntry.agency_id).where(AuditEntry.action == Action.DOWNLOADED))
        assert taken.all() == [council], "what somebody else sent is a list of people like others"
    await visitor.becomes(world.cas)
    for path in (address, other, other.replace("?", "/refused?")):
        assert (await visitor.opens(path)).status_code == 404
    assert "No spreadsheet was sent here yet." in await visitor.reads("/agency/imports")


async def test_a_session_that_ended_leaves_the_file_waiting(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.bob)))
    await visitor.becomes(None)
    assert (await visitor.opens(address)).status_code == 302
    await visitor.becomes(world.lee)
    assert "Waits for you to look" in await visitor.reads("/agency/imports")
    await confirms(visitor, address)
    assert len(await stands(empty)) == 1


async def test_another_agency_s_people_are_not_there(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    rows = (
        of(world.cas),
        of(world.lee),
        ("nobody@agency.example", "CSA-INTRO", "2026-04-01", ""),
    )
    page = await visitor.reads(await looks(visitor, "completions", sheet(DONE, *rows)))
    assert page.count("Nobody with this address is known") == 2, "whoever works next door, and nobody at all"
    assert "This is you, and nobody records this of themselves" in page
    there = list(NEW)
    there[0] = "Bay Surgery"
    managed = list(NEW)
    managed[6] = str(world.cas.email)
    page = await visitor.reads(await looks(visitor, "people", sheet(PEOPLE, there, managed), create="yes"))
    assert "The file is for Harbour Council, and this row names another agency" in page
    assert "Nobody with this address is known or stands in this file" in page, "nor can they manage here"


async def test_nobody_takes_another_agency_s_person_into_view_by_a_row_of_their_own(
    visitor: Visitor, world: World, empty: Database
) -> None:
    before = await number(empty, Post)
    await visitor.becomes(world.lee)
    hers = ("", "Assessment", "", world.cas.name, str(world.cas.email), "Social worker", "", "2026-05-01", "")
    page = await visitor.reads(await looks(visitor, "people", sheet(PEOPLE, hers)))
    assert "Another agency, or the partnership, answers for whoever has this address" in page, page
    assert "Ask whoever runs this service to bring this row in" in page
    assert await number(empty, Post) == before
    assert (await visitor.opens(f"/team/people/{world.cas.id}")).status_code == 404
    own = ("", "Assessment", "", world.bob.name, str(world.bob.email), "Social worker", "", "2026-05-01", "")
    page = await visitor.reads(await looks(visitor, "people", sheet(PEOPLE, own)))
    assert "Another agency, or the partnership" not in page, "whoever works here already may get a second post"


async def test_a_file_that_calls_the_agency_by_another_of_its_names_is_its_own(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        council = (await session.scalars(select(Agency).where(Agency.name == "Harbour Council"))).one()
        await describe_agency(session, council, Described("Bay Council", council.sector_id, ("HBC",)))
    await visitor.becomes(world.lee)
    names = ("Harbour Council", "hbc", "Bay Council", "", "Bay Surgery")
    rows = [
        (name, "Assessment", str(place), f"Eve Stone{place}", f"eve{place}@agency.example", *NEW[5:])
        for place, name in enumerate(names)
    ]
    page = await visitor.reads(await looks(visitor, "people", sheet(PEOPLE, *rows)))
    assert "rows would begin a post 4" in page, page
    assert "The file is for Bay Council, and this row names another agency" in page
    done = [(name, *of(world.bob, f"2026-04-0{place + 1}")) for place, name in enumerate(names)]
    page = await visitor.reads(await looks(visitor, "completions", sheet(("agency", *DONE), *done)))
    assert "completions would be new 4" in page, page


async def test_what_another_agency_recorded_is_told_to_nobody(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        held = (await session.scalars(select(Post).where(Post.practitioner_id == world.dot.id).limit(1))).one()
        (await Facts(session).completed(held, course, date(2026, 4, 1))).recorded_by = str(world.cas.email)
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.dot)))
    assert "completion would be new 1" in await visitor.reads(address)
    await confirms(visitor, address)
    back = address.replace("?", "/withdrawal?")
    await visitor.sends(back, {}, form=back)
    async with empty.reading() as session:
        standing = select(Completion).where(Completion.practitioner_id == world.dot.id, Completion.voided_at.is_(None))
        assert [row.recorded_by for row in await session.scalars(standing)] == [world.cas.email], "it is theirs still"


async def test_what_another_agency_sent_after_it_stands_when_the_file_is_taken_back(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        surgery = (await session.scalars(select(Agency.id).where(Agency.name == "Bay Surgery"))).one()
        await lead_agency(session, world.cas.id, surgery)
    standing = select(Completion.recorded_by).where(
        Completion.practitioner_id == world.dot.id, Completion.voided_at.is_(None)
    )
    files = []
    for sender in (world.lee, world.cas):
        await visitor.becomes(sender)
        files.append(await looks(visitor, "completions", sheet(DONE, of(world.dot))))
        await confirms(visitor, files[-1])
    for sender, file, left in zip((world.lee, world.cas), files, ([world.cas.email], []), strict=True):
        await visitor.becomes(sender)
        back = file.replace("?", "/withdrawal?")
        assert (await visitor.sends(back, {}, form=back)).status_code == 303
        assert "1 completion is taken back" in await visitor.reads(file)
        async with empty.reading() as session:
            assert list(await session.scalars(standing)) == left


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        ("list.pdf", b"%PDF-1.7", "a PDF"),
        ("list.csv", b"a,b\n1,2\n", "lacks the columns"),
        ("list.csv", sheet(DONE), "a header and no rows below it"),
        ("list.xlsx", b"PK\x03\x04 broken", "a damaged workbook"),
        ("list.csv", b"\x00\x01\x02", "not a readable spreadsheet"),
    ],
)
async def test_a_file_that_is_no_list_is_told_why(
    visitor: Visitor, world: World, empty: Database, name: str, content: bytes, told: str
) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", content, name)
    page = await visitor.reads(address)
    assert "This cannot be brought in" in page
    assert told in page
    assert await number(empty, SpreadsheetFile) == 0, "it is not kept"
    await visitor.sends(address.replace("?", "/removal?"), {}, form=address)
    assert await number(empty, Spreadsheet) == 0


async def test_nothing_too_much_or_a_day_to_come_is_refused_on_the_form(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    for content, told in (
        (b"", "The file is empty"),
        (b"x" * (LARGEST + 1), "The file has 10.5 MB; at most 10.5 MB are taken here"),
    ):
        answer = await send(visitor, "completions", content)
        assert answer.status_code == 422
        assert told in seen(answer.text)
    answer = await send(visitor, "completions", sheet(DONE, of(world.bob)), **{"as-at-year": "2027"})
    assert answer.status_code == 422
    assert "4 May 2027 is in the future" in seen(answer.text)
    assert 'value="2027"' in answer.text, "what was typed is kept"
    answer = await visitor.sends("/agency/imports/new/people", {}, form="/agency/imports/new/people")
    assert answer.status_code == 422
    assert "Nothing is chosen" in seen(answer.text)
    assert (await visitor.opens("/agency/imports/new/places")).status_code == 404
    answer = await send(visitor, "people", b"x" * (2 * LARGEST + 1))
    assert answer.status_code == 413
    assert await number(empty, Spreadsheet) == 0


def workbook(**sheets: Iterable[Iterable[str]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for line, row in enumerate(rows):
                page.write_row(line, 0, list(row))
    return content.getvalue()


async def test_the_sheet_that_fits_is_read_and_rows_to_mend_come_back_as_a_workbook(
    visitor: Visitor, world: World
) -> None:
    await visitor.becomes(world.lee)
    wrong = ("nobody@agency.example", "CSA-INTRO", "2026-04-01", "")
    content = workbook(cover=[["Read this first"]], rows=[["Spring"], DONE, of(world.bob), wrong])
    address = await looks(visitor, "completions", content, "../spring\n.XLSX")
    page = await visitor.reads(address)
    assert "Only the sheet “rows” was read, not “cover”" in page
    assert "The header is row 2" in page
    assert "completion would be new 1" in page
    file = await visitor.opens(address.replace("?", "/refused?"))
    assert file.content.startswith(b"PK")
    assert file.headers["content-disposition"].endswith('.xlsx"')


async def test_a_workbook_that_swells_is_not_read(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 250_000_000)
    page = await visitor.reads(await looks(visitor, "people", content.getvalue(), "list.xlsx"))
    assert "The file unpacks to 250 MB" in page
    far = workbook(rows=[PEOPLE, NEW, *[[]] * 500_000, ["far away"] * 12])
    page = await visitor.reads(await looks(visitor, "people", far, "list.xlsx"))
    assert re.search(r"cells as far away as row 500,003|being looked at", page)


async def test_a_file_whose_worker_died_is_taken_up_and_given_up_after_three(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.bob)))
    async with empty.writing() as session:
        held = update(Spreadsheet).values(
            stage=Stage.CONFIRMED, claim="of the dead", claimed_until=datetime(2026, 5, 4, 9, 32, tzinfo=UTC)
        )
        await session.execute(held)
        await session.execute(update(Spreadsheet).values(rows_done=12_000, rows=50_000))  # as another process says
    await work_on_what_waits(empty, settings)
    page = await visitor.reads(address)
    assert "It is being brought in" in page, "its claim holds still"
    assert "Row 12,000 of 50,000." in page
    with time_machine.travel(datetime(2026, 5, 4, 9, 33, tzinfo=UTC)):
        await work_on_what_waits(empty, settings)
        assert "Brought in on" in await visitor.reads(address)
    assert len(await stands(empty)) == 1

    address = await looks(visitor, "completions", sheet(DONE, of(world.bob, "2026-04-05")))
    async with empty.writing() as session:
        await session.execute(
            update(Spreadsheet).where(Spreadsheet.stage == Stage.LOOKED_AT).values(stage=Stage.CONFIRMED, tries=3)
        )
        number = await session.scalar(select(func.max(Spreadsheet.id)))
    assert number
    await work_through(settings, number)
    assert "It could not be worked through" in await visitor.reads(address)
    assert len(await stands(empty)) == 1


async def test_what_it_brought_is_its_sender_s_act(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    await confirms(visitor, await looks(visitor, "completions", sheet(DONE, of(world.bob), of(world.ann))))
    async with empty.reading() as session:
        act = (
            await session.scalars(
                select(AuditAct)
                .join(AuditEntry, AuditEntry.act_id == AuditAct.act_id)
                .where(AuditEntry.record == "completion", AuditAct.practitioner_id == world.lee.id)
                .distinct()
            )
        ).one()
    assert (act.by, act.how) == (world.lee.email, "spreadsheet of completions")


async def test_whoever_is_erased_is_in_no_file_any_more(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    await looks(visitor, "completions", sheet(DONE, of(world.bob)))
    async with empty.writing() as session:
        await erase(session, [world.bob.id], "asked for")
    assert await number(empty, SpreadsheetFile) == 0


async def test_leavers_and_whoever_is_missing_are_told(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    async with empty.reading() as session:
        number_of = await session.scalar(select(func.count()).select_from(Post))
    assert number_of
    everybody = await visitor.reads(await looks(visitor, "people", sheet(PEOPLE, NEW)))
    before = re.search(r"(\d+) people who work here now are not in the file", everybody)
    assert before
    leaver = ("", "Assessment", "", "Bob Hall", str(world.bob.email), "Social worker", "", "", "2026-04-30")
    page = await visitor.reads(await looks(visitor, "people", sheet(PEOPLE, leaver)))
    assert "row would change what is known 1" in page
    assert "1 post would get a last day." in page
    assert f"{int(before[1]) - 1} people who work here now are not in the file, and stay" in page
    assert int(before[1]) == 6, "Ann, Bob, Dot, Mia, Lee and Pia: whoever is new in it is not missing"


async def test_it_cannot_be_taken_back_after_a_week(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    address = await looks(visitor, "completions", sheet(DONE, of(world.bob)))
    await confirms(visitor, address)
    async with empty.writing() as session:
        await session.execute(
            update(Spreadsheet).values(finished_at=datetime(2026, 5, 4, tzinfo=UTC) - timedelta(days=7))
        )
    assert "It is too long ago to be taken back in one go." in await visitor.reads(address)
    assert (await visitor.opens(address.replace("?", "/withdrawal?"))).status_code == 404
