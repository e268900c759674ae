"""An exemption is of one post from one expectation, with a reason and an end."""

from datetime import date

import pytest

from tests.facts import BY, Facts
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.exempting import grant_exemption, withdraw_exemption

DAY = date(2026, 4, 1)


async def test_what_makes_no_sense_is_refused_with_its_field_and_how_to_mend_it(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        post, expectation = await facts.post(), await facts.expectation()
        for until, reason, problem, mend, field in [
            (
                *(DAY, " ", "An exemption is granted for a reason"),
                *("Say why the work does not need it.", "reason"),
            ),
            (
                *(date(2026, 3, 31), "No such work", "The exemption ends before it begins"),
                *("Give an end on or after the start.", "until"),
            ),
        ]:
            with pytest.raises(Refused) as refused:
                await grant_exemption(
                    session, post.id, expectation.id, starts_on=DAY, until=until, reason=reason, by=BY
                )
            assert (refused.value.problem, refused.value.mend, refused.value.field) == (problem, mend, field)
        for post_id, expectation_id in ((0, expectation.id), (post.id, 0)):
            with pytest.raises(NotFound, match=f"^post {post_id} or expectation {expectation_id}$"):
                await grant_exemption(
                    session, post_id, expectation_id, starts_on=DAY, until=DAY, reason="No such work", by=BY
                )


async def test_it_may_be_for_a_single_day_and_is_kept_with_its_reason_and_who_granted_it(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        post, expectation = await facts.post(), await facts.expectation()
        exemption = await grant_exemption(
            session, post.id, expectation.id, starts_on=DAY, until=DAY, reason=" No such work ", by=BY
        )
        await session.flush()
        assert (exemption.post_id, exemption.expectation_id) == (post.id, expectation.id)
        assert (exemption.starts_on, exemption.until) == (DAY, DAY)
        assert (exemption.reason, exemption.granted_by) == ("No such work", BY)


async def test_what_is_not_there_or_was_taken_back_cannot_be_taken_back(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        post, expectation = await facts.post(), await facts.expectation()
        exemption = await facts.exempt(post, expectation, DAY, DAY)
        stays = await facts.exempt(post, expectation, date(2026, 5, 1), date(2026, 5, 1))
        await session.flush()
        await withdraw_exemption(session, exemption.id)
        await session.flush()
        for number in (exemption.id, 0):
            with pytest.raises(NotFound, match=f"^exemption {number}$"):
                await withdraw_exemption(session, number)
        assert stays.withdrawn_at is None
