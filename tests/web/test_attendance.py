"""A manager records a briefing or attendance for many people in one go, sees it before, and takes it back after."""

import re
from datetime import date, timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.models import Confirmation
from training_tracker.standing.attending import ATTENDED, MOST, TAKEN_BACK

FORM = "/team/attendance"
PEOPLE = "/team/attendance/people/BRIEFING/2026-05-01"
DAY = date(2026, 5, 1)


@pytest.fixture
async def briefing(empty: Database, world: World) -> None:
    async with empty.writing() as session:
        await Facts(session).item("BRIEFING", hours=1)


async def id_of(session: AsyncSession, code: str) -> int:
    return (await session.scalars(select(Item.id).where(Item.code == code))).one()


async def press(visitor: Visitor, button: str, *people: Practitioner, at: str = PEOPLE, **more: str) -> httpx.Response:
    fields = {f"person-{person.id}": "yes" for person in people} | {"do": button} | more
    answer = await visitor.sends(at, fields, form=at)
    recorded = answer.status_code != 303 or "/people/" not in answer.headers["location"]
    return answer if recorded else await visitor.opens(answer.headers["location"])


async def standing(database: Database) -> dict[str, tuple[float | None, Strength, str, str]]:
    """What stands of the briefing, by whose it is."""
    async with database.reading() as session:
        rows = await session.execute(
            select(Practitioner.name, Completion)
            .join(Completion, Completion.practitioner_id == Practitioner.id)
            .where(Completion.completed_on == DAY, Completion.voided_at.is_(None))
        )
        return {name: (one.hours, one.strength, one.source, one.recorded_by) for name, one in rows}


async def test_what_and_when_is_asked_first_and_a_slip_keeps_what_was_typed(
    visitor: Visitor, world: World, briefing: None
) -> None:
    await visitor.becomes(world.mia)
    assert "counts for what is expected only where an expectation names it" in await visitor.reads(FORM)
    typed = {"item": "BRIEFING", "on-day": "1", "on-month": "5", "on-year": "2026", "hours": "1.5"}
    for wrong, said in (
        ({"item": ""}, "Nothing is chosen"),
        ({"item": "NONE"}, "There is no such course or resource"),
        ({"on-day": "31", "on-month": "2"}, "The day is not a real day"),
        ({"on-day": ""}, "The day has no day"),
        ({"on-year": "2027"}, "1 May 2027 is in the future"),
        ({"hours": "900"}, "900 is not a number of hours"),
        ({"hours": "long"}, "The hours must be a number"),
    ):
        answer = await visitor.sends(FORM, typed | wrong, form=FORM)
        assert answer.status_code == 422, wrong
        assert said in seen(answer.text)
        assert f'value="{(typed | wrong)["on-year"]}"' in answer.text
        assert re.search(r'class="govuk-error-message"', answer.text), "beside its field too"
    answer = await visitor.sends(FORM, typed, form=FORM)
    assert answer.headers["location"] == "/team/attendance/people/BRIEFING/2026-05-01?hours=1.5"


@pytest.mark.parametrize(
    "address", ["NONE/2026-05-01", "BRIEFING/2026-05-05", "BRIEFING/2026-05-01?hours=0", "BRIEFING/today"]
)
async def test_an_address_that_the_form_would_not_have_led_to_is_not_there(
    visitor: Visitor, world: World, briefing: None, address: str
) -> None:
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"/team/attendance/people/{address}")).status_code == 404


