"""Signing in by e-mail: a link for the browser that asked, or a code to type into it.

Asking tells nobody who is known here: whatever is written, the answer is the same, and the work is done after it.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.granting import may_sign_in
from training_tracker.access.models import SignIn
from training_tracker.access.tries import as_one, count, too_many
from training_tracker.calendar import now
from training_tracker.errors import Refused
from training_tracker.naming import tidy
from training_tracker.people.models import Practitioner
from training_tracker.sealing import new_token, seal
from training_tracker.settings import Settings

GOOD_FOR = timedelta(minutes=15)
DIGITS = 6
CODES = 3
# From one network, so that whoever asks with another's address does not keep them out; and in all, for their mailbox.
PER_ADDRESS_AND_NETWORK = 12
PER_ADDRESS = 36
# A council's whole staff may come from one network on a Friday morning.
PER_NETWORK = 3_000
# Over all addresses: a thousand people mistype fewer, and so many guesses find one of a million codes 1 day in 3,000.
WRONG_CODES = 300
# So that nobody alone turns the codes off for everybody.
WRONG_CODES_PER_NETWORK = 60
# E-mails that a browser may wait for at a time; one more ends the oldest.
WAITED_FOR = 3

ASK_AGAIN = "Ask for another e-mail."


@dataclass(frozen=True, slots=True)
class Letter:
    """What the e-mail holds that answers somebody who asked; it is kept nowhere."""

    to: str
    name: str
    link: str
    code: str


async def ask(
    session: AsyncSession, settings: Settings, address: str, browser: str, network: str, today: date
) -> Letter | None:
    """Let whoever has this e-mail address sign in with one browser; None where there is nobody to write to.

    Only whoever may sign in gets an e-mail, and only so many in a day.
    """
    address, network = tidy(address).lower(), as_one(network)
    limits = {
        f"address {address} from {network}": PER_ADDRESS_AND_NETWORK,
        f"address {address}": PER_ADDRESS,
        f"network {network}": PER_NETWORK,
    }
    if await too_many(session, settings, limits):
        return None
    await count(session, settings, limits)
    person = await session.scalar(select(Practitioner).where(Practitioner.email == address, may_sign_in(today)))
    letter = Letter(address, person.name if person else "", new_token(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}")
    # Kept for nobody too, so that what comes after the answer takes the same time.
    session.add(
        SignIn(
            practitioner_id=person.id if person else None,
            link=seal(settings, "link", letter.link),
            code=seal(settings, f"code {browser}", letter.code),
            browser=seal(settings, "browser", browser),
            asked_at=now(),
            codes=0,
        )
    )
    await session.execute(delete(SignIn).where(SignIn.asked_at < now() - GOOD_FOR))
    await session.flush()
    waits = SignIn.browser == seal(settings, "browser", browser)
    newest = select(SignIn.id).where(waits).order_by(SignIn.id.desc()).limit(WAITED_FOR)
    await session.execute(
        delete(SignIn).where(waits, SignIn.id.not_in(newest)).execution_options(synchronize_session=False)
    )
    return letter if person else None


async def by_link(session: AsyncSession, settings: Settings, link: str, browser: str) -> int:
    """Whose link it is, which is good no more. Raises :class:`Refused` for one that is not good here."""
    asked = await session.scalar(select(SignIn).where(SignIn.link == seal(settings, "link", link), _good()))
    if asked is None or asked.practitioner_id is None:
        raise Refused("This link has been used, or is older than 15 minutes", ASK_AGAIN, "link")
    if not hmac.compare_digest(asked.browser, seal(settings, "browser", browser)):
        mend = "Open it there, or type the code from the e-mail into the page that waits for it."
        raise Refused("This link is for the browser in which it was asked for", mend, "link")
    if not await _use(session, asked.practitioner_id, asked.id):
        raise Refused("This link has been used just now", ASK_AGAIN, "link")
    return asked.practitioner_id


async def by_code(session: AsyncSession, settings: Settings, code: str, browser: str, network: str) -> int | Refused:
    """Whose code it is, which is good no more; or why it is not good, since the try has to be kept."""
    wrong = Refused(
        "This is not the code, or it is older than 15 minutes, or three were tried",
        "Look again, or ask for another.",
        "code",
    )
    code = "".join(character for character in code if character.isdecimal())
    if len(code) != DIGITS:
        return Refused("The code has six digits", "Type them as the e-mail says them.", "code")
    wrong_codes = {"wrong code": WRONG_CODES, f"wrong code from {as_one(network)}": WRONG_CODES_PER_NETWORK}
    if await too_many(session, settings, wrong_codes):
        mend = "Use the link in the e-mail, in the browser in which you asked for it."
        return Refused("Very many wrong codes were typed today, so none is taken any more", mend, "code")
    # The try is counted before the code is looked at, in one statement, so that no two count as one.
    tried = await session.execute(
        update(SignIn)
        .where(SignIn.browser == seal(settings, "browser", browser), SignIn.codes < CODES, _good())
        .values(codes=SignIn.codes + 1)
        .returning(SignIn.id, SignIn.practitioner_id, SignIn.code)
        .execution_options(synchronize_session=False)
    )
    sealed = seal(settings, f"code {browser}", code)
    wishes = tried.all()
    for number, practitioner_id, right in wishes:
        matches = hmac.compare_digest(right, sealed)
        if matches and practitioner_id is not None and await _use(session, practitioner_id, number):
            return practitioner_id
    # A guess is one for each e-mail that it might be of; of a browser that waits for none, it is none.
    for _ in wishes:
        await count(session, settings, wrong_codes)
    return wrong


async def _use(session: AsyncSession, practitioner_id: int, number: int) -> bool:
    """End this wish and every other of the person; says whether it was still there: of two at once, one finds none."""
    used = await session.execute(delete(SignIn).where(SignIn.practitioner_id == practitioner_id).returning(SignIn.id))
    return number in set(used.scalars())


def _good() -> ColumnElement[bool]:
    return SignIn.asked_at >= now() - GOOD_FOR
