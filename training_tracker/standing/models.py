"""Standings: dates, not flags."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base


class Standing(Base):
    """One post against one expectation version, as thresholds that the passing of days never changes.

    ``due_on`` is the last day before overdue: NULL when the expectation is met for good, or when the post is
    undated and the day cannot be worked out. ``grace_until`` is the last day of grace after it: NULL where the rule
    has none, or nothing was ever met. ``met_until`` is the last valid day; NULL with a ``met_from`` means no end. A
    new edition of a resource begins a new standing, so ``in_force_from`` is part of the key.
    Where a version follows another for the same post, ``kept_until`` is the last valid day earned under the other
    if that stands and is later than the version's own, and ``transition_until`` the day until which the change alone
    makes nobody overdue.

    No foreign keys: the engine's one statement reads the posts, versions and expectations that it names, none of which
    is ever deleted, and the database would look each of them up once more for every row, half the time of a rebuild.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index("ix_standing_due_on", "due_on"),
        Index("ix_standing_expectation_id", "expectation_id"),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(primary_key=True)
    in_force_from: Mapped[date] = mapped_column(primary_key=True)
    in_force_until: Mapped[date]
    expectation_id: Mapped[int]
    first_due_on: Mapped[date | None]
    met_from: Mapped[date | None]
    met_until: Mapped[date | None]
    renewal_opens_on: Mapped[date | None]
    kept_until: Mapped[date | None]
    transition_until: Mapped[date | None]
    due_on: Mapped[date | None]
    grace_until: Mapped[date | None]


class StandingNews(Base):
    """That somebody's standings were worked out anew. Whoever acts on it takes the row away.

    Rows are only ever added and taken away, so that nobody who records a fact waits for somebody who reads the news.
    """

    __tablename__ = "standing_news"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int]
