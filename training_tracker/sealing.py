"""Secrets that others hold and we do not: what is kept of them, or shows that they are ours, is a seal. And those that
we have to know too, which are locked."""

import hmac
import secrets
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from training_tracker.settings import Settings

# Bytes, as AES-GCM has it.
NONCE = 12


def new_token() -> str:
    return secrets.token_urlsafe(32)


def seal(settings: Settings, purpose: str, secret: str) -> str:
    """The same for the same secret and purpose, and of no use without this installation's own secret."""
    return hmac.digest(_secret(settings), f"{purpose} {secret}".encode(), "sha256").hex()


def lock(settings: Settings, purpose: str, secret: str) -> str:
    """A secret as it may be kept: of no use without this installation's own, nor for another purpose."""
    return b64encode(lock_file(settings, purpose, secret.encode())).decode()


def unlock(settings: Settings, purpose: str, locked: str) -> str | None:
    """The secret again; None if it was locked with another secret of the installation, or for another purpose."""
    found = unlock_file(settings, purpose, b64decode(locked))
    return None if found is None else found.decode()


def lock_file(settings: Settings, purpose: str, content: bytes) -> bytes:
    """The same of the content of a file."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _box(settings).encrypt(nonce, content, purpose.encode())


def unlock_file(settings: Settings, purpose: str, locked: bytes) -> bytes | None:
    try:
        return _box(settings).decrypt(locked[:NONCE], locked[NONCE:], purpose.encode())
    except InvalidTag:
        return None


def _box(settings: Settings) -> AESGCM:
    return AESGCM(hmac.digest(_secret(settings), b"lock", "sha256"))


def _secret(settings: Settings) -> bytes:
    return settings.secret_key.get_secret_value().encode()
