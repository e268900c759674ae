"""The columns of a layout, and a row's cells read as what their columns hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from training_tracker.calendar import Days
from training_tracker.errors import Refused
from training_tracker.intake.cells import Cell, cell_text, is_formula
from training_tracker.intake.dates import NotADate, is_month_first, read_date, read_days
from training_tracker.naming import fold

T = TypeVar("T")
# Rows are brought in by so many at a time: below the number of variables a statement may have on SQLite (32,766),
# at two for a row.
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a layout: its heading, other ways to write that, and how to fill it in.

    ``examples`` are the cells of the template's two rows; ``longest`` is in characters.
    """

    name: str
    note: str
    examples: tuple[str, str]
    required: bool = False
    aliases: tuple[str, ...] = ()
    holds: Literal["text", "date", "number"] = "text"
    longest: int = 200


@dataclass(frozen=True, slots=True)
class TableRow:
    """``number`` is the row's number as a spreadsheet shows it; ``cells`` are under the layout's column names."""

    number: int
    cells: dict[str, Cell]
    as_written: list[Cell]


def texts(row: TableRow, columns: tuple[Column, ...]) -> dict[str, str]:
    """The text of every cell, empty where there is none. Raises :class:`Refused` for what nobody means to write."""
    found = {}
    for column in columns:
        text = cell_text(row.cells.get(column.name))
        if is_formula(text):
            raise Refused("This is a formula, or the error of one", "Write the value itself.", column.name)
        if len(text) > column.longest:
            mend = f"Shorten it to {column.longest} characters."
            raise Refused("This is too long to be meant", mend, column.name)
        found[column.name] = text
    return found


def day(row: TableRow, column: str, *, month_first: bool) -> date | None:
    """The day in a cell, None if it is empty. Raises :class:`Refused` if it does not give exactly one."""
    cell = row.cells.get(column)
    if not cell_text(cell):
        return None
    try:
        return read_date(cell, month_first_column=month_first)
    except NotADate as error:
        raise Refused(error.problem, error.mend, column) from None


def days(row: TableRow, column: str, *, month_first: bool) -> Days | None:
    """The same where the day need not be known: a month, a year, or another range."""
    cell = row.cells.get(column)
    if not cell_text(cell):
        return None
    try:
        return read_days(cell, month_first_column=month_first)
    except NotADate as error:
        raise Refused(error.problem, error.mend, column) from None


def month_first_columns(rows: list[TableRow], columns: tuple[Column, ...]) -> dict[str, bool]:
    """For each column of dates, whether it can only have the month first."""
    return {
        column.name: is_month_first([row.cells.get(column.name) for row in rows])
        for column in columns
        if column.holds == "date"
    }


def agency_named(in_row: str, for_file: str, known: Mapping[str, object]) -> str:
    """The agency of a row: its own, or the one that the whole file is for; ``known`` are agencies by every name that
    they have, folded. Raises :class:`Refused` where a row of such a file names another: what one agency sends is not
    to speak for another.
    """
    if not in_row or not for_file or fold(in_row) == fold(for_file):
        return in_row or for_file
    meant = known.get(fold(in_row))
    if meant is None or meant != known.get(fold(for_file)):
        mend = "Correct the name, or bring the row in with that agency's own file."
        raise Refused(f"The file is for {for_file}, and this row names another agency", mend, "agency")
    return for_file


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
