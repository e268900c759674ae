"""Secrets that others hold and we do not: what is kept of them, or shows that they are ours, is a seal."""

import hmac
import secrets

from training_tracker.settings import Settings


def new_token() -> str:
    return secrets.token_urlsafe(32)


def seal(settings: Settings, purpose: str, secret: str) -> str:
    """The same for the same secret and purpose, and of no use without this installation's own secret."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.digest(key, f"{purpose} {secret}".encode(), "sha256").hex()
