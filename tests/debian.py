"""Programs that others have written, from Debian's packages: unpacked where they are not installed."""

import re
import shutil
import subprocess
from pathlib import Path

# A package that would be put in anew; one that would be put in the place of another has that one's version in brackets.
_MISSING = re.compile(r"^Inst (\S+) \(", re.MULTILINE)


def unpacked(package: str, folder: Path) -> Path | str:
    """A new folder below this one that holds the package and what it needs that is not installed here, or the reason
    why it cannot be had."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return f"there is no apt-get to bring Debian's package {package}"
    (folder / package).mkdir()
    wanted = _apt(folder, "install", "--simulate", "--no-install-recommends", package)
    missing = _MISSING.findall(wanted.stdout)
    fetched = _apt(folder / package, "download", *missing) if missing else wanted
    for failed in (wanted, fetched):
        if failed.returncode or not missing:
            return f"Debian's package {package} cannot be had: {failed.stderr.strip()[-200:]}"
    for archive in (folder / package).glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", archive, folder / package], check=True)
    return folder / package


def _apt(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["apt-get", "-q", *arguments], cwd=folder, capture_output=True, text=True)
