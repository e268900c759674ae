"""The days between which an item counts: said, changed and taken back by a partnership's lead after a look ahead."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.catalogue.changing import Writer, one_item
from training_tracker.catalogue.counting import (
    accept,
    take_window_back,
    window_of,
)
from training_tracker.catalogue.keeping import between
from training_tracker.catalogue.models import AcceptanceWindow
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.catalogue_deciding import Decision, as_sent, days_sent, decide
from training_tracker.web.catalogue_items import Code
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.looking import Look, difference
from training_tracker.web.rendering import page


class KeepingWindows(Controller):
    path = "/catalogue/{code:str}/windows"
    opt = {MAY: May.CATALOGUE}

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        code: Code,
    ) -> Template:
        return await _window_form(request, database, actor, code, None, {})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        return await _accept(request, database, actor, settings, today, code, None, data)

    @get("/{window_id:int}")
    async def its_days(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        code: Code,
        window_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            window = await window_of(session, await one_item(session, code), window_id)
        sent = as_sent((window.accepted_from, window.accepted_until)) | {"reason": window.reason}
        return await _window_form(request, database, actor, code, window, sent)

    @post("/{window_id:int}", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        window_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            window = await window_of(session, await one_item(session, code), window_id)
        return await _accept(request, database, actor, settings, today, code, window, data)

    @get("/{window_id:int}/withdrawal")
    async def before_taking_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        window_id: PathId,
    ) -> Template | Redirect:
        return await _window_back(request, database, actor, settings, today, code, window_id, {})

    @post("/{window_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        window_id: PathId,
    ) -> Template | Redirect:
        return await _window_back(request, database, actor, settings, today, code, window_id, {"confirmed": "yes"})


async def _accept(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    settings: Settings,
    today: date,
    code: str,
    window: AcceptanceWindow | None,
    sent: forms.Sent,
) -> Template | Redirect:
    if "again" in sent:
        return await _window_form(request, database, actor, code, window, sent)
    async with database.reading() as session:
        item = await one_item(session, code)
    instead_of = window.id if window else None

    async def do(session: AsyncSession, writer: Writer) -> None:
        await accept(session, await one_item(session, code), days, reason, writer, instead_of=instead_of)

    try:
        days, reason = days_sent(sent), forms.text(sent, "reason", longest=500)
        before = between(window.accepted_from, window.accepted_until).strip() if window else "always"
        look = Look(
            question="Keep these days?",
            about=item.title,
            does="Keep them",
            address=f"/catalogue/{code}/windows/{window.id if window else 'new'}",
            back=f"/catalogue/{code}",
            differences=[*difference("It counts", before, between(*days).strip()), *difference("Why", "", reason)],
            notes=["Whoever did it on a day outside keeps it in their record; it meets nothing any more."],
        )
        done = f"“{item.title}” counts{between(*days)}. It can be changed or taken back below."
        decision = Decision(do, look, done, today)
        return await decide(request, database, actor, settings, today, decision, sent)
    except Refused as refusal:
        return await _window_form(request, database, actor, code, window, sent, refusal)


async def _window_back(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    settings: Settings,
    today: date,
    code: str,
    window_id: int,
    sent: forms.Sent,
) -> Template | Redirect:
    async with database.reading() as session:
        item = await one_item(session, code)
        window = await window_of(session, item, window_id)

    async def do(session: AsyncSession, writer: Writer) -> None:
        await take_window_back(session, await one_item(session, code), window_id, writer)

    days = between(window.accepted_from, window.accepted_until)
    look = Look(
        question="Take these days back?",
        about=f"{item.title}: it counts{days}",
        does="Take them back",
        address=f"/catalogue/{code}/windows/{window_id}/withdrawal",
        back=f"/catalogue/{code}",
        notes=["Without any days it always counts. That these were said is kept."],
        can_change=False,
    )
    decision = Decision(do, look, f"Taken back: that it counts{days}.", today)
    return await decide(request, database, actor, settings, today, decision, sent)


async def _window_form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    code: str,
    window: AcceptanceWindow | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        item = await one_item(session, code)
    return page(
        request,
        "catalogue_window",
        actor,
        status=422 if refusal else 200,
        item=item,
        window=window,
        sent=sent,
        problems=forms.problems(refusal, "until"),
    )
