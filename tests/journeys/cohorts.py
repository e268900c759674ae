"""The people of the journey, in cohorts of one history each, with what follows from it worked out by hand.

Everybody has post, role and completions such that only what the cohort is about can fall due before April 2027. The
rules are those of the reference configuration for every practitioner: the introduction to child sexual abuse every 36
months, the first time within 90 days; the toolkit and the mandatory reporting briefing once, within 30 days; the signs
and indicators template once, within 90 days; all since 1 April 2024. Five of the agencies' roles have rules of their
own besides.

The letters' days follow from the ladder: 90, 60, 30 and 7 days before a due date, on it, 7 and 14 days after it, then
monthly; the latest of several steps; on working days; not more than one letter in 7 days unless something has newly
become overdue. The first plan is made on Thursday 1 October 2026.
"""

from dataclasses import dataclass, field
from datetime import date

INTRO, TOOLKIT, SIGNS, MRD = "CSA-INTRO-ALL", "R-TOOLKIT-ALL", "R-SIGNS-ALL", "MRD-ALL"
FOR_ALL = (INTRO, TOOLKIT, SIGNS, MRD)

# The days on which standings are looked at: half a year before the quarter, on its eve, and on its last day.
SPRING, EVE, END = date(2026, 3, 31), date(2026, 9, 30), date(2026, 12, 31)

LONG_AGO = date(2020, 1, 20)
ONCE = {"R-TOOLKIT": date(2024, 4, 15), "R-SIGNS": date(2024, 6, 3), "MRD": date(2024, 4, 22)}
KEPT_UP = ONCE | {"CSA-INTRO": date(2025, 5, 12)}
# What agencies send besides: nobody expects it, or it counts for nothing any more.
EARLIER_INTRO = (date(2019, 5, 13), date(2022, 5, 12))
BESIDES = {
    "MET": (date(2021, 3, 2),),
    "HONEST": (date(2023, 2, 7),),
    "INFO-SHARE": (date(2020, 9, 22), date(2023, 9, 19)),
}

Letters = tuple[date, ...]


def october(*days: int) -> Letters:
    return tuple(date(2026, 10, day) for day in days)


def november(*days: int) -> Letters:
    return tuple(date(2026, 11, day) for day in days)


def december(*days: int) -> Letters:
    return tuple(date(2026, 12, day) for day in days)


@dataclass(frozen=True)
class Cohort:
    """``status`` gives the introduction's status, and ``others`` that of everything else, on SPRING, EVE and END;
    None where nothing is expected. ``letters`` are the days of their digests."""

    done: dict[str, date]
    status: tuple[str | None, str | None, str | None]
    others: tuple[str | None, str | None, str | None] = ("compliant", "compliant", "compliant")
    letters: Letters = ()
    started_on: date | None = LONG_AGO
    ended_on: date | None = None
    # What they complete during the quarter: item and day.
    later: dict[str, date] = field(default_factory=dict)
    # Whether the role's own rule is lapsed; it is kept up otherwise.
    lapsed: bool = False
    # Whether they are new enough in post to be welcomed on the first day.
    welcomed: bool = False
    # Whether they did the introduction in earlier years too.
    earlier_intro: bool = False


