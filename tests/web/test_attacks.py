"""What somebody who means harm would try, beside what the tests of signing in and of each page try already."""

from html import unescape

import pytest
from litestar.testing import AsyncTestClient
from markupsafe import escape

from tests.web.apps import app_of
from tests.web.conftest import Visitor, World
from tests.web.test_my_training import FORM, TODAY_SENT
from training_tracker.app import LARGEST_FORM
from training_tracker.settings import Settings

TRICKS = (
    "'; DROP TABLE practitioner; --",
    "{{ 7 * 7 }}{% for x in y %}",
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "${7*7} #{7*7} %(name)s {0.__class__}",
    "=HYPERLINK(1)",
)


async def test_browsers_that_came_by_tls_once_come_by_nothing_else(empty_url: str, world: World) -> None:
    settings = Settings(
        database_url=empty_url, secret_key="s" * 40, scheduler=False, base_url="https://t.example", _env_file=None
    )
    async with AsyncTestClient(app_of(settings), base_url="https://t.example") as client:
        for path in ("/health", "/sign-in", "/nowhere", "/static/tracker.css"):
            assert (await client.get(path)).headers["strict-transport-security"] == "max-age=63072000", path


async def test_without_tls_nothing_is_said_of_it(visitor: Visitor, world: World) -> None:
    assert "strict-transport-security" not in (await visitor.opens("/sign-in")).headers


async def test_another_host_s_name_leads_nowhere_else(visitor: Visitor, world: World) -> None:
    for header in ("Host", "X-Forwarded-Host", "Forwarded"):
        answer = await visitor.opens("/me", **{header: "evil.example"})
        assert answer.headers["location"].startswith("/sign-in"), header
        assert "evil.example" not in (await visitor.opens("/sign-in", **{header: "evil.example"})).text


async def test_what_is_too_large_is_refused_before_it_is_read(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    sent = await visitor.sends("/me/record", {"agency-1": "x" * (LARGEST_FORM + 1)}, form=FORM)
    assert sent.status_code == 413


@pytest.mark.parametrize("trick", TRICKS)
async def test_what_somebody_types_is_shown_as_they_typed_it_and_runs_nowhere(
    visitor: Visitor, world: World, trick: str
) -> None:
    await visitor.becomes(world.ann)
    fields = {"item": "CSA-INTRO", "evidence": trick, **TODAY_SENT}
    sent = await visitor.sends("/me/completions", fields, form=FORM)
    assert sent.status_code == 303, sent.text
    for page in ("/me/record", "/me/history"):
        text = (await visitor.opens(page)).text
        assert escape(trick) in text, page
        assert trick in unescape(text)
        assert "<script>alert" not in text, page
        assert '" onmouseover="' not in text, page
    record = (await visitor.opens("/me/data/record.csv")).text
    assert "\n=HYPERLINK" not in record
    assert ",=HYPERLINK" not in record
    refused = await visitor.sends("/me/completions", fields | {"item": trick}, form=FORM)
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text
    assert "Ann Reed" in await visitor.reads("/me")
