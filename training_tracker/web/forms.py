"""What a form sent, as text: kept for showing it again, and read into what it means."""

from datetime import date
from typing import Any

from litestar import Request

from training_tracker.calendar import Days, in_words, month_of, today
from training_tracker.errors import Refused
from training_tracker.naming import visible
from training_tracker.people.posts import LATEST

Sent = dict[str, str]


async def sent(request: Request[Any, Any, Any]) -> Sent:
    """The words of a form that can hold a file; of a field that came twice the last."""
    return {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}


# No row has a number with so many digits.
LONGEST_ID = 10
# So many names on lines of their own are enough for one thing.
MOST_LINES = 50


def problems(refusal: Refused | None, field: str = "") -> dict[str, str]:
    """What is wrong, by the id of the field that it is to stand beside: the refusal's own, or else ``field``."""
    return {(refusal.field or field).replace(" ", "-"): f"{refusal.problem}. {refusal.mend}"} if refusal else {}


def text(sent: Sent, name: str, *, longest: int = 200) -> str:
    value = sent.get(name, "")
    if "\0" in value:
        raise Refused("This holds a character that nobody can see", "Type it again.", name)
    value = visible(value)
    if len(value) > longest:
        raise Refused("This is too long", f"Shorten it to {longest} characters.", name)
    return value


def lines(sent: Sent, name: str, *, longest: int) -> tuple[str, ...]:
    """What stands on each line, without empty ones; so many at most."""
    value = sent.get(name, "")
    if "\0" in value:
        raise Refused("This holds a character that nobody can see", "Type it again.", name)
    kept = tuple(line for written in value.splitlines() if (line := visible(written)))
    if len(kept) > longest:
        raise Refused(f"These are {len(kept)} lines", f"Leave {longest} of them at most.", name)
    return kept


def chosen_id(sent: Sent, name: str) -> int:
    """The number of a row that was chosen; 0 where none was."""
    value = sent.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < LONGEST_ID else 0


def looked_for(sent: Sent, name: str, *, longest: int = 100) -> str:
    """Part of a name, to search by: cut where it is too long, and without what nobody can see."""
    return " ".join(sent.get(name, "").replace("\0", " ").split())[:longest]


def days(sent: Sent, name: str, what: str) -> Days:
    """The day in three fields, ``NAME-day``, ``-month`` and ``-year``; without the day the month, or else the year.

    ``what`` begins the sentence of a refusal.
    """
    parts = {part: sent.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year")}
    missing = [part for part, value in parts.items() if not value]
    if len(missing) == len(parts):
        raise Refused(f"{what} is missing", f"Give a day, a month and a year, such as {example()}.", name)
    if missing not in ([], ["day"], ["day", "month"]):
        mend = "Fill in all three; leave out the day, or the day and the month, if you do not know them."
        raise Refused(f"{what} has no {' and no '.join(part for part in missing if part != 'day')}", mend, name)
    try:
        numbers = {part: int(value) for part, value in parts.items() if value}
        if not missing:
            found = Days(date(numbers["year"], numbers["month"], numbers["day"]))
        elif missing == ["day"]:
            found = month_of(numbers["year"], numbers["month"])
        else:
            found = Days(date(numbers["year"], 1, 1), date(numbers["year"], 12, 31))
    except (ValueError, OverflowError):
        raise Refused(f"{what} is not a real day", f"Write it in numbers, such as {example()}.", name) from None
    if found.first > LATEST:
        raise Refused(f"{in_words(found.last or found.first)} cannot be meant", "Correct the year.", name)
    return found


def example() -> str:
    """A day as it is typed into the three fields: today's, as the hints beside them have it."""
    on = today()
    return f"{on.day} {on.month} {on.year}"


def day(sent: Sent, name: str, what: str) -> date:
    """One day, where a month or a year alone does not do."""
    found = days(sent, name, what)
    if found.last is not None:
        raise Refused(f"{what} has no day", "Fill in all three.", name)
    return found.first


def is_given(sent: Sent, name: str) -> bool:
    """Whether anything was typed into the three fields of a day."""
    return any(sent.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year"))


def as_sent(name: str, value: date) -> Sent:
    """A day as its three fields hold it."""
    return {f"{name}-day": str(value.day), f"{name}-month": str(value.month), f"{name}-year": str(value.year)}


def number(sent: Sent, name: str, what: str) -> float | None:
    value = sent.get(name, "").strip().replace(",", ".")
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        raise Refused(f"{what} must be a number", "Write it like 2 or 1.5, or leave it empty.", name) from None


def whole(sent: Sent, name: str, what: str, *, least: int, most: int) -> int | None:
    """A whole number between two, or None where nothing is typed."""
    found = number(sent, name, what)
    if found is None:
        return None
    if not least <= found <= most or found != int(found):
        raise Refused(f"{what} must be a whole number", f"Give one between {least:,} and {most:,}.", name)
    return int(found)
