"""Signing in with an agency's own directory: a real provider all the way, and one of our own for every bad answer."""

import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import time_machine
from joserfc.jwk import RSAKey
from litestar.testing import AsyncTestClient
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from structlog.testing import capture_logs

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from tests.web.issuers import CLIENT, OURS, SECRET, Issuer, encoded, follow, new_key, own_issuer, real_provider, sign
from training_tracker.access import providers
from training_tracker.access.addresses import change_address
from training_tracker.access.models import Identity, IdentityProvider, ProviderVisit, VerifiedBy, WebSession
from training_tracker.access.openid import LARGEST, Providers, public_part
from training_tracker.access.providers import (
    add_provider,
    forget_accounts,
    link_account,
    listed_providers,
    remove_provider,
)
from training_tracker.app import create_app
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Post, Practitioner
from training_tracker.settings import Settings
from training_tracker.web.protection import session_cookie

ANN, NAME, DOMAIN = "ann-reed@agency.example", "Harbour Council’s directory", "agency.example"
# What a provider sends is judged before the database is asked for anything.
ON_ONE_DATABASE = pytest.mark.parametrize("kind", ["sqlite"])
ACCOUNTS = {
    "ann": {"email": ANN, "email_verified": True},
    "unsure": {"email": ANN, "email_verified": False},
    "stranger": {"email": f"stranger@{DOMAIN}", "email_verified": True},
    "elsewhere": {"email": "ann-reed@elsewhere.example", "email_verified": True},
}


@pytest.fixture(autouse=True)
def today() -> None:
    """The real one: a provider beside us keeps its own time."""


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with real_provider(ACCOUNTS) as issuer:
        yield issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with own_issuer() as running:
        yield running


@pytest.fixture
def settings(empty_url: str) -> Settings:
    return Settings(
        database_url=empty_url,
        secret_key="s" * 40,
        scheduler=False,
        base_url=OURS,
        smtp_port=9,
        smtp_security="none",
        provider_secrets={NAME: SECRET},
        _env_file=None,
    )


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Visitor]:
    """Another browser."""
    async with AsyncTestClient(create_app(settings), session_config=session_cookie(settings)) as client:
        yield Visitor(client)


async def _uses(
    database: Database,
    issuer: str,
    /,
    agency: str = "Harbour Council",
    domains: tuple[str, ...] = (DOMAIN,),
    **changes: Any,
) -> None:
    known = {"name": NAME, "issuer": issuer, "client_id": CLIENT, "verified_by": VerifiedBy.EMAIL_VERIFIED}
    async with database.writing() as session:
        home = await Facts(session).agency(agency)
        await add_provider(session, IdentityProvider(**known | changes), home.id, domains)


async def _is_sent(visitor: Visitor, address: str = ANN, **fields: str) -> str:
    """Where the page leads to which somebody with this address comes."""
    asked = await visitor.sends("/sign-in", {"email": address, **fields}, form="/sign-in")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in/provider")
    page = await visitor.opens("/sign-in/provider")
    assert page.status_code == 200, seen(page.text)
    links = [unescape(link) for link in re.findall(r'(?:url=|href=")(http[^"]+)"', page.text)]
    assert len(links) == 2
    assert len(set(links)) == 1
    return links[0]


async def _comes_back(visitor: Visitor, issuer: Issuer, **changes: Any) -> httpx.Response:
    """Ask, be sent away, and come back with a good code for a token with these claims."""
    sent = await _attempt(visitor, issuer, **changes)
    return await visitor.opens(_back(sent["state"]))


async def _attempt(visitor: Visitor, issuer: Issuer, **changes: Any) -> dict[str, str]:
    sent = {name: value[0] for name, value in parse_qs(urlsplit(await _is_sent(visitor)).query).items()}
    issuer.challenge = sent["code_challenge"]
    moment = int(time.time())
    usual = {"iss": issuer.address, "aud": CLIENT, "nonce": sent["nonce"], "iat": moment, "exp": moment + 300}
    claims = {"sub": "account-1", "email": ANN, "email_verified": True} | usual | changes
    issuer.claims = {name: value for name, value in claims.items() if value is not None}
    return sent


def _back(state: str, **parts: str) -> str:
    return f"/sign-in/provider/callback?{urlencode({'code': 'good', 'state': state} | parts)}"


async def _is_refused(visitor: Visitor, answer: httpx.Response, problem: str) -> None:
    assert answer.status_code == 422, answer.text
    assert problem in seen(answer.text)
    assert "Begin again" in seen(answer.text)
    assert (await visitor.opens("/me")).status_code == 302


