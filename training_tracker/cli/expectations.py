"""expectations: what a change of rules would do, before it is loaded."""

from dataclasses import asdict
from datetime import date
from pathlib import Path

import rich_click as click

from training_tracker.calendar import in_words, today
from training_tracker.cli.options import as_json, on, recorder
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.expectations.models import Measure
from training_tracker.intake.configuration import REFERENCE
from training_tracker.intake.rehearsing import Rehearsed, rehearse_configuration
from training_tracker.settings import Settings
from training_tracker.standing.rehearsing import Needed


@click.group()
def expectations() -> None:
    """What is expected of whom."""


@expectations.command()
@click.argument("configuration", metavar="reference|FOLDER")
@on("The day from which to look ahead.")
@click.option("--months", type=click.IntRange(1, 120), default=12, show_default=True, help="How far to look ahead.")
@click.option("--people", "named", is_flag=True, help="Name everybody who would turn overdue.")
@as_json
@on_the_database
async def rehearse(
    database: Database,
    settings: Settings,
    /,
    configuration: str,
    on: date | None,
    months: int,
    named: bool,
    as_json: bool,
) -> int:
    """What loading a configuration would do: who turns overdue on what day, and how many places that needs.

    Nothing is written. Compared are the standings as they are kept with those that the changed files would bring.
    """
    day = on or today(settings.zone)
    folder = REFERENCE if configuration == "reference" else Path(configuration)
    with waiting("rehearsing"):
        rehearsed = await rehearse_configuration(database, folder, recorder(), day, months, named=named)
    if as_json:
        print_json(_plain(rehearsed))
    else:
        _tell(rehearsed, day, months)
    return DONE


def _plain(rehearsed: Rehearsed) -> dict[str, object]:
    outcome = rehearsed.outcome
    return {
        "changes": {"added": rehearsed.loaded.added, "changed": rehearsed.loaded.changed},
        "turning_overdue": [asdict(line) for line in outcome.turning] if outcome else [],
        "places_needed": [asdict(line) | {"places": line.places} for line in outcome.needed] if outcome else [],
        "no_longer_overdue": [asdict(line) for line in outcome.relieved] if outcome else [],
        "people": [asdict(line) for line in outcome.people] if outcome else [],
        "silent_feeds": outcome.silent if outcome else [],
    }


def _tell(rehearsed: Rehearsed, day: date, months: int) -> None:
    if rehearsed.outcome is None:
        say("The files say what is loaded already: nothing would change.")
        return
    for word, names in (("would be added", rehearsed.loaded.added), ("would change", rehearsed.loaded.changed)):
        for name in names:
            say(f"{word}: {name}")
    outcome, span = rehearsed.outcome, f"in the {months} months from {in_words(day)}"
    if outcome.turning:
        print_table(
            ["agency", "expectation", "overdue from", "people", "posts", "overdue later anyway"],
            [
                [line.agency, line.expectation, line.on.isoformat(), line.people, line.posts, line.anyway]
                for line in outcome.turning
            ],
            title=f"Would turn overdue {span}",
        )
        print_table(
            ["agency", "expectation", "people", "needed"],
            [[line.agency, line.expectation, line.people, _places(line)] for line in outcome.needed],
            title="Places needed, at most",
        )
    else:
        say(f"Nobody would turn overdue by it {span}.")
    if outcome.relieved:
        print_table(
            ["agency", "expectation", "not overdue from", "people", "posts"],
            [
                [line.agency, line.expectation, line.on.isoformat(), line.people, line.posts]
                for line in outcome.relieved
            ],
            title=f"Would no longer be overdue {span}",
        )
    if outcome.people:
        print_table(
            ["agency", "team", "name", "expectation", "overdue from"],
            [[line.agency, line.team, line.name, line.expectation, line.on.isoformat()] for line in outcome.people],
        )
    if outcome.silent:
        say(f"Unknown rather than overdue as long as their feeds are silent: {', '.join(outcome.silent)}.")
    say("Nothing has been written.")


def _places(line: Needed) -> str:
    if line.measure is Measure.HOURS:
        return f"{line.places:g} hours"
    return "1 place" if line.places == 1 else f"{line.places:g} places"
