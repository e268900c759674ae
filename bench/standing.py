"""``python -m bench.standing``: the engine on synthetic regions, beside DuckDB with the same questions and data."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from math import log
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import duckdb
from sqlalchemy import Connection, select

from bench import duck, region
from bench.by_hand import COLUMNS
from bench.databases import Databases, Plain, databases
from bench.machine import machine
from bench.world import BY, TODAY, opened
from training_tracker.audit.watching import stop_watching, watch
from training_tracker.database import Database, Touched
from training_tracker.expectations.models import Expectation, ExpectationVersion
from training_tracker.expectations.publishing import publish, rule_of
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.standing.forecast import forecast
from training_tracker.standing.refreshing import refresh_touched
from training_tracker.standing.status import standings_on
from training_tracker.uptake.counting import By, uptake

KINDS = ("sqlite", "postgresql")
MONTHS = 18
# Of how many posts the standings are compared at a time.
SLICE = 20_000


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one thing took, each time: ours, and DuckDB's where it answers the same. ``rows`` came of it."""

    database: str
    posts: int
    what: str
    rows: int
    ours: list[float]
    duckdb: list[float] = field(default_factory=list)
    megabytes: int | None = None

    @property
    def seconds(self) -> float:
        return median(self.ours)

    @property
    def ratio(self) -> float | None:
        """How many times DuckDB's time ours takes."""
        return self.seconds / median(self.duckdb) if self.duckdb else None

    @property
    def slowest(self) -> float | None:
        """The 99th percentile, where enough were measured to speak of one."""
        return quantiles(self.ours, n=100)[98] if len(self.ours) >= 100 else None


@dataclass(frozen=True, slots=True)
class Case:
    """One region in one database of ours, and in DuckDB."""

    databases: Databases
    posts: int
    duck: duckdb.DuckDBPyConnection
    repeats: int
    people: int
    url: str = ""

    def figure(self, what: str, rows: int, ours: list[float], duckdb: list[float] | None = None) -> Figure:
        return Figure(self.databases.kind, self.posts, what, rows, ours, duckdb or [])


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    figures: list[Figure] = []
    versions = {"duckdb": duckdb.__version__}
    for posts in options.posts or [10_000]:
        with tempfile.TemporaryDirectory(prefix="tracker-bench-") as name:
            folder = Path(name)
            _say(f"making a region of {posts:,} posts")
            with region.made(posts, folder / "region.duckdb") as connection:
                for kind in options.database or KINDS:
                    with databases(kind, folder) as made:
                        versions[kind] = made.version
                        case = Case(made, posts, connection, options.repeats, options.people, made.create("region"))
                        for figure in _measured(case, folder):
                            _say(_line(figure))
                            figures.append(figure)
                        made.drop("region")
    if options.json:
        results = [_plain(figure) for figure in figures]
        print(json.dumps({"machine": machine() | versions, "figures": results, "growth": growth(figures)}, indent=2))
    else:
        _print_table(figures, machine() | versions)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.standing", description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, action="append", help="a size; may be given again (default: 10000)")
    parser.add_argument("--database", action="append", choices=KINDS, help="on this; may be given again")
    parser.add_argument("--people", type=int, default=300, help="people refreshed one by one (default: 300)")
    parser.add_argument("--repeats", type=int, default=3, help="turns, of which the median counts (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args(arguments)


def _say(what: str) -> None:
    print(what, file=sys.stderr)


def _measured(case: Case, folder: Path) -> Iterator[Figure]:
    asyncio.run(_migrate(case.url))
    _say(f"{case.databases.kind}: filling")
    with case.databases.plain("region") as plain:
        # A region that was always there: nobody's act, so nothing is written down of it.
        asyncio.run(_change(case.url, stop_watching))
        region.fill(case.duck, plain, folder)
        asyncio.run(_change(case.url, watch))
        _say(f"{case.databases.kind}: rebuild")
        yield _rebuild(case, plain)
    for measure in MEASURES:
        _say(f"{case.databases.kind}: {measure.__name__.strip('_')}")
        yield from asyncio.run(_with_database(case, measure))


async def _migrate(url: str) -> None:
    async with opened(url) as database:
        await database.migrate()


async def _change(url: str, change: Callable[[Connection], None]) -> None:
    async with opened(url) as database, database.engine.begin() as connection:
        await connection.run_sync(change)


async def _with_database(case: Case, measure: "Measure") -> list[Figure]:
    async with opened(case.url) as database:
        return await measure(case, database)


# --- every standing ---


def _rebuild(case: Case, plain: Plain) -> Figure:
    """From no standings to all of them, indexed and on the disk; the process that does it is started beforehand."""
    ours, beside = [], []
    for _ in range(case.repeats):
        plain.execute("DELETE FROM standing")
        rebuilt = rebuild_alone(case.url)
        ours.append(rebuilt["seconds"])
        began = perf_counter()
        duck.rebuild(case.duck)
        beside.append(perf_counter() - began)
    compare_standings(case, plain)
    return replace(case.figure("rebuild", rebuilt["standings"], ours, beside), megabytes=rebuilt["megabytes"])


def rebuild_alone(url: str) -> dict[str, Any]:
    there = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "bench.alone", url],
        env=os.environ | {"PYTHONPATH": there},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def compare_standings(case: Case, plain: Plain) -> None:
    """Row by row, so many posts at a time. Raises :class:`AssertionError` where the two differ."""
    columns = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS.split(", "))
    for first in range(0, case.posts + 1, SLICE):
        statement = (
            f"SELECT {columns} FROM standing WHERE post_id >= {first} AND post_id < {first + SLICE}"
            " ORDER BY standing.post_id, standing.version_id, standing.in_force_from"
        )
        ours, theirs = plain.execute(statement), case.duck.execute(statement).fetchall()
        if ours != theirs:
            one = next(
                (pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), (len(ours), len(theirs))
            )
            raise AssertionError(f"DuckDB came to other standings: {one[0]} here, {one[1]} there")


