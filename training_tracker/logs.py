"""What the program says about itself while it runs: to standard error, as lines to read or, in a pipe, as JSON."""

import logging.config
import sys
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog

from training_tracker.settings import PACKAGE

# Libraries that report what we report ourselves, in our own words.
QUIET = ("apscheduler", "aiosmtplib", "mail.log", "alembic")

_STAMPED: list[structlog.typing.Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logs(level: int = logging.INFO) -> None:
    """In each process, before anything is logged. Standard output stays free for what a command prints.

    A command that prints what became of its work asks for ``logging.CRITICAL``: nothing is to be said twice.
    """
    logging.config.dictConfig(log_config())
    structlog.configure(
        processors=[*_STAMPED, structlog.processors.format_exc_info, _renderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def log_config() -> dict[str, Any]:
    """The standard library's loggers, in the same shape as ours."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "training_tracker.logs.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": "ERROR"} for name in QUIET},
    }


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_STAMPED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _renderer(),
        ],
    )


def _renderer() -> structlog.typing.Processor:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def without_data(error: BaseException) -> dict[str, str]:
    """What went wrong and where, without the message: a database quotes rows in it."""
    ours = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PACKAGE)]
    where = f"{Path(ours[-1].filename).relative_to(PACKAGE)}:{ours[-1].lineno}" if ours else ""
    return {"error": type(error).__name__, "where": where}
