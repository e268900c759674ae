"""What of the completions that count is needed for the amount, without a database."""

from datetime import date

import pytest

from tests.standing.by_hand import rule
from training_tracker.catalogue.models import Item
from training_tracker.expectations.models import ExpectationVersion, Measure
from training_tracker.records.models import Completion
from training_tracker.standing.counted import Counted, added_up

ITEMS = {
    code: Item(id=number, code=code, participatory=code.startswith("LIVE")) for number, code in enumerate("ABC", 1)
}
ITEMS["LIVE"] = Item(id=4, code="LIVE", participatory=True)


def counted(number: int, code: str, day: int, hours: float = 0, *, as_item: str = "") -> Counted:
    """The completion of this number, on a day of March 2026, as itself or as another item."""
    completion = Completion(id=number, completed_on=date(2026, 3, day))
    return Counted(ITEMS[as_item or code].id, completion, ITEMS[code], hours, code == "LIVE")


def needed(version: ExpectationVersion, *parts: Counted) -> tuple[list[tuple[int, int]], bool]:
    """The numbers of the completions that are needed, each with the item it counts as."""
    found, reached = added_up(version, list(parts))
    return [(part.completion.id, part.expected_id) for part in found], reached


def test_the_newest_of_each_item_is_needed_until_there_are_enough() -> None:
    parts = [counted(1, "A", 1), counted(2, "B", 2), counted(3, "A", 3), counted(4, "C", 4)]
    assert needed(rule(amount=1), *parts) == ([(4, 3)], True)
    assert needed(rule(amount=2), *parts) == ([(4, 3), (3, 1)], True)
    assert needed(rule(amount=3), *parts) == ([(4, 3), (3, 1), (2, 2)], True)
    assert needed(rule(amount=4), *parts) == ([(4, 3), (3, 1), (2, 2)], False)


def test_of_one_day_the_one_recorded_last_comes_first_and_each_as_itself_before_as_another() -> None:
    same_day = [counted(1, "A", 1), counted(2, "B", 1), counted(2, "B", 1, as_item="C")]
    assert needed(rule(amount=1), *same_day) == ([(2, 2)], True)
    assert needed(rule(amount=2), *same_day) == ([(2, 2), (2, 3)], True)
    assert needed(rule(amount=2), *reversed(same_day)) == ([(2, 2), (2, 3)], True)


def test_of_hours_each_completion_is_needed_once_however_many_items_it_counts_as() -> None:
    version = rule(measure=Measure.HOURS, amount=5)
    parts = [counted(1, "A", 1, 2), counted(2, "B", 2, 3, as_item="A"), counted(2, "B", 2, 3), counted(3, "C", 3)]
    assert needed(version, *parts) == ([(2, 2), (1, 1)], True)
    assert needed(version, *parts[1:]) == ([(2, 2)], False)
    assert needed(version, *parts, counted(4, "A", 4, 5)) == ([(4, 1)], True)


@pytest.mark.parametrize(("hours", "reached"), [(0.1, True), (0.0999, False)])
def test_fractions_of_an_hour_add_up_in_spite_of_their_rounding(hours: float, reached: bool) -> None:
    parts = [counted(number, "A", number, 0.1) for number in (1, 2)]
    version = rule(measure=Measure.HOURS, amount=0.3)
    assert needed(version, *parts, counted(3, "A", 3, hours))[1] is reached
    assert needed(version, *parts, counted(3, "A", 3, 0.1), counted(4, "A", 4, 0.1))[0] == [(4, 1), (3, 1), (2, 1)]


def test_beyond_enough_hours_only_the_participatory_ones_that_are_missing_are_needed() -> None:
    version = rule(measure=Measure.HOURS, amount=4, participatory_percent=50)
    read, live = counted(3, "A", 3, 4), counted(1, "LIVE", 1, 2)
    assert needed(version, read, counted(2, "B", 2, 1), live) == ([(3, 1), (1, 4)], True)
    assert needed(version, read, counted(2, "B", 2, 1)) == ([(3, 1)], False)
    assert needed(version, read, counted(2, "LIVE", 2, 2), live) == ([(3, 1), (2, 4)], True)
    assert needed(version, live) == ([(1, 4)], False)
    assert needed(version, counted(3, "A", 3, 2), counted(2, "B", 2, 2)) == ([(3, 1), (2, 2)], False)
    by_and_by = [counted(4, "A", 4, 2), counted(3, "LIVE", 3, 1), counted(2, "LIVE", 2, 1)]
    assert needed(version, *by_and_by, live) == ([(4, 1), (3, 4), (2, 4)], True)
