"""The second step of signing in, through its pages: set up, taken, lost and found, and every way to get round it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import segno
import time_machine
from litestar.testing import AsyncTestClient
from pyotp import TOTP
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from tests.mail.letters import settings_for
from tests.mail.servers import MailServer, mail_server
from tests.web.apps import app_of
from tests.web.conftest import KEY, Visitor, World, seen
from training_tracker.access.granting import lead_agency, stop_leading_agency
from training_tracker.access.models import RecoveryCode, SecondStep, SecondStepKey
from training_tracker.access.second_step import (
    PER_NETWORK,
    PER_PERSON,
    PER_PERSON_AND_NETWORK,
    RECOVERY_CODES,
    listed_second_steps,
    reset,
    take,
)
from training_tracker.app import create_app
from training_tracker.audit.verifying import verify
from training_tracker.database import Base, Database
from training_tracker.errors import Refused
from training_tracker.people.models import Agency
from training_tracker.settings import Settings
from training_tracker.web.protection import session_cookie

START = datetime(2026, 5, 4, 9, 30, 5, tzinfo=UTC)
STEP = "/sign-in/second-step"
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Visitor]:
    """Another browser."""
    async with AsyncTestClient(create_app(settings), session_config=session_cookie(settings)) as client:
        yield Visitor(client)


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(START + timedelta(minutes=minutes))


async def _key(visitor: Visitor) -> str:
    """The key on the page that offers one."""
    found = re.search(r'class="tracker-secret">([A-Z2-7 ]+)<', (await visitor.opens(STEP)).text)
    assert found
    return found[1].replace(" ", "")


async def _sets_up(visitor: Visitor, key: str, **fields: str) -> httpx.Response:
    return await visitor.sends(f"{STEP}/app", {"code": TOTP(key).now(), **fields}, form=STEP)


async def _types(visitor: Visitor, code: str, **fields: str) -> httpx.Response:
    return await visitor.sends(STEP, {"code": code, **fields}, form=STEP)


async def _changes(visitor: Visitor, what: str, code: str) -> httpx.Response:
    return await visitor.sends("/me/sign-in", {"code": code, "what": what}, form="/me/sign-in")


def _recovery_codes(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, seen(answer.text)
    return re.findall(r"<li>(\d{4} \d{4} \d{4})</li>", answer.text)


async def _is_in(visitor: Visitor) -> bool:
    return (await visitor.opens("/agency")).status_code == 200


# --- as it is meant ---


async def test_a_lead_sets_up_an_app_once_and_types_its_code_at_each_sign_in(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee, half_way=True)
    sent = await visitor.opens("/agency?x=1")
    assert (sent.status_code, sent.headers["location"]) == (302, f"{STEP}?next=%2Fagency%3Fx%3D1")
    page = await visitor.opens(sent.headers["location"])
    assert 'value="/agency?x=1"' in page.text
    assert "style=" not in page.text
    key = await _key(visitor)
    assert key == await _key(visitor), "loading the page again keeps what an app has read"
    address = re.search(r'href="(otpauth:[^"]+)"', page.text)
    assert address
    parts = urlsplit(unescape(address[1]))
    assert (parts.netloc, parts.path) == ("totp", "/Training%20Tracker:lee-shaw%40agency.example")
    assert parse_qs(parts.query) == {"secret": [key], "issuer": ["Training Tracker"]}
    drawn = segno.make(unescape(address[1]), error="m", micro=False)
    path = re.search(r'stroke="#000" d="([^"]+)"', drawn.svg_inline())
    assert path
    assert path[1] in page.text, "the picture says the same"
    done = await _sets_up(visitor, key, next="/agency?x=1")
    assert len(set(_recovery_codes(done))) == RECOVERY_CODES
    assert 'href="/agency?x=1"' in done.text
    assert await _is_in(visitor)
    assert (await visitor.opens(f"{STEP}?next=/me/record")).headers["location"] == "/me/record"
    await visitor.becomes(None)
    with later(60):
        await visitor.becomes(world.lee, half_way=True)
        assert not await _is_in(visitor)
        code = TOTP(key).now()
        typed = await _types(visitor, f" {code[:3]} {code[3:]}", next="/me/record")
        assert (typed.status_code, typed.headers["location"]) == (303, "/me/record")
        assert await _is_in(visitor)


async def test_whoever_may_see_nobody_else_s_is_never_asked(visitor: Visitor, world: World) -> None:
    for person in (world.ann, world.mia):
        await visitor.becomes(person, half_way=True)
        assert (await visitor.opens("/me")).status_code == 200
        for path in (STEP, "/me/sign-in"):
            assert (await visitor.opens(path)).status_code == 404
        assert "My second step" not in await visitor.reads("/me/record")


async def test_whoever_gains_such_a_right_is_asked_at_once(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.ann, half_way=True)
    before = await visitor.client.get_session_data()
    page = await visitor.opens("/me/completions/new")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    async with empty.writing() as session:
        council = (await session.scalars(select(Agency).where(Agency.name == "Harbour Council"))).one()
        await lead_agency(session, world.ann.id, council.id)
    fields = {"item": "CSA-INTRO", "_csrf_token": token[1]}
    sent = await visitor.client.post("/me/completions", data=fields, follow_redirects=False)
    assert sent.status_code == 401
    assert "Nothing was changed. With the right that you have" in sent.text
    assert (await visitor.opens("/me")).headers["location"].startswith(STEP)
    assert (await visitor.client.get_session_data())["session"] != before["session"]
    assert _recovery_codes(await _sets_up(visitor, await _key(visitor)))
    assert await _is_in(visitor)
    async with empty.writing() as session:
        await stop_leading_agency(session, world.ann.id, council.id)
    assert (await visitor.opens("/me")).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_demo_asks_nobody(settings: Settings, world: World) -> None:
    demo = settings.model_copy(update={"demo": True})
    async with AsyncTestClient(app_of(demo), session_config=session_cookie(demo)) as client:
        visitor = Visitor(client)
        await visitor.becomes(world.lee, half_way=True)
        assert await _is_in(visitor)
        for path in (STEP, "/me/sign-in"):
            assert (await visitor.opens(path)).status_code == 404
        assert "My second step" not in await visitor.reads("/me/record")


@pytest.mark.parametrize(("off", "good"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
async def test_a_clock_may_be_wrong_by_half_a_minute(visitor: Visitor, world: World, off: int, good: bool) -> None:
    await visitor.becomes(world.lee)
    with later(10):
        await visitor.becomes(world.lee, half_way=True)
        code = TOTP(KEY).at(START + timedelta(minutes=10, seconds=off))
        assert (await _types(visitor, code)).status_code == (303 if good else 422)


# --- what is lost ---


async def test_a_recovery_code_is_good_once_and_leads_to_another_app(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee, half_way=True)
    old = await _key(visitor)
    first, second, *_ = _recovery_codes(await _sets_up(visitor, old))
    await visitor.becomes(world.lee, half_way=True)
    typed = await _types(visitor, first, next="/agency")
    assert (typed.status_code, typed.headers["location"]) == (303, "/me/sign-in")
    page = await visitor.reads("/me/sign-in")
    assert "You used a recovery code, which is good no more." in page
    assert "9 left of those made on 4 May 2026" in page
    assert (await _changes(visitor, "app", first)).status_code == 422, "used"
    offered = await _changes(visitor, "app", second)
    new = re.search(r'class="tracker-secret">([A-Z2-7 ]+)<', offered.text)
    assert new
    key = new[1].replace(" ", "")
    assert key != old
    wrong = await visitor.sends("/me/sign-in/app", {"code": "000000"}, form="/me/completions/new")
    assert wrong.status_code == 422
    assert new[1] in wrong.text, "the same key, with what is wrong"
    held = await visitor.client.get_session_data()
    with later(5):
        done = await visitor.sends("/me/sign-in/app", {"code": TOTP(key).now()}, form="/me/completions/new")
        assert len(_recovery_codes(done)) == RECOVERY_CODES
        assert await _is_in(visitor)
        await visitor.client.set_session_data(held)
        assert not await _is_in(visitor), "what the browser held before is good no more"
    with later(10):
        await visitor.becomes(world.lee, half_way=True)
        for gone in (TOTP(old).now(), second):
            assert (await _types(visitor, gone)).status_code == 422
        assert (await _types(visitor, TOTP(key).now())).status_code == 303
    lines = await visitor.reads("/me/history")
    assert "Second step of signing in added" in lines
    assert "recovery codes: 10 → 9" in lines
    assert "set up at: 4 May 2026, 09:30 UTC → 4 May 2026, 09:35 UTC" in lines
    async with empty.reading() as session:
        assert (await verify(session)).right


async def test_new_recovery_codes_take_the_place_of_those_before(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    with later(5):
        before = _recovery_codes(await _changes(visitor, "codes", TOTP(KEY).now()))
        after = _recovery_codes(await _changes(visitor, "codes", before[0]))
        assert len({*before, *after}) == 2 * RECOVERY_CODES
        assert (await _changes(visitor, "codes", before[1])).status_code == 422
        assert (await _changes(visitor, "codes", after[1])).status_code == 200


async def test_without_a_fresh_code_nothing_of_it_is_changed(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    for what in ("app", "codes"):
        for code in ("", "12345", "000000", "000000000000"):
            assert (await _changes(visitor, what, code)).status_code == 422
    straight = await visitor.sends("/me/sign-in/app", {"code": TOTP(KEY).now()}, form="/me/sign-in")
    assert (straight.status_code, straight.headers["location"]) == (303, "/me/sign-in")
    with later(5):
        await visitor.becomes(world.lee, half_way=True)
        assert (await _types(visitor, TOTP(KEY).now())).status_code == 303


async def test_a_reset_signs_out_and_lets_another_app_be_set_up(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    async with empty.writing() as session:
        assert await reset(session, world.lee.id)
        assert not await reset(session, world.pia.id)
    assert (await visitor.opens("/me")).headers["location"].startswith("/sign-in?")
    async with empty.reading() as session:
        listed = {one.name: one.set_up_at for one in await listed_second_steps(session, START.date())}
        assert listed == {"Lee Shaw": None, "Pia Kent": None}
    await visitor.becomes(world.lee, half_way=True)
    assert (await _key(visitor)) != KEY
    assert _recovery_codes(await _sets_up(visitor, await _key(visitor)))
    assert "Second step of signing in removed" in await visitor.reads("/me/history")


async def test_a_key_that_cannot_be_read_any_more_is_told_with_whom_to_ask(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """As after a change of the secret key; and so is a key that somebody copies from another's row."""
    for person in (world.lee, world.pia):
        await visitor.becomes(person)
    async with empty.writing() as session:
        of_pia = select(SecondStepKey.key).where(SecondStepKey.practitioner_id == world.pia.id).scalar_subquery()
        await session.execute(
            update(SecondStepKey).where(SecondStepKey.practitioner_id == world.lee.id).values(key=of_pia)
        )
    with later(5):
        await visitor.becomes(world.lee, half_way=True)
        typed = await _types(visitor, TOTP(KEY).now())
        assert typed.status_code == 422
        assert "Ask whoever runs the Training Tracker to reset your second step" in typed.text


