"""What my people say they have done, and confirming it, several at once."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, another_person, visible_posts
from training_tracker.access.history import look_at
from training_tracker.access.permissions import May
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Practitioner
from training_tracker.standing.confirming import SEEN, Confirmed, confirm, confirmed, waiting, withdraw_confirmation
from training_tracker.standing.known import among
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PageNumber, PathId
from training_tracker.web.rendering import page, plural, say

PAGE_SIZE = 50


class Confirming(Controller):
    path = "/team/waiting"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        number: PageNumber = 1,
    ) -> Template:
        return await _page(request, database, actor, today, number=number)

    @post(status_code=303)
    async def confirm(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        """What is ticked and waits still, of people whom the actor sees."""
        ticked = [name.removeprefix("done-") for name in data if name.startswith("done-")]
        ids = {int(number) for number in ticked if number.isdecimal() and len(number) < forms.LONGEST_ID}
        try:
            if not ids:
                raise Refused("Nothing is ticked", "Tick what you have seen.", "done")
            seen = next((one for one in SEEN if one.words == data.get("seen")), Strength.SELF_DECLARED)
            async with database.writing() as session:
                found = await waiting(
                    session, today, visible_posts(actor), but=actor.practitioner_id, only=ids, page_size=len(ids)
                )
                many = await confirm(session, found.lines, seen, by=actor.signature, today=today)
        except Refused as refusal:
            return await _page(request, database, actor, today, data, refusal)
        slip = "A slip can be taken back on the person's page."
        told = "Whoever it concerns is told by e-mail."
        say(request, f"{plural(many, 'completion')} confirmed: {seen.words}. {told} {slip}")
        return Redirect("/team/waiting", status_code=303)


class Confirmations(Controller):
    """What was confirmed of somebody, to be taken back where that was a slip."""

    path = "/team/people/{practitioner_id:int}/confirmations/{completion_id:int}/withdrawal"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        completion_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            person, one = await _confirmed(session, actor, practitioner_id, completion_id, today)
        await look_at(database, actor, person.id)
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back that you have seen “{one.title}”?",
            consequence=f"{person.name} said that they completed it{', ' if one.days.last else ' on '}{one.days}, and "
            f"it was confirmed: {one.strength.words}. If you take that back, it is their own word again, and counts "
            "only where that is enough. It waits to be confirmed as before.",
            back=f"/team/people/{person.id}",
            back_to=person.name,
        )

    @post(status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        completion_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            person, one = await _confirmed(session, actor, practitioner_id, completion_id, today)
            await withdraw_confirmation(session, one.completion_id, by=actor.signature, today=today)
        say(request, f"Taken back: “{one.title}”, {one.days}, is {person.name}’s own word again.")
        return Redirect(f"/team/people/{person.id}", status_code=303)


async def _confirmed(
    session: AsyncSession, actor: Actor, practitioner_id: int, completion_id: int, today: date
) -> tuple[Practitioner, Confirmed]:
    """Raises :class:`NotFound` for what is not confirmed, or of nobody whom the actor may see but themselves."""
    person, posts = await another_person(session, actor, practitioner_id)
    found = await confirmed(session, person.id, today, among(posts))
    one = next((each for each in found if each.completion_id == completion_id), None)
    if one is None:
        raise NotFound(f"confirmed completion {completion_id}")
    return person, one


async def _page(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    sent: forms.Sent | None = None,
    refusal: Refused | None = None,
    *,
    number: int = 1,
) -> Template:
    async with database.reading() as session:
        found = await waiting(
            session, today, visible_posts(actor), but=actor.practitioner_id, page=number, page_size=PAGE_SIZE
        )
    return page(
        request,
        "waiting",
        actor,
        status=422 if refusal else 200,
        waiting=found,
        seen=SEEN,
        sent=sent or {},
        problems=forms.problems(refusal, "done"),
        number=number,
        page_size=PAGE_SIZE,
    )
