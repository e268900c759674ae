"""An agency's own words in its e-mails: setting them, and going back to the usual ones."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.errors import Refused
from training_tracker.mail.composing import refuse_no_address
from training_tracker.people.models import Agency
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.letterhead import usual_words
from training_tracker.reminders.models import LetterWording

LONGEST = 1_500


async def words_of(session: AsyncSession, agency_id: int) -> Mapping[tuple[str, str], str]:
    """What an agency's e-mails say, by kind and place: its own words, and elsewhere the usual ones."""
    rows = await session.scalars(select(LetterWording).where(LetterWording.agency_id == agency_id))
    return {**usual_words(), **{(row.kind, row.place): row.words for row in rows}}


async def set_words(session: AsyncSession, agency_id: int, kind: Kind, place: str, words: str, *, by: str) -> None:
    """Let an agency's e-mails of a kind say something else at a place. The usual words take its own away.

    Plain text: it stands in both parts of the e-mail as it is written. Raises :class:`Refused` for a place that the
    kind has not, no words, or too many.
    """
    words = " ".join(words.split())
    usual = usual_words().get((kind, place))
    if usual is None:
        places = ", ".join(where for of, where in usual_words() if of == kind)
        raise Refused(
            f"{kind.with_article.capitalize()} has no place called “{place}”", f"Choose one of {places}.", "place"
        )
    if not words:
        raise Refused("There are no words", "Write them, or go back to the usual ones.", "words")
    if len(words) > LONGEST:
        raise Refused(f"{len(words)} characters are more than anybody reads", f"Write at most {LONGEST}.", "words")
    own = await session.get(LetterWording, (agency_id, kind, place))
    if words == usual:
        if own is not None:
            await session.delete(own)
        return
    own = own or LetterWording(agency_id=agency_id, kind=kind, place=place)
    own.words, own.set_at, own.set_by = words, now(), by
    session.add(own)


async def set_contact(session: AsyncSession, agency_id: int, address: str | None) -> None:
    """Say where answers to the e-mails of an agency's people go; None for where the partnership says.

    Raises :class:`Refused` for what is no address.
    """
    if address is not None:
        refuse_no_address(address, "address")
    (await session.get_one(Agency, agency_id)).contact_email = address
