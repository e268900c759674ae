"""Whose directory answers for which addresses, who is sent there, and who they are when they come back."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import actor_of
from training_tracker.access.models import Identity, IdentityDomain, IdentityProvider, ProviderVisit, VerifiedBy
from training_tracker.access.openid import Account, Attempt, Client, is_safe, key_in
from training_tracker.access.tries import as_one, count, too_many
from training_tracker.calendar import now
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import tidy
from training_tracker.people.models import Agency, Practitioner
from training_tracker.people.posts import agencies_worked_for
from training_tracker.sealing import new_token, seal
from training_tracker.settings import Settings

BACK_WITHIN = timedelta(minutes=10)
# In a day: a whole council may come from one, each of its people several times.
PER_NETWORK = 20_000
DOMAIN = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")
# The path to which providers send people back, and the one at which signing out ends.
BACK_TO, SIGNED_OUT_TO = "/sign-in/provider/callback", "/sign-in"


async def provider_for(session: AsyncSession, address: str) -> int | None:
    """The id of the provider whose it is to say that somebody has this address; the same for a whole domain."""
    return await session.scalar(
        select(IdentityDomain.provider_id).where(IdentityDomain.domain == _domain_of(address)).limit(1)
    )


async def send_away(session: AsyncSession, settings: Settings, provider_id: int, browser: str, network: str) -> str:
    """Let one browser come back from a provider; returns the state that it brings then.

    Raises :class:`Refused` where that many were sent from this network in a day.
    """
    limits = {f"sent to a provider from {as_one(network)}": PER_NETWORK}
    if await too_many(session, settings, limits):
        mend = "Try again tomorrow, or from another network. If it goes on, tell whoever runs the Training Tracker."
        raise Refused("Very many people began to sign in from your network today", mend, "email")
    await count(session, settings, limits)
    state, moment = new_token(), now()
    await session.execute(delete(ProviderVisit).where(ProviderVisit.sent_at < moment - BACK_WITHIN))
    sealed = {"state": seal(settings, "state", state), "browser": seal(settings, "browser", browser)}
    session.add(ProviderVisit(**sealed, provider_id=provider_id, sent_at=moment))
    return state


async def awaited_from(session: AsyncSession, settings: Settings, state: str, browser: str) -> IdentityProvider | None:
    """The provider from which this browser is to come back with this state; None if it is not, or not any more."""
    return await session.scalar(
        select(IdentityProvider)
        .join(ProviderVisit, ProviderVisit.provider_id == IdentityProvider.id)
        .where(*_this_visit(settings, state, browser))
    )


async def come_back(session: AsyncSession, settings: Settings, state: str, browser: str) -> IdentityProvider | None:
    """The same, and it comes back with this state no more: of two at once, one finds nothing."""
    visits = delete(ProviderVisit).where(*_this_visit(settings, state, browser)).returning(ProviderVisit.provider_id)
    provider_id = (await session.execute(visits)).scalar()
    return await session.get(IdentityProvider, provider_id) if provider_id else None


async def provider_of(session: AsyncSession, provider_id: int) -> IdentityProvider | None:
    return await session.get(IdentityProvider, provider_id)


def attempt(settings: Settings, state: str) -> Attempt:
    """What belongs to a state; it is kept nowhere, and nobody else can tell it."""
    return Attempt(state, seal(settings, "nonce", state), seal(settings, "verifier", state))


def client_of(settings: Settings, provider: IdentityProvider) -> Client:
    """What this program is at a provider. Raises :class:`Refused` where no setting holds its secret, or a key that
    cannot be used.
    """
    secret = settings.provider_secrets.get(provider.name)
    if secret is None:
        mend = "Tell whoever runs the Training Tracker: TRACKER_PROVIDER_SECRETS holds nothing for it."
        raise Refused(f"{provider.name} cannot be asked yet", mend, "secret")
    try:
        key = key_in(secret.get_secret_value())
    except ValueError:
        mend = "Tell whoever runs the Training Tracker: its key in TRACKER_PROVIDER_SECRETS cannot be used."
        raise Refused(f"{provider.name} cannot be asked yet", mend, "key") from None
    return Client(
        provider.name,
        provider.issuer,
        provider.client_id,
        secret.get_secret_value(),
        key,
        provider.verified_by,
        f"{settings.base_url.rstrip('/')}{BACK_TO}",
    )


async def person_behind(session: AsyncSession, provider: IdentityProvider, account: Account, today: date) -> int:
    """Who has this account: whom it was linked with, or else whoever has its address, with whom it is linked now.

    Either way they hold a post that is not over in an agency for which the provider answers, under an address for which
    it does. Raises :class:`Refused`; nobody is ever made.
    """
    await wait_for_turn(session, f"accounts with {provider.id}")
    known = Identity.provider_id == provider.id, Identity.subject == account.subject
    person = await session.scalar(
        select(Practitioner).join(Identity, Identity.practitioner_id == Practitioner.id).where(*known)
    )
    if person is not None:
        await _refuse_stranger(session, provider, person, today)
        return person.id
    person = await _by_address(session, provider, account.email)
    await _refuse_stranger(session, provider, person, today)
    other = select(Identity.subject).where(Identity.provider_id == provider.id, Identity.practitioner_id == person.id)
    if await session.scalar(other) is not None:
        mend = "If your account was made anew, ask whoever runs the Training Tracker to forget the old one."
        raise Refused(f"Your address belongs to another account with {provider.name}", mend, "another account")
    # Whom it is linked with does it.
    (await actor_of(session, person.id, today)).goes_to_work()
    session.add(Identity(provider_id=provider.id, subject=account.subject, practitioner_id=person.id, linked_at=now()))
    return person.id


async def _by_address(session: AsyncSession, provider: IdentityProvider, address: str | None) -> Practitioner:
    if address is None or not address.isprintable():
        mend = "Ask your agency's IT service to confirm your e-mail address there, or to let it be told."
        raise Refused(f"{provider.name} does not say that your e-mail address is yours", mend, "not verified")
    vouched = select(IdentityDomain.domain).where(
        IdentityDomain.provider_id == provider.id, IdentityDomain.domain == _domain_of(address)
    )
    if await session.scalar(vouched.limit(1)) is None:
        mend = "Sign in with the account of the agency that you work for."
        raise Refused(f"Your account with {provider.name} has another organisation's address", mend, "domain")
    person = await session.scalar(select(Practitioner).where(Practitioner.email == address))
    if person is None:
        raise _nobody(provider)
    return person


async def _refuse_stranger(
    session: AsyncSession, provider: IdentityProvider, person: Practitioner, today: date
) -> None:
    """Whoever works elsewhere by now is nobody of theirs, whatever their directory says."""
    agencies = select(IdentityDomain.agency_id).where(
        IdentityDomain.provider_id == provider.id, IdentityDomain.domain == _domain_of(person.email or "")
    )
    answered_for = set(await session.scalars(agencies))
    if not answered_for & await agencies_worked_for(session, person.id, today):
        raise _nobody(provider)


def _nobody(provider: IdentityProvider) -> Refused:
    mend = (
        "Your manager or your agency's training lead knows which address your agency has for you, and whether you are"
        " in its list of people."
    )
    return Refused(f"Nobody with your {provider.name} account works for an agency here", mend, "nobody")


def _domain_of(address: str) -> str:
    return tidy(address).lower().rpartition("@")[2]


def _this_visit(settings: Settings, state: str, browser: str) -> tuple[ColumnElement[bool], ...]:
    return (
        ProviderVisit.state == seal(settings, "state", state),
        ProviderVisit.browser == seal(settings, "browser", browser),
        ProviderVisit.sent_at >= now() - BACK_WITHIN,
    )


# --- which there are ---


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider, for one of the agencies that use it."""

    name: str
    issuer: str
    client_id: str
    verified_by: VerifiedBy
    agency: str
    domains: tuple[str, ...]


