"""The manager's month: who gets a summary, and every figure in it worked out by hand."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.facts import Facts
from tests.reminders.reading import read
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.expectations.models import Expectation, Setting
from training_tracker.mail.models import Message
from training_tracker.people.agencies import name_managers
from training_tracker.people.models import Post, Team
from training_tracker.records.disputes import open_by_team
from training_tracker.records.disputing import dispute, uphold, withdraw_dispute
from training_tracker.records.models import Dispute, Wrong
from training_tracker.reminders.figures import Figure, worst_first
from training_tracker.reminders.letterhead import Letterhead
from training_tracker.reminders.named import NameList
from training_tracker.reminders.summaries import Held, Summary, SummaryPlan, draft, plan_summaries
from training_tracker.uptake.counting import Counts

BASE = "https://training.tracker.example"
# The first working day of June 2026 is a Monday; a month before is Friday 1 May.
ON = date(2026, 6, 1)


async def plan(database: Database, on: date = ON, *, month: date | None = None) -> SummaryPlan:
    async with database.writing() as session:
        return await plan_summaries(session, month or on, on=on, today=on, base_url=BASE)


async def only_summary(database: Database, on: date = ON) -> Summary:
    (summary,) = (await plan(database, on)).summaries
    return summary


async def manages(facts: Facts, name: str, *teams: Team) -> Post:
    """Somebody with a post of their own at the top of the agency who manages these teams."""
    post = await facts.post(name, role=await facts.role("Manager"))
    await name_managers(facts.session, [(team.id, post.practitioner_id) for team in teams])
    return post


async def a_team_of_every_status(facts: Facts) -> Expectation:
    """Mia Moss manages North; below it is North Duty. The course is to be done every year.

    ====  ==========  ==================================  =========================  =====================
    who   where       what                                on 1 June                  on 1 May
    ====  ==========  ==================================  =========================  =====================
    Ann   North       done 1 February 2026                compliant                  compliant
    Ben   North       done 20 June 2025                   due soon: by 20 June       due soon
    Cat   North Duty  done 10 May 2025                    overdue since 11 May       due soon
    Dan   North Duty  never, first due 31 January 2020    overdue since 1 Feb 2020   overdue
    Eve   North Duty  started 11 May 2026                 not yet due: by 10 June    not expected
    Finn  North Duty  never, start not known              undated                    undated
    Gwen  North       on leave                            on leave                   on leave
    Hal   North       exempt                              exempt                     exempt
    ====  ==========  ==================================  =========================  =====================
    """
    north = await facts.team("North")
    duty = await facts.team("North Duty", below=north)
    await manages(facts, "Mia Moss", north)
    course, expectation = await facts.item(), await facts.expectation()
    await facts.version(expectation, [course], period_months=12, rationale="", target_percent=80)
    done = {"Ann Reed": date(2026, 2, 1), "Ben Cole": date(2025, 6, 20), "Cat Dunn": date(2025, 5, 10)}
    for name, team in (("Ann Reed", north), ("Ben Cole", north), ("Cat Dunn", duty), ("Dan Frost", duty)):
        post = await facts.post(name, team=team)
        if name in done:
            await facts.completed(post, course, done[name])
    await facts.post("Eve Gale", team=duty, started_on=date(2026, 5, 11))
    await facts.post("Finn Hall", team=duty, started_on=None)
    await facts.on_leave(await facts.post("Gwen Ives", team=north), date(2026, 1, 1))
    await facts.exempt(await facts.post("Hal Jones", team=north), expectation, date(2026, 1, 1), date(2026, 12, 31))
    return expectation


def names(people: NameList) -> list[str]:
    return [person.name for person in people.people]


async def test_the_percentage_is_against_target_with_its_counts(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    summary = await only_summary(empty)
    (figure,) = summary.figures
    assert figure.counts == Counts(compliant=1, due_soon=1, overdue=2, not_yet_due=1, undated=1, exempt=1, on_leave=1)
    assert (figure.percent, figure.target_percent, figure.below_target) == (50.0, 80, True)
    assert figure.counts_in_words == "2 of 4 have it; 8 expected"
    assert figure.missing == 2, "with 3 of 4 they have 75%, with 4 of 4 100%"
    assert summary.people == 8


async def test_the_change_is_in_points_since_the_same_figure_a_month_ago(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    (figure,) = (await only_summary(empty)).figures
    assert figure.percent_before == 75.0, "Ann, Ben and Cat of four"
    assert figure.change == -25.0
    assert figure.change_in_words == "down 25.0"


async def test_the_change_is_unmoved_by_what_was_completed_since(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], scopes=[])
        await facts.version(await facts.expectation("HSB"), [course])
        for name, day in (("Ann Reed", date(2026, 4, 1)), ("Ben Cole", date(2026, 5, 20))):
            await facts.completed(await facts.post(name, team=north), course, day)
    (figure,) = (await only_summary(empty)).figures
    assert (figure.percent_before, figure.percent, figure.change_in_words) == (50.0, 100.0, "up 50.0")


async def test_without_a_figure_a_month_ago_there_is_no_change(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        await facts.version(await facts.expectation(), [await facts.item()], effective_from=date(2026, 5, 2))
        await facts.post(team=north)
    (figure,) = (await only_summary(empty)).figures
    assert figure.percent is None
    assert (figure.change, figure.change_in_words) == (None, "no figure to compare")


async def test_it_names_who_is_overdue_with_what_and_since_when_the_longest_first(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    overdue = (await only_summary(empty)).names.overdue
    assert names(overdue) == ["Dan Frost", "Cat Dunn"]
    assert [next(iter(person.things.values())).overdue_since for person in overdue.people] == [
        date(2020, 2, 1),
        date(2026, 5, 11),
    ]


async def test_it_says_for_how_long_people_are_overdue(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    summary = await only_summary(empty)
    assert summary.names.overdue_for == {"for up to 30 days": 1, "for more than 90 days": 1}
    text = draft(summary, ON, ON, Letterhead(BASE)).text
    assert "1 person for more than 90 days, 1 person for up to 30 days" in text


async def test_it_leads_with_what_changed_in_a_month(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    summary = await only_summary(empty)
    assert summary.changed == ("2 overdue, 1 more than on 1 May 2026.", "“Expected: CSA” is down 25.0 points.")


async def test_what_somebody_only_says_they_did_waits_for_whoever_has_seen_it(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], least_strength=Strength.CERTIFICATE_SEEN)
        for name, strength in (("Ann Reed", Strength.SELF_DECLARED), ("Ben Cole", Strength.CERTIFICATE_SEEN)):
            await facts.completed(await facts.post(name, team=north), course, date(2026, 5, 20), strength=strength)
    summary = await only_summary(empty)
    assert [(one.name, one.title, str(one.days)) for one in summary.names.self_declared] == [
        ("Ann Reed", "About CSA-INTRO", "20 May 2026")
    ]
    assert "* Ann Reed: About CSA-INTRO, 20 May 2026" in draft(summary, ON, ON, Letterhead(BASE)).text


async def test_a_manager_reads_how_many_records_are_disputed_and_where_to_decide(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course = await facts.item()
        other = await facts.agency("Bay Surgery", sector="General practice")
        for name, asked in (("Ann Reed", north.agency_id), ("Ben Cole", north.agency_id), ("Cat Dunn", other.id)):
            done = await facts.completed(await facts.post(name, team=north), course, date(2026, 5, 20))
            fact = done.practitioner_id, course.id, done.completed_on
            assert await dispute(session, fact, asked, Wrong.NOT_DONE, "")
    summary = await only_summary(empty)
    assert len(summary.names.disputed) == 2
    letter = draft(summary, ON, ON, Letterhead(BASE))
    told = "NOT RIGHT, THEY SAY: 2 RECORDS 2 records are disputed. They count as recorded until you decide: "
    assert told + f"{BASE}/team/disputed" in " ".join(letter.text.split())
    assert f'href="{BASE}/team/disputed"' in letter.html
    async with empty.writing() as session:
        await uphold(session, 1, reason="The register has it", by="tests", role="manager")
        await withdraw_dispute(session, (await session.get_one(Dispute, 2)).fact)
    async with empty.reading() as session:
        assert await open_by_team(session, ON) == [], "of Cat another agency's, where nobody works"


async def test_what_was_seen_since_is_not_waiting_for_anybody(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course, other = await facts.item(), await facts.item("OTHER")
        seen = Strength.CERTIFICATE_SEEN
        await facts.version(await facts.expectation(), [course, other], period_months=12, amount=1, least_strength=seen)
        for name, item, strong in (("Ann Reed", course, True), ("Ben Cole", other, True), ("Cat Dunn", course, False)):
            post = await facts.post(name, team=north)
            await facts.completed(post, course, date(2024, 5, 20), strength=Strength.SELF_DECLARED)
            if strong:
                await facts.completed(post, item, date(2025, 5, 20), strength=seen)
    declared = (await only_summary(empty)).names.self_declared
    assert [one.name for one in declared] == ["Cat Dunn"], "the others have lapsed since, with better evidence"


async def test_who_manages_managers_reads_of_their_teams_and_not_of_every_name(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        await manages(facts, "Sam Top", await facts.team())
    above = next(one for one in (await plan(empty)).summaries if one.name == "Sam Top")
    assert above.people == 10
    assert names(above.names.overdue) == ["Mia Moss"], "of the people of the top team alone, and not of herself"
    assert [team.name for team in above.team_figures] == ["North"]
    assert above.first[0] == (
        "Help Mia Moss to find the time: overdue since 1 February 2020."
        " 2 more are with the managers of the teams below."
    )


async def test_what_to_do_first_says_how_many_overdue_people_others_manage(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        top = await facts.team()
        await manages(facts, "Sam Top", top)
        await facts.post("Tia Voss", team=top)
    above = next(one for one in (await plan(empty)).summaries if one.name == "Sam Top")
    assert above.first[0].startswith("Help the 2 overdue people whom you manage yourself to find the time, ")
    assert above.first[0].endswith(" 2 more are with the managers of the teams below.")


async def test_it_names_who_falls_due_in_sixty_days(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        for name, days in (("Ann Reed", 60), ("Ben Cole", 61), ("Cat Dunn", 0), ("Dan Frost", 30)):
            due_on = ON + timedelta(days=days)
            leaves = due_on - timedelta(days=1) if name == "Dan Frost" else None
            post = await facts.post(name, team=north, ended_on=leaves)
            await facts.completed(post, course, due_on.replace(year=2025))
    falling_due = (await only_summary(empty)).names.falling_due
    assert names(falling_due) == ["Cat Dunn", "Ann Reed"], "Ben's day is later, and Dan leaves before his"


async def test_who_is_in_grace_falls_due_at_its_end_and_is_overdue_from_the_day_after(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12, grace_days=14)
        for name, days in (("Ann Reed", 1), ("Ben Cole", 14), ("Cat Dunn", 15)):
            post = await facts.post(name, team=north)
            await facts.completed(post, course, (ON - timedelta(days=days)).replace(year=2025))
    summary = await only_summary(empty)
    falling_due, overdue = summary.names.falling_due, summary.names.overdue
    assert [(person.name, [thing.when for thing in person.things.values()]) for person in falling_due.people] == [
        ("Ben Cole", ["lapsed, in grace until 1 June 2026"]),
        ("Ann Reed", ["lapsed, in grace until 14 June 2026"]),
    ]
    assert [[thing.when for thing in person.things.values()] for person in overdue.people] == [["since 1 June 2026"]]
    (figure,) = summary.figures
    assert figure.counts_in_words == "2 of 3 have it, 2 of them in grace"


async def test_it_names_new_starters_with_what_they_still_have_to_do(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        duty = await facts.team("North Duty")
        await facts.post("Ida Kemp", team=duty, started_on=date(2026, 4, 3))
        await facts.post("Jon Lane", team=duty, started_on=date(2026, 4, 2))
        done = await facts.post("Kay Mann", team=duty, started_on=date(2026, 5, 25))
        course = (await session.scalars(select(Item))).one()
        await facts.completed(done, course, date(2026, 5, 26))
        await facts.on_leave(await facts.post("Lou Nash", team=duty, started_on=date(2026, 5, 1)), date(2026, 5, 4))
    new = (await only_summary(empty)).names.new_in_post
    assert [(person.name, [thing.due_on for thing in person.things.values()]) for person in new.people] == [
        ("Kay Mann", []),
        ("Eve Gale", [date(2026, 6, 10)]),
        ("Lou Nash", []),
        ("Ida Kemp", [date(2026, 5, 3)]),
    ]
    assert [person.on_leave for person in new.people] == [False, False, True, False]


async def test_it_names_posts_whose_start_is_not_known(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    assert names((await only_summary(empty)).names.undated) == ["Finn Hall"]


async def test_sub_teams_are_included_and_broken_out(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        night = await facts.team("Night", below=await facts.team("North Duty"))
        await facts.post("Noa Otis", team=night)
    summary = await only_summary(empty)
    assert summary.figures[0].counts.overdue == 3, "two levels down counts too"
    (duty,) = summary.team_figures
    assert (duty.name, duty.counts.met, duty.counts.measured, duty.counts.percent) == ("North Duty", 0, 3, 0.0)
    assert summary.people == 9


async def test_what_to_do_first_puts_people_before_percentages(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    assert list((await only_summary(empty)).first) == [
        "Help the 2 people who are overdue to find the time, Dan Frost first (since 1 February 2020).",
        "Give Eve Gale, who is new in post, the time for what is due by 10 June 2026.",
        "“Expected: CSA” is furthest from its target: 50.0% against 80%. It takes 2 more to reach it.",
    ]


async def test_where_all_is_well_it_says_so(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await manages(facts, "Mia Moss", north)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course])
        await facts.completed(await facts.post(team=north), course, date(2026, 1, 5))
    summary = await only_summary(empty)
    assert summary.first == ()
    async with empty.reading() as session:
        message = (await session.scalars(select(Message))).one()
    for part in (message.text, read(message.html).text):
        assert "Nothing presses." in part


async def test_a_manager_of_two_teams_gets_one_mail_about_both(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        south = await facts.team("South")
        await facts.post("Pat Quin", team=south)
        await manages(facts, "Mia Moss", south)
    summary = await only_summary(empty)
    assert summary.teams == ("North, Harbour Council", "South, Harbour Council")
    assert summary.people == 9
    assert summary.figures[0].counts.measured == 5
    assert [(team.name, team.inner, team.counts.measured) for team in summary.team_figures] == [
        ("North", False, 4),
        ("North Duty", True, 2),
        ("South", False, 1),
    ]


async def test_who_manages_a_team_and_one_below_it_counts_nobody_twice(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        await manages(facts, "Mia Moss", await facts.team("North Duty"))
    summary = await only_summary(empty)
    assert summary.teams == ("North, Harbour Council",)
    assert summary.figures[0].counts.measured == 4


async def test_what_an_agency_has_not_sent_is_counted_apart_names_nobody_and_is_said(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        for item in await session.scalars(select(Item)):
            await facts.feed(await facts.agency(), item)
    summary = await only_summary(empty)
    counts = summary.figures[0].counts
    assert (counts.unknown, counts.measured, counts.percent) == (4, 0, None)
    assert summary.names.overdue.total == 0
    assert any("send its records" in step for step in summary.first)
    (sentence,) = summary.freshness
    assert sentence.startswith("Harbour Council: records of “")
    letter = draft(summary, ON, ON, Letterhead(BASE))
    assert "have never come" in " ".join(letter.text.split())
    assert "have never come" in letter.html


async def test_a_person_with_two_posts_is_one_name_and_two_posts_in_the_count(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        await facts.post("Dan Frost", team=await facts.team("North"), role=await facts.role("Bank worker"))
    summary = await only_summary(empty)
    assert summary.figures[0].counts.overdue == 3
    assert names(summary.names.overdue) == ["Dan Frost", "Cat Dunn"]
    assert len(summary.names.overdue.people[0].things) == 1
    assert summary.people == 8


async def test_each_manager_sees_their_own_teams_only(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        south = await facts.team("South")
        await facts.post("Pat Quin", team=south)
        await manages(facts, "Sam Tate", south)
        await manages(facts, "Una Vale", await facts.team("North Duty"))
    summaries = {summary.name: summary for summary in (await plan(empty)).summaries}
    assert names(summaries["Sam Tate"].names.overdue) == ["Pat Quin"]
    assert names(summaries["Una Vale"].names.overdue) == ["Dan Frost", "Cat Dunn"]
    assert summaries["Sam Tate"].figures[0].counts == Counts(overdue=1)
    assert summaries["Una Vale"].figures[0].counts.expected == 4
    assert summaries["Mia Moss"].figures[0].counts.expected == 8


async def test_what_is_recommended_is_shown_last_and_makes_nobody_overdue(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        await facts.version(await facts.expectation("CPD"), [await facts.item("CPD-ITEM")], required=False)
    summary = await only_summary(empty)
    assert [(figure.title, figure.required) for figure in summary.figures] == [
        ("Expected: CSA", True),
        ("Expected: CPD", False),
    ]
    assert names(summary.names.overdue) == ["Dan Frost", "Cat Dunn"]
    assert summary.team_figures[0].counts.measured == 2


def test_the_worst_against_its_target_comes_first() -> None:

    figures = [
        Figure("Far below", True, 95, Counts(compliant=1, overdue=1), None),
        Figure("Above", True, 80, Counts(compliant=9, overdue=1), None),
        Figure("Just below", True, 90, Counts(compliant=8, overdue=1), None),
        Figure("Nobody yet", True, 90, Counts(not_yet_due=3), None),
    ]
    assert [figure.title for figure in sorted(figures, key=worst_first)] == [
        "Far below",
        "Just below",
        "Above",
        "Nobody yet",
    ]


async def sent(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(Message.key).order_by(Message.id)))


async def test_a_second_run_plans_nothing_and_the_next_month_does(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    (summary,) = (await plan(empty)).summaries
    again = await plan(empty, date(2026, 6, 2), month=date(2026, 6, 1))
    assert again.summaries == []
    assert again.held == {Held.SENT_ALREADY: 1}
    await plan(empty, date(2026, 7, 1))
    assert await sent(empty) == [
        f"summary:{summary.practitioner_id}:2026-06",
        f"summary:{summary.practitioner_id}:2026-07",
    ]


async def held(database: Database) -> dict[Held, int]:
    planned = await plan(database)
    assert planned.summaries == []
    assert await sent(database) == []
    return dict(planned.held)


async def test_a_manager_who_has_left_gets_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await facts.post(team=north)
        (await manages(facts, "Mia Moss", north)).ended_on = ON - timedelta(days=1)
    assert await held(empty) == {}


async def test_a_manager_whose_post_is_to_begin_gets_nothing_before(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await facts.post(team=north)
        (await manages(facts, "Mia Moss", north)).started_on = ON + timedelta(days=1)
        await facts.post("Mia Moss", team=await facts.team(agency=await facts.agency("Bay Council")))
    assert await held(empty) == {}


async def test_who_manages_in_two_agencies_and_is_on_leave_from_one_reads_of_the_other(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        quay = await facts.team("Quay", agency=await facts.agency("Bay Council"))
        await a_team_of_every_status(facts)
        post = await facts.post("Mia Moss", team=quay)
        await manages(facts, "Mia Moss", quay)
        await facts.post("Pat Quin", team=quay)
        await facts.on_leave(post, ON)
    summary = await only_summary(empty)
    assert summary.teams == ("North, Harbour Council",)
    assert "Pat Quin" not in names(summary.names.overdue)


async def test_a_manager_who_moved_to_another_agency_gets_nothing_of_the_old_one(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await facts.post(team=north)
        (await manages(facts, "Mia Moss", north)).ended_on = ON - timedelta(days=1)
        elsewhere = await facts.team(agency=await facts.agency("Bay Council"))
        await facts.post("Mia Moss", team=elsewhere, started_on=ON)
        await facts.post("Ben Cole", team=elsewhere)
    assert await held(empty) == {}


async def test_a_manager_with_nobody_to_manage_gets_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north, council = await facts.team("North"), await facts.team()
        await facts.post(team=north, ended_on=ON - timedelta(days=1))
        await facts.post("Ben Cole", team=north, started_on=ON + timedelta(days=1))
        await manages(facts, "Mia Moss", north)
        await facts.post("Mia Moss", team=north)
        await manages(facts, "Noa Otis", await facts.team("Empty", below=council))
    assert await held(empty) == {}, "her own post is no team"


async def test_managers_on_leave_or_without_an_address_are_counted(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        await facts.post(team=north)
        await facts.on_leave(await manages(facts, "Mia Moss", north), date(2026, 1, 1))
        await manages(facts, "Noa Otis", north)
        (await facts.practitioner("Noa Otis")).email = None
    assert await held(empty) == {Held.ON_LEAVE: 1, Held.NO_ADDRESS: 1}


async def many_overdue(facts: Facts, people: int, expectations: int, title: str = "") -> None:
    north = await facts.team("North")
    await manages(facts, "Mia Moss", north)
    for number in range(expectations):
        item = await facts.item(f"C{number}")
        item.title = title or item.title
        await facts.version(await facts.expectation(f"E{number}"), [item])
    for number in range(people):
        started_on = date(2026, 4, 10) if number % 2 else date(2020, 1, 1) + timedelta(days=number)
        await facts.post(f"Person {number:03}", team=north, started_on=started_on)


async def test_long_lists_are_cut_and_say_how_many_more(empty: Database) -> None:
    async with empty.writing() as session:
        await many_overdue(Facts(session), people=23, expectations=1)
    summary = await only_summary(empty)
    assert (summary.names.overdue.total, len(summary.names.overdue.people)) == (23, 20)
    async with empty.reading() as session:
        message = (await session.scalars(select(Message))).one()
    assert "OVERDUE: 23 people" in message.text
    assert "And 3 more on the page." in message.text
    assert "And 3 more on the page." in " ".join(read(message.html).text.split())


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_largest_summary_is_short_enough_for_every_mail_program(empty: Database) -> None:
    """Some cut what is longer than 102 KB, and with it the way to the page."""
    title = "A course with a title as long as the longest in the catalogue, and then a little longer still"
    async with empty.writing() as session:
        await many_overdue(Facts(session), people=60, expectations=40, title=title)
    await plan(empty)
    async with empty.reading() as session:
        message = (await session.scalars(select(Message))).one()
    assert len(message.html.encode()) < 102_000


async def parts(database: Database) -> Iterable[str]:
    async with database.reading() as session:
        message = (await session.scalars(select(Message))).one()
    return message.text, " ".join(read(message.html).text.split())


async def test_both_parts_say_the_same_figures(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    await plan(empty)
    for part in await parts(empty):
        for words in (
            "Hello Mia Moss,",
            "1 June 2026: 8 people in North",
            "50.0%",
            "80%",
            "2 of 4 have it; 8 expected",
            "down 25.0",
            "1 May 2026",
            "0.0% (0 of 2)",
            "since 1 February 2020",
            "by 20 June 2026",
            "Finn Hall",
        ):
            assert words in part, words
        assert "overdue: 2 people" in part.casefold()
        assert "due in the next 60 days: 2 people" in part.casefold()


async def test_the_subject_carries_no_names_and_the_links_lead_to_the_pages(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await a_team_of_every_status(facts)
        dan = await facts.practitioner("Dan Frost")
    summary = await only_summary(empty)
    assert summary.subject == "Your team's training: June 2026"
    async with empty.reading() as session:
        message = (await session.scalars(select(Message))).one()
    assert message.subject == summary.subject
    links = read(message.html).links
    assert f"{BASE}/team" in links
    assert f"{BASE}/team/people/{dan.id}" in links
    assert all(link.startswith(f"{BASE}/team") for link in links)
    assert f"{BASE}/team" in message.text


async def test_the_html_has_true_tables_for_figures_and_none_for_looks_without_a_role(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    await plan(empty)
    async with empty.reading() as session:
        message = (await session.scalars(select(Message))).one()
    page = read(message.html)
    assert page.lang == "en-GB"
    assert page.tags.isdisjoint({"img", "script", "link", "iframe", "form"})
    for attributes, headers in page.tables:
        assert (attributes.get("role") == "presentation") == (headers == 0)
    assert set(page.scopes) == {"col", "row", "rowgroup"}
    assert page.headings[0] == "Your team's training: June 2026"
    assert "prefers-color-scheme: dark" in message.html


async def test_it_says_which_settings_in_its_teams_have_too_few_people(empty: Database) -> None:
    """North Duty has one of two leads; the agency as a whole, and East, are no matter of Mia's."""
    async with empty.writing() as session:
        facts = Facts(session)
        north = await facts.team("North")
        duty = await facts.team("North Duty", below=north)
        await manages(facts, "Mia Moss", north)
        leads = await facts.item("LEADS")
        await facts.version(await facts.expectation("WHOLE"), [leads], people_in_setting=9)
        await facts.version(
            await facts.expectation("LEADS"), [leads], people_in_setting=2, setting=Setting.TEAM, period_months=24
        )
        for name, team in (("Ann Reed", north), ("Ben Cole", duty), ("Cat Dunn", await facts.team("East"))):
            await facts.completed(await facts.post(name, team=team), leads, date(2026, 2, 1))
    summary = await only_summary(empty)
    assert [(one.team, one.people, one.covered) for one in summary.settings] == [
        ("North > North Duty", 1, False),
        ("North", 2, True),
    ]
    assert summary.first[0] == "Find 1 more for “Expected: LEADS” in North > North Duty: 1 of 2 have it."
    for part in await parts(empty):
        words = " ".join(part.split())
        assert "Expected: LEADS, North" in words
        assert "1 of at least 2 needed, 1 missing" in words
        assert "2 of at least 2 needed, covered" in words
        assert "East" not in words
        assert "WHOLE" not in words


async def test_a_rehearsal_leaves_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        await a_team_of_every_status(Facts(session))
    async with empty.rehearsing() as session:
        rehearsed = await plan_summaries(session, ON, on=ON, today=ON, base_url=BASE)
    assert len(rehearsed.summaries) == 1
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0
