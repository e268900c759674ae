"""Rights beyond one's own record."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


class AccessRole(StrEnum):
    AGENCY_LEAD = "agency lead"
    PARTNERSHIP_LEAD = "partnership lead"


def _held_once(of: str) -> Index:
    filled = text(f"{of} IS NOT NULL")
    return Index(
        f"uq_grant_{of}",
        "practitioner_id",
        "role",
        of,
        unique=True,
        sqlite_where=filled,
        postgresql_where=filled,
    )


class Grant(Base):
    """A practitioner leads an agency's training, or the partnership's. Managers need no grant: teams name them."""

    __tablename__ = "grant"
    __table_args__ = (
        # Two, each over columns that are filled: a row with NULL in it is never the same as another.
        _held_once("agency_id"),
        _held_once("partnership_id"),
        CheckConstraint("(role = 'agency lead') = (agency_id IS NOT NULL)", name="agency_for_agency_leads"),
        CheckConstraint("(role = 'partnership lead') = (partnership_id IS NOT NULL)", name="partnership_for_its_leads"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    role: Mapped[AccessRole] = mapped_column(one_of(AccessRole))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
