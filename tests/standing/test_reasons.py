"""What the catalogue says about what counts as what, as the reasons of an explanation take it; without a database."""

from collections import defaultdict
from datetime import date

from tests.standing.by_hand import rule, standing
from training_tracker.standing.reading import Reading
from training_tracker.standing.reasons import EVERYBODYS, Catalogue, Span

SPRING = Span(date(2026, 3, 1), date(2026, 5, 31))
EVER = Span(date.min, date.max)
# Items by number, and an agency.
A, B, C, D, AGENCY = 1, 2, 3, 4, 7


def a_catalogue(*links: tuple[int, int, int, Span], deciding: frozenset[int] = frozenset()) -> Catalogue:
    """For whom each item counts as which other, and in which days."""
    counts_as: dict[int, dict[int, list[tuple[int, Span]]]] = defaultdict(lambda: defaultdict(list))
    for whose, item, other, span in links:
        counts_as[whose][item].append((other, span))
    editions = defaultdict(list, {A: [date(2024, 1, 1), date(2025, 1, 1)], B: [date(2024, 6, 1)]})
    return Catalogue(defaultdict(list), editions, counts_as, set(deciding))


def test_a_span_holds_on_both_its_days_and_says_so() -> None:
    assert SPRING.holds(date(2026, 3, 1))
    assert SPRING.holds(date(2026, 5, 31))
    assert not SPRING.holds(date(2026, 2, 28))
    assert not SPRING.holds(date(2026, 6, 1))
    assert SPRING.in_words() == "between 1 March 2026 and 31 May 2026"
    assert Span(date.min, date(2026, 5, 31)).in_words() == "until 31 May 2026"
    assert Span(date(2026, 3, 1), date.max).in_words() == "from 1 March 2026 on"


def test_of_two_spans_the_days_that_both_hold_are_within() -> None:
    assert SPRING.within(EVER) == EVER.within(SPRING) == SPRING
    later = Span(date(2026, 4, 1), date(2026, 6, 30))
    assert SPRING.within(later) == later.within(SPRING) == Span(date(2026, 4, 1), date(2026, 5, 31))


def test_an_agency_that_decides_nothing_itself_goes_by_everybodys() -> None:
    def whose(catalogue: Catalogue, *, own: bool) -> int:
        return catalogue.whose(Reading(standing(), rule(), [], [], AGENCY, own))

    nobody, agency = a_catalogue(), a_catalogue(deciding=frozenset({AGENCY}))
    assert [whose(nobody, own=own) for own in (True, False)] == [EVERYBODYS, EVERYBODYS]
    assert [whose(agency, own=own) for own in (True, False)] == [-AGENCY, AGENCY]


def test_related_to_what_is_asked_is_what_leads_to_it_and_what_it_leads_to() -> None:
    catalogue = a_catalogue((EVERYBODYS, A, B, EVER), (AGENCY, B, C, SPRING), (-AGENCY, C, D, EVER))
    assert catalogue.related({B}, EVERYBODYS) == {A, B}
    assert catalogue.related({B}, AGENCY) == {A, B, C}
    assert catalogue.related({C}, AGENCY) == {A, B, C}
    assert catalogue.related({A}, -AGENCY) == {A, B}
    both = a_catalogue((EVERYBODYS, A, B, EVER), (AGENCY, A, C, EVER))
    assert both.related({B}, AGENCY) == {A, B}, "it counts as B, whatever the agency adds"
    beside_each_other = a_catalogue((EVERYBODYS, A, B, EVER), (EVERYBODYS, A, C, EVER))
    assert beside_each_other.related({B}, EVERYBODYS) == {A, B}, "C is no way to B"


def test_the_expected_item_that_counts_as_another_is_found_along_any_number_of_links() -> None:
    catalogue = a_catalogue((EVERYBODYS, D, B, EVER), (AGENCY, B, A, EVER))
    assert catalogue.reached_from({C, D}, B, EVERYBODYS) == D
    assert catalogue.reached_from({C, D}, A, AGENCY) == D
    assert catalogue.reached_from({D, C}, A, EVERYBODYS) == C, "none does, and the first is named"


def test_an_item_counts_as_itself_and_along_each_way_in_the_days_of_all_its_links_the_longest_first() -> None:
    links = [(EVERYBODYS, A, B, SPRING), (EVERYBODYS, B, C, Span(date(2026, 4, 1), date.max)), (EVERYBODYS, A, C, EVER)]
    catalogue = a_catalogue(*links, (EVERYBODYS, C, A, EVER), (AGENCY, A, D, EVER))
    short = Span(date(2026, 4, 1), date(2026, 5, 31))
    assert catalogue.spans(A, {C}, EVERYBODYS) == [(C, EVER), (C, short)]
    assert catalogue.spans(A, {B, C}, EVERYBODYS) == [(C, EVER), (B, SPRING), (C, short)]
    assert catalogue.spans(A, {A}, EVERYBODYS) == [(A, EVER)]
    assert catalogue.spans(A, {D}, EVERYBODYS) == []
    assert catalogue.spans(A, {D}, AGENCY) == [(D, EVER)]


def test_the_edition_in_force_is_the_newest_that_has_begun_of_any_of_the_items() -> None:
    catalogue = a_catalogue()
    assert catalogue.edition({A, B}, date(2024, 5, 31)) == date(2024, 1, 1)
    assert catalogue.edition({A, B}, date(2024, 6, 1)) == date(2024, 6, 1)
    assert catalogue.edition({A, B}, date(2025, 1, 1)) == date(2025, 1, 1)
    assert catalogue.edition({B}, date(2024, 5, 31)) is None
    assert catalogue.edition({C}, date(2026, 1, 1)) is None
