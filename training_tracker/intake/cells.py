"""What a cell of a spreadsheet holds, and what a person sees in it."""

import re
from datetime import date, datetime

from training_tracker.naming import visible

Cell = str | float | int | bool | date | datetime | None


def cell_text(cell: Cell) -> str:
    """What a person sees in the cell: composed characters, no invisible ones, no spaces at the ends."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return visible(str(cell))


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text instead of showing it, or shows that it failed to."""
    return bool(re.match(r"'?[=@]|'?[+\-](?![\d\s.,]*$)|#(REF|NAME|VALUE|N/A|DIV/0|NUM|NULL)", text))


def shortened(text: str, longest: int = 200) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
