"""Papers as PDF/UA: tagged, with a title and a language, so that a screen reader can read them. One that holds a letter
that none of our fonts has is tagged all the same.

Each is set in a process of its own that ends with it. Typst keeps much memory once it has had it, and a paper that
cannot be set must not take the server with it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from training_tracker.settings import packed_folder

SECONDS = 60
# So many at once in one process of the server; who comes later waits.
_AT_ONCE = asyncio.Semaphore(2)


class NotSet(Exception):
    """A paper could not be set: its template is wrong, or it took more than :data:`SECONDS`."""


async def pdf(paper: str, content: Mapping[str, Any]) -> bytes:
    """Set ``templates/papers/PAPER.typ``, which reads ``content`` as JSON: text stays text, whatever it says.

    The paper must set its title and describe its pictures; typst refuses it otherwise.

    :raises NotSet: with what typst says, which names lines of the template and nothing of the content.
    """
    async with _AT_ONCE:
        setting = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "training_tracker.typesetting", str(packed_folder("templates") / "papers"), paper),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # It gets what it is to set, and none of the settings: no address of a database, no key.
            env={name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ},
        )
        try:
            async with asyncio.timeout(SECONDS):
                made, said = await setting.communicate(json.dumps(content).encode())
        except TimeoutError:
            raise NotSet(f"The paper {paper} was not set within {SECONDS} seconds.") from None
        finally:
            if setting.returncode is None:
                setting.kill()
                await setting.wait()
    if setting.returncode:
        raise NotSet(f"The paper {paper} was not set: {said.decode(errors='replace').strip()}")
    return made
