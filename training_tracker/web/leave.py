"""Long leave: whoever manages a person records it on the person's page, gives it another last day, takes it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, another_person
from training_tracker.access.history import look_at
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.leave import (
    LeaveLine,
    end_leave,
    leave_begun_on,
    leave_in_words,
    record_leave,
    withdraw_leave,
)
from training_tracker.people.listing import HeldPost, held_posts
from training_tracker.people.models import Absence, Practitioner
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say

FirstDay = Annotated[date, PathParameter()]


@dataclass(frozen=True, slots=True)
class Away:
    """Leave of one person from one or several posts, in the same days and recorded by the same."""

    line: LeaveLine
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Whose leave, from which of their posts; ``known`` is what begins on the day of the address, if it names one."""

    person: Practitioner
    posts: list[HeldPost]
    known: list[Absence]

    @property
    def back(self) -> str:
        return f"/team/people/{self.person.id}"

    def chosen(self, sent: forms.Sent) -> list[int]:
        """The posts that are ticked; somebody's only post needs no tick."""
        if len(self.posts) == 1:
            return [self.posts[0].id]
        chosen = [held.id for held in self.posts if f"post-{held.id}" in sent]
        if not chosen:
            raise Refused("No post is chosen", "Choose at least one.", "posts")
        return chosen


class LeaveOfOthers(Controller):
    path = "/team/people/{practitioner_id:int}/leave"
    opt = {MAY: May.PEOPLE}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            case = await _case(session, actor, practitioner_id, today)
        await look_at(database, actor, practitioner_id)
        return _page(request, actor, case, today, {f"post-{held.id}": "on" for held in case.posts})

    @post(status_code=303)
    async def record(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            case = await _case(session, actor, practitioner_id, today)
        try:
            first = forms.day(data, "first", "The first day")
            last = forms.day(data, "last", "The last day") if forms.is_given(data, "last") else None
            async with database.writing() as session:
                await record_leave(session, case.chosen(data), first, last, by=actor.signature)
        except Refused as refusal:
            return _page(request, actor, case, today, data, refusal)
        say(request, f"Recorded: {case.person.name} is on long leave {leave_in_words(first, last)}.")
        return Redirect(case.back, status_code=303)

    @get("/{first:date}")
    async def change(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        first: FirstDay,
    ) -> Template:
        async with database.reading() as session:
            case = await _case(session, actor, practitioner_id, today, first)
        await look_at(database, actor, practitioner_id)
        last = case.known[0].ends_on
        ticked = {f"post-{held.id}": "on" for held in case.posts}
        return _page(request, actor, case, today, ticked | (forms.as_sent("last", last) if last else {}))

    @post("/{first:date}", status_code=303)
    async def end(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        first: FirstDay,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            case = await _case(session, actor, practitioner_id, today, first)
        try:
            last = forms.day(data, "last", "The last day")
            async with database.writing() as session:
                leave = await leave_begun_on(session, case.chosen(data), first)
                await end_leave(session, leave, last, by=actor.signature)
        except Refused as refusal:
            return _page(request, actor, case, today, data, refusal)
        say(request, f"Changed: {case.person.name} is on long leave {leave_in_words(first, last)}.")
        return Redirect(case.back, status_code=303)

    @get("/{first:date}/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        first: FirstDay,
    ) -> Template:
        async with database.reading() as session:
            case = await _case(session, actor, practitioner_id, today, first)
        await look_at(database, actor, practitioner_id)
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back {case.person.name}’s leave?",
            consequence=f"It is recorded {leave_in_words(first, case.known[0].ends_on)}. If you take this back, "
            "everything is due again as if there had been no leave. If it has only ended early, change its last day "
            "instead.",
            back=f"{case.back}/leave/{first}",
            back_to="Long leave",
        )

    @post("/{first:date}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        first: FirstDay,
    ) -> Redirect:
        async with database.writing() as session:
            case = await _case(session, actor, practitioner_id, today, first)
            withdraw_leave(session, case.known)
        say(request, f"Taken back: {case.person.name}’s leave {leave_in_words(first, case.known[0].ends_on)}.")
        return Redirect(case.back, status_code=303)


def away(lines: Iterable[LeaveLine]) -> list[Away]:
    """Leave from several posts in the same days is told once, with the teams of all of them."""
    together: dict[tuple[date, date | None, str], list[LeaveLine]] = {}
    for line in lines:
        together.setdefault((line.starts_on, line.ends_on, line.recorded_by), []).append(line)
    return [Away(some[0], tuple(dict.fromkeys(line.team for line in some))) for some in together.values()]


async def _case(
    session: AsyncSession, actor: Actor, practitioner_id: int, today: date, first: date | None = None
) -> Case:
    """Raises :class:`NotFound` for whoever the actor may not see, for themselves, and for leave that there is not."""
    person, posts = await another_person(session, actor, practitioner_id)
    known = await leave_begun_on(session, posts, first) if first else []
    held = await held_posts(session, [one.post_id for one in known] if first else posts, since=first or today)
    return Case(person, held, known)


def _page(
    request: Request[Any, Any, Any],
    actor: Actor,
    case: Case,
    today: date,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    """The form with what was typed; a refusal stands at its top and by its field."""
    return page(
        request,
        "leave",
        actor,
        status=422 if refusal else 200,
        case=case,
        sent=sent,
        today=today,
        problems=forms.problems(refusal, "first"),
    )
