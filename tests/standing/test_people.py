"""The list of people with their standings: who is on it, in which order, and what each has still to do."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.expectations.publishing import Scope
from training_tracker.standing.known import PostFilter, posts_of_agency
from training_tracker.standing.people import OpenStanding, PeoplePage, PeopleWanted, people_standing
from training_tracker.standing.status import Status

TODAY = date(2026, 5, 4)
EVERYBODY = PeopleWanted()


async def everybody(
    session: AsyncSession, wanted: PeopleWanted = EVERYBODY, *, posts: PostFilter | None = None, on: date = TODAY
) -> PeoplePage:
    return await people_standing(
        session, on, today=TODAY, posts=posts or (lambda post: post.c.id.is_not(None)), wanted=wanted
    )


def names(page: PeoplePage) -> list[str]:
    return [person.name for person in page.people]


async def a_council(database: Database, people: Iterable[str]) -> None:
    """Ann has done everything and Ben nothing; Cy lapsed in one, Di has time left in one, and Eve lapsed in one and is
    late with the other.
    """
    async with database.writing() as session:
        facts = Facts(session)
        yearly, once = await facts.item("YEARLY"), await facts.item("ONCE")
        await facts.version(await facts.expectation("B"), [yearly], period_months=12, grace_days=14)
        await facts.version(await facts.expectation("A"), [once], first_due_days=60)
        done = {
            "Ann": [(yearly, date(2026, 1, 5)), (once, date(2024, 1, 5))],
            "Ben": [],
            "Cy": [(yearly, date(2025, 4, 28)), (once, date(2024, 1, 5))],
            "Di": [(yearly, date(2026, 1, 5))],
            "Eve": [(yearly, date(2025, 4, 28))],
        }
        started = {"Di": date(2026, 4, 1), "Eve": date(2026, 3, 2)}
        for name in people:
            post = await facts.post(name, started_on=started.get(name, date(2020, 1, 1)))
            for item, day in done[name]:
                await facts.completed(post, item, day)


async def test_the_most_urgent_come_first_and_each_has_the_open_ones_listed(empty: Database) -> None:
    await a_council(empty, ["Ann", "Di", "Cy", "Ben"])
    async with empty.reading() as session:
        page = await everybody(session)
    assert page.total == 4
    assert names(page) == ["Ben", "Cy", "Di", "Ann"]
    assert [person.status for person in page.people] == [
        *(Status.OVERDUE, Status.IN_GRACE, Status.NOT_YET_DUE, Status.COMPLIANT),
    ]
    assert [person.expected for person in page.people] == [2, 2, 2, 2]
    ben, cy, di, ann = page.people
    assert ben.to_do == (
        OpenStanding("B", "Expected: B", Status.OVERDUE, date(2020, 1, 31), None),
        OpenStanding("A", "Expected: A", Status.OVERDUE, date(2020, 3, 1), None),
    )
    assert cy.to_do == (OpenStanding("B", "Expected: B", Status.IN_GRACE, date(2026, 4, 28), date(2026, 5, 12)),)
    assert [(one.expectation, one.status) for one in di.to_do] == [("A", Status.NOT_YET_DUE)]
    assert ann.to_do == ()
    assert {status: count for status, count in ann.counts.items() if count} == {Status.COMPLIANT: 2}
    assert ben.counts.keys() == set(Status)
    assert ben.posts == (("Social worker", "Harbour Council"),)


async def test_what_is_overdue_comes_before_what_is_in_grace_whichever_was_due_first(empty: Database) -> None:
    await a_council(empty, ["Eve"])
    async with empty.reading() as session:
        (eve,) = (await everybody(session)).people
    assert [(one.expectation, one.status, one.due_on) for one in eve.to_do] == [
        ("A", Status.OVERDUE, date(2026, 5, 1)),
        ("B", Status.IN_GRACE, date(2026, 4, 28)),
    ]


async def test_those_alike_are_in_the_order_of_their_names_page_by_page(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        for name in ("Cy", "Ann", "Eve", "Ben", "Di"):
            await facts.post(name)
    async with empty.reading() as session:
        pages = [await everybody(session, PeopleWanted(page=page, page_size=2)) for page in (1, 2, 3, 4)]
        assert [names(page) for page in pages] == [["Ann", "Ben"], ["Cy", "Di"], ["Eve"], []]
        assert [page.total for page in pages] == [5, 5, 5, 0]
        ann = pages[0].people[0]
        assert (ann.status, ann.expected, ann.to_do) == (None, 0, ())


async def test_they_are_narrowed_by_status_expectation_and_any_part_of_the_name(empty: Database) -> None:
    await a_council(empty, ["Ann", "Ben", "Cy", "Di"])
    async with empty.writing() as session:
        facts = Facts(session)
        nurse = await facts.role("Nurse", sector="Health trust")
        surgery = await facts.agency("Bay Surgery", sector="General practice")
        await facts.version(await facts.expectation("C", owner=surgery), [await facts.item("OURS")])
        await facts.post("Joanne 100%", role=nurse, team=await facts.team(agency=surgery))
    async with empty.reading() as session:

        async def found(**wanted: object) -> list[str]:
            return names(await everybody(session, PeopleWanted(**wanted)))  # type: ignore[arg-type]

        assert await found(status=Status.OVERDUE) == ["Joanne 100%", "Ben"]
        assert await found(status=Status.IN_GRACE) == ["Cy"]
        assert await found(name=" aNN ") == ["Joanne 100%", "Ann"]
        assert await found(name="%") == ["Joanne 100%"]
        assert await found(name=" ") == await found()
        assert await found(expectation="C") == ["Joanne 100%"]
        assert await found(expectation="A", status=Status.COMPLIANT) == ["Ann", "Cy"]
        (ann,) = (await everybody(session, PeopleWanted(expectation="A", name="Ann"))).people[1:]
        assert (ann.name, ann.expected) == ("Ann", 1)
        assert names(await everybody(session, posts=posts_of_agency(surgery.id))) == ["Joanne 100%"]


async def test_the_list_is_of_current_posts_and_of_what_is_required_of_a_person(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation("NICE"), [course], required=False)
        await facts.version(await facts.expectation("PANEL"), [course], people_in_setting=1)
        await facts.version(await facts.expectation("MUST"), [course])
        await facts.version(await facts.expectation("ALSO"), [course])
        await facts.post("Gone", ended_on=date(2026, 5, 3))
        await facts.post("Last day", ended_on=TODAY)
        await facts.post("First day", started_on=TODAY)
        await facts.post("To come", started_on=date(2026, 5, 5))
        await facts.post("Undated", started_on=None)
    async with empty.reading() as session:
        page = await everybody(session)
        assert names(page) == ["Last day", "First day", "Undated"]
        assert [[one.expectation for one in person.to_do] for person in page.people] == [["ALSO", "MUST"]] * 3
        assert page.people[2].status is Status.UNDATED


async def test_two_posts_are_named_and_show_what_is_the_same_in_both_once(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        duty, nurse = await facts.team("Duty"), await facts.role("Nurse")
        held = [Scope(role_id=nurse.id), Scope(role_id=(await facts.role()).id)]
        await facts.version(await facts.expectation(), [await facts.item()], scopes=held)
        await facts.post("Aaron", role=await facts.role("Clerk"))
        await facts.post("Ann")
        await facts.post("Ann", team=duty, role=nurse)
        await facts.post("Ann", started_on=date(2026, 4, 20))
        await facts.post("Ben", team=duty)
    async with empty.reading() as session:
        ann, ben, aaron = (await everybody(session)).people
    assert ann.posts == (("Social worker", "Harbour Council"), ("Nurse", "Duty"), ("Social worker", "Harbour Council"))
    assert ann.counts[Status.OVERDUE] == 2
    assert [(one.status, one.due_on) for one in ann.to_do] == [
        (Status.OVERDUE, date(2020, 1, 31)),
        (Status.NOT_YET_DUE, date(2026, 5, 20)),
    ]
    assert ben.posts == (("Social worker", "Duty"),)
    assert (aaron.name, aaron.status) == ("Aaron", None), "nothing is expected of him"


async def test_of_somebody_with_posts_in_two_agencies_each_sees_its_own(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        surgery = await facts.agency("Bay Surgery")
        course = await facts.item()
        await facts.version(await facts.expectation("OURS", owner=await facts.agency()), [course])
        await facts.version(await facts.expectation("THEIRS", owner=surgery), [course], first_due_days=9999)
        await facts.post("Ann")
        await facts.post("Ann", team=await facts.team(agency=surgery))
    async with empty.reading() as session:
        (ann,) = (await everybody(session, posts=posts_of_agency(surgery.id))).people
    assert ann.posts == (("Social worker", "Bay Surgery"),)
    assert (ann.status, ann.expected) == (Status.NOT_YET_DUE, 1)
    assert [one.expectation for one in ann.to_do] == ["THEIRS"]