# --- a real provider ---


@pytest.fixture(scope="module")
def our_key() -> RSAKey:
    return new_key("ours")


@pytest.fixture(scope="module")
def real_with_key(our_key: RSAKey) -> Iterator[str]:
    knows = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [public_part(our_key)]}}
    with real_provider(ACCOUNTS, knows=knows) as issuer:
        yield issuer


def pem(key: RSAKey) -> str:
    return key.as_pem(private=True).decode()


@asynccontextmanager
async def with_secret(settings: Settings, secret: str) -> AsyncIterator[Visitor]:
    theirs = settings.model_copy(update={"provider_secrets": {NAME: SecretStr(secret)}})
    async with AsyncTestClient(create_app(theirs), session_config=session_cookie(theirs)) as client:
        yield Visitor(client)


async def test_a_signed_word_in_place_of_a_secret_shows_who_we_are(
    settings: Settings, world: World, empty: Database, real_with_key: str, our_key: RSAKey
) -> None:
    await _uses(empty, real_with_key)
    async with with_secret(settings, pem(our_key)) as visitor:
        for _ in range(2):
            with httpx.Client() as browser:
                back = follow(browser, await _is_sent(visitor), "ann")
            assert (await visitor.opens(back.removeprefix(OURS))).status_code == 303
            assert "Signed in as Ann Reed" in await visitor.reads("/me")
            await visitor.becomes(None)
    async with with_secret(settings, pem(new_key("another"))) as visitor:
        with httpx.Client() as browser, capture_logs() as logs:
            back = follow(browser, await _is_sent(visitor), "ann")
            answer = await visitor.opens(back.removeprefix(OURS))
    assert answer.status_code == 422
    assert "it is for them to mend" in seen(answer.text)
    assert logs[-1]["why"] == "status 401"


async def test_a_provider_that_takes_no_signature_and_a_key_that_is_none_are_told(
    settings: Settings, world: World, empty: Database, issuer: Issuer, our_key: RSAKey
) -> None:
    await _uses(empty, issuer.address)
    async with with_secret(settings, pem(our_key)) as visitor:
        sent = await _attempt(visitor, issuer)
        answer = await visitor.opens(_back(sent["state"]))
        assert "it is for them to mend" in seen(answer.text)
    only_public = our_key.as_pem(private=False).decode()
    for unusable in ("-----BEGIN PRIVATE KEY-----\nnonsense", only_public):
        async with with_secret(settings, unusable) as visitor:
            await visitor.sends("/sign-in", {"email": ANN}, form="/sign-in")
            answer = await visitor.opens("/sign-in/provider")
            assert "its key in TRACKER_PROVIDER_SECRETS cannot be used" in seen(answer.text)


async def test_somebody_signs_in_there_and_is_led_where_they_wanted_to_go(
    visitor: Visitor, world: World, empty: Database, real: str
) -> None:
    await _uses(empty, real)
    with httpx.Client() as browser, capture_logs() as logs:
        there = await _is_sent(visitor, f" {ANN.upper()}", next="/me/record")
        assert "code_challenge_method=S256" in there
        back = follow(browser, there, "ann")
        answer = await visitor.opens(back.removeprefix(OURS))
        assert (answer.status_code, answer.headers["location"]) == (303, "/me/record")
        assert "Signed in as Ann Reed" in await visitor.reads("/me/record")
        # By the account from now on, which the provider still knows: it asks for nothing.
        await visitor.becomes(None)
        again = await visitor.opens(follow(browser, await _is_sent(visitor)).removeprefix(OURS))
        assert again.status_code == 303
    assert [line["event"] for line in logs] == ["sign_in.done"] * 2
    async with empty.reading() as session:
        (link,) = await session.scalars(select(Identity))
        assert (link.subject, link.practitioner_id) == ("ann", world.ann.id)
        acts = await session.execute(
            text("SELECT a.by, e.record FROM audit_act a JOIN audit_entry e ON e.act_id = a.act_id ORDER BY e.id")
        )
        assert [tuple(act) for act in acts][-3:] == [(ANN, "identity")] + [(ANN, "practitioner")] * 2


