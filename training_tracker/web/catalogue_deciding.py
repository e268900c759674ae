"""What a partnership's lead decides about the catalogue: seen for what comes of it, confirmed, and kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from litestar import Request
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.calendar import in_words
from training_tracker.catalogue.changing import Writer
from training_tracker.catalogue.keeping import Days
from training_tracker.catalogue.listing import what_counts_as_what
from training_tracker.database import Database
from training_tracker.people.listing import every_partnership, partnerships_of
from training_tracker.settings import Settings
from training_tracker.uptake.charts import draw
from training_tracker.uptake.equivalence_chart import Arrow, around, arrows
from training_tracker.uptake.items_ahead import ItemsAhead, items_ahead
from training_tracker.web import forms
from training_tracker.web.looking import Difference, Look, show, typed
from training_tracker.web.rendering import say

AGAIN = "Have it no longer"


@dataclass(frozen=True, slots=True)
class Decision:
    """``look`` is what it is by itself; what comes of it on ``changes_on`` and later is added. ``done`` is said when it
    is kept. ``again`` says what befalls whoever has what is asked and would have it no more. ``pair`` are the titles of
    two items between which an arrow comes or goes.
    """

    do: Callable[[AsyncSession, Writer], Awaitable[None]]
    look: Look
    done: str
    changes_on: date
    again: str = AGAIN
    pair: Arrow | None = None


async def decide(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    settings: Settings,
    today: date,
    decision: Decision,
    sent: forms.Sent,
) -> Template | Redirect:
    """First shown with what would come of it; kept when that is confirmed. Raises :class:`Refused`."""
    writer = await writer_of(database, actor)
    if "confirmed" not in sent:
        return await _look(request, database, actor, settings, today, decision, writer, sent)
    async with database.writing() as session:
        await decision.do(session, writer)
    say(request, decision.done)
    return Redirect(decision.look.back, status_code=303)


async def writer_of(database: Database, actor: Actor) -> Writer:
    async with database.reading() as session:
        names = [one.name for one in await partnerships_of(session, actor.partnerships)]
    return Writer(f"the lead of {' and '.join(names)}"[:250], actor.partnerships)


def days_sent(sent: forms.Sent) -> Days:
    """The first and the last day of a form; None for one that is left empty."""
    since = forms.day(sent, "since", "The first day") if forms.is_given(sent, "since") else None
    until = forms.day(sent, "until", "The last day") if forms.is_given(sent, "until") else None
    return since, until


def as_sent(days: Days) -> forms.Sent:
    since, until = days
    return (forms.as_sent("since", since) if since else {}) | (forms.as_sent("until", until) if until else {})


async def _look(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    settings: Settings,
    today: date,
    decision: Decision,
    writer: Writer,
    sent: forms.Sent,
) -> Template:
    async with database.reading() as session:
        before = await what_counts_as_what(session)
        others = [one.name for one in await every_partnership(session) if one.id not in actor.partnerships]
    async with database.rehearsing() as session:
        await decision.do(session, writer)
        ahead = await items_ahead(
            session,
            actor.partnerships,
            changes_on=decision.changes_on,
            today=today,
            threshold=settings.suppression_threshold,
        )
        after = await what_counts_as_what(session)
    look = replace(
        decision.look,
        differences=[*decision.look.differences, *_comes_of_it(ahead, decision)],
        notes=[*decision.look.notes, *_how_told(ahead, others)],
        lists=[
            *decision.look.lists,
            ("Expectations that it matters to", _asking(ahead)),
            (
                "Overdue by it, added up",
                [f"By the end of {one.month:%B %Y}: {one.people}" for one in ahead.turning_by],
            ),
        ],
        carried=typed(sent),
        drawn=await _drawn(decision.pair, before, after) if decision.pair else None,
    )
    return show(request, actor, look)


def _comes_of_it(ahead: ItemsAhead, decision: Decision) -> list[Difference]:
    """What is asked again and who turns overdue in any case; the other numbers where there are enough to tell."""
    if not ahead.asking and not ahead.agencies_own:
        return []
    day, until = in_words(decision.changes_on), in_words(ahead.until)
    rows = [
        (f"{decision.again} from {day}", ahead.asked_again, decision.again != AGAIN),
        (f"Have it from {day}, and would not otherwise", ahead.spared, False),
        (f"Become overdue by it before {until}, if they do nothing", ahead.turning, True),
        ("Are overdue no longer, or later", ahead.relieved, False),
    ]
    return [Difference(what, "", str(number)) for what, number, always in rows if always or number.people]


def _how_told(ahead: ItemsAhead, others: list[str]) -> list[str]:
    if not ahead.asking and not ahead.agencies_own:
        return ["No expectation asks for it, so nobody’s training changes by this."]
    notes = ["The numbers are of all your agencies together, and told in steps, so that nobody can be made out."]
    if others:
        shares = f"{' and '.join(others)} {'shares' if len(others) == 1 else 'share'} the catalogue"
        notes.append(f"{shares}: it changes for their agencies too, whose people are not counted here.")
    return notes


def _asking(ahead: ItemsAhead) -> list[str]:
    lines = [f"{one.title}{f', by {in_words(one.by)}' if one.by else ''}" for one in ahead.asking]
    if ahead.agencies_own:
        own = ahead.agencies_own
        lines.append(f"{own} {'expectation' if own == 1 else 'expectations'} that agencies have of their own")
    return lines


async def _drawn(pair: Arrow, before: list[Arrow], after: list[Arrow]) -> Any:
    """What hangs together with the pair, with what comes and what goes."""
    both = [*after, *(arrow for arrow in before if arrow not in after)]
    near = around(both, pair)
    new = [arrow for arrow in after if arrow not in before]
    gone = [arrow for arrow in before if arrow not in after]
    return await draw(arrows(near, new=new, gone=gone)) if near else None
