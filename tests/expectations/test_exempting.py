"""Exemptions as facts: none overlaps another, and what has run out stays as it was."""

from datetime import date

import pytest

from tests.facts import BY, Facts
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.exempting import exemptions, grant_exemption, withdraw_exemption

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)


@pytest.mark.parametrize(
    ("until", "reason", "problem", "mend", "field"),
    [
        (FIRST, " ", "An exemption is granted for a reason", "Say why the work does not need it.", "reason"),
        (
            *(date(2025, 12, 31), "No such work", "The exemption ends before it begins"),
            *("Give an end on or after the start.", "until"),
        ),
        (date(2025, 12, 30), "No such work", "30 December 2025 has passed", "Give a day to come.", "until"),
        (date(2101, 1, 1), "No such work", "1 January 2101 cannot be meant", "Correct the year.", "until"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_field_and_how_to_mend_it(
    empty: Database, until: date, reason: str, problem: str, mend: str, field: str
) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        post, csa = await facts.post(), await facts.expectation()
        with pytest.raises(Refused) as refused:
            await grant_exemption(
                session, [post.id], csa.id, starts_on=FIRST, until=until, reason=reason, by=BY, today=date(2025, 12, 31)
            )
        assert (refused.value.problem, refused.value.mend, refused.value.field) == (problem, mend, field)


async def test_it_may_be_for_a_single_day_and_is_kept_with_its_reason_and_who_granted_it(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        post, csa = await facts.post(), await facts.expectation()
        (exemption,) = await grant_exemption(
            session, [post.id], csa.id, starts_on=FIRST, until=FIRST, reason=" No such work ", by=BY, today=FIRST
        )
        assert (exemption.post_id, exemption.expectation_id) == (post.id, csa.id)
        assert (exemption.starts_on, exemption.until) == (FIRST, FIRST)
        assert (exemption.reason, exemption.granted_by) == ("No such work", BY)


async def test_an_exemption_on_a_day_of_another_is_refused_and_one_after_it_is_not(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post, csa, other = await facts.post(), await facts.expectation(), await facts.expectation("OTHER")
        await facts.exempt(post, csa, FIRST, LAST)
        await facts.exempt(post, csa, date(2026, 4, 1), date(2026, 4, 30))
        await facts.exempt(post, other, FIRST, LAST)
    with pytest.raises(Refused, match="overlaps the one from 1 January 2026 until 31 March 2026"):
        async with empty.writing() as session:
            await grant_exemption(
                session, [post.id], csa.id, starts_on=LAST, until=LAST, reason="No such work", by=BY, today=FIRST
            )
    async with empty.reading() as session:
        assert (await exemptions(session)).total == 3


async def test_what_has_run_out_cannot_be_taken_back(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post, csa = await facts.post(), await facts.expectation()
        await facts.exempt(post, csa, FIRST, LAST)
        with pytest.raises(NotFound):
            await withdraw_exemption(session, [post.id], csa.id, today=date(2026, 4, 1))
        await facts.exempt(await facts.post(), csa, FIRST, LAST)
        await withdraw_exemption(session, [post.id], csa.id, today=LAST)
        assert (await exemptions(session)).total == 1, "the other post's stays"
        with pytest.raises(
            NotFound, match=r"^There is no exemption to take back: .+ has run out and stays as it was\.$"
        ):
            await withdraw_exemption(session, [post.id], csa.id, today=LAST)


async def test_a_list_comes_in_pages_with_what_has_run_out_left_out(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        csa = await facts.expectation()
        for name, last in (("Ann Reed", LAST), ("Ben Cole", date(2026, 4, 1)), ("Cat Dunn", LAST)):
            await facts.exempt(await facts.post(name), csa, FIRST, last)
    async with empty.reading() as session:
        assert [line.name for line in (await exemptions(session, page=2, page_size=2)).lines] == ["Cat Dunn"]
        found = await exemptions(session, since=date(2026, 4, 1))
        assert [(line.name, line.granted_by) for line in found.lines] == [("Ben Cole", BY)]
