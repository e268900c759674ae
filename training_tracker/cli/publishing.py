"""uptake publish: the partnerships' figures, at once."""

import rich_click as click

from training_tracker.calendar import in_words, today
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, say, waiting
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.settings import Settings
from training_tracker.uptake.publishing import publish_uptake


@click.group()
def uptake() -> None:
    """The figures that partnerships read."""


@uptake.command()
@as_json
@on_the_database
async def publish(database: Database, settings: Settings, /, as_json: bool) -> int:
    """Publish every partnership's figures as at today, as is done each night.

    A figure that differs by few people from one of the last twelve months is kept as it was, with its day: nobody can
    tell from two figures what few people did in between.
    """
    now = today(settings.zone)
    with waiting("publishing"):
        async with database.writing() as session:
            changed = await publish_uptake(session, now, today=now, threshold=settings.suppression_threshold)
    if as_json:
        print_json({"as_at": now, "changed": changed})
        return DONE
    say(f"Published as at {in_words(now)}: {changed} figures are not as they were.")
    return DONE
