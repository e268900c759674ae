"""A briefing or attendance recorded for many people at once: what, who, a look at it before it is kept, and back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, PathParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy import Select

from training_tracker.access.actor import Actor, visible_posts, visible_teams
from training_tracker.access.deciding import signatures_of_people
from training_tracker.access.permissions import May
from training_tracker.catalogue.finding import choices, item_by_code
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.listing import teams_of
from training_tracker.records.recording import Outcome, refuse_impossible
from training_tracker.standing.attending import (
    FRESH,
    MOST,
    Attendance,
    Event,
    attendees,
    counts_for,
    everybody,
    fresh_attendances,
    record_attendance,
    recorded_for,
    refuse_too_many,
    withdraw_attendance,
)
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY
from training_tracker.web.rendering import page, plural, query, say

PAGE_SIZE = 50
# Under this name the browser's cookie, which nobody else can read, keeps who is ticked for one event.
KEPT = "attendance"
# The moment at which something was recorded, in an address.
MOMENT = "%Y%m%d%H%M%S%f"
DayInPath = Annotated[date, PathParameter()]
MomentInPath = Annotated[str, PathParameter(max_length=20)]


async def the_event(
    database: NamedDependency[Database],
    today: NamedDependency[date],
    code: FromPath[str],
    on: DayInPath,
    hours: FromQuery[float | None] = None,
) -> Event:
    """What was attended, as the address says it. Raises :class:`NotFound` for what the form does not let through."""
    try:
        refuse_impossible(on, hours, today)
        async with database.reading() as session:
            known = await item_by_code(session, code)
    except Refused as refusal:
        raise NotFound(str(refusal)) from None
    return Event(known.id, known.title, on, hours)


@dataclass(frozen=True, slots=True)
class Ticking:
    """Which people a list shows, and who is ticked, here and on its other pages."""

    team: int = 0
    name: str = ""
    number: int = 1
    ticked: frozenset[int] = frozenset()

    @classmethod
    def of(cls, sent: forms.Sent) -> "Ticking":
        numbers = (name.removeprefix("person-") for name in sent if name.startswith("person-"))
        return cls(
            team=_number(sent.get("team", "")) or 0,
            name=forms.looked_for(sent, "name"),
            number=_number(sent.get("number", "")) or 1,
            ticked=frozenset(number for number in map(_number, numbers) if number),
        )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < forms.LONGEST_ID else None


class Attending(Controller):
    path = "/team/attendance"
    opt = {MAY: May.PEOPLE}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        item: FromQuery[str] = "",
    ) -> Template:
        return await _form(request, database, actor, today, {"item": item} | forms.as_sent("on", today))

    @post(status_code=303)
    async def choose(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            code = forms.text(data, "item")
            if not code:
                raise Refused("Nothing is chosen", "Choose the course, briefing or resource.", "item")
            async with database.reading() as session:
                await item_by_code(session, code)
            on, hours = forms.day(data, "on", "The day"), forms.number(data, "hours", "The hours")
            try:
                refuse_impossible(on, hours, today)
            except Refused as refusal:
                field = "on" if refusal.field == "completed on" else refusal.field
                raise Refused(refusal.problem, refusal.mend, field) from None
        except Refused as refusal:
            return await _form(request, database, actor, today, data, refusal)
        request.session.pop(KEPT, None)
        return Redirect(f"/team/attendance/people/{code}/{on}{query(hours=hours)}", status_code=303)


class AttendingPeople(Controller):
    path = "/team/attendance/people/{code:str}/{on:date}"
    opt = {MAY: May.PEOPLE}
    dependencies = {"event": Provide(the_event)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        event: NamedDependency[Event],
    ) -> Template:
        return await _people(request, database, actor, today, event, _kept(request))

    @get("/look")
    async def look(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        event: NamedDependency[Event],
    ) -> Template | Redirect:
        """What would be recorded; whoever comes back to it afterwards is led to who was there."""
        ticking = _kept(request)
        if not ticking.ticked:
            return Redirect(_action(request))
        return await _look(request, database, actor, today, event, ticking)

    @post(status_code=303)
    async def go_on(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        event: NamedDependency[Event],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        """One form with several buttons, so that what is ticked is kept from page to page without a script."""
        ticking, where = Ticking.of(data), _action(request)
        try:
            match data.get("do", ""):
                case "narrow":
                    ticking = Ticking(ticking.team, ticking.name, 1, ticking.ticked)
                case "all":
                    posts = visible_posts(actor, team=ticking.team)
                    async with database.reading() as session:
                        more = await everybody(
                            session,
                            today,
                            posts,
                            event,
                            but=actor.practitioner_id,
                            signatures=_of_ours(actor),
                            name=ticking.name,
                        )
                    ticking = Ticking(ticking.team, ticking.name, ticking.number, ticking.ticked.union(more))
                case "none":
                    ticking = Ticking(ticking.team, ticking.name, ticking.number)
                case "look":
                    _refuse_nobody(ticking)
                    where = _action(request, "/look")
                case "record":
                    recorded = await _record(request, database, actor, today, event, ticking)
                    request.session.pop(KEPT, None)
                    return recorded
                case other if other.startswith("page-"):
                    number = _number(other.removeprefix("page-")) or 1
                    ticking = Ticking(ticking.team, ticking.name, number, ticking.ticked)
        except Refused as refusal:
            return await _people(request, database, actor, today, event, ticking, refusal)
        _keep(request, ticking)
        return Redirect(where, status_code=303)


class Attendances(Controller):
    """What was recorded for several at one moment, and taking it back while that is fresh."""

    path = "/team/attendance/recorded/{moment:str}"
    opt = {MAY: May.PEOPLE}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        moment: MomentInPath,
    ) -> Template:
        async with database.reading() as session:
            one, people = await recorded_for(
                session, visible_posts(actor), _moment(moment), by=actor.signature, today=today
            )
        return page(request, "attendance_recorded", actor, attendance=one, people=people, until=one.recorded_at + FRESH)

    @post("/withdrawal", status_code=303)
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        moment: MomentInPath,
    ) -> Redirect:
        async with database.writing() as session:
            one, _people = await recorded_for(
                session, visible_posts(actor), _moment(moment), by=actor.signature, today=today
            )
            many = await withdraw_attendance(
                session, visible_posts(actor), one.recorded_at, by=actor.signature, today=today
            )
        say(request, f"Taken back for {plural(many, 'person', 'people')}: “{one.title}”. It counts for nothing now.")
        return Redirect("/team/attendance", status_code=303)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise NotFound(f"attendance {text}") from None


def _address(attendance: Attendance) -> str:
    return f"/team/attendance/recorded/{attendance.recorded_at.astimezone(UTC):{MOMENT}}"


async def _look(
    request: Request[Any, Any, Any], database: Database, actor: Actor, today: date, event: Event, ticking: Ticking
) -> Template:
    async with database.reading() as session:
        found = await attendees(
            session,
            today,
            visible_posts(actor),
            event,
            but=actor.practitioner_id,
            signatures=_of_ours(actor),
            only=ticking.ticked,
            page_size=MOST,
        )
        new = [one for one in found.people if not one.has_it]
        counts = await counts_for(session, today, [one.practitioner_id for one in new], event)
    return page(
        request,
        "attendance_check",
        actor,
        event=event,
        ticking=ticking,
        new=new,
        known=[one for one in found.people if one.has_it],
        counts=counts,
        action=_action(request),
    )


async def _record(
    request: Request[Any, Any, Any], database: Database, actor: Actor, today: date, event: Event, ticking: Ticking
) -> Redirect:
    _refuse_nobody(ticking)
    posts = visible_posts(actor)
    async with database.writing() as session:
        found = await attendees(
            session,
            today,
            posts,
            event,
            but=actor.practitioner_id,
            signatures=_of_ours(actor),
            only=ticking.ticked,
            page_size=MOST,
        )
        people = [one.practitioner_id for one in found.people]
        outcomes = await record_attendance(session, event, people, by=actor.signature, today=today)
        newest = (
            (await fresh_attendances(session, posts, by=actor.signature))[0] if Outcome.RECORDED in outcomes else None
        )
    # Of whom another agency has recorded the same is not told: for whoever asks it is recorded now.
    outcomes = [
        outcome if one.strength is not None else Outcome.RECORDED
        for one, outcome in zip(found.people, outcomes, strict=True)
    ]
    told = f"Recorded for {plural(outcomes.count(Outcome.RECORDED), 'person', 'people')}"
    if known := outcomes.count(Outcome.KNOWN_ALREADY):
        told += f"; {known:,} had it already"
    if other := outcomes.count(Outcome.OTHER_HOURS):
        told += f"; {other:,} had it already with other hours, which stand"
    say(request, f"{told}.")
    return Redirect(_address(newest) if newest else "/team/attendance", status_code=303)


def _of_ours(actor: Actor) -> Select[str]:
    return signatures_of_people(actor.sight.agencies)


def _refuse_nobody(ticking: Ticking) -> None:
    if not ticking.ticked:
        raise Refused("Nobody is ticked", "Tick who was there.", "people")
    refuse_too_many(len(ticking.ticked))


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        offered = await choices(session)
        fresh = await fresh_attendances(session, visible_posts(actor), by=actor.signature)
    return page(
        request,
        "attendance",
        actor,
        status=422 if refusal else 200,
        choices=offered,
        fresh=[(_address(one), one) for one in fresh],
        sent=sent,
        today=today,
        problems=forms.problems(refusal),
    )


async def _people(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    today: date,
    event: Event,
    ticking: Ticking,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        found = await attendees(
            session,
            today,
            visible_posts(actor, team=ticking.team),
            event,
            but=actor.practitioner_id,
            signatures=_of_ours(actor),
            name=ticking.name,
            page=ticking.number,
            page_size=PAGE_SIZE,
        )
        teams = await teams_of(session, visible_teams(actor))
    here = {one.practitioner_id for one in found.people}
    return page(
        request,
        "attendance_people",
        actor,
        status=422 if refusal else 200,
        event=event,
        ticking=ticking,
        elsewhere=sorted(ticking.ticked - here),
        people=found,
        teams=teams,
        most=MOST,
        page_size=PAGE_SIZE,
        action=_action(request),
        problems=forms.problems(refusal, "people"),
    )


def _action(request: Request[Any, Any, Any], page: str = "") -> str:
    """Where the form goes, or one of its pages is: here, with what was attended."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path.removesuffix('/look')}{page}{asked}"


def _keep(request: Request[Any, Any, Any], ticking: Ticking) -> None:
    """Who is ticked goes with the browser from page to page, so that its Back asks for no form to be sent again. No
    address says whom somebody looked for."""
    kept = {"team": ticking.team, "name": ticking.name, "number": ticking.number, "ticked": sorted(ticking.ticked)}
    request.session[KEPT] = {"of": _action(request), **kept}


def _kept(request: Request[Any, Any, Any]) -> Ticking:
    kept = request.session.get(KEPT, {})
    if kept.get("of") != _action(request):
        return Ticking()
    return Ticking(kept["team"], kept["name"], kept["number"], frozenset(kept["ticked"]))
