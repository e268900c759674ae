"""migrate, load: the schema and the configuration."""

import logging
from dataclasses import asdict
from pathlib import Path

import rich_click as click
from sqlalchemy.engine import make_url

from training_tracker.audit.trail import note_migration
from training_tracker.cli.options import as_json, recorder
from training_tracker.cli.printing import print_json, say, waiting
from training_tracker.cli.running import DONE, on_the_database, open_database, run_until_done
from training_tracker.database import Database
from training_tracker.intake.configuration import REFERENCE
from training_tracker.intake.loading import load_configuration
from training_tracker.logs import configure_logs
from training_tracker.settings import Settings


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat, and before every start."""
    settings = Settings()
    configure_logs(logging.CRITICAL)

    async def work() -> int:
        async with open_database(settings, migrated=False) as database:
            before, newest = await database.migrate()
            if before != newest:
                async with database.writing() as session:
                    await note_migration(session, before, newest)
        address = make_url(settings.database_url).render_as_string(hide_password=True)
        if before == newest:
            say(f"{address} has the newest schema already, {newest}.")
        else:
            say(f"{address}: schema {before or 'none'} → {newest}.")
        return DONE

    raise SystemExit(run_until_done(work))


@click.command()
@click.argument("configuration", metavar="reference|FOLDER")
@as_json
@on_the_database
async def load(database: Database, _settings: Settings, /, configuration: str, as_json: bool) -> int:
    """Load a configuration: courses, roles, expectations, priorities and resources.

    "reference" is the one that comes with the program; FOLDER holds a partnership's own files in the same format,
    which docs/configuration.md describes. Loading it again changes only what has changed in the files. If there is
    a mistake in a file, nothing is loaded.
    """
    folder = REFERENCE if configuration == "reference" else Path(configuration)
    with waiting("loading"):
        async with database.writing() as session:
            loaded = await load_configuration(session, folder, recorder())
    if as_json:
        print_json(asdict(loaded))
        return DONE
    for word, names in (("added", loaded.added), ("changed", loaded.changed)):
        for name in names:
            say(f"{word}: {name}")
    for sentence in loaded.looser:
        say(f"note: {sentence}")
    for entry in loaded.left:
        say(f"note: {entry}: left as it is: it is kept on the pages now, and files change it no more.")
    say(f"{len(loaded.added)} added, {len(loaded.changed)} changed, {loaded.unchanged} unchanged.")
    return DONE
