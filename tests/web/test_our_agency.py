"""Our agency: what an agency's lead sees beside the uptake."""

from datetime import date

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.database import Database
from training_tracker.expectations.models import Setting


async def test_each_setting_says_whether_it_is_covered_or_how_many_are_missing(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        safer = await facts.item("SAFER")
        await facts.version(
            await facts.expectation("PANEL"), [safer], people_in_setting=1, setting=Setting.TEAM, period_months=24
        )
        post = await facts.post("Ann Reed", team=await facts.team("Assessment"), role=await facts.role("Panel member"))
        await facts.post("Eve Lane", team=await facts.team("Duty"))
        await facts.completed(post, safer, date(2026, 1, 5))
    await visitor.becomes(world.lee)
    text = await visitor.reads("/agency")
    assert "1 of 3 not covered." in text
    assert "Assessment: 1 of at least 1 needed, covered" in text
    assert "Expected: PANEL, Duty: 0 of at least 1 needed, 1 missing" in text
    assert "Bay Surgery" not in text


async def test_posts_without_a_start_are_counted_and_listed_to_their_own_lead(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    assert "post without a start date" not in await visitor.reads("/agency")
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Eve Lane", team=await facts.team("Duty"), started_on=None)
        await facts.post("Fay Long", team=await facts.team("Duty"), started_on=None, ended_on=date(2026, 4, 30))
        await facts.post("Gil Moss", team=await facts.team(agency=await facts.agency("Bay Surgery")), started_on=None)
    assert "1 post without a start date" in await visitor.reads("/agency")
    listed = (await visitor.opens("/agency/people.csv?which=no-start")).text
    assert "Harbour Council,no-start,Eve Lane,Social worker,Duty,,,,2026-05-04" in listed
    assert "Fay" not in listed
    assert "Gil" not in listed
    await visitor.becomes(world.ann)
    assert (await visitor.opens("/agency/people.csv?which=no-start")).status_code in {403, 404}


async def test_one_expectation_is_told_by_team_and_over_twelve_months(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    assert 'href="/agency/uptake/CSA?agency=' in (await visitor.opens("/agency")).text
    text = await visitor.reads("/agency/uptake/CSA")
    assert "in place on 4 May 2026 66.6%" in text
    assert "percent at each month’s end as known now, 30 June 2025 to 4 May 2026" in text
    # Ann did it on 1 June 2025; the managers' in March 2026 came later.
    assert "Jun 2025 20.0% of 5" in text
    assert "May 2026 66.6% of 6" in text
    assert "Assessment 33.3% 1 of 3" in text
    assert "Bay Surgery" not in text
    for code in ("DESK", "NOTHING"):
        assert (await visitor.opens(f"/agency/uptake/{code}")).status_code == 404
