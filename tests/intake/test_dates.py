"""Reading dates: every way people write one exact day, and a refusal where two days could be meant."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_tracker.calendar import SOME_TIME_AGO, Days, month_of
from training_tracker.intake.cells import Cell
from training_tracker.intake.dates import EXCEL_ORIGIN, NotADate, is_month_first, read_date, read_days

DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))
CLOCKS = st.sampled_from(["", " 09:14", ", 10:05", "T23:59:59", " 00:00:00.000"])


@given(DAYS, CLOCKS)
def test_iso_dates_are_read_as_written(day: date, clock: str) -> None:
    assert read_date(f"{day.isoformat()}{clock}") == day
    assert read_date(f"  {day.year}-{day.month}-{day.day}\u00a0") == day


@given(DAYS, st.sampled_from("/.-"), CLOCKS)
def test_the_day_comes_first(day: date, mark: str, clock: str) -> None:
    assert read_date(f"{day:%d}{mark}{day:%m}{mark}{day:%Y}{clock}") == day
    assert read_date(f"{day.day}{mark}{day.month}{mark}{day.year}{clock}") == day


@given(DAYS, st.sampled_from(["%d %B %Y", "%d-%b-%Y", "%d %b, %Y", "%dth %B %Y", "%d.%B.%Y"]), st.booleans())
def test_a_month_in_words_is_read_in_any_case(day: date, form: str, capitals: bool) -> None:
    text = day.strftime(form)
    assert read_date(text.upper() if capitals else text) == day


@given(DAYS, st.floats(0, 0.999))
def test_excel_serial_numbers_are_read_as_numbers_and_as_text(day: date, clock: float) -> None:
    serial = (day - EXCEL_ORIGIN).days
    assert read_date(serial) == read_date(serial + clock) == read_date(str(serial)) == day


@given(DAYS)
def test_dates_of_a_workbook_are_taken_as_they_are(day: date) -> None:
    assert read_date(day) == read_date(datetime(day.year, day.month, day.day, 17, 30)) == day  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-05-31T23:30:00Z", date(2026, 6, 1)),
        ("2026-05-31 23:30:00+01:00", date(2026, 5, 31)),
        ("2026-01-31T23:30:00Z", date(2026, 1, 31)),
    ],
)
def test_a_moment_with_an_offset_is_the_day_it_was_in_london(text: str, day: date) -> None:
    assert read_date(text) == day


@given(DAYS, st.sampled_from(["%d/%m/%y", "%d.%m.%y", "%d %B %y", "%d/%m/%y, %H:%M"]))
def test_a_year_of_two_digits_is_ambiguous(day: date, form: str) -> None:
    with pytest.raises(NotADate, match="ambiguous"):
        read_date(day.strftime(form))


@given(DAYS.filter(lambda day: day.day > 12))
def test_a_date_with_the_month_first_is_refused(day: date) -> None:
    with pytest.raises(NotADate, match="month first"):
        read_date(f"{day:%m/%d/%Y}")


@given(DAYS.filter(lambda day: day.day <= 12 and day.day != day.month))
def test_a_date_is_ambiguous_when_others_of_its_column_have_the_month_first(day: date) -> None:
    column: list[Cell] = [f"{day:%m/%d/%Y}", "03/14/2025", None, "n/a"]
    assert is_month_first(column)
    with pytest.raises(NotADate, match="ambiguous"):
        read_date(column[0], month_first_column=True)
    assert read_date(f"{day:%d %B %Y}", month_first_column=True) == day


@given(st.lists(DAYS))
def test_a_column_with_the_day_first_is_not_taken_for_the_other(days: list[date]) -> None:
    assert not is_month_first([f"{day:%d/%m/%Y}" for day in days])


@pytest.mark.parametrize(
    "cell",
    [
        "", None, True, "Sept 23", "March 2024", "2024", "booked 14/11", "x", "N/A", "00/01/1900", "30/02/2025",
        "2025-13-01", "2025-02-29", "14/03/20255", "1e400", "12345678", 45.0, 1e9, float("nan"), float("inf"),
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "14 Marchember 2025", "99/99/2025",
    ],
)  # fmt: skip
def test_what_is_not_one_exact_day_is_refused_with_what_to_write(cell: Cell) -> None:
    with pytest.raises(NotADate) as refusal:
        read_date(cell)
    assert refusal.value.problem
    assert "2025" in refusal.value.mend


def day_or_mend(cell: Cell) -> date | str:
    try:
        return read_date(cell)
    except NotADate as refusal:
        return refusal.mend


@given(st.text() | st.floats() | st.integers() | st.datetimes(timezones=st.none()) | st.booleans() | st.none())
def test_any_cell_is_a_date_or_a_refusal(cell: Cell) -> None:
    assert day_or_mend(cell)


LIKE_DATES = r"[0-9]{1,5}[-/. T:+,]{0,2}[0-9a-zA-Z]{1,9}[-/. ,]{0,2}[0-9]{1,5}([T ,]?[0-9:.+Z-]{0,14})"


@given(st.from_regex(LIKE_DATES, fullmatch=True))
def test_anything_that_looks_like_a_date_is_one_or_a_refusal(text: str) -> None:
    assert day_or_mend(text)


@given(DAYS, st.sampled_from(["%B %Y", "%b %Y", "%b-%Y", "%m/%Y", "%Y-%m", "about %B %Y", "circa %m/%Y"]))
def test_a_month_is_the_range_of_its_days(day: date, form: str) -> None:
    found = read_days(day.strftime(form))
    assert found == month_of(day.year, day.month)
    assert found.last
    assert found.first.day == 1
    assert (found.last + timedelta(days=1)).day == 1
    assert str(found) == f"{day:%B %Y} (approximate)"


@given(DAYS)
def test_a_year_is_the_range_of_its_days(day: date) -> None:
    for cell in (str(day.year), day.year, float(day.year), f"Approx. {day.year}"):
        assert read_days(cell) == Days(date(day.year, 1, 1), date(day.year, 12, 31))
    assert str(read_days(day.year)) == f"{day.year} (approximate)"


@given(DAYS)
def test_before_has_no_first_day_and_ends_the_day_before(day: date) -> None:
    for text, end in ((f"before {day.year}", date(day.year, 1, 1)), (f"Before {day:%B %Y}", day.replace(day=1))):
        assert read_days(text) == Days(SOME_TIME_AGO, end - timedelta(days=1))
    assert str(read_days(f"before {day:%d/%m/%Y}")) == f"before {day.day} {day:%B %Y} (approximate)"


@given(DAYS, DAYS)
def test_between_two_days_or_months_both_are_included(one: date, other: date) -> None:
    first, last = sorted((one, other))
    assert read_days(f"between {first:%d/%m/%Y} and {last:%d %B %Y}") == Days(first, last if last > first else None)
    found = read_days(f"between {first:%B %Y} and {last:%B %Y}")
    assert (found.first, found.last) == (first.replace(day=1), month_of(last.year, last.month).last)
    if first < last:
        with pytest.raises(NotADate, match="ends before it begins"):
            read_days(f"between {last:%d/%m/%Y} and {first:%d/%m/%Y}")


@given(DAYS)
def test_one_day_is_no_range(day: date) -> None:
    assert read_days(f"{day:%d/%m/%Y}") == Days(day)
    assert str(Days(day)) == f"{day.day} {day:%B %Y}"


@pytest.mark.parametrize(
    "cell",
    [
        "Sept 23", "about 14 March 2024", "after 2023", "since March 2024", "13/2024", "0/2024", "2024-00", "1949",
        "2100", "before", "before Christmas", "between 2023", "between 2023 and spring", "spring 2024",
        "between 03/04/25 and 2025",
    ],
)  # fmt: skip
def test_what_is_no_range_either_is_refused_with_what_to_write(cell: Cell) -> None:
    with pytest.raises(NotADate) as refusal:
        read_days(cell)
    assert "before 2025" in refusal.value.mend


def test_a_range_in_a_column_with_the_month_first_is_ambiguous_like_any_day() -> None:
    with pytest.raises(NotADate, match="ambiguous"):
        read_days("between 03/04/2025 and 2025", month_first_column=True)


LIKE_RANGES = r"(before|between|about) [0-9a-zA-Z/ -]{0,12}( and [0-9a-zA-Z/ -]{0,12})?"


@given(st.text() | st.from_regex(LIKE_RANGES, fullmatch=True))
def test_any_text_is_days_in_order_or_a_refusal(text: str) -> None:
    found = days_or_mend(text)
    assert found if isinstance(found, str) else found.last is None or found.first < found.last


def days_or_mend(cell: Cell) -> Days | str:
    try:
        return read_days(cell)
    except NotADate as refusal:
        return refusal.mend
