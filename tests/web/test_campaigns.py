"""Campaigns from the pages: looked at before they go, and who has read them is for their own agency to see."""

import re

from sqlalchemy import select

from tests.facts import Facts
from tests.web.conftest import Visitor, World, seen
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.reminders.campaigns import acknowledge
from training_tracker.reminders.models import Campaign

NEW = "/campaigns/new"
FIELDS = {
    "item": "CSA-INTRO",
    "subject": "A reminder about medicals",
    "words": "A medical is always holistic.\r\n\r\nAsk for one.",
    "role-local-authority-social-worker": "yes",
}


async def _messages(database: Database) -> list[str]:
    async with database.reading() as session:
        return [message.to for message in await session.scalars(select(Message).order_by(Message.to))]


async def test_a_campaign_is_looked_at_first_and_goes_only_when_it_is_confirmed(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    assert "There has been none yet." in await visitor.reads("/campaigns")
    looked_at = await visitor.sends("/campaigns", FIELDS, form=NEW)
    assert looked_at.status_code == 200
    text = seen(looked_at.text)
    assert "Send this to 6 people?" in text
    assert "A medical is always holistic." in text
    assert await _messages(empty) == []
    sent = await visitor.sends("/campaigns", FIELDS | {"confirmed": "yes"}, form=NEW)
    assert sent.status_code == 303
    text = await visitor.reads(sent.headers["location"])
    assert "It goes to 6 people" in text
    assert "Ann Reed waiting not yet" in text
    assert "Cas Moor" not in text
    assert len(await _messages(empty)) == 6
    assert "A reminder about medicals" in await visitor.reads("/campaigns")


async def test_what_was_typed_is_kept_on_the_way_back_and_by_a_refusal(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    back = await visitor.sends("/campaigns/again", FIELDS, form=NEW)
    for kept in ('value="A reminder about medicals"', "A medical is always holistic.", 'value="CSA-INTRO" selected'):
        assert kept in back.text
    assert re.search(r'name="role-local-authority-social-worker"[^>]*checked', back.text)
    nobody = {name: value for name, value in FIELDS.items() if not name.startswith("role-")}
    wrong = {
        "subject": FIELDS | {"subject": "About sexual abuse"},
        "words": FIELDS | {"words": " "},
        "item": FIELDS | {"item": ""},
        "role": nobody,
    }
    for field, fields in wrong.items():
        refused = await visitor.sends("/campaigns", fields | {"confirmed": "yes"}, form=NEW)
        assert refused.status_code == 422, field
        assert f'href="#{field}"' in refused.text, field
        assert f'id="{field}"' in refused.text, field
    assert await _messages(empty) == []


async def test_a_partnership_s_lead_sees_nobody_s_name_and_numbers_in_steps(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.pia)
    both = FIELDS | {"role-general-practice-receptionist": "yes"}
    looked_at = await visitor.sends("/campaigns", both, form=NEW)
    assert "Send this to everybody in these roles?" in seen(looked_at.text)
    sent = await visitor.sends("/campaigns", both | {"confirmed": "yes"}, form=NEW)
    where = sent.headers["location"]
    async with empty.writing() as session:
        (campaign,) = await session.scalars(select(Campaign))
        await acknowledge(session, campaign.id, world.ann.id)
    text = await visitor.reads(where)
    assert "It goes to everybody in these roles within" in text
    assert "people it was for at least 5" in text, "of seven"
    assert "have said that they read it fewer than 5" in text
    assert "Ann" not in text
    assert "at least 5 fewer than 5 fewer than 5" in await visitor.reads("/campaigns")
    await visitor.becomes(world.lee)
    assert (await visitor.opens(where)).status_code == 404
    assert "medicals" not in await visitor.reads("/campaigns")


async def test_a_partnership_chooses_among_roles_whoever_holds_them_and_hears_the_same_where_nobody_does(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """Or it would know of the only holder of a role that they left."""
    async with empty.writing() as session:
        await Facts(session).role("Practice nurse", sector="General practice")
    await visitor.becomes(world.lee)
    assert "Practice nurse" not in await visitor.reads(NEW)
    await visitor.becomes(world.pia)
    assert "Practice nurse" in await visitor.reads(NEW)
    ask = {name: value for name, value in FIELDS.items() if not name.startswith("role-")}
    for role in ("receptionist", "practice-nurse"):
        of_one = ask | {f"role-general-practice-{role}": "yes"}
        assert "Send this to everybody in these roles?" in (await visitor.sends("/campaigns", of_one, form=NEW)).text
        sent = await visitor.sends("/campaigns", of_one | {"confirmed": "yes"}, form=NEW)
        text = await visitor.reads(sent.headers["location"])
        assert "It goes to everybody in these roles within" in text
        assert "people it was for fewer than 5" in text


async def test_nobody_sends_for_an_agency_that_is_not_theirs(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        surgery = await Facts(session).agency("Bay Surgery")
    await visitor.becomes(world.lee)
    for sender in (f"agency-{surgery.id}", "partnership-1", "nonsense"):
        assert (await visitor.opens(f"{NEW}?sender={sender}")).status_code == 404, sender
        sent = await visitor.sends(f"/campaigns?sender={sender}", FIELDS | {"confirmed": "yes"}, form=NEW)
        assert sent.status_code == 404, sender
    assert await _messages(empty) == []
