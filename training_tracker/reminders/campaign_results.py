"""What became of campaigns: whom they went to, and who has said that they have read them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.errors import NotFound
from training_tracker.mail.models import Message, MessageState
from training_tracker.people.models import Agency, Post, Practitioner, Team
from training_tracker.people.posts import in_post
from training_tracker.reminders.campaigns import with_item_and_owner
from training_tracker.reminders.models import Campaign, CampaignRecipient

# The ids of agencies, and of partnerships.
Owners = tuple[Collection[int], Collection[int]]


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign as lists show it: how many it was for, and what became of it."""

    id: int
    agency_id: int | None
    owner: str
    item: str
    subject: str
    begun_at: datetime
    begun_by: str
    recipients: int
    sent: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """``agency`` is empty for who has left."""

    name: str
    agency: str
    state: MessageState
    sent_at: datetime | None
    acknowledged_at: datetime | None


async def campaigns(
    session: AsyncSession, owned_by: Owners | None = None, campaign_id: int | None = None
) -> list[CampaignLine]:
    """Campaigns, the newest first: all, those of some owners, or of those the one asked for."""
    sent = func.count().filter(Message.state == MessageState.SENT)
    counts = (
        select(
            CampaignRecipient.campaign_id,
            func.count().label("recipients"),
            sent.label("sent"),
            func.count(CampaignRecipient.acknowledged_at).label("acknowledged"),
        )
        .join(Message, Message.id == CampaignRecipient.message_id)
        .group_by(CampaignRecipient.campaign_id)
        .subquery("counts")
    )
    statement = (
        with_item_and_owner()
        .add_columns(
            *(func.coalesce(number, 0) for number in (counts.c.recipients, counts.c.sent, counts.c.acknowledged))
        )
        .outerjoin(counts, counts.c.campaign_id == Campaign.id)
        .order_by(Campaign.id.desc())
    )
    if owned_by is not None:
        agencies, partnerships = owned_by
        statement = statement.where(or_(Campaign.agency_id.in_(agencies), Campaign.partnership_id.in_(partnerships)))
    if campaign_id is not None:
        statement = statement.where(Campaign.id == campaign_id)
    rows = await session.execute(statement)
    return [
        CampaignLine(
            each.id,
            each.agency_id,
            owner,
            item.code,
            each.subject,
            each.begun_at,
            each.begun_by,
            recipients,
            sent_to,
            acknowledged,
        )
        for each, item, owner, recipients, sent_to, acknowledged in rows
    ]


async def recipients_of(
    session: AsyncSession, campaign_id: int, on: date, *, start: int = 0, most: int | None = None
) -> list[RecipientLine]:
    """Who got a campaign and who has acknowledged it, by name, with the agency for which they work on the day; all, or
    so many from a place in the list on.

    Raises :class:`NotFound` if there is no such campaign.
    """
    if await session.get(Campaign, campaign_id) is None:
        raise NotFound(f"campaign {campaign_id}")
    agencies = (
        select(Post.practitioner_id, func.min(Agency.name).label("agency"))
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .where(in_post(on))
        .group_by(Post.practitioner_id)
        .subquery("agencies")
    )
    rows = await session.execute(
        select(
            Practitioner.name,
            func.coalesce(agencies.c.agency, ""),
            Message.state,
            Message.sent_at,
            CampaignRecipient.acknowledged_at,
        )
        .join(Practitioner, Practitioner.id == CampaignRecipient.practitioner_id)
        .join(Message, Message.id == CampaignRecipient.message_id)
        .outerjoin(agencies, agencies.c.practitioner_id == Practitioner.id)
        .where(CampaignRecipient.campaign_id == campaign_id)
        .order_by(Practitioner.name, Practitioner.id)
        .offset(start)
        .limit(most)
    )
    return [RecipientLine(*row) for row in rows]
