from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from training_tracker.expectations.models import Measure
from training_tracker.uptake.counting import Counts, Family, People, Uptake
from training_tracker.uptake.suppression import REMAINDER, Cell, PublishedTable, Shown, is_small, published

AGENCIES = ["Coastguard Academy", "Gullwing School", "Harbour Council", "Moorland Police", "St Brannock's Trust"]
EVERYBODY, PRACTITIONERS, ANOTHER = 1, 2, 3
ON = date(2026, 5, 4)
# The first two ask for the same course: one of everybody, one of practitioners.
FAMILIES: dict[int, Family] = {
    EVERYBODY: (Measure.ITEMS, frozenset({7})),
    PRACTITIONERS: (Measure.ITEMS, frozenset({7})),
    ANOTHER: (Measure.ITEMS, frozenset({8})),
    4: (Measure.ITEMS, frozenset({7, 8})),
}


@dataclass(frozen=True)
class Job:
    """A post that is measured: by the second expectation too if it is a practitioner's."""

    person: int
    agency: str
    practitioner: bool
    met: bool
    met_another: bool

    def expected(self, expectation: int) -> bool:
        return expectation != PRACTITIONERS or self.practitioner

    def counts(self, expectation: int) -> Counts:
        met = self.met_another if expectation == ANOTHER else self.met
        return Counts(compliant=int(met), overdue=int(not met))


@st.composite
def regions(draw: st.DrawFn) -> list[Job]:
    """Groups of posts that are alike, with people of their own or with those of the group before."""
    jobs: list[Job] = []
    first = 0
    for _ in range(draw(st.integers(1, 9))):
        agency, practitioner = draw(st.sampled_from(AGENCIES[:3])), draw(st.booleans())
        met, met_another, size = draw(st.booleans()), draw(st.booleans()), draw(st.integers(1, 14))
        first += draw(st.sampled_from([0, 20]))
        jobs += [Job(first + number, agency, practitioner, met, met_another) for number in range(size)]
    return jobs


thresholds = st.integers(0, 12)


def people_of(jobs: set[Job]) -> set[int]:
    return {job.person for job in jobs}


def line(agency: str, expectation: int, counts: Counts, different: People) -> Uptake:
    return Uptake(
        agency_id=AGENCIES.index(agency) + 1,
        agency=agency,
        team_id=None,
        team=None,
        role=None,
        item=None,
        expectation_id=expectation,
        expectation=f"E{expectation}",
        title=f"Expectation {expectation}",
        required=True,
        target_percent=90,
        people=different.measured,
        different=different,
        counts=counts,
    )


def one_post_each(counts: Counts) -> People:
    return People(counts.measured, counts.met, counts.overdue)


def lines(table: dict[tuple[str, int], Counts]) -> list[Uptake]:
    return [line(agency, e, counts, one_post_each(counts)) for (agency, e), counts in table.items()]


def publish(jobs: list[Job], threshold: int, *, on: date = ON, past: Iterable[Shown] = ()) -> PublishedTable:
    """What the program counts of a region, and publishes of it beside what is public already."""
    groups: dict[tuple[str, int], list[Job]] = defaultdict(list)
    places: dict[int, set[str]] = defaultdict(set)
    for job in jobs:
        places[job.person].add(job.agency)
        for expectation in (EVERYBODY, PRACTITIONERS, ANOTHER):
            if job.expected(expectation):
                groups[job.agency, expectation].append(job)
    measured = [
        line(
            agency,
            expectation,
            sum((job.counts(expectation) for job in group), Counts()),
            People(*(len({job.person for job in group if seen(job, expectation)}) for seen in NUMBERS.values())),
        )
        for (agency, expectation), group in groups.items()
    ]
    sizes = {agency: sum(agency in of for of in places.values()) for agency in {job.agency for job in jobs}}
    shared = [frozenset(of) for of in places.values() if len(of) > 1]
    return published(measured, sizes, threshold, on=on, families=FAMILIES, shared=shared, past=past)


NUMBERS: dict[str, Callable[[Job, int], bool]] = {
    "measured": lambda job, expectation: job.expected(expectation),
    "met": lambda job, expectation: job.expected(expectation) and bool(job.counts(expectation).met),
    "not met": lambda job, expectation: job.expected(expectation) and bool(job.counts(expectation).overdue),
}


def behind(jobs: list[Job], table: PublishedTable, agency: str, expectation: int, number: str) -> set[Job]:
    """The posts that a number of a cell counts."""
    inside = set(table.merged) if agency == REMAINDER else {agency}
    return {job for job in jobs if job.agency in inside and NUMBERS[number](job, expectation)}


def harmless(jobs: set[Job], threshold: int) -> bool:
    return not jobs or len(people_of(jobs)) >= threshold


@given(jobs=regions(), threshold=thresholds)
def test_whatever_is_shown_rests_on_enough_people_however_many_posts_they_hold(jobs: list[Job], threshold: int) -> None:
    table = publish(jobs, threshold)
    for agency, row in table.rows.items():
        for expectation, cell in row.items():
            if cell.counts is not None:
                assert len(people_of(behind(jobs, table, agency, expectation, "measured"))) >= threshold
                for number in NUMBERS:
                    assert harmless(behind(jobs, table, agency, expectation, number), threshold)


