"""The reference configuration, entry by entry: courses, resources, roles, expectations and what each is marked as.

The tables are written from the partnership's reference lists and not from the files, so that a slip in a file shows.
"""

from collections import Counter
from datetime import date

import pytest

from training_tracker.intake.configuration import REFERENCE, Configuration, ExpectationEntry, read_configuration
from training_tracker.naming import fold


@pytest.fixture(scope="module")
def reference() -> Configuration:
    return read_configuration(REFERENCE)


# Code, tier, hours, renewal in months (None: once or otherwise), priorities, whether the course itself is sourced.
COURSES = [
    ("CSA-INTRO", "universal", 2, 36, [1, 3, 4, 7], True),
    ("CSA-SIGNS", "universal", 1, 24, [3, 4, 7], True),
    ("BROOK-TLT", "targeted", 3, 36, [1, 7, 10], True),
    ("HSB", "targeted", 3, 36, [1, 3, 10], True),
    ("CSA-MED", "targeted", 1.5, 36, [5, 6, 9], True),
    ("INFO-SHARE", "universal", 1, 36, [2, 5], True),
    ("CSODS", "targeted", 1, 36, [1, 5, 10], True),
    ("MASH-ROLE", "universal", 1.5, None, [2, 5], True),
    ("SAFE-INF", "targeted", 1, 36, [1], True),
    ("CERAF", "targeted", 1.5, 24, [1, 2, 7], False),
    ("CSA-TOUR", "universal", 0.75, 24, [7], False),
    ("CSA-CSE-GBH", "targeted", 1, None, [1, 3, 10], True),
    ("MET", "targeted", 1.5, 36, [2, 5], True),
    ("HONEST", "universal", 1.5, None, [4, 8], True),
    ("CSA-IFA", "specialist", 6, 36, [3, 4, 5, 6], False),
    ("CSA-LEAD", "specialist", None, None, [2, 3, 4, 7], True),
    ("CPS-PTT", "targeted", 0.75, 24, [5, 6], False),
    ("NEURO-CSA", "targeted", 2, 36, [3, 4, 8], False),
    ("ESCALATE", "universal", 0.5, 36, [2], False),
    ("MGR-CSA", "managers", 3, 24, [2, 3, 7], False),
    ("MRD", "all", 0.75, None, [1, 5], False),
    ("SGC-L1", "baseline", 2, 36, [], True),
    ("SGC-L2", "baseline", 4, 36, [], True),
    ("SGC-L3", "baseline", 8, 36, [], True),
    ("DSL", "specialist", 12, 24, [2], True),
    ("EY-ANNEXC", "baseline", 6, 24, [], True),
]
# What the expectations ask for beside the courses of the list.
ASKED_FOR_TOO = {
    "SWE-CPD", "SWE-CPD-PEER", "SCADIP", "GP-UPDATE", "GP-REFLECT", "SCH-INDUCT", "KCSIE-P1", "SCH-UPDATE",
    "DSL-UPDATE", "SAFER-REC", "EY-REFRESH",
}  # fmt: skip
RESOURCES = [
    "R-STRAT", "R-TOOLKIT", "R-SIGNS", "R-CPS", "R-LANG", "R-CERAF", "R-ESC", "R-SUPPORT", "R-ICAT", "R-CYGNET",
    "R-THRESH", "R-UBB", "R-UNID", "R-MEDHOL",
]  # fmt: skip
# Other names under which the audit and the agencies write them.
ALIASES = {
    "Intro to CSA": "CSA-INTRO",
    "Brooks traffic light": "BROOK-TLT",
    "Brook TLT": "BROOK-TLT",
    "Sarah's Law": "CSODS",
    "HIPS CSA toolkit": "R-TOOLKIT",
}
EQUIVALENCES = {
    ("SGC-L3", "SGC-L2"),
    ("SGC-L2", "SGC-L1"),
    ("CSA-IFA", "CSA-INTRO"),
    ("CSA-LEAD", "CSA-IFA"),
    ("SCH-INDUCT", "SCH-UPDATE"),
    ("DSL", "DSL-UPDATE"),
}
# The audit's recommendations that name each priority, and courses that serve it.
PRIORITIES = {
    1: ([4, 11], {"CSA-INTRO", "HSB", "BROOK-TLT", "CSODS", "MRD"}),
    2: ([9], {"MASH-ROLE", "ESCALATE", "MGR-CSA", "MET"}),
    3: ([3], {"CSA-INTRO", "CSA-SIGNS", "CSA-IFA"}),
    4: ([3], {"CSA-SIGNS", "CSA-IFA", "HONEST"}),
    5: ([6, 7], {"CSA-MED", "CPS-PTT", "MASH-ROLE", "MET"}),
    6: ([6, 7], {"CSA-MED", "CPS-PTT", "CSA-IFA"}),
    7: ([3], {"CSA-INTRO", "CSA-TOUR", "BROOK-TLT", "CSA-LEAD"}),
    8: ([], {"HONEST", "NEURO-CSA"}),
    9: ([6], {"CSA-MED"}),
    10: ([], {"HSB", "BROOK-TLT", "CSODS", "CSA-CSE-GBH"}),
    11: ([2], set()),
}
# The roles of each sector, under names that people use for them.
ROLES = {
    "Children's social care": {"social worker", "practice supervisor", "early help practitioner", "IRO/CP chair"},
    "Police": {"response officer", "child abuse investigator", "MASH/safeguarding", "supervisor"},
    "NHS acute and community trust": {
        "non-clinical", "adult clinical", "children's clinical", "named professional", "manager",
    },
    "CAMHS provider": {"clinician", "manager"},
    "General practice": {"reception", "practice manager", "clinical", "safeguarding lead"},
    "Integrated care board": {"designated professional", "commissioner"},
    "School or college": {"all staff", "teacher", "DSL/deputy", "governor"},
    "Early years provider or childminder": {"practitioner", "DSL", "manager"},
    "Probation": {"probation practitioner", "manager"},
    "Voluntary, community, faith and sport": {"volunteer", "worker", "safeguarding lead", "trustee"},
    "Commissioned therapeutic or SARC service": {"therapist", "manager"},
    "Fire, housing or district service": {"frontline", "safeguarding lead"},
}  # fmt: skip
EVERYBODY = "every practitioner"
HOURS = "hours"
# Row of the list, whom it is for, what it asks for and how often, days allowed for somebody new, target. A rule is
# "36 m", "once", "version" (of a resource), "year to 30 Nov" or hours in months; "2 of" asks for both of two items.
EXPECTATIONS = [
    (1, EVERYBODY, "CSA-INTRO", "36 m", 90, 90),
    (2, EVERYBODY, "R-TOOLKIT", "version", 30, 90),
    (3, EVERYBODY, "R-SIGNS", "version", 90, 90),
    (4, EVERYBODY, "MRD", "once", 30, 95),
    (5, "csc-social-worker", "CSA-IFA", "36 m", 365, 85),
    (6, "csc-social-worker", "R-CPS", "version", 30, 95),
    (7, "csc-social-worker", "CSA-MED", "36 m", 180, 85),
    (8, "csc-social-worker", "R-CYGNET", "version", 90, 90),
    (9, "csc-social-worker", "2 of SWE-CPD SWE-CPD-PEER", "year to 30 Nov", 365, 100),
    (10, "csc-practice-supervisor", "MGR-CSA", "24 m", 180, 90),
    (11, "csc-early-help-practitioner csc-practice-supervisor csc-social-worker", "CERAF", "24 m", 180, 85),
    (12, "police-investigator", "R-CPS", "version", 30, 95),
    (13, "police-investigator", "CSA-IFA SCADIP", "36 m", 365, 90),
    (14, "police-response-officer", "CSA-INTRO", "36 m", 90, 85),
    (15, "police-mash-officer", "R-ICAT", "version", 30, 100),
    (16, "trust-non-clinical", "SGC-L1", "36 m", 30, 90),
    (17, "trust-adult-clinical", "SGC-L2", "36 m", 90, 90),
    (18, "trust-childrens-clinical", "SGC-L3", "8 hours in 36 m", 365, 90),
    (19, "trust-childrens-clinical", "CSA-MED", "36 m", 180, 85),
    (20, "trust-named-professional", "14 items", "24 hours in 36 m", 365, 100),
    (21, "gp-clinical", "2 of GP-REFLECT GP-UPDATE", "12 m", 30, 95),
    (22, "gp-clinical", "18 items", "12 hours in 36 m", 365, 85),
    (23, "gp-reception", "2 of GP-UPDATE SGC-L1", "12 m", 30, 90),
    (24, "school-dsl school-staff school-teacher", "SCH-INDUCT", "once", 0, 100),
    (24, "school-dsl school-staff school-teacher", "KCSIE-P1", "year to 31 Aug", 0, 100),
    (24, "school-dsl school-staff school-teacher", "SCH-UPDATE", "year to 31 Aug", 0, 100),
    (25, "school-dsl", "DSL", "24 m", 0, 100),
    (25, "school-dsl", "DSL-UPDATE", "12 m", 0, 100),
    (26, "school-dsl", "BROOK-TLT", "36 m", 180, 85),
    (27, "school-dsl", "R-CYGNET", "version", 90, 90),
    (28, "school", "SAFER-REC", "once", 0, 100),
    (29, "early-years-practitioner", "EY-ANNEXC", "24 m", 90, 100),
    (30, "probation-practitioner", "CSA-INTRO", "36 m", 180, 85),
    (31, "therapeutic-therapist", "R-CPS", "version", 30, 95),
    (31, "therapeutic-therapist", "CPS-PTT", "24 m", 30, 95),
    (32, "voluntary-safeguarding-lead", "CSA-INTRO", "36 m", 90, 80),
    (32, "voluntary-safeguarding-lead", "SGC-L2", "24 m", 90, 80),
]
# The rows whose rule, and not only its course, comes from a named source.
SOURCED_ROWS = {2, 3, 6, 8, 9, 12, 15, 21, 22, 23, 24, 25, 27, 28, 29}


def test_the_courses_are_those_of_the_list(reference: Configuration) -> None:
    items = {item.code: item for item in reference.items}
    assert len(COURSES) == 26
    for code, tier, hours, months, priorities, sourced in COURSES:
        item = items[code]
        assert item.kind == "course"
        assert (item.tier, item.hours, item.priorities) == (tier, hours, priorities), code
        assert item.renewal == f"every {months} months" if months else item.renewal.startswith("once"), code
        assert item.mark == ("sourced" if sourced else "illustrative"), code


def test_the_catalogue_holds_the_lists_and_what_the_expectations_ask_for(reference: Configuration) -> None:
    courses = {course[0] for course in COURSES}
    assert {item.code for item in reference.items} == courses | ASKED_FOR_TOO | set(RESOURCES)
    asked = {code for rule in reference.expectations for code in rule.items}
    assert ASKED_FOR_TOO - asked == {"EY-REFRESH"}, "which only must not stand in for the full course"


def test_the_resources_are_those_of_the_list_and_all_sourced(reference: Configuration) -> None:
    resources = [item for item in reference.items if item.kind == "resource" and item.code.startswith("R-")]
    assert [item.code for item in resources] == RESOURCES
    assert len(resources) == 14
    assert {item.mark for item in resources} == {"sourced"}


