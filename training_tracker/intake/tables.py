"""A spreadsheet file as a header and numbered rows, or a clear refusal."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from training_tracker.errors import Refused
from training_tracker.intake.cells import Cell, cell_text, shortened
from training_tracker.intake.rows import Column, TableRow
from training_tracker.intake.workbooks import OURS, SAVE_AGAIN, Limits, read_sheets
from training_tracker.naming import fold

# Exports put titles and parameters above the header; further down, or more columns than this, nobody does.
HEADER_WITHIN = 20
WIDEST = 1_000
# What other programs put at the beginning of their files, whatever the files are called.
FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), or one with a password",
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document",
    b"\x1f\x8b": "a compressed file",
}


@dataclass(frozen=True, slots=True)
class Table:
    headings: list[str]
    ignored: list[str]
    rows: list[TableRow]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Header:
    """Where the header stands, and for each of its cells the layout's column, empty for one that is not in it."""

    at: int
    found: list[str]

    @property
    def fit(self) -> int:
        return len(set(self.found) - {""})


def read_table(file: Path, columns: tuple[Column, ...], largest: int) -> Table:
    """Read a CSV or XLSX file whose header may stand below some title rows, columns in any order."""
    if not file.is_file():
        raise Refused(f"There is no file {file}", "Check the name and the folder.")
    try:
        size = file.stat().st_size
        if size > largest:
            raise Refused(
                f"{file.name} has {size / 1e6:.1f} MB; at most {largest / 1e6:.1f} MB are read at once",
                "Send it in parts, for example an agency or a year at a time, or raise TRACKER_IMPORT_MAX_BYTES.",
            )
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"{file.name} cannot be opened ({error.strerror})", "Check who may read it.") from None
    return table_of(content, file.name, columns)


def table_of(content: bytes, name: str, columns: tuple[Column, ...], limits: Limits = OURS) -> Table:
    """The same of a file's content, under the name by which refusals speak of it."""
    for beginning, kind in FOREIGN.items():
        if content.startswith(beginning):
            raise Refused(f"{name} is {kind}, not a CSV or XLSX spreadsheet", SAVE_AGAIN)
    if not content.strip():
        raise _empty(name)
    notes: list[str] = []
    if content[:2] == b"PK":
        rows = _best_sheet(content, name, columns, notes, limits)
    else:
        rows = _csv_rows(content, name, columns, notes)
    return _under_header(rows, columns, name, notes)


def table_of_rows(rows: Sequence[Mapping[str, Cell]], columns: tuple[Column, ...]) -> Table:
    """Rows that each name their columns, as other systems send them; they are numbered from 1."""
    if not rows:
        raise Refused("There are no rows", "Send at least one.")
    wanted = _names(columns)
    found: dict[str, str] = {}
    table_rows = []
    for number, row in enumerate(rows, 1):
        cells: dict[str, Cell] = {}
        for heading, cell in row.items():
            column = found.setdefault(heading, wanted.get(_heading(heading), ""))
            if column in cells:
                raise Refused(f"Row {number} has the column {column} twice", "Keep one of them.")
            if column:
                cells[column] = cell
        table_rows.append(TableRow(number, cells, list(row.values())))
    ignored = [shortened(heading) for heading, column in found.items() if not column]
    return Table(list(found), ignored, table_rows, [])


def _empty(name: str) -> Refused:
    return Refused(f"{name} is empty", "It needs a header row and at least one row below it.")


# --- the header ---


def _header(rows: list[list[Cell]], columns: tuple[Column, ...]) -> _Header:
    wanted = _names(columns)
    headers = [
        _Header(at, [wanted.get(_heading(cell_text(cell)), "") for cell in row[:WIDEST]])
        for at, row in enumerate(rows[:HEADER_WITHIN])
    ]
    return max(headers, key=lambda header: header.fit, default=_Header(0, []))


