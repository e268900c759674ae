"""What an agency expects of its own people: added, changed, ended and taken back on the pages, after a look ahead."""

import re
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Mark
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation, ExpectationVersion, Measure, Method, OnChange
from training_tracker.expectations.publishing import Rule, Scope, rule_of
from training_tracker.people.models import Audience, RoleGroup
from training_tracker.standing.rehearsing import Relieved
from training_tracker.web.expectation_look import Step, in_steps

NEW = "/agency/expectations/new"
YEARLY = {
    "title": "Toolkit tour, everybody",
    "item-TOUR": "yes",
    "much": "all",
    "often": "completion",
    "months": "12",
    "who": "everybody",
    "due": "30",
    "required": "yes",
    "target": "85",
    "strength": "1",
    "from-day": "1",
    "from-month": "7",
    "from-year": "2026",
    "why": "So that  everybody has opened it.",
    "approver": "Jo Park, director",
}


@pytest.fixture
async def items(empty: Database, world: World) -> dict[str, int]:
    async with empty.writing() as session:
        facts = Facts(session)
        found = {code: (await facts.item(code)).id for code in ("TOUR", "MAP")}
        found["GUIDE"] = (await facts.item("GUIDE", editions=[date(2025, 1, 1)])).id
    return found


async def rules(database: Database, title: str = YEARLY["title"]) -> list[Rule]:
    """The published rules of an expectation, oldest first."""
    async with database.reading() as session:
        found = await session.scalars(
            select(ExpectationVersion)
            .join(Expectation, Expectation.id == ExpectationVersion.expectation_id)
            .where(Expectation.title == title, ExpectationVersion.withdrawn_at.is_(None))
            .order_by(ExpectationVersion.effective_from)
        )
        return [await rule_of(session, version) for version in found.all()]


async def sends(visitor: Visitor, path: str, fields: dict[str, str]) -> httpx.Response:
    return await visitor.sends(path, fields, form=path)


async def publishes(visitor: Visitor, path: str = NEW, **changes: str) -> httpx.Response:
    response = await sends(visitor, path, YEARLY | changes | {"confirmed": "yes"})
    assert response.status_code == 303, seen(response.text)
    return response


