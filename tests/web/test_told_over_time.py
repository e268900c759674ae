"""What a partnership reads live: whoever reads all of it after each change of a single person learns of nobody."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from random import Random

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts, published
from tests.web.conftest import TODAY, Visitor, World
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Setting
from training_tracker.expectations.publishing import Scope
from training_tracker.people.models import Post
from training_tracker.people.posts import correct_post
from training_tracker.reminders.campaign_results import campaigns
from training_tracker.reminders.campaigns import NewCampaign, acknowledge, begin_campaign
from training_tracker.reminders.lead_figures import falling_due
from training_tracker.reminders.lead_summaries import partnership_summaries
from training_tracker.reminders.leads import leads_of_partnerships
from training_tracker.reminders.models import CampaignRecipient
from training_tracker.uptake.region import agencies_in

THRESHOLD = 5
PROBATION = "Gamma Probation"
DUE, SAFER = "Expected: DUE", "Expected: SAFER"
Numbers = dict[str, int]


async def a_probation(facts: Facts) -> None:
    """26 officers in three teams. By the end of May all of them need DUE, and somebody of each team SAFER."""
    agency = await facts.agency(PROBATION, sector="Probation")
    scope = [Scope(agency_id=agency.id)]
    due, safer = await facts.item("DUE"), await facts.item("SAFER")
    await facts.version(
        await facts.expectation("DUE"), [due], first_due_days=150, effective_from=date(2026, 1, 1), scopes=scope
    )
    await facts.version(
        await facts.expectation("SAFER"), [safer], people_in_setting=1, setting=Setting.TEAM, scopes=scope
    )
    for number in range(26):
        await officer(facts, f"Person {number}")


async def officer(facts: Facts, name: str) -> Post:
    """The post of this officer, who joins if they are not there."""
    person = await facts.practitioner(name)
    if post := await facts.session.scalar(select(Post).where(Post.practitioner_id == person.id)):
        return post
    agency, role = await facts.agency(PROBATION), await facts.role("Officer", sector="Probation")
    return await facts.post(name, team=await facts.team(f"Team {person.id % 3}", agency=agency), role=role)


async def writes(session: AsyncSession, number: int) -> None:
    """The partnership sends all officers a campaign."""
    facts = Facts(session)
    item = await session.scalar(select(Item).where(Item.code == "DUE"))
    assert item
    role = await facts.role("Officer", sector="Probation")
    new = NewCampaign(await facts.partnership(), item.id, f"Campaign {number}", "Please read it.", (role,))
    await begin_campaign(session, new, TODAY, by="tests")


async def read(visitor: Visitor, database: Database) -> tuple[Numbers, set[str]]:
    """All that the partnership's lead reads live: each number by what it is of, and what is said of settings."""
    async with database.reading() as session:
        leads = await leads_of_partnerships(session, TODAY)
        (letter,) = await partnership_summaries(
            session, leads, TODAY, on=TODAY, today=TODAY, base_url="", threshold=THRESHOLD
        )
    numbers = {}
    for title, people in re.findall(r"^\* (.+): at least (\d+) people$", letter.text, re.MULTILINE):
        numbers[title] = int(people)
    assert set(re.findall(r"<th[^>]*>([^<]+)</th><td[^>]*>at least (\d+)</td>", letter.html)) == {
        (title, str(people)) for title, people in numbers.items()
    }
    text = await visitor.reads("/campaigns")
    assert PROBATION not in text
    for row in re.findall(r"Campaign (\d+) .+? ((?:(?:at least|fewer than) \d+ ?){3})", text):
        told = re.findall(r"(at least|fewer than) (\d+)", row[1])
        for what, (how, number) in zip(("for", "sent", "read"), told, strict=True):
            numbers[f"{row[0]} {what}"] = int(number) if how == "at least" else 0
    page = await visitor.reads("/partnership")
    file = (await visitor.opens("/partnership/coverage.csv")).text
    settings = {
        *re.findall(rf"{SAFER}, {PROBATION}: (.+)", letter.text),
        *re.findall(rf"{PROBATION} {SAFER} (everywhere|in some teams|nowhere|hidden|\d\S*)", page),
        *re.findall(rf"{PROBATION},SAFER,{SAFER},([^,]+),", file),
    }
    return numbers, settings


async def truth(database: Database) -> Numbers:
    async with database.reading() as session:
        agencies = await agencies_in(session, [1])
        due = await falling_due(session, TODAY, TODAY, 1, agencies=agencies)
        sent = await campaigns(session)
    numbers = {one.title: one.people for one in due}
    for line in sent:
        numbers |= {f"{line.id} for": line.recipients, f"{line.id} read": line.acknowledged}
    return numbers


def few(readings: list[Numbers]) -> Iterator[tuple[int, int]]:
    """The attacker: every two numbers of one thing, or of one day, that differ by few."""
    of_one_thing = [[numbers.get(what, 0) for numbers in readings] for what in set().union(*readings)]
    for several in (*of_one_thing, *(numbers.values() for numbers in readings)):
        yield from ((one, other) for one, other in combinations(several, 2) if 0 < abs(one - other) < THRESHOLD)


async def test_nobody_is_given_back_by_what_is_told_live(visitor: Visitor, world: World, empty: Database) -> None:
    """Thirty days, on each of which one person does, joins, leaves or reads something, or one more campaign is sent."""
    random, told, true, said, staff = Random(5), [], [], set(), 26
    async with empty.writing() as session:
        await a_probation(Facts(session))
        await writes(session, 1)
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    written = 1
    for day in range(30):
        async with empty.writing() as session:
            facts, anybody = Facts(session), f"Person {random.randrange(26)}"
            match random.choice(["does", "does", "covers", "joins", "leaves", "reads", "reads", "writes"]):
                case "does" | "covers" as what:
                    item = await session.scalar(select(Item).where(Item.code == ("DUE" if what == "does" else "SAFER")))
                    assert item
                    await facts.completed(await officer(facts, anybody), item, TODAY - timedelta(days=day))
                case "joins":
                    await officer(facts, f"Person {staff}")
                    staff += 1
                case "leaves":
                    post = await officer(facts, anybody)
                    await correct_post(session, post.id, "tests", ended_on=TODAY - timedelta(days=1))
                case "reads":
                    reader = random.choice([*await session.scalars(select(CampaignRecipient.practitioner_id))])
                    await acknowledge(session, 1, reader)
                case _:
                    written += 1
                    await writes(session, written)
        true.append(await truth(empty))
        numbers, words = await read(visitor, empty)
        told.append(numbers)
        said |= words
    assert list(few(told)) == []
    assert said == {"nowhere", "in some teams"}
    assert next(few(true), None), "the same attacker finds people in the numbers as they are"
    assert {DUE, "1 for", "1 read"} <= set().union(*told), "all of it was read"
