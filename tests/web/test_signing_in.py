"""Signing in by e-mail: a real mail server, the link and the code of the e-mail, and every way to misuse them."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update
from structlog.testing import capture_logs

from tests.intake.spreadsheets import bring, person
from tests.mail.letters import settings_for
from tests.mail.servers import MailServer, mail_server
from tests.web.apps import app_of
from tests.web.conftest import Visitor, World
from training_tracker.access.granting import lead_agency
from training_tracker.access.models import SignIn, SignInTry, WebSession
from training_tracker.access.signing_in import (
    CODES,
    PER_ADDRESS,
    PER_ADDRESS_AND_NETWORK,
    WAITED_FOR,
    WRONG_CODES,
    WRONG_CODES_PER_NETWORK,
    ask,
    by_code,
)
from training_tracker.app import create_app
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Agency, Post, Practitioner
from training_tracker.settings import Settings
from training_tracker.web.protection import session_cookie

ANN = "ann-reed@agency.example"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def settings(empty_url: str, server: MailServer) -> Settings:
    return settings_for(
        server.port, database_url=empty_url, secret_key="s" * 40, scheduler=False, base_url="http://127.0.0.1:8000"
    )


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Visitor]:
    """Another browser."""
    async with AsyncTestClient(create_app(settings), session_config=session_cookie(settings)) as client:
        yield Visitor(client)


async def _ask(visitor: Visitor, address: str = ANN, **fields: str) -> httpx.Response:
    return await visitor.sends("/sign-in", {"email": address, **fields}, form="/sign-in")


def _link(server: MailServer, number: int = -1) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/sign-in/link\?token=\S+)", _text(server, number))
    assert found
    return found[1]


def _code(server: MailServer, number: int = -1) -> str:
    found = re.search(r"^(\d{3} \d{3})\r?$", _text(server, number), re.MULTILINE)
    assert found
    return found[1]


def _text(server: MailServer, number: int) -> str:
    part = server.letters[number].email.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def _press(visitor: Visitor, link: str) -> httpx.Response:
    token = link.partition("token=")[2]
    return await visitor.sends("/sign-in/link", {"token": token}, form=link)


async def test_a_link_opened_where_it_was_asked_for_signs_in_and_leads_on(
    visitor: Visitor, world: World, server: MailServer
) -> None:
    await visitor.opens("/me/record")
    asked = await _ask(visitor, next="/me/record")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in/sent")
    (letter,) = server.letters
    assert letter.recipients == (ANN,)
    assert "Ann" not in letter.email["Subject"]
    link = _link(server)
    for _ in range(3):  # a mail gateway follows it first
        assert (await visitor.opens(link)).status_code == 200
    pressed = await _press(visitor, link)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/me/record")
    assert "Signed in as Ann Reed" in await visitor.reads("/me/record")


async def test_a_code_read_on_another_device_signs_in_where_it_was_asked_for(
    visitor: Visitor, world: World, server: MailServer
) -> None:
    await _ask(visitor, f"  {ANN.upper()} ")
    sent = await visitor.sends("/sign-in/code", {"code": _code(server)}, form="/sign-in/sent")
    assert (sent.status_code, sent.headers["location"]) == (303, "/me")
    assert "Signed in as Ann Reed" in await visitor.reads("/me")


async def test_the_link_does_nothing_in_another_browser_and_stays_good(
    visitor: Visitor, elsewhere: Visitor, world: World, server: MailServer
) -> None:
    await _ask(visitor)
    link = _link(server)
    assert "This is another browser" in await elsewhere.reads(link)
    await _ask(elsewhere, "bob-hall@agency.example")
    pressed = await _press(elsewhere, link)
    assert pressed.status_code == 422
    assert "for the browser in which it was asked for" in pressed.text
    assert (await elsewhere.opens("/me")).status_code == 302
    code = await elsewhere.sends("/sign-in/code", {"code": _code(server, 0)}, form="/sign-in/sent")
    assert code.status_code == 422
    assert (await _press(visitor, link)).status_code == 303


async def test_a_link_and_its_code_are_good_once(visitor: Visitor, world: World, server: MailServer) -> None:
    await _ask(visitor)
    await _ask(visitor)
    first, second = _link(server, 0), _link(server, 1)
    cookies = dict(visitor.client.cookies)
    assert (await _press(visitor, second)).status_code == 303
    visitor.client.cookies.update(cookies)  # back to the browser as it was before
    for again in (first, second):
        pressed = await _press(visitor, again)
        assert pressed.status_code == 422, "one that is used ends the others"
    assert (await visitor.sends("/sign-in/code", {"code": _code(server)}, form="/sign-in/sent")).status_code == 422


async def test_of_two_e_mails_to_one_browser_either_is_good(visitor: Visitor, world: World, server: MailServer) -> None:
    await _ask(visitor)
    await _ask(visitor)
    assert (await _press(visitor, _link(server, 0))).status_code == 303


async def test_after_fifteen_minutes_neither_is_good(visitor: Visitor, world: World, server: MailServer) -> None:
    await _ask(visitor)
    with time_machine.travel(datetime(2026, 5, 4, 9, 46, tzinfo=UTC)):
        assert (await _press(visitor, _link(server))).status_code == 422
        code = await visitor.sends("/sign-in/code", {"code": _code(server)}, form="/sign-in/sent")
        assert code.status_code == 422


async def test_a_code_cannot_be_guessed(visitor: Visitor, world: World, server: MailServer) -> None:
    await _ask(visitor)
    right = _code(server)
    wrong = "000000" if right != "000 000" else "111111"
    for _ in range(CODES):
        sent = await visitor.sends("/sign-in/code", {"code": wrong}, form="/sign-in/sent")
        assert sent.status_code == 422
        assert "This is not the code" in sent.text
    assert (await visitor.sends("/sign-in/code", {"code": right}, form="/sign-in/sent")).status_code == 422
    assert (await visitor.opens("/me")).status_code == 302


@pytest.mark.parametrize(
    "address", ["nobody@agency.example", "gone@agency.example", "ann-reed@agency.example\r\nBcc: x@y.example"]
)
async def test_whoever_is_not_known_gets_the_same_answer_and_no_e_mail(
    visitor: Visitor, world: World, server: MailServer, empty: Database, address: str
) -> None:
    async with empty.writing() as session:
        world.bob.email = "gone@agency.example"
        await session.merge(world.bob)
        await session.execute(
            update(Post).where(Post.practitioner_id == world.bob.id).values(ended_on=date(2026, 4, 30))
        )
    known, unknown = await _ask(visitor), await _ask(visitor, address)
    assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])
    assert [letter.recipients for letter in server.letters] == [(ANN,)]


async def test_what_is_no_address_is_told_so_and_kept(visitor: Visitor, world: World) -> None:
    for wrong in ("ann reed", ""):
        sent = await _ask(visitor, wrong)
        assert sent.status_code == 422
        assert f'value="{wrong}"' in sent.text or not wrong


async def test_one_network_asks_only_so_often_in_a_day_with_one_address(
    visitor: Visitor, world: World, server: MailServer, empty: Database
) -> None:
    for _ in range(PER_ADDRESS_AND_NETWORK + 2):
        assert (await _ask(visitor)).headers["location"] == "/sign-in/sent"
    assert len(server.letters) == PER_ADDRESS_AND_NETWORK
    await _ask(visitor, "bob-hall@agency.example")
    assert len(server.letters) == PER_ADDRESS_AND_NETWORK + 1
    with time_machine.travel(datetime(2026, 5, 5, 9, 31, tzinfo=UTC)):
        await _ask(visitor)
        assert len(server.letters) == PER_ADDRESS_AND_NETWORK + 2
    async with empty.reading() as session:
        assert len(list(await session.scalars(select(SignInTry)))) == 3, "what counts no more is gone"


async def test_whoever_asks_with_another_s_address_does_not_keep_them_out(
    world: World, empty: Database, settings: Settings
) -> None:
    async def asks(network: str) -> bool:
        async with empty.writing() as session:
            return await ask(session, settings, ANN, "a browser", network, date(2026, 5, 4)) is not None

    for _ in range(PER_ADDRESS_AND_NETWORK):
        assert await asks("198.51.100.7")
    assert not await asks("198.51.100.7")
    assert await asks("203.0.113.4"), "from another network"
    for number in range(PER_ADDRESS_AND_NETWORK):
        await asks(f"2001:db8:1:2::{number:x}")
    assert not await asks("2001:db8:1:2:ffff::1"), "a network of many addresses counts once"
    sent = sum([await asks(f"192.0.2.{number}") for number in range(PER_ADDRESS)])
    assert sent == PER_ADDRESS - 2 * PER_ADDRESS_AND_NETWORK - 1, "but nobody's mailbox is filled"


async def test_codes_cannot_be_guessed_with_very_many_addresses(
    visitor: Visitor, world: World, server: MailServer, empty: Database, settings: Settings
) -> None:
    await _ask(visitor)
    right = _code(server)

    async def guess(network: str) -> Refused | int:
        async with empty.writing() as session:
            await session.execute(update(SignIn).values(codes=0))
            return await by_code(session, settings, "000 000", "another's", network)

    async with empty.writing() as session:
        for _ in range(WAITED_FOR + 2):
            await ask(session, settings, "bob-hall@agency.example", "another's", "198.51.100.7", date(2026, 5, 4))
        for _ in range(WRONG_CODES):
            assert isinstance(await by_code(session, settings, "not 6", "another's", "x"), Refused), (
                "counts for nothing"
            )
            assert isinstance(await by_code(session, settings, "000 000", "waits for none", "x"), Refused), "likewise"
    networks = -(-WRONG_CODES // WRONG_CODES_PER_NETWORK)
    for number in range(networks):
        for _ in range(WRONG_CODES_PER_NETWORK // WAITED_FOR):
            assert "not the code" in str(await guess(f"203.0.113.{number}")), "one guess is one for each e-mail"
        assert "Very many wrong codes" in str(await guess(f"203.0.113.{number}"))
    sent = await visitor.sends("/sign-in/code", {"code": right}, form="/sign-in/sent")
    assert sent.status_code == 422
    assert "Use the link in the e-mail" in sent.text
    assert (await _press(visitor, _link(server))).status_code == 303


async def test_a_code_takes_the_same_work_whether_or_not_somebody_is_known(
    visitor: Visitor, elsewhere: Visitor, world: World, server: MailServer, empty: Database
) -> None:
    await _ask(visitor)
    await _ask(elsewhere, "nobody@agency.example")
    for one in (visitor, elsewhere):
        assert (await one.sends("/sign-in/code", {"code": "000000"}, form="/sign-in/sent")).status_code == 422
    async with empty.reading() as session:
        assert list(await session.scalars(select(SignIn.codes))) == [1, 1]


async def test_a_cookie_that_is_none_of_ours_is_nobody_s(visitor: Visitor, world: World) -> None:
    for forged in (
        b64encode(b"x" * 40 + b"additional_data=not JSON").decode(),
        b64encode(b"x" * 40 + b'additional_data={"expires_at": "never"}').decode(),
        b64encode(b'additional_data={"expires_at": 99999999999}').decode(),
        "null",
        "%",
    ):
        visitor.client.cookies.set("session", forged)
        assert (await visitor.opens("/me")).status_code == 302, forged
        visitor.client.cookies.clear()


async def test_an_answer_on_its_way_does_not_bring_the_former_cookie_back(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """Of two requests at once, the one that changes nothing leaves the cookie that the other was given."""
    await visitor.becomes(world.ann)
    response = await visitor.opens("/me")
    assert not [cookie for cookie in response.headers.get_list("set-cookie") if cookie.startswith("session")]


async def test_somebody_signed_in_who_opens_the_e_mail_again_is_where_they_want_to_be(
    visitor: Visitor, world: World, server: MailServer
) -> None:
    await _ask(visitor)
    link = _link(server)
    await _press(visitor, link)
    again = await visitor.opens(link)
    assert (again.status_code, again.headers["location"]) == (302, "/me")


async def test_where_somebody_wanted_to_go_is_no_longer_than_an_address(
    visitor: Visitor, world: World, server: MailServer
) -> None:
    await _ask(visitor, next="/me/" + "x" * 5_000)
    assert (await _press(visitor, _link(server))).headers["location"] == "/me"


async def test_nothing_that_signs_in_is_kept(
    visitor: Visitor, world: World, server: MailServer, empty: Database
) -> None:
    await _ask(visitor)
    link, code = _link(server).partition("token=")[2], _code(server).replace(" ", "")
    async with empty.reading() as session:
        (asked,) = await session.scalars(select(SignIn))
    kept = {asked.link, asked.code, asked.browser}
    assert not kept & {link, code}
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in kept)


async def test_where_the_mail_server_is_away_asking_is_answered_all_the_same(
    visitor: Visitor, world: World, server: MailServer
) -> None:
    server.stop()
    assert (await _ask(visitor)).status_code == 303


async def test_nobody_is_led_to_another_s_pages(visitor: Visitor, world: World, server: MailServer) -> None:
    for away in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"):
        await _ask(visitor, next=away)
        assert (await _press(visitor, _link(server))).headers["location"] == "/me", away
        await visitor.becomes(None)


async def test_a_session_laid_under_somebody_is_not_theirs(
    visitor: Visitor, elsewhere: Visitor, world: World, server: MailServer
) -> None:
    await _ask(visitor)
    before = await visitor.client.get_session_data()
    await _press(visitor, _link(server))
    after = await visitor.client.get_session_data()
    assert set(before) == {"browser", "next"}
    assert set(after) == {"session"}
    await elsewhere.client.set_session_data(before)
    assert (await elsewhere.opens("/me")).status_code == 302


async def test_a_session_ends_when_nobody_comes_and_after_a_day_s_work(visitor: Visitor, world: World) -> None:
    start = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    await visitor.becomes(world.ann)
    with time_machine.travel(start + timedelta(minutes=119)):
        assert (await visitor.opens("/me")).status_code == 200
    with time_machine.travel(start + timedelta(minutes=238)):
        assert (await visitor.opens("/me")).status_code == 200
    with time_machine.travel(start + timedelta(minutes=359)):
        assert (await visitor.opens("/me")).status_code == 302
    await visitor.becomes(world.ann)
    for hour in range(1, 12):
        with time_machine.travel(start + timedelta(hours=hour)):
            assert (await visitor.opens("/me")).status_code == 200, hour
    with time_machine.travel(start + timedelta(hours=12, minutes=1)):
        assert (await visitor.opens("/me")).status_code == 302


async def test_signing_out_ends_it_there_and_everywhere_if_asked(
    visitor: Visitor, elsewhere: Visitor, world: World
) -> None:
    await visitor.becomes(world.ann)
    await elsewhere.becomes(world.ann)
    held = await visitor.client.get_session_data()
    await visitor.sends("/sign-out", {}, form="/me/completions/new")
    assert (await visitor.opens("/me")).status_code == 302
    await visitor.client.set_session_data(held)
    assert (await visitor.opens("/me")).status_code == 302, "what the browser held is good no more"
    assert (await elsewhere.opens("/me")).status_code == 200
    await visitor.becomes(world.ann)
    sent = await visitor.sends("/sign-out/everywhere", {}, form="/me/completions/new")
    assert sent.status_code == 303
    assert "You are signed out everywhere" in await visitor.reads("/sign-in")
    assert (await elsewhere.opens("/me")).status_code == 302


async def test_whoever_leaves_is_signed_out(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.ann)
    async with empty.writing() as session:
        await session.execute(
            update(Post).where(Post.practitioner_id == world.ann.id).values(ended_on=date(2026, 5, 3))
        )
    assert (await visitor.opens("/me")).status_code == 302


async def test_whoever_gets_another_address_is_signed_out(
    settings: Settings, configured_url: str, tmp_path: Path
) -> None:
    """Whoever held the former address may be somebody else."""
    settings = settings.model_copy(update={"database_url": configured_url})
    async with AsyncTestClient(app_of(settings), session_config=session_cookie(settings)) as client:
        visitor, database = Visitor(client), client.app.state.database
        await bring(database, tmp_path, person(number="7"))
        async with database.reading() as session:
            (ann,) = await session.scalars(select(Practitioner))
        await visitor.becomes(ann)
        assert (await visitor.opens("/me")).status_code == 200
        await bring(database, tmp_path, person(number="7", email="ann@harbour.example"))
        assert (await visitor.opens("/me")).status_code == 302


async def test_new_rights_come_with_a_new_token(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.ann)
    before = await visitor.client.get_session_data()
    async with empty.writing() as session:
        council = (await session.scalars(select(Agency).where(Agency.name == "Harbour Council"))).one()
        await lead_agency(session, world.ann.id, council.id)
    assert (await visitor.opens("/agency")).status_code == 200
    after = await visitor.client.get_session_data()
    assert after["session"] != before["session"]
    assert (await visitor.opens("/agency")).status_code == 200
    await visitor.client.set_session_data(before)
    assert (await visitor.opens("/me")).status_code == 302
    async with empty.reading() as session:
        assert len(list(await session.scalars(select(WebSession)))) == 1


async def test_somebody_signed_in_is_led_on_from_the_way_in(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    response = await visitor.opens("/sign-in?next=/me/record")
    assert (response.status_code, response.headers["location"]) == (302, "/me/record")


async def test_the_cookies_are_for_this_host_alone_where_there_is_tls(empty_url: str, world: World) -> None:
    settings = Settings(
        database_url=empty_url, secret_key="s" * 40, scheduler=False, base_url="https://t.example", _env_file=None
    )
    config = session_cookie(settings)
    async with AsyncTestClient(app_of(settings), base_url="https://t.example", session_config=config) as client:
        visitor = Visitor(client)
        sent = await _ask(visitor)
        cookies = sent.headers.get_list("set-cookie")
        assert cookies
        for cookie in cookies:
            assert cookie.startswith("__Host-session")
            for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
                assert part.lower() in cookie.lower(), cookie
            assert "domain" not in cookie.lower()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_who_got_in_and_who_did_not_is_logged_without_a_name(
    visitor: Visitor, world: World, server: MailServer
) -> None:
    with capture_logs() as logs:
        await _ask(visitor)
        right = _code(server)
        wrong = "000 000" if right != "000 000" else "111 111"
        await _press(visitor, f"/sign-in/link?token={'x' * 40}")
        for code in (wrong, right):
            await visitor.sends("/sign-in/code", {"code": code}, form="/sign-in/sent")
    told = [(line["event"], line.get("by"), line.get("practitioner")) for line in logs]
    assert told == [
        ("sign_in.refused", "link", None),
        ("sign_in.refused", "code", None),
        ("sign_in.done", None, world.ann.id),
    ]
    assert len({line["network"] for line in logs}) == 1
    assert not any(word in str(logs) for word in (ANN, "Ann", right, wrong))
