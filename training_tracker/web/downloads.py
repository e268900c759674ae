"""Tables as files to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

import xlsxwriter
from litestar import Response

from training_tracker.intake.outcome import harmless


def csv_file(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    """Cells that a spreadsheet would run as a formula are made harmless."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(headings)
    writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)
    # The mark at the front tells Excel that this is UTF-8.
    return as_file(name, stream.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def xlsx_file(name: str, sheet: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    """Dates are dates and numbers are numbers, to be sorted by; text is text, whatever it begins with."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet(sheet)
        day = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        page.write_row(0, 0, headings, workbook.add_format({"bold": True}))
        last = 0
        for last, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                match cell:
                    case None:
                        pass
                    case date():
                        page.write_datetime(last, column, cell, day)
                    case int() | float():
                        page.write_number(last, column, cell)
                    case _:
                        page.write_string(last, column, str(cell))
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, last, len(headings) - 1)
        page.autofit()
    return as_file(name, stream.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def as_file(name: str, content: bytes, media_type: str) -> Response[bytes]:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
