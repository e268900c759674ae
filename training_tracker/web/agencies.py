"""A partnership's agencies: its lead adds one, says what it is called and of which sector, and lets it leave."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.membership import (
    Described,
    add_agency,
    agencies_in_partnership,
    agencies_that_left,
    agency_in,
    agency_of,
    describe_agency,
    description_of,
    join,
    leave,
    other_partnerships,
    sectors,
)
from training_tracker.people.models import Agency, Partnership
from training_tracker.standing.expected import AskedOtherwise, asked_otherwise
from training_tracker.standing.known import posts_of_agency
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber, PathId
from training_tracker.web.looking import Look, difference, show, typed
from training_tracker.web.partnership_view import led_partnership
from training_tracker.web.rendering import page, query, say

PAGE_SIZE = 50
AGENCIES = "/lists/agencies"


class Agencies(Controller):
    path = AGENCIES
    opt = {MAY: May.LISTS}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        partnership: ChosenId = 0,
        number: PageNumber = 1,
    ) -> Template:
        chosen, led = await led_partnership(database, actor, partnership)
        async with database.reading() as session:
            agencies = await agencies_in_partnership(session, chosen.id)
            left = await agencies_that_left(session, chosen.id)
        return page(
            request,
            "agencies",
            actor,
            partnership=chosen,
            partnerships=led,
            agencies=agencies[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            total=len(agencies),
            left=left,
            number=number,
            page_size=PAGE_SIZE,
        )

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        partnership: ChosenId = 0,
    ) -> Template:
        chosen, _led = await led_partnership(database, actor, partnership)
        return await _form(request, database, actor, chosen, None, {})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        partnership: ChosenId = 0,
    ) -> Template | Redirect:
        chosen, _led = await led_partnership(database, actor, partnership)
        return await _decide(request, database, actor, chosen, None, today, data)

    @get("/{agency_id:int}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        agency_id: PathId,
        partnership: ChosenId = 0,
    ) -> Template:
        chosen, agency = await _belongs(database, actor, partnership, agency_id)
        async with database.reading() as session:
            described = await description_of(session, agency)
        sent = {
            "name": described.name,
            "sector": str(described.sector_id),
            "others": "\n".join(described.other_names),
        }
        return await _form(request, database, actor, chosen, agency, sent)

    @post("/{agency_id:int}", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency_id: PathId,
        data: URLEncodedBody[dict[str, str]],
        partnership: ChosenId = 0,
    ) -> Template | Redirect:
        chosen, agency = await _belongs(database, actor, partnership, agency_id)
        return await _decide(request, database, actor, chosen, agency, today, data)

    @get("/{agency_id:int}/withdrawal")
    async def before_leaving(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency_id: PathId,
        partnership: ChosenId = 0,
    ) -> Template:
        chosen, agency = await _known(database, actor, partnership, agency_id)
        notes = ["Its records and past figures stay, and it can be put back. Its own expectations go on."]
        return await _before(
            request,
            database,
            actor,
            chosen,
            agency,
            today,
            leave,
            "Take it out of the partnership",
            "withdrawal",
            notes,
        )

    @post("/{agency_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        agency_id: PathId,
        partnership: ChosenId = 0,
    ) -> Redirect:
        chosen, agency = await _known(database, actor, partnership, agency_id)
        async with database.writing() as session:
            await leave(session, agency, chosen.id)
        say(request, f"{agency.name} belongs to {chosen.name} no longer. It can be put back below.")
        return Redirect(_list(chosen), status_code=303)

    @get("/{agency_id:int}/return")
    async def before_coming_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency_id: PathId,
        partnership: ChosenId = 0,
    ) -> Template:
        chosen, agency = await _known(database, actor, partnership, agency_id)
        does = "Put it back into the partnership"
        return await _before(request, database, actor, chosen, agency, today, join, does, "return", [])

    @post("/{agency_id:int}/return", status_code=303)
    async def come_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        agency_id: PathId,
        partnership: ChosenId = 0,
    ) -> Redirect:
        chosen, agency = await _known(database, actor, partnership, agency_id)
        async with database.writing() as session:
            await join(session, agency, chosen.id)
        say(request, f"{agency.name} belongs to {chosen.name} again.")
        return Redirect(_list(chosen), status_code=303)


def _list(partnership: Partnership) -> str:
    return AGENCIES + query(partnership=partnership.id)


async def _known(database: Database, actor: Actor, partnership_id: int, agency_id: int) -> tuple[Partnership, Agency]:
    """Raises :class:`NotFound` for an agency that never belonged to the partnership."""
    chosen, _led = await led_partnership(database, actor, partnership_id)
    async with database.reading() as session:
        return chosen, await agency_of(session, [chosen.id], agency_id)


async def _belongs(database: Database, actor: Actor, partnership_id: int, agency_id: int) -> tuple[Partnership, Agency]:
    """Raises :class:`NotFound` for one that left too: what it is called is its new partnership's to say."""
    chosen, _led = await led_partnership(database, actor, partnership_id)
    async with database.reading() as session:
        return chosen, await agency_in(session, chosen.id, agency_id)