async def test_a_lead_sees_whom_it_touches_before_it_is_published(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    look = await sends(visitor, NEW, YEARLY)
    text = seen(look.text)
    assert look.status_code == 200
    assert "Publish this? Toolkit tour, everybody" in text
    assert "Complete “About TOUR”, every year. The first time: within 30 days of starting in the role." in text
    assert "Approved by Jo Park, director" in text
    assert "people are asked from 1 July 2026 6" in text
    assert "of them newly 6" in text
    assert "1 August 2026 6" in text, "from when they would be overdue"
    assert "At most 6 places are needed for them." in text
    assert "Assessment 3 0" in text, "by team"
    assert await rules(empty) == [], "nothing is published yet"

    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', look.text))
    assert hidden == YEARLY, "what was typed goes on"
    back = await sends(visitor, NEW, hidden | {"again": "yes"})
    assert 'value="Toolkit tour, everybody"' in back.text
    response = await publishes(visitor, **hidden)
    assert response.headers["location"] == "/expectations/TOOLKIT-TOUR-EVERYBODY"
    assert await rules(empty) == [
        Rule(
            effective_from=date(2026, 7, 1),
            first_due_days=30,
            method=Method.COMPLETION,
            mark=Mark.SOURCED,
            target_percent=85,
            period_months=12,
            source="Decided by Harbour Council",
            rationale="So that everybody has opened it.",
            approved_by="Jo Park, director",
            items=frozenset({items["TOUR"]}),
        )
    ]
    text = await visitor.reads("/expectations/TOOLKIT-TOUR-EVERYBODY")
    assert "Published. It holds from 1 July 2026." in text
    assert "Approved by Jo Park, director." in text
    assert "From 1 July 2026 not in force yet" in text


SAID: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"often": "once", "months": ""}, {"method": Method.ONCE, "period_months": None}),
    (
        {"often": "continuous", "months": "24", "window": "2"},
        {"method": Method.CONTINUOUS, "period_months": 24, "renewal_window_months": 2},
    ),
    (
        {"often": "cycle", "year": "school"},
        {
            "method": Method.CYCLE,
            "period_months": 12,
            "anchor_on": date(2024, 8, 31),
            "least_validity_months": 12,
        },
    ),
    ({"months": "2"}, {"period_months": 2, "renewal_window_months": 1}),
    ({"much": "hours", "number": "7.5"}, {"measure": Measure.HOURS, "amount": 7.5}),
    ({"required": "no", "target": "62.5"}, {"required": False, "target_percent": 62.5}),
    ({"strength": "3", "source": "Our policy"}, {"least_strength": Strength.CERTIFICATE_SEEN, "source": "Our policy"}),
]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("said", "means"), SAID)
async def test_the_form_says_every_shape_of_a_rule(
    visitor: Visitor,
    items: dict[str, int],
    world: World,
    empty: Database,
    said: dict[str, str],
    means: dict[str, Any],
) -> None:
    await visitor.becomes(world.lee)
    await publishes(visitor, **said)
    (rule,) = await rules(empty)
    assert {name: getattr(rule, name) for name in means} == means


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_of_several_and_of_some_people(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        group, role, team = await facts.role_group(), await facts.role(), await facts.team("Assessment")
        number = team.id
        scopes = {Scope(role_group_id=group.id), Scope(role_id=role.id), Scope(team_id=team.id)}
        boxes = {f"group-{group.code}": "yes", f"role-{role.code}": "yes", f"team-{number}": "yes"}
    await visitor.becomes(world.lee)
    await publishes(visitor, much="some", number="1", who="some", **{"item-MAP": "yes"}, **boxes)
    (rule,) = await rules(empty)
    assert rule.amount == 1
    assert rule.items == {items["TOUR"], items["MAP"]}
    assert rule.scopes == scopes
    page = (await visitor.opens("/agency/expectations/TOOLKIT-TOUR-EVERYBODY/version")).text
    for name in (*boxes, "item-TOUR", "item-MAP"):
        assert re.search(rf'<input[^>]* name="{name}"[^>]* checked', page), f"{name} is ticked still"


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"item-TOUR": None}, "counts", "No course or resource is ticked"),
        ({"title": ""}, "title", "It has no name"),
        ({"much": ""}, "much", "how much of it"),
        ({"much": "some", "number": "2"}, "number", "How many must be a whole number"),
        ({"much": "hours", "number": "nan"}, "number", "The number of hours is missing"),
        ({"much": "current", "item-MAP": "yes"}, "counts", "2 courses or resources are ticked"),
        ({"often": "always"}, "often", "It is not said how often"),
        ({"months": ""}, "months", "The number of months is missing"),
        ({"months": "1.5"}, "months", "The number of months must be a whole number"),
        ({"often": "continuous", "months": "12", "window": "12"}, "window", "must be a whole number"),
        (
            {"often": "continuous", "months": "12", "window": "3", "much": "hours", "number": "3"},
            "often",
            "Only what one course or resource meets can keep its date",
        ),
        ({"often": "cycle", "year": "now"}, "year", "It is not said which year"),
        ({"who": "some"}, "who", "It is not said of whom"),
        ({"target": "101"}, "target", "The target must be a percentage"),
        ({"target": "inf"}, "target", "The target must be a percentage"),
        ({"due": "-1"}, "due", "must be a whole number"),
        ({"strength": "6"}, "strength", "which evidence is enough"),
        ({"from-day": "3", "from-month": "5"}, "from", "3 May 2026 has passed. Figures of days gone by stay"),
        ({"from-day": ""}, "from", "has no day"),
        ({"why": " "}, "why", "It is not said why"),
        ({"approver": ""}, "approver", "It is not said who approved it"),
    ],
)
async def test_what_is_missing_or_does_not_fit_is_said_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor,
    items: dict[str, int],
    world: World,
    empty: Database,
    changes: dict[str, str | None],
    field: str,
    says: str,
) -> None:
    await visitor.becomes(world.lee)
    sent = {name: value for name, value in (YEARLY | changes).items() if value is not None}
    response = await sends(visitor, NEW, sent | {"confirmed": "yes"})
    assert response.status_code == 422
    assert says in seen(response.text)
    assert f'href="#{field}' in response.text
    assert f'id="{field}-error"' in response.text
    if sent["approver"]:
        assert f'value="{sent["approver"]}"' in response.text
    assert await rules(empty) == []


