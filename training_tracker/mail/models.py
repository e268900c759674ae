"""One e-mail in the outbox, addresses that do not work, and what is known of the mail server."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


class MessageState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class Message(Base):
    """``key`` says what the message is; the database refuses a second with the same key.

    ``text`` and ``html`` are empty until it is written, if that is when it is sent; ``withdrawn_because`` says why it
    never was sent.

    A process that delivers it holds it by ``claimed_until``; if the process dies, the claim runs out.
    """

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_state_not_before_id", "state", "not_before", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    reply_to: Mapped[str | None] = mapped_column(String(254))
    state: Mapped[MessageState] = mapped_column(one_of(MessageState), default=MessageState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime]
    not_before: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    withdrawn_because: Mapped[str | None] = mapped_column(Text)


class Refusal(Base):
    """That an address was refused for good with a message: by the mail server, or in a report that came back."""

    __tablename__ = "refusal"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(254), index=True)
    refused_at: Mapped[datetime]


class UndeliverableAddress(Base):
    """An address that was refused for good so often that nothing more is sent to it. In small letters."""

    __tablename__ = "undeliverable_address"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    since: Mapped[datetime]


class MailServerState(Base):
    """What every process that delivers knows of the mail server, in one row.

    ``stopped_because`` says what keeps us from sending anything since ``stopped_at``. ``next_turn`` is the moment from
    which the next message may go where there is a limit to how many a minute.
    """

    __tablename__ = "mail_server_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime | None]
    stopped_because: Mapped[str | None] = mapped_column(Text)
    next_turn: Mapped[datetime | None]


class RejectedLogin(Base):
    """A login that a mail server has rejected, so many times in a row, and when it may be tried again.

    ``login`` is a seal of the server, the name and the password.
    """

    __tablename__ = "rejected_login"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    times: Mapped[int]
    said: Mapped[str] = mapped_column(Text)
    again_at: Mapped[datetime]
