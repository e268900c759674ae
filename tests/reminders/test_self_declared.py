"""What a person says they have done and a manager has still to confirm: their e-mails say so, as My training does."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
import time_machine

from tests.facts import Facts
from tests.reminders.planning import plan, written
from tests.reminders.reading import read
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.mail.outbox import Draft
from training_tracker.people.models import Post, Practitioner
from training_tracker.people.posts import posts_of
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.reminders.nudging import nudge

DUE, SAID = date(2026, 6, 10), date(2026, 6, 1)
WAITS = "on 2 June 2026: it waits for your manager to confirm."
ADDRESS = "https://learn.agency.example/briefing"


async def said(facts: Facts, *codes: str, started_on: date = date(2026, 5, 11)) -> Post:
    """Ann says on 2 June that she did what is asked of her with a certificate, within 30 days of her first."""
    items = [await facts.item(code) for code in ("BRIEFING", *codes)]
    for item in items:
        item.address = f"https://learn.agency.example/{item.code.lower()}"
    await facts.version(
        await facts.expectation("BRIEFING"), items, least_strength=Strength.CERTIFICATE_SEEN, amount=len(items)
    )
    post = await facts.post(started_on=started_on)
    new = NewCompletion(post.practitioner_id, items[0].id, SAID, strength=Strength.SELF_DECLARED, source="Own record")
    with time_machine.travel(datetime(2026, 6, 2, 9, tzinfo=UTC), tick=False):
        await record_completion(facts.session, new, by="ann-reed@agency.example", today=date(2026, 6, 2))
    return post


def texts(letters: Mapping[int, object]) -> list[str]:
    (letter,) = letters.values()
    assert isinstance(letter, Draft)
    return [re.sub(r"\s+", " ", part) for part in (letter.text, read(letter.html).text, letter.html)]


async def test_a_digest_says_what_waits_to_be_confirmed_and_does_not_send_them_to_do_it_again(empty: Database) -> None:
    async with empty.writing() as session:
        await said(Facts(session))
    await plan(empty, DUE)
    for text in texts(await written(empty, DUE)):
        assert f"You recorded this {WAITS}" in text
        assert "10 June 2026" in text
        assert ADDRESS not in text


async def test_of_several_items_it_says_which_waits_and_where_the_others_are_done(empty: Database) -> None:
    async with empty.writing() as session:
        await said(Facts(session), "WORKSHOP")
    await plan(empty, DUE)
    text, page, html = texts(await written(empty, DUE))
    for part in (text, page):
        assert f"You recorded “About BRIEFING” {WAITS}" in part
    assert "https://learn.agency.example/workshop" in text
    assert "https://learn.agency.example/workshop" in html
    assert ADDRESS not in text + html


async def test_a_welcome_and_a_nudge_say_it_too(empty: Database) -> None:
    async with empty.writing() as session:
        post = await said(Facts(session), started_on=date(2026, 6, 8))
    assert [letter.kind for letter in (await plan(empty, DUE)).letters] == ["welcome"]
    for text in texts(await written(empty, DUE)):
        assert f"You recorded this {WAITS}" in text
    async with empty.writing() as session:
        ann = await session.get_one(Practitioner, post.practitioner_id)
        mia = (await Facts(session).post("Mia Ford")).practitioner_id
        await nudge(
            session, ann, await posts_of(session, ann.id), DUE, asked_by=mia, by="mia-ford@agency.example", every=14
        )
    letters = await written(empty, DUE)
    newest = {number: letters[number] for number in (max(letters),)}
    for text in texts(newest):
        assert f"You recorded this {WAITS}" in text


@pytest.mark.parametrize("strength", [Strength.SELF_DECLARED, Strength.CERTIFICATE_SEEN])
async def test_what_somebody_else_says_or_nobody_has_said_waits_for_nobody(empty: Database, strength: Strength) -> None:
    """Of another person, or of a day before what is recorded with a certificate."""
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("BRIEFING")
        await facts.version(
            await facts.expectation("BRIEFING"), [course], period_months=12, least_strength=Strength.CERTIFICATE_SEEN
        )
        ann = await facts.post()
        other = ann if strength is Strength.CERTIFICATE_SEEN else await facts.post("Bob Hall", started_on=DUE)
        await facts.completed(ann, course, date(2025, 6, 10), strength=Strength.CERTIFICATE_SEEN)
        await facts.completed(
            other, course, date(2025, 6, 10 if other is not ann else 9), strength=Strength.SELF_DECLARED
        )
    assert [letter.name for letter in (await plan(empty, DUE)).digests] == ["Ann Reed"]
    for letter in (await written(empty, DUE)).values():
        if isinstance(letter, Draft) and letter.to == "ann-reed@agency.example":
            assert "confirm" not in letter.text
