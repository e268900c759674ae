"""What came or went in the catalogue between two moments, in sentences, and whose expectations it can have touched."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemHistory, ItemVersion
from training_tracker.expectations.models import ExpectationItem, ExpectationVersion
from training_tracker.people.models import Agency

# The agency whose own decision it is, or None for everybody; and an expectation.
Touched = tuple[int | None, int]


async def catalogue_causes(
    session: AsyncSession, came_or_went: Callable[[Any, Any], ColumnElement[bool]], told: Callable[..., list[str]]
) -> dict[Touched, list[str]]:
    """Equivalences, acceptance windows, editions, and what is participatory, by the expectations with an item that
    they lead to.
    """
    onward = await _onward(session)
    asking = await _asking(session)
    causes: dict[Touched, list[str]] = defaultdict(list)

    def add(agency_id: int | None, item_id: int, sentences: list[str]) -> None:
        for expectation in sorted({one for item in _reachable(item_id, onward) for one in asking[item]}):
            causes[agency_id, expectation] += sentences

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
        add(link.agency_id, link.counts_as_id, told(what, recorded=link.recorded_at, withdrawn=link.withdrawn_at))
    windows = (
        select(AcceptanceWindow, Item.title)
        .join(Item, Item.id == AcceptanceWindow.item_id)
        .where(came_or_went(AcceptanceWindow.recorded_at, AcceptanceWindow.withdrawn_at))
        .order_by(AcceptanceWindow.id)
    )
    for window, title in await session.execute(windows):
        what = f"That “{title}” is accepted{_days(window.accepted_from, window.accepted_until)}"
        add(None, window.item_id, told(what, recorded=window.recorded_at, withdrawn=window.withdrawn_at))
    editions = (
        select(ItemVersion, Item.title)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(came_or_went(ItemVersion.recorded_at, ItemVersion.withdrawn_at))
        .order_by(ItemVersion.id)
    )
    for edition, title in await session.execute(editions):
        what = f"The version of “{title}” from {in_words(edition.current_from)}"
        add(None, edition.item_id, told(what, recorded=edition.recorded_at, withdrawn=edition.withdrawn_at))
    marks = (
        select(ItemHistory, Item.title)
        .join(Item, Item.id == ItemHistory.item_id)
        .where(came_or_went(ItemHistory.superseded_at, ItemHistory.superseded_at))
        .order_by(ItemHistory.superseded_at, ItemHistory.id)
    )
    for before, title in await session.execute(marks):
        what = f"That “{title}” is {'not ' if before.participatory else ''}participatory"
        add(None, before.item_id, told(what, recorded=before.superseded_at, withdrawn=None))
    return causes


async def _onward(session: AsyncSession) -> dict[int, list[int]]:
    """Which items each item has ever counted as."""
    onward: dict[int, list[int]] = defaultdict(list)
    for item, counts_as in await session.execute(select(Equivalence.item_id, Equivalence.counts_as_id).distinct()):
        onward[item].append(counts_as)
    return onward


async def _asking(session: AsyncSession) -> dict[int, list[int]]:
    """Which expectations have ever asked for each item."""
    asking: dict[int, list[int]] = defaultdict(list)
    rows = await session.execute(
        select(ExpectationItem.item_id, ExpectationVersion.expectation_id)
        .join(ExpectationVersion, ExpectationVersion.id == ExpectationItem.version_id)
        .distinct()
    )
    for item, expectation in rows:
        asking[item].append(expectation)
    return asking


def _reachable(start: int, onward: dict[int, list[int]]) -> Iterable[int]:
    found, waiting = {start}, [start]
    while waiting:
        fresh = [item for item in onward[waiting.pop()] if item not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _days(since: date | None, until: date | None) -> str:
    return (f" from {in_words(since)}" if since else "") + (f" until {in_words(until)}" if until else "")
