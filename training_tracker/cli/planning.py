"""What every command that plans e-mails says of its plan."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from training_tracker.cli.printing import say
from training_tracker.errors import Refused

# A dry run looks so many years back and ahead: whoever asks for more has mistyped the year.
YEARS = 10


def refuse_far_off(day: date, now: date) -> None:
    if abs(day.year - now.year) > YEARS:
        raise Refused(f"The year {day.year} is too far from this one to be meant", "Correct the year.")


def counted(number: int, one: str, many: str, *, dry_run: bool) -> str:
    return f"{number} {one if number == 1 else many} {'would be planned' if dry_run else 'planned'}"


def print_held(held: Mapping[Any, int], of_whom: str) -> None:
    for reason, number in held.items():
        say(f"  none for {number} {of_whom}: {reason}")
