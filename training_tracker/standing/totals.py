"""The second part of the engine: what counts in each term, and what it adds up to.

The completions that count, once for each expected item they count as; the running total, newest first; the day on which
the total reaches the amount; and how long the continuous method is met.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Select,
    and_,
    case,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.catalogue.models import AcceptanceWindow, Item
from training_tracker.database import Day, add_months, as_date, earliest, latest
from training_tracker.expectations.models import ExpectationItem, Measure, Method
from training_tracker.records.models import Completion
from training_tracker.standing.equivalent import ALWAYS, FOREVER, links
from training_tracker.standing.known import CompletionFilter, KnownAt, PostFilter, known_participatory
from training_tracker.standing.terms import Terms

# Hours are decimal fractions in binary; three times 0.1 must still reach 0.3.
ROUNDING = 1e-6


class Totals(Terms):
    """The parts of the statement from the term to the total, each built on the ones above it."""

    def __init__(
        self,
        on: Day | None,
        known_at: KnownAt,
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
                self.asked.c.whose,
                ExpectationItem.item_id.label("expected_id"),
                ExpectationItem.item_id.label("item_id"),
                ALWAYS.label("valid_from"),
                FOREVER.label("valid_until"),
            )
            .join(ExpectationItem, ExpectationItem.version_id == self.asked.c.version_id)
            .distinct()
            .cte("counts", recursive=True)
        )
        counts = counts.union(
            select(
                counts.c.whose,
                counts.c.expected_id,
                link.c.item_id,
                as_date(latest(counts.c.valid_from, link.c.valid_from)),
                as_date(earliest(counts.c.valid_until, link.c.valid_until)),
            ).join(link, and_(link.c.counts_as_id == counts.c.item_id, link.c.whose == counts.c.whose))
        )
        window = AcceptanceWindow
        return (
            select(
                counts.c.whose,
                counts.c.expected_id,
                counts.c.item_id,
                known_participatory(self.known_at).label("participatory"),
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
        names = ("term_id", "version_id", "expected_id", "completion_id", "completed_on", "hours", "participatory")
        columns = [done.c[name] for name in names]
        with_refreshers = done.c.version_id.in_(select(ExpectationItem.version_id).where(ExpectationItem.refresher))
        # One pass over each term in order of days. A search for each refresher would go through everything each time
        # where the database cannot guess how much there is. On one day refreshers come first: a full item renews none.
        newest_full = func.max(case((~done.c.refresher, done.c.completed_on))).over(
            partition_by=done.c.term_id,
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
        wanted = self._wanted().c
        counting = [
            Completion.practitioner_id == wanted.practitioner_id,
            Completion.item_id == wanted.item_id,
            Completion.completed_on.between(wanted.since, wanted.until),
            Completion.strength >= wanted.least_strength,
            self._known(Completion.recorded_at, Completion.voided_at),
        ]
        if self.completions is not None:
            counting.append(self.completions(Completion.__table__))
        return select(
            wanted.term_id,
            wanted.version_id,
            wanted.expected_id,
            Completion.id.label("completion_id"),
            Completion.completed_on,
            func.coalesce(Completion.hours, 0.0).label("hours"),
            wanted.participatory,
            wanted.refresher,
            wanted.refresher_months,
        ).join(Completion, and_(*counting))

    def _wanted(self) -> CTE:
        """Each item that counts in each term, and from when until when it does."""
        term, counted, version = self.term.c, self.counted.c, self.version.c
        ends: list[Any] = [counted.valid_until, term.counted_until]
        if self.on is not None:
            ends.append(self.on)
        return (
            select(
                term.term_id,
                term.version_id,
                term.practitioner_id,
                counted.expected_id,
                counted.item_id,
                latest(counted.valid_from, func.coalesce(term.counted_from, ALWAYS)).label("since"),
                earliest(*ends).label("until"),
                version.least_strength,
                counted.participatory,
                ExpectationItem.refresher,
                version.refresher_months,
            )
            .select_from(self.term)
            .join(self.version, version.id == term.version_id)
            .join(ExpectationItem, ExpectationItem.version_id == term.version_id)
            .join(self.counted, and_(counted.expected_id == ExpectationItem.item_id, counted.whose == term.whose))
            .cte("wanted")
            # Else SQLite goes through all of a person's completions for each of them, or the other way round.
            .prefix_with("MATERIALIZED", dialect="sqlite")
        )

    def _totals(self) -> CTE:
        """The day on which the total, newest first, reaches the amount, and the newest day that counted.

        One item is enough for most rules, and the newest day is the day then: nothing need be added up.
        """
        counting, version = self.counting.c, self.version.c
        one_is_enough = and_(version.measure == Measure.ITEMS, version.amount <= 1)
        newest_on = func.max(counting.completed_on)
        one = (
            select(counting.term_id, newest_on.label("reached_on"), newest_on.label("newest_on"))
            .join(self.version, version.id == counting.version_id)
            .where(one_is_enough)
            .group_by(counting.term_id)
        )
        return union_all(one, self._added_up(~one_is_enough)).cte("total")

    def _added_up(self, of_version: ColumnElement[bool]) -> Select[Any]:
        """Of hours so many must be participatory, which are added up beside the others."""
        counting = self.counting
        by_items = self.version.c.measure == Measure.ITEMS
        wanted = self.version.c.amount
        wanted_together = wanted * func.coalesce(self.version.c.participatory_percent, 0) / 100.0
        # Items: the newest completion of each expected item, worth one. Hours: each completion once, worth its hours.
        key = case((by_items, counting.c.expected_id), else_=-counting.c.completion_id)
        part = (
            select(
                counting.c.term_id,
                wanted.label("amount"),
                wanted_together.label("amount_together"),
                key.label("key"),
                func.max(counting.c.completed_on).label("completed_on"),
                func.max(case((by_items, 1.0), else_=counting.c.hours)).label("worth"),
                func.max(case((counting.c.participatory, counting.c.hours), else_=0.0)).label("worth_together"),
            )
            .join(self.version, self.version.c.id == counting.c.version_id)
            .where(of_version)
            .group_by(counting.c.term_id, wanted, self.version.c.participatory_percent, key)
            .cte("part")
        )
        newest_first: dict[str, Any] = {
            "partition_by": part.c.term_id,
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
        return select(
            running.c.term_id,
            func.max(reached).label("reached_on"),
            func.max(running.c.completed_on).label("newest_on"),
        ).group_by(running.c.term_id)

    def _earned(self) -> CTE:
        """Until when the continuous method is met: the latest day that any chain of completions earns.

        A completion earns its own day + the period and, made in the renewal window of a day that an earlier one
        earned, that day + the period. Every day is counted from the first completion of its chain, so that the end
        of a month stays one.
        """
        version, done = self.version, self.counting
        chain = (
            select(
                done.c.term_id,
                version.c.period_months,
                version.c.renewal_window_months,
                done.c.completed_on.label("began_on"),
                version.c.period_months.label("months"),
                done.c.completed_on.label("renewed_on"),
                as_date(add_months(done.c.completed_on, version.c.period_months)).label("until"),
            )
            .join(version, version.c.id == done.c.version_id)
            .where(version.c.method == Method.CONTINUOUS)
            .cte("chain", recursive=True)
        )
        renewal = done.alias("renewal")
        months = chain.c.months + chain.c.period_months
        chain = chain.union(
            select(
                chain.c.term_id,
                chain.c.period_months,
                chain.c.renewal_window_months,
                chain.c.began_on,
                months,
                renewal.c.completed_on,
                as_date(add_months(chain.c.began_on, months)),
            ).join(
                renewal,
                and_(
                    renewal.c.term_id == chain.c.term_id,
                    renewal.c.completed_on > chain.c.renewed_on,
                    renewal.c.completed_on.between(
                        add_months(chain.c.until, -chain.c.renewal_window_months), chain.c.until
                    ),
                ),
            )
        )
        until = func.max(chain.c.until).label("until")
        return select(chain.c.term_id, until).group_by(chain.c.term_id).cte("earned")