async def test_many_are_looked_at_recorded_and_told_in_one_line(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    async with empty.writing() as session:
        done = NewCompletion(world.dot.id, await id_of(session, "BRIEFING"), DAY)
        await record_completion(session, done, by="lee-shaw@agency.example", today=TODAY)
    await visitor.becomes(world.mia)
    page = await visitor.opens(PEOPLE)
    text = seen(page.text)
    assert "Ann Reed Social worker, Assessment Bob Hall" in text
    assert "Dot Vale Social worker, Assessment. Has it already" in text
    assert not any(name in text for name in ("Cas Moor", "Lee Shaw", "Receptionist")), "nobody else's people or posts"
    look = await press(visitor, "look", world.ann, world.bob, world.dot, world.cas, world.mia)
    told = seen(look.text)
    assert "Record this for 2 people?" in told
    assert "Nothing that is required of them takes it." in told
    assert "1 person has it already on this day: Dot Vale Social worker, Assessment" in told
    assert "Ann Reed Social worker, Assessment Bob Hall Social worker, Assessment" in told
    assert await standing(empty) == {"Dot Vale": (1, Strength.ATTENDANCE_REGISTER, "", "lee-shaw@agency.example")}
    answer = await press(visitor, "record", world.ann, world.bob, world.dot, world.cas, world.mia)
    assert answer.status_code == 303
    after = await visitor.reads(answer.headers["location"])
    assert "Recorded for 2 people; 1 had it already." in after
    assert "About BRIEFING 1 May 2026, recorded on 4 May 2026" in after
    assert "Ann Reed Social worker, Assessment Bob Hall Social worker, Assessment" in after
    mine = (1, Strength.ATTENDANCE_REGISTER, ATTENDED, "mia-ford@agency.example")
    rows = await standing(empty)
    assert {name for name, row in rows.items() if row == mine} == {"Ann Reed", "Bob Hall"}
    assert rows.keys() == {"Ann Reed", "Bob Hall", "Dot Vale"}
    again = await press(visitor, "record", world.ann, world.bob)
    assert "Recorded for 0 people; 2 had it already." in await visitor.reads(again.headers["location"])


async def test_whether_it_counts_for_anything_is_said_before(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("SESSION")
        await facts.counts_as(item, await session.get_one(Item, await id_of(session, "CSA-INTRO")))
        await facts.version(await facts.expectation("STRICT"), [item], least_strength=Strength.PROVIDERS_SYSTEM)
    await visitor.becomes(world.mia)
    at = "/team/attendance/people/SESSION/2026-05-01"
    told = seen((await press(visitor, "look", world.ann, world.bob, at=at)).text)
    assert "Expected: CSA: 2 people Expected: STRICT: 2 people. It asks for stronger evidence" in told
    await press(visitor, "record", world.bob, at=at)
    assert "Bob Hall Social worker, Assessment Overdue Expected: STRICT was due" in await visitor.reads(
        "/team?name=Bob"
    )


async def test_it_is_taken_back_for_all_while_it_is_fresh_and_their_own_word_stands_again(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    async with empty.writing() as session:
        said = NewCompletion(
            world.ann.id,
            await id_of(session, "BRIEFING"),
            DAY,
            evidence="I was there",
            strength=Strength.SELF_DECLARED,
        )
        await record_completion(session, said, by=str(world.ann.email), today=TODAY)
    await visitor.becomes(world.mia)
    assert "Ann Reed Social worker, Assessment. Says so already" in await visitor.reads(PEOPLE)
    answer = await press(visitor, "record", world.ann, world.bob)
    done = answer.headers["location"]
    assert "It is in the records of 2 people" in await visitor.reads(done)
    assert "About BRIEFING, 1 May 2026 : 2 people, recorded on" in await visitor.reads(FORM)
    await visitor.becomes(world.lee)
    assert (await visitor.opens(done)).status_code == 404, "whoever recorded it takes it back"
    await visitor.becomes(world.mia)
    back = await visitor.sends(f"{done}/withdrawal", {}, form=done)
    assert back.headers["location"] == FORM
    assert "Taken back for 2 people: “About BRIEFING”." in await visitor.reads(FORM)
    assert await standing(empty) == {"Ann Reed": (1, Strength.SELF_DECLARED, "", "ann-reed@agency.example")}
    async with empty.reading() as session:
        reasons = await session.execute(
            select(Completion.void_reason, Completion.voided_by).where(Completion.source == ATTENDED)
        )
        assert {tuple(row) for row in reasons} == {(TAKEN_BACK, "mia-ford@agency.example")}
    assert (await visitor.opens(done)).status_code == 404
    assert "in the last week" not in await visitor.reads(FORM)
    await visitor.becomes(world.ann)
    assert TAKEN_BACK in await visitor.reads("/me/history")


async def test_after_a_week_it_is_for_each_person_to_say_that_it_is_not_right(
    visitor: Visitor, world: World, briefing: None
) -> None:
    await visitor.becomes(world.mia)
    done = (await press(visitor, "record", world.bob)).headers["location"]
    with time_machine.travel(TODAY + timedelta(days=8)):
        await visitor.becomes(world.mia)
        assert (await visitor.opens(done)).status_code == 404
        assert "in the last week" not in await visitor.reads(FORM)


async def test_each_of_them_is_told_by_e_mail_the_next_morning_and_not_of_what_was_taken_back(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    slip = (await press(visitor, "record", world.mia, world.pia)).headers["location"]
    await visitor.sends(f"{slip}/withdrawal", {}, form=slip)
    await press(visitor, "record", world.pia)
    async with empty.writing() as session:
        await plan_reminders(session, TODAY + timedelta(days=1), today=TODAY + timedelta(days=1))
        told = await session.scalars(
            select(Message.to)
            .join(Confirmation, Confirmation.message_id == Message.id)
            .join(Completion, Completion.id == Confirmation.completion_id)
            .where(Completion.source == ATTENDED)
        )
        assert list(told) == ["pia-kent@agency.example"]


async def test_ticks_are_kept_over_pages_filters_and_everybody_at_once_without_a_script(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        for number in range(60):
            await facts.post(f"Worker {number:02}", team=team)
    await visitor.becomes(world.mia)
    second = await press(visitor, "page-2", world.ann, number="1")
    text = seen(second.text)
    assert "63 people, page 2 of 2; 1 ticked, 1 of them not on this page" in text
    assert f'<input type="hidden" name="person-{world.ann.id}" value="yes">' in second.text
    narrowed = await press(visitor, "narrow", world.ann, number="2", name="worker 0")
    assert "10 people; 1 ticked, 1 of them not on this page" in seen(narrowed.text)
    everybody = await press(visitor, "all", world.ann, name="worker 0")
    assert "10 people; 11 ticked, 1 of them not on this page" in seen(everybody.text)
    assert len(re.findall(r'type="checkbox" value="yes" checked', everybody.text)) == 10
    none = await press(visitor, "none", world.ann, name="worker 0")
    assert "10 people Worker 00" in seen(none.text)
    assert "ticked" not in seen(none.text)


async def test_nobody_ticked_and_too_many_are_told_and_nothing_is_lost(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    await visitor.becomes(world.mia)
    for button in ("look", "record"):
        answer = await press(visitor, button, name="Bob\0")
        assert answer.status_code == 422
        assert "Nobody is ticked. Tick who was there." in seen(answer.text)
        assert 'value="Bob"' in answer.text
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team("Assessment")
        for number in range(MOST):
            await facts.post(f"Worker {number:03}", team=team)
    answer = await press(visitor, "all", world.ann)
    assert answer.status_code == 422
    assert f"{MOST + 3} people are too many for once." in seen(answer.text)
    assert re.search(rf'id="person-{world.ann.id}"[^>]* checked', answer.text)


async def test_nobody_is_told_of_what_another_agency_recorded_of_that_day(
    visitor: Visitor, world: World, briefing: None, empty: Database
) -> None:
    async with empty.writing() as session:
        item = await id_of(session, "BRIEFING")
        elsewhere = NewCompletion(world.dot.id, item, DAY, strength=Strength.ATTENDANCE_REGISTER)
        await record_completion(session, elsewhere, by=str(world.cas.email), today=TODAY)
    await visitor.becomes(world.mia)
    page = await visitor.reads(PEOPLE)
    assert "Dot Vale" in page
    assert "already" not in page
    answer = await press(visitor, "record", world.ann, world.dot)
    assert answer.status_code == 303
    assert "Recorded for 2 people." in await visitor.reads(answer.headers["location"])
    assert (await standing(empty))["Dot Vale"][3] == world.cas.email, "what stands, stands"