async def _decide(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    agency: Agency | None,
    today: date,
    sent: forms.Sent,
) -> Template | Redirect:
    """First shown with what would come of it; kept when that is confirmed."""
    if "again" in sent:
        return await _form(request, database, actor, partnership, agency, sent)

    async def decide(session: AsyncSession) -> None:
        if agency is None:
            await add_agency(session, partnership.id, described)
        else:
            await describe_agency(session, await agency_in(session, partnership.id, agency.id), described)

    try:
        described = _read(sent)
        if "confirmed" not in sent:
            return await _look(request, database, actor, partnership, agency, today, described, decide, sent)
        async with database.writing() as session:
            await decide(session)
    except Refused as refusal:
        return await _form(request, database, actor, partnership, agency, sent, refusal)
    say(request, f"Kept: {described.name}.")
    return Redirect(_list(partnership), status_code=303)


def _read(sent: forms.Sent) -> Described:
    others = forms.lines(sent, "others", longest=forms.MOST_LINES)
    return Described(forms.text(sent, "name"), forms.chosen_id(sent, "sector"), others)


async def _look(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    agency: Agency | None,
    today: date,
    described: Described,
    decide: Callable[[AsyncSession], Awaitable[None]],
    sent: forms.Sent,
) -> Template:
    notes = []
    async with database.reading() as session:
        named = dict(await sectors(session))
        was = await description_of(session, agency) if agency else None
        others = await other_partnerships(session, agency.id, partnership.id) if agency else []
    async with database.rehearsing() as session:
        await decide(session)
        asked = await asked_otherwise(session, posts_of_agency(agency.id), today) if agency else AskedOtherwise([], [])
    if agency is None:
        notes += [
            "Its people come with a file of people that names it. Whoever runs this service names its first lead."
        ]
    elif was and was.sector_id != described.sector_id:
        notes += ["Roles are those of a sector: people whose role the new one has not keep theirs."]
    if was and was.name != described.name:
        notes += [f"“{was.name}” stays one of its names in spreadsheets. Figures of the past stand under the new name."]
    notes += [f"It belongs to {', '.join(others)} too, which sees the same."] if others else []
    look = Look(
        question="Keep this?",
        about=agency.name if agency else partnership.name,
        does="Keep it",
        address=_address(partnership, agency),
        back=_list(partnership),
        differences=[
            *difference("Name", was.name if was else "", described.name),
            *difference("Sector", named.get(was.sector_id, "") if was else "", named[described.sector_id]),
            *difference("Other names", was.other_names if was else "", described.other_names),
        ],
        notes=notes,
        lists=_lists(asked),
        carried=typed(sent),
    )
    return show(request, actor, look)


def _lists(asked: AskedOtherwise) -> list[tuple[str, list[str]]]:
    return [
        ("Its people are asked newly, of the partnership’s minimum", asked.newly),
        ("Its people are asked no longer", asked.no_longer),
    ]


async def _before(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    agency: Agency,
    today: date,
    decide: Callable[[AsyncSession, Agency, int], Awaitable[None]],
    does: str,
    address: str,
    notes: list[str],
) -> Template:
    async with database.rehearsing() as session:
        await decide(session, agency, partnership.id)
        asked = await asked_otherwise(session, posts_of_agency(agency.id), today)
    if not asked.newly and not asked.no_longer:
        notes = [*notes, "What its people are asked today stays the same."]
    look = Look(
        question=f"{does}?",
        about=f"{agency.name}; {partnership.name}",
        does=does,
        address=f"{AGENCIES}/{agency.id}/{address}{query(partnership=partnership.id)}",
        back=_list(partnership),
        notes=notes,
        lists=_lists(asked),
        can_change=False,
    )
    return show(request, actor, look)


def _address(partnership: Partnership, agency: Agency | None) -> str:
    return f"{AGENCIES}/{agency.id if agency else 'new'}{query(partnership=partnership.id)}"


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    partnership: Partnership,
    agency: Agency | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        named = await sectors(session)
    return page(
        request,
        "agency_form",
        actor,
        status=422 if refusal else 200,
        partnership=partnership,
        agency=agency,
        sectors=named,
        sent=sent,
        address=_address(partnership, agency),
        back=_list(partnership),
        problems=forms.problems(refusal, "name"),
    )
