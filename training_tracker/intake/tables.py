"""A spreadsheet file as a header and numbered rows, or a clear refusal."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from training_tracker.errors import Refused
from training_tracker.intake.dates import Cell
from training_tracker.naming import fold

# Exports put titles and parameters above the header; further down than this nobody does.
HEADER_WITHIN = 20
LARGEST_WORKBOOK_CONTENT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a layout: the heading as documented, and other ways to write it."""

    name: str
    required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow:
    """``number`` is the row's number as a spreadsheet shows it; ``cells`` are under the layout's column names."""

    number: int
    cells: dict[str, Cell]
    as_written: list[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    headings: list[str]
    ignored: list[str]
    rows: list[TableRow]
    notes: list[str]


def read_table(file: Path, columns: tuple[Column, ...], largest: int) -> Table:
    """Read a CSV or XLSX file whose header may stand below some title rows, columns in any order."""
    if not file.is_file():
        raise Refused(f"There is no file {file}", "Check the name and the folder.")
    size = file.stat().st_size
    if size > largest:
        raise Refused(
            f"{file.name} has {size / 1e6:.0f} MB; at most {largest / 1e6:.0f} MB are read at once",
            "Send it in parts, for example an agency or a year at a time, or raise TRACKER_IMPORT_MAX_BYTES.",
        )
    content = file.read_bytes()
    if not content.strip():
        raise Refused(f"{file.name} is empty", "It needs a header row and at least one row below it.")
    notes: list[str] = []
    rows = _workbook_rows(content, file.name) if content[:2] == b"PK" else _csv_rows(content, file.name, notes)
    return _under_header(rows, columns, file.name, notes)


def cell_text(cell: Cell) -> str:
    """What a person sees in the cell, without spaces at its ends."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return " ".join(str(cell).split())


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text instead of showing it, or shows that it failed to."""
    return bool(re.match(r"'?[=@]|'?[+\-](?![\d\s.,]*$)|#(REF|NAME|VALUE|N/A|DIV/0|NUM|NULL)", text))


def _under_header(rows: list[list[Cell]], columns: tuple[Column, ...], name: str, notes: list[str]) -> Table:
    wanted = {_heading(written): column.name for column in columns for written in (column.name, *column.aliases)}
    best: tuple[int, list[str]] | None = None
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        found = [wanted.get(_heading(cell_text(cell)), "") for cell in row]
        if best is None or len(set(found)) > len(set(best[1])):
            best = (index, found)
    if best is None:
        raise Refused(f"{name} is empty", "It needs a header row and at least one row below it.")
    at, found = best
    missing = [column.name for column in columns if column.required and column.name not in found]
    if missing:
        seen = ", ".join(filter(None, map(cell_text, rows[at]))) or "nothing"
        raise Refused(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} (found: {seen})",
            "The header row names: " + ", ".join(column.name for column in columns) + ".",
        )
    twice = sorted({column for column in found if column and found.count(column) > 1})
    if twice:
        raise Refused(f"{name} has the column {', '.join(twice)} twice", "Keep one of them.")
    headings = [cell_text(cell) for cell in rows[at]]
    if at:
        notes.append(f"the header is row {at + 1}; the rows above it were passed over")
    table_rows = [
        TableRow(
            number,
            {column: cell for column, cell in zip(found, row, strict=False) if column},
            row,
        )
        for number, row in enumerate(rows[at + 1 :], at + 2)
        if any(cell_text(cell) for cell in row)
    ]
    if not table_rows:
        raise Refused(f"{name} has a header and no rows below it", "Add the rows and send it again.")
    ignored = [heading for heading, column in zip(headings, found, strict=True) if heading and not column]
    return Table(headings, ignored, table_rows, notes)


def _heading(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def _csv_rows(content: bytes, name: str, notes: list[str]) -> list[list[Cell]]:
    text = _decoded(content, name, notes)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)]
    except csv.Error as error:
        raise Refused(f"{name} cannot be read as CSV ({error})", "Save it again as CSV UTF-8 or as XLSX.") from None


def _decoded(content: bytes, name: str, notes: list[str]) -> str:
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if encoding == "cp1252":
            notes.append("the file is not UTF-8; it was read as Windows-1252, so check accented names")
        return text
    raise Refused(
        f"{name} is not a readable spreadsheet: neither UTF-8, UTF-16, Windows-1252 nor XLSX",
        "Open it in your spreadsheet program and save it as CSV UTF-8 or as XLSX.",
    )


def _workbook_rows(content: bytes, name: str) -> list[list[Cell]]:
    _refuse_swollen(content, name)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in workbook.sheet_names:
            rows: list[list[Cell]] = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)  # type: ignore[assignment]
            if any(cell_text(cell) for row in rows for cell in row):
                return [[_plain(cell) for cell in row] for row in rows]
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(
            f"{name} cannot be read as a workbook ({error})", "Save it again as XLSX, without a password, or as CSV."
        ) from None
    raise Refused(f"{name} is empty", "It needs a header row and at least one row below it.")


def _refuse_swollen(content: bytes, name: str) -> None:
    """A small archive can hold more than the memory does; look at the sizes it declares before opening it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise Refused(f"{name} is a damaged workbook", "Save it again as XLSX or as CSV.") from None
    if total > LARGEST_WORKBOOK_CONTENT:
        raise Refused(f"{name} unpacks to {total / 1e6:.0f} MB", "Send it in parts, or as CSV.")


def _plain(cell: object) -> Cell:
    return cell if isinstance(cell, (str, float, int, bool, date, datetime)) else (str(cell) if cell else None)
