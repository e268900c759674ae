"""An expectation as a form says it, in plain English: read into the one rule shape, and put back into the form."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.finding import Choice, choices
from training_tracker.catalogue.models import Mark
from training_tracker.errors import Refused
from training_tracker.expectations.models import Measure, Method, OnChange
from training_tracker.expectations.publishing import Rule, Scope
from training_tracker.people.listing import (
    AgencyLine,
    GroupLine,
    RoleLine,
    TeamLine,
    role_groups,
    roles_of_agency,
    teams_of_agency,
)
from training_tracker.web import forms
from training_tracker.web.forms import Sent

MOST_DAYS, MOST_MONTHS, MOST_HOURS = 3_660, 600, 10_000
LONGEST_WHY, LONGEST_SOURCE = 2_000, 500
# The last day of each year that a rule can go by, with what it is called: any year will do, for the cycle repeats.
YEARS = {
    "school": (date(2024, 8, 31), "School year, to 31 August"),
    "registration": (date(2024, 11, 30), "Registration year, to 30 November"),
    "calendar": (date(2024, 12, 31), "Calendar year, to 31 December"),
    "financial": (date(2025, 3, 31), "Financial year, to 31 March"),
}
# What of a rule whose cycle is another the form leaves as it is.
AS_NOW = "now"


@dataclass(frozen=True, slots=True)
class Options:
    """What there is to choose from in an agency."""

    agency: AgencyLine
    items: list[Choice]
    groups: list[GroupLine]
    roles: list[RoleLine]
    teams: list[TeamLine]
    kept: list[tuple[Scope, str]]

    def boxes(self) -> Iterator[tuple[str, Scope]]:
        """Every box that says of whom, by its name."""
        for group in self.groups:
            yield f"group-{group.code}", Scope(role_group_id=group.id)
        for role in self.roles:
            yield f"role-{role.code}", Scope(role_id=role.id)
        for team in self.teams:
            yield f"team-{team.id}", Scope(team_id=team.id)
        for position, (scope, _words) in enumerate(self.kept):
            yield f"kept-{position}", scope


async def options(session: AsyncSession, agency: AgencyLine, today: date, rule: Rule | None) -> Options:
    """``rule`` is the one that is changed: whom it names in ways that no single box says stays to be chosen."""
    offered = {item.id for item in await choices(session, offered_on=today)} | (rule.items if rule else set())
    found = Options(
        agency,
        [item for item in await choices(session) if item.id in offered],
        await role_groups(session),
        await roles_of_agency(session, agency.id, today),
        await teams_of_agency(session, agency.id),
        [],
    )
    known = {scope for _name, scope in found.boxes()} | {Scope()}
    others = sorted(rule.scopes - known, key=str) if rule else []
    return replace(found, kept=[(scope, _in_words(scope, found)) for scope in others])


# --- from a rule to the form ---


def as_sent(rule: Rule, found: Options, title: str) -> Sent:
    """What the form holds when it says this rule. The day from which and who approved it are left to be said."""
    codes = {item.id: item.code for item in found.items}
    return {
        "title": title,
        **{f"item-{codes[item]}": "yes" for item in rule.items if item in codes},
        "much": _much(rule),
        "number": f"{rule.amount:g}" if _much(rule) in ("some", "hours") else "",
        "often": rule.method.value,
        "months": str(rule.period_months) if rule.method in (Method.COMPLETION, Method.CONTINUOUS) else "",
        "window": str(rule.renewal_window_months) if rule.method is Method.CONTINUOUS else "",
        "year": _year(rule) if rule.method is Method.CYCLE else "",
        "who": "everybody" if Scope() in rule.scopes else "some",
        **{name: "yes" for name, scope in found.boxes() if scope in rule.scopes},
        "due": str(rule.first_due_days),
        "required": "yes" if rule.required else "no",
        "target": f"{rule.target_percent:g}",
        "strength": str(int(rule.least_strength)),
        "change": rule.on_change.value,
        "why": rule.rationale,
        "source": rule.source,
    }


def blank(found: Options, audience: str) -> Sent:
    """A new one, for those whom a warning on the page was about, if it was."""
    groups = [group for group in found.groups if audience and group.audience == audience]
    return {
        "much": "all",
        "often": Method.COMPLETION.value,
        "who": "some" if groups else "everybody",
        **{f"group-{group.code}": "yes" for group in groups},
        "required": "yes",
        "target": "90",
        "due": "90",
        "strength": "1",
    }


def _much(rule: Rule) -> str:
    if rule.measure is Measure.HOURS:
        return "hours"
    if rule.current_version_only:
        return "current"
    return "all" if rule.amount == len(rule.items) else "some"


def _year(rule: Rule) -> str:
    anchor = rule.anchor_on
    named = [
        name
        for name, (last, _words) in YEARS.items()
        if anchor and (last.month, last.day) == (anchor.month, anchor.day) and rule.period_months == 12
    ]
    return named[0] if named and rule.least_validity_months == 12 else AS_NOW


def _in_words(scope: Scope, found: Options) -> str:
    """Somebody whom no single box names, such as one role in one team."""
    roles = {role.id: role.name for role in found.roles}
    groups = {group.id: f"the group {group.name}" for group in found.groups}
    teams = {team.id: f"the team {team.name}" for team in found.teams}
    parts = [
        roles.get(scope.role_id or 0, "Another role") if scope.role_id else "",
        groups.get(scope.role_group_id or 0, "another group") if scope.role_group_id else "",
        teams.get(scope.team_id or 0, "another team") if scope.team_id else "",
    ]
    return ", in ".join(part for part in parts if part) or "Others, as the version before says"


# --- from the form to a rule ---


def read(sent: Sent, found: Options, before: Rule | None) -> Rule:
    """The rule that the form says; what the form does not ask is taken from ``before``.

    Raises :class:`Refused` for the first thing that is missing or does not fit, by its field.
    """
    items = frozenset(item.id for item in found.items if f"item-{item.code}" in sent)
    if not items:
        raise Refused("No course or resource is ticked", "Tick what counts.", "counts")
    day = forms.day(sent, "from", "The day from which it holds")
    rule = before or Rule(effective_from=day, first_due_days=0, method=Method.ONCE, mark=Mark.SOURCED)
    rule = replace(
        rule,
        effective_from=day,
        effective_until=None,
        items=items,
        scopes=_whom(sent, found),
        required=sent.get("required") != "no",
        target_percent=_percent(sent),
        first_due_days=_needed(sent, "due", "The number of days", least=0, most=MOST_DAYS),
        least_strength=_strength(sent),
        on_change=_on_change(sent),
        transition_days=forms.whole(sent, "transition", "The number of days", least=0, most=MOST_DAYS),
        mark=Mark.SOURCED,
        rationale=forms.text(sent, "why", longest=LONGEST_WHY),
        source=forms.text(sent, "source", longest=LONGEST_SOURCE) or f"Decided by {found.agency.name}",
        approved_by=forms.text(sent, "approver") or None,
    )
    if not rule.rationale:
        raise Refused(
            "It is not said why", "Say it in a sentence or two: people read it beside what they are asked.", "why"
        )
    rule = _with_period(_with_amount(rule, sent), sent, before)
    return _without_what_does_not_fit(rule)


def _with_amount(rule: Rule, sent: Sent) -> Rule:
    several = replace(rule, measure=Measure.ITEMS, current_version_only=False)
    match sent.get("much"):
        case "all":
            return replace(several, amount=float(len(rule.items)))
        case "some":
            amount = _needed(sent, "number", "How many", least=1, most=len(rule.items))
            return replace(several, amount=float(amount))
        case "hours":
            hours = forms.number(sent, "number", "The number of hours")
            if hours is None or not 0 < hours <= MOST_HOURS:
                raise Refused("The number of hours is missing", "Write it like 8 or 1.5.", "number")
            return replace(rule, measure=Measure.HOURS, current_version_only=False, amount=hours)
        case "current":
            if len(rule.items) != 1:
                mend = "Tick the one resource whose current version is to be acknowledged."
                raise Refused(f"{len(rule.items)} courses or resources are ticked", mend, "counts")
            return replace(several, amount=1.0, current_version_only=True)
    raise Refused("It is not said how much of it", "Choose one.", "much")


def _with_period(rule: Rule, sent: Sent, before: Rule | None) -> Rule:
    plain = replace(rule, period_months=None, anchor_on=None, least_validity_months=0, renewal_window_months=3)
    match sent.get("often"):
        case Method.ONCE.value:
            return replace(plain, method=Method.ONCE, grace_days=0)
        case Method.COMPLETION.value:
            months = _needed(sent, "months", "The number of months", least=1, most=MOST_MONTHS)
            window = rule.renewal_window_months if rule.method is Method.COMPLETION else 3
            return replace(
                plain,
                method=Method.COMPLETION,
                period_months=months,
                renewal_window_months=min(window, months - 1),
            )
        case Method.CONTINUOUS.value:
            months = _needed(sent, "months", "The number of months", least=2, most=MOST_MONTHS)
            window = _needed(sent, "window", "The number of months before the end", least=1, most=months - 1)
            if rule.measure is not Measure.ITEMS or rule.amount != 1:
                mend = "Choose “every so many months”, or let one course or resource be enough."
                raise Refused("Only what one course or resource meets can keep its date", mend, "often")
            return replace(plain, method=Method.CONTINUOUS, period_months=months, renewal_window_months=window)
        case Method.CYCLE.value:
            year = sent.get("year", "")
            if year == AS_NOW and before is not None and before.method is Method.CYCLE:
                return rule
            if year not in YEARS:
                raise Refused("It is not said which year", "Choose one.", "year")
            return replace(
                plain, method=Method.CYCLE, period_months=12, anchor_on=YEARS[year][0], least_validity_months=12
            )
    raise Refused("It is not said how often", "Choose one.", "often")


def _without_what_does_not_fit(rule: Rule) -> Rule:
    """A refresher renews what one course meets, and only hours are shared with others."""
    one_item = rule.measure is Measure.ITEMS and rule.amount == 1 and not rule.current_version_only
    refreshers = rule.refreshers - rule.items if one_item else frozenset()
    return replace(
        rule,
        refreshers=refreshers,
        refresher_months=rule.refresher_months if refreshers else None,
        participatory_percent=rule.participatory_percent if rule.measure is Measure.HOURS else None,
    )


def _whom(sent: Sent, found: Options) -> frozenset[Scope]:
    if sent.get("who") == "everybody":
        return frozenset({Scope()})
    scopes = frozenset(scope for name, scope in found.boxes() if name in sent)
    if not scopes:
        mend = "Tick at least one group, role or team, or choose everybody."
        raise Refused("It is not said of whom", mend, "who")
    return scopes


def _needed(sent: Sent, name: str, what: str, *, least: int, most: int) -> int:
    found = forms.whole(sent, name, what, least=least, most=most)
    if found is None:
        raise Refused(f"{what} is missing", f"Give one between {least:,} and {most:,}.", name)
    return found


def _percent(sent: Sent) -> float:
    found = forms.number(sent, "target", "The target")
    if found is None or not 0 <= found <= 100:
        raise Refused("The target must be a percentage", "Give one between 0 and 100.", "target")
    return found


def _strength(sent: Sent) -> Strength:
    try:
        return Strength(int(sent.get("strength", "")))
    except ValueError:
        raise Refused("It is not said which evidence is enough", "Choose one.", "strength") from None


def _on_change(sent: Sent) -> OnChange:
    """Of a first version it is not asked: there was none before."""
    try:
        return OnChange(sent.get("change", OnChange.RECOMPUTE.value))
    except ValueError:
        raise Refused("It is not said what becomes of what was done before", "Choose one.", "change") from None
