"""The addresses of the API, and the document that tells of them."""

from importlib.metadata import version
from typing import Any

from litestar import Request, Router
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from training_tracker.access.permissions import May
from training_tracker.access.tries import as_one
from training_tracker.api.completions import send_completions
from training_tracker.api.uptake import read_uptake
from training_tracker.settings import Settings
from training_tracker.web.dependencies import MAY, network_of

# A browser sends no token by itself, so nobody's browser can be led here by another site's form.
NO_FORMS = {"exclude_from_csrf": True}


def addresses(settings: Settings) -> Router:
    return Router(
        "/api",
        route_handlers=[read_uptake, send_completions],
        opt=NO_FORMS,
        # Counted in each process, before a token is looked at.
        middleware=[
            RateLimitConfig(("minute", settings.api_requests_per_minute), identifier_for_request=_who_asks).middleware
        ],
        include_in_schema=True,
        request_max_body_size=settings.import_max_bytes,
    )


def _who_asks(request: Request[Any, Any, Any]) -> str:
    return as_one(network_of(request))


def document() -> OpenAPIConfig:
    """Only the document itself: pages that show one would load scripts from elsewhere."""
    path = "/api/openapi.json"
    return OpenAPIConfig(
        title="Training Tracker",
        version=version("training-tracker"),
        description="Figures for other systems, and completions from them. docs/api.md tells it in plain words.",
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"token": []}],
        path=path,
        render_plugins=[JsonRenderPlugin(path="/")],
        openapi_router=Router(
            path, route_handlers=[], opt=NO_FORMS | {MAY: May.ANYTHING_OPEN}, include_in_schema=False
        ),
    )
