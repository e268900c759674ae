"""The partnership's figures, as they were published."""

from datetime import date

from sqlalchemy import JSON, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base


class Publication(Base):
    """That the figures of all partnerships were published, as at a day."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    published_on: Mapped[date] = mapped_column(index=True)


class PublishedFigure(Base):
    """One cell of a partnership's table, from a publication on until the next row of the same cell. Only added to.

    Without an agency it is of the small ones together, ``merged``, by their ids. ``as_at`` is the day of a figure that
    was kept from an earlier publication; None for one of each publication's own day. ``word`` says why there are no
    numbers, or that there is no such cell any more.
    """

    __tablename__ = "published_figure"
    __table_args__ = (
        # In this order, the newest of each cell is found without looking at the rows.
        Index("ix_published_figure_cell", "partnership_id", "agency_id", "expectation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    merged: Mapped[list[int]] = mapped_column(JSON)
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"))
    as_at: Mapped[date | None]
    word: Mapped[str] = mapped_column(String(20))
    target_percent: Mapped[float] = mapped_column(Float)
    met: Mapped[int | None]
    overdue: Mapped[int | None]
    measured_people: Mapped[int | None]
    met_people: Mapped[int | None]
    not_met_people: Mapped[int | None]
