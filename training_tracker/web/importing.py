"""Bringing in spreadsheets: the two layouts, and a template file of each."""

from typing import Any, Literal

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.errors import NotFound
from training_tracker.intake import completions, people
from training_tracker.intake.templates import template
from training_tracker.web.dependencies import MAY
from training_tracker.web.downloads import as_file
from training_tracker.web.rendering import page

LAYOUTS = {"people": people.COLUMNS, "completions": completions.COLUMNS}
KINDS: dict[str, tuple[Literal["csv", "xlsx"], str]] = {
    "csv": ("csv", "text/csv; charset=utf-8"),
    "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class Spreadsheets(Controller):
    path = "/import"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(self, request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Template:
        return page(request, "import", actor, layouts=LAYOUTS)

    @get("/templates/{file:str}")
    async def template_file(self, actor: NamedDependency[Actor], file: FromPath[str]) -> Response[bytes]:
        layout, _, ending = file.partition(".")
        if layout not in LAYOUTS or ending not in KINDS:
            raise NotFound(f"template {file}")
        kind, media_type = KINDS[ending]
        return as_file(file, template(LAYOUTS[layout], kind), media_type)
