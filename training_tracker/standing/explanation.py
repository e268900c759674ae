"""Why each status is what it is, for one person on any day, as known now or as known then."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.evidence import Strength
from training_tracker.standing.advice import next_step, so_far
from training_tracker.standing.counted import completed_by
from training_tracker.standing.explained import ExplainedStanding
from training_tracker.standing.merging import URGENCY, asking_the_same, merged
from training_tracker.standing.reading import Reading, read_standings
from training_tracker.standing.reasons import done_by
from training_tracker.standing.steps import in_doubt, steps


async def explain(
    session: AsyncSession, practitioner_id: int, on: date, *, today: date, known_at: datetime | None = None
) -> list[ExplainedStanding]:
    """One for each post and expectation in force on the date, the most urgent first, with what was not counted.

    Required before recommended, and rules about a setting last. Three statements, and two more where something is
    unknown.
    """
    completed = await completed_by(session, practitioner_id, on, today=today, known_at=known_at)
    readings = await read_standings(
        session, practitioner_id, on, today=today, known_at=known_at, counted=completed.counted
    )
    done = await done_by(session, completed, on, known_at)
    # Before it is put in words: what waits to be confirmed is what comes next.
    whole = [replace(one, standing=replace(one.standing, not_counting=done.left_out(one))) for one in readings]
    return [one.standing for one in _told(whole, on, completed.disputed)]


def as_json(explained: list[ExplainedStanding]) -> dict[str, Any]:
    """The same in plain dictionaries: dates as ISO text, statuses and marks as their words. Each merged line once."""
    merged_lines = {id(standing.merged): standing.merged for standing in explained if standing.merged}
    return {
        "standings": [_plain(asdict(standing)) for standing in explained],
        "merged": [_plain(asdict(line)) for line in merged_lines.values()],
    }


def _told(readings: list[Reading], on: date, disputed: Mapping[int, datetime]) -> list[Reading]:
    """The readings in words, the most urgent first, each with the line that it is part of."""
    told = []
    for reading in readings:
        standing, version = reading.standing, reading.version
        words = replace(
            standing,
            steps=[*steps(standing, version, on), *in_doubt(standing, disputed)],
            next_step=next_step(standing, version, on),
            so_far=so_far(standing, version, on),
        )
        told.append(replace(reading, standing=words))
    told.sort(key=lambda reading: _by_urgency(reading.standing))
    lines = {id(reading): line for group in asking_the_same(told) for line in [merged(group)] for reading in group}
    return [replace(reading, standing=replace(reading.standing, merged=lines.get(id(reading)))) for reading in told]


def _by_urgency(standing: ExplainedStanding) -> tuple[object, ...]:
    return (
        standing.people_in_setting is not None,
        not standing.required,
        URGENCY.index(standing.status),
        standing.due_on or date.max,
        standing.title,
        standing.post_id,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Strength):
        return value.words
    return value.isoformat() if isinstance(value, date) else value
