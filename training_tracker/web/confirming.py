"""What my people say they have done, and confirming it, several at once."""

from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor, visible_posts
from training_tracker.access.permissions import May
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.standing.confirming import SEEN, confirm, waiting
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PageNumber
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
        say(request, f"{plural(many, 'completion')} confirmed: {seen.words}. Whoever it concerns is told by e-mail.")
        return Redirect("/team/waiting", status_code=303)


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
