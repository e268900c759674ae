"""Who may see what: shown to the leads of an agency or a partnership, given and taken back by them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, URLEncodedBody
from litestar.response import Redirect, Template

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.access.rights import (
    OF_PARTNERSHIP,
    OF_TEAM,
    Asked,
    Held,
    Holder,
    Kind,
    give,
    holder_of,
    leads_of_agency,
    named_for_teams,
    others_with,
    rights_in_partnership,
    take_back,
)
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.listing import AgencyLine, TeamLine, agencies_of, partnerships_of, teams_of_agency
from training_tracker.people.models import Partnership
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, ChosenId, PageNumber, PathId
from training_tracker.web.looking import Look, show, typed
from training_tracker.web.rendering import page, query, say

PAGE_SIZE = 50
RIGHTS = "/rights"
KindWord = Annotated[str, PathParameter(max_length=20)]

# What each right lets somebody do, after their name or address.
DOES = {
    Kind.LEAD: "leads training at {over}: reads and keeps the records of all its people, and decides what it expects",
    Kind.MANAGER: "manages {over}: reads and keeps the records of the people of this team and of those below it",
    Kind.DEPUTY: "answers for {over} while everybody who manages it is away on leave",
    Kind.PARTNERSHIP_LEAD: "leads training for {over}: reads every agency’s figures, keeps the strategy and the lists",
    Kind.SCRUTINEER: "reads the figures of {over}, and no more",
}


@dataclass(frozen=True, slots=True)
class Where:
    """What is led, of which a page tells: one agency, or else one partnership."""

    agency: AgencyLine | None
    partnership: Partnership | None
    agencies: list[AgencyLine]
    partnerships: list[Partnership]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return OF_PARTNERSHIP if self.partnership else (Kind.LEAD, *OF_TEAM)

    @property
    def name(self) -> str:
        return self.agency.name if self.agency else self.partnership.name if self.partnership else ""

    def link(self, path: str, **more: object) -> str:
        agency, partnership = (one.id if one else 0 for one in (self.agency, self.partnership))
        return path + query(agency=agency, partnership=partnership, **more)


class Rights(Controller):
    path = RIGHTS
    opt = {MAY: May.RIGHTS}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
        partnership: ChosenId = 0,
        number: PageNumber = 1,
    ) -> Template:
        where = await _where(unconfined, actor, agency, partnership)
        # Whoever holds a right need not work there.
        async with unconfined.reading() as session:
            if where.partnership:
                held, teams = await rights_in_partnership(session, where.partnership.id, today), Held([], 0)
            else:
                assert where.agency is not None
                held = await leads_of_agency(session, where.agency.id, today)
                teams = await named_for_teams(session, where.agency.id, today, page=number, page_size=PAGE_SIZE)
        return page(
            request,
            "rights",
            actor,
            where=where,
            held=held,
            teams=teams,
            number=number,
            page_size=PAGE_SIZE,
            filters={"agency": where.agency.id if where.agency else 0},
        )

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        agency: ChosenId = 0,
        partnership: ChosenId = 0,
    ) -> Template:
        return await _form(request, unconfined, actor, await _where(unconfined, actor, agency, partnership), {})

    @post("/new", status_code=303)
    async def add(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        agency: ChosenId = 0,
        partnership: ChosenId = 0,
    ) -> Template | Redirect:
        where = await _where(unconfined, actor, agency, partnership)
        if "again" in data:
            return await _form(request, unconfined, actor, where, data)
        try:
            asked = _read(data, where)
            if "confirmed" not in data:
                async with unconfined.rehearsing() as session:
                    holder, new = await give(session, actor, asked, today)
                return _before_giving(request, actor, where, holder, new, data)
            async with unconfined.writing() as session:
                holder, new = await give(session, actor, asked, today)
        except Refused as refusal:
            return await _form(request, unconfined, actor, where, data, refusal)
        tell = " Tell them: no e-mail does." if new else ""
        say(request, f"{'Given' if new else 'Nothing changed'}: {in_words(holder)}.{tell}")
        return Redirect(where.link(RIGHTS), status_code=303)

    @get("/{kind:str}/{over_id:int}/{practitioner_id:int}/end")
    async def before_taking_back(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindWord,
        over_id: PathId,
        practitioner_id: PathId,
    ) -> Template:
        async with unconfined.reading() as session:
            holder = await holder_of(session, actor, _kind(kind), practitioner_id, over_id, today)
            others = await others_with(session, holder, today)
        return _before_taking_back(request, actor, holder, others)

    @post("/{kind:str}/{over_id:int}/{practitioner_id:int}/end", status_code=303)
    async def end(
        self,
        request: Request[Any, Any, Any],
        unconfined: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindWord,
        over_id: PathId,
        practitioner_id: PathId,
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        which = _kind(kind)
        try:
            async with unconfined.writing() as session:
                holder = await take_back(
                    session, actor, which, practitioner_id, over_id, today, known_to_be_last="last" in data
                )
        except Refused:
            # Since the page was opened they have become the last.
            async with unconfined.reading() as session:
                holder = await holder_of(session, actor, which, practitioner_id, over_id, today)
            return _before_taking_back(request, actor, holder, 0)
        say(request, f"Taken back: {holder.name} has this right over {holder.over} no longer.")
        if practitioner_id == actor.practitioner_id:
            return Redirect("/", status_code=303)  # this page may not be there for them any more
        return Redirect(RIGHTS + _where_of(holder), status_code=303)


def in_words(holder: Holder) -> str:
    return f"{holder.name} {DOES[holder.kind].format(over=holder.over)}"


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise NotFound(word) from None


def _where_of(holder: Holder) -> str:
    return query(agency=holder.agency_id) if holder.agency_id else query(partnership=holder.over_id)


async def _where(database: Database, actor: Actor, agency_id: int, partnership_id: int) -> Where:
    """What was asked for, among what is led; without a wish the first agency, or else the first partnership."""
    async with database.reading() as session:
        agencies = await agencies_of(session, actor.agencies)
        partnerships = await partnerships_of(session, actor.partnerships)
    if partnership_id or not agencies:
        wanted = next((one for one in partnerships if one.id == partnership_id or not partnership_id), None)
        if wanted is None or agency_id:
            raise NotFound(f"partnership {partnership_id}")
        return Where(None, wanted, agencies, partnerships)
    chosen = next((one for one in agencies if one.id == agency_id or not agency_id), None)
    if chosen is None:
        raise NotFound(f"agency {agency_id}")
    return Where(chosen, None, agencies, partnerships)


def _read(sent: forms.Sent, where: Where) -> Asked:
    word = sent.get("kind", "")
    if word not in where.kinds:
        raise Refused("No right is chosen", "Choose one.", "kind")
    kind, address = Kind(word), forms.text(sent, "email", longest=254)
    if not address:
        raise Refused("Nobody is named", "Give their work e-mail address.", "email")
    if where.partnership:
        return Asked(kind, where.partnership.id, address, forms.text(sent, "name"))
    if kind not in OF_TEAM:
        assert where.agency is not None
        return Asked(kind, where.agency.id, address)
    team = forms.chosen_id(sent, "team")
    if not team:
        raise Refused("No team is chosen", "Choose the team that they manage or answer for.", "team")
    return Asked(kind, team, address)


def _before_giving(
    request: Request[Any, Any, Any], actor: Actor, where: Where, holder: Holder, new: bool, sent: forms.Sent
) -> Template:
    """Of the partnership's only the address is shown, which was typed: whose it is is told of nobody."""
    who = holder.email if where.partnership else holder.name
    look = Look(
        question="Give this right?" if new else "They have this right already",
        about=where.name,
        does="Give it",
        address=where.link(f"{RIGHTS}/new"),
        back=where.link(RIGHTS),
        notes=[
            f"{who} {DOES[holder.kind].format(over=holder.over)}.",
            "It counts at once, until it is taken back"
            + ("." if where.partnership else ", or their last post in the agency ends."),
            *([] if holder.kind in OF_TEAM else ["They sign in with a second step from then on."]),
        ],
        carried=typed(sent),
    )
    return show(request, actor, look)


