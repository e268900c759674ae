"""What a person sees when something is not there, not allowed, or went wrong."""

from typing import Any
from urllib.parse import urlencode

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template

from training_tracker.access.actor import SignInNeeded
from training_tracker.access.sessions import SecondStepNeeded
from training_tracker.errors import NotFound, Refused
from training_tracker.logs import without_data
from training_tracker.web.error_pages import ErrorPage

log = structlog.get_logger()

Asked = Request[Any, Any, Any]


def sign_in_needed(request: Asked, _error: SignInNeeded) -> Response[Any]:
    return _first(request, "/sign-in", SIGN_IN)


def second_step_needed(request: Asked, _error: SecondStepNeeded) -> Response[Any]:
    return _first(request, "/sign-in/second-step", SECOND_STEP)


def _first(request: Asked, address: str, what: dict[str, str]) -> Response[Any]:
    """A page sends the person there and back; anything else is told so plainly."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Redirect(f"{address}?{urlencode({'next': back})}" if back != "/" else address)
    return ErrorPage(request, 401, what)


def not_found(request: Asked, _error: Exception) -> Template:
    return ErrorPage(request, 404, NOT_FOUND)


def refused(request: Asked, error: Refused) -> Template:
    return ErrorPage(request, 400, {"heading": error.problem, "mend": error.mend})


def http_error(request: Asked, error: HTTPException) -> Template:
    if error.status_code == 500:
        return _simple(request)
    known = {403: FORBIDDEN, 405: NOT_FOUND, 413: TOO_LARGE}
    # Everything else is an address that leads nowhere, or one with nonsense in the place of a number.
    status = error.status_code if error.status_code in known else 404
    return ErrorPage(request, status, known.get(status, NOT_FOUND))


def broken(request: Asked, error: Exception) -> Template:
    log.error("page.broken", path=request.scope.get("path_template", ""), **without_data(error))
    return _simple(request)


def _simple(request: Asked) -> Template:
    """Without the menu, for which the database would have to be asked."""
    frame = {"actor": None, "path": request.url.path, "said": None}
    return Template("pages/error.html", context=frame | BROKEN, status_code=500)


SIGN_IN = {
    "heading": "Sign in first",
    "mend": "Nothing was changed. In the middle of a form, sign in in another tab, then go back and send it again: "
    "what you typed is still there.",
}
SECOND_STEP = {
    "heading": "Sign in to the end first",
    "mend": "Nothing was changed. With the right that you have, signing in takes a second step. Open My training in "
    "another tab and take it there, then go back and send the form again: what you typed is still there.",
}
NOT_FOUND = {
    "heading": "There is no such page",
    "mend": "Check the address. Some pages are there for some people only.",
}
FORBIDDEN = {
    "heading": "This form has been open for too long",
    "mend": "Nothing was changed. Go back, load the page again and send it once more.",
}
TOO_LARGE = {"heading": "This is too large to be sent", "mend": "Send less at a time."}
BROKEN = {
    "heading": "Something went wrong on our side",
    "mend": "Nothing was changed. Try again in a minute; if it happens again, tell whoever runs this service.",
}

HANDLERS: dict[Any, Any] = {
    SignInNeeded: sign_in_needed,
    SecondStepNeeded: second_step_needed,
    NotFound: not_found,
    Refused: refused,
    HTTPException: http_error,
    Exception: broken,
}
