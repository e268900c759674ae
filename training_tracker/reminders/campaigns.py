"""Campaigns: an owner sends one message about one item to the holders of some roles, and sees who has read it."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, now
from training_tracker.catalogue.models import Item
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn, Written, put
from training_tracker.mail.undeliverable import undeliverable
from training_tracker.people.leave import away
from training_tracker.people.models import (
    Agency,
    AgencyPartnership,
    Partnership,
    Post,
    Practitioner,
    Role,
    Sector,
    Team,
)
from training_tracker.people.posts import in_post
from training_tracker.reminders.asked import AskedItem, asked_item
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.letterhead import Letterhead, letterhead_of_partnership, letterheads
from training_tracker.reminders.models import Campaign, CampaignRecipient

LONGEST_SUBJECT, LONGEST = 120, 4_000
# A subject is read over shoulders and on locked screens.
NOT_IN_A_SUBJECT = re.compile(r"\b(sexual|sexually|abuse|abused|csa|csea|rape)\b", re.IGNORECASE)
NOT_MEANT = "holds none of the roles any more, or is away"


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What is to be sent. ``owner`` is an agency, for its own people, or a partnership, for those of its agencies."""

    owner: Agency | Partnership
    item_id: int
    subject: str
    words: str
    roles: tuple[Role, ...]
    statutory_only: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A campaign as one of its recipients reads it."""

    id: int
    subject: str
    words: tuple[str, ...]
    item: AskedItem
    owner: str
    begun_at: datetime
    acknowledged_at: datetime | None


async def begin_campaign(session: AsyncSession, new: NewCampaign, on: date, *, by: str) -> tuple[Campaign, list[Draft]]:
    """Put a message in the outbox for everybody who holds one of the roles today; says for whom.

    Raises :class:`Refused` for a subject that should not be read over a shoulder, for nothing or too much to say, for
    what an earlier campaign has said to the same roles, and where nobody of the agency would get it.
    """
    _check(new)
    campaign = Campaign(
        partnership_id=new.owner.id if isinstance(new.owner, Partnership) else None,
        agency_id=new.owner.id if isinstance(new.owner, Agency) else None,
        item_id=new.item_id,
        subject=" ".join(new.subject.split()),
        words=new.words.strip(),
        roles=",".join(sorted(role.code for role in new.roles)),
        statutory_only=new.statutory_only,
        begun_at=now(),
        begun_by=by,
    )
    await _refuse_again(session, campaign)
    session.add(campaign)
    await session.flush()
    people = (await session.execute(_meant(campaign, on).order_by(Practitioner.id))).all()
    # A partnership is not told whether anybody is there: of a role that one person holds, it would tell of them.
    if not people and campaign.partnership_id is None:
        raise Refused("Nobody who can be written to holds one of these roles", "Choose other roles.", "role")
    drafts = [Draft(key_of(Kind.CAMPAIGN, one.id, campaign.id), one.email or "", campaign.subject) for one in people]
    numbers = await put(session, drafts)
    if people:
        await session.execute(
            insert(CampaignRecipient).execution_options(render_nulls=True),
            [
                {"campaign_id": campaign.id, "practitioner_id": one.id, "message_id": number, "acknowledged_at": None}
                for one, number in zip(people, numbers, strict=True)
            ],
        )
    return campaign, drafts


async def _refuse_again(session: AsyncSession, campaign: Campaign) -> None:
    """Nobody is to get a campaign twice because it was begun twice."""
    await wait_for_turn(session, "campaigns")
    same = ("partnership_id", "agency_id", "item_id", "subject", "words", "roles", "statutory_only")
    earlier = await session.scalar(
        select(Campaign)
        .filter_by(**{name: getattr(campaign, name) for name in same})
        .order_by(Campaign.id.desc())
        .limit(1)
    )
    if earlier is not None:
        raise Refused(
            f"Campaign {earlier.id} of {in_words(earlier.begun_at.date())} says the same to the same roles",
            "To send it once more, change its subject or its words, so that people see why it comes again.",
            "words",
        )


async def write_campaigns(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """What the messages of campaigns say; those whom a campaign is not meant for any more get nothing."""
    numbers = {int(message.key.split(":")[2]) for several in messages.values() for message in several}
    written: Written = {message.id: Withdrawn(NOT_MEANT) for several in messages.values() for message in several}
    for campaign, item, owner in await session.execute(with_item_and_owner().where(Campaign.id.in_(numbers))):
        head = await head_of(session, campaign, on, base_url)
        meant = {
            row.id: row for row in await session.execute(_meant(campaign, on).where(Practitioner.id.in_(messages)))
        }
        for practitioner_id, several in messages.items():
            for message in several:
                if practitioner_id in meant and message.key.endswith(f":{campaign.id}"):
                    person = meant[practitioner_id]
                    written[message.id] = campaign_letter(
                        head,
                        message.key,
                        person.email or "",
                        person.name,
                        _notice(campaign, item, owner),
                    )
    return written


async def head_of(session: AsyncSession, campaign: Campaign, on: date, base_url: str) -> Letterhead:
    """A campaign bears its owner's letterhead, whoever reads it."""
    if campaign.partnership_id is not None:
        return await letterhead_of_partnership(session, campaign.partnership_id, base_url)
    return (await letterheads(session, [], on, base_url)).of_agency(campaign.agency_id)


def campaign_letter(letterhead: Letterhead, key: str, to: str, name: str, notice: Notice) -> Draft:
    return letterhead.write(Kind.CAMPAIGN, key, to, notice.subject, name=name, notice=notice)


