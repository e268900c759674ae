"""The way in by an agency's own directory: there and back; and the way out of it for whoever signs out.

There and out lead pages that go on by themselves, and no redirects: browsers hold a redirect after a form to what the
form's page may send to, which is this service alone.
"""

from datetime import date
from typing import Annotated, Any

import structlog
from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from training_tracker.access.openid import BEGIN_AGAIN, Providers
from training_tracker.access.permissions import May
from training_tracker.access.providers import (
    SIGNED_OUT_TO,
    attempt,
    awaited_from,
    client_of,
    come_back,
    person_behind,
    provider_of,
)
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.settings import Settings
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page
from training_tracker.web.signing_in import BROWSER, LEAVING, STATE, let_in

log = structlog.get_logger()

LONGEST = 4_000
Said = Annotated[str, QueryParameter(max_length=LONGEST)]
# Litestar keeps the parameter's own name for itself.
SaidState = Annotated[str, QueryParameter(name="state", max_length=LONGEST)]


def providers_known(state: State) -> Providers:
    """What this process has learnt of providers."""
    known: Providers = state.providers
    return known


class SigningInElsewhere(Controller):
    path = "/sign-in/provider"
    opt = {MAY: May.ANYTHING_OPEN}
    dependencies = {"providers": Provide(providers_known, sync_to_thread=False)}

    @get()
    async def there(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        providers: NamedDependency[Providers],
    ) -> Template | Redirect:
        state, browser = request.session.get(STATE) or "", request.session.get(BROWSER) or ""
        async with unconfined.reading() as session:
            provider = await awaited_from(session, settings, state, browser)
        if provider is None:
            return Redirect("/sign-in")
        try:
            where = await providers.way_there(client_of(settings, provider), attempt(settings, state))
        except Refused as refusal:
            return _refused(request, refusal, provider.name)
        return page(request, "sign_in_elsewhere", None, name=provider.name, where=where)

    @get("/callback")
    async def back(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        providers: NamedDependency[Providers],
        today: NamedDependency[date],
        brought: SaidState = "",
        code: Said = "",
        iss: Said = "",
        error: Said = "",
    ) -> Template | Redirect:
        """A GET that signs in, as the protocol has it: only this browser was given the state, and it is good once."""
        async with unconfined.writing() as session:
            provider = await come_back(session, settings, brought, request.session.get(BROWSER) or "")
        if provider is None:
            problem = "This way in has been used, is older than 10 minutes, or was begun in another browser"
            return _refused(request, Refused(problem, "Begin again.", "state"))
        try:
            if error or not code:
                raise Refused(f"{provider.name} did not sign you in", BEGIN_AGAIN, "error")
            client = client_of(settings, provider)
            account = await providers.account(client, attempt(settings, brought), code, iss)
            async with unconfined.writing() as session:
                person = await person_behind(session, provider, account, today)
        except Refused as refusal:
            return _refused(request, refusal, provider.name)
        return await let_in(request, unconfined, settings, person, today, provider.id)

    @get("/out")
    async def out(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        settings: NamedDependency[Settings],
        providers: NamedDependency[Providers],
    ) -> Template | Redirect:
        """Whoever has signed out here: from their provider too, if it can and is there."""
        left = request.session.pop(LEAVING, None)
        async with unconfined.reading() as session:
            provider = await provider_of(session, left) if isinstance(left, int) else None
        if provider is None:
            return Redirect(SIGNED_OUT_TO)
        back_to = f"{settings.base_url.rstrip('/')}{SIGNED_OUT_TO}"
        try:
            where = await providers.way_out(client_of(settings, provider), back_to)
        except Refused as refusal:
            _note(refusal, provider.name)
            where = None
        if where is None:
            return Redirect(SIGNED_OUT_TO)
        return page(request, "sign_out_elsewhere", None, name=provider.name, where=where)


def _refused(request: Request[Any, Any, Any], refusal: Refused, provider: str = "") -> Template:
    _note(refusal, provider)
    return page(request, "sign_in_refused", None, status=422, problem=refusal.problem, mend=refusal.mend)


def _note(refusal: Refused, provider: str) -> None:
    """Of what came nothing: neither the person nor the token."""
    log.warning("sign_in.provider", provider=provider, why=refusal.field)
