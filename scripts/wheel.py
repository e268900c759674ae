"""Build the wheel, install it in an empty environment with the locked dependencies, and see it work once.

With ``--into FOLDER`` the environment is made there and kept, as the Dockerfile wants it; otherwise it is made in a
temporary folder and the installed command does one round of what the program is for, far from the checkout.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
UV = Path(sys.executable).with_name("uv")
SECONDS_TO_START = 60
WRITE_TEMPLATES = """
import sys
from pathlib import Path
from training_tracker.intake import completions, people
from training_tracker.intake.templates import template
for name, layout in (("people", people), ("completions", completions)):
    Path(f"{name}.xlsx").write_bytes(template(layout.COLUMNS, "xlsx"))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, metavar="FOLDER")
    into: Path | None = parser.parse_args().into
    wheel = build()
    if into is not None:
        install(wheel, into)
        return
    with tempfile.TemporaryDirectory(prefix="tracker-wheel-") as folder:
        install(wheel, Path(folder) / "environment")
        elsewhere = Path(folder) / "elsewhere"
        elsewhere.mkdir()
        try_out(Installed(Path(folder) / "environment" / "bin", elsewhere))


def build() -> Path:
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", DIST)
    (wheel,) = DIST.glob("*.whl")
    return wheel


def install(wheel: Path, into: Path) -> None:
    """Exactly what is locked and the wheel: nothing else is found, and no compiler is wanted."""
    run(UV, "venv", "--quiet", "--clear", "--python", Path(sys.base_prefix) / "bin" / "python3", into)
    options = ["--quiet", "--python", str(into / "bin" / "python"), "--compile-bytecode", "--only-binary", ":all:"]
    run(UV, "pip", "install", *options, "--require-hashes", "-r", ROOT / "requirements" / "runtime.txt")
    run(UV, "pip", "install", *options, "--no-deps", "--no-index", wheel)
    run(UV, "pip", "check", "--quiet", "--python", into / "bin" / "python")


@dataclass(frozen=True)
class Installed:
    """The installed command, in a folder of its own and without any settings but those it is given."""

    programs: Path
    folder: Path

    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "PYTHON"))}
        return ours | {"PATH": os.pathsep.join([str(self.programs), ours.get("PATH", os.defpath)])}

    def run(self, *command: str) -> str:
        print("$", *(part.strip().splitlines()[0] for part in command), flush=True)
        done = subprocess.run(command, cwd=self.folder, env=self.environment(), text=True, stdout=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of the pages; when the block is done the server must stop in good order."""
        port = free_port()
        command = ["training-tracker", "serve", "--port", str(port)]
        print("$", *command, flush=True)
        with subprocess.Popen(command, cwd=self.folder, env=self.environment()) as process:
            try:
                yield f"http://127.0.0.1:{port}"
                process.send_signal(signal.SIGTERM)
                if process.wait(SECONDS_TO_START) != 0:
                    sys.exit(f"serve ended with {process.returncode}")
            finally:
                process.kill()


def try_out(installed: Installed) -> None:
    """Every part that the wheel has to bring is used: migrations, configuration, templates of e-mails and pages."""
    run_ = installed.run
    expect("serve" in run_("training-tracker", "--help"), "help")
    run_("training-tracker", "migrate")
    run_("training-tracker", "load", "reference")
    run_("python", "-c", WRITE_TEMPLATES)
    people = json.loads(run_("training-tracker", "import", "people", "people.xlsx", "--create", "--json"))
    completions = json.loads(run_("training-tracker", "import", "completions", "completions.xlsx", "--json"))
    expect(people["accepted"] == completions["accepted"] == 2, "the examples of the templates are accepted")
    plan = json.loads(run_("training-tracker", "reminders", "run", "--on", "2026-06-02", "--dry-run", "--json"))
    expect(bool(plan["planned"]), "a digest is written")
    expect(json.loads(run_("training-tracker", "outbox", "list", "--json")) == [], "an empty outbox")
    with installed.serving() as address:
        expect(json.loads(answer(f"{address}/health", patient=True))["status"] == "ok", "health")
        run_(*health_check(address))
        expect(b"<html" in answer(f"{address}/sign-in"), "a page")
        expect(len(answer(f"{address}/static/govuk-frontend.min.css")) > 50_000, "the style sheet")
    print("The wheel works.")


def health_check(address: str) -> list[str]:
    """What the Dockerfile asks, of the server at this address."""
    text = (ROOT / "Dockerfile").read_text()
    command: list[str] = json.loads(text[text.index("[", text.index("HEALTHCHECK")) :].split("\n")[0])
    return [part.replace("http://127.0.0.1:8000", address) for part in command]


def answer(address: str, *, patient: bool = False) -> bytes:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            found: HTTPResponse = urlopen(address, timeout=10)  # noqa: S310  # our own address
            with found:
                return found.read()
        except HTTPError as error:
            sys.exit(f"{address} answers {error.code}")
        except URLError:
            if not patient or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        sys.exit(f"This is not as it should be: {what}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
