"""Names as people write them, and names too vague to keep."""

import pytest

from training_tracker.errors import Refused
from training_tracker.naming import fold, nearest, refuse_vague_name, tidy


@pytest.mark.parametrize(
    "name",
    [
        "Health",
        "NHS",
        "nhs services",
        "N.H.S.",
        "Health and care",
        "Health & Care Partners",
        "Local health providers",
        "The NHS",
        "Healthcare",
        "Other health agencies",
        "NHS Trust",
        "NHS Foundation Trust",
        "National Health Service",
        "Health (staff)",
        "Ｈｅａｌｔｈ",
    ],
)
def test_a_name_that_could_be_anybody_is_refused_with_a_way_out(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        refuse_vague_name(name, "agency")
    assert refusal.value.field == "agency"
    assert "Isle of Wight NHS Trust" in refusal.value.mend


@pytest.mark.parametrize(
    "name",
    [
        "Isle of Wight NHS Trust",
        "Portsmouth Hospitals University NHS Trust",
        "NHS Hampshire and Isle of Wight Integrated Care Board",
        "Hampshire and Isle of Wight Healthcare NHS Foundation Trust",
        "Public Health Isle of Wight",
        "Barnardo's",
        "Local Authority Designated Officer",
        "St Mary's Primary School",
    ],
)
def test_a_providers_own_name_is_accepted(name: str) -> None:
    refuse_vague_name(name, "agency")


def test_a_kind_of_agency_is_a_sector_but_no_agency() -> None:
    refuse_vague_name("NHS trust", "sector")
    with pytest.raises(Refused):
        refuse_vague_name("NHS", "sector")


@pytest.mark.parametrize("name", ["NHS", "Health", "Health services", "NHS trust"])
def test_a_team_is_judged_like_an_agency_and_told_about_teams(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        refuse_vague_name(name, "team")
    assert refusal.value.field == "team"
    assert "does not say which team this is" in refusal.value.problem
    refuse_vague_name("Health visiting", "team")


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("Children\u2019s Services", "children's services"),
        ("Zoë  Núñez", "zoe nunez"),
        ("Health & Care", "health and care"),
        ("Signs \u2013 indicators", "signs - indicators"),
        ("STRASSE", "straße"),
        ("Cafe\u0301", "café"),
    ],
)
def test_spellings_of_one_name_are_the_same_when_folded(written: str, other: str) -> None:
    assert fold(written) == fold(other)


def test_different_names_stay_different() -> None:
    assert fold("Level 2") != fold("Level 3")


def test_what_is_stored_keeps_case_and_accents_and_loses_stray_spaces() -> None:
    assert tidy("\u00a0 Zoe\u0308  O'Hara\t") == "Zoë O'Hara"


def test_a_misspelt_name_finds_the_nearest_known_one_first() -> None:
    known = ["Isle of Wight NHS Trust", "Isle of Wight Council", "Hampshire Constabulary"]
    assert nearest("isle of wigth nhs trust", known)[0] == "Isle of Wight NHS Trust"
    assert nearest("zzzz", known) == []