@pytest.mark.parametrize(("name", "code"), ALIASES.items())
def test_items_are_known_under_their_other_names(reference: Configuration, name: str, code: str) -> None:
    owners = [item.code for item in reference.items if fold(name) in map(fold, (item.title, *item.aliases))]
    assert owners == [code]


def test_what_counts_as_what_goes_one_way_and_no_refresher_stands_in(reference: Configuration) -> None:
    assert {(entry.item, entry.counts_as) for entry in reference.equivalences} == EQUIVALENCES
    assert {item.code: item.needs for item in reference.items if item.needs} == {"CSA-IFA": ["CSA-INTRO"]}


def test_the_eleven_priorities_name_their_recommendations_and_have_their_courses(reference: Configuration) -> None:
    assert [entry.number for entry in reference.priorities] == list(range(1, 12))
    assert {entry.mark for entry in reference.priorities} == {"sourced"}
    for entry in reference.priorities:
        recommendations, courses = PRIORITIES[entry.number]
        serving = {item.code for item in reference.items if entry.number in item.priorities}
        assert entry.recommendations == recommendations
        assert courses <= serving
    assert not [item for item in reference.items if 11 in item.priorities], "it is data and no course"


def test_the_sectors_and_roles_are_those_of_the_list_and_none_is_called_health(reference: Configuration) -> None:
    sectors = {fold(name): sector.code for sector in reference.sectors for name in (sector.name, *sector.aliases)}
    assert len(reference.sectors) == 12
    for sector, roles in ROLES.items():
        known = [role for role in reference.roles if role.sector == sectors[fold(sector)]]
        found = {role.code for role in known for name in roles if fold(name) in map(fold, (role.name, *role.aliases))}
        assert len(known) == len(roles) == len(found), sector
    assert len(reference.roles) == 38
    names = {fold(name) for sector in reference.sectors for name in (sector.name, *sector.aliases)}
    assert not names & {"health", "nhs"}


