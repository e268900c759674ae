"""The month's summaries for those who lead training: of an agency, and of a partnership. Aggregates, and no names."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months
from training_tracker.database import wait_for_turn
from training_tracker.expectations.clarity import missing_in_words, published_for
from training_tracker.mail.claiming import TO_NOWHERE
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn, Written, put
from training_tracker.people.models import Agency
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.lead_figures import (
    Line,
    falling_due,
    falling_due_by_agency,
    lines_between,
    lines_of,
    overdue_bands,
)
from training_tracker.reminders.leads import (
    Lead,
    LeadPlan,
    lead_key,
    leads_of_agencies,
    leads_of_partnerships,
    to_write_to,
)
from training_tracker.reminders.letterhead import Letterhead, letterhead_of_partnership, letterheads
from training_tracker.reminders.summaries import Held
from training_tracker.standing.feeds import FeedState, feeds_on
from training_tracker.uptake.coverage import AgencyCoverage, CoverageInWords, coverage_by_agency, coverage_in_words
from training_tracker.uptake.freshness import freshness_in_words, silent_agencies
from training_tracker.uptake.publishing import published_table
from training_tracker.uptake.region import agencies_in, own_uptake
from training_tracker.uptake.suppression import REMAINDER

LEADS_NO_MORE = "does not lead this training any more, or is not at work"


async def plan_agency_summaries(
    session: AsyncSession, month: date, *, on: date, today: date, base_url: str, threshold: int
) -> LeadPlan:
    """Put the month's summaries for agencies' leads in the outbox: no names, and nothing that tells of few people."""
    await wait_for_turn(session, "agency summaries")
    plan = LeadPlan(month.replace(day=1), on)
    chosen, nowhere = await to_write_to(session, plan, Kind.AGENCY_SUMMARY, await leads_of_agencies(session, on))
    if chosen or nowhere:
        letters = await agency_summaries(
            session, [*chosen, *nowhere], plan.month, on=on, today=today, base_url=base_url, threshold=threshold
        )
        await _put(session, plan, letters)
    return plan


async def agency_summaries(
    session: AsyncSession, leads: list[Lead], month: date, *, on: date, today: date, base_url: str, threshold: int
) -> list[Draft]:
    """What these leads of agencies read, in their order."""
    names = await _agencies(session)
    tables = await own_uptake(session, on, today=today, threshold=threshold)
    before = add_months(on, -1)
    earlier = await own_uptake(session, before, today=today, threshold=threshold)
    overdue = await overdue_bands(session, on, today, threshold)
    due = await falling_due_by_agency(session, on, today, threshold)
    clear = await published_for(session, on)
    feeds = await feeds_on(session, on)
    covered = await coverage_by_agency(session, on, today=today, threshold=threshold, agencies=names)
    heads = await letterheads(session, [], on, base_url)
    letters = []
    for lead in leads:
        lines = lines_of(lead.name, tables.get(lead.name), earlier.get(lead.name))
        missing = missing_in_words(clear.get(lead.over, frozenset()))
        theirs = [one for one in covered if one.agency == lead.name]
        letters.append(
            heads.of_agency(lead.over).write(
                Kind.AGENCY_SUMMARY,
                lead_key(Kind.AGENCY_SUMMARY, lead, month),
                lead.email or "",
                f"Your agency's training: {month:%B %Y}",
                lead=lead,
                on=on,
                before=before,
                lines=lines,
                small=lead.name in tables and lead.name in tables[lead.name].merged,
                overdue=overdue.get(lead.over, ()),
                due=due.get(lead.over, ()),
                coverage=theirs,
                freshness=freshness_in_words(feeds, {lead.name}),
                threshold=threshold,
                first=_agency_first(lines, missing, theirs, lead.name in silent_agencies(feeds)),
            )
        )
    return letters


async def plan_partnership_summaries(
    session: AsyncSession, month: date, *, on: date, today: date, base_url: str, threshold: int
) -> LeadPlan:
    """Put the month's summaries for partnerships' leads in the outbox: named agencies, and nobody's name."""
    await wait_for_turn(session, "partnership summaries")
    plan = LeadPlan(month.replace(day=1), on)
    everybody = await leads_of_partnerships(session, on)
    chosen, nowhere = await to_write_to(session, plan, Kind.PARTNERSHIP_SUMMARY, everybody)
    letters = await partnership_summaries(
        session, [*chosen, *nowhere], plan.month, on=on, today=today, base_url=base_url, threshold=threshold
    )
    await _put(session, plan, letters)
    return plan


async def _put(session: AsyncSession, plan: LeadPlan, letters: list[Draft]) -> None:
    plan.planned = [letter for letter in letters if letter.key in plan.chosen]
    await put(session, plan.planned)
    kept = [letter for letter in letters if letter.key not in plan.chosen]
    await put(session, kept, withdrawn_because=TO_NOWHERE)


