"""What became of a spreadsheet's rows, and the file of refused rows to mend and send again."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from training_tracker.errors import Refused
from training_tracker.intake.cells import cell_text, is_formula, shortened
from training_tracker.intake.rows import TableRow
from training_tracker.intake.tables import Table

TO_MEND = "to mend"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """``row`` is the number a spreadsheet shows; ``field`` the column; ``mend`` what to do about it."""

    row: int
    field: str
    value: str
    problem: str
    mend: str


@dataclass
class ImportOutcome:
    """``accepted`` rows changed something, ``unchanged`` rows said what was known; both and the refused make up
    ``rows``. ``feeds`` of the agency were waiting for this file."""

    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    feeds: int = 0

    def refuse(self, row: TableRow, refusal: Refused) -> None:
        value = cell_text(row.cells.get(refusal.field)) if refusal.field else ""
        self.refused.append(RefusedRow(row.number, refusal.field, shortened(value), refusal.problem, refusal.mend))


def write_rejects(file: Path, table: Table, outcome: ImportOutcome) -> Path | None:
    """Write the refused rows beside the file, in its layout and kind, with one more column that says what to mend.

    Raises :class:`Refused` if the folder does not let us; what was accepted stays accepted.
    """
    if not outcome.refused:
        return None
    reasons = {refused.row: f"{refused.field}: {refused.problem}. {refused.mend}" for refused in outcome.refused}
    headings = [heading for heading in table.headings if heading != TO_MEND]
    kept = [index for index, heading in enumerate(table.headings) if heading != TO_MEND]
    lines = [
        [cell_text(row.as_written[index]) if index < len(row.as_written) else "" for index in kept]
        + [reasons[row.number].removeprefix(": ")]
        for row in table.rows
        if row.number in reasons
    ]
    write = _write_workbook if file.suffix.lower() == ".xlsx" else _write_csv
    try:
        rejects = _new_name(file)
        write(rejects, [[*headings, TO_MEND], *lines])
    except (OSError, FileCreateError) as error:
        problem = f"The refused rows cannot be written beside {file.name} ({error})"
        raise Refused(problem, "Make the folder writable, close the file if it is open, and send it again.") from None
    return rejects


def _new_name(file: Path) -> Path:
    """A name that no file has yet: an earlier file of rejects may be half mended."""
    ending = file.suffix if file.suffix.lower() == ".xlsx" else ".csv"
    names = (file.with_name(f"{file.stem}.rejects{number}{ending}") for number in _numbers())
    return next(name for name in names if not name.exists())


def _numbers() -> Iterator[str]:
    yield ""
    for number in count(2):
        yield f"-{number}"


def harmless(text: str) -> str:
    """A cell that a spreadsheet shows instead of running; reading it back refuses it just the same."""
    return f"'{text}" if is_formula(text) and not text.startswith("'") else text


def _write_csv(file: Path, lines: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([harmless(text) for text in line] for line in lines)


def _write_workbook(file: Path, lines: list[list[str]]) -> None:
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        sheet = workbook.add_worksheet("rows to mend")
        for number, line in enumerate(lines):
            for position, text in enumerate(line):
                sheet.write_string(number, position, text)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