async def test_asking_less_than_the_partnership_is_refused_in_the_words_of_the_form(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    form = f"{NEW}?tighten=CSA"
    page = (await visitor.opens(form)).text
    assert re.search(r'<input[^>]* name="item-CSA-INTRO"[^>]* checked', page), "it begins with what is asked already"
    assert re.search(r'id="months"[^>]* value="12"', page)
    same = {"item-TOUR": "no", "item-CSA-INTRO": "yes", "title": "More often", "target": "90"}
    sent = {name: value for name, value in (YEARLY | same).items() if name != "item-TOUR"}
    looser = await sends(visitor, form, sent | {"months": "18"})
    assert looser.status_code == 422
    text = seen(looser.text)
    assert "The partnership asks more of some of the same people." in text
    assert "Expected: CSA: the number of months is 18 here and 12 there" in text
    assert "period_months" not in text
    assert (await sends(visitor, form, sent | {"months": "6", "confirmed": "yes"})).status_code == 303
    (rule,) = await rules(empty, "More often")
    assert (rule.period_months, rule.scopes) == (6, frozenset({Scope()}))


async def test_another_version_says_what_is_different_and_can_be_taken_back_until_it_begins(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    await publishes(visitor, **{"from-month": "5", "from-day": "4"})
    version = "/agency/expectations/TOOLKIT-TOUR-EVERYBODY/version"
    page = (await visitor.opens(version)).text
    assert re.search(r'name="often" type="radio" value="completion" checked', page)
    same = await sends(visitor, version, YEARLY | {"change": "pin", "confirmed": "yes"})
    assert "This is what is expected already" in seen(same.text)
    changes = {"months": "6", "change": "pin", "transition": "45"}
    text = seen((await sends(visitor, version, YEARLY | changes)).text)
    assert "Before: Complete “About TOUR”, every year. The first time: within 30 days" in text
    assert "Every 6 months, before every year." in text
    assert "What was earned under the rule before stands until it ends." in text
    assert "Nobody is overdue for the change alone in its first 45 days." in text
    assert "people are asked from 1 July 2026 6 of them newly 0" in text
    await publishes(visitor, version, **changes)
    first, second = await rules(empty)
    assert (first.period_months, second.period_months) == (12, 6)
    assert (second.on_change, second.transition_days) == (OnChange.PIN, 45)

    text = await visitor.reads("/expectations/TOOLKIT-TOUR-EVERYBODY")
    assert "This changes on 1 July 2026" in text
    assert "Every 6 months, before every year." in text
    withdrawal = "/agency/expectations/TOOLKIT-TOUR-EVERYBODY/versions/2026-07-01/withdrawal"
    assert "Take back the version from 1 July 2026?" in await visitor.reads(withdrawal)
    assert (await sends(visitor, withdrawal, {})).headers["location"] == "/expectations/TOOLKIT-TOUR-EVERYBODY"
    assert await rules(empty) == [first]
    begun = "/agency/expectations/TOOLKIT-TOUR-EVERYBODY/versions/2026-05-04/withdrawal"
    refused = await visitor.opens(begun)
    assert refused.status_code == 422
    assert "This version has begun, and what was reported of it stays" in seen(refused.text)
    assert (await visitor.sends(begun, {}, form=NEW)).status_code == 422
    assert await rules(empty) == [first]


async def test_an_expectation_ends_after_a_look_at_whom_that_frees(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    await publishes(visitor, **{"from-month": "5", "from-day": "4"})
    end = "/agency/expectations/TOOLKIT-TOUR-EVERYBODY/end"
    sent = {"last-day": "31", "last-month": "5", "last-year": "2026", "approver": "Jo Park, director"}
    slip = await sends(visitor, end, sent | {"last-day": "3"})
    assert slip.status_code == 422
    assert "3 May 2026 has passed" in seen(slip.text)
    text = seen((await sends(visitor, end, sent)).text)
    assert "End it on 31 May 2026?" in text
    assert "are asked no longer 6" in text
    assert 'value="31"' in (await sends(visitor, end, sent | {"again": "yes"})).text
    response = await sends(visitor, end, sent | {"confirmed": "yes"})
    assert response.headers["location"] == "/expectations/TOOLKIT-TOUR-EVERYBODY"
    (rule,) = await rules(empty)
    assert rule.effective_until == date(2026, 5, 31)
    assert "This ends on 31 May 2026." in await visitor.reads("/expectations/TOOLKIT-TOUR-EVERYBODY")


def test_many_days_are_told_by_the_month() -> None:
    days = [date(2026, 7, day) for day in range(1, 9)]
    lines = [Relieved("Harbour Council", "A", "About A", day, people=2, posts=2) for day in days]
    assert [step.when for step in in_steps(lines)][:2] == ["1 July 2026", "2 July 2026"]
    more = [*lines, Relieved("Harbour Council", "A", "About A", date(2026, 8, 3), people=1, posts=1)]
    assert in_steps(more) == [Step("July 2026", 16), Step("August 2026", 1)]


async def test_the_page_warns_of_the_front_line_or_managers_with_nothing_and_leads_to_what_mends_it(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        session.add(RoleGroup(code="lead", name="Leaders", position=2, audience=Audience.MANAGERS.value))
    await visitor.becomes(world.lee)
    text = await visitor.reads("/agency/expectations")
    assert "Harbour Council itself requires nothing of the front line or of managers today." in text
    assert "Your agency expects nothing beside the partnership’s minimum yet." in text
    assert "Expected: CSA" in text
    assert "DESK" not in text, "another agency's own"
    form = (await visitor.opens(f"{NEW}?audience=managers")).text
    assert re.search(r'<input[^>]* name="group-lead"[^>]* checked', form)
    await publishes(visitor, **{"from-month": "5", "from-day": "4", "who": "some", "group-lead": "yes"})
    text = await visitor.reads("/agency/expectations")
    assert "requires nothing of the front line today." in text
    assert "Toolkit tour, everybody" in text
    await publishes(visitor, **{"from-month": "5", "from-day": "4", "title": "Front"})
    assert "Both the front line and managers have something required" in await visitor.reads("/agency/expectations")


async def test_nobody_decides_about_another_agencys_or_the_partnerships(
    visitor: Visitor, items: dict[str, int], world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    async with empty.reading() as session:
        surgery = (await Facts(session).agency("Bay Surgery")).id
    for code in ("DESK", "CSA"):
        for rest in ("version", "end", "versions/2026-07-01/withdrawal"):
            path = f"/agency/expectations/{code}/{rest}"
            assert (await visitor.opens(path)).status_code == 404, path
            assert (await visitor.sends(path, YEARLY | {"confirmed": "yes"}, form=NEW)).status_code == 404, path
    for path in (f"{NEW}?agency={surgery}", f"/agency/expectations?agency={surgery}", f"{NEW}?tighten=DESK"):
        assert (await visitor.opens(path)).status_code == 404, path
    await visitor.becomes(world.mia)
    assert (await visitor.opens(NEW)).status_code == 404
    assert "Ask more than this" not in await visitor.reads("/expectations/CSA")
