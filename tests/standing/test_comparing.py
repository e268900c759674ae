"""What was known of a day then and what is known of it now: the same report byte for byte, and why it differs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import BY, Facts
from training_tracker.calendar import now
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemHistory, ItemVersion
from training_tracker.database import Database, touch
from training_tracker.expectations.models import Decision, ExpectationVersion, Measure, Method, OnChange, Setting
from training_tracker.expectations.publishing import Scope, publish, rule_of
from training_tracker.intake.loading import load_configuration
from training_tracker.people.agencies import change_sector, move_team, set_partnerships
from training_tracker.people.models import Practitioner, Role, RoleGroup, Sector
from training_tracker.people.posts import correct_post
from training_tracker.records.feeding import receive_feed, stop_feed, withdraw_receipt
from training_tracker.records.recording import void_completion
from training_tracker.standing.comparing import Difference, compare
from training_tracker.standing.explanation import explain
from training_tracker.uptake.counting import By, uptake
from training_tracker.uptake.coverage import coverage

LAST_MARCH = date(2026, 3, 31)
PUBLISHED = datetime(2026, 4, 5, 9, tzinfo=UTC)
CORRECTED = datetime(2026, 4, 20, 9, tzinfo=UTC)
WITHDRAWN = datetime(2026, 4, 28, 9, tzinfo=UTC)
TODAY = date(2026, 5, 4)
FIRST_OF_APRIL = date(2026, 4, 1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 3, 1, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


async def report(session: AsyncSession, known_at: datetime | None) -> str:
    lines = await uptake(session, LAST_MARCH, by=By.TEAM, today=TODAY, known_at=known_at)
    return json.dumps([repr(line) for line in lines])


async def test_corrections_of_history_leave_what_was_reported_and_are_told_as_the_causes_of_the_difference(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        rule = await facts.version(await facts.expectation("CSA"), [course], period_months=12)
        late = await facts.post("Late Upload")
        voided = await facts.post("Void Later")
        left = await facts.post("Left Before")
        away = await facts.post("Away Then")
        same = await facts.post("Same Always")
        for post in (voided, same):
            done = await facts.completed(post, course, date(2026, 2, 2))
        voided_completion = (await facts.completed(voided, course, date(2026, 2, 3))).id
        assert done.id
    clock.move_to(PUBLISHED)
    async with empty.reading() as session:
        as_published = await report(session, None)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.completed(late, course, date(2026, 3, 1))
        for completion in (voided_completion, voided_completion - 2):
            await void_completion(session, completion, reason="Another person's certificate", by=BY)
        await correct_post(session, left.id, BY, ended_on=date(2026, 3, 15))
        await facts.on_leave(away, date(2026, 3, 1), date(2026, 4, 30))
    clock.move_to(datetime(2026, 5, 4, 9, tzinfo=UTC))
    async with empty.reading() as session:
        assert await report(session, PUBLISHED) == as_published, "byte for byte"
        assert await report(session, None) != as_published
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
        assert await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=PUBLISHED) == []
        assert await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=CORRECTED) == differences
    assert {one.name: changes(one) for one in differences} == {
        "Late Upload": ("overdue", "compliant", "“About CSA-INTRO” of 1 March 2026 was recorded on 20 April 2026."),
        "Void Later": (
            "compliant",
            "overdue",
            "“About CSA-INTRO” of 2 February 2026 was voided on 20 April 2026: Another person's certificate.",
            "“About CSA-INTRO” of 3 February 2026 was voided on 20 April 2026: Another person's certificate.",
        ),
        "Left Before": ("overdue", None, "The post was corrected on 20 April 2026."),
        "Away Then": ("overdue", "on leave", "Leave from 1 March 2026 was recorded on 20 April 2026."),
    }
    assert rule.id


def changes(one: Difference) -> tuple[str | None, ...]:
    return (one.before and one.before.value, one.after and one.after.value, *one.causes)


async def test_a_changed_rule_is_the_cause_for_everybody_it_touches(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        expectation = await facts.expectation("CSA")
        version = await facts.version(expectation, [course], method=Method.COMPLETION, period_months=36)
        post = await facts.post("Ann Reed")
        await facts.completed(post, course, date(2024, 3, 1))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        rule = await rule_of(session, version)
        await publish(session, expectation.id, replace(rule, period_months=12), BY)
    async with empty.reading() as session:
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    assert changes(one) == (
        "compliant",
        "overdue",
        "The rule from 1 January 2020 was withdrawn on 20 April 2026.",
        "The rule from 1 January 2020 was published on 20 April 2026.",
    )


async def test_what_an_agency_sent_late_is_the_cause_where_it_could_not_be_told_before(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("CSA-INTRO"), await facts.item("OTHER")
        await facts.version(await facts.expectation("CSA"), [course])
        agency = await facts.agency()
        for item in (course, other):
            await facts.feed(agency, item)
        await facts.post("Ann Reed")
        elsewhere = await facts.team(agency=await facts.agency("Gullwing School"))
        await facts.post("Kim Ng", team=elsewhere)
    clock.move_to(PUBLISHED)
    async with empty.reading() as session:
        as_published = await report(session, None)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        for item in (course, other):
            await receive_feed(
                session, agency.id, item.id, as_at=date(2026, 4, 18), source="", by=BY, today=CORRECTED.date()
            )
    async with empty.reading() as session:
        assert await report(session, PUBLISHED) == as_published, "byte for byte"
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    assert (one.name, *changes(one)) == (
        "Ann Reed",
        "unknown",
        "overdue",
        "The receipt of records of “About CSA-INTRO” as at 18 April 2026 was recorded on 20 April 2026.",
    )
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        await withdraw_receipt(session, agency.id, course.id, as_at=date(2026, 4, 18))
    async with empty.reading() as session:
        assert await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED) == [], "it never came, as known now"
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
    assert (one.name, *changes(one)) == (
        "Ann Reed",
        "overdue",
        "unknown",
        "The receipt of records of “About CSA-INTRO” as at 18 April 2026 was withdrawn on 28 April 2026.",
    )


async def test_what_counts_as_what_is_a_cause_for_those_who_are_asked_for_it(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        level_1, level_2 = await facts.item("LEVEL-1"), await facts.item("LEVEL-2")
        everybodys = await facts.counts_as(level_2, level_1)
        await facts.version(await facts.expectation("CSA"), [level_1])
        here, there = await facts.agency("Harbour Council"), await facts.agency("Harbour Police")
        for name, agency in (("Ann Reed", here), ("Ben Cole", there)):
            post = await facts.post(name, team=await facts.team(agency=agency))
            await facts.completed(post, level_2, date(2026, 2, 1))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        await Facts(session).counts_as(level_2, level_1, agency=here, holds=False)
        touch(session, everything=True)
    async with empty.reading() as session:
        (one,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
        as_published = await report(session, PUBLISHED)
    assert (one.name, *changes(one)) == (
        *("Ann Reed", "compliant", "overdue"),
        "That “About LEVEL-2” does not count as “About LEVEL-1” with Harbour Council was recorded on 20 April 2026.",
    )
    clock.move_to(datetime(2026, 5, 1, 9, tzinfo=UTC))
    async with empty.writing() as session:
        (await session.get_one(Equivalence, everybodys.id)).withdrawn_at = now()
        (await session.get_one(Item, level_1.id)).title = "First level"
        session.add(AcceptanceWindow(item_id=level_2.id, accepted_from=None, accepted_until=LAST_MARCH, reason=""))
        touch(session, everything=True)
    async with empty.reading() as session:
        two = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
        assert await report(session, PUBLISHED) == as_published, "byte for byte"
    assert [(one.name, *changes(one)) for one in two] == [
        (
            *("Ben Cole", "compliant", "overdue"),
            "That “About LEVEL-2” counts as “First level” was withdrawn on 1 May 2026.",
            "That “About LEVEL-2” is accepted until 31 March 2026 was recorded on 1 May 2026.",
        )
    ]


CONFIGURATION = """
[partnership]
code = "harbour"
name = "Harbour Safeguarding Partnership"

