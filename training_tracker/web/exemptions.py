"""Exemptions: whoever manages a person grants one on the person's page, and takes it back."""

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
from training_tracker.expectations.exempting import ExemptionLine, exemptions, grant_exemption, withdraw_exemption
from training_tracker.people.models import Practitioner
from training_tracker.standing.explained import ExplainedStanding
from training_tracker.standing.explanation import explain
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PathId
from training_tracker.web.rendering import page, say

Code = Annotated[str, PathParameter(max_length=60)]


@dataclass(frozen=True, slots=True)
class Case:
    """From what whom, over those of their posts of which it is expected; ``granted`` is what has not run out, once for
    posts that it is alike for.
    """

    person: Practitioner
    posts: list[int]
    standing: ExplainedStanding
    granted: list[ExemptionLine]

    @property
    def back(self) -> str:
        return f"/team/people/{self.person.id}"


class Exemptions(Controller):
    path = "/team/people/{practitioner_id:int}/exemptions/{code:str}"
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
            case = await _case(session, actor, practitioner_id, code, today)
        await look_at(database, actor, practitioner_id)
        return _page(request, actor, case, today, {})

    @post(status_code=303)
    async def grant(
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
            case = await _case(session, actor, practitioner_id, code, today)
        expectation = case.standing.expectation_id
        try:
            until = forms.day(data, "until", "The last day")
            reason = forms.text(data, "reason", longest=500)
            async with database.writing() as session:
                await grant_exemption(
                    session,
                    case.posts,
                    expectation,
                    starts_on=today,
                    until=until,
                    reason=reason,
                    by=actor.signature,
                    today=today,
                )
        except Refused as refusal:
            return _page(request, actor, case, today, data, refusal)
        say(request, f"Granted: {case.person.name} is exempt from “{case.standing.title}” until {in_words(until)}.")
        return Redirect(case.back, status_code=303)

    @get("/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        practitioner_id: PathId,
        code: Code,
    ) -> Template:
        async with database.reading() as session:
            case = await _case(session, actor, practitioner_id, code, today)
        if not case.granted:
            raise NotFound("exemption to take back")
        await look_at(database, actor, practitioner_id)
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back the exemption from “{case.standing.title}”?",
            consequence=f"{case.person.name} is exempt until {in_words(max(line.until for line in case.granted))}. "
            "If you take this back, it is due again as if there had been no exemption.",
            back=f"{case.back}/exemptions/{code}",
            back_to="Exemption",
        )

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
            case = await _case(session, actor, practitioner_id, code, today)
            await withdraw_exemption(session, case.posts, case.standing.expectation_id, today=today)
        say(request, f"Taken back: {case.person.name}’s exemption from “{case.standing.title}”.")
        return Redirect(case.back, status_code=303)


async def _case(session: AsyncSession, actor: Actor, practitioner_id: int, code: str, today: date) -> Case:
    """Raises :class:`NotFound` for whoever the actor may not see, for themselves, and for what is not expected."""
    person, posts = await another_person(session, actor, practitioner_id)
    lines = await explain(session, practitioner_id, today, today=today)
    expected = [line for line in lines if line.code == code and line.post_id in posts]
    if not expected:
        raise NotFound(f"expectation {code}")
    of_posts = [line.post_id for line in expected]
    known = await exemptions(session, of_posts, since=today)
    alike = {
        (line.team, line.starts_on, line.until, line.reason): line for line in known.lines if line.expectation == code
    }
    return Case(person, of_posts, expected[0], list(alike.values()))


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
        "exemption",
        actor,
        status=422 if refusal else 200,
        case=case,
        sent=sent,
        today=today,
        problems=forms.problems(refusal, "until"),
    )
