"""My training: what I must do, by when, why and how; my record; recording what I have done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.needing import needed_of
from training_tracker.access.permissions import May
from training_tracker.access.sharing import show_to, shown_to
from training_tracker.calendar import Days
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.finding import Choice, choices, item_by_code
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.listing import agencies_of
from training_tracker.people.posts import agencies_worked_for
from training_tracker.records.certificates import LARGEST
from training_tracker.records.evidencing import attach, remove_evidence
from training_tracker.records.reading import own_completion, record_of
from training_tracker.records.recording import NewCompletion, Outcome, record_completion, void_completion
from training_tracker.reminders.beside import beside_training
from training_tracker.standing.explained import ExplainedStanding
from training_tracker.standing.explanation import explain
from training_tracker.standing.merging import as_one_line
from training_tracker.standing.people import TO_DO
from training_tracker.standing.status import Status
from training_tracker.web import forms
from training_tracker.web.certificates import LARGEST_FORM_WITH_A_FILE, sent_certificate
from training_tracker.web.dependencies import MAY, PageNumber, PathId
from training_tracker.web.leave import away
from training_tracker.web.recorded import where_it_stands
from training_tracker.web.rendering import page, say

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Training:
    """What somebody's page shows, each part the most urgent first. ``rules`` is how many ask something of them, each
    counted in each post, as My team and every figure count them."""

    to_do: list[ExplainedStanding]
    unknown: list[ExplainedStanding]
    up_to_date: list[ExplainedStanding]
    paused: list[ExplainedStanding]
    recommended: list[ExplainedStanding]
    posts: list[tuple[str, str, str, date | None]]
    rules: int

    @property
    def required(self) -> int:
        """How many lines there are of what is required."""
        return sum(map(len, (self.to_do, self.unknown, self.up_to_date, self.paused)))

    def number_of(self, *statuses: str) -> int:
        return sum(line.status in statuses for line in self.to_do + self.up_to_date)


def arranged(lines: Sequence[ExplainedStanding]) -> Training:
    """Group a person's standings. What several rules ask alike of a post is one line, merged to the strictest; what
    is asked alike in several posts is that of the post where it is the most urgent."""
    once: dict[str, ExplainedStanding] = {}
    for line in lines:
        if line.people_in_setting is None:
            once.setdefault(line.asks, as_one_line(line))
    required = [line for line in once.values() if line.required]
    posts = {line.post_id: (line.role, line.team, line.agency, line.post_started_on) for line in lines}
    return Training(
        to_do=sorted((line for line in required if line.status in TO_DO), key=_place),
        unknown=[line for line in required if line.status is Status.UNKNOWN],
        up_to_date=[line for line in required if line.status is Status.COMPLIANT],
        paused=[line for line in required if line.status in {Status.ON_LEAVE, Status.EXEMPT}],
        recommended=[line for line in once.values() if not line.required],
        posts=list(posts.values()),
        rules=sum(line.required and line.people_in_setting is None for line in lines),
    )


def _place(line: ExplainedStanding) -> tuple[bool, int, date]:
    """What to do if you do one thing comes first as long as it is to be done, then what is late, and then the earliest
    day: what is first due today comes before a renewal of next month."""
    first = any(item.comes_first for item in line.items)
    late = (Status.OVERDUE, Status.IN_GRACE)
    return not first, late.index(line.status) if line.status in late else len(late), line.due_on or date.max


class MyTraining(Controller):
    path = "/me"
    opt = {MAY: May.OWN_RECORD}

    @get(opt={MAY: May.SIGNED_IN})
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
    ) -> Template | Redirect:
        """Where everybody begins; for whoever works nowhere, that is the partnership."""
        if not actor.works:
            return Redirect("/partnership")
        async with database.reading() as session:
            training = arranged(await explain(session, actor.practitioner_id, today, today=today))
            record = await record_of(session, actor.practitioner_id, actor.signature, page_size=5)
            needed = await needed_of(session, actor, today) if actor.may(May.PEOPLE) else None
            beside = await beside_training(session, actor.practitioner_id, today)
        return page(
            request,
            "me",
            actor,
            training=training,
            record=record,
            leave=away(beside.leave),
            exemptions=beside.exemptions,
            notices=beside.unread,
            asked={line.expectation: line for line in beside.asked},
            needed=needed,
            today=today,
        )

    @get("/record")
    async def record(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        number: PageNumber = 1,
    ) -> Template:
        async with database.reading() as session:
            record = await record_of(session, actor.practitioner_id, actor.signature, page=number, page_size=PAGE_SIZE)
            own = await agencies_worked_for(session, actor.practitioner_id, actor.on)
            agencies = await agencies_of(session, sorted(own))
            shown = await shown_to(session, actor.practitioner_id)
        return page(
            request,
            "record",
            actor,
            record=record,
            agencies=agencies,
            shown=shown,
            number=number,
            page_size=PAGE_SIZE,
        )

    @post("/record", status_code=303)
    async def show_record(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[dict[str, str]],
    ) -> Redirect:
        ticked = [name.removeprefix("agency-") for name in data if name.startswith("agency-")]
        chosen = {int(number) for number in ticked if number.isdecimal() and len(number) < forms.LONGEST_ID}
        async with database.writing() as session:
            await show_to(session, actor, chosen)
        say(request, "Kept: they may read all of your record." if chosen else "Kept: nobody else reads all of it.")
        return Redirect("/me/record", status_code=303)


class MyCompletions(Controller):
    path = "/me/completions"
    opt = {MAY: May.OWN_RECORD}

    @get("/new")
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        item: FromQuery[str] = "",
    ) -> Template:
        return await _form(request, database, actor, today, {"item": item})

    @post(status_code=303, request_max_body_size=LARGEST_FORM_WITH_A_FILE)
    async def record(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
    ) -> Template | Redirect:
        data = await forms.sent(request)
        try:
            file = await sent_certificate(request)
            async with database.writing() as session:
                item, completion = await _understood(session, actor, data)
                outcome = await record_completion(session, completion, by=actor.signature, today=today)
                if file is not None:
                    await attach(session, completion.fact, file)
        except Refused as refusal:
            return await _form(request, database, actor, today, data, refusal)
        known = outcome is Outcome.KNOWN_ALREADY
        on = "" if completion.completed_by else "on "
        what = f"“{item.title}”, completed {on}{Days(completion.completed_on, completion.completed_by)}"
        stands = await where_it_stands(database, actor, item.code, completion.completed_on, today)
        say(request, f"{what}, is in your record already." if known else f"Recorded: {what}. {stands}".strip())
        return Redirect("/me", status_code=303)

    @get("/{completion_id:int}/withdrawal")
    async def withdrawal(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Template:
        async with database.reading() as session:
            line = await own_completion(session, actor.practitioner_id, actor.signature, completion_id)
        done = Days(line.completed_on, line.completed_by)
        return page(
            request,
            "withdrawal",
            actor,
            heading=f"Take back “{line.title}”?",
            consequence=f"You recorded that you completed it{', ' if done.last else ' on '}{done}. If you take this "
            "back, it stays in your record as taken back, and counts for nothing; its certificate is deleted.",
            back="/me/record",
            back_to="My record",
        )

    @post("/{completion_id:int}/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        completion_id: PathId,
    ) -> Redirect:
        async with database.writing() as session:
            line = await own_completion(session, actor.practitioner_id, actor.signature, completion_id)
            await remove_evidence(session, (actor.practitioner_id, line.item_id, line.completed_on))
            await void_completion(session, line.id, reason="Taken back by the person", by=actor.signature)
        say(
            request,
            f"Taken back: “{line.title}”, {Days(line.completed_on, line.completed_by)}. It counts for nothing now.",
        )
        return Redirect("/me/record", status_code=303)


async def _understood(session: AsyncSession, actor: Actor, sent: forms.Sent) -> tuple[Choice, NewCompletion]:
    code = forms.text(sent, "item")
    if not code:
        raise Refused("Nothing is chosen", "Choose the course or resource that you completed.", "item")
    item = await item_by_code(session, code)
    done = forms.days(sent, "completed-on", "The date")
    completion = NewCompletion(
        practitioner_id=actor.practitioner_id,
        item_id=item.id,
        completed_on=done.first,
        completed_by=done.last,
        hours=forms.number(sent, "hours", "The hours"),
        evidence=forms.text(sent, "evidence", longest=500),
        source="Own record",
        strength=Strength.SELF_DECLARED,
    )
    return item, completion


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    """The form with what was typed; a refusal stands at its top and by its field."""
    async with database.reading() as session:
        offered = await choices(session)
    return page(
        request,
        "completion",
        actor,
        status=422 if refusal else 200,
        choices=offered,
        sent=sent,
        today=today,
        largest=LARGEST,
        problems=forms.problems(refusal),
    )
