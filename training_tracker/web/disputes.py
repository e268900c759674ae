"""What is not right in somebody's record: they say so on a page of their own, a manager or a lead decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, visible_teams
from training_tracker.access.deciding import agencies_to_ask, decides_as
from training_tracker.access.history import look_at
from training_tracker.access.permissions import May
from training_tracker.calendar import Days
from training_tracker.catalogue.finding import choices, item_by_code
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.listing import AgencyLine
from training_tracker.records.disputes import (
    DisputeLine,
    dispute_in_sight,
    disputes_of,
    disputes_to_decide,
    newest_of_fact,
)
from training_tracker.records.disputing import correct, decide_again, dispute, uphold, void_disputed, withdraw_dispute
from training_tracker.records.models import Completion, Verdict, Wrong
from training_tracker.records.reading import RecordLine, line_of
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PageNumber, PathId
from training_tracker.web.rendering import page, say

PAGE_SIZE = 50
LONGEST = 500
DECISIONS = {
    Verdict.UPHELD: "It stands as it is recorded",
    Verdict.VOIDED: "It does not stand: take it out of the count",
    Verdict.CORRECTED: "It was another day or another course: correct it",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One's own completion, as the record has it last, with what was said of its fact, and who may be asked."""

    completion: Completion
    line: RecordLine
    said: DisputeLine | None
    agencies: Sequence[AgencyLine]

    @property
    def may_say(self) -> bool:
        return self.line.void_reason is None and not self.line.own and not (self.said and self.said.open)


