"""What a form sent, as text: kept for showing it again, and read into what it means."""

from datetime import date

from training_tracker.errors import Refused

Sent = dict[str, str]


def text(sent: Sent, name: str, *, longest: int = 200) -> str:
    value = " ".join(sent.get(name, "").split())
    if "\0" in value:
        raise Refused("This holds a character that nobody can see", "Type it again.", name)
    if len(value) > longest:
        raise Refused("This is too long", f"Shorten it to {longest} characters.", name)
    return value


def day(sent: Sent, name: str, what: str) -> date:
    """The day in three fields, ``NAME-day``, ``-month`` and ``-year``. ``what`` begins the sentence of a refusal."""
    parts = {part: sent.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year")}
    missing = [part for part, value in parts.items() if not value]
    if len(missing) == len(parts):
        raise Refused(f"{what} is missing", "Give a day, a month and a year, such as 27 3 2026.", name)
    if missing:
        raise Refused(f"{what} has no {' and no '.join(missing)}", "Fill in all three.", name)
    try:
        return date(*(int(parts[part]) for part in ("year", "month", "day")))
    except (ValueError, OverflowError):
        raise Refused(f"{what} is not a real day", "Write it in numbers, such as 27 3 2026.", name) from None


def number(sent: Sent, name: str, what: str) -> float | None:
    value = sent.get(name, "").strip().replace(",", ".")
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        raise Refused(f"{what} must be a number", "Write it like 2 or 1.5, or leave it empty.", name) from None
