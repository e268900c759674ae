"""What an e-mail of a kind would say to somebody, whether or not it is their turn; nothing is planned by looking."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import TypedDict
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months, in_words
from training_tracker.errors import Refused
from training_tracker.mail.composing import refuse_no_address
from training_tracker.mail.outbox import Draft, put
from training_tracker.people.models import Practitioner
from training_tracker.reminders.asked import asked_by_version
from training_tracker.reminders.campaigns import campaign_letter, head_of, notices
from training_tracker.reminders.confirming import confirmation, newest_recorded
from training_tracker.reminders.deputies import deputy_letter, newest_named
from training_tracker.reminders.due import what_is_due
from training_tracker.reminders.escalating import escalation, known_to, long_overdue
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.lead_summaries import agency_summaries, partnership_summaries
from training_tracker.reminders.leads import leads_of_agencies, leads_of_partnerships
from training_tracker.reminders.letter import DigestLine, digest, things_to_do
from training_tracker.reminders.letterhead import Letterhead, letterheads
from training_tracker.reminders.managers import managers_on, tree_of_teams
from training_tracker.reminders.models import Campaign
from training_tracker.reminders.nudging import nudge_letter
from training_tracker.reminders.self_declared import self_declared_by
from training_tracker.reminders.summaries import draft, summaries_for
from training_tracker.reminders.welcome import newest_post, welcome_to
from training_tracker.settings import Settings


class Figures(TypedDict):
    """What the summaries for leads have to be told."""

    on: date
    today: date
    base_url: str
    threshold: int


class Preview:
    """One recipient on one day, today or later."""

    def __init__(self, session: AsyncSession, person: Practitioner, on: date, today: date, settings: Settings) -> None:
        self.session = session
        self.person = person
        self.on = on
        self.today = today
        self.settings = settings

    async def of(self, kind: Kind) -> Draft:
        """Raises :class:`Refused` where there is nothing of which such an e-mail could tell."""
        kinds: dict[Kind, Callable[[], Awaitable[Draft | None]]] = {
            Kind.DIGEST: self._digest,
            Kind.WELCOME: self._welcome,
            Kind.CONFIRMATION: self._confirmation,
            Kind.SUMMARY: self._summary,
            Kind.ESCALATION: self._escalation,
            Kind.AGENCY_SUMMARY: self._agency_summary,
            Kind.PARTNERSHIP_SUMMARY: self._partnership_summary,
            Kind.CAMPAIGN: self._campaign,
            Kind.NUDGE: self._nudge,
            Kind.DEPUTY: self._deputy,
        }
        found = await kinds[kind]()
        if found is None:
            raise Refused(
                f"On {in_words(self.on)} there is nothing of which {kind.with_article} could tell them",
                "Choose another kind, another person or another day.",
            )
        return found

    @property
    def _to(self) -> str:
        return self.person.email or "no address"

    def _key(self, kind: Kind) -> str:
        return key_of(kind, self.person.id, self.on)

    async def _digest(self) -> Draft | None:
        lines = await self._things()
        if not lines:
            return None
        return digest(await self._letterhead(), self._key(Kind.DIGEST), self._to, self.person.name, lines)

    async def _nudge(self) -> Draft | None:
        lines = await self._things()
        if not lines:
            return None
        return nudge_letter(
            await self._letterhead(), self._key(Kind.NUDGE), self._to, self.person.name, "your manager", lines
        )

    async def _things(self) -> list[DigestLine]:
        (person,) = await what_is_due(self.session, [self.person.id], self.on, today=self.today)
        declared = await self_declared_by(self.session, [self.person.id], self.on)
        return things_to_do(person.due, await asked_by_version(self.session), declared)

    async def _welcome(self) -> Draft | None:
        post = await newest_post(self.session, self.person.id, self.on)
        if post is None:
            return None
        return await welcome_to(
            self.session, post, await self._letterhead(), self._key(Kind.WELCOME), self._to, self.person.name, self.on
        )

    async def _confirmation(self) -> Draft | None:
        recorded = await newest_recorded(self.session, self.person.id)
        if not recorded:
            return None
        key = self._key(Kind.CONFIRMATION)
        return confirmation(await self._letterhead(), key, self._to, self.person.name, recorded)

    async def _summary(self) -> Draft | None:
        tree = await tree_of_teams(self.session)
        managers = await managers_on(self.session, self.on, tree)
        chosen = [manager for manager in managers.everybody if manager.practitioner_id == self.person.id]
        if not chosen:
            return None
        (summary,) = await summaries_for(
            self.session, chosen, managers, self.on.replace(day=1), self.on, tree, today=self.today
        )
        return draft(summary, self.on, add_months(self.on, -1), await self._letterhead())

    async def _escalation(self) -> Draft | None:
        late = await long_overdue(self.session, self.on, today=self.today)
        managers = await managers_on(self.session, self.on, await tree_of_teams(self.session))
        theirs = known_to(managers, late).get(self.person.id)
        if not theirs:
            return None
        key = self._key(Kind.ESCALATION)
        return escalation(await self._letterhead(), key, self._to, self.person.name, theirs, [])

    async def _agency_summary(self) -> Draft | None:
        leads = [one for one in await leads_of_agencies(self.session, self.on) if one.practitioner_id == self.person.id]
        letters = await agency_summaries(self.session, leads[:1], self.on.replace(day=1), **self._figures())
        return letters[0] if letters else None

    async def _partnership_summary(self) -> Draft | None:
        everybody = await leads_of_partnerships(self.session, self.on)
        leads = [one for one in everybody if one.practitioner_id == self.person.id]
        letters = await partnership_summaries(self.session, leads[:1], self.on.replace(day=1), **self._figures())
        return letters[0] if letters else None

    async def _campaign(self) -> Draft | None:
        sent = await notices(self.session, self.person.id)
        if not sent:
            return None
        campaign = await self.session.get_one(Campaign, sent[0].id)
        head = await head_of(self.session, campaign, self.on, self.settings.base_url)
        return campaign_letter(head, self._key(Kind.CAMPAIGN), self._to, self.person.name, sent[0])

    async def _deputy(self) -> Draft | None:
        line = await newest_named(self.session, self.person.id, self.on)
        if line is None:
            return None
        key = self._key(Kind.DEPUTY)
        return deputy_letter(await self._letterhead(), key, self._to, self.person.name, line, self.on)

    async def _letterhead(self) -> Letterhead:
        return (await letterheads(self.session, [self.person.id], self.on, self.settings.base_url)).of(self.person.id)

    def _figures(self) -> Figures:
        return {
            "on": self.on,
            "today": self.today,
            "base_url": self.settings.base_url,
            "threshold": self.settings.suppression_threshold,
        }


async def test_copy(session: AsyncSession, letter: Draft, to: str) -> int:
    """Put a copy of an e-mail in the outbox that goes to another address, and says that it is a test.

    Raises :class:`Refused` for what is no address.
    """
    refuse_no_address(to, "to")
    copy = replace(letter, key=f"test:{uuid4()}", to=to, subject=f"Test: {letter.subject}")
    (number,) = await put(session, [copy])
    return number
