"""SpamAssassin, with the rules that it brings along and without the network: from PATH, or from Debian's package."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path

from tests.debian import unpacked
from training_tracker.calendar import now

# It writes what it thinks of a letter in one line above it, learns nothing, and takes an address that is kept for
# examples for one of somebody's.
OPTIONS = (
    "--local",
    "--nocreate-prefs",
    "--cf=use_bayes 0",
    "--cf=report_safe 0",
    "--cf=score RCVD_ILLEGAL_IP 0",
    "--cf=clear_headers",
    "--cf=fold_headers 0",
    "--cf=add_header all Verdict _SCORE_ _TESTSSCORES_",
)
_VERDICT = re.compile(r"^X-Spam-Verdict: (?P<score>\S+) (?P<rules>\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """``rules`` are those that the letter met, each with its points."""

    score: float
    rules: str


def find_filter(folder: Path) -> list[str] | str:
    """How the program is called, or the reason why it cannot be had here."""
    on_path = shutil.which("spamassassin")
    if on_path:
        return [on_path]
    perl = shutil.which("perl")
    found = unpacked("spamassassin", folder) if perl else "there is no perl to run Debian's package"
    if perl is None or isinstance(found, str):
        return f"spamassassin is not on PATH, and {found}"
    modules = [f"-I{path}" for pattern in ("share/perl*", "lib/*/perl*/5*") for path in found.glob(f"usr/{pattern}")]
    rules = [f"--configpath={found}/usr/share/spamassassin", f"--siteconfigpath={found}/etc/spamassassin"]
    return [perl, "-T", *modules, f"{found}/usr/bin/spamassassin", *rules]


def received(letter: bytes) -> bytes:
    """A letter as a mail server that has just taken it hands it to its filter."""
    moment = format_datetime(now())
    above = f"""\
Return-Path: <training@tracker.example>
Received: from mail.tracker.example (mail.tracker.example [203.0.113.25])
\tby mx.agency.example (Postfix) with ESMTPS id 4XyZ0123AbC
\tfor <person@agency.example>; {moment}
"""
    return above.encode() + letter.replace(b"\r\n", b"\n")


def verdicts(program: list[str], folder: Path, letters: Mapping[str, bytes]) -> dict[str, Verdict]:
    """What the filter thinks of each letter, all of them in one run."""
    for name, letter in letters.items():
        (folder / name).write_bytes(letter)
    command = [*program, *OPTIONS, f"--prefspath={folder}/preferences", *letters]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)
    said = _VERDICT.findall(run.stdout.decode(errors="replace"))
    return {name: Verdict(float(score), rules) for name, (score, rules) in zip(letters, said, strict=True)}
