"""The first half of the engine: which post is expected what, from when until when.

The posts asked for; the versions in force; what each kind of post is expected to do; the term for which each
expectation runs. What counts in a term is in totals.py, and the dates that follow in thresholds.py.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, and_, case, exists, func, literal, null, or_, select, tuple_, union_all
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.catalogue.models import ItemVersion
from training_tracker.database import add_days, as_date, earliest, latest
from training_tracker.expectations.models import (
    Expectation,
    ExpectationItem,
    ExpectationScope,
    ExpectationVersion,
    Extension,
)
from training_tracker.people.models import Absence, Agency, AgencyPartnership, Role, Team
from training_tracker.standing.equivalent import FOREVER, whose
from training_tracker.standing.known import (
    KnownAt,
    PostFilter,
    known,
    known_group,
    known_parent,
    known_posts,
    known_sector,
)

# What no date follows from; some of it is long, and would be carried through every part.
ONLY_TOLD = {"source", "rationale", "mark", "published_by", "approved_by", "target_percent"}


class Terms:
    """The parts of the statement up to the term, each built on the ones above it."""

    def __init__(self, known_at: KnownAt, posts: PostFilter | None, expectations: Any) -> None:
        self.known_at = known_at
        self.expectations = expectations
        self.post = self._posts(posts)
        self.version = self._versions()
        self.kind = self._kinds()
        self.asked = self._asked()
        self.expected = self._expected()
        self.term = self._with_eves(self._terms())

    def _posts(self, posts: PostFilter | None) -> CTE:
        """With ``may_wait``: whether leave or an extension may move a day by which something is due."""
        post = known_posts(self.known_at, posts).subquery("post_known")
        away = exists().where(Absence.post_id == post.c.id, self._known(Absence.recorded_at, Absence.withdrawn_at))
        extended = exists().where(
            Extension.post_id == post.c.id, self._known(Extension.decided_at, Extension.withdrawn_at)
        )
        return select(post, or_(away, extended).label("may_wait")).cte("known_post")

    def _versions(self) -> CTE:
        """Each published version with the one before it, and with its last day: the day before the next one, or its
        own end if earlier.
        """
        version = ExpectationVersion.__table__.c
        in_order: dict[str, Any] = {
            "partition_by": version.expectation_id,
            "order_by": (version.effective_from, version.id),
        }
        following = func.lead(version.effective_from).over(**in_order)
        last_day = earliest(
            func.coalesce(version.effective_until, FOREVER),
            func.coalesce(add_days(following, -1), FOREVER),
        )
        published = [self._known(version.published_at, version.withdrawn_at)]
        if self.expectations is not None:
            published.append(version.expectation_id.in_(self.expectations))
        columns = [column for column in version if column.name not in ONLY_TOLD]
        return (
            select(
                *columns,
                as_date(last_day).label("last_day"),
                func.lag(version.id).over(**in_order).label("follows_id"),
            )
            .where(*published)
            .cte("version")
        )

    def _kinds(self) -> CTE:
        """Posts of one team and role are expected the same."""
        return (
            select(
                self.post.c.team_id,
                Team.agency_id,
                known_sector(self.known_at).label("sector_id"),
                self.post.c.role_id,
                known_group(self.known_at).label("role_group_id"),
            )
            .select_from(self.post)
            .join(Team, Team.id == self.post.c.team_id)
            .join(Agency, Agency.id == Team.agency_id)
            .join(Role, Role.id == self.post.c.role_id)
            .distinct()
            .cte("kind")
        )

    def _expected(self) -> CTE:
        """Which versions apply to which kind of post: what is asked of its role in the whole agency, and what is asked
        of it in a team, there and in those below.
        """
        kind, asked = self.kind, self.asked
        above = (
            select(Team.id.label("team_id"), Team.id.label("above_id"))
            .where(Team.id.in_(select(kind.c.team_id)))
            .cte("above", recursive=True)
        )
        # Without those found before: teams that somebody has put in a circle by hand must not keep it going for ever.
        above = above.union(
            select(above.c.team_id, known_parent(self.known_at))
            .join(Team, Team.id == above.c.above_id)
            .where(Team.parent_id.is_not(None))
        )
        of_team = and_(above.c.team_id == kind.c.team_id, above.c.above_id == asked.c.of_team_id)
        return (
            select(kind.c.team_id, kind.c.role_id, asked.c.version_id, asked.c.whose)
            .join(asked, and_(asked.c.agency_id == kind.c.agency_id, asked.c.role_id == kind.c.role_id))
            .outerjoin(above, of_team)
            .where(or_(asked.c.of_team_id.is_(None), above.c.team_id.is_not(None)))
            .distinct()
            .cte("expected")
            # Else PostgreSQL asks it of every post instead of every kind of post.
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )

    def _asked(self) -> CTE:
        """Which versions are asked of which role of which agency; of one team and those below it, or of all."""
        kind = self.kind
        place = (
            select(kind.c.agency_id, kind.c.sector_id, kind.c.role_id, kind.c.role_group_id)
            .distinct()
            .subquery("place")
        )
        scope = ExpectationScope
        in_scope = and_(
            scope.version_id == self.version.c.id,
            or_(scope.agency_id.is_(None), scope.agency_id == place.c.agency_id),
            or_(scope.sector_id.is_(None), scope.sector_id == place.c.sector_id),
            or_(scope.role_id.is_(None), scope.role_id == place.c.role_id),
            or_(scope.role_group_id.is_(None), scope.role_group_id == place.c.role_group_id),
        )
        # By itself: else PostgreSQL looks for it once for each kind of post and expectation.
        members = select(AgencyPartnership.agency_id, AgencyPartnership.partnership_id).where(
            self._known(AgencyPartnership.recorded_at, AgencyPartnership.withdrawn_at)
        )
        owned_above = or_(
            Expectation.agency_id == place.c.agency_id,
            tuple_(place.c.agency_id, Expectation.partnership_id).in_(members),
        )
        return (
            select(
                place.c.agency_id,
                place.c.role_id,
                self.version.c.id.label("version_id"),
                scope.team_id.label("of_team_id"),
                whose(place.c.agency_id, self.known_at).label("whose"),
            )
            .select_from(place)
            .join(Expectation, owned_above)
            .join(self.version, self.version.c.expectation_id == Expectation.id)
            .join(scope, in_scope)
            .distinct()
            .cte("asked")
            # Else PostgreSQL asks it of every kind of post.
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )

    def _terms(self) -> CTE:
        """From when until when each version is in force for each post, and when it is first due.

        A rule about the current edition of a resource has one term for each edition.
        """
        post, version = self.post.c, self.version.c
        edition = (
            select(
                ExpectationItem.version_id,
                ItemVersion.current_from,
                add_days(
                    func.lead(ItemVersion.current_from).over(
                        partition_by=(ExpectationItem.version_id, ItemVersion.item_id),
                        order_by=ItemVersion.current_from,
                    ),
                    -1,
                ).label("current_until"),
            )
            .join(ItemVersion, ItemVersion.item_id == ExpectationItem.item_id)
            .where(self._known(ItemVersion.recorded_at, ItemVersion.withdrawn_at))
            .cte("edition")
        )
        begins = latest(
            version.effective_from,
            func.coalesce(post.started_on, version.effective_from),
            func.coalesce(edition.c.current_from, version.effective_from),
        )
        ends = earliest(
            version.last_day,
            func.coalesce(post.ended_on, FOREVER),
            func.coalesce(edition.c.current_until, FOREVER),
        )
        first_due = case((post.started_on.is_not(None), add_days(begins, version.first_due_days)), else_=null())
        return (
            select(
                post.id.label("post_id"),
                post.practitioner_id,
                version.id.label("version_id"),
                self.expected.c.whose,
                as_date(begins).label("in_force_from"),
                as_date(ends).label("in_force_until"),
                as_date(first_due).label("first_due_on"),
                edition.c.current_from.label("counted_from"),
                or_(post.may_wait, version.follows_id.is_not(None)).label("moved"),
            )
            .join(
                self.expected,
                and_(self.expected.c.team_id == post.team_id, self.expected.c.role_id == post.role_id),
            )
            .join(self.version, version.id == self.expected.c.version_id)
            .outerjoin(edition, and_(version.current_version_only, edition.c.version_id == version.id))
            .where(begins <= ends)
            .cte("own_term")
        )

    def _with_eves(self, own: CTE) -> CTE:
        """The terms, and once more each term that another version's follows without a gap, as it was on its last day.

        What counted on that eve decides what the change of the rule does to the post. ``entered_id`` is the version
        that follows, 0 for the term itself; ``counted_until`` the last day whose completions count. A new edition of
        a resource opens the expectation again, so that nothing goes before it.
        """
        after, before, version = own.alias("term_after"), own.alias("term_before"), self.version.c
        eve = (
            select(
                *before.c,
                after.c.version_id.label("entered_id"),
                before.c.in_force_until.label("counted_until"),
            )
            .join(self.version, and_(version.id == after.c.version_id, version.follows_id.is_not(None)))
            .join(
                before,
                and_(
                    before.c.post_id == after.c.post_id,
                    before.c.version_id == version.follows_id,
                    before.c.in_force_until == add_days(after.c.in_force_from, -1),
                ),
            )
            .where(or_(after.c.counted_from.is_(None), after.c.counted_from < after.c.in_force_from))
        )
        itself = select(*own.c, literal(0).label("entered_id"), FOREVER.label("counted_until"))
        every = union_all(itself, eve).subquery("term_or_eve")
        return select(func.row_number().over().label("term_id"), every).cte("term").prefix_with("MATERIALIZED")

    def _known(
        self, recorded_at: ColumnElement[datetime] | Any, withdrawn_at: ColumnElement[Any] | Any
    ) -> ColumnElement[bool]:
        return known(self.known_at, recorded_at, withdrawn_at)
