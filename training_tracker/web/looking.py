"""A look before a decision is kept: what changes, in words, and what was typed, sent again when it is confirmed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from litestar.response import Template

from training_tracker.access.actor import Actor
from training_tracker.uptake.charts import Drawn
from training_tracker.web.forms import Sent
from training_tracker.web.rendering import page

# What a form sends beside what was typed into it.
NOT_TYPED = ("_csrf_token", "confirmed", "again")


@dataclass(frozen=True, slots=True)
class Difference:
    """What of a thing is said otherwise. ``before`` is empty where nothing was said."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Look:
    """``warning`` is what nobody should overlook; ``lists`` are lists of what follows, each under its heading.

    ``can_change`` where there was a form to go back to; ``drawn`` is a picture of what changes.
    """

    question: str
    about: str
    does: str
    address: str
    back: str
    differences: Sequence[Difference] = ()
    notes: Sequence[str] = ()
    lists: Sequence[tuple[str, Sequence[str]]] = ()
    warning: str = ""
    can_change: bool = True
    carried: Sent = field(default_factory=dict)
    drawn: Drawn | None = None


def difference(what: str, before: str | Collection[str], after: str | Collection[str]) -> list[Difference]:
    """One, or none where both are the same."""
    was, becomes = (value if isinstance(value, str) else "; ".join(value) for value in (before, after))
    return [Difference(what, was, becomes)] if was != becomes else []


def typed(sent: Sent) -> Sent:
    return {name: value for name, value in sent.items() if name not in NOT_TYPED}


def show(request: Request[Any, Any, Any], actor: Actor, look: Look) -> Template:
    return page(request, "look", actor, look=look)
