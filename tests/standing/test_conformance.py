"""The published cases, each read from the kept standings and from the engine asked for the day."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import LONG_AGO, Facts
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Measure, OnChange
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Agency, Post
from training_tracker.records.models import Verification
from training_tracker.standing.status import standings_on

Case = dict[str, Any]

CASES: list[Case] = tomllib.loads((Path(__file__).parent / "conformance.toml").read_text())["case"]


async def test_the_engine_agrees_with_every_published_case(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        posts = {case["name"]: await record(facts, case) for case in CASES}
    async with empty.reading() as session:
        disagreements = [
            f"{case['name']}: {wanted} but {read}"
            for case in CASES
            for wanted in case["expect"]
            for read in await readings(session, case, posts[case["name"]], wanted)
            if read != wanted
        ]
    assert disagreements == []


def test_every_case_says_what_it_expects_under_a_name_of_its_own() -> None:
    assert all(case["expect"] for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES)


async def record(facts: Facts, case: Case) -> list[Post]:
    """Record a case in an agency of its own, which alone expects what the case says.

    Where the partnership expects it, it does so of that agency alone.
    """
    agency = await facts.agency(f"Agency of the case “{case['name']}”")
    team = await facts.team(agency=agency)
    items = await _items(facts, case, agency)
    owner = await facts.partnership() if case.get("expected_by_partnership") else agency
    expectation = await facts.expectation(f"E{agency.id}", owner=owner)
    for version in case["versions"]:
        rule = dict(version)
        if "measure" in rule:
            rule["measure"] = Measure(rule["measure"])
        if "on_change" in rule:
            rule["on_change"] = OnChange(rule["on_change"])
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
    posts = []
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
        said = Verification.SELF_DECLARED if done.get("self_declared") else Verification.CONFIRMED
        await facts.completed(posts[0], items[done["item"]], done["on"], done.get("hours"), verification=said)
    return posts


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


async def readings(session: AsyncSession, case: Case, posts: list[Post], wanted: Case) -> list[Case]:
    """What the program says, in the words of the case: asked on a later day, and on the day where that can be."""
    on, post = wanted["on"], posts[wanted.get("post", 1) - 1]
    newest = max((done["on"] for done in case.get("completions", [])), default=date.min)
    days = [on + timedelta(days=1)] if on < newest else [on + timedelta(days=1), on]
    found = []
    for today in days:
        standing = standings_on(on, today=today, posts=lambda known: known.c.id == post.id)
        row = (await session.execute(select(standing))).mappings().one_or_none()
        found.append({name: value if name in {"on", "post"} else _said(row, name) for name, value in wanted.items()})
    return found


def _said(row: RowMapping | None, name: str) -> object:
    if row is None:
        return "not expected"
    return "none" if row[name] is None else row[name]