def _before_taking_back(request: Request[Any, Any, Any], actor: Actor, holder: Holder, others: int) -> Template:
    myself = holder.practitioner_id == actor.practitioner_id
    last = holder.kind in (Kind.LEAD, Kind.PARTNERSHIP_LEAD) and not others
    warnings = {
        last: f"Nobody else leads {holder.over}. Only whoever runs this service can name a lead then.",
        myself and not last: "This is your own right. You lose it at once, and cannot give it to yourself again.",
    }
    notes = [f"{in_words(holder)}."]
    if holder.kind is Kind.MANAGER:
        notes += ["A file of people that still names them for this team brings them back."]
        notes += [] if others else ["Nobody else is named for this team: whoever manages the one above it does."]
    if last and myself:
        notes += ["This is your own right. You lose it at once, and cannot give it to yourself again."]
    look = Look(
        question="Take this right back?",
        about=holder.name,
        does="Take it back",
        address=f"{RIGHTS}/{holder.kind}/{holder.over_id}/{holder.practitioner_id}/end",
        back=RIGHTS + _where_of(holder),
        notes=notes,
        warning=warnings.get(True, ""),
        can_change=False,
        carried={"last": "yes"} if last else {},
    )
    return show(request, actor, look)


async def _form(
    request: Request[Any, Any, Any],
    database: Database,
    actor: Actor,
    where: Where,
    sent: forms.Sent,
    refusal: Refused | None = None,
) -> Template:
    teams: list[TeamLine] = []
    if where.agency:
        async with database.reading() as session:
            teams = await teams_of_agency(session, where.agency.id)
    return page(
        request,
        "right",
        actor,
        status=422 if refusal else 200,
        where=where,
        teams=teams,
        sent=sent,
        problems=forms.problems(refusal, "kind"),
    )
