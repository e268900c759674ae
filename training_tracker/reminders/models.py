"""What has been said to whom about which due date, and what was decided about whom on which day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.database import Base

# In the place of a step: what was told beside the reason for an e-mail, when that step had been said before.
TOLD_AGAIN = "told again"


class Reminder(Base):
    """A step of the ladder that a digest has carried: this post, this expectation, this due date, this step."""

    __tablename__ = "reminder"
    __table_args__ = (Index("ix_reminder_practitioner_id_planned_on", "practitioner_id", "planned_on"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    planned_on: Mapped[date]


class AgencyLadder(Base):
    """The ladder that an agency has set for its own posts, as the numbers of its days with commas between them."""

    __tablename__ = "agency_ladder"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    days_before: Mapped[str] = mapped_column(String(200))
    days_after: Mapped[str] = mapped_column(String(200))
    monthly: Mapped[bool]
    escalate_after: Mapped[int] = mapped_column(server_default="30")
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(254))


class Escalation(Base):
    """That a manager was told of a standing which was overdue for longer than the agency's limit."""

    __tablename__ = "escalation"

    manager_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)


class SummaryTeams(Base):
    """Of which teams a manager's summary tells, and of which of them it names people: ids with commas between them."""

    __tablename__ = "summary_teams"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    teams: Mapped[str] = mapped_column(Text)
    by_name: Mapped[str] = mapped_column(Text)


class ReminderDecision(Base):
    """Whether somebody was written to on a day, and why or why not. There are several in a day where facts changed.

    ``held`` says why not, and is empty where a digest was planned, which ``message_id`` names. ``why`` names the
    steps that had come and were not yet said. ``look_again_on`` is the day from which the passing of time alone may
    change the decision: only the newest of a person's decisions has one, and none where nothing is to come.
    """

    __tablename__ = "reminder_decision"
    __table_args__ = (
        Index("ix_reminder_decision_practitioner_id_on", "practitioner_id", "on"),
        Index(
            "ix_reminder_decision_look_again_on",
            "look_again_on",
            sqlite_where=text("look_again_on IS NOT NULL"),
            postgresql_where=text("look_again_on IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    on: Mapped[date]
    held: Mapped[str | None] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(Text)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    decided_at: Mapped[datetime]
    look_again_on: Mapped[date | None]


class Welcome(Base):
    """That somebody was welcomed to a new post."""

    __tablename__ = "welcome"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    planned_on: Mapped[date]


class Confirmation(Base):
    """That somebody was told of a completion which another person recorded for them."""

    __tablename__ = "confirmation"

    completion_id: Mapped[int] = mapped_column(ForeignKey("completion.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)


class LetterWording(Base):
    """An agency's own words at one place of one kind of e-mail, in place of the usual ones."""

    __tablename__ = "letter_wording"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    place: Mapped[str] = mapped_column(String(20), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(254))


class Campaign(Base):
    """One message about one item that its owner sent to the holders of some roles. Its words are kept as they were.

    ``roles`` are the codes of the roles, with commas between them; ``statutory_only``: in statutory agencies alone.
    """

    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("(partnership_id IS NULL) <> (agency_id IS NULL)", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    subject: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(Text)
    roles: Mapped[str] = mapped_column(Text)
    statutory_only: Mapped[bool]
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(254))


class CampaignRecipient(Base):
    """To whom a campaign went, and when they said that they have read it."""

    __tablename__ = "campaign_recipient"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True, index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    acknowledged_at: Mapped[datetime | None]


class Nudge(Base):
    """That a manager, or a lead, asked for an e-mail which reminds somebody of what is open. At most one a day."""

    __tablename__ = "nudge"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    nudged_by: Mapped[str] = mapped_column(String(254))


class Snooze(Base):
    """Until when, that day included, a manager reads no line about somebody in their e-mails. No figure changes."""

    __tablename__ = "snooze"

    manager_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    until: Mapped[date]
