"""The invented region: named agencies of every sector, their teams, and how each of them goes about training."""

from dataclasses import dataclass, field

COUNCIL = "Solent Isle Council"
TRUST = "Solent Isle NHS Trust"
CARE_BOARD = "Wessex Coast Integrated Care Board"
SURGERY = "Saltmarsh Surgery"
YOUTH_TRUST = "Solent Isle Youth and Sport Trust"
SOCIAL_CARE = "Children's social care"


@dataclass(frozen=True)
class Unit:
    """A team: who leads it, who works in it (roles as this agency writes them, and how many beside the others and
    beside its sisters), and the units below it. The lead's own post is in the unit above.
    """

    name: str
    lead: str
    staff: dict[str, float] = field(default_factory=dict)
    below: tuple["Unit", ...] = ()

    @property
    def weight(self) -> float:
        return sum(self.staff.values()) + sum(unit.weight for unit in self.below)


@dataclass(frozen=True)
class NamedAgency:
    """``weight`` is its share of the region's people, up to ``at_most``. ``diligence`` is the share of its people
    who keep up with a course of ordinary popularity. ``source`` is where its completions come from, and
    ``by_number`` whether that system knows people by employee number instead of e-mail.
    """

    name: str
    sector: str
    weight: float
    diligence: float
    source: str
    units: tuple[Unit, ...]
    lead: str
    staff: dict[str, float] = field(default_factory=dict)
    at_most: int | None = None
    by_number: bool = False

    @property
    def top(self) -> Unit:
        return Unit(self.name, self.lead, self.staff, self.units)


