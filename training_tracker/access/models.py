"""Rights beyond one's own record, and who is signed in."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Base, Ranked, one_of


class AccessRole(StrEnum):
    AGENCY_LEAD = "agency lead"
    PARTNERSHIP_LEAD = "partnership lead"
    SCRUTINEER = "scrutineer"


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
    """A practitioner leads an agency's training, or the partnership's, or scrutinises it. Managers need no grant: teams
    name them."""

    __tablename__ = "grant"
    __table_args__ = (
        # Two, each over columns that are filled: a row with NULL in it is never the same as another.
        _held_once("agency_id"),
        _held_once("partnership_id"),
        CheckConstraint("(role = 'agency lead') = (agency_id IS NOT NULL)", name="agency_for_agency_leads"),
        CheckConstraint("(role <> 'agency lead') = (partnership_id IS NOT NULL)", name="partnership_for_the_others"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    role: Mapped[AccessRole] = mapped_column(one_of(AccessRole))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))


class SignIn(Base):
    """Somebody's wish to sign in, for as long as the e-mail that answers it is good; also where nobody has the address.

    What the e-mail holds is kept as seals only: nobody who reads the database can sign in with it. ``browser`` is the
    seal of what the browser that asked holds; ``codes`` how many codes were tried.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioner.id"), index=True)
    link: Mapped[str] = mapped_column(String(64), unique=True)
    code: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(64), index=True)
    asked_at: Mapped[datetime]
    codes: Mapped[int]


class SignInTry(Base):
    """That somebody asked to sign in, under the seals of their address and network, or that a code was wrong: to be
    counted for a while."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("ix_sign_in_try_who", "who", "at"), Index("ix_sign_in_try_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class WebSession(Base):
    """Somebody signed in with a browser. ``token`` is the seal of what the browser shows, ``rights`` of what they
    might do when it was last given a token; ``second_step_at`` is when they took the second step."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    rights: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_step_at: Mapped[datetime | None]


class SecondStep(Base):
    """That somebody has set up a second step, and how many recovery codes they have left: what the audit trail tells.
    What it is made of is kept apart, in :class:`SecondStepKey` and :class:`RecoveryCode`."""

    __tablename__ = "second_step"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    set_up_at: Mapped[datetime]
    recovery_codes: Mapped[int]
    codes_made_at: Mapped[datetime]


class SecondStepKey(Base):
    """What the person's app and we make codes from, ``key``, locked with this installation's own secret.

    A code is of one half minute; ``used`` is the number of the last one of which a code was taken.
    """

    __tablename__ = "second_step_key"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    used: Mapped[int]


class RecoveryCode(Base):
    """The seal of a code that is good once in place of one of the app's."""

    __tablename__ = "recovery_code"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)


class VerifiedBy(StrEnum):
    """The claim in which a provider says that an address is its holder's; Entra ID has one of its own for that."""

    EMAIL_VERIFIED = "email_verified"
    XMS_EDOV = "xms_edov"


class IdentityProvider(Base):
    """Where people have their accounts: a council's own directory, a tenant of Entra ID, NHS CIS2.

    ``issuer`` is its address as its tokens say it, ``client_id`` what this program is called there. The secret that
    goes with it is a setting, under ``name``.
    """

    __tablename__ = "identity_provider"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    issuer: Mapped[str] = mapped_column(String(300), unique=True)
    client_id: Mapped[str] = mapped_column(String(200))
    verified_by: Mapped[VerifiedBy] = mapped_column(one_of(VerifiedBy))


class IdentityDomain(Base):
    """What follows the @ in an agency's addresses: whoever has such a one signs in with the provider, and nowhere else.

    Agencies can share a domain, such as nhs.net; then they share its provider too.
    """

    __tablename__ = "identity_domain"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_provider.id"), index=True)


class Identity(Base):
    """Whose account with a provider is whose. ``subject`` names the account there, and never changes."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("practitioner_id", "provider_id"),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_provider.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"))
    linked_at: Mapped[datetime]


class ProviderVisit(Base):
    """That a browser was sent to a provider and is to come back, once. ``state`` and ``browser`` are seals of what it
    brings then."""

    __tablename__ = "provider_visit"

    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64))
    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_provider.id"))
    sent_at: Mapped[datetime] = mapped_column(index=True)


class AgencyRetention(Base):
    """For how many months after somebody's last day an agency keeps their record; an agency without one keeps it."""

    __tablename__ = "agency_retention"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    months: Mapped[int]
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(254))


class RecordShown(Base):
    """That a person lets an agency they work for read everything they completed, the evidence too."""

    __tablename__ = "record_shown"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    since: Mapped[datetime]


class Passport(Base):
    """Somebody shows some of their record to whoever has a code, of which the ``seal`` is kept, until ``ends_on``."""

    __tablename__ = "passport"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    seal: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    ends_on: Mapped[date]
    withdrawn_at: Mapped[datetime | None]


class PassportEntry(Base):
    """A completion that a passport shows, as it stood when the passport was made."""

    __tablename__ = "passport_entry"

    passport_id: Mapped[int] = mapped_column(ForeignKey("passport.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    completed_on: Mapped[date] = mapped_column(primary_key=True)
    completed_by: Mapped[date | None]
    strength: Mapped[Strength] = mapped_column(Ranked(Strength))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)


class PassportLook(Base):
    """That somebody who has a passport's code looked at it; ``looker`` is who they say they are, if they do."""

    __tablename__ = "passport_look"

    id: Mapped[int] = mapped_column(primary_key=True)
    passport_id: Mapped[int] = mapped_column(ForeignKey("passport.id"), index=True)
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), index=True)
    at: Mapped[datetime]
    looker: Mapped[str] = mapped_column(String(100))


class CalendarFeed(Base):
    """Somebody's own calendar shows what falls due for them, by a link of which the ``seal`` is kept."""

    __tablename__ = "calendar_feed"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    seal: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]


class TokenScope(StrEnum):
    FIGURES = "figures"
    COMPLETIONS = "completions"


class ServiceToken(Base):
    """Another system that may ask for an agency's or a partnership's figures, or send an agency's completions.

    Of the token itself its first characters are kept, so that it can be told which it is, and its seal. It is good up
    to the end of ``expires_on``. Rows stay: the audit trail names who did something by the token's name.
    """

    __tablename__ = "service_token"
    __table_args__ = (
        CheckConstraint("(agency_id IS NULL) <> (partnership_id IS NULL)", name="of_one"),
        CheckConstraint("scope = 'figures' OR agency_id IS NOT NULL", name="agencies_send_completions"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    scope: Mapped[TokenScope] = mapped_column(one_of(TokenScope))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    partnership_id: Mapped[int | None] = mapped_column(ForeignKey("partnership.id"))
    begins_with: Mapped[str] = mapped_column(String(11), unique=True)
    seal: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    expires_on: Mapped[date]
    revoked_at: Mapped[datetime | None]


class ServiceTokenUse(Base):
    """When a token was used last, to within the hour. A table of its own, since the audit trail has no line for it."""

    __tablename__ = "service_token_use"

    token_id: Mapped[int] = mapped_column(ForeignKey("service_token.id"), primary_key=True)
    used_at: Mapped[datetime | None]
