"""Rights beyond one's own record."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


class AccessRole(StrEnum):
    AGENCY_LEAD = "agency lead"
    PARTNERSHIP_LEAD = "partnership lead"


class Grant(Base):
    """A practitioner leads an agency's training, or the partnership's. Managers need no grant: teams name them."""

    __tablename__ = "grant"
    __table_args__ = (
        UniqueConstraint("practitioner_id", "role", "agency_id", "partnership_id"),
        CheckConstraint("(role = 'agency lead') = (agency_id IS NOT NULL)", name="agency_for_agency_leads"),
        CheckConstraint("(role = 'partnership lead') = (partnership_id IS NOT NULL)", name="partnership_for_its_leads"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    role: Mapped[AccessRole] = mapped_column(one_of(AccessRole))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
