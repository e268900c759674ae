"""No text can become a header, a recipient or a command that it should not be."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.policy import default as modern

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.mail.letters import settings_for
from training_tracker.mail.composing import address, as_email
from training_tracker.mail.models import Message

SETTINGS = settings_for(25)
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Id", "MIME-Version", "Content-Type"]
texts = st.text(max_size=120) | st.text(alphabet='ab \r\n\t,;:<>@"\\()é=?.\0\x0b\x85\u2028', max_size=40)


def _arrived(to: str, subject: str) -> EmailMessage:
    message = Message(
        key="digest:1",
        to=to,
        subject=subject,
        text="Text.\n",
        html="<p>Text.</p>\n",
    )
    read = message_from_bytes(as_email(message, SETTINGS).as_bytes(policy=SMTP), policy=modern)
    assert isinstance(read, EmailMessage)
    return read


@given(subject=texts)
@example("Your training\n")
@example("Your training\r\nBcc: other@agency.example")
@example("Your training\r")
@example("Your =?utf-8?q?training=0d=0aBcc=3a_y?=")
def test_no_subject_adds_a_header(subject: str) -> None:
    try:
        email = _arrived("ann@agency.example", subject)
    except ValueError:
        return
    assert [name for name, _ in email.items()] == HEADERS
    assert not email.defects


@given(to=texts | st.builds("{} <{}@agency.example>".format, texts, texts))
@example("ann@agency.example\n")
@example("ann@agency.example\r\nBcc: other@agency.example")
@example("ann@agency.example, other@agency.example")
@example("other@agency.example <ann@agency.example>")
@example("=?utf-8?q?x=0d=0aBcc=3a_y?= <ann@agency.example>")
def test_no_recipient_adds_a_header_or_a_second_recipient(to: str) -> None:
    try:
        email = _arrived(to, "Your training")
    except ValueError:
        return
    assert [name for name, _ in email.items()] == HEADERS
    assert len(email["To"].addresses) == 1


@pytest.mark.parametrize(
    "to",
    [
        "ann@agency.example\n",
        "ann@agency.example\r\nBcc: other@agency.example",
        "ann@agency.example, other@agency.example",
        "ann@agency.example other@agency.example",
        "ann",
        "@agency.example",
        "ann@",
        "<ann@agency.example",
        "ann@agency.example>",
        "<>",
        "",
    ],
)
def test_what_is_not_exactly_one_address_is_refused(to: str) -> None:
    with pytest.raises(ValueError, match=r"address|header"):
        address(to)


@pytest.mark.parametrize(
    ("to", "name", "spec"),
    [
        ("ann@agency.example", "", "ann@agency.example"),
        ("<ann@agency.example>", "", "ann@agency.example"),
        ("Ann Reed <ann@agency.example>", "Ann Reed", "ann@agency.example"),
        ("Reed, Ann <ann@agency.example>", "Reed, Ann", "ann@agency.example"),
        ('"Reed, Ann" <ann@agency.example>', "Reed, Ann", "ann@agency.example"),
        ("Zoë O’Neil <zoe.o'neil+x@agency.example>", "Zoë O’Neil", "zoe.o'neil+x@agency.example"),
    ],
)
def test_an_address_is_read_with_or_without_a_name(to: str, name: str, spec: str) -> None:
    read = address(to)
    assert (read.display_name, read.addr_spec) == (name, spec)
    (arrived,) = _arrived(to, "Your training")["To"].addresses
    assert (arrived.display_name, arrived.addr_spec) == (name, spec)
