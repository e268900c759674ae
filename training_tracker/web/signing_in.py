"""The way in: an address, an e-mail with a link and a code, and a session; and the ways out."""

from datetime import date
from typing import Annotated, Any

import structlog
from litestar import Controller, Request, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.exc import SQLAlchemyError

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.providers import provider_for, send_away
from training_tracker.access.sessions import begin, end, end_all
from training_tracker.access.signing_in import GOOD_FOR, Letter, ask, by_code, by_link
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.logs import without_data
from training_tracker.mail.at_once import NOT_SENT, send_at_once
from training_tracker.mail.outbox import Draft
from training_tracker.mail.rendering import render
from training_tracker.sealing import new_token
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, SIGNED_IN, network_of, visitor
from training_tracker.web.rendering import page, plural, say

log = structlog.get_logger()

SUBJECT = "Sign in to the Training Tracker"
# What a browser holds between asking and signing in: a secret of its own, where it wanted to go, and, where it is sent
# to a provider, what it is to bring back from there.
BROWSER, NEXT, STATE = "browser", "next", "state"
# With which provider somebody signed in, and out of which they are still to be signed.
PROVIDER, LEAVING = "provider", "leaving"

Secret = Annotated[str, QueryParameter(max_length=100)]
LONGEST_PATH = 2_000
Path = Annotated[str, QueryParameter(max_length=LONGEST_PATH)]


