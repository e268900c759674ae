"""What is not right in somebody's record: they say so, and a manager of theirs or their training lead decides."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from tests.web.conftest import TODAY, Visitor, World
from training_tracker.access.models import TokenScope
from training_tracker.access.tokens import make_token
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.people.models import Agency, Practitioner
from training_tracker.records.disputing import dispute, uphold, void_disputed
from training_tracker.records.models import Completion, Dispute, Verdict, Wrong
from training_tracker.records.recording import NewCompletion, record_completion, void_completion
from training_tracker.settings import Settings
from training_tracker.standing.explanation import explain

RECORD, LIST = "/me/record", "/team/disputed"
DONE = date(2026, 4, 14)


@dataclass
class Recorded:
    """What Mia recorded for Bob: that he did the introduction on 14 April 2026."""

    completion: int
    item: int

    @property
    def page(self) -> str:
        return f"/me/completions/{self.completion}/dispute"


async def record(
    database: Database,
    person: Practitioner,
    *,
    by: str,
    on: date = DONE,
    strength: Strength = Strength.CERTIFICATE_SEEN,
) -> Recorded:
    async with database.writing() as session:
        item = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        new = NewCompletion(person.id, item.id, on, evidence="Certificate 7", source="Register", strength=strength)
        await record_completion(session, new, by=by, today=TODAY)
    return Recorded((await rows(database, person, on))[-1].id, item.id)


async def rows(database: Database, person: Practitioner, on: date = DONE) -> list[Completion]:
    async with database.reading() as session:
        found = select(Completion).where(Completion.practitioner_id == person.id, Completion.completed_on == on)
        return list(await session.scalars(found.order_by(Completion.id)))


async def disputes(database: Database) -> list[Dispute]:
    async with database.reading() as session:
        return list(await session.scalars(select(Dispute).order_by(Dispute.id)))


@pytest.fixture
async def bobs(empty: Database, world: World) -> Recorded:
    return await record(empty, world.bob, by="mia-ford@agency.example")


async def says(visitor: Visitor, world: World, bobs: Recorded, **fields: str) -> tuple[int, str]:
    await visitor.becomes(world.bob)
    fields = {"wrong": "another day", "words": "It was on the 21st"} | fields
    answer = await visitor.sends(bobs.page, fields, form=bobs.page)
    return answer.status_code, answer.text


async def decides(visitor: Visitor, who: Practitioner, **fields: str) -> tuple[int, str]:
    await visitor.becomes(who)
    answer = await visitor.sends(f"{LIST}/1", fields, form=f"{LIST}/1")
    return answer.status_code, answer.text


CORRECTED = {
    "verdict": "corrected",
    "item": "CSA-INTRO",
    "completed-on-day": "21",
    "completed-on-month": "4",
    "completed-on-year": "2026",
}


async def test_somebody_says_that_it_is_not_right_and_it_counts_until_it_is_decided(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await visitor.becomes(world.bob)
    assert f'href="{bobs.page}"' in (await visitor.opens(RECORD)).text
    form = await visitor.reads(bobs.page)
    assert "Your manager or the training lead at Harbour Council decides." in form
    assert "Never write anything about a child" in form
    assert (await says(visitor, world, bobs))[0] == 303
    mine = await visitor.reads(RECORD)
    assert "Disputed: “About CSA-INTRO”, 14 April 2026. It counts as recorded until it is decided." in mine
    assert "Disputed since 4 May 2026, and counts until that is decided" in mine
    said = await visitor.reads(bobs.page)
    assert "The date is wrong: It was on the 21st 4 May 2026, 10:30, to Harbour Council" in said
    assert "Success" not in said, "it was told on the page before"
    async with empty.reading() as session:
        (line,) = await explain(session, world.bob.id, TODAY, today=TODAY)
    assert line.status == "compliant"
    doubt = (
        "“About CSA-INTRO”, 14 April 2026, is disputed since 4 May 2026: it counts as recorded until that is decided."
    )
    assert line.steps[-1] == doubt
    await visitor.becomes(world.mia)
    theirs = await visitor.reads(f"/team/people/{world.bob.id}")
    assert doubt in theirs
    assert "Says that it is not right" in theirs


async def test_it_is_taken_back_until_it_is_decided_and_can_be_said_again(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    answer = await visitor.sends(f"{bobs.page}/withdrawal", {}, form=bobs.page)
    assert answer.status_code == 303
    assert "Taken back: “About CSA-INTRO” is not disputed any more." in await visitor.reads(RECORD)
    await visitor.becomes(world.mia)
    assert "Nothing waits for you" in await visitor.reads(LIST)
    assert (await visitor.opens(f"{LIST}/1")).status_code == 404
    await says(visitor, world, bobs)
    assert (await visitor.sends(f"{bobs.page}/withdrawal", {}, form=bobs.page)).status_code == 303
    twice = await visitor.sends(f"{bobs.page}/withdrawal", {}, form=bobs.page)
    assert (twice.status_code, "nothing to take back" in twice.text) == (422, True)
    assert [one.withdrawn_at is not None for one in await disputes(empty)] == [True, True]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"wrong": ""}, "Choose what is wrong"),
        ({"wrong": "nonsense"}, "Choose what is wrong"),
        ({"words": "x" * 501}, "Shorten it to 500 characters"),
    ],
)
async def test_what_is_wrong_with_the_form_is_told_and_what_was_typed_is_kept(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database, sent: dict[str, str], told: str
) -> None:
    status, text = await says(visitor, world, bobs, **sent)
    assert (status, told in text) == (422, True)
    assert sent.get("words", "It was on the 21st") in text
    assert await disputes(empty) == []


async def test_sent_twice_at_once_it_is_kept_once(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    async def say() -> bool:
        async with empty.writing() as session:
            return await dispute(session, (world.bob.id, bobs.item, DONE), 1, Wrong.DAY, "")

    assert sorted(await asyncio.gather(*(say() for _ in range(4)))) == [False, False, False, True]
    await visitor.becomes(world.bob)
    again = await visitor.sends(bobs.page, {"wrong": "not done"}, form=bobs.page)
    assert again.status_code == 303
    assert "that waits to be decided" in await visitor.reads(RECORD)
    (one,) = await disputes(empty)
    assert one.wrong is Wrong.DAY


async def test_only_what_somebody_else_recorded_and_what_stands_is_disputed(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    own = await record(
        empty, world.bob, by="bob-hall@agency.example", on=date(2026, 3, 3), strength=Strength.SELF_DECLARED
    )
    await visitor.becomes(world.bob)
    assert "You recorded this yourself: you can take it back" in await visitor.reads(own.page)
    form = "/me/completions/new"
    assert (await visitor.sends(own.page, {"wrong": "not done"}, form=form)).status_code == 422
    async with empty.writing() as session:
        await void_completion(session, bobs.completion, reason="Another Bob", by="tests")
    assert "It does not count any more: Another Bob" in await visitor.reads(bobs.page)
    assert (await visitor.sends(bobs.page, {"wrong": "not done"}, form=form)).status_code == 422
    assert (await visitor.opens("/me/completions/1/dispute")).status_code == 404, "it is Ann's"
    assert await disputes(empty) == []


async def test_a_manager_upholds_it_for_a_reason_that_the_person_reads(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    await visitor.becomes(world.mia)
    assert "1 disputed record: decide what is right" in await visitor.reads("/team")
    assert "Bob Hall: About CSA-INTRO, 14 April 2026 The date is wrong; since 4 May 2026" in await visitor.reads(LIST)
    page = await visitor.reads(f"{LIST}/1")
    form = (await visitor.opens(f"{LIST}/1")).text
    assert '<option value="CSA-INTRO" selected>About CSA-INTRO</option>' in form
    assert 'name="completed-on-day" type="text" value="14"' in form
    assert "by Mia Ford" in page
    assert "certificate seen; Certificate 7" in page
    for missing, mend in (({}, "Choose what you decide"), ({"verdict": "upheld"}, "Say why the record is right")):
        status, text = await decides(visitor, world.mia, **missing)
        assert (status, mend in text) == (422, True)
    assert (await decides(visitor, world.mia, verdict="upheld", reason="The register has it"))[0] == 303
    assert "Nothing waits for you" in await visitor.reads(LIST)
    assert "disputed record" not in await visitor.reads("/team")
    await visitor.becomes(world.bob)
    assert "Disputed, and upheld on 4 May 2026" in await visitor.reads(RECORD)
    told = await visitor.reads(bobs.page)
    assert (
        "It stands as it is recorded: The register has it 4 May 2026, 10:30, by your manager at Harbour Council" in told
    )
    assert "Still not right?" in told
    (one,) = await rows(empty, world.bob)
    assert one.voided_at is None


async def test_a_lead_voids_it_and_takes_that_back(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs, wrong="not done", words="")
    assert (await decides(visitor, world.lee, verdict="voided", reason="It was another Bob"))[0] == 303
    async with empty.reading() as session:
        (line,) = await explain(session, world.bob.id, TODAY, today=TODAY)
    assert line.status == "overdue"
    await visitor.becomes(world.bob)
    mine = await visitor.reads(RECORD)
    assert "Does not count: It was another Bob" in mine
    assert "Disputed, and voided on 4 May 2026" in mine
    assert "by your training lead at Harbour Council" in await visitor.reads(bobs.page)
    await visitor.becomes(world.mia)
    assert "counts for nothing any more: It was another Bob" in await visitor.reads(f"{LIST}/1")
    assert "recorded by you, from today on" in await visitor.reads(f"{LIST}/1/withdrawal")
    assert (await visitor.sends(f"{LIST}/1/withdrawal", {}, form=f"{LIST}/1/withdrawal")).status_code == 303
    assert "waits to be decided again" in await visitor.reads(f"{LIST}/1")
    before, after = await rows(empty, world.bob)
    assert (before.void_reason, after.void_reason) == ("It was another Bob", None)
    assert (after.recorded_by, after.strength, after.evidence) == (world.mia.email, before.strength, "Certificate 7")
    again = await visitor.sends(f"{LIST}/1/withdrawal", {}, form="/team/disputed/1")
    assert (again.status_code, "no decision to take back" in again.text) == (422, True)


async def test_a_correction_voids_and_records_what_is_right_at_once(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    for wrong, mend in (
        ({"completed-on-day": "14"}, "This is what is recorded already"),
        ({"completed-on-month": "6"}, "21 June 2026 is in the future"),
        ({"completed-on-day": "31"}, "The date is not a real day"),
        ({"item": "NONSENSE"}, "no such course or resource"),
    ):
        status, text = await decides(visitor, world.mia, **(CORRECTED | wrong))
        assert (status, mend in text) == (422, True), mend
    assert [row.voided_at for row in await rows(empty, world.bob)] == [None], "what cannot be changes nothing"
    assert (await decides(visitor, world.mia, **CORRECTED))[0] == 303
    (was,) = await rows(empty, world.bob)
    (right,) = await rows(empty, world.bob, date(2026, 4, 21))
    assert was.void_reason == "Corrected to “About CSA-INTRO”, 21 April 2026"
    assert (right.voided_at, right.hours, right.evidence, right.strength) == (
        None,
        2,
        "Certificate 7",
        Strength.CERTIFICATE_SEEN,
    )
    assert (right.source, right.recorded_by) == ("Register, corrected", world.mia.email)
    page = await visitor.reads(f"{LIST}/1")
    assert "It was corrected: Corrected to “About CSA-INTRO”, 21 April 2026" in page
    assert (await visitor.opens(f"{LIST}/1/withdrawal")).status_code == 404
    assert (await visitor.opens(f"{LIST}/1")).status_code == 200


async def test_the_second_to_decide_is_told_that_it_was_decided(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    await decides(visitor, world.mia, verdict="upheld", reason="The register has it")
    await visitor.becomes(world.lee)
    late = await visitor.sends(f"{LIST}/1", {"verdict": "voided", "reason": "No"}, form="/me/completions/new")
    assert late.status_code == 422
    assert "It was decided already, on 4 May 2026: upheld" in late.text
    (one,) = await disputes(empty)
    assert (one.verdict, one.decided_by) == (Verdict.UPHELD, world.mia.email)


async def test_of_two_who_decide_at_once_one_does(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)

    async def decide(verb: Callable[..., Awaitable[None]]) -> str:
        try:
            async with empty.writing() as session:
                await verb(session, 1, reason="So it is", by="tests", role="manager")
        except Refused as refusal:
            return refusal.problem
        return ""

    told = await asyncio.gather(*(decide(verb) for verb in (uphold, void_disputed) * 2))
    assert sorted(bool(problem) for problem in told) == [False, True, True, True]
    (one,) = await disputes(empty)
    (row,) = await rows(empty, world.bob)
    assert (row.voided_at is None) is (one.verdict is Verdict.UPHELD)


async def test_nobody_decides_about_their_own_or_about_another_agency_s(
    visitor: Visitor, world: World, empty: Database
) -> None:
    own = await record(empty, world.mia, by="lee-shaw@agency.example")
    next_door = await record(empty, world.cas, by="bay@surgery.example")
    for person, one in ((world.mia, own), (world.cas, next_door)):
        await visitor.becomes(person)
        assert (await visitor.sends(one.page, {"wrong": "not done"}, form=one.page)).status_code == 303
    await visitor.becomes(world.mia)
    assert "Nothing waits for you" in await visitor.reads(LIST)
    for number in (1, 2):
        assert (await visitor.opens(f"{LIST}/{number}")).status_code == 404
        sent = {"verdict": "voided", "reason": "No"}
        answer = await visitor.sends(f"{LIST}/{number}", sent, form="/me/completions/new")
        assert answer.status_code == 404
    await visitor.becomes(world.lee)
    assert "Mia Ford" in await visitor.reads(LIST)
    assert "Cas Moor" not in await visitor.reads(LIST)
    assert (await visitor.opens(f"{LIST}/2")).status_code == 404
    for somebody in (world.ann, world.pia):
        await visitor.becomes(somebody)
        assert (await visitor.opens(LIST)).status_code == 404


async def test_it_goes_to_the_agency_whose_people_or_systems_recorded_it(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    """Dot works at the council and at the surgery."""
    async with empty.writing() as session:
        surgery = (await session.scalars(select(Agency).where(Agency.name == "Bay Surgery"))).one()
        await make_token(session, settings, "Surgery records", surgery, TokenScope.COMPLETIONS, date(2027, 1, 1))
    for by, on, asked in (
        ("mia-ford@agency.example", date(2026, 4, 1), "Harbour Council"),
        ("Cas-Moor@agency.example", date(2026, 4, 2), "Bay Surgery"),
        ("token Surgery records", date(2026, 4, 3), "Bay Surgery"),
    ):
        one = await record(empty, world.dot, by=by, on=on)
        await visitor.becomes(world.dot)
        form = await visitor.reads(one.page)
        assert f"the training lead at {asked} decides" in form
        assert "Who is to look at it?" not in form
    assert (await visitor.sends(one.page, {"wrong": "not done"}, form=one.page)).status_code == 303
    await visitor.becomes(world.mia)
    assert "Nothing waits for you" in await visitor.reads(LIST), "she manages Dot, at the council"
    assert (await visitor.opens(f"{LIST}/1")).status_code == 404


async def test_who_works_for_several_chooses_where_nobody_can_tell(
    visitor: Visitor, world: World, empty: Database
) -> None:
    one = await record(empty, world.dot, by="operator")
    await visitor.becomes(world.dot)
    assert "Who is to look at it?" in await visitor.reads(one.page)
    refused = await visitor.sends(one.page, {"wrong": "not done", "agency": "999"}, form=one.page)
    assert (refused.status_code, "Choose who is to look at it" in refused.text) == (422, True)
    async with empty.reading() as session:
        council = await session.scalar(select(Agency.id).where(Agency.name == "Harbour Council"))
    sent = await visitor.sends(one.page, {"wrong": "not done", "agency": str(council)}, form=one.page)
    assert sent.status_code == 303
    await visitor.becomes(world.mia)
    page = await visitor.reads(LIST)
    assert "Dot Vale" in page
    assert "Bay Surgery" not in page + await visitor.reads(f"{LIST}/1")


async def test_stronger_evidence_of_the_same_does_not_settle_it(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    await record(empty, world.bob, by="operator", strength=Strength.ATTENDANCE_REGISTER)
    await visitor.becomes(world.mia)
    assert "Bob Hall" in await visitor.reads(LIST)
    assert "attendance register" in await visitor.reads(f"{LIST}/1")
    await visitor.becomes(world.bob)
    assert "You dispute this" in await visitor.reads(bobs.page), "the link in the e-mail leads there still"
    assert (await decides(visitor, world.mia, verdict="voided", reason="Another Bob"))[0] == 303
    assert [row.voided_at is not None for row in await rows(empty, world.bob)] == [True, True]


async def test_what_was_voided_meanwhile_waits_no_more(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    async with empty.writing() as session:
        await void_completion(session, bobs.completion, reason="Another Bob", by="tests")
    await visitor.becomes(world.mia)
    assert "Nothing waits for you" in await visitor.reads(LIST)
    assert "there is nothing to decide" in await visitor.reads(f"{LIST}/1")
    late = await visitor.sends(f"{LIST}/1", {"verdict": "voided", "reason": "No"}, form="/me/completions/new")
    assert (late.status_code, "does not stand any more" in late.text) == (422, True)


async def test_an_explanation_as_known_then_speaks_of_what_was_disputed_then(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    await decides(visitor, world.mia, verdict="upheld", reason="The register has it")
    async with empty.writing() as session:
        said = (await session.scalars(select(Dispute))).one()
        moment = said.said_at
        await session.execute(update(Dispute).values(decided_at=moment.replace(hour=23)))
    for known_at, in_doubt in (
        (None, False),
        (moment.replace(hour=22), True),
        (moment - timedelta(microseconds=1), False),
    ):
        async with empty.reading() as session:
            (line,) = await explain(session, world.bob.id, TODAY, today=TODAY, known_at=known_at)
        assert ("is disputed" in line.steps[-1]) is in_doubt, known_at


async def test_it_is_in_the_trail_and_in_what_is_kept_of_the_person(
    visitor: Visitor, world: World, bobs: Recorded, empty: Database
) -> None:
    await says(visitor, world, bobs)
    await decides(visitor, world.lee, verdict="upheld", reason="The register has it")
    await visitor.becomes(world.bob)
    mine = await visitor.reads("/me/history")
    assert "What somebody says is not right" in mine
    assert "Looked at the record" in mine, "the lead does not manage him"
    data = (await visitor.opens("/me/data/everything.json")).json()
    (kept,) = data["what I said is not right"]
    assert (kept["item"], kept["wrong"], kept["verdict"]) == ("About CSA-INTRO", "another day", "upheld")
