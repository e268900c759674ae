"""The published cases, each read from the kept standings and from the engine asked for the day."""

import tomllib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import Templates
from tests.facts import BY, LONG_AGO, Facts
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation, Measure, OnChange, Setting
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Agency, Post, Team
from training_tracker.records.recording import void_completion
from training_tracker.settings import Settings
from training_tracker.standing.explanation import explain
from training_tracker.standing.known import posts_of_agency
from training_tracker.standing.merging import as_one_line
from training_tracker.standing.refreshing import connect, rebuild
from training_tracker.standing.status import standings_on
from training_tracker.uptake.counting import By, uptake
from training_tracker.uptake.coverage import coverage

Case = dict[str, Any]

# What is a word in the file and more than that in a rule.
WORDS = {"measure": Measure, "on_change": OnChange, "least_strength": Strength.of, "setting": Setting}

CASES: list[Case] = tomllib.loads((Path(__file__).parent / "conformance.toml").read_text())["case"]


async def the_published_cases(database: Database) -> None:
    """Recorded long before, but for what a case says was recorded later."""
    with time_machine.travel(_morning(LONG_AGO), tick=False) as clock:
        async with database.writing() as session:
            facts = Facts(session)
            for case in CASES:
                await record(facts, case, clock)


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
    """Read on the day itself, where nothing was completed after it. They know only what is known now."""
    async with recorded.writing() as session:
        await rebuild(session)
    wanted = [(case, entry) for case, entry in _expectations() if entry["on"] >= _newest(case) and "known" not in entry]
    async with recorded.reading() as session:
        assert await disagreements(session, wanted, timedelta(0)) == []


async def test_the_engine_asked_for_a_day_agrees_with_every_published_case(recorded: Database) -> None:
    """Asked on the day after, when the kept standings do not answer for it."""
    async with recorded.reading() as session:
        assert await disagreements(session, _expectations(), timedelta(days=1)) == []


async def test_figures_and_settings_agree_with_every_published_case(recorded: Database) -> None:
    async with recorded.reading() as session:
        agencies = {agency.name: agency.id for agency in await session.scalars(select(Agency))}
        for case in CASES:
            posts = posts_of_agency(agencies[_agency(case)])
            for entry in case.get("figures", []):
                (line,) = await uptake(session, entry["on"], by=By.AGENCY, today=_after(entry), posts=posts)
                found = {"on": entry["on"], "people": line.people, "posts": line.counts.expected}
                assert found | {"percent": line.counts.percent} == entry, case["name"]
            for entry in case.get("settings", []):
                found = {
                    setting.team: {"people": setting.people, "missing": setting.missing}
                    for setting in await coverage(session, entry["on"], today=_after(entry), posts=posts)
                }
                wanted = {"people": entry["people"], "missing": entry["missing"]}
                assert found[entry.get("team", "")] == wanted, case["name"]
                assert len(found) == len({other.get("team", "") for other in case["settings"]}), case["name"]


async def test_what_a_person_reads_of_several_rules_agrees_with_every_published_case(recorded: Database) -> None:
    async with recorded.reading() as session:
        for case in CASES:
            for entry in case.get("lines", []):
                statement = select(Post.practitioner_id).join(Team).join(Agency).where(Agency.name == _agency(case))
                person = (await session.scalars(statement)).one()
                for standing in await explain(session, person, entry["on"], today=_after(entry)):
                    line = asdict(as_one_line(standing))
                    said = {name: value if name == "on" else _said(line, name) for name, value in entry.items()}
                    assert said == entry, case["name"]


def test_every_case_says_what_it_expects_under_a_name_of_its_own() -> None:
    assert all(case["expect"] for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES)


