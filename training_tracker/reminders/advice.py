"""What a manager does first, in a few sentences: people before percentages, and percentages before tidiness."""

from datetime import date

from training_tracker.calendar import in_words
from training_tracker.reminders.figures import Figure
from training_tracker.reminders.named import Named, Names
from training_tracker.uptake.coverage import Coverage

MOST = 3


def what_first(figures: list[Figure], names: Names, settings: list[Coverage]) -> list[str]:
    """At most three sentences, the most pressing first; none where nothing presses."""
    sentences = (
        *(_overdue(names), _settings(settings), _new(names)),
        *(_target(figures), _unknown(figures), _undated(names)),
    )
    return [advice for advice in sentences if advice][:MOST]


def _overdue(names: Names) -> str:
    if not names.overdue.people:
        return ""
    below = len(names.overdue_below - names.overdue.everybody)
    first = names.overdue.people[0]
    thing = next(iter(first.things.values()))
    since = in_words(thing.overdue_since)
    # The figures hold everybody, so who is overdue further down is said too.
    more = f" {below} more {'is' if below == 1 else 'are'} with the managers of the teams below." if below else ""
    if names.overdue.total == 1:
        return f"Help {first.name} to find the time: overdue since {since}.{more}"
    which = "overdue people whom you manage yourself" if below else "people who are overdue"
    return f"Help the {names.overdue.total} {which} to find the time, {first.name} first (since {since}).{more}"


def _settings(settings: list[Coverage]) -> str:
    """A place without somebody who can do it cannot wait for a percentage."""
    missing = [one for one in settings if not one.covered]
    if not missing:
        return ""
    first = missing[0]
    where = first.team or first.agency
    more = f", and {len(missing) - 1} more like it" if len(missing) > 1 else ""
    return f"Find {first.missing} more for “{first.title}” in {where}: {first.people} of {first.needed} have it{more}."


def _new(names: Names) -> str:
    """New people with something open that is not overdue yet: those who are overdue are named above."""
    waiting = [named for named in names.new_in_post.people if named.things and not _is_overdue(named)]
    if not waiting:
        return ""
    first = min(waiting, key=_next_due)
    by = in_words(_next_due(first))
    if names.new_in_post.total == 1:
        return f"Give {first.name}, who is new in post, the time for what is due by {by}."
    # The list may be cut; who is beyond its end is not counted here.
    who = f"{'at least ' if names.new_in_post.more else ''}{len(waiting)} of {names.new_in_post.total}"
    return f"Give new starters the time: {who} still have something to do, {first.name} by {by}."


def _target(figures: list[Figure]) -> str:
    worst = next((figure for figure in figures if figure.required and figure.below_target), None)
    if worst is None:
        return ""
    more = "1 more" if worst.missing == 1 else f"{worst.missing} more"
    return (
        f"“{worst.title}” is furthest from its target: {worst.percent}% against {worst.target_percent:g}%."
        f" It takes {more} to reach it."
    )


def _unknown(figures: list[Figure]) -> str:
    unknown = sum(figure.counts.unknown for figure in figures if figure.required)
    if not unknown:
        return ""
    whose = "1 standing is" if unknown == 1 else f"{unknown} standings are"
    return f"Ask your agency’s training lead to send its records: until they come, {whose} unknown."


def _undated(names: Names) -> str:
    total = names.undated.total
    if not total:
        return ""
    whose = "1 person" if total == 1 else f"{total} people"
    return f"Find out when {whose} started in post; until then we cannot say what is due when."


def _is_overdue(named: Named) -> bool:
    return any(thing.overdue for thing in named.things.values())


def _next_due(named: Named) -> date:
    return min(thing.due_on for thing in named.things.values())
