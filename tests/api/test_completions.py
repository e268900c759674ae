"""Completions that an agency's own system sends: taken as a spreadsheet's are, of its own people alone."""

from datetime import date
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import select, text

from tests.api.conftest import SURGERY, System, token_for
from tests.facts import Facts
from tests.web.apps import app_of
from tests.web.conftest import World
from training_tracker.access.models import TokenScope
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.people.models import EmployeeNumber, Practitioner
from training_tracker.records.models import Completion, FeedReceipt
from training_tracker.records.recording import void_completion
from training_tracker.settings import Settings

BOB, CAS, DOT = (f"{name}@agency.example" for name in ("bob-hall", "cas-moor", "dot-vale"))
CSV = "e-mail,item,completed on,hours\nbob-hall@agency.example,CSA-INTRO,14/04/2026,1.5\n"


def row(email: str = BOB, on: Any = "2026-04-14", **others: Any) -> dict[str, Any]:
    return {"e-mail": email, "item": "CSA-INTRO", "completed on": on} | others


async def recorded(database: Database, name: str = "Bob Hall") -> list[tuple[date, float | None, str, str]]:
    query = (
        select(Completion.completed_on, Completion.hours, Completion.source, Completion.recorded_by)
        .join(Practitioner, Practitioner.id == Completion.practitioner_id)
        .where(Practitioner.name == name)
    )
    async with database.reading() as session:
        return [(at, hours, source, by) for at, hours, source, by in await session.execute(query)]


@pytest.mark.parametrize("sent", [[row(hours=1.5)], CSV], ids=["JSON", "CSV"])
async def test_completions_come_as_json_and_as_csv_and_twice_is_once(
    learning: System, empty: Database, sent: Any
) -> None:
    media = "text/csv; charset=utf-8" if isinstance(sent, str) else "application/json"
    assert (await learning.sends(sent, media=media, dry_run="true")).json() == {
        "dry_run": True,
        "rows": 1,
        "accepted": 1,
        "unchanged": 0,
        "refused": [],
        "notes": [],
        "ignored_columns": [],
    }
    assert await recorded(empty) == []
    first = (await learning.sends(sent, media=media)).json()
    assert (first["dry_run"], first["accepted"], first["unchanged"]) == (False, 1, 0)
    again = (await learning.sends(sent, media=media)).json()
    assert (again["accepted"], again["unchanged"]) == (0, 1)
    assert await recorded(empty) == [(date(2026, 4, 14), 1.5, "", "token Learning system")]


async def test_each_refused_row_says_why_and_the_others_are_taken(learning: System, empty: Database) -> None:
    answer = await learning.sends([row(), row() | {"E Mail Address": None}])
    assert answer.status_code == 400, "a column that is there twice is told before anything is taken"
    assert answer.json()["problem"] == "Row 2 has the column e-mail twice"
    assert await recorded(empty) == []
    answer = await learning.sends(
        [
            row("nobody@agency.example"),
            row(shelf="3"),
            row(item="CSA-INTRA"),
            row(on="03/04/26"),
            row(hours=True),
            row(evidence="=1+1"),
            {},
            row(on=10**30),
        ]
    )
    told = answer.json()
    assert (answer.status_code, told["rows"], told["accepted"]) == (200, 8, 1)
    assert told["ignored_columns"] == ["shelf"]
    assert [(one["row"], one["field"]) for one in told["refused"]] == [
        (1, "e-mail"),
        (3, "item"),
        (4, "completed on"),
        (5, "hours"),
        (6, "evidence"),
        (7, "e-mail"),
        (8, "completed on"),
    ]
    assert all(one["problem"] and one["mend"] for one in told["refused"])
    assert told["refused"][1]["mend"].startswith("Did you mean CSA-INTRO")
    assert len(await recorded(empty)) == 1


