"""Tokens of other systems: made once and shown once, each for one thing, of one agency or partnership, for a while."""

import hmac
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.models import ServiceToken, ServiceTokenUse, SignInTry, TokenScope
from training_tracker.access.permissions import PERMISSIONS, May, Role
from training_tracker.access.tries import COUNTED_FOR, as_one, count, too_many
from training_tracker.audit.acting import at_work
from training_tracker.calendar import now
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import nearest, tidy
from training_tracker.people.models import Agency, Partnership
from training_tracker.sealing import new_token, seal
from training_tracker.settings import Settings
from training_tracker.wall import Sight

LONGEST_DAYS = 730
# How what stands under its facts begins.
SIGNED = "token "
# So that whoever finds a token somewhere sees whose it is.
OURS = "tt_"
# Of a token, so many characters are kept and shown.
SHOWN = 11
# As it comes with a request; what cannot be one of ours is not looked for.
BROUGHT = re.compile(rf"(?i:bearer) +({OURS}[A-Za-z0-9_-]{{43}}) *")
# That a token was used is written down no oftener than this.
NOTED_EVERY = timedelta(hours=1)
# Different ones, from one network in a day: a system that goes on with an old one counts once.
WRONG_TOKENS = 100

ROLES = {TokenScope.FIGURES: Role.SYSTEM_FOR_FIGURES, TokenScope.COMPLETIONS: Role.SYSTEM_FOR_COMPLETIONS}


class TokenNeeded(Exception):
    """There is no token, or it is wrong, expired or revoked: which of these is nobody's business.

    ``to_count``: it is a try that was not counted yet.
    """

    def __init__(self, *, to_count: bool = False) -> None:
        super().__init__()
        self.to_count = to_count


class TooManyTokens(Exception):
    """So many wrong tokens came from this network that none is looked at any more for a while."""


