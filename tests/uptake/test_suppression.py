"""What the partnership is shown of small numbers: nothing, and nothing they could be worked out from."""

from hypothesis import given
from hypothesis import strategies as st

from training_tracker.uptake.counting import Counts, Uptake
from training_tracker.uptake.suppression import REMAINDER, is_small, published

AGENCIES = ["Coastguard Academy", "Gullwing School", "Harbour Council", "Moorland Police", "St Brannock's Trust"]

some_counts = st.builds(Counts, *[st.integers(0, 40)] * 7)
tables = st.dictionaries(st.tuples(st.sampled_from(AGENCIES), st.integers(1, 4)), some_counts, min_size=1)
sizes = st.fixed_dictionaries(dict.fromkeys(AGENCIES, st.integers(0, 60)))
thresholds = st.integers(0, 15)


def line(agency: str, expectation: int, counts: Counts) -> Uptake:
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
        people=counts.expected,
        counts=counts,
    )


def lines(table: dict[tuple[str, int], Counts]) -> list[Uptake]:
    return [line(agency, expectation, counts) for (agency, expectation), counts in table.items()]


@given(table=tables, sizes=sizes, threshold=thresholds)
def test_whatever_is_shown_rests_on_enough_people(
    table: dict[tuple[str, int], Counts], sizes: dict[str, int], threshold: int
) -> None:
    result = published(lines(table), sizes, threshold)
    shown = [cell.counts for row in (*result.rows.values(), result.totals) for cell in row.values() if cell.counts]
    for counts in shown:
        met, not_met = counts.compliant + counts.due_soon, counts.overdue
        assert met + not_met >= threshold
        assert met == 0 or met >= threshold
        assert not_met == 0 or not_met >= threshold


@given(table=tables, sizes=sizes, threshold=thresholds)
def test_no_hidden_cell_is_what_remains_of_a_total(
    table: dict[tuple[str, int], Counts], sizes: dict[str, int], threshold: int
) -> None:
    result = published(lines(table), sizes, threshold)
    for expectation, total in result.totals.items():
        column = [row[expectation] for row in result.rows.values() if expectation in row]
        hidden = [cell for cell in column if cell.counts is None]
        shown = [cell.counts for cell in column if cell.counts is not None]
        if total.counts is not None:
            assert not hidden
            assert total.counts == sum(shown, Counts())
        # Whoever knows the total from elsewhere is left with the sum of two cells at least.
        assert len(hidden) != 1 or not shown


@given(table=tables, sizes=sizes, threshold=thresholds)
def test_what_is_shown_is_true_and_nothing_large_is_hidden_without_need(
    table: dict[tuple[str, int], Counts], sizes: dict[str, int], threshold: int
) -> None:
    result = published(lines(table), sizes, threshold)
    for (agency, expectation), counts in table.items():
        if sizes[agency] < threshold:
            assert agency not in result.rows
            assert agency in result.merged
            continue
        cell = result.rows[agency][expectation]
        assert cell.counts in (None, counts)
        column = [row[expectation].counts for row in result.rows.values() if expectation in row]
        if cell.counts is None and not is_small(counts, threshold):
            assert column.count(None) == 2, "hidden only to keep one other cell company"


@given(table=tables, sizes=sizes)
def test_without_a_threshold_everything_is_shown(table: dict[tuple[str, int], Counts], sizes: dict[str, int]) -> None:
    result = published(lines(table), sizes, 0)
    shown = {(agency, e): cell.counts for agency, row in result.rows.items() for e, cell in row.items()}
    assert shown == table
    assert all(total.counts is not None for total in result.totals.values())


def test_small_agencies_are_merged_into_a_named_remainder_at_the_end() -> None:
    table = {
        ("Harbour Council", 1): Counts(compliant=30, overdue=20),
        ("Coastguard Academy", 1): Counts(compliant=6, overdue=5),
        ("Gullwing School", 1): Counts(compliant=4, overdue=6),
    }
    sizes = {"Harbour Council": 50, "Coastguard Academy": 8, "Gullwing School": 9}
    result = published(lines(table), sizes, 10)
    assert list(result.rows) == ["Harbour Council", REMAINDER]
    assert result.merged == ["Coastguard Academy", "Gullwing School"]
    assert result.rows[REMAINDER][1].counts == Counts(compliant=10, overdue=11)
    assert result.totals[1].counts == Counts(compliant=40, overdue=31)


def test_one_small_cell_takes_the_next_smallest_and_the_total_with_it() -> None:
    table = {
        ("Harbour Council", 1): Counts(compliant=60, overdue=40),
        ("Moorland Police", 1): Counts(compliant=20, overdue=10),
        ("Gullwing School", 1): Counts(compliant=11, overdue=2),
    }
    result = published(lines(table), dict.fromkeys(AGENCIES, 50), 5)
    assert result.rows["Gullwing School"][1].counts is None
    assert result.rows["Moorland Police"][1].counts is None
    assert result.rows["Harbour Council"][1].counts == Counts(compliant=60, overdue=40)
    assert result.totals[1].counts is None


def test_everybody_or_nobody_may_be_shown_of_enough_people() -> None:
    assert not is_small(Counts(compliant=10), 10)
    assert not is_small(Counts(overdue=10), 10)
    assert is_small(Counts(compliant=9), 10)
    assert is_small(Counts(compliant=20, overdue=1), 10)


def test_a_cell_is_below_its_target_only_where_it_is_shown() -> None:
    table = {
        ("Harbour Council", 1): Counts(compliant=899, overdue=101),
        ("Moorland Police", 1): Counts(compliant=90, overdue=10),
        ("Gullwing School", 2): Counts(overdue=3),
    }
    rows = published(lines(table), dict.fromkeys(AGENCIES, 50), 5).rows
    assert rows["Harbour Council"][1].below_target
    assert not rows["Moorland Police"][1].below_target
    assert not rows["Gullwing School"][2].below_target
