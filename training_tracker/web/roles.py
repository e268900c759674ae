"""The roles and their groups, which all partnerships here share: kept by a partnership's lead."""

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
from training_tracker.people.listing import role_groups
from training_tracker.people.membership import sectors
from training_tracker.people.models import Role, RoleGroup
from training_tracker.people.roles import (
    RoleSaid,
    add_role,
    change_role,
    group_of,
    other_names_of,
    put_role_back,
    role_of,
    take_role_out,
)
from training_tracker.standing.expected import AskedOtherwise, asked_otherwise
from training_tracker.standing.known import posts_in_role
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.looking import Look, difference, show, typed
from training_tracker.web.rendering import page, say

LISTS = "/lists"
ROLES = "/lists/roles"


class Roles(Controller):
    path = ROLES
    opt = {MAY: May.LISTS}

    @get("/new")
    async def new(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Template:
        return await _form(request, database, actor, None, {})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        return await _decide(request, database, actor, None, today, data)

    @get("/{role_id:int}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        role_id: PathId,
    ) -> Template:
        return await _as_it_is(request, database, actor, role_id)

    @post("/{role_id:int}", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        role_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            role = await role_of(session, role_id)
        return await _decide(request, database, actor, role, today, data)

    @get("/{role_id:int}/withdrawal")
    async def before_taking_out(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        role_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            role = await role_of(session, role_id)
        look = Look(
            question="Take this role out of use?",
            about=role.name,
            does="Take it out of use",
            address=f"{ROLES}/{role_id}/withdrawal",
            back=f"{ROLES}/{role_id}",
            notes=["Nobody may hold it. No list offers it then, and no spreadsheet finds it. It can be put back."],
            can_change=False,
        )
        return show(request, actor, look)

    @post("/{role_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        role_id: PathId,
    ) -> Template | Redirect:
        try:
            async with database.writing() as session:
                role = await role_of(session, role_id)
                await take_role_out(session, role, today)
        except Refused as refusal:
            return await _as_it_is(request, database, actor, role_id, refusal)
        say(request, f"{role.name} is out of use. It can be put back below.")
        return Redirect(LISTS, status_code=303)

    @post("/{role_id:int}/return", status_code=303)
    async def put_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        role_id: PathId,
    ) -> Template | Redirect:
        try:
            async with database.writing() as session:
                role = await role_of(session, role_id)
                await put_role_back(session, role)
        except Refused as refusal:
            return await _as_it_is(request, database, actor, role_id, refusal)
        say(request, f"{role.name} is in use again.")
        return Redirect(LISTS, status_code=303)


async def _decide(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    role: Role | None,
    today: date,
    sent: forms.Sent,
) -> Template | Redirect:
    """First shown with what would come of it; kept when that is confirmed."""
    if "again" in sent:
        return await _form(request, database, actor, role, sent)

    async def decide(session: AsyncSession) -> None:
        if role is None:
            await add_role(session, forms.chosen_id(sent, "sector"), said)
        else:
            await change_role(session, await role_of(session, role.id), said)

    try:
        others = forms.lines(sent, "others", longest=forms.MOST_LINES)
        said = RoleSaid(forms.text(sent, "name"), forms.chosen_id(sent, "group"), others)
        if "confirmed" not in sent:
            return await _look(request, database, actor, role, today, said, decide, sent)
        async with database.writing() as session:
            await decide(session)
    except Refused as refusal:
        return await _form(request, database, actor, role, sent, refusal)
    say(request, f"Kept: {said.name}.")
    return Redirect(LISTS, status_code=303)


async def _look(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    role: Role | None,
    today: date,
    said: RoleSaid,
    decide: Callable[[AsyncSession], Awaitable[None]],
    sent: forms.Sent,
) -> Template:
    async with database.rehearsing() as session:
        await decide(session)
        asked = await asked_otherwise(session, posts_in_role(role.id), today) if role else AskedOtherwise([], [])
        group = (await group_of(session, said.role_group_id)).name
    async with database.reading() as session:
        was = (await group_of(session, role.role_group_id)).name if role else ""
        before = await other_names_of(session, role.id) if role else ()
        named = dict(await sectors(session))
    notes = []
    if role and role.name != said.name:
        notes += [f"“{role.name}” stays one of its names in spreadsheets."]
    if role and role.role_group_id != said.role_group_id and not asked.newly and not asked.no_longer:
        notes += ["What whoever holds it is asked today stays the same."]
    look = Look(
        question="Keep this?",
        about=role.name if role else "A new role",
        does="Keep it",
        address=f"{ROLES}/{role.id if role else 'new'}",
        back=LISTS,
        differences=[
            *difference("Name", role.name if role else "", said.name),
            *([] if role else difference("Sector", "", named.get(forms.chosen_id(sent, "sector"), ""))),
            *difference("Group", was, group),
            *difference("Other names", before, said.other_names),
        ],
        notes=notes,
        lists=[
            ("Whoever holds it is asked newly, of the partnership’s minimum", asked.newly),
            ("Whoever holds it is asked no longer", asked.no_longer),
        ],
        carried=typed(sent),
    )
    return show(request, actor, look)


async def _as_it_is(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    role_id: int,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        role = await role_of(session, role_id)
        others = await other_names_of(session, role_id)
    sent = {"name": role.name, "group": str(role.role_group_id), "others": "\n".join(others)}
    return await _form(request, database, actor, role, sent, refusal)


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    role: Role | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        groups: list[tuple[int, str]] = [(group.id, group.name) for group in await role_groups(session)]
        named = await sectors(session)
        if role and role.role_group_id not in dict(groups):
            own: RoleGroup = await group_of(session, role.role_group_id)
            groups.append((own.id, own.name))
    return page(
        request,
        "role",
        actor,
        status=422 if refusal else 200,
        role=role,
        sector=dict(named)[role.sector_id] if role else "",
        sectors=named,
        groups=groups,
        sent=sent,
        address=f"{ROLES}/{role.id if role else 'new'}",
        problems=forms.problems(refusal, "name"),
    )
