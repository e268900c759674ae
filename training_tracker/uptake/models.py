"""The partnership's figures, as they were published."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base, one_of


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


class Told(StrEnum):
    """What a number of people is about: who will need an item in a month, for how long they have been overdue, how far
    those are who are new in post.
    """

    FALLING_DUE = "falling due"
    OVERDUE = "overdue"
    NEW_IN_POST = "new in post"


class PublishedNumber(Base):
    """How many people of all agencies of a partnership together, in whole steps, from a publication on until the next
    row about the same. Only added to.

    ``item_id`` and a month, such as 2026-12, say of what falls due; else ``which`` is one of a few.
    """

    __tablename__ = "published_number"
    __table_args__ = (Index("ix_published_number_about", "partnership_id", "told", "item_id", "which", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    told: Mapped[Told] = mapped_column(one_of(Told))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    which: Mapped[str] = mapped_column(String(20))
    at_least: Mapped[int]


class PlacesOffered(Base):
    """How many places of an item a partnership offers in a month, or None for not said, as it said at a moment. Only
    added to.
    """

    __tablename__ = "places_offered"
    __table_args__ = (
        CheckConstraint("places >= 0", name="places_not_negative"),
        Index("ix_places_offered_about", "partnership_id", "item_id", "month", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    month: Mapped[date]
    places: Mapped[int | None]
    said_at: Mapped[datetime]
