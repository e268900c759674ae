"""Options and arguments that several verbs share."""

import getpass
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

import rich_click as click

from training_tracker.calendar import Days
from training_tracker.catalogue.evidence import STRENGTHS, Strength
from training_tracker.intake.dates import NotADate, read_date, read_days
from training_tracker.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """2026-03-31, 31/03/2026 or 31 March 2026."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return read_date(value)
        except NotADate as error:
            self.fail(f"{error.problem}. {error.mend}", param, ctx)


class DayOrRange(click.ParamType[Days]):
    """The same or, where the day is not known: March 2026, 2026, before 2026."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Days:
        if isinstance(value, Days):
            return value
        try:
            return read_days(value)
        except NotADate as error:
            self.fail(f"{error.problem}. {error.mend}", param, ctx)


class Moment(click.ParamType[datetime]):
    """A time such as 2026-04-05T09:00, by the clock of the settings; a day alone is its end."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        zone = Settings().zone
        try:
            moment = datetime.fromisoformat(value)
            if len(value) > len("2026-04-05"):
                return moment if moment.tzinfo else moment.replace(tzinfo=zone)
        except ValueError:
            pass
        try:
            return datetime.combine(read_date(value), time.max, tzinfo=zone)
        except NotADate:
            self.fail(f"“{value}” is not a time. Write it as 2026-04-05T09:00 or 2026-04-05.", param, ctx)


class Month(click.ParamType[date]):
    """2026-04, as its first day."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007  # a month has no zone
        except ValueError:
            self.fail(f"“{value}” is not a month. Write it as 2026-04.", param, ctx)


# What looks years ahead from a day stays within the calendar.
LAST_ASKED = date(2099, 12, 31)


class DayAsked(Day):
    """A day of which something is asked; one that no calendar here reaches is a slip."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        day = super().convert(value, param, ctx)
        if day > LAST_ASKED:
            self.fail(f"“{value}” is too far ahead. Give a day until {LAST_ASKED}.", param, ctx)
        return day


def on(meaning: str) -> Callable[[F], F]:
    return click.option("--on", "on", type=DayAsked(), metavar="DATE", help=f"{meaning} The default is today.")


known_at = click.option(
    "--known-at", type=Moment(), metavar="TIME", help="As the facts were known then: 2026-04-05T09:00, or 2026-04-05."
)
dry_run = click.option("--dry-run", is_flag=True, help="Show exactly what would happen, and change nothing.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def strength(usual: Strength) -> Callable[[F], F]:
    return click.option(
        "--evidence",
        "strength",
        type=click.Choice(STRENGTHS),
        default=usual.words,
        show_default=True,
        help="How strong the evidence is.",
    )


def recorder() -> str:
    """Who stands behind a fact that comes from the command line."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container may run as a user without a name
        return "command line"
