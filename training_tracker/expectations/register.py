"""The register of what is expected: each expectation with its rule in words, and its versions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import LONDON
from training_tracker.catalogue.models import Item, Mark
from training_tracker.errors import NotFound
from training_tracker.expectations.differing import Told, differences
from training_tracker.expectations.models import Expectation, ExpectationItem, ExpectationScope, ExpectationVersion
from training_tracker.expectations.wording import change_in_words, rule_in_words
from training_tracker.people.models import Agency, Partnership, Role, RoleGroup, Sector, Team

# An item of a version: the version's id, the item's code and title, and whether it is a refresher.
_Line = Row[int, str, str, bool]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One published version. ``applies_to`` says each scope in words; they add up.

    ``change`` says what it does to those whom the one before applied to, and ``differences`` in what it differs from
    that; None and nothing for the first.
    """

    id: int
    effective_from: date
    effective_until: date | None
    rule: str
    change: str | None
    differences: tuple[str, ...]
    required: bool
    target_percent: float
    first_due_days: int
    applies_to: tuple[str, ...]
    items: tuple[tuple[str, str], ...]
    source: str
    rationale: str
    mark: Mark
    approved_by: str | None
    people_in_setting: int | None
    published_on: date
    published_by: str


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """``current`` is the version in force on the day asked for, else the next one; the last one if all have ended."""

    id: int
    code: str
    title: str
    owner: str
    agency_id: int | None
    versions: tuple[VersionLine, ...]
    current: VersionLine

    @property
    def before_current(self) -> VersionLine | None:
        """The version that the current one takes the place of."""
        earlier = [version for version in self.versions if version.effective_from < self.current.effective_from]
        return earlier[-1] if earlier else None


async def register(session: AsyncSession, on: date, *, agencies: Sequence[int]) -> list[RegisterLine]:
    """The partnership's expectations and those of the agencies named, by title. Four statements."""
    visible = or_(Expectation.agency_id.is_(None), Expectation.agency_id.in_(agencies))
    return await _lines(session, on, select(Expectation.id).where(visible))


async def registered(session: AsyncSession, on: date, code: str, *, agencies: Sequence[int]) -> RegisterLine:
    """One expectation. Raises :class:`NotFound` if there is none, or it is another agency's own."""
    visible = or_(Expectation.agency_id.is_(None), Expectation.agency_id.in_(agencies))
    lines = await _lines(session, on, select(Expectation.id).where(visible, Expectation.code == code))
    if not lines:
        raise NotFound(f"expectation {code}")
    return lines[0]


async def how_many(session: AsyncSession) -> int:
    """How many expectations there are at all: none before a configuration is loaded."""
    return await session.scalar(select(func.count()).select_from(Expectation)) or 0


async def _lines(session: AsyncSession, on: date, wanted: Select[int]) -> list[RegisterLine]:
    expectations = (
        await session.execute(
            select(
                Expectation.id,
                Expectation.code,
                Expectation.title,
                Expectation.agency_id,
                func.coalesce(Agency.name, Partnership.name).label("owner"),
            )
            .outerjoin(Agency, Agency.id == Expectation.agency_id)
            .outerjoin(Partnership, Partnership.id == Expectation.partnership_id)
            .where(Expectation.id.in_(wanted))
            .order_by(Expectation.title)
        )
    ).all()
    published = list(
        await session.scalars(
            select(ExpectationVersion)
            .where(ExpectationVersion.expectation_id.in_(wanted), ExpectationVersion.withdrawn_at.is_(None))
            .order_by(ExpectationVersion.effective_from)
        )
    )
    numbers = select(ExpectationVersion.id).where(ExpectationVersion.expectation_id.in_(wanted))
    items, scopes = await _items(session, numbers), await _scopes(session, numbers)
    by_expectation: dict[int, list[ExpectationVersion]] = defaultdict(list)
    for version in published:
        by_expectation[version.expectation_id].append(version)
    lines = []
    for row in expectations:
        its = by_expectation[row.id]
        if not its:
            continue  # everything it ever said was withdrawn
        followed_by = [version.effective_from for version in its[1:]]
        told = [_told(version, items[version.id], scopes[version.id]) for version in its]
        versions = tuple(
            _version(version, before, following, items[version.version.id])
            for version, before, following in zip(told, [None, *told], [*followed_by, None], strict=False)
        )
        lines.append(
            RegisterLine(row.id, row.code, row.title, row.owner, row.agency_id, versions, _in_force(versions, on))
        )
    return lines


def _in_force(versions: tuple[VersionLine, ...], on: date) -> VersionLine:
    begun = [version for version in versions if version.effective_from <= on]
    return begun[-1] if begun else versions[0]


def _told(version: ExpectationVersion, items: list[_Line], scopes: list[str]) -> Told:
    refreshers = [item.title for item in items if item.refresher]
    return Told(version, [item.title for item in items if not item.refresher], refreshers, scopes)


def _version(told: Told, before: Told | None, following: date | None, items: list[_Line]) -> VersionLine:
    version = told.version
    ends = [day for day in (version.effective_until, following and following - timedelta(days=1)) if day]
    return VersionLine(
        id=version.id,
        effective_from=version.effective_from,
        effective_until=min(ends, default=None),
        rule=rule_in_words(version, told.titles, told.refreshers),
        change=change_in_words(version) if before else None,
        differences=differences(before, told) if before else (),
        required=version.required,
        target_percent=version.target_percent,
        first_due_days=version.first_due_days,
        applies_to=tuple(told.applies_to),
        items=tuple((item.code, item.title) for item in items),
        source=version.source,
        rationale=version.rationale,
        mark=version.mark,
        approved_by=version.approved_by,
        people_in_setting=version.people_in_setting,
        published_on=version.published_at.astimezone(LONDON).date(),
        published_by=version.published_by,
    )


async def _items(session: AsyncSession, versions: Select[int]) -> dict[int, list[_Line]]:
    found: dict[int, list[_Line]] = defaultdict(list)
    for row in await session.execute(
        select(ExpectationItem.version_id, Item.code, Item.title, ExpectationItem.refresher)
        .join(Item, Item.id == ExpectationItem.item_id)
        .where(ExpectationItem.version_id.in_(versions))
        .order_by(ExpectationItem.refresher, Item.title)
    ):
        found[row.version_id].append(row)
    return found


async def _scopes(session: AsyncSession, versions: Select[int]) -> dict[int, list[str]]:
    in_sector = aliased(Sector)
    rows = await session.execute(
        select(
            ExpectationScope.version_id,
            Agency.name.label("agency"),
            Sector.name.label("sector"),
            Role.name.label("role"),
            in_sector.name.label("role_in"),
            RoleGroup.name.label("group"),
            Team.name.label("team"),
        )
        .outerjoin(Agency, Agency.id == ExpectationScope.agency_id)
        .outerjoin(Sector, Sector.id == ExpectationScope.sector_id)
        .outerjoin(Role, Role.id == ExpectationScope.role_id)
        .outerjoin(in_sector, in_sector.id == Role.sector_id)
        .outerjoin(RoleGroup, RoleGroup.id == ExpectationScope.role_group_id)
        .outerjoin(Team, Team.id == ExpectationScope.team_id)
        .where(ExpectationScope.version_id.in_(versions))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        who = row.role or "Everybody"
        if row.group:
            who += f" in the group {row.group}"
        where = dict.fromkeys(place for place in (row.team, row.agency, row.sector, row.role_in) if place)
        found[row.version_id].append(", ".join([who, *where]))
    for words in found.values():
        words.sort()
    return found
