"""A course or resource added, changed, taken out of use and put back, by a partnership's lead."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.catalogue.changing import (
    LONGEST,
    Said,
    Writer,
    add_item,
    in_turn,
    one_item,
    set_out_of_use,
)
from training_tracker.catalogue.finding import Choice, choices
from training_tracker.catalogue.keeping import ItemFacts
from training_tracker.catalogue.listing import item_details, priorities_of
from training_tracker.catalogue.models import Item, ItemKind, Mark, Priority
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.items_in_use import asking_for, take_out_of_use
from training_tracker.naming import visible
from training_tracker.people.listing import partnerships_of
from training_tracker.records.items import change_item, kind_stays
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.catalogue_deciding import Decision, decide, writer_of
from training_tracker.web.dependencies import MAY
from training_tracker.web.looking import Look, difference
from training_tracker.web.rendering import page, plural, say

Code = Annotated[str, PathParameter(max_length=40)]


@dataclass(frozen=True, slots=True)
class Options:
    """What a form offers: the priorities of the lead's partnerships, each partnership by its name where there are
    several; and what could come before.
    """

    priorities: list[Priority]
    partnerships: dict[int, str]
    items: list[Choice]
    kind_stays: bool


class KeepingItems(Controller):
    path = "/catalogue"
    opt = {MAY: May.CATALOGUE}

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
    ) -> Template:
        return await _form(request, database, actor, today, None, {"kind": ItemKind.COURSE.value})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        writer = await writer_of(database, actor)
        try:
            async with database.writing() as session:
                said = _read(data, await _options(session, actor, today, None), None)
                code = forms.text(data, "code").upper()
                item = await add_item(session, code, said, writer)
        except Refused as refusal:
            return await _form(request, database, actor, today, None, data, refusal)
        say(request, f"Added: “{item.title}”.")
        return Redirect(f"/catalogue/{item.code}", status_code=303)

    @get("/{code:str}/change")
    async def what_it_is(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Template:
        async with database.reading() as session:
            item = await one_item(session, code)
            sent = await _as_sent(session, item)
        return await _form(request, database, actor, today, item, sent)

    @post("/{code:str}/change", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        today: NamedDependency[date],
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            item = await one_item(session, code)
            found = await _options(session, actor, today, item)
        if "again" in data:
            return await _form(request, database, actor, today, item, data)
        many = 0

        async def do(session: AsyncSession, writer: Writer) -> None:
            nonlocal many
            many = await change_item(session, await one_item(session, code), said, writer)

        try:
            said = _read(data, found, item)
            if said.facts.participatory != item.participatory:
                return await decide(
                    request, database, actor, settings, today, _participatory(item, said, do, today), data
                )
            writer = await writer_of(database, actor)
            async with database.writing() as session:
                await do(session, writer)
        except Refused as refusal:
            return await _form(request, database, actor, today, item, data, refusal)
        say(
            request,
            f"Kept: {plural(many, 'change')}. Each stands below with what it was." if many else "Nothing changed.",
        )
        return Redirect(f"/catalogue/{code}", status_code=303)


class OutOfUse(Controller):
    path = "/catalogue/{code:str}"
    opt = {MAY: May.CATALOGUE}

    @get("/out-of-use")
    async def when(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Template:
        return await _leaving(request, database, actor, today, code, forms.as_sent("from", today))

    @post("/out-of-use", status_code=303)
    async def take_out(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        writer = await writer_of(database, actor)
        try:
            from_day = forms.day(data, "from", "The day")
            async with database.writing() as session:
                item = await one_item(session, code)
                await take_out_of_use(session, item, from_day, writer, today)
        except Refused as refusal:
            return await _leaving(request, database, actor, today, code, data, refusal)
        say(request, f"“{item.title}” is out of use from {in_words(from_day)}. It can be put back below.")
        return Redirect(f"/catalogue/{code}", status_code=303)

    @post("/use", status_code=303)
    async def put_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        code: Code,
    ) -> Redirect:
        writer = await writer_of(database, actor)
        async with database.writing() as session:
            await in_turn(session)
            item = await one_item(session, code)
            if item.out_of_use_from is not None:
                await set_out_of_use(session, item, None, writer)
        say(request, f"“{item.title}” is in use again.")
        return Redirect(f"/catalogue/{code}", status_code=303)


def _participatory(item: Item, said: Said, do: Any, today: date) -> Decision:
    words = {True: "Yes, live with others", False: "No"}
    look = Look(
        question="Change this?",
        about=item.title,
        does="Change it",
        address=f"/catalogue/{item.code}/change",
        back=f"/catalogue/{item.code}",
        differences=difference("Participatory", words[item.participatory], words[said.facts.participatory]),
        notes=["Whatever else you changed in the form is kept with it."],
    )
    return Decision(do, look, "Changed. Each change stands below with what it was.", today)


# --- the form ---


async def _options(session: AsyncSession, actor: Actor, today: date, item: Item | None) -> Options:
    ours = [one for one in await priorities_of(session) if one.partnership_id in actor.partnerships]
    held = {one.id for one in await choices(session, offered_on=today)}
    if item is not None:
        details = await item_details(session, item.code, agencies=())
        held |= {one.id for one in await choices(session) if one.code in dict(details.needs)}
    items = [one for one in await choices(session) if one.id in held and (item is None or one.id != item.id)]
    led = await partnerships_of(session, actor.partnerships)
    names = {one.id: one.name for one in led} if len(led) > 1 else {}
    return Options(ours, names, items, item is not None and await kind_stays(session, item))


async def _as_sent(session: AsyncSession, item: Item) -> forms.Sent:
    details = await item_details(session, item.code, agencies=())
    ticks = {
        "participatory": item.participatory,
        "comes-first": item.comes_first,
        "public": item.public,
        **{f"priority-{one.id}": True for one in details.priorities},
        **{f"needs-{code}": True for code, _title in details.needs},
    }
    return {
        **{name: getattr(item, name) for name in LONGEST},
        "kind": item.kind.value,
        "hours": f"{item.hours:g}" if item.hours else "",
        "names": "\n".join(details.aliases),
        **{name: "yes" for name, ticked in ticks.items() if ticked},
    }


def _read(sent: forms.Sent, found: Options, item: Item | None) -> Said:
    kind = sent.get("kind", "")
    if kind not in set(ItemKind):
        raise Refused("It is not said what it is", "Choose a course or a resource.", "kind")
    texts = {name: forms.text(sent, name, longest=longest) for name, longest in LONGEST.items()}
    if not texts["source"]:
        raise Refused("It is not said where it comes from", "Say who offers it, or which paper names it.", "source")
    mark = item.mark if item is not None and texts["source"] == item.source.strip() else Mark.SOURCED
    facts = ItemFacts(
        kind=ItemKind(kind),
        mark=mark,
        hours=forms.number(sent, "hours", "The length"),
        participatory="participatory" in sent,
        comes_first="comes-first" in sent,
        public="public" in sent,
        **texts,
    )
    if item is not None and visible(item.source) == texts["source"]:
        facts = replace(facts, source=item.source)
    return Said(
        facts,
        _names(sent),
        frozenset(one.id for one in found.priorities if f"priority-{one.id}" in sent),
        frozenset(one.id for one in found.items if f"needs-{one.code}" in sent),
    )


def _names(sent: forms.Sent) -> tuple[str, ...]:
    written = sent.get("names", "")
    if "\0" in written:
        raise Refused("This holds a character that nobody can see", "Type it again.", "names")
    return tuple(dict.fromkeys(name for line in written.splitlines() if (name := visible(line))))


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    item: Item | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        found = await _options(session, actor, today, item)
    return page(
        request,
        "catalogue_item",
        actor,
        status=422 if refusal else 200,
        item=item,
        found=found,
        sent=sent,
        problems=forms.problems(refusal, "title"),
    )


async def _leaving(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    code: str,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        item = await one_item(session, code)
        asking = await asking_for(session, item.id, today)
    return page(
        request,
        "catalogue_out_of_use",
        actor,
        status=422 if refusal else 200,
        item=item,
        asking=[one for one in asking if not one.own],
        own=sum(one.own for one in asking),
        sent=sent,
        problems=forms.problems(refusal, "from"),
    )
