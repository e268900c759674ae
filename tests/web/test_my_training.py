"""What a practitioner sees and records."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Measure
from training_tracker.people.models import Post
from training_tracker.records.models import Completion

FORM = "/me/completions/new"
TODAY_SENT = {"completed-on-day": "4", "completed-on-month": "5", "completed-on-year": "2026"}


async def completions_of(database: Database, person_id: int) -> list[Completion]:
    async with database.reading() as session:
        return list(
            await session.scalars(
                select(Completion).where(Completion.practitioner_id == person_id).order_by(Completion.id)
            )
        )


async def test_my_training_says_what_to_do_by_when_and_why(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert "overdue 1 due soon 0" in text
    assert "Expected: CSA Overdue Was due by 4 February 2026 Most children do not tell." in text
    assert "about 2 hours" in text
    assert "Source: The audit of 2024 (illustrative)" in text


@pytest.mark.parametrize(("days", "said"), [(0, "Due today , 4 May 2026"), (1, "Due in 1 day , by 5 May 2026")])
async def test_what_is_first_due_soon_comes_before_a_later_renewal_and_says_how_soon(
    visitor: Visitor, world: World, empty: Database, days: int, said: str
) -> None:
    await visitor.becomes(world.ann)
    async with empty.writing() as session:
        facts = Facts(session)
        rule = await facts.expectation("SOON")
        quick = await facts.item("QUICK")
        await facts.version(rule, [quick], effective_from=date(2026, 4, 14), first_due_days=20 + days)
    text = await visitor.reads("/me")
    assert f"Not yet due {said}" in text
    assert text.index(said) < text.index("Renew by 1 June 2026")


async def test_what_is_renewed_in_time_is_due_soon_and_then_up_to_date(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.ann)
    assert "Renew by 1 June 2026" in await visitor.reads("/me")
    response = await visitor.sends("/me/completions", {"item": "CSA-INTRO", **TODAY_SENT}, form=FORM)
    assert (response.status_code, response.headers["location"]) == (303, "/me")
    text = await visitor.reads("/me")
    assert "Recorded: “About CSA-INTRO”, completed on 4 May 2026." in text
    assert "overdue 0 due soon 0 not yet due 0 up to date 1" in text
    assert "valid through 4 May 2027" in text
    assert "Recorded:" not in await visitor.reads("/me"), "said once"


async def test_what_one_records_oneself_is_marked_as_that(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    fields = {"item": "CSA-INTRO", **TODAY_SENT, "hours": "1,5", "evidence": "  certificate   12 "}
    await visitor.sends("/me/completions", fields, form=FORM)
    (completion,) = await completions_of(empty, world.bob.id)
    assert completion.strength is Strength.SELF_DECLARED
    assert (completion.hours, completion.evidence) == (1.5, "certificate 12")
    assert completion.recorded_by == world.bob.email


async def test_a_day_that_is_not_known_is_left_out_and_shown_as_approximate(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    march = {"item": "CSA-INTRO", "completed-on-month": "3", "completed-on-year": "2026"}
    await visitor.sends("/me/completions", march, form=FORM)
    text = await visitor.reads("/me")
    assert "Recorded: “About CSA-INTRO”, completed March 2026 (approximate)." in text
    assert "judged from 1 March 2026, the earliest it can have been" in text
    await visitor.sends("/me/completions", {"item": "CSA-INTRO", "completed-on-year": "2026"}, form=FORM)
    first, second = sorted(await completions_of(empty, world.bob.id), key=lambda done: done.completed_on)
    assert (first.completed_on, first.completed_by) == (date(2026, 1, 1), date(2026, 5, 4))
    assert (second.completed_on, second.completed_by) == (date(2026, 3, 1), date(2026, 3, 31))
    assert "between 1 January 2026 and 4 May 2026 (approximate)" in await visitor.reads("/me/record")


async def test_a_form_that_cannot_be_taken_keeps_what_was_typed(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    cases = {
        "There is a problem": {"item": "", **TODAY_SENT},
        "Choose one from the list": {"item": "NO-SUCH", **TODAY_SENT},
        "5 May 2026 is in the future": {"item": "CSA-INTRO", **TODAY_SENT, "completed-on-day": "5"},
        "The date is not a real day": {"item": "CSA-INTRO", **TODAY_SENT, "completed-on-day": "31", "hours": "x"}
        | {"completed-on-month": "4"},
        "The date has no month and no year": {"item": "CSA-INTRO", "completed-on-day": "7"},
        "The date is missing": {"item": "CSA-INTRO"},
        "The hours must be a number": {"item": "CSA-INTRO", **TODAY_SENT, "hours": "two"},
        "-1 is not a number of hours": {"item": "CSA-INTRO", **TODAY_SENT, "hours": "-1"},
        "nan is not a number of hours": {"item": "CSA-INTRO", **TODAY_SENT, "hours": "nan"},
    }
    for problem, fields in cases.items():
        fields |= {"evidence": "“drawer 7” <b>"}
        response = await visitor.sends("/me/completions", fields, form=FORM)
        assert response.status_code == 422, problem
        assert problem in seen(response.text)
        assert "“drawer 7” &lt;b&gt;" in response.text, "typed text comes back, and never as markup"
        assert "<title>Error: " in response.text
    assert await completions_of(empty, world.bob.id) == []


async def test_the_same_completion_twice_is_one(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    for _ in range(2):
        await visitor.sends("/me/completions", {"item": "CSA-INTRO", **TODAY_SENT}, form=FORM)
    assert "is in your record already" in await visitor.reads("/me")
    assert len(await completions_of(empty, world.bob.id)) == 1


async def test_a_form_without_its_token_changes_nothing(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.bob)
    response = await visitor.client.post("/me/completions", data={"item": "CSA-INTRO", **TODAY_SENT})
    assert response.status_code == 403
    assert "This form has been open for too long" in seen(response.text)
    assert await completions_of(empty, world.bob.id) == []


async def test_a_slip_can_be_taken_back_and_stays_in_the_record(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.bob)
    await visitor.sends("/me/completions", {"item": "CSA-INTRO", **TODAY_SENT}, form=FORM)
    record = await visitor.opens("/me/record")
    address = record.text.split('href="/me/completions/')[1].split('"')[0]
    withdrawal = f"/me/completions/{address}"
    assert "Take back “About CSA-INTRO”?" in await visitor.reads(withdrawal)
    response = await visitor.sends(withdrawal, {}, form=withdrawal)
    assert response.headers["location"] == "/me/record"
    assert "Does not count: Taken back by the person" in await visitor.reads("/me/record")
    assert "overdue 1 " in await visitor.reads("/me")
    assert (await visitor.opens(withdrawal)).status_code == 404, "once is enough"


async def test_nobody_takes_back_what_others_recorded(visitor: Visitor, world: World, empty: Database) -> None:
    (of_ann,) = await completions_of(empty, world.ann.id)
    for person in (world.ann, world.bob):
        await visitor.becomes(person)
        assert (await visitor.opens(f"/me/completions/{of_ann.id}/withdrawal")).status_code == 404


async def test_two_posts_that_are_expected_the_same_show_it_once(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.dot)
    page = (await visitor.opens("/me")).text
    assert page.count('id="expectation-CSA"') == 1
    assert 'id="expectation-DESK"' in page


async def test_two_rules_that_ask_the_same_show_it_once(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await session.scalar(select(Item).where(Item.code == "CSA-INTRO"))
        assert course is not None
        stricter = await facts.expectation("STRICTER", owner=await facts.agency())
        await facts.version(stricter, [course], period_months=6)
    await visitor.becomes(world.ann)
    text = await visitor.reads("/me")
    assert "overdue 1 due soon 0" in text, "of the two the more urgent"
    assert "Expected: STRICTER Overdue Was due by 1 December 2025" in text
    assert "Expected: CSA Due soon" not in text
    assert "2 rules ask for it. What you see is the strictest of each:" in text
    assert "Expected: CSA , expected by Harbour Safeguarding Partnership since 1 January 2020: due soon" in text


async def test_what_is_recommended_stands_apart_and_counts_for_nothing(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation("EXTRA"), [await facts.item("EXTRA")], required=False)
    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert "overdue 1 " in text
    assert "Recommended Worth your time, and never counted against you. Expected: EXTRA" in text


async def test_nothing_expected_is_said_in_words(visitor: Visitor, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Eve Lane")
        eve = await facts.practitioner("Eve Lane")
    await visitor.becomes(eve)
    text = await visitor.reads("/me")
    assert "Nothing is expected of you yet." in text
    assert "Nothing is recorded yet." in text


async def test_a_long_record_is_paged(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await facts.post("Ann Reed", started_on=date(2019, 1, 1))
        for year in range(1990, 2020):
            await facts.completed(post, await facts.item(f"COURSE-{year}"), date(year, 6, 1))
    await visitor.becomes(world.ann)
    assert "1 to 25 of 31" in await visitor.reads("/me/record")
    second = await visitor.reads("/me/record?number=2")
    assert "26 to 31 of 31" in second
    assert "About COURSE-1990" in second
    assert "Nothing is recorded on this page" in await visitor.reads("/me/record?number=900")


async def test_a_rule_about_hours_says_how_many_there_are_and_folds_what_counts(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        courses = [await facts.item(f"LEVEL-{number}", hours=0.75) for number in range(7)]
        hours = await facts.expectation("HOURS")
        await facts.version(hours, courses, measure=Measure.HOURS, amount=8, period_months=36)
        bob = (await session.scalars(select(Post).where(Post.practitioner_id == world.bob.id))).one()
        for course in courses[:3]:
            await facts.completed(bob, course, date(2026, 3, 2), hours=0.75)
    await visitor.becomes(world.bob)
    text = await visitor.reads("/me")
    assert "2.25 of 8 hours so far" in text
    assert "The 7 courses and resources that count for Expected: HOURS" in text
    assert "about 45 minutes" in text
