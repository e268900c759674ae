"""What is kept of a person is handed over whole, and nothing that signs anybody in."""

import json
from datetime import date

from tests.facts import Facts
from training_tracker.access.own_data import LEFT_OUT, everything_of, kept_of_people
from training_tracker.database import Base, Database


def test_every_table_that_speaks_of_people_is_handed_over_or_it_is_said_why_not() -> None:
    people = {"practitioner", "post"}
    speak = {
        table.name
        for table in Base.metadata.sorted_tables
        if people & {key.column.table.name for key in table.foreign_keys}
    }
    assert speak <= {table.name for table in kept_of_people()} | LEFT_OUT.keys()


async def test_what_is_kept_is_told_with_names_in_place_of_numbers(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        post = await facts.post("Ann Reed", started_on=date(2024, 1, 8))
        await facts.completed(post, course, date(2025, 3, 14))
        await facts.on_leave(post, date(2026, 1, 1), date(2026, 3, 31))
        await facts.completed(await facts.post("Bob Hall"), course, date(2025, 5, 5))
    async with empty.reading() as session:
        data = await everything_of(session, post.practitioner_id)
    assert data["person"] == [{"name": "Ann Reed", "email": "ann-reed@agency.example"}]
    (done,) = data["what I completed"]
    assert (done["item"], done["completed on"]) == (course.title, "2025-03-14")
    assert data["long leave"][0]["starts on"] == "2026-01-01"
    assert {entry["action"] for entry in data["what was done to my record"]} == {"added"}
    assert "Bob" not in json.dumps(data)
    assert "2025-05-05" not in json.dumps(data)
