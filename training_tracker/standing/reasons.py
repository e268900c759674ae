"""Why a completion is no part of a total. The engine decides that; this finds out which of its conditions failed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Date, String, cast, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import LONDON, add_months, in_words
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemVersion
from training_tracker.expectations.models import Measure
from training_tracker.records.models import Completion
from training_tracker.standing.counted import Completed
from training_tracker.standing.equivalent import links
from training_tracker.standing.explained import CompletionLeftOut
from training_tracker.standing.known import known
from training_tracker.standing.reading import Reading
from training_tracker.standing.status import OPEN

EVERYBODYS = 0


@dataclass(frozen=True, slots=True)
class Done:
    """All that a person has completed, newest first, with what the catalogue says of it."""

    completions: list[tuple[Completion, Item]]
    catalogue: "Catalogue"
    on: date
    known_at: datetime | None

    def left_out(self, reading: Reading) -> list[CompletionLeftOut]:
        """What of a reading's items, or of items linked to them by an equivalence in either direction, is no part of
        its total."""
        counting = {completion.id for completion in reading.standing.counting}
        related = self.catalogue.related({item.id for item in reading.items}, self.catalogue.whose(reading))
        return [
            _left_out(
                completion, item, why_left_out(completion, reading, self.catalogue, self.on, self.known_at), reading
            )
            for completion, item in self.completions
            if item.id in related and completion.id not in counting
        ]


async def done_by(session: AsyncSession, completed: Completed, on: date, known_at: datetime | None) -> Done:
    return Done(completed.completions, await _catalogue(session, known_at), on, known_at)


def _left_out(completion: Completion, item: Item, reason: str, reading: Reading) -> CompletionLeftOut:
    waits = reason == _too_weak(completion, reading) and _can_be_confirmed(completion, reading)
    return CompletionLeftOut(
        id=completion.id,
        item=item.code,
        title=item.title,
        completed_on=completion.completed_on,
        completed_by=completion.completed_by,
        hours=completion.hours,
        source=completion.source,
        strength=completion.strength,
        reason=reason,
        waits_since=completion.recorded_at.astimezone(LONDON).date() if waits else None,
    )


def _can_be_confirmed(completion: Completion, reading: Reading) -> bool:
    """As :mod:`training_tracker.standing.confirming` lists what waits: their own word, newer than what counts."""
    standing = reading.standing
    return (
        completion.strength is Strength.SELF_DECLARED
        and completion.item_id in {item.id for item in reading.items}
        and standing.people_in_setting is None
        and standing.status in OPEN
        and (standing.met_from is None or standing.met_from < completion.completed_on)
    )


def why_left_out(
    completion: Completion, reading: Reading, catalogue: "Catalogue", on: date, known_at: datetime | None
) -> str:
    """In one sentence, of a completion that is no part of the reading's total."""
    if completion.completed_on > on:
        return f"It was completed after {in_words(on)}."
    if known_at and completion.recorded_at > known_at:
        moment = completion.recorded_at.astimezone(LONDON)
        return f"It was recorded later, on {in_words(moment.date())} at {moment:%H:%M}."
    if completion.voided_at and (known_at is None or completion.voided_at <= known_at):
        return f"It was voided: {(completion.void_reason or '').rstrip('.')}."
    if any(part.completion.id == completion.id for part in reading.counted):
        because = _not_needed(completion, reading)
        if reading.standing.kept_until and completion.completed_on < reading.standing.in_force_from:
            # By the rule before it may be what lasts longest.
            return f"By the rule of now: {because[0].lower()}{because[1:]}"
        return because
    return _not_accepted(completion, reading, catalogue)


