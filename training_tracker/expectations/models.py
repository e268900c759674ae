"""Expectations: at least AMOUNT of MEASURE from ITEMS within PERIOD, first due FIRST_DUE_DAYS after it begins."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Mark
from training_tracker.database import Base, Ranked, one_of


class Measure(StrEnum):
    ITEMS = "items"
    HOURS = "hours"


class Method(StrEnum):
    """How the date until which an expectation is met follows from its completions (docs/standing.md)."""

    ONCE = "once"
    COMPLETION = "completion"
    CONTINUOUS = "continuous"
    CYCLE = "cycle"


class OnChange(StrEnum):
    """What a new version does to those whom the one before it held for (docs/standing.md)."""

    RECOMPUTE = "recompute"
    PIN = "pin"
    NEXT_CYCLE = "next cycle"


class Setting(StrEnum):
    """What a rule about a setting means by one: the whole agency, such as a school, or each team."""

    AGENCY = "agency"
    TEAM = "team"


class Decision(StrEnum):
    GRANTED = "granted"
    REFUSED = "refused"


class Expectation(Base):
    """Something a partnership or one agency expects of some posts. What exactly is said by its versions.

    ``kept_on_pages`` since its agency's lead decided something about it there: files change it no more.
    """

    __tablename__ = "expectation"
    __table_args__ = (CheckConstraint("(partnership_id IS NULL) <> (agency_id IS NULL)", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    kept_on_pages: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class ExpectationVersion(Base):
    """The rule from a date on: until ``effective_until``, or the day before the next version begins.

    Once published a version is never edited; a correction withdraws it and publishes another.
    ``least_strength`` leaves out what has weaker evidence; ``refresher_months`` is how old the full item before a
    refresher may be, any age if None. ``participatory_percent`` of the hours must be participatory, if it is given.
    ``people_in_setting`` makes it a rule about a setting instead of a person: at
    least that many people there who meet it (safer recruitment on a panel); nobody is reminded or overdue for it.
    ``grace_days`` is how long what has lapsed is not yet called overdue; it never gives more time for the first time.
    ``on_change`` and ``transition_days`` are for those whom the version before applied to; without a number of days
    they have ``first_due_days``. ``approved_by`` is the name and role of who decided it, where that is said.
    """

    __tablename__ = "expectation_version"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("target_percent BETWEEN 0 AND 100", name="target_is_percent"),
        CheckConstraint("first_due_days >= 0", name="first_due_days_not_negative"),
        CheckConstraint("grace_days >= 0", name="grace_days_not_negative"),
        CheckConstraint("least_strength BETWEEN 1 AND 5", name="least_strength_known"),
        CheckConstraint("transition_days >= 0", name="transition_days_not_negative"),
        CheckConstraint("(method = 'once') = (period_months IS NULL)", name="period_unless_once"),
        CheckConstraint("(method = 'cycle') = (anchor_on IS NOT NULL)", name="anchor_for_cycles"),
        CheckConstraint(
            "method <> 'continuous' OR (measure = 'items' AND amount = 1 AND renewal_window_months < period_months)",
            name="continuous_is_one_item",
        ),
        CheckConstraint(
            "participatory_percent IS NULL OR (measure = 'hours' AND participatory_percent BETWEEN 1 AND 100)",
            name="participatory_share_of_hours",
        ),
        CheckConstraint("effective_until IS NULL OR effective_until >= effective_from", name="ends_after_start"),
        Index(
            "uq_expectation_version_published",
            "expectation_id",
            "effective_from",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"), index=True)
    effective_from: Mapped[date]
    effective_until: Mapped[date | None]

    required: Mapped[bool]
    target_percent: Mapped[float] = mapped_column(Float)
    first_due_days: Mapped[int]
    return_notice_days: Mapped[int]
    grace_days: Mapped[int] = mapped_column(server_default="0")
    amount: Mapped[float] = mapped_column(Float)
    measure: Mapped[Measure] = mapped_column(one_of(Measure))
    method: Mapped[Method] = mapped_column(one_of(Method))
    period_months: Mapped[int | None]
    anchor_on: Mapped[date | None]
    least_validity_months: Mapped[int]
    renewal_window_months: Mapped[int]
    current_version_only: Mapped[bool]
    least_strength: Mapped[Strength] = mapped_column(Ranked(Strength), server_default="1")
    refresher_months: Mapped[int | None]
    participatory_percent: Mapped[int | None]
    people_in_setting: Mapped[int | None]
    setting: Mapped[Setting] = mapped_column(one_of(Setting), server_default=Setting.AGENCY.value)
    on_change: Mapped[OnChange] = mapped_column(one_of(OnChange), server_default=OnChange.RECOMPUTE.value)
    transition_days: Mapped[int | None]

    source: Mapped[str] = mapped_column(Text)
    rationale: Mapped[str] = mapped_column(Text)
    mark: Mapped[Mark] = mapped_column(one_of(Mark))
    approved_by: Mapped[str | None] = mapped_column(String(200))

    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(254))
    withdrawn_at: Mapped[datetime | None]

    @property
    def participatory_amount(self) -> float:
        """How many of the hours must be participatory: a share of those asked for, not of those done."""
        return self.amount * (self.participatory_percent or 0) / 100


class ExpectationItem(Base):
    """An item from the version's set. A refresher renews, and cannot begin: it counts only after a full item."""

    __tablename__ = "expectation_item"

    version_id: Mapped[int] = mapped_column(ForeignKey("expectation_version.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, index=True)
    refresher: Mapped[bool]


class ExpectationScope(Base):
    """Which posts a version applies to: those that fit every part given here; several scopes add up.

    A scope without any part is every post of the owner's agencies; a team includes the teams below it.
    """

    __tablename__ = "expectation_scope"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("expectation_version.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))
    role_id: Mapped[int | None] = mapped_column(ForeignKey("role.id"))
    role_group_id: Mapped[int | None] = mapped_column(ForeignKey("role_group.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))


class Exemption(Base):
    """One post need not meet one expectation from a day until another. The reason is about the work, not health."""

    __tablename__ = "exemption"
    __table_args__ = (
        CheckConstraint("until >= starts_on", name="ends_after_start"),
        UniqueConstraint("post_id", "expectation_id", "starts_on", "granted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"), index=True)
    starts_on: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[str] = mapped_column(String(254))
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Extension(Base):
    """More time for one post and one expectation, asked for and granted, refused, or given outright.

    ``until`` is the last day in place of ``due_on``, the day on which the rule alone makes it fall due: so it extends
    the one cycle for which it was granted, and no other. Only a granted one counts. The reason is about the work, not
    health; what is given outright counts as asked for by whoever gives it.
    """

    __tablename__ = "extension"
    __table_args__ = (
        CheckConstraint("until > due_on", name="later_than_due"),
        CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        Index("ix_extension_post_id_expectation_id", "post_id", "expectation_id"),
        Index(
            "uq_extension_open",
            "post_id",
            "expectation_id",
            unique=True,
            sqlite_where=text("decision IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("decision IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"))
    due_on: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime]
    decision: Mapped[Decision | None] = mapped_column(one_of(Decision))
    decided_by: Mapped[str | None] = mapped_column(String(254))
    decided_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


def for_a_person() -> ColumnElement[bool]:
    """Rules somebody can be personally behind with: required, and about a person rather than a setting."""
    return ExpectationVersion.required & ExpectationVersion.people_in_setting.is_(None)