async def test_whoever_signs_out_is_signed_out_there_too(
    visitor: Visitor, world: World, empty: Database, real: str
) -> None:
    await _uses(empty, real)
    with httpx.Client() as browser:
        await visitor.opens(follow(browser, await _is_sent(visitor), "ann").removeprefix(OURS))
        left = await visitor.sends("/sign-out", {}, form="/me")
        assert left.headers["location"] == "/sign-in/provider/out"
        page = await visitor.opens("/sign-in/provider/out")
        assert "sign out of Harbour Council’s directory as well" in seen(page.text)
        out = re.search(r'href="(http[^"]+)"', page.text)
        assert out
        assert (await visitor.opens("/me")).status_code == 302
        assert follow(browser, unescape(out[1])) == f"{OURS}/sign-in"
        # It has to be told again who it is: this time somebody else.
        back = follow(browser, await _is_sent(visitor), "stranger")
    assert (await visitor.opens(back.removeprefix(OURS))).status_code == 422


@pytest.mark.parametrize(
    ("login", "problem"),
    [
        ("unsure", "does not say that your e-mail address is yours"),
        ("stranger", "Nobody with your Harbour Council’s directory account works for an agency here"),
        ("elsewhere", "has another organisation's address"),
    ],
)
async def test_nobody_else_is_let_in_or_made(
    visitor: Visitor, world: World, empty: Database, real: str, login: str, problem: str
) -> None:
    await _uses(empty, real)
    with httpx.Client() as browser:
        back = follow(browser, await _is_sent(visitor), login)
    await _is_refused(visitor, await visitor.opens(back.removeprefix(OURS)), problem)
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Practitioner)) == 7
        assert await session.scalar(select(func.count()).select_from(Identity)) == 0


async def test_of_two_who_come_back_at_once_one_is_let_in(
    visitor: Visitor, world: World, empty: Database, real: str
) -> None:
    await _uses(empty, real)
    with httpx.Client() as browser:
        back = follow(browser, await _is_sent(visitor), "ann").removeprefix(OURS)
    cookies = dict(visitor.client.cookies)
    assert (await visitor.opens(back)).status_code == 303
    await visitor.becomes(None)
    visitor.client.cookies.update(cookies)  # the browser as it was before
    await _is_refused(visitor, await visitor.opens(back), "This way in has been used")


async def test_a_wrong_secret_is_for_whoever_runs_it_to_mend(
    visitor: Visitor, world: World, empty: Database, real: str
) -> None:
    await _uses(empty, real, client_id=CLIENT)
    state = visitor.client.app.state
    state.settings = state.settings.model_copy(
        update={"provider_secrets": Settings(provider_secrets={NAME: "wrong"}, _env_file=None).provider_secrets}
    )
    with httpx.Client() as browser:
        back = follow(browser, await _is_sent(visitor), "ann")
    await _is_refused(visitor, await visitor.opens(back.removeprefix(OURS)), "it is for them to mend")


# --- who is sent where ---


async def test_every_address_of_a_domain_gets_the_same_answer(visitor: Visitor, world: World, empty: Database) -> None:
    with own_issuer() as issuer:
        await _uses(empty, issuer.address)
        pages = []
        for address in (ANN, f"nobody@{DOMAIN}", "cas-moor@agency.example"):
            sent = await visitor.sends("/sign-in", {"email": address}, form="/sign-in")
            page = await visitor.opens("/sign-in/provider")
            pages.append((sent.status_code, sent.headers["location"], seen(page.text)))
    assert len(set(pages)) == 1
    for address in ("ann@sub.agency.example", "ann@agency.example.elsewhere.example", "ann@notagency.example"):
        sent = await visitor.sends("/sign-in", {"email": address}, form="/sign-in")
        assert sent.headers["location"] == "/sign-in/sent"


