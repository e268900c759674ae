"""Tables for people, JSON for programs, and bars for people who wait."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import rich_click as click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

# What does not go to a terminal is not folded to the width of one.
UNFOLDED = 400


def say(text: str) -> None:
    click.echo(text)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Numbers to the right, the rest to the left."""
    rows = [list(row) for row in rows]
    table = Table(
        box=SIMPLE_HEAD, title=escape(title) or None, title_justify="left", pad_edge=False, title_style="bold"
    )
    for position, heading in enumerate(headings):
        numbers = bool(rows) and all(isinstance(row[position], int | float | None) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=UNFOLDED)
    console.print(table)


def _cell(value: Any) -> str:
    return "" if value is None else escape(str(value))


Bar = Callable[[str, int, int], None]


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar on a terminal, nothing elsewhere; called with what is being done, how much is done, and of how much."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total or None)
            progress.update(tasks[what], completed=done, total=total or None)

        yield show


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A turning sign on a terminal while something takes its time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield
