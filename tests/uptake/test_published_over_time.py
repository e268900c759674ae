"""Whoever keeps every table of a year learns nothing of few people, neither from one nor from two together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from random import Random

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.uptake.test_suppression import AGENCIES, FAMILIES, ON, Job, publish
from training_tracker.uptake.counting import Counts
from training_tracker.uptake.suppression import PublishedTable, Shown, shown_anew

Numbers = tuple[int, int, int]
Row = frozenset[str]


@dataclass(frozen=True)
class Read:
    """What can be read from a cell: of these agencies, for this expectation, as at a day."""

    row: Row
    expectation: int
    as_at: date
    numbers: Numbers


def a_year(random: Random, threshold: int, *, holding: bool = True) -> list[tuple[list[Job], PublishedTable]]:
    """Who there was and what was published, on random days of a year in which people join, leave, learn and forget.

    Everybody has one post, so that what is read is a number of people.
    """
    sizes = zip(AGENCIES, (4, 6, 14, 25, 40), strict=True)
    jobs = [somebody(random, agency) for agency, most in sizes for _ in range(random.randint(0, most))]
    jobs = [replace(job, person=number) for number, job in enumerate(jobs)]
    past: list[Shown] = []
    tables, on, known = [], ON, len(jobs)
    while on < ON + timedelta(days=364):
        table = publish(jobs, threshold, on=on, past=past if holding else [])
        past += shown_anew(table)
        tables.append((jobs, table))
        on += timedelta(days=random.choice([1, 7, 14, 30]))
        for _ in range(random.randint(0, 3)):
            agency, many = random.choice(AGENCIES), random.choice([1, 1, 2, 3, 5, 8])
            there = [job for job in jobs if job.agency == agency]
            some = set(random.sample(there, k=min(many, len(there))))
            match random.choice(["join", "leave", "learn", "forget"]):
                case "join":
                    alike = somebody(random, agency)
                    jobs = jobs + [replace(alike, person=known + number) for number in range(many)]
                    known += many
                case "leave":
                    jobs = [job for job in jobs if job not in some]
                case "learn":
                    jobs = [replace(job, met=True, met_another=True) if job in some else job for job in jobs]
                case _:
                    jobs = [replace(job, met=False) if job in some else job for job in jobs]
    return tables


def somebody(random: Random, agency: str) -> Job:
    return Job(0, agency, random.random() < 0.7, random.random() < 0.6, random.random() < 0.6)


def everything_read(tables: list[PublishedTable]) -> set[Read]:
    return {
        Read(table.agencies(name), expectation, cell.as_at, read(cell.counts))
        for table in tables
        for name, row in table.rows.items()
        for expectation, cell in row.items()
        if cell.counts
    }


def read(counts: Counts) -> Numbers:
    return counts.measured, counts.met, counts.overdue


def few(one: Numbers, other: Numbers, threshold: int) -> bool:
    """Whether the difference of any number is of few people."""
    return any(0 < abs(a - b) < threshold for a, b in zip(one, other, strict=True))


def akin(one: int, other: int) -> bool:
    return FAMILIES[one] == FAMILIES[other]


def given_back(tables: list[PublishedTable], threshold: int) -> Iterator[tuple[Read, ...]]:
    """The attacker: whatever of few people can be had from figures, and from any two subtracted, over the whole year;
    and from what lies between two of one day, which is one more figure, subtracted from that of another day.
    """
    everything = everything_read(tables)
    yield from ((one,) for one in everything if few(one.numbers, (0, 0, 0), threshold))
    between: dict[tuple[Row, int, int], list[tuple[Numbers, Read, Read]]] = {}
    for one, other in combinations(sorted(everything, key=lambda r: (r.expectation, sorted(r.row), r.as_at)), 2):
        if one.row.isdisjoint(other.row) or not akin(one.expectation, other.expectation):
            continue
        if few(one.numbers, other.numbers, threshold):
            yield one, other
        if one.row == other.row and one.as_at == other.as_at:
            a, b, c = (x - y for x, y in zip(one.numbers, other.numbers, strict=True))
            between.setdefault((one.row, one.expectation, other.expectation), []).append(((a, b, c), one, other))
    for same in between.values():
        for (then, *two), (now, *others) in combinations(same, 2):
            if few(then, now, threshold):
                yield *two, *others


worlds = st.integers(0, 10**9).map(Random)
# Each is a whole year.
few_years = hypothesis_settings(max_examples=20)


@few_years
@given(random=worlds, threshold=st.integers(2, 8))
def test_nobody_is_given_back_by_the_tables_of_a_year(random: Random, threshold: int) -> None:
    tables = [table for _jobs, table in a_year(random, threshold)]
    assert list(given_back(tables, threshold)) == []


def test_without_the_rule_the_same_attacker_finds_people() -> None:
    """So that the test above could fail."""
    found = 0
    for seed in range(3):
        tables = [table for _jobs, table in a_year(Random(seed), 5, holding=False)]
        found += next(given_back(tables, 5), None) is not None
    assert found == 3


@few_years
@given(random=worlds, threshold=st.integers(1, 8))
def test_every_figure_was_true_on_its_day_and_is_the_newest_that_could_be_told(random: Random, threshold: int) -> None:
    truth: dict[tuple[Row, int, date], Numbers] = {}
    for jobs, table in a_year(random, threshold):
        now = publish(jobs, 1, on=table.as_at)
        for name, row in table.rows.items():
            for expectation, cell in row.items():
                agencies = table.agencies(name)
                counts = [
                    now.rows[agency][expectation].counts for agency in agencies if expectation in now.rows[agency]
                ]
                there = read(sum((one for one in counts if one), Counts()))
                truth[agencies, expectation, table.as_at] = there
                if cell.counts:
                    assert read(cell.counts) == truth[agencies, expectation, cell.as_at]


@few_years
@given(random=worlds, threshold=st.integers(1, 8))
def test_a_total_is_the_sum_of_what_is_shown_and_as_old_as_the_oldest_of_it(random: Random, threshold: int) -> None:
    for _jobs, table in a_year(random, threshold):
        for expectation, total in table.totals.items():
            column = [row[expectation] for row in table.rows.values() if expectation in row]
            if total.counts is None:
                assert any(cell.counts is None for cell in column)
            else:
                assert total.counts == sum((cell.counts for cell in column if cell.counts), Counts())
                assert total.as_at == min(cell.as_at for cell in column)
