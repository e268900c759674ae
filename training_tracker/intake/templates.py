"""A file to fill in for each layout: its header, two rows of examples, and in a workbook what each column holds."""

import csv
import io
from datetime import date
from typing import Literal

import xlsxwriter
from xlsxwriter.workbook import Workbook

from training_tracker.intake.rows import Column

Kind = Literal["csv", "xlsx"]
# As text a number keeps its leading zeros; as a date a day is not turned round by the country of the program.
FORMATS = {"text": "@", "date": "yyyy-mm-dd", "number": "0.##"}
GUIDE_WIDTHS = (20, 12, 100)


def template(columns: tuple[Column, ...], kind: Kind) -> bytes:
    """The content of the file. The examples are rows that an import takes; whoever fills it in writes over them."""
    return _csv(columns) if kind == "csv" else _workbook(columns)


def _csv(columns: tuple[Column, ...]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*(column.examples for column in columns), strict=True))
    return text.getvalue().encode("utf-8-sig")  # with the mark at the beginning Excel reads it as UTF-8


def _workbook(columns: tuple[Column, ...]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        _write_rows(workbook, columns)
        _write_guide(workbook, columns)
    return content.getvalue()


def _write_rows(workbook: Workbook, columns: tuple[Column, ...]) -> None:
    sheet = workbook.add_worksheet("fill in here")
    heading = workbook.add_format({"bold": True, "bottom": 1})
    formats = {holds: workbook.add_format({"num_format": written}) for holds, written in FORMATS.items()}
    for position, column in enumerate(columns):
        width = 4 + max(len(text) for text in (column.name, *column.examples))
        sheet.set_column(position, position, width, formats[column.holds])
        sheet.write_string(0, position, column.name, heading)
        for row, example in enumerate(column.examples, 1):
            if example and column.holds == "date":
                sheet.write_datetime(row, position, date.fromisoformat(example), formats["date"])
            elif example and column.holds == "number":
                sheet.write_number(row, position, float(example), formats["number"])
            else:
                sheet.write_string(row, position, example, formats["text"])
    sheet.freeze_panes(1, 0)


def _write_guide(workbook: Workbook, columns: tuple[Column, ...]) -> None:
    sheet = workbook.add_worksheet("how to fill it in")
    heading = workbook.add_format({"bold": True, "bottom": 1})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_row(0, 0, ["column of the sheet", "needed", "what it holds"], heading)
    for row, column in enumerate(columns, 1):
        sheet.write_row(row, 0, [column.name, "yes" if column.required else "", column.note], wrapped)
    for position, width in enumerate(GUIDE_WIDTHS):
        sheet.set_column(position, position, width)
    sheet.freeze_panes(1, 0)
