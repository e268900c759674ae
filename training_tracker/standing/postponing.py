"""What moves the day by which a thing is due, and never what was earned: extensions, leave with its notice, grace."""

from typing import Any

from sqlalchemy import CTE, FromClause, Subquery, and_, case, exists, func, null, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.database import add_days, as_date, latest
from training_tracker.expectations.models import Decision, Extension
from training_tracker.people.models import Absence
from training_tracker.standing.equivalent import ALWAYS, FOREVER
from training_tracker.standing.known import KnownAt, known


def falls_due(standing: Any) -> ColumnElement[Any]:
    """The last day that the rule alone gives, before extension and leave, of a standing that is kept or read.

    NULL where it is met for good, or undated.
    """
    days = (standing.first_due_on, standing.met_until, standing.transition_until)
    day = latest(*(func.coalesce(day, ALWAYS) for day in days))
    for_good = and_(standing.met_from.is_not(None), standing.met_until.is_(None))
    return case((or_(for_good, day == ALWAYS), null()), else_=day)


def postponed(standing: CTE, known_at: KnownAt) -> CTE:
    """Standings with ``due_on``, the day ``falls_due_on`` as an extension and then leave have moved it, and with
    ``grace_until``, the last day of grace after that.

    A day that is ALWAYS (undated) or FOREVER (met for good) becomes NULL. What was never met has its first days, and no
    grace after them. In parts, since each date would else be written out in full wherever the next one names it.
    """
    falls_due_on = standing.c.falls_due_on
    last_day = func.coalesce(extended_until(standing.c, falls_due_on, known_at), falls_due_on)
    extended = (
        select(standing, as_date(case((falls_due_on.not_in((ALWAYS, FOREVER)), last_day))).label("last_day"))
        .cte("extended")
        .prefix_with("MATERIALIZED")
    )
    due = (
        select(extended, as_date(_after_leave(extended, extended.c.last_day, known_at)).label("due_on"))
        .cte("due_after_leave")
        .prefix_with("MATERIALIZED")
    )
    lapses = and_(due.c.grace_days > 0, due.c.met_from.is_not(None))
    graced = _after_leave(due, add_days(due.c.due_on, due.c.grace_days), known_at)
    return select(due, as_date(case((lapses, graced))).label("grace_until")).cte("graced").prefix_with("MATERIALIZED")


def excused_until(
    rule: FromClause, falls_due_on: Any, met_from: Any, known_at: KnownAt, *beside: FromClause
) -> ColumnElement[Any]:
    """The last day on which nothing is overdue, after one on which it falls due: the same in one expression, since a
    recursion cannot be made of parts. ``rule`` has the post and the rule's days, and the dates may be of what is
    ``beside``.

    Each day stands in a query of its own around the one before, so that it is written out once.
    """

    def day_after(before: Subquery, day: ColumnElement[Any]) -> Subquery:
        return select(before.c.falls_due_on, as_date(day).label("day")).correlate(rule, *beside).offset(0).subquery()

    given = as_date(falls_due_on)
    first = select(given.label("falls_due_on"), given.label("day")).correlate(rule, *beside).offset(0).subquery()
    last = day_after(first, func.coalesce(extended_until(rule.c, first.c.day, known_at), first.c.day))
    due = day_after(last, _after_leave(rule, last.c.day, known_at))
    lapses = and_(rule.c.grace_days > 0, met_from.is_not(None))
    graced = _after_leave(rule, add_days(due.c.day, rule.c.grace_days), known_at)
    never = due.c.falls_due_on.in_((ALWAYS, FOREVER))
    return (
        select(as_date(case((never, due.c.falls_due_on), (lapses, graced), else_=due.c.day)))
        .correlate(rule, *beside)
        .scalar_subquery()
    )


def extended_until(standing: Any, falls_due_on: ColumnElement[Any], known_at: KnownAt) -> ColumnElement[Any]:
    """The last day that extensions of this very cycle give: those of a day from which on it falls due before their end.

    NULL without one. A renewal makes it fall due later, and no extension of the cycle before is of any use to it.
    """
    return (
        select(func.max(Extension.until))
        .where(
            Extension.post_id == standing.post_id,
            Extension.expectation_id == standing.expectation_id,
            Extension.due_on <= falls_due_on,
            Extension.until > falls_due_on,
            Extension.decision == Decision.GRANTED,
            known(known_at, Extension.decided_at, Extension.withdrawn_at),
        )
        .correlate_except(Extension)
        .scalar_subquery()
    )


def _after_leave(standing: FromClause, day: ColumnElement[Any], known_at: KnownAt) -> ColumnElement[Any]:
    """A day on which something ends for a post, or the end of the notice if it falls in leave or in that notice."""
    return case((_away(standing, day, known_at), _back_after(standing, day, known_at)), else_=day)


def _away(standing: FromClause, day: ColumnElement[Any], known_at: KnownAt) -> ColumnElement[bool]:
    """Whether a post is on leave on a day, or has been back for less than the rule's notice."""
    leave = aliased(Absence)
    return (
        exists()
        .where(*_leave_of(standing, leave, known_at), leave.starts_on <= day, _notice_ends(leave, standing) > day)
        .correlate_except(leave)
    )


def _back_after(standing: FromClause, day: ColumnElement[Any], known_at: KnownAt) -> ColumnElement[Any]:
    """The end of the notice after a leave, or after the last of several that each began within the one before."""
    leave = aliased(Absence)
    ends = _notice_ends(leave, standing)
    return (
        select(func.min(ends))
        .where(*_leave_of(standing, leave, known_at), ends > day, ~_away(standing, ends, known_at))
        .correlate_except(leave)
        .scalar_subquery()
    )


def _leave_of(standing: FromClause, leave: type[Absence], known_at: KnownAt) -> list[ColumnElement[bool]]:
    return [leave.post_id == standing.c.post_id, known(known_at, leave.recorded_at, leave.withdrawn_at)]


def _notice_ends(leave: type[Absence], standing: FromClause) -> ColumnElement[Any]:
    return add_days(leave.ends_on, standing.c.return_notice_days + 1)
