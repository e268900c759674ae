"""Rules that came or went between two moments, in sentences, and whose standings they can have touched."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.expectations.models import ExpectationItem, ExpectationVersion
from training_tracker.standing.terms import ONLY_TOLD

# What does not say what is asked; what follows from the days of a version is in the dates it goes on from.
ASIDE = ONLY_TOLD | {"id", "published_at", "withdrawn_at", "effective_from", "effective_until"}


class RuleRead(NamedTuple):
    """The version a standing is read from, and the dates it goes on from beside the completions."""

    version_id: int
    first_due_on: date | None
    kept_until: date | None
    transition_until: date | None


@dataclass(frozen=True)
class RuleCauses:
    """``asked`` is what each version asks for."""

    asked: dict[int, Any]
    by_expectation: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def of(self, expectation: int, then: RuleRead | None, later: RuleRead | None) -> Iterator[str]:
        """For whoever is asked something else than before, or the same from other dates on."""
        if self._asking(then) != self._asking(later):
            yield from self.by_expectation.get(expectation, ())

    def _asking(self, read: RuleRead | None) -> Any:
        return read and (self.asked[read.version_id], *read[1:])


async def rule_causes(
    session: AsyncSession,
    on: date,
    came_or_went: Callable[[Any, Any], ColumnElement[bool]],
    told: Callable[..., list[str]],
) -> RuleCauses:
    """A rule from a later day on is no cause of how the day is read."""
    causes = RuleCauses(await _asked(session))
    for version in await session.scalars(
        select(ExpectationVersion)
        .where(
            ExpectationVersion.effective_from <= on,
            came_or_went(ExpectationVersion.published_at, ExpectationVersion.withdrawn_at),
        )
        .order_by(ExpectationVersion.id)
    ):
        causes.by_expectation[version.expectation_id] += told(
            f"The rule from {in_words(version.effective_from)}",
            recorded=version.published_at,
            withdrawn=version.withdrawn_at,
            came="published",
        )
    return causes


async def _asked(session: AsyncSession) -> dict[int, Any]:
    items: dict[int, set[tuple[int, bool]]] = defaultdict(set)
    for version, item, refresher in await session.execute(
        select(ExpectationItem.version_id, ExpectationItem.item_id, ExpectationItem.refresher)
    ):
        items[version].add((item, refresher))
    columns = [column for column in ExpectationVersion.__table__.c if column.name not in ASIDE]
    rows = await session.execute(select(ExpectationVersion.id, *columns))
    return {version: (*rest, items[version]) for version, *rest in rows}
