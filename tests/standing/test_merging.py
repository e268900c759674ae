"""Several rules that ask the same of a post are one line for the person, merged field by field to the strictest."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tests.facts import Facts
from tests.standing.by_hand import item, rule, standing
from tests.standing.worlds import days
from training_tracker.database import Database
from training_tracker.expectations.models import ExpectationVersion, Method
from training_tracker.people.models import Post
from training_tracker.standing.explained import ExplainedStanding, Merged, Origin
from training_tracker.standing.explanation import explain
from training_tracker.standing.merging import URGENCY, Dates, as_one_line, asking_the_same, merged, strictest
from training_tracker.standing.reading import ExpectedItem, Reading
from training_tracker.standing.status import MET, PAUSED, Status

ON = date(2026, 5, 4)


@st.composite
def standings(draw: st.DrawFn) -> Dates:
    """A standing as the engine gives it: one that is met has been, one that lapsed may have days of grace."""
    status = draw(st.sampled_from(URGENCY))
    met = status in MET or draw(st.booleans())
    due_on = None if status is Status.UNDATED or (status is Status.COMPLIANT and draw(st.booleans())) else draw(days)
    graced = due_on is not None and (status is Status.IN_GRACE or draw(st.booleans()))
    return Dates(
        required=draw(st.booleans()),
        status=status,
        met=met,
        met_until=due_on if met else None,
        renewal_opens_on=due_on - timedelta(days=90) if met and due_on else None,
        due_on=due_on,
        grace_until=due_on + timedelta(days=draw(st.integers(1, 60))) if graced and due_on else None,
    )


@given(parts=st.lists(standings(), min_size=2, max_size=3))
def test_merging_is_the_same_in_any_order_and_in_any_groups(parts: list[Dates]) -> None:
    (line,) = {reduce(strictest, order) for order in permutations(parts)}
    assert reduce(strictest, [*parts, *parts]) == line
    assert strictest(parts[0], reduce(strictest, parts[1:])) == line
    assert strictest(line, line) == line


@given(parts=st.lists(standings(), min_size=1, max_size=4))
def test_merged_is_never_later_nor_calmer_than_any_part_that_decides(parts: list[Dates]) -> None:
    line = reduce(strictest, parts)
    assert line.required == any(part.required for part in parts)
    deciding = [part for part in parts if part.decides == max(other.decides for other in parts)]
    assert line.status in {part.status for part in deciding}
    for part in deciding:
        assert URGENCY.index(line.status) <= URGENCY.index(part.status)
        assert (line.due_on or date.max) <= (part.due_on or date.max)
        assert (line.last_day or date.max) <= (part.last_day or date.max)
        assert (line.renewal_opens_on or date.max) <= (part.renewal_opens_on or date.max)
        assert not line.met or (part.met and (line.met_until or date.max) <= (part.met_until or date.max))


@given(one=standings(), other=standings())
def test_being_exempt_or_away_from_one_rule_excuses_from_no_other_that_is_required(one: Dates, other: Dates) -> None:
    line = strictest(one, other)
    if one.required and one.status not in PAUSED:
        assert line.required
        assert line.status not in PAUSED


async def seen(database: Database, post: Post, on: date = ON) -> list[ExplainedStanding]:
    async with database.reading() as session:
        return [as_one_line(one) for one in await explain(session, post.practitioner_id, on, today=on)]


async def test_the_shorter_period_of_one_and_the_earlier_due_day_of_the_other_are_one_line(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, council, post = await facts.item(), await facts.agency(), await facts.post(started_on=date(2026, 4, 1))
        await facts.version(await facts.expectation("ALL"), [course], first_due_days=60, period_months=36)
        ours = await facts.expectation("OURS", owner=council)
        await facts.version(ours, [course], effective_from=date(2026, 4, 20), first_due_days=20, period_months=12)
    first, second = await seen(empty, post)
    assert [first.code, second.code] == ["OURS", "ALL"]
    for line in (first, second):
        assert (line.status, line.due_on) == (Status.NOT_YET_DUE, date(2026, 5, 10))
        assert (
            line.rule
            == f"Complete “{course.title}”, every year. The first time: within 20 days of starting in the role."
        )
        assert line.merged
        assert [(origin.code, origin.expected_by, origin.due_on) for origin in line.merged.origins] == [
            ("OURS", "Harbour Council", date(2026, 5, 10)),
            ("ALL", "Harbour Safeguarding Partnership", date(2026, 5, 31)),
        ]


async def test_amounts_may_differ_and_the_greater_is_asked(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        items = [await facts.item(code) for code in "ABC"]
        post = await facts.post()
        await facts.version(await facts.expectation("ONE"), items, amount=1, period_months=12)
        await facts.version(await facts.expectation("TWO"), items, amount=2, period_months=24)
        await facts.completed(post, items[0], date(2026, 3, 1))
    first, second = await seen(empty, post)
    assert (first.code, first.status) == ("TWO", Status.OVERDUE)
    assert "at least 2 of" in first.rule
    assert "every year" in first.rule
    assert second.merged == first.merged
    assert first.met_until is None


async def test_where_neither_period_is_the_shorter_both_rules_are_said(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        await facts.version(await facts.expectation("RUN"), [course], period_months=12)
        await facts.version(
            await facts.expectation("YEAR"),
            [course],
            method=Method.CYCLE,
            period_months=12,
            anchor_on=date(2025, 8, 31),
            least_validity_months=6,
        )
        await facts.completed(post, course, date(2026, 3, 1))
    first, _second = await seen(empty, post)
    assert first.met_until == date(2027, 3, 1)
    assert " And: " in first.rule


async def test_exempt_from_one_rule_the_other_is_shown(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        ours = await facts.expectation("OURS", owner=await facts.agency())
        await facts.version(await facts.expectation("ALL"), [course], period_months=36)
        await facts.version(ours, [course], period_months=12)
        await facts.exempt(post, ours, date(2026, 1, 1), date(2026, 12, 31))
        await facts.completed(post, course, date(2024, 6, 1))
    first, second = await seen(empty, post)
    assert [(line.status, line.due_on) for line in (first, second)] == [(Status.COMPLIANT, date(2027, 6, 1))] * 2


async def test_the_words_of_the_line_are_those_of_the_rules_that_decide(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        ours = await facts.expectation("OURS", owner=await facts.agency())
        await facts.version(await facts.expectation("ALL"), [course], period_months=36)
        await facts.version(ours, [course], period_months=12, first_due_days=10)
        await facts.exempt(post, ours, date(2026, 1, 1), date(2026, 12, 31))
        await facts.completed(post, course, date(2025, 6, 1))
    for line in await seen(empty, post):
        assert (line.status, line.met_until) == (Status.COMPLIANT, date(2028, 6, 1))
        assert line.rule.startswith(f"Complete “{course.title}”, every 3 years. The first time: within 30 days")
        assert any("Valid through 1 June 2028" in step for step in line.steps)
        assert line.next_step == "Nothing to do until 1 March 2028, when renewal opens."


async def test_what_is_only_recommended_makes_nobody_overdue(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, post = await facts.item(), await facts.post()
        await facts.version(await facts.expectation("ALL"), [course], period_months=36)
        await facts.version(await facts.expectation("OFTENER"), [course], period_months=12, required=False)
        await facts.completed(post, course, date(2024, 6, 1))
    first, _second = await seen(empty, post)
    assert (first.required, first.status, first.due_on) == (True, Status.COMPLIANT, date(2027, 6, 1))
    assert first.merged
    assert [origin.required for origin in first.merged.origins] == [True, False]


async def test_other_items_other_posts_and_rules_about_a_setting_are_not_merged(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, more = await facts.item(), await facts.item("MORE")
        await facts.version(await facts.expectation("ALL"), [course], period_months=36)
        await facts.version(await facts.expectation("MORE"), [course, more], period_months=36)
        await facts.version(await facts.expectation("SETTING"), [course], period_months=36, people_in_setting=1)
        post = await facts.post()
        await facts.post(role=await facts.role("Duty manager"))
    lines = await seen(empty, post)
    assert len(lines) == 6
    assert all(line.merged is None for line in lines)


def reading(own: ExplainedStanding, version: ExpectationVersion, *, refreshers: Iterable[str] = ()) -> Reading:
    """Of a rule about the course “A”, which these refreshers renew."""
    items = [ExpectedItem(1, True, False, item("A"))]
    items += [ExpectedItem(n, True, True, item(code)) for n, code in enumerate(refreshers, 2)]
    return Reading(own, version, items, [], 1, False)


def test_the_line_takes_each_date_from_where_it_is_earliest_and_names_every_origin() -> None:
    ends_first = standing(
        Status.DUE_SOON,
        code="ALL",
        rule="Every year.",
        met_from=date(2025, 6, 1),
        met_until=date(2026, 6, 1),
        renewal_opens_on=date(2026, 3, 1),
        due_on=date(2026, 6, 1),
        grace_until=date(2026, 6, 15),
        steps=["Step."],
        next_step="Renew it.",
    )
    opens_first = standing(
        Status.COMPLIANT,
        code="OURS",
        title="Ours",
        expected_by="Harbour Council",
        rule="Every two years.",
        required=True,
        effective_from=date(2024, 1, 1),
        first_due_on=date(2025, 2, 28),
        met_from=date(2025, 6, 1),
        met_until=date(2026, 9, 1),
        renewal_opens_on=date(2026, 2, 1),
        due_on=date(2026, 9, 1),
        steps=["Another step."],
        next_step="Nothing to do.",
    )
    line = merged([reading(ends_first, rule()), reading(opens_first, rule(period_months=24))])
    assert line == Merged(
        required=True,
        status=Status.DUE_SOON,
        rule="Complete “About A”, every year. The first time: within 30 days of starting in the role.",
        met_until=date(2026, 6, 1),
        renewal_opens_on=date(2026, 2, 1),
        due_on=date(2026, 6, 1),
        grace_until=date(2026, 6, 15),
        origins=[
            Origin(
                code="ALL",
                title="Expected: CSA",
                expected_by="Harbour Safeguarding Partnership",
                effective_from=date(2020, 1, 1),
                required=True,
                rule="Every year.",
                status=Status.DUE_SOON,
                first_due_on=date(2025, 1, 31),
                met_until=date(2026, 6, 1),
                due_on=date(2026, 6, 1),
            ),
            Origin(
                code="OURS",
                title="Ours",
                expected_by="Harbour Council",
                effective_from=date(2024, 1, 1),
                required=True,
                rule="Every two years.",
                status=Status.COMPLIANT,
                first_due_on=date(2025, 2, 28),
                met_until=date(2026, 9, 1),
                due_on=date(2026, 9, 1),
            ),
        ],
        steps=["Step."],
        next_step="Renew it.",
    )
    for one in (replace(ends_first, required=False, merged=line), replace(opens_first, merged=line)):
        assert as_one_line(one) == replace(
            one,
            required=line.required,
            status=line.status,
            rule=line.rule,
            met_until=line.met_until,
            renewal_opens_on=line.renewal_opens_on,
            due_on=line.due_on,
            grace_until=line.grace_until,
            steps=line.steps,
            next_step=line.next_step,
        )
    assert as_one_line(opens_first) is opens_first


def test_what_has_lapsed_is_met_until_no_day_and_the_end_of_grace_is_told_only_where_it_is_later() -> None:
    lapsed = standing(met_from=date(2024, 1, 1), met_until=date(2025, 1, 1), due_on=date(2025, 1, 31))
    grace = standing(Status.IN_GRACE, due_on=date(2025, 1, 30), grace_until=date(2025, 1, 31))
    line = merged([reading(lapsed, rule()), reading(grace, rule())])
    assert (line.due_on, line.grace_until) == (date(2025, 1, 30), date(2025, 1, 31))
    assert (line.status, line.met_until) == (Status.OVERDUE, None), "it was never met by the one"
    assert [origin.met_until for origin in line.origins] == [None, None]
    line = merged([reading(replace(grace, grace_until=None), rule()), reading(lapsed, rule())])
    assert (line.due_on, line.grace_until) == (date(2025, 1, 30), None)


def test_only_what_renews_by_every_rule_is_told_to_renew() -> None:
    one = reading(standing(), rule(), refreshers=["C", "B", "D"])
    other = reading(standing(), rule(), refreshers=["B", "C"])
    assert merged([one, other]).rule.startswith(
        "Complete “About A”, every year. Once you have done it, “About B” or “About C” renews it."
    )


def test_rules_of_which_neither_is_the_strictest_are_said_one_after_the_other_and_none_twice() -> None:
    cycle = rule(method=Method.CYCLE, anchor_on=date(2025, 8, 31), least_validity_months=6)
    readings = [
        reading(standing(rule="Every year."), rule()),
        reading(standing(rule="By August."), cycle),
        reading(standing(rule="Every year."), rule()),
        reading(standing(Status.EXEMPT, rule="Every month."), rule(period_months=1)),
    ]
    line = merged(readings)
    assert line.rule == "Every year. And: By August."
    assert len(line.origins) == 4


def test_those_of_one_post_that_ask_the_same_are_merged_and_nothing_else() -> None:
    def of(post_id: int, asks: str, people: int | None = None) -> Reading:
        return reading(standing(post_id=post_id, asks=asks, people_in_setting=people), rule())

    alike = [of(1, "items of A"), of(1, "items of A")]
    others = [of(2, "items of A"), of(1, "items of B"), of(1, "items of A", people=1), of(1, "items of A", people=1)]
    assert asking_the_same([others[0], alike[0], *others[1:], alike[1]]) == [alike]
