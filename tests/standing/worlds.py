"""Random worlds for the engine and its oracle."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.standing.oracle import (
    ALWAYS,
    Absence,
    Agency,
    Completion,
    Edition,
    Equivalence,
    Exemption,
    Expectation,
    Extension,
    Feed,
    Item,
    Known,
    Post,
    Receipt,
    Role,
    Scope,
    Team,
    Version,
    Window,
    World,
)

Fact = TypeVar("Fact", Agency, Team, Role, Item)

MOMENTS = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (5, 12, 19, 26)]
PRACTITIONERS = range(1, 9)

AGENCIES = (Agency(1, 1, frozenset({1})), Agency(2, 2, frozenset({1, 2})), Agency(3, 2, frozenset({2})))
TEAMS = (
    Team(1, 1, None),
    Team(2, 1, 1),
    Team(3, 1, 2),
    Team(4, 1, 1),
    Team(5, 2, None),
    Team(6, 2, 5),
    Team(7, 3, None),
)
ROLES = (Role(1, 1, 1), Role(2, 1, 2), Role(3, 2, 1), Role(4, 2, 2))
ITEMS = range(1, 6)
EXPECTATIONS = (Expectation(1, 1, None), Expectation(2, 1, None), Expectation(3, 2, None), Expectation(4, None, 1))

# Where some teams may have been before.
OTHER_PARENTS = {3: [1, 4], 4: [2]}

# Ends of months, leap days and the like are where calendars go wrong, so they are drawn often.
days = st.one_of(
    st.dates(date(2021, 1, 1), date(2027, 12, 31)),
    st.sampled_from([date(2023, 2, 28), date(2024, 2, 29), date(2024, 8, 31), date(2025, 1, 31), date(2026, 1, 1)]),
)


@st.composite
def known(draw: st.DrawFn) -> Known:
    recorded = draw(st.integers(0, len(MOMENTS) - 1))
    withdrawn = draw(st.one_of(st.none(), st.none(), st.integers(recorded, len(MOMENTS) - 1)))
    return Known(MOMENTS[recorded], None if withdrawn is None else MOMENTS[withdrawn])


@st.composite
def periods(draw: st.DrawFn) -> tuple[date, date]:
    start = draw(days)
    return start, start + timedelta(days=draw(st.integers(0, 400)))


@st.composite
def open_periods(draw: st.DrawFn) -> tuple[date | None, date | None]:
    since, until = draw(periods())
    return draw(st.sampled_from([(since, until), (since, None), (None, until)]))


@st.composite
def posts(draw: st.DrawFn, post_id: int) -> list[Post]:
    """A post, and what was known of it before it was corrected."""
    learnt = sorted(draw(st.sets(st.sampled_from(MOMENTS), min_size=1, max_size=3)))
    practitioner = draw(st.sampled_from(PRACTITIONERS))
    knowledge = []
    for position, moment in enumerate(learnt):
        (since, until), last = draw(periods()), position + 1 == len(learnt)
        started_on = draw(st.sampled_from([since, since, since, date(2020, 1, 1), None]))
        knowledge.append(
            Post(
                id=post_id,
                practitioner=practitioner,
                team=draw(st.sampled_from(TEAMS)).id,
                role=draw(st.sampled_from(ROLES)).id,
                started_on=started_on,
                ended_on=draw(st.sampled_from([until, None, None])),
                known=Known(moment, None if last else learnt[position + 1]),
            )
        )
    return knowledge


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    part = draw(st.sampled_from(["", "", "agency", "sector", "role", "group", "team", "team"]))
    parts: dict[str, int | None] = dict.fromkeys(("agency", "sector", "role", "group", "team"))
    if part:
        ids = {"agency": 3, "sector": 2, "role": len(ROLES), "group": 2, "team": len(TEAMS)}
        parts[part] = draw(st.integers(1, ids[part]))
    return Scope(**parts)


@st.composite
def versions(draw: st.DrawFn, version_id: int, expectation: int) -> Version:
    effective_from = draw(st.one_of(days, st.just(date(2020, 1, 1))))
    method = draw(st.sampled_from(["once", "completion", "completion", "continuous", "cycle"]))
    measure = "items" if method == "continuous" else draw(st.sampled_from(["items", "items", "hours"]))
    items = draw(st.sets(st.sampled_from(ITEMS), min_size=1, max_size=4))
    only_current = measure == "items" and draw(st.sampled_from([False, False, True]))
    if only_current:
        items = {min(items)}
    refreshers = set(sorted(items)[1:2]) if len(items) > 1 and draw(st.booleans()) else set()
    period = None if method == "once" else draw(st.sampled_from([1, 6, 12, 24, 36, 36]))
    amounts = st.sampled_from([1, 1, len(items)]) if measure == "items" else st.sampled_from([0.3, 2.0, 8.0])
    windows = [0, 1, 3] if method != "continuous" or (period and period > 3) else [0]
    return Version(
        id=version_id,
        expectation=expectation,
        effective_from=effective_from,
        effective_until=draw(st.sampled_from([None, None, effective_from + timedelta(days=draw(st.integers(0, 700)))])),
        first_due_days=draw(st.sampled_from([0, 30, 90])),
        return_notice_days=draw(st.sampled_from([0, 30])),
        grace_days=draw(st.sampled_from([0, 0, 14, 60])),
        measure=measure,
        amount=1 if method == "continuous" else draw(amounts),
        method=method,
        period_months=period,
        anchor_on=draw(days) if method == "cycle" else None,
        least_validity_months=draw(st.integers(0, period)) if period and method == "cycle" else 0,
        renewal_window_months=draw(st.sampled_from(windows)),
        current_version_only=only_current,
        least_strength=draw(st.sampled_from([1, 1, 2, 4, 5])),
        items=frozenset(items),
        refreshers=frozenset(refreshers),
        refresher_months=draw(st.sampled_from([None, 6, 24])) if refreshers else None,
        scopes=tuple(draw(st.lists(scopes(), min_size=1, max_size=2))),
        known=draw(known()),
        participatory_percent=draw(st.sampled_from([None, 1, 50, 50, 100])) if measure == "hours" else None,
        on_change=draw(st.sampled_from(["recompute", "pin", "next cycle"])),
        transition_days=draw(st.sampled_from([None, 60, 400, 400])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    all_posts = tuple(post for number in range(1, draw(st.integers(4, 12)) + 1) for post in draw(posts(number)))
    ids = st.sampled_from(sorted({post.id for post in all_posts}))
    agencies = {"sector": st.integers(1, 2), "partnerships": st.sets(st.integers(1, 2), max_size=2).map(frozenset)}
    return World(
        agencies=tuple(known for agency in AGENCIES for known in draw(_over_time(agency, **agencies))),
        teams=tuple(
            known
            for team in TEAMS
            for known in draw(_over_time(team, parent=st.sampled_from(OTHER_PARENTS.get(team.id, [team.parent]))))
        ),
        roles=tuple(known for role in ROLES for known in draw(_over_time(role, group=st.integers(1, 2)))),
        posts=all_posts,
        absences=tuple(draw(st.lists(_absences(ids), max_size=12))),
        items=tuple(
            known for number in ITEMS for known in draw(_over_time(draw(_items(number)), participatory=st.booleans()))
        ),
        equivalences=tuple(draw(st.lists(_equivalences(), max_size=8, unique_by=_key_of_equivalence))),
        expectations=EXPECTATIONS,
        versions=draw(_all_versions()),
        exemptions=tuple(draw(st.lists(_exemptions(ids), max_size=4, unique_by=_key_of_exemption))),
        extensions=tuple(draw(st.lists(_extensions(ids), max_size=6))),
        completions=draw(_completions()),
        feeds=tuple(draw(st.lists(_feeds(), max_size=3, unique_by=lambda f: (f.agency, f.item)))),
        receipts=tuple(draw(st.lists(_receipts, max_size=6))),
    )


@st.composite
def _over_time(draw: st.DrawFn, /, fact: Fact, **otherwise: st.SearchStrategy[Any]) -> list[Fact]:
    """A fact as it is known now, and for some what was known of it until a moment, ``otherwise`` than now."""
    moment = draw(st.sampled_from([None, None, *MOMENTS]))
    if moment is None or getattr(fact, "parent", 0) is None:
        return [fact]
    then = {name: draw(value) for name, value in otherwise.items()}
    return [
        replace(fact, known=Known(ALWAYS.recorded_at, moment), **then),
        replace(fact, known=Known(moment, None)),
    ]


@st.composite
def changing_worlds(draw: st.DrawFn) -> World:
    """One rule for everybody that changes twice, and people who keep it, more or less."""
    always = Known(MOMENTS[0], None)
    first = replace(
        draw(versions(1, 1)),
        effective_from=date(2020, 1, 1),
        effective_until=None,
        least_strength=1,
        scopes=(Scope(None, None, None, None, None),),
        known=always,
    )
    changed_on = st.dates(date(2022, 1, 1), date(2024, 6, 30)), st.dates(date(2024, 7, 1), date(2027, 6, 30))
    second = replace(draw(_amended(first, 2)), effective_from=draw(changed_on[0]), known=always)
    third = replace(draw(_amended(second, 3)), effective_from=draw(changed_on[1]), known=always)
    starts = st.sampled_from([date(2020, 1, 1), date(2022, 8, 31), third.effective_from, None])
    done = draw(
        st.lists(
            st.tuples(
                st.sampled_from(PRACTITIONERS),
                st.sampled_from(sorted(first.items)),
                days,
                st.sampled_from([None, 2.0, 8.0]),
            ),
            min_size=20,
            max_size=60,
            unique_by=lambda fact: fact[:3],
        )
    )
    edition = Edition(date(2023, 4, 1), always)
    return World(
        agencies=AGENCIES[:1],
        teams=TEAMS[:1],
        roles=ROLES[:2],
        posts=tuple(Post(n, n, 1, 1, draw(starts), None, always) for n in PRACTITIONERS),
        absences=tuple(draw(st.lists(_absences(st.sampled_from(PRACTITIONERS)), max_size=6))),
        items=tuple(Item(n, (edition,) if n == 1 and draw(st.booleans()) else (), ()) for n in ITEMS),
        equivalences=(),
        expectations=EXPECTATIONS[:1],
        versions=(first, second, third),
        exemptions=(),
        extensions=tuple(draw(st.lists(_extensions(st.sampled_from(PRACTITIONERS), EXPECTATIONS[:1]), max_size=6))),
        completions=tuple(Completion(number, *fact, 4, always) for number, fact in enumerate(done, 1)),
    )


@st.composite
def _absences(draw: st.DrawFn, posts: st.SearchStrategy[int]) -> Absence:
    starts_on, ends_on = draw(periods())
    return Absence(draw(posts), starts_on, draw(st.sampled_from([ends_on, ends_on, ends_on, None])), draw(known()))


@st.composite
def _exemptions(draw: st.DrawFn, posts: st.SearchStrategy[int]) -> Exemption:
    starts_on, until = draw(periods())
    return Exemption(draw(posts), draw(st.sampled_from(EXPECTATIONS)).id, starts_on, until, draw(known()))


@st.composite
def _extensions(
    draw: st.DrawFn, posts: st.SearchStrategy[int], expectations: tuple[Expectation, ...] = EXPECTATIONS
) -> Extension:
    due_on, until = draw(days), draw(st.integers(1, 400))
    return Extension(
        post=draw(posts),
        expectation=draw(st.sampled_from(expectations)).id,
        due_on=due_on,
        until=due_on + timedelta(days=until),
        granted=draw(st.sampled_from([True, True, False])),
        known=draw(known()),
    )


def _key_of_exemption(exemption: Exemption) -> tuple[int, int, date, datetime]:
    return exemption.post, exemption.expectation, exemption.starts_on, exemption.known.recorded_at


@st.composite
def _equivalences(draw: st.DrawFn) -> Equivalence:
    item, counts_as = draw(st.permutations(ITEMS))[:2]
    since, until = draw(st.one_of(st.just((None, None)), open_periods(), periods()))
    agency = draw(st.sampled_from([None, None, 1, 2]))
    holds = agency is None or draw(st.booleans())
    return Equivalence(item, counts_as, since, until, draw(known()), agency, holds)


def _key_of_equivalence(equivalence: Equivalence) -> tuple[int | None, int, int]:
    return equivalence.agency, equivalence.item, equivalence.counts_as


@st.composite
def _feeds(draw: st.DrawFn) -> Feed:
    agency, item = draw(st.sampled_from(AGENCIES)).id, draw(st.sampled_from(ITEMS))
    starts_on = draw(st.one_of(days, st.just(date(2020, 1, 1))))
    return Feed(agency, item, draw(st.sampled_from([1, 31, 400])), starts_on, draw(known()))


_receipts = st.builds(Receipt, st.sampled_from(AGENCIES).map(lambda a: a.id), st.sampled_from(ITEMS), days, known())


@st.composite
def _items(draw: st.DrawFn, number: int) -> Item:
    editions = draw(st.sets(days, max_size=3)) if number <= 2 else set()
    accepted = draw(st.lists(open_periods(), max_size=2)) if number >= 4 else []
    return Item(
        number,
        tuple(Edition(day, draw(known())) for day in sorted(editions)),
        tuple(Window(*window, draw(known())) for window in accepted),
        participatory=draw(st.booleans()),
    )


@st.composite
def _all_versions(draw: st.DrawFn) -> tuple[Version, ...]:
    """Versions of every expectation, no two of one from the same day."""
    found: list[Version] = []
    for expectation in EXPECTATIONS:
        for _ in range(draw(st.integers(1, 3))):
            number = len(found) + 1
            before = found[-1] if found and found[-1].expectation == expectation.id else None
            amends = before is not None and draw(st.sampled_from([True, True, False]))
            version = draw(_amended(before, number) if before and amends else versions(number, expectation.id))
            if any((v.expectation, v.effective_from) == (expectation.id, version.effective_from) for v in found):
                continue
            found.append(version)
    return tuple(found)


@st.composite
def _amended(draw: st.DrawFn, before: Version, number: int) -> Version:
    """The rule before, still known, for the same posts and items, from a later day on, with another rhythm."""
    version = draw(versions(number, before.expectation))
    later = before.effective_from + timedelta(days=draw(st.sampled_from([1, 90, 365, draw(st.integers(1, 900))])))
    same = {name: getattr(before, name) for name in ("measure", "amount", "items", "refreshers", "scopes")}
    conditions = ("current_version_only", "least_strength", "participatory_percent")
    same |= {name: getattr(before, name) for name in conditions}
    if version.method == "continuous" and (before.measure, before.amount) != ("items", 1):
        same |= {"method": "completion"}
    return replace(
        version, effective_from=later, effective_until=None, refresher_months=before.refresher_months, **same
    )


@st.composite
def _completions(draw: st.DrawFn) -> tuple[Completion, ...]:
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(PRACTITIONERS),
                st.sampled_from(ITEMS),
                days,
                st.sampled_from([None, 0.1, 1.5, 2.0, 8.0]),
                st.sampled_from([5, 4, 4, 3, 2, 1]),
                known(),
            ),
            min_size=15,
            max_size=70,
            unique_by=lambda fact: fact[:3],
        )
    )
    return tuple(Completion(number, *fact) for number, fact in enumerate(drawn, 1))
