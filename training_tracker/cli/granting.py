"""user grant, revoke, address, data, erase, sign-out, provider, second-step, token: who may see more, and what users
have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import rich_click as click
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.addresses import change_address
from training_tracker.access.erasing import erase_person
from training_tracker.access.granting import (
    add_outsider,
    lead_agency,
    lead_partnership,
    scrutinise,
    stop_leading_agency,
    stop_leading_partnership,
    stop_scrutinising,
)
from training_tracker.access.own_data import everything_of
from training_tracker.access.sessions import end_all
from training_tracker.calendar import today
from training_tracker.cli.printing import print_json, say
from training_tracker.cli.providing import provider
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.cli.second_step import second_step
from training_tracker.cli.tokens import token
from training_tracker.database import Database
from training_tracker.mail.composing import refuse_no_address
from training_tracker.mail.undeliverable import bare_address
from training_tracker.people.agencies import name_deputy, name_managers, stop_deputising, stop_managing
from training_tracker.people.finding import find_agency, find_partnership, find_practitioner, find_team
from training_tracker.people.models import Agency, Partnership, Practitioner, Team
from training_tracker.schema import TABLES
from training_tracker.settings import Settings

assert TABLES  # all of which "data" goes through

# What each role must be told about, and may be told.
NEEDS = {"agency-lead": "agency", "partnership-lead": "", "scrutineer": "", "manager": "team", "deputy": "team"}
MAY_HAVE = {
    "agency-lead": {"agency"},
    "partnership-lead": {"partnership"},
    "scrutineer": {"partnership"},
    "manager": {"agency", "team"},
    "deputy": {"agency", "team"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A person, and the one thing that they are to lead or manage."""

    person: Practitioner
    over: Agency | Partnership | Team
    role: str

    @property
    def in_words(self) -> str:
        match self.over:
            case Partnership() if self.role == "scrutineer":
                return f"reads the figures of {self.over.name}"
            case Agency():
                return f"leads training at {self.over.name}"
            case Partnership():
                return f"leads training for {self.over.name}"
        if self.role == "deputy":
            return f"answers for {self.over.name} while its managers are away"
        return f"manages {self.over.name}"


@click.group()
def user() -> None:
    """Who may see more than their own record; what people sign in with, and where; what is kept of them; other systems'
    tokens."""


user.add_command(provider)
user.add_command(token)
user.add_command(second_step)


WITHOUT_A_POST = {"partnership-lead", "scrutineer"}


def about_a_right(verb: Callable[..., Any]) -> Callable[..., Any]:
    for parameter in (
        click.option(
            "--partnership", metavar="CODE", help="The partnership they lead, by code or name, if there are several."
        ),
        click.option("--team", metavar="NAME", help="The team they manage, with all the teams below it."),
        click.option(
            "--agency", metavar="NAME", help="The agency whose training they lead, or whose team they manage."
        ),
        click.argument("role", type=click.Choice(list(NEEDS))),
        click.argument("email"),
    ):
        verb = parameter(verb)
    return verb


@user.command()
@about_a_right
@click.option("--name", help="The name of a partnership's lead or scrutineer who works for no agency here.")
@on_the_database
async def grant(
    database: Database, _settings: Settings, /, email: str, role: str, name: str | None, **names: str | None
) -> int:
    """Let a person lead an agency's training or the partnership's, scrutinise it, manage a team, or be a team's deputy.

    An agency's lead sees its people; the partnership's lead sees every agency's figures and nobody's name, and a
    scrutineer those figures alone. Leading an
    agency and managing a team last as long as the person holds a post in that agency. A deputy manages the team, and
    gets its e-mails, while everybody who manages it is on leave. A partnership's lead or scrutineer who works for no
    agency here is in no list of people: give their name too.
    """
    _check(role, names)
    if name and role not in WITHOUT_A_POST:
        raise click.UsageError(f"{role} takes no --name: import the person first")
    async with database.writing() as session:
        if name:
            await add_outsider(session, email, name)
        asked = await _find(session, email, role, **names)
        match asked.over:
            case Agency():
                new = await lead_agency(session, asked.person.id, asked.over.id)
            case Partnership() if asked.role == "scrutineer":
                new = await scrutinise(session, asked.person.id, asked.over.id)
            case Partnership():
                new = await lead_partnership(session, asked.person.id, asked.over.id)
            case Team() if asked.role == "deputy":
                new = await name_deputy(session, asked.over.id, asked.person.id)
            case Team():
                new = bool(await name_managers(session, [(asked.over.id, asked.person.id)]))
    say(f"{asked.person.name} {asked.in_words}{' now' if new else ' already'}.")
    return DONE


