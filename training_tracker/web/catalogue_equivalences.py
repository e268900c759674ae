"""What counts as what: said, ended and taken back by a partnership's lead after a look ahead."""

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
    change_days,
    count_as,
    equivalence_of,
    take_equivalence_back,
)
from training_tracker.catalogue.finding import choices, item_by_code
from training_tracker.catalogue.keeping import Days, between
from training_tracker.catalogue.listing import what_counts_as_what
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.settings import Settings
from training_tracker.uptake.charts import draw
from training_tracker.uptake.equivalence_chart import around, arrows
from training_tracker.web import forms
from training_tracker.web.catalogue_deciding import Decision, as_sent, days_sent, decide
from training_tracker.web.catalogue_items import Code
from training_tracker.web.dependencies import MAY
from training_tracker.web.looking import Look, difference
from training_tracker.web.rendering import page


class KeepingEquivalences(Controller):
    path = "/catalogue/{code:str}/counts-as"
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
        return await _pair_form(request, database, actor, code, None, {})

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
        if "again" in data:
            return await _pair_form(request, database, actor, code, None, data)
        try:
            async with database.reading() as session:
                item = await one_item(session, code)
                other = await _chosen(session, data)
            days = days_sent(data)

            async def do(session: AsyncSession, writer: Writer) -> None:
                await count_as(
                    session, await one_item(session, code), await one_item(session, other.code), days, writer
                )

            look = _pair_look(item, other, "Let it count?", "Let it count", f"/catalogue/{code}/counts-as/new", days)
            done = f"“{item.title}” counts as “{other.title}”{between(*days)}. It can be ended or taken back below."
            decision = Decision(do, look, done, today, pair=(item.title, other.title))
            return await decide(request, database, actor, settings, today, decision, data)
        except Refused as refusal:
            return await _pair_form(request, database, actor, code, None, data, refusal)

    @get("/{other_code:str}")
    async def its_days(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
        other_code: Code,
    ) -> Template:
        async with database.reading() as session:
            item, other = await one_item(session, code), await one_item(session, other_code)
            row = await equivalence_of(session, item, other)
        sent = as_sent((row.valid_from, row.valid_until))
        return await _pair_form(request, database, actor, code, other, sent)

    @post("/{other_code:str}", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        other_code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            item, other = await one_item(session, code), await one_item(session, other_code)
            row = await equivalence_of(session, item, other)
        if "again" in data:
            return await _pair_form(request, database, actor, code, other, data)

        async def do(session: AsyncSession, writer: Writer) -> None:
            await change_days(session, await one_item(session, code), await one_item(session, other_code), days, writer)

        try:
            days = days_sent(data)
            address = f"/catalogue/{code}/counts-as/{other_code}"
            before = row.valid_from, row.valid_until
            look = _pair_look(item, other, "Change its days?", "Change them", address, days, before)
            done = f"“{item.title}” counts as “{other.title}”{between(*days) or ', always'}."
            decision = Decision(do, look, done, today, pair=(item.title, other.title))
            return await decide(request, database, actor, settings, today, decision, data)
        except Refused as refusal:
            return await _pair_form(request, database, actor, code, other, data, refusal)

    @get("/{other_code:str}/withdrawal")
    async def before_taking_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        other_code: Code,
    ) -> Template | Redirect:
        return await _pair_back(request, database, actor, settings, today, code, other_code, {})

    @post("/{other_code:str}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        other_code: Code,
    ) -> Template | Redirect:
        return await _pair_back(request, database, actor, settings, today, code, other_code, {"confirmed": "yes"})


async def _pair_back(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    settings: Settings,
    today: date,
    code: str,
    other_code: str,
    sent: forms.Sent,
) -> Template | Redirect:
    async with database.reading() as session:
        item, other = await one_item(session, code), await one_item(session, other_code)
        await equivalence_of(session, item, other)

    async def do(session: AsyncSession, writer: Writer) -> None:
        await take_equivalence_back(session, await one_item(session, code), await one_item(session, other_code), writer)

    look = Look(
        question="Take this back?",
        about=f"“{item.title}” counts as “{other.title}”",
        does="Take it back",
        address=f"/catalogue/{code}/counts-as/{other_code}/withdrawal",
        back=f"/catalogue/{code}",
        notes=[
            "It counts as if it had never been said; that it was is kept. To end it from a day on, give its last day."
        ],
        can_change=False,
    )
    done = f"Taken back: “{item.title}” no longer counts as “{other.title}”. It can be said again below."
    decision = Decision(do, look, done, today, pair=(item.title, other.title))
    return await decide(request, database, actor, settings, today, decision, sent)


async def _chosen(session: AsyncSession, sent: forms.Sent) -> Item:
    code = forms.text(sent, "other")
    if not code:
        raise Refused("Nothing is chosen", "Choose what it counts as.", "other")
    try:
        await item_by_code(session, code)
    except Refused as refusal:
        raise Refused(refusal.problem, refusal.mend, "other") from None
    return await one_item(session, code)


def _pair_look(
    item: Item, other: Item, question: str, does: str, address: str, days: Days, before: Days | None = None
) -> Look:
    was = (between(*before).strip() or "always") if before else ""
    return Look(
        question=question,
        about=f"“{item.title}” counts as “{other.title}”",
        does=does,
        address=address,
        back=f"/catalogue/{item.code}",
        differences=difference("It does so", was, between(*days).strip() or "always"),
        notes=["One way only. What an agency has decided for itself stays."],
    )


async def _pair_form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    code: str,
    other: Item | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        item = await one_item(session, code)
        offered = [one for one in await choices(session) if one.code != code]
        near = around(await what_counts_as_what(session), [item.title])
    return page(
        request,
        "catalogue_counts_as",
        actor,
        status=422 if refusal else 200,
        item=item,
        other=other,
        choices=offered,
        drawn=await draw(arrows(near)) if near else None,
        sent=sent,
        problems=forms.problems(refusal, "until"),
    )
