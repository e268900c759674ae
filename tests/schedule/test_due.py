"""Which jobs are due at a moment: by the clock on the wall, on working days, until the evening."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.schedule.worlds import at
from training_tracker.schedule.jobs import delivery_ends, due
from training_tracker.settings import Settings

ALL = ["publication", "digests", "summaries", "agency summaries", "partnership summaries", "escalations", "retention"]
IN_NOVEMBER = {
    "summaries": "2026-11",
    "agency summaries": "2026-11",
    "partnership summaries": "2026-11",
    "escalations": "2026-W48",
    "retention": "2026-11",
}


def names(moment: datetime, **settings: Any) -> list[str]:
    return [job.name for job, _day in due(moment, Settings(_env_file=None, **settings))]


def periods(moment: datetime) -> dict[str, str]:
    return {job.name: job.period(day) for job, day in due(moment, Settings(_env_file=None))}


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("03:59", []),
        ("08:14", ["publication"]),
        ("08:15", ["publication", "digests"]),
        ("08:29", ["publication", "digests"]),
        ("08:30", ALL),
        ("16:59", ALL),
        ("17:00", []),
        ("23:59", []),
    ],
)
def test_a_job_is_due_from_its_hour_until_the_evening(clock: str, expected: list[str]) -> None:
    assert names(at("2026-11-24", clock)) == expected


@pytest.mark.parametrize(
    "day", ["2026-11-21", "2026-11-22", "2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2026-08-31"]
)
def test_at_weekends_and_on_bank_holidays_figures_are_published_and_no_more(day: str) -> None:
    assert names(at(day, "09:00")) == ["publication"]


def test_digests_have_a_period_for_each_day_summaries_for_each_month_and_escalations_for_each_week() -> None:
    assert periods(at("2026-11-24", "09:00")) == {
        "publication": "2026-11-24",
        "digests": "2026-11-24",
        **IN_NOVEMBER,
    }
    assert periods(at("2026-11-25", "09:00")) == {
        "publication": "2026-11-25",
        "digests": "2026-11-25",
        **IN_NOVEMBER,
    }


def test_the_first_day_on_which_summaries_are_due_is_the_first_working_day_of_the_month() -> None:
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(10)]
    first = next(day for day in days if "summaries" in names(at(f"{day}", "08:30")))
    assert first == date(2027, 1, 4), "New Year's Day is a Friday"


def test_hours_are_those_of_the_wall_in_winter_and_in_summer() -> None:
    assert names(datetime(2026, 1, 6, 8, 15, tzinfo=UTC)) == ["publication", "digests"]
    assert names(datetime(2026, 7, 7, 7, 14, tzinfo=UTC)) == ["publication"]
    assert names(datetime(2026, 7, 7, 7, 15, tzinfo=UTC)) == ["publication", "digests"]


def test_the_day_is_that_of_the_wall_too() -> None:
    just_after_midnight = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)
    ((job, day),) = due(just_after_midnight, Settings(_env_file=None, reminders_at="00:15"))
    assert (job.name, day) == ("digests", date(2026, 7, 7))


# The clocks of London change on Sundays, when nothing is due; those of Cairo change on a Friday and a Thursday night.
IN_CAIRO: dict[str, Any] = {"timezone": "Africa/Cairo", "reminders_at": "00:30", "summaries_at": "16:00"}


def test_an_hour_that_the_clocks_skip_is_due_as_soon_as_they_have_gone_on() -> None:
    midnight = datetime(2026, 4, 23, 22, 0, tzinfo=UTC)  # Friday 24 April begins at one o'clock
    assert names(midnight - timedelta(minutes=1), **IN_CAIRO) == []
    assert names(midnight, **IN_CAIRO) == ["digests"]


def test_an_hour_that_the_clocks_repeat_is_one_period() -> None:
    settings = Settings(_env_file=None, **(IN_CAIRO | {"reminders_at": "08:00"}))
    moments = [datetime(2026, 10, 29, hour, 30, tzinfo=UTC) for hour in range(24)]
    found = {(job.name, job.period(day)) for moment in moments for job, day in due(moment, settings)}
    assert found == {
        ("publication", "2026-10-29"),
        ("digests", "2026-10-29"),
        ("summaries", "2026-10"),
        ("agency summaries", "2026-10"),
        ("partnership summaries", "2026-10"),
        ("escalations", "2026-W44"),
        ("retention", "2026-10"),
    }


def test_an_hour_in_the_evening_is_due_in_the_evening() -> None:
    assert names(at("2026-11-24", "20:59"), reminders_at="21:00") == []
    assert names(at("2026-11-24", "21:00"), reminders_at="21:00") == ["digests"]


@pytest.mark.parametrize(
    ("day", "clock", "ends"),
    [
        ("2026-11-24", "07:59", None),
        ("2026-11-24", "08:00", "17:00"),
        ("2026-11-24", "16:59", "17:00"),
        ("2026-11-24", "17:00", None),
        ("2026-11-22", "10:00", None),
        ("2026-12-25", "10:00", None),
        ("2026-08-28", "16:30", "17:00"),
    ],
)
def test_e_mails_are_delivered_in_the_daytime_of_working_days(day: str, clock: str, ends: str | None) -> None:
    settings = Settings(_env_file=None)
    assert delivery_ends(at(day, clock).astimezone(UTC), settings) == (at(day, ends) if ends else None)


def test_the_hours_of_delivery_can_be_set_and_begin_before_they_end() -> None:
    settings = Settings(_env_file=None, deliver_from="06:30", deliver_until="07:00")
    assert delivery_ends(at("2026-11-24", "06:30"), settings) == at("2026-11-24", "07:00")
    assert delivery_ends(at("2026-11-24", "07:00"), settings) is None
    with pytest.raises(ValidationError, match="later than TRACKER_DELIVER_FROM"):
        Settings(_env_file=None, deliver_until="08:00")


def test_the_demo_delivers_at_any_hour() -> None:
    assert delivery_ends(at("2026-11-22", "23:30"), Settings(_env_file=None, demo=True)) is not None


def test_the_partnership_hears_from_the_fifth_working_day_on() -> None:
    days = [date(2026, 6, day) for day in range(1, 15)]
    found = [day.day for day in days if "partnership summaries" in names(at(f"{day}", "09:00"))]
    assert found == [5, 8, 9, 10, 11, 12]
