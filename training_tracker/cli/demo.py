"""demo: an invented region to look around in, from nothing, in one command."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import rich_click as click
from granian.log import LogLevels

from training_tracker.cli.printing import bar, say
from training_tracker.cli.running import DONE, run_until_done
from training_tracker.cli.serving import refuse_taken_port, serve_web
from training_tracker.demo.mailbox import Catcher
from training_tracker.demo.preparing import MAILBOX, Prepared, demo_settings, fresh_folder, prepare
from training_tracker.logs import configure_logs
from training_tracker.settings import Settings

HOST = "127.0.0.1"
SECONDS_TO_OPEN = 60


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--people", default=1_200, show_default=True, help="How many people work in the region.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where its database, spreadsheets and e-mails are kept. An earlier demo there is cleared away.",
)
def demo(port: int, people: int, folder: Path) -> None:
    """Settle an invented region in a fresh database, and open its web pages.

    E-mails are really sent, to a mail server of the demo's own, and shown in its mailbox. Nothing of your settings
    is used, and nothing leaves this machine. Ctrl-C ends it.
    """
    run_demo(folder, port, people)


def run_demo(folder: Path, port: int, people: int, database_url: str | None = None) -> None:
    """Until it is told to stop. ``database_url`` is of an empty database to settle in place of a file in the folder.

    Tests show the demo on PostgreSQL with it. The command takes none: it would bring invented people into a real
    database.
    """
    configure_logs()
    refuse_taken_port(HOST, port)
    with fresh_folder(folder):
        catcher = Catcher(folder / MAILBOX)
        catcher.start()
        try:
            settings = demo_settings(folder, port=port, mail_port=catcher.port, database_url=database_url)
            _run(folder, settings, port, people)
        finally:
            catcher.stop()
    say(f"Stopped. Its spreadsheets, database and e-mails are in {folder}.")


def _run(folder: Path, settings: Settings, port: int, people: int) -> None:
    prepared: list[Prepared] = []

    async def work() -> int:
        with bar() as show:
            prepared.append(await prepare(folder, settings, people=people, progress=show))
        return DONE

    if code := run_until_done(work):
        raise SystemExit(code)
    address = settings.base_url
    welcome = _once_open(address, lambda: _welcome(address, prepared[0]))
    serve_web(HOST, port, 1, level=LogLevels.warning, began=welcome)


def _once_open(address: str, tell: Callable[[], None]) -> Callable[[], None]:
    """Start looking whether the pages answer, and tell so when they do."""

    def look() -> None:
        deadline = time.monotonic() + SECONDS_TO_OPEN
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{address}/health", timeout=5) as answer:  # noqa: S310  # our own address
                    if answer.status == 200:
                        tell()
                        return
            except OSError:
                time.sleep(0.1)

    return Thread(target=look, daemon=True).start


def _welcome(address: str, prepared: Prepared) -> None:
    region = prepared.region
    guests = (region.practitioner, region.manager, region.agency_lead, region.partnership_lead, region.scrutineer)
    widest = max(len(guest.name) for guest in guests)
    say(f"\n{region.people:,} people, {region.completions:,} completions, {prepared.letters:,} e-mails.\n")
    say(f"Open {address} and sign in as")
    for guest in guests:
        say(f"  {guest.name:<{widest}}  {guest.description}")
    say(f"\nEvery e-mail: {address}/mailbox. Ctrl-C ends the demo.")
