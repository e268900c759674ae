"""An agency's lead looks at its e-mails, gives them words of its own, and tries them on nobody else."""

import re

from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.people.models import Agency
from training_tracker.reminders.ladder import USUAL, Ladder
from training_tracker.reminders.ladders import ladders_by_agency
from training_tracker.reminders.models import LetterWording
from training_tracker.web.emails import OF_AGENCIES

DIGEST = "/agency/e-mails/digest"


async def _look_at(visitor: Visitor, email: str) -> str:
    """The address of the page that shows somebody's digest."""
    sent = await visitor.sends(f"{DIGEST}/person", {"person": email}, form=DIGEST)
    assert sent.status_code == 303, seen(sent.text)
    return sent.headers["location"]


async def test_a_lead_reads_an_e_mail_as_one_of_their_people_would_get_it(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    assert "Reminder" in await visitor.reads("/agency/e-mails")
    where = await _look_at(visitor, "ann-reed@agency.example")
    assert "ann" not in where.lower()
    page = await visitor.opens(where)
    assert "As Ann Reed would read it today" in page.text
    html = await visitor.opens(where.replace("digest?", "digest/html?"))
    assert "Hello Ann Reed" in html.text
    assert "style-src 'unsafe-inline'" in html.headers["content-security-policy"]
    assert html.headers["x-frame-options"] == "SAMEORIGIN"


async def test_every_kind_has_a_name_and_says_when_it_comes(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    html = (await visitor.opens("/agency/e-mails")).text
    for kind in OF_AGENCIES:
        assert re.search(rf'href="/agency/e-mails/{kind}[^"]*">\w[^<]+</a></th>\s*<td[^>]*>\w', html), kind


async def test_words_of_its_own_are_kept_and_an_empty_field_goes_back_to_the_usual(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    where = await _look_at(visitor, "ann-reed@agency.example")
    words = where.replace("digest?", "digest/words?")
    sent = await visitor.sends(words, {"opening": "Good morning from the training team.", "closing": ""}, form=where)
    assert sent.status_code == 303
    assert "Good morning from the training team." in (await visitor.opens(sent.headers["location"])).text
    assert "in your own words" in await visitor.reads("/agency/e-mails")
    async with empty.reading() as session:
        (own,) = await session.scalars(select(LetterWording))
        assert (own.place, own.set_by) == ("opening", "lee-shaw@agency.example")
    await visitor.sends(words, {"opening": " "}, form=where)
    async with empty.reading() as session:
        assert not list(await session.scalars(select(LetterWording)))


async def test_words_that_are_too_long_are_refused_and_what_was_typed_is_kept(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    sent = await visitor.sends(
        f"{DIGEST}/words", {"opening": "Good morning.", "closing": "so long " * 300}, form=DIGEST
    )
    assert sent.status_code == 422
    assert "This is too long" in sent.text
    assert "Good morning." in sent.text
    async with empty.reading() as session:
        assert not list(await session.scalars(select(LetterWording)))


async def test_a_test_goes_to_the_lead_alone(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    where = await _look_at(visitor, "ann-reed@agency.example")
    sent = await visitor.sends(where.replace("digest?", "digest/test?"), {}, form=where)
    assert sent.status_code == 303
    assert "goes to lee-shaw@agency.example" in await visitor.reads(where)
    async with empty.reading() as session:
        (message,) = await session.scalars(select(Message))
        assert message.to == "lee-shaw@agency.example"
        assert message.subject.startswith("Test: ")


async def test_where_there_is_nothing_to_tell_the_page_says_so_and_no_test_goes(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    where = (await _look_at(visitor, "bob-hall@agency.example")).replace("digest", "escalation")
    assert "there is nothing of which an escalation could tell" in await visitor.reads(where)
    assert (await visitor.opens(where.replace("escalation?", "escalation/html?"))).status_code == 400
    sent = await visitor.sends(where.replace("escalation?", "escalation/test?"), {}, form=where)
    assert sent.status_code == 422
    async with empty.reading() as session:
        assert not list(await session.scalars(select(Message)))


async def test_nobody_of_another_agency_can_be_looked_at(visitor: Visitor, world: World) -> None:
    """Dot works for both: what the surgery expects of her is not the council's to read."""
    await visitor.becomes(world.lee)
    for somebody in (world.cas, world.dot):
        sent = await visitor.sends(f"{DIGEST}/person", {"person": somebody.email or ""}, form=DIGEST)
        assert sent.status_code == 422
        assert "and for no other agency has this address" in sent.text
        for page in ("digest", "digest/html"):
            assert (await visitor.opens(f"/agency/e-mails/{page}?person={somebody.id}")).status_code == 404
    for kind in ("campaign", "confirmation"):  # what other agencies sent and recorded is in them
        assert (await visitor.opens(f"/agency/e-mails/{kind}?person={world.ann.id}")).status_code == 404
        assert (await visitor.opens(f"/agency/e-mails/{kind}")).status_code == 200
    assert (await visitor.opens("/agency/e-mails/partnership-summary")).status_code == 404
    assert (await visitor.opens("/agency/e-mails/nonsense")).status_code == 404


async def test_nobody_else_sets_an_agency_s_e_mails(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        surgery = await Facts(session).agency("Bay Surgery")
    await visitor.becomes(world.lee)
    for path in ("", "/digest"):
        assert (await visitor.opens(f"/agency/e-mails{path}?agency={surgery.id}")).status_code == 404
    sent = await visitor.sends(f"/agency/e-mails/ladder?agency={surgery.id}", {"after": "1"}, form="/agency/e-mails")
    assert sent.status_code == 404
    for somebody in (world.mia, world.pia, world.ann):
        await visitor.becomes(somebody)
        assert (await visitor.opens("/agency/e-mails")).status_code == 404
        assert (await visitor.opens(DIGEST)).status_code == 404


async def test_an_agency_says_when_its_people_are_reminded(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    fields = {"before": "30, 7", "after": "", "escalate-after": "14"}
    sent = await visitor.sends("/agency/e-mails/ladder", fields, form="/agency/e-mails")
    assert sent.status_code == 303
    text = await visitor.reads("/agency/e-mails")
    assert "Now: 30, 7 days before; on the day; the manager after 14 days." in text
    async with empty.reading() as session:
        assert list((await ladders_by_agency(session)).values()) == [Ladder((30, 7), (), False, 14)]
    await visitor.sends("/agency/e-mails/ladder", fields | {"usual": "yes"}, form="/agency/e-mails")
    assert f"Now: {USUAL}. This is the usual way." in await visitor.reads("/agency/e-mails")


async def test_a_ladder_that_nobody_can_read_is_refused_at_its_field(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    good = {"before": "30", "after": "7", "escalate-after": "14"}
    for field, wrong in (("before", "soon"), ("after", "400"), ("escalate-after", ""), ("escalate-after", "7, 14")):
        sent = await visitor.sends("/agency/e-mails/ladder", good | {field: wrong}, form="/agency/e-mails")
        assert sent.status_code == 422, (field, wrong)
        assert f'href="#{field}"' in sent.text


async def test_answers_go_where_the_agency_says(visitor: Visitor, world: World, empty: Database) -> None:
    await visitor.becomes(world.lee)
    sent = await visitor.sends("/agency/e-mails/answers", {"address": "not one"}, form="/agency/e-mails")
    assert sent.status_code == 422
    await visitor.sends("/agency/e-mails/answers", {"address": "help@harbour.example"}, form="/agency/e-mails")
    assert "Now: help@harbour.example" in await visitor.reads("/agency/e-mails")
    async with empty.reading() as session:
        agencies = await session.scalars(select(Agency).where(Agency.contact_email.is_not(None)))
        assert [agency.name for agency in agencies] == ["Harbour Council"]
    await visitor.sends("/agency/e-mails/answers", {"address": ""}, form="/agency/e-mails")
    assert "Now: help@harbour.example" not in await visitor.reads("/agency/e-mails")
