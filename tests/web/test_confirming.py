"""A manager confirms what people say they have done, and only what they may see and have seen."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, record_completion

PAGE = "/team/waiting"


@pytest.fixture
async def said(empty: Database, world: World) -> dict[str, int]:
    """Ann, Bob, Mia herself and Cas next door say that they were at the briefing; a certificate is asked for."""
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("BRIEFING", hours=1)
        await facts.version(
            await facts.expectation("BRIEFED"), [course], least_strength=Strength.CERTIFICATE_SEEN, first_due_days=30
        )
        for person in (world.ann, world.bob, world.mia, world.cas):
            done = NewCompletion(
                person.id, course.id, date(2026, 4, 14), evidence="Certificate 7", strength=Strength.SELF_DECLARED
            )
            await record_completion(session, done, by=str(person.email), today=date(2026, 4, 15))
        rows = await session.execute(
            select(Practitioner.name, Completion.id)
            .join(Completion, Completion.practitioner_id == Practitioner.id)
            .where(Completion.item_id == course.id)
        )
        return dict(rows.all())


async def confirm(visitor: Visitor, seen: str, *completions: int) -> tuple[int, str]:
    fields = {f"done-{number}": "yes" for number in completions} | ({"seen": seen} if seen else {})
    answer = await visitor.sends(PAGE, fields, form=PAGE)
    return answer.status_code, answer.text


async def counting(database: Database) -> dict[str, tuple[Strength, str]]:
    """What counts of each person's briefing, and who recorded it."""
    async with database.reading() as session:
        rows = await session.execute(
            select(Practitioner.name, Completion.strength, Completion.recorded_by, Completion.evidence)
            .join(Completion, Completion.practitioner_id == Practitioner.id)
            .where(Completion.completed_on == date(2026, 4, 14), Completion.voided_at.is_(None))
        )
        found = list(rows)
    assert {evidence for *_, evidence in found} == {"Certificate 7"}
    return {name: (strength, by) for name, strength, by, _evidence in found}


async def test_several_are_confirmed_at_once_and_count_from_then_on(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database
) -> None:
    await visitor.becomes(world.mia)
    assert "2 completions said by themselves: confirm what you have seen" in await visitor.reads("/team")
    page = await visitor.reads(PAGE)
    assert "Ann Reed: About BRIEFING, 14 April 2026" in page
    assert "Asks for: certificate seen. They write: Certificate 7" in page
    assert "Mia Ford: " not in page
    assert "Cas Moor" not in page
    status, _ = await confirm(visitor, "certificate seen", said["Ann Reed"], said["Bob Hall"])
    assert status == 303
    after = await visitor.reads(PAGE)
    assert "2 completions confirmed: certificate seen" in after
    assert "Nothing waits for you" in after
    counts = await counting(empty)
    assert counts["Ann Reed"] == counts["Bob Hall"] == (Strength.CERTIFICATE_SEEN, "mia-ford@agency.example")
    await visitor.becomes(world.ann)
    assert "About BRIEFING" in await visitor.reads("/me/record")


async def test_who_waits_reads_that_on_the_card_and_is_not_asked_to_do_it_again(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database
) -> None:
    waits = "on 4 May 2026: it waits for your manager to confirm."
    await visitor.becomes(world.ann)
    mine = await visitor.reads("/me")
    assert f"You recorded this {waits}" in mine
    assert f"Next: You recorded “About BRIEFING” {waits}" in mine
    assert "I have done this : About CSA-INTRO" in mine
    assert "I have done this : About BRIEFING" not in mine
    await visitor.becomes(world.mia)
    await confirm(visitor, "certificate seen", said["Ann Reed"])
    await visitor.becomes(world.ann)
    assert "waits for your manager" not in await visitor.reads("/me")


async def test_what_is_too_little_for_the_rule_is_told_and_confirms_nothing(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database
) -> None:
    await visitor.becomes(world.mia)
    status, text = await confirm(visitor, "manager-attested", said["Ann Reed"], said["Bob Hall"])
    assert status == 422
    assert "asks for more of Ann Reed: certificate seen. Leave it for when you have seen that." in text
    assert (await counting(empty))["Bob Hall"][0] is Strength.SELF_DECLARED
    assert (await confirm(visitor, "attendance register", said["Ann Reed"]))[0] == 303
    assert (await counting(empty))["Ann Reed"][0] is Strength.ATTENDANCE_REGISTER


