"""The second step of signing in: a code of an authenticator app (RFC 6238), or a recovery code, each good once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.granting import may_sign_in
from training_tracker.access.models import Grant, RecoveryCode, SecondStep, SecondStepKey
from training_tracker.access.sessions import end_all
from training_tracker.access.tries import as_one, count, too_many
from training_tracker.calendar import now
from training_tracker.database import wait_for_turn
from training_tracker.errors import Refused
from training_tracker.people.models import Practitioner
from training_tracker.sealing import lock, seal, unlock
from training_tracker.settings import Settings

DIGITS, RECOVERY_DIGITS = 6, 12
RECOVERY_CODES = 10
# So many half minutes a clock may be wrong, either way.
CLOCKS_DIFFER = 1
# Wrong codes in a day. Whoever guesses has the person's mailbox or account already; each guess finds one of three good
# codes of a million, so so many for one person do 1 day in 11,000.
PER_PERSON = 30
# So that whoever guesses from elsewhere does not keep the person out at once.
PER_PERSON_AND_NETWORK = 10
PER_NETWORK = 60

ISSUER = "Training Tracker"


def new_key() -> str:
    """What an app is to make its codes from, as somebody can type it; kept nowhere until a code of it has come."""
    return random_base32()


def as_address(key: str, actor: Actor) -> str:
    """A key as an app reads it from a QR code."""
    return TOTP(key).provisioning_uri(name=actor.email or actor.name, issuer_name=ISSUER)


async def second_step_of(session: AsyncSession, practitioner_id: int) -> SecondStep | None:
    return await session.get(SecondStep, practitioner_id)


async def set_up(
    session: AsyncSession, settings: Settings, practitioner_id: int, key: str, code: str, *, anew: bool
) -> list[str]:
    """Take codes of an app with this key from now on, once it has shown one; returns the recovery codes.

    Raises :class:`Refused` for a wrong code, and where there is an app already unless it is to be set up ``anew``.
    """
    await wait_for_turn(session, f"second step {practitioner_id}")
    there = await second_step_of(session, practitioner_id)
    if there is not None and not anew:
        mend = "Open My training, and type the code that it shows."
        raise Refused("An app has been set up just now, in another window", mend, "code")
    half_minute = _half_minute(key, _digits(code))
    if half_minute is None:
        mend = "Type the six digits that the app shows now; the clock of the device must be right."
        raise Refused("This is not a code of the app with this key", mend, "code")
    await session.execute(delete(SecondStepKey).where(SecondStepKey.practitioner_id == practitioner_id))
    locked = lock(settings, _of(practitioner_id), key)
    session.add(SecondStepKey(practitioner_id=practitioner_id, key=locked, used=half_minute))
    if there is None:
        there = SecondStep(practitioner_id=practitioner_id)
        session.add(there)
    there.set_up_at = now()
    return await _with_new_codes(session, settings, there)


async def new_recovery_codes(session: AsyncSession, settings: Settings, practitioner_id: int) -> list[str]:
    """Other recovery codes, in place of those before."""
    there = await session.get_one(SecondStep, practitioner_id)
    return await _with_new_codes(session, settings, there)


async def take(
    session: AsyncSession, settings: Settings, practitioner_id: int, code: str, network: str
) -> bool | Refused:
    """Take a code, which is good no more; says whether it was a recovery code.

    Or why it is not good, since the try has to be kept.
    """
    digits = _digits(code)
    if len(digits) not in {DIGITS, RECOVERY_DIGITS}:
        mend = "Type what the app shows now, or one of your recovery codes."
        return Refused("A code has six digits, and a recovery code twelve", mend, "code")
    network = as_one(network)
    limits = {
        f"second step of {practitioner_id} from {network}": PER_PERSON_AND_NETWORK,
        f"second step of {practitioner_id}": PER_PERSON,
        f"second step from {network}": PER_NETWORK,
    }
    if await too_many(session, settings, limits):
        mend = "Try again tomorrow. If it was not you who typed them, tell whoever runs the Training Tracker."
        return Refused("Too many wrong codes were typed in a day, so none is taken any more", mend, "code")
    if len(digits) == RECOVERY_DIGITS:
        good = await _use_recovery_code(session, settings, practitioner_id, digits)
    else:
        kept = await session.get(SecondStepKey, practitioner_id)
        key = unlock(settings, _of(practitioner_id), kept.key) if kept else ""
        if key is None:
            mend = "Ask whoever runs the Training Tracker to reset your second step: its secret key has changed."
            return Refused("The key of your app cannot be read any more", mend, "code")
        half_minute = _half_minute(key, digits) if key else None
        good = half_minute is not None and await _use_half_minute(session, practitioner_id, half_minute)
    if good:
        return len(digits) == RECOVERY_DIGITS
    await count(session, settings, limits)
    mend = "Wait until the app shows the next one, and type that; the clock of the device must be right."
    return Refused("This is not the code, or it has been used", mend, "code")


async def reset(session: AsyncSession, practitioner_id: int) -> bool:
    """Let somebody set up their second step at the next sign-in, and sign them out; says whether they had one."""
    await wait_for_turn(session, f"second step {practitioner_id}")
    await end_all(session, [practitioner_id])
    await session.execute(delete(SecondStepKey).where(SecondStepKey.practitioner_id == practitioner_id))
    await session.execute(delete(RecoveryCode).where(RecoveryCode.practitioner_id == practitioner_id))
    gone = delete(SecondStep).where(SecondStep.practitioner_id == practitioner_id).returning(SecondStep.set_up_at)
    return bool((await session.execute(gone)).all())


async def unreadable(session: AsyncSession, settings: Settings) -> Sequence[Practitioner]:
    """Whose app's key was locked with another secret key than the settings have now, by name: each takes no code."""
    kept = await session.execute(
        select(SecondStepKey, Practitioner)
        .join(Practitioner, Practitioner.id == SecondStepKey.practitioner_id)
        .order_by(Practitioner.name, Practitioner.id)
    )
    return [person for step, person in kept if unlock(settings, _of(person.id), step.key) is None]


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody who has to take a second step, or has set one up; nothing else is known where they have not."""

    name: str
    email: str | None
    set_up_at: datetime | None
    recovery_codes: int | None


async def listed_second_steps(session: AsyncSession, today: date) -> Sequence[Listed]:
    has_right = select(Grant.id).where(Grant.practitioner_id == Practitioner.id).exists()
    rows = await session.execute(
        select(Practitioner.name, Practitioner.email, SecondStep.set_up_at, SecondStep.recovery_codes)
        .outerjoin(SecondStep, SecondStep.practitioner_id == Practitioner.id)
        .where(or_(has_right, SecondStep.practitioner_id.is_not(None)), may_sign_in(today))
        .order_by(Practitioner.name, Practitioner.id)
    )
    return [Listed(*row) for row in rows]


async def _with_new_codes(session: AsyncSession, settings: Settings, of: SecondStep) -> list[str]:
    """Only seals of them are kept."""
    codes = [f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}" for _ in range(RECOVERY_CODES)]
    of.recovery_codes, of.codes_made_at = RECOVERY_CODES, now()
    await session.execute(delete(RecoveryCode).where(RecoveryCode.practitioner_id == of.practitioner_id))
    purpose = _of(of.practitioner_id)
    session.add_all(
        RecoveryCode(practitioner_id=of.practitioner_id, code=seal(settings, purpose, code)) for code in codes
    )
    return codes


async def _use_half_minute(session: AsyncSession, practitioner_id: int, half_minute: int) -> bool:
    """Take no code of this half minute or of one before any more; says whether it was good: of two at once, one is."""
    used = await session.execute(
        update(SecondStepKey)
        .where(SecondStepKey.practitioner_id == practitioner_id, SecondStepKey.used < half_minute)
        .values(used=half_minute)
        .returning(SecondStepKey.practitioner_id)
        .execution_options(synchronize_session=False)
    )
    return used.scalar() is not None


async def _use_recovery_code(session: AsyncSession, settings: Settings, practitioner_id: int, code: str) -> bool:
    mine = RecoveryCode.practitioner_id == practitioner_id
    this_one = RecoveryCode.code == seal(settings, _of(practitioner_id), code)
    used = await session.execute(delete(RecoveryCode).where(mine, this_one).returning(RecoveryCode.code))
    if used.scalar() is None:
        return False
    await session.execute(
        update(SecondStep)
        .where(SecondStep.practitioner_id == practitioner_id)
        .values(recovery_codes=SecondStep.recovery_codes - 1)
    )
    return True


def _half_minute(key: str, code: str) -> int | None:
    """The half minute of which a code is, by its number; None for one of no half minute around now."""
    try:
        return TOTP(key).verify_and_get_timecode(code, for_time=now(), valid_window=CLOCKS_DIFFER)
    except OTPVerificationError:
        return None


def _of(practitioner_id: int) -> str:
    """Whose a secret is: in another's row it is of no use."""
    return f"second step {practitioner_id}"


def _digits(code: str) -> str:
    return "".join(character for character in code if character.isdecimal())