@given(jobs=regions(), threshold=thresholds)
def test_no_two_cells_about_the_same_course_give_a_small_number_back(jobs: list[Job], threshold: int) -> None:
    """Whoever subtracts the practitioners of an agency from everybody there is left with the others."""
    table = publish(jobs, threshold)
    for agency, row in table.rows.items():
        if all(e in row and row[e].counts is not None for e in (EVERYBODY, PRACTITIONERS)):
            for number in NUMBERS:
                everybody = behind(jobs, table, agency, EVERYBODY, number)
                assert harmless(everybody - behind(jobs, table, agency, PRACTITIONERS, number), threshold)


@given(jobs=regions(), threshold=thresholds)
def test_no_total_gives_a_small_number_back(jobs: list[Job], threshold: int) -> None:
    """Whoever subtracts cells from their total, or one total from another, is left with enough people or nobody."""
    table = publish(jobs, threshold)
    for expectation, total in table.totals.items():
        if total.counts is None:
            continue
        column = {agency: row[expectation] for agency, row in table.rows.items() if expectation in row}
        for number in NUMBERS:
            cells = {agency: behind(jobs, table, agency, expectation, number) for agency in column}
            every = set().union(*cells.values())
            assert harmless(every, threshold)
            assert all(harmless(every - cell, threshold) for cell in cells.values())
    if all(e in table.totals and table.totals[e].counts is not None for e in (EVERYBODY, PRACTITIONERS)):
        for number in NUMBERS:
            managers = {job for job in jobs if not job.practitioner and NUMBERS[number](job, EVERYBODY)}
            assert harmless(managers, threshold)


@given(jobs=regions(), threshold=thresholds)
def test_the_remainder_is_never_one_agency_under_another_name(jobs: list[Job], threshold: int) -> None:
    table = publish(jobs, threshold)
    if len({job.agency for job in jobs}) > 1:
        assert len(table.merged) != 1
    if set(table.rows) - {REMAINDER} and table.merged:
        assert len({job.person for job in jobs if job.agency in table.merged}) >= threshold


some_counts = st.builds(Counts, *[st.integers(0, 40)] * 7)
tables = st.dictionaries(st.tuples(st.sampled_from(AGENCIES), st.integers(1, 4)), some_counts, min_size=1)


def shown(table: dict[tuple[str, int], Counts], threshold: int, sizes: dict[str, int] | None = None) -> PublishedTable:
    """The table of expectations that ask for different things, of agencies large enough unless said otherwise."""
    kinds: dict[int, Family] = {number: (Measure.ITEMS, frozenset({number})) for number in range(1, 5)}
    sizes = sizes or dict.fromkeys(AGENCIES, 50)
    return published(lines(table), sizes, threshold, on=ON, families=kinds, shared=[])


@given(table=tables, threshold=thresholds)
def test_no_hidden_cell_is_what_remains_of_a_total(table: dict[tuple[str, int], Counts], threshold: int) -> None:
    result = shown(table, threshold)
    for expectation, total in result.totals.items():
        column = [row[expectation] for row in result.rows.values() if expectation in row]
        hidden = [cell for cell in column if cell.counts is None]
        visible = [cell.counts for cell in column if cell.counts is not None]
        assert (total.counts is None) == bool(hidden)
        if total.counts is not None:
            assert total.counts == sum(visible, Counts())
        # Whoever knows the total from elsewhere is left with the sum of two cells at least.
        assert len(hidden) != 1 or not visible


@given(table=tables, threshold=thresholds)
def test_what_is_shown_is_true_and_nothing_large_is_hidden_without_need(
    table: dict[tuple[str, int], Counts], threshold: int
) -> None:
    result = shown(table, threshold)
    for (agency, expectation), counts in table.items():
        cell = result.rows[agency][expectation]
        assert cell.counts in (None, counts)
        column = [row[expectation].counts for row in result.rows.values() if expectation in row]
        if cell.counts is None and not is_small(Cell(counts, one_post_each(counts)), threshold):
            assert column.count(None) == 2, "hidden only to keep one other cell company"


@given(jobs=regions(), threshold=st.integers(0, 1))
def test_without_a_threshold_everything_is_shown(jobs: list[Job], threshold: int) -> None:
    result = publish(jobs, threshold)
    assert set(result.rows) == {job.agency for job in jobs}
    assert all(cell.counts for row in (*result.rows.values(), result.totals) for cell in row.values())


def test_small_agencies_are_merged_into_a_named_remainder_at_the_end() -> None:
    table = {
        ("Harbour Council", 1): Counts(compliant=30, overdue=20),
        ("Coastguard Academy", 1): Counts(compliant=6, overdue=5),
        ("Gullwing School", 1): Counts(compliant=4, overdue=6),
    }
    result = shown(table, 10, {"Harbour Council": 50, "Coastguard Academy": 8, "Gullwing School": 9})
    assert list(result.rows) == ["Harbour Council", REMAINDER]
    assert result.merged == ["Coastguard Academy", "Gullwing School"]
    assert result.rows[REMAINDER][1].counts == Counts(compliant=10, overdue=11)
    assert result.totals[1].counts == Counts(compliant=40, overdue=31)