[[role_groups]]
code = "practice"
name = "In practice"

[[role_groups]]
code = "targeted"
name = "Targeted"

[[sectors]]
code = "council"
name = "Council"

[[sectors]]
code = "charity"
name = "Charity"

[[roles]]
code = "officer"
name = "Officer"
sector = "council"
group = "practice"

[[items]]
code = "DAY"
title = "A day together"
kind = "course"
hours = 6
participatory = true
mark = "illustrative"
source = "Our own"
"""


async def test_where_things_stood_stays_in_what_was_reported(
    empty: Database, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    """A role joined a group, an agency changed its sector and left a partnership, a team moved, a course is no longer
    participatory.
    """
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "all.toml").write_text(CONFIGURATION)
    async with empty.writing() as session:
        await load_configuration(session, folder, BY)
        facts = Facts(session)
        officer = (await session.scalars(select(Role))).one()
        sectors = {sector.code: sector.id for sector in await session.scalars(select(Sector))}
        groups = {group.code: group.id for group in await session.scalars(select(RoleGroup))}
        day, intro = (await session.scalars(select(Item))).one(), await facts.item("INTRO")
        trust = await facts.agency("St Brannock's", sector="Council")
        here = await facts.agency("Harbour Council", sector="Council")
        services, housing = await facts.team("Services", agency=here), await facts.team("Housing", agency=here)
        hub = await facts.team("Hub", agency=here, below=services)
        ann = await facts.post("Ann Reed", team=await facts.team("Desk", agency=here, below=hub), role=officer)
        await facts.post("Eve Gale", team=await facts.team(agency=trust), role=officer)
        scopes = {
            "GROUP": Scope(role_group_id=groups["targeted"], agency_id=here.id),
            "PRACTICE": Scope(role_group_id=groups["practice"], agency_id=here.id),
            "SECTOR": Scope(sector_id=sectors["council"], agency_id=trust.id),
            "TEAM": Scope(team_id=services.id),
            "OTHER": Scope(team_id=housing.id),
            "ALL": Scope(),
        }
        for code, scope in scopes.items():
            await facts.version(await facts.expectation(code), [intro], scopes=[scope])
        hours = await facts.expectation("HOURS", owner=here)
        await facts.version(hours, [day], measure=Measure.HOURS, amount=6, participatory_percent=50, period_months=36)
        setting = await facts.expectation("SETTING", owner=here)
        in_setting = [Scope(team_id=here_team.id) for here_team in (services, housing)]
        await facts.version(setting, [day], people_in_setting=1, setting=Setting.TEAM, scopes=in_setting)
        await facts.post("Cat Dunn", team=services, role=officer)
        await facts.completed(ann, day, date(2026, 2, 2), 6)
    clock.move_to(PUBLISHED)
    async with empty.reading() as session:
        as_published = await everything_reported(session, None)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        text = CONFIGURATION.replace('group = "practice"', 'group = "targeted"')
        (folder / "all.toml").write_text(text.replace("participatory = true", "participatory = false"))
        loaded = await load_configuration(session, folder, BY)
        assert loaded.changed == ["role officer: role_group_id", "item DAY: participatory"]
        await change_sector(session, trust.id, sectors["charity"])
        await move_team(session, hub.id, housing.id)
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        elsewhere = await Facts(session).partnership("Moorland Safeguarding Partnership")
        await set_partnerships(session, trust.id, {elsewhere.id})
    async with empty.reading() as session:
        assert await everything_reported(session, PUBLISHED) == as_published, "byte for byte"
        assert await everything_reported(session, None) != as_published
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    role = "The role “Officer” was moved from “In practice” to “Targeted” on 20 April 2026."
    team = "“Hub” was moved from “Services” to “Housing” on 20 April 2026."
    assert {(one.name, one.expectation): changes(one) for one in differences} == {
        ("Ann Reed", "GROUP"): (None, "overdue", role),
        ("Cat Dunn", "GROUP"): (None, "overdue", role),
        ("Ann Reed", "PRACTICE"): ("overdue", None, role),
        ("Cat Dunn", "PRACTICE"): ("overdue", None, role),
        ("Ann Reed", "TEAM"): ("overdue", None, team),
        ("Ann Reed", "OTHER"): (None, "overdue", team),
        ("Ann Reed", "HOURS"): (
            *("compliant", "overdue"),
            "That “A day together” is not participatory was recorded on 20 April 2026.",
        ),
        ("Eve Gale", "SECTOR"): (
            *("overdue", None),
            "St Brannock's was moved from the sector “Council” to “Charity” on 20 April 2026.",
            "St Brannock's left Harbour Safeguarding Partnership on 28 April 2026.",
        ),
        ("Eve Gale", "ALL"): (
            *("overdue", None),
            "St Brannock's left Harbour Safeguarding Partnership on 28 April 2026.",
        ),
    }


async def everything_reported(session: AsyncSession, known_at: datetime | None) -> str:
    """Figures, settings, and each person's explanation."""
    said = [await report(session, known_at)]
    said += [repr(line) for line in await coverage(session, LAST_MARCH, today=TODAY, known_at=known_at)]
    for person in await session.scalars(select(Practitioner.id).order_by(Practitioner.id)):
        told = await explain(session, person, LAST_MARCH, today=TODAY, known_at=known_at)
        said += [repr(one) for one in told]
    return json.dumps(said)


