"""Completions: practitioner X completed item Y on date Z; what shows it, and what they say is not right.

Feeds: which completions an agency sends, and how often.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Base, Ranked, one_of

# Who has completed what, and when: one completion of each stands in the record at most.
Fact = tuple[int, int, date]


class Completion(Base):
    """Never deleted: voided, with a reason. ``hours`` is what was said, or else the item's usual length that day.

    Where the day is not known, ``completed_on`` is the first that it can have been, by which it is judged, and
    ``completed_by`` the last.
    """

    __tablename__ = "completion"
    __table_args__ = (
        CheckConstraint("hours IS NULL OR hours > 0", name="hours_positive"),
        CheckConstraint("strength BETWEEN 1 AND 5", name="strength_known"),
        CheckConstraint("completed_by IS NULL OR completed_by > completed_on", name="range_in_order"),
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
    completed_by: Mapped[date | None]
    hours: Mapped[float | None] = mapped_column(Float)
    evidence: Mapped[str] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(200))
    strength: Mapped[Strength] = mapped_column(Ranked(Strength), server_default="1")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None] = mapped_column(String(254))
    void_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def fact(self) -> Fact:
        return self.practitioner_id, self.item_id, self.completed_on


class Evidence(Base):
    """That somebody attached a certificate to a fact they recorded themselves: what the audit trail tells of it.

    It is about the fact, and not about the row that tells it, so that it is still there once the fact is confirmed. The
    file is kept apart, in :class:`EvidenceFile`. ``size`` is in bytes.
    """

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("practitioner_id", "item_id", "completed_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    completed_on: Mapped[date]
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    attached_at: Mapped[datetime]


class EvidenceFile(Base):
    """A photograph or a PDF, as it is shown again."""

    __tablename__ = "evidence_file"

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RecordedToo(Base):
    """That an agency's system sent a completion of which somebody else's record stood: the agency has it too.

    By it the agency is told of its row, when it comes again, what it is told of any other of its own.
    """

    __tablename__ = "recorded_too"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True, index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    completed_on: Mapped[date] = mapped_column(primary_key=True)
    hours: Mapped[float | None] = mapped_column(Float)
    strength: Mapped[Strength] = mapped_column(Ranked(Strength))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))

    @property
    def fact(self) -> Fact:
        return self.practitioner_id, self.item_id, self.completed_on


class Use(StrEnum):
    """What somebody did with a resource, beside acknowledging it, which is a completion."""

    OPENED = "opened"
    USED = "used"


class ResourceUse(Base):
    """Somebody opened a resource through us, or says that they used it, on a day. It counts nowhere."""

    __tablename__ = "resource_use"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    what: Mapped[Use] = mapped_column(one_of(Use), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    said_at: Mapped[datetime]


class Wrong(StrEnum):
    """What somebody says is wrong with a completion of theirs."""

    NOT_DONE = "not done"
    DAY = "another day"
    ITEM = "another course"
    OTHER = "something else"

    @property
    def words(self) -> str:
        """As the person says it."""
        return SAID[self]


SAID = {
    Wrong.NOT_DONE: "I did not do it",
    Wrong.DAY: "The date is wrong",
    Wrong.ITEM: "It was another course",
    Wrong.OTHER: "Something else is wrong",
}


class Verdict(StrEnum):
    UPHELD = "upheld"
    VOIDED = "voided"
    CORRECTED = "corrected"


class Dispute(Base):
    """Somebody says that a completion of theirs is not right. It counts as recorded until an agency has decided.

    It is about the fact, and not about the row that tells it: where stronger evidence takes the place of a weaker one,
    what is disputed stays so. ``agency_id`` is the agency that is asked, ``decided_as`` the role of who decided.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint(
            "(verdict IS NULL) = (reason IS NULL) AND (verdict IS NULL) = (decided_by IS NULL)"
            " AND (verdict IS NULL) = (decided_as IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="decided_with_reason",
        ),
        CheckConstraint("verdict IS NULL OR withdrawn_at IS NULL", name="decided_or_withdrawn"),
        # A fact is disputed once at a time.
        Index(
            "uq_dispute_open",
            "practitioner_id",
            "item_id",
            "completed_on",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL AND verdict IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL AND verdict IS NULL"),
        ),
        Index("ix_dispute_practitioner_id", "practitioner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    completed_on: Mapped[date]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    wrong: Mapped[Wrong] = mapped_column(one_of(Wrong))
    words: Mapped[str] = mapped_column(String(500))
    said_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    verdict: Mapped[Verdict | None] = mapped_column(one_of(Verdict))
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(254))
    decided_as: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None]

    @property
    def fact(self) -> Fact:
        return self.practitioner_id, self.item_id, self.completed_on


class Feed(Base):
    """An agency sends its completions of an item, as a file or from another system, at least every so many days.

    From ``starts_on`` on, nothing can be told of its people and this item while the newest receipt is older than that.
    """

    __tablename__ = "feed"
    __table_args__ = (
        CheckConstraint("limit_days > 0", name="limit_positive"),
        # An agency and an item have one feed at a time; what was withdrawn is kept.
        Index(
            "uq_feed_standing",
            "agency_id",
            "item_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    limit_days: Mapped[int]
    starts_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))
    withdrawn_at: Mapped[datetime | None]


class FeedReceipt(Base):
    """An agency's completions of an item came. ``as_at`` is the last day of which they tell.

    A receipt recorded by mistake is withdrawn, and kept for what was known before.
    """

    __tablename__ = "feed_receipt"
    __table_args__ = (Index("ix_feed_receipt_agency_id_item_id", "agency_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    as_at: Mapped[date]
    source: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))
    withdrawn_at: Mapped[datetime | None]