@pytest.mark.parametrize(
    ("seen", "mend"), [("", "Choose what you have seen"), ("provider's system", "Choose"), ("self-declared", "Choose")]
)
async def test_what_was_seen_has_to_be_said(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database, seen: str, mend: str
) -> None:
    await visitor.becomes(world.mia)
    status, text = await confirm(visitor, seen, said["Ann Reed"])
    assert (status, mend in text) == (422, True)
    assert "checked" in text, "what was ticked is ticked still"
    assert (await confirm(visitor, "certificate seen"))[0] == 422
    assert (await counting(empty))["Ann Reed"][0] is Strength.SELF_DECLARED


async def test_nobody_confirms_their_own_or_another_agency_s_and_nothing_twice(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database
) -> None:
    await visitor.becomes(world.mia)
    await confirm(visitor, "certificate seen", said["Mia Ford"], said["Cas Moor"], 999_999)
    await confirm(visitor, "certificate seen", said["Bob Hall"])
    await confirm(visitor, "attendance register", said["Bob Hall"])
    counts = await counting(empty)
    assert counts["Bob Hall"][0] is Strength.CERTIFICATE_SEEN
    assert {counts["Mia Ford"][0], counts["Cas Moor"][0]} == {Strength.SELF_DECLARED}
    for somebody in (world.ann, world.pia):
        await visitor.becomes(somebody)
        assert (await visitor.opens(PAGE)).status_code == 404


async def the_confirmed(database: Database, person: Practitioner) -> int:
    async with database.reading() as session:
        found = select(Completion.id).where(
            Completion.practitioner_id == person.id,
            Completion.completed_on == date(2026, 4, 14),
            Completion.voided_at.is_(None),
        )
        return (await session.scalars(found)).one()


async def test_a_confirmation_is_taken_back_on_the_person_s_page_and_is_their_word_again(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database
) -> None:
    await visitor.becomes(world.mia)
    await confirm(visitor, "certificate seen", said["Ann Reed"])
    person = f"/team/people/{world.ann.id}"
    page = await visitor.reads(person)
    assert "About BRIEFING, 14 April 2026: certificate seen, confirmed on 4 May 2026" in page
    back = f"{person}/confirmations/{await the_confirmed(empty, world.ann)}/withdrawal"
    assert "it is their own word again" in await visitor.reads(back)
    assert (await visitor.sends(back, {}, form=back)).status_code == 303
    after = await visitor.reads(person)
    assert "is Ann Reed’s own word again" in after
    assert "confirmed on 4 May" not in after
    assert (await visitor.sends(back, {}, form=PAGE)).status_code == 404, "once"
    assert (await counting(empty))["Ann Reed"] == (Strength.SELF_DECLARED, "ann-reed@agency.example")
    assert "Ann Reed: About BRIEFING" in await visitor.reads(PAGE)
    assert (await confirm(visitor, "certificate seen", await the_confirmed(empty, world.ann)))[0] == 303
    assert (await counting(empty))["Ann Reed"][0] is Strength.CERTIFICATE_SEEN
    await visitor.becomes(world.ann)
    mine = await visitor.reads("/me/record")
    assert "Does not count: The confirmation was taken back" in mine


async def test_only_a_confirmation_is_taken_back_and_not_one_s_own_or_another_agency_s(
    visitor: Visitor, world: World, said: dict[str, int], empty: Database
) -> None:
    await visitor.becomes(world.lee)
    await confirm(visitor, "certificate seen", said["Mia Ford"])
    await visitor.becomes(world.mia)
    for person, number in (
        (world.ann, said["Ann Reed"]),
        (world.mia, await the_confirmed(empty, world.mia)),
        (world.cas, said["Cas Moor"]),
        (world.ann, 1),
    ):
        back = f"/team/people/{person.id}/confirmations/{number}/withdrawal"
        assert (await visitor.opens(back)).status_code == 404
        assert (await visitor.sends(back, {}, form="/me/completions/new")).status_code == 404
    assert (await counting(empty))["Mia Ford"][0] is Strength.CERTIFICATE_SEEN