@dataclass(frozen=True, slots=True)
class Service:
    """Another system that came with a token, of an agency or of a partnership; ``noted`` if that was written down
    lately."""

    token_id: int
    name: str
    scope: TokenScope
    agency_id: int | None
    partnership_id: int | None
    of: str
    noted: bool

    def may(self, what: May) -> bool:
        return ROLES[self.scope] in PERMISSIONS[what]

    @property
    def sight(self) -> Sight:
        """Whose rows the database itself lets it read."""
        return Sight(() if self.agency_id is None else (self.agency_id,))

    @property
    def signature(self) -> str:
        """What stands under a fact that it records."""
        return f"{SIGNED}{self.name}"

    def goes_to_work(self) -> None:
        """What is changed from here on, to the end of the request, is its act."""
        at_work().by = self.signature


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as it is listed; ``state`` in words."""

    name: str
    begins_with: str
    of: str
    may: TokenScope
    made_at: datetime
    expires_on: date
    used_at: datetime | None
    state: str


async def make_token(
    session: AsyncSession, settings: Settings, name: str, of: Agency | Partnership, scope: TokenScope, expires_on: date
) -> str:
    """Returns the token, which is kept nowhere. Raises :class:`Refused` for a name that was given before."""
    name = tidy(name)
    if not 1 <= len(name) <= 60:
        raise Refused("A token needs a name, of at most 60 characters", "Name the system that is to have it.", "name")
    if await session.scalar(select(ServiceToken.id).where(ServiceToken.name == name)) is not None:
        mend = "The audit trail tells acts by it, so give each token a name of its own."
        raise Refused(f"There is or was a token with the name {name}", mend, "name")
    if scope is TokenScope.COMPLETIONS and isinstance(of, Partnership):
        mend = "Give the agency whose system sends them: --agency NAME."
        raise Refused("A partnership has no people, so it sends no completions", mend, "may")
    token = OURS + new_token()
    row = ServiceToken(
        name=name,
        scope=scope,
        agency_id=of.id if isinstance(of, Agency) else None,
        partnership_id=of.id if isinstance(of, Partnership) else None,
        begins_with=token[:SHOWN],
        seal=seal(settings, "token", token),
        made_at=now(),
        expires_on=expires_on,
    )
    session.add(row)
    await session.flush()
    session.add(ServiceTokenUse(token_id=row.id))
    return token


async def listed_tokens(session: AsyncSession, today: date) -> list[TokenLine]:
    rows = await session.execute(_tokens().order_by(ServiceToken.name))
    return [
        TokenLine(
            token.name,
            token.begins_with,
            of,
            token.scope,
            token.made_at,
            token.expires_on,
            used_at,
            "revoked" if token.revoked_at else "expired" if token.expires_on < today else "good",
        )
        for token, of, used_at in rows
    ]


async def revoke_token(session: AsyncSession, name: str) -> bool:
    """Let a token be good no more; says whether it was not revoked before. Raises :class:`NotFound` if there is none.

    It keeps its place in the list, and its name.
    """
    token = await session.scalar(select(ServiceToken).where(ServiceToken.name == tidy(name)))
    if token is None:
        alike = nearest(name, list(await session.scalars(select(ServiceToken.name))))
        guess = f" Did you mean {' or '.join(alike)}?" if alike else ""
        raise NotFound(f"There is no token “{tidy(name)}”.{guess}")
    if token.revoked_at:
        return False
    token.revoked_at = now()
    return True


async def service_of(session: AsyncSession, settings: Settings, token: str, network: str, today: date) -> Service:
    """Who comes with this token.

    Raises :class:`TokenNeeded` if it is not good, :class:`TooManyTokens` if none is looked at from this network.
    """
    this_one, any_one = (seal(settings, "try", wrong) for wrong in _wrong(token, network))
    lately = SignInTry.who.in_([this_one, any_one]), SignInTry.at >= now() - COUNTED_FOR
    number = func.count().label("number")
    counted = await session.execute(select(SignInTry.who, number).where(*lately).group_by(SignInTry.who))
    tries = {row.who: row.number for row in counted}
    if tries.get(any_one, 0) >= WRONG_TOKENS:
        raise TooManyTokens
    found = (await session.execute(_tokens().where(ServiceToken.begins_with == token[:SHOWN]))).one_or_none()
    # Compared with something where there is none, too, so that it takes the same time.
    matches = hmac.compare_digest(found.ServiceToken.seal if found else "0" * 64, seal(settings, "token", token))
    if found is None or not matches or found.ServiceToken.revoked_at or found.ServiceToken.expires_on < today:
        raise TokenNeeded(to_count=this_one not in tries)
    return Service(
        token_id=found.ServiceToken.id,
        name=found.ServiceToken.name,
        scope=found.ServiceToken.scope,
        agency_id=found.ServiceToken.agency_id,
        partnership_id=found.ServiceToken.partnership_id,
        of=found.of,
        noted=found.used_at is not None and found.used_at > now() - NOTED_EVERY,
    )


async def note_use(session: AsyncSession, service: Service) -> None:
    await session.execute(
        update(ServiceTokenUse).where(ServiceTokenUse.token_id == service.token_id).values(used_at=now())
    )


async def count_wrong(session: AsyncSession, settings: Settings, token: str, network: str) -> None:
    """Count a token that was not good against its network: once a day, since a system that has it goes on with it."""
    this_one, any_one = _wrong(token, network)
    if not await too_many(session, settings, {this_one: 1, any_one: WRONG_TOKENS}):
        await count(session, settings, [this_one, any_one])


def _wrong(token: str, network: str) -> tuple[str, str]:
    """What a wrong token is counted as: this one, and any one from its network."""
    return f"wrong token {token} from {as_one(network)}", f"wrong token from {as_one(network)}"


def _tokens() -> Select[ServiceToken, str, datetime | None]:
    """Tokens, whose they are, and when each was used."""
    return (
        select(ServiceToken, func.coalesce(Agency.name, Partnership.name).label("of"), ServiceTokenUse.used_at)
        .join(ServiceTokenUse, ServiceTokenUse.token_id == ServiceToken.id)
        .outerjoin(Agency, Agency.id == ServiceToken.agency_id)
        .outerjoin(Partnership, Partnership.id == ServiceToken.partnership_id)
    )
