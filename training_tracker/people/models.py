"""Who works where, as what, from when to when."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.calendar import now
from training_tracker.database import Base


class Partnership(Base):
    """A safeguarding partnership; owns the minimum expectations and sees aggregates.

    Answers to e-mails go to ``contact_email``, where the agency has no address of its own for them.
    """

    __tablename__ = "partnership"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    contact_email: Mapped[str | None] = mapped_column(String(254))


class Sector(Base):
    """A kind of agency: an attribute for comparing like with like, never a name to report under."""

    __tablename__ = "sector"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    statutory: Mapped[bool] = mapped_column(default=False)


class SectorAlias(Base):
    """Another way a sector is written in spreadsheets."""

    __tablename__ = "sector_alias"

    alias: Mapped[str] = mapped_column(String(200), primary_key=True)
    sector_id: Mapped[int] = mapped_column(ForeignKey("sector.id"))


class Agency(Base):
    """One NAMED organisation. Answers to the e-mails that its people get go to ``contact_email``."""

    __tablename__ = "agency"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    sector_id: Mapped[int] = mapped_column(ForeignKey("sector.id"), index=True)
    contact_email: Mapped[str | None] = mapped_column(String(254))


class AgencyAlias(Base):
    """Another name under which an agency arrives; ``alias`` is folded for comparison and belongs to one agency."""

    __tablename__ = "agency_alias"

    alias: Mapped[str] = mapped_column(String(200), primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    written: Mapped[str] = mapped_column(String(200))


class AgencyHistory(Base):
    """The sector of an agency as it was known until ``superseded_at``."""

    __tablename__ = "agency_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    sector_id: Mapped[int] = mapped_column(ForeignKey("sector.id"))
    superseded_at: Mapped[datetime]


class AgencyPartnership(Base):
    """An agency can belong to several partnerships; one that it has left is withdrawn."""

    __tablename__ = "agency_partnership"
    __table_args__ = (
        Index(
            "uq_agency_partnership_standing_fact",
            "agency_id",
            "partnership_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"), index=True)
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


class Team(Base):
    """A unit inside an agency; teams nest. Each agency has one top team, which bears its name."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("agency_id", "parent_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))


class TeamHistory(Base):
    """The team above a team as it was known until ``superseded_at``. A top team never moves."""

    __tablename__ = "team_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    superseded_at: Mapped[datetime]


class TeamManager(Base):
    """A practitioner who manages a team, and so every team below it."""

    __tablename__ = "team_manager"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True, index=True)


class Audience(StrEnum):
    """Whom a group of roles is made up of: agencies are asked to be clear about the first two apart."""

    FRONT_LINE = "front line"
    MANAGERS = "managers"
    GOVERNANCE = "governance"


class TeamDeputy(Base):
    """A practitioner who answers for a team while all who manage it are away."""

    __tablename__ = "team_deputy"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True, index=True)


class Delegation(Base):
    """A manager's deputy for an absence: manages, between two days, both included, whatever teams name the manager.

    What was ended early is withdrawn: it counts from no day on.
    """

    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    manager_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Listed:
    """``kept_on_pages`` since a partnership's lead decided something about it there: files change it no more. What is
    out of use is withdrawn."""

    kept_on_pages: Mapped[bool] = mapped_column(default=False, server_default=text("false"), sort_order=1)
    withdrawn_at: Mapped[datetime | None] = mapped_column(sort_order=1)


class RoleGroup(Listed, Base):
    """A group of the partnership's competency framework: data, since every partnership has its own."""

    __tablename__ = "role_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    audience: Mapped[str] = mapped_column(String(20), server_default=Audience.FRONT_LINE.value)


class Role(Listed, Base):
    """A job role as one sector knows it."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("sector_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    sector_id: Mapped[int] = mapped_column(ForeignKey("sector.id"))
    role_group_id: Mapped[int] = mapped_column(ForeignKey("role_group.id"), index=True)


class RoleHistory(Base):
    """The group of a role as it was known until ``superseded_at``."""

    __tablename__ = "role_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), index=True)
    role_group_id: Mapped[int] = mapped_column(ForeignKey("role_group.id"))
    superseded_at: Mapped[datetime]


class RoleAlias(Base):
    """Another way a role is written; ``alias`` is folded for comparison."""

    __tablename__ = "role_alias"
    __table_args__ = (UniqueConstraint("role_id", "alias"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"))
    alias: Mapped[str] = mapped_column(String(200))


class Practitioner(Base):
    """A person; the same person across agencies. Of whoever was erased nothing is kept that tells who it was."""

    __tablename__ = "practitioner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    erased_at: Mapped[datetime | None]


class EmployeeNumber(Base):
    """An agency's own number for a person. Numbers are shared by nobody across agencies; leading zeros matter."""

    __tablename__ = "employee_number"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)


class PostFacts:
    """What is true of a post. The same columns serve the post as known now and each earlier knowledge of it."""

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"))
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))


class Post(PostFacts, Base):
    """A practitioner in a role in a team. ``ended_on`` is the last day, inclusive; no start means undated."""

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR started_on IS NULL OR ended_on >= started_on", name="ends_after_start"),
        Index("ix_post_team_id_role_id", "team_id", "role_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)


class PostHistory(PostFacts, Base):
    """A post as it was known until ``superseded_at``: a correction keeps what it corrects."""

    __tablename__ = "post_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    superseded_at: Mapped[datetime]


class Absence(Base):
    """Long leave from a post: dates only. The reason is never asked for and never held."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(254))
    withdrawn_at: Mapped[datetime | None]
