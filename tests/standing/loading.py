"""A random world, put into the database in place of the one before it."""

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from tests.standing import oracle
from tests.standing.oracle import Known, Version, World
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import (
    AcceptanceWindow,
    Equivalence,
    Item,
    ItemHistory,
    ItemKind,
    ItemVersion,
    Mark,
)
from training_tracker.database import Base
from training_tracker.expectations.models import (
    Decision,
    Exemption,
    Expectation,
    ExpectationItem,
    ExpectationScope,
    ExpectationVersion,
    Extension,
    Measure,
    Method,
    OnChange,
)
from training_tracker.people.models import (
    Absence,
    Agency,
    AgencyHistory,
    AgencyPartnership,
    Partnership,
    Post,
    PostHistory,
    Practitioner,
    Role,
    RoleGroup,
    RoleHistory,
    Sector,
    Team,
    TeamHistory,
)
from training_tracker.records.models import Completion, Feed, FeedReceipt
from training_tracker.standing.models import Standing

Row = dict[str, Any]
Fact = TypeVar("Fact", oracle.Agency, oracle.Team, oracle.Role, oracle.Item)

# In the order in which they may be filled; the other way round they may be emptied.
TABLES: tuple[type[Base], ...] = (
    *(Partnership, Sector, RoleGroup, Role, RoleHistory, Agency, AgencyHistory, AgencyPartnership, Team, TeamHistory),
    *(Practitioner, Post, PostHistory, Absence),
    *(Item, ItemHistory, ItemVersion, AcceptanceWindow, Equivalence),
    *(Expectation, ExpectationVersion, ExpectationItem, ExpectationScope, Exemption, Extension),
    *(Completion, Feed, FeedReceipt, Standing),
)


async def load(session: AsyncSession, world: World) -> None:
    """Standings are left to the caller."""
    for table in reversed(TABLES):
        await session.execute(delete(table))
    rows = _structure(world) | _posts(world) | _catalogue(world) | _rules(world) | _records(world)
    for table in TABLES:
        if rows.get(table):
            await session.execute(insert(table), rows[table])


def _structure(world: World) -> dict[type[Base], list[Row]]:
    partnerships = {p for agency in world.agencies for p in agency.partnerships}
    sectors = {agency.sector for agency in world.agencies}
    return {
        Partnership: [{"id": n, "code": f"P{n}", "name": f"Partnership {n}"} for n in partnerships],
        Sector: [{"id": n, "code": f"S{n}", "name": f"Sector {n}"} for n in sectors],
        RoleGroup: [
            {"id": n, "code": f"G{n}", "name": f"Group {n}", "position": n} for n in {r.group for r in world.roles}
        ],
        Role: [
            {"id": r.id, "code": f"R{r.id}", "name": f"Role {r.id}", "sector_id": r.sector, "role_group_id": r.group}
            for r in _now(world.roles)
        ],
        RoleHistory: [{"role_id": r.id, "role_group_id": r.group} | _until(r.known) for r in _then(world.roles)],
        Agency: [{"id": a.id, "name": f"Agency {a.id}", "sector_id": a.sector} for a in _now(world.agencies)],
        AgencyHistory: [{"agency_id": a.id, "sector_id": a.sector} | _until(a.known) for a in _then(world.agencies)],
        AgencyPartnership: [
            {"agency_id": a.id, "partnership_id": p} | _known(a.known) for a in world.agencies for p in a.partnerships
        ],
        Team: [
            {"id": t.id, "agency_id": t.agency, "parent_id": t.parent, "name": f"Team {t.id}"}
            for t in _now(world.teams)
        ],
        TeamHistory: [{"team_id": t.id, "parent_id": t.parent} | _until(t.known) for t in _then(world.teams)],
    }


def _posts(world: World) -> dict[type[Base], list[Row]]:
    people = {p.practitioner for p in world.posts} | {c.practitioner for c in world.completions}
    rows: dict[type[Base], list[Row]] = {Post: [], PostHistory: []}
    for post in world.posts:
        facts = {
            "practitioner_id": post.practitioner,
            "team_id": post.team,
            "role_id": post.role,
            "started_on": post.started_on,
            "ended_on": post.ended_on,
            "recorded_at": post.known.recorded_at,
            "recorded_by": "tests",
        }
        if post.known.withdrawn_at is None:
            rows[Post].append({"id": post.id, **facts})
        else:
            rows[PostHistory].append({"post_id": post.id, "superseded_at": post.known.withdrawn_at, **facts})
    rows[Practitioner] = [{"id": n, "name": f"Person {n}"} for n in people]
    rows[Absence] = [
        {"post_id": a.post, "starts_on": a.starts_on, "ends_on": a.ends_on, "recorded_by": "tests"} | _known(a.known)
        for a in world.absences
    ]
    return rows


