"""What another system reads when something is refused, is not there, or went wrong: the problem, and its mend."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from training_tracker.access.tokens import TokenNeeded, TooManyTokens
from training_tracker.errors import NotFound, Refused
from training_tracker.logs import without_data

log = structlog.get_logger()

Asked = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """``field`` is empty where it is no single one."""

    problem: str
    mend: str
    field: str = ""


KNOWN = {
    400: Problem("This request cannot be read", "What is taken is in /api/openapi.json."),
    401: Problem(
        "There is no good token with this request",
        "Send it as the header “Authorization: Bearer TOKEN”. It may be wrong, expired or revoked: whoever runs the "
        "tracker sees that with “training-tracker user token list”, and makes another with “user token add”.",
    ),
    403: Problem("This token is for something else", "Ask whoever runs the tracker for one that may do this."),
    404: Problem("There is no such address", "The addresses are in /api/openapi.json."),
    405: Problem("This address is not asked in this way", "What each takes is in /api/openapi.json."),
    413: Problem("This is too large to be sent", "Send it in parts."),
    415: Problem("This is neither CSV nor JSON", "Say which it is: “Content-Type: text/csv” or “application/json”."),
    429: Problem("Too many requests came from this network", "Wait for a minute, then ask less often."),
    500: Problem(
        "Something went wrong on our side", "Nothing was changed. Try again in a minute; if it happens again, say so."
    ),
}
TOO_MANY_WRONG = Problem(
    "Too many wrong tokens came from this network", "Mend the system that sends them; wait for a day."
)


def may_answer(*statuses: int) -> dict[int, ResponseSpec]:
    """What an address may answer beside what it is for, as the document tells it."""
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=KNOWN[status].problem)
        for status in (400, 401, 403, 404, 429, *statuses)
    }


def answers(pages: Mapping[Any, Callable[[Asked, Any], Response[Any]]]) -> dict[Any, Any]:
    """How errors are answered: as JSON under ``/api``, also where nothing is there, and elsewhere with these pages."""

    def chosen(page: Callable[[Asked, Any], Response[Any]]) -> Callable[[Asked, Any], Response[Any]]:
        def answer(request: Asked, error: Exception) -> Response[Any]:
            return _problem(request, error) if f"{request.url.path}/".startswith("/api/") else page(request, error)

        return answer

    return {kind: chosen(page) for kind, page in pages.items()}


def _problem(request: Asked, error: Exception) -> Response[Problem]:
    headers: dict[str, str] = {}
    match error:
        case TokenNeeded():
            status, what, headers = 401, KNOWN[401], {"WWW-Authenticate": "Bearer"}
        case TooManyTokens():
            status, what = 429, TOO_MANY_WRONG
        case Refused():
            status, what = 400, Problem(error.problem, error.mend, error.field)
        case NotFound():
            status, what = 404, KNOWN[404]
        case ValidationException():
            status, what = 400, _invalid(error)
        case HTTPException():
            status = error.status_code if error.status_code in KNOWN else 400
            what, headers = KNOWN[status], error.headers or {}
        case _:
            log.error("api.broken", path=request.scope.get("path_template", ""), **without_data(error))
            status, what = 500, KNOWN[500]
    return Response(what, status_code=status, headers=headers, media_type="application/json")


def _invalid(error: ValidationException) -> Problem:
    """The first of what is wrong with the parameters."""
    first: Any = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    return Problem(str(first.get("message", "")), "What is taken is in /api/openapi.json.", str(first.get("key", "")))
