"""More time: a person asks for it on their own page, a manager gives, grants or refuses it on the person's."""

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
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Practitioner
from training_tracker.people.posts import posts_of
from training_tracker.standing.explained import ExplainedStanding
from training_tracker.standing.explanation import explain
from training_tracker.standing.extending import (
    ExtensionLine,
    State,
    ask_for_extension,
    extensions,
    give_extension,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from training_tracker.standing.known import among
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say

Code = Annotated[str, PathParameter(max_length=60)]


@dataclass(frozen=True, slots=True)
class Case:
    """What may be extended, of whom, over which posts; ``person`` is None for somebody's own."""

    person: Practitioner | None
    posts: set[int]
    standing: ExplainedStanding
    asked: ExtensionLine | None
    given: ExtensionLine | None

    @property
    def back(self) -> str:
        return f"/team/people/{self.person.id}" if self.person else "/me"


class MyExtensions(Controller):
    path = "/me/extensions/{code:str}"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Template:
        async with database.reading() as session:
            case = await _own_case(session, actor, code, today)
        return _page(request, actor, case, today, {})

    @post(status_code=303)
    async def ask(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            case = await _own_case(session, actor, code, today)
        return await _send(request, database, actor, case, today, data)

    @post("/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Redirect:
        async with database.writing() as session:
            case = await _own_case(session, actor, code, today)
            if case.asked is None:
                raise NotFound("extension to take back")
            await withdraw_extension(session, case.posts, case.standing.expectation_id, today=today)
        say(request, f"Taken back: you ask for no more time for “{case.standing.title}”.")
        return Redirect(case.back, status_code=303)


class ExtensionsOfOthers(Controller):
    path = "/team/people/{practitioner_id:int}/extensions/{code:str}"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        code: Code,
    ) -> Template:
        async with database.reading() as session:
            case = await _case_of(session, actor, practitioner_id, code, today)
        await look_at(database, actor, practitioner_id)
        return _page(request, actor, case, today, {})

    @post(status_code=303)
    async def give(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            case = await _case_of(session, actor, practitioner_id, code, today)
        return await _send(request, database, actor, case, today, data)

    @post("/answer", status_code=303)
    async def answer(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        granted = data.get("answer") == "grant"
        async with database.reading() as session:
            case = await _case_of(session, actor, practitioner_id, code, today)
        try:
            async with database.writing() as session:
                posts, expectation = case.posts, case.standing.expectation_id
                if granted:
                    await grant_extension(session, posts, expectation, by=actor.signature, today=today)
                else:
                    await refuse_extension(session, posts, expectation, by=actor.signature)
        except Refused as refusal:
            return _page(request, actor, case, today, {}, refusal)
        say(request, f"{'Granted' if granted else 'Refused'}: more time for “{case.standing.title}”.")
        return Redirect(case.back, status_code=303)

    @post("/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        code: Code,
    ) -> Redirect:
        async with database.writing() as session:
            case = await _case_of(session, actor, practitioner_id, code, today)
            await withdraw_extension(session, case.posts, case.standing.expectation_id, today=today)
        say(request, f"Taken back: more time for “{case.standing.title}”.")
        return Redirect(case.back, status_code=303)


async def _own_case(session: AsyncSession, actor: Actor, code: str, today: date) -> Case:
    posts = set(await posts_of(session, actor.practitioner_id))
    return await _case(session, None, actor.practitioner_id, posts, code, today)


async def _case_of(session: AsyncSession, actor: Actor, practitioner_id: int, code: str, today: date) -> Case:
    """Raises :class:`NotFound` for whoever the actor may not see, and for themselves: nobody gives themselves time."""
    person, posts = await another_person(session, actor, practitioner_id)
    return await _case(session, person, practitioner_id, posts, code, today)


async def _case(
    session: AsyncSession, person: Practitioner | None, practitioner_id: int, posts: set[int], code: str, today: date
) -> Case:
    lines = await explain(session, practitioner_id, today, today=today)
    standing = next((line for line in lines if line.code == code and line.post_id in posts and line.due_on), None)
    if standing is None:
        raise NotFound(f"expectation {code} that falls due")
    known = [
        line for line in await extensions(session, posts=among(posts)) if line.expectation_id == standing.expectation_id
    ]
    return Case(
        person=person,
        posts=posts,
        standing=standing,
        asked=next((line for line in known if line.state is State.ASKED), None),
        given=next((line for line in known if line.state is State.GRANTED and line.until >= today), None),
    )


async def _send(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    case: Case,
    today: date,
    sent: forms.Sent,
) -> Template | Redirect:
    """Ask for more time, or give it to somebody else, as the form says."""
    verb = give_extension if case.person else ask_for_extension
    posts, expectation = case.posts, case.standing.expectation_id
    try:
        until = forms.day(sent, "until", "The new last day")
        reason = forms.text(sent, "reason", longest=500)
        async with database.writing() as session:
            await verb(session, posts, expectation, until=until, reason=reason, by=actor.signature, today=today)
    except Refused as refusal:
        return _page(request, actor, case, today, sent, refusal)
    time = f"time until {in_words(until)}"
    given = f"Given: {time} for “{case.standing.title}”."
    say(request, given if case.person else f"Asked for: {time}. It counts once it is granted.")
    return Redirect(case.back, status_code=303)


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
        "extension",
        actor,
        status=422 if refusal else 200,
        case=case,
        sent=sent,
        today=today,
        problems=forms.problems(refusal, "until"),
    )
