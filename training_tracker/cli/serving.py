"""serve, worker: the program at work, until it is told to stop."""

import asyncio
import errno
import multiprocessing
import os
import secrets
import signal
import socket
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any

import rich_click as click
import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from granian.utils.proxies import wrap_asgi_with_proxy_headers

from training_tracker.cli.running import DONE, on_the_database, open_database, run_until_done
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.logs import configure_logs, log_config
from training_tracker.schedule.running import scheduler
from training_tracker.settings import ON_THIS_MACHINE, Settings

log = structlog.get_logger()


# How long a stopping server waits for the answer or the e-mail in hand, in seconds.
PATIENCE = 60


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets other machines in.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Run the web pages, and the scheduler beside them. Several copies may run: each job still runs once."""
    settings = Settings()
    configure_logs()
    _refuse_open_doors(settings, host)
    refuse_taken_port(host, port)

    async def look() -> int:
        async with open_database(settings):
            return DONE

    run_until_done(look)
    serve_web(host, port, workers)


def _refuse_open_doors(settings: Settings, host: str) -> None:
    if settings.demo:
        raise Refused(
            "TRACKER_DEMO is set: anybody could sign in as anybody",
            "Unset it; training-tracker demo sets it for itself.",
        )
    if settings.weak_secret and not (settings.on_this_machine and host in ON_THIS_MACHINE):
        raise Refused(
            "TRACKER_SECRET_KEY can be guessed, and with it anybody's session be forged",
            f"Set it to something random, such as this: {secrets.token_urlsafe(32)}",
        )


def refuse_taken_port(host: str, port: int) -> None:
    """Look before the work begins: the server itself would share a taken port without a word."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            mend = f"Stop it, or choose another port, such as --port {_free_port(host, port)}."
            raise Refused(f"Port {port} is taken by another program", mend) from None
        raise Refused(
            f"{host} port {port} cannot be used ({error.strerror or error})", "Choose another --host or --port."
        ) from None


def _free_port(host: str, taken: int) -> int:
    for port in range(taken + 1, min(taken + 100, 65536)):
        try:
            socket.create_server((host, port)).close()
        except OSError:
            continue
        return port
    return 8000


def serve_web(
    host: str,
    port: int,
    workers: int,
    *,
    level: LogLevels = LogLevels.info,
    began: Callable[[], None] | None = None,
) -> None:
    """Serve with the environment's settings until SIGINT or SIGTERM. ``began`` is called as the workers start."""
    # A forked worker would inherit whatever this process's threads hold; a spawned one begins afresh.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "training_tracker.cli.serving:web_process",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers=workers,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=PATIENCE,
        log_level=level,
        log_dictconfig=log_config(),
    )
    if began is not None:
        server.on_startup(began)
    server.serve()


def web_process() -> Any:
    """The application in a process that the server has spawned, and that ends when the server is killed."""
    # Read in here alone: the process that looks after the others serves no pages.
    from training_tracker.app import create_app

    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()
    return wrap_asgi_with_proxy_headers(create_app(), Settings().behind_proxies)


def _end_after(parent: BaseProcess) -> None:
    """An orphan would keep the port, and go on with the jobs."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


@click.command()
@on_the_database
async def worker(database: Database, settings: Settings, /) -> int:
    """Run the scheduler and the delivery of e-mails, without web pages."""
    configure_logs()
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    async with scheduler(database, settings):
        log.info(
            "worker.started",
            reminders_at=settings.reminders_at,
            summaries_at=settings.summaries_at,
            timezone=settings.timezone,
        )
        await told_to_stop.wait()
    log.info("worker.stopped")
    return DONE
