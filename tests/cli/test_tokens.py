"""user token: other systems that may read figures or send completions, made, listed and revoked by whoever runs it."""

import re

import pytest

from tests.cli.command import Command
from tests.cli.test_providing import PEOPLE

ADD = ("user", "token", "add")


@pytest.fixture
def told(tracker: Command) -> Command:
    (tracker.folder / "people.csv").write_text(PEOPLE)
    tracker.done("import", "people", "people.csv", "--create")
    return tracker


def test_a_token_is_shown_once_and_listed_by_how_it_begins(told: Command) -> None:
    made = told.done(*ADD, "Learning system", "--agency", "Harbour Council", "--may", "completions").out
    (token,) = re.findall(r"tt_[\w-]{43}", made)
    assert "POST http://127.0.0.1:8000/api/completions" in made
    assert "Authorization: Bearer TOKEN" in made
    told.done(*ADD, "Board", "--partnership", "HIPS", "--may", "figures", "--days", "30")
    board, learning = told.done("user", "token", "list", "--json").json
    assert (board["may"], board["used_at"], board["state"]) == ("figures", None, "good")
    assert (learning["name"], learning["of"], learning["may"]) == ("Learning system", "Harbour Council", "completions")
    assert token.startswith(learning["begins_with"])
    assert told.done("user", "token", "revoke", "Board").out == "Board is revoked.\n"
    assert told.done("user", "token", "revoke", "Board").out == "Board is revoked already.\n"
    shown = told.done("user", "token", "list").out
    assert re.search(r"Board .* never .* revoked", shown)
    assert re.search(r"Learning system .* never .* good", shown)
    trail = told.done("audit", "list").out
    assert "another system's token" in trail
    assert token not in shown + trail
    assert told("audit", "verify").code == 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--may", "figures"), "Say whose it is"),
        (
            ("--may", "figures", "--agency", "Harbour Council", "--partnership", "HIPS"),
            "Say whose it is",
        ),
        (("--may", "everything", "--agency", "Harbour Council"), "everything"),
        (("--may", "figures", "--agency", "Harbour Council", "--days", "731"), "731"),
        (("--may", "figures", "--agency", "Harbor Council"), "Did you mean Harbour Council"),
        (("--may", "completions", "--partnership", "HIPS"), "A partnership has no people"),
        (("--agency", "Harbour Council"), "--may"),
    ],
)
def test_what_cannot_be_a_token_is_refused_and_nothing_is_made(
    told: Command, asked: tuple[str, ...], says: str
) -> None:
    refused = told(*ADD, "Board", *asked)
    assert refused.code == 2
    assert says in refused.err
    assert told.done("user", "token", "list", "--json").json == []
