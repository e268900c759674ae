"""A certificate is attached, read by whom it concerns and by nobody else, replaced, taken away, and forgotten."""

import io
import re

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from tests.facts import Facts
from tests.records.test_certificates import PAPER, TRICKS, photograph
from tests.web.conftest import Visitor, World, seen
from tests.web.test_my_training import FORM, TODAY_SENT
from training_tracker.access.erasing import erase
from training_tracker.access.granting import lead_agency
from training_tracker.audit.models import AuditEntry
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.people.models import Practitioner
from training_tracker.records.certificates import LARGEST
from training_tracker.records.models import Completion, Evidence, EvidenceFile

Sent = tuple[str, bytes, str]
DONE = {"item": "CSA-INTRO", **TODAY_SENT, "evidence": "drawer 7"}


async def send(visitor: Visitor, path: str, form: str, fields: dict[str, str], file: Sent | None) -> httpx.Response:
    page = await visitor.opens(form)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    files: dict[str, Sent] = {"file": file or ("", b"", "application/octet-stream")}
    sent = fields | {"_csrf_token": token[1]}
    return await visitor.client.post(path, data=sent, files=files, follow_redirects=False)


async def attaches(visitor: Visitor, file: Sent | None, **fields: str) -> httpx.Response:
    return await send(visitor, "/me/completions", FORM, DONE | fields, file)


async def number_of(database: Database, person: Practitioner) -> int:
    """The id of what they recorded last."""
    async with database.reading() as session:
        newest = select(func.max(Completion.id)).where(Completion.practitioner_id == person.id)
        return await session.scalar(newest) or 0


async def rows(database: Database) -> tuple[int, int]:
    async with database.reading() as session:
        count = [await session.scalar(select(func.count()).select_from(one)) or 0 for one in (Evidence, EvidenceFile)]
    return count[0], count[1]


@pytest.fixture
async def asking_for_more(world: World, empty: Database) -> World:
    """The introduction asks for more than one's own word, of everybody at the council."""
    async with empty.writing() as session:
        facts = Facts(session)
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        proved = await facts.expectation("PROVED", owner=await facts.agency())
        await facts.version(proved, [course], period_months=12, least_strength=Strength.CERTIFICATE_SEEN)
    return world


