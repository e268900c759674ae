"""schedule: when each job runs next, how its last run went, and which is late."""

from datetime import datetime
from zoneinfo import ZoneInfo

import rich_click as click

from training_tracker.calendar import in_words, now
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.schedule.looking import JobState, job_states
from training_tracker.schedule.models import JobRun
from training_tracker.settings import Settings


@click.command()
@as_json
@on_the_database
async def schedule(database: Database, settings: Settings, /, as_json: bool) -> int:
    """When each job runs next, by the clock of the settings, how its last run went, and which is late.

    A job runs once for each of its periods, a day or a month. What was missed is caught up while its day lasts, and a
    month's run on any later working day of the month.
    """
    moment = now()
    async with database.reading() as session:
        states = await job_states(session, settings, moment)
    if as_json:
        print_json([_row(state, settings.zone) for state in states])
        return DONE
    print_table(
        ["job", "next run", "last run", "result", "late"],
        [
            (
                state.job,
                "at once" if state.next_at <= moment else _in_words(state.next_at, settings.zone),
                _in_words(state.last.started_at, settings.zone) if state.last else "never",
                _result(state.last) if state.last else "",
                f"that of {state.missing}" if state.missing else "no",
            )
            for state in states
        ],
    )
    if any(state.missing for state in states):
        say("Keep training-tracker serve or worker running; its log says what has failed.")
    return DONE


def _row(state: JobState, zone: ZoneInfo) -> dict[str, object]:
    run = state.last
    return {
        "job": state.job,
        "next_run_at": state.next_at.astimezone(zone),
        "last_run": run
        and {
            "period": run.period,
            "started_at": run.started_at.astimezone(zone),
            "finished_at": run.finished_at and run.finished_at.astimezone(zone),
            "result": run.result,
        },
        "late": state.missing,
    }


def _result(run: JobRun) -> str:
    """A run that failed, or was stopped, says so itself."""
    return run.result or "not finished"


def _in_words(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%A} {in_words(local.date())} at {local:%H:%M}"
