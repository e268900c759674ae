"""Templates of the pages: GOV.UK components, our own, and the few words that all pages need."""

from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import Days, in_words
from training_tracker.reminders.asked import how_long
from training_tracker.settings import Settings, packed_folder
from training_tracker.uptake.counting import Counts
from training_tracker.uptake.reading import in_words as standing_in_words
from training_tracker.uptake.reading import level

STATIC = Path(__file__).resolve().parent / "static"
# An e-mail brings its own style; it may do nothing else.
OF_A_LETTER = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


def templates(settings: Settings) -> TemplateConfig[JinjaTemplateEngine]:
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(packed_folder("templates")),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        # The components of GOV.UK Frontend ask for parameters that are not there.
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    zone = settings.zone
    environment.filters |= {
        "day": day,
        "short_day": short_day,
        "done_on": done_on,
        "moment": lambda value: moment(value, zone),
        "moment_day": lambda value: day(value.astimezone(zone).date()),
        "who": who,
        "slug": slug,
        "percent": percent,
        "plural": plural,
        "file_size": file_size,
        "ground": ground,
        "in_words": standing_in_words,
        "how_long": how_long,
    }
    environment.globals |= {
        "May": May,
        "demo": settings.demo,
        "asset": asset,
        "query": query,
    }
    return TemplateConfig(engine=JinjaTemplateEngine.from_environment(environment))


def page(
    request: Request[Any, Any, Any], name: str, actor: Actor | None, /, *, status: int = 200, **context: Any
) -> Template:
    """A page of ``templates/pages``, with what its frame needs: who is signed in, and what was just done."""
    said = request.session.pop("said", None) if request.session else None
    frame = {"actor": actor, "path": request.url.path, "said": said}
    return Template(f"pages/{name}.html", context=frame | context, status_code=status)


def good_for_back(answer: Template) -> Template:
    """A page that a form answers with before anything is done. It is about no other person, so the browser may keep it
    for its Back, which else asks whether to send the form again."""
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def who(by: str) -> str:
    """Who did something. The name with which somebody was signed in to the machine says nothing on a page."""
    on_the_machine = by.removesuffix(")").endswith("command line")
    return "whoever runs this service (command line)" if on_the_machine else by


def say(request: Request[Any, Any, Any], text: str) -> None:
    """What the next page tells the person at its top: that what they asked for was done."""
    request.session["said"] = text


@cache
def asset(name: str) -> str:
    """The address of a front-end file; it changes with the file, so that browsers can keep the file for good."""
    version = int((STATIC / name).stat().st_mtime)
    return f"/static/{name}?v={version:x}"


def query(**parts: Any) -> str:
    """The query of a link, without what is empty or 0."""
    kept = {name: value for name, value in parts.items() if value}
    return f"?{urlencode(kept)}" if kept else "?"


def day(value: date | None) -> str:
    return in_words(value) if value else ""


def short_day(value: date | None) -> str:
    """3 May 2026 in the room of a table's cell: 3 May 26 would be read as a day of the month."""
    return f"{value.day} {value:%b %Y}" if value else ""


def done_on(first: date, last: date | None) -> str:
    """The day of a completion, or the range in which it lies."""
    return str(Days(first, last))


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    return f"{in_words(value.astimezone(zone).date())}, {value.astimezone(zone):%H:%M}" if value else ""


def slug(value: StrEnum | str) -> str:
    """The part of a class name that a status gives: ``due-soon``."""
    return str(value).replace(" ", "-")


def percent(value: float | None) -> str:
    """One decimal, cut and never rounded up; a dash where there is nobody to measure."""
    return f"{value:.1f}%" if value is not None else "–"


def plural(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def file_size(size: int) -> str:
    """In kilobytes, from a thousand of them on in megabytes."""
    return f"{size / 1024 / 1024:.3g} MB" if size >= 1000 * 1024 else f"{max(round(size / 1024), 1)} KB"


def ground(counts: Counts | None, target: float) -> str:
    """Which ground a cell has in a table of percentages; the figure in it says the same in words."""
    if counts is None:
        return "hidden"
    if counts.percent is None:
        return "none"
    return str(level(counts.percent, target)[0])
