"""Rules about a setting: at least so many people in an agency, or in each of its teams, who have done a thing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, exists, func, or_, select, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.expectations.models import Expectation, ExpectationScope, ExpectationVersion, Setting
from training_tracker.people.finding import team_paths
from training_tracker.people.models import Agency, AgencyPartnership, Role, Team
from training_tracker.people.posts import in_post
from training_tracker.standing.known import (
    ASKED_DAY,
    KnownAt,
    PostFilter,
    asking,
    condition_of,
    known,
    known_group,
    known_parent,
    known_posts,
    known_sector,
    moment_asked,
)
from training_tracker.standing.status import MET, standings_asked


@dataclass(frozen=True, slots=True)
class Coverage:
    """One setting and one rule: how many different people there meet it, of how many needed.

    ``team`` is the team with those above it, or empty where the agency as a whole is the setting; ``team_id`` is then
    its top team.
    """

    agency_id: int
    agency: str
    team_id: int
    team: str
    expectation: str
    title: str
    needed: int
    people: int

    @property
    def covered(self) -> bool:
        return self.people >= self.needed

    @property
    def missing(self) -> int:
        return max(self.needed - self.people, 0)


@dataclass(frozen=True, slots=True)
class AgencyCoverage:
    """One agency and one rule, for an e-mail to the agency: how many settings, and how many of them are covered.

    ``covered`` is None where it would tell of few people. How many people there are is not told.
    """

    agency: str
    title: str
    settings: int
    covered: int | None

    @property
    def lacking(self) -> bool:
        return self.covered is not None and self.covered < self.settings

    @property
    def in_words(self) -> str:
        return "not shown: too few people" if self.covered is None else f"{self.covered} of {self.settings}"


class Enough(StrEnum):
    """Where in an agency there are enough people."""

    EVERYWHERE = "everywhere"
    SOMEWHERE = "in some teams"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class CoverageInWords:
    """One agency and one rule, as the partnership is told: ``enough`` is None where it would tell of few people.

    There is no number in it, not even of teams: a team of one is there no more when its only member leaves.
    """

    agency: str
    expectation: str
    title: str
    enough: Enough | None

    @property
    def lacking(self) -> bool:
        return self.enough in (Enough.SOMEWHERE, Enough.NOWHERE)

    @property
    def in_words(self) -> str:
        return self.enough.value if self.enough else "not shown: too few people"


async def coverage(
    session: AsyncSession,
    on: date,
    *,
    today: date,
    known_at: datetime | None = None,
    posts: PostFilter | None = None,
) -> list[Coverage]:
    """Every setting of every rule about settings, by agency, rule and team, with nobody who meets it too.

    Whoever is in the teams below a team counts for it too. People who are exempt, on leave or in grace do not. One
    statement, and another where a rule is about each team.
    """
    statement = _coverage(on >= today and known_at is None, moment_asked(known_at), condition_of(posts))
    rows = (await session.execute(statement, asking(on, known_at, posts))).all()
    agencies = {row.agency_id for row in rows if row.setting is Setting.TEAM}
    paths = await _paths(session, agencies, known_at) if agencies else {}
    found = [
        Coverage(
            agency_id=row.agency_id,
            agency=row.agency,
            team_id=row.team_id,
            team=" > ".join(paths[row.team_id][1:] or paths[row.team_id]) if row.setting is Setting.TEAM else "",
            expectation=row.code,
            title=row.title,
            needed=row.people_in_setting,
            people=row.people,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.agency, one.title, one.expectation, one.team))


async def _paths(session: AsyncSession, agencies: set[int], known_at: datetime | None) -> dict[int, list[str]]:
    teams = select(Team.id, Team.name, known_parent(known_at).label("parent_id")).where(Team.agency_id.in_(agencies))
    return team_paths((await session.execute(teams)).all())


@lru_cache(maxsize=64)
def _coverage(kept: bool, known_at: KnownAt, posts: PostFilter | None) -> Select[Any]:
    line = _Parts(kept, known_at, posts).counted()
    return (
        select(line, Agency.name.label("agency"), Expectation.code, Expectation.title)
        .join(Agency, Agency.id == line.c.agency_id)
        .join(Expectation, Expectation.id == line.c.expectation_id)
    )


async def coverage_by_agency(
    session: AsyncSession, on: date, *, today: date, threshold: int, agencies: Collection[int]
) -> list[AgencyCoverage]:
    """What an e-mail tells each of these agencies of itself, by rule and agency.

    It is told where those settings that are covered, and those that are not, each rest on nobody or on at least
    ``threshold`` different people who hold a post there that the rule is about. One statement.
    """
    return [
        AgencyCoverage(
            row.agency,
            row.title,
            row.settings,
            None if any(0 < people < threshold for people in (row.there, row.elsewhere)) else row.covered,
        )
        for row in await session.execute(_by_agency(on >= today, agencies), asking(on, None))
    ]


async def coverage_in_words(
    session: AsyncSession, on: date, *, today: date, threshold: int, agencies: Collection[int]
) -> list[CoverageInWords]:
    """What the partnership is told of these agencies, by rule and agency.

    It is told where at least ``threshold`` different people hold a post that the rule is about. Where nobody does it is
    not told either: whoever reads of nobody now, and of few later, knows that somebody came. One statement.
    """
    return [
        CoverageInWords(
            row.agency,
            row.code,
            row.title,
            None
            if row.people < threshold
            else Enough.EVERYWHERE
            if row.covered == row.settings
            else Enough.SOMEWHERE
            if row.covered
            else Enough.NOWHERE,
        )
        for row in await session.execute(_by_agency(on >= today, agencies), asking(on, None))
    ]


def _by_agency(kept: bool, agencies: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Select each agency and rule with how many settings there are, and are covered, and how many different people hold
    a post that the rule is about: in all of them, in those that are covered, and in the others.
    """
    parts = _Parts(kept, None, None)
    line, person = parts.counted(), parts.held.c.practitioner_id
    covered = line.c.people >= line.c.people_in_setting
    return (
        select(
            Agency.name.label("agency"),
            Expectation.code,
            Expectation.title,
            func.count(line.c.team_id.distinct()).label("settings"),
            func.count(case((covered, line.c.team_id)).distinct()).label("covered"),
            func.count(person.distinct()).label("people"),
            func.count(case((covered, person)).distinct()).label("there"),
            func.count(case((~covered, person)).distinct()).label("elsewhere"),
        )
        .select_from(line)
        .join(Agency, Agency.id == line.c.agency_id)
        .join(Expectation, Expectation.id == line.c.expectation_id)
        .outerjoin(parts.held, parts.holds(line))
        .where(line.c.agency_id.in_(agencies))
        .group_by(Agency.name, Expectation.code, Expectation.title)
        .order_by(Expectation.title, Expectation.code, Agency.name)
    )


