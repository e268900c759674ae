"""Why a completion is no part of a total. The engine decides that; this finds out which of its conditions failed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Date, String, cast, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import LONDON, in_words
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemVersion
from training_tracker.expectations.models import Measure
from training_tracker.records.models import Completion, Verification
from training_tracker.standing.explained import CompletionLeftOut
from training_tracker.standing.reading import Reading
from training_tracker.standing.terms import FOREVER
from training_tracker.standing.thresholds import ALWAYS


async def left_out(
    session: AsyncSession, practitioner_id: int, on: date, known_at: datetime | None
) -> Callable[[Reading], list[CompletionLeftOut]]:
    """For each reading, newest first: the person's completions of its items, or of items linked to them by an
    equivalence in either direction, that are no part of its total."""
    rows = await session.execute(
        select(Completion, Item)
        .join(Item, Item.id == Completion.item_id)
        .where(Completion.practitioner_id == practitioner_id)
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
    )
    done = [(completion, item) for completion, item in rows]
    catalogue = await _links(session)

    def reasons(reading: Reading) -> list[CompletionLeftOut]:
        counting = {completion.id for completion in reading.standing.counting}
        related = catalogue.related({item.id for item in reading.items})
        return [
            _left_out(completion, item, _reason(completion, reading, catalogue, on, known_at))
            for completion, item in done
            if item.id in related and completion.id not in counting
        ]

    return reasons


def _left_out(completion: Completion, item: Item, reason: str) -> CompletionLeftOut:
    return CompletionLeftOut(
        id=completion.id,
        item=item.code,
        title=item.title,
        completed_on=completion.completed_on,
        hours=completion.hours,
        source=completion.source,
        verification=completion.verification,
        reason=reason,
    )


def _reason(completion: Completion, reading: Reading, catalogue: "Links", on: date, known_at: datetime | None) -> str:
    if completion.completed_on > on:
        return f"It was completed after {in_words(on)}."
    if known_at and completion.recorded_at > known_at:
        moment = completion.recorded_at.astimezone(LONDON)
        return f"It was recorded later, on {in_words(moment.date())} at {moment:%H:%M}."
    if completion.voided_at and (known_at is None or completion.voided_at <= known_at):
        return f"It was voided: {(completion.void_reason or '').rstrip('.')}."
    if any(part.completion.id == completion.id for part in reading.counted):
        return _not_needed(completion, reading)
    return _not_accepted(completion, reading, catalogue)


def _not_needed(completion: Completion, reading: Reading) -> str:
    """It counts, and yet adds nothing to the total."""
    if reading.version.measure is Measure.HOURS:
        if not completion.hours:
            return "It has no hours on record."
        not_together = reading.version.participatory_percent and not any(
            part.item.participatory for part in reading.counted if part.completion.id == completion.id
        )
        also = ", and it is not participatory" if not_together else ""
        return f"Newer completions reach the hours already{also}."
    own = {part.expected_id for part in reading.counted if part.completion.id == completion.id}
    newest = max(
        (part.completion for part in reading.counted if part.expected_id in own),
        key=lambda other: (other.completed_on, other.id),
    )
    if newest.id != completion.id:
        return f"A newer completion, on {in_words(newest.completed_on)}, takes its place."
    return "Newer completions are enough already."


def _not_accepted(completion: Completion, reading: Reading, catalogue: "Links") -> str:
    """The engine does not count it: the first of its conditions that fails."""
    expected = {item.id: item.item.title for item in reading.items}
    since = catalogue.edition(set(expected), reading.standing.in_force_from)
    if reading.version.current_version_only and since and completion.completed_on < since:
        return f"It was before the current version, which came into force on {in_words(since)}."
    windows = catalogue.windows[completion.item_id]
    if windows and not any(window.holds(completion.completed_on) for window in windows):
        because = windows[-1].reason.rstrip(".")
        when = " or ".join(window.in_words() for window in windows)
        return f"It is accepted only if completed {when}" + (f": {because}." if because else ".")
    if reading.version.confirmed_only and completion.verification is not Verification.CONFIRMED:
        return "It is self-declared, and this needs to be confirmed by somebody else."
    spans = catalogue.spans(completion.item_id, set(expected))
    refreshers = {item.id for item in reading.items if item.refresher}
    if any(target in refreshers and span.holds(completion.completed_on) for target, span in spans):
        months = reading.version.refresher_months
        before = f" in the {months} months before it" if months else " before it"
        return f"It only renews: no full course was completed{before}."
    if not spans:
        stronger = catalogue.reached_from(set(expected), completion.item_id)
        return f"“{expected[stronger]}” counts as it, but not the other way round."
    target, span = spans[0]
    if span.since > span.until:
        return f"It counts as “{expected[target]}” only by way of others, and never by all of them on one day."
    return f"It counts as “{expected[target]}” only if completed {span.in_words()}."


@dataclass(frozen=True, slots=True)
class Span:
    """Days from when until when, both included, in which something holds."""

    since: date
    until: date
    reason: str = ""

    def holds(self, day: date) -> bool:
        return self.since <= day <= self.until

    def within(self, other: "Span") -> "Span":
        return Span(max(self.since, other.since), min(self.until, other.until))

    def in_words(self) -> str:
        if self.since == ALWAYS:
            return f"until {in_words(self.until)}"
        if self.until == FOREVER:
            return f"from {in_words(self.since)} on"
        return f"between {in_words(self.since)} and {in_words(self.until)}"


@dataclass(frozen=True, slots=True)
class Links:
    """What the catalogue says about counting: an item's windows and editions, and which items it counts as."""

    windows: Mapping[int, list[Span]]
    editions: Mapping[int, list[date]]
    counts_as: Mapping[int, list[tuple[int, Span]]]

    def related(self, expected: set[int]) -> set[int]:
        """The items of a set, those that lead to them along equivalences, and those they lead to."""
        back: dict[int, list[int]] = defaultdict(list)
        for item, targets in self.counts_as.items():
            for target, _span in targets:
                back[target].append(item)
        onward = {item: [target for target, _span in targets] for item, targets in self.counts_as.items()}
        return _reachable(expected, back) | _reachable(expected, onward)

    def reached_from(self, expected: set[int], item: int) -> int:
        """The expected item that counts as this one."""
        onward = {start: [target for target, _span in targets] for start, targets in self.counts_as.items()}
        return min(start for start in expected if item in _reachable({start}, onward))

    def spans(self, item: int, expected: set[int]) -> list[tuple[int, Span]]:
        """The expected items that an item counts as, and in which days, the longest first."""
        found: list[tuple[int, Span]] = []
        ways = [(item, Span(ALWAYS, FOREVER), frozenset({item}))]
        while ways:
            at, span, passed = ways.pop()
            if at in expected:
                found.append((at, span))
            for target, link in self.counts_as.get(at, ()):
                if target not in passed:
                    ways.append((target, span.within(link), passed | {target}))
        return sorted(found, key=lambda way: way[1].since.toordinal() - way[1].until.toordinal())

    def edition(self, items: set[int], on: date) -> date | None:
        """The day from which the edition in force on a day has been current."""
        return max((day for item in items for day in self.editions[item] if day <= on), default=None)


