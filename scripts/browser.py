"""Make sure that a Chromium is here for the tests and the screenshots, and print where it is.

One found on PATH is used. Where there is none, Debian's is installed, if we may: that is, as root with apt at hand.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    browser = find() or install()
    if browser is None:
        sys.exit(
            "The tests need a browser: install Chromium or Google Chrome, so that one of these is on PATH: "
            f"{', '.join(NAMES)}. On Debian or Ubuntu: sudo apt-get install chromium"
        )
    print(browser)


def find() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print("Installing chromium with apt-get", file=sys.stderr)
    # A fresh machine has no package lists; where they cannot be had, the lists that are there may still do.
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=sys.stderr, check=False)
    packages = ["chromium", "fonts-dejavu-core"]
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        env=quiet,
        stdout=sys.stderr,
        check=False,
    )
    return find()


if __name__ == "__main__":
    main()
