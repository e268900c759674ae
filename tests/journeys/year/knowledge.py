"""What was known at any moment of the year: the facts in the record, read after it, and what follows from them by the
oracle. The tables are the program's; nothing else of it is."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.standing import oracle
from tests.standing.oracle import ALWAYS, Known, World
from training_tracker.access.models import Grant
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemKind, ItemVersion
from training_tracker.expectations.models import (
    Decision,
    Exemption,
    Expectation,
    ExpectationItem,
    ExpectationScope,
    ExpectationVersion,
    Extension,
)
from training_tracker.people.models import (
    Absence,
    Agency,
    AgencyPartnership,
    Post,
    PostHistory,
    Practitioner,
    Role,
    Team,
    TeamHistory,
)
from training_tracker.records.models import Completion, Feed, FeedReceipt

OPEN = {"overdue", "in grace", "due soon", "not yet due"}


@dataclass(frozen=True)
class Asked:
    """What a version asks: by its title in an e-mail, and whether it is what to do if one does one thing."""

    key: tuple[frozenset[int], str]
    title: str
    comes_first: bool


@dataclass(frozen=True)
class Stand:
    """One standing of a person on a day. ``last_day`` is the last before it counts as overdue."""

    post: int
    expectation: int
    version: int
    status: str
    due_on: date | None
    last_day: date | None
    renewal: bool

    @property
    def open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True)
class Told:
    """A completion as a confirmation tells it."""

    id: int
    person: int
    title: str
    day: date
    approximate: bool
    recorded_by: str
    known: Known


@dataclass(frozen=True)
class _Person:
    """What is about one person only, and the moments at which any of it, or a rule, came to be known."""

    world: World
    moments: list[datetime]


class Knowledge:
    """``asked`` are the rules of which people are reminded: required, and about a person."""

    def __init__(self, world: World, asked: dict[int, Asked], people: dict[int, tuple[str, str]]) -> None:
        self.world = world
        self.asked = asked
        self.names = {person: name for person, (name, _) in people.items()}
        self.emails = {person: email for person, (_, email) in people.items()}
        self.by_email = {email: person for person, email in self.emails.items()}
        self.role_names: dict[int, str] = {}
        self.team_names: dict[int, str] = {}
        self.agency_names: dict[int, str] = {}
        # Who leads the training of which agency, or partnership.
        self.agency_leads: set[tuple[int, int]] = set()
        self.partnership_leads: set[tuple[int, int]] = set()
        self.told: dict[int, list[Told]] = defaultdict(list)
        self._people = self._apart()
        self._kept: dict[int, tuple[int, list[oracle.Standing]]] = {}

    def stands(self, person: int, at: datetime, on: date) -> list[Stand]:
        """Of the rules that somebody can be behind with personally, whatever the status."""
        own = self._people[person]
        moment = bisect_right(own.moments, at)
        kept = self._kept.get(person)
        if kept is None or kept[0] != moment:
            found = [one for one in oracle.standings(own.world, None, at) if one.version in self.asked]
            kept = self._kept[person] = (moment, found)
        return [
            Stand(
                one.post,
                one.expectation,
                one.version,
                oracle._status(own.world, one, on, at),
                one.due_on,
                one.grace_until or one.due_on,
                one.met_from is not None,
            )
            for one in kept[1]
            if one.in_force_from <= on <= one.in_force_until
        ]

    def posts(self, person: int, at: datetime) -> list[oracle.Post]:
        return [post for post in self._people[person].world.posts if post.known.stood(at)]

    def away(self, person: int, post: int, at: datetime, on: date) -> bool:
        return any(
            one.post == post and one.known.stood(at) and one.starts_on <= on <= (one.ends_on or date.max)
            for one in self._people[person].world.absences
        )

    def at_work(self, person: int, at: datetime) -> bool:
        """Whether they are in a post that they are not on leave from."""
        day = at.date()
        return any(
            (post.started_on or day) <= day <= (post.ended_on or day) and not self.away(person, post.id, at, day)
            for post in self.posts(person, at)
        )

    def agency_of(self, team: int) -> int:
        return next(one.agency for one in self.world.teams if one.id == team)

    def teams_below(self, teams: set[int], at: datetime) -> set[int]:
        """The teams themselves included."""
        found = set(teams)
        while more := {
            one.id for one in self.world.teams if one.known.stood(at) and one.parent in found and one.id not in found
        }:
            found |= more
        return found

    def in_words(self, post: oracle.Post) -> str:
        """Role, team and agency; a top team bears the agency's name."""
        team, agency = self.team_names[post.team], self.agency_names[self.agency_of(post.team)]
        parts = [self.role_names[post.role], team, *([agency] if team != agency else [])]
        return ", ".join(parts)

    def _apart(self) -> dict[int, _Person]:
        """Everybody alone, with the rules that ever applied to a post of theirs, so that the oracle has less to try."""
        world = self.world
        applied = {}
        posts, done = _by(world.posts, "practitioner"), _by(world.completions, "practitioner")
        own: dict[str, dict[int, list[Any]]] = {
            name: _by(getattr(world, name), "post") for name in ("absences", "exemptions", "extensions")
        }
        common = _moments([*world.versions, *world.teams, *world.equivalences, *world.feeds, *world.receipts])
        found = {}
        for person in self.names:
            numbers = {post.id for post in posts[person]}
            theirs = {name: tuple(one for post in numbers for one in facts[post]) for name, facts in own.items()}
            for post in posts[person]:
                if (post.team, post.role) not in applied:
                    applied[post.team, post.role] = self._ever_expected(post)
            rules = {rule for post in posts[person] for rule in applied[post.team, post.role]}
            alone = replace(
                world,
                posts=tuple(posts[person]),
                completions=tuple(done[person]),
                versions=tuple(version for version in world.versions if version.expectation in rules),
                **theirs,
            )
            facts = [*alone.posts, *alone.completions, *alone.absences, *alone.exemptions, *alone.extensions]
            found[person] = _Person(alone, sorted(common | _moments(facts)))
        return found

    def _ever_expected(self, post: oracle.Post) -> set[int]:
        moments = [None, *_moments(self.world.teams)]
        return {
            version.expectation
            for version in self.world.versions
            if any(oracle._expected(self.world, post, version, moment) for moment in moments)
        }