@user.command()
@about_a_right
@on_the_database
async def revoke(database: Database, _settings: Settings, /, email: str, role: str, **names: str | None) -> int:
    """Take back what was granted, or what an import said of a team's manager.

    A file of people that still names the manager brings them back.
    """
    _check(role, names)
    async with database.writing() as session:
        asked = await _find(session, email, role, **names)
        match asked.over:
            case Agency():
                had = await stop_leading_agency(session, asked.person.id, asked.over.id)
            case Partnership() if asked.role == "scrutineer":
                had = await stop_scrutinising(session, asked.person.id, asked.over.id)
            case Partnership():
                had = await stop_leading_partnership(session, asked.person.id, asked.over.id)
            case Team() if asked.role == "deputy":
                had = await stop_deputising(session, asked.over.id, asked.person.id)
            case Team():
                had = await stop_managing(session, asked.over.id, asked.person.id)
    name, what = asked.person.name, asked.in_words
    say(f"{name} {what} no longer." if had else f"{name} did not have this right: {what}.")
    return DONE


@user.command()
@click.argument("old")
@click.argument("new")
@on_the_database
async def address(database: Database, _settings: Settings, /, old: str, new: str) -> int:
    """Give a person another e-mail address, which they sign in with from then on; where the old one did, it ends.

    A file of people does the same where its agency alone answers for the person. Do this for whoever works for several
    agencies or leads a partnership, once you know that it is they who ask.
    """
    refuse_no_address(new, "address")
    async with database.writing() as session:
        person = await find_practitioner(session, old)
        changed = await change_address(session, person, bare_address(new))
    say(f"{person.name} signs in with {person.email} {'now' if changed else 'already'}.")
    return DONE


@user.command()
@click.argument("email")
@on_the_database
async def data(database: Database, _settings: Settings, /, email: str) -> int:
    """Everything that is kept of a person, as JSON: for whoever asks what that is.

    It goes to the person and to nobody else. They can download it themselves, under My record.
    """
    async with database.reading() as session:
        person = await find_practitioner(session, email)
        print_json(await everything_of(session, person.id))
    return DONE


@user.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask once more.")
@on_the_database
async def erase(database: Database, settings: Settings, /, email: str, yes: bool) -> int:
    """Erase who a person was, who has left and asks for it: name, address, e-mails, and what the audit trail says.

    Their posts and completions stay without a name, so that no figure of the past changes. It cannot be taken back.
    Whoever is past their agencies' periods is erased without this: see retention.
    """
    async with database.reading() as session:
        person = await find_practitioner(session, email)
    if not yes:
        click.confirm(f"Erase {person.name} for good?", abort=True)
    async with database.writing() as session:
        await erase_person(session, person, on=today(settings.zone), why="asked for")
    say("Erased. Figures are as before, and nothing tells who it was.")
    say("Leave them out of the agency's next lists of people, or they come back as somebody new.")
    return DONE


@user.command("sign-out")
@click.argument("email")
@on_the_database
async def sign_out(database: Database, _settings: Settings, /, email: str) -> int:
    """Sign a person out everywhere, such as from a telephone that was lost. They may sign in again."""
    async with database.writing() as session:
        person = await find_practitioner(session, email)
        places = await end_all(session, [person.id])
    say(f"{person.name} is signed out: of {places} browser{'' if places == 1 else 's'}.")
    return DONE


def _check(role: str, names: dict[str, str | None]) -> None:
    given = {name for name, value in names.items() if value}
    if NEEDS[role] and NEEDS[role] not in given:
        raise click.UsageError(f"{role} needs --{NEEDS[role]}")
    if unwanted := given - MAY_HAVE[role]:
        raise click.UsageError(f"{role} takes no --{unwanted.pop()}")


async def _find(
    session: AsyncSession, email: str, role: str, *, agency: str | None, team: str | None, partnership: str | None
) -> Asked:
    person = await find_practitioner(session, email)
    if role in {"partnership-lead", "scrutineer"}:
        return Asked(person, await find_partnership(session, partnership), role)
    home = await find_agency(session, agency) if agency else None
    if team:
        return Asked(person, await find_team(session, team, home), role)
    assert home is not None, "an agency's lead has been given one"
    return Asked(person, home, role)
