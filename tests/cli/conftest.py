"""The command on a database that holds the reference configuration."""

from pathlib import Path

import pytest

from tests.cli.command import Command


@pytest.fixture
def kind() -> str:
    """A process for each command is slow enough: the rooms behind the verbs are tested on both databases."""
    return "sqlite"


@pytest.fixture
def tracker(configured_url: str, tmp_path: Path) -> Command:
    return Command(tmp_path, database_url=configured_url)