@ON_ONE_DATABASE
async def test_two_directories_are_there_at_once(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    with own_issuer() as second:
        await _uses(empty, issuer.address)
        await _uses(empty, second.address, "Bay Surgery", ("surgery.example",), name="The surgery’s")
        state = visitor.client.app.state
        secrets = Settings(provider_secrets={NAME: SECRET, "The surgery’s": "x"}, _env_file=None).provider_secrets
        state.settings = state.settings.model_copy(update={"provider_secrets": secrets})
        assert (await _is_sent(visitor)).startswith(issuer.address)
        assert (await _is_sent(visitor, "cas@surgery.example")).startswith(second.address)
        # A token of the one is not taken from the other, which was not asked.
        sent = await _attempt(visitor, issuer)
        answer = await visitor.opens(_back(sent["state"], iss=second.address))
        await _is_refused(visitor, answer, "it is another provider's")
        assert issuer.asked["/token"] == second.asked["/token"] == 0


@ON_ONE_DATABASE
async def test_where_nothing_is_awaited_the_pages_lead_to_the_beginning(visitor: Visitor, world: World) -> None:
    for path in ("/sign-in/provider", "/sign-in/provider/out"):
        answer = await visitor.opens(path)
        assert (answer.status_code, answer.headers["location"]) == (302, "/sign-in")
    await _is_refused(visitor, await visitor.opens("/sign-in/provider/callback"), "This way in has been used")


@ON_ONE_DATABASE
async def test_nobody_is_led_to_another_site(visitor: Visitor, world: World, empty: Database, issuer: Issuer) -> None:
    await _uses(empty, issuer.address)
    await visitor.sends("/sign-in", {"email": ANN, "next": "//evil.example/x"}, form="/sign-in")
    answer = await _comes_back(visitor, issuer)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")


# --- what is not believed ---


def _unsigned(claims: dict[str, Any]) -> str:
    return ".".join((encoded(b'{"alg":"none"}'), encoded(json.dumps(claims).encode()), ""))


def _signed_with_what_all_know(issuer: Issuer) -> Callable[[dict[str, Any]], str]:
    def forge(claims: dict[str, Any]) -> str:
        header = json.dumps({"alg": "HS256", "kid": issuer.key.kid}).encode()
        said = f"{encoded(header)}.{encoded(json.dumps(claims).encode())}"
        return f"{said}.{encoded(hmac.digest(issuer.key.as_pem(private=False), said.encode(), 'sha256'))}"

    return forge


def _changed_afterwards(issuer: Issuer) -> Callable[[dict[str, Any]], str]:
    def forge(claims: dict[str, Any]) -> str:
        header, _said, signature = sign(claims | {"sub": "somebody else"}, issuer.key).split(".")
        return f"{header}.{encoded(json.dumps(claims).encode())}.{signature}"

    return forge


NOT_SIGNED = "it is not signed as the provider signs"
FORGED: dict[str, tuple[Callable[[Issuer], Any], str]] = {
    "unsigned": (lambda _issuer: _unsigned, NOT_SIGNED),
    "signed with the public key": (_signed_with_what_all_know, NOT_SIGNED),
    "changed afterwards": (_changed_afterwards, NOT_SIGNED),
    "signed by another under the same name": (
        lambda _issuer: lambda claims: sign(claims, new_key("first")),
        NOT_SIGNED,
    ),
    "signed with an unknown key": (lambda _issuer: lambda claims: sign(claims, new_key("second")), NOT_SIGNED),
    "key brought along": (
        lambda _issuer: lambda claims: sign(claims, new_key("third"), jku="https://evil.example/keys"),
        NOT_SIGNED,
    ),
    "no token": (lambda _issuer: lambda _claims: "nonsense", NOT_SIGNED),
    "not even a text": (lambda _issuer: lambda _claims: {"sub": "ann"}, "it does not say who signed in"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize("how", FORGED)
async def test_a_token_that_is_not_the_provider_s_is_not_taken(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer, how: str
) -> None:
    await _uses(empty, issuer.address)
    make, problem = FORGED[how]
    issuer.forge = make(issuer)
    with capture_logs() as logs:
        answer = await _comes_back(visitor, issuer)
    await _is_refused(visitor, answer, problem)
    assert [set(line) for line in logs] == [{"provider", "why", "event", "log_level"}], "and nothing of the token"
    assert ANN not in str(logs)


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"iss": "https://evil.example"}, "it is another provider's"),
        ({"aud": "another-client"}, "it was meant for another service"),
        ({"aud": [CLIENT, "another-client"]}, "it was meant for another service"),
        ({"aud": [CLIENT, "another-client"], "azp": "another-client"}, "it was meant for another service"),
        ({"azp": "another-client"}, "it was meant for another service"),
        ({"nonce": "of another time"}, "it belongs to another attempt to sign in"),
        ({"nonce": None}, "it is not complete"),
        ({"exp": 1_700_000_000}, "it is too old"),
        ({"exp": None}, "it is not complete"),
        ({"exp": "for ever"}, "it is too old"),
        ({"iat": 9_000_000_000}, "it is from the future"),
        ({"nbf": 9_000_000_000}, "it is from the future"),
        ({"sub": None}, "it is not complete"),
        ({"sub": ""}, "it does not say whose it is"),
        ({"sub": "x" * 256}, "it does not say whose it is"),
        ({"sub": "a\0b"}, "it does not say whose it is"),
        ({"sub": 7}, "it does not say whose it is"),
        ({"jti": 7}, "it has a number that is none"),
        ({"email_verified": False}, "does not say that your e-mail address is yours"),
        ({"email_verified": None}, "does not say that your e-mail address is yours"),
        ({"email_verified": None, "xms_edov": True}, "does not say that your e-mail address is yours"),
        ({"email": None}, "does not say that your e-mail address is yours"),
        ({"email": ["ann-reed@agency.example"]}, "does not say that your e-mail address is yours"),
        ({"email": "ann-reed\0@agency.example"}, "does not say that your e-mail address is yours"),
        ({"email": "ann-reed@elsewhere.example"}, "has another organisation's address"),
        ({"email": f"nobody@{DOMAIN}"}, "Nobody with your"),
        ({"email": "cas-moor@agency.example"}, "Nobody with your"),
    ],
    ids=str,
)
async def test_a_token_that_says_the_wrong_thing_is_not_taken(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer, changes: dict[str, Any], problem: str
) -> None:
    await _uses(empty, issuer.address)
    await _is_refused(visitor, await _comes_back(visitor, issuer, **changes), problem)