class MyDisputes(Controller):
    """Which of the person's agencies recorded something is told by where whoever did works, or by a system's token."""

    path = "/me/completions/{completion_id:int}/dispute"
    opt = {MAY: May.OWN_RECORD}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template:
        async with unconfined.reading() as session:
            case = await _own_case(session, actor, completion_id)
        return _own_page(request, actor, case, {})

    @post(status_code=303)
    async def say(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        # As the form saw it: whoever was offered one agency is not asked for another.
        async with unconfined.reading() as session:
            case = await _own_case(session, actor, completion_id)
        try:
            if case.line.own or case.line.void_reason is not None:
                raise Refused("Of this nothing is to be decided", "Read what the page says of it.", "wrong")
            wrong = next((each for each in Wrong if each.value == data.get("wrong")), None)
            if wrong is None:
                raise Refused("Nothing is chosen", "Choose what is wrong.", "wrong")
            words = forms.text(data, "words", longest=LONGEST)
            asked = _agency_asked(case, data)
        except Refused as refusal:
            return _own_page(request, actor, case, data, refusal)
        async with unconfined.writing() as session:
            new = await dispute(session, case.completion.fact, asked.id, wrong, words)
        what = f"“{case.line.title}”, {Days(case.line.completed_on, case.line.completed_by)}"
        again = f"You have said of {what} that it is not right: that waits to be decided."
        say(request, f"Disputed: {what}. It counts as recorded until it is decided." if new else again)
        return Redirect("/me/record", status_code=303)

    @post("/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template | Redirect:
        try:
            async with unconfined.writing() as session:
                case = await _own_case(session, actor, completion_id)
                await withdraw_dispute(session, case.completion.fact)
        except Refused as refusal:
            async with unconfined.reading() as session:
                case = await _own_case(session, actor, completion_id)
            return _own_page(request, actor, case, {}, refusal)
        say(request, f"Taken back: “{case.line.title}” is not disputed any more.")
        return Redirect("/me/record", status_code=303)


async def _own_case(session: AsyncSession, actor: Actor, completion_id: int) -> Case:
    completion = await newest_of_fact(session, actor.practitioner_id, completion_id)
    line = await line_of(session, completion, actor.signature)
    agencies = await agencies_to_ask(session, completion, actor.on)
    said = await disputes_of(session, actor.practitioner_id)
    return Case(completion, line, next((one for one in said if one.fact == completion.fact), None), agencies)


def _agency_asked(case: Case, sent: forms.Sent) -> AgencyLine:
    if len(case.agencies) == 1:
        return case.agencies[0]
    asked = next((each for each in case.agencies if str(each.id) == sent.get("agency")), None)
    if asked is None:
        raise Refused("No agency is chosen", "Choose who is to look at it.", "agency")
    return asked


def _own_page(
    request: Request[Any, Any, Any], actor: Actor, case: Case, sent: forms.Sent, refusal: Refused | None = None
) -> Template:
    """The form with what was typed, or what was said and decided."""
    return page(
        request,
        "dispute",
        actor,
        status=422 if refusal else 200,
        case=case,
        wrongs=list(Wrong),
        longest=LONGEST,
        sent=sent,
        problems=forms.problems(refusal, "wrong"),
    )


class Disputed(Controller):
    path = "/team/disputed"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            found = await disputes_to_decide(
                session, visible_teams(actor), but=actor.practitioner_id, page=number, page_size=PAGE_SIZE
            )
        return page(request, "disputed", actor, disputed=found, number=number, page_size=PAGE_SIZE)

    @get("/{dispute_id:int}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        dispute_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            line = await _in_sight(session, actor, dispute_id)
        await look_at(database, actor, line.practitioner_id)
        return await _deciding_page(request, database, actor, today, line, {})

    @post("/{dispute_id:int}", status_code=303)
    async def decide(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        dispute_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            async with database.writing() as session:
                line = await _in_sight(session, actor, dispute_id)
                role = await decides_as(session, actor, line.practitioner_id, line.agency_id)
                verdict = await _decide(session, actor, line, role, today, data)
        except Refused as refusal:
            return await _refused(request, database, actor, today, dispute_id, data, refusal)
        say(request, f"Decided about “{line.title}” of {line.name}: {verdict}. They read it in their record.")
        return Redirect("/team/disputed", status_code=303)

    @get("/{dispute_id:int}/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        dispute_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            line = await _in_sight(session, actor, dispute_id)
        if line.verdict not in (Verdict.UPHELD, Verdict.VOIDED):
            raise NotFound(f"decision about dispute {dispute_id} to take back")
        await look_at(database, actor, line.practitioner_id)
        voided = (
            "The record keeps that it was voided, and has it once more, recorded by you, from today on. "
            if line.verdict is Verdict.VOIDED
            else ""
        )
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back the decision about “{line.title}”?",
            consequence=f"{voided}It waits to be decided again, and {line.name} reads that it does.",
            back=f"/team/disputed/{dispute_id}",
            back_to="Disputed record",
        )

    @post("/{dispute_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        dispute_id: PathId,
    ) -> Template | Redirect:
        try:
            async with database.writing() as session:
                line = await _in_sight(session, actor, dispute_id)
                await decide_again(session, dispute_id, by=actor.signature, today=today)
        except Refused as refusal:
            return await _refused(request, database, actor, today, dispute_id, {}, refusal)
        say(request, f"Taken back: “{line.title}” of {line.name} waits to be decided again.")
        return Redirect(f"/team/disputed/{dispute_id}", status_code=303)


async def _in_sight(session: AsyncSession, actor: Actor, dispute_id: int) -> DisputeLine:
    return await dispute_in_sight(session, visible_teams(actor), dispute_id, but=actor.practitioner_id)


async def _decide(
    session: AsyncSession, actor: Actor, line: DisputeLine, role: str, today: date, sent: forms.Sent
) -> Verdict:
    verdict = next((each for each in Verdict if each.value == sent.get("verdict")), None)
    if verdict is None:
        raise Refused("Nothing is chosen", "Choose what you decide.", "verdict")
    reason, by = forms.text(sent, "reason", longest=LONGEST), actor.signature
    if verdict is Verdict.CORRECTED:
        item = await session.get_one(Item, (await item_by_code(session, forms.text(sent, "item"))).id)
        days = forms.days(sent, "completed-on", "The date")
        await correct(session, line.id, item, days, reason=reason, by=by, role=role, today=today)
    elif verdict is Verdict.VOIDED:
        await void_disputed(session, line.id, reason=reason, by=by, role=role)
    else:
        await uphold(session, line.id, reason=reason, by=by, role=role)
    return verdict


async def _refused(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    dispute_id: int,
    sent: forms.Sent,
    refusal: Refused,
) -> Template:
    """As it is by now: somebody else may have decided."""
    async with database.reading() as session:
        line = await _in_sight(session, actor, dispute_id)
    return await _deciding_page(request, database, actor, today, line, sent, refusal)


async def _deciding_page(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    line: DisputeLine,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    """The form with what was typed, the course and the day as they are recorded at first; or what was decided."""
    async with database.reading() as session:
        offered = await choices(session) if line.open else []
    recorded = {"item": line.code} | (forms.as_sent("completed-on", line.days.first) if not line.days.last else {})
    return page(
        request,
        "disputed_record",
        actor,
        status=422 if refusal else 200,
        line=line,
        decisions=DECISIONS,
        choices=offered,
        longest=LONGEST,
        sent=sent or recorded,
        today=today,
        problems=forms.problems(refusal, "verdict"),
    )
