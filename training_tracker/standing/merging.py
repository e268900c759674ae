"""What several rules that ask the same of one post come to for the person: merged field by field to the strictest.

Every standing is kept and explained; this is the one line that the person sees of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from training_tracker.expectations.strictness import strictest_version
from training_tracker.expectations.wording import rule_in_words
from training_tracker.standing.explained import ExplainedStanding, Merged, Origin
from training_tracker.standing.reading import Reading
from training_tracker.standing.status import MET, PAUSED, Status

URGENCY = list(Status)


@dataclass(frozen=True, slots=True)
class Dates:
    """Where a standing, or several together, stand on a day. ``met``: all that decide are met, maybe without end."""

    required: bool
    status: Status
    met: bool
    met_until: date | None
    renewal_opens_on: date | None
    due_on: date | None
    grace_until: date | None

    @classmethod
    def of(cls, standing: ExplainedStanding) -> "Dates":
        return cls(
            required=standing.required,
            status=standing.status,
            met=standing.met_from is not None,
            met_until=standing.met_until,
            renewal_opens_on=standing.renewal_opens_on,
            due_on=standing.due_on,
            grace_until=standing.grace_until,
        )

    @property
    def decides(self) -> tuple[bool, bool]:
        """What is required decides before what is recommended, and what goes on before what is paused: being exempt
        from one rule excuses from no other."""
        return self.required, self.status not in PAUSED

    @property
    def last_day(self) -> date | None:
        """The last day before it counts as overdue."""
        return self.grace_until or self.due_on


def strictest(one: Dates, other: Dates) -> Dates:
    """Of what decides: the most urgent status and the earliest of each date; met only as long as both are."""
    if one.decides != other.decides:
        return max(one, other, key=lambda dates: dates.decides)
    due_on, last_day = _earliest(one.due_on, other.due_on), _earliest(one.last_day, other.last_day)
    met = one.met and other.met
    return Dates(
        required=one.required,
        status=min(one.status, other.status, key=URGENCY.index),
        met=met,
        met_until=_earliest(one.met_until, other.met_until) if met else None,
        renewal_opens_on=_earliest(one.renewal_opens_on, other.renewal_opens_on),
        due_on=due_on,
        grace_until=None if last_day == due_on else last_day,
    )


def merged(readings: Sequence[Reading]) -> Merged:
    """The one line for standings of one post that ask the same, already in words and most urgent first.

    The words come from those that decide, as the dates do: else it would ask for what somebody is excused from.
    """
    dates = [Dates.of(reading.standing) for reading in readings]
    together = reduce(strictest, dates)
    deciding = [reading for reading, own in zip(readings, dates, strict=True) if own.decides == together.decides]
    return Merged(
        required=together.required,
        status=together.status,
        rule=_rule(deciding),
        met_until=together.met_until,
        renewal_opens_on=together.renewal_opens_on,
        due_on=together.due_on,
        grace_until=together.grace_until,
        origins=[_origin(reading.standing) for reading in readings],
        steps=deciding[0].standing.steps,
        next_step=deciding[0].standing.next_step,
        so_far=deciding[0].standing.so_far,
    )


def as_one_line(standing: ExplainedStanding) -> ExplainedStanding:
    """The standing as the person sees it: with the dates and the words of all that it is merged with."""
    line = standing.merged
    if line is None:
        return standing
    return replace(
        standing,
        required=line.required,
        status=line.status,
        rule=line.rule,
        met_until=line.met_until,
        renewal_opens_on=line.renewal_opens_on,
        due_on=line.due_on,
        grace_until=line.grace_until,
        steps=line.steps,
        next_step=line.next_step,
        so_far=line.so_far,
    )


def asking_the_same(standings: Collection[Reading]) -> list[list[Reading]]:
    """Those of one post that ask the same of the person; what nothing else asks stands alone, and is left out."""
    groups: dict[tuple[int, str], list[Reading]] = {}
    for reading in standings:
        if reading.standing.people_in_setting is None:
            groups.setdefault((reading.standing.post_id, reading.standing.asks), []).append(reading)
    return [group for group in groups.values() if len(group) > 1]


def _rule(readings: Sequence[Reading]) -> str:
    """In one sentence, each field from the rule that is strictest in it; else what each says, one after the other."""
    strict = strictest_version([reading.version for reading in readings])
    if strict is None:
        return " And: ".join(dict.fromkeys(reading.standing.rule for reading in readings))
    items = [expected.item.title for expected in readings[0].items if not expected.refresher]
    renewing = [{expected.item.title for expected in reading.items if expected.refresher} for reading in readings]
    return rule_in_words(strict, items, sorted(set.intersection(*renewing)))


def _origin(standing: ExplainedStanding) -> Origin:
    return Origin(
        code=standing.code,
        title=standing.title,
        expected_by=standing.expected_by,
        effective_from=standing.effective_from,
        required=standing.required,
        rule=standing.rule,
        status=standing.status,
        first_due_on=standing.first_due_on,
        met_until=standing.met_until if standing.status in MET else None,
        due_on=standing.due_on,
    )


def _earliest(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day), default=None)