def not_covered(lines: Iterable[Coverage]) -> int:
    return sum(not line.covered for line in lines)


class _Parts:
    """The parts of the statement, each built on the ones above it."""

    def __init__(self, kept: bool, known_at: KnownAt, posts: PostFilter | None) -> None:
        self.known_at = known_at
        self.standing = standings_asked(kept, known_at, posts).subquery("standing_on")
        self.rule = self._rules()
        self.upwards = self._upwards()
        self.staffed = self._staffed(posts)
        self.place = self._places()
        self.held = self._held()

    def counted(self) -> Subquery:
        """Each setting with how many different people there meet the rule."""
        place, rule, held = self.place.c, self.rule.c, self.held
        return (
            select(
                *(rule.id, rule.expectation_id, rule.people_in_setting, rule.setting),
                *(place.team_id, place.agency_id),
                func.count(case((held.c.meets, held.c.practitioner_id)).distinct()).label("people"),
            )
            .select_from(self.place)
            .join(self.rule, rule.id == place.version_id)
            .outerjoin(held, and_(held.c.team_id == place.team_id, held.c.version_id == place.version_id))
            .group_by(
                *(rule.id, rule.expectation_id, rule.people_in_setting, rule.setting),
                *(place.team_id, place.agency_id),
            )
            .subquery("counted")
        )

    def holds(self, line: Subquery) -> ColumnElement[bool]:
        return and_(self.held.c.team_id == line.c.team_id, self.held.c.version_id == line.c.id)

    def _rules(self) -> CTE:
        """The rules about settings that are in force on the day: of each expectation the last version to have begun."""
        version, later = ExpectationVersion, aliased(ExpectationVersion)
        replaced = exists().where(
            later.expectation_id == version.expectation_id,
            later.effective_from > version.effective_from,
            later.effective_from <= ASKED_DAY,
            known(self.known_at, later.published_at, later.withdrawn_at),
        )
        return (
            select(version.id, version.expectation_id, version.people_in_setting, version.setting)
            .where(
                version.people_in_setting.is_not(None),
                version.effective_from <= ASKED_DAY,
                or_(version.effective_until.is_(None), version.effective_until >= ASKED_DAY),
                known(self.known_at, version.published_at, version.withdrawn_at),
                ~replaced,
            )
            .cte("rule_in_force")
        )

    def _upwards(self) -> CTE:
        """Each team with itself and every team above it."""
        upwards = select(Team.id.label("team_id"), Team.id.label("above_id")).cte("upwards", recursive=True)
        return upwards.union(
            select(upwards.c.team_id, known_parent(self.known_at))
            .join(Team, Team.id == upwards.c.above_id)
            .where(Team.parent_id.is_not(None))
        )

    def _staffed(self, posts: PostFilter | None) -> CTE:
        """The teams in which somebody has a post on the day."""
        post = known_posts(self.known_at, posts).subquery("post_there")
        return (
            select(post.c.team_id, Team.agency_id)
            .join(Team, Team.id == post.c.team_id)
            .where(in_post(ASKED_DAY, post.c))
            .distinct()
            .cte("staffed")
        )

    def _places(self) -> CTE:
        """The settings: where a scope of the rule says, whether or not anybody there holds a post that it is about;
        and wherever somebody does, should their role be another sector's.
        """
        team, rule = aliased(Team), self.rule.c
        is_setting = or_(
            and_(rule.setting == Setting.TEAM, team.id == self.staffed.c.team_id),
            # The whole agency is its top team with all below it.
            and_(rule.setting == Setting.AGENCY, team.parent_id.is_(None)),
        )
        named = (
            select(rule.id.label("version_id"), team.id.label("team_id"), team.agency_id)
            .select_from(self.rule)
            .join(ExpectationScope, ExpectationScope.version_id == rule.id)
            .join(Expectation, Expectation.id == rule.expectation_id)
            .join(self.staffed, true())
            .join(team, and_(team.agency_id == self.staffed.c.agency_id, is_setting))
            .join(Agency, Agency.id == team.agency_id)
            .where(self._in_scope(team))
        )
        held = (
            select(rule.id.label("version_id"), team.id.label("team_id"), team.agency_id)
            .select_from(self.standing)
            .join(self.rule, rule.id == self.standing.c.version_id)
            .join(self.staffed, self.staffed.c.team_id == self.standing.c.team_id)
            .join(team, and_(team.agency_id == self.staffed.c.agency_id, is_setting))
        )
        return union(named, held).cte("place")

    def _in_scope(self, team: type[Team]) -> ColumnElement[bool]:
        """Whether a scope of a rule names an agency or a team, whatever posts there are in it."""
        scope, sector = ExpectationScope, known_sector(self.known_at)
        of_partnership = select(AgencyPartnership.partnership_id).where(
            AgencyPartnership.agency_id == Agency.id,
            known(self.known_at, AgencyPartnership.recorded_at, AgencyPartnership.withdrawn_at),
        )
        of_the_role = exists().where(Role.id == scope.role_id, Role.sector_id == sector)
        of_the_group = exists().where(known_group(self.known_at) == scope.role_group_id, Role.sector_id == sector)
        below = exists().where(self.upwards.c.team_id == team.id, self.upwards.c.above_id == scope.team_id)
        around = exists().where(self.upwards.c.team_id == scope.team_id, self.upwards.c.above_id == team.id)
        return and_(
            or_(Expectation.agency_id == Agency.id, Expectation.partnership_id.in_(of_partnership)),
            or_(scope.agency_id.is_(None), scope.agency_id == Agency.id),
            or_(scope.sector_id.is_(None), scope.sector_id == sector),
            or_(scope.role_id.is_(None), of_the_role),
            or_(scope.role_group_id.is_(None), of_the_group),
            or_(scope.team_id.is_(None), below, and_(self.rule.c.setting == Setting.AGENCY, around)),
        )

    def _held(self) -> CTE:
        """Who holds a post that a rule is about, in a team or below it, and whether they meet the rule."""
        standing = self.standing.c
        meets = standing.status.in_([status.value for status in MET])
        statement: Select[Any] = (
            select(
                self.upwards.c.above_id.label("team_id"),
                standing.version_id,
                standing.practitioner_id,
                meets.label("meets"),
            )
            .select_from(self.standing)
            .join(self.rule, self.rule.c.id == standing.version_id)
            .join(self.upwards, self.upwards.c.team_id == standing.team_id)
        )
        return statement.cte("held")
