"""What a person is told when a command cannot do its work: what is wrong, and what to do."""

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

from training_tracker.errors import NotFound, Refused
from training_tracker.logs import without_data
from training_tracker.settings import Settings


class DatabaseUnusable(Exception):
    """The database cannot be opened or cannot be worked with, said with its address."""


def complaint(error: Exception) -> str | None:
    """The lines to print for an error that is no fault of the program; None for one that is."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, NotFound):
        return str(error) if str(error).endswith((".", "?")) else f"There is no {error}."
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return settings_mistakes(error)
    if isinstance(error, SettingsError | UnicodeDecodeError):
        return f"The settings cannot be read: {error}. docs/settings.md shows how to write them."
    if isinstance(error, DatabaseUnusable):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'The machine'}: {error.strerror or error}."
    return None


def fault(error: Exception) -> str:
    """One line for an error that is a fault of the program: what and where, and no word of the data it was at."""
    told = without_data(error)
    where = f" at {told['where']}" if told["where"] else ""
    return (
        f"The program has a fault: {told['error']}{where}. What was not finished was not saved. "
        "Please report this line; it holds nobody's data."
    )


def settings_mistakes(error: ValidationError) -> str:
    """One line for each setting, without its value: it may be a password."""
    lines = [
        f"TRACKER_{'_'.join(str(part) for part in mistake['loc']).upper()}: "
        f"{mistake['msg'].removeprefix('Value error, ')}."
        for mistake in error.errors()
    ]
    return "\n".join([*lines, "Nothing was done. docs/settings.md lists every setting with its meaning."])


def is_of_the_installation(error: DBAPIError) -> bool:
    """Whether a database is away, full, locked, damaged or closed to us, rather than wrongly asked by us."""
    not_allowed = getattr(error.orig, "sqlstate", None) == "42501"
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError or not_allowed


def database_unusable(error: DBAPIError | OSError, address: str) -> DatabaseUnusable:
    """``address`` is shown, so it must be without a password."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    reason = next((line.strip() for line in said if line.strip()), type(error).__name__).rstrip(".")
    return DatabaseUnusable(
        f"The database at {address} cannot be used: {reason}.\n"
        "Check TRACKER_DATABASE_URL, that the server runs, and that this user may sign in to it and change it."
    )
