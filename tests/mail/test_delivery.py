"""What arrives at a mail server that takes everything."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.mail.letters import draft, only, outbox, plan, plan_many, settings_for, states
from tests.mail.servers import MailServer, mail_server
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.models import MessageState
from training_tracker.settings import Settings


async def test_a_message_is_sent_once_and_marked_sent(empty: Database, server: MailServer, settings: Settings) -> None:
    await plan(empty, draft(1))
    assert await deliver(empty, settings) == Delivered(sent=1)
    assert await deliver(empty, settings) == Delivered()
    (letter,) = server.letters
    assert letter.sender == "training@tracker.example"
    assert letter.recipients == ("person1@agency.example",)
    message = await only(empty)
    assert message.state is MessageState.SENT
    assert message.attempts == 1
    assert message.claimed_until is None
    assert message.sent_at is not None
    assert message.last_error is None


async def test_an_empty_outbox_does_not_trouble_the_mail_server(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    assert await deliver(empty, settings) == Delivered()
    assert server.greeted == set()


async def test_many_messages_go_in_the_order_of_planning_over_one_connection(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    await plan_many(empty, 230)  # more than two claims
    assert await deliver(empty, settings) == Delivered(sent=230)
    assert server.subjects == [f"Your training {number}" for number in range(230)]
    assert len(server.greeted) == 1


async def test_a_server_that_closes_after_some_messages_is_connected_to_anew(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    server.behaviour.letters_per_connection = 4
    await plan_many(empty, 10)
    assert await deliver(empty, settings) == Delivered(sent=10)
    assert server.subjects == [f"Your training {number}" for number in range(10)]
    assert len(server.greeted) == 3
    assert {message.attempts for message in await outbox(empty)} == {1}


async def test_an_email_carries_what_it_should(empty: Database, server: MailServer, settings: Settings) -> None:
    settings = settings.model_copy(update={"mail_reply_to": "Safeguarding Team <safeguarding@agency.example>"})
    text = "Dear Zoë,\n.one thing is due – soon.\n" + "long " * 400 + "\n"
    html = "<p>Dear Zoë, <b>one thing</b> is due – soon." + "long " * 400 + "</p>\n"
    planned, sent = (datetime(2026, 11, day, 8, 15, tzinfo=UTC) for day in (24, 27))
    with time_machine.travel(planned, tick=False) as clock:
        await plan(
            empty,
            draft(
                1,
                to='"Bennett, Zoë" <zoe.bennett@agency.example>',
                subject="Your training – November, and quite a lot more of it than fits one line of a header: Zoë’s",
                text=text,
                html=html,
            ),
        )
        clock.move_to(sent)
        await deliver(empty, settings)
    (letter,) = server.letters
    email = letter.email
    assert str(email["From"]) == "Training Tracker <training@tracker.example>"
    assert str(email["To"]) == '"Bennett, Zoë" <zoe.bennett@agency.example>'
    assert str(email["Reply-To"]) == "Safeguarding Team <safeguarding@agency.example>"
    assert str(email["Subject"]).startswith("Your training – November, and quite")
    assert str(email["Subject"]).endswith("Zoë’s")
    assert email["Date"].datetime == sent, "filters take an older date for a mark of junk"
    assert str(email["Auto-Submitted"]) == "auto-generated"
    assert letter.message_id.endswith("@tracker.example>")
    assert letter.recipients == ("zoe.bennett@agency.example",)
    plain, rich = email.get_body(("plain",)), email.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert email.get_content_type() == "multipart/alternative"
    assert plain.get_content().replace("\r\n", "\n") == text
    assert rich.get_content().replace("\r\n", "\n") == html
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998
    assert b"\n" not in letter.content.replace(b"\r\n", b"")


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_server_that_knows_only_seven_bits_gets_the_same_words(empty: Database) -> None:
    with mail_server(decode_data=True) as server:
        await plan(empty, draft(1, text="Dear Zoë – soon.\n", html="<p>Dear Zoë – soon.</p>\n"))
        assert await deliver(empty, settings_for(server.port)) == Delivered(sent=1)
    (letter,) = server.letters
    plain = letter.email.get_body(("plain",))
    assert plain is not None
    assert letter.content.isascii()
    assert plain.get_content().strip() == "Dear Zoë – soon."


async def test_every_attempt_at_a_message_bears_the_same_message_id_and_no_two_messages_share_one(
    empty: Database, server: MailServer, settings: Settings
) -> None:
    await plan(empty, draft(1), draft(2))
    server.behaviour.drop_after_taking = True
    await deliver(empty, settings)
    server.behaviour.drop_after_taking = False
    with time_machine.travel(datetime.now(UTC).replace(year=2099), tick=True):
        await deliver(empty, settings)
    assert await states(empty) == {"sent": 2}
    copies = server.copies
    assert len(copies) == 2
    assert max(copies.values()) > 1
