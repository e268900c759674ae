"""Help: every verb is there, says what it does, and comes without reading the whole program."""

import subprocess
import sys
from importlib import import_module

import click
import pytest

from tests.cli.command import Command
from training_tracker.cli import MODULES, VERBS


def verb(name: str) -> click.Command:
    module = import_module(f"training_tracker.cli.{MODULES[name]}")
    found: click.Command = getattr(module, "import_" if name == "import" else name)
    return found


def test_help_lists_every_verb_with_what_it_does(tracker: Command) -> None:
    shown = tracker.done("--help").out
    for verbs in VERBS.values():
        for name, (_, summary) in verbs.items():
            assert f"{name} " in shown
            assert summary in shown


@pytest.mark.parametrize("name", MODULES)
def test_every_verb_explains_itself_and_its_options(name: str) -> None:
    found = verb(name)
    below = found.commands.values() if isinstance(found, click.Group) else []
    for command in (found, *below):
        assert command.name
        assert command.help, command.name
        for option in command.params:
            if isinstance(option, click.Option) and not isinstance(option.type, click.Choice):
                assert option.help or option.name == "port", f"{command.name} --{option.name}"


def test_verbs_have_the_names_by_which_they_are_listed() -> None:
    assert {name: verb(name).name for name in MODULES} == {name: name for name in MODULES}


def test_help_reads_neither_the_database_nor_the_web() -> None:
    look = "import sys, training_tracker.cli; print(sorted({'sqlalchemy', 'litestar', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_says_its_version(tracker: Command) -> None:
    assert tracker.done("--version").out.startswith("training-tracker ")