class SigningIn(Controller):
    path = "/sign-in"
    opt = {MAY: May.ANYTHING_OPEN}
    dependencies = {"visitor": Provide(visitor)}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        visitor: NamedDependency[Actor | None],
        next: Path = "",  # noqa: A002  # the name that addresses of sign-in pages give it
    ) -> Template | Redirect:
        if visitor is not None:
            return Redirect(own_path(next))
        return page(request, "sign_in", None, next=own_path(next), sent={}, problems={})

    @post(status_code=303)
    async def ask(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            address = forms.text(data, "email", longest=254)
            if "@" not in address:
                raise Refused("This is not an e-mail address", "Write it as name@organisation.example.", "email")
        except Refused as refusal:
            return _again(request, data, refusal)
        # The same for another e-mail to the same browser: the link of either is good in it.
        browser = request.session.get(BROWSER) or new_token()
        held = {BROWSER: browser, NEXT: own_path(data.get("next", ""))}
        async with unconfined.reading() as session:
            provider = await provider_for(session, address)
        if provider is not None:
            # The same for every address of that domain: nobody has looked yet whose it is.
            try:
                async with unconfined.writing() as session:
                    state = await send_away(session, settings, provider, browser, network_of(request))
            except Refused as refusal:
                return _again(request, data, refusal)
            request.set_session(held | {STATE: state})
            return Redirect("/sign-in/provider", status_code=303)
        request.set_session(held)
        # After the answer, so that it takes as long whether or not somebody is known.
        answering = BackgroundTask(_answer, unconfined, settings, address, browser, network_of(request), today)
        return Redirect("/sign-in/sent", status_code=303, background=answering)

    @get("/sent")
    async def waiting(self, request: Request[Any, Any, Any]) -> Template | Redirect:
        return _waiting(request) if BROWSER in request.session else Redirect("/sign-in")

    @post("/code", status_code=303)
    async def code(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        browser = request.session.get(BROWSER)
        if not browser:
            return Redirect("/sign-in", status_code=303)
        async with unconfined.writing() as session:
            found = await by_code(session, settings, data.get("code", "")[:40], browser, network_of(request))
        if isinstance(found, Refused):
            log.warning("sign_in.refused", by="code", network=network_of(request))
            return _waiting(request, found)
        return await let_in(request, unconfined, settings, found, today)

    @get("/link")
    async def offered(
        self, request: Request[Any, Any, Any], visitor: NamedDependency[Actor | None], token: Secret = ""
    ) -> Template | Redirect:
        """Safe to follow: mail gateways do. The button signs in."""
        if visitor is not None:
            return Redirect("/me")
        return page(request, "sign_in_link", None, token=token, here=BROWSER in request.session, problems={})

    @post("/link", status_code=303)
    async def link(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        token = data.get("token", "")[:100]
        try:
            async with unconfined.writing() as session:
                found = await by_link(session, settings, token, request.session.get(BROWSER) or "")
        except Refused as refusal:
            log.warning("sign_in.refused", by="link", network=network_of(request))
            problems = forms.problems(refusal)
            return page(request, "sign_in_link", None, status=422, token=token, here=True, problems=problems)
        return await let_in(request, unconfined, settings, found, today)


@post("/sign-out", status_code=303, opt={MAY: May.ANYTHING_OPEN})
async def sign_out(
    request: Request[Any, Any, Any], unconfined: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Redirect:
    token, provider = request.session.get(SIGNED_IN), request.session.get(PROVIDER)
    if isinstance(token, str):
        async with unconfined.writing() as session:
            await end(session, settings, token)
    request.clear_session()
    if provider is None:
        return Redirect("/sign-in", status_code=303)
    request.set_session({LEAVING: provider})
    return Redirect("/sign-in/provider/out", status_code=303)


@post("/sign-out/everywhere", status_code=303, opt={MAY: May.SIGNED_IN})
async def sign_out_everywhere(
    request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Redirect:
    async with database.writing() as session:
        places = await end_all(session, [actor.practitioner_id])
    request.set_session({})
    say(request, f"You are signed out everywhere: in {plural(places, 'place')}.")
    return Redirect("/sign-in", status_code=303)


def own_path(address: str) -> str:
    """A path of this service, never another's address: ``//elsewhere`` and a backslash lead away."""
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if own and len(address) <= LONGEST_PATH else "/me"


async def let_in(
    request: Request[Any, Any, Any],
    database: Database,
    settings: Settings,
    practitioner_id: int,
    today: date,
    provider: int | None = None,
) -> Redirect:
    """Sign somebody in, who has shown who they are, and lead them where they wanted to go."""
    former = request.session.get(SIGNED_IN)
    async with database.writing() as session:
        if isinstance(former, str):
            await end(session, settings, former)
        token = await begin(session, settings, practitioner_id, today)
    log.info("sign_in.done", practitioner=practitioner_id, network=network_of(request))
    where = own_path(request.session.get(NEXT) or "")
    # Nothing of what the browser brought stays: whoever laid a session under it has none.
    request.clear_session()
    request.set_session({SIGNED_IN: token} | ({PROVIDER: provider} if provider else {}))
    return Redirect(where, status_code=303)


def _again(request: Request[Any, Any, Any], sent: forms.Sent, refusal: Refused) -> Template:
    where, problems = own_path(sent.get("next", "")), forms.problems(refusal)
    return page(request, "sign_in", None, status=422, next=where, sent=sent, problems=problems)


def _waiting(request: Request[Any, Any, Any], refusal: Refused | None = None) -> Template:
    return page(
        request,
        "sign_in_sent",
        None,
        status=422 if refusal else 200,
        minutes=GOOD_FOR.seconds // 60,
        problems=forms.problems(refusal),
    )


async def _answer(
    database: Database, settings: Settings, address: str, browser: str, network: str, today: date
) -> None:
    try:
        async with database.writing() as session:
            letter = await ask(session, settings, address, browser, network, today)
        if letter is not None:
            await send_at_once(database, settings, _draft(settings, letter))
    except (*NOT_SENT, SQLAlchemyError) as error:
        log.error("sign_in.not_sent", **without_data(error))


def _draft(settings: Settings, letter: Letter) -> Draft:
    rendered = render(
        "sign-in",
        subject=SUBJECT,
        name=letter.name,
        code=f"{letter.code[:3]} {letter.code[3:]}",
        link=f"{settings.base_url.rstrip('/')}/sign-in/link?token={letter.link}",
        minutes=GOOD_FOR.seconds // 60,
    )
    return Draft("sign-in:", letter.to, SUBJECT, rendered.text, rendered.html)
