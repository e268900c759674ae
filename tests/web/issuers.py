"""Providers to sign in with: a real one, and one of our own that answers as badly as a test asks, over real sockets."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from scripts.assets import packaged_node

OURS = "http://127.0.0.1:8000"
CLIENT, SECRET = "training-tracker", "not a secret: for the tests & only %there"


# --- a real one ---


@contextmanager
def real_provider(
    accounts: Mapping[str, Mapping[str, Any]], *, knows: Mapping[str, Any] | None = None, ours: str = OURS
) -> Iterator[str]:
    """The npm package oidc-provider, with these accounts by login; gives its issuer. What it ``knows`` of us is that we
    have a secret, unless something else is said.
    """
    packaged = packaged_node()
    node = shutil.which("node") or (str(packaged / "bin" / "node") if packaged else "node")
    client = {
        "client_id": CLIENT,
        **(knows or {"client_secret": SECRET}),
        "redirect_uris": [f"{ours}/sign-in/provider/callback"],
        "post_logout_redirect_uris": [f"{ours}/sign-in"],
    }
    script = Path(__file__).with_name("provider.mjs")
    running = subprocess.Popen(
        [node, str(script), json.dumps({"accounts": accounts, "client": client})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"NODE_ENV": "test"},
    )
    assert running.stdin
    assert running.stdout
    try:
        said = iter(running.stdout.readline, "")
        issuer = next((line.strip() for line in said if line.startswith("http")), "")
        assert issuer, "the provider did not start: run make setup"
        yield issuer
    finally:
        running.stdin.close()
        running.stdout.close()
        running.wait(10)


def follow(browser: httpx.Client, address: str, login: str = "") -> str:
    """Go through the provider's own pages as somebody does who signs in there, and agrees to everything; the address
    of ours at which they end."""
    method, sent = "GET", None
    for _ in range(20):
        answer = browser.request(method, address, data=sent)
        if answer.is_redirect:
            address, method, sent = urljoin(address, answer.headers["location"]), "GET", None
            if address.startswith(OURS):
                return address
            continue
        form = re.search(r"<form[^>]* action=\"([^\"]+)\".*?</form>", answer.text, re.DOTALL)
        assert answer.status_code == 200, answer.text
        assert form, answer.text
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
        address, method, sent = urljoin(address, unescape(form[1])), "POST", dict(fields)
        if 'name="login"' in form[0]:
            sent |= {"login": login, "password": "anything"}
        if 'name="logout"' in answer.text:
            sent["logout"] = "yes"
    raise AssertionError("the provider goes round in circles")


# --- one that misbehaves ---


@cache
def first_key() -> RSAKey:
    """Of every issuer at the beginning: it takes long to make one."""
    return new_key("first")


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class Issuer:
    """A provider that hands out one token, made by the test: ``claims`` are changed, or ``forge`` makes it anew."""

    server: ThreadingHTTPServer
    key: RSAKey = field(default_factory=first_key)
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=lambda: {"sub": "account-1"})
    forge: Callable[[dict[str, Any]], str] | None = None
    # What stands in place of the answer at a path: a status, headers and a body.
    instead: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    challenge: str = ""
    published: list[RSAKey] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def tells_of_itself(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize?tenant=1",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "userinfo_endpoint": f"{self.address}/me",
        } | self.metadata

    def signed(self) -> dict[str, Any]:
        token = self.forge(self.claims) if self.forge else sign(self.claims, self.key)
        return {"id_token": token, "access_token": "for /me", "token_type": "Bearer"}


def sign(claims: Mapping[str, Any], key: RSAKey, **header: str) -> str:
    return jwt.encode({"alg": "RS256", "kid": str(key.kid)} | header, dict(claims), key)


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


@contextmanager
def own_issuer() -> Iterator[Issuer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    issuer = Issuer(server)

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked[self.path] += 1
            match self.path:
                case "/.well-known/openid-configuration":
                    self._answers(issuer.tells_of_itself())
                case "/keys":
                    keys = KeySet(list(issuer.published or [issuer.key]))
                    self._answers(dict(keys.as_dict()))
                case "/me" if self.headers["Authorization"] == "Bearer for /me":
                    self._answers(issuer.userinfo)
                case _:
                    self._answers({}, 404)

        def do_POST(self) -> None:
            issuer.asked[self.path] += 1
            sent = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            who = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            proved = encoded(hashlib.sha256(sent["code_verifier"].encode()).digest()) == issuer.challenge
            right = proved and [unquote(part) for part in who.split(":")] == [CLIENT, SECRET]
            if sent["code"] == "good" and sent["redirect_uri"] == f"{OURS}/sign-in/provider/callback" and right:
                self._answers(issuer.signed())
            else:
                self._answers({"error": "invalid_grant"}, 400)

        def _answers(self, content: dict[str, Any], status: int = 200) -> None:
            headers, body = {"Content-Type": "application/json"}, json.dumps(content).encode()
            status, headers, body = issuer.instead.get(self.path, (status, headers, body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server.RequestHandlerClass = Answering
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
