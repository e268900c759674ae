"""Dates as spreadsheets hold them: ISO, day-first, Excel's own; refused when two readings are possible.

Where the day is not known, a range: March 2024, 2023, before 2023, between 5 March 2024 and 2 May 2024.
"""

import re
from calendar import month_name
from datetime import date, datetime, timedelta

from training_tracker.calendar import LONDON, SOME_TIME_AGO, Days, month_of
from training_tracker.intake.cells import Cell, cell_text

EXCEL_ORIGIN = date(1899, 12, 30)
_MONTHS = {name.lower(): number for number, name in enumerate(month_name) if name}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_CLOCK = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_ISO = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_CLOCK}")
_ISO_WITH_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})[/.\-](\d{{1,2}})[/.\-](\d{{2}}|\d{{4}}){_CLOCK}")
_WORDED = re.compile(rf"(\d{{1,2}})(?i:st|nd|rd|th)?[\s\-/.]+([A-Za-z]+)[\s\-/.,]+(\d{{2}}|\d{{4}}){_CLOCK}")
_MONTH_WORDED = re.compile(r"([A-Za-z]+)[\s\-/.,]+(\d{4})")
_MONTH_LAST = re.compile(r"(\d{1,2})[/.\-](\d{4})")
_MONTH_ISO = re.compile(r"(\d{4})-(\d{1,2})")
_YEAR = re.compile(r"\d{4}")
_ABOUT = re.compile(r"(?i:about|around|approximately|approx\.?|circa|ca\.|c\.)\s*(.+)")
_BEFORE = re.compile(r"(?i:before)\s+(.+)")
_BETWEEN = re.compile(r"(?i:between)\s+(.+?)\s+(?i:and)\s+(.+)")
_EXCEL_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")


class NotADate(ValueError):
    """Why a cell cannot be read as one day, and what to write instead."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend


WRITE_IT = "Write the date as 2025-03-14 or 14/03/2025."
OR_A_RANGE = " If the day is not known: March 2025, 2025, before 2025, or between 5 March 2025 and 2 May 2025."


def read_days(cell: Cell, *, month_first_column: bool = False) -> Days:
    """One civil date in London as :func:`read_date` reads it or, where the day is not known, the range it lies in."""
    text = cell_text(cell)
    if match := _BETWEEN.fullmatch(text):
        first, last = (read_days(part, month_first_column=month_first_column) for part in match.groups())
        return _in_order(first.first, last.last or last.first, text)
    if match := _BEFORE.fullmatch(text):
        end = read_days(match[1], month_first_column=month_first_column).first
        return _in_order(SOME_TIME_AGO, end - timedelta(days=1), text)
    about = _ABOUT.fullmatch(text)
    if found := _month_or_year(about[1] if about else text):
        return found
    try:
        return Days(read_date(cell, month_first_column=month_first_column))
    except NotADate as refusal:
        raise NotADate(refusal.problem, refusal.mend + OR_A_RANGE) from None


def _month_or_year(text: str) -> Days | None:
    """Years as they can be meant; a number outside them is something else."""
    if _YEAR.fullmatch(text):
        year, month = int(text), 0
    elif match := _MONTH_WORDED.fullmatch(text):
        year, month = int(match[2]), _MONTHS.get(match[1].lower(), 13)
    elif match := _MONTH_LAST.fullmatch(text):
        year, month = int(match[2]), int(match[1]) or 13
    elif match := _MONTH_ISO.fullmatch(text):
        year, month = int(match[1]), int(match[2]) or 13
    else:
        return None
    if not 1950 <= year <= 2099 or month > 12:
        return None
    return month_of(year, month) if month else Days(date(year, 1, 1), date(year, 12, 31))


def _in_order(first: date, last: date, text: str) -> Days:
    if last < first:
        raise NotADate(f"“{text}” ends before it begins", "Write the earlier day first.")
    return Days(first, last if last > first else None)


def read_date(cell: Cell, *, month_first_column: bool = False) -> date:
    """One civil date in London. Day comes first, as in the United Kingdom.

    ``month_first_column`` says that other cells of the column can only be month-first, so that 03/04/2025 in it
    could be either and is refused.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _excel_date(float(cell))
    text = cell_text(cell)
    if _ISO_WITH_OFFSET.fullmatch(text):
        return _with_offset(text)
    if match := _ISO.fullmatch(text):
        return _civil(int(match[1]), int(match[2]), int(match[3]), text)
    if match := _DAY_FIRST.fullmatch(text):
        return _day_first(match, text, month_first_column)
    if match := _WORDED.fullmatch(text):
        month = _MONTHS.get(match[2].lower())
        if month is None:
            raise NotADate(f"“{match[2]}” is not a month", WRITE_IT)
        return _civil(_full_year(match[3], text), month, int(match[1]), text)
    if _EXCEL_SERIAL.fullmatch(text):
        return _excel_date(float(text))
    if re.search(r"[A-Za-z]", text) and re.search(r"\d", text):
        raise NotADate(f"“{text}” does not give one exact day", WRITE_IT)
    raise NotADate(f"“{text}” is not a date", WRITE_IT)


def is_month_first(cells: list[Cell]) -> bool:
    """Whether a column holds days that only fit month-first (03/14/2025) and none that only fits day-first."""
    month_first = day_first = False
    for cell in cells:
        match = _DAY_FIRST.fullmatch(cell_text(cell)) if isinstance(cell, str) else None
        if match:
            first, second = int(match[1]), int(match[2])
            month_first = month_first or (first <= 12 < second <= 31)
            day_first = day_first or (second <= 12 < first <= 31)
    return month_first and not day_first


def _day_first(match: re.Match[str], text: str, month_first_column: bool) -> date:
    day, month = int(match[1]), int(match[2])
    year = _full_year(match[3], text)
    if day <= 12 < month <= 31:
        raise NotADate(f"“{text}” has the month first", WRITE_IT)
    if month_first_column and day <= 12 and day != month:
        problem = f"“{text}” is ambiguous: other dates in this column have the month first"
        raise NotADate(problem, "Write all dates of the column as 2025-03-14.")
    return _civil(year, month, day, text)


def _full_year(text: str, whole: str) -> int:
    if len(text) != 4:
        raise NotADate(f"“{whole}” is ambiguous: its year has two digits", "Write the year in full, as in 14/03/2025.")
    return int(text)


def _civil(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate(f"“{text}” is not a day of the calendar", WRITE_IT) from None


def _with_offset(text: str) -> date:
    try:
        return datetime.fromisoformat(text.replace(" ", "T")).astimezone(LONDON).date()
    except (ValueError, OverflowError):
        raise NotADate(f"“{text}” is not a day of the calendar", WRITE_IT) from None


def _excel_date(serial: float) -> date:
    """Excel counts days from 30 December 1899; what is before 1950 or after 2099 was never meant as a date."""
    if not 18264 <= serial < 73051:
        raise NotADate(f"{serial:g} is not a date", WRITE_IT)
    return EXCEL_ORIGIN + timedelta(days=int(serial))