async def record(facts: Facts, case: Case, clock: time_machine.Traveller) -> None:
    """Record a case in an agency of its own, which alone expects what the case says.

    Where the partnership expects it, it does so of that agency alone.
    """
    agency = await facts.agency(_agency(case), sector=case.get("sector", "Local authority"))
    team = await facts.team(agency=agency)
    items = await _items(facts, case, agency)
    owner = await facts.partnership() if case.get("expected_by_partnership") else agency
    expectation = await facts.expectation(f"E{agency.id}", owner=owner)
    of_agency = [Scope(agency_id=agency.id)]
    for version in case["versions"]:
        await _publish(facts, expectation, version, items, of_agency if owner is not agency else None)
    if also := case.get("also_by_partnership"):
        minimum = await facts.expectation(f"P{agency.id}")
        for version in also:
            await _publish(facts, minimum, version, items, of_agency)
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
            f"Person {agency.id}-{entry.get('person', 1)}",
            team=await facts.team(entry["team"], agency=agency) if "team" in entry else team,
            role=await facts.role(entry.get("role", "R"), group=entry.get("role_group", "Group 1")),
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
        await _complete(facts, posts[done.get("post", 1) - 1], items[done["item"]], done, clock)
    clock.move_to(_morning(LONG_AGO))


async def _publish(
    facts: Facts, expectation: Expectation, version: Case, items: dict[str, Item], scopes: list[Scope] | None
) -> None:
    rule = dict(version)
    rule |= {name: read(rule[name]) for name, read in WORDS.items() if name in rule}
    if roles := rule.pop("roles", None):
        rule["scopes"] = [Scope(role_id=(await facts.role(name)).id) for name in roles]
    if groups := rule.pop("role_groups", None):
        rule["scopes"] = [Scope(role_group_id=(await facts.role_group(name)).id) for name in groups]
    if sectors := rule.pop("sectors", None):
        rule["scopes"] = [Scope(sector_id=(await facts.sector(name)).id) for name in sectors]
    if scopes:
        rule["scopes"] = scopes
    rule["refreshers"] = frozenset(items[code].id for code in rule.pop("refreshers", []))
    await facts.version(expectation, [items[code] for code in rule.pop("items")], **rule)


async def _complete(facts: Facts, post: Post, item: Item, done: Case, clock: time_machine.Traveller) -> None:
    said = Strength.of(done.get("strength", "attendance register"))
    clock.move_to(_morning(done.get("recorded", LONG_AGO)))
    completion = await facts.completed(post, item, done["on"], done.get("hours"), strength=said, by=done.get("by"))
    if "voided" in done:
        clock.move_to(_morning(done["voided"]))
        await void_completion(facts.session, completion.id, reason="A mistake", by=BY)


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
    by_day: dict[tuple[date, date | None], list[tuple[Case, Case]]] = defaultdict(list)
    for case, entry in wanted:
        by_day[entry["on"], entry.get("known")].append((case, entry))
    found = []
    for (on, known), of_the_day in by_day.items():
        standing = standings_on(on, today=on + later, known_at=_morning(known) if known else None)
        own = select(Expectation.id).where(Expectation.code.startswith("E"))
        rows = (await session.execute(select(standing).where(standing.c.expectation_id.in_(own)))).mappings().all()
        read = {row["post_id"]: row for row in rows}
        assert len(read) == len(rows), "a post is expected to do what its case says once"
        for case, entry in of_the_day:
            row = read.get(posts[_agency(case)][entry.get("post", 1) - 1])
            said = {
                name: value if name in {"on", "post", "known"} else _said(row, name) for name, value in entry.items()
            }
            if said != entry:
                found.append(f"{case['name']}: {entry} but {said}")
    return found


def _expectations() -> list[tuple[Case, Case]]:
    return [(case, entry) for case in CASES for entry in case["expect"]]


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


def _after(entry: Case) -> date:
    day: date = entry["on"]
    return day + timedelta(days=1)


def _newest(case: Case) -> date:
    return max((done["on"] for done in case.get("completions", [])), default=date.min)


def _agency(case: Case) -> str:
    return f"Agency of the case “{case['name']}”"


def _said(row: RowMapping | dict[str, Any] | None, name: str) -> object:
    if row is None:
        return "not expected"
    return "none" if row[name] is None else row[name]
