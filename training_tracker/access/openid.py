"""OpenID Connect: what is asked of a provider over the network, and what of its answers is believed.

After OpenID Connect Core 1.0, Discovery 1.0 and RP-Initiated Logout 1.0, RFC 7636 (PKCE), RFC 7523 (a signed word in
place of a secret) and RFC 9207 (who answers).
"""

import asyncio
import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ssl import SSLContext
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError, MissingClaimError
from joserfc.jwk import KeySet, RSAKey
from joserfc.jwt import JWTClaimsRegistry
from pydantic import AfterValidator, BaseModel, ValidationError

from training_tracker.access.models import VerifiedBy
from training_tracker.calendar import now
from training_tracker.errors import Refused
from training_tracker.sealing import new_token
from training_tracker.settings import ON_THIS_MACHINE

# Those with a key of which we hold the public half only: with no other can a token be signed by the provider alone.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
KEY_TYPES = {"RSA", "EC"}
KEPT_FOR = timedelta(hours=1)
# Seconds: for one step, and for an answer in all, however slowly it drips.
STEP, IN_ALL = 5.0, 15.0
LARGEST = 512 * 1024
# Seconds by which the provider's clock may differ from ours.
CLOCKS_DIFFER = 60
LONGEST_SUBJECT = 255
# How what stands in place of a secret begins, if it is a key; how we sign with it, and for how many seconds that holds.
PRIVATE_KEY, OUR_ALGORITHM, OUR_WORD_HOLDS = "-----BEGIN ", "RS256", 60
SHORTEST_KEY = 2048
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

BEGIN_AGAIN = "Begin again. If it goes on, tell whoever runs the Training Tracker."
WHY = {
    "iss": "it is another provider's",
    "aud": "it was meant for another service",
    "azp": "it was meant for another service",
    "nonce": "it belongs to another attempt to sign in",
    "exp": "it is too old, or a clock is wrong",
    "iat": "it is from the future, or a clock is wrong",
    "nbf": "it is from the future, or a clock is wrong",
    "jti": "it has a number that is none",
    "sub": "it does not say whose it is",
}


def is_safe(address: str) -> bool:
    """Whether secrets may be sent there: encrypted, or not leaving this machine."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # which raises where there is nonsense in its place
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ON_THIS_MACHINE)
    )


def _safe(address: str) -> str:
    if not is_safe(address):
        raise ValueError("not encrypted")
    return address


Endpoint = Annotated[str, AfterValidator(_safe)]


class Metadata(BaseModel, frozen=True):
    """What a provider says of itself; the names are those of Discovery 1.0."""

    issuer: str
    authorization_endpoint: Endpoint
    token_endpoint: Endpoint
    jwks_uri: Endpoint
    userinfo_endpoint: Endpoint | None = None
    end_session_endpoint: Endpoint | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """What this program is at a provider: ``name`` is what people call that, ``back_to`` where it sends them.

    It shows who it is with the ``secret`` or, where there is one, with the ``key``.
    """

    name: str
    issuer: str
    client_id: str
    secret: str
    key: RSAKey | None
    verified_by: VerifiedBy
    back_to: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one attempt to sign in: what comes back, what stands in the token, and what shows that it is us
    who ask for it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who has signed in with the provider; ``email`` only if the provider says that it is theirs."""

    subject: str
    email: str | None


def key_in(secret: str) -> RSAKey | None:
    """The private key that is set in place of a secret; None for a secret.

    Raises :class:`ValueError` for a key that cannot be read, or is not good to sign with.
    """
    if not secret.lstrip().startswith(PRIVATE_KEY):
        return None
    key = RSAKey.import_key(secret)
    if key.private_key is None or key.private_key.key_size < SHORTEST_KEY:
        raise ValueError(f"no private RSA key of {SHORTEST_KEY} bits or more")
    return key


def public_part(key: RSAKey) -> dict[str, Any]:
    """What a provider has to be given of a key (RFC 7517), under the number that stands on what we sign with it."""
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": OUR_ALGORITHM, "use": "sig"}


