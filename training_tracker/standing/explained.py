"""What an explanation consists of: one standing on a date, and what was and was not counted for it."""

from dataclasses import dataclass, field
from datetime import date

from training_tracker.calendar import in_words
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import ItemKind, Mark
from training_tracker.standing.feeds import FeedState
from training_tracker.standing.status import MET, Status

WAITS = "it waits for your manager to confirm"


@dataclass(frozen=True, slots=True)
class ItemToDo:
    """An item of the rule's set that is accepted on the date asked for; ``comes_first`` is what to do if one thing."""

    code: str
    title: str
    kind: ItemKind
    format: str
    hours: float | None
    address: str
    participatory: bool
    comes_first: bool = False


@dataclass(frozen=True, slots=True)
class CountingCompletion:
    """A completion that is part of the total.

    ``counts_for`` are the codes of the expected items it stands for, its own included; ``counts_as`` the titles of
    those for which it stands by equivalence. ``decides`` is true where the total reaches the amount.
    """

    id: int
    item: str
    title: str
    completed_on: date
    completed_by: date | None
    hours: float | None
    participatory: bool
    counts_for: tuple[str, ...]
    counts_as: tuple[str, ...]
    source: str
    strength: Strength
    decides: bool


@dataclass(frozen=True, slots=True)
class CompletionLeftOut:
    """A completion that is no part of the total, and the reason in a sentence. ``waits_since`` is the day on which it
    was recorded, where it is the person's own word and counts once a manager has confirmed it."""

    id: int
    item: str
    title: str
    completed_on: date
    completed_by: date | None
    hours: float | None
    source: str
    strength: Strength
    reason: str
    waits_since: date | None = None

    @property
    def waits(self) -> str:
        """That it waits to be confirmed, in a sentence; empty where it does not."""
        return f"You recorded this on {in_words(self.waits_since)}: {WAITS}." if self.waits_since else ""


@dataclass(frozen=True, slots=True)
class Origin:
    """One of the standings that a merged line comes from: who expects what since when, and its own dates."""

    code: str
    title: str
    expected_by: str
    effective_from: date
    required: bool
    rule: str
    status: Status
    first_due_on: date | None
    met_until: date | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What the person sees in place of several standings of one post that ask the same: the strictest of each.

    ``steps``, ``next_step`` and ``so_far`` are those of the most urgent one that decides.
    """

    required: bool
    status: Status
    rule: str
    met_until: date | None
    renewal_opens_on: date | None
    due_on: date | None
    grace_until: date | None
    origins: list[Origin]
    steps: list[str]
    next_step: str
    so_far: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedStanding:
    """One post against one expectation on a date: what is asked, by whom, where it stands, and why.

    ``extended_until`` is the last day of an extension of this cycle, before any leave moves it. ``exempt_until`` and
    ``on_leave_until`` belong to the statuses of those names; leave may have no end. With
    ``people_in_setting`` the rule is about a setting: nobody is reminded or overdue for it, whatever the status. Two
    with the same ``asks`` ask the same of a person, whatever their amounts and periods; where one post has several of
    them, ``merged`` is what the person sees of them all. ``so_far`` says how many hours there are of those that are
    asked for. ``silent_feeds`` are why an unknown one is unknown; its dates are what is known all the same.
    """

    post_id: int
    agency: str
    team: str
    role: str
    post_started_on: date | None

    expectation_id: int
    code: str
    title: str
    expected_by: str
    of_everyone: bool
    required: bool
    target_percent: float
    rule: str
    source: str
    rationale: str
    mark: Mark
    effective_from: date
    people_in_setting: int | None
    asks: str

    status: Status
    in_force_from: date
    first_due_on: date | None
    met_from: date | None
    met_until: date | None
    renewal_opens_on: date | None
    kept_until: date | None
    transition_until: date | None
    due_on: date | None
    grace_until: date | None
    extended_until: date | None
    exempt_until: date | None
    exempt_because: str | None
    on_leave_until: date | None

    items: list[ItemToDo] = field(default_factory=list)
    counting: list[CountingCompletion] = field(default_factory=list)
    not_counting: list[CompletionLeftOut] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    next_step: str = ""
    so_far: str = ""
    merged: Merged | None = None
    silent_feeds: list[FeedState] = field(default_factory=list)

    def waiting(self, code: str) -> CompletionLeftOut | None:
        """The last completion of an item that waits to be confirmed."""
        return next((one for one in self.not_counting if one.item == code and one.waits_since), None)

    def known_met(self, on: date) -> bool:
        """Whether it is met as far as is known, told or not."""
        if self.status is Status.UNKNOWN:
            return self.met_from is not None and (self.met_until is None or self.met_until >= on)
        return self.status in MET


def hours_of(completions: list[CountingCompletion]) -> float:
    return sum(completion.hours or 0 for completion in completions)


def participatory_hours(completions: list[CountingCompletion]) -> float:
    return sum(completion.hours or 0 for completion in completions if completion.participatory)
