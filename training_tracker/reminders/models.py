"""What has been said to whom about which due date."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base


class Reminder(Base):
    """A step of the ladder that a digest has carried: this post, this expectation, this due date, this step."""

    __tablename__ = "reminder"
    __table_args__ = (Index("ix_reminder_practitioner_id_planned_on", "practitioner_id", "planned_on"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    planned_on: Mapped[date]