async def test_another_agency_s_people_are_as_if_they_were_not_there(
    learning: System, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        surgery = await Facts(session).agency(SURGERY)
        session.add(EmployeeNumber(agency_id=surgery.id, number="0042", practitioner_id=world.cas.id))
    numbered = {"e-mail": "", "agency": SURGERY, "employee number": "0042"}
    answer = await learning.sends(
        [
            row(CAS),
            row("cas-moore@agency.example"),
            row("zz-nobody@agency.example"),
            row() | numbered,
            row() | numbered | {"agency": "Bay Surgerie"},
            row() | numbered | {"agency": ""},
        ]
    )
    cas, alike, nobody, surgery_s, no_agency_s, own = answer.json()["refused"]
    assert {(one["problem"], one["mend"]) for one in (cas, alike, nobody)} == {
        ("Nobody with this address is known", "Import the person first, or correct it.")
    }
    assert surgery_s["problem"] == no_agency_s["problem"]
    assert surgery_s["problem"] == "The file is for Harbour Council, and this row names another agency"
    assert surgery_s["mend"] == no_agency_s["mend"]
    assert own["problem"] == "This agency has nobody with this number"
    assert await recorded(empty, "Cas Moor") == []
    assert (await learning.sends([row(DOT)])).json()["accepted"] == 1, "who works at both is of this agency too"


async def test_the_answer_does_not_tell_what_another_agency_has_recorded(
    learning: System, world: World, empty: Database, settings: Settings
) -> None:
    """Dot works at both. Whatever the surgery has of her, the council's system hears the same, each time."""
    days = {"not recorded": "2026-04-01", "recorded": "2026-04-02", "with other hours": "2026-04-03"}
    surgery = System(
        learning.client, await token_for(empty, settings, TokenScope.COMPLETIONS, agency=SURGERY, name="Desk")
    )
    await surgery.sends([row(DOT, days["recorded"], hours=2), row(DOT, days["with other hours"], hours=7)])
    for dry_run in ("true", "false", "false", "true"):
        answers = {}
        for what, on in days.items():
            answers[what] = (await learning.sends([row(DOT, on, hours=2)], dry_run=dry_run)).json()
        assert answers["recorded"] == answers["with other hours"] == answers["not recorded"]
    assert (answers["recorded"]["accepted"], answers["recorded"]["unchanged"]) == (0, 1), "a duplicate of its own"
    other_hours = [(await learning.sends([row(DOT, on, hours=3)])).json()["refused"] for on in days.values()]
    assert other_hours[0] == other_hours[1] == other_hours[2] != []
    assert await recorded(empty, "Dot Vale") == [
        (date(2026, 4, 2), 2, "", "token Desk"),
        (date(2026, 4, 3), 7, "", "token Desk"),
        (date(2026, 4, 1), 2, "", "token Learning system"),
    ]


async def test_what_another_agency_voided_comes_by_ones_own_word_and_what_ones_own_people_voided_does_not(
    learning: System, world: World, empty: Database, settings: Settings
) -> None:
    desk = await token_for(empty, settings, TokenScope.COMPLETIONS, agency=SURGERY, name="Desk")
    surgery = System(learning.client, desk)
    here, there, both = "2026-04-01", "2026-04-02", "2026-04-03"
    await learning.sends([row(DOT, here)])
    await surgery.sends([row(DOT, there), row(DOT, both)])
    assert (await learning.sends([row(DOT, both)])).json()["accepted"] == 1
    assert (await recorded(empty, "Dot Vale"))[-1] == (date(2026, 4, 3), 2, "", "token Desk")
    async with empty.writing() as session:
        for one in (await session.scalars(select(Completion))).all():
            if one.practitioner_id == world.dot.id:
                by = "mia-moss@agency.example" if str(one.completed_on) == here else "cas-moor@agency.example"
                await void_completion(session, one.id, reason="Not done", by=by)
    answer = (await learning.sends([row(DOT, here), row(DOT, there), row(DOT, both)])).json()
    assert (answer["accepted"], answer["unchanged"], [one["row"] for one in answer["refused"]]) == (1, 1, [1])
    async with empty.reading() as session:
        standing = await session.execute(
            select(Completion.completed_on, Completion.recorded_by)
            .where(Completion.practitioner_id == world.dot.id, Completion.voided_at.is_(None))
            .order_by(Completion.completed_on)
        )
        assert [(str(on), by) for on, by in standing] == [
            (there, "token Learning system"),
            (both, "token Learning system"),
        ]


async def test_whoever_has_left_may_be_told_of_still(learning: System, empty: Database) -> None:
    async with empty.writing() as session:
        await Facts(session).post("Eve Gray", started_on=date(2024, 1, 8), ended_on=date(2026, 4, 30))
    assert (await learning.sends([row("eve-gray@agency.example")])).json()["accepted"] == 1


async def test_what_the_agency_is_to_send_has_come(learning: System, empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        await facts.feed(await facts.agency(), course, limit_days=30)
    for _ in range(2):
        await learning.sends([row()])
    async with empty.reading() as session:
        receipts = (await session.execute(select(FeedReceipt.as_at, FeedReceipt.source))).all()
    assert [tuple(receipt) for receipt in receipts] == [(date(2026, 5, 4), "API")]


@pytest.mark.parametrize(
    ("sent", "media", "status", "problem"),
    [
        ("", "text/csv", 400, "What was sent is empty"),
        ("", "application/json", 400, "What was sent is no list of rows"),
        ("[]", "application/json", 400, "There are no rows"),
        ("{}", "application/json", 400, "What was sent is no list of rows"),
        ('[{"item": ["x"]}]', "application/json", 400, "What was sent is no list of rows"),
        ('[{"item": "\\ud800"}]', "application/json", 400, "What was sent is no list of rows"),
        ('[{"hours": 1e999}]', "application/json", 400, "What was sent is no list of rows"),
        ("[" * 50_000, "application/json", 400, "What was sent is no list of rows"),
        (b"\xff\xfe", "application/json", 400, "What was sent is no list of rows"),
        ("name\nBob\n", "text/csv", 400, "What was sent lacks the columns item, completed on"),
        (b"%PDF-1.7", "text/csv", 400, "What was sent is a PDF"),
        ("<x/>", "application/xml", 415, "This is neither CSV nor JSON"),
        ("a=b", "application/x-www-form-urlencoded", 415, "This is neither CSV nor JSON"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_cannot_be_read_is_refused_whole(
    learning: System, sent: str | bytes, media: str, status: int, problem: str
) -> None:
    answer = await learning.sends(sent, media=media)
    assert answer.status_code == status, answer.text
    assert answer.json()["problem"].startswith(problem)
    assert answer.json()["mend"]


async def test_odd_characters_change_nothing_but_themselves(learning: System, empty: Database) -> None:
    odd = row(evidence="shelf\u0000 3\u202e", source="Moodle\u0007")
    assert (await learning.sends([odd])).json()["accepted"] == 1
    ((_at, _hours, source, _by),) = await recorded(empty)
    assert source == "Moodle"


async def test_more_than_a_spreadsheet_may_hold_is_refused_before_it_is_read(
    learning: System, settings: Settings, empty: Database
) -> None:
    small = settings.model_copy(update={"import_max_bytes": 2_000})
    async with AsyncTestClient(app_of(small)) as client:
        system = System(client, learning.token)
        assert (await system.sends(CSV + "\n" * 1_900, media="text/csv", dry_run="true")).status_code == 200
        answer = await system.sends(CSV + "\n" * 2_000, media="text/csv")
    assert (answer.status_code, answer.json()["problem"]) == (413, "This is too large to be sent")
    assert await recorded(empty) == []


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_fault_of_ours_is_told_as_one_and_logged_without_a_name(
    learning: System, empty: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    async with empty.writing() as session:
        await session.execute(text("ALTER TABLE completion RENAME TO elsewhere"))
    answer = await learning.sends([row()])
    assert (answer.status_code, answer.json()["problem"]) == (500, "Something went wrong on our side")
    said = "".join(capfd.readouterr())
    assert "api.broken" in said
    assert not any(word in said for word in ("bob-hall", "SELECT", learning.token))
