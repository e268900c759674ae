"""Pages: My training, signed in, from the program's own server, beside a bare handler with the same template."""

import os
import re
import sys
from pathlib import Path

import httpx

from bench.bare import WHOSE
from bench.load import Answer, fetch
from bench.measuring import Result, Stopwatch, in_turns
from bench.servers import running
from bench.world import World

# As the program's own command serves it; that one refuses the demo, in which alone one can sign in.
SERVE = [
    sys.executable,
    "-m",
    "granian",
    "--interface",
    "asgi",
    "--factory",
    "--no-ws",
    "training_tracker.app:create_app",
]


async def measure(world: World) -> Result:
    practitioner = world.region.practitioner.practitioner_id
    environment = {
        "TRACKER_DATABASE_URL": world.databases.url("settled"),
        "TRACKER_SECRET_KEY": "only the bench signs with this one",
        "TRACKER_DEMO": "true",
        "TRACKER_SCHEDULER": "false",
        WHOSE: str(practitioner),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))),
    }
    log = world.folder / "server.log"
    bare = [sys.executable, "-m", "bench.servers"]
    requests = world.size.requests
    with (
        running([*SERVE, "--port"], environment, log) as port,
        running(bare, environment, log.with_name("bare.log")) as bare_port,
    ):
        cookie = await _signed_in(port, practitioner)

        async def ours(watch: Stopwatch) -> None:
            async with watch.running():
                await fetch(port, "/me", cookie, requests)

        async def plain(watch: Stopwatch) -> None:
            async with watch.running():
                await fetch(bare_port, "/me", cookie, requests)

        warm = max(requests // 4, 1)
        _same_page(await fetch(port, "/me", cookie, warm), await fetch(bare_port, "/me", cookie, warm))
        seconds = await in_turns(ours, plain, world.size.repeats)
    return Result(world.databases.kind, "page", "requests/s", requests, *seconds)


async def _signed_in(port: int, practitioner: int) -> str:
    """Sign in as one does in the demo, by choosing a person; returns the cookies as a browser sends them."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser:
        form = (await browser.get("/sign-in")).text
        token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', form)
        assert token is not None, "the sign-in page has no form token"
        sent = {"_csrf_token": token[1], "practitioner": str(practitioner)}
        answer = await browser.post("/sign-in", data=sent)
        assert answer.status_code == 303, answer.text
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def _same_page(ours: Answer, plain: Answer) -> None:
    """The reference must render what we render; the form tokens in it differ, and so may a few days in its words."""
    assert abs(len(ours.body) - len(plain.body)) < 1000, (len(ours.body), len(plain.body))
