"""A template file of each layout: its headings, and two example rows to be written over."""

import csv
import io
from typing import Literal

import xlsxwriter

from training_tracker.intake.rows import Column


def template(columns: tuple[Column, ...], kind: Literal["csv", "xlsx"]) -> bytes:
    """The file's content. A workbook holds everything as text, so that employee numbers keep their zeros."""
    lines = [[column.name for column in columns], *([column.examples[row] for column in columns] for row in (0, 1))]
    if kind == "csv":
        stream = io.StringIO()
        csv.writer(stream).writerows(lines)
        return stream.getvalue().encode("utf-8-sig")
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        text = workbook.add_format({"num_format": "@"})
        sheet.set_column(0, len(columns) - 1, 20, text)
        for number, line in enumerate(lines):
            for position, cell in enumerate(line):
                sheet.write_string(number, position, cell, text)
        for position, column in enumerate(columns):
            sheet.write_comment(0, position, column.note)
        sheet.freeze_panes(1, 0)
    return content.getvalue()
