"""Whether one rule is as strict as another that asks the same: compared field by field, without a database.

At least as strict means: whatever somebody has done and whenever, the one is never met for longer nor due later than
the other, if both begin on the same day, and it never measures more gently. So the comparison is transitive.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training_tracker.expectations.models import ExpectationVersion, Method, Setting

# A field may be this much or less; this much or more; and what is true may not become false.
AT_MOST = ("first_due_days", "return_notice_days", "grace_days")
AT_LEAST = ("amount", "target_percent", "people_in_setting")
VALIDITY = ("method", "period_months", "anchor_on", "least_validity_months", "renewal_window_months")
KEPT = ("required", "current_version_only")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a published version asks: its rule, and the ids of its items and of its refreshers."""

    version: ExpectationVersion
    items: frozenset[int]
    refreshers: frozenset[int]

    def the_same_as(self, other: "Asking") -> bool:
        """Both about a person, or both about a setting; whatever their amounts, periods and refreshers.

        Which setting is a matter of strictness. A rule about a person has none, whatever its field says.
        """
        about_a_setting = (self.version.people_in_setting is None, other.version.people_in_setting is None)
        return (
            self.items == other.items
            and self.version.measure is other.version.measure
            and about_a_setting[0] is about_a_setting[1]
        )


@dataclass(frozen=True, slots=True)
class Looser:
    """A field in which a rule asks less than another does; ``mend`` is what it may say instead."""

    field: str
    own: str
    other: str
    mend: str


def looser(own: Asking, other: Asking) -> list[Looser]:
    """The fields in which a rule is looser than another that asks the same; none if it is at least as strict.

    The renewal window is no strictness, except where the method keeps the anniversary and it says how long.
    """
    return [
        *_numbers(own.version, other.version),
        *_kept(own.version, other.version),
        *_setting(own.version, other.version),
        *_validity(own.version, other.version),
        *_refreshers(own, other),
    ]


def _numbers(own: ExpectationVersion, other: ExpectationVersion) -> Iterator[Looser]:
    for name in AT_MOST:
        mine, theirs = getattr(own, name), getattr(other, name)
        if mine > theirs:
            yield Looser(name, f"{mine:g}", f"{theirs:g}", f"{name} = {theirs:g} or less")
    for name in AT_LEAST:
        mine, theirs = getattr(own, name) or 0, getattr(other, name) or 0
        if mine < theirs:
            yield Looser(name, f"{mine:g}", f"{theirs:g}", f"{name} = {theirs:g} or more")
    if own.least_strength < other.least_strength:
        mine, theirs = own.least_strength.words, other.least_strength.words
        yield Looser("least_strength", mine, theirs, f'least_strength = "{theirs}" or stronger')
    if own.participatory_amount < other.participatory_amount:
        mine, theirs = (f"{version.participatory_percent or 0} of {version.amount:g} hours" for version in (own, other))
        mend = f"participatory_percent for {other.participatory_amount:g} hours or more"
        yield Looser("participatory_percent", mine, theirs, mend)


def _kept(own: ExpectationVersion, other: ExpectationVersion) -> Iterator[Looser]:
    for name in KEPT:
        if getattr(other, name) and not getattr(own, name):
            yield Looser(name, "false", "true", f"{name} = true")


def _setting(own: ExpectationVersion, other: ExpectationVersion) -> Iterator[Looser]:
    """As many in each team are as many in the agency; as many in the agency need not be in every team."""
    if other.people_in_setting and other.setting is Setting.TEAM and own.setting is Setting.AGENCY:
        yield Looser("setting", own.setting, other.setting, f'setting = "{other.setting}"')


def _refreshers(own: Asking, other: Asking) -> Iterator[Looser]:
    if own.refreshers - other.refreshers:
        yield Looser("refreshers", "more", "fewer", "no refreshers but those of the other rule")
    elif own.refreshers and _months(own.version.refresher_months) > _months(other.version.refresher_months):
        mine, theirs = (asking.version.refresher_months or "any age" for asking in (own, other))
        yield Looser("refresher_months", str(mine), str(theirs), f"refresher_months = {theirs} or less")


