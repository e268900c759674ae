"""A configuration rehearsed: loaded, looked at, and taken back."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from training_tracker.calendar import add_months
from training_tracker.database import Database
from training_tracker.intake.loading import Loaded, load_configuration
from training_tracker.standing.rehearsing import Rehearsal, rehearse


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the files would change, and what would come of it. ``outcome`` is None where they change nothing."""

    loaded: Loaded
    outcome: Rehearsal | None


async def rehearse_configuration(
    database: Database, folder: Path, by: str, on: date, months: int, *, named: bool
) -> Rehearsed:
    """Load a folder, compare what follows from a day on for so many months with what is kept, and write nothing.

    Raises :class:`MistakesInFiles` like loading itself.
    """
    until = add_months(on, months) - timedelta(days=1)
    async with database.rehearsing() as session:
        loaded = await load_configuration(session, folder, by)
        if not loaded.added and not loaded.changed:
            return Rehearsed(loaded, None)
        await session.flush()
        return Rehearsed(loaded, await rehearse(session, on, until, named=named))
