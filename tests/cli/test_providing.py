"""user provider: which directories there are, and whose accounts, told and changed by whoever runs the tracker."""

import json
import re

import pytest
from joserfc.jwk import RSAKey

from tests.cli.command import Command

ADD = ("user", "provider", "add", "Harbour Council", "--agency", "Harbour Council", "--client-id", "tracker")
PEOPLE = """\
Name,Email,Agency,Sector,Team,Role,Start date
Ann Reed,ann@harbour.example,Harbour Council,Children's social care (council),Family services,Social worker,2024-01-08
"""


@pytest.fixture
def told(tracker: Command) -> Command:
    (tracker.folder / "people.csv").write_text(PEOPLE)
    tracker.done("import", "people", "people.csv", "--create")
    return tracker


def test_a_directory_is_added_listed_and_taken_away(told: Command) -> None:
    added = told.done(*ADD, "--issuer", "https://login.harbour.example", "--domain", "harbour.example").out
    assert "http://127.0.0.1:8000/sign-in/provider/callback" in added
    assert "TRACKER_PROVIDER_SECRETS holds no secret" in added
    (listed,) = told.done("user", "provider", "list", "--json").json
    assert (listed["domains"], listed["verified_by"], listed["secret_set"]) == (
        ["harbour.example"],
        "email_verified",
        False,
    )
    assert "WRONG  sign-in: no secret for Harbour Council" in told("check").out
    secrets = json.dumps({"Harbour Council": "hidden-away"})
    shown = told.done("user", "provider", "list", provider_secrets=secrets).out
    assert "set" in shown
    assert "hidden-away" not in shown
    assert "ok     sign-in: by e-mail, or with Harbour Council" in told("check", provider_secrets=secrets).out
    linked = told.done("user", "provider", "link", "ann@harbour.example", "harbour  Council".title(), "a-1").out
    assert linked == "Ann Reed signs in with Harbour Council, with the account a-1.\n"
    assert "1 forgotten" in told.done("user", "provider", "forget", "ann@harbour.example").out
    removed = told.done("user", "provider", "remove", "Harbour Council", "--agency", "Harbour Council").out
    assert removed == "People of Harbour Council sign in by e-mail.\n"
    trail = told.done("audit", "list").out
    assert re.search(r"provider to sign in with", trail)
    assert "hidden-away" not in trail
    assert told("audit", "verify").code == 0


def test_what_says_whose_an_address_is_is_given_as_the_pages_write_it(told: Command) -> None:
    entra = ("--issuer", "https://login.harbour.example", "--domain", "harbour.example", "--verified-by", "xms_edov")
    told.done(*ADD, *entra)
    (listed,) = told.done("user", "provider", "list", "--json").json
    assert listed["verified_by"] == "xms_edov"


def test_what_is_wrong_is_said_and_changes_nothing(told: Command) -> None:
    wrong = told(*ADD, "--issuer", "http://login.harbour.example", "--domain", "harbour.example")
    assert wrong.code == 2
    assert "http://login.harbour.example is no issuer. Write the address" in wrong.err
    assert told.done("user", "provider", "list", "--json").json == []
    assert told("user", "provider", "remove", "Nobody", "--agency", "Harbour Council").code == 2


def test_secrets_that_cannot_be_read_are_not_shown(told: Command) -> None:
    for secrets in ("hidden-away", '{"Harbour Council": ["hidden-away"]}'):
        wrong = told("user", "provider", "list", provider_secrets=secrets)
        assert wrong.code == 2
        assert "provider_secrets" in wrong.err.lower()
        assert "hidden-away" not in wrong.err + wrong.out


def test_the_public_part_of_a_key_is_told_and_nothing_of_the_rest(tracker: Command) -> None:
    key = RSAKey.generate_key(2048)
    secrets = {"provider_secrets": json.dumps({"NHS CIS2": key.as_pem(private=True).decode(), "Council": "a secret"})}
    told = tracker.done("user", "provider", "public-key", "NHS CIS2", **secrets)
    (public,) = told.json["keys"]
    assert set(public) == {"kty", "n", "e", "kid", "alg", "use"}
    assert (public["n"], public["alg"], public["use"]) == (key.as_dict(private=False)["n"], "RS256", "sig")
    for name in ("Council", "Nobody"):
        refused = tracker("user", "provider", "public-key", name, **secrets)
        assert refused.code == 2
        assert f"holds no key for {name}" in refused.err
