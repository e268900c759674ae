"""A standing read on a date: comparisons of dates, and nothing else."""

from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import FromClause, Select, String, Subquery, case, exists, literal, or_, select, true, tuple_
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.database import Day
from training_tracker.expectations.models import Exemption
from training_tracker.people.models import Absence
from training_tracker.standing.feeds import untold
from training_tracker.standing.known import (
    ASKED_DAY,
    ASKED_EXPECTATION,
    KnownAt,
    PostFilter,
    asking,
    condition_of,
    known,
    known_posts,
    moment_asked,
)
from training_tracker.standing.models import Standing
from training_tracker.standing.thresholds import thresholds


class Status(StrEnum):
    """What a person, a manager and a scrutineer read. The order is that of urgency."""

    OVERDUE = "overdue"
    IN_GRACE = "in grace"
    DUE_SOON = "due soon"
    NOT_YET_DUE = "not yet due"
    UNDATED = "undated"
    UNKNOWN = "unknown"
    COMPLIANT = "compliant"
    ON_LEAVE = "on leave"
    EXEMPT = "exempt"


# Who can do it on the day: only they cover a setting, and only what they hold need not be done again.
MET = (Status.COMPLIANT, Status.DUE_SOON)
# To be done, or to be done again, on a day that is known.
OPEN = (Status.OVERDUE, Status.IN_GRACE, Status.DUE_SOON, Status.NOT_YET_DUE)
# Nothing is asked of them on the day.
PAUSED = (Status.ON_LEAVE, Status.EXEMPT)
# Whom the percentage counts as having met it: what lapsed and is in grace is not held against anybody yet.
MET_OR_IN_GRACE = (*MET, Status.IN_GRACE)


def standings_on(
    on: date,
    *,
    today: date,
    known_at: datetime | None = None,
    posts: PostFilter | None = None,
    expectation_id: int | None = None,
) -> Subquery:
    """Every standing in force on a date, with its ``status`` and the post's ``practitioner_id``, ``team_id`` and
    ``role_id``.

    The kept standings answer for today and later, as known now. An earlier date, or an earlier knowledge, asks
    the engine: a completion made since then must not count. ``expectation_id`` narrows them, and the engine's work,
    to one expectation.
    """
    kept = on >= today and known_at is None
    values = asking(on, known_at, posts)
    if expectation_id is not None:
        values |= {ASKED_EXPECTATION.key: expectation_id}
    asked = standings_asked(kept, moment_asked(known_at), condition_of(posts), expectation_id is not None)
    return asked.params(values).subquery("standing_on")


@lru_cache(maxsize=16)
def standings_asked(
    kept: bool, known_at: KnownAt, posts: PostFilter | None, only_one_expectation: bool = False
) -> Select[Any]:
    """Select the same of the ``kept`` standings or from the engine, on the day that its parameter gives."""
    post = known_posts(known_at, posts).subquery("post_read")
    standing: FromClause = Standing.__table__
    only = [ASKED_EXPECTATION] if only_one_expectation else None
    if not kept:
        standing = thresholds(on=ASKED_DAY, known_at=known_at, posts=posts, expectations=only).cte("standing_read")
    return (
        select(
            *standing.c,
            post.c.practitioner_id,
            post.c.team_id,
            post.c.role_id,
            post.c.started_on,
            _status_on(standing.c, post.c.team_id, ASKED_DAY, known_at).label("status"),
        )
        .join(post, post.c.id == standing.c.post_id)
        .where(
            standing.c.in_force_from <= ASKED_DAY,
            standing.c.in_force_until >= ASKED_DAY,
            standing.c.expectation_id == ASKED_EXPECTATION if only_one_expectation else true(),
        )
    )


def _status_on(standing: Any, team_id: Any, on: Day, known_at: KnownAt) -> ColumnElement[str]:
    """The status on a date of a standing in force on it. Exemption and leave come before everything else.

    What is due or met already is unknown where the agency's feed is silent: the silence hides completions and nothing
    else, so whoever has time left has it all the same.
    """
    exempt = exists().where(
        Exemption.post_id == standing.post_id,
        Exemption.expectation_id == standing.expectation_id,
        Exemption.starts_on <= on,
        Exemption.until >= on,
        known(known_at, Exemption.granted_at, Exemption.withdrawn_at),
    )
    on_leave = exists().where(
        Absence.post_id == standing.post_id,
        Absence.starts_on <= on,
        or_(Absence.ends_on.is_(None), Absence.ends_on >= on),
        known(known_at, Absence.recorded_at, Absence.withdrawn_at),
    )
    met = standing.met_from.is_not(None) & (standing.met_until.is_(None) | (standing.met_until >= on))
    renewal_open = standing.renewal_opens_on <= on
    # Asked once for the statement, not once for each standing.
    silence = tuple_(team_id, standing.version_id).in_(untold(on, known_at))
    due_or_met = met | (standing.due_on < on)
    return case(
        (exempt, _word(Status.EXEMPT)),
        (on_leave, _word(Status.ON_LEAVE)),
        (due_or_met & silence, _word(Status.UNKNOWN)),
        (met & renewal_open, _word(Status.DUE_SOON)),
        (met, _word(Status.COMPLIANT)),
        (standing.due_on.is_(None), _word(Status.UNDATED)),
        (standing.due_on >= on, _word(Status.NOT_YET_DUE)),
        (standing.grace_until >= on, _word(Status.IN_GRACE)),
        else_=_word(Status.OVERDUE),
    )


def _word(status: Status) -> ColumnElement[str]:
    return literal(status.value, String)
