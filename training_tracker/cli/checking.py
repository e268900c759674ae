"""check: what is wrong with an installation, and how to mend it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import rich_click as click
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from training_tracker.access.providers import listed_providers
from training_tracker.audit.watching import unwatched
from training_tracker.calendar import in_words, now, today
from training_tracker.cli.complaints import DatabaseUnusable, settings_mistakes
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, say
from training_tracker.cli.running import DONE, NOT_DONE, open_database
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.clarity import some_group_is_of_managers
from training_tracker.expectations.register import how_many
from training_tracker.logs import configure_logs
from training_tracker.mail.delivery import why_not_reachable
from training_tracker.mail.imap import why_not_readable
from training_tracker.mail.maildir import is_maildir
from training_tracker.mail.models import MessageState
from training_tracker.mail.outbox import numbers
from training_tracker.mail.server_state import stopped
from training_tracker.mail.undeliverable import listed_undeliverable
from training_tracker.schedule.looking import job_states
from training_tracker.schema import TABLES
from training_tracker.settings import Settings
from training_tracker.standing.checking import out_of_step
from training_tracker.standing.feeds import feeds_on
from training_tracker.wall import gaps, lines_for_an_administrator

assert TABLES  # all of which are looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do if it is wrong."""

    what: str
    ok: bool
    found: str
    mend: str = ""


@click.command()
@as_json
def check(as_json: bool) -> None:
    """Look at settings, database, standings, mail server and schedule: what is wrong, and how to mend it.

    Changes nothing and sends nothing. The exit code is 2 if something is wrong.
    """
    configure_logs(logging.CRITICAL)
    findings = asyncio.run(_findings())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.what}: {finding.found}")
            if finding.mend:
                say(f"       {finding.mend}")
    raise SystemExit(DONE if all(finding.ok for finding in findings) else NOT_DONE)


async def _findings() -> list[Finding]:
    try:
        settings = Settings()
    except ValidationError as error:
        mistakes = settings_mistakes(error).splitlines()[:-1]
        return [Finding("settings", ok=False, found=line, mend="docs/settings.md lists them.") for line in mistakes]
    findings = [_secret(settings), _address(settings)]
    findings += [finding async for finding in _in_database(settings)]
    if settings.returned_mail:
        findings.append(_returned_mail(settings))
    if settings.imap_host:
        findings.append(await _imap(settings))
    return [*findings, await _mail(settings)]


def _secret(settings: Settings) -> Finding:
    if not settings.weak_secret:
        return Finding("secret key", ok=True, found="long and random")
    if settings.on_this_machine:
        return Finding("secret key", ok=True, found="weak, which only a trial on this machine may have")
    return Finding(
        "secret key",
        ok=False,
        found="it can be guessed",
        mend="Set TRACKER_SECRET_KEY to at least 32 random characters.",
    )


