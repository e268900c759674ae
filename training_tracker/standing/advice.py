"""What to do next about a standing, in plain English, for the person it is about."""

import math
from datetime import date

from training_tracker.calendar import add_months, in_words
from training_tracker.catalogue.models import ItemKind
from training_tracker.expectations.models import ExpectationVersion, Measure
from training_tracker.expectations.wording import listed
from training_tracker.standing.explained import (
    WAITS,
    CompletionLeftOut,
    CountingCompletion,
    ExplainedStanding,
    ItemToDo,
    hours_of,
    participatory_hours,
)
from training_tracker.standing.status import OPEN, Status
from training_tracker.standing.totals import ROUNDING

# More than these are a list to look at, not a sentence to read.
MOST_TITLES = 4


def next_step(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> str:
    """The least that makes or keeps the standing met, or from when there is something to do."""
    if standing.status is Status.EXEMPT and standing.exempt_until:
        return f"Nothing to do: you are exempt until {in_words(standing.exempt_until)}."
    if standing.status is Status.ON_LEAVE:
        return "Nothing to do while you are on leave."
    if standing.status is Status.COMPLIANT:
        return _nothing_yet(standing, version)
    if standing.status is Status.UNKNOWN and standing.known_met(on) and not _renewal_open(standing, on):
        return f"{_ask_for_records(standing)} By what is known there is nothing else to do."
    said = _said(standing, version, on)
    if said and _enough_if_confirmed(standing, said, version, on):
        return " ".join(dict.fromkeys(map(_waits, said)))
    deed = _deed(standing, version, on)
    if standing.status is Status.UNKNOWN:
        todo = f" If you have not done it yet: {deed[0].lower()}{deed[1:]}{_by(standing, on)}." if deed else ""
        return _ask_for_records(standing) + todo
    if deed is None:
        return f"Ask {standing.expected_by} what to do: nothing in this set is accepted now."
    if standing.people_in_setting:
        return f"If you are to be one of those who have done it: {deed[0].lower()}{deed[1:]}."
    if standing.due_on is None:
        return f"{deed}, and ask for the day you started in this post to be recorded."
    if standing.status is Status.IN_GRACE:
        assert standing.grace_until is not None
        return f"{deed} by {in_words(standing.grace_until)}, before it counts as overdue."
    if standing.status is Status.OVERDUE:
        return f"{deed} now: it was due by {in_words(standing.due_on)}."
    return f"{deed} by {in_words(standing.due_on)}."


def so_far(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> str:
    """Of a rule that asks for hours, how many need not be done again; empty for every other."""
    if version.measure is not Measure.HOURS or standing.status not in OPEN:
        return ""
    return f"{hours_of(_kept(standing, version, on)):g} of {version.amount:g} hours so far"


# --- what waits to be confirmed ---------------------------------------------------------------------------------


def _said(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> list[CompletionLeftOut]:
    """What the person says they have done and a manager has still to confirm, if it would count on the day."""
    return [one for one in standing.not_counting if one.waits_since and _good_until(one.completed_on, version) >= on]


def _waits(completion: CompletionLeftOut) -> str:
    assert completion.waits_since is not None
    return f"You recorded “{completion.title}” on {in_words(completion.waits_since)}: {WAITS}."


def _enough_if_confirmed(
    standing: ExplainedStanding, said: list[CompletionLeftOut], version: ExpectationVersion, on: date
) -> bool:
    kept = _kept(standing, version, on)
    if version.measure is Measure.HOURS:
        live = {item.code for item in standing.items if item.participatory}
        hours, together = hours_of(kept), participatory_hours(kept)
        hours += sum(one.hours or 0 for one in said)
        together += sum(one.hours or 0 for one in said if one.item in live)
        missing = max(version.amount - hours, version.participatory_amount - together)
    else:
        done = {code for one in kept for code in one.counts_for} | {one.item for one in said}
        missing = version.amount - len(done)
    return missing <= ROUNDING


# --- what to do next -----------------------------------------------------------------------------------------


def _nothing_yet(standing: ExplainedStanding, version: ExpectationVersion) -> str:
    if standing.renewal_opens_on:
        return f"Nothing to do until {in_words(standing.renewal_opens_on)}, when renewal opens."
    return "Nothing to do until a new version comes into force." if version.current_version_only else "Nothing to do."


def _ask_for_records(standing: ExplainedStanding) -> str:
    return f"Ask the training lead of {standing.agency} to send its records."


def _renewal_open(standing: ExplainedStanding, on: date) -> bool:
    return standing.renewal_opens_on is not None and standing.renewal_opens_on <= on


def _by(standing: ExplainedStanding, on: date) -> str:
    return f" by {in_words(standing.due_on)}" if standing.due_on and standing.due_on >= on else " now"


def _deed(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> str | None:
    """What is missing, the shortest item first; None where too little that would help is accepted any more."""
    kept = _kept(standing, version, on)
    if version.measure is Measure.HOURS:
        return _missing_hours(standing.items, version, kept)
    done = {code for completion in kept for code in completion.counts_for}
    # What waits to be confirmed need not be done again.
    done |= {one.item for one in _said(standing, version, on)}
    missing = math.ceil(version.amount - len(done) - ROUNDING)
    choice = sorted((item for item in standing.items if item.code not in done), key=_effort)
    if missing > len(choice):
        return None
    deed = "Read and acknowledge" if all(item.kind is ItemKind.RESOURCE for item in choice) else "Complete"
    if missing == len(choice):
        return f"{deed} {_all_of(choice)}"
    if missing > 1:
        return f"{deed} {missing} of {_one_of(choice)}"
    return f"{deed} {_described(choice[0])}, or else {_one_of(choice[1:])},"


def _missing_hours(items: list[ItemToDo], version: ExpectationVersion, kept: list[CountingCompletion]) -> str | None:
    """The participatory ones are named first: they are hours like the others, and the others are not like them."""
    missing = max(version.amount - hours_of(kept), 0)
    together = max(version.participatory_amount - participatory_hours(kept), 0)
    with_others = [item for item in items if item.participatory]
    if not items or (together > ROUNDING and not with_others):
        return None
    if together <= ROUNDING:
        return f"Complete {missing:g} hours of {_one_of(items)}"
    if missing <= together + ROUNDING:
        return f"Complete {together:g} participatory hours, of {_one_of(with_others)},"
    return (
        f"Complete {missing:g} hours of {_one_of(items)}, at least {together:g} of them participatory,"
        f" of {_one_of(with_others)},"
    )


def _one_of(items: list[ItemToDo]) -> str:
    if len(items) > MOST_TITLES:
        return f"the {len(items)} that count"
    return listed([item.title for item in sorted(items, key=_effort)], "or")


def _all_of(items: list[ItemToDo]) -> str:
    described = [_described(item) for item in items]
    return " and ".join(filter(None, (", ".join(described[:-1]), described[-1])))


def _kept(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> list[CountingCompletion]:
    """What need not be done again: what still counts on the day or, while it is met, what outlives the renewal.

    What was earned before a change is renewed by the rule of now, and only what that one lets last longer is kept.
    """
    counting = standing.counting
    if standing.known_met(on) and standing.kept_until:
        ends_on = max(standing.kept_until, standing.due_on or standing.kept_until)
        kept = [completion for completion in counting if _good_until(completion.completed_on, version) > ends_on]
    elif standing.known_met(on):
        kept = [completion for completion in counting if completion.completed_on > counting[-1].completed_on]
    else:
        kept = [completion for completion in counting if _good_until(completion.completed_on, version) >= on]
    # There is always something to be told to do: what is enough already has to be done again.
    return [] if _enough(kept, version) else kept


def _enough(kept: list[CountingCompletion], version: ExpectationVersion) -> bool:
    if version.measure is Measure.HOURS:
        missing = max(version.amount - hours_of(kept), version.participatory_amount - participatory_hours(kept))
    else:
        missing = version.amount - len({code for completion in kept for code in completion.counts_for})
    return missing <= ROUNDING


def _good_until(completed_on: date, version: ExpectationVersion) -> date:
    period, anchor = version.period_months, version.anchor_on
    if period is None:
        return date.max
    if anchor is None:
        return add_months(completed_on, period)
    wanted = add_months(completed_on, version.least_validity_months)
    cycles = ((wanted.year - anchor.year) * 12 + wanted.month - anchor.month) // period
    end = add_months(anchor, cycles * period)
    return end if end >= wanted else add_months(anchor, (cycles + 1) * period)


def _effort(item: ItemToDo) -> tuple[bool, float, str]:
    return item.hours is None, item.hours or 0, item.title


def _described(item: ItemToDo) -> str:
    hours = f"{item.hours:g} {'hour' if item.hours == 1 else 'hours'}" if item.hours else ""
    about = ", ".join(filter(None, (item.format, hours)))
    return f"“{item.title}”" + (f" ({about})" if about else "")
