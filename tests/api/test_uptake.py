"""Figures for other systems: those of the pages, and no more."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.conftest import COUNCIL, SURGERY, System
from tests.facts import Facts, published
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.uptake.suppression import REMAINDER

ROLL = ["Ivy Ash", "Jo Birch", "Kai Cole", "Lou Dean", "Max Elm", "Nia Ford"]


@pytest.fixture
async def grown(world: World, empty: Database) -> None:
    """Six more people at the surgery have what is expected, and its name is no longer too small to stand alone."""
    async with empty.writing() as session:
        facts = Facts(session)
        course = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        desk = await facts.team("Front desk", agency=await facts.agency(SURGERY))
        role = await facts.role("Receptionist", sector="General practice")
        for name in ROLL:
            await facts.completed(await facts.post(name, team=desk, role=role), course, date(2026, 1, 5))
    await published(empty, TODAY)


async def figures(system: System, **parameters: str) -> list[dict[str, Any]]:
    answer = await system.gets("/api/uptake", **parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["figures"]
    return found


@pytest.mark.usefixtures("grown")
async def test_a_partnership_s_system_reads_what_its_table_shows_and_not_what_it_suppresses(
    visitor: Visitor, world: World, partnership: System
) -> None:
    read = await figures(partnership)
    await visitor.becomes(world.pia)
    table = csv.DictReader(io.StringIO((await visitor.opens("/partnership/uptake.csv")).text.lstrip("\ufeff")))
    shown = [
        (
            line["agency"].partition(":")[0],
            line["expectation"],
            *(float(line[word]) if line[word][0].isdigit() else None for word in ("measured", "met", "percent")),
            "" if line["met"][0].isdigit() else line["met"],
        )
        for line in table
    ]
    assert shown == [
        tuple(one[key] for key in ("agency", "expectation", "n", "met", "percent", "word")) for one in read
    ]
    assert {one["word"] for one in read} == {"", "suppressed"}


async def test_few_people_are_suppressed_and_their_agencies_merged_by_name(
    partnership: System, empty: Database
) -> None:
    await published(empty, TODAY)
    answer = (await partnership.gets("/api/uptake")).json()
    assert (answer["of"], answer["as_at"]) == ("Harbour Safeguarding Partnership", "2026-05-04")
    assert answer["merged"] == [SURGERY, COUNCIL]
    (line, _own) = sorted(answer["figures"], key=lambda one: one["expectation"])
    assert line["agency"] == REMAINDER
    assert (line["n"], line["met"], line["percent"], line["word"]) == (None, None, None, "suppressed")


@pytest.mark.usefixtures("grown")
async def test_an_agency_s_system_reads_its_own_figures_by_expectation(agency: System) -> None:
    answer = (await agency.gets("/api/uptake")).json()
    assert (answer["of"], answer["merged"]) == (COUNCIL, [])
    (line,) = answer["figures"]
    assert line == {
        "agency": COUNCIL,
        "expectation": "CSA",
        "title": line["title"],
        "target_percent": 90.0,
        "n": 6,
        "met": 4,
        "percent": 66.6,
        "word": "",
        "as_at": "2026-05-04",
    }
    assert not any(word in str(answer) for word in (SURGERY, "DESK", *ROLL))


async def test_figures_are_of_the_day_that_is_asked_for(agency: System) -> None:
    (line,) = await figures(agency, on="2026-02-01")
    assert line["met"] == 1, "Mia, Lee and Pia did it in March"
    assert (await agency.gets("/api/uptake", on="2026-02-01")).json()["as_at"] == "2026-02-01"


@pytest.mark.parametrize("on", ["2026-05-05", "1999-12-31", "0001-01-01", "9999-12-31", "2026-02-30", "soon", ""])
async def test_a_day_of_which_nothing_is_told_is_refused(agency: System, partnership: System, on: str) -> None:
    for system in (agency, partnership):
        answer = await system.gets("/api/uptake", on=on)
        assert answer.status_code == 400, answer.text
        assert answer.json()["field"] == "on"
        assert answer.json()["problem"]
        assert answer.json()["mend"]