def _by(facts: Iterable[Any], name: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for fact in facts:
        found[getattr(fact, name)].append(fact)
    return found


def _moments(facts: Iterable[Any]) -> set[datetime]:
    known = [fact.known for fact in facts]
    return {one.recorded_at for one in known} | {one.withdrawn_at for one in known if one.withdrawn_at}


# --- out of the tables ---


async def read_knowledge(session: AsyncSession) -> Knowledge:
    versions = await _all(session, ExpectationVersion)
    items = {item.id: item for item in await _all(session, Item)}
    members: dict[int, dict[int, bool]] = defaultdict(dict)
    for member in await _all(session, ExpectationItem):
        members[member.version_id][member.item_id] = member.refresher
    expectations = {one.id: one for one in await _all(session, Expectation)}
    completions = await _all(session, Completion)
    world = World(
        **await _structure(session),
        items=tuple(await _items(session, items.values())),
        equivalences=tuple(
            oracle.Equivalence(e.item_id, e.counts_as_id, e.valid_from, e.valid_until, _known(e), e.agency_id, e.holds)
            for e in await _all(session, Equivalence)
        ),
        expectations=tuple(oracle.Expectation(e.id, e.partnership_id, e.agency_id) for e in expectations.values()),
        versions=tuple(await _versions(session, versions, members)),
        completions=tuple(
            oracle.Completion(
                c.id,
                c.practitioner_id,
                c.item_id,
                c.completed_on,
                c.hours,
                c.strength,
                Known(c.recorded_at, c.voided_at),
            )
            for c in completions
        ),
        feeds=tuple(
            oracle.Feed(f.agency_id, f.item_id, f.limit_days, f.starts_on, _known(f)) for f in await _all(session, Feed)
        ),
        receipts=tuple(
            oracle.Receipt(r.agency_id, r.item_id, r.as_at, _known(r)) for r in await _all(session, FeedReceipt)
        ),
    )
    asked = {
        version.id: _asked(version, expectations[version.expectation_id].title, members[version.id], items)
        for version in versions
        if version.required and version.people_in_setting is None
    }
    people = {one.id: (one.name, one.email or "") for one in await _all(session, Practitioner)}
    knowledge = Knowledge(world, asked, people)
    knowledge.role_names = {role.id: role.name for role in await _all(session, Role)}
    knowledge.team_names = {team.id: team.name for team in await _all(session, Team)}
    knowledge.agency_names = {agency.id: agency.name for agency in await _all(session, Agency)}
    for grant in await _all(session, Grant):
        if grant.agency_id:
            knowledge.agency_leads.add((grant.practitioner_id, grant.agency_id))
        if grant.partnership_id:
            knowledge.partnership_leads.add((grant.practitioner_id, grant.partnership_id))
    for c in completions:
        title, known = items[c.item_id].title, Known(c.recorded_at, c.voided_at)
        told = Told(c.id, c.practitioner_id, title, c.completed_on, c.completed_by is not None, c.recorded_by, known)
        knowledge.told[c.practitioner_id].append(told)
    return knowledge


async def _all(session: AsyncSession, table: type[Any]) -> list[Any]:
    return list(await session.scalars(select(table)))


async def _structure(session: AsyncSession) -> dict[str, Any]:
    """Of agencies and roles what is known now: in the year none of them changes."""
    partnerships: dict[int, set[int]] = defaultdict(set)
    for one in await _all(session, AgencyPartnership):
        partnerships[one.agency_id].add(one.partnership_id)
    teams = []
    moved: dict[int, list[Any]] = defaultdict(list)
    for row in await _all(session, TeamHistory):
        moved[row.team_id].append(row)
    for team in await _all(session, Team):
        since = ALWAYS.recorded_at
        for row in sorted(moved[team.id], key=lambda row: row.superseded_at):
            teams.append(oracle.Team(team.id, team.agency_id, row.parent_id, Known(since, row.superseded_at)))
            since = row.superseded_at
        teams.append(oracle.Team(team.id, team.agency_id, team.parent_id, Known(since, None)))
    posts = [(post.id, post, None) for post in await _all(session, Post)]
    posts += [(post.post_id, post, post.superseded_at) for post in await _all(session, PostHistory)]
    return {
        "agencies": tuple(
            oracle.Agency(a.id, a.sector_id, frozenset(partnerships[a.id])) for a in await _all(session, Agency)
        ),
        "teams": tuple(teams),
        "roles": tuple(oracle.Role(r.id, r.sector_id, r.role_group_id) for r in await _all(session, Role)),
        "posts": tuple(
            oracle.Post(
                number,
                post.practitioner_id,
                post.team_id,
                post.role_id,
                post.started_on,
                post.ended_on,
                Known(post.recorded_at, until),
            )
            for number, post, until in posts
        ),
        "absences": tuple(
            oracle.Absence(a.post_id, a.starts_on, a.ends_on, _known(a)) for a in await _all(session, Absence)
        ),
        "exemptions": tuple(
            oracle.Exemption(e.post_id, e.expectation_id, e.starts_on, e.until, Known(e.granted_at, e.withdrawn_at))
            for e in await _all(session, Exemption)
        ),
        "extensions": tuple(
            oracle.Extension(
                e.post_id,
                e.expectation_id,
                e.due_on,
                e.until,
                e.decision is Decision.GRANTED,
                Known(e.decided_at, e.withdrawn_at),
            )
            for e in await _all(session, Extension)
            if e.decided_at
        ),
    }


async def _items(session: AsyncSession, items: Iterable[Item]) -> list[oracle.Item]:
    editions, windows = _by(await _all(session, ItemVersion), "item_id"), defaultdict(list)
    for window in await _all(session, AcceptanceWindow):
        windows[window.item_id].append(window)
    return [
        oracle.Item(
            item.id,
            tuple(oracle.Edition(one.current_from, _known(one)) for one in editions[item.id]),
            tuple(oracle.Window(one.accepted_from, one.accepted_until, _known(one)) for one in windows[item.id]),
            item.participatory,
        )
        for item in items
    ]


async def _versions(
    session: AsyncSession, versions: Iterable[ExpectationVersion], members: dict[int, dict[int, bool]]
) -> list[oracle.Version]:
    scopes = _by(await _all(session, ExpectationScope), "version_id")
    return [
        oracle.Version(
            v.id,
            v.expectation_id,
            v.effective_from,
            v.effective_until,
            v.first_due_days,
            v.return_notice_days,
            v.grace_days,
            v.measure.value,
            v.amount,
            v.method.value,
            v.period_months,
            v.anchor_on,
            v.least_validity_months,
            v.renewal_window_months,
            v.current_version_only,
            int(v.least_strength),
            frozenset(members[v.id]),
            frozenset(item for item, refresher in members[v.id].items() if refresher),
            v.refresher_months,
            tuple(oracle.Scope(s.agency_id, s.sector_id, s.role_id, s.role_group_id, s.team_id) for s in scopes[v.id]),
            Known(v.published_at, v.withdrawn_at),
            v.participatory_percent,
            v.on_change.value,
            v.transition_days,
        )
        for v in versions
    ]


def _asked(version: ExpectationVersion, title: str, members: dict[int, bool], items: dict[int, Item]) -> Asked:
    full = [items[item] for item, refresher in members.items() if not refresher]
    measure = version.measure.value
    if len(members) == 1 and len(full) == 1 and measure == "items":
        title = f"Read: {full[0].title}" if full[0].kind is ItemKind.RESOURCE else full[0].title
    return Asked((frozenset(item.id for item in full), measure), title, any(item.comes_first for item in full))


def _known(row: Any) -> Known:
    return Known(row.recorded_at, row.withdrawn_at)
