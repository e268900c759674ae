"""Standings, rules and what was done, put together by hand: for what is decided without a database."""

from datetime import date
from typing import Any

from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import ItemKind, Mark
from training_tracker.expectations.models import ExpectationVersion, Measure, Method
from training_tracker.standing.explained import CountingCompletion, ExplainedStanding, ItemToDo
from training_tracker.standing.status import Status


def standing(status: Status = Status.OVERDUE, **fields: Any) -> ExplainedStanding:
    """Of somebody who started on 1 January 2025 and was to do one course by 31 January 2025."""
    usual: dict[str, Any] = {
        "post_id": 1,
        "agency": "Harbour Council",
        "team": "Duty",
        "role": "Social worker",
        "post_started_on": date(2025, 1, 1),
        "expectation_id": 1,
        "code": "CSA",
        "title": "Expected: CSA",
        "expected_by": "Harbour Safeguarding Partnership",
        "of_everyone": True,
        "required": True,
        "target_percent": 90,
        "rule": "",
        "source": "",
        "rationale": "",
        "mark": Mark.ILLUSTRATIVE,
        "effective_from": date(2020, 1, 1),
        "people_in_setting": None,
        "asks": "items of A",
        "in_force_from": date(2025, 1, 1),
        "first_due_on": date(2025, 1, 31),
        "met_from": None,
        "met_until": None,
        "renewal_opens_on": None,
        "kept_until": None,
        "transition_until": None,
        "due_on": date(2025, 1, 31),
        "grace_until": None,
        "extended_until": None,
        "exempt_until": None,
        "exempt_because": None,
        "on_leave_until": None,
        "items": [item("A")],
    }
    return ExplainedStanding(status=status, **usual | fields)


def rule(**fields: Any) -> ExpectationVersion:
    usual = {
        "first_due_days": 30,
        "grace_days": 0,
        "return_notice_days": 30,
        "amount": 1,
        "measure": Measure.ITEMS,
        "method": Method.COMPLETION,
        "period_months": 12,
        "least_validity_months": 0,
        "renewal_window_months": 3,
        "required": True,
        "current_version_only": False,
        "least_strength": Strength.SELF_DECLARED,
    }
    return ExpectationVersion(**usual | fields)


def item(code: str, **fields: Any) -> ItemToDo:
    usual = {"kind": ItemKind.COURSE, "format": "", "hours": None, "address": "", "participatory": False}
    return ItemToDo(code, f"About {code}", **usual | fields)


def done(code: str, on: date, hours: float | None = None, *, decides: bool = True, **fields: Any) -> CountingCompletion:
    usual = {"completed_by": None, "participatory": False, "counts_for": (code,), "counts_as": (), "source": ""}
    return CountingCompletion(
        id=1,
        item=code,
        title=f"About {code}",
        completed_on=on,
        hours=hours,
        strength=Strength.ATTENDANCE_REGISTER,
        decides=decides,
        **usual | fields,
    )
