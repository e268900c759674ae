"""The catalogue: what can be learnt or acknowledged, and what counts as what."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.calendar import now
from training_tracker.database import Base, one_of


class Mark(StrEnum):
    """Whether a configured item comes from a named source or was invented as a plausible example."""

    SOURCED = "sourced"
    ILLUSTRATIVE = "illustrative"


class ItemKind(StrEnum):
    COURSE = "course"
    RESOURCE = "resource"


class Item(Base):
    """A course (e-learning, virtual, face to face, briefing) or a resource (guidance, toolkit).

    ``participatory`` is learnt together with others, live. It is said and never guessed from the format.
    ``comes_first`` is what to do if you do one thing. ``public`` stands on the page that needs no sign-in.
    It is offered until the day before ``out_of_use_from``; what was done of it counts on.
    ``kept_on_pages`` since a partnership's lead changed something about it there: files change it no more.
    """

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ItemKind] = mapped_column(one_of(ItemKind))
    tier: Mapped[str] = mapped_column(String(60))
    format: Mapped[str] = mapped_column(String(200))
    hours: Mapped[float | None] = mapped_column(Float)
    participatory: Mapped[bool] = mapped_column(server_default=text("false"))
    comes_first: Mapped[bool] = mapped_column(server_default=text("false"))
    public: Mapped[bool] = mapped_column(server_default=text("false"))
    renewal: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(500))
    mark: Mapped[Mark] = mapped_column(one_of(Mark))
    source: Mapped[str] = mapped_column(Text)
    out_of_use_from: Mapped[date | None]
    kept_on_pages: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class ItemHistory(Base):
    """Whether an item was participatory, as it was known until ``superseded_at``."""

    __tablename__ = "item_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    participatory: Mapped[bool]
    superseded_at: Mapped[datetime]


class ItemChange(Base):
    """What was changed about an item, in words, for its page; who it was stands in the audit trail.

    ``whose`` says by which right: a partnership's lead, or files.
    """

    __tablename__ = "item_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    changed_at: Mapped[datetime]
    whose: Mapped[str] = mapped_column(String(250))
    words: Mapped[str] = mapped_column(Text)


class ItemAlias(Base):
    """Another name under which an item arrives; ``alias`` is folded for comparison and belongs to one item."""

    __tablename__ = "item_alias"

    alias: Mapped[str] = mapped_column(String(200), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    written: Mapped[str] = mapped_column(String(200))


class Kept:
    """What counted when a figure was reported is kept: a changed row is withdrawn, and another one takes its place."""

    recorded_at: Mapped[datetime] = mapped_column(default=now, sort_order=1)
    withdrawn_at: Mapped[datetime | None] = mapped_column(sort_order=1)


def _once(name: str, *columns: str, of: str = "withdrawn_at IS NULL") -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(of), postgresql_where=text(of))


class ItemVersion(Kept, Base):
    """An edition of an item, current from a date until the next one."""

    __tablename__ = "item_version"
    __table_args__ = (_once("uq_item_version_standing_fact", "item_id", "current_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    label: Mapped[str] = mapped_column(String(100))
    current_from: Mapped[date]


class Equivalence(Kept, Base):
    """A completion of ``item_id`` counts as one of ``counts_as_id``, never the other way, between two dates.

    For everybody, or as one agency decides: ``holds`` is false where it says that it does not, with them.
    ``kept_on_pages`` once a partnership's lead has decided about it there, taken back or not: files say it no more.
    """

    __tablename__ = "equivalence"
    __table_args__ = (
        _once(
            "uq_equivalence_standing_fact", "item_id", "counts_as_id", of="agency_id IS NULL AND withdrawn_at IS NULL"
        ),
        _once("uq_equivalence_agency_decision", "agency_id", "item_id", "counts_as_id"),
        CheckConstraint("item_id <> counts_as_id", name="not_itself"),
        CheckConstraint("holds OR agency_id IS NOT NULL", name="holds_for_everybody"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    counts_as_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    holds: Mapped[bool] = mapped_column(default=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    mark: Mapped[Mark] = mapped_column(one_of(Mark))
    kept_on_pages: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class AcceptanceWindow(Kept, Base):
    """Completions of an item count only between these dates. An item without a window always counts."""

    __tablename__ = "acceptance_window"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    accepted_from: Mapped[date | None]
    accepted_until: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)


class Prerequisite(Base):
    """``needs_id`` should come before ``item_id``: advice on the page, no part of any standing."""

    __tablename__ = "prerequisite"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    needs_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)


class Priority(Base):
    """One priority of a partnership's strategy, and the audit recommendations that name it.

    ``kept_on_pages`` since its partnership's lead decided something about it there: files change it no more, nor what
    serves it. One that was taken away is withdrawn.
    """

    __tablename__ = "priority"
    __table_args__ = (UniqueConstraint("partnership_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    recommendations: Mapped[list[int]] = mapped_column(JSON)
    mark: Mapped[Mark] = mapped_column(one_of(Mark))
    kept_on_pages: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    withdrawn_at: Mapped[datetime | None]


class ItemPriority(Base):
    __tablename__ = "item_priority"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    priority_id: Mapped[int] = mapped_column(ForeignKey("priority.id"), primary_key=True, index=True)
