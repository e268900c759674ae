"""The engine: one set-based statement that turns facts into thresholds.

Read it as the chain of its parts. In terms.py: the posts asked for, what each kind of post is expected to do, and the
term for which each expectation runs. Here: the completions that count in it; the running total, newest first; the day
on which the total reaches the amount; and the dates that follow. Nothing else in the program decides compliance.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import Date as DateType
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item
from training_tracker.database import add_days, add_months, earliest, latest, month_number
from training_tracker.expectations.models import (
    ExpectationItem,
    Measure,
    Method,
)
from training_tracker.people.models import Absence
from training_tracker.records.models import Completion, Verification
from training_tracker.standing.known import PostFilter
from training_tracker.standing.terms import FOREVER, Terms

ALWAYS = date(1, 1, 1)

# Hours are decimal fractions in binary; three times 0.1 must still reach 0.3.
ROUNDING = 1e-6


def thresholds(
    *, on: date | None = None, known_at: datetime | None = None, posts: PostFilter | None = None
) -> Select[Any]:
    """Select one row per post, expectation version and term, with the columns of :class:`Standing`.

    ``on`` leaves out completions after that day; ``known_at`` leaves out what was recorded after that moment and
    brings back what has been corrected since; ``posts`` narrows the posts. Without them: all that is known now.
    """
    chain = Chain(on, known_at, posts)
    return chain.dates()


class Chain(Terms):
    """The parts of the statement from the term on, each built on the ones above it."""

    def __init__(self, on: date | None, known_at: datetime | None, posts: PostFilter | None) -> None:
        super().__init__(known_at, posts)
        self.on = on
        self.counted = self._counted()
        self.counting = self.counting_completions().cte("counting")
        self.total = self._totals()
        self.earned = self._earned()

    def _counted(self) -> CTE:
        """Which items count as which expected item, from when until when: itself, and along equivalences."""
        counts = (
            select(
                ExpectationItem.item_id.label("expected_id"),
                ExpectationItem.item_id.label("item_id"),
                literal(ALWAYS, DateType).label("valid_from"),
                literal(FOREVER, DateType).label("valid_until"),
            )
            .distinct()
            .cte("counts", recursive=True)
        )
        counts = counts.union(
            select(
                counts.c.expected_id,
                Equivalence.item_id,
                type_coerce(latest(counts.c.valid_from, func.coalesce(Equivalence.valid_from, ALWAYS)), DateType),
                type_coerce(earliest(counts.c.valid_until, func.coalesce(Equivalence.valid_until, FOREVER)), DateType),
            ).join(Equivalence, Equivalence.counts_as_id == counts.c.item_id)
        )
        return (
            select(
                counts.c.expected_id,
                counts.c.item_id,
                Item.participatory,
                latest(counts.c.valid_from, func.coalesce(AcceptanceWindow.accepted_from, ALWAYS)).label("valid_from"),
                earliest(counts.c.valid_until, func.coalesce(AcceptanceWindow.accepted_until, FOREVER)).label(
                    "valid_until"
                ),
            )
            .join(Item, Item.id == counts.c.item_id)
            .outerjoin(AcceptanceWindow, AcceptanceWindow.item_id == counts.c.item_id)
            .cte("counted")
        )

    def counting_completions(self) -> CompoundSelect[Any]:
        """Every completion that counts in a term, once for each expected item it counts as.

        A refresher counts only where a full item came before it.
        """
        done = self._completions().cte("done")
        columns = [done.c[name] for name in ("post_id", "version_id", "in_force_from", "expected_id")]
        columns += [done.c[name] for name in ("completion_id", "completed_on", "hours", "participatory")]
        with_refreshers = done.c.version_id.in_(select(ExpectationItem.version_id).where(ExpectationItem.refresher))
        # One pass over each term in order of days. A search for each refresher would go through everything each time
        # where the database cannot guess how much there is. On one day refreshers come first: a full item renews none.
        newest_full = func.max(case((~done.c.refresher, done.c.completed_on))).over(
            partition_by=(done.c.post_id, done.c.version_id, done.c.in_force_from),
            order_by=(done.c.completed_on, done.c.refresher.desc()),
            rows=(None, 0),
        )
        renewing = (
            select(*columns, done.c.refresher, done.c.refresher_months, newest_full.label("newest_full"))
            .where(with_refreshers)
            .subquery("renewing")
        )
        soon_enough = or_(
            renewing.c.refresher_months.is_(None),
            renewing.c.newest_full >= add_months(renewing.c.completed_on, -renewing.c.refresher_months),
        )
        return union_all(
            select(*columns).where(~with_refreshers),
            select(*(renewing.c[column.name] for column in columns)).where(
                or_(~renewing.c.refresher, and_(renewing.c.newest_full.is_not(None), soon_enough))
            ),
        )

    def _completions(self) -> Select[Any]:
        term, counted, version = self.term.c, self.counted.c, self.version.c
        counting = [
            Completion.practitioner_id == term.practitioner_id,
            Completion.item_id == counted.item_id,
            Completion.completed_on.between(counted.valid_from, counted.valid_until),
            or_(term.counted_from.is_(None), Completion.completed_on >= term.counted_from),
            or_(~version.confirmed_only, Completion.verification == Verification.CONFIRMED),
            self._known(Completion.recorded_at, Completion.voided_at),
        ]
        if self.on is not None:
            counting.append(Completion.completed_on <= self.on)
        return (
            select(
                term.post_id,
                term.version_id,
                term.in_force_from,
                counted.expected_id,
                Completion.id.label("completion_id"),
                Completion.completed_on,
                func.coalesce(Completion.hours, 0.0).label("hours"),
                counted.participatory,
                ExpectationItem.refresher,
                version.refresher_months,
            )
            .select_from(self.term)
            .join(self.version, version.id == term.version_id)
            .join(ExpectationItem, ExpectationItem.version_id == term.version_id)
            .join(self.counted, counted.expected_id == ExpectationItem.item_id)
            .join(Completion, and_(*counting))
        )

    def _totals(self) -> CTE:
        """The day on which the total, newest first, reaches the amount, and the newest day that counted.

        Of hours so many must be participatory, which are added up beside the others.
        """
        counting = self.counting
        by_items = self.version.c.measure == Measure.ITEMS
        wanted = self.version.c.amount
        wanted_together = wanted * func.coalesce(self.version.c.participatory_percent, 0) / 100.0
        # Items: the newest completion of each expected item, worth one. Hours: each completion once, worth its hours.
        key = case((by_items, counting.c.expected_id), else_=-counting.c.completion_id)
        part = (
            select(
                counting.c.post_id,
                counting.c.version_id,
                counting.c.in_force_from,
                wanted.label("amount"),
                wanted_together.label("amount_together"),
                key.label("key"),
                func.max(counting.c.completed_on).label("completed_on"),
                func.max(case((by_items, 1.0), else_=counting.c.hours)).label("worth"),
                func.max(case((counting.c.participatory, counting.c.hours), else_=0.0)).label("worth_together"),
            )
            .join(self.version, self.version.c.id == counting.c.version_id)
            .group_by(
                *(counting.c.post_id, counting.c.version_id, counting.c.in_force_from),
                *(wanted, self.version.c.participatory_percent, key),
            )
            .cte("part")
        )
        newest_first: dict[str, Any] = {
            "partition_by": (part.c.post_id, part.c.version_id, part.c.in_force_from),
            "order_by": (part.c.completed_on.desc(), part.c.key),
        }
        running = select(
            part,
            func.sum(part.c.worth).over(**newest_first).label("total"),
            func.sum(part.c.worth_together).over(**newest_first).label("together"),
        ).cte("running")
        enough = and_(
            running.c.total >= running.c.amount - ROUNDING,
            running.c.together >= running.c.amount_together - ROUNDING,
        )
        reached = case((enough, running.c.completed_on), else_=null())
        return (
            select(
                running.c.post_id,
                running.c.version_id,
                running.c.in_force_from,
                func.max(reached).label("reached_on"),
                func.max(running.c.completed_on).label("newest_on"),
            )
            .group_by(running.c.post_id, running.c.version_id, running.c.in_force_from)
            .cte("total")
        )

    def _earned(self) -> CTE:
        """Until when the continuous method is met: the latest day that any chain of completions earns.

        A completion earns its own day + the period and, made in the renewal window of a day that an earlier one
        earned, that day + the period. Every day is counted from the first completion of its chain, so that the end
        of a month stays one.
        """
        version, done = self.version, self.counting
        key = ("post_id", "version_id", "in_force_from")
        chain = (
            select(
                *(done.c[name] for name in key),
                version.c.period_months,
                version.c.renewal_window_months,
                done.c.completed_on.label("began_on"),
                version.c.period_months.label("months"),
                done.c.completed_on.label("renewed_on"),
                type_coerce(add_months(done.c.completed_on, version.c.period_months), DateType).label("until"),
            )
            .join(version, version.c.id == done.c.version_id)
            .where(version.c.method == Method.CONTINUOUS)
            .cte("chain", recursive=True)
        )
        renewal = done.alias("renewal")
        months = chain.c.months + chain.c.period_months
        chain = chain.union(
            select(
                *(chain.c[name] for name in key),
                chain.c.period_months,
                chain.c.renewal_window_months,
                chain.c.began_on,
                months,
                renewal.c.completed_on,
                type_coerce(add_months(chain.c.began_on, months), DateType),
            ).join(
                renewal,
                and_(
                    *(renewal.c[name] == chain.c[name] for name in key),
                    renewal.c.completed_on > chain.c.renewed_on,
                    renewal.c.completed_on.between(
                        add_months(chain.c.until, -chain.c.renewal_window_months), chain.c.until
                    ),
                ),
            )
        )
        columns = [chain.c[name] for name in key]
        return select(*columns, func.max(chain.c.until).label("until")).group_by(*columns).cte("earned")

    def dates(self) -> Select[Any]:
        term, version, total = self.term.c, self.version.c, self.total.c
        reached_on = total.reached_on
        met_until = case(
            (reached_on.is_(None), null()),
            (version.method == Method.COMPLETION, add_months(reached_on, version.period_months)),
            (version.method == Method.CYCLE, cycle_end(reached_on, self.version)),
            (version.method == Method.CONTINUOUS, self.earned.c.until),
            else_=null(),
        )
        met = (
            select(
                term.post_id,
                term.version_id,
                term.in_force_from,
                term.in_force_until,
                version.expectation_id,
                version.return_notice_days,
                version.grace_days,
                version.renewal_window_months,
                version.method,
                term.first_due_on,
                case((reached_on.is_(None), null()), else_=total.newest_on).label("met_from"),
                type_coerce(met_until, DateType).label("met_until"),
            )
            .select_from(self.term)
            .join(self.version, version.id == term.version_id)
            .outerjoin(
                self.total,
                and_(
                    total.post_id == term.post_id,
                    total.version_id == term.version_id,
                    total.in_force_from == term.in_force_from,
                ),
            )
            .outerjoin(
                self.earned,
                and_(
                    self.earned.c.post_id == term.post_id,
                    self.earned.c.version_id == term.version_id,
                    self.earned.c.in_force_from == term.in_force_from,
                ),
            )
            .cte("met")
            # Else PostgreSQL writes out each date below in full wherever it is named, and plans twice as long.
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        falls_due = case(
            (met.c.met_from.is_(None), met.c.first_due_on),
            (met.c.met_until.is_(None), null()),
            else_=latest(func.coalesce(met.c.first_due_on, met.c.met_until), met.c.met_until),
        )
        due = (
            select(met, type_coerce(self._after_leave(met, falls_due), DateType).label("due_on"))
            .cte("due")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        # What was never met has its first days, and no grace after them.
        lapses = and_(due.c.grace_days > 0, due.c.met_from.is_not(None))
        grace_until = case((lapses, self._after_leave(due, add_days(due.c.due_on, due.c.grace_days))), else_=null())
        return select(
            due.c.post_id,
            due.c.version_id,
            due.c.in_force_from,
            due.c.in_force_until,
            due.c.expectation_id,
            due.c.first_due_on,
            due.c.met_from,
            due.c.met_until,
            type_coerce(
                case(
                    (due.c.met_until.is_(None), null()),
                    else_=add_months(due.c.met_until, -due.c.renewal_window_months),
                ),
                DateType,
            ).label("renewal_opens_on"),
            due.c.due_on,
            type_coerce(grace_until, DateType).label("grace_until"),
        )

    def _after_leave(self, standing: CTE, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """A day on which something ends for a post, or the end of the notice if it falls in leave or in that notice."""
        return case((self._away(standing, day), self._back_after(standing, day)), else_=day)

    def _away(self, standing: CTE, day: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a post is on leave on a day, or has been back for less than the rule's notice."""
        leave = aliased(Absence)
        return (
            exists()
            .where(*self._leave_of(standing, leave), leave.starts_on <= day, _notice_ends(leave, standing) > day)
            .correlate_except(leave)
        )

    def _back_after(self, standing: CTE, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """The end of the notice after a leave, or after the last of several that each began within the one before."""
        leave = aliased(Absence)
        ends = _notice_ends(leave, standing)
        return (
            select(func.min(ends))
            .where(*self._leave_of(standing, leave), ends > day, ~self._away(standing, ends))
            .scalar_subquery()
        )

    def _leave_of(self, standing: CTE, leave: type[Absence]) -> list[ColumnElement[bool]]:
        return [leave.post_id == standing.c.post_id, self._known(leave.recorded_at, leave.withdrawn_at)]


def _notice_ends(leave: type[Absence], standing: CTE) -> ColumnElement[Any]:
    return add_days(leave.ends_on, standing.c.return_notice_days + 1)


def cycle_end(reached_on: ColumnElement[Any], version: FromClause) -> ColumnElement[Any]:
    """The smallest anchor + k × period that is on or after the completion + the least validity; k may be negative."""
    period, anchor = cast(version.c.period_months, Integer), version.c.anchor_on
    wanted = add_months(reached_on, version.c.least_validity_months)
    # Integer division cuts towards zero; counting from far below makes it cut downwards for early completions too.
    far_below = 100_000
    steps = (month_number(wanted) - month_number(anchor) + period * far_below) // period - far_below
    candidate = add_months(anchor, steps * period)
    return case((candidate >= wanted, candidate), else_=add_months(anchor, (steps + 1) * period))
