"""Ending what an agency expects, and taking a version back before it begins, each after a look ahead."""

from datetime import date, timedelta
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.own import end_expectation, own_expectation, take_back
from training_tracker.expectations.register import RegisterLine, registered
from training_tracker.web import forms
from training_tracker.web.asking_less import in_plain_words
from training_tracker.web.dependencies import MAY
from training_tracker.web.expectation_look import look_ahead, preview
from training_tracker.web.our_expectations import Code
from training_tracker.web.rendering import page, say


class EndingExpectations(Controller):
    path = "/agency/expectations/{code:str}"
    opt = {MAY: May.AGENCY}

    @get("/end")
    async def when_it_ends(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Template:
        async with database.reading() as session:
            line = await _own_line(session, actor, code, today)
        return _ending(request, actor, line, {})

    @post("/end", status_code=303)
    async def end(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        async with database.reading() as session:
            line = await _own_line(session, actor, code, today)
        if "again" in data:
            return _ending(request, actor, line, data)

        async def decide(session: AsyncSession) -> Expectation:
            expectation = await own_expectation(session, actor.agencies, code)
            approver = forms.text(data, "approver")
            await end_expectation(session, expectation, last, approved_by=approver, by=actor.signature, today=today)
            return expectation

        try:
            last = forms.day(data, "last", "The last day")
            if "confirmed" not in data:
                look = await look_ahead(database, decide, last + timedelta(days=1), today)
                return preview(request, actor, look, data, f"/agency/expectations/{code}/end", ends=last)
            async with database.writing() as session:
                await decide(session)
        except Refused as refusal:
            return _ending(request, actor, line, data, refusal)
        say(request, f"“{line.title}” ends on {in_words(last)}.")
        return Redirect(f"/expectations/{code}", status_code=303)

    @get("/versions/{first:date}/withdrawal")
    async def before_taking_back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
        first: FromPath[date],
    ) -> Template:
        async with database.reading() as session:
            line = await _own_line(session, actor, code, today)

        async def decide(session: AsyncSession) -> Expectation:
            expectation = await own_expectation(session, actor.agencies, code)
            await take_back(session, expectation, first, today=today)
            return expectation

        try:
            look = await look_ahead(database, decide, first, today, line)
        except Refused as refusal:
            return _cannot(request, actor, line, first, refusal)
        address = f"/agency/expectations/{code}/versions/{first}/withdrawal"
        return preview(request, actor, look, {}, address, withdrawn=first)

    @post("/versions/{first:date}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
        first: FromPath[date],
    ) -> Template | Redirect:
        async with database.reading() as session:
            line = await _own_line(session, actor, code, today)
        try:
            async with database.writing() as session:
                expectation = await own_expectation(session, actor.agencies, code)
                await take_back(session, expectation, first, today=today)
        except Refused as refusal:
            return _cannot(request, actor, line, first, refusal)
        say(request, f"Taken back: the version of “{line.title}” that was to begin on {in_words(first)}.")
        left = f"/expectations/{code}" if len(line.versions) > 1 else f"/agency/expectations?agency={line.agency_id}"
        return Redirect(left, status_code=303)


async def _own_line(session: AsyncSession, actor: Actor, code: str, today: date) -> RegisterLine:
    line = await registered(session, today, code, agencies=actor.agencies)
    if line.agency_id is None:
        raise NotFound(f"expectation {code} of an agency")
    return line


def _ending(
    request: Request[Any, Any, Any], actor: Actor, line: RegisterLine, sent: forms.Sent, refusal: Refused | None = None
) -> Template:
    return page(
        request,
        "expectation_end",
        actor,
        status=422 if refusal else 200,
        line=line,
        sent=sent,
        problems=forms.problems(refusal, "last"),
    )


def _cannot(
    request: Request[Any, Any, Any], actor: Actor, line: RegisterLine, first: date, refusal: Refused
) -> Template:
    return page(request, "expectation_kept", actor, status=422, line=line, first=first, refusal=in_plain_words(refusal))