COHORTS = {
    # Valid through 12 May 2028.
    "settled": Cohort(KEPT_UP, ("compliant", "compliant", "compliant"), earlier_intro=True),
    # Valid through 16 November 2026; the renewal opens on 16 August. 17 October is a Saturday.
    "renewing": Cohort(
        ONCE | {"CSA-INTRO": date(2023, 11, 16)},
        ("compliant", "due_soon", "overdue"),
        letters=october(1, 19) + november(9, 16, 23, 30) + december(16),
    ),
    "renewed": Cohort(
        ONCE | {"CSA-INTRO": date(2023, 11, 16)},
        ("compliant", "due_soon", "compliant"),
        letters=october(1, 19),
        later={"CSA-INTRO": date(2026, 10, 20)},
    ),
    # Due since 30 June 2024, 90 days after the rule began; so a month's step falls on every 30th.
    "never": Cohort(
        ONCE,
        ("overdue", "overdue", "overdue"),
        letters=october(1, 30) + november(30) + december(30),
    ),
    "late": Cohort(
        ONCE,
        ("overdue", "overdue", "compliant"),
        letters=october(1, 30),
        later={"CSA-INTRO": date(2026, 11, 10)},
    ),
    # In post since 14 September, welcomed on 1 October: two things are due by 14 October, two by Sunday 13 December.
    "quick": Cohort(
        {},
        (None, "not_yet_due", "compliant"),
        (None, "not_yet_due", "compliant"),
        letters=october(14),
        started_on=date(2026, 9, 14),
        welcomed=True,
        later={
            "R-TOOLKIT": date(2026, 10, 5),
            "MRD": date(2026, 10, 5),
            "CSA-INTRO": date(2026, 10, 20),
            "R-SIGNS": date(2026, 10, 20),
        },
    ),
    # The week of quiet moves 7 October to the 8th, 14 to 15, 21 to 22, 28 to 29, and 16 November to the 20th.
    "slow": Cohort(
        {},
        (None, "not_yet_due", "overdue"),
        (None, "not_yet_due", "overdue"),
        letters=october(8, 15, 22, 29) + november(13, 20) + december(7, 14, 21, 29),
        started_on=date(2026, 9, 14),
        welcomed=True,
    ),
    "undated": Cohort(ONCE, ("undated", "undated", "undated"), started_on=None),
    # Leaves in the middle of October, before the next step.
    "leaver": Cohort(
        ONCE,
        ("overdue", "overdue", None),
        ("compliant", "compliant", None),
        letters=october(1),
        ended_on=date(2026, 10, 16),
    ),
    "gone": Cohort(KEPT_UP, ("compliant", None, None), ("compliant", None, None), ended_on=date(2026, 6, 30)),
    # From 1 August 2026 to the end of January.
    "on leave": Cohort(ONCE, ("overdue", "on_leave", "on_leave"), ("compliant", "on_leave", "on_leave")),
    # From the introduction alone, from 1 August 2026 to the end of March.
    "exempt": Cohort(ONCE, ("overdue", "exempt", "exempt")),
    # Only the role's own rule has lapsed: its status and its letters are the agency's to say.
    "lapsed": Cohort(KEPT_UP, ("compliant", "compliant", "compliant"), lapsed=True, earlier_intro=True),
}


@dataclass(frozen=True)
class Rule:
    """A role's own expectation: when it is kept up, and when it has lapsed, with the status of the lapsed."""

    expectation: str
    item: str
    kept_up: date
    lapsed: date | None = None
    status: tuple[str, str, str] = ("compliant", "compliant", "compliant")
    letters: Letters = ()


@dataclass(frozen=True)
class Agency:
    """``sizes`` says how many of each cohort. Its head manages the whole agency, and its leads a team each."""

    name: str
    sector: str
    role: str
    head: str
    sizes: dict[str, int]
    rules: tuple[Rule, ...] = ()
    head_items: dict[str, date] = field(default_factory=dict)
    head_expectations: tuple[str, ...] = ()
    # Where a nested team takes half of the people.
    nested: bool = False
    by_number: bool = False


MONTHLY_ON_THE_FIRST = october(1) + november(2) + december(1)  # 1 November is a Sunday

