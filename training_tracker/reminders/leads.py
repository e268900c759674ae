"""Who leads training, of an agency or of a partnership, and who of them is to get a month's summary."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.granting import may_sign_in
from training_tracker.access.models import Grant
from training_tracker.mail.outbox import Draft, keys_in_use
from training_tracker.mail.undeliverable import undeliverable
from training_tracker.people.leave import at_work
from training_tracker.people.models import Agency, Partnership, Practitioner
from training_tracker.people.posts import has_post_still, holds_post
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.readers import summaries_again
from training_tracker.reminders.summaries import Held


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who leads the training of an agency, or of a partnership: ``over`` is its id, ``name`` its name."""

    practitioner_id: int
    greeting: str
    email: str | None
    at_work: bool
    unreachable: bool
    over: int
    name: str


@dataclass(slots=True)
class LeadPlan:
    """``chosen`` are those who get a summary, by its key."""

    month: date
    on: date
    chosen: dict[str, Lead] = field(default_factory=dict)
    planned: list[Draft] = field(default_factory=list)
    held: Counter[Held] = field(default_factory=Counter)


async def leads_of_agencies(session: AsyncSession, on: date) -> list[Lead]:
    """Everybody who leads an agency's training and still holds a post there."""
    return await _leads(
        session,
        select(
            Practitioner,
            at_work(Practitioner.id, on),
            Practitioner.email.in_(undeliverable()),
            Agency.id.label("over"),
            Agency.name,
        )
        .join(Grant, Grant.practitioner_id == Practitioner.id)
        .join(Agency, Agency.id == Grant.agency_id)
        .where(holds_post(Grant.practitioner_id, Grant.agency_id, on))
        .order_by(Agency.name, Practitioner.id),
    )


async def leads_of_partnerships(session: AsyncSession, on: date) -> list[Lead]:
    return await _leads(
        session,
        select(
            Practitioner,
            # An independent scrutineer has no post to be away from.
            or_(at_work(Practitioner.id, on), and_(may_sign_in(on), ~has_post_still(on))),
            Practitioner.email.in_(undeliverable()),
            Partnership.id.label("over"),
            Partnership.name,
        )
        .join(Grant, Grant.practitioner_id == Practitioner.id)
        .join(Partnership, Partnership.id == Grant.partnership_id)
        .order_by(Partnership.name, Practitioner.id),
    )


async def _leads(session: AsyncSession, statement: Select[Practitioner, bool, bool, int, str]) -> list[Lead]:
    return [
        Lead(person.id, person.name, person.email, bool(there), bool(unreachable), over, name)
        for person, there, unreachable, over, name in await session.execute(statement)
    ]


async def to_write_to(
    session: AsyncSession, plan: LeadPlan, kind: Kind, leads: list[Lead]
) -> tuple[list[Lead], list[Lead]]:
    """Who gets one now, and who when their address works again."""
    await summaries_again(session, plan.month, [kind])
    used = await keys_in_use(session, [lead_key(kind, lead, plan.month) for lead in leads])
    nowhere = []
    for lead in leads:
        key = lead_key(kind, lead, plan.month)
        if lead.at_work and lead.email and lead.unreachable:
            plan.held[Held.UNREACHABLE] += 1
            if key not in used:
                nowhere.append(lead)
        elif key in used:
            plan.held[Held.SENT_ALREADY] += 1
        elif not lead.at_work:
            plan.held[Held.ON_LEAVE] += 1
        elif not lead.email:
            plan.held[Held.NO_ADDRESS] += 1
        else:
            plan.chosen[key] = lead
    return list(plan.chosen.values()), nowhere


def lead_key(kind: Kind, lead: Lead, month: date) -> str:
    return key_of(kind, lead.practitioner_id, f"{month:%Y-%m}:{lead.over}")
