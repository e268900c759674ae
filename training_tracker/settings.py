"""Every setting, one typed class, read from TRACKER_* variables and a ``.env`` file."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PACKAGE = Path(__file__).resolve().parent
WEAK_SECRET = "change-me"  # noqa: S105  # the word that the check command refuses
SHORTEST_SECRET = 32
ON_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def packed_folder(name: str) -> Path:
    """Templates and migrations stand beside the package in a checkout and inside it in an installed wheel."""
    inside = PACKAGE / f"_{name}"
    return inside if inside.is_dir() else PACKAGE.parent / name


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TRACKER_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///var/training-tracker.db",
        description="Where the facts are kept: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    base_url: str = Field(
        "http://127.0.0.1:8000", description="The address people open; links in e-mails begin with it."
    )
    secret_key: SecretStr = Field(
        SecretStr(WEAK_SECRET),
        description="Signs sessions and form tokens, and locks secrets in the database. At least 32 random characters.",
    )
    smtp_host: str = Field("127.0.0.1", description="The mail server that takes our messages.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port: 25, 587 (starttls) or 465 (tls).")
    smtp_username: str = Field("", description="Sign-in name at the mail server, where it wants one.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls",
        description="How the connection to the mail server is protected; none only on this machine or in a trial.",
    )
    smtp_ca_file: str = Field(
        "",
        description="A file of certificate authorities to trust besides the system's, for private mail servers.",
    )
    smtp_timeout_seconds: float = Field(30, gt=0, description="How long one step with the mail server may take.")
    smtp_connections: int = Field(
        4, ge=1, le=50, description="How many connections to the mail server one process has open at most."
    )
    smtp_messages_per_minute: int = Field(
        0, ge=0, description="How many messages all processes together send in a minute at most; 0: no limit."
    )
    mail_from: str = Field(
        "Training Tracker <training@tracker.example>", description="The sender, an address your organisation controls."
    )
    mail_reply_to: str = Field("", description="Where answers go; empty: to the sender.")
    returned_mail: str = Field(
        "",
        description="A maildir folder where mail to the sender's address arrives: delivery reports in it are read, and "
        "moved to its folder Read.",
    )
    imap_host: str = Field(
        "", description="A mail server where mail to the sender's address is read over IMAP; empty: none."
    )
    imap_port: int = Field(993, ge=1, le=65535, description="Its port: 993 (tls) or 143 (starttls).")
    imap_username: str = Field("", description="Sign-in name there.")
    imap_password: SecretStr = Field(SecretStr(""), description="Its password.")
    imap_security: Literal["none", "starttls", "tls"] = Field(
        "tls", description="How the connection to it is protected; none only on this machine."
    )
    imap_folder: str = Field(
        "INBOX", description="The folder: delivery reports in it are read, and moved to its folder Read."
    )
    timezone: str = Field("Europe/London", description="The clock of every date and hour.")
    reminders_at: str = Field("08:15", pattern=CLOCK, description="When digests are planned on working days.")
    summaries_at: str = Field(
        "08:30",
        pattern=CLOCK,
        description="When summaries are planned on the month's first working day, escalations on the week's.",
    )
    deliver_from: str = Field(
        "08:00", pattern=CLOCK, description="From when, on working days, waiting messages are sent."
    )
    deliver_until: str = Field(
        "17:00", pattern=CLOCK, description="Until when they are sent; from then on they wait for the next working day."
    )
    delivery_every_seconds: int = Field(30, ge=1, description="How often waiting messages are sent.")
    scheduler: bool = Field(True, description="Whether serve runs the schedule; false where worker processes do.")
    behind_proxies: str = Field(
        "127.0.0.1",
        description="The addresses of proxies in front, with commas between them. They are believed from which "
        "network a request is, which counts where somebody asks to sign in.",
    )
    api_requests_per_minute: int = Field(
        300, ge=1, description="How often systems may ask from one network; what is more is refused for a while."
    )
    session_idle_minutes: int = Field(
        120, ge=1, description="After how long without a page somebody has to sign in again."
    )
    session_hours: int = Field(12, ge=1, description="After how long somebody has to sign in again in any case.")
    provider_secrets: dict[str, SecretStr] = Field(
        {},
        description="The secrets of the directories that people sign in with, as JSON: "
        '{"NAME": "SECRET"}, with the names that `user provider list` gives. In place of a secret, a private RSA '
        "key in PEM shows who we are by a signature (`private_key_jwt`).",
    )
    import_max_bytes: int = Field(50_000_000, gt=0, description="The largest spreadsheet that is read, in bytes.")
    nudge_every_days: int = Field(
        14, ge=1, description="For so many days after a manager has nudged somebody by e-mail, nobody does it again."
    )
    keep_emails_months: int = Field(
        24,
        ge=3,
        description="After so many months what an e-mail said, and to whom, is forgotten; that it went, stays.",
    )
    suppression_threshold: int = Field(
        5, ge=1, description="The partnership's pages show no figure that rests on fewer people than this."
    )
    demo: bool = Field(False, description="Set by the demo alone: sign in by choosing a person, see the mailbox.")
    demo_mailbox: Path = Field(Path("var/demo/mailbox"), description="Where the demo keeps the e-mails it caught.")

    @field_validator("database_url")
    @classmethod
    def known_database(cls, url: str) -> str:
        try:
            backend = make_url(url).get_backend_name()
        except ArgumentError:
            raise ValueError("not a database address; write sqlite:///PATH or postgresql://USER@HOST/NAME") from None
        if backend not in {"sqlite", "postgresql"}:
            raise ValueError(f"{backend} is not supported; use sqlite or postgresql")
        return url

    @field_validator("smtp_security")
    @classmethod
    def protected(cls, security: str, known: ValidationInfo) -> str:
        names = {urlsplit(known.data.get("base_url", "")).hostname, known.data.get("smtp_host")}
        if security == "none" and not names & ON_THIS_MACHINE:
            raise ValueError("must be starttls or tls: the mail server is on another machine, and e-mails name people")
        return security

    @field_validator("imap_security")
    @classmethod
    def protected_too(cls, security: str, known: ValidationInfo) -> str:
        if security == "none" and known.data.get("imap_host") not in {"", *ON_THIS_MACHINE}:
            raise ValueError("must be tls or starttls: the IMAP server is on another machine, and e-mails name people")
        return security

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError):
            raise ValueError(f"{name!r} is not a time zone; for England write Europe/London") from None
        return name

    @field_validator("deliver_until")
    @classmethod
    def some_hours(cls, until: str, known: ValidationInfo) -> str:
        # Two clocks of the same form are in order as texts.
        if until <= known.data.get("deliver_from", ""):
            raise ValueError("must be later than TRACKER_DELIVER_FROM")
        return until

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def weak_secret(self) -> bool:
        """Whether somebody could guess what signs the sessions."""
        secret = self.secret_key.get_secret_value()
        return len(secret) < SHORTEST_SECRET or len(set(secret)) < SHORTEST_SECRET / 4

    @property
    def on_this_machine(self) -> bool:
        """Whether people open the pages on this machine alone: a trial, not an installation."""
        return urlsplit(self.base_url).hostname in ON_THIS_MACHINE

    @property
    def lease(self) -> timedelta:
        """How long a claim on a message or a job holds when its owner dies."""
        return timedelta(minutes=5)
