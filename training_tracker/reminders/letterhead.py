"""What the e-mails of an agency, or of a partnership, have in common: an agency's own words in place of the usual
ones, and where answers go."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.mail.outbox import Draft
from training_tracker.mail.rendering import render
from training_tracker.people.models import Agency, AgencyPartnership, Partnership, Post, Team
from training_tracker.people.posts import in_post
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.models import LetterWording
from training_tracker.settings import packed_folder

# By kind and place in the letter.
Words = Mapping[tuple[str, str], str]


@cache
def usual_words() -> Words:
    """``templates/emails/wording.toml``."""
    read = tomllib.loads((packed_folder("templates") / "emails" / "wording.toml").read_text(encoding="utf-8"))
    return {(kind, place): words for kind, places in read.items() for place, words in places.items()}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """``own`` are the words that take the place of usual ones; without a ``reply_to`` answers go where all do."""

    base_url: str
    reply_to: str = ""
    own: Words = field(default_factory=dict)

    def write(self, kind: Kind, key: str, to: str, subject: str, **context: Any) -> Draft:
        """An e-mail from the templates of its kind, which find the words as ``wording``."""
        words = {place: self.own.get((of, place), text) for (of, place), text in usual_words().items() if of == kind}
        rendered = render(kind, subject=subject, wording=words, base_url=self.base_url.rstrip("/"), **context)
        return Draft(key, to, subject, rendered.text, rendered.html, self.reply_to)


class Letterheads:
    """The letterhead of each agency, and which of them each recipient gets."""

    def __init__(self, base_url: str, agencies: Mapping[int, Letterhead], agency_of: Mapping[int, int]) -> None:
        self._usual = Letterhead(base_url)
        self._agencies = agencies
        self._agency_of = agency_of

    def of(self, practitioner_id: int) -> Letterhead:
        """Whoever works for several agencies gets the usual one: the words of one are not those of the others."""
        return self.of_agency(self._agency_of.get(practitioner_id))

    def of_agency(self, agency_id: int | None) -> Letterhead:
        return self._usual if agency_id is None else self._agencies.get(agency_id, self._usual)


async def letterheads(session: AsyncSession, people: Sequence[int], on: date, base_url: str) -> Letterheads:
    """Those for these people, few enough for one statement."""
    own: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)
    for wording in await session.scalars(select(LetterWording)):
        own[wording.agency_id][wording.kind, wording.place] = wording.words
    contacts: dict[int, str] = {}
    for agency_id, contact, partnership_contact in await session.execute(
        select(Agency.id, Agency.contact_email, Partnership.contact_email)
        .outerjoin(
            AgencyPartnership,
            (AgencyPartnership.agency_id == Agency.id) & AgencyPartnership.withdrawn_at.is_(None),
        )
        .outerjoin(Partnership, Partnership.id == AgencyPartnership.partnership_id)
        .order_by(Agency.id, Partnership.id)
    ):
        contacts[agency_id] = contacts.get(agency_id) or contact or partnership_contact or ""
    agencies: dict[int, set[int]] = defaultdict(set)
    for practitioner_id, agency_id in await session.execute(
        select(Post.practitioner_id, Team.agency_id)
        .join(Team, Team.id == Post.team_id)
        .where(Post.practitioner_id.in_(people), in_post(on))
        .distinct()
    ):
        agencies[practitioner_id].add(agency_id)
    return Letterheads(
        base_url,
        {agency: Letterhead(base_url, contact, own[agency]) for agency, contact in contacts.items()},
        {person: theirs.pop() for person, theirs in agencies.items() if len(theirs) == 1},
    )


async def letterhead_of_partnership(session: AsyncSession, partnership_id: int, base_url: str) -> Letterhead:
    """Of what a partnership itself sends, whoever reads it."""
    return Letterhead(base_url, (await session.get_one(Partnership, partnership_id)).contact_email or "")
