"""Which agencies have said what they expect of the front line, and of managers: the audit asked each to be clear."""

from collections import defaultdict
from datetime import date

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.expectations.models import Expectation, ExpectationScope, ExpectationVersion
from training_tracker.people.models import Audience, Role, RoleGroup

BOTH = frozenset({Audience.FRONT_LINE, Audience.MANAGERS})


async def some_group_is_of_managers(session: AsyncSession) -> bool:
    """Whether the configuration says of any group of roles that it is of managers."""
    found = select(RoleGroup.id).where(RoleGroup.audience == Audience.MANAGERS).limit(1)
    return await session.scalar(found) is not None


async def published_for(session: AsyncSession, on: date) -> dict[int, frozenset[Audience]]:
    """Of whom each agency, by its id, expects something by a rule of its own that is in force and required.

    A rule for everybody, or for a team, speaks to both; the partnership's rules are no agency's own.
    """
    later = aliased(ExpectationVersion)
    superseded = exists().where(
        later.expectation_id == ExpectationVersion.expectation_id,
        later.effective_from > ExpectationVersion.effective_from,
        later.effective_from <= on,
        later.withdrawn_at.is_(None),
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
            ExpectationVersion.withdrawn_at.is_(None),
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


def missing_in_words(published: frozenset[Audience]) -> str:
    """For whom nothing is published: "the front line", "managers" or both; empty where nothing is missing."""
    words = {Audience.FRONT_LINE: "the front line", Audience.MANAGERS: "managers"}
    return " and ".join(said for audience, said in words.items() if audience not in published)