class Providers:
    """What providers say of themselves and with which keys they sign: asked for when needed, and kept for an hour.

    Every function raises :class:`Refused` with what to tell whoever wants to sign in; its ``field`` says in a word what
    is wrong.
    """

    def __init__(self) -> None:
        self._metadata: dict[str, tuple[datetime, Metadata]] = {}
        self._keys: dict[str, tuple[datetime, KeySet]] = {}

    async def way_there(self, client: Client, attempt: Attempt) -> str:
        """The address of the provider at which to sign in."""
        metadata = await self._of(client)
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        return _with_query(
            metadata.authorization_endpoint,
            response_type="code",
            client_id=client.client_id,
            redirect_uri=client.back_to,
            scope="openid email",
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            code_challenge_method="S256",
        )

    async def way_out(self, client: Client, back_to: str) -> str | None:
        """The address at which to sign out of the provider too; None if it has none."""
        metadata = await self._of(client)
        if metadata.end_session_endpoint is None:
            return None
        return _with_query(metadata.end_session_endpoint, client_id=client.client_id, post_logout_redirect_uri=back_to)

    async def account(self, client: Client, attempt: Attempt, code: str, answering: str) -> Account:
        """Who comes back with a code. ``answering`` is who says to have sent them, where that is said."""
        metadata = await self._of(client)
        if answering != client.issuer and (answering or metadata.authorization_response_iss_parameter_supported):
            raise _not_believed(client, WHY["iss"], "iss")
        answer = await self._tokens(client, metadata, attempt, code)
        claims = await self._believed(client, metadata, answer.get("id_token"), attempt.nonce)
        subject = claims["sub"]
        if not (0 < len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable()):
            raise _not_believed(client, WHY["sub"], "sub")
        if "email" not in claims and metadata.userinfo_endpoint and isinstance(answer.get("access_token"), str):
            bearer = {"Authorization": f"Bearer {answer['access_token']}"}
            told = await _ask(client, "GET", metadata.userinfo_endpoint, headers=bearer)
            if told.get("sub") != subject:
                raise _not_believed(client, "it tells of somebody else", "userinfo")
            claims = told
        email = claims.get("email")
        # Entra ID writes its claim as a number or a text too.
        verified = claims.get(client.verified_by) in (True, "1", "true")
        return Account(subject, email.strip().lower() if verified and isinstance(email, str) else None)

    async def _of(self, client: Client) -> Metadata:
        kept = self._metadata.get(client.issuer)
        if kept is None or kept[0] < now() - KEPT_FOR:
            address = f"{client.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                metadata = Metadata.model_validate(await _ask(client, "GET", address))
            except ValidationError:
                raise _not_usable(client, "metadata") from None
            if metadata.issuer != client.issuer:
                raise _not_usable(client, "issuer")
            kept = self._metadata[client.issuer] = now(), metadata
        return kept[1]

    async def _keys_of(self, client: Client, metadata: Metadata, *, anew: bool = False) -> KeySet:
        kept = self._keys.get(client.issuer)
        if anew or kept is None or kept[0] < now() - KEPT_FOR:
            told = await _ask(client, "GET", metadata.jwks_uri)
            try:
                to_sign = [key for key in told["keys"] if key["kty"] in KEY_TYPES and key.get("use", "sig") == "sig"]
                keys = KeySet.import_key_set({"keys": to_sign})
            except (JoseError, ValueError, LookupError, TypeError, AttributeError):
                raise _not_usable(client, "keys") from None
            kept = self._keys[client.issuer] = now(), keys
        return kept[1]

    async def _tokens(self, client: Client, metadata: Metadata, attempt: Attempt, code: str) -> Mapping[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.back_to,
            "code_verifier": attempt.verifier,
        }
        ways = metadata.token_endpoint_auth_methods_supported
        if client.key is not None:
            if "private_key_jwt" not in ways:
                raise _not_usable(client, "client authentication")
            sent |= {"client_id": client.client_id, "client_assertion_type": ASSERTION}
            sent["client_assertion"] = _our_word(client, client.key, metadata.token_endpoint)
            return await _ask(client, "POST", metadata.token_endpoint, data=sent)
        if "client_secret_basic" in ways:
            # RFC 6749, 2.3.1: both are encoded before they are put together.
            who = httpx.BasicAuth(quote(client.client_id, safe=""), quote(client.secret, safe=""))
            return await _ask(client, "POST", metadata.token_endpoint, data=sent, auth=who)
        if "client_secret_post" in ways:
            sent |= {"client_id": client.client_id, "client_secret": client.secret}
            return await _ask(client, "POST", metadata.token_endpoint, data=sent)
        raise _not_usable(client, "client authentication")

    async def _believed(self, client: Client, metadata: Metadata, token: object, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, which is signed by the provider, for us, for this attempt, and just now."""
        expected = JWTClaimsRegistry(
            now=int(now().timestamp()),
            leeway=CLOCKS_DIFFER,
            iss={"essential": True, "value": client.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        if not isinstance(token, str):
            raise _not_believed(client, "it does not say who signed in", "id_token")
        try:
            try:
                decoded = jwt.decode(token, await self._keys_of(client, metadata), ALGORITHMS)
            except InvalidKeyIdError:
                # Its keys have changed since they were asked for.
                decoded = jwt.decode(token, await self._keys_of(client, metadata, anew=True), ALGORITHMS)
            expected.validate(decoded.claims)
        except MissingClaimError as error:
            raise _not_believed(client, "it is not complete", error.claim) from None
        except ClaimError as error:
            raise _not_believed(client, WHY[error.claim], error.claim) from None
        except (JoseError, ValueError, TypeError):
            raise _not_believed(client, "it is not signed as the provider signs", "signature") from None
        for_whom = decoded.claims.get("azp", client.client_id)
        if for_whom != client.client_id or (isinstance(decoded.claims["aud"], list) and not _only_us(decoded.claims)):
            raise _not_believed(client, WHY["azp"], "azp")
        return decoded.claims


def _our_word(client: Client, key: RSAKey, audience: str) -> str:
    """That it is us who ask, signed for this provider and this once."""
    moment = int(now().timestamp())
    claims: dict[str, Any] = {"iss": client.client_id, "sub": client.client_id, "aud": audience, "jti": new_token()}
    claims |= {"iat": moment, "exp": moment + OUR_WORD_HOLDS}
    return jwt.encode({"alg": OUR_ALGORITHM, "kid": key.thumbprint()}, claims, key)


def _only_us(claims: Mapping[str, Any]) -> bool:
    """Whether a token for several services says that it was made for us, as Core 3.1.3.7 asks."""
    return len(claims["aud"]) == 1 or "azp" in claims


async def _ask(client: Client, method: str, address: str, **sent: Any) -> dict[str, Any]:
    """An answer in JSON, and no way to anywhere else: no redirect is followed."""
    sent["headers"] = {"Accept": "application/json"} | sent.get("headers", {})
    body = bytearray()
    try:
        async with (
            asyncio.timeout(IN_ALL),
            httpx.AsyncClient(timeout=STEP, follow_redirects=False, verify=_authorities()) as http,
            http.stream(method, address, **sent) as answer,
        ):
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise _not_usable(client, "size")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError):
        raise _away(client) from None
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _away(client)
    if answer.status_code != httpx.codes.OK:
        raise _said_no(client, method, answer.status_code, bytes(body))
    return _read(client, bytes(body))


@cache
def _authorities() -> SSLContext:
    return httpx.create_ssl_context()


def _read(client: Client, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _not_usable(client, "JSON")
    return found


def _said_no(client: Client, method: str, status: int, body: bytes) -> Refused:
    """A code that was used, or is too old, is told from everything that is for whoever runs the program to mend."""
    if method == "POST" and status == httpx.codes.BAD_REQUEST and _read(client, body).get("error") == "invalid_grant":
        return _not_believed(client, "it has been used, or is too old", "code")
    return _not_usable(client, f"status {status}")


def _with_query(address: str, **parts: str) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(parts)}"


def _away(client: Client) -> Refused:
    return Refused(f"{client.name} does not answer", "Try again in a few minutes.", "away")


def _not_usable(client: Client, why: str) -> Refused:
    mend = "Tell whoever runs the Training Tracker: it is for them to mend."
    return Refused(f"{client.name} answered in a way that the Training Tracker does not understand", mend, why)


def _not_believed(client: Client, why: str, word: str) -> Refused:
    return Refused(f"What {client.name} sent is not taken: {why}", BEGIN_AGAIN, word)