def test_the_thirty_two_expectations_are_those_of_the_list(reference: Configuration) -> None:
    assert len({row for row, *_ in EXPECTATIONS}) == 32
    written = [(_for(rule), _what(rule), _how_often(rule), rule.first_due_days, rule.target_percent)
               for rule in reference.expectations]  # fmt: skip
    assert written == [tuple(rest) for _, *rest in EXPECTATIONS]


def test_every_expectation_is_marked_as_the_list_marks_it(reference: Configuration) -> None:
    marks = [(row[0], rule.mark) for row, rule in zip(EXPECTATIONS, reference.expectations, strict=True)]
    # The briefing that goes with a guidance is ours, though its row is sourced.
    expected = [(row, "sourced" if row in SOURCED_ROWS else "illustrative") for row, *_ in EXPECTATIONS]
    expected[expected.index((31, "illustrative"))] = (31, "sourced")
    assert marks == expected
    assert all(rule.source and rule.rationale for rule in reference.expectations)


def test_expectations_begin_the_month_after_the_audit_unless_their_source_gives_a_day(reference: Configuration) -> None:
    days = Counter(rule.effective_from for rule in reference.expectations)
    assert days == {date(2024, 4, 1): 36, date(2025, 9, 1): 1}
    assert [rule.code for rule in reference.expectations if rule.effective_from.year == 2025] == [
        "EY-ANNEXC-EARLY-YEARS"
    ]


def test_what_a_registration_asks_for_is_recommended_and_what_a_setting_needs_is_nobodys_own(
    reference: Configuration,
) -> None:
    assert [rule.code for rule in reference.expectations if not rule.required] == ["SWE-CPD-SOCIAL-WORKERS"]
    assert [rule.code for rule in reference.expectations if rule.people_in_setting] == ["SAFER-REC-SCHOOLS"]


def _for(rule: ExpectationEntry) -> str:
    return " ".join(sorted(scope.role or scope.sector or EVERYBODY for scope in rule.scopes))


def _what(rule: ExpectationEntry) -> str:
    if len(rule.items) > 2:
        return f"{len(rule.items)} items"
    both = rule.measure == "items" and rule.amount == len(rule.items) == 2
    return ("2 of " if both else "") + " ".join(sorted(rule.items))


def _how_often(rule: ExpectationEntry) -> str:
    if rule.current_version_only:
        return "version"
    if rule.method == "once":
        return "once"
    if rule.anchor_on:
        assert (rule.period_months, rule.least_validity_months) == (12, 12)
        return f"year to {rule.anchor_on.day} {rule.anchor_on:%b}"
    return (f"{rule.amount:g} hours in " if rule.measure == HOURS else "") + f"{rule.period_months} m"
