"""One fact stands in the record once, with the strongest evidence there is of it."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from tests.facts import Facts
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, Outcome, record_completion
from training_tracker.standing.status import standings_on

TODAY = date(2026, 5, 4)


async def test_stronger_evidence_of_what_was_self_declared_takes_its_place(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("A")
        post = await facts.post("Ann")
        await facts.version(
            await facts.expectation(), [course], least_strength=Strength.CERTIFICATE_SEEN, period_months=12
        )
        own = NewCompletion(post.practitioner_id, course.id, date(2026, 3, 2), 2, strength=Strength.SELF_DECLARED)
        assert await record_completion(session, own, by="ann", today=TODAY) is Outcome.RECORDED
        same = replace(own, strength=Strength.ATTENDANCE_REGISTER, source="Register")
        assert await record_completion(session, same, by="register", today=TODAY) is Outcome.RECORDED
        assert await record_completion(session, own, by="ann", today=TODAY) is Outcome.KNOWN_ALREADY
        with pytest.raises(Refused):
            await record_completion(session, replace(same, hours=3), by="register", today=TODAY)
    async with empty.reading() as session:
        rows = list(await session.scalars(select(Completion).order_by(Completion.id)))
        status = standings_on(TODAY, today=TODAY).c.status
        assert (await session.scalars(select(status))).all() == ["compliant"]
    assert [(row.strength, row.void_reason) for row in rows] == [
        (Strength.SELF_DECLARED, "Stronger evidence of the same completion was recorded"),
        (Strength.ATTENDANCE_REGISTER, None),
    ]
