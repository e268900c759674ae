"""Lock every dependency with its hash, naming no package host.

``requirements/runtime.txt`` is what an installed copy needs, ``dev.txt`` adds what tests and checks need,
``uv.txt`` holds the installer alone, so that plain pip can bring it in. With ``--check`` nothing is written and
a requirement of ``pyproject.toml`` that the locks do not meet is an error.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"


def main() -> None:
    if "--check" in sys.argv[1:]:
        problems = check()
        for problem in problems:
            print(problem, file=sys.stderr)
        sys.exit(1 if problems else 0)
    REQUIREMENTS.mkdir(exist_ok=True)
    compile_lock("runtime.txt")
    compile_lock("dev.txt", "--group", "dev")
    write_installer_lock()


def compile_lock(name: str, *options: str) -> None:
    subprocess.run(
        [
            *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "pyproject.toml"),
            *("--universal", "--generate-hashes", "--no-header", "--quiet"),
            *("--output-file", str(REQUIREMENTS / name)),
            *options,
        ],
        cwd=ROOT,
        check=True,
    )


def write_installer_lock() -> None:
    blocks = re.split(r"\n(?=\S)", (REQUIREMENTS / "dev.txt").read_text())
    uv = next(block for block in blocks if block.startswith("uv=="))
    (REQUIREMENTS / "uv.txt").write_text(uv.rstrip() + "\n")


def check() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        "runtime.txt": project["project"]["dependencies"],
        "dev.txt": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
    }
    problems = []
    for name, requirements in wanted.items():
        text = (REQUIREMENTS / name).read_text()
        if re.search(r"https?://|--(extra-)?index-url|file://", text):
            problems.append(f"requirements/{name} names a package host: run make locks")
        pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
        pinned = {canonicalize_name(package): version for package, version in pins}
        for requirement in map(Requirement, requirements):
            version = pinned.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                problems.append(f"requirements/{name} does not meet '{requirement}': run make locks")
    return problems


if __name__ == "__main__":
    main()
