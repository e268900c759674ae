"""What a change of a rule does: each version goes on where the one before left off.

How a version stood for a post on its last day is worked out from the completions until then, and decides what the next
one begins with (docs/decisions/a-changed-rule-goes-on-where-the-old-one-left-off.md).
"""

from typing import Any

from sqlalchemy import CTE, Select, and_, case, exists, func, null, select
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.database import add_days, as_date, earliest, latest
from training_tracker.expectations.models import OnChange
from training_tracker.standing.equivalent import ALWAYS, FOREVER
from training_tracker.standing.known import KnownAt
from training_tracker.standing.postponing import excused_until

# What every standing has, whatever moved it.
OWN = (
    *("post_id", "version_id", "in_force_from", "in_force_until", "expectation_id"),
    *("first_due_on", "met_from", "met_until", "renewal_window_months"),
)


def unmoved(met: CTE) -> Select[Any]:
    """The terms with which nothing but their own rule has to do."""
    falls_due = latest(func.coalesce(met.c.first_due_on, ALWAYS), met.c.met_until)
    due_on = as_date(case((falls_due.not_in((ALWAYS, FOREVER)), falls_due)))
    lapses = and_(met.c.grace_days > 0, met.c.met_from.is_not(None))
    return select(
        *(met.c[name] for name in OWN),
        as_date(null()).label("kept_until"),
        as_date(null()).label("transition_until"),
        due_on.label("due_on"),
        as_date(case((lapses, add_days(due_on, met.c.grace_days)))).label("grace_until"),
    ).where(met.c.entered_id == 0, ~met.c.moved)


def settled(met: CTE, known_at: KnownAt) -> CTE:
    """The terms with what a change of the rule left of the version before."""
    term = met.alias("term_met")
    before = _before(met, known_at)
    return (
        select(
            *(term.c[name] for name in ("post_id", "version_id", "in_force_from", "in_force_until")),
            *(term.c[name] for name in ("expectation_id", "return_notice_days", "grace_days")),
            term.c.renewal_window_months,
            *(column.label(name) for name, column in _after_a_change(term.c, before.c).items()),
        )
        .outerjoin(
            before,
            and_(
                before.c.post_id == term.c.post_id,
                before.c.entered_id == term.c.version_id,
                before.c.entered_on == term.c.in_force_from,
            ),
        )
        .where(term.c.entered_id == 0, term.c.moved)
        .cte("settled")
        .prefix_with("MATERIALIZED")
    )


def _before(met: CTE, known_at: KnownAt) -> CTE:
    """How each version that another follows stood on its last day, what was left of those before it included.

    It falls due only after what excused the post on that day: an extension, leave and its notice, grace.
    """
    # By themselves: they are few, and each is looked for among them.
    eves = select(*met.c).where(met.c.entered_id != 0).cte("eves").prefix_with("MATERIALIZED")
    eve, first = eves.alias("eve"), eves.alias("first_eve")
    follows = exists().where(
        eve.c.post_id == first.c.post_id,
        eve.c.entered_id == first.c.version_id,
        add_days(eve.c.in_force_until, 1) == first.c.in_force_from,
    )
    falls_due_on = latest(func.coalesce(first.c.first_due_on, ALWAYS), first.c.met_until)
    before = (
        select(
            first.c.post_id,
            first.c.entered_id,
            as_date(add_days(first.c.in_force_until, 1)).label("entered_on"),
            first.c.in_force_from.label("began_on"),
            first.c.met_from,
            first.c.met_until,
            excused_until(first, falls_due_on, first.c.met_from, known_at).label("falls_due_on"),
        )
        .where(~follows.correlate(first))
        .cte("before", recursive=True)
    )
    stood = _after_a_change(eve.c, before.c)
    return before.union_all(
        select(
            eve.c.post_id,
            eve.c.entered_id,
            as_date(add_days(eve.c.in_force_until, 1)),
            before.c.began_on,
            stood["met_from"],
            stood["met_until"],
            excused_until(eve, stood["falls_due_on"], stood["met_from"], known_at, before),
        ).join(
            eve,
            and_(
                eve.c.post_id == before.c.post_id,
                eve.c.version_id == before.c.entered_id,
                eve.c.in_force_from == before.c.entered_on,
            ),
        )
    )


def _after_a_change(term: Any, before: Any) -> dict[str, ColumnElement[Any]]:
    """A term's dates beside how the version before stood on its last day; all NULL where there is none before.

    What was earned then stands until it ends, unless the rule recomputes. What was not yet overdue then is not overdue
    for the change alone before the old day, or the end of the transition if that comes first. The first days count
    from when the expectation began to apply, whatever its version.
    """
    kept = case(
        (
            and_(
                term.on_change != OnChange.RECOMPUTE,
                before.met_until >= term.in_force_from,
                before.met_until > term.met_until,
            ),
            before.met_until,
        )
    )
    met_until = func.coalesce(kept, term.met_until)
    end = case(
        (term.on_change == OnChange.NEXT_CYCLE, FOREVER), else_=add_days(term.in_force_from, term.transition_days)
    )
    transition = case((before.falls_due_on >= term.in_force_from, earliest(before.falls_due_on, end)))
    first_due = case(
        (
            and_(term.first_due_on.is_not(None), before.began_on.is_not(None)),
            add_days(before.began_on, term.first_due_days),
        ),
        else_=term.first_due_on,
    )
    due = latest(func.coalesce(first_due, ALWAYS), met_until, func.coalesce(transition, ALWAYS))
    return {
        "first_due_on": as_date(first_due),
        "met_from": as_date(
            case((and_(term.met_from.is_(None), kept.is_not(None)), before.met_from), else_=term.met_from)
        ),
        "met_until": as_date(met_until),
        "kept_until": as_date(kept),
        "transition_until": as_date(
            case((transition > latest(func.coalesce(first_due, ALWAYS), met_until), transition))
        ),
        "falls_due_on": as_date(due),
    }
