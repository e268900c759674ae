"""mail preview | test | words | answers: what e-mails say, looked at before anybody gets one."""

from datetime import date

import rich_click as click

from training_tracker.calendar import today
from training_tracker.cli.options import as_json, on, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.mail.outbox import Draft
from training_tracker.people.finding import find_agency, find_practitioner
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.letterhead import letterheads, usual_words
from training_tracker.reminders.previewing import Preview, test_copy
from training_tracker.reminders.wording import set_contact, set_words, words_of
from training_tracker.settings import Settings

a_kind = click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
a_recipient = click.option("--for", "recipient", required=True, metavar="EMAIL", help="Whose e-mail it is.")


@click.group()
def mail() -> None:
    """What the e-mails say: look at one, send yourself a test, or give an agency words of its own."""


@mail.command()
@a_kind
@a_recipient
@on("The day on which it would be sent.")
@click.option("--html", is_flag=True, help="Print the HTML part, to be kept in a file and opened in a browser.")
@as_json
@on_the_database
async def preview(
    database: Database,
    settings: Settings,
    /,
    kind: str,
    recipient: str,
    on: date | None,
    html: bool,
    as_json: bool,
) -> int:
    """Print what an e-mail of a kind would say to somebody, whether or not it is their turn. Nothing is sent."""
    letter = await _letter(database, settings, kind, recipient, on)
    if html:
        click.echo(letter.html, nl=False)
    elif as_json:
        print_json(
            {
                "to": letter.to,
                "subject": letter.subject,
                "reply_to": letter.reply_to or None,
                "text": letter.text,
                "html": letter.html,
            }
        )
    else:
        say(f"To: {letter.to}")
        say(f"Subject: {letter.subject}")
        say("")
        click.echo(letter.text, nl=False)
    return DONE


@mail.command()
@a_kind
@a_recipient
@click.option("--to", required=True, metavar="EMAIL", help="Who gets the test.")
@on("The day on which it would be sent.")
@on_the_database
async def test(database: Database, settings: Settings, /, kind: str, recipient: str, to: str, on: date | None) -> int:
    """Send somebody a copy of what an e-mail would say, marked as a test. It names people: send it with care."""
    letter = await _letter(database, settings, kind, recipient, on)
    async with database.writing() as session:
        number = await test_copy(session, letter, to)
    say(f"Message {number}, “Test: {letter.subject}”, waits to be sent.")
    say("To send it at once: training-tracker outbox deliver")
    return DONE


@mail.command()
@click.argument("agency")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]), required=False)
@click.argument("place", required=False)
@click.option("--say", "words", metavar="WORDS", help="The agency's own words.")
@click.option("--usual", is_flag=True, help="Go back to the usual words.")
@as_json
@on_the_database
async def words(
    database: Database,
    _settings: Settings,
    /,
    agency: str,
    kind: str | None,
    place: str | None,
    words: str | None,
    usual: bool,
    as_json: bool,
) -> int:
    """What an agency's e-mails say, KIND by KIND and PLACE by PLACE, or what they are to say from now on."""
    if (words is not None or usual) and not (kind and place):
        raise click.UsageError("say where: mail words AGENCY KIND PLACE --say WORDS")
    async with database.writing() if words is not None or usual else database.reading() as session:
        whose = await find_agency(session, agency)
        if kind and place and (words is not None or usual):
            new = usual_words().get((kind, place), "") if usual else words or ""
            await set_words(session, whose.id, Kind(kind), place, new, by=recorder())
            await session.flush()
        said = await words_of(session, whose.id)
    rows = [
        (of, where, text, said[of, where] != usual_words()[of, where])
        for (of, where), text in said.items()
        if kind in (None, of) and place in (None, where)
    ]
    if as_json:
        print_json([dict(zip(("kind", "place", "words", "own"), row, strict=True)) for row in rows])
    else:
        print_table(["kind", "place", "words", "own"], [(*row[:3], "yes" if row[3] else "") for row in rows])
    return DONE


@mail.command()
@click.argument("agency")
@click.argument("address", required=False)
@click.option("--usual", is_flag=True, help="Let answers go where the partnership says.")
@on_the_database
async def answers(database: Database, settings: Settings, /, agency: str, address: str | None, usual: bool) -> int:
    """Where answers to the e-mails of an agency's people go, or are to go from now on."""
    async with database.writing() if address or usual else database.reading() as session:
        whose = await find_agency(session, agency)
        if address or usual:
            await set_contact(session, whose.id, address)
            await session.flush()
        heads = await letterheads(session, [], today(settings.zone), settings.base_url)
    where = heads.of_agency(whose.id).reply_to or settings.mail_reply_to or settings.mail_from
    say(f"Answers to the e-mails of {whose.name}’s people go to {where}.")
    return DONE


async def _letter(database: Database, settings: Settings, kind: str, recipient: str, on: date | None) -> Draft:
    now = today(settings.zone)
    async with database.reading() as session:
        person = await find_practitioner(session, recipient)
        return await Preview(session, person, on or now, now, settings).of(Kind(kind))
