"""The cohorts as people with names and numbers, and as the spreadsheets that their agencies send."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.intake.spreadsheets import Row, completion, person
from tests.journeys.cohorts import (
    AGENCIES,
    BESIDES,
    COHORTS,
    EARLIER_INTRO,
    HELPS_OUT,
    KEPT_UP,
    LONG_AGO,
    Agency,
    Cohort,
    Letters,
)

NAMES = ("Reed", "Ng", "Hale", "Tobin", "Osei", "Kaur", "Blake", "Marsh", "Quinn", "Vale", "Ward", "Ibe")
SURNAMES = ("Ashe", "Birch", "Cole", "Dyer", "Eke", "Frost", "Gale", "Hurst", "Ives", "Joy", "Kerr", "Lyle", "Moss")


@dataclass(frozen=True)
class Member:
    """Somebody of the region. ``cohort`` is empty for those who manage."""

    agency: Agency
    cohort: str
    name: str
    email: str
    number: str
    team: str
    role: str
    manager: str
    started_on: date | None = LONG_AGO
    ended_on: date | None = None

    @property
    def facts(self) -> Cohort:
        return COHORTS[self.cohort]

    @property
    def letters(self) -> Letters:
        if not self.cohort:
            return ()
        own = [rule.letters for rule in self.agency.rules if self.facts.lapsed]
        return self.facts.letters + tuple(day for letters in own for day in letters)


class _Naming:
    def __init__(self, agency: Agency) -> None:
        self.domain = f"{agency.name.split()[0].casefold()}.example"
        self.number = 0

    def __call__(self) -> dict[str, Any]:
        self.number += 1
        turn, place = divmod(self.number - 1, len(NAMES))
        first, last = NAMES[place], SURNAMES[turn]
        return {
            "name": f"{first} {last}",
            "email": f"{first}.{last}@{self.domain}".casefold(),
            "number": f"{self.number:05d}",
        }


def everybody() -> list[Member]:
    return [member for agency in AGENCIES for member in _staff(agency)]


def _staff(agency: Agency) -> Iterator[Member]:
    """The head; the leads, whose posts are at the top; and the people of each team."""
    naming = _Naming(agency)
    head = naming()
    yield Member(agency, "", **head, team="", role=agency.head, manager="")
    teams = ["Front line", "Front line > Night shift"] if agency.nested else ["Front line"]
    leads = {team: naming() for team in teams}
    for lead in leads.values():
        yield Member(agency, "", **lead, team="", role=agency.head, manager=head["email"])
    for cohort, size in agency.sizes.items():
        for index in range(size):
            team = teams[index % len(teams)]
            yield Member(
                agency,
                cohort,
                **naming(),
                team=team,
                role=agency.role,
                manager=leads[team]["email"],
                started_on=COHORTS[cohort].started_on,
                ended_on=COHORTS[cohort].ended_on,
            )


def managers(members: list[Member]) -> list[Member]:
    return [member for member in members if not member.cohort]


def helper(members: list[Member]) -> Member:
    """The one with a second post."""
    home, cohort, _ = HELPS_OUT
    return next(member for member in members if (member.agency.name, member.cohort) == (home, cohort))


# --- their spreadsheets ---


def people_rows(members: list[Member]) -> list[Row]:
    """A row for each post, the managers' own at the end of each agency's."""
    ordered = sorted(members, key=lambda member: (AGENCIES.index(member.agency), not member.cohort))
    rows = [_person(member) for member in ordered]
    away = next(agency for agency in AGENCIES if agency.name == HELPS_OUT[2])
    lead = managers([member for member in members if member.agency is away])[-1]
    extra = _person(helper(members)) | {
        "agency": away.name,
        "sector": away.sector,
        "team": "Front line",
        "employee number": "V-77",
        "role": away.role,
        "manager e-mail": lead.email,
    }
    return [*rows, extra]


def _person(member: Member) -> Row:
    return person(
        agency=member.agency.name,
        sector=member.agency.sector,
        team=member.team,
        number=member.number,
        name=member.name,
        email=member.email,
        role=member.role,
        manager=member.manager,
        started=_written(member.agency, member.started_on),
        ended=_written(member.agency, member.ended_on),
    )


def completion_rows(members: list[Member]) -> list[Row]:
    return [
        _completion(member, item, day)
        for member in members
        for item, days in _record(member).items()
        for day in sorted(days)
    ]


def _record(member: Member) -> dict[str, set[date]]:
    """What somebody has done before the quarter."""
    record: dict[str, set[date]] = {}
    done = member.facts.done if member.cohort else KEPT_UP | member.agency.head_items
    for item, day in done.items():
        record.setdefault(item, set()).add(day)
    for rule in member.agency.rules if member.cohort else ():
        if last := (rule.lapsed if member.facts.lapsed and rule.letters else rule.kept_up):
            record.setdefault(rule.item, set()).add(last)
    if not member.cohort or member.facts.earlier_intro:
        record["CSA-INTRO"].update(EARLIER_INTRO)
    if done:
        for item, days in BESIDES.items():
            record.setdefault(item, set()).update(days)
    return record


def later_rows(members: list[Member], day: date) -> list[Row]:
    """What people complete on a day of the quarter."""
    return [
        _completion(member, item, on)
        for member in members
        if member.cohort
        for item, on in member.facts.later.items()
        if on == day
    ]


def _completion(member: Member, item: str, day: date) -> Row:
    if member.agency.by_number:
        who: dict[str, Any] = {"email": "", "agency": member.agency.name.upper(), "number": member.number}
    else:
        who = {"email": member.email}
    return completion(**who, item=WRITTEN.get(item, item), completed=_written(member.agency, day))


# Systems write items by title or by an alias, in their own spelling.
WRITTEN = {"CSA-INTRO": "intro to CSA", "MRD": "Mandatory Reporting Duty briefing", "R-TOOLKIT": "r-toolkit"}


def _written(agency: Agency, day: date | None) -> date | str:
    """The trust writes ISO dates, the council British ones; workbooks hold dates themselves."""
    if day is None:
        return ""
    if agency.name == "Sandown Harbour Trust":
        return day.isoformat()
    return f"{day:%d/%m/%Y}" if agency.name == "Wootton Creek Council" else day
