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

from training_tracker.catalogue.models import AcceptanceWindow, Item
from training_tracker.database import add_days, add_months, earliest, latest, month_number
from training_tracker.expectations.models import (
    Decision,
    ExpectationItem,
    Extension,
    Measure,
    Method,
    OnChange,
)
from training_tracker.people.models import Absence
from training_tracker.records.models import Completion, Verification
from training_tracker.standing.equivalent import ALWAYS, FOREVER, links
from training_tracker.standing.known import CompletionFilter, PostFilter, known
from training_tracker.standing.terms import Terms

# What tells one term from another.
TERM = ("post_id", "version_id", "in_force_from", "entered_id")

# Hours are decimal fractions in binary; three times 0.1 must still reach 0.3.
ROUNDING = 1e-6


def thresholds(
    *,
    on: date | None = None,
    known_at: datetime | None = None,
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
    chain = Chain(on, known_at, posts, completions, expectations)
    return chain.dates()


class Chain(Terms):
    """The parts of the statement from the term on, each built on the ones above it."""

    def __init__(
        self,
        on: date | None,
        known_at: datetime | None,
        posts: PostFilter | None,
        completions: CompletionFilter | None = None,
        expectations: Any = None,
    ) -> None:
        super().__init__(known_at, posts, expectations)
        self.on = on
        self.completions = completions
        self.counted = self._counted()
        self.counting = self.counting_completions().cte("counting")
        self.total = self._totals()
        self.earned = self._earned()

    def _counted(self) -> CTE:
        """Which items count as which expected item, for whom, from when until when: itself, and along equivalences."""
        link = links(self.known_at).cte("link")
        counts = (
            select(
                self.expected.c.whose,
                ExpectationItem.item_id.label("expected_id"),
                ExpectationItem.item_id.label("item_id"),
                literal(ALWAYS, DateType).label("valid_from"),
                literal(FOREVER, DateType).label("valid_until"),
            )
            .join(ExpectationItem, ExpectationItem.version_id == self.expected.c.version_id)
            .distinct()
            .cte("counts", recursive=True)
        )
        counts = counts.union(
            select(
                counts.c.whose,
                counts.c.expected_id,
                link.c.item_id,
                type_coerce(latest(counts.c.valid_from, link.c.valid_from), DateType),
                type_coerce(earliest(counts.c.valid_until, link.c.valid_until), DateType),
            ).join(link, and_(link.c.counts_as_id == counts.c.item_id, link.c.whose == counts.c.whose))
        )
        window = AcceptanceWindow
        return (
            select(
                counts.c.whose,
                counts.c.expected_id,
                counts.c.item_id,
                Item.participatory,
                latest(counts.c.valid_from, func.coalesce(window.accepted_from, ALWAYS)).label("valid_from"),
                earliest(counts.c.valid_until, func.coalesce(window.accepted_until, FOREVER)).label("valid_until"),
            )
            .join(Item, Item.id == counts.c.item_id)
            .outerjoin(
                window,
                and_(window.item_id == counts.c.item_id, self._known(window.recorded_at, window.withdrawn_at)),
            )
            .cte("counted")
        )

    def counting_completions(self) -> CompoundSelect[Any]:
        """Every completion that counts in a term, once for each expected item it counts as.

        A refresher counts only where a full item came before it.
        """
        done = self._completions().cte("done")
        columns = [done.c[name] for name in (*TERM, "expected_id", "completion_id", "completed_on")]
        columns += [done.c[name] for name in ("hours", "participatory")]
        with_refreshers = done.c.version_id.in_(select(ExpectationItem.version_id).where(ExpectationItem.refresher))
        # One pass over each term in order of days. A search for each refresher would go through everything each time
        # where the database cannot guess how much there is. On one day refreshers come first: a full item renews none.
        newest_full = func.max(case((~done.c.refresher, done.c.completed_on))).over(
            partition_by=[done.c[name] for name in TERM],
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
            Completion.completed_on <= term.counted_until,
            or_(~version.confirmed_only, Completion.verification == Verification.CONFIRMED),
            self._known(Completion.recorded_at, Completion.voided_at),
        ]
        if self.on is not None:
            counting.append(Completion.completed_on <= self.on)
        if self.completions is not None:
            counting.append(self.completions(Completion.__table__))
        return (
            select(
                *(term[name] for name in TERM),
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
            .join(self.counted, and_(counted.expected_id == ExpectationItem.item_id, counted.whose == term.whose))
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
                *(counting.c[name] for name in TERM),
                wanted.label("amount"),
                wanted_together.label("amount_together"),
                key.label("key"),
                func.max(counting.c.completed_on).label("completed_on"),
                func.max(case((by_items, 1.0), else_=counting.c.hours)).label("worth"),
                func.max(case((counting.c.participatory, counting.c.hours), else_=0.0)).label("worth_together"),
            )
            .join(self.version, self.version.c.id == counting.c.version_id)
            .group_by(*(counting.c[name] for name in TERM), wanted, self.version.c.participatory_percent, key)
            .cte("part")
        )
        newest_first: dict[str, Any] = {
            "partition_by": [part.c[name] for name in TERM],
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
                *(running.c[name] for name in TERM),
                func.max(reached).label("reached_on"),
                func.max(running.c.completed_on).label("newest_on"),
            )
            .group_by(*(running.c[name] for name in TERM))
            .cte("total")
        )

    def _earned(self) -> CTE:
        """Until when the continuous method is met: the latest day that any chain of completions earns.

        A completion earns its own day + the period and, made in the renewal window of a day that an earlier one
        earned, that day + the period. Every day is counted from the first completion of its chain, so that the end
        of a month stays one.
        """
        version, done = self.version, self.counting
        chain = (
            select(
                *(done.c[name] for name in TERM),
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
                *(chain.c[name] for name in TERM),
                chain.c.period_months,
                chain.c.renewal_window_months,
                chain.c.began_on,
                months,
                renewal.c.completed_on,
                type_coerce(add_months(chain.c.began_on, months), DateType),
            ).join(
                renewal,
                and_(
                    *_same_term(renewal, chain),
                    renewal.c.completed_on > chain.c.renewed_on,
                    renewal.c.completed_on.between(
                        add_months(chain.c.until, -chain.c.renewal_window_months), chain.c.until
                    ),
                ),
            )
        )
        columns = [chain.c[name] for name in TERM]
        return select(*columns, func.max(chain.c.until).label("until")).group_by(*columns).cte("earned")

    def dates(self) -> Select[Any]:
        settled = self._settled(self._met())
        last_day = func.coalesce(extended_until(settled.c, settled.c.due_on, self.known_at), settled.c.due_on)
        columns = [column.name for column in settled.c if column.name != "due_on"]
        extended = (
            select(
                *(settled.c[name] for name in columns),
                _date(case((settled.c.due_on.not_in((ALWAYS, FOREVER)), last_day))).label("last_day"),
            )
            .cte("extended")
            .prefix_with("MATERIALIZED")
        )
        due = (
            select(
                *(extended.c[name] for name in columns),
                _date(self._after_leave(extended, extended.c.last_day)).label("due_on"),
            )
            .cte("due")
            .prefix_with("MATERIALIZED")
        )
        has_end = due.c.met_until.not_in((ALWAYS, FOREVER))
        # What was never met has its first days, and no grace after them.
        lapses = and_(due.c.grace_days > 0, due.c.met_from.is_not(None))
        grace_until = case((lapses, self._after_leave(due, add_days(due.c.due_on, due.c.grace_days))))
        return select(
            due.c.post_id,
            due.c.version_id,
            due.c.in_force_from,
            due.c.in_force_until,
            due.c.expectation_id,
            due.c.first_due_on,
            due.c.met_from,
            _date(case((has_end, due.c.met_until))).label("met_until"),
            _date(case((has_end, add_months(due.c.met_until, -due.c.renewal_window_months)))).label("renewal_opens_on"),
            due.c.kept_until,
            due.c.transition_until,
            due.c.due_on,
            _date(grace_until).label("grace_until"),
        )

    def _met(self) -> CTE:
        """Each term with the dates between which its own rule is met: ALWAYS if never, FOREVER if for good."""
        term, version, total = self.term, self.version.c, self.total.c
        reached_on = total.reached_on
        met_until = case(
            (reached_on.is_(None), literal(ALWAYS, DateType)),
            (version.method == Method.COMPLETION, add_months(reached_on, version.period_months)),
            (version.method == Method.CYCLE, cycle_end(reached_on, self.version)),
            (version.method == Method.CONTINUOUS, self.earned.c.until),
            else_=literal(FOREVER, DateType),
        )
        return (
            select(
                *(term.c[name] for name in TERM),
                term.c.in_force_until,
                version.expectation_id,
                version.return_notice_days,
                version.grace_days,
                version.renewal_window_months,
                version.on_change,
                version.first_due_days,
                func.coalesce(version.transition_days, version.first_due_days).label("transition_days"),
                term.c.first_due_on,
                case((reached_on.is_(None), null()), else_=total.newest_on).label("met_from"),
                _date(met_until).label("met_until"),
            )
            .select_from(term)
            .join(self.version, version.id == term.c.version_id)
            .outerjoin(self.total, and_(*_same_term(self.total, term)))
            .outerjoin(self.earned, and_(*_same_term(self.earned, term)))
            .cte("met")
            # Else a database writes out each date below in full wherever it is named, and takes twice as long to plan.
            .prefix_with("MATERIALIZED")
        )

    def _settled(self, met: CTE) -> CTE:
        """The terms with what a change of the rule left of the version before."""
        term = met.alias("term_met")
        before = self._before(met)
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
            .where(term.c.entered_id == 0)
            .cte("settled")
            .prefix_with("MATERIALIZED")
        )

    def _before(self, met: CTE) -> CTE:
        """How each version that another follows stood on its last day, what was left of those before it included."""
        # By themselves: they are few, and each is looked for among them.
        eves = select(*met.c).where(met.c.entered_id != 0).cte("eves").prefix_with("MATERIALIZED")
        eve, first = eves.alias("eve"), eves.alias("first_eve")
        follows = exists().where(
            eve.c.post_id == first.c.post_id,
            eve.c.entered_id == first.c.version_id,
            add_days(eve.c.in_force_until, 1) == first.c.in_force_from,
        )
        key = [
            first.c.post_id,
            first.c.entered_id,
            _date(add_days(first.c.in_force_until, 1)).label("entered_on"),
        ]
        before = (
            select(
                *key,
                first.c.in_force_from.label("began_on"),
                first.c.met_from,
                first.c.met_until,
                _date(latest(func.coalesce(first.c.first_due_on, ALWAYS), first.c.met_until)).label("due_on"),
            )
            .where(~follows.correlate(first))
            .cte("before", recursive=True)
        )
        stood = _after_a_change(eve.c, before.c)
        return before.union_all(
            select(
                eve.c.post_id,
                eve.c.entered_id,
                _date(add_days(eve.c.in_force_until, 1)),
                before.c.began_on,
                stood["met_from"],
                stood["met_until"],
                stood["due_on"],
            ).join(
                eve,
                and_(
                    eve.c.post_id == before.c.post_id,
                    eve.c.version_id == before.c.entered_id,
                    eve.c.in_force_from == before.c.entered_on,
                ),
            )
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
    transition = case((before.due_on >= term.in_force_from, earliest(before.due_on, end)))
    first_due = case(
        (
            and_(term.first_due_on.is_not(None), before.began_on.is_not(None)),
            add_days(before.began_on, term.first_due_days),
        ),
        else_=term.first_due_on,
    )
    due = latest(func.coalesce(first_due, ALWAYS), met_until, func.coalesce(transition, ALWAYS))
    return {
        "first_due_on": _date(first_due),
        "met_from": _date(
            case((and_(term.met_from.is_(None), kept.is_not(None)), before.met_from), else_=term.met_from)
        ),
        "met_until": _date(met_until),
        "kept_until": _date(kept),
        "transition_until": _date(case((transition > latest(func.coalesce(first_due, ALWAYS), met_until), transition))),
        "due_on": _date(due),
    }


def _same_term(one: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
    return [one.c[name] == other.c[name] for name in TERM]


def _date(day: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(day, DateType)


def falls_due(standing: Any) -> ColumnElement[Any]:
    """The last day that the rule alone gives, before extension and leave, of a standing that is kept or read.

    NULL where it is met for good, or undated.
    """
    days = (standing.first_due_on, standing.met_until, standing.transition_until)
    day = latest(*(func.coalesce(day, literal(ALWAYS, DateType)) for day in days))
    for_good = and_(standing.met_from.is_not(None), standing.met_until.is_(None))
    return case((or_(for_good, day == ALWAYS), null()), else_=day)


def extended_until(standing: Any, falls_due_on: ColumnElement[Any], known_at: datetime | None) -> ColumnElement[Any]:
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
        .scalar_subquery()
    )


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
