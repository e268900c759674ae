"""Two agencies that have rows of every kind that is confined, and somebody who works for both."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from training_tracker.access.granting import lead_agency, lead_partnership, scrutinise
from training_tracker.access.models import (
    AgencyRetention,
    CalendarFeed,
    Identity,
    IdentityProvider,
    Passport,
    PassportEntry,
    PassportLook,
    RecordShown,
    SecondStep,
    VerifiedBy,
)
from training_tracker.access.sessions import begin
from training_tracker.audit.acting import Acting, acting
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation
from training_tracker.intake.models import Layout, Part, Spreadsheet, SpreadsheetFile, Stage
from training_tracker.intake.uploads import Options, Told
from training_tracker.mail.models import Message, MessageState, UndeliverableAddress
from training_tracker.people.agencies import move_team, name_deputy, name_managers
from training_tracker.people.models import Agency, Delegation, EmployeeNumber, Post
from training_tracker.people.posts import correct_post
from training_tracker.records.disputing import dispute
from training_tracker.records.models import Evidence, EvidenceFile, RecordedToo, ResourceUse, Use, Wrong
from training_tracker.reminders.models import (
    AgencyLadder,
    Campaign,
    CampaignRecipient,
    Confirmation,
    Escalation,
    LetterWording,
    Nudge,
    Reminder,
    ReminderDecision,
    Snooze,
    Welcome,
)
from training_tracker.settings import Settings
from training_tracker.uptake.publishing import publish_uptake

TODAY, NOW = date(2026, 5, 4), datetime(2026, 5, 4, 9, tzinfo=UTC)
CANARY = "Canary"


@dataclass
class Side:
    """One of two agencies that have rows of everything."""

    agency: Agency
    lead: Post
    person: Post


@dataclass
class Both:
    """Harbour Council, Canary Surgery, and Dot Vale, who works at both. Pia leads the partnership, Sol scrutinises."""

    ours: Side
    theirs: Side
    dot: Post
    pia: Post
    sol: Post


async def message(session: AsyncSession, kind: str, person: int, words: str) -> int:
    moment = {"planned_at": NOW, "not_before": NOW, "sent_at": NOW}
    row = Message(
        key=f"{kind}:{person}:1",
        to=f"{words}@agency.example",
        subject="Your training",
        text=words,
        html=words,
        **moment,
    )
    row.state = MessageState.SENT
    session.add(row)
    await session.flush()
    return row.id


async def a_side(
    session: AsyncSession, settings: Settings, agency: Agency, word: str, course: Item, rule: Expectation
) -> Side:
    """Rows of every kind that is confined."""
    facts = Facts(session)
    upper, desk = await facts.team(f"{word} upper", agency=agency), await facts.team(f"{word} desk", agency=agency)
    await move_team(session, desk.id, upper.id)
    lead, person = await facts.post(f"{word} Lead", team=upper), await facts.post(f"{word} Person", team=desk)
    for post in (lead, person):
        who = post.practitioner_id
        await correct_post(session, post.id, word, started_on=date(2021, 1, 4))
        done = await facts.completed(post, course, date(2025, 6, 1))
        by = f"{word.lower()}-lead@agency.example"
        (await facts.on_leave(post, date(2026, 5, 1), date(2026, 8, 31))).recorded_by = by
        (await facts.exempt(post, rule, date(2026, 6, 1), date(2026, 7, 1))).granted_by = by
        await facts.extended(post, rule, date(2026, 6, 1), date(2026, 8, 1))
        await dispute(session, done.fact, agency.id, Wrong.DAY, word)
        shows = Evidence(
            practitioner_id=who,
            item_id=course.id,
            completed_on=done.completed_on,
            media_type="image/jpeg",
            size=len(word),
            attached_at=NOW,
        )
        session.add(shows)
        await session.flush()
        session.add(EvidenceFile(evidence_id=shows.id, practitioner_id=who, content=word.encode()))
        session.add(
            RecordedToo(
                agency_id=agency.id,
                practitioner_id=who,
                item_id=course.id,
                completed_on=done.completed_on,
                strength=done.strength,
                recorded_at=NOW,
                recorded_by=word,
            )
        )
        session.add(CalendarFeed(practitioner_id=who, seal=f"{word} {who}", made_at=NOW))
        passport = Passport(practitioner_id=who, seal=f"{word} {who}", made_at=NOW, ends_on=TODAY)
        session.add(passport)
        await session.flush()
        session.add(PassportLook(passport_id=passport.id, practitioner_id=who, at=NOW, looker=word))
        session.add(
            PassportEntry(
                passport_id=passport.id,
                practitioner_id=who,
                item_id=course.id,
                completed_on=done.completed_on,
                strength=done.strength,
            )
        )
        session.add(ResourceUse(practitioner_id=who, item_id=course.id, what=Use.USED, on=TODAY, said_at=NOW))
        provider = await session.scalar(select(IdentityProvider.id))
        number = await message(session, "digest", who, word)
        await begin(session, settings, who, TODAY)
        session.add_all(
            [
                EmployeeNumber(agency_id=agency.id, number=str(who), practitioner_id=who),
                Identity(provider_id=provider, subject=f"{word} {who}", practitioner_id=who, linked_at=NOW),
                RecordShown(practitioner_id=who, agency_id=agency.id, since=NOW),
                SecondStep(practitioner_id=who, set_up_at=NOW, recovery_codes=10, codes_made_at=NOW),
                Confirmation(completion_id=done.id, message_id=number),
                ReminderDecision(practitioner_id=who, on=TODAY, held=word, why="", decided_at=NOW),
                Welcome(post_id=post.id, practitioner_id=who, message_id=number, planned_on=TODAY),
                Reminder(
                    post_id=post.id,
                    expectation_id=rule.id,
                    due_on=TODAY,
                    step="due",
                    practitioner_id=who,
                    message_id=number,
                    planned_on=TODAY,
                ),
            ]
        )
    await lead_agency(session, lead.practitioner_id, agency.id)
    await name_managers(session, [(desk.id, lead.practitioner_id)])
    await name_deputy(session, desk.id, person.practitioner_id)
    await facts.feed(agency, course, received=[TODAY])
    campaign = Campaign(
        agency_id=agency.id,
        item_id=course.id,
        subject=word,
        words=word,
        roles="",
        statutory_only=False,
        begun_at=NOW,
        begun_by=word,
    )
    session.add(campaign)
    await session.flush()
    number = await message(session, "campaign", person.practitioner_id, word)
    told = await message(session, "escalation", lead.practitioner_id, word)
    session.add_all(
        [
            CampaignRecipient(campaign_id=campaign.id, practitioner_id=person.practitioner_id, message_id=number),
            UndeliverableAddress(address=f"{word.lower()}-person@agency.example", since=NOW),
            Nudge(practitioner_id=person.practitioner_id, on=TODAY, message_id=number, nudged_by="tests"),
            Delegation(
                manager_id=lead.practitioner_id,
                practitioner_id=person.practitioner_id,
                starts_on=date(2026, 7, 1),
                ends_on=date(2026, 7, 9),
                given_at=NOW,
            ),
            Snooze(manager_id=lead.practitioner_id, practitioner_id=person.practitioner_id, until=date(2026, 6, 1)),
            Escalation(
                manager_id=lead.practitioner_id,
                post_id=person.id,
                expectation_id=rule.id,
                due_on=TODAY,
                message_id=told,
            ),
            Spreadsheet(
                agency_id=agency.id,
                practitioner_id=lead.practitioner_id,
                sent_by=word,
                layout=Layout.PEOPLE,
                name=word,
                fingerprint=word,
                options=Options().as_json(),
                stage=Stage.DONE,
                sent_at=NOW,
                tries=0,
                rows_done=0,
                rows=0,
                seen=word,
                changed=False,
                told=Told(notes=[word]).as_json(),
                finished_at=NOW,
            ),
            AgencyRetention(agency_id=agency.id, months=72, set_at=NOW, set_by=word),
            LetterWording(agency_id=agency.id, kind="digest", place="opening", words=word, set_at=NOW, set_by=word),
            AgencyLadder(agency_id=agency.id, days_before="30", days_after="7", monthly=False, set_at=NOW, set_by=word),
        ]
    )
    await session.flush()
    sheet = await session.scalar(select(Spreadsheet.id).where(Spreadsheet.agency_id == agency.id))
    assert sheet
    # Not locked, so that it can be told whose it is.
    session.add(SpreadsheetFile(spreadsheet_id=sheet, part=Part.REFUSED, content=10 * word.encode()))
    return Side(agency, lead, person)


async def two_sides(database: Database, settings: Settings) -> Both:
    async with database.writing() as session:
        facts = Facts(session)
        council, surgery = await facts.agency(), await facts.agency(f"{CANARY} Surgery")
        course, rule = await facts.item("CSA-INTRO"), await facts.expectation("CSA")
        await facts.version(rule, [course], period_months=12)
        directory = {"name": "Directory", "issuer": "https://directory.example", "client_id": "x"}
        session.add(IdentityProvider(**directory, verified_by=VerifiedBy.XMS_EDOV))
    sides = []
    for agency, word in ((council, "Harbour"), (surgery, CANARY)):
        with acting(Acting(by=word)):
            async with database.writing() as session:
                sides.append(await a_side(session, settings, agency, word, course, rule))
    async with database.writing() as session:
        facts = Facts(session)
        pia, sol, dot = [await facts.post(name) for name in ("Pia Kent", "Sol Ward", "Dot Vale")]
        await facts.completed(dot, course, date(2026, 2, 2))
        there = await facts.post("Dot Vale", team=await facts.team(agency=surgery))
        (await facts.on_leave(there, date(2026, 4, 1))).recorded_by = f"{CANARY.lower()}-lead@agency.example"
        session.add(Snooze(manager_id=sides[1].lead.practitioner_id, practitioner_id=dot.practitioner_id, until=TODAY))
        number = await message(session, "campaign", dot.practitioner_id, "Harbour")
        ours = select(Campaign.id).where(Campaign.agency_id == council.id)
        first = (await session.scalars(ours)).one()
        session.add(CampaignRecipient(campaign_id=first, practitioner_id=dot.practitioner_id, message_id=number))
        partnership = (await facts.partnership()).id
        await lead_partnership(session, pia.practitioner_id, partnership)
        await scrutinise(session, sol.practitioner_id, partnership)
    async with database.writing() as session:
        await publish_uptake(session, TODAY, today=TODAY, threshold=5)
    return Both(sides[0], sides[1], dot, pia, sol)
