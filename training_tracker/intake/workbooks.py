"""XLSX workbooks, read only after a look at how much they would unpack to."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook

from training_tracker.errors import Refused
from training_tracker.intake.cells import Cell, cell_text

PIECE = 4_000_000
_PLACED = re.compile(
    rb"""<(?:\w+:)?(?:c|row)\s(?:[^>"']|"[^"]*"|'[^']*')*?\br\s*=\s*(?:"([^"]*)"|'([^']*)')""",
)
_PLACE = re.compile(rb"([A-Za-z]{0,3})([0-9]{1,7})")
_FAILED = re.compile(rb'<c r="([A-Z]+\d+)"[^>]* t="e"')
SAVE_AGAIN = "Open it in your spreadsheet program and save it as XLSX, without a password, or as CSV UTF-8."

Sheet = tuple[str, list[list[Cell]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes a workbook may unpack to, and up to how many cells: the reader makes a full rectangle up to the
    last, and two in opposite corners would take all memory there is.
    """

    content: int
    area: int


# Of whoever runs the tracker, and of what comes into a server that answers others meanwhile.
OURS = Limits(1_000_000_000, 40_000_000)
SENT = Limits(200_000_000, 4_000_000)


def read_sheets(content: bytes, name: str, notes: list[str], limits: Limits) -> Iterator[Sheet]:
    """The sheets that hold anything, in order, each from its first row and column on."""
    _refuse_swollen(content, name, notes, limits)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            plain = [[_plain(cell) for cell in row] for row in rows]
            if any(cell_text(cell) for row in plain for cell in row):
                yield sheet, plain
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(f"{name} cannot be read as a workbook ({error})", SAVE_AGAIN) from None


def _refuse_swollen(content: bytes, name: str, notes: list[str], limits: Limits) -> None:
    """Unpack everything once, piece by piece: a small archive can hold more than the memory, and lie about it."""
    failed: list[str] = []
    height = width = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise Refused(f"{name} is not an XLSX workbook", SAVE_AGAIN)
            total = sum(entry.file_size for entry in archive.infolist())
            if total > limits.content:
                raise Refused(f"{name} unpacks to {total / 1e6:.0f} MB", "Send it in parts, or as CSV.")
            for entry in archive.infolist():
                for piece in _pieces(archive, entry):
                    for double, single in _PLACED.findall(piece):
                        place = _PLACE.fullmatch(double or single)
                        if place is None:
                            raise zipfile.BadZipFile  # the reader would go wherever it leads
                        height, width = max(height, int(place[2])), max(width, _column_number(place[1]))
                    failed += [cell.decode() for cell in _FAILED.findall(piece)]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error):
        raise Refused(f"{name} is a damaged workbook", SAVE_AGAIN) from None
    if height * width > limits.area:
        raise Refused(
            f"{name} has cells as far away as row {height:,} and column {width:,}",
            "Delete the empty rows and columns behind the table and save it again, or save it as CSV UTF-8.",
        )
    if failed:
        shown = ", ".join(failed[:10]) + (f" and {len(failed) - 10} more" if len(failed) > 10 else "")
        notes.append(f"cells that hold the error of a formula were read as empty: {shown}")


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry in pieces that overlap a little, so that nothing looked for is cut in two."""
    with archive.open(entry) as stream:
        tail = b""
        while piece := stream.read(PIECE):
            yield tail + piece
            tail = piece[-200:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _plain(cell: object) -> Cell:
    return cell if isinstance(cell, (str, float, int, bool, date, datetime)) else (str(cell) if cell else None)