async def acknowledge(session: AsyncSession, campaign_id: int, practitioner_id: int) -> None:
    """Keep that somebody has read a campaign; the first time stands. Raises :class:`NotFound` if they never got it."""
    recipient = await session.get(CampaignRecipient, (campaign_id, practitioner_id))
    if recipient is None:
        raise NotFound(f"campaign {campaign_id}")
    await session.execute(
        update(CampaignRecipient)
        .where(
            CampaignRecipient.campaign_id == campaign_id,
            CampaignRecipient.practitioner_id == practitioner_id,
            CampaignRecipient.acknowledged_at.is_(None),
        )
        .values(acknowledged_at=now())
    )


async def senders(
    session: AsyncSession, agencies: Collection[int], partnerships: Collection[int]
) -> list[Agency | Partnership]:
    """Agencies and partnerships by their ids, each by name."""
    return [
        *await session.scalars(select(Agency).where(Agency.id.in_(agencies)).order_by(Agency.name)),
        *await session.scalars(select(Partnership).where(Partnership.id.in_(partnerships)).order_by(Partnership.name)),
    ]


def agencies_of_owner(owner: Agency | Partnership) -> Select[int]:
    """Select the ids of the agencies to whose people it sends."""
    if isinstance(owner, Agency):
        return select(Agency.id).where(Agency.id == owner.id)
    return _members(owner.id)


async def notices(session: AsyncSession, practitioner_id: int, campaign_id: int | None = None) -> list[Notice]:
    """What was sent to somebody by campaigns, the newest first; or the one asked for."""
    statement = (
        with_item_and_owner()
        .add_columns(CampaignRecipient.acknowledged_at)
        .join(CampaignRecipient, CampaignRecipient.campaign_id == Campaign.id)
        .where(CampaignRecipient.practitioner_id == practitioner_id)
        .order_by(Campaign.id.desc())
    )
    if campaign_id is not None:
        statement = statement.where(Campaign.id == campaign_id)
    return [_notice(*row) for row in await session.execute(statement)]


async def said_in(session: AsyncSession, campaign_id: int) -> Notice:
    """What a campaign that is there said."""
    return _notice(*(await session.execute(with_item_and_owner().where(Campaign.id == campaign_id))).one())


async def preview_of(session: AsyncSession, new: NewCampaign) -> Notice:
    """What its recipients would read."""
    item = await session.get_one(Item, new.item_id)
    return Notice(0, new.subject, _paragraphs(new.words), asked_item(item), new.owner.name, now(), None)


def _notice(campaign: Campaign, item: Item, owner: str, acknowledged_at: datetime | None = None) -> Notice:
    words = _paragraphs(campaign.words)
    return Notice(campaign.id, campaign.subject, words, asked_item(item), owner, campaign.begun_at, acknowledged_at)


def _check(new: NewCampaign) -> None:
    if not new.subject.strip() or len(new.subject) > LONGEST_SUBJECT:
        raise Refused(
            "The subject is empty or too long", f"Write one of at most {LONGEST_SUBJECT} characters.", "subject"
        )
    word = NOT_IN_A_SUBJECT.search(new.subject)
    if word:
        raise Refused(
            f"“{word.group()}” may be read over a shoulder in a subject",
            "Say it in the message; write a subject such as “A reminder about medicals”.",
            "subject",
        )
    if "=?" in new.subject or any(unicodedata.category(one) == "Cc" for one in new.subject):
        raise Refused(
            "Mail programs would misread the subject",
            "Write it on one line, without “=?” and without characters that cannot be seen.",
            "subject",
        )
    if any(unicodedata.category(one) == "Cc" and one not in "\n\t" for one in new.words):
        raise Refused("The message holds a character that nobody can see", "Type it again.", "words")
    if not new.words.strip() or len(new.words) > LONGEST:
        raise Refused("There is nothing to say, or too much", f"Write at most {LONGEST} characters.", "words")
    if not new.roles:
        raise Refused("No role is chosen", "Say to whom it goes.", "role")


def _paragraphs(words: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", words) if part.strip())


def with_item_and_owner() -> Select[Campaign, Item, str]:
    owner = func.coalesce(Partnership.name, Agency.name)
    return (
        select(Campaign, Item, owner)
        .join(Item, Item.id == Campaign.item_id)
        .outerjoin(Partnership, Partnership.id == Campaign.partnership_id)
        .outerjoin(Agency, Agency.id == Campaign.agency_id)
    )


def _meant(campaign: Campaign, on: date) -> Select[int, str, str | None]:
    """Whoever is in post in one of the roles, is not on leave from it, and can be written to."""
    return (
        select(Practitioner.id, Practitioner.name, Practitioner.email)
        .join(Post, Post.practitioner_id == Practitioner.id)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .join(Sector, Sector.id == Agency.sector_id)
        .where(
            Role.code.in_(campaign.roles.split(",")),
            in_post(on),
            ~away(Post.id, on),
            Practitioner.email.is_not(None),
            Practitioner.email.not_in(undeliverable()),
            _within(campaign),
            or_(Sector.statutory, literal(not campaign.statutory_only)),
        )
        .distinct()
    )


def _within(campaign: Campaign) -> ColumnElement[bool]:
    if campaign.partnership_id is None:
        return Team.agency_id == campaign.agency_id
    return Team.agency_id.in_(_members(campaign.partnership_id))


def _members(partnership_id: int) -> Select[int]:
    return select(AgencyPartnership.agency_id).where(
        AgencyPartnership.partnership_id == partnership_id, AgencyPartnership.withdrawn_at.is_(None)
    )
