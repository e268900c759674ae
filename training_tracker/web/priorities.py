"""The priorities of a partnership's strategy: added, changed, taken away and put back by its lead."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import today as today_in
from training_tracker.catalogue.finding import Choice, choices
from training_tracker.catalogue.models import Priority
from training_tracker.catalogue.strategy import (
    LARGEST_NUMBER,
    LONGEST_TITLE,
    Decided,
    add_priority,
    change_priority,
    items_serving,
    priority_of,
    put_back,
    take_away,
)
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Partnership
from training_tracker.uptake.publishing import published_table
from training_tracker.uptake.strategy import PriorityLine, strategy
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, ChosenId, PathId
from training_tracker.web.looking import Look, difference, show, typed
from training_tracker.web.partnership_view import led_partnership
from training_tracker.web.rendering import page, query, say

STRATEGY = "/partnership/strategy"


class Priorities(Controller):
    path = STRATEGY
    opt = {MAY: May.LISTS}

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        partnership: ChosenId = 0,
    ) -> Template:
        chosen, _all = await led_partnership(database, actor, partnership)
        return await _form(request, database, actor, chosen, None, {})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[dict[str, str]],
        partnership: ChosenId = 0,
    ) -> Template | Redirect:
        chosen, _all = await led_partnership(database, actor, partnership)
        return await _decide(request, database, actor, chosen, None, data)

    @get("/{priority_id:int}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        priority_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            priority = await priority_of(session, actor.partnerships, priority_id)
            serving = await items_serving(session, priority.id)
            items = [item for item in await choices(session) if item.id in serving]
        sent = {
            "title": priority.title,
            "recommendations": ", ".join(str(number) for number in priority.recommendations),
            **{f"item-{item.code}": "yes" for item in items},
        }
        partnership, _all = await led_partnership(database, actor, priority.partnership_id)
        return await _form(request, database, actor, partnership, priority, sent)

    @post("/{priority_id:int}", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        priority_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            priority = await priority_of(session, actor.partnerships, priority_id)
        partnership, _all = await led_partnership(database, actor, priority.partnership_id)
        return await _decide(request, database, actor, partnership, priority, data)

    @get("/{priority_id:int}/withdrawal")
    async def before_taking_away(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        priority_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            priority = await priority_of(session, actor.partnerships, priority_id)
            serving = await items_serving(session, priority.id)
            titles = [item.title for item in await choices(session) if item.id in serving]
        look = Look(
            question=f"Take priority {priority.number} away?",
            about=priority.title,
            does="Take it away",
            address=f"{STRATEGY}/{priority.id}/withdrawal",
            back=f"{STRATEGY}/{priority.id}",
            notes=["It stands in no list and no board pack any more. It can be put back, with what serves it."],
            lists=[("What serves it now", titles)],
            can_change=False,
        )
        return show(request, actor, look)

    @post("/{priority_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        priority_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            priority = await priority_of(session, actor.partnerships, priority_id)
            await take_away(session, priority)
        say(request, f"Priority {priority.number} is taken away. It can be put back below.")
        return Redirect(_strategy(priority.partnership_id), status_code=303)

    @post("/{priority_id:int}/return", status_code=303)
    async def put_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        priority_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            priority = await priority_of(session, actor.partnerships, priority_id)
            await put_back(session, priority)
        say(request, f"Priority {priority.number} is back, with what serves it.")
        return Redirect(_strategy(priority.partnership_id), status_code=303)


def _strategy(partnership_id: int) -> str:
    return STRATEGY + query(partnership=partnership_id)


def _address(partnership: Partnership, priority: Priority | None) -> str:
    return f"{STRATEGY}/{priority.id}" if priority else f"{STRATEGY}/new{query(partnership=partnership.id)}"


async def _decide(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    priority: Priority | None,
    sent: forms.Sent,
) -> Template | Redirect:
    """First shown with what would come of it; kept when that is confirmed."""
    if "again" in sent:
        return await _form(request, database, actor, partnership, priority, sent)
    async with database.reading() as session:
        items = await choices(session)

    async def decide(session: AsyncSession) -> Priority:
        if priority is None:
            number = forms.whole(sent, "number", "The number", least=1, most=LARGEST_NUMBER)
            return await add_priority(session, partnership.id, number or 0, decided)
        kept = await priority_of(session, actor.partnerships, priority.id)
        await change_priority(session, kept, decided)
        return kept

    try:
        decided = _read(sent, items)
        if "confirmed" not in sent:
            return await _look(request, database, actor, partnership, priority, decide, sent)
        async with database.writing() as session:
            kept = await decide(session)
    except Refused as refusal:
        return await _form(request, database, actor, partnership, priority, sent, refusal)
    say(request, f"Kept: priority {kept.number}, “{kept.title}”.")
    return Redirect(_strategy(partnership.id), status_code=303)


def _read(sent: forms.Sent, items: list[Choice]) -> Decided:
    title = forms.text(sent, "title", longest=LONGEST_TITLE)
    numbers = re.split(r"[\s,;]+", forms.text(sent, "recommendations").strip(" ,;"))
    if any(number and not (number.isdecimal() and 1 <= int(number) <= LARGEST_NUMBER) for number in numbers):
        raise Refused("These are not numbers of recommendations", "Write them like 2, 5.", "recommendations")
    return Decided(
        title,
        tuple(int(number) for number in numbers if number),
        frozenset(item.id for item in items if f"item-{item.code}" in sent),
    )


async def _look(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    priority: Priority | None,
    decide: Callable[[AsyncSession], Awaitable[Priority]],
    sent: forms.Sent,
) -> Template:
    async with database.rehearsing() as session:
        table = await published_table(session, partnership.id, today_in())
        before = {one.id: one for one in await strategy(session, partnership.id, table)}
        decided = await decide(session)
        key, number, title = decided.id, decided.number, decided.title
        after = {one.id: one for one in await strategy(session, partnership.id, table)}
    was, becomes = before.get(key), after.get(key)
    served, serves = (dict(one.items) if one else {} for one in (was, becomes))
    look = Look(
        question="Keep this?",
        about=f"Priority {number}",
        does="Keep it",
        address=_address(partnership, priority),
        back=_strategy(partnership.id),
        differences=[
            *difference("Title", was.title if was else "", becomes.title if becomes else title),
            *difference("Audit’s recommendations", _numbers(was), _numbers(becomes)),
        ],
        notes=_what_follows(was, becomes),
        lists=[
            ("Serve it from now on", [title for code, title in serves.items() if code not in served]),
            ("Serve it no longer", [title for code, title in served.items() if code not in serves]),
        ],
        carried=typed(sent),
    )
    return show(request, actor, look)


def _numbers(line: PriorityLine | None) -> str:
    return ", ".join(str(number) for number in line.recommendations) if line else ""


def _what_follows(was: PriorityLine | None, becomes: PriorityLine | None) -> list[str]:
    """What of the strategy's figures and gaps is different then."""
    if becomes is None:
        return ["It is taken away now; put it back to see it in the strategy."]
    asked, before = len(becomes.expectations), len(was.expectations) if was else 0
    figures = f"Its figure is of {asked} required expectation{'' if asked == 1 else 's'}"
    gaps = [gap for gap in becomes.gaps if was is None or gap not in was.gaps]
    closed = [gap for gap in was.gaps if gap not in becomes.gaps] if was else []
    return [
        f"{figures}{f', before of {before}' if was and before != asked else ''}.",
        *(f"A gap from now on: {gap}." for gap in gaps),
        *(f"No gap any more: {gap}." for gap in closed),
    ]


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    priority: Priority | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        items = await choices(session)
    return page(
        request,
        "priority",
        actor,
        status=422 if refusal else 200,
        partnership=partnership,
        priority=priority,
        items=items,
        sent=sent,
        address=_address(partnership, priority),
        back=_strategy(partnership.id),
        problems=forms.problems(refusal, "title"),
    )
