"""The groups of roles: added, called something else, for whom they are, out of use and back."""

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
from training_tracker.expectations.clarity import clarity_in
from training_tracker.people.models import Audience, RoleGroup
from training_tracker.people.roles import (
    GroupSaid,
    add_group,
    change_group,
    group_of,
    put_group_back,
    take_group_out,
)
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.looking import Look, difference, show, typed
from training_tracker.web.rendering import page, say

LISTS = "/lists"
GROUPS = "/lists/groups"


class RoleGroups(Controller):
    path = GROUPS
    opt = {MAY: May.LISTS}

    @get("/new")
    async def new(self, request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Template:
        return _form(request, actor, None, {})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            said = _read(data)
            async with database.writing() as session:
                await add_group(session, said)
        except Refused as refusal:
            return _form(request, actor, None, data, refusal)
        say(request, f"Kept: {said.name}.")
        return Redirect(LISTS, status_code=303)

    @get("/{group_id:int}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        group_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            group = await group_of(session, group_id)
        return _form(request, actor, group, {"name": group.name, "audience": group.audience})

    @post("/{group_id:int}", status_code=303)
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        group_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            group = await group_of(session, group_id)
        if "again" in data:
            return _form(request, actor, group, data)
        try:
            said = _read(data)
            if "confirmed" not in data and said.audience != group.audience:
                return await _look(request, database, actor, group, said, today, data)
            async with database.writing() as session:
                await change_group(session, await group_of(session, group_id), said)
        except Refused as refusal:
            return _form(request, actor, group, data, refusal)
        say(request, f"Kept: {said.name}.")
        return Redirect(LISTS, status_code=303)

    @post("/{group_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        group_id: PathId,
    ) -> Template | Redirect:
        async with database.reading() as session:
            group = await group_of(session, group_id)
        try:
            async with database.writing() as session:
                await take_group_out(session, await group_of(session, group_id))
        except Refused as refusal:
            return _form(request, actor, group, {"name": group.name, "audience": group.audience}, refusal)
        say(request, f"{group.name} is out of use. It can be put back below.")
        return Redirect(LISTS, status_code=303)

    @post("/{group_id:int}/return", status_code=303)
    async def put_back(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], group_id: PathId
    ) -> Redirect:
        async with database.writing() as session:
            group = await group_of(session, group_id)
            await put_group_back(session, group)
        say(request, f"{group.name} is in use again.")
        return Redirect(LISTS, status_code=303)


async def _look(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    group: RoleGroup,
    said: GroupSaid,
    today: date,
    sent: forms.Sent,
) -> Template:
    """What the register of what agencies expect says otherwise then: nobody's training changes."""
    name, audience = group.name, group.audience
    async with database.rehearsing() as session:
        before = await _missing(session, actor, today)
        await change_group(session, await group_of(session, group.id), said)
        await session.flush()
        after = await _missing(session, actor, today)
    look = Look(
        question="Keep this?",
        about=name,
        does="Keep it",
        address=f"{GROUPS}/{group.id}",
        back=LISTS,
        differences=[
            *difference("Name", name, said.name),
            *difference("Made up of", audience.capitalize(), said.audience.capitalize()),
        ],
        notes=["Nobody’s training changes. The register of what agencies expect goes by it."],
        lists=[
            ("In the register these lack something from now on", sorted(after - before)),
            ("In the register these lack it no longer", sorted(before - after)),
        ],
        carried=typed(sent),
    )
    return show(request, actor, look)


async def _missing(session: AsyncSession, actor: Actor, today: date) -> set[str]:
    """Which agency has published nothing for whom."""
    return {
        f"{one.agency}: {audience}"
        for partnership_id in actor.partnerships
        for one in await clarity_in(session, partnership_id, today)
        for audience in one.missing
    }


def _read(sent: forms.Sent) -> GroupSaid:
    audience = next((one for one in Audience if one.value == sent.get("audience")), None)
    if audience is None:
        raise Refused("It is not said whom the group is made up of", "Choose one.", "audience")
    return GroupSaid(forms.text(sent, "name"), audience)


def _form(
    request: Request[Any, Any, Any],
    actor: Actor,
    group: RoleGroup | None,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    return page(
        request,
        "role_group",
        actor,
        status=422 if refusal else 200,
        group=group,
        sent=sent,
        address=f"{GROUPS}/{group.id if group else 'new'}",
        problems=forms.problems(refusal, "name"),
    )