async def partnership_summaries(
    session: AsyncSession, leads: list[Lead], month: date, *, on: date, today: date, base_url: str, threshold: int
) -> list[Draft]:
    """What these leads of partnerships read."""
    by_partnership: dict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        by_partnership[lead.over].append(lead)
    feeds = await feeds_on(session, on)
    letters: list[Draft] = []
    for partnership, theirs in by_partnership.items():  # of which there is one, or a few
        head = await letterhead_of_partnership(session, partnership, base_url)
        letters += await _for_partnership(session, partnership, theirs, month, on, feeds, head, today, threshold)
    return letters


async def _for_partnership(
    session: AsyncSession,
    partnership: int,
    leads: Sequence[Lead],
    month: date,
    on: date,
    feeds: list[FeedState],
    head: Letterhead,
    today: date,
    threshold: int,
) -> list[Draft]:
    names = await agencies_in(session, [partnership])
    table = await published_table(session, partnership, on)
    before = await published_table(session, partnership, add_months(on, -1))
    covered = await coverage_in_words(session, on, today=today, threshold=threshold, agencies=names)
    clear = await published_for(session, on)
    unclear = [
        (name, missing)
        for number, name in names.items()
        if (missing := missing_in_words(clear.get(number, frozenset())))
    ]
    lines = lines_between(table.expectations, table.totals, before.totals)
    totals = [line for line in lines if line.percent is not None]
    due = await falling_due(session, on, today, threshold, agencies=names)
    silent = [name for name in silent_agencies(feeds) if name in set(names.values())]
    return [
        head.write(
            Kind.PARTNERSHIP_SUMMARY,
            lead_key(Kind.PARTNERSHIP_SUMMARY, lead, month),
            lead.email or "",
            f"Training across the partnership: {month:%B %Y}",
            lead=lead,
            on=table.as_at,
            before=before.as_at,
            held=table.held,
            agencies=table.summaries,
            merged=table.merged,
            remainder=REMAINDER,
            totals=totals,
            hidden=len(lines) - len(totals),
            unclear=unclear,
            coverage=covered,
            due=due,
            freshness=freshness_in_words(feeds, set(names.values())),
            threshold=threshold,
            first=_partnership_first(unclear, silent, totals, covered),
        )
        for lead in leads
    ]


async def look_at_lead_summaries(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, _base_url: str
) -> Written:
    """They keep their figures, which are of a day that they name; who leads that training no more reads none."""
    leading = {
        (lead.practitioner_id, kind, lead.over): lead
        for kind, leads in (
            (Kind.AGENCY_SUMMARY, await leads_of_agencies(session, on)),
            (Kind.PARTNERSHIP_SUMMARY, await leads_of_partnerships(session, on)),
        )
        for lead in leads
    }
    written: Written = {}
    for practitioner_id, several in messages.items():
        for message in several:
            kind, _, _month, over = message.key.split(":")
            lead = leading.get((practitioner_id, Kind(kind), int(over)))
            if lead is None or not lead.at_work or not lead.email:
                written[message.id] = Withdrawn(LEADS_NO_MORE if lead is None or not lead.at_work else Held.NO_ADDRESS)
            elif lead.email != message.to:
                written[message.id] = Draft(
                    message.key, lead.email, message.subject, message.text, message.html, message.reply_to or ""
                )
    return written


async def _agencies(session: AsyncSession) -> dict[int, str]:
    return {row.id: row.name for row in await session.execute(select(Agency.id, Agency.name))}


def _agency_first(lines: Sequence[Line], missing: str, covered: Sequence[AgencyCoverage], silent: bool) -> list[str]:
    sentences = [
        f"Publish what you expect of {missing}: the partnership’s minimum is all that holds for them now."
        if missing
        else "",
        "Send the records that are missing: what rests on them is unknown." if silent else "",
        _worst(lines),
        _uncovered(covered),
    ]
    return [sentence for sentence in sentences if sentence]


def _partnership_first(
    unclear: Sequence[tuple[str, str]],
    silent: Sequence[str],
    totals: Sequence[Line],
    covered: Sequence[CoverageInWords],
) -> list[str]:
    agencies = "1 agency" if len(unclear) == 1 else f"{len(unclear)} agencies"
    sentences = [
        f"Ask {agencies} to publish what they expect of their people: they are named below." if unclear else "",
        f"Ask {' and '.join(silent)} for the records that have not come." if silent else "",
        _worst(totals),
        _lacking(covered),
    ]
    return [sentence for sentence in sentences if sentence]


def _worst(lines: Sequence[Line]) -> str:
    below = [line for line in lines if line.percent is not None and line.gap < 0]
    if not below:
        return ""
    worst = min(below, key=lambda line: line.gap)
    return f"“{worst.title}” is furthest from its target: {worst.percent}% against {worst.cell.target_percent:g}%."


def _uncovered(covered: Sequence[AgencyCoverage]) -> str:
    missing = sum(one.settings - one.covered for one in covered if one.covered is not None)
    if not missing:
        return ""
    places = "1 place has" if missing == 1 else f"{missing} places have"
    return f"See that {places} enough people who hold what is needed there."


def _lacking(covered: Sequence[CoverageInWords]) -> str:
    lacking = {one.agency for one in covered if one.lacking}
    if not lacking:
        return ""
    agencies = "1 agency has" if len(lacking) == 1 else f"{len(lacking)} agencies have"
    return f"See that {agencies} enough people who hold what is needed there."
