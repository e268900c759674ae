"""What became of a spreadsheet's rows, and the file of refused rows to mend and send again."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import xlsxwriter

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
    ``rows``. ``feeds`` of the agency were waiting for this file.

    ``taken`` are the numbers of the accepted rows. Of a people file ``begun`` of them begin a post, so many posts were
    ``ended``, and ``people`` are those it speaks of who were known before.
    """

    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    feeds: int = 0
    taken: list[int] = field(default_factory=list)
    begun: int = 0
    ended: int = 0
    people: set[int] = field(default_factory=set)

    def take(self, number: int) -> None:
        self.accepted += 1
        self.taken.append(number)

    def refuse(self, row: TableRow, refusal: Refused) -> None:
        value = cell_text(row.cells.get(refusal.field)) if refusal.field else ""
        self.refused.append(RefusedRow(row.number, refusal.field, shortened(value), refusal.problem, refusal.mend))


def write_rejects(file: Path, table: Table, outcome: ImportOutcome) -> Path | None:
    """Write the refused rows beside the file, in its layout and kind.

    Raises :class:`Refused` if the folder does not let us; what was accepted stays accepted.
    """
    if not outcome.refused:
        return None
    try:
        rejects = _new_name(file)
        rejects.write_bytes(rows_to_mend(table, outcome, as_workbook=file.suffix.lower() == ".xlsx"))
    except OSError as error:
        problem = f"The refused rows cannot be written beside {file.name} ({error})"
        raise Refused(problem, "Make the folder writable, close the file if it is open, and send it again.") from None
    return rejects


def rows_to_mend(table: Table, outcome: ImportOutcome, *, as_workbook: bool) -> bytes:
    """The refused rows as a file in the layout of their own, with one more column that says what to mend."""
    reasons = {refused.row: f"{refused.field}: {refused.problem}. {refused.mend}" for refused in outcome.refused}
    headings = [heading for heading in table.headings if heading != TO_MEND]
    kept = [index for index, heading in enumerate(table.headings) if heading != TO_MEND]
    lines = [
        [cell_text(row.as_written[index]) if index < len(row.as_written) else "" for index in kept]
        + [reasons[row.number].removeprefix(": ")]
        for row in table.rows
        if row.number in reasons
    ]
    return (_workbook if as_workbook else _csv)([[*headings, TO_MEND], *lines])


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


def _csv(lines: list[list[str]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([harmless(text) for text in line] for line in lines)
    return stream.getvalue().encode("utf-8-sig")


def _workbook(lines: list[list[str]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as workbook:
        sheet = workbook.add_worksheet("rows to mend")
        for number, line in enumerate(lines):
            for position, text in enumerate(line):
                sheet.write_string(number, position, text)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return content.getvalue()