def _address(settings: Settings) -> Finding:
    parts = urlsplit(settings.base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        mend = "Set TRACKER_BASE_URL to what people open, such as https://training.example."
        return Finding("address", ok=False, found=f"{settings.base_url} is no address of web pages", mend=mend)
    if parts.scheme == "http" and not settings.on_this_machine:
        mend = "Put a server with a certificate in front, and write https:// in TRACKER_BASE_URL."
        return Finding("address", ok=False, found=f"{settings.base_url} is not encrypted", mend=mend)
    return Finding("address", ok=True, found=settings.base_url)


async def _in_database(settings: Settings) -> AsyncIterator[Finding]:
    address = make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        async with open_database(settings) as database:
            _, revision = await database.revisions()
            yield Finding("database", ok=True, found=f"{address}, schema {revision}")
            yield await _configuration(database)
            yield await _standings(database)
            yield await _trail(database)
            if database.url.get_backend_name() == "postgresql":
                yield await _wall(database)
            yield await _providers(database, settings)
            for finding in await _schedule(database, settings):
                yield finding
            yield await _feeds(database, settings)
            yield await _outbox(database, settings)
    except Refused as refusal:
        yield Finding("database", ok=False, found=f"{address}: {refusal.problem}", mend=refusal.mend)
    except DatabaseUnusable as error:
        found, mend = str(error).split("\n", 1)
        yield Finding("database", ok=False, found=found, mend=mend)


async def _configuration(database: Database) -> Finding:
    async with database.reading() as session:
        number = await how_many(session)
        says_who_manages = await some_group_is_of_managers(session)
    if number and not says_who_manages:
        # So it is after an upgrade too, until the files that say it are loaded.
        mend = (
            'Say audience = "managers" of one in your files, as the reference does, and load them once more:'
            " until then no agency counts as having said what it expects of managers."
        )
        return Finding("configuration", ok=False, found="no group of roles is of managers", mend=mend)
    mend = "" if number else "Load one: training-tracker load reference, or a folder of your own files."
    return Finding("configuration", ok=bool(number), found=f"{number} expectations", mend=mend)


async def _trail(database: Database) -> Finding:
    async with database.engine.connect() as connection:
        missing = await connection.run_sync(unwatched)
    if missing:
        mend = "Somebody has taken triggers away: look at training-tracker audit verify, and restore a backup."
        return Finding("audit trail", ok=False, found=f"changes of {', '.join(missing)} leave no line", mend=mend)
    return Finding("audit trail", ok=True, found="every change leaves its line")


async def _wall(database: Database) -> Finding:
    async with database.engine.connect() as connection:
        missing = await connection.run_sync(gaps)
        lines = await connection.run_sync(lines_for_an_administrator)
    if not missing:
        return Finding("rows", ok=True, found="the database confines what a page reads to its reader's agencies")
    mend = "Run: training-tracker migrate"
    if lines:
        mend = (
            f"Let an administrator of the server run these in it, then run training-tracker migrate: {' '.join(lines)}"
        )
    found = f"the database does not confine what a page reads to its reader's agencies: {'; '.join(missing)}"
    return Finding("rows", ok=False, found=found, mend=mend)


async def _providers(database: Database, settings: Settings) -> Finding:
    async with database.reading() as session:
        names = {listed.name for listed in await listed_providers(session)}
    missing = ", ".join(sorted(names - settings.provider_secrets.keys()))
    if missing:
        mend = (
            "Set TRACKER_PROVIDER_SECRETS, or let them sign in by e-mail again: training-tracker user provider remove."
        )
        return Finding("sign-in", ok=False, found=f"no secret for {missing}: nobody can sign in there", mend=mend)
    return Finding("sign-in", ok=True, found=f"by e-mail{', or with ' + ', '.join(sorted(names)) if names else ''}")


async def _standings(database: Database) -> Finding:
    async with database.reading() as session:
        wrong = await out_of_step(session)
    if wrong:
        mend = "Compute them anew: training-tracker standing rebuild"
        return Finding("standings", ok=False, found=f"those of {wrong} people looked at are not up to date", mend=mend)
    return Finding("standings", ok=True, found="in step with the facts")


async def _feeds(database: Database, settings: Settings) -> Finding:
    async with database.reading() as session:
        feeds = await feeds_on(session, today(settings.zone))
    silent = [f"{feed.agency}, {feed.in_words}" for feed in feeds if feed.silent]
    if silent:
        # The agency's to mend, and no fault of the installation.
        mend = "Ask for them, then import them or say so: training-tracker feed received. See also: feed list."
        return Finding(
            "feeds", ok=True, found=f"{len(silent)} of {len(feeds)} are silent: {'; '.join(silent)}", mend=mend
        )
    return Finding("feeds", ok=True, found=f"{len(feeds)} expected, all in time" if feeds else "none expected")


async def _schedule(database: Database, settings: Settings) -> list[Finding]:
    findings = []
    async with database.reading() as session:
        for state in await job_states(session, settings, now()):
            found = "has never run"
            if state.last is not None:
                started = state.last.started_at.astimezone(settings.zone)
                when = f"{in_words(started.date())} at {started:%H:%M}"
                found = f"last run {when}: {state.last.result or 'not finished'}"
            if state.missing is None:
                findings.append(Finding(state.job, ok=True, found=found))
            else:
                mend = "Keep training-tracker serve or worker running; its log says what has failed."
                findings.append(
                    Finding(state.job, ok=False, found=f"those of {state.missing} are missing; {found}", mend=mend)
                )
    return findings


async def _outbox(database: Database, settings: Settings) -> Finding:
    async with database.reading() as session:
        count = await numbers(session)
        standstill = await stopped(session)
        nowhere = len(await listed_undeliverable(session))
    if standstill is not None:
        since = standstill.since.astimezone(settings.zone)
        problem, _, mend = standstill.because.partition("; ")
        found = f"no e-mail has gone out since {in_words(since.date())} at {since:%H:%M}: {problem}"
        return Finding("outbox", ok=False, found=found, mend=_sentence(mend))
    failed = count[MessageState.FAILED]
    found = f"{count[MessageState.WAITING]} waiting, {count[MessageState.SENT]} sent, {failed} failed"
    if nowhere:
        found += f"; {nowhere} {'address does' if nowhere == 1 else 'addresses do'} not work"
    # A wrong address is somebody's to look at, but no fault of the installation.
    wrong = [name for name, number in (("list --state failed", failed), ("undeliverable", nowhere)) if number]
    mend = "See which: " + " and ".join(f"training-tracker outbox {name}" for name in wrong) if wrong else ""
    return Finding("outbox", ok=True, found=found, mend=mend)


def _returned_mail(settings: Settings) -> Finding:
    if is_maildir(settings.returned_mail):
        return Finding("returned mail", ok=True, found=f"{settings.returned_mail} is read")
    mend = "Set TRACKER_RETURNED_MAIL to a folder that has cur, new and tmp in it, or leave it empty."
    return Finding("returned mail", ok=False, found=f"{settings.returned_mail} is no maildir folder", mend=mend)


async def _imap(settings: Settings) -> Finding:
    reason = await asyncio.to_thread(why_not_readable, settings)
    folder = f"{settings.imap_folder} at {settings.imap_host} port {settings.imap_port}"
    if reason is None:
        return Finding("IMAP folder", ok=True, found=f"{folder} is read ({settings.imap_security})")
    problem, _, mend = reason.partition("; ")
    return Finding("IMAP folder", ok=False, found=f"{folder}: {problem}", mend=_sentence(mend))


async def _mail(settings: Settings) -> Finding:
    reason = await why_not_reachable(settings)
    server = f"{settings.smtp_host} port {settings.smtp_port}"
    if reason is None:
        return Finding("mail server", ok=True, found=f"{server} answers ({settings.smtp_security})")
    problem, _, mend = reason.partition("; ")
    return Finding("mail server", ok=False, found=f"{server}: {problem}", mend=_sentence(mend))


def _sentence(mend: str) -> str:
    return f"{mend[:1].upper()}{mend[1:]}."