def test_a_remainder_of_one_agency_or_of_few_people_takes_the_next_smallest_in() -> None:
    table = {(agency, 1): Counts(compliant=20, overdue=20) for agency in AGENCIES}
    alone = dict(zip(AGENCIES, [4, 40, 30, 50, 60], strict=True))
    assert shown(table, 5, alone).merged == ["Coastguard Academy", "Harbour Council"]
    few = dict(zip(AGENCIES, [2, 40, 30, 2, 60], strict=True))
    assert shown(table, 5, few).merged == ["Coastguard Academy", "Harbour Council", "Moorland Police"]
    enough = dict(zip(AGENCIES, [2, 40, 30, 3, 60], strict=True))
    assert shown(table, 5, enough).merged == ["Coastguard Academy", "Moorland Police"]


def test_the_same_few_people_in_two_small_agencies_are_still_few() -> None:
    same = [Job(person, agency, True, True, True) for agency in AGENCIES[:2] for person in range(3)]
    many = [Job(person, "Harbour Council", True, person < 30, True) for person in range(10, 50)]
    rows = publish(same + many, 5).rows
    assert list(rows) == [REMAINDER]
    assert publish(same, 5).rows[REMAINDER][EVERYBODY].counts is None


def test_three_people_with_two_posts_each_are_three_people() -> None:
    doubled = [
        Job(person, "Gullwing School", role, met=True, met_another=True)
        for person in range(3)
        for role in (True, False)
    ]
    alone = publish(doubled, 5)
    assert alone.rows[REMAINDER][EVERYBODY].counts is None
    assert alone.totals[EVERYBODY].counts is None
    others = [Job(person, "Gullwing School", True, met=False, met_another=True) for person in range(10, 30)]
    (among_others,) = publish(doubled + others, 5).rows.values()
    assert among_others[EVERYBODY].counts is None, "six posts have met it, of three people"


def test_practitioners_are_hidden_where_few_others_make_up_everybody() -> None:
    """12 of 22 beside 12 of 20 would say that neither of the two managers has it."""
    jobs = [Job(n, "Harbour Council", practitioner=n < 20, met=n < 12, met_another=n < 10) for n in range(22)]
    table = publish(jobs, 5)
    (row,) = table.rows.values()
    assert row[EVERYBODY].counts == Counts(compliant=12, overdue=10)
    assert row[ANOTHER].counts == Counts(compliant=10, overdue=12)
    assert row[PRACTITIONERS].counts is None
    assert table.totals[PRACTITIONERS].counts is None


def test_one_small_cell_takes_the_next_smallest_and_the_total_with_it() -> None:
    table = {
        ("Harbour Council", 1): Counts(compliant=60, overdue=40),
        ("Moorland Police", 1): Counts(compliant=20, overdue=10),
        ("Gullwing School", 1): Counts(compliant=11, overdue=2),
    }
    result = shown(table, 5)
    assert result.rows["Gullwing School"][1].counts is None
    assert result.rows["Moorland Police"][1].counts is None
    assert result.rows["Harbour Council"][1].counts == Counts(compliant=60, overdue=40)
    assert result.totals[1].counts is None


def test_everybody_or_nobody_may_be_shown_of_enough_people() -> None:
    assert not is_small(Cell(Counts(compliant=10), People(10, 10, 0)), 10)
    assert not is_small(Cell(Counts(overdue=10), People(10, 0, 10)), 10)
    assert is_small(Cell(Counts(compliant=9), People(9, 9, 0)), 10)
    assert is_small(Cell(Counts(compliant=20, overdue=1), People(21, 20, 1)), 10)


def test_a_cell_is_below_its_target_only_where_it_is_shown() -> None:
    table = {
        ("Harbour Council", 1): Counts(compliant=899, overdue=101),
        ("Moorland Police", 1): Counts(compliant=90, overdue=10),
        ("Gullwing School", 2): Counts(overdue=3),
    }
    rows = shown(table, 5).rows
    assert rows["Harbour Council"][1].below_target
    assert not rows["Moorland Police"][1].below_target
    assert not rows["Gullwing School"][2].below_target


def test_what_a_silent_agency_has_not_sent_is_told_as_unknown_and_hides_nothing_of_anybody() -> None:
    table = {
        ("Harbour Council", 1): Counts(unknown=30, undated=2),
        ("Moorland Police", 1): Counts(compliant=20, overdue=10),
    }
    result = shown(table, 5, {"Harbour Council": 32, "Moorland Police": 30})
    assert (result.rows["Harbour Council"][1].unknown, result.rows["Harbour Council"][1].counts) == (True, None)
    assert not result.rows["Moorland Police"][1].unknown