def _names(columns: tuple[Column, ...]) -> dict[str, str]:
    """Each way to write a column's heading, and which column that is."""
    return {_heading(written): column.name for column in columns for written in (column.name, *column.aliases)}


def _heading(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def _under_header(rows: list[list[Cell]], columns: tuple[Column, ...], name: str, notes: list[str]) -> Table:
    header = _header(rows, columns)
    headings = [cell_text(cell) for cell in rows[header.at][:WIDEST]]
    missing = [column.name for column in columns if column.required and column.name not in header.found]
    if missing:
        seen = shortened(", ".join(filter(None, headings))) or "nothing"
        raise Refused(
            f"{name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} (found: {seen})",
            "The header row names: " + ", ".join(column.name for column in columns) + ".",
        )
    twice = sorted({column for column in header.found if column and header.found.count(column) > 1})
    if twice:
        raise Refused(f"{name} has the column {', '.join(twice)} twice", "Keep one of them.")
    if header.at:
        notes.append(f"the header is row {header.at + 1}; the rows above it were passed over")
    table_rows = [
        TableRow(number, {column: cell for column, cell in zip(header.found, row, strict=False) if column}, row)
        for number, row in enumerate(rows[header.at + 1 :], header.at + 2)
        if any(cell_text(cell) for cell in row)
    ]
    if not table_rows:
        raise Refused(f"{name} has a header and no rows below it", "Add the rows and send it again.")
    ignored = [shortened(text) for text, column in zip(headings, header.found, strict=True) if text and not column]
    return Table(headings, ignored, table_rows, notes)


# --- the two kinds of file ---


def _best_sheet(
    content: bytes, name: str, columns: tuple[Column, ...], notes: list[str], limits: Limits
) -> list[list[Cell]]:
    """The first of the sheets whose header fits best: many workbooks begin with a cover."""
    sheets = list(read_sheets(content, name, notes, limits))
    if not sheets:
        raise _empty(name)
    chosen, rows = max(sheets, key=lambda sheet: _header(sheet[1], columns).fit)
    if others := [sheet for sheet, _ in sheets if sheet != chosen]:
        notes.append(f"only the sheet “{chosen}” was read, not {', '.join(f'“{other}”' for other in others)}")
    return rows


def _csv_rows(content: bytes, name: str, columns: tuple[Column, ...], notes: list[str]) -> list[list[Cell]]:
    text = _decoded(content, name, notes)
    if text.lstrip()[:100].casefold().startswith(("<!doctype", "<html", "<table", "<?xml")):
        raise Refused(f"{name} is a web page, not a CSV or XLSX spreadsheet", SAVE_AGAIN)
    delimiter = max(",;\t|", key=lambda mark: _header(_first_rows(text, mark), columns).fit)
    rows: list[list[Cell]] = []
    try:
        rows.extend(_records(text, delimiter))
    except csv.Error as error:
        raise Refused(
            f"{name} cannot be read as CSV from row {len(rows) + 1} on ({error})",
            "Look there for a quotation mark too many, or save it again as CSV UTF-8 or as XLSX.",
        ) from None
    return rows


def _first_rows(text: str, delimiter: str) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    with suppress(csv.Error):  # what comes before it is enough to judge by
        rows.extend(islice(_records(text, delimiter), HEADER_WITHIN))
    return rows


def _records(text: str, delimiter: str) -> Iterator[list[Cell]]:
    """Strict, because the lenient way swallows all the rows behind a quotation mark that is never closed."""
    for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
        yield list(record)


def _decoded(content: bytes, name: str, notes: list[str]) -> str:
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if not text.strip():
            raise _empty(name)
        if encoding == "cp1252":
            notes.append("the file is not UTF-8; it was read as Windows-1252, so check accented names")
        return text
    raise Refused(f"{name} is not a readable spreadsheet: neither UTF-8, UTF-16, Windows-1252 nor XLSX", SAVE_AGAIN)
