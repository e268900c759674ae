"""A rule that is accepted as a tightening is never met for longer nor due later, whatever anybody has done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.standing import oracle
from tests.standing.loading import version_rows
from tests.standing.worlds import AGENCIES, EXPECTATIONS, ITEMS, MOMENTS, ROLES, TEAMS, days
from training_tracker.catalogue.evidence import Strength
from training_tracker.expectations import strictness
from training_tracker.expectations.models import ExpectationVersion, Measure, Method, Setting
from training_tracker.expectations.strictness import Asking, looser

# What a version holds besides its rule, and what a rule may say without asking more or less: the day from which it
# is in force and how it came to be, and when it is time to renew.
NO_STRICTNESS = {
    *("id", "expectation_id", "effective_from", "effective_until", "source", "rationale", "mark", "approved_by"),
    *("published_at", "published_by", "withdrawn_at", "on_change", "transition_days"),
}
# Compared together: how long a completion is good for, and what is asked at all.
TOGETHER = {
    *("method", "period_months", "anchor_on", "least_validity_months", "renewal_window_months"),
    *("measure", "refresher_months", "participatory_percent", "setting", "least_strength"),
}
EVERYWHERE = (oracle.Scope(None, None, None, None, None),)
KNOWN = oracle.Known(MOMENTS[0], None)
USUAL = oracle.Version(
    id=1,
    expectation=1,
    effective_from=date(2024, 1, 1),
    effective_until=None,
    first_due_days=30,
    return_notice_days=30,
    measure="items",
    amount=1,
    method="completion",
    period_months=12,
    anchor_on=None,
    least_validity_months=0,
    renewal_window_months=3,
    current_version_only=False,
    least_strength=1,
    grace_days=0,
    items=frozenset({1, 2}),
    refreshers=frozenset(),
    refresher_months=None,
    scopes=EVERYWHERE,
    known=KNOWN,
)


def rules() -> Iterator[oracle.Version]:
    """Rules that ask the same or nearly: every method with neighbouring months, and every other field in two ways."""
    yield replace(USUAL, method="once", period_months=None)
    for period in (6, 9, 11, 12, 13, 18):
        yield replace(USUAL, period_months=period)
    for period, window in product((6, 11, 12), (0, 1, 3, 5)):
        yield replace(USUAL, method="continuous", period_months=period, renewal_window_months=window)
    anchors = (date(2025, 12, 1), date(2027, 6, 1), date(2025, 8, 31), date(2025, 2, 28))
    for period, anchor_on, least in product((6, 12), anchors, (0, 3, 6)):
        yield replace(USUAL, method="cycle", period_months=period, anchor_on=anchor_on, least_validity_months=least)
    for amount, due, notice, strength in product((1, 2), (0, 30), (0, 30), (1, 4)):
        yield replace(USUAL, amount=amount, first_due_days=due, return_notice_days=notice, least_strength=strength)
    for days_of_grace, notice in product((14, 40), (0, 30)):
        yield replace(USUAL, grace_days=days_of_grace, return_notice_days=notice)
    for months in (None, 6, 24):
        yield replace(USUAL, items=frozenset({1, 2, 3}), refreshers=frozenset({3}), refresher_months=months)
    for hours, participatory in product((2, 4, 8), (None, 25, 50, 100)):
        yield replace(USUAL, measure="hours", amount=hours, participatory_percent=participatory)


RULES = list(dict.fromkeys(rules()))


def test_of_every_field_of_a_rule_it_is_decided_whether_it_is_strictness() -> None:
    compared = {*strictness.AT_MOST, *strictness.AT_LEAST, *strictness.KEPT}
    assert compared | TOGETHER | NO_STRICTNESS == set(ExpectationVersion.__table__.columns.keys())


def asking(version: oracle.Version) -> Asking:
    (row,) = version_rows([version])
    return Asking(
        ExpectationVersion(**row | {"people_in_setting": None}),
        version.items - version.refreshers,
        version.refreshers,
    )


ASKINGS = [asking(rule) for rule in RULES]


@pytest.fixture
def stricter() -> set[tuple[int, int]]:
    """The pairs of rules of which the first is at least as strict as the second."""
    return {
        (one, other)
        for (one, own), (other, common) in product(enumerate(ASKINGS), repeat=2)
        if own.the_same_as(common) and not looser(own, common)
    }


def test_every_rule_is_as_strict_as_itself(stricter: set[tuple[int, int]]) -> None:
    assert all((one, one) in stricter for one in range(len(RULES)))


def test_stricter_than_a_stricter_one_is_stricter(stricter: set[tuple[int, int]]) -> None:
    assert all((one, last) in stricter for (one, other), (also, last) in product(stricter, repeat=2) if other == also)


def test_two_rules_each_as_strict_as_the_other_differ_in_nothing_that_is_strictness(
    stricter: set[tuple[int, int]],
) -> None:
    for one, other in stricter:
        if (other, one) in stricter:
            # A cycle may name another of its last days as its anchor.
            assert RULES[one] == replace(RULES[other], anchor_on=RULES[one].anchor_on)


@st.composite
def lives(draw: st.DrawFn) -> oracle.World:
    """One person in one post, with leave, who often renews when what was done before is nearly over."""
    gaps = st.one_of(st.integers(0, 500), st.sampled_from([28, 31, 181, 243, 275, 306, 334, 365, 366]))
    on, done = draw(days), []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        item, strength = draw(st.sampled_from([1, 1, 2, 3])), draw(st.sampled_from([4, 4, 1]))
        done.append(oracle.Completion(number, 1, item, on, draw(st.sampled_from([2.0, 8.0])), strength, KNOWN))
        on += timedelta(days=draw(gaps))
    leave = draw(st.lists(st.tuples(days, st.integers(0, 60)), max_size=3))
    return oracle.World(
        agencies=AGENCIES,
        teams=TEAMS,
        roles=ROLES,
        posts=(oracle.Post(1, 1, TEAMS[0].id, ROLES[0].id, date(2024, 1, 1), None, KNOWN),),
        absences=tuple(oracle.Absence(1, since, since + timedelta(days=length), KNOWN) for since, length in leave),
        items=tuple(oracle.Item(number, (), (), participatory=number == 1) for number in ITEMS),
        equivalences=(),
        expectations=EXPECTATIONS,
        versions=(),
        exemptions=(),
        extensions=(),
        completions=tuple(done),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=lives())
def test_a_tightening_is_never_met_for_longer_nor_due_later(
    stricter: set[tuple[int, int]], world: oracle.World
) -> None:
    found = []
    for rule in RULES:
        (standing,) = oracle.standings(replace(world, versions=(rule,)))
        found.append(standing)
    for own, common in stricter:
        note(f"{RULES[own]} beside {RULES[common]}")
        assert _met_until(found[own]) <= _met_until(found[common])
        assert _due_on(found[own]) <= _due_on(found[common])
        assert (found[own].grace_until or _due_on(found[own])) <= (found[common].grace_until or _due_on(found[common]))


def _met_until(standing: oracle.Standing) -> date:
    """Never met is before every day, and met for good after."""
    return date.min if standing.met_from is None else standing.met_until or date.max


def _due_on(standing: oracle.Standing) -> date:
    return standing.due_on or date.max


def rule(**fields: object) -> Asking:
    usual = {
        "required": True,
        "target_percent": 90,
        "first_due_days": 30,
        "return_notice_days": 30,
        "amount": 1,
        "measure": Measure.ITEMS,
        "method": Method.COMPLETION,
        "period_months": 24,
        "least_validity_months": 0,
        "renewal_window_months": 3,
        "grace_days": 0,
        "current_version_only": False,
        "least_strength": Strength.SELF_DECLARED,
    }
    items = fields.pop("items", {1})
    refreshers = fields.pop("refreshers", set())
    assert isinstance(items, set)
    assert isinstance(refreshers, set)
    return Asking(ExpectationVersion(**usual | fields), frozenset(items), frozenset(refreshers))


def fields(own: Asking, other: Asking) -> list[str]:
    return [one.field for one in looser(own, other)]


def test_each_field_that_asks_less_is_named() -> None:
    common = rule(
        least_strength=Strength.CERTIFICATE_SEEN, current_version_only=True, refreshers={2}, refresher_months=12
    )
    own = rule(
        first_due_days=60,
        return_notice_days=40,
        grace_days=7,
        target_percent=80,
        required=False,
        period_months=36,
        refreshers={2},
        refresher_months=24,
    )
    assert fields(own, common) == [
        *("first_due_days", "return_notice_days", "grace_days", "target_percent", "least_strength"),
        *("required", "current_version_only", "period_months", "refresher_months"),
    ]
    assert fields(rule(refreshers={2}), rule()) == ["refreshers"]
    assert fields(rule(people_in_setting=1), rule(people_in_setting=2)) == ["people_in_setting"]
    assert fields(rule(items={1, 2}), rule(items={1, 2}, amount=2)) == ["amount"]
    half = rule(measure=Measure.HOURS, amount=8, participatory_percent=50)
    assert fields(rule(measure=Measure.HOURS, amount=8), half) == ["participatory_percent"]
    assert fields(rule(measure=Measure.HOURS, amount=16, participatory_percent=25), half) == []


def test_what_tightens_or_only_reminds_earlier_is_looser_in_nothing() -> None:
    own = rule(
        first_due_days=0,
        return_notice_days=0,
        target_percent=100,
        period_months=12,
        renewal_window_months=1,
        least_strength=Strength.CERTIFICATE_SEEN,
        current_version_only=True,
    )
    assert fields(own, rule(refreshers={2})) == []


def test_for_how_long_a_refresher_renews_is_compared_only_where_there_is_one() -> None:
    common = rule(refreshers={2}, refresher_months=24)
    assert fields(rule(), common) == []
    assert fields(rule(refreshers={2}, refresher_months=12), common) == []
    assert fields(rule(refreshers={2}, refresher_months=24), common) == []


def test_once_is_looser_than_any_period_and_any_period_is_stricter_than_once() -> None:
    once = rule(method=Method.ONCE, period_months=None)
    assert fields(once, rule()) == ["method"]
    assert fields(rule(), once) == []


def test_keeping_the_anniversary_is_looser_than_the_same_period_from_completion() -> None:
    """Renewed early it lasts for more than the period."""
    kept = rule(method=Method.CONTINUOUS)
    assert fields(kept, rule()) == ["method"]
    assert fields(rule(), kept) == []
    assert fields(rule(method=Method.CONTINUOUS, period_months=20), rule()) == []
    assert fields(rule(method=Method.CONTINUOUS, period_months=22), rule()) == ["method"]
    assert fields(rule(method=Method.CONTINUOUS, renewal_window_months=6), kept) == ["method"]
    assert fields(rule(method=Method.CONTINUOUS, renewal_window_months=1), kept) == []


def test_a_cycle_is_as_strict_as_another_only_where_it_ends_on_each_of_its_days() -> None:
    def cycle(anchor_on: date, period_months: int, least: int) -> Asking:
        return rule(method=Method.CYCLE, anchor_on=anchor_on, period_months=period_months, least_validity_months=least)

    yearly = cycle(date(2025, 12, 1), 12, 6)
    assert fields(cycle(date(2030, 12, 1), 12, 6), yearly) == []
    assert fields(cycle(date(2026, 6, 1), 6, 0), yearly) == []
    assert fields(cycle(date(2025, 12, 1), 12, 9), yearly) == ["least_validity_months"]
    assert fields(cycle(date(2025, 9, 1), 12, 6), yearly) == ["method"]
    assert fields(cycle(date(2025, 3, 1), 12, 6), cycle(date(2025, 9, 1), 12, 6)) == ["method"]
    assert fields(cycle(date(2024, 12, 1), 36, 6), cycle(date(2027, 12, 1), 36, 6)) == []
    assert fields(cycle(date(2025, 12, 1), 24, 6), cycle(date(2026, 12, 1), 24, 6)) == ["method"]
    assert fields(cycle(date(2025, 12, 1), 24, 6), yearly) == ["method"]
    assert fields(cycle(date(2025, 12, 2), 12, 6), yearly) == ["method"]
    assert fields(cycle(date(2025, 12, 1), 12, 12), rule(period_months=24)) == []
    assert fields(cycle(date(2025, 12, 1), 12, 12), rule(period_months=23)) == ["method"]
    assert fields(rule(period_months=6), yearly) == []
    assert fields(rule(period_months=7), yearly) == ["method"]


def test_rules_about_other_items_measures_or_settings_do_not_ask_the_same() -> None:
    common = rule()
    assert common.the_same_as(rule(period_months=6, amount=2, refreshers={2}))
    others = (rule(items={2}), rule(items={1, 2}), rule(measure=Measure.HOURS), rule(people_in_setting=1))
    assert not any(common.the_same_as(other) for other in others)


def test_rules_about_settings_ask_the_same_whichever_setting_and_each_team_is_stricter_than_the_agency() -> None:
    agency, team = (rule(people_in_setting=2, setting=setting) for setting in Setting)
    fewer = rule(people_in_setting=1, setting=Setting.TEAM)
    assert agency.the_same_as(team)
    assert team.the_same_as(agency)
    assert fields(agency, team) == ["setting"]
    assert fields(team, agency) == []
    assert fields(fewer, agency) == ["people_in_setting"]
    (told,) = looser(agency, team)
    assert (told.own, told.other, told.mend) == ("agency", "team", 'setting = "team"')


def test_a_rule_about_a_person_has_no_setting_whatever_its_field_says() -> None:
    own, common = rule(setting=Setting.AGENCY, period_months=36), rule(setting=Setting.TEAM)
    assert own.the_same_as(common)
    assert fields(own, common) == ["period_months"]


def test_each_field_is_told_with_both_values_and_what_it_may_say_instead() -> None:
    def told(own: Asking, other: Asking) -> list[tuple[str, str, str, str]]:
        return [(one.field, one.own, one.other, one.mend) for one in looser(own, other)]

    common = rule(least_strength=Strength.CERTIFICATE_SEEN, refreshers={2}, refresher_months=12)
    own = rule(first_due_days=60, target_percent=80, refreshers={2}, refresher_months=24, period_months=36)
    assert told(own, common) == [
        ("first_due_days", "60", "30", "first_due_days = 30 or less"),
        ("target_percent", "80", "90", "target_percent = 90 or more"),
        (
            *("least_strength", "self-declared", "certificate seen"),
            'least_strength = "certificate seen" or stronger',
        ),
        ("period_months", "36", "24", "period_months = 24 or less"),
        ("refresher_months", "24", "12", "refresher_months = 12 or less"),
    ]
    assert told(rule(refreshers={2}), common) == [
        (
            *("least_strength", "self-declared", "certificate seen"),
            'least_strength = "certificate seen" or stronger',
        ),
        ("refresher_months", "any age", "12", "refresher_months = 12 or less"),
    ]
    assert told(rule(refreshers={2, 3}), rule(refreshers={2})) == [
        ("refreshers", "more", "fewer", "no refreshers but those of the other rule")
    ]
    assert told(rule(required=False), rule()) == [("required", "false", "true", "required = true")]
    hours = rule(measure=Measure.HOURS, amount=8, participatory_percent=50)
    assert told(rule(measure=Measure.HOURS, amount=10), hours) == [
        ("participatory_percent", "0 of 10 hours", "50 of 8 hours", "participatory_percent for 4 hours or more")
    ]


def test_a_validity_that_is_looser_is_told_in_the_words_of_the_configuration() -> None:
    def told(own: Asking, other: Asking) -> tuple[str, str, str, str]:
        (one,) = looser(own, other)
        return one.field, one.own, one.other, one.mend

    to_december = {"method": Method.CYCLE, "anchor_on": date(2025, 12, 1), "period_months": 12}
    yearly, kept = rule(**to_december, least_validity_months=6), rule(method=Method.CONTINUOUS)
    on_some_days = "since the one lasts longer on some days"
    assert told(rule(method=Method.ONCE, period_months=None), rule()) == (
        *("method", "once", "completion of 24 months"),
        f'method = "completion" with period_months = 24 or less, {on_some_days}',
    )
    assert told(kept, rule()) == (
        *("method", "continuous of 24 months, renewed in the last 3", "completion of 24 months"),
        f'method = "completion" with period_months = 24 or less, {on_some_days}',
    )
    assert told(rule(), yearly) == (
        *("method", "completion of 24 months", "cycle of 12 months to 2025-12-01, for at least 6"),
        'method = "cycle" with anchor_on = 2025-12-01, period_months = 12 and least_validity_months = 6 or less, '
        + on_some_days,
    )
    assert told(rule(**to_december, least_validity_months=9), yearly) == (
        *("least_validity_months", "9", "6", "least_validity_months = 6 or less"),
    )


def test_the_strictest_of_several_takes_each_field_from_the_strictest_in_it() -> None:
    one = rule(measure=Measure.HOURS, amount=8, participatory_percent=50, first_due_days=60, refresher_months=12)
    other = rule(
        measure=Measure.HOURS,
        amount=12,
        period_months=12,
        least_strength=Strength.CERTIFICATE_SEEN,
        refresher_months=24,
    )
    strict = strictness.strictest_version([one.version, other.version])
    assert strict is not None
    assert (strict.measure, strict.amount, strict.participatory_percent) == (Measure.HOURS, 12, 34)
    assert (strict.first_due_days, strict.period_months, strict.least_strength) == (30, 12, Strength.CERTIFICATE_SEEN)
    assert (strict.required, strict.refresher_months, strict.method) == (True, 12, Method.COMPLETION)
    alone = strictness.strictest_version([one.version])
    assert alone is not None
    assert alone.participatory_percent == 50
    without = strictness.strictest_version([rule().version])
    assert without is not None
    assert (without.participatory_percent, without.refresher_months, without.least_strength) == (None, None, 1)


def test_where_no_period_is_the_strictest_on_every_day_there_is_no_one_rule() -> None:
    to_december = rule(method=Method.CYCLE, anchor_on=date(2025, 12, 1), period_months=12)
    assert strictness.strictest_version([to_december.version, rule(period_months=6).version]) is None
    kept = rule(method=Method.CONTINUOUS, period_months=12, items={1, 2})
    two = rule(items={1, 2}, amount=2)
    assert strictness.strictest_version([kept.version, two.version]) is None, "the anniversary is one item's"
    assert strictness.strictest_version([kept.version, rule(items={1, 2}).version]) is not None