async def test_a_due_day_that_moved_is_a_difference_and_only_what_concerns_it_is_its_cause(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other, old = [await facts.item(code) for code in ("CSA-INTRO", "OTHER", "OLD")]
        rule, aside = await facts.expectation("CSA"), await facts.expectation("ASIDE")
        await facts.version(rule, [course], period_months=12)
        await facts.version(aside, [other], period_months=12)
        ann, ben = [await facts.post(name) for name in ("Ann Reed", "Ben Cole")]
        for post in (ann, ben):
            await facts.completed(post, course, date(2025, 5, 2))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.completed(ann, course, date(2026, 3, 1))
        await facts.extended(ben, rule, date(2026, 5, 2), date(2026, 8, 1))
        # What has nothing to do with any of the lines.
        await facts.counts_as(old, course)
        session.add(AcceptanceWindow(item_id=old.id, accepted_from=None, accepted_until=LAST_MARCH, reason=""))
        await facts.exempt(ann, aside, date(2026, 4, 1), date(2026, 5, 1))
        await facts.completed(ann, other, date(2026, 4, 10))
        await facts.completed(ben, old, date(2026, 4, 11))
        await facts.version(rule, [course], effective_from=date(2026, 6, 1), period_months=24)
        touch(session, everything=True)
    async with empty.reading() as session:
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    assert [(one.name, one.expectation, one.due_before, one.due_after, *changes(one)) for one in differences] == [
        (
            *("Ann Reed", "CSA", date(2026, 5, 2), date(2027, 3, 1), "due soon", "compliant"),
            "“About CSA-INTRO” of 1 March 2026 was recorded on 20 April 2026.",
        ),
        (
            *("Ben Cole", "CSA", date(2026, 5, 2), date(2026, 8, 1), "due soon", "due soon"),
            "More time until 1 August 2026 was granted on 20 April 2026.",
        ),
    ]


async def test_a_rule_is_a_cause_only_for_whom_it_asks_something_else_or_from_other_dates_on(
    empty: Database, clock: time_machine.Traveller
) -> None:
    """What Ann did came late, and rules were changed: one in its words alone, one is for more roles, one asks for it
    more often, and still more from a later day; one offers another course too, and one asks for it more often from the
    very day; one goes on from another rule before it, and one from none any more.
    """
    named = ("WORDS", "ROLES", "OFTEN", "OTHER", "BEFORE", "LATELY", "FIRST")
    async with empty.writing() as session:
        facts = Facts(session)
        nurse, clerk = await facts.role("Nurse"), await facts.role("Clerk")
        ann, ben = await facts.post("Ann Reed", role=nurse), await facts.post("Ben Cole", role=clerk)
        courses = {code: await facts.item(code) for code in named}
        rules = {code: await facts.expectation(code) for code in named}
        for code in named:
            scope = Scope(role_id=nurse.id) if code == "ROLES" else Scope()
            first = await facts.version(rules[code], [courses[code]], period_months=36, scopes=[scope])
        following: dict[str, Any] = {"effective_from": date(2026, 1, 1), "period_months": 6, "on_change": OnChange.PIN}
        await facts.version(rules["BEFORE"], [courses["BEFORE"]], **following)
        await facts.version(rules["FIRST"], [courses["FIRST"]], **following)
        await facts.completed(ben, courses["BEFORE"], date(2023, 6, 1))
        for code in ("WORDS", "OFTEN", "OTHER", "LATELY"):
            await facts.completed(ben, courses[code], date(2026, 1, 1))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        for code in named[:5]:
            await facts.completed(ann, courses[code], date(2025, 2, 1))
        await facts.version(rules["WORDS"], [courses["WORDS"]], period_months=36, source="As it is said now")
        await facts.version(rules["ROLES"], [courses["ROLES"]], period_months=36)
        await facts.version(rules["OFTEN"], [courses["OFTEN"]], period_months=24)
        await facts.version(rules["OFTEN"], [courses["OFTEN"]], effective_from=date(2026, 6, 1), period_months=12)
        await facts.version(rules["OTHER"], [courses["OTHER"], courses["WORDS"]], period_months=36)
        await facts.version(rules["BEFORE"], [courses["BEFORE"]], period_months=30)
        await facts.version(rules["LATELY"], [courses["LATELY"]], effective_from=LAST_MARCH, period_months=24)
        (await session.get_one(ExpectationVersion, first.id)).withdrawn_at = now()
        touch(session, everything=True)
    async with empty.reading() as session:
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    rule = (
        "The rule from 1 January 2020 was withdrawn on 20 April 2026.",
        "The rule from 1 January 2020 was published on 20 April 2026.",
    )
    late = {code: f"“About {code}” of 1 February 2025 was recorded on 20 April 2026." for code in named}
    assert {(one.name, one.expectation): changes(one) for one in differences} == {
        ("Ann Reed", "WORDS"): ("overdue", "compliant", late["WORDS"]),
        ("Ann Reed", "ROLES"): ("overdue", "compliant", late["ROLES"]),
        ("Ben Cole", "ROLES"): (None, "overdue", *rule),
        ("Ann Reed", "OFTEN"): ("overdue", "compliant", late["OFTEN"], *rule),
        ("Ben Cole", "OFTEN"): ("compliant", "compliant", *rule),
        ("Ann Reed", "OTHER"): ("overdue", "compliant", late["WORDS"], late["OTHER"], *rule),
        ("Ann Reed", "BEFORE"): ("overdue", "compliant", late["BEFORE"], *rule),
        ("Ben Cole", "BEFORE"): ("due soon", "overdue", *rule),
        ("Ben Cole", "LATELY"): (
            *("compliant", "compliant"),
            "The rule from 31 March 2026 was published on 20 April 2026.",
        ),
        ("Ann Reed", "FIRST"): ("overdue", "overdue", rule[0]),
        ("Ben Cole", "FIRST"): ("overdue", "overdue", rule[0]),
    }


async def test_what_counts_as_what_is_a_cause_of_what_nobody_can_tell_any_more(
    empty: Database, clock: time_machine.Traveller
) -> None:
    """The agency owes the records of B. Elsewhere Ben and May did what counts as B, on the day itself; Kim nothing."""
    async with empty.writing() as session:
        facts = Facts(session)
        a, b, c, other = [await facts.item(code) for code in ("A", "B", "C", "OTHER")]
        await facts.version(await facts.expectation("CSA"), [a])
        await facts.version(await facts.expectation("ASIDE"), [other])
        for counted in (b, other):
            await facts.counts_as(c, counted)
        here, there = await facts.agency("Harbour Council"), await facts.agency("Harbour Police")
        await facts.feed(here, b)
        await facts.post("Ann Reed", team=await facts.team(agency=here))
        team = await facts.team(agency=there)
        ben, kim, may = [await facts.post(name, team=team) for name in ("Ben Cole", "Kim Ng", "May Orr")]
        await facts.completed(ben, c, LAST_MARCH)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.counts_as(b, a, date(2026, 1, 1), date(2026, 12, 31))
        await facts.on_leave(kim, date(2026, 3, 1))
        await facts.completed(may, c, LAST_MARCH)
        touch(session, everything=True)
    async with empty.reading() as session:
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    link = (
        "That “About B” counts as “About A” from 1 January 2026 until 31 December 2026 was recorded on 20 April 2026."
    )
    away = "Leave from 1 March 2026 was recorded on 20 April 2026."
    late = "“About C” of 31 March 2026 was recorded on 20 April 2026."
    assert [(one.name, one.expectation, *changes(one)) for one in differences] == [
        ("Ann Reed", "CSA", "overdue", "unknown", link),
        ("Ben Cole", "CSA", "overdue", "compliant", link),
        ("Kim Ng", "ASIDE", "overdue", "on leave", away),
        ("Kim Ng", "CSA", "overdue", "on leave", away),
        ("May Orr", "ASIDE", "overdue", "compliant", late),
        ("May Orr", "CSA", "overdue", "compliant", late, link),
    ]


async def test_an_edition_is_a_cause_for_everybody_who_is_asked_for_the_newest(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        toolkit, other = [await facts.item(code, editions=[date(2020, 1, 1)]) for code in ("TOOLKIT", "OTHER")]
        for item in (toolkit, other):
            await facts.version(await facts.expectation(item.code), [item], current_version_only=True)
        ann, ben = await facts.post("Ann Reed"), await facts.post("Ben Cole")
        for item in (toolkit, other):
            await facts.completed(ann, item, date(2026, 2, 1))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        await Facts(session).completed(ben, other, date(2026, 3, 1))
        edition = ItemVersion(item_id=toolkit.id, label="2", current_from=date(2026, 3, 20))
        session.add(edition)
        touch(session, everything=True)
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        (await session.get_one(ItemVersion, edition.id)).withdrawn_at = now()
        touch(session, everything=True)
    async with empty.reading() as session:
        came = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=CORRECTED)
        went = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
    what = "The version of “About TOOLKIT” from 20 March 2026 was"
    assert [(one.name, one.expectation, *changes(one)) for one in came] == [
        ("Ann Reed", "TOOLKIT", "compliant", "not yet due", f"{what} recorded on 20 April 2026."),
        ("Ben Cole", "OTHER", "overdue", "compliant", "“About OTHER” of 1 March 2026 was recorded on 20 April 2026."),
        ("Ben Cole", "TOOLKIT", "overdue", "not yet due", f"{what} recorded on 20 April 2026."),
    ]
    assert [(one.name, one.expectation, *changes(one)) for one in went] == [
        ("Ann Reed", "TOOLKIT", "not yet due", "compliant", f"{what} withdrawn on 28 April 2026."),
        ("Ben Cole", "TOOLKIT", "not yet due", "overdue", f"{what} withdrawn on 28 April 2026."),
    ]


async def test_every_fact_that_came_or_went_between_the_two_moments_is_told_and_no_other(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        rule = await facts.expectation("CSA")
        await facts.version(rule, [course], period_months=12)
        ann, ben, dan, eve = [await facts.post(name) for name in ("Ann Reed", "Ben Cole", "Dan Hill", "Eve Gale")]
        await facts.completed(eve, course, date(2025, 3, 5))
    clock.move_to(PUBLISHED)
    async with empty.writing() as session:
        facts = Facts(session)
        await correct_post(session, ann.id, BY, started_on=date(2019, 12, 1))
        await facts.on_leave(ann, date(2026, 1, 1), date(2026, 1, 9))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        facts = Facts(session)
        cat = await facts.post("Cat Dunn")
        away = [
            await facts.on_leave(ben, date(2026, 2, 1), date(2026, 2, 9)),
            await facts.on_leave(ben, date(2026, 3, 20)),
        ]
        exempt = [
            await facts.exempt(dan, rule, date(2026, 1, 1), date(2026, 1, 31)),
            await facts.exempt(dan, rule, date(2026, 3, 1), date(2026, 5, 31)),
        ]
        extended = [await facts.extended(eve, rule, date(2026, 3, 5), until) for until in (FIRST_OF_APRIL, TODAY)]
        refused = await facts.extended(eve, rule, date(2026, 3, 5), date(2026, 12, 31))
        refused.decision = Decision.REFUSED
        again = await facts.completed(ann, course, date(2026, 2, 20))
        done = await facts.completed(ann, course, date(2026, 1, 1), by=date(2026, 1, 31))
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        rows: list[Any] = [*away, *exempt, *extended, refused]
        for row in rows:
            (await session.get_one(type(row), row.id)).withdrawn_at = now()
        for completion in (again, done):
            await void_completion(session, completion.id, reason="Not hers, see list X.", by=BY)
        for post in (cat, ben):
            await correct_post(session, post.id, BY, started_on=date(2020, 2, 1))
        touch(session, everything=True)
    async with empty.reading() as session:
        came = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=CORRECTED)
        went = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
        cats = [one for one in await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED) if not one.before]
    late = ("“About CSA-INTRO” of January 2026 (approximate)", "“About CSA-INTRO” of 20 February 2026")
    reason = "Not hers, see list X"
    assert [(one.name, *changes(one)) for one in came] == [
        ("Ann Reed", "overdue", "compliant", *(f"{one} was recorded on 20 April 2026." for one in late)),
        (
            *("Ben Cole", "overdue", "on leave"),
            "Leave from 1 February 2026 was recorded on 20 April 2026.",
            "Leave from 20 March 2026 was recorded on 20 April 2026.",
        ),
        ("Cat Dunn", None, "overdue", "The post was recorded on 20 April 2026."),
        (
            *("Dan Hill", "overdue", "exempt"),
            "An exemption until 31 January 2026 was recorded on 20 April 2026.",
            "An exemption until 31 May 2026 was recorded on 20 April 2026.",
        ),
        (
            *("Eve Gale", "overdue", "not yet due"),
            "More time until 1 April 2026 was granted on 20 April 2026.",
            "More time until 4 May 2026 was granted on 20 April 2026.",
        ),
    ]
    assert [(one.name, *changes(one)) for one in went] == [
        ("Ann Reed", "compliant", "overdue", *(f"{one} was voided on 28 April 2026: {reason}." for one in late)),
        (
            *("Ben Cole", "on leave", "overdue"),
            "The post was corrected on 28 April 2026.",
            "Leave from 1 February 2026 was withdrawn on 28 April 2026.",
            "Leave from 20 March 2026 was withdrawn on 28 April 2026.",
        ),
        ("Cat Dunn", "overdue", "overdue", "The post was corrected on 28 April 2026."),
        (
            *("Dan Hill", "exempt", "overdue"),
            "An exemption until 31 January 2026 was withdrawn on 28 April 2026.",
            "An exemption until 31 May 2026 was withdrawn on 28 April 2026.",
        ),
        (
            *("Eve Gale", "not yet due", "overdue"),
            "More time until 1 April 2026 was withdrawn on 28 April 2026.",
            "More time until 4 May 2026 was withdrawn on 28 April 2026.",
        ),
    ]
    assert [(one.name, *one.causes) for one in cats] == [
        ("Cat Dunn", "The post was recorded on 20 April 2026.", "The post was corrected on 28 April 2026.")
    ]


