"""A team, a course and a campaign of which every kind of e-mail has something to tell."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time

import time_machine

from tests.facts import Facts
from tests.reminders.planning import BASE
from tests.reminders.test_summaries import a_team_of_every_status
from training_tracker.access.granting import lead_agency, lead_partnership
from training_tracker.database import Database
from training_tracker.people.agencies import name_managers
from training_tracker.people.posts import posts_of
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.reminders.campaigns import NewCampaign, begin_campaign
from training_tracker.reminders.deputies import name_deputy
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.escalating import plan_escalations
from training_tracker.reminders.lead_summaries import plan_agency_summaries, plan_partnership_summaries
from training_tracker.reminders.nudging import nudge
from training_tracker.reminders.summaries import plan_summaries

MONDAY, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)


async def plan_every_kind(database: Database, send: Callable[[date], Awaitable[None]]) -> None:
    """Plan letters of every kind on two days, since nobody gets two on one; each day's are sent by ``send``."""
    async with database.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        course = await facts.item("WORD")
        course.title = "Averyveryverylongwordthatnobodywouldwriteinatitlebutsomebodydidonedayallthesame"
        course.address = f"https://learn.agency.example/{'long/' * 40}"
        await facts.version(await facts.expectation("WORD"), [course])
        mia = await facts.practitioner("Mia Moss")
        await lead_agency(session, mia.id, (await facts.agency()).id)
        await lead_partnership(session, mia.id, (await facts.partnership()).id)
        new = NewCompletion(
            (await facts.post("Ida Kemp", team=await facts.team("North"))).practitioner_id, course.id, MONDAY
        )
        with _early_on(MONDAY):
            await record_completion(session, new, by="manager@agency.example", today=MONDAY)
    with _early_on(MONDAY):
        await _plan_monday(database, course.id)
    await send(MONDAY)
    with _early_on(TUESDAY):
        async with database.writing() as session:
            await plan_reminders(session, TUESDAY, today=TUESDAY)
    await send(TUESDAY)


async def _plan_monday(database: Database, item_id: int) -> None:
    async with database.writing() as session:
        await plan_reminders(session, MONDAY, today=MONDAY)
        await plan_summaries(session, MONDAY, on=MONDAY, today=MONDAY, base_url=BASE)
        await plan_escalations(session, MONDAY, today=MONDAY)
        for plan_for_leads in (plan_agency_summaries, plan_partnership_summaries):
            await plan_for_leads(session, MONDAY, on=MONDAY, today=MONDAY, base_url=BASE, threshold=5)
        facts = Facts(session)
        words = "A medical is always holistic.\n\nIt may be forensic."
        campaign = NewCampaign(
            await facts.partnership(), item_id, "A reminder about medicals", words, (await facts.role(),)
        )
        await begin_campaign(session, campaign, MONDAY, by="tests")
        cat, mia = await facts.practitioner("Cat Dunn"), await facts.practitioner("Mia Moss")
        await nudge(session, cat, await posts_of(session, cat.id), MONDAY, asked_by=mia.id, by=str(mia.email), every=14)
        ida = (await facts.post("Ida Kemp", team=await facts.team("North"))).practitioner_id
        await name_managers(session, [((await facts.team("North")).id, mia.id)])
        await name_deputy(session, mia.id, ida, MONDAY, TUESDAY, today=MONDAY)


def _early_on(day: date) -> time_machine.travel:
    return time_machine.travel(datetime.combine(day, time(6), UTC), tick=True)