async def _links(session: AsyncSession) -> Links:
    links = Links(defaultdict(list), defaultdict(list), defaultdict(list))
    for row in await session.execute(_linking()):
        span = Span(row.since or ALWAYS, row.until or FOREVER, row.reason)
        if row.kind == "window":
            links.windows[row.item_id].append(span)
        elif row.kind == "edition":
            links.editions[row.item_id].append(span.since)
        else:
            links.counts_as[row.item_id].append((row.other_id, span))
    return links


@cache
def _linking() -> CompoundSelect[Any]:
    nothing, no_item, no_day = literal("", String), literal(0), cast(null(), Date)
    window, equivalence, edition = AcceptanceWindow, Equivalence, ItemVersion
    return union_all(
        select(
            literal("window", String).label("kind"),
            window.item_id,
            no_item.label("other_id"),
            window.accepted_from.label("since"),
            window.accepted_until.label("until"),
            window.reason.label("reason"),
        ),
        select(
            literal("equivalence", String),
            equivalence.item_id,
            equivalence.counts_as_id,
            equivalence.valid_from,
            equivalence.valid_until,
            nothing,
        ),
        select(literal("edition", String), edition.item_id, no_item, edition.current_from, no_day, nothing),
    )


def _reachable(starts: Iterable[int], links: Mapping[int, list[int]]) -> set[int]:
    found, waiting = set(starts), list(starts)
    while waiting:
        for other in links.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