async def test_a_feed_that_is_declared_is_a_cause_beside_what_came_of_it_until_it_is_taken_back(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        await facts.version(await facts.expectation("CSA"), [course])
        agency = await facts.agency()
        await facts.post("Ann Reed")
        await facts.post("Kim Ng", team=await facts.team(agency=await facts.agency("Gullwing School")))
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        await Facts(session).feed(agency, course, received=[date(2026, 2, 1)])
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        await stop_feed(session, agency.id, course.id)
    async with empty.reading() as session:
        (came,) = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED, after=CORRECTED)
        (went,) = await compare(session, LAST_MARCH, today=TODAY, before=CORRECTED)
    feed = "The feed of “About CSA-INTRO”, at most 30 days old, was"
    assert (came.name, *changes(came)) == (
        *("Ann Reed", "overdue", "unknown"),
        f"{feed} declared on 20 April 2026.",
        "The receipt of records of “About CSA-INTRO” as at 1 February 2026 was recorded on 20 April 2026.",
    )
    assert (went.name, *changes(went)) == ("Ann Reed", "unknown", "overdue", f"{feed} withdrawn on 28 April 2026.")


async def test_each_move_is_told_from_where_to_where_and_each_partnership_that_was_joined_or_left(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        council, school = await facts.agency("Harbour Council"), await facts.agency("Gullwing School")
        moorland = await facts.partnership("Moorland Safeguarding Partnership")
        course = await facts.item()
        one, two, three = [await facts.team(name, agency=council) for name in ("One", "Two", "Three")]
        hub, desk = [await facts.team(n, agency=council, below=above) for n, above in (("Hub", one), ("Desk", three))]
        for code, teams in {"ONE": [one], "TWO OR THREE": [two, three]}.items():
            scopes = [Scope(team_id=team.id) for team in teams]
            await facts.version(await facts.expectation(code), [course], scopes=scopes)
        of_school = [Scope(agency_id=school.id)]
        await facts.version(await facts.expectation("HARBOUR"), [course], scopes=of_school)
        await facts.version(await facts.expectation("MOORLAND", owner=moorland), [course], scopes=of_school)
        for name, team in {"Ann Reed": hub, "Ben Cole": desk}.items():
            await facts.post(name, team=team)
        await facts.post("Kim Ng", team=await facts.team(agency=school))
        charity = await facts.sector("Charity")
        own = await facts.expectation("OWN", owner=school)
        await facts.version(own, [await facts.item("OWN")], scopes=[Scope(sector_id=charity.id)])
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        await move_team(session, hub.id, two.id)
        await move_team(session, desk.id, one.id)
        await change_sector(session, school.id, charity.id)
    clock.move_to(WITHDRAWN)
    async with empty.writing() as session:
        await move_team(session, hub.id, three.id)
        await set_partnerships(session, school.id, {moorland.id})
    async with empty.reading() as session:
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    to_two = "“Hub” was moved from “One” to “Two” on 20 April 2026."
    to_three = "“Hub” was moved from “Two” to “Three” on 28 April 2026."
    of_desk = "“Desk” was moved from “Three” to “One” on 20 April 2026."
    sector = "Gullwing School was moved from the sector “Local authority” to “Charity” on 20 April 2026."
    left = "Gullwing School left Harbour Safeguarding Partnership on 28 April 2026."
    joined = "Gullwing School joined Moorland Safeguarding Partnership on 28 April 2026."
    assert {(one.name, one.expectation): changes(one) for one in differences} == {
        ("Ann Reed", "ONE"): ("overdue", None, to_two),
        ("Ann Reed", "TWO OR THREE"): (None, "overdue", to_two, to_three),
        ("Ben Cole", "ONE"): (None, "overdue", of_desk),
        ("Ben Cole", "TWO OR THREE"): ("overdue", None, of_desk),
        ("Kim Ng", "HARBOUR"): ("overdue", None, left),
        ("Kim Ng", "MOORLAND"): (None, "overdue", joined),
        ("Kim Ng", "OWN"): (None, "overdue", sector),
    }


async def test_what_became_participatory_is_a_cause_for_whoever_did_it(
    empty: Database, clock: time_machine.Traveller
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        day, other = await facts.item("DAY"), await facts.item("OTHER", participatory=True)
        hours: dict[str, Any] = {"measure": Measure.HOURS, "amount": 6, "participatory_percent": 50}
        await facts.version(await facts.expectation("HOURS"), [day, other], **hours)
        ann, ben = await facts.post("Ann Reed"), await facts.post("Ben Cole")
        await facts.completed(ann, day, date(2026, 2, 2), 6)
    clock.move_to(CORRECTED)
    async with empty.writing() as session:
        (await session.get_one(Item, day.id)).participatory = True
        session.add(ItemHistory(item_id=day.id, participatory=False, superseded_at=now()))
        await Facts(session).completed(ben, other, date(2026, 2, 2), 6)
        touch(session, everything=True)
    async with empty.reading() as session:
        differences = await compare(session, LAST_MARCH, today=TODAY, before=PUBLISHED)
    mark = "That “About DAY” is participatory was recorded on 20 April 2026."
    assert [(one.name, *changes(one)) for one in differences] == [
        ("Ann Reed", "overdue", "compliant", mark),
        ("Ben Cole", "overdue", "compliant", "“About OTHER” of 2 February 2026 was recorded on 20 April 2026."),
    ]
