"""Encryption and sign-in at the mail server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError

from tests.mail.letters import claimed, outbox, plan_many, settings_for, states
from tests.mail.servers import Certificate, mail_server, self_signed
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.mail.server_state import stopped
from training_tracker.settings import Settings

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SIGN_IN = ("tracker", "correct horse battery")


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path)


@pytest.fixture(params=["none", "starttls", "tls"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _settings(port: int, security: str, certificate: Certificate | None, **changes: Any) -> Settings:
    trusted = str(certificate.certificate_file) if certificate else ""
    return settings_for(port, smtp_security=security, smtp_ca_file=trusted, **changes)


async def test_messages_go_out_encrypted_and_signed_in_as_the_settings_say(
    empty: Database, security: str, certificate: Certificate
) -> None:
    await plan_many(empty, 3)
    with mail_server(security=security, certificate=certificate, sign_in=SIGN_IN) as server:
        settings = _settings(server.port, security, certificate, smtp_username=SIGN_IN[0], smtp_password=SIGN_IN[1])
        assert await deliver(empty, settings) == Delivered(sent=3)
    assert len(server.letters) == 3


async def test_a_wrong_password_stops_with_a_word_to_the_operator_and_blames_no_message(
    empty: Database, security: str, certificate: Certificate
) -> None:
    await plan_many(empty, 3)
    with mail_server(security=security, certificate=certificate, sign_in=SIGN_IN) as server:
        settings = _settings(server.port, security, certificate, smtp_username="tracker", smtp_password="wrong")
        delivered = await deliver(empty, settings)
    await _nothing_happened(empty, delivered, "TRACKER_SMTP_USERNAME")
    assert server.letters == []


async def test_a_server_that_wants_a_sign_in_we_do_not_have_is_no_fault_of_the_messages(empty: Database) -> None:
    await plan_many(empty, 3)
    with mail_server(sign_in=SIGN_IN) as server:
        delivered = await deliver(empty, settings_for(server.port))
    await _nothing_happened(empty, delivered, "TRACKER_SMTP_USERNAME")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    empty: Database, security: str, certificate: Certificate
) -> None:
    await plan_many(empty, 3)
    with mail_server(security=security, certificate=certificate) as server:
        delivered = await deliver(empty, _settings(server.port, security, None))
    await _nothing_happened(empty, delivered, "TRACKER_SMTP_HOST")
    assert server.letters == []


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_trusted_certificate_for_another_host_is_refused(
    empty: Database, security: str, tmp_path: Path
) -> None:
    await plan_many(empty, 3)
    certificate = self_signed(tmp_path, address="127.0.0.2")
    with mail_server(security=security, certificate=certificate) as server:
        delivered = await deliver(empty, _settings(server.port, security, certificate))
    await _nothing_happened(empty, delivered, "TRACKER_SMTP_HOST")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_cannot_encrypt_gets_nothing_where_encryption_is_set(
    empty: Database, security: str
) -> None:
    await plan_many(empty, 3)
    with mail_server() as server:
        delivered = await deliver(empty, _settings(server.port, security, None, smtp_timeout_seconds=1))
    await _nothing_happened(empty, delivered, "_SECURITY")
    assert server.letters == []


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_missing_file_of_authorities_is_said(empty: Database) -> None:
    await plan_many(empty, 3)
    with mail_server() as server:
        delivered = await deliver(
            empty, settings_for(server.port, smtp_security="tls", smtp_ca_file="/nowhere/authorities.pem")
        )
    await _nothing_happened(empty, delivered, "_CA_FILE")


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_that_nothing_goes_out_is_known_to_every_process_until_something_does(empty: Database) -> None:
    with mail_server(sign_in=SIGN_IN) as server:
        with time_machine.travel(MONDAY, tick=True):
            await plan_many(empty, 3)
            await deliver(empty, settings_for(server.port, smtp_username="tracker", smtp_password="wrong"))
        await deliver(empty, settings_for(server.port))
        async with empty.reading() as session:
            standstill = await stopped(session)
        assert standstill is not None
        assert standstill.since.date() == MONDAY.date(), "the first time counts"
        assert "wants us to sign in" in standstill.because, "the newest reason counts"
        right = settings_for(server.port, smtp_username=SIGN_IN[0], smtp_password=SIGN_IN[1])
        assert await deliver(empty, right) == Delivered(sent=3)
    async with empty.reading() as session:
        assert await stopped(session) is None


@pytest.mark.parametrize("host", ["mail.agency.example", "192.0.2.1"])
def test_passwords_and_names_cross_no_network_in_the_clear(host: str) -> None:
    there: dict[str, Any] = {"smtp_host": host, "base_url": "https://training.example", "smtp_security": "none"}
    with pytest.raises(ValidationError, match="must be starttls or tls"):
        Settings(**there, _env_file=None)
    for change in ({"smtp_security": "starttls"}, {"smtp_host": "127.0.0.1"}, {"base_url": "http://127.0.0.1:8000"}):
        Settings(**(there | change), _env_file=None)


async def _nothing_happened(database: Database, delivered: Delivered, hint: str) -> None:
    assert (delivered.sent, delivered.postponed, delivered.failed) == (0, 0, 0)
    assert delivered.stopped is not None
    assert hint in delivered.stopped
    assert await states(database) == {"waiting": 3}
    assert await claimed(database) == 0
    assert {message.attempts for message in await outbox(database)} == {0}
