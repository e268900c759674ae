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
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.composing import address as read_address
from training_tracker.mail.outbox import Draft
from training_tracker.people.finding import find_practitioner
from training_tracker.people.listing import AgencyLine, agencies_of
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
from training_tracker.web.agency import chosen_agency
from training_tracker.web.dependencies import ChosenId, leading_agency
from training_tracker.web.rendering import OF_A_LETTER, page, query, say

KindInPath = Annotated[str, PathParameter(max_length=40)]
# The partnership's own e-mail bears no agency's words.
OF_AGENCIES = [kind for kind in Kind if kind is not Kind.PARTNERSHIP_SUMMARY]

# They tell what other agencies recorded or sent: nobody looks at somebody else's.
ONLY_ONES_OWN = {Kind.CONFIRMATION, Kind.CAMPAIGN}


class OurEmails(Controller):
    path = "/agency/e-mails"
    dependencies = {"lead": Provide(leading_agency, sync_to_thread=False)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        agency: ChosenId = 0,
    ) -> Template:
        async with database.reading() as session:
            whose = await _led(session, lead, agency)
            return await _overview(request, session, settings, lead, whose, today)

    @post("/answers", status_code=303)
    async def answers(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        agency: ChosenId = 0,
    ) -> Template | Redirect:
        async with database.writing() as session:
            whose = await _led(session, lead, agency)
            try:
                where = _address(forms.text(data, "answers"))
            except Refused as refusal:
                return await _overview(request, session, settings, lead, whose, today, data, refusal)
            await set_contact(session, whose.id, where or None)
        say(request, f"Answers go to {where} from now on." if where else "Answers go where the partnership says.")
        return Redirect(f"/agency/e-mails?agency={whose.id}", status_code=303)

    @post("/ladder", status_code=303)
    async def ladder(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        agency: ChosenId = 0,
    ) -> Template | Redirect:
        async with database.writing() as session:
            whose = await _led(session, lead, agency)
            try:
                ladder = USUAL if "usual" in data else _ladder(data)
                await set_ladder(session, whose.id, ladder, lead.signature)
            except Refused as refusal:
                return await _overview(request, session, settings, lead, whose, today, data, refusal)
        say(request, f"Your people are reminded {ladder}.")
        return Redirect(f"/agency/e-mails?agency={whose.id}", status_code=303)

    @get("/{kind:str}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindInPath,
        agency: ChosenId = 0,
        person: ChosenId = 0,
    ) -> Template:
        async with database.reading() as session:
            case = await _case(session, settings, lead, kind, agency, person, today)
            return await _page(request, session, case)

    @get("/{kind:str}/html", media_type=MediaType.HTML)
    async def as_html(
        self,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindInPath,
        agency: ChosenId = 0,
        person: ChosenId = 0,
    ) -> Response[str]:
        async with database.reading() as session:
            case = await _case(session, settings, lead, kind, agency, person, today)
            letter = await case.letter(session)
        return Response(letter.html, media_type=MediaType.HTML, headers=OF_A_LETTER)

    @post("/{kind:str}/person", status_code=303)
    async def choose(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindInPath,
        data: URLEncodedBody[dict[str, str]],
        agency: ChosenId = 0,
    ) -> Template | Redirect:
        """Whose it is, by their address: in the address of the page stands only their number."""
        async with database.reading() as session:
            case = await _case(session, settings, lead, kind, agency, 0, today)
            try:
                person = await _one_of_ours(session, case.agency, forms.text(data, "person"), today)
            except Refused as refusal:
                return await _page(request, session, case, data, refusal)
        return Redirect(_address_of(case, person.id), status_code=303)

    @post("/{kind:str}/words", status_code=303)
    async def words(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindInPath,
        data: URLEncodedBody[dict[str, str]],
        agency: ChosenId = 0,
        person: ChosenId = 0,
    ) -> Template | Redirect:
        """All of a kind at once; a field that is left empty goes back to the usual words."""
        async with database.reading() as session:
            case = await _case(session, settings, lead, kind, agency, person, today)
        try:
            async with database.writing() as session:
                for place, usual in _usual(case.kind).items():
                    said = forms.text(data, place, longest=LONGEST) or usual
                    await set_words(session, case.agency.id, case.kind, place, said, by=lead.signature)
        except Refused as refusal:
            async with database.reading() as session:
                return await _page(request, session, case, data, refusal)
        say(request, "Kept. This is how it reads now.")
        return Redirect(_address_of(case, person), status_code=303)

    @post("/{kind:str}/test", status_code=303)
    async def test(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        lead: NamedDependency[Actor],
        today: NamedDependency[date],
        kind: KindInPath,
        agency: ChosenId = 0,
        person: ChosenId = 0,
    ) -> Template | Redirect:
        async with database.writing() as session:
            case = await _case(session, settings, lead, kind, agency, person, today)
            try:
                letter = await case.letter(session)
                if lead.email is None:
                    raise Refused("There is no e-mail address of yours here", "Have it added first.", "test")
            except Refused as refusal:
                return await _page(request, session, case, {}, refusal)
            await test_copy(session, letter, lead.email)
        say(request, f"A copy marked as a test is on its way to {lead.email}, and to nobody else.")
        return Redirect(_address_of(case, person), status_code=303)


