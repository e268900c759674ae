"""The command in a process of its own that is forked from one which has read the program in: reading it in takes longer
than most commands do. What the installed script adds to it, its name and the call of ``main``, is tried by itself."""

import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path

from training_tracker.cli import main

CLOCK = Path(__file__).parents[1] / "journeys" / "clock"
LONGEST_SECONDS = 120

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.cli.read_in"])


def run(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Its exit code, and what it wrote to either stream."""
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept) / "out", Path(kept) / "err"
        process = _FORKING.Process(target=_main, args=(arguments, folder, environment, out, err))
        process.start()
        process.join(LONGEST_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"{arguments} took longer than {LONGEST_SECONDS} seconds")
        return process.exitcode, out.read_text("utf-8"), err.read_text("utf-8")


def _main(arguments: list[str], folder: Path, environment: dict[str, str], out: Path, err: Path) -> None:
    streams = (
        (0, Path(os.devnull), os.O_RDONLY),
        *((fd, file, os.O_WRONLY | os.O_CREAT) for fd, file in ((1, out), (2, err))),
    )
    for number, file, how in streams:
        opened = os.open(file, how)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["training-tracker", *arguments]
    if "CLOCK" in environment:
        runpy.run_path(str(CLOCK / "sitecustomize.py"))
    main()
