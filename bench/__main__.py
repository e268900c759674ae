"""``python -m bench``: everything that is measured, on both databases (docs/benchmarks.md says how)."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from bench import imports, mailing, pages, rebuilding, refreshing
from bench.databases import databases
from bench.machine import machine
from bench.measuring import Result, Size
from bench.world import World, build

MEASURES: dict[str, Callable[[World], Coroutine[Any, Any, Result]]] = {
    "import-people": imports.people,
    "import-completions": imports.completions,
    "rebuild": rebuilding.measure,
    "refresh": refreshing.measure,
    "page": pages.measure,
    "mail": mailing.measure,
}
KINDS = ("sqlite", "postgresql")


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    size = Size(options.people, options.refreshes, options.requests, options.messages, options.repeats)
    versions: dict[str, str] = {}
    results = list(_measured(options.database or list(KINDS), options.only or list(MEASURES), size, versions))
    measured_on = machine() | versions
    if options.json:
        print(
            json.dumps({"machine": measured_on, "people": size.people, "results": list(map(_plain, results))}, indent=2)
        )
    else:
        _print_table(results, measured_on, size)
    return 0


def _measured(kinds: list[str], names: list[str], size: Size, versions: dict[str, str]) -> Iterator[Result]:
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="tracker-bench-") as folder, databases(kind, Path(folder)) as made:
            versions[kind] = made.version
            print(f"{kind}: settling {size.people:,} people", file=sys.stderr)
            world = asyncio.run(build(made, Path(folder), size))
            for name in names:
                print(f"{kind}: {name}", file=sys.stderr)
                yield asyncio.run(MEASURES[name](world))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000, help="size of the region (default: 1000)")
    parser.add_argument("--refreshes", type=int, default=30, help="completions recorded in a turn (default: 30)")
    parser.add_argument("--requests", type=int, default=150, help="pages asked for in a turn (default: 150)")
    parser.add_argument("--messages", type=int, default=150, help="e-mails sent in a turn (default: 150)")
    parser.add_argument("--repeats", type=int, default=3, help="turns, of which the median counts (default: 3)")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="measure this; may be given again")
    parser.add_argument("--database", action="append", choices=KINDS, help="on this; may be given again")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args(arguments)


def _plain(result: Result) -> dict[str, Any]:
    return {
        "database": result.database,
        "measure": result.measure,
        "unit": result.unit,
        "ours": result.figure(result.ours),
        "plain": result.figure(result.plain),
        "ratio": result.ratio,
        "amount": result.amount,
        "seconds": {"ours": result.ours, "plain": result.plain},
    }


def _print_table(results: list[Result], machine: dict[str, str], size: Size) -> None:
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"{size.people:,} people; medians of {size.repeats}. Ratio: how many times the plain reference's time.\n")
    print(f"{'database':<12}{'measure':<20}{'ours':>12}{'plain':>12}  {'unit':<13}{'ratio':>8}")
    for result in results:
        ours, plain = (_figure(result.figure(seconds)) for seconds in (result.ours, result.plain))
        print(f"{result.database:<12}{result.measure:<20}{ours:>12}{plain:>12}  {result.unit:<13}{result.ratio:>8.2f}")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


if __name__ == "__main__":
    sys.exit(main())