# --- questions asked of them ---


async def _uptake(case: Case, database: Database) -> list[Figure]:
    async def ours() -> list[duck.Row]:
        async with database.reading() as session:
            lines = await uptake(session, TODAY, by=By.AGENCY, today=TODAY)
        return sorted(
            (line.agency, line.expectation, line.people, *astuple(line.different), *astuple(line.counts))
            for line in lines
        )

    return [await _asked(case, "uptake by agency and expectation", ours, lambda: duck.uptake(case.duck, TODAY))]


async def _due(case: Case, database: Database) -> list[Figure]:
    """On a day on which so few fall due that there is one like it in a region of any size."""
    wanted = 100
    (day,) = case.duck.execute(
        "SELECT due_on FROM standing WHERE due_on > ? GROUP BY due_on ORDER BY abs(count(*) - ?), due_on LIMIT 1",
        [TODAY, wanted],
    ).fetchone() or (TODAY,)

    async def ours() -> list[duck.Row]:
        standing = standings_on(day, today=TODAY).c
        statement = select(standing.post_id, standing.version_id, standing.status).where(standing.due_on == day)
        async with database.reading() as session:
            return sorted(tuple(row) for row in await session.execute(statement))

    return [await _asked(case, "what falls due on a day", ours, lambda: duck.due(case.duck, day))]


async def _forecast(case: Case, database: Database) -> list[Figure]:
    async def ours() -> list[duck.Row]:
        async with database.reading() as session:
            lines = await forecast(session, TODAY, MONTHS)
        return [(line.month, line.item, line.people, line.without_choice, line.posts) for line in lines]

    return [await _asked(case, f"forecast of {MONTHS} months", ours, lambda: duck.forecast(case.duck, TODAY, MONTHS))]


async def _asked(
    case: Case, what: str, ours: Callable[[], Awaitable[list[duck.Row]]], theirs: Callable[[], list[duck.Row]]
) -> Figure:
    """Each in turns, once beforehand; the answers must be the same."""
    answer = await ours()
    other = theirs()
    if answer != other:
        raise AssertionError(f"{what}: {set(answer) ^ set(other)}")
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(case.repeats):
        began = perf_counter()
        await ours()
        between = perf_counter()
        theirs()
        seconds[0].append(between - began)
        seconds[1].append(perf_counter() - between)
    return case.figure(what, len(answer), *seconds)


# --- changes ---