@dataclass(frozen=True, slots=True)
class Case:
    """An e-mail of a kind of an agency, as a person of it would get it today."""

    lead: Actor
    agency: AgencyLine
    kind: Kind
    person: Practitioner
    today: date
    settings: Settings

    async def letter(self, session: AsyncSession) -> Draft:
        """Raises :class:`Refused` where there is nothing of which it could tell."""
        return await Preview(session, self.person, self.today, self.today, self.settings).of(self.kind)


async def _case(
    session: AsyncSession,
    settings: Settings,
    lead: Actor,
    kind: str,
    agency_id: int,
    person_id: int,
    today: date,
) -> Case:
    agency = await _led(session, lead, agency_id)
    if kind not in OF_AGENCIES:
        raise NotFound(f"e-mail {kind}")
    person = await session.get(Practitioner, person_id or lead.practitioner_id)
    own = person is not None and person.id == lead.practitioner_id
    if person is None or not (own or await agencies_worked_for(session, person.id, today) == {agency.id}):
        raise NotFound(f"practitioner {person_id}")
    if kind in ONLY_ONES_OWN and not own:
        raise NotFound(f"{kind} of practitioner {person_id}")
    return Case(lead, agency, Kind(kind), person, today, settings)


async def _led(session: AsyncSession, lead: Actor, agency_id: int) -> AgencyLine:
    return chosen_agency(await agencies_of(session, lead.agencies), agency_id)


async def _one_of_ours(session: AsyncSession, agency: AgencyLine, email: str, today: date) -> Practitioner:
    """Somebody who works for this agency alone: what another expects of its people is not ours to read."""
    problem = f"Nobody who works for {agency.name} and for no other agency has this address"
    refusal = Refused(problem, "Look for a slip in it.", "person")
    try:
        found = await find_practitioner(session, email)
    except NotFound:
        raise refusal from None
    if await agencies_worked_for(session, found.id, today) != {agency.id}:
        raise refusal
    return found


async def _overview(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    settings: Settings,
    lead: Actor,
    agency: AgencyLine,
    today: date,
    sent: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> Template:
    said = await words_of(session, agency.id)
    head = (await letterheads(session, [], today, settings.base_url)).of_agency(agency.id)
    ladder = (await ladders_by_agency(session)).get(agency.id, USUAL)
    return page(
        request,
        "emails",
        lead,
        status=422 if refusal else 200,
        agency=agency,
        own={kind: sum(said[kind, place] != usual for place, usual in _usual(kind).items()) for kind in OF_AGENCIES},
        answers_go_to=head.reply_to or settings.mail_reply_to or settings.mail_from,
        ladder=ladder,
        is_usual=ladder == USUAL,
        sent=sent if sent and "before" in sent else _as_sent(ladder) | (sent or {}),
        problems=_problems(refusal),
    )


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    case: Case,
    sent: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> Template:
    said = await words_of(session, case.agency.id)
    letter, nothing = None, None
    try:
        letter = await case.letter(session)
    except Refused as empty:
        nothing = empty
    usual = _usual(case.kind)
    return page(
        request,
        "email",
        case.lead,
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
        problems=_problems(refusal),
    )


def _problems(refusal: Refused | None) -> dict[str, str]:
    return {refusal.field: f"{refusal.problem}. {refusal.mend}"} if refusal else {}


def _usual(kind: Kind) -> dict[str, str]:
    return {place: words for (of, place), words in usual_words().items() if of == kind}


def _address_of(case: Case, person_id: int) -> str:
    return f"/agency/e-mails/{case.kind}{query(agency=case.agency.id, person=person_id)}"


def _address(written: str) -> str:
    if written:
        try:
            read_address(written)
        except ValueError:
            problem = f"{written} is not an e-mail address"
            raise Refused(problem, "Write it as name@organisation.example.", "answers") from None
    return written


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
