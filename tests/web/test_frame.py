"""What every page has: its headers, its errors, its cost, and no script or style of its own."""

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import time_machine
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from tests.web.apps import app_of
from tests.web.conftest import Visitor, World, seen
from training_tracker.database import Database
from training_tracker.intake.completions import read_completions
from training_tracker.intake.people import read_people
from training_tracker.mail.server_state import note_it_works, note_stopped
from training_tracker.settings import Settings

ALL = [
    ("ann", "/me"),
    ("ann", "/me/record"),
    ("ann", "/me/completions/new"),
    ("ann", "/me/extensions/CSA"),
    ("ann", "/expectations"),
    ("ann", "/expectations/CSA"),
    ("ann", "/catalogue"),
    ("ann", "/catalogue/CSA-INTRO"),
    ("ann", "/import"),
    ("mia", "/team"),
    ("lee", "/agency"),
    ("pia", "/partnership"),
]


async def test_no_page_carries_a_script_or_a_style_of_its_own(visitor: Visitor, world: World) -> None:
    for name, path in ALL:
        await visitor.becomes(getattr(world, name))
        html = (await visitor.opens(path)).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)|javascript:", html), path
        assert len(re.findall(r"<h1\b", html)) == 1, path
        assert "<html lang=" in html


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_every_answer_tells_the_browser_what_our_pages_may_do(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    for path in ("/me", "/no-such-page", "/health", "/static/tracker.css", "/team/people/9"):
        headers = (await visitor.opens(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
    page = await visitor.opens("/me")
    assert page.headers["cache-control"] == "private, no-store", "personal pages stay out of every cache"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_an_address_that_leads_nowhere_says_so_kindly(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    for path in (
        "/no-such-page",
        "/expectations/NO-SUCH",
        "/catalogue/%27%3B%20drop",
        "/team/people/abc",
        "/team/people/99999999999999999999",
        "/import/templates/people.exe",
        "/import/templates/..%2F..%2Fetc%2Fpasswd",
        "/static/../settings.py",
    ):
        response = await visitor.opens(path)
        assert response.status_code == 404, path
        assert "There is no such page" in seen(response.text)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", ["/no-such-page", "/team/people/99", "/team/nonsense/at/all", "/agency/history"])
async def test_a_page_that_is_not_there_has_the_menu_of_whoever_is_signed_in(
    visitor: Visitor, world: World, path: str
) -> None:
    await visitor.becomes(world.mia)
    await visitor.opens("/me")
    page = await visitor.opens(path)
    assert page.status_code == 404
    for place in ("/me", "/team", "/search", "/help"):
        assert f'href="{place}"' in page.text
    assert "Signed in as Mia Ford" in seen(page.text)
    assert "/agency" not in page.text, "which is not hers"
    answer = await visitor.sends("/sign-out", {}, form=path)
    assert answer.status_code == 303, "and she can sign out from it"
    await visitor.becomes(None)
    plain = await visitor.opens("/no-such-page")
    assert "Signed in as" not in seen(plain.text)
    assert 'href="/help"' in plain.text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_form_that_has_been_open_for_too_long_is_told_with_the_menu(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    await visitor.opens("/me")
    page = await visitor.client.post("/me/record", data={"_csrf_token": "old"}, follow_redirects=False)
    assert page.status_code == 403
    assert "Signed in as Mia Ford" in seen(page.text)
    assert 'href="/team"' in page.text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nonsense_in_an_address_is_no_error_of_ours(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    for path in (
        "/team?number=x",
        "/team?team=x",
        "/team?number=-5",
        "/team?number=99999999999999999999",
        "/team?team=-1",
    ):
        assert (await visitor.opens(path)).status_code == 404, path


async def test_health_says_whether_the_schema_is_the_right_one(visitor: Visitor, empty: Database) -> None:
    response = await visitor.opens("/health")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    async with empty.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    response = await visitor.opens("/health")
    assert response.status_code == 503
    assert "training-tracker migrate" in response.json()["status"]


async def test_health_says_since_when_no_mail_goes_out_and_keeps_the_pages(visitor: Visitor, empty: Database) -> None:
    assert (await visitor.opens("/health")).json()["mail"] == "ok"
    with time_machine.travel(datetime(2026, 11, 24, 8, 15, tzinfo=UTC), tick=False):
        await note_stopped(empty, "the mail server rejects our sign-in (535 5.7.8 tracker); check the settings")
    response = await visitor.opens("/health")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert response.json()["mail"] == "stopped since 2026-11-24 08:15 UTC: see training-tracker check"
    await note_it_works(empty)
    assert (await visitor.opens("/health")).json()["mail"] == "ok"


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_health_says_when_the_database_does_not_answer(settings: Settings) -> None:
    gone = settings.model_copy(update={"database_url": "postgresql://postgres@127.0.0.1:9/none"})
    async with AsyncTestClient(app_of(gone)) as client:
        response = await client.get("/health")
        assert response.status_code == 503
        response = await client.get("/sign-in")
        assert response.status_code == 200, "the way in does not need it"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_templates_to_download_can_be_brought_in_as_they_are(
    visitor: Visitor, world: World, tmp_path: Path
) -> None:
    await visitor.becomes(world.ann)
    for name, read in (("people", read_people), ("completions", read_completions)):
        for ending in ("csv", "xlsx"):
            response: httpx.Response = await visitor.opens(f"/import/templates/{name}.{ending}")
            file = tmp_path / f"{name}.{ending}"
            file.write_bytes(response.content)
            assert len(read(file, 1_000_000).rows) == 2


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_front_end_files_are_kept_by_browsers_until_they_change(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    page = (await visitor.opens("/me")).text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        response = await visitor.opens(address)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
    assert "?v=" in page


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_goes_wrong_is_told_kindly_and_logged_without_a_name(
    visitor: Visitor, world: World, empty: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    await visitor.becomes(world.ann)
    async with empty.writing() as session:
        await session.execute(text("ALTER TABLE completion RENAME TO elsewhere"))
    response = await visitor.opens("/me")
    assert response.status_code == 500
    assert "Something went wrong on our side" in seen(response.text)
    said = "".join(capfd.readouterr())
    assert "page.broken" in said
    assert "OperationalError" in said
    assert not any(word in said for word in ("Ann", "Reed", str(world.ann.email), "SELECT"))


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_nul_in_an_address_or_a_form_is_no_error_of_ours(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    for path in ("/expectations/%00", "/catalogue/%00", "/catalogue?text=a%00b", "/team?name=%00", "/team?status=%00"):
        assert (await visitor.opens(path)).status_code == 404, path
    for field in ("item", "evidence"):
        sent = {"item": "CSA-INTRO", "completed-on-day": "4", "completed-on-month": "5", "completed-on-year": "2026"}
        response = await visitor.sends("/me/completions", sent | {field: "a\0b"}, form="/me/completions/new")
        assert response.status_code == 422, field