async def test_a_certificate_is_attached_with_what_was_done_and_seen_again(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    answer = await attaches(visitor, ("../../etc/passwd\0.jpg", photograph(), "text/html"))
    assert answer.status_code == 303, seen(answer.text)
    number = await number_of(empty, world.bob)
    assert f'href="/me/completions/{number}/certificate"' in (await visitor.opens("/me/record")).text
    page = await visitor.opens(f"/me/completions/{number}/certificate")
    assert f'src="/me/completions/{number}/certificate/file"' in page.text
    file = await visitor.opens(f"/me/completions/{number}/certificate/file")
    assert file.headers["content-type"] == "image/jpeg"
    assert file.headers["content-disposition"] == 'inline; filename="certificate-2026-05-04.jpg"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert file.headers["cache-control"] == "private, no-store"
    assert Image.open(io.BytesIO(file.content)).format == "JPEG"


async def test_a_pdf_is_handed_back_as_a_file_of_ours(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    await attaches(visitor, ('x"; filename="evil.html', PAPER, "text/html"))
    file = await visitor.opens(f"/me/completions/{await number_of(empty, world.bob)}/certificate/file")
    assert (file.content, file.headers["content-type"]) == (PAPER, "application/pdf")
    assert file.headers["content-disposition"] == 'attachment; filename="certificate-2026-05-04.pdf"'


async def test_without_one_it_is_recorded_as_before(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    assert (await attaches(visitor, None)).status_code == 303
    assert await rows(empty) == (0, 0)
    number = await number_of(empty, world.bob)
    assert "Attach a certificate" in await visitor.reads("/me/record")
    assert (await visitor.opens(f"/me/completions/{number}/certificate/file")).status_code == 404


@pytest.mark.parametrize("trick", TRICKS)
async def test_what_is_not_taken_is_told_and_nothing_typed_is_lost(
    visitor: Visitor, world: World, empty: Database, trick: str
) -> None:
    content, _said = TRICKS[trick]
    await visitor.becomes(world.bob)
    answer = await attaches(visitor, ("certificate.jpg", content, "image/jpeg"))
    assert answer.status_code == 422
    assert 'href="#file"' in answer.text
    assert 'value="drawer 7"' in answer.text
    assert "<script>alert" not in answer.text
    assert await number_of(empty, world.bob) == 0, "nothing was recorded either"


async def test_what_is_far_too_large_is_not_read(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    answer = await attaches(visitor, ("a.jpg", b"\xff\xd8\xff" + bytes(2 * LARGEST), "image/jpeg"))
    assert answer.status_code == 413
    assert await number_of(empty, world.bob) == 0


async def test_it_is_attached_later_replaced_and_taken_away(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    await attaches(visitor, None)
    where = f"/me/completions/{await number_of(empty, world.bob)}/certificate"
    nothing = await send(visitor, where, where, {}, None)
    assert (nothing.status_code, "Nothing is chosen" in nothing.text) == (422, True)
    for file in (("a.jpg", photograph(), "image/jpeg"), ("a.pdf", PAPER, "application/pdf")):
        assert (await send(visitor, where, where, {}, file)).headers["location"] == "/me/record"
        assert await rows(empty) == (1, 1)
    assert "Attached to “About CSA-INTRO”" in await visitor.reads("/me/record")
    assert (await visitor.opens(f"{where}/file")).content == PAPER
    assert "Take the certificate away from “About CSA-INTRO”?" in await visitor.reads(f"{where}/withdrawal")
    await visitor.sends(f"{where}/withdrawal", {}, form=f"{where}/withdrawal")
    assert await rows(empty) == (0, 0)
    assert (await visitor.opens(f"{where}/withdrawal")).status_code == 404


async def test_whoever_takes_back_what_they_recorded_takes_its_certificate_away(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    await attaches(visitor, ("a.pdf", PAPER, ""))
    withdrawal = f"/me/completions/{await number_of(empty, world.bob)}/withdrawal"
    await visitor.sends(withdrawal, {}, form=withdrawal)
    assert await rows(empty) == (0, 0)


async def test_nothing_is_attached_to_what_others_recorded(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.ann)
    where = f"/me/completions/{await number_of(empty, world.ann)}/certificate"
    assert "none can be attached any more" in await visitor.reads(where)
    answer = await send(visitor, where, FORM, {}, ("a.pdf", PAPER, ""))
    assert (answer.status_code, await rows(empty)) == (422, (0, 0))
    again = await attaches(
        visitor,
        ("a.pdf", PAPER, ""),
        **{"completed-on-day": "1", "completed-on-month": "6", "completed-on-year": "2025"},
    )
    assert (again.status_code, await rows(empty)) == (422, (0, 0))
    assert "This is confirmed already" in seen(again.text)


async def test_whoever_may_confirm_it_reads_it_until_they_have(
    visitor: Visitor, asking_for_more: World, empty: Database
) -> None:
    world = asking_for_more
    await visitor.becomes(world.bob)
    await attaches(visitor, ("a.pdf", PAPER, ""))
    number = await number_of(empty, world.bob)
    where = f"/team/waiting/{number}/certificate"
    for person, found in ((world.bob, 404), (world.ann, 404), (world.cas, 404), (world.mia, 200), (world.lee, 200)):
        await visitor.becomes(person)
        assert (await visitor.opens(where)).status_code == found, person.name
        assert (await visitor.opens(f"/me/completions/{number}/certificate")).status_code == (
            200 if person is world.bob else 404
        )
    assert f'href="{where}"' in (await visitor.opens("/team/waiting")).text
    await visitor.sends("/team/waiting", {f"done-{number}": "yes", "seen": "certificate seen"}, form="/team/waiting")
    for person in (world.lee, world.mia):
        await visitor.becomes(person)
        assert (await visitor.opens(where)).status_code == 404
    await visitor.becomes(world.bob)
    assert "Looked at the record 4 May 2026, 10:30, by lee-shaw@agency.example" in await visitor.reads("/me/history")
    confirmed = await number_of(empty, world.bob)
    assert confirmed != number
    mine = f"/me/completions/{confirmed}/certificate"
    assert "It stays as it is, and nobody but you reads it" in await visitor.reads(mine)
    assert (await visitor.opens(f"{mine}/file")).content == PAPER
    assert (await send(visitor, mine, FORM, {}, ("a.pdf", PAPER, ""))).status_code == 422
    assert (await visitor.sends(f"{mine}/withdrawal", {}, form=FORM)).status_code == 422
    assert await rows(empty) == (1, 1)


async def test_another_agency_never_reads_it(visitor: Visitor, asking_for_more: World, empty: Database) -> None:
    """Dot works at the surgery too, and somebody leads training there."""
    world = asking_for_more
    async with empty.writing() as session:
        facts = Facts(session)
        surgery = await facts.agency("Bay Surgery")
        await lead_agency(session, world.cas.id, surgery.id)
    await visitor.becomes(world.dot)
    await attaches(visitor, ("a.pdf", PAPER, ""))
    number = await number_of(empty, world.dot)
    await visitor.becomes(world.cas)
    assert (await visitor.opens(f"/team/people/{world.dot.id}")).status_code == 200
    shown = f"/team/people/{world.dot.id}/record/{number}/certificate"
    for path in (f"/team/waiting/{number}/certificate", shown):
        assert (await visitor.opens(path)).status_code == 404, path
    await visitor.becomes(world.dot)
    await visitor.sends("/me/record", {f"agency-{surgery.id}": "yes"}, form="/me/record")
    await visitor.becomes(world.cas)
    assert f'href="{shown}"' in (await visitor.opens(f"/team/people/{world.dot.id}/record")).text
    assert (await visitor.opens(shown)).content == PAPER, "once the person shows them all of it"


async def test_it_is_told_that_it_came_and_went_handed_over_and_erased(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    await attaches(visitor, ("a.pdf", PAPER, ""))
    number = await number_of(empty, world.bob)
    assert "Certificate added" in await visitor.reads("/me/history")
    data = await visitor.opens("/me/data")
    assert "Certificates I attached" in data.text
    assert f'href="/me/completions/{number}/certificate/file"' in data.text
    everything = (await visitor.opens("/me/data/everything.json")).json()
    assert [(one["item"], one["media type"]) for one in everything["certificates I attached"]] == [
        ("About CSA-INTRO", "application/pdf")
    ]
    async with empty.reading() as session:
        lines = await session.scalars(select(AuditEntry.after).where(AuditEntry.record.like("evidence%")))
        assert [str(line).count("PDF-") for line in lines] == [0], "one line, and never the file"
    async with empty.writing() as session:
        await erase(session, [world.bob.id], "asked for")
    assert await rows(empty) == (0, 0)
