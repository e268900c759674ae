"""What an agency decides about what counts as what is decided for its own posts alone, and as long as it stands."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation
from training_tracker.people.models import Agency, Team
from training_tracker.standing.status import standings_on

TODAY = date(2026, 5, 4)


async def test_each_agency_decides_for_itself(empty: Database) -> None:
    """What was done counts as A for everybody, and as B for whoever decides so.

    One agency says that it is no A, one that it is a B, and one that it is a C, after it took back that it is a B and
    no A.
    """
    async with empty.writing() as session:
        facts = Facts(session)
        denies, adds, took_back, nothing = [
            await facts.agency(name) for name in ("Denies", "Adds", "Took back", "Decides nothing")
        ]
        a, b, c, done = [await facts.item(code) for code in ("A", "B", "C", "DONE")]
        await facts.counts_as(done, a)
        await facts.counts_as(done, a, agency=denies, holds=False)
        await facts.counts_as(done, b, agency=adds)
        for item, holds in ((b, True), (a, False)):
            mistaken = await facts.counts_as(done, item, agency=took_back, holds=holds)
            mistaken.withdrawn_at = datetime(2026, 3, 1, tzinfo=UTC)
        await facts.counts_as(done, c, agency=took_back)
        await facts.version(await facts.expectation("Everybody does A"), [a])
        for agency in (denies, adds, took_back, nothing):
            rule = await facts.expectation(f"{agency.name}: B", owner=agency)
            await facts.version(rule, [b])
            post = await facts.post(agency.name, team=await facts.team(agency=agency))
            await facts.completed(post, done, date(2026, 2, 1))
    async with empty.reading() as session:
        standing = standings_on(TODAY, today=TODAY)
        met = await session.execute(
            select(Agency.name, Expectation.code)
            .select_from(standing)
            .join(Expectation, Expectation.id == standing.c.expectation_id)
            .join(Team, Team.id == standing.c.team_id)
            .join(Agency, Agency.id == Team.agency_id)
            .where(standing.c.status == "compliant")
        )
        assert {tuple(row) for row in met} == {
            ("Adds", "Everybody does A"),
            ("Adds", "Adds: B"),
            ("Took back", "Everybody does A"),
            ("Decides nothing", "Everybody does A"),
        }
