"""Editions of a course or resource: published after a look ahead, and taken back, by a partnership's lead."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.catalogue.changing import Writer, one_item
from training_tracker.catalogue.editions import editions_of, publish_edition, take_edition_back
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.catalogue_deciding import Decision, decide
from training_tracker.web.catalogue_items import Code
from training_tracker.web.dependencies import MAY
from training_tracker.web.looking import Difference, Look
from training_tracker.web.rendering import page

ASKED_AGAIN = "Asked to acknowledge it again"


class KeepingEditions(Controller):
    path = "/catalogue/{code:str}/editions"
    opt = {MAY: May.CATALOGUE}

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Template:
        return await _form(request, database, actor, code, forms.as_sent("from", today))

    @post("/new", status_code=303)
    async def publish(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        if "again" in data:
            return await _form(request, database, actor, code, data)
        async with database.reading() as session:
            item = await one_item(session, code)

        async def do(session: AsyncSession, writer: Writer) -> None:
            await publish_edition(session, await one_item(session, code), label, current_from, writer, today)

        try:
            label = forms.text(data, "label")
            current_from = forms.day(data, "from", "The day")
            decision = Decision(
                do,
                Look(
                    question="Publish this edition?",
                    about=item.title,
                    does="Publish it",
                    address=f"/catalogue/{code}/editions/new",
                    back=f"/catalogue/{code}",
                    differences=[
                        Difference("Edition", "", label),
                        Difference("Current from", "", in_words(current_from)),
                    ],
                    notes=["Where an expectation asks for the current edition, each new one opens it again."],
                ),
                f"Published: edition “{label}”, current from {in_words(current_from)}. It can be taken back below.",
                max(today, current_from),
                ASKED_AGAIN,
            )
            return await decide(request, database, actor, settings, today, decision, data)
        except Refused as refusal:
            return await _form(request, database, actor, code, data, refusal)

    @get("/{first:date}/withdrawal")
    async def before_taking_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        first: FromPath[date],
    ) -> Template | Redirect:
        return await _take_back(request, database, actor, settings, today, code, first, {})

    @post("/{first:date}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        first: FromPath[date],
    ) -> Template | Redirect:
        return await _take_back(request, database, actor, settings, today, code, first, {"confirmed": "yes"})


async def _take_back(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    settings: Settings,
    today: date,
    code: str,
    first: date,
    sent: forms.Sent,
) -> Template | Redirect:
    async with database.reading() as session:
        item = await one_item(session, code)
        edition = next((one for one in await editions_of(session, item.id) if one.current_from == first), None)
    if edition is None:
        raise NotFound(f"edition of {code} from {first}")

    async def do(session: AsyncSession, writer: Writer) -> None:
        await take_edition_back(session, await one_item(session, code), first, writer, today)

    look = Look(
        question=f"Take the edition “{edition.label}” back?",
        about=item.title,
        does="Take it back",
        address=f"/catalogue/{code}/editions/{first}/withdrawal",
        back=f"/catalogue/{code}",
        notes=[
            f"It is current from {in_words(first)}. The edition before it goes on; that this one was published is kept."
        ],
        can_change=False,
    )
    decision = Decision(do, look, f"Taken back: edition “{edition.label}”.", max(today, first))
    try:
        return await decide(request, database, actor, settings, today, decision, sent)
    except Refused as refusal:
        return page(request, "catalogue_stays", actor, status=422, item=item, refusal=refusal)


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    code: str,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        item: Item = await one_item(session, code)
        editions = await editions_of(session, item.id)
    return page(
        request,
        "catalogue_edition",
        actor,
        status=422 if refusal else 200,
        item=item,
        editions=editions,
        sent=sent,
        problems=forms.problems(refusal, "label"),
    )
