"""A paper as sections of words, charts and tables: the same for a page, a PDF and a workbook, and set by each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from training_tracker.calendar import in_words as day_in_words
from training_tracker.uptake.charts import Chart


class Kind(StrEnum):
    """What a column holds, and so how a cell of it is set; a word never breaks."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"


Cell = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Table:
    """``caption`` says of what and as at when; a cell is None where there is nothing to be said."""

    caption: str
    headings: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def in_words(self) -> Iterator[tuple[str, ...]]:
        """Each row as a reader is told it."""
        for row in self.rows:
            yield tuple(said(cell, kind) for cell, (_name, kind) in zip(row, self.headings, strict=True))


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    words: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """``on`` is the day that was asked for, ``as_at`` that of the publication."""

    partnership: str
    on: date
    as_at: date
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        return f"Training across the partnership, {day_in_words(self.on)}"

    @property
    def of_when(self) -> str:
        """Of which day its figures are, and why of that one."""
        why = f" It is the newest published by {day_in_words(self.on)}." if self.as_at < self.on else ""
        return f"Figures as at {day_in_words(self.as_at)}, as published then.{why}"


def said(cell: Cell, kind: Kind) -> str:
    """A cell as a page and a paper set it."""
    if cell is None:
        return "–"
    if kind is Kind.PERCENT and isinstance(cell, float):
        return f"{cell:.1f}%"
    if isinstance(cell, date):
        return day_in_words(cell)
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:g}" if isinstance(cell, float) else cell
