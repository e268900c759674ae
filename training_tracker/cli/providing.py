"""user provider: the directories that agencies' people sign in with."""

from dataclasses import asdict

import rich_click as click

from training_tracker.access.models import IdentityProvider, VerifiedBy
from training_tracker.access.openid import key_in, public_part
from training_tracker.access.providers import (
    BACK_TO,
    SIGNED_OUT_TO,
    add_provider,
    forget_accounts,
    link_account,
    listed_providers,
    remove_provider,
)
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.naming import tidy
from training_tracker.people.finding import find_agency, find_practitioner
from training_tracker.settings import Settings

of_an_agency = click.option("--agency", required=True, metavar="NAME", help="The agency whose people sign in with it.")


@click.group()
def provider() -> None:
    """The directories that agencies' people sign in with, by OpenID Connect, in place of an e-mail."""


@provider.command()
@click.argument("name")
@of_an_agency
@click.option("--issuer", required=True, metavar="URL", help="Its address, exactly as its tokens name it.")
@click.option("--client-id", required=True, metavar="ID", help="What it calls the Training Tracker.")
@click.option(
    "--domain",
    "domains",
    required=True,
    multiple=True,
    metavar="DOMAIN",
    help="What follows the @ in the agency's addresses; may be given several times.",
)
@click.option(
    "--verified-by",
    type=click.Choice([claim.value for claim in VerifiedBy]),
    default=VerifiedBy.EMAIL_VERIFIED.value,
    show_default=True,
    help="What says that an address is its holder's; Entra ID says it with xms_edov.",
)
@on_the_database
async def add(
    database: Database,
    settings: Settings,
    /,
    name: str,
    agency: str,
    issuer: str,
    client_id: str,
    domains: tuple[str, ...],
    verified_by: str,
) -> int:
    """Let an agency's people sign in with a directory, which people read of under NAME, such as "Harbour Council".

    From then on every address in these domains signs in there, and by no e-mail; the person is still to be in a file of
    people, with a post in the agency. Agencies that share a domain, such as nhs.net, are all to be added. The secret
    that goes with the client id is a setting, TRACKER_PROVIDER_SECRETS.
    """
    wanted = IdentityProvider(name=tidy(name), issuer=issuer, client_id=client_id, verified_by=VerifiedBy(verified_by))
    async with database.writing() as session:
        home = await find_agency(session, agency)
        await add_provider(session, wanted, home.id, domains)
    say(f"People of {home.name} with an address in {', '.join(domains)} sign in with {wanted.name}.")
    address = settings.base_url.rstrip("/")
    say(f"Tell it where people come back to: {address}{BACK_TO}")
    say(f"and where signing out ends: {address}{SIGNED_OUT_TO}")
    if wanted.name not in settings.provider_secrets:
        say("Nobody can yet: TRACKER_PROVIDER_SECRETS holds no secret under this name.")
    return DONE


@provider.command("public-key")
@click.argument("name")
@on_the_database
async def public_key(_database: Database, settings: Settings, /, name: str) -> int:
    """The public part of the key that is set for NAME in place of a secret, as a key set (JWKS) to be given to it."""
    secret = settings.provider_secrets.get(tidy(name))
    try:
        key = key_in(secret.get_secret_value()) if secret else None
    except ValueError as error:
        problem = f"The key that TRACKER_PROVIDER_SECRETS holds for {name} cannot be used"
        raise Refused(problem, "Make one with: openssl genrsa 3072") from error
    if key is None:
        raise Refused(f"TRACKER_PROVIDER_SECRETS holds no key for {name}", "Make one with: openssl genrsa 3072")
    print_json({"keys": [public_part(key)]})
    return DONE


@provider.command("list")
@as_json
@on_the_database
async def list_(database: Database, settings: Settings, /, as_json: bool) -> int:
    """Which there are, for which agencies and addresses, and whether their secrets are set."""
    async with database.reading() as session:
        found = await listed_providers(session)
    secrets = settings.provider_secrets
    if as_json:
        print_json([asdict(one) | {"secret_set": one.name in secrets} for one in found])
        return DONE
    print_table(
        ["name", "agency", "addresses in", "issuer", "client id", "verified by", "secret"],
        [
            [
                *(one.name, one.agency, ", ".join(one.domains), one.issuer, one.client_id, one.verified_by),
                "set" if one.name in secrets else "missing",
            ]
            for one in found
        ],
    )
    return DONE


@provider.command()
@click.argument("name")
@of_an_agency
@on_the_database
async def remove(database: Database, _settings: Settings, /, name: str, agency: str) -> int:
    """Let an agency's people sign in by e-mail again, as where the directory is away for long.

    Whoever is signed in stays so. Where no other agency uses it, it is forgotten whose account is whose.
    """
    async with database.writing() as session:
        home = await find_agency(session, agency)
        others = await remove_provider(session, name, home.id)
    say(f"People of {home.name} sign in by e-mail.{' Other agencies go on with it.' if others else ''}")
    return DONE


@provider.command()
@click.argument("email")
@click.argument("name")
@click.argument("subject")
@on_the_database
async def link(database: Database, _settings: Settings, /, email: str, name: str, subject: str) -> int:
    """Say whose an account with provider NAME is, where that does not say whose the account's address is.

    SUBJECT is what the provider calls the account for ever; with NHS CIS2 the person's own number.
    """
    async with database.writing() as session:
        person = await find_practitioner(session, email)
        await link_account(session, name, subject, person.id)
    say(f"{person.name} signs in with {tidy(name)}, with the account {subject}.")
    return DONE


@provider.command()
@click.argument("email")
@on_the_database
async def forget(database: Database, _settings: Settings, /, email: str) -> int:
    """Forget whose account a person's is, as where their directory has made them a new one.

    Whoever signs in there with their address next is taken for them.
    """
    async with database.writing() as session:
        person = await find_practitioner(session, email)
        number = await forget_accounts(session, person.id)
    say(f"{person.name} is linked with no account any more; {number} forgotten.")
    return DONE
