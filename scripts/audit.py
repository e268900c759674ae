"""Look for known holes in what is locked: the Python packages (OSV's advisories), and those for the browser (npm's).

Each of the two is first asked about a release whose hole has been known for years: who is silent about that one says
nothing by being silent about ours. Where one cannot be asked, this says so; it is an error only with ``--must``.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.assets import node_first, npm

ROOT = Path(__file__).resolve().parent.parent
# Where to ask in place of OSV itself, such as a mirror of it.
OSV = "TRACKER_AUDIT_OSV_URL"

# What is asked about, and in the answer each hole in words; None where there was no answer.
Look = Callable[[Path], list[str] | None]


def main() -> None:
    looks: dict[str, tuple[Look, Path, Callable[[Path], Path]]] = {
        "Python packages": (holes_in_python, ROOT / "requirements" / "dev.txt", old_python),
        "browser packages": (holes_in_npm, ROOT, old_npm),
    }
    holes: list[str] = []
    unasked: list[str] = []
    for name, (look, locked, old) in looks.items():
        with tempfile.TemporaryDirectory() as folder:
            if not look(old(Path(folder))):
                unasked.append(name)
                continue
        found = look(locked)
        if found is None:
            unasked.append(name)
            continue
        holes += found
        print(f"{name}: {len(found)} known holes")
    for hole in holes:
        print(hole, file=sys.stderr)
    for name in unasked:
        print(f"{name}: NOT LOOKED AT, the advisories cannot be reached from here", file=sys.stderr)
    sys.exit(1 if holes or (unasked and "--must" in sys.argv[1:]) else 0)


def holes_in_python(lock: Path) -> list[str] | None:
    """``lock``: a file of pinned and hashed requirements."""
    url = os.environ.get(OSV)
    answer = _answer(
        [
            *(str(Path(sys.executable).parent / "pip-audit"), "--vulnerability-service", "osv"),
            *(["--osv-url", url] if url else []),
            *("--requirement", str(lock), "--require-hashes", "--disable-pip", "--strict"),
            *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
        ]
    )
    if answer is None:
        return None
    return [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'none'}"
        for package in answer["dependencies"]
        for hole in package["vulns"]
    ]


def old_python(folder: Path) -> Path:
    lock = folder / "requirements.txt"
    lock.write_text(f"jinja2==2.4 --hash=sha256:{'0' * 64}\n")
    return lock


def holes_in_npm(folder: Path) -> list[str] | None:
    """``folder``: where the lock file of npm is."""
    answer = _answer([*npm(), "audit", "--json", "--prefix", str(folder)], env=node_first())
    if answer is None or "vulnerabilities" not in answer:
        return None
    return [f"{name} ({hole['severity']}): {hole['range']}" for name, hole in answer["vulnerabilities"].items()]


def old_npm(folder: Path) -> Path:
    root = {"name": "old", "version": "1.0.0", "dependencies": {"lodash": "4.17.4"}}
    packages = {"": root, "node_modules/lodash": {"version": "4.17.4"}}
    lock = {"name": "old", "lockfileVersion": 3, "packages": packages}
    (folder / "package.json").write_text(json.dumps(root))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder


def _answer(command: list[str], env: dict[str, str] | None = None) -> dict[str, Any] | None:
    """What a command prints as JSON, whatever it ends with: holes are no failure to look."""
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=300)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None
    return answer


if __name__ == "__main__":
    main()
