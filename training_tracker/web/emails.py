"""Our e-mails: what an agency's e-mails say and when they come, looked at as they would arrive, and tried."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.outbox import Draft
from training_tracker.people.finding import find_practitioner
from training_tracker.people.listing import AgencyLine
from training_tracker.people.models import Practitioner
from training_tracker.people.posts import agencies_worked_for
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.ladder import USUAL, Ladder
from training_tracker.reminders.ladders import ladders_by_agency, read_days, set_ladder
from training_tracker.reminders.letterhead import letterheads, usual_words
from training_tracker.reminders.previewing import Preview, test_copy
from training_tracker.reminders.wording import LONGEST, set_contact, set_words, words_of
from training_tracker.settings import Settings
from training_tracker.web import forms
from training_tracker.web.agency import our_agency
from training_tracker.web.dependencies import MAY, ChosenId
from training_tracker.web.rendering import OF_A_LETTER, page, query, say

KindInPath = Annotated[str, PathParameter(max_length=40)]
# The partnership's own e-mail bears no agency's words.
OF_AGENCIES = [kind for kind in Kind if kind is not Kind.PARTNERSHIP_SUMMARY]

# They tell what other agencies recorded or sent: nobody looks at somebody else's.
ONLY_ONES_OWN = {Kind.CONFIRMATION, Kind.CAMPAIGN, Kind.DEPUTY}


@dataclass(frozen=True, slots=True)
class Case:
    """An e-mail of a kind of an agency, as a person of it would get it today."""

    actor: Actor
    agency: AgencyLine
    kind: Kind
    person: Practitioner
    today: date
    settings: Settings

    async def letter(self, session: AsyncSession) -> Draft:
        """Raises :class:`Refused` where there is nothing of which it could tell."""
        return await Preview(session, self.person, self.today, self.today, self.settings).of(self.kind)

    def address(self, person_id: int | None = None) -> str:
        """Of the page that shows it, or the same to somebody else."""
        return f"/agency/e-mails/{self.kind}{query(agency=self.agency.id, person=person_id or self.person.id)}"


async def a_case(
    unconfined: NamedDependency[Database],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    ours: NamedDependency[AgencyLine],
    today: NamedDependency[date],
    kind: KindInPath,
    person: ChosenId = 0,
) -> Case:
    """``person`` is the lead, where none is chosen."""
    if kind not in OF_AGENCIES:
        raise NotFound(f"e-mail {kind}")
    # Whoever works for another agency too is found out by their posts there.
    async with unconfined.reading() as session:
        found = await session.get(Practitioner, person or actor.practitioner_id)
        own = found is not None and found.id == actor.practitioner_id
        if found is None or not (own or await agencies_worked_for(session, found.id, today) == {ours.id}):
            raise NotFound(f"practitioner {person}")
    if kind in ONLY_ONES_OWN and not own:
        raise NotFound(f"{kind} of practitioner {person}")
    return Case(actor, ours, Kind(kind), found, today, settings)


class OurEmails(Controller):
    path = "/agency/e-mails"
    opt = {MAY: May.AGENCY}
    dependencies = {"ours": Provide(our_agency)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
    ) -> Template:
        return await _overview(request, database, settings, actor, ours)

    @post("/answers", status_code=303)
    async def answers(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            where = forms.text(data, "address")
            async with database.writing() as session:
                await set_contact(session, ours.id, where or None)
        except Refused as refusal:
            return await _overview(request, database, settings, actor, ours, data, refusal)
        say(request, f"Answers go to {where} from now on." if where else "Answers go where the partnership says.")
        return Redirect(f"/agency/e-mails?agency={ours.id}", status_code=303)

    @post("/ladder", status_code=303)
    async def ladder(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        actor: NamedDependency[Actor],
        ours: NamedDependency[AgencyLine],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        try:
            ladder = USUAL if "usual" in data else _ladder(data)
            async with database.writing() as session:
                await set_ladder(session, ours.id, ladder, actor.signature)
        except Refused as refusal:
            return await _overview(request, database, settings, actor, ours, data, refusal)
        say(request, f"Your people are reminded {ladder}.")
        return Redirect(f"/agency/e-mails?agency={ours.id}", status_code=303)


class OneEmail(Controller):
    path = "/agency/e-mails/{kind:str}"
    opt = {MAY: May.AGENCY}
    dependencies = OurEmails.dependencies | {"case": Provide(a_case)}

    @get()
    async def show(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], case: NamedDependency[Case]
    ) -> Template:
        return await _page(request, database, case)

    @get("/html", media_type=MediaType.HTML)
    async def as_html(self, database: NamedDependency[Database], case: NamedDependency[Case]) -> Response[str]:
        async with database.reading() as session:
            letter = await case.letter(session)
        return Response(letter.html, media_type=MediaType.HTML, headers=OF_A_LETTER)

    @post("/person", status_code=303)
    async def choose(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        unconfined: NamedDependency[Database],
        case: NamedDependency[Case],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        """Whose it is, by their address: in the address of the page stands only their number."""
        try:
            async with unconfined.reading() as session:
                person = await _one_of_ours(session, case, forms.text(data, "person"))
        except Refused as refusal:
            return await _page(request, database, case, data, refusal)
        return Redirect(case.address(person.id), status_code=303)

    @post("/words", status_code=303)
    async def words(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        case: NamedDependency[Case],
        data: URLEncodedBody[dict[str, str]],
    ) -> Template | Redirect:
        """All of a kind at once; a field that is left empty goes back to the usual words."""
        try:
            async with database.writing() as session:
                for place, usual in _usual(case.kind).items():
                    said = forms.text(data, place, longest=LONGEST) or usual
                    await set_words(session, case.agency.id, case.kind, place, said, by=case.actor.signature)
        except Refused as refusal:
            return await _page(request, database, case, data, refusal)
        say(request, "Kept. This is how it reads now.")
        return Redirect(case.address(), status_code=303)

    @post("/test", status_code=303)
    async def test(
        self, request: Request[Any, Any, Any], database: NamedDependency[Database], case: NamedDependency[Case]
    ) -> Template | Redirect:
        try:
            if case.actor.email is None:
                raise Refused("There is no e-mail address of yours here", "Have it added first.", "test")
            async with database.writing() as session:
                await test_copy(session, await case.letter(session), case.actor.email)
        except Refused as refusal:
            return await _page(request, database, case, {}, refusal)
        say(request, f"A copy marked as a test goes to {case.actor.email} with the next e-mails, and to nobody else.")
        return Redirect(case.address(), status_code=303)


async def _one_of_ours(session: AsyncSession, case: Case, email: str) -> Practitioner:
    """Somebody who works for this agency alone: what another expects of its people is not ours to read."""
    problem = f"Nobody who works for {case.agency.name} and for no other agency has this address"
    refusal = Refused(problem, "Look for a slip in it.", "person")
    try:
        found = await find_practitioner(session, email)
    except NotFound:
        raise refusal from None
    if await agencies_worked_for(session, found.id, case.today) != {case.agency.id}:
        raise refusal
    return found


async def _overview(
    request: Request[Any, Any, Any],
    database: Database,
    settings: Settings,
    actor: Actor,
    ours: AgencyLine,
    sent: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> Template:
    async with database.reading() as session:
        said = await words_of(session, ours.id)
        head = (await letterheads(session, [], actor.on, settings.base_url)).of_agency(ours.id)
        ladder = (await ladders_by_agency(session)).get(ours.id, USUAL)
    return page(
        request,
        "emails",
        actor,
        status=422 if refusal else 200,
        agency=ours,
        own={kind: sum(said[kind, place] != usual for place, usual in _usual(kind).items()) for kind in OF_AGENCIES},
        answers_go_to=head.reply_to or settings.mail_reply_to or settings.mail_from,
        ladder=ladder,
        is_usual=ladder == USUAL,
        sent=sent if sent and "before" in sent else _as_sent(ladder) | (sent or {}),
        problems=forms.problems(refusal),
    )


async def _page(
    request: Request[Any, Any, Any],
    database: Database,
    case: Case,
    sent: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> Template:
    letter, nothing = None, None
    async with database.reading() as session:
        said = await words_of(session, case.agency.id)
        try:
            letter = await case.letter(session)
        except Refused as empty:
            nothing = empty
    usual = _usual(case.kind)
    return page(
        request,
        "email",
        case.actor,
        of_others=case.kind not in ONLY_ONES_OWN,
        status=422 if refusal else 200,
        case=case,
        here=query(agency=case.agency.id, person=case.person.id),
        letter=letter,
        nothing=nothing,
        usual=usual,
        own={place: said[case.kind, place] for place in usual if said[case.kind, place] != usual[place]},
        longest=LONGEST,
        sent=sent or {},
        problems=forms.problems(refusal),
    )


def _usual(kind: Kind) -> dict[str, str]:
    return {place: words for (of, place), words in usual_words().items() if of == kind}


def _as_sent(ladder: Ladder) -> dict[str, str]:
    sent = {
        "before": ", ".join(map(str, ladder.days_before)),
        "after": ", ".join(map(str, ladder.days_after)),
        "escalate-after": str(ladder.escalate_after),
    }
    return sent | ({"monthly": "yes"} if ladder.monthly else {})


def _ladder(sent: dict[str, str]) -> Ladder:
    limit = read_days(sent.get("escalate-after", ""), "escalate-after")
    if len(limit) != 1:
        raise Refused("The manager is told after one number of days", "Write one, such as 30.", "escalate-after")
    return Ladder(
        read_days(sent.get("before", ""), "before"),
        read_days(sent.get("after", ""), "after"),
        "monthly" in sent,
        limit[0],
    )
