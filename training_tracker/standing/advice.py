"""A standing in plain English, for the person it is about: how it came to its dates, and what to do next."""

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from training_tracker.calendar import LONDON, Days, add_months, in_words
from training_tracker.catalogue.models import ItemKind
from training_tracker.expectations.models import ExpectationVersion, Measure, Method
from training_tracker.expectations.wording import listed
from training_tracker.standing.explained import (
    WAITS,
    CompletionLeftOut,
    CountingCompletion,
    ExplainedStanding,
    ItemToDo,
)
from training_tracker.standing.status import MET, PAUSED, Status
from training_tracker.standing.totals import ROUNDING

# More than these are a list to look at, not a sentence to read.
MOST_TITLES = 4


def steps(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> list[str]:
    """How the dates follow from the facts, one sentence each, in the order in which they happened."""
    told = [_expected(standing, version)]
    if standing.people_in_setting:
        told.append(_setting(standing.people_in_setting))
    else:
        told.append(_first_due(standing, version, on))
    if standing.status is Status.UNKNOWN:
        told.append(_silence(standing))
    told.append(_completed(standing, version))
    if standing.kept_until:
        told.append(_kept_from_before(standing))
    if standing.met_until:
        told.append(_lapses(standing, on))
    if not standing.people_in_setting:
        told.extend(_due(standing, version, on))
    if standing.status is Status.EXEMPT and standing.exempt_until:
        told.append(f"You are exempt until {in_words(standing.exempt_until)}: {standing.exempt_because}.")
    elif standing.status is Status.ON_LEAVE:
        told.append(f"{_leave(standing)}: it is paused.")
    return told


def in_doubt(standing: ExplainedStanding, disputed: Mapping[int, datetime]) -> list[str]:
    """What of the total the person says is not right, since when, one sentence each: no figure moves by their word."""
    return [
        f"“{one.title}”, {Days(one.completed_on, one.completed_by)}, is disputed since "
        f"{in_words(disputed[one.id].astimezone(LONDON).date())}: it counts as recorded until that is decided."
        for one in standing.counting
        if one.id in disputed
    ]


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


# --- how it came to its dates --------------------------------------------------------------------------------


def _expected(standing: ExplainedStanding, version: ExpectationVersion) -> str:
    whom = "every practitioner" if standing.of_everyone else f"you as {standing.role}, {standing.agency},"
    verb = "Expected" if standing.required else "Recommended, not required,"
    since = f"since {in_words(standing.effective_from)}"
    began = _began(standing, version)
    if began and began < standing.effective_from:
        since = f"since {in_words(began)}, in its present form {since},"
        if standing.of_everyone and began == standing.post_started_on:
            whom += ", of you"
    return f"{verb} of {whom} {since} by {standing.expected_by}."


def _began(standing: ExplainedStanding, version: ExpectationVersion) -> date | None:
    """From when the expectation has applied to the post, whatever its versions; None where that is not known."""
    return standing.first_due_on and standing.first_due_on - timedelta(days=version.first_due_days)


def _setting(people: int) -> str:
    needed = "at least 1 person who has" if people == 1 else f"at least {people} people who have"
    return f"It is about the setting: each needs {needed} done it, and nobody is overdue for it."


def _first_due(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> str:
    began = _began(standing, version)
    if standing.first_due_on is None or began is None:
        return "The day you started in this post is not known, so it cannot be said when it was first due."
    if began == standing.post_started_on:
        since = f"You started on {in_words(began)}"
    elif began < standing.in_force_from:
        since = f"It has applied to you, by an earlier rule, since {in_words(began)}"
    elif began == standing.effective_from:
        since = f"It took effect on {in_words(began)}, when you were in post"
    else:
        since = f"The current version to read came into force on {in_words(began)}"
    tense = "was" if standing.first_due_on < on else "is"
    days = version.first_due_days
    allowed = "at once" if days == 0 else "1 day later" if days == 1 else f"{days} days later"
    return f"{since}, so it {tense} first due by {in_words(standing.first_due_on)}, {allowed}."


def _silence(standing: ExplainedStanding) -> str:
    reasons = " and ".join(feed.in_words for feed in standing.silent_feeds)
    return f"Your agency's {reasons}, so this cannot be told. What is known follows."


def _completed(standing: ExplainedStanding, version: ExpectationVersion) -> str:
    if not standing.counting:
        by_now = " by the rule of now" if standing.kept_until else ""
        return f"No completion that counts{by_now} is in the record."
    done = "; ".join(map(_completion, standing.counting))
    if not standing.counting[0].decides:
        return f"Completed {done}: {_so_far(standing.counting, version)} so far."
    if version.amount > 1 or version.measure is Measure.HOURS:
        done += f": {_so_far(standing.counting, version)}, newest first"
    if standing.kept_until:
        return f"Completed {done}; by the rule of now that ends sooner."
    if standing.met_until is None:
        return f"Completed {done}. This does not lapse."
    if version.method is Method.CYCLE:
        return f"Completed {done}. Valid through {in_words(standing.met_until)}, the last day of its cycle."
    reached_on = standing.counting[-1].completed_on
    if version.method is Method.CONTINUOUS and standing.met_until != add_months(reached_on, version.period_months or 0):
        return f"Completed {done}. Valid through {in_words(standing.met_until)}: renewals in time keep the date."
    period = "1 month" if version.period_months == 1 else f"{version.period_months} months"
    return f"Completed {done}. Valid through {in_words(standing.met_until)}, {period} after {in_words(reached_on)}."


def _completion(completion: CountingCompletion) -> str:
    text = f"“{completion.title}” on {in_words(completion.completed_on)}"
    if completion.completed_by:
        known = Days(completion.completed_on, completion.completed_by)
        judged = f"judged from {in_words(completion.completed_on)}, the earliest it can have been"
        text = f"“{completion.title}”, {known}, {judged}"
    return text + (f", which counts as {listed(list(completion.counts_as), 'and')}" if completion.counts_as else "")


def _so_far(counting: list[CountingCompletion], version: ExpectationVersion) -> str:
    if version.measure is Measure.HOURS:
        together = f", of which {_together(counting):g} of {version.participatory_amount:g} participatory"
        of_kind = together if version.participatory_percent else ""
        return f"{_hours(counting):g} of {version.amount:g} hours{of_kind}"
    return f"{sum(len(completion.counts_for) for completion in counting)} of {version.amount:g}"


def _kept_from_before(standing: ExplainedStanding) -> str:
    assert standing.kept_until is not None
    until = "and does not lapse" if standing.met_until is None else f"until {in_words(standing.kept_until)}"
    return f"The rule changed on {in_words(standing.in_force_from)}; what you had earned before it stands, {until}."


def _lapses(standing: ExplainedStanding, on: date) -> str:
    assert standing.met_until is not None
    if standing.met_until < on:
        return f"It lapsed after {in_words(standing.met_until)}."
    opens = standing.renewal_opens_on or standing.met_until
    return f"Renewal {'opened' if opens <= on else 'opens'} on {in_words(opens)}."


def _due(standing: ExplainedStanding, version: ExpectationVersion, on: date) -> list[str]:
    if standing.due_on is None:
        return []
    expected = max(filter(None, (standing.first_due_on, standing.met_until)), default=None)
    told = []
    if standing.transition_until:
        expected = standing.transition_until
        told.append(_changed(standing.in_force_from, standing.transition_until, on))
    if standing.extended_until:
        told.append(f"You were given more time, until {in_words(standing.extended_until)}.")
        expected = standing.extended_until
    if expected and standing.due_on > expected:
        told.append(f"Leave gives you more time, until {in_words(standing.due_on)}.")
    if standing.due_on < on and standing.status not in (*MET, *PAUSED, Status.UNKNOWN):
        grace_until = standing.grace_until
        if grace_until and grace_until > standing.due_on + timedelta(days=version.grace_days):
            told.append(f"Leave moved the end of your grace, until {in_words(grace_until)}.")
        told.append(_behind(standing.due_on, grace_until, on))
    return told


def _changed(changed_on: date, until: date, on: date) -> str:
    """A change that leaves no day is told all the same: without it nobody sees why it fell due on that one."""
    if until <= changed_on:
        return f"The rule changed on {in_words(changed_on)}, with no more time to do what it asks now."
    have = "have" if until >= on else "had"
    return f"The rule changed on {in_words(changed_on)}: you {have} until {in_words(until)} to do what it asks now."


def _behind(due_on: date, grace_until: date | None, on: date) -> str:
    if grace_until is None:
        return f"It has been overdue since {in_words(due_on + timedelta(days=1))}."
    if grace_until >= on:
        return f"You have until {in_words(grace_until)} to renew it before it counts as overdue."
    overdue_since = in_words(grace_until + timedelta(days=1))
    return f"You had until {in_words(grace_until)} to renew it; it has been overdue since {overdue_since}."


def _leave(standing: ExplainedStanding) -> str:
    if standing.on_leave_until is None:
        return "You are on leave, with no end recorded"
    return f"You are on leave until {in_words(standing.on_leave_until)}"


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
        hours, together = _hours(kept), _together(kept)
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
    missing = max(version.amount - _hours(kept), 0)
    together = max(version.participatory_amount - _together(kept), 0)
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
        missing = max(version.amount - _hours(kept), version.participatory_amount - _together(kept))
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


def _hours(completions: list[CountingCompletion]) -> float:
    return sum(completion.hours or 0 for completion in completions)


def _together(completions: list[CountingCompletion]) -> float:
    return sum(completion.hours or 0 for completion in completions if completion.participatory)


def _effort(item: ItemToDo) -> tuple[bool, float, str]:
    return item.hours is None, item.hours or 0, item.title


def _described(item: ItemToDo) -> str:
    hours = f"{item.hours:g} {'hour' if item.hours == 1 else 'hours'}" if item.hours else ""
    about = ", ".join(filter(None, (item.format, hours)))
    return f"“{item.title}”" + (f" ({about})" if about else "")
