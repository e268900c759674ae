"""The page of an error, with the menu of whoever is signed in.

An error may come before anybody was asked who they are: an address that leads nowhere belongs to no page, and the wall
before forms stands in front of the session. So who is signed in is found out when the page is written.
"""

from html import escape
from typing import Any

from litestar import Request
from litestar.response import Template
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from sqlalchemy.exc import SQLAlchemyError

from training_tracker.access.actor import Actor, SignInNeeded
from training_tracker.access.sessions import resume
from training_tracker.web.dependencies import ACTOR, SIGNED_IN, current_day, database_in_use, settings_in_force
from training_tracker.web.protection import form_tokens, session_cookie


class ErrorPage(Template):
    def __init__(self, request: Request[Any, Any, Any], status: int, what: dict[str, str]) -> None:
        plain = {"actor": None, "path": request.url.path, "said": None}
        super().__init__("pages/error.html", context=plain | what, status_code=status)

    def create_template_context(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        context = super().create_template_context(request)
        if 'value=""' in context["csrf_input"]:
            # The page comes before the wall that gives forms their token; whoever was here before brings theirs.
            token = request.cookies.get(form_tokens(settings_in_force(request.app.state)).cookie_name, "")
            context["csrf_input"] = f'<input type="hidden" name="_csrf_token" value="{escape(token)}">'
        return context

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **more: Any) -> ASGIResponse:
        written = super().to_asgi_response

        class Written(ASGIResponse):
            async def __call__(response, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: N805
                self.context["actor"] = await _who_asks(request)
                await written(app, request, **more)(scope, receive, send)

        return Written()


async def _who_asks(request: Request[Any, Any, Any]) -> Actor | None:
    """None for whoever is not signed in to the end, and where that cannot be found out now."""
    state = request.scope["state"]
    if isinstance(known := state.get(ACTOR), Actor):
        return known
    settings = settings_in_force(request.app.state)
    session = request.scope.get("session")
    if not isinstance(session, dict):
        cookie = session_cookie(settings)
        session = await cookie._backend_class(cookie).load_from_connection(request)
    token = session.get(SIGNED_IN)
    if not isinstance(token, str):
        return None
    try:
        async with database_in_use(request.app.state).reading() as reading:
            visit = await resume(reading, settings, token, current_day(request.app.state))
    except (SignInNeeded, SQLAlchemyError, OSError):
        return None
    return None if visit.half_way else visit.actor
