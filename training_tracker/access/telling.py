"""Telling somebody by e-mail, at once, that how they sign in was changed: what was not their doing they can stop."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from training_tracker.calendar import in_words, now
from training_tracker.database import Database
from training_tracker.logs import without_data
from training_tracker.mail.at_once import NOT_SENT, send_at_once
from training_tracker.mail.outbox import Draft
from training_tracker.mail.rendering import render
from training_tracker.settings import Settings

log = structlog.get_logger()

SUBJECT = "How you sign in was changed"
APP_SET_UP = "an authenticator app was set up"
OTHER_APP_SET_UP = "another authenticator app was set up in place of the one before"
NEW_RECOVERY_CODES = "new recovery codes were made, and those before are good no more"
RECOVERY_CODE_USED = "somebody signed in with one of your recovery codes"
APP_TAKEN_AWAY = "your authenticator app was taken away, so that another one can be set up at the next sign-in"


async def tell_of_change(database: Database, settings: Settings, to: str | None, name: str, what: str) -> None:
    """Nothing is undone where the e-mail cannot be sent: that it was not is in the log."""
    if to is None:
        return
    local = now().astimezone(settings.zone)
    when = f"{in_words(local.date())} at {local:%H:%M}"
    rendered = render("second-step", subject=SUBJECT, name=name, what=what, when=when)
    try:
        await send_at_once(database, settings, Draft("second-step:", to, SUBJECT, rendered.text, rendered.html))
    except (*NOT_SENT, SQLAlchemyError) as error:
        log.error("second_step.not_told", **without_data(error))