# --- as it is not meant ---


async def test_a_code_is_good_once_also_in_another_browser(visitor: Visitor, elsewhere: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    await elsewhere.becomes(world.lee, half_way=True)
    assert (await _types(elsewhere, TOTP(KEY).now())).status_code == 422, "the one with which it was set up"
    with later(5):
        await visitor.becomes(world.lee, half_way=True)
        await elsewhere.becomes(world.lee, half_way=True)
        assert (await _types(visitor, TOTP(KEY).now())).status_code == 303
        for code in (TOTP(KEY).now(), TOTP(KEY).at(datetime.now(UTC) - HALF_A_MINUTE)):
            again = await _types(elsewhere, code)
            assert again.status_code == 422
            assert "This is not the code, or it has been used" in again.text
        assert not await _is_in(elsewhere)
        assert (await _types(elsewhere, TOTP(KEY).at(datetime.now(UTC) + HALF_A_MINUTE))).status_code == 303


async def test_of_two_at_the_same_moment_one_is_let_in(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await visitor.becomes(world.lee)

    async def one(code: str) -> bool:
        async with empty.writing() as session:
            return not isinstance(await take(session, settings, world.lee.id, code, "192.0.2.1"), Refused)

    with later(5):
        code = TOTP(KEY).now()
        assert sorted(await asyncio.gather(*(one(code) for _ in range(4)))) == [False, False, False, True]
        (recovery, *_) = _recovery_codes(
            await _changes(visitor, "codes", TOTP(KEY).at(datetime.now(UTC) + HALF_A_MINUTE))
        )
        assert sorted(await asyncio.gather(*(one(recovery) for _ in range(4)))) == [False, False, False, True]
    async with empty.reading() as session:
        left = await session.get_one(SecondStep, world.lee.id)
        assert left.recovery_codes == len(list(await session.scalars(select(RecoveryCode)))) == RECOVERY_CODES - 1


async def test_codes_cannot_be_guessed(visitor: Visitor, world: World, empty: Database, settings: Settings) -> None:
    await visitor.becomes(world.lee)
    await visitor.becomes(world.lee, half_way=True)
    with later(5):
        for number in range(PER_PERSON_AND_NETWORK):
            wrong = "000000" if number % 2 else "0000 0000 0000"
            assert "This is not the code" in (await _types(visitor, wrong)).text
        refused = await _types(visitor, TOTP(KEY).now())
        assert refused.status_code == 422
        assert "Too many wrong codes" in refused.text
        assert not await _is_in(visitor)

        async def tries(code: str, network: str) -> str:
            async with empty.writing() as session:
                taken = await take(session, settings, world.lee.id, code, network)
            return taken.problem if isinstance(taken, Refused) else "in"

        assert await tries(TOTP(KEY).now(), "203.0.113.4") == "in", "who sits elsewhere is not kept out"
        for number in range(PER_PERSON - PER_PERSON_AND_NETWORK):
            assert "not the code" in await tries("000000", f"203.0.113.{number}")
        assert "Too many" in await tries(TOTP(KEY).at(datetime.now(UTC) + HALF_A_MINUTE), "198.51.100.1"), (
            "but not without end"
        )
        for _ in range(3):
            assert "six digits" in await tries("12345", "192.0.2.9"), "counts for nothing"
    with later(24 * 60 + 10):
        assert await tries(TOTP(KEY).now(), "198.51.100.1") == "in"


async def test_codes_cannot_be_guessed_of_very_many_people_from_one_network(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    await visitor.becomes(world.lee)
    with later(5):
        async with empty.writing() as session:
            for number in range(PER_NETWORK):
                assert isinstance(await take(session, settings, 1_000 + number, "000000", "203.0.113.4"), Refused)
            refused = await take(session, settings, world.lee.id, TOTP(KEY).now(), "203.0.113.4")
            assert isinstance(refused, Refused)
            assert await take(session, settings, world.lee.id, TOTP(KEY).now(), "198.51.100.7") is False


async def test_what_the_browser_held_before_the_second_step_is_good_no_more(
    visitor: Visitor, elsewhere: Visitor, world: World
) -> None:
    await visitor.becomes(world.lee)
    with later(5):
        await visitor.becomes(world.lee, half_way=True)
        await visitor.opens(STEP)
        held = await visitor.client.get_session_data()
        assert (await _types(visitor, TOTP(KEY).now())).status_code == 303
        assert set(await visitor.client.get_session_data()) == {"session"}
        await elsewhere.client.set_session_data(held)
        assert (await elsewhere.opens("/me")).headers["location"].startswith("/sign-in?")


async def test_nobody_sets_up_an_app_where_there_is_one_without_a_code_of_it(
    visitor: Visitor, elsewhere: Visitor, world: World
) -> None:
    """Both have come as far as the key, and one is first: the other, whoever they are, is none the further."""
    for browser in (visitor, elsewhere):
        await browser.becomes(world.lee, half_way=True)
    first, second = await _key(visitor), await _key(elsewhere)
    assert first != second
    page = (await elsewhere.opens(STEP)).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token
    assert _recovery_codes(await _sets_up(visitor, first))
    fields = {"code": TOTP(second).now(), "_csrf_token": token[1]}
    for path in (f"{STEP}/app", "/me/sign-in/app"):
        late = await elsewhere.client.post(path, data=fields, follow_redirects=False)
        assert late.status_code == (422 if path.startswith(STEP) else 401)
    assert not await _is_in(elsewhere)
    with later(5):
        assert (await _types(elsewhere, TOTP(second).now())).status_code == 422
        assert (await _types(elsewhere, TOTP(first).now())).status_code == 303


async def test_somebody_half_way_in_can_sign_out_or_begin_again(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee, half_way=True)
    assert "Sign in" in await visitor.reads("/sign-in")
    assert (await visitor.sends("/sign-out/everywhere", {}, form=STEP)).status_code == 401
    left = await visitor.sends("/sign-out", {}, form=STEP)
    assert left.headers["location"] == "/sign-in"
    assert (await visitor.opens(STEP)).headers["location"].startswith("/sign-in?")


async def test_the_second_step_leads_to_nobody_else_s_pages(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    with later(5):
        await visitor.becomes(world.lee, half_way=True)
        typed = await _types(visitor, TOTP(KEY).now(), next="//evil.example")
        assert typed.headers["location"] == "/me"


async def test_neither_the_key_nor_a_code_is_kept_where_it_can_be_read(
    visitor: Visitor, world: World, empty: Database
) -> None:
    with capture_logs() as logs:
        await visitor.becomes(world.lee, half_way=True)
        key = await _key(visitor)
        codes = [code.replace(" ", "") for code in _recovery_codes(await _sets_up(visitor, key))]
        await _changes(visitor, "codes", "000000")
    kept = json.dumps(logs)
    async with empty.reading() as session:
        for table in Base.metadata.sorted_tables:
            kept += str((await session.execute(select(table))).all())
        entries = await session.execute(
            text("SELECT record, before, after FROM audit_entry WHERE record LIKE '%_step%'")
        )
        ((record, _before, after),) = entries.all()
        secret = await session.get_one(SecondStepKey, world.lee.id)
    assert record == "second_step"
    assert set(json.loads(after)) == {"practitioner_id", "set_up_at", "recovery_codes", "codes_made_at"}
    mine = (await visitor.opens("/me/data/everything.json")).text
    assert "second step of signing in" in json.loads(mine)
    for hidden in (key, *codes):
        assert hidden not in kept + mine
    assert secret.key not in mine


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


async def test_whoever_s_second_step_is_changed_is_told_by_e_mail(
    settings: Settings, world: World, mail: MailServer
) -> None:
    settings = settings_for(mail.port, database_url=settings.database_url, secret_key=KEY, scheduler=False)
    async with AsyncTestClient(app_of(settings), session_config=session_cookie(settings)) as client:
        visitor = Visitor(client)
        await visitor.becomes(world.lee, half_way=True)
        key = await _key(visitor)
        recovery = _recovery_codes(await _sets_up(visitor, key))
        with later(5):
            _recovery_codes(await _changes(visitor, "codes", TOTP(key).now()))
            await visitor.becomes(world.lee, half_way=True)
            assert (await _types(visitor, recovery[0])).status_code == 422, "it is good no more"
        assert "could not" not in (await visitor.opens(STEP)).text
    assert [letter.recipients for letter in mail.letters] == [("lee-shaw@agency.example",)] * 2
    texts = [str(one.email.get_body(("plain",)).get_content()) for one in mail.letters]  # type: ignore[union-attr]
    for letter, what in zip(texts, ("an authenticator app was set up", "new recovery codes were made"), strict=True):
        told = " ".join(letter.split())
        assert "On 4 May 2026 at 10:3" in told
        assert what in told
        assert key not in told
        assert not [code for code in recovery if code in told]
        assert "http" not in told


async def test_a_mail_server_that_is_away_undoes_nothing(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee, half_way=True)
    with capture_logs() as logged:
        assert _recovery_codes(await _sets_up(visitor, await _key(visitor)))
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == ["second_step.not_told"]
    assert "lee" not in str(logged).lower()
    assert await _is_in(visitor)