async def _version(case: Case, database: Database) -> list[Figure]:
    """One version of one expectation published anew; it applies to a twentieth of the posts."""
    seconds = []
    for months in range(13, 13 + case.repeats):
        async with database.writing() as session:
            newest = select(ExpectationVersion).where(ExpectationVersion.withdrawn_at.is_(None))
            expectation = await session.scalars(select(Expectation.id).order_by(Expectation.id.desc()).limit(1))
            (version,) = await session.scalars(newest.where(ExpectationVersion.expectation_id == expectation.one()))
            rule = replace(await rule_of(session, version), period_months=months)
            began = perf_counter()
            await publish(session, version.expectation_id, rule, BY)
        seconds.append(perf_counter() - began)
    return [case.figure("a changed version", case.posts // 20, seconds)]


async def _person(case: Case, database: Database) -> list[Figure]:
    """A completion of each of so many people: the whole transaction, and the refresh in it alone."""
    statement = "SELECT DISTINCT practitioner_id FROM post ORDER BY practitioner_id::BIGINT * 7919 % 10007, 1 LIMIT ?"
    people = [row[0] for row in case.duck.execute(statement, [case.people + WARM]).fetchall()]
    whole, alone = [], []
    for place, person in enumerate(people):
        began = perf_counter()
        async with database.writing() as session:
            new = NewCompletion(person, 1 + place % 28, DAY_OF_COMPLETIONS, hours=2.0)
            await record_completion(session, new, by=BY, today=TODAY)
        whole.append(perf_counter() - began)
    for person in people:
        async with database.writing() as session:
            await session.connection()
            began = perf_counter()
            await refresh_touched(session, Touched(practitioners={person}))
            alone.append(perf_counter() - began)
    return [
        case.figure("a completion recorded", case.people, whole[WARM:]),
        case.figure("one person refreshed", case.people, alone[WARM:]),
    ]


# The first ones are slower: statements are put together and pages read.
WARM = 20
# A day on which nobody has completed anything yet.
DAY_OF_COMPLETIONS = date(2015, 5, 5)

Measure = Callable[[Case, Database], Awaitable[list[Figure]]]
MEASURES: tuple[Measure, ...] = (_uptake, _due, _forecast, _version, _person)


# --- what is printed ---


def growth(figures: list[Figure]) -> dict[str, float]:
    """The exponent with which the time grows from the smallest region to the largest: 1 is in step with the posts."""
    found = {}
    for database, what in dict.fromkeys((figure.database, figure.what) for figure in figures):
        sizes = sorted(
            (figure for figure in figures if (figure.database, figure.what) == (database, what)),
            key=lambda figure: figure.posts,
        )
        first, last = sizes[0], sizes[-1]
        if first.posts < last.posts:
            found[f"{database}: {what}"] = log(last.seconds / first.seconds) / log(last.posts / first.posts)
    return found


def _plain(figure: Figure) -> dict[str, Any]:
    return {
        "database": figure.database,
        "posts": figure.posts,
        "what": figure.what,
        "rows": figure.rows,
        "seconds": figure.seconds,
        "slowest": figure.slowest,
        "ratio": figure.ratio,
        "megabytes": figure.megabytes,
        "every": {"ours": figure.ours, "duckdb": figure.duckdb},
    }


def _print_table(figures: list[Figure], machine: dict[str, str]) -> None:
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print("Medians. Ratio: how many times DuckDB's time ours takes. 99%: the 99th percentile.\n")
    print(f"{'database':<12}{'posts':>10}  {'what':<34}{'rows':>12}{'ours':>12}{'99%':>10}{'DuckDB':>12}{'ratio':>8}")
    for figure in figures:
        print(_line(figure))
    for what, exponent in growth(figures).items():
        print(f"grows with posts to the power of {exponent:.2f}: {what}")


def _line(figure: Figure) -> str:
    beside = _time(median(figure.duckdb)) if figure.duckdb else ""
    slowest = _time(figure.slowest) if figure.slowest else ""
    ratio = f"{figure.ratio:.2f}" if figure.ratio else ""
    memory = f"  {figure.megabytes} MB" if figure.megabytes else ""
    return (
        f"{figure.database:<12}{figure.posts:>10,}  {figure.what:<34}{figure.rows:>12,}{_time(figure.seconds):>12}"
        f"{slowest:>10}{beside:>12}{ratio:>8}{memory}"
    )


def _time(seconds: float) -> str:
    return f"{seconds:,.2f} s" if seconds >= 1 else f"{seconds * 1000:,.2f} ms"


if __name__ == "__main__":
    sys.exit(main())
