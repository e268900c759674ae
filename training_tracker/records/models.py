"""Completions: practitioner X completed item Y on date Z."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


class Verification(StrEnum):
    SELF_DECLARED = "self-declared"
    CONFIRMED = "confirmed"


class Completion(Base):
    """Never deleted: voided, with a reason. ``hours`` is what was said, or else the item's usual length that day."""

    __tablename__ = "completion"
    __table_args__ = (
        CheckConstraint("hours IS NULL OR hours > 0", name="hours_positive"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="voided_with_reason"),
        # One fact once: the same person, item and day is the same completion.
        Index(
            "uq_completion_standing_fact",
            "practitioner_id",
            "item_id",
            "completed_on",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
        Index("ix_completion_practitioner_id", "practitioner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    completed_on: Mapped[date]
    hours: Mapped[float | None] = mapped_column(Float)
    evidence: Mapped[str] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(200))
    verification: Mapped[Verification] = mapped_column(one_of(Verification))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None] = mapped_column(String(254))
    void_reason: Mapped[str | None] = mapped_column(Text)
