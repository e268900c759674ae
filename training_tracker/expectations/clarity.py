"""Which agencies have said what they expect of the front line, and of managers: the audit asked each to be clear."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from training_tracker.expectations.models import Expectation, ExpectationScope, ExpectationVersion
from training_tracker.people.models import Agency, AgencyPartnership, Audience, Role, RoleGroup, Sector

BOTH = frozenset({Audience.FRONT_LINE, Audience.MANAGERS})


async def some_group_is_of_managers(session: AsyncSession) -> bool:
    """Whether the configuration says of any group of roles that it is of managers."""
    found = select(RoleGroup.id).where(RoleGroup.audience == Audience.MANAGERS).limit(1)
    return await session.scalar(found) is not None


@dataclass(frozen=True, slots=True)
class Clarity:
    """What an agency has published, and whether the law makes its sector a partner."""

    agency: str
    sector: str
    statutory: bool
    published: frozenset[Audience]

    @property
    def front_line(self) -> bool:
        return Audience.FRONT_LINE in self.published

    @property
    def managers(self) -> bool:
        return Audience.MANAGERS in self.published

    @property
    def missing(self) -> str:
        return missing_in_words(self.published)


async def clarity_in(
    session: AsyncSession, partnership_id: int, on: date, *, known_at: datetime | None = None
) -> list[Clarity]:
    """Every agency of a partnership, statutory ones first, then by name. Two statements."""
    published = await published_for(session, on, known_at=known_at)
    rows = await session.execute(
        select(Agency.id, Agency.name, Sector.name, Sector.statutory)
        .join(Sector, Sector.id == Agency.sector_id)
        .where(
            Agency.id.in_(
                select(AgencyPartnership.agency_id).where(
                    AgencyPartnership.partnership_id == partnership_id,
                    _stood(known_at, AgencyPartnership.recorded_at, AgencyPartnership.withdrawn_at),
                )
            )
        )
        .order_by(Sector.statutory.desc(), Agency.name)
    )
    return [
        Clarity(name, sector, statutory, published.get(number, frozenset())) for number, name, sector, statutory in rows
    ]


async def published_for(
    session: AsyncSession, on: date, *, known_at: datetime | None = None
) -> dict[int, frozenset[Audience]]:
    """Of whom each agency, by its id, expects something by a rule of its own that is in force and required.

    A rule for everybody, or for a team, speaks to both; the partnership's rules are no agency's own. With ``known_at``
    by what had been published at that moment.
    """
    later = aliased(ExpectationVersion)
    superseded = exists().where(
        later.expectation_id == ExpectationVersion.expectation_id,
        later.effective_from > ExpectationVersion.effective_from,
        later.effective_from <= on,
        _stood(known_at, later.published_at, later.withdrawn_at),
    )
    rows = await session.execute(
        select(Expectation.agency_id, RoleGroup.audience)
        .join(ExpectationVersion, ExpectationVersion.expectation_id == Expectation.id)
        .join(ExpectationScope, ExpectationScope.version_id == ExpectationVersion.id)
        .outerjoin(Role, Role.id == ExpectationScope.role_id)
        .outerjoin(RoleGroup, RoleGroup.id == func.coalesce(ExpectationScope.role_group_id, Role.role_group_id))
        .where(
            Expectation.agency_id.is_not(None),
            ExpectationVersion.required,
            _stood(known_at, ExpectationVersion.published_at, ExpectationVersion.withdrawn_at),
            ExpectationVersion.effective_from <= on,
            or_(ExpectationVersion.effective_until.is_(None), ExpectationVersion.effective_until >= on),
            ~superseded,
        )
        .distinct()
    )
    found: dict[int, set[Audience]] = defaultdict(set)
    for agency_id, audience in rows:
        assert agency_id is not None, "asked for above"
        found[agency_id] |= {Audience(audience)} if audience else BOTH
    return {agency: BOTH & audiences for agency, audiences in found.items()}


async def missing_for(session: AsyncSession, published: frozenset[Audience]) -> list[Audience]:
    """Of the front line and of managers those for whom an agency that has published for these has nothing.

    Of managers nothing is missing where the configuration calls no group of roles that.
    """
    asked = [Audience.FRONT_LINE, *([Audience.MANAGERS] if await some_group_is_of_managers(session) else [])]
    return [audience for audience in asked if audience not in published]


def missing_in_words(published: frozenset[Audience]) -> str:
    """For whom nothing is published: "the front line", "managers" or both; empty where nothing is missing."""
    words = {Audience.FRONT_LINE: "the front line", Audience.MANAGERS: "managers"}
    return " and ".join(said for audience, said in words.items() if audience not in published)


def _stood(
    known_at: datetime | None, since: InstrumentedAttribute[datetime], until: InstrumentedAttribute[datetime | None]
) -> ColumnElement[bool]:
    if known_at is None:
        return until.is_(None)
    return and_(since <= known_at, or_(until.is_(None), until > known_at))
