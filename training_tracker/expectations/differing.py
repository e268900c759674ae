"""In what one version of an expectation differs from the one before it, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training_tracker.catalogue.evidence import Strength
from training_tracker.expectations.models import ExpectationVersion, Measure, Setting
from training_tracker.expectations.wording import how_often_in_words, listed, participatory_in_words


@dataclass(frozen=True, slots=True)
class Told:
    """A version with the titles of its items and of its refreshers, and whom it applies to in words."""

    version: ExpectationVersion
    titles: Sequence[str]
    refreshers: Sequence[str]
    applies_to: Sequence[str]


def differences(before: Told, after: Told) -> tuple[str, ...]:
    """What is different from the first day of ``after`` on; nothing where only its reasons were written anew."""
    return (
        *_lists(before.titles, after.titles, "Counts"),
        *_lists(before.refreshers, after.refreshers, "Renews it"),
        *_asked(before, after),
        *_when(before.version, after.version),
        *_whom(before, after),
        *_weight(before.version, after.version),
    )


def _lists(before: Sequence[str], after: Sequence[str], does: str) -> Iterator[str]:
    if more := [title for title in after if title not in before]:
        yield f"{does} now: {listed(more, 'and')}."
    if fewer := [title for title in before if title not in after]:
        yield f"{does} no longer: {listed(fewer, 'and')}."


def _asked(before: Told, after: Told) -> Iterator[str]:
    was, is_now = _amount(before), _amount(after)
    if was != is_now:
        yield f"It asks for {is_now}, before for {was}."
    one, other = before.version, after.version
    if one.participatory_amount != other.participatory_amount:
        share = participatory_in_words(other) if other.participatory_percent else "none of them need be participatory"
        yield f"Of the hours: {share}."
    if one.least_strength != other.least_strength:
        if other.least_strength == Strength.SELF_DECLARED:
            yield "People’s own word is enough now."
        else:
            yield (
                f"Evidence has to be at least as good as: {other.least_strength.words}; before: "
                f"{one.least_strength.words}."
            )
    if (one.people_in_setting, one.setting) != (other.people_in_setting, other.setting):
        where = "team" if other.setting is Setting.TEAM else "setting"
        yield (
            f"Each {where} needs {other.people_in_setting} who have it."
            if other.people_in_setting
            else "It is asked of each person, no longer of so many in a setting."
        )


def _when(before: ExpectationVersion, after: ExpectationVersion) -> Iterator[str]:
    was, is_now = how_often_in_words(before), how_often_in_words(after)
    if was != is_now:
        yield f"{is_now[0].upper()}{is_now[1:]}, before {was}."
    if before.first_due_days != after.first_due_days:
        yield f"The first time within {_days(after.first_due_days)}, before {_days(before.first_due_days)}."
    if before.grace_days != after.grace_days:
        yield f"{_days(after.grace_days).capitalize()} of grace after it lapses, before {_days(before.grace_days)}."
    if before.return_notice_days != after.return_notice_days:
        yield (
            f"{_days(after.return_notice_days).capitalize()} after long leave, "
            f"before {_days(before.return_notice_days)}."
        )
    if before.refresher_months != after.refresher_months:
        yield (
            f"A refresher counts for {after.refresher_months} months after the full course."
            if after.refresher_months
            else "A refresher counts however long ago the full course was."
        )


def _whom(before: Told, after: Told) -> Iterator[str]:
    if more := [who for who in after.applies_to if who not in before.applies_to]:
        yield f"Now of: {'; '.join(more)}."
    if fewer := [who for who in before.applies_to if who not in after.applies_to]:
        yield f"No longer of: {'; '.join(fewer)}."


def _weight(before: ExpectationVersion, after: ExpectationVersion) -> Iterator[str]:
    if before.required != after.required:
        yield "Required now, before recommended." if after.required else "Recommended now, before required."
    if before.target_percent != after.target_percent:
        yield f"The target is {after.target_percent:g}%, before {before.target_percent:g}%."


def _amount(told: Told) -> str:
    version = told.version
    if version.measure is Measure.HOURS:
        return f"{version.amount:g} hours"
    if version.current_version_only:
        return "each current version to be acknowledged"
    if version.amount == len(told.titles):
        return "all that counts" if version.amount > 1 else "the one thing that counts"
    return f"{version.amount:g} of what counts"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
