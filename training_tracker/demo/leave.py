"""Long leave and exemptions of some people of the invented region."""

from datetime import date, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.demo.workforce import Person
from training_tracker.expectations.exempting import grant_exemption
from training_tracker.expectations.models import Expectation
from training_tracker.people.leave import record_leave
from training_tracker.people.models import Post, Practitioner

ON_LEAVE_ONE_IN = 60
EXEMPT_ONE_IN = 70
AT_ONCE = 1_000

# Whose work does not need what, and why. The reason is about the work.
EXEMPTIONS = {
    "Porter": ("R-SIGNS-ALL", "Works in the night store and meets no children or families"),
    "Non-clinical": ("R-SIGNS-ALL", "Works in payroll and meets no children or families"),
    "Adult nurse": ("R-SIGNS-ALL", "Seconded to a research register until the end of the year"),
    "Social worker": ("CSA-MED-SOCIAL-WORKERS", "Works in adoption support and makes no referrals for medicals"),
    "Response officer": ("R-SIGNS-ALL", "Seconded to the training school"),
    "Midwife": ("CSA-MED-TRUST-CHILDRENS-CLINICAL", "Works in the ultrasound department only"),
    "Early help practitioner": ("R-SIGNS-ALL", "Runs the service's telephone system"),
}


async def excuse_some(session: AsyncSession, everybody: list[Person], today: date, chance: Random, by: str) -> None:
    """Put some people on long leave and exempt some others from something their work does not need."""
    present = [person for person in everybody if not (person.leads or person.has_left)]
    on_leave = chance.sample(present, k=1 + len(present) // ON_LEAVE_ONE_IN)
    away = {person.email for person in on_leave}
    might = [person for person in present if person.jobs[0].role in EXEMPTIONS and person.email not in away]
    exempt = chance.sample(might, k=min(len(might), 1 + len(present) // EXEMPT_ONE_IN))
    for person, post_id in await _posts(session, on_leave):
        began = today - timedelta(days=chance.randint(20, 240))
        back = today + timedelta(days=chance.randint(7, 200))
        starts_on = max(began, person.jobs[0].started_on or began)
        await record_leave(session, [post_id], starts_on, back if chance.random() < 0.7 else None, by=by)
    expectations = {row.code: row.id for row in await session.execute(select(Expectation.code, Expectation.id))}
    for person, post_id in await _posts(session, exempt):
        code, reason = EXEMPTIONS[person.jobs[0].role]
        await grant_exemption(
            session,
            [post_id],
            expectations[code],
            starts_on=today - timedelta(days=chance.randint(10, 200)),
            until=today + timedelta(days=chance.randint(30, 300)),
            reason=reason,
            by=by,
            today=today,
        )


async def _posts(session: AsyncSession, people: list[Person]) -> list[tuple[Person, int]]:
    """Each person with the id of every post they hold: leave is from all of somebody's work."""
    by_email = {person.email: person for person in people}
    found = []
    emails = list(by_email)
    for start in range(0, len(emails), AT_ONCE):
        statement = (
            select(Practitioner.email, Post.id)
            .join(Post, Post.practitioner_id == Practitioner.id)
            .where(Practitioner.email.in_(emails[start : start + AT_ONCE]), Post.ended_on.is_(None))
            .order_by(Post.id)
        )
        found += [(by_email[email or ""], post_id) for email, post_id in await session.execute(statement)]
    return found
