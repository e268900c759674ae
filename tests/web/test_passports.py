"""A training passport: made by whose it is, checked by whoever has the code, told, ended, and never guessed."""

import re
from datetime import UTC, date, datetime

import httpx
import pytest
import time_machine
from sqlalchemy import select, update

from tests.facts import Facts
from tests.papers import text_of
from tests.web.conftest import Visitor, World, seen
from training_tracker.access.erasing import erase
from training_tracker.access.models import Passport, PassportEntry, PassportLook
from training_tracker.access.passports import LETTERS, MOST, WRONG_CODES
from training_tracker.audit.models import AuditEntry
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.people.models import Post
from training_tracker.records.disputing import dispute
from training_tracker.records.models import Completion, Wrong
from training_tracker.records.recording import NewCompletion, record_completion, void_completion

MINE, CHECK = "/me/passport", "/passport"
LATER = datetime(2026, 6, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
async def learnt(world: World, empty: Database) -> World:
    """Ann has done three things."""
    async with empty.writing() as session:
        facts = Facts(session)
        ann = await facts.post("Ann Reed", started_on=date(2019, 1, 1))
        await facts.completed(ann, await facts.item("HARM"), date(2024, 2, 2))
        await facts.completed(ann, await facts.item("SECRET"), date(2023, 3, 3))
    return world


def key(page: str, title: str) -> str:
    """The name of the box before a title."""
    found = re.search(rf'name="(shown-[^"]+)"[^>]*>\s*<label[^>]*>\s*{title}', page)
    assert found, title
    return found[1]


async def makes(visitor: Visitor, *titles: str, days: str = "30") -> httpx.Response:
    page = (await visitor.opens(MINE)).text
    chosen = {key(page, title): "yes" for title in titles} | {"days": days}
    answer = await visitor.sends(MINE, chosen, form=MINE)
    if answer.status_code != 303:
        return answer
    made = await visitor.opens(answer.headers["location"])
    assert 'id="code"' not in (await visitor.opens(MINE)).text, "it is shown once"
    return made


def code_on(answer: httpx.Response) -> str:
    assert answer.status_code == 200, seen(answer.text)
    found = re.search(r'id="code">([^<]+)<', answer.text)
    assert found
    return found[1]


async def checks(visitor: Visitor, code: str, looker: str = "") -> str:
    await visitor.becomes(None)
    answer = await visitor.sends(CHECK, {"code": code, "looker": looker}, form=CHECK)
    assert answer.status_code == 200, seen(answer.text)
    assert answer.headers["cache-control"] == "private, no-store"
    return seen(answer.text)


async def is_refused(visitor: Visitor, code: str) -> str:
    await visitor.becomes(None)
    answer = await visitor.sends(CHECK, {"code": code, "looker": "Bay Surgery"}, form=CHECK)
    assert answer.status_code == 422
    assert 'value="Bay Surgery"' in answer.text, "what was typed is kept"
    assert "Ann" not in answer.text
    return seen(answer.text)


async def test_another_agency_sees_what_was_put_in_and_nothing_else(
    visitor: Visitor, learnt: World, empty: Database
) -> None:
    await visitor.becomes(learnt.ann)
    assert (await visitor.opens(MINE)).text.count(" checked") == 4, "all of it is ticked at first, and 30 days"
    made = await makes(visitor, "About CSA-INTRO", "About HARM")
    code = code_on(made)
    assert re.fullmatch(rf"[{LETTERS}]{{4}}(-[{LETTERS}]{{4}}){{3}}", code)
    assert "It shows 2 completions, and is good for 30 days." in seen(made.text)
    address = f"/passport?code={code}"
    assert address in made.text
    assert "Ann" not in address
    await visitor.becomes(None)
    followed = await visitor.opens(address)
    assert f'value="{code}"' in followed.text
    assert "Ann Reed" not in followed.text, "nobody has looked yet"
    text = await checks(visitor, f" {code.lower().replace('-', ' ')} ", "Bay Surgery, practice manager")
    assert "Ann Reed Training passport It is genuine, and all of it still stands." in text
    assert "About CSA-INTRO 1 June 2025 Attendance register Stands" in text
    assert "About HARM 2 February 2024" in text
    assert "SECRET" not in text
    assert not any(word in text for word in ("Harbour", "Assessment", "overdue", "due soon"))
    await visitor.becomes(learnt.ann)
    assert "Looked at: 4 May 2026, 10:30, by “Bay Surgery, practice manager”, as they say" in await visitor.reads(MINE)
    assert "Look at the training passport added" in await visitor.reads("/me/history")
    async with empty.reading() as session:
        kept = (await session.scalars(select(Passport))).one()
        assert code.replace("-", "") not in kept.seal
        lines = [str(line) for line in await session.scalars(select(AuditEntry.after))]
        assert not [line for line in lines if code.replace("-", "") in line]


async def test_what_was_taken_out_of_the_record_since_is_said(visitor: Visitor, learnt: World, empty: Database) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About CSA-INTRO", "About HARM"))
    async with empty.writing() as session:
        done = select(Completion).where(Completion.practitioner_id == learnt.ann.id).order_by(Completion.id)
        first, second, _third = (await session.scalars(done)).all()
        await void_completion(session, second.id, reason="Only for us to know", by="tests")
        # What stronger evidence takes the place of stands.
        again = NewCompletion(*first.fact, strength=Strength.PROVIDERS_SYSTEM)
        await record_completion(session, again, by="tests", today=date(2026, 5, 4))
    text = await checks(visitor, code)
    assert "It is genuine, but not all of it stands any more." in text
    assert "Attendance register Stands" in text
    assert "Does not stand taken out of the record on 4 May 2026" in text
    assert "Only for us" not in text


async def test_it_ends_by_itself_and_when_it_is_taken_back(visitor: Visitor, learnt: World) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About HARM"))
    with time_machine.travel(LATER):
        assert "it has ended or was taken back" in await is_refused(visitor, code)
    await checks(visitor, code)
    await visitor.becomes(learnt.ann)
    withdrawal = f"{MINE}/1/withdrawal"
    assert "Take back the passport that you made on 4 May 2026?" in await visitor.reads(withdrawal)
    await visitor.sends(withdrawal, {}, form=withdrawal)
    assert "Taken back on 4 May 2026." in await visitor.reads(MINE)
    assert (await visitor.opens(withdrawal)).status_code == 404
    assert "it has ended or was taken back" in await is_refused(visitor, code)


async def test_it_goes_with_somebody_who_leaves_and_not_past_their_being_erased(
    visitor: Visitor, learnt: World, empty: Database
) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About HARM", days="90"))
    async with empty.writing() as session:
        ended = update(Post).where(Post.practitioner_id == learnt.ann.id).values(ended_on=date(2026, 5, 3))
        await session.execute(ended)
    assert "all of it still stands" in await checks(visitor, code)
    async with empty.writing() as session:
        await erase(session, [learnt.ann.id], "asked for")
    await is_refused(visitor, code)
    async with empty.reading() as session:
        for table in (Passport, PassportEntry, PassportLook):
            assert (await session.scalars(select(table))).all() == []


async def test_what_cannot_be_made_is_told_and_ticks_are_kept(visitor: Visitor, learnt: World) -> None:
    await visitor.becomes(learnt.ann)
    nothing = await visitor.sends(MINE, {"days": "7"}, form=MINE)
    assert (nothing.status_code, "Nothing is ticked" in nothing.text) == (422, True)
    assert nothing.text.count(" checked") == 1, "and not all of it again"
    for days in ("", "365", "-1", "x"):
        answer = await makes(visitor, "About HARM", days=days)
        assert (answer.status_code, "How long it is good is not chosen" in answer.text) == (422, True), days
        assert answer.text.count(" checked") == 1
    of_another = await visitor.sends(MINE, {"shown-1-2026-03-02": "yes", "days": "7"}, form=MINE)
    assert of_another.status_code == 422, "of somebody else there is nothing to tick"
    for _ in range(MOST):
        code_on(await makes(visitor, "About HARM"))
    assert "You have 10 passports already" in (await makes(visitor, "About HARM")).text


async def test_nobody_takes_another_s_passport_back_or_prints_it(visitor: Visitor, learnt: World) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About HARM"))
    await visitor.becomes(learnt.bob)
    assert (await visitor.opens(f"{MINE}/1/withdrawal")).status_code == 404
    assert (await visitor.sends(f"{MINE}/1/withdrawal", {}, form=MINE + "?")).status_code == 404
    assert (await visitor.sends(f"{MINE}/paper", {"code": code}, form="/me/completions/new")).status_code == 404
    await checks(visitor, code)


async def test_guessing_codes_is_limited_for_each_network(visitor: Visitor, learnt: World) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About HARM"))
    assert "The code has 16 letters and digits" in await is_refused(visitor, "ABC")
    for number in range(WRONG_CODES):
        guess = f"{number:04}".translate(str.maketrans("0123456789", "ABCDEFGHJK"))
        assert "There is no passport with this code" in await is_refused(visitor, f"2222-3333-4444-{guess}")
    assert "Very many wrong codes" in await is_refused(visitor, "2222-3333-4444-5555")
    assert "Very many wrong codes" in await is_refused(visitor, code), "the right one neither"


async def test_what_the_person_disputes_is_said_beside_that_it_stands(
    visitor: Visitor, learnt: World, empty: Database
) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About CSA-INTRO", "About HARM"))
    assert "isputed" not in await checks(visitor, code)
    async with empty.writing() as session:
        done = select(Completion).where(Completion.practitioner_id == learnt.ann.id).order_by(Completion.id)
        fact = (await session.scalars(done)).all()[0].fact
        team = await Facts(session).team("Assessment")
        await dispute(session, fact, team.agency_id, Wrong.DAY, "Only for us to know")
    text = await checks(visitor, code)
    assert text.count("Stands Disputed") == 1
    assert "Ann Reed says that what is marked as disputed is not right; their agency has still to decide." in text
    assert "Only for us" not in text
    await visitor.becomes(learnt.ann)
    assert "disputed" in text_of((await visitor.opens("/me/record.pdf")).content)


async def test_the_passport_and_the_record_are_papers(visitor: Visitor, learnt: World) -> None:
    await visitor.becomes(learnt.ann)
    code = code_on(await makes(visitor, "About CSA-INTRO"))
    for paper in (
        await visitor.sends(f"{MINE}/paper", {"code": code}, form=MINE),
        await visitor.opens("/me/record.pdf"),
    ):
        assert paper.headers["content-type"] == "application/pdf"
        assert re.fullmatch(
            r'attachment; filename="training-(passport|record)-2026-05-04.pdf"', paper.headers["content-disposition"]
        )
        assert paper.content.startswith(b"%PDF-1.7")
        assert b"/StructTreeRoot" in paper.content
        assert "Social worker, Harbour Council" in text_of(paper.content)


async def test_whoever_has_nothing_in_their_record_is_told_what_to_do(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.bob)
    assert "Record something you have done first." in await visitor.reads(MINE)
    assert (await visitor.opens("/me/record.pdf")).status_code == 200