async def add_provider(
    session: AsyncSession, wanted: IdentityProvider, agency_id: int, domains: Collection[str]
) -> None:
    """Let an agency's addresses in these domains sign in with a provider, which may be there for another agency.

    Raises :class:`Refused`, and changes nothing, for one that is there otherwise, and for a domain that is another's.
    """
    if not is_safe(wanted.issuer) or "?" in wanted.issuer or "#" in wanted.issuer:
        mend = "Write the address that its tokens name, which begins with https://."
        raise Refused(f"{wanted.issuer} is no issuer", mend, "issuer")
    provider = await _there_already(session, wanted)
    if provider is None:
        provider = wanted
        session.add(provider)
        await session.flush()
    for domain in sorted({written.strip().lower().removeprefix("@") for written in domains}):
        await _answer_for(session, provider, agency_id, domain)


async def _there_already(session: AsyncSession, wanted: IdentityProvider) -> IdentityProvider | None:
    alike = (IdentityProvider.name == wanted.name) | (IdentityProvider.issuer == wanted.issuer)
    found = (await session.scalars(select(IdentityProvider).where(alike).order_by(IdentityProvider.id))).first()
    if found is None:
        return None
    for column in ("name", "issuer", "client_id", "verified_by"):
        there = getattr(found, column)
        if there != getattr(wanted, column):
            mend = "Give it as it is there, or take that one away first: user provider remove."
            raise Refused(f"There is {found.name} already, with the {column.replace('_', ' ')} {there}", mend, column)
    return found


