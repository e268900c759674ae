"""``make audit`` beside a server that answers as those of OSV and npm do: with holes, without, and with silence."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

KNOWN_FOR_YEARS = {"jinja2": "2.4", "lodash": "4.17.4"}


@contextmanager
def advisories(has_hole: Callable[[str, str], bool]) -> Iterator[str]:
    """The address of a server that knows a hole of each release of which ``has_hole`` is true."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            answer = json.dumps(self.osv(asked) if self.path == "/osv" else self.npm(asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            """What npm asks of a package with a hole: whether a newer one has it too. There is none."""
            self.send_error(404)

        def osv(self, asked: dict[str, dict[str, str]]) -> dict[str, object]:
            name, version = asked["package"]["name"], str(asked["version"])
            if not has_hole(name, version):
                return {}
            mended = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}
            affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [mended]}
            return {"vulns": [{"id": f"HOLE-{name}", "details": "A hole.", "affected": [affected]}]}

        def npm(self, asked: dict[str, list[str]]) -> dict[str, list[dict[str, object]]]:
            return {
                name: [
                    {
                        "id": 1,
                        "url": "https://advisories.example/1",
                        "title": "A hole",
                        "severity": "high",
                        "vulnerable_versions": "<999",
                    }
                ]
                for name, versions in asked.items()
                if any(has_hole(name, version) for version in versions)
            }

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def audit(address: str, *options: str) -> subprocess.CompletedProcess[str]:
    asked_there = {"TRACKER_AUDIT_OSV_URL": f"{address}/osv", "npm_config_registry": f"{address}/"}
    command = [sys.executable, "-m", "scripts.audit", *options]
    return subprocess.run(command, env=os.environ | asked_there, capture_output=True, text=True, check=False)


def test_a_known_hole_in_what_is_locked_is_named() -> None:
    holes = {"litestar", "govuk-frontend"}
    with advisories(lambda name, version: name in holes or KNOWN_FOR_YEARS.get(name) == version) as address:
        done = audit(address)
    assert done.returncode == 1
    assert "HOLE-litestar, mended in 999" in done.stderr
    assert "govuk-frontend (high)" in done.stderr
    assert "NOT LOOKED AT" not in done.stderr


def test_where_no_hole_is_known_it_says_so() -> None:
    with advisories(lambda name, version: KNOWN_FOR_YEARS.get(name) == version) as address:
        done = audit(address, "--must")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Python packages: 0 known holes\nbrowser packages: 0 known holes\n"


def test_silence_about_a_hole_that_everybody_knows_is_no_all_clear() -> None:
    with advisories(lambda _name, _version: False) as address:
        done = audit(address, "--must")
    assert done.returncode == 1
    assert done.stderr.count("NOT LOOKED AT") == 2
    assert not done.stdout