def _catalogue(world: World) -> dict[type[Base], list[Row]]:
    blank = dict.fromkeys(("tier", "format", "renewal", "address", "source"), "")
    items = _now(world.items)
    return {
        Item: [
            {"id": i.id, "code": f"I{i.id}", "title": f"Item {i.id}", "kind": ItemKind.COURSE}
            | {"participatory": i.participatory, "mark": Mark.ILLUSTRATIVE, **blank}
            for i in items
        ],
        ItemHistory: [
            {"item_id": i.id, "participatory": i.participatory} | _until(i.known) for i in _then(world.items)
        ],
        ItemVersion: [
            {"item_id": i.id, "label": str(e.on), "current_from": e.on} | _known(e.known)
            for i in items
            for e in i.editions
        ],
        AcceptanceWindow: [
            {"item_id": i.id, "accepted_from": window.since, "accepted_until": window.until, "reason": ""}
            | _known(window.known)
            for i in items
            for window in i.accepted
        ],
        Equivalence: [
            {"item_id": e.item, "counts_as_id": e.counts_as, "valid_from": e.since, "valid_until": e.until}
            | {"agency_id": e.agency, "holds": e.holds, "mark": Mark.ILLUSTRATIVE}
            | _known(e.known)
            for e in world.equivalences
        ],
    }


def _rules(world: World) -> dict[type[Base], list[Row]]:
    return {
        Expectation: [
            {"id": e.id, "code": f"E{e.id}", "title": "", "partnership_id": e.partnership, "agency_id": e.agency}
            for e in world.expectations
        ],
        ExpectationVersion: version_rows(world.versions),
        ExpectationItem: [
            {"version_id": v.id, "item_id": item, "refresher": item in v.refreshers}
            for v in world.versions
            for item in v.items
        ],
        ExpectationScope: [
            {
                "version_id": version.id,
                "agency_id": scope.agency,
                "sector_id": scope.sector,
                "role_id": scope.role,
                "role_group_id": scope.group,
                "team_id": scope.team,
            }
            for version in world.versions
            for scope in version.scopes
        ],
        Exemption: [
            {
                "post_id": e.post,
                "expectation_id": e.expectation,
                "starts_on": e.starts_on,
                "until": e.until,
                "reason": "No such work",
                "granted_by": "tests",
                "granted_at": e.known.recorded_at,
                "withdrawn_at": e.known.withdrawn_at,
            }
            for e in world.exemptions
        ],
        Extension: [
            {
                "post_id": e.post,
                "expectation_id": e.expectation,
                "due_on": e.due_on,
                "until": e.until,
                "reason": "The course was full",
                "asked_by": "tests",
                "asked_at": e.known.recorded_at,
                "decision": Decision.GRANTED if e.granted else Decision.REFUSED,
                "decided_by": "tests",
                "decided_at": e.known.recorded_at,
                "withdrawn_at": e.known.withdrawn_at,
            }
            for e in world.extensions
        ],
    }


def version_rows(versions: Iterable[Version]) -> list[Row]:
    return [
        {
            "id": v.id,
            "expectation_id": v.expectation,
            "effective_from": v.effective_from,
            "effective_until": v.effective_until,
            "required": True,
            "target_percent": 90,
            "first_due_days": v.first_due_days,
            "return_notice_days": v.return_notice_days,
            "grace_days": v.grace_days,
            "amount": v.amount,
            "measure": Measure(v.measure),
            "method": Method(v.method),
            "period_months": v.period_months,
            "anchor_on": v.anchor_on,
            "least_validity_months": v.least_validity_months,
            "renewal_window_months": v.renewal_window_months,
            "current_version_only": v.current_version_only,
            "least_strength": Strength(v.least_strength),
            "refresher_months": v.refresher_months,
            "participatory_percent": v.participatory_percent,
            "on_change": OnChange(v.on_change),
            "transition_days": v.transition_days,
            "source": "",
            "rationale": "",
            "mark": Mark.ILLUSTRATIVE,
            "published_at": v.known.recorded_at,
            "published_by": "tests",
            "withdrawn_at": v.known.withdrawn_at,
        }
        for v in versions
    ]


def _records(world: World) -> dict[type[Base], list[Row]]:
    return {
        Completion: [
            {
                "id": c.id,
                "practitioner_id": c.practitioner,
                "item_id": c.item,
                "completed_on": c.on,
                "hours": c.hours,
                "evidence": "",
                "source": "",
                "strength": Strength(c.strength),
                "recorded_at": c.known.recorded_at,
                "recorded_by": "tests",
                "voided_at": c.known.withdrawn_at,
                "void_reason": "A mistake" if c.known.withdrawn_at else None,
            }
            for c in world.completions
        ],
        Feed: [
            {"agency_id": f.agency, "item_id": f.item, "limit_days": f.limit_days, "starts_on": f.starts_on}
            | {"recorded_by": "tests"}
            | _known(f.known)
            for f in world.feeds
        ],
        FeedReceipt: [
            {"agency_id": r.agency, "item_id": r.item, "as_at": r.as_at, "source": "tests", "recorded_by": "tests"}
            | _known(r.known)
            for r in world.receipts
        ],
    }


def _known(known: Known) -> Row:
    return {"recorded_at": known.recorded_at, "withdrawn_at": known.withdrawn_at}


def _until(known: Known) -> Row:
    return {"superseded_at": known.withdrawn_at}


def _now(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.known.withdrawn_at is None]


def _then(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.known.withdrawn_at is not None]