async def _answer_for(session: AsyncSession, provider: IdentityProvider, agency_id: int, domain: str) -> None:
    if not DOMAIN.match(domain):
        raise Refused(f"{domain} is no domain", "Write what follows the @, such as council.example.", "domain")
    found = select(IdentityProvider.id, IdentityProvider.name, IdentityDomain.agency_id)
    found = found.join(IdentityDomain, IdentityDomain.provider_id == IdentityProvider.id)
    there = (await session.execute(found.where(IdentityDomain.domain == domain))).all()
    for other in there:
        if other.id != provider.id:
            mend = "Addresses of one domain sign in with one provider: take it away from that one first."
            raise Refused(f"Addresses in {domain} sign in with {other.name}", mend, "domain")
    if agency_id not in {row.agency_id for row in there}:
        session.add(IdentityDomain(domain=domain, agency_id=agency_id, provider_id=provider.id))


async def remove_provider(session: AsyncSession, name: str, agency_id: int) -> bool:
    """Let an agency's people sign in by e-mail again; says whether the provider is there for others still.

    Raises :class:`NotFound` if they do not sign in with it.
    """
    provider = await _named(session, name)
    of_it = IdentityDomain.provider_id == provider.id
    gone = delete(IdentityDomain).where(of_it, IdentityDomain.agency_id == agency_id).returning(IdentityDomain.domain)
    if not (await session.execute(gone)).all():
        raise NotFound(f"That agency's people do not sign in with {provider.name}.")
    if await session.scalar(select(IdentityDomain.agency_id).where(of_it).limit(1)) is not None:
        return True
    await session.execute(delete(Identity).where(Identity.provider_id == provider.id))
    await session.execute(delete(ProviderVisit).where(ProviderVisit.provider_id == provider.id))
    await session.delete(provider)
    return False


async def link_account(session: AsyncSession, name: str, subject: str, practitioner_id: int) -> None:
    """Say whose an account is, where the provider does not say whose address it has. Raises :class:`Refused` where
    either is linked already, and :class:`NotFound` for a provider that is not there."""
    provider = await _named(session, name)
    await wait_for_turn(session, f"accounts with {provider.id}")
    either = (Identity.subject == subject) | (Identity.practitioner_id == practitioner_id)
    if await session.scalar(select(Identity.subject).where(Identity.provider_id == provider.id, either)) is not None:
        mend = "Forget what is linked first: user provider forget."
        raise Refused(
            f"This account with {provider.name}, or another one of theirs, is linked already", mend, "subject"
        )
    session.add(Identity(provider_id=provider.id, subject=subject, practitioner_id=practitioner_id, linked_at=now()))


async def _named(session: AsyncSession, name: str) -> IdentityProvider:
    provider = await session.scalar(select(IdentityProvider).where(IdentityProvider.name == tidy(name)))
    if provider is None:
        raise NotFound(f"There is no provider “{tidy(name)}”. See which there are: user provider list.")
    return provider


async def forget_accounts(session: AsyncSession, practitioner_id: int) -> int:
    """Whoever next signs in with this person's address is linked anew; says how many accounts were theirs."""
    gone = delete(Identity).where(Identity.practitioner_id == practitioner_id).returning(Identity.subject)
    return len((await session.execute(gone)).all())


async def listed_providers(session: AsyncSession) -> list[Listed]:
    rows = await session.execute(
        select(IdentityProvider, Agency.name, IdentityDomain.domain)
        .join(IdentityDomain, IdentityDomain.provider_id == IdentityProvider.id)
        .join(Agency, Agency.id == IdentityDomain.agency_id)
        .order_by(IdentityProvider.name, Agency.name, IdentityDomain.domain)
    )
    grouped: dict[tuple[int, str], tuple[IdentityProvider, list[str]]] = {}
    for provider, agency, domain in rows:
        grouped.setdefault((provider.id, agency), (provider, []))[1].append(domain)
    return [
        Listed(found.name, found.issuer, found.client_id, found.verified_by, agency, tuple(domains))
        for (_, agency), (found, domains) in grouped.items()
    ]
