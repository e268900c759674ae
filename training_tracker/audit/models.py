"""What the audit trail holds. Rows are only ever added; the database refuses everything else."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


class Action(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    LOOKED = "looked at"
    DOWNLOADED = "downloaded"
    SIGNED_IN = "signed in"


class AuditAct(Base):
    """One transaction that changed or looked at audited records: who, when, how and from where.

    ``number`` counts them without a gap. ``hash`` covers the act, its entries and the ``hash`` of the act before, so
    that whatever is changed, taken away or put in between shows.
    """

    __tablename__ = "audit_act"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(254))
    # No foreign key: checking it would wait for whoever changes the person, and hold up everybody who waits here.
    practitioner_id: Mapped[int | None] = mapped_column(index=True)
    how: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditEntry(Base):
    """What an act did to one record: a row of the table ``record``, with the row before and after as JSON.

    ``practitioner_id`` is whom it is about, ``agency_id`` whose it is; where that is empty it concerns every agency the
    person works for, or the partnership. An entry whose act is unknown was made past the program.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_record", "record", "record_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    act_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    record: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[str] = mapped_column(String(254))
    practitioner_id: Mapped[int | None] = mapped_column(index=True)
    agency_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[Action] = mapped_column(one_of(Action))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
