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
