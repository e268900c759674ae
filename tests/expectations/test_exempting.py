"""Exemptions as facts: none overlaps another, and what has run out stays as it was."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from tests.facts import BY, Facts
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.exempting import (
    ExemptionLine,
    ExemptionPage,
    exemptions,
    grant_exemption,
    withdraw_exemption,
)

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
GRANTED_AT = datetime(2026, 1, 1, 9, tzinfo=UTC)


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


async def test_a_first_day_that_cannot_be_meant_is_refused_by_its_field(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        post, csa = await facts.post(), await facts.expectation()
        with pytest.raises(Refused) as refused:
            await grant_exemption(
                session, [post.id], csa.id, starts_on=date(1899, 1, 1), until=LAST, reason="x", by=BY, today=FIRST
            )
        assert refused.value.field == "from"


async def test_an_exemption_on_a_day_of_another_is_refused_and_one_beside_it_is_not(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post, csa, other = await facts.post(), await facts.expectation(), await facts.expectation("OTHER")
        await facts.exempt(post, csa, date(2026, 4, 1), date(2026, 4, 30))
        await facts.exempt(post, csa, FIRST, LAST)
        await facts.exempt(post, csa, date(2026, 5, 1), date(2026, 5, 31))
        await facts.exempt(post, other, FIRST, LAST)
    with pytest.raises(Refused, match="overlaps the one from 1 January 2026 until 31 March 2026") as refused:
        async with empty.writing() as session:
            await grant_exemption(
                session, [post.id], csa.id, starts_on=LAST, until=date(2026, 4, 1), reason="x", by=BY, today=FIRST
            )
    assert refused.value.mend == "Give days outside it, or take it back first."
    assert refused.value.field == "until"
    async with empty.reading() as session:
        assert (await exemptions(session)).total == 4
    async with empty.writing() as session:
        await withdraw_exemption(session, [post.id], csa.id, today=FIRST)
        assert [line.expectation for line in (await exemptions(session)).lines] == ["OTHER"], "that one stays"
        await Facts(session).exempt(post, csa, FIRST, LAST)


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


async def test_a_list_comes_in_pages_the_newest_first_with_what_has_run_out_left_out(empty: Database) -> None:
    before = date(2025, 12, 31)
    async with empty.writing() as session:
        facts = Facts(session)
        csa, posts = await facts.expectation(), {}
        for name, begins, last in (
            ("Abe Frost", before, LAST),
            ("Cat Dunn", FIRST, LAST),
            ("Ben Cole", FIRST, date(2026, 4, 1)),
            ("Ann Reed", FIRST, LAST),
        ):
            posts[name] = await facts.post(name)
            await facts.exempt(posts[name], csa, begins, last)
    async with empty.reading() as session:
        everybody = await exemptions(session)
        assert [line.name for line in everybody.lines] == ["Ann Reed", "Ben Cole", "Cat Dunn", "Abe Frost"]
        first = await exemptions(session, page_size=3)
        assert ([line.name for line in first.lines], first.total) == (["Ann Reed", "Ben Cole", "Cat Dunn"], 4)
        second = await exemptions(session, page=2, page_size=3)
        assert ([line.name for line in second.lines], second.total) == (["Abe Frost"], 4)
        found = await exemptions(session, since=date(2026, 4, 1))
        assert [(line.name, line.granted_by) for line in found.lines] == [("Ben Cole", BY)]
        two = await exemptions(session, [posts["Ann Reed"].id, posts["Cat Dunn"].id])
        assert ([line.name for line in two.lines], two.total) == (["Ann Reed", "Cat Dunn"], 2)
        assert await exemptions(session, []) == ExemptionPage((), 0)


async def test_a_list_names_whose_it_is_from_what_it_excuses_why_and_who_granted_it(empty: Database) -> None:
    with time_machine.travel(GRANTED_AT, tick=False):
        async with empty.writing() as session:
            facts = Facts(session)
            await facts.post("Mia Ford")
            post, csa = await facts.post("Ann Reed", team=await facts.team("Duty")), await facts.expectation()
            (exemption,) = await grant_exemption(
                session,
                [post.id],
                csa.id,
                starts_on=FIRST,
                until=LAST,
                reason="No such work",
                by="mia-ford@agency.example",
                today=FIRST,
            )
    async with empty.reading() as session:
        assert (await exemptions(session)).lines == (
            ExemptionLine(
                id=exemption.id,
                name="Ann Reed",
                post_id=post.id,
                team="Duty",
                expectation="CSA",
                title="Expected: CSA",
                starts_on=FIRST,
                until=LAST,
                reason="No such work",
                granted_by="Mia Ford",
                granted_at=GRANTED_AT,
            ),
        )


async def test_all_posts_are_exempted_together_and_one_that_overlaps_refuses_them_all(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        csa = await facts.expectation()
        two = [(await facts.post(role=await facts.role(name))).id for name in ("Nurse", "Midwife")]
        granted = await grant_exemption(
            session, two[::-1], csa.id, starts_on=FIRST, until=LAST, reason="No such work", by=BY, today=FIRST
        )
        assert [exemption.post_id for exemption in granted] == two
        with pytest.raises(Refused, match="from 31 December 2025 until 1 January 2026 overlaps"):
            await grant_exemption(
                session, two, csa.id, starts_on=date(2025, 12, 31), until=FIRST, reason="x", by=BY, today=FIRST
            )
        taken_back = await withdraw_exemption(session, two, csa.id, today=FIRST)
        assert {exemption.post_id for exemption in taken_back} == set(two)
