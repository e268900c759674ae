"""Rebuild in a process of its own, so that the most memory it ever took is that of a rebuild: ``URL`` → JSON."""

import asyncio
import json
import resource
import sys
from pathlib import Path
from time import perf_counter

from bench.world import opened
from training_tracker.standing.refreshing import rebuild


async def main(url: str) -> None:
    async with opened(url) as database:
        began = perf_counter()
        async with database.writing() as session:
            rebuilt = await rebuild(session)
        seconds = perf_counter() - began
    print(json.dumps({"standings": rebuilt.standings, "seconds": seconds, "megabytes": peak_megabytes()}))


def peak_megabytes() -> int:
    """On Linux from the kernel's own page: what ``resource`` says there is inherited from whoever started us."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
