"""What an agency expects of its own people: its list, and publishing, changing and ending it after a look ahead."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.clarity import missing_for, published_for
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.own import (
    add_expectation,
    as_own,
    newest_rule,
    own_expectation,
    publish_version,
)
from training_tracker.expectations.publishing import Rule
from training_tracker.expectations.register import RegisterLine, register, registered
from training_tracker.people.listing import AgencyLine, agencies_of
from training_tracker.standing.expected import expectations_asked
from training_tracker.standing.known import posts_of_agency
from training_tracker.web import expectation_form as form
from training_tracker.web import forms
from training_tracker.web.agency import chosen_agency
from training_tracker.web.asking_less import in_plain_words
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.expectation_look import look_ahead, preview
from training_tracker.web.rendering import good_for_back, page, query, say

PAGE_SIZE = 50
Code = Annotated[str, PathParameter(max_length=60)]
# The code of the partnership's expectation that is to be tightened; whom a warning was about.
Chosen = Annotated[str, QueryParameter(max_length=60)]


@dataclass(frozen=True, slots=True)
class Case:
    """What is being decided: something new of an agency, or another version of ``expectation``.

    ``before`` is the rule that the form began with, where there is one: that of the version before, or that of the
    partnership's expectation which is to be ``tightened``.
    """

    agency: AgencyLine
    expectation: Expectation | None
    tightened: RegisterLine | None
    before: Rule | None
    found: form.Options

    @property
    def address(self) -> str:
        if self.expectation is not None:
            return f"/agency/expectations/{self.expectation.code}/version"
        return "/agency/expectations/new" + query(
            agency=self.agency.id, tighten=self.tightened.code if self.tightened else ""
        )


class OurExpectations(Controller):
    path = "/agency/expectations"
    opt = {MAY: May.AGENCY}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            agencies = await agencies_of(session, actor.agencies)
            chosen = chosen_agency(agencies, agency)
            lines = await register(session, today, agencies=[chosen.id])
            published = await published_for(session, today)
            missing = await missing_for(session, published.get(chosen.id, frozenset()))
            asked = await expectations_asked(session, posts_of_agency(chosen.id), today)
        own = [line for line in lines if line.agency_id == chosen.id]
        return page(
            request,
            "our_expectations",
            actor,
            agency=chosen,
            agencies=agencies,
            own=own[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            own_total=len(own),
            common=[line for line in lines if line.agency_id is None and line.id in asked],
            missing=missing,
            number=number,
            page_size=PAGE_SIZE,
            today=today,
        )

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
        tighten: Chosen = "",
        audience: Chosen = "",
    ) -> Template:
        async with database.reading() as session:
            case = await _new_case(session, actor, agency, tighten, today)
        if case.tightened and case.before:
            title = f"{case.tightened.title[:140]}, {case.agency.name[:50]}"
            sent = form.as_sent(case.before, case.found, title) | {"why": "", "source": ""}
        else:
            sent = form.blank(case.found, audience)
        return _form(request, actor, case, sent | forms.as_sent("from", today))

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        agency: ChosenId = 0,
        tighten: Chosen = "",
    ) -> Template | Redirect:
        async with database.reading() as session:
            case = await _new_case(session, actor, agency, tighten, today)
        return await _publish(request, database, actor, case, today, data)

    @get("/{code:str}/version")
    async def another_version(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        code: Code,
    ) -> Template:
        async with database.reading() as session:
            case = await _own_case(session, actor, code, today)
        assert case.expectation is not None
        assert case.before is not None
        sent = form.as_sent(case.before, case.found, case.expectation.title)
        return _form(request, actor, case, sent | forms.as_sent("from", max(today, case.before.effective_from)))

    @post("/{code:str}/version", status_code=303)
    async def publish(
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
        return await _publish(request, database, actor, case, today, data)


async def _new_case(session: AsyncSession, actor: Actor, agency_id: int, tighten: str, today: date) -> Case:
    agency = chosen_agency(await agencies_of(session, actor.agencies), agency_id)
    if not tighten:
        return Case(agency, None, None, None, await form.options(session, agency, today, None))
    common = await registered(session, today, tighten, agencies=[])
    rule = await as_own(session, await newest_rule(session, common.id), agency.id)
    return Case(agency, None, common, rule, await form.options(session, agency, today, rule))


async def _own_case(session: AsyncSession, actor: Actor, code: str, today: date) -> Case:
    expectation = await own_expectation(session, actor.agencies, code)
    agency = chosen_agency(await agencies_of(session, actor.agencies), expectation.agency_id or 0)
    before = await newest_rule(session, expectation.id)
    return Case(agency, expectation, None, before, await form.options(session, agency, today, before))


async def _publish(
    request: Request[Any, Any, Any], database: Database, actor: Actor, case: Case, today: date, sent: forms.Sent
) -> Template | Redirect:
    """First shown with what would come of it; published when that is confirmed."""
    if "again" in sent:
        return good_for_back(_form(request, actor, case, sent))

    async def decide(session: AsyncSession) -> Expectation:
        if case.expectation is None:
            title = forms.text(sent, "title")
            return await add_expectation(session, case.agency.id, title, rule, by=actor.signature, today=today)
        expectation = await own_expectation(session, actor.agencies, case.expectation.code)
        await publish_version(session, expectation, rule, by=actor.signature, today=today)
        return expectation

    try:
        rule = form.read(sent, case.found, case.before)
        if "confirmed" not in sent:
            look = await look_ahead(database, decide, rule.effective_from, today)
            return preview(request, actor, look, sent, case.address)
        async with database.writing() as session:
            code = (await decide(session)).code
    except Refused as refusal:
        return _form(request, actor, case, sent, refusal)
    say(request, f"Published. It holds from {in_words(rule.effective_from)}.")
    return Redirect(f"/expectations/{code}", status_code=303)


# --- what is shown ---


def _form(
    request: Request[Any, Any, Any], actor: Actor, case: Case, sent: forms.Sent, refusal: Refused | None = None
) -> Template:
    return page(
        request,
        "expectation_form",
        actor,
        status=422 if refusal else 200,
        case=case,
        years=form.YEARS,
        as_now=form.AS_NOW,
        sent=sent,
        problems=forms.problems(in_plain_words(refusal), "from"),
    )
