"""A manager leaves somebody out of their own e-mails until a day, and no figure changes by it."""

from datetime import date, timedelta

import pytest

from tests.facts import Facts
from tests.reminders import test_escalating as escalated
from tests.reminders.test_summaries import ON, a_team_of_every_status, names, only_summary
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.reminders.snoozing import snooze, wake

BOOKED = date(2026, 6, 20)


async def left_out(database: Database, who: str, until: date = BOOKED, *, today: date = ON) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        mia, person = await facts.practitioner("Mia Moss"), await facts.practitioner(who)
        await snooze(session, mia.id, person.id, until, today=today)


async def test_a_summary_leaves_them_out_and_counts_them_all_the_same(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    await left_out(empty, "Cat Dunn")
    summary = await only_summary(empty)
    assert names(summary.names.overdue) == ["Dan Frost"]
    assert len(summary.names.left_out) == 1
    assert summary.figures[0].counts.overdue == 2


async def test_they_stand_in_no_other_list_either(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    for who in ("Eve Gale", "Finn Hall"):
        await left_out(empty, who)
    summary = await only_summary(empty)
    assert names(summary.names.new_in_post) == []
    assert names(summary.names.undated) == []
    assert len(summary.names.left_out) == 2


async def test_from_the_day_after_they_are_named_again(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    await left_out(empty, "Cat Dunn")
    later = await only_summary(empty, date(2026, 7, 1))
    assert "Cat Dunn" in names(later.names.overdue)


async def test_whoever_changes_their_mind_reads_of_them_at_once(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    await left_out(empty, "Cat Dunn")
    async with empty.writing() as session:
        facts = Facts(session)
        mia, cat = await facts.practitioner("Mia Moss"), await facts.practitioner("Cat Dunn")
        await wake(session, mia.id, cat.id)
    assert "Cat Dunn" in names((await only_summary(empty)).names.overdue)


async def test_an_escalation_waits_until_the_day_has_passed(empty: Database) -> None:
    async with empty.writing() as session:
        await escalated.somebody_overdue(Facts(session))
    await left_out(empty, "Ann Reed", date(2026, 7, 17), today=date(2026, 7, 1))
    days = await escalated.days_of_escalations(empty, date(2026, 7, 6), date(2026, 7, 24))
    assert days == [date(2026, 7, 18)]


@pytest.mark.parametrize("until", [ON, ON + timedelta(days=93)])
async def test_a_day_that_has_come_or_is_too_far_off_is_refused(empty: Database, until: date) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    with pytest.raises(Refused):
        await left_out(empty, "Cat Dunn", until)