def _not_needed(completion: Completion, reading: Reading) -> str:
    """It counts, and yet adds nothing to the total."""
    if reading.version.measure is Measure.HOURS:
        if not completion.hours:
            return "It has no hours on record."
        not_together = reading.version.participatory_percent and not any(
            part.participatory for part in reading.counted if part.completion.id == completion.id
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
    if _renewed(completion, own, reading):
        return "It is what your refresher renews: without it the refresher would not count."
    return "Newer completions are enough already."


def _renewed(completion: Completion, expected: set[int], reading: Reading) -> bool:
    """Whether it is the full course before a refresher that is part of the total, and not too long before it."""
    months = reading.version.refresher_months
    refreshers = {item.item.code for item in reading.items if item.refresher}
    full = any(item.id in expected and not item.refresher for item in reading.items)
    return full and any(
        completion.completed_on < renewal.completed_on
        and (months is None or completion.completed_on >= add_months(renewal.completed_on, -months))
        for renewal in reading.standing.counting
        if refreshers.intersection(renewal.counts_for)
    )


def _not_accepted(completion: Completion, reading: Reading, catalogue: "Catalogue") -> str:
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
    if completion.strength < reading.version.least_strength:
        return _too_weak(completion, reading)
    whose = catalogue.whose(reading)
    spans = catalogue.spans(completion.item_id, set(expected), whose)
    refreshers = {item.id for item in reading.items if item.refresher}
    if any(target in refreshers and span.holds(completion.completed_on) for target, span in spans):
        months = reading.version.refresher_months
        before = f" in the {months} months before it" if months else " before it"
        return f"It only renews: no full course was completed{before}."
    for target, span in catalogue.spans(completion.item_id, set(expected), EVERYBODYS):
        if whose != EVERYBODYS and span.holds(completion.completed_on):
            return f"Elsewhere it counts as “{expected[target]}”; {reading.standing.agency} decided that it does not."
    if not spans:
        stronger = catalogue.reached_from(set(expected), completion.item_id, whose)
        return f"“{expected[stronger]}” counts as it, but not the other way round."
    target, span = spans[0]
    if span.since > span.until:
        return f"It counts as “{expected[target]}” only by way of others, and never by all of them on one day."
    return f"It counts as “{expected[target]}” only if completed {span.in_words()}."


def _too_weak(completion: Completion, reading: Reading) -> str:
    least = reading.version.least_strength.words
    return f"The evidence of it is: {completion.strength.words}. At least this is asked for: {least}."


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
        if self.since == date.min:
            return f"until {in_words(self.until)}"
        if self.until == date.max:
            return f"from {in_words(self.since)} on"
        return f"between {in_words(self.since)} and {in_words(self.until)}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What it says about counting: an item's windows and editions, and whose equivalences make it count as which.

    ``deciding`` are the agencies that decide some equivalences themselves.
    """

    windows: Mapping[int, list[Span]]
    editions: Mapping[int, list[date]]
    counts_as: Mapping[int, Mapping[int, list[tuple[int, Span]]]]
    deciding: set[int]

    def whose(self, reading: Reading) -> int:
        """Whose equivalences the reading is about, as the engine takes it."""
        if reading.agency_id not in self.deciding:
            return EVERYBODYS
        return -reading.agency_id if reading.own else reading.agency_id

    def related(self, expected: set[int], whose: int) -> set[int]:
        """The items of a set, those that lead to them along equivalences, and those they lead to."""
        onward = self._onward(EVERYBODYS, whose)
        back: dict[int, list[int]] = defaultdict(list)
        for item, targets in onward.items():
            for target in targets:
                back[target].append(item)
        return _reachable(expected, back) | _reachable(expected, onward)

    def reached_from(self, expected: set[int], item: int, whose: int) -> int:
        """The expected item that counts as this one."""
        onward = self._onward(EVERYBODYS, whose)
        return min((start for start in expected if item in _reachable({start}, onward)), default=min(expected))

    def _onward(self, *whose: int) -> dict[int, list[int]]:
        onward: dict[int, list[int]] = defaultdict(list)
        for one in whose:
            for item, targets in self.counts_as[one].items():
                onward[item] += [target for target, _span in targets]
        return onward

    def spans(self, item: int, expected: set[int], whose: int) -> list[tuple[int, Span]]:
        """The expected items that an item counts as, and in which days, the longest first."""
        counts_as = self.counts_as[whose]
        found: list[tuple[int, Span]] = []
        ways = [(item, Span(date.min, date.max), frozenset({item}))]
        while ways:
            at, span, passed = ways.pop()
            if at in expected:
                found.append((at, span))
            for target, link in counts_as.get(at, ()):
                if target not in passed:
                    ways.append((target, span.within(link), passed | {target}))
        return sorted(found, key=lambda way: way[1].since.toordinal() - way[1].until.toordinal())

    def edition(self, items: set[int], on: date) -> date | None:
        """The day from which the edition in force on a day has been current."""
        return max((day for item in items for day in self.editions[item] if day <= on), default=None)


async def _catalogue(session: AsyncSession, known_at: datetime | None) -> Catalogue:
    found = Catalogue(
        defaultdict(list), defaultdict(list), defaultdict(lambda: defaultdict[int, list[Any]](list)), set()
    )
    for row in await session.execute(_all_it_says(known_at)):
        span = Span(row.since or date.min, row.until or date.max, row.reason)
        if row.kind == "window":
            found.windows[row.item_id].append(span)
        elif row.kind == "edition":
            found.editions[row.item_id].append(span.since)
        elif row.kind == "decision":
            found.deciding.add(row.whose)
        else:
            found.counts_as[row.whose][row.item_id].append((row.other_id, span))
    return found


@lru_cache(maxsize=8)
def _all_it_says(known_at: datetime | None) -> CompoundSelect[Any]:
    nothing, no_number, no_day = literal("", String), literal(0), cast(null(), Date)
    window, edition, decision = AcceptanceWindow, ItemVersion, Equivalence
    link = links(known_at).subquery("link")
    return union_all(
        select(
            literal("window", String).label("kind"),
            no_number.label("whose"),
            window.item_id,
            no_number.label("other_id"),
            window.accepted_from.label("since"),
            window.accepted_until.label("until"),
            window.reason.label("reason"),
        ).where(known(known_at, window.recorded_at, window.withdrawn_at)),
        select(
            *(literal("equivalence", String), link.c.whose, link.c.item_id, link.c.counts_as_id),
            *(link.c.valid_from, link.c.valid_until, nothing),
        ),
        select(
            *(literal("edition", String), no_number, edition.item_id, no_number, edition.current_from, no_day, nothing),
        ).where(known(known_at, edition.recorded_at, edition.withdrawn_at)),
        select(
            *(literal("decision", String), decision.agency_id, no_number, no_number, no_day, no_day, nothing),
        ).where(decision.agency_id.is_not(None), known(known_at, decision.recorded_at, decision.withdrawn_at)),
    )


def _reachable(starts: Iterable[int], links: Mapping[int, list[int]]) -> set[int]:
    found, waiting = set(starts), list(starts)
    while waiting:
        for other in links.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
