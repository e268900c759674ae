"""Campaigns: an agency's or a partnership's lead sends one message about one item, and sees who has read it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.permissions import May
from training_tracker.catalogue.finding import choices, item_by_code
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.people.finding import find_role
from training_tracker.people.listing import RoleLine, roles_held, roles_of_sectors
from training_tracker.people.models import Agency, Partnership
from training_tracker.reminders.campaign_results import CampaignLine, campaigns, recipients_of
from training_tracker.reminders.campaigns import (
    LONGEST,
    LONGEST_SUBJECT,
    NewCampaign,
    agencies_of_owner,
    begin_campaign,
    preview_of,
    said_in,
    senders,
)
from training_tracker.settings import Settings
from training_tracker.uptake.suppression import in_steps
from training_tracker.web import forms
from training_tracker.web.dependencies import MAY, PageNumber, PathId
from training_tracker.web.rendering import good_for_back, page, plural, say

PAGE_SIZE = 50
# A sender as a form says it: agency-7, partnership-1; empty for the first there is.
Sender = Annotated[str, QueryParameter(max_length=40)]


def where_is_counted(
    database: NamedDependency[Database], unconfined: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Database:
    """A partnership's lead is told how many people of all its agencies there are, and of none who it is."""
    return unconfined if actor.partnerships else database


class Campaigns(Controller):
    path = "/campaigns"
    opt = {MAY: May.CAMPAIGNS}
    dependencies = {"counting": Provide(where_is_counted, sync_to_thread=False)}

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        counting: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        number: PageNumber = 1,
    ) -> Template:
        async with counting.reading() as session:
            found = await campaigns(session, (actor.agencies, actor.partnerships))
            shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        return page(
            request,
            "campaigns",
            actor,
            campaigns=[(one, _told(one, settings.suppression_threshold)) for one in shown],
            total=len(found),
            number=number,
            page_size=PAGE_SIZE,
        )

    @get("/new")
    async def form(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        sender: Sender = "",
    ) -> Template:
        async with database.reading() as session:
            return await _form(request, session, await _desk(session, actor, sender, today), {})

    @post(status_code=303)
    async def send(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        sender: Sender = "",
    ) -> Template | Redirect:
        """First shown as it will read, to an agency's lead with for how many it is; sent when that is confirmed."""
        confirmed = "confirmed" in data
        async with database.reading() as session:
            desk = await _desk(session, actor, sender, today)
        try:
            async with database.writing() if confirmed else database.rehearsing() as session:
                new = await _new(session, desk, data)
                begun, drafts = await begin_campaign(session, new, today, by=actor.signature)
                number, notice, roles = begun.id, await preview_of(session, new), [role.name for role in new.roles]
        except Refused as refusal:
            async with database.reading() as session:
                return await _form(request, session, desk, data, refusal)
        if not confirmed:
            whom = _whom(len(drafts), desk)
            return good_for_back(
                page(request, "campaign_preview", actor, desk=desk, notice=notice, people=whom, sent=data, roles=roles)
            )
        say(request, f"It goes to {_whom(len(drafts), desk)} within the next working hours.")
        return Redirect(f"/campaigns/{number}", status_code=303)

    @post("/again", status_code=200)
    async def back(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        today: NamedDependency[date],
        data: URLEncodedBody[dict[str, str]],
        sender: Sender = "",
    ) -> Template:
        """From the look at it back to the form, with everything that was typed."""
        async with database.reading() as session:
            return good_for_back(await _form(request, session, await _desk(session, actor, sender, today), data))

    @get("/{campaign_id:int}")
    async def one(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        counting: NamedDependency[Database],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        campaign_id: PathId,
        number: PageNumber = 1,
    ) -> Template:
        """An agency's lead sees who of their people has read it; a partnership's lead how many have."""
        async with counting.reading() as session:
            found = await campaigns(session, (actor.agencies, actor.partnerships), campaign_id)
        if not found:
            raise NotFound(f"campaign {campaign_id}")
        async with database.reading() as session:
            start = (number - 1) * PAGE_SIZE
            named = found[0].agency_id is not None
            people = await recipients_of(session, campaign_id, actor.on, start=start, most=PAGE_SIZE) if named else []
            notice = await said_in(session, campaign_id)
        return page(
            request,
            "campaign",
            actor,
            campaign=found[0],
            notice=notice,
            told=_told(found[0], settings.suppression_threshold),
            named=named,
            people=people,
            number=number,
            page_size=PAGE_SIZE,
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """From which somebody sends: ``owner`` is one of the ``owners`` that they actor."""

    actor: Actor
    owners: list[Agency | Partnership]
    owner: Agency | Partnership
    today: date

    @property
    def sender(self) -> str:
        return sender_of(self.owner)


def sender_of(owner: Agency | Partnership) -> str:
    return f"{'agency' if isinstance(owner, Agency) else 'partnership'}-{owner.id}"


async def _desk(session: AsyncSession, actor: Actor, sender: str, today: date) -> Desk:
    owners = await senders(session, actor.agencies, actor.partnerships)
    owner = next((one for one in owners if sender in ("", sender_of(one))), None)
    if owner is None:
        raise NotFound(f"sender {sender}")
    return Desk(actor, owners, owner, today)


async def _new(session: AsyncSession, desk: Desk, sent: dict[str, str]) -> NewCampaign:
    chosen = [name.removeprefix("role-") for name in sent if name.startswith("role-") and name.isprintable()]
    code = forms.text(sent, "item")
    if not code:
        raise Refused("No course or resource is chosen", "Choose what it is about.", "item")
    return NewCampaign(
        owner=desk.owner,
        item_id=(await item_by_code(session, code)).id,
        subject=forms.text(sent, "subject", longest=LONGEST_SUBJECT),
        words=sent.get("words", "").replace("\r\n", "\n"),
        roles=tuple([await find_role(session, one) for one in chosen]),
        statutory_only="statutory" in sent,
    )


async def _form(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    desk: Desk,
    sent: dict[str, str],
    refusal: Refused | None = None,
) -> Template:
    return page(
        request,
        "campaign_form",
        desk.actor,
        status=422 if refusal else 200,
        desk=desk,
        sender_of=sender_of,
        of_agency=isinstance(desk.owner, Agency),
        choices=await choices(session, offered_on=desk.today),
        roles=await _roles_to_choose_from(session, desk),
        longest=LONGEST,
        sent=sent,
        problems=forms.problems(refusal),
    )


async def _roles_to_choose_from(session: AsyncSession, desk: Desk) -> list[RoleLine]:
    """A partnership is not told which roles somebody holds today: with the next look it would know who came or left."""
    agencies = agencies_of_owner(desk.owner)
    if isinstance(desk.owner, Partnership):
        return await roles_of_sectors(session, agencies)
    return await roles_held(session, agencies, desk.today)


def _told(campaign: CampaignLine, threshold: int) -> list[str]:
    """For how many people it was, how many have been sent it, and how many have read it; a partnership is told in
    steps.
    """
    numbers = (campaign.recipients, campaign.sent, campaign.acknowledged)
    if campaign.agency_id is not None:
        return [f"{number:,}" for number in numbers]
    steps = [in_steps(number, threshold) for number in numbers]
    return [f"at least {step:,}" if step else f"fewer than {threshold}" for step in steps]


def _whom(people: int, desk: Desk) -> str:
    """A partnership is told no number before it sends: it could ask for one role after the other, and subtract."""
    return "everybody in these roles" if isinstance(desk.owner, Partnership) else plural(people, "person", "people")
