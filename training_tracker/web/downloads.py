"""Tables as files to open in a spreadsheet."""

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import xlsxwriter
from litestar import Response

from training_tracker.calendar import now
from training_tracker.intake.outcome import harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    """Cells that a spreadsheet would run as a formula are made harmless."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(headings)
    writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)
    # The mark at the front tells Excel that this is UTF-8.
    return as_file(name, stream.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: words above a table, if there is one. ``percents`` are the columns that hold percentages,
    as whole numbers of them.
    """

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[object]]
    above: Sequence[str] = ()
    percents: Collection[int] = ()


def xlsx_file(name: str, sheet: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    return as_file(name, workbook([Sheet(sheet, headings, rows)]), XLSX)


def workbook(sheets: Iterable[Sheet], *, title: str = "") -> bytes:
    """Dates are dates and numbers are numbers, to be sorted by; text is text, whatever it begins with."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        # The day, and not the second: the same rows on the same day are the same file.
        book.set_properties({"title": title, "created": datetime.combine(now().date(), time())})
        day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        percent = book.add_format({"num_format": '0.0"%"'})
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for line, words in enumerate(sheet.above):
                page.write_string(line, 0, words)
            if not sheet.headings:
                continue
            first = last = len(sheet.above)
            for column, heading in enumerate(sheet.headings):
                page.write_string(first, column, heading, bold)
            for last, row in enumerate(sheet.rows, first + 1):
                for column, cell in enumerate(row):
                    match cell:
                        case None:
                            pass
                        case date():
                            page.write_datetime(last, column, cell, day)
                        case int() | float():
                            page.write_number(last, column, cell, percent if column in sheet.percents else None)
                        case _:
                            page.write_string(last, column, str(cell))
            page.freeze_panes(first + 1, 0)
            page.autofilter(first, 0, last, len(sheet.headings) - 1)
            if not sheet.above:
                page.autofit()
            else:
                page.set_column(0, len(sheet.headings) - 1, 24)
    return stream.getvalue()


def as_file(name: str, content: bytes, media_type: str) -> Response[bytes]:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
