"""One e-mail in the outbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
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
    __table_args__ = (Index("ix_message_state_not_before", "state", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    state: Mapped[MessageState] = mapped_column(one_of(MessageState), default=MessageState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime]
    not_before: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    withdrawn_because: Mapped[str | None] = mapped_column(Text)
