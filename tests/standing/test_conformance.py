"""The published cases, each read from the kept standings and from the engine asked for the day."""

import tomllib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import Templates
from tests.facts import LONG_AGO, Facts
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Measure, OnChange
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Agency, Post, Team
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect, rebuild
from training_tracker.standing.status import standings_on

Case = dict[str, Any]

# What is a word in the file and more than that in a rule.
WORDS = {"measure": Measure, "on_change": OnChange, "least_strength": Strength.of}

CASES: list[Case] = tomllib.loads((Path(__file__).parent / "conformance.toml").read_text())["case"]


async def the_published_cases(database: Database) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        for case in CASES:
            await record(facts, case)


@pytest.fixture
def recorded_url(kind: str, tmp_path: Path, templates: Templates) -> str:
    """The address of a database with all cases side by side."""
    return templates.copy(kind, tmp_path, the_published_cases)


@pytest.fixture
async def recorded(recorded_url: str) -> AsyncIterator[Database]:
    database = connect(Settings(database_url=recorded_url, _env_file=None))
    yield database
    await database.close()


async def test_the_kept_standings_agree_with_every_published_case(recorded: Database) -> None:
    """Read on the day itself, where nothing was completed after it."""
    async with recorded.writing() as session:
        await rebuild(session)
    wanted = [(case, entry) for case, entry in _expectations() if entry["on"] >= _newest(case)]
    async with recorded.reading() as session:
        assert await disagreements(session, wanted, timedelta(0)) == []


async def test_the_engine_asked_for_a_day_agrees_with_every_published_case(recorded: Database) -> None:
    """Asked on the day after, when the kept standings do not answer for it."""
    async with recorded.reading() as session:
        assert await disagreements(session, _expectations(), timedelta(days=1)) == []


def test_every_case_says_what_it_expects_under_a_name_of_its_own() -> None:
    assert all(case["expect"] for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES)


async def record(facts: Facts, case: Case) -> None:
    """Record a case in an agency of its own, which alone expects what the case says.

    Where the partnership expects it, it does so of that agency alone.
    """
    agency = await facts.agency(_agency(case))
    team = await facts.team(agency=agency)
    items = await _items(facts, case, agency)
    owner = await facts.partnership() if case.get("expected_by_partnership") else agency
    expectation = await facts.expectation(f"E{agency.id}", owner=owner)
    for version in case["versions"]:
        rule = dict(version)
        rule |= {name: read(rule[name]) for name, read in WORDS.items() if name in rule}
        if roles := rule.pop("roles", None):
            rule["scopes"] = [Scope(role_id=(await facts.role(name)).id) for name in roles]
        if case.get("expected_by_partnership"):
            rule["scopes"] = [Scope(agency_id=agency.id)]
        rule["refreshers"] = frozenset(items[code].id for code in rule.pop("refreshers", []))
        await facts.version(expectation, [items[code] for code in rule.pop("items")], **rule)
    for feed in case.get("feeds", []):
        await facts.feed(
            agency,
            items[feed["item"]],
            limit_days=feed["at_most_days"],
            starts_on=feed.get("starts_on", LONG_AGO),
            received=feed.get("received", []),
        )
    posts: list[Post] = []
    for entry in case.get("posts", [{}]):
        started_on = entry.get("started_on", LONG_AGO)
        post = await facts.post(
            f"Person {agency.id}",
            team=team,
            role=await facts.role(entry.get("role", "R")),
            started_on=None if started_on == "unknown" else started_on,
            ended_on=entry.get("ended_on"),
        )
        for leave in entry.get("leave", []):
            await facts.on_leave(post, leave["from"], leave.get("until"))
        for exemption in entry.get("exempt", []):
            await facts.exempt(post, expectation, exemption["from"], exemption["until"])
        for extension in entry.get("extended", []):
            await facts.extended(post, expectation, extension["due"], extension["until"])
        posts.append(post)
    for done in case.get("completions", []):
        said = Strength.of(done.get("strength", "attendance register"))
        await facts.completed(posts[0], items[done["item"]], done["on"], done.get("hours"), strength=said)


async def _items(facts: Facts, case: Case, agency: Agency) -> dict[str, Item]:
    equivalences = case.get("equivalences", [])
    codes = {code for version in case["versions"] for code in [*version["items"], *version.get("refreshers", [])]}
    codes |= {feed["item"] for feed in case.get("feeds", [])}
    codes |= {equivalence[end] for equivalence in equivalences for end in ("item", "counts_as")}
    said = case.get("items", {})
    items = {}
    for code in sorted(codes):
        about = said.get(code, {})
        items[code] = await facts.item(
            f"{CASES.index(case)}-{code}",
            hours=about.get("hours"),
            participatory=about.get("participatory", False),
            editions=about.get("editions", []),
            accepted=[(window.get("from"), window.get("until")) for window in about.get("accepted", [])],
        )
    for equivalence in equivalences:
        await facts.counts_as(
            items[equivalence["item"]],
            items[equivalence["counts_as"]],
            equivalence.get("from"),
            equivalence.get("until"),
            agency=agency if equivalence.get("decided_by_agency") else None,
            holds=equivalence.get("holds", True),
        )
    return items


async def disagreements(session: AsyncSession, wanted: Iterable[tuple[Case, Case]], later: timedelta) -> list[str]:
    """What the program says otherwise than the cases want it, in the words of the cases."""
    agencies = await session.execute(
        select(Agency.name, Post.id).join(Team, Team.agency_id == Agency.id).join(Post).order_by(Post.id)
    )
    posts: dict[str, list[int]] = defaultdict(list)
    for agency, post in agencies:
        posts[agency].append(post)
    by_day: dict[date, list[tuple[Case, Case]]] = defaultdict(list)
    for case, entry in wanted:
        by_day[entry["on"]].append((case, entry))
    found = []
    for on, of_the_day in by_day.items():
        rows = (await session.execute(select(standings_on(on, today=on + later)))).mappings().all()
        read = {row["post_id"]: row for row in rows}
        assert len(read) == len(rows), "a post is expected to do what its case says once"
        for case, entry in of_the_day:
            row = read.get(posts[_agency(case)][entry.get("post", 1) - 1])
            said = {name: value if name in {"on", "post"} else _said(row, name) for name, value in entry.items()}
            if said != entry:
                found.append(f"{case['name']}: {entry} but {said}")
    return found


def _expectations() -> list[tuple[Case, Case]]:
    return [(case, entry) for case in CASES for entry in case["expect"]]


def _newest(case: Case) -> date:
    return max((done["on"] for done in case.get("completions", [])), default=date.min)


def _agency(case: Case) -> str:
    return f"Agency of the case “{case['name']}”"


def _said(row: RowMapping | None, name: str) -> object:
    if row is None:
        return "not expected"
    return "none" if row[name] is None else row[name]
