"""A mail server that runs beside the test."""

from collections.abc import Iterator

import pytest

from tests.mail.servers import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server
