"""What an agency expects of its own people: its list, and publishing, changing and ending it after a look ahead."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.calendar import add_months, in_words
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.clarity import missing_for, published_for
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.own import (
    add_expectation,
    as_own,
    end_expectation,
    newest_rule,
    own_expectation,
    publish_version,
    take_back,
)
from training_tracker.expectations.publishing import Rule
from training_tracker.expectations.register import RegisterLine, register, registered
from training_tracker.expectations.tightening import AsksLess
from training_tracker.people.listing import AgencyLine, agencies_of
from training_tracker.standing.expected import expectations_asked
from training_tracker.standing.foreseeing import Foreseen, foresee
from training_tracker.standing.known import posts_of_agency
from training_tracker.standing.rehearsing import Relieved, Turning
from training_tracker.web import expectation_form as form
from training_tracker.web import forms
from training_tracker.web.agency import chosen_agency
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber
from training_tracker.web.rendering import page, query, say

PAGE_SIZE = 50
# So far ahead a look goes, from the day of the change.
MONTHS_AHEAD = 12
# So many days are told one by one; more of them by the month.
MOST_DAYS = 8
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


@dataclass(frozen=True, slots=True)
class Step:
    """A day, or a month where there are too many days to read, and the people of whom it is so from then on."""

    when: str
    people: int


def in_steps(lines: Sequence[Turning | Relieved]) -> list[Step]:
    named = (in_words(line.on) if len(lines) <= MOST_DAYS else f"{line.on:%B %Y}" for line in lines)
    people: dict[str, int] = {}
    for when, line in zip(named, lines, strict=True):
        people[when] = people.get(when, 0) + line.people
    return [Step(when, number) for when, number in people.items()]


@dataclass(frozen=True, slots=True)
class Look:
    """What would come of it: the expectation as it would stand, and the people whom it touches."""

    line: RegisterLine
    foreseen: Foreseen
    changes_on: date
    until: date

    @property
    def turning(self) -> list[Step]:
        return in_steps(self.foreseen.rehearsal.turning)

    @property
    def relieved(self) -> list[Step]:
        return in_steps(self.foreseen.rehearsal.relieved)


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

    @get("/{code:str}/end")
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

    @post("/{code:str}/end", status_code=303)
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
                look = await _look(database, decide, last + timedelta(days=1), today)
                return _preview(request, actor, look, data, f"/agency/expectations/{code}/end", ends=last)
            async with database.writing() as session:
                await decide(session)
        except Refused as refusal:
            return _ending(request, actor, line, data, refusal)
        say(request, f"“{line.title}” ends on {in_words(last)}.")
        return Redirect(f"/expectations/{code}", status_code=303)

    @get("/{code:str}/versions/{first:date}/withdrawal")
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
        return await _before_taking_back(request, database, actor, line, first, today)

    @post("/{code:str}/versions/{first:date}/withdrawal", status_code=303)
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


Decide = Callable[[AsyncSession], Awaitable[Expectation]]


async def _publish(
    request: Request[Any, Any, Any], database: Database, actor: Actor, case: Case, today: date, sent: forms.Sent
) -> Template | Redirect:
    """First shown with what would come of it; published when that is confirmed."""
    if "again" in sent:
        return _form(request, actor, case, sent)

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
            look = await _look(database, decide, rule.effective_from, today)
            return _preview(request, actor, look, sent, case.address)
        async with database.writing() as session:
            code = (await decide(session)).code
    except Refused as refusal:
        return _form(request, actor, case, sent, refusal)
    say(request, f"Published. It holds from {in_words(rule.effective_from)}.")
    return Redirect(f"/expectations/{code}", status_code=303)


async def _look(database: Database, decide: Decide, changes_on: date, today: date) -> Look:
    """Decide it, see what comes of it, and take it back."""
    until = add_months(changes_on, MONTHS_AHEAD)
    async with database.rehearsing() as session:
        expectation = await decide(session)
        assert expectation.agency_id is not None, "an agency's own"
        posts = posts_of_agency(expectation.agency_id)
        foreseen = await foresee(session, expectation.id, posts, changes_on=changes_on, on=today, until=until)
        line = await registered(session, changes_on, expectation.code, agencies=[expectation.agency_id])
    return Look(line, foreseen, changes_on, until)


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


def _preview(
    request: Request[Any, Any, Any], actor: Actor, look: Look, sent: forms.Sent, address: str, ends: date | None = None
) -> Template:
    carried = {name: value for name, value in sent.items() if name not in ("_csrf_token", "confirmed", "again")}
    return page(
        request, "expectation_look", actor, look=look, carried=carried, address=address, ends=ends, withdrawn=None
    )


async def _before_taking_back(
    request: Request[Any, Any, Any], database: Database, actor: Actor, line: RegisterLine, first: date, today: date
) -> Template:
    until = add_months(first, MONTHS_AHEAD)
    assert line.agency_id is not None, "an agency's own"
    try:
        async with database.rehearsing() as session:
            expectation = await own_expectation(session, actor.agencies, line.code)
            await take_back(session, expectation, first, today=today)
            posts = posts_of_agency(line.agency_id)
            foreseen = await foresee(session, expectation.id, posts, changes_on=first, on=today, until=until)
    except Refused as refusal:
        return _cannot(request, actor, line, first, refusal)
    look = Look(line, foreseen, first, until)
    address = f"/agency/expectations/{line.code}/versions/{first}/withdrawal"
    return page(request, "expectation_look", actor, look=look, carried={}, address=address, ends=None, withdrawn=first)


def _cannot(
    request: Request[Any, Any, Any], actor: Actor, line: RegisterLine, first: date, refusal: Refused
) -> Template:
    return page(request, "expectation_kept", actor, status=422, line=line, first=first, refusal=in_plain_words(refusal))


def in_plain_words(refusal: Refused | None) -> Refused | None:
    """An agency that asks less than its partnership is told so in the words of the form."""
    if not isinstance(refusal, AsksLess):
        return refusal
    lines, fields = [], []
    for common, less in refusal.less:
        words, field = LESS[less.field] if less.field in LESS else (less.field.replace("_", " "), "counts")
        own, other = (IN_FORM.get(said, said) for said in (less.own, less.other))
        if less.field == "method":
            own, other = (
                how.replace("completion of", "every").replace("continuous of", "every") for how in (own, other)
            )
        lines.append(f"{common}: {words} is {own} here and {other} there")
        fields.append(field)
    problem = f"The partnership asks more of some of the same people. {'. '.join(dict.fromkeys(lines))}"
    return Refused(problem, "Ask at least as much, or leave it out: then the partnership’s minimum holds.", fields[0])


IN_FORM = {"true": "yes", "false": "no"}
# A field of a rule in the words of the form, with the field of the form that mends it.
LESS = {
    "first_due_days": ("the number of days for the first time", "due"),
    "return_notice_days": ("the number of days after long leave", "due"),
    "grace_days": ("the number of days of grace", "often"),
    "amount": ("how much is asked for", "much"),
    "target_percent": ("the target", "target"),
    "people_in_setting": ("how many people in a setting need it", "much"),
    "setting": ("the setting", "much"),
    "least_strength": ("the evidence", "strength"),
    "participatory_percent": ("how many hours are to be participatory", "number"),
    "required": ("whether it is required", "required"),
    "current_version_only": ("whether each new version is to be acknowledged", "much"),
    "period_months": ("the number of months", "months"),
    "least_validity_months": ("how long it holds", "often"),
    "method": ("how often", "often"),
    "refreshers": ("how many refreshers count", "counts"),
    "refresher_months": ("how long a refresher counts", "counts"),
}