AGENCIES = (
    NamedAgency(
        COUNCIL,
        sector="Council",
        weight=23,
        diligence=0.79,
        source="Council learning portal",
        lead="Practice supervisor",
        units=(
            Unit(
                SOCIAL_CARE,
                "Practice supervisor",
                below=(
                    Unit("MASH", "Team manager", {"Social worker": 8, "Early help worker": 4}),
                    Unit(
                        "Assessment",
                        "Practice supervisor",
                        below=(
                            Unit("North", "Team manager", {"Social worker": 9, "Senior social worker": 2}),
                            Unit("South", "Team manager", {"Social worker": 9, "Senior social worker": 2}),
                        ),
                    ),
                    Unit("Children in care", "Team manager", {"SW": 9, "Family support worker": 4}),
                    Unit("Reviewing and quality", "CP chair", {"IRO": 6}),
                ),
            ),
            Unit(
                "Early help",
                "Practice supervisor",
                below=(
                    Unit("East", "Practice supervisor", {"Early help practitioner": 12}),
                    Unit("West", "Practice supervisor", {"Early help practitioner": 12}),
                ),
            ),
        ),
    ),
    NamedAgency(
        "Wessex Coast Constabulary",
        sector="Police force",
        weight=15,
        diligence=0.68,
        source="Constabulary training records",
        lead="Inspector",
        units=(
            Unit(
                "Response",
                "Inspector",
                below=(
                    Unit("Team A", "Sergeant", {"Response officer": 12}),
                    Unit("Team B", "Sergeant", {"Response officer": 12}),
                    Unit("Team C", "Sergeant", {"Response officer": 12}),
                ),
            ),
            Unit(
                "Public protection",
                "Inspector",
                below=(
                    Unit("Child abuse investigation", "Sergeant", {"Child abuse investigator": 12}),
                    Unit("MASH", "Sergeant", {"MASH officer": 8}),
                ),
            ),
        ),
    ),
    NamedAgency(
        TRUST,
        sector="NHS trust",
        weight=25,
        diligence=0.82,
        source="ESR",
        by_number=True,
        lead="Service manager",
        units=(
            Unit(
                "Women and children",
                "Service manager",
                below=(
                    Unit("Maternity", "Ward manager", {"Midwife": 14}),
                    Unit("Children's ward", "Ward manager", {"Children's nurse": 10, "Paediatrician": 4}),
                    Unit("Health visiting", "Service manager", {"Health visitor": 14}),
                    Unit("School nursing", "Service manager", {"School nurse": 7}),
                ),
            ),
            Unit(
                "Medicine and emergency care",
                "Service manager",
                below=(
                    Unit("Emergency department", "Ward manager", {"Adult nurse": 12, "Children's nurse": 4}),
                    Unit("Acute medicine", "Ward manager", {"Adult nurse": 13, "Ward clerk": 2}),
                    Unit("Theatres", "Ward manager", {"Adult clinician": 13}),
                ),
            ),
            Unit("Estates and facilities", "Manager", {"Porter": 10, "Non-clinical": 8}),
            Unit("Safeguarding", "Named nurse", {"Named nurse": 4, "Named doctor": 1, "Named midwife": 1}),
        ),
    ),
    NamedAgency(
        "Wessex Coast Mental Health Trust",
        sector="Mental health trust",
        weight=7,
        diligence=0.72,
        source="ESR",
        by_number=True,
        lead="Manager",
        units=(
            Unit("CAMHS community", "CAMHS manager", {"CAMHS practitioner": 10}),
            Unit("CAMHS crisis", "CAMHS manager", {"CAMHS clinician": 6}),
        ),
    ),
    NamedAgency(
        SURGERY,
        sector="GP practice",
        weight=4,
        diligence=0.7,
        source="Practice training log",
        at_most=60,
        lead="Practice manager",
        units=(
            Unit("Consulting", "GP safeguarding lead", {"GP": 6, "Practice nurse": 6}),
            Unit("Front desk", "Practice manager", {"Receptionist": 8}),
        ),
    ),
    NamedAgency(
        CARE_BOARD,
        sector="ICB",
        weight=2,
        diligence=0.86,
        source="ESR",
        by_number=True,
        at_most=60,
        lead="Designated nurse",
        staff={"Commissioning manager": 7, "Designated doctor": 2, "Designated nurse": 2},
        units=(),
    ),
    NamedAgency(
        "Chalk Bay Primary School",
        sector="School",
        weight=4,
        diligence=0.8,
        source="School register",
        at_most=45,
        lead="DSL",
        staff={"Teacher": 9, "Teaching assistant": 8, "Governor": 4, "Deputy DSL": 2, "School staff": 2},
        units=(),
    ),
    NamedAgency(
        "Downland High School",
        sector="School",
        weight=8,
        diligence=0.97,
        source="School register",
        at_most=160,
        lead="Designated safeguarding lead",
        units=(
            Unit("Humanities and arts", "Teacher", {"Teacher": 12, "Teaching assistant": 3}),
            Unit("Sciences and mathematics", "Teacher", {"Teacher": 12, "Teaching assistant": 3}),
            Unit("Pastoral care", "DSL", {"Deputy DSL": 4, "School staff": 5}),
            Unit("Governing body", "Chair of governors", {"Governor": 7}),
        ),
    ),
    NamedAgency(
        "Little Sandpipers Nursery",
        sector="Nursery",
        weight=3,
        diligence=0.76,
        source="Nursery training log",
        at_most=40,
        lead="Nursery manager",
        staff={"Nursery practitioner": 12, "Deputy DSL": 2},
        units=(),
    ),
    NamedAgency(
        "Wessex Coast Probation Service",
        sector="Probation",
        weight=4,
        diligence=0.78,
        source="Probation learning portal",
        lead="Manager",
        units=(
            Unit("Court and community", "Senior probation officer", {"Probation officer": 10}),
            Unit("Public protection", "Senior probation officer", {"Probation practitioner": 7}),
        ),
    ),
    NamedAgency(
        YOUTH_TRUST,
        sector="Charity",
        weight=4,
        diligence=0.6,
        source="Sign-up sheet",
        at_most=120,
        lead="Safeguarding lead",
        units=(
            Unit("Youth clubs", "Welfare officer", {"Volunteer": 5, "Youth worker": 4}),
            Unit("Sailing and football", "Club welfare officer", {"Volunteer": 5, "Coach": 3}),
            Unit("Board", "Chair of trustees", {"Trustee": 4}),
        ),
    ),
    # So small that no page of the partnership may show it by itself.
    NamedAgency(
        "Ebb Tide Young Carers",
        sector="Charity",
        weight=3,
        diligence=0.7,
        source="Sign-up sheet",
        at_most=3,
        lead="Safeguarding lead",
        staff={"Project worker": 1, "Volunteer": 1},
        units=(),
    ),
    NamedAgency(
        "The Lantern Centre",
        sector="SARC",
        weight=2.5,
        diligence=0.9,
        source="Centre records",
        at_most=40,
        lead="Service manager",
        staff={"Therapist": 7, "Play therapist": 4},
        units=(),
    ),
    NamedAgency(
        "Wessex Coast Fire and Rescue Service",
        sector="Fire and rescue service",
        weight=5,
        diligence=0.6,
        source="Station logbook",
        lead="Safeguarding lead",
        units=(
            Unit("Harbour station", "Safeguarding lead", {"Firefighter": 9}),
            Unit("Hill station", "Safeguarding lead", {"Firefighter": 9}),
            Unit("Community safety", "Safeguarding lead", {"Frontline": 5}),
        ),
    ),
)
