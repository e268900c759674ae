"""How a standing came to its dates, in plain English, for the person it is about."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from training_tracker.calendar import LONDON, Days, add_months, in_words
from training_tracker.expectations.models import ExpectationVersion, Measure, Method
from training_tracker.expectations.wording import listed
from training_tracker.standing.explained import CountingCompletion, ExplainedStanding, hours_of, participatory_hours
from training_tracker.standing.status import MET, PAUSED, Status


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
        together = f", of which {participatory_hours(counting):g} of {version.participatory_amount:g} participatory"
        of_kind = together if version.participatory_percent else ""
        return f"{hours_of(counting):g} of {version.amount:g} hours{of_kind}"
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
