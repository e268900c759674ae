"""A mail server that runs, and settings that lead to it."""

from collections.abc import Iterator

import pytest

from tests.mail.letters import settings_for
from tests.mail.servers import MailServer, mail_server
from training_tracker.settings import Settings


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def settings(server: MailServer, empty_url: str) -> Settings:
    return settings_for(server.port, database_url=empty_url)