async def test_a_token_of_an_earlier_attempt_is_not_taken(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    earlier = await _attempt(visitor, issuer)
    answer = await _comes_back(visitor, issuer, nonce=earlier["nonce"])
    await _is_refused(visitor, answer, "it belongs to another attempt to sign in")


async def test_a_code_is_good_for_whoever_began_alone(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    sent = await _attempt(visitor, issuer)
    issuer.challenge = "another browser's"
    await _is_refused(visitor, await visitor.opens(_back(sent["state"])), "it has been used, or is too old")
    sent = await _attempt(visitor, issuer)
    answer = await visitor.opens(_back(sent["state"], code="used before"))
    await _is_refused(visitor, answer, "it has been used, or is too old")


async def test_the_way_back_is_for_the_browser_that_was_sent_and_for_ten_minutes(
    visitor: Visitor, elsewhere: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    sent = await _attempt(visitor, issuer)
    await _is_sent(elsewhere)  # who has an attempt of their own
    problem = "was begun in another browser"
    await _is_refused(elsewhere, await elsewhere.opens(_back(sent["state"])), problem)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        await _is_refused(visitor, await visitor.opens(_back(sent["state"])), problem)
    async with empty.reading() as session:
        assert sent["state"] not in str((await session.scalars(select(ProviderVisit.state))).all())
    assert (await visitor.opens(_back(sent["state"]))).status_code == 303, "nobody else has used it up"


async def test_a_state_that_is_used_is_used_also_where_it_did_not_let_in(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    sent = await _attempt(visitor, issuer)
    no = await visitor.opens(_back(sent["state"], code="", error="access_denied"))
    await _is_refused(visitor, no, f"{NAME} did not sign you in")
    assert "access_denied" not in no.text
    await _is_refused(visitor, await visitor.opens(_back(sent["state"])), "This way in has been used")


# --- a provider that is away, or odd ---


@ON_ONE_DATABASE
async def test_a_provider_that_is_away_is_told_plainly(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    with own_issuer() as gone:
        await _uses(empty, gone.address)
    await visitor.sends("/sign-in", {"email": ANN}, form="/sign-in")
    await _is_refused(visitor, await visitor.opens("/sign-in/provider"), f"{NAME} does not answer. Try again")


@ON_ONE_DATABASE
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize(
    ("instead", "problem"),
    [
        ((503, {}, b""), "does not answer"),
        ((404, {}, b""), "it is for them to mend"),
        ((302, {"Location": "https://evil.example/"}, b""), "it is for them to mend"),
        ((200, {}, b"<html>"), "it is for them to mend"),
        ((200, {}, b"[]"), "it is for them to mend"),
        ((200, {}, b" " * (LARGEST + 1)), "it is for them to mend"),
        ((200, {}, b'{"keys": [{"kty": "RSA"}], "issuer": 7}'), ""),
    ],
    ids=["away", "not there", "leads elsewhere", "no JSON", "no object", "too large", "nonsense"],
)
async def test_an_odd_answer_lets_nobody_in(
    visitor: Visitor,
    world: World,
    empty: Database,
    issuer: Issuer,
    path: str,
    instead: tuple[int, dict[str, str], bytes],
    problem: str,
) -> None:
    await _uses(empty, issuer.address)
    issuer.instead[path] = instead
    await visitor.sends("/sign-in", {"email": ANN}, form="/sign-in")
    answer = await visitor.opens("/sign-in/provider")
    if answer.status_code == 200:
        answer = await _comes_back(visitor, issuer)
    await _is_refused(visitor, answer, problem)


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "odd",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://provider.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://127.0.0.1.evil.example/"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://provider.example:port/"},
    ],
    ids=str,
)
async def test_a_provider_that_says_something_unsafe_of_itself_is_not_used(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer, odd: dict[str, str]
) -> None:
    await _uses(empty, issuer.address)
    issuer.metadata = odd
    await visitor.sends("/sign-in", {"email": ANN}, form="/sign-in")
    await _is_refused(visitor, await visitor.opens("/sign-in/provider"), "it is for them to mend")


@ON_ONE_DATABASE
async def test_a_way_to_show_who_we_are_that_we_do_not_know_is_told(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    issuer.metadata = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    await _is_refused(visitor, await _comes_back(visitor, issuer), "it is for them to mend")


@ON_ONE_DATABASE
async def test_one_that_always_says_who_it_is_has_to_say_it(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    await _is_refused(visitor, await _comes_back(visitor, issuer), "it is another provider's")
    sent = await _attempt(visitor, issuer)
    assert (await visitor.opens(_back(sent["state"], iss=issuer.address))).status_code == 303


@ON_ONE_DATABASE
async def test_without_its_secret_nobody_is_sent(visitor: Visitor, world: World, empty: Database) -> None:
    await _uses(empty, "https://provider.example", name="Another")
    await visitor.sends("/sign-in", {"email": ANN}, form="/sign-in")
    await _is_refused(visitor, await visitor.opens("/sign-in/provider"), "TRACKER_PROVIDER_SECRETS")


@ON_ONE_DATABASE
async def test_it_is_asked_once_an_hour_and_once_more_for_keys_that_are_new(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    for _ in range(2):
        assert (await _comes_back(visitor, issuer)).status_code == 303
        await visitor.becomes(None)
    assert (issuer.asked["/.well-known/openid-configuration"], issuer.asked["/keys"]) == (1, 1)
    issuer.key = new_key("next year's")
    assert (await _comes_back(visitor, issuer)).status_code == 303
    await visitor.becomes(None)
    assert issuer.asked["/keys"] == 2
    issuer.published = [new_key("others"), new_key("and others")]
    issuer.forge = lambda claims: sign(claims, new_key("unknown"))
    await _is_refused(visitor, await _comes_back(visitor, issuer), NOT_SIGNED)
    assert issuer.asked["/keys"] == 3
    issuer.forge, issuer.published = None, []
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
        assert (await _comes_back(visitor, issuer)).status_code == 303
    assert issuer.asked["/.well-known/openid-configuration"] == 2


# --- whose account it is ---


async def test_an_account_stays_whose_it_is_whatever_its_address(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    assert (await _comes_back(visitor, issuer)).status_code == 303
    for changes in ({"email": "married@agency.example"}, {"email": "bob-hall@agency.example"}, {"email": None}):
        await visitor.becomes(None)
        assert (await _comes_back(visitor, issuer, **changes)).status_code == 303
        assert "Signed in as Ann Reed" in await visitor.reads("/me")


async def test_an_address_has_one_account_until_that_is_forgotten(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    assert (await _comes_back(visitor, issuer)).status_code == 303
    await visitor.becomes(None)
    again = await _comes_back(visitor, issuer, sub="account-2")
    await _is_refused(visitor, again, "belongs to another account")
    async with empty.writing() as session:
        assert await forget_accounts(session, world.ann.id) == 1
    assert (await _comes_back(visitor, issuer, sub="account-2")).status_code == 303


async def test_an_account_that_somebody_was_told_of_needs_no_address(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    """NHS CIS2 never says that an address is verified."""
    await _uses(empty, issuer.address)
    left_out = {"sub": "555036632103", "email": None, "email_verified": None}
    issuer.userinfo = {"sub": "555036632103", "email": ANN}
    await _is_refused(visitor, await _comes_back(visitor, issuer, **left_out), "does not say that your e-mail address")
    async with empty.writing() as session:
        await link_account(session, NAME, "555036632103", world.ann.id)
    for subject, person in (("555036632103", world.bob.id), ("555036632104", world.ann.id)):
        with pytest.raises(Refused, match="linked already"):
            async with empty.writing() as session:
                await link_account(session, NAME, subject, person)
    assert (await _comes_back(visitor, issuer, **left_out)).status_code == 303
    assert "Signed in as Ann Reed" in await visitor.reads("/me")


async def test_whoever_gets_another_address_is_linked_with_no_account(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    assert (await _comes_back(visitor, issuer)).status_code == 303
    async with empty.writing() as session:
        person = await session.get(Practitioner, world.ann.id)
        assert person
        await change_address(session, person, "ann@agency.example")
    assert (await visitor.opens("/me")).status_code == 302
    await _is_refused(visitor, await _comes_back(visitor, issuer), "Nobody with your")
    assert (await _comes_back(visitor, issuer, email="ann@agency.example")).status_code == 303


@pytest.mark.parametrize("linked", [False, True])
async def test_a_directory_lets_in_nobody_who_has_left_its_agency(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer, linked: bool
) -> None:
    """Dot works at both; once she has left the council, the council's directory cannot say that somebody is Dot."""
    await _uses(empty, issuer.address)
    dot = {"sub": "dot", "email": "dot-vale@agency.example"}
    if linked:
        assert (await _comes_back(visitor, issuer, **dot)).status_code == 303
        await visitor.becomes(None)
    async with empty.writing() as session:
        first = select(func.min(Post.id)).where(Post.practitioner_id == world.dot.id).scalar_subquery()
        await session.execute(update(Post).where(Post.id == first).values(ended_on=date(2026, 5, 3)))
    await _is_refused(visitor, await _comes_back(visitor, issuer, **dot), "Nobody with your")


async def test_agencies_that_share_a_domain_share_its_directory(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    cas = {"sub": "cas", "email": "cas-moor@agency.example"}
    await _is_refused(visitor, await _comes_back(visitor, issuer, **cas), "Nobody with your")
    await _uses(empty, issuer.address, "Bay Surgery")
    assert (await _comes_back(visitor, issuer, **cas)).status_code == 303
    assert "Signed in as Cas Moor" in await visitor.reads("/me")


@pytest.mark.parametrize("said", [True, 1, "1", "true"])
async def test_entra_says_in_its_own_way_that_an_address_is_somebody_s(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer, said: object
) -> None:
    await _uses(empty, issuer.address, verified_by=VerifiedBy.XMS_EDOV)
    without = await _comes_back(visitor, issuer)
    await _is_refused(visitor, without, "does not say that your e-mail address is yours")
    assert (await _comes_back(visitor, issuer, email_verified=None, xms_edov=said)).status_code == 303


async def test_an_address_that_the_token_leaves_out_is_asked_for(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    issuer.userinfo = {"sub": "somebody else", "email": ANN, "email_verified": True}
    left_out = {"email": None, "email_verified": None}
    await _is_refused(visitor, await _comes_back(visitor, issuer, **left_out), "it tells of somebody else")
    issuer.userinfo |= {"sub": "account-1"}
    assert (await _comes_back(visitor, issuer, **left_out)).status_code == 303


async def test_nothing_that_the_browser_brought_stays(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    await visitor.becomes(world.bob)
    assert (await visitor.opens("/sign-in")).status_code == 302
    await visitor.sends("/sign-in", {"email": ANN}, form="/me/completions/new")
    sent = await _attempt_of_one_signed_in(visitor, issuer)
    assert (await visitor.opens(_back(sent["state"]))).status_code == 303
    assert "Signed in as Ann Reed" in await visitor.reads("/me")
    async with empty.reading() as session:
        people = await session.scalars(select(WebSession.practitioner_id))
        assert set(people) >= {world.ann.id}


async def _attempt_of_one_signed_in(visitor: Visitor, issuer: Issuer) -> dict[str, str]:
    page = await visitor.opens("/sign-in/provider")
    where = re.search(r'href="(http[^"]+)"', page.text)
    assert where
    sent = {name: value[0] for name, value in parse_qs(urlsplit(unescape(where[1])).query).items()}
    issuer.challenge = sent["code_challenge"]
    moment = int(time.time())
    issuer.claims = {
        "iss": issuer.address,
        "aud": CLIENT,
        "nonce": sent["nonce"],
        "iat": moment,
        "exp": moment + 300,
        "sub": "account-1",
        "email": ANN,
        "email_verified": True,
    }
    return sent


async def test_signing_out_stays_here_where_the_provider_has_no_way_out_or_is_away(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    for status in (200, 503):
        issuer.instead.clear()
        assert (await _comes_back(visitor, issuer)).status_code == 303
        visitor.client.app.state.providers = Providers()  # as if the hour were over
        if status != 200:
            issuer.instead["/.well-known/openid-configuration"] = (status, {}, b"")
        left = await visitor.sends("/sign-out", {}, form="/me")
        assert left.headers["location"] == "/sign-in/provider/out"
        assert (await visitor.opens("/sign-in/provider/out")).headers["location"] == "/sign-in"
        assert (await visitor.opens("/me")).status_code == 302


@ON_ONE_DATABASE
async def test_a_lead_takes_our_second_step_whatever_the_provider_says_of_its_own(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer
) -> None:
    await _uses(empty, issuer.address)
    lee = {"sub": "lee", "email": "lee-shaw@agency.example", "amr": ["pwd", "otp", "mfa"], "acr": "mfa"}
    assert (await _comes_back(visitor, issuer, **lee)).status_code == 303
    for path in ("/me", "/agency"):
        assert (await visitor.opens(path)).headers["location"].startswith("/sign-in/second-step?"), path
    assert "Set up an authenticator app" in await visitor.reads("/sign-in/second-step")


# --- which there are ---


@pytest.mark.parametrize(
    ("changes", "domains", "problem"),
    [
        ({"client_id": "another"}, (DOMAIN,), "There is Harbour Council’s directory already, with the client id"),
        ({"issuer": "https://other.example"}, (DOMAIN,), "already, with the issuer https://one.example"),
        ({"name": "Another"}, (DOMAIN,), "already, with the name"),
        ({"verified_by": VerifiedBy.XMS_EDOV}, (DOMAIN,), "already, with the verified by"),
        ({"name": "Another", "issuer": "https://other.example"}, (DOMAIN,), "sign in with Harbour Council’s"),
        ({"name": "Another", "issuer": "http://other.example"}, ("x.example",), "is no issuer"),
        ({"name": "Another", "issuer": "https://other.example/?x"}, ("x.example",), "is no issuer"),
        ({}, ("agency",), "agency is no domain"),
        ({}, ("*.example",), "is no domain"),
    ],
    ids=str,
)
async def test_what_would_be_doubtful_is_refused(
    world: World, empty: Database, changes: dict[str, Any], domains: tuple[str, ...], problem: str
) -> None:
    await _uses(empty, "https://one.example")
    async with empty.reading() as session:
        before = await listed_providers(session)
    with pytest.raises(Refused, match=re.escape(problem)):
        await _uses(empty, "https://one.example", "Bay Surgery", domains, **changes)
    async with empty.reading() as session:
        assert await listed_providers(session) == before


async def test_the_last_agency_takes_the_provider_and_its_accounts_with_it(world: World, empty: Database) -> None:
    await _uses(empty, "https://one.example", domains=(" @Agency.example", "old.example"))
    await _uses(empty, "https://one.example", "Bay Surgery")
    async with empty.writing() as session:
        one, two = await listed_providers(session)
        assert (one.agency, one.domains, two.agency) == ("Bay Surgery", (DOMAIN,), "Harbour Council")
        provider = await session.scalar(select(IdentityProvider.id))
        assert provider
        session.add(
            Identity(provider_id=provider, subject="ann", practitioner_id=world.ann.id, linked_at=datetime.now(UTC))
        )
        facts = Facts(session)
        council, surgery = await facts.agency(), await facts.agency("Bay Surgery")
        assert await remove_provider(session, NAME, surgery.id)
        with pytest.raises(NotFound):
            await remove_provider(session, NAME, surgery.id)
        assert not await remove_provider(session, NAME, council.id)
        with pytest.raises(NotFound):
            await remove_provider(session, NAME, council.id)
    async with empty.reading() as session:
        assert await listed_providers(session) == []
        assert await session.scalar(select(Identity)) is None


async def test_one_network_is_sent_to_a_provider_only_so_often_in_a_day(
    visitor: Visitor, world: World, empty: Database, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "PER_NETWORK", 2)
    await _uses(empty, issuer.address)
    for _ in range(2):
        await _is_sent(visitor)
    refused = await visitor.sends("/sign-in", {"email": ANN}, form="/sign-in")
    assert refused.status_code == 422
    assert "Very many people began to sign in from your network today" in seen(refused.text)
    assert f'value="{ANN}"' in refused.text
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, minutes=1)):
        await _is_sent(visitor)
