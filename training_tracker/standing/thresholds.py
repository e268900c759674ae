"""The engine: one set-based statement that turns facts into thresholds.

Read it as the chain of its parts. In terms.py: the posts asked for, what each kind of post is expected to do, and the
term for which each expectation runs. In totals.py: the completions that count in it, and the day on which their total,
newest first, reaches the amount. In changes.py: what the version before left. In postponing.py: extensions and leave.
Here: the dates that follow. Nothing else in the program decides compliance.
"""

from typing import Any

from sqlalchemy import CTE, FromClause, Integer, Select, case, cast, func, null, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.database import Day, add_months, as_date, month_number
from training_tracker.expectations.models import Method
from training_tracker.standing.changes import settled, unmoved
from training_tracker.standing.equivalent import ALWAYS, FOREVER
from training_tracker.standing.known import CompletionFilter, KnownAt, PostFilter
from training_tracker.standing.postponing import postponed
from training_tracker.standing.totals import Totals


def thresholds(
    *,
    on: Day | None = None,
    known_at: KnownAt = None,
    posts: PostFilter | None = None,
    completions: CompletionFilter | None = None,
    expectations: Any = None,
) -> Select[Any]:
    """Select one row per post, expectation version and term, with the columns of :class:`Standing`.

    ``on`` leaves out completions after that day; ``known_at`` leaves out what was recorded after that moment and
    brings back what has been corrected since; ``posts`` narrows the posts, ``expectations`` (ids) what is
    expected of them. Without them: all that is known now. ``completions`` says what is known of the completions of all
    these posts, so that the database need not look at everybody's.
    """
    return Thresholds(on, known_at, posts, completions, expectations).dates()


class Thresholds(Totals):
    """The last parts of the statement."""

    def dates(self) -> Select[Any]:
        due = self._due(self._met())
        has_end = due.c.met_until.not_in((ALWAYS, FOREVER))
        return select(
            due.c.post_id,
            due.c.version_id,
            due.c.in_force_from,
            due.c.in_force_until,
            due.c.expectation_id,
            due.c.first_due_on,
            due.c.met_from,
            as_date(case((has_end, due.c.met_until))).label("met_until"),
            as_date(case((has_end, add_months(due.c.met_until, -due.c.renewal_window_months)))).label(
                "renewal_opens_on"
            ),
            due.c.kept_until,
            due.c.transition_until,
            due.c.due_on,
            due.c.grace_until,
        )

    def _due(self, met: CTE) -> FromClause:
        """Most standings nothing has moved: no version before, no leave and no extension of the post."""
        moved = postponed(settled(met, self.known_at), self.known_at).c
        by_itself = unmoved(met)
        same = select(*(moved[column.name] for column in by_itself.selected_columns))
        return union_all(by_itself, same).subquery("due")

    def _met(self) -> CTE:
        """Each term with the dates between which its own rule is met: ALWAYS if never, FOREVER if for good."""
        term, version, total = self.term, self.version.c, self.total.c
        reached_on = total.reached_on
        met_until = case(
            (reached_on.is_(None), ALWAYS),
            (version.method == Method.COMPLETION, add_months(reached_on, version.period_months)),
            (version.method == Method.CYCLE, cycle_end(reached_on, self.version)),
            (version.method == Method.CONTINUOUS, self.earned.c.until),
            else_=FOREVER,
        )
        return (
            select(
                term.c.post_id,
                term.c.version_id,
                term.c.in_force_from,
                term.c.in_force_until,
                term.c.entered_id,
                term.c.moved,
                version.expectation_id,
                version.return_notice_days,
                version.grace_days,
                version.renewal_window_months,
                version.on_change,
                version.first_due_days,
                func.coalesce(version.transition_days, version.first_due_days).label("transition_days"),
                term.c.first_due_on,
                case((reached_on.is_(None), null()), else_=total.newest_on).label("met_from"),
                as_date(met_until).label("met_until"),
            )
            .select_from(term)
            .join(self.version, version.id == term.c.version_id)
            .outerjoin(self.total, self.total.c.term_id == term.c.term_id)
            .outerjoin(self.earned, self.earned.c.term_id == term.c.term_id)
            .cte("met")
            # Else a database writes out each date below in full wherever it is named, and takes twice as long to plan.
            .prefix_with("MATERIALIZED")
        )


def cycle_end(reached_on: ColumnElement[Any], version: FromClause) -> ColumnElement[Any]:
    """The smallest anchor + k × period that is on or after the completion + the least validity; k may be negative."""
    period, anchor = cast(version.c.period_months, Integer), version.c.anchor_on
    wanted = add_months(reached_on, version.c.least_validity_months)
    # Integer division cuts towards zero; counting from far below makes it cut downwards for early completions too.
    far_below = 100_000
    steps = (month_number(wanted) - month_number(anchor) + period * far_below) // period - far_below
    candidate = add_months(anchor, steps * period)
    return case((candidate >= wanted, candidate), else_=add_months(anchor, (steps + 1) * period))
