"""Sessions, form tokens and the headers that tell a browser what our pages may do."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import SerializationException
from litestar.middleware import ASGIMiddleware
from litestar.middleware.session.client_side import ClientSideSessionBackend, CookieBackendConfig
from litestar.types import ASGIApp, Message, Receive, Scope, ScopeSession, Send

from training_tracker.audit.acting import Acting, acting
from training_tracker.errors import NotFound
from training_tracker.settings import Settings

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # Pages are about people: they stay out of every cache. Files that are the same for all say otherwise.
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

# Browsers that were here once come by TLS alone; other names of the same domain are none of our business.
FOR_TWO_YEARS = "max-age=63072000"
NOT_SIGNED_IN = "somebody not signed in"
# Under this name a request keeps what its cookie held.
BROUGHT = "brought_session"


async def refuse_nul(request: Request[Any, Any, Any]) -> None:
    """No address of ours holds a NUL, and PostgreSQL takes none."""
    if "\0" in request.url.path or "\0" in unquote(request.url.query or ""):
        raise NotFound("an address with a NUL in it")


class Accounted(ASGIMiddleware):
    """Whoever changes something comes from this address, to this page; who they are is known when they are let in."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        client = scope.get("client")
        with acting(Acting(NOT_SIGNED_IN, f"{scope.get('method', '')} {scope['path']}", client[0] if client else "")):
            await next_app(scope, receive, send)


def guarding(settings: Settings) -> Callable[[Message, Scope], Awaitable[None]]:
    """Gives every response its headers, errors and files included; what it says itself stands."""
    always = HEADERS | ({"Strict-Transport-Security": FOR_TWO_YEARS} if is_https(settings) else {})

    async def guarded(message: Message, _scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in always.items():
                headers.setdefault(name, value)

    return guarded


class _Cookie(ClientSideSessionBackend):
    """Litestar's, which fails at some cookies that it never made, and sends the cookie again with every answer: of two
    answers at once, one would then bring back what the other replaced."""

    async def load_from_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
        try:
            found = await super().load_from_connection(connection)
        except (SerializationException, ValueError, LookupError, TypeError):
            found = {}
        connection.scope["state"][BROUGHT] = dict(found)
        return found

    async def store_in_message(
        self, scope_session: ScopeSession, message: Message, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> None:
        if scope_session != connection.scope["state"].get(BROUGHT):
            await super().store_in_message(scope_session, message, connection)


class _CookieConfig(CookieBackendConfig):
    _backend_class = _Cookie


def session_cookie(settings: Settings) -> CookieBackendConfig:
    return _CookieConfig(
        secret=_key(settings, "session"),
        key=_name("session", settings),
        max_age=settings.session_hours * 60 * 60,
        secure=is_https(settings),
        # Not strict: whoever follows a link in an e-mail is signed in still.
        samesite="lax",
        httponly=True,
    )


def form_tokens(settings: Settings) -> CSRFConfig:
    return CSRFConfig(
        secret=_key(settings, "forms").hex(),
        cookie_name=_name("forms", settings),
        cookie_secure=is_https(settings),
        cookie_httponly=True,
    )


def _name(cookie: str, settings: Settings) -> str:
    """With the prefix that keeps other hosts and plain connections from setting it, where there is TLS."""
    return f"__Host-{cookie}" if is_https(settings) else cookie


def is_https(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")


def _key(settings: Settings, purpose: str) -> bytes:
    """A key of its own for each purpose: a token of one kind is never good as another."""
    return hashlib.blake2b(
        settings.secret_key.get_secret_value().encode(), digest_size=32, person=purpose.encode()
    ).digest()
