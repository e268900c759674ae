"""What the partnership's page and its file say of numbers that would be small."""

import csv
import io
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts, published
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.access.granting import lead_partnership, scrutinise
from training_tracker.access.models import TokenScope
from training_tracker.access.tokens import make_token
from training_tracker.catalogue.models import Item, ItemPriority, Mark, Priority
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Post
from training_tracker.reminders.lead_summaries import plan_partnership_summaries
from training_tracker.settings import Settings


async def test_practitioners_beside_everybody_do_not_tell_the_partnership_about_two_managers(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """12 of the 20 who work with people have it; neither of the two managers has."""
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("INTRO")
        probation = await facts.agency("Gamma Probation", sector="Probation")
        team = await facts.team(agency=probation)
        officer = await facts.role("Officer", sector="Probation")
        manager = await facts.role("Manager", sector="Probation")
        everybody = [Scope(agency_id=probation.id)]
        practitioners = [Scope(agency_id=probation.id, role_id=officer.id)]
        await facts.version(await facts.expectation("INTRO-ALL"), [item], scopes=everybody)
        await facts.version(await facts.expectation("INTRO-PROBATION"), [item], scopes=practitioners)
        for number in range(22):
            post = await facts.post(f"Person {number}", team=team, role=officer if number < 20 else manager)
            if number < 12:
                await facts.completed(post, item, date(2026, 1, 1))
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership/uptake")
    assert "54.5% of 22 far below" in text
    assert "60%" not in text
    assert "of 20" not in text
    assert "Small agencies are shown together: Bay Surgery, Harbour Council." in text
    response = await visitor.opens("/partnership/uptake.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    met = {row["expectation"]: row["met"] for row in rows if row["agency"] == "Gamma Probation"}
    assert (met["INTRO-ALL"], met["INTRO-PROBATION"]) == ("12", "suppressed")
    assert "Other named small agencies: Bay Surgery, Harbour Council" in {row["agency"] for row in rows}


async def test_of_a_setting_the_partnership_is_told_whether_it_is_covered_and_never_by_how_many(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """A school of twelve has one who may sit on a panel, another of twelve nobody, and one of three is hidden."""
    async with empty.writing() as session:
        facts = Facts(session)
        safer, teacher = await facts.item("SAFER"), await facts.role("Teacher", sector="School")
        scope = [Scope(sector_id=(await facts.sector("School")).id)]
        await facts.version(await facts.expectation("PANEL"), [safer], people_in_setting=1, scopes=scope)
        some = (("Empty School", 0, 0), ("Gullwing School", 12, 1), ("Kelp School", 12, 0), ("Tiny School", 3, 1))
        for school, people, done in some:
            team = await facts.team(agency=await facts.agency(school, sector="School"))
            await facts.post(f"{school} clerk", team=team, role=await facts.role("Clerk", sector="Other"))
            for number in range(people):
                post = await facts.post(f"{school} {number}", team=team, role=teacher)
                if number < done:
                    await facts.completed(post, safer, date(2026, 1, 1))
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership/coverage")
    assert "Gullwing School Expected: PANEL everywhere" in text
    assert "Kelp School Expected: PANEL nowhere" in text
    assert "Tiny School Expected: PANEL hidden" in text
    assert "Empty School Expected: PANEL hidden" in text, "or whoever comes to it is known to have come"
    response = await visitor.opens("/partnership/coverage.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["agency"], row["enough people"]) for row in rows] == [
        ("Empty School", "suppressed"),
        ("Gullwing School", "everywhere"),
        ("Kelp School", "nowhere"),
        ("Tiny School", "suppressed"),
    ]


async def test_page_file_system_and_e_mail_tell_the_same_and_not_of_who_joined(
    visitor: Visitor, world: World, empty: Database, settings: Settings
) -> None:
    """Twelve of twenty had it in April; since then one has joined who has not."""
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("INTRO")
        probation = await facts.agency("Gamma Probation", sector="Probation")
        team, officer = await facts.team(agency=probation), await facts.role("Officer", sector="Probation")
        await facts.version(await facts.expectation("INTRO"), [item], scopes=[Scope(agency_id=probation.id)])
        for number in range(20):
            post = await facts.post(f"Person {number}", team=team, role=officer)
            if number < 12:
                await facts.completed(post, item, date(2026, 1, 1))
        partnership = await facts.partnership()
        token = await make_token(session, settings, "Board", partnership, TokenScope.FIGURES, date(2027, 1, 1))
    await visitor.becomes(world.pia)
    assert "Nothing has been published yet." in await visitor.reads("/partnership")
    await published(empty, date(2026, 4, 3))
    async with empty.writing() as session:
        facts = Facts(session)
        team = await facts.team(agency=await facts.agency("Gamma Probation"))
        await facts.post("Jo Newman", team=team, role=await facts.role("Officer", sector="Probation"))
    await published(empty, TODAY)

    text = await visitor.reads("/partnership/uptake")
    assert "As at 4 May 2026, as published" in text
    assert text.count("60.0% of 20 well below 3 Apr 2026") == 2, "of the agency, and of all"
    assert "A figure with a day of its own is as at that day." in text
    overview = await visitor.reads("/partnership")
    assert "Some figures are older; their day stands beside them." in overview
    assert "INTRO: 60.0%, 3 April 2026" in overview
    assert "60.0% of 20 well below still 3 Apr 2026" in await visitor.reads("/partnership/trends?expectation=INTRO")
    file = (await visitor.opens("/partnership/uptake.csv")).content.decode("utf-8-sig")
    (row,) = (row for row in csv.DictReader(io.StringIO(file)) if row["expectation"] == "INTRO")
    assert (row["met"], row["measured"], row["as at"]) == ("12", "20", "2026-04-03")
    for on in ("2026-04-20", "2026-05-04"):
        answer = await visitor.client.get(f"/api/uptake?on={on}", headers={"Authorization": f"Bearer {token}"})
        (figure,) = (one for one in answer.json()["figures"] if one["expectation"] == "INTRO")
        assert (figure["met"], figure["n"], figure["as_at"]) == (12, 20, "2026-04-03")
    async with empty.writing() as session:
        plan = await plan_partnership_summaries(session, TODAY, on=TODAY, today=TODAY, base_url="", threshold=5)
    (letter,) = plan.planned
    assert "60.0%, below the target 90%, change: no change\n  12 of 20 have it" in letter.text
    assert "Some figures are older" in " ".join(letter.text.split())
    assert "12 of 20 have it" in letter.html


async def test_whoever_reads_of_two_partnerships_chooses_one(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        bay = await Facts(session).partnership("Bay Safeguarding Partnership")
        await lead_partnership(session, world.pia.id, bay.id)
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "Harbour Safeguarding Partnership" in text
    assert "No agency has brought in its people yet." in text
    text = await visitor.reads(f"/partnership?partnership={(await _harbour(empty))}")
    assert "Small agencies are shown together: Bay Surgery, Harbour Council." in text
    assert (await visitor.opens("/partnership/uptake.csv?partnership=900")).status_code == 404


async def test_any_page_goes_back_to_a_past_day_as_it_was_told_then(
    visitor: Visitor, world: World, empty: Database
) -> None:
    """Half of forty had it in March; in May, when all have it, the page of March says what it said."""
    await _probation(empty, people=40, met=20)
    await published(empty, date(2026, 3, 31))
    async with empty.writing() as session:
        facts = Facts(session)
        without = await session.scalars(select(Post).order_by(Post.id.desc()).limit(20))
        for post in without:
            await facts.completed(post, await _introduction(session), date(2026, 4, 1))
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    assert "100.0% of 40 at target" in await visitor.reads("/partnership/uptake")
    then = await visitor.reads("/partnership/uptake?on=2026-04-10")
    assert "As at 31 March 2026, as published then. It is the newest published by 10 April 2026." in then
    assert "50.0% of 40 far below" in then
    assert "100.0%" not in then
    assert "Back to today" in then
    html = (await visitor.opens("/partnership/uptake?on=2026-04-10")).text
    assert 'href="/partnership/trends?on=2026-04-10&amp;expectation=INTRO"' in html, (
        "and it leads to others of that day"
    )
    trend = await visitor.reads("/partnership/trends?expectation=INTRO")
    assert "31 March 2026 to 4 May 2026" in trend
    assert "Mar 2026 50.0% of 40" in trend
    assert "May 2026 100.0% of 40" in trend
    assert "Nothing had been published by 30 March 2026." in await visitor.reads("/partnership?on=2026-03-30")
    register = await visitor.reads("/partnership/register?on=2026-03-31")
    assert "No agency belonged to this partnership, as far as was known then." in register
    assert "statutory agencies that have not said what they expect not known then" in await visitor.reads(
        "/partnership?on=2026-03-31"
    )


async def test_a_day_that_is_none_or_still_to_come_is_told_and_today_is_shown(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    for path in ("/partnership", "/partnership/uptake", "/partnership/trends", "/partnership/strategy"):
        assert "This is not a real day." in await visitor.reads(f"{path}?on=2026-02-30"), path
        # Before which there are no twelve months.
        assert (await visitor.opens(f"{path}?on=0001-01-01")).status_code == 200, path
    text = await visitor.reads("/partnership?on=2026-05-05")
    assert "This day is still to come." in text
    assert "As at 4 May 2026, as published." in text


async def test_how_far_agencies_are_apart_names_the_lowest_and_the_highest(
    visitor: Visitor, world: World, empty: Database
) -> None:
    for agency, met in (("Gamma Probation", 10), ("Delta Probation", 15), ("Kelp Probation", 20)):
        await _probation(empty, people=30, met=met, agency=agency)
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "3 33.3% 50.0% 66.6% 90%" in text, "how many agencies, minimum, median, maximum, target"
    assert "Gamma Probation has 33.3% and Kelp Probation 66.6%" in text
    one = await visitor.reads("/partnership/trends?expectation=INTRO&agency=Delta+Probation")
    assert "Of 3 agencies, with 90 posts measured, the lowest has 33.3% (Gamma Probation)" in one
    assert "Delta Probation 50.0% of 30, far below as at 4 May 2026" in one


async def test_a_provider_without_anybody_is_named_where_that_may_be_told(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await _probation(empty, people=30, met=0)
    async with empty.writing() as session:
        await Facts(session).agency("Kelp School", sector="School")
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership")
    assert "Kelp School has brought in nobody" in text
    assert "Gamma Probation : nobody has Expected: INTRO." in text
    assert "Bay Surgery has" not in text, "it is told of with others, since it is small"


async def test_priorities_show_what_is_taught_how_far_it_has_come_and_their_gaps(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await _probation(empty, people=30, met=20)
    async with empty.writing() as session:
        facts = Facts(session)
        partnership, item = await facts.partnership(), await _introduction(session)
        for number, recommendations in ((1, [4, 11]), (8, []), (11, [2])):
            priority = Priority(
                partnership_id=partnership.id,
                number=number,
                title=f"Priority {number}",
                recommendations=recommendations,
                mark=Mark.ILLUSTRATIVE,
            )
            session.add(priority)
            await session.flush()
            if number != 11:
                session.add(ItemPriority(item_id=item.id, priority_id=priority.id))
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership/strategy")
    assert "1. Priority 1 audit recommendations 4, 11 Change priority 1 1 course or resource" in text
    assert "66.6% of 30 as at 4 May 2026" in text
    assert "8. Priority 8 Change priority 8 Gap no recommendation of the audit names it" in text
    assert "11. Priority 11 audit recommendation 2 Change priority 11 Gap no course or resource is mapped to it" in text


async def test_the_register_says_who_has_published_for_the_front_line_and_for_managers(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.pia)
    text = await visitor.reads("/partnership/register")
    assert "Bay Surgery General practice Front line: Published Managers: Published" in text, "its rule is for everybody"
    async with empty.writing() as session:
        await Facts(session).sector("Fire and rescue")
    assert "Sectors without an agency" not in text
    assert "of these, so nothing is told of them: Fire and rescue" in await visitor.reads("/partnership/register")
    assert "Harbour Council Local authority Front line: Not published Managers: Not published" in text


async def test_a_lead_says_how_many_places_there_are_beside_what_falls_due(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await _probation(empty, people=30, met=0)
    async with empty.writing() as session:
        facts = Facts(session)
        for post in await session.scalars(select(Post).order_by(Post.id.desc()).limit(30)):
            await facts.completed(post, await _introduction(session), date(2025, 7, 10))
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    page = "/partnership/falls-due?item=INTRO"
    assert "Jul 2026 at least 30" in await visitor.reads(page)
    assert "Short of" not in await visitor.reads(page)
    slip = await visitor.sends(page, {"places-2026-07": "a few", "places-2026-08": "12"}, form=page)
    assert slip.status_code == 422
    assert "The places in July 2026 must be a whole number" in seen(slip.text)
    assert 'value="a few"' in slip.text
    assert 'value="12"' in slip.text
    sent = await visitor.sends(page, {"places-2026-07": "1,2", "places-2026-08": ""}, form=page)
    assert sent.headers["location"] == page
    text = await visitor.reads(page)
    assert "Kept: 1 month of" in text
    assert "Jul 2026 at least 30 12 18" in text, "eighteen short"
    assert "Say how many places there are" not in await visitor.reads(f"{page}&on=2026-05-03")
    assert (await visitor.sends(page, {"places-no-month": "1"}, form=page)).status_code == 404


async def test_a_scrutineer_reads_what_falls_due_and_says_nothing_of_places(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await _probation(empty, people=30, met=0)
    async with empty.writing() as session:
        await scrutinise(session, world.cas.id, (await Facts(session).partnership()).id)
        for post in await session.scalars(select(Post).order_by(Post.id.desc()).limit(30)):
            await Facts(session).completed(post, await _introduction(session), date(2025, 7, 10))
    await published(empty, TODAY)
    await visitor.becomes(world.cas)
    text = await visitor.reads("/partnership/falls-due")
    assert "Jul 2026 at least 30" in text
    assert "Say how many places there are" not in text


async def _probation(database: Database, *, people: int, met: int, agency: str = "Gamma Probation") -> None:
    """So many people of an agency are expected the introduction, of whom so many have it."""
    async with database.writing() as session:
        facts = Facts(session)
        item, officer = await _introduction(session), await facts.role("Officer", sector="Probation")
        sector = await facts.sector("Probation")
        team = await facts.team(agency=await facts.agency(agency, sector="Probation"))
        if not (await session.scalars(select(Expectation).where(Expectation.code == "INTRO"))).all():
            await facts.version(
                await facts.expectation("INTRO"), [item], scopes=[Scope(sector_id=sector.id)], period_months=12
            )
        of = "" if agency == "Gamma Probation" else f" of {agency}"
        for number in range(people):
            post = await facts.post(f"Person {number}{of}", team=team, role=officer)
            if number < met:
                await facts.completed(post, item, date(2026, 1, 1))


async def _introduction(session: AsyncSession) -> Item:
    found = await session.scalar(select(Item).where(Item.code == "INTRO"))
    return found or await Facts(session).item("INTRO")


async def _harbour(database: Database) -> int:
    async with database.writing() as session:
        return (await Facts(session).partnership()).id
