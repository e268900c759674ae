"""A rule in words a practitioner reads once and understands."""

from collections.abc import Sequence

from training_tracker.calendar import in_words
from training_tracker.catalogue.evidence import Strength
from training_tracker.expectations.models import ExpectationVersion, Measure, Method, OnChange, Setting


def rule_in_words(version: ExpectationVersion, titles: Sequence[str], refreshers: Sequence[str]) -> str:
    """What, how much, how often, and by when the first time, from the titles of the items and of the refreshers."""
    return f"{asked_in_words(version, titles, refreshers)} {_first_time(version)}"


def asked_in_words(version: ExpectationVersion, titles: Sequence[str], refreshers: Sequence[str]) -> str:
    """The same without the first time: for somebody who is told the day."""
    least = version.least_strength
    confirmed = f", with evidence at least as good as: {least.words}" if least > Strength.SELF_DECLARED else ""
    refreshed, grace = _refreshed(version, refreshers), _grace(version)
    return f"{_what(version, titles)}{_how_often(version)}{confirmed}.{refreshed}{grace}"


def change_in_words(version: ExpectationVersion) -> str:
    """What the version does to those whom the one before it applied to."""
    if version.on_change is OnChange.NEXT_CYCLE:
        return "Whoever the rule before applied to keeps the day that it set, and changes with the next renewal."
    days = version.first_due_days if version.transition_days is None else version.transition_days
    spared = f"Nobody is overdue for the change alone in its first {days} days." if days else ""
    if version.on_change is OnChange.PIN:
        return f"What was earned under the rule before stands until it ends. {spared}".strip()
    return f"It applies at once, also to what was completed before. {spared}".strip()


def how_often_in_words(version: ExpectationVersion) -> str:
    """How often alone: "every 3 years", "once"."""
    return _how_often(version).removeprefix(", ")


def _what(version: ExpectationVersion, titles: Sequence[str]) -> str:
    named = listed(titles, "and" if version.amount == len(titles) else "or")
    if version.measure is Measure.HOURS:
        together = f", {participatory_in_words(version)}" if version.participatory_percent else ""
        return f"At least {version.amount:g} hours of {named}{together}"
    if version.current_version_only:
        return f"Read and acknowledge the current version of {named}"
    if version.amount == len(titles) == 1:
        return f"Complete {named}"
    if version.amount == len(titles):
        return f"Complete all of: {named}"
    return f"Complete at least {version.amount:g} of: {named}"


def participatory_in_words(version: ExpectationVersion) -> str:
    if version.participatory_percent == 100:
        return "all of them participatory"
    return f"at least {version.participatory_amount:g} of them participatory"


def _how_often(version: ExpectationVersion) -> str:
    if version.method is Method.ONCE:
        return ", again whenever a new version comes into force" if version.current_version_only else ", once"
    months = version.period_months or 0
    if version.method is Method.COMPLETION:
        within = "in any" if version.measure is Measure.HOURS else "every"
        return f", {within} {_months(months)}"
    if version.method is Method.CONTINUOUS:
        window = (
            f"in the last {_months(version.renewal_window_months)}"
            if version.renewal_window_months
            else "on its last day"
        )
        return f", every {_months(months)}; renewed {window}, it keeps its date"
    anchor = version.anchor_on
    assert anchor is not None, "the database holds no cycle without an anchor"
    if months == 12:
        return f", once in each year that ends on {anchor.day} {anchor:%B}"
    return f", once in each {_months(months)} counted from {in_words(anchor)}"


def _refreshed(version: ExpectationVersion, refreshers: Sequence[str]) -> str:
    if not refreshers:
        return ""
    within = f", for {_months(version.refresher_months)} after it" if version.refresher_months else ""
    return f" Once you have done it, {listed(refreshers, 'or')} renews it{within}."


def _grace(version: ExpectationVersion) -> str:
    if not version.grace_days:
        return ""
    days = "is 1 day" if version.grace_days == 1 else f"are {version.grace_days} days"
    return f" There {days} of grace after it lapses."


def _first_time(version: ExpectationVersion) -> str:
    if version.people_in_setting:
        people = "person" if version.people_in_setting == 1 else "people"
        setting = "team" if version.setting is Setting.TEAM else "setting"
        return f"Each {setting} needs at least {version.people_in_setting} {people} who has done it."
    if version.first_due_days == 0:
        return "The first time: on the day you start."
    return f"The first time: within {version.first_due_days} days of starting in the role."


def _months(months: int) -> str:
    if months % 12 == 0:
        return "year" if months == 12 else f"{months // 12} years"
    return "month" if months == 1 else f"{months} months"


def listed(titles: Sequence[str], word: str) -> str:
    quoted = [f"“{title}”" for title in titles]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
