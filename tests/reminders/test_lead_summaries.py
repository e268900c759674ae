"""The month's summaries for who leads an agency's training, and the partnership's: aggregates, and nobody's name."""

from datetime import date

from tests.facts import Facts
from tests.reminders.planning import BASE, written
from training_tracker.access.granting import lead_agency, lead_partnership, stop_leading_agency
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.models import Agency, Audience
from training_tracker.people.posts import correct_post
from training_tracker.reminders.lead_summaries import plan_agency_summaries, plan_partnership_summaries
from training_tracker.reminders.leads import LeadPlan
from training_tracker.reminders.letterhead import letterheads
from training_tracker.reminders.summaries import Held

ON = date(2026, 6, 1)


async def a_region(facts: Facts) -> tuple[Agency, Agency]:
    """Twelve people of the Council, of whom six have the course and six are overdue since February; three of a school.

    Mia leads the Council's training, Sam the partnership's.
    """
    council, school = await facts.agency(), await facts.agency("Quay School", sector="Schools")
    course = await facts.item("CSA-COURSE")
    worker = await facts.role()
    scope = Scope(role_id=worker.id)
    await facts.version(
        await facts.expectation(), [course], period_months=36, effective_from=date(2026, 1, 2), scopes=[scope]
    )
    for number in range(12):
        post = await facts.post(f"Person Number{number}", role=worker)
        if number % 2:
            await facts.completed(post, course, date(2026, 1, 20))
    for number in range(3):
        await facts.post(f"Teacher Number{number}", team=await facts.team(agency=school), role=worker)
    manager = await facts.role("Manager", group="Managers")
    (await facts.role_group("Managers")).audience = Audience.MANAGERS
    mia, sam = await facts.post("Mia Moss", role=manager), await facts.post("Sam Top", role=manager)
    await lead_agency(facts.session, mia.practitioner_id, council.id)
    await lead_partnership(facts.session, sam.practitioner_id, (await facts.partnership()).id)
    return council, school


async def agency_plan(database: Database, on: date = ON) -> LeadPlan:
    async with database.writing() as session:
        return await plan_agency_summaries(session, on, on=on, today=on, base_url=BASE, threshold=5)


async def partnership_plan(database: Database, on: date = ON) -> LeadPlan:
    async with database.writing() as session:
        return await plan_partnership_summaries(session, on, on=on, today=on, base_url=BASE, threshold=5)


async def test_answers_to_the_partnerships_summary_go_to_the_partnership(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        council, _school = await a_region(facts)
        council.contact_email = "training@council.example"
        (await facts.partnership()).contact_email = "partnership@harbour.example"
    (letter,) = (await partnership_plan(empty)).planned
    assert letter.reply_to == "partnership@harbour.example"
    (letter,) = (await agency_plan(empty)).planned
    assert letter.reply_to == "training@council.example"


async def test_where_the_first_partnership_has_no_address_answers_go_to_the_second(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.partnership()
        (await facts.partnership("Bay Safeguarding Partnership")).contact_email = "partnership@bay.example"
        council, _school = await a_region(facts)
    async with empty.reading() as session:
        heads = await letterheads(session, [], ON, BASE)
    assert heads.of_agency(council.id).reply_to == "partnership@bay.example"


async def test_an_agencys_lead_reads_its_figures_and_no_names(empty: Database) -> None:
    async with empty.writing() as session:
        await a_region(Facts(session))
    (letter,) = (await agency_plan(empty)).planned
    assert (letter.to, letter.subject) == ("mia-moss@agency.example", "Your agency's training: June 2026")
    assert "* Expected: CSA\n  50.0%, below the target 90%, change: no change\n  6 of 12 have it" in letter.text
    assert "* for more than 90 days: 6" in letter.text
    for part in (letter.text, letter.html):
        assert "Publish what you expect of the front line and managers" in part
        assert "Number" not in part, "which is in every name"
    assert (await agency_plan(empty)).held == {Held.SENT_ALREADY: 1}


async def test_what_rests_on_few_people_is_not_in_an_e_mail(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        _council, school = await a_region(facts)
        head = await facts.post("Hed Master", team=await facts.team(agency=school), role=await facts.role("Manager"))
        await lead_agency(session, head.practitioner_id, school.id)
    letter = next(one for one in (await agency_plan(empty)).planned if one.to == "hed-master@agency.example")
    assert "Your agency has fewer than 5 people" in letter.text
    assert "%" not in letter.text


async def test_the_partnership_reads_of_named_agencies_and_of_who_has_published_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        council, _school = await a_region(facts)
        own = await facts.expectation("OWN", owner=council)
        await facts.version(own, [await facts.item("OWN-COURSE")], scopes=[Scope(role_id=(await facts.role()).id)])
    (letter,) = (await partnership_plan(empty)).planned
    assert (letter.to, letter.subject) == ("sam-top@agency.example", "Training across the partnership: June 2026")
    for part in (letter.text, letter.html):
        assert "Harbour Council" in part
        assert "Number" not in part, "which is in every name"
    assert "* Harbour Council: managers\n* Quay School: the front line and managers" in letter.text
    assert "Ask 2 agencies to publish what they expect" in letter.text


async def test_a_rule_for_everybody_speaks_to_the_front_line_and_to_managers(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        council, _school = await a_region(facts)
        await facts.version(await facts.expectation("OWN", owner=council), [await facts.item("OWN-COURSE")])
    (letter,) = (await partnership_plan(empty)).planned
    assert "* Harbour Council: " not in letter.text


async def test_who_leads_no_more_does_not_get_what_was_planned(empty: Database) -> None:
    async with empty.writing() as session:
        council, _school = await a_region(Facts(session))
    await agency_plan(empty)
    await partnership_plan(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        mia = await facts.practitioner("Mia Moss")
        await stop_leading_agency(session, mia.id, council.id)
    assert list((await written(empty, ON)).values()) == [
        Withdrawn("does not lead this training any more, or is not at work")
    ]


async def test_who_has_left_the_agency_gets_none(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_region(facts)
        mia = await facts.post("Mia Moss")
        for post_id in (mia.id, mia.id - 2):
            await correct_post(session, post_id, "tests", ended_on=date(2026, 5, 1))
    assert (await agency_plan(empty)).planned == []


async def test_it_goes_to_the_address_they_have_now(empty: Database) -> None:
    async with empty.writing() as session:
        await a_region(Facts(session))
    await agency_plan(empty)
    async with empty.writing() as session:
        (await Facts(session).practitioner("Mia Moss")).email = "mia@moved.example"
    (letter,) = (await written(empty, ON)).values()
    assert isinstance(letter, Draft)
    assert letter.to == "mia@moved.example"
