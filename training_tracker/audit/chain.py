"""How acts are chained: each carries a hash over itself, its lines and the act before."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from training_tracker.audit.models import AuditEntry

# So many lines are read at a time: an import makes very many.
AT_A_TIME = 10_000
BEGINNING = "0" * 64
# What is hashed of an act, and of a line.
ACT = ("number", "act_id", "at", "by", "practitioner_id", "how", "origin")
LINE = (
    AuditEntry.id,
    AuditEntry.record,
    AuditEntry.record_id,
    AuditEntry.practitioner_id.label("about"),
    AuditEntry.agency_id,
    AuditEntry.action,
    AuditEntry.before,
    AuditEntry.after,
)


def digest_of_line(line: Iterable[object]) -> str:
    return _digest([*line])


def digest_of_act(act: Mapping[str, object]) -> str:
    return _digest([str(act[name]) for name in ACT])


def chained(previous: str, act: str, lines: str) -> str:
    """The hash of an act: of the one before, its digest, and the hash of the digests of its lines, one after another.

    Digests, so that what is erased of an act or a line can leave its own behind (:mod:`~.redacting`).
    """
    return _digest([previous, act, lines])


def _digest(said: list[object]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
