"""Rules about a setting: enough different people there who have done a thing."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.facts import Facts
from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.expectations.models import Setting
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Agency
from training_tracker.standing.known import posts_of_agency
from training_tracker.uptake.coverage import coverage, coverage_by_agency, coverage_in_words, not_covered

TODAY = date(2026, 5, 4)


async def test_a_setting_is_covered_by_enough_different_people_who_meet_the_rule(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("SAFER")
        await facts.version(await facts.expectation("PANEL"), [course], period_months=24, people_in_setting=2)
        school = await facts.team(agency=await facts.agency("Gullwing School", sector="Education"))
        council = await facts.team()
        ann = await facts.post("Ann Reed", team=school)
        await facts.post("Ann Reed", team=school, role=await facts.role("Governor"))
        ben = await facts.post("Ben Cole", team=school)
        for name in ("Cat Dunn", "Dan Frost"):
            await facts.completed(await facts.post(name, team=council), course, date(2025, 11, 3))
        await facts.completed(ann, course, date(2025, 11, 3))
        await facts.completed(ben, course, date(2024, 5, 3))
    async with empty.reading() as session:
        found = await coverage(session, TODAY, today=TODAY)
        assert [(c.agency, c.needed, c.people, c.covered) for c in found] == [
            ("Gullwing School", 2, 1, False),
            ("Harbour Council", 2, 2, True),
        ]
        (earlier,) = await coverage(session, date(2026, 5, 3), today=TODAY, posts=posts_of_agency(found[0].agency_id))
        assert (earlier.people, earlier.covered) == (2, True), "Ben's own still held"


async def test_whose_training_has_lapsed_covers_nobody_in_grace_or_not(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item("SAFER"), await facts.post()
        panel = await facts.expectation("PANEL")
        await facts.version(panel, [course], period_months=12, grace_days=60, people_in_setting=1)
        await facts.completed(post, course, date(2025, 5, 3))
    async with empty.reading() as session:
        (held,) = await coverage(session, date(2026, 5, 3), today=TODAY)
        (lapsed,) = await coverage(session, TODAY, today=TODAY)
        assert (held.people, lapsed.people) == (1, 0)


async def test_who_is_on_leave_covers_nobody(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item("SAFER"), await facts.post()
        await facts.version(await facts.expectation("PANEL"), [course], people_in_setting=1)
        await facts.completed(post, course, date(2025, 11, 3))
        await facts.on_leave(post, TODAY)
    async with empty.reading() as session:
        (found,) = await coverage(session, TODAY, today=TODAY)
        assert (found.people, found.covered) == (0, False)


async def test_each_team_with_people_is_a_setting_with_the_teams_below_it(empty: Database) -> None:
    """A lead and a deputy in every team; a team above without people of its own is no setting."""
    async with empty.writing() as session:
        facts = Facts(session)
        course, lead, clerk = await facts.item("LEADS"), await facts.role("Lead"), await facts.role("Clerk")
        await facts.version(
            await facts.expectation("LEADS"),
            [course],
            people_in_setting=2,
            setting=Setting.TEAM,
            scopes=[Scope(role_id=lead.id)],
        )
        service = await facts.team("Family services")
        west, east = await facts.team("West", below=service), await facts.team("East", below=service)
        duty = await facts.team("Duty", below=west)
        ann = await facts.post("Ann Reed", team=west, role=lead)
        ben = await facts.post("Ben Cole", team=duty, role=lead)
        cat = await facts.post("Cat Dunn", team=east, role=lead)
        await facts.post("Dan Frost", team=await facts.team("Desk", below=east), role=clerk)
        for post in (ann, ben, cat):
            await facts.completed(post, course, date(2025, 11, 3))
        await facts.post("Ann Reed", team=west, role=lead)
    async with empty.reading() as session:
        found = await coverage(session, TODAY, today=TODAY)
    assert [(one.team, one.people, one.missing) for one in found] == [
        ("Family services > East", 1, 1),
        ("Family services > East > Desk", 0, 2),
        ("Family services > West", 2, 0),
        ("Family services > West > Duty", 1, 1),
    ]
    assert not_covered(found) == 3


async def test_where_nobody_holds_the_role_nobody_covers_the_setting(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, lead = await facts.item("LEADS"), await facts.role("Lead")
        rule: dict[str, Any] = {"people_in_setting": 2, "scopes": [Scope(role_id=lead.id)]}
        await facts.version(await facts.expectation("LEADS"), [course], **rule)
        west = await facts.team("West")
        ann = await facts.post("Ann Reed", team=west, role=lead, ended_on=date(2026, 5, 3))
        await facts.completed(ann, course, date(2025, 11, 3))
        await facts.post("Ben Cole", team=west)
        await facts.agency("Nobody Yet Trust")
        school = await facts.agency("Gullwing School", sector="Education")
        governor = await facts.role("Governor", sector="Education")
        await facts.post("Cat Dunn", team=await facts.team(agency=school), role=governor)
    async with empty.reading() as session:
        (before,) = await coverage(session, date(2026, 5, 3), today=TODAY)
        (after,) = await coverage(session, TODAY, today=TODAY)
    assert (before.agency, before.people, before.missing) == ("Harbour Council", 1, 1)
    assert (after.agency, after.team, after.people, after.missing) == ("Harbour Council", "", 0, 2)


@pytest.mark.parametrize(
    ("scope", "settings"),
    [
        ({}, ["East", "North", "North > Duty", "Gullwing School"]),
        ({"team": "North"}, ["North", "North > Duty"]),
        ({"agency": "Gullwing School"}, ["Gullwing School"]),
        ({"sector": "Education"}, ["Gullwing School"]),
        ({"role": "Lead"}, ["East", "North", "North > Duty"]),
        ({"group": "Leads"}, ["East", "North", "North > Duty"]),
        ({"group": "Leads", "team": "East"}, ["East"]),
        ({"role": "Lead", "sector": "Education"}, []),
    ],
)
async def test_a_team_is_a_setting_where_a_scope_says_whoever_works_there(
    empty: Database, scope: dict[str, str], settings: list[str]
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north, east = await facts.team("North"), await facts.team("East")
        duty = await facts.team("Duty", below=north)
        school = await facts.agency("Gullwing School", sector="Education")
        for team in (north, east, duty, await facts.team(agency=school)):
            await facts.post(f"Ann {team.name}", team=team)
        lead = await facts.role("Lead", group="Leads")
        ids = {
            "team": ("team_id", {"North": north.id, "East": east.id}),
            "agency": ("agency_id", {"Gullwing School": school.id}),
            "sector": ("sector_id", {"Education": school.sector_id}),
            "role": ("role_id", {"Lead": lead.id}),
            "group": ("role_group_id", {"Leads": lead.role_group_id}),
        }
        named = Scope(**{ids[part][0]: ids[part][1][name] for part, name in scope.items()})
        await facts.version(
            await facts.expectation("LEADS"),
            [await facts.item("LEADS")],
            people_in_setting=1,
            setting=Setting.TEAM,
            scopes=[named],
        )
    async with empty.reading() as session:
        found = await coverage(session, TODAY, today=TODAY)
    assert sorted(one.team for one in found) == sorted(settings)
    assert {one.people for one in found} <= {0}


async def test_a_setting_is_looked_at_by_the_version_of_the_day(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        panel, course = await facts.expectation("PANEL"), await facts.item("SAFER")
        await facts.post()
        await facts.version(panel, [course], people_in_setting=1)
        last = date(2026, 4, 30)
        await facts.version(panel, [course], people_in_setting=3, effective_from=date(2026, 3, 1), effective_until=last)
    async with empty.reading() as session:
        needed = [
            [one.needed for one in await coverage(session, day, today=TODAY)]
            for day in (date(2026, 2, 28), date(2026, 3, 1), last, TODAY)
        ]
    assert needed == [[1], [3], [3], []]


async def test_of_settings_is_told_what_rests_on_enough_people(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, lead = await facts.item("LEADS"), await facts.role("Lead")
        each_team: dict[str, Any] = {"people_in_setting": 2, "setting": Setting.TEAM}
        await facts.version(await facts.expectation("LEADS"), [course], scopes=[Scope(role_id=lead.id)], **each_team)
        region: dict[str, dict[str, int | None]] = {
            "All Trust": {"A": 2, "B": 3},
            "Nobody Trust": {"A": None, "B": None},
            "Few Trust": {"A": 2, "B": 3, "C": 1},
            "Both Trust": {"A": 2, "B": 3, "C": None},
        }
        for agency, teams in region.items():
            named = await facts.agency(agency)
            for team, leads in teams.items():
                place = await facts.team(team, agency=named)
                await facts.post(f"Clerk {agency} {team}", team=place)
                for number in range(leads or 0):
                    post = await facts.post(f"Lead {number} {agency} {team}", team=place, role=lead)
                    await facts.completed(post, course, date(2025, 11, 3))
    async with empty.reading() as session:
        everywhere = list(await session.scalars(select(Agency.id)))
        found = await coverage_by_agency(session, TODAY, today=TODAY, threshold=5, agencies=everywhere)
        everything = await coverage_by_agency(session, TODAY, today=TODAY, threshold=0, agencies=everywhere)
        partnership = await coverage_in_words(session, TODAY, today=TODAY, threshold=5, agencies=everywhere)
        in_words = await coverage_in_words(session, TODAY, today=TODAY, threshold=0, agencies=everywhere)
    assert [(one.agency, one.settings, one.covered) for one in found] == [
        ("All Trust", 2, 2),
        ("Both Trust", 3, 2),
        ("Few Trust", 3, None),
        ("Nobody Trust", 2, 0),
    ]
    assert [one.covered for one in everything] == [2, 2, 2, 0]
    assert [one.enough for one in in_words] == ["everywhere", "in some teams", "in some teams", "nowhere"]
    assert [(one.agency, one.enough) for one in partnership] == [
        ("All Trust", "everywhere"),
        ("Both Trust", "in some teams"),
        ("Few Trust", "in some teams"),
        ("Nobody Trust", None),
    ]


async def test_who_is_exempt_covers_nothing_and_a_past_day_is_told_as_known_then(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item("SAFER"), await facts.post()
        panel = await facts.expectation("PANEL")
        await facts.version(panel, [course], people_in_setting=1, setting=Setting.TEAM)
        await facts.completed(post, course, date(2025, 11, 3))
    before = now()
    async with empty.writing() as session:
        await Facts(session).exempt(post, panel, date(2026, 1, 1), date(2026, 12, 31))
    async with empty.reading() as session:
        (today,) = await coverage(session, TODAY, today=TODAY)
        (then,) = await coverage(session, TODAY, today=TODAY, known_at=before)
        assert (today.team, today.people, then.people) == ("Harbour Council", 0, 1)
        assert await coverage(session, date(2019, 1, 1), today=TODAY) == []


async def test_an_ordinary_rule_needs_no_coverage(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        await facts.version(await facts.expectation(), [await facts.item()])
    async with empty.reading() as session:
        assert await coverage(session, TODAY, today=TODAY) == []
