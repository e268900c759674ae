"""Spreadsheets that an agency's lead sends in the browser: what became of each, and the file while it is kept."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


class Layout(StrEnum):
    PEOPLE = "people"
    COMPLETIONS = "completions"


class Stage(StrEnum):
    """How far a spreadsheet has come. Nothing of it is in the record before ``DONE``."""

    SENT = "sent"
    LOOKED_AT = "looked at"
    UNREADABLE = "unreadable"
    CONFIRMED = "confirmed"
    DONE = "done"
    TAKEN_BACK = "taken back"


class Part(StrEnum):
    """What is kept of a file: as it was sent, its refused rows as a file to mend, and the first of them to be shown."""

    SENT = "sent"
    REFUSED = "refused"
    SHOWN = "shown"


class Spreadsheet(Base):
    """One that ``practitioner_id`` sent for an agency; ``sent_by`` is what stands under what it brought.

    Whoever works on it holds a ``claim`` with a lease, so that one whose process died is taken up again. ``seen`` says
    what every row came to when it was looked at, as a fingerprint, and ``told`` the same in numbers, as JSON.
    ``changed`` is whether it had to be looked at anew, since it came to something else when it was to be brought in.
    """

    __tablename__ = "spreadsheet"
    __table_args__ = (
        Index("ix_spreadsheet_stage", "stage", "claimed_until"),
        # The address of one that was removed leads to no other.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    sent_by: Mapped[str] = mapped_column(String(254))
    layout: Mapped[Layout] = mapped_column(one_of(Layout))
    name: Mapped[str] = mapped_column(String(120))
    fingerprint: Mapped[str] = mapped_column(String(64))
    options: Mapped[str] = mapped_column(Text)
    stage: Mapped[Stage] = mapped_column(one_of(Stage))
    sent_at: Mapped[datetime]
    claim: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int]
    rows_done: Mapped[int]
    rows: Mapped[int]
    seen: Mapped[str] = mapped_column(String(64))
    changed: Mapped[bool]
    told: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[datetime | None]
    taken_back_at: Mapped[datetime | None]


class SpreadsheetFile(Base):
    """A part of a spreadsheet's file, locked with the installation's own secret."""

    __tablename__ = "spreadsheet_file"

    spreadsheet_id: Mapped[int] = mapped_column(ForeignKey("spreadsheet.id"), primary_key=True)
    part: Mapped[Part] = mapped_column(one_of(Part), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
