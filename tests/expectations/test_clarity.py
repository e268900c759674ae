"""Which agencies have said what they expect of the front line, and of managers, by rules of their own."""

from datetime import date
from typing import Any

import pytest

from tests.facts import Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.clarity import missing_in_words, published_for, some_group_is_of_managers
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Audience, RoleGroup

ON = date(2026, 5, 4)
BEFORE, AFTER = date(2026, 5, 3), date(2026, 5, 5)
BOTH = {Audience.FRONT_LINE, Audience.MANAGERS}


async def groups(facts: Facts) -> dict[str, RoleGroup]:
    found = {}
    for audience in Audience:
        found[audience.value] = await facts.role_group(audience.value)
        found[audience.value].audience = audience.value
    return found


async def own_rule(facts: Facts, name: str) -> tuple[Expectation, Item]:
    """An expectation of the agency of this name, without a version yet."""
    return await facts.expectation(name, owner=await facts.agency(name)), await facts.item(name)


async def published(database: Database, on: date = ON) -> dict[str, set[Audience]]:
    async with database.writing() as session:
        found = await published_for(session, on)
        facts = Facts(session)
        names = {(await facts.agency(name)).id: name for name in ("Ashby", "Brent", "Calne", "Derby", "Epsom")}
        return {names[agency]: set(audiences) for agency, audiences in found.items()}


async def test_a_rule_speaks_to_those_of_the_group_it_names_or_of_its_roles_group_and_one_for_a_team_to_both(
    empty: Database,
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        by_audience = await groups(facts)
        manager = await facts.role("Manager", group="managers")
        scopes = {
            "Ashby": [Scope(role_group_id=by_audience["front line"].id)],
            "Brent": [Scope(role_id=manager.id)],
            "Calne": [Scope(team_id=(await facts.team("Hub", agency=await facts.agency("Calne"))).id)],
            "Derby": [Scope(role_group_id=by_audience["governance"].id)],
            "Epsom": [Scope(role_group_id=by_audience["front line"].id), Scope(role_id=manager.id)],
        }
        for name, scope in scopes.items():
            rule, item = await own_rule(facts, name)
            await facts.version(rule, [item], scopes=scope)
        await facts.version(await facts.expectation("OF THE PARTNERSHIP"), [await facts.item()])
    assert await published(empty) == {
        "Ashby": {Audience.FRONT_LINE},
        "Brent": {Audience.MANAGERS},
        "Calne": BOTH,
        "Derby": set(),
        "Epsom": BOTH,
    }


async def test_only_a_required_rule_counts_that_is_in_force_on_the_day(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        ends: dict[str, dict[str, Any]] = {
            "Ashby": {"effective_from": ON, "effective_until": ON},
            "Brent": {"effective_from": AFTER},
            "Calne": {"effective_until": BEFORE},
            "Derby": {"required": False},
            "Epsom": {},
        }
        for name, rest in ends.items():
            rule, item = await own_rule(facts, name)
            version = await facts.version(rule, [item], **rest)
            if name == "Epsom":
                version.withdrawn_at = now()
    assert await published(empty) == {"Ashby": BOTH}


@pytest.mark.parametrize(
    ("effective_from", "withdrawn", "of_another", "spoken_to"),
    [
        (ON, False, False, {Audience.MANAGERS}),
        (AFTER, False, False, {Audience.FRONT_LINE}),
        (ON, True, False, {Audience.FRONT_LINE}),
        (ON, False, True, BOTH),
    ],
)
async def test_a_version_speaks_until_the_next_of_the_same_rule_begins(
    empty: Database, effective_from: date, withdrawn: bool, of_another: bool, spoken_to: set[Audience]
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        by_audience = await groups(facts)
        rule, item = await own_rule(facts, "Ashby")
        await facts.version(rule, [item], scopes=[Scope(role_group_id=by_audience["front line"].id)])
        if of_another:
            rule = await facts.expectation("OTHER", owner=await facts.agency("Ashby"))
        later = await facts.version(
            rule, [item], effective_from=effective_from, scopes=[Scope(role_group_id=by_audience["managers"].id)]
        )
        if withdrawn:
            later.withdrawn_at = now()
    assert await published(empty) == {"Ashby": spoken_to}


async def test_whether_any_group_is_of_managers_is_known(empty: Database) -> None:
    async with empty.writing() as session:
        group = await Facts(session).role_group()
        assert not await some_group_is_of_managers(session)
        group.audience = Audience.MANAGERS.value
        await Facts(session).role_group("Group 2")
        assert await some_group_is_of_managers(session)


@pytest.mark.parametrize(
    ("spoken_to", "missing"),
    [
        (set(), "the front line and managers"),
        ({Audience.FRONT_LINE}, "managers"),
        ({Audience.MANAGERS}, "the front line"),
        (BOTH, ""),
    ],
)
def test_whom_nothing_is_published_for_is_said(spoken_to: set[Audience], missing: str) -> None:
    assert missing_in_words(frozenset(spoken_to)) == missing
