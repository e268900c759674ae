"""What is kept of a spreadsheet that was looked at says what was seen, and nothing that was not."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from training_tracker.intake.outcome import ImportOutcome, RefusedRow
from training_tracker.intake.uploads import Options, Told
from training_tracker.intake.working import what_was_seen
from training_tracker.sealing import lock_file, unlock_file
from training_tracker.settings import Settings
from training_tracker.standing.consequences import Consequence

NUMBERS = st.integers(0, 100_000)
TEXTS = st.text(max_size=20)
CONSEQUENCES = st.builds(Consequence, TEXTS, NUMBERS, NUMBERS, NUMBERS)
TOLD = st.builds(
    Told,
    rows=NUMBERS,
    accepted=NUMBERS,
    notes=st.lists(TEXTS, max_size=3),
    consequences=st.lists(CONSEQUENCES, max_size=3),
    problem=TEXTS,
)
REFUSED = st.builds(RefusedRow, NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS)
OUTCOMES = st.builds(
    ImportOutcome,
    rows=NUMBERS,
    unchanged=NUMBERS,
    refused=st.lists(REFUSED, max_size=3),
    notes=st.lists(TEXTS, max_size=3),
    taken=st.lists(NUMBERS, unique=True, max_size=5),
    begun=NUMBERS,
    people=st.sets(NUMBERS, max_size=5),
)


@given(TOLD)
def test_what_is_told_is_read_as_it_was_written(told: Told) -> None:
    assert Told.of(told.as_json()) == told


@given(st.booleans(), st.none() | st.dates())
def test_options_are_read_as_they_were_chosen(create: bool, as_at: date | None) -> None:
    assert Options.of(Options(create, as_at).as_json()) == Options(create, as_at)


@given(OUTCOMES, OUTCOMES)
def test_two_looks_have_one_fingerprint_only_if_every_row_came_to_the_same(
    one: ImportOutcome, other: ImportOutcome
) -> None:
    same = replace(one, taken=list(reversed(one.taken)), people=set(one.people))
    assert what_was_seen(same) == what_was_seen(one)
    if sorted(one.taken) != sorted(other.taken) or one.refused != other.refused or one.people != other.people:
        assert what_was_seen(one) != what_was_seen(other)


@given(st.binary(max_size=200), TEXTS, TEXTS)
def test_a_file_is_unlocked_for_nothing_but_what_it_was_locked_for(content: bytes, purpose: str, other: str) -> None:
    settings = Settings(secret_key="s" * 40, _env_file=None)
    locked = lock_file(settings, purpose, content)
    assert unlock_file(settings, purpose, locked) == content
    if other != purpose:
        assert unlock_file(settings, other, locked) is None
    assert unlock_file(Settings(secret_key="t" * 40, _env_file=None), purpose, locked) is None
