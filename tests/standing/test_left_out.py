"""Why a completion is no part of a total: each reason from the very day on which it begins; without a database."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.standing.by_hand import done, item, rule, standing
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.expectations.models import ExpectationVersion, Measure
from training_tracker.records.models import Completion
from training_tracker.standing.counted import Counted
from training_tracker.standing.explained import CountingCompletion
from training_tracker.standing.reading import ExpectedItem, Reading, refreshable
from training_tracker.standing.reasons import EVERYBODYS, Catalogue, Span, why_left_out

ON = date(2026, 3, 31)
MOMENT = datetime(2026, 4, 10, 8, 30, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
# Items by number, and an agency that decides for itself.
A, B, REFRESHER, OTHER, AGENCY = 1, 2, 3, 4, 7
NAMES = {A: "A", B: "B", REFRESHER: "R", OTHER: "O"}
SPRING = Span(date(2026, 3, 1), date(2026, 5, 31))
EVER = Span(date.min, date.max)
MORE = Counted(B, Completion(id=9, completed_on=date(2026, 3, 9)), Item(id=B), 4, False)


def completion(on: date = date(2026, 3, 1), *, number: int = 1, item_id: int = A, **fields: Any) -> Completion:
    usual = {"strength": Strength.ATTENDANCE_REGISTER, "recorded_at": MOMENT}
    return Completion(id=number, item_id=item_id, completed_on=on, **usual | fields)


def counts(one: Completion, *, as_item: int | None = None, participatory: bool = False) -> Counted:
    return Counted(as_item or one.item_id, one, Item(id=one.item_id), one.hours or 0, participatory)


def reading(
    version: ExpectationVersion | None = None,
    *counted: Counted,
    counting: tuple[CountingCompletion, ...] = (),
    asked: tuple[int, ...] = (A, B),
) -> Reading:
    items = [ExpectedItem(one, True, one == REFRESHER, item(NAMES[one])) for one in asked]
    of_them = standing(counting=list(counting), in_force_from=date(2025, 1, 1))
    return Reading(of_them, version or rule(), items, list(counted), AGENCY, False)


def catalogue(
    *links: tuple[int, int, int, Span],
    windows: tuple[Span, ...] = (),
    editions: tuple[date, ...] = (),
    deciding: frozenset[int] = frozenset(),
) -> Catalogue:
    counts_as: dict[int, dict[int, list[tuple[int, Span]]]] = defaultdict(lambda: defaultdict(list))
    for whose, one, other, span in links:
        counts_as[whose][one].append((other, span))
    return Catalogue(
        defaultdict(list, {A: list(windows)}), defaultdict(list, {A: list(editions)}), counts_as, set(deciding)
    )


def why(
    one: Completion, about: Reading | None = None, says: Catalogue | None = None, known_at: datetime | None = None
) -> str:
    return why_left_out(one, about or reading(), says or catalogue(), ON, known_at)


def test_what_was_completed_on_the_day_was_not_completed_after_it() -> None:
    later = completion(ON + timedelta(days=1))
    assert why(later) == "It was completed after 31 March 2026."
    today = completion(ON)
    assert why(today, reading(None, counts(today))) == "Newer completions are enough already."


def test_what_was_recorded_at_the_moment_was_known_then() -> None:
    one = completion()
    about = reading(None, counts(one))
    assert why(one, about, known_at=MOMENT - A_MOMENT) == "It was recorded later, on 10 April 2026 at 09:30."
    assert why(one, about, known_at=MOMENT) == "Newer completions are enough already."


def test_what_was_voided_by_the_moment_was_voided_then() -> None:
    one = completion(voided_at=MOMENT + A_MOMENT, void_reason="Meant for team X.")
    about = reading(None, counts(one))
    assert why(one, about) == "It was voided: Meant for team X."
    assert why(one, about, known_at=MOMENT + A_MOMENT) == "It was voided: Meant for team X."
    assert why(one, about, known_at=MOMENT) == "Newer completions are enough already."


@pytest.mark.parametrize(
    ("hours", "percent", "participatory", "said"),
    [
        (None, None, False, "It has no hours on record."),
        (0, None, False, "It has no hours on record."),
        (2, None, False, "Newer completions reach the hours already."),
        (2, 50, True, "Newer completions reach the hours already."),
        (2, 50, False, "Newer completions reach the hours already, and it is not participatory."),
    ],
)
def test_hours_that_are_not_needed_say_so(
    hours: float | None, percent: int | None, participatory: bool, said: str
) -> None:
    one = completion(hours=hours)
    version = rule(measure=Measure.HOURS, amount=3, participatory_percent=percent)
    together = Counted(B, MORE.completion, MORE.item, 4, True)
    assert why(one, reading(version, together, counts(one, participatory=participatory))) == said


def test_a_newer_one_of_the_same_item_takes_its_place_also_on_the_same_day() -> None:
    one = completion()
    newer = completion(date(2026, 3, 2), number=2)
    same_day = completion(number=2)
    assert why(one, reading(None, counts(one), counts(newer))) == (
        "A newer completion, on 2 March 2026, takes its place."
    )
    assert why(one, reading(None, counts(one), counts(same_day))) == (
        "A newer completion, on 1 March 2026, takes its place."
    )
    assert why(same_day, reading(None, counts(one), counts(same_day))) == "Newer completions are enough already."
    assert why(one, reading(None, counts(one), MORE)) == "Newer completions are enough already.", "that is another item"


@pytest.mark.parametrize(
    ("on", "kept_until", "said"),
    [
        (
            date(2024, 12, 31),
            date(2027, 12, 31),
            "By the rule of now: a newer completion, on 2 March 2026, takes its place.",
        ),
        (date(2025, 1, 1), date(2027, 12, 31), "A newer completion, on 2 March 2026, takes its place."),
        (date(2024, 12, 31), None, "A newer completion, on 2 March 2026, takes its place."),
    ],
)
def test_what_may_have_earned_the_day_that_a_change_keeps_is_left_out_by_the_rule_of_now_alone(
    on: date, kept_until: date | None, said: str
) -> None:
    one, newer = completion(on), completion(date(2026, 3, 2), number=2)
    about = reading(None, counts(one), counts(newer))
    assert why(one, replace(about, standing=replace(about.standing, kept_until=kept_until))) == said


@pytest.mark.parametrize(
    ("renewed_on", "months", "renews"),
    [
        (date(2026, 3, 1), None, False),
        (date(2026, 3, 2), None, True),
        (date(2026, 9, 1), 6, True),
        (date(2026, 9, 2), 6, False),
    ],
)
def test_the_full_course_before_a_refresher_is_what_it_renews(
    renewed_on: date, months: int | None, renews: bool
) -> None:
    one = completion()
    about = reading(
        rule(refresher_months=months), counts(one), counting=(done("R", renewed_on),), asked=(A, B, REFRESHER)
    )
    said = "It is what your refresher renews: without it the refresher would not count."
    assert why(one, about) == (said if renews else "Newer completions are enough already.")


@pytest.mark.parametrize(
    ("on", "months", "as_item", "of_use"),
    [
        (date(2026, 3, 1), None, A, False),
        (date(2026, 3, 2), None, A, True),
        (date(2036, 3, 2), None, A, True),
        (date(2026, 9, 1), 6, A, True),
        (date(2026, 9, 2), 6, A, False),
        (date(2026, 3, 2), None, REFRESHER, False),
    ],
)
def test_a_refresher_is_of_use_from_the_day_after_a_full_course_as_long_as_the_rule_says(
    on: date, months: int | None, as_item: int, of_use: bool
) -> None:
    version, before = rule(refresher_months=months), counts(completion(), as_item=as_item)
    assert refreshable(version, reading(asked=(A, REFRESHER)).items, [before], on) is of_use


def test_neither_a_refresher_nor_what_goes_before_another_course_is_renewed() -> None:
    refresher, full = completion(item_id=REFRESHER), completion()
    asked, enough = (A, B, REFRESHER), "Newer completions are enough already."
    renewal = (done("R", date(2026, 3, 9)),)
    assert why(refresher, reading(None, counts(refresher), counting=renewal, asked=asked)) == enough
    assert why(full, reading(None, counts(full), counting=(done("B", date(2026, 3, 9)),), asked=asked)) == enough


def test_only_what_was_before_the_edition_of_its_days_is_too_old() -> None:
    editions = (date(2024, 1, 1), date(2025, 6, 1))
    current = rule(current_version_only=True)
    said = "It was before the current version, which came into force on 1 January 2024."
    assert why(completion(date(2023, 12, 31)), reading(current), catalogue(editions=editions)) == said
    for one, version in ((completion(date(2024, 1, 1)), current), (completion(date(2023, 12, 31)), rule())):
        assert "current version" not in why(one, reading(version), catalogue(editions=editions))


def test_a_window_says_its_days_and_the_reason_of_the_last() -> None:
    first, last = Span(date(2025, 1, 1), date(2025, 2, 1), "Old."), Span(SPRING.since, SPRING.until, "It is form X.")
    outside = completion(date(2026, 2, 28))
    assert why(outside, says=catalogue(windows=(first, last))) == (
        "It is accepted only if completed between 1 January 2025 and 1 February 2025 or between 1 March 2026 and "
        "31 May 2026: It is form X."
    )
    assert why(outside, says=catalogue(windows=(SPRING,))) == (
        "It is accepted only if completed between 1 March 2026 and 31 May 2026."
    )
    assert "accepted" not in why(completion(), says=catalogue(windows=(first, last)))


def test_evidence_that_is_as_strong_as_the_rule_asks_is_strong_enough() -> None:
    one = completion(strength=Strength.CERTIFICATE_SEEN)
    asked = [Strength.CERTIFICATE_SEEN, Strength.ATTENDANCE_REGISTER]
    assert ["evidence" in why(one, reading(rule(least_strength=least))) for least in asked] == [False, True]
    assert why(one, reading(rule(least_strength=Strength.ATTENDANCE_REGISTER))) == (
        "The evidence of it is: certificate seen. At least this is asked for: attendance register."
    )


def test_a_refresher_without_a_full_course_only_renews_in_the_days_in_which_it_counts() -> None:
    asked = (A, REFRESHER)
    one = completion(item_id=REFRESHER)
    assert why(one, reading(None, asked=asked)) == "It only renews: no full course was completed before it."
    assert why(one, reading(rule(refresher_months=24), asked=asked)) == (
        "It only renews: no full course was completed in the 24 months before it."
    )
    as_refresher = catalogue((EVERYBODYS, OTHER, REFRESHER, SPRING))
    assert why(completion(item_id=OTHER), reading(None, asked=asked), as_refresher).startswith("It only renews")
    assert why(completion(date(2026, 2, 28), item_id=OTHER), reading(None, asked=asked), as_refresher) == (
        "It counts as “About R” only if completed between 1 March 2026 and 31 May 2026."
    )


def test_what_counts_elsewhere_and_not_with_the_agency_says_who_decided_so() -> None:
    link = (EVERYBODYS, OTHER, A, SPRING)
    one = completion(item_id=OTHER)
    denied = catalogue(link, deciding=frozenset({AGENCY}))
    assert why(one, says=denied) == "Elsewhere it counts as “About A”; Harbour Council decided that it does not."
    assert "Elsewhere" not in why(completion(date(2026, 2, 28), item_id=OTHER), says=denied)
    assert "Elsewhere" not in why(one, says=catalogue(link))


def test_what_counts_the_other_way_round_or_in_no_days_says_so() -> None:
    one = completion(item_id=OTHER)
    assert why(one, says=catalogue((EVERYBODYS, B, OTHER, EVER))) == (
        "“About B” counts as it, but not the other way round."
    )
    before, after = Span(date.min, date(2025, 1, 1)), Span(date(2025, 1, 2), date.max)
    never = catalogue((EVERYBODYS, OTHER, REFRESHER, before), (EVERYBODYS, REFRESHER, A, after))
    assert why(one, says=never) == (
        "It counts as “About A” only by way of others, and never by all of them on one day."
    )
    on_one_day = Span(date(2025, 1, 1), date(2025, 1, 2))
    once = catalogue(
        (EVERYBODYS, OTHER, REFRESHER, Span(date.min, date(2025, 1, 1))), (EVERYBODYS, REFRESHER, A, on_one_day)
    )
    assert why(one, says=once) == "It counts as “About A” only if completed between 1 January 2025 and 1 January 2025."
