"""An agency's own rule may tighten what its partnership asks, and never loosen it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation, ExpectationItem, ExpectationScope, ExpectationVersion
from training_tracker.expectations.strictness import Asking, Looser, looser
from training_tracker.people.models import Agency, AgencyPartnership, Partnership, Role, Team


class AsksLess(Refused):
    """An agency's rule asks less than its partnership's: ``less`` says of each field than which, by its title."""

    def __init__(self, problem: str, mend: str, field: str, less: list[tuple[str, Looser]]) -> None:
        super().__init__(problem, mend, field)
        self.less = less


@dataclass(frozen=True, slots=True)
class Published:
    """A published version with its owner, its posts and the last day on which it is in force."""

    asking: Asking
    code: str
    title: str
    owner: str
    agency_id: int | None
    partnership_id: int | None
    last_day: date
    scopes: tuple[ExpectationScope, ...]

    @property
    def first_day(self) -> date:
        return self.asking.version.effective_from

    def __str__(self) -> str:
        return f"{self.code} ({self.owner})"


@dataclass(frozen=True, slots=True)
class Loosening:
    """An agency's rule that asks less than the partnership's of some of the same posts, from a day on."""

    own: Published
    common: Published
    since: date
    fields: list[Looser]

    @property
    def until(self) -> date:
        return min(self.own.last_day, self.common.last_day)

    def goes_on(self, before: "Loosening") -> bool:
        """Whether it is no more than there was before: the same two versions, and for no longer."""
        versions, earlier = ((one.own.asking.version.id, one.common.asking.version.id) for one in (self, before))
        return versions == earlier and self.until <= before.until

    @property
    def problem(self) -> str:
        differences = "; ".join(f"{one.field} is {one.own} and not {one.other}" for one in self.fields)
        return (
            f"{self.own} asks less than {self.common} asks of some of the same posts from {in_words(self.since)} on: "
            f"{differences}"
        )


async def loosenings(session: AsyncSession, expectation_id: int) -> list[Loosening]:
    """Where an agency's expectation asks less than its partnership does; nowhere, if it is a partnership's."""
    expectation = await session.get_one(Expectation, expectation_id)
    if expectation.agency_id is None:
        return []
    return await _loosenings(session, own=Expectation.id == expectation.id)


async def refuse_loosening(session: AsyncSession, expectation_id: int, before: Collection[Loosening]) -> None:
    """Raises :class:`Refused` if an agency's expectation asks less than its partnership's where it did not before.

    Every version is looked at: one that ends later, since the next was withdrawn, loosens on more days.
    """
    found = [
        loosening
        for loosening in await loosenings(session, expectation_id)
        if not any(loosening.goes_on(one) for one in before)
    ]
    if found:
        problem = ". ".join(loosening.problem for loosening in found)
        fields = [one for loosening in found for one in loosening.fields]
        mends = "; ".join(dict.fromkeys(one.mend for one in fields))
        mend = f"An agency may tighten and never loosen: write {mends}; or leave it out, and the partnership's holds."
        less = [(loosening.common.title, one) for loosening in found for one in loosening.fields]
        raise AsksLess(problem, mend, fields[0].field, less)


async def loosened_by(session: AsyncSession, versions: Collection[int]) -> list[str]:
    """The agencies' rules that ask less than these versions of a partnership's do, in a sentence each.

    They stay, and do nobody out of anything: a person is shown the strictest of what is asked.
    """
    return [
        f"{loosening.problem}. Both stay, and people are shown the stricter of each."
        for loosening in await _loosenings(session, own=Expectation.agency_id.is_not(None))
        if loosening.common.asking.version.id in versions
    ]


async def _loosenings(session: AsyncSession, *, own: ColumnElement[bool]) -> list[Loosening]:
    everything = await _published(session, or_(Expectation.partnership_id.is_not(None), own))
    common = [published for published in everything if published.partnership_id]
    places = await _places(session, {published.agency_id for published in everything if published.agency_id})
    found = []
    for one in everything:
        if one.agency_id is None:
            continue
        place = places[one.agency_id]
        for other in common:
            since = max(one.first_day, other.first_day)
            if (
                other.partnership_id in place.partnerships
                and one.asking.the_same_as(other.asking)
                and since <= min(one.last_day, other.last_day)
                and any(place.meet(scope, also) for scope in one.scopes for also in other.scopes)
                and (fields := looser(one.asking, other.asking))
            ):
                found.append(Loosening(one, other, since, fields))
    return found


async def _published(session: AsyncSession, wanted: ColumnElement[bool]) -> list[Published]:
    rows = (
        await session.execute(
            select(ExpectationVersion, Expectation, func.coalesce(Agency.name, Partnership.name).label("owner"))
            .join(Expectation, Expectation.id == ExpectationVersion.expectation_id)
            .outerjoin(Agency, Agency.id == Expectation.agency_id)
            .outerjoin(Partnership, Partnership.id == Expectation.partnership_id)
            .where(ExpectationVersion.withdrawn_at.is_(None), wanted)
            .order_by(Expectation.code, ExpectationVersion.effective_from)
        )
    ).all()
    versions = {row.ExpectationVersion.id for row in rows}
    items: dict[tuple[int, bool], set[int]] = defaultdict(set)
    for item in await session.scalars(select(ExpectationItem).where(ExpectationItem.version_id.in_(versions))):
        items[item.version_id, item.refresher].add(item.item_id)
    scopes: dict[int, list[ExpectationScope]] = defaultdict(list)
    for scope in await session.scalars(select(ExpectationScope).where(ExpectationScope.version_id.in_(versions))):
        scopes[scope.version_id].append(scope)
    found = []
    for row, following in pairwise([*rows, None]):
        assert row is not None, "only the last has none after it"
        version: ExpectationVersion = row.ExpectationVersion
        last_day = version.effective_until or date.max
        if following and following.Expectation is row.Expectation:
            last_day = min(last_day, following.ExpectationVersion.effective_from - timedelta(days=1))
        found.append(
            Published(
                Asking(version, frozenset(items[version.id, False]), frozenset(items[version.id, True])),
                row.Expectation.code,
                row.Expectation.title,
                row.owner,
                row.Expectation.agency_id,
                row.Expectation.partnership_id,
                last_day,
                tuple(scopes[version.id]),
            )
        )
    return found


# --- which posts two rules both apply to ---


@dataclass(frozen=True, slots=True)
class Place:
    """An agency with its sector, its partnerships and, by team, the team above; and the group of every role."""

    agency_id: int
    sector_id: int
    partnerships: frozenset[int]
    above: dict[int, int | None]
    group_of: dict[int, int]

    def meet(self, one: ExpectationScope, other: ExpectationScope) -> bool:
        """Whether somebody in the agency can hold a post that fits both, held by anybody today or not."""
        roles = _named(one.role_id, other.role_id)
        groups = _named(one.role_group_id, other.role_group_id, *(self.group_of[role] for role in roles))
        teams = _named(one.team_id, other.team_id)
        return (
            _named(one.agency_id, other.agency_id) <= {self.agency_id}
            and _named(one.sector_id, other.sector_id) <= {self.sector_id}
            and len(roles) <= 1
            and len(groups) <= 1
            and any(teams <= self._upwards(team) for team in teams or self.above)
        )

    def _upwards(self, team: int | None) -> set[int]:
        found: set[int] = set()
        while team is not None and team in self.above:
            found.add(team)
            team = self.above[team]
        return found


def _named(*ids: int | None) -> set[int]:
    return {one for one in ids if one is not None}


async def _places(session: AsyncSession, agencies: set[int]) -> dict[int, Place]:
    partnerships: dict[int, set[int]] = defaultdict(set)
    memberships = select(AgencyPartnership).where(
        AgencyPartnership.agency_id.in_(agencies), AgencyPartnership.withdrawn_at.is_(None)
    )
    for row in await session.scalars(memberships):
        partnerships[row.agency_id].add(row.partnership_id)
    above: dict[int, dict[int, int | None]] = defaultdict(dict)
    for team in await session.execute(
        select(Team.id, Team.agency_id, Team.parent_id).where(Team.agency_id.in_(agencies))
    ):
        above[team.agency_id][team.id] = team.parent_id
    group_of = {role.id: role.role_group_id for role in await session.execute(select(Role.id, Role.role_group_id))}
    return {
        agency.id: Place(agency.id, agency.sector_id, frozenset(partnerships[agency.id]), above[agency.id], group_of)
        for agency in await session.execute(select(Agency.id, Agency.sector_id).where(Agency.id.in_(agencies)))
    }
