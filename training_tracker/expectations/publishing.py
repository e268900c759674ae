"""Publishing what is expected: a version is written once, and a correction is another version."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Mark
from training_tracker.database import touch
from training_tracker.expectations.models import (
    ExpectationItem,
    ExpectationScope,
    ExpectationVersion,
    Measure,
    Method,
    OnChange,
    Setting,
)
from training_tracker.expectations.tightening import loosenings, refuse_loosening

# What a rule holds beside the columns of its version.
SETS = {"items", "refreshers", "scopes"}


@dataclass(frozen=True, slots=True)
class Scope:
    agency_id: int | None = None
    sector_id: int | None = None
    role_id: int | None = None
    role_group_id: int | None = None
    team_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The one rule shape: at least ``amount`` of ``measure`` from ``items`` within the period of ``method``.

    Days and months as their names say; ``anchor_on`` is one last valid day of a cycle. ``refreshers`` are further
    items, which count only after one of ``items``.
    """

    effective_from: date
    first_due_days: int
    method: Method
    mark: Mark
    effective_until: date | None = None
    required: bool = True
    target_percent: float = 90
    return_notice_days: int = 30
    grace_days: int = 0
    amount: float = 1
    measure: Measure = Measure.ITEMS
    period_months: int | None = None
    anchor_on: date | None = None
    least_validity_months: int = 0
    renewal_window_months: int = 3
    current_version_only: bool = False
    least_strength: Strength = Strength.SELF_DECLARED
    refresher_months: int | None = None
    participatory_percent: int | None = None
    people_in_setting: int | None = None
    setting: Setting = Setting.AGENCY
    on_change: OnChange = OnChange.RECOMPUTE
    transition_days: int | None = None
    source: str = ""
    rationale: str = ""
    approved_by: str | None = None
    items: frozenset[int] = field(default_factory=frozenset)
    refreshers: frozenset[int] = field(default_factory=frozenset)
    scopes: frozenset[Scope] = field(default_factory=lambda: frozenset({Scope()}))


async def publish(session: AsyncSession, expectation_id: int, rule: Rule, by: str) -> ExpectationVersion | None:
    """Publish a rule from its ``effective_from`` on; nothing happens if exactly it is published already.

    A version with the same ``effective_from`` is withdrawn: it was a mistake. An earlier version ends the day
    before; a later one stays as it is. Raises :class:`Refused` if an agency's rule asks less than its partnership's.
    """
    same_day = await version_from(session, expectation_id, rule.effective_from)
    if same_day is not None and await rule_of(session, same_day) == rule:
        return None
    before = await loosenings(session, expectation_id)
    moment = now()
    if same_day is not None:
        same_day.withdrawn_at = moment
        await session.flush()
    columns = {name: value for name, value in asdict(rule).items() if name not in SETS}
    version = ExpectationVersion(expectation_id=expectation_id, published_at=moment, published_by=by, **columns)
    session.add(version)
    await session.flush()
    session.add_all(
        ExpectationItem(version_id=version.id, item_id=item, refresher=item in rule.refreshers)
        for item in rule.items | rule.refreshers
    )
    session.add_all(ExpectationScope(version_id=version.id, **asdict(scope)) for scope in rule.scopes)
    await session.flush()
    await refuse_loosening(session, expectation_id, before)
    touch(session, expectations=[expectation_id])
    return version


async def withdraw_all_but(session: AsyncSession, expectation_id: int, days: Collection[date]) -> list[date]:
    """Withdraw the versions that take effect on other days than these; returns the days of those, oldest first.

    They are kept, so that a report as known before still says what it said. Raises :class:`Refused` if an agency's
    rule, which was in force until one of them began, now asks less than its partnership's.
    """
    statement = (
        select(ExpectationVersion)
        .where(
            ExpectationVersion.expectation_id == expectation_id,
            ExpectationVersion.effective_from.not_in(days),
            ExpectationVersion.withdrawn_at.is_(None),
        )
        .order_by(ExpectationVersion.effective_from)
    )
    withdrawn = list(await session.scalars(statement))
    if withdrawn:
        before = await loosenings(session, expectation_id)
        for version in withdrawn:
            version.withdrawn_at = now()
        await session.flush()
        await refuse_loosening(session, expectation_id, before)
        touch(session, expectations=[expectation_id])
    return [version.effective_from for version in withdrawn]


async def version_from(session: AsyncSession, expectation_id: int, day: date) -> ExpectationVersion | None:
    """The version that takes effect on this very day, if there is one."""
    statement = select(ExpectationVersion).where(
        ExpectationVersion.expectation_id == expectation_id,
        ExpectationVersion.effective_from == day,
        ExpectationVersion.withdrawn_at.is_(None),
    )
    return (await session.scalars(statement)).one_or_none()


async def rule_of(session: AsyncSession, version: ExpectationVersion) -> Rule:
    items = list(await session.scalars(select(ExpectationItem).where(ExpectationItem.version_id == version.id)))
    scopes = await session.scalars(select(ExpectationScope).where(ExpectationScope.version_id == version.id))
    names = [name for name in Rule.__dataclass_fields__ if name not in SETS]
    return Rule(
        **{name: getattr(version, name) for name in names},
        items=frozenset(item.item_id for item in items if not item.refresher),
        refreshers=frozenset(item.item_id for item in items if item.refresher),
        scopes=frozenset(Scope(s.agency_id, s.sector_id, s.role_id, s.role_group_id, s.team_id) for s in scopes),
    )
