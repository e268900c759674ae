"""What a completion just recorded changed: said at the top of the next page."""

from datetime import date

from training_tracker.access.actor import Actor
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.standing.explained import ExplainedStanding
from training_tracker.standing.explanation import explain
from training_tracker.standing.merging import as_one_line
from training_tracker.standing.status import MET


async def where_it_stands(database: Database, actor: Actor, code: str, done_on: date, today: date) -> str:
    """Where what an item done on a day counts for stands now, a sentence for each; empty where nothing asks for it."""
    async with database.reading() as session:
        lines = await explain(session, actor.practitioner_id, today, today=today)
    once = {line.asks: as_one_line(line) for line in reversed(lines) if line.required and not line.people_in_setting}
    return " ".join(filter(None, (_said(line, code, done_on) for line in once.values())))


def _said(line: ExplainedStanding, code: str, done_on: date) -> str:
    this = code, done_on
    counts = any((completion.item, completion.completed_on) == this for completion in line.counting)
    if counts and line.status in MET:
        until = f"is now valid through {in_words(line.met_until)}" if line.met_until else "is done"
        return f"“{line.title}” {until}."
    if counts:
        return f"“{line.title}” still needs more. {line.next_step}"
    left_out = (one for one in line.not_counting if (one.item, one.completed_on) == this)
    # Of what the rule does not ask for there is nothing to say.
    reason = next((one.reason for one in left_out if code in {item.code for item in line.items}), None)
    return f"For “{line.title}” it does not count: {reason[0].lower()}{reason[1:]}" if reason else ""
