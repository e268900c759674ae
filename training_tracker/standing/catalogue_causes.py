"""What came or went in the catalogue between two moments, in sentences, and whose standings it can have touched."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemHistory, ItemVersion
from training_tracker.expectations.models import ExpectationItem, ExpectationVersion
from training_tracker.people.models import Agency

# Which items have ever counted as which, one step.
Steps = dict[int, list[int]]
# The agency whose own decision it is, or None for everybody; and an expectation.
Touched = tuple[int | None, int]


@dataclass(frozen=True)
class CatalogueCauses:
    """``facts`` are sentences, each with the items of which one must have been done for it to matter; None if none."""

    asked: dict[int, set[int]]
    facts: dict[Touched, list[tuple[frozenset[int] | None, list[str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def of(self, agency_id: int, expectation: int, done: Collection[int], *, unknown: bool) -> Iterator[str]:
        """For whoever has ever done these items. What counts as what can make ``unknown`` whoever has done nothing."""
        for agency in (None, agency_id):
            for items, sentences in self.facts.get((agency, expectation), ()):
                if items is None or unknown or not items.isdisjoint(done):
                    yield from sentences


async def catalogue_causes(
    session: AsyncSession, came_or_went: Callable[[Any, Any], ColumnElement[bool]], told: Callable[..., list[str]]
) -> CatalogueCauses:
    """Equivalences, acceptance windows, editions, and what is participatory, by the expectations with an item that
    they lead to.
    """
    onward, backward = await _steps(session)
    causes = CatalogueCauses(await _asked(session, onward))

    def add(agency_id: int | None, item_id: int, items: Iterable[int] | None, sentences: list[str]) -> None:
        for expectation in sorted(causes.asked[item_id]):
            done = None if items is None else frozenset(items)
            causes.facts[agency_id, expectation].append((done, sentences))

    other = aliased(Item)
    equivalences = (
        select(Equivalence, Item.title, other.title, Agency.name)
        .join(Item, Item.id == Equivalence.item_id)
        .join(other, other.id == Equivalence.counts_as_id)
        .outerjoin(Agency, Agency.id == Equivalence.agency_id)
        .where(came_or_went(Equivalence.recorded_at, Equivalence.withdrawn_at))
        .order_by(Equivalence.id)
    )
    for link, title, counts_as, agency in await session.execute(equivalences):
        verb = "counts as" if link.holds else "does not count as"
        whose = f" with {agency}" if agency else ""
        what = f"That “{title}” {verb} “{counts_as}”{whose}{_days(link.valid_from, link.valid_until)}"
        sentences = told(what, recorded=link.recorded_at, withdrawn=link.withdrawn_at)
        add(link.agency_id, link.counts_as_id, _reachable(link.item_id, backward), sentences)
    windows = (
        select(AcceptanceWindow, Item.title)
        .join(Item, Item.id == AcceptanceWindow.item_id)
        .where(came_or_went(AcceptanceWindow.recorded_at, AcceptanceWindow.withdrawn_at))
        .order_by(AcceptanceWindow.id)
    )
    for window, title in await session.execute(windows):
        what = f"That “{title}” is accepted{_days(window.accepted_from, window.accepted_until)}"
        sentences = told(what, recorded=window.recorded_at, withdrawn=window.withdrawn_at)
        add(None, window.item_id, [window.item_id], sentences)
    editions = (
        select(ItemVersion, Item.title)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(came_or_went(ItemVersion.recorded_at, ItemVersion.withdrawn_at))
        .order_by(ItemVersion.id)
    )
    for edition, title in await session.execute(editions):
        what = f"The version of “{title}” from {in_words(edition.current_from)}"
        add(None, edition.item_id, None, told(what, recorded=edition.recorded_at, withdrawn=edition.withdrawn_at))
    marks = (
        select(ItemHistory, Item.title)
        .join(Item, Item.id == ItemHistory.item_id)
        .where(came_or_went(ItemHistory.superseded_at, ItemHistory.superseded_at))
        .order_by(ItemHistory.superseded_at, ItemHistory.id)
    )
    for before, title in await session.execute(marks):
        what = f"That “{title}” is {'not ' if before.participatory else ''}participatory"
        add(None, before.item_id, [before.item_id], told(what, recorded=before.superseded_at, withdrawn=None))
    return causes


async def expectations_led_to(session: AsyncSession, items: Collection[int]) -> set[int]:
    """The expectations that have ever asked for one of these items, or for one that it has ever counted as."""
    if not items:
        return set()
    onward, _backward = await _steps(session)
    reached = {one for item in items for one in _reachable(item, onward)}
    asking = (
        select(ExpectationVersion.expectation_id)
        .join(ExpectationItem, ExpectationItem.version_id == ExpectationVersion.id)
        .where(ExpectationItem.item_id.in_(reached))
        .distinct()
    )
    return set(await session.scalars(asking))


async def _steps(session: AsyncSession) -> tuple[Steps, Steps]:
    """What each item has ever counted as, and what has ever counted as it."""
    onward: Steps = defaultdict(list)
    backward: Steps = defaultdict(list)
    for item, counts_as in await session.execute(select(Equivalence.item_id, Equivalence.counts_as_id).distinct()):
        onward[item].append(counts_as)
        backward[counts_as].append(item)
    return onward, backward


async def _asked(session: AsyncSession, onward: Steps) -> dict[int, set[int]]:
    """Which expectations have ever asked for each item, or for one that it has ever counted as."""
    asking: dict[int, set[int]] = defaultdict(set)
    rows = await session.execute(
        select(ExpectationItem.item_id, ExpectationVersion.expectation_id)
        .join(ExpectationVersion, ExpectationVersion.id == ExpectationItem.version_id)
        .distinct()
    )
    for item, expectation in rows:
        asking[item].add(expectation)
    return {
        item: {expectation for reached in _reachable(item, onward) for expectation in asking.get(reached, ())}
        for item in await session.scalars(select(Item.id))
    }


def _reachable(start: int, steps: Steps) -> Iterable[int]:
    found, waiting = {start}, [start]
    while waiting:
        fresh = [item for item in steps[waiting.pop()] if item not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _days(since: date | None, until: date | None) -> str:
    return (f" from {in_words(since)}" if since else "") + (f" until {in_words(until)}" if until else "")
