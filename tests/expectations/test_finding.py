"""Expectations by what people write for them."""

import pytest

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.expectations.finding import find_expectation


async def test_an_expectation_is_found_by_its_code_or_title_in_any_spelling(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        await facts.expectation("OTHER")
        wanted = await facts.expectation("CSA-BASIC")
        for name in ("CSA-BASIC", " csa–basic ", "expected: CSA-basic"):
            assert await find_expectation(session, name) is wanted


async def test_what_is_not_found_is_told_with_the_nearest_codes(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        for code in ("CSA-BASIC", "CSA-BASICS", "LEADERSHIP"):
            await facts.expectation(code)
        with pytest.raises(NotFound) as unknown:
            await find_expectation(session, " CSA-BASI ")
        assert str(unknown.value) == "There is no expectation “CSA-BASI”. Did you mean CSA-BASIC or CSA-BASICS?"
        with pytest.raises(NotFound) as unknown:
            await find_expectation(session, "Zzz")
        assert str(unknown.value) == (
            "There is no expectation “Zzz”. “standing explain” shows what is expected of a person."
        )