def strictest_version(versions: Sequence[ExpectationVersion]) -> ExpectationVersion | None:
    """A rule that takes each field from the strictest of several that ask the same, to be put in words.

    None where no one period is the strictest: one of them lasts longer on some days, and another on others.
    """
    first = versions[0]
    shortest = next((own for own in versions if all(lasts_no_longer(own, other) for other in versions)), None)
    amount = max(version.amount for version in versions)
    if shortest is None or (shortest.method is Method.CONTINUOUS and amount > 1):
        return None
    together = max(version.participatory_amount for version in versions)
    refresher_months = [version.refresher_months for version in versions if version.refresher_months]
    return ExpectationVersion(
        measure=first.measure,
        amount=amount,
        participatory_percent=math.ceil(100 * together / amount) or None,
        refresher_months=min(refresher_months, default=None),
        least_strength=max(version.least_strength for version in versions),
        **{name: min(getattr(version, name) for version in versions) for name in AT_MOST},
        **{name: any(getattr(version, name) for version in versions) for name in KEPT},
        **{name: getattr(shortest, name) for name in VALIDITY},
    )


# --- how long a completion is good for ---


def _validity(own: ExpectationVersion, other: ExpectationVersion) -> Iterator[Looser]:
    if lasts_no_longer(own, other):
        return
    mend = f'method = "completion" with period_months = {other.period_months} or less'
    if other.method is Method.CYCLE:
        mend = (
            f'method = "cycle" with anchor_on = {other.anchor_on}, period_months = {other.period_months} and '
            f"least_validity_months = {other.least_validity_months} or less"
        )
    if own.method is other.method is Method.COMPLETION:
        name = "period_months"
    elif own.method is other.method is Method.CYCLE and _keeps_every_end(own, other):
        name = "least_validity_months"
    else:
        yield Looser("method", _method(own), _method(other), f"{mend}, since the one lasts longer on some days")
        return
    yield Looser(name, str(getattr(own, name)), str(getattr(other, name)), f"{name} = {getattr(other, name)} or less")


def lasts_no_longer(own: ExpectationVersion, other: ExpectationVersion) -> bool:
    """Whether whatever is completed is never good for longer under the one rule than under the other."""
    most, least = _most_months(own), _least_months(other)
    # Keeping the anniversary may add some days at the end of a month.
    if most < least or (most == least and own.method is not Method.CONTINUOUS):
        return True
    if own.method is other.method is Method.CONTINUOUS:
        # A shorter period alone does not do: its window opens earlier, and so it can keep what the other cannot.
        same_period = own.period_months == other.period_months
        return same_period and own.renewal_window_months <= other.renewal_window_months
    if own.method is other.method is Method.CYCLE:
        return _keeps_every_end(own, other) and own.least_validity_months <= other.least_validity_months
    return False


def _least_months(version: ExpectationVersion) -> float:
    """For how many months a completion is good at least."""
    return version.least_validity_months if version.method is Method.CYCLE else _months(version.period_months)


def _most_months(version: ExpectationVersion) -> float:
    if version.method is Method.CYCLE:
        return version.least_validity_months + _months(version.period_months)
    window = version.renewal_window_months if version.method is Method.CONTINUOUS else 0
    return _months(version.period_months) + window


def _keeps_every_end(own: ExpectationVersion, other: ExpectationVersion) -> bool:
    """Whether every last day of the other's cycle is one of its own."""
    mine, theirs, period = own.anchor_on, other.anchor_on, own.period_months
    if mine is None or theirs is None or period is None:
        return False  # the database holds no cycle without them
    apart = (theirs.year - mine.year) * 12 + theirs.month - mine.month
    return mine.day == theirs.day and apart % period == 0 and (other.period_months or 0) % period == 0


def _months(months: int | None) -> float:
    return math.inf if months is None else months


def _method(version: ExpectationVersion) -> str:
    if version.method is Method.ONCE:
        return "once"
    words = f"{version.method} of {version.period_months} months"
    if version.method is Method.CONTINUOUS:
        return f"{words}, renewed in the last {version.renewal_window_months}"
    if version.method is Method.CYCLE:
        return f"{words} to {version.anchor_on}, for at least {version.least_validity_months}"
    return words
