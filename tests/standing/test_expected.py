"""Of which posts an expectation is expected at all in some days."""

from datetime import date

from tests.facts import LONG_AGO, Facts
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.standing.expected import posts_expected

FIRST, LAST = date(2026, 5, 4), date(2026, 5, 8)


async def test_it_is_expected_of_the_posts_that_were_held_on_one_of_the_days(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        csa, other = await facts.expectation("CSA"), await facts.expectation("OTHER")
        course = await facts.item()
        nurse, clerk = await facts.role("Nurse"), await facts.role("Clerk")
        of_nurses = [Scope(role_id=nurse.id)]
        await facts.version(other, [course])
        await facts.version(csa, [course], scopes=of_nurses)
        await facts.version(csa, [course], scopes=of_nurses, effective_from=date(2026, 5, 6), period_months=12)
        held = {
            "Ended before": (LONG_AGO, date(2026, 5, 3)),
            "Ended on the first": (LONG_AGO, FIRST),
            "Begins on the last": (LAST, None),
            "Begins after": (date(2026, 5, 9), None),
            "Always": (LONG_AGO, None),
        }
        posts = {
            name: (await facts.post(name, role=nurse, started_on=started_on, ended_on=ended_on)).id
            for name, (started_on, ended_on) in held.items()
        }
        posts["Of another role"] = (await facts.post("Of another role", role=clerk)).id
        await facts.post("Not asked about", role=nurse)
    expected = ("Ended on the first", "Begins on the last", "Always")
    async with empty.reading() as session:
        asked = sorted(posts.values(), reverse=True)
        found = await posts_expected(session, asked, csa.id, first=FIRST, last=LAST)
    assert found == [posts[name] for name in expected]
