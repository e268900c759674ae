"""E-mails from templates: a text part that reads well by itself, and HTML with its styles inlined."""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.filters import do_wordwrap

from training_tracker.calendar import in_words
from training_tracker.settings import packed_folder


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    html: str


def render(kind: str, **context: Any) -> Rendered:
    """Render ``templates/emails/KIND.txt`` and ``KIND.html``."""
    environment, inliner = _environment()
    text = environment.get_template(f"{kind}.txt").render(context)
    html = environment.get_template(f"{kind}.html").render(context)
    return Rendered(text.strip() + "\n", inliner.inline(html))


@cache
def _environment() -> tuple[Environment, css_inline.CSSInliner]:
    environment = Environment(
        loader=FileSystemLoader(packed_folder("templates") / "emails"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = day
    # Most of what is wrapped is the same for very many people.
    environment.filters["wrap"] = lru_cache(maxsize=10_000)(partial(_wrap, environment))
    # What cannot be inlined stays in the style element: the rules for narrow and for dark screens.
    return environment, css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def _wrap(environment: Environment, words: str, width: int) -> str:
    return do_wordwrap(environment, words, width, break_long_words=False, break_on_hyphens=False)


def day(value: date | None) -> str:
    return in_words(value) if value else ""