AGENCIES = (
    Agency(
        "Sandown Harbour Trust",
        "NHS trust",
        "Non-clinical staff",
        "Manager",
        {
            "settled": 20,
            "renewing": 6,
            "renewed": 5,
            "never": 8,
            "late": 4,
            "undated": 2,
            "leaver": 2,
            "gone": 3,
            "on leave": 3,
            "exempt": 2,
            "lapsed": 7,
        },
        # 36 months: valid through 1 March 2025.
        (
            Rule(
                "SGC-L1-TRUST-NON-CLINICAL",
                "SGC-L1",
                date(2025, 2, 10),
                date(2022, 3, 1),
                ("overdue", "overdue", "overdue"),
                MONTHLY_ON_THE_FIRST,
            ),
        ),
        nested=True,
        by_number=True,
    ),
    Agency(
        "Wootton Creek Council",
        "Children's social care (council)",
        "Early help practitioner",
        "Practice supervisor",
        {
            "settled": 15,
            "renewing": 4,
            "renewed": 3,
            "never": 6,
            "late": 3,
            "undated": 1,
            "leaver": 1,
            "gone": 2,
            "on leave": 1,
            "exempt": 1,
            "lapsed": 5,
        },
        # 24 months: valid through 1 March 2025.
        (
            Rule(
                "CERAF-SOCIAL-CARE",
                "CERAF",
                date(2025, 9, 8),
                date(2023, 3, 1),
                ("overdue", "overdue", "overdue"),
                MONTHLY_ON_THE_FIRST,
            ),
        ),
        head_items={"CERAF": date(2025, 9, 8), "MGR-CSA": date(2025, 9, 9)},
        head_expectations=("CERAF-SOCIAL-CARE", "MGR-CSA-PRACTICE-SUPERVISORS"),
    ),
    Agency(
        "Needles Constabulary",
        "Police",
        "MASH officer",
        "Supervisor",
        {
            "settled": 10,
            "renewing": 3,
            "renewed": 2,
            "never": 5,
            "late": 2,
            "undated": 1,
            "leaver": 1,
            "gone": 1,
            "on leave": 1,
            "exempt": 1,
            "lapsed": 4,
        },
        # Never read: due since 1 May 2024, 30 days after the rule began.
        (
            Rule(
                "R-ICAT-MASH",
                "R-ICAT",
                date(2024, 5, 6),
                None,
                ("overdue", "overdue", "overdue"),
                MONTHLY_ON_THE_FIRST,
            ),
        ),
    ),
    Agency(
        "Carisbrooke Mental Health Trust",
        "Mental health provider",
        "Clinician",
        "Manager",
        {
            "settled": 14,
            "renewing": 3,
            "renewed": 3,
            "never": 4,
            "late": 2,
            "quick": 4,
            "slow": 3,
            "undated": 1,
            "leaver": 1,
            "gone": 1,
            "on leave": 1,
            "exempt": 1,
        },
    ),
    Agency(
        "Shanklin Youth Charity",
        "Voluntary sector",
        "Volunteer",
        "Trustee",
        {"settled": 6, "renewing": 2, "renewed": 1, "never": 3, "quick": 2, "slow": 2},
    ),
    Agency(
        "Ventnor High School",
        "School",
        "Teacher",
        "Governor",
        {"settled": 10, "renewing": 2, "renewed": 2, "never": 2, "late": 1, "gone": 1, "lapsed": 4},
        (
            Rule("SCH-INDUCT-SCHOOL-STAFF", "SCH-INDUCT", date(2024, 9, 2)),
            Rule("SCH-UPDATE-SCHOOL-STAFF", "SCH-UPDATE", date(2025, 9, 3)),
            # Once in each year that ends on 31 August: from September 2024 it lasts until 31 August 2026. Of the
            # monthly steps, 30 September is said on 1 October and Saturday 31 October on Monday 2 November.
            Rule(
                "KCSIE-P1-SCHOOL-STAFF",
                "KCSIE-P1",
                date(2025, 9, 3),
                date(2024, 9, 3),
                ("compliant", "overdue", "overdue"),
                october(1) + november(2, 30) + december(31),
            ),
        ),
    ),
    Agency(
        "Solent Fire and Rescue",
        "Fire and rescue",
        "Frontline worker",
        "Safeguarding lead",
        {"settled": 8, "renewing": 1, "never": 2, "quick": 1, "slow": 1},
    ),
)
# Somebody of the trust who has never done the introduction helps out at the charity too: one person, two posts.
HELPS_OUT = ("Sandown Harbour Trust", "never", "Shanklin Youth Charity")
