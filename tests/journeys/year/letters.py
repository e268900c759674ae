"""E-mails as the mail server received them, read from their plain text as a person would."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html import unescape

from tests.mail.servers import Letter

_DAY = r"(\d{1,2} [A-Z][a-z]+ \d{4})"
_BY_WHEN = (
    (re.compile(rf"Overdue: it needed renewing by {_DAY}"), "overdue", True),
    (re.compile(rf"Overdue: it was due by {_DAY}"), "overdue", False),
    (re.compile(rf"It needed renewing by {_DAY}, and counts as overdue after {_DAY}"), "in grace", True),
    (re.compile(rf"Renew it by {_DAY}"), "", True),
    (re.compile(rf"Do it by {_DAY}"), "", False),
)


@dataclass(frozen=True)
class Line:
    """One thing to do: its title, by when, whether it is overdue, and whether it is a renewal."""

    title: str
    due_on: date
    overdue: bool
    renewal: bool


@dataclass(frozen=True)
class Received:
    """``kind`` as the List-Id tells it. ``first`` are the things that made us write, ``others`` the rest of them."""

    kind: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    auto_submitted: str
    at: datetime
    first: tuple[Line, ...] = ()
    others: tuple[Line, ...] = ()
    posts: tuple[str, ...] = ()
    recorded: tuple[tuple[str, str], ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    # An escalation's: whose, what, and overdue since when.
    entries: dict[str, list[tuple[str, str, date]]] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.first + self.others


def read(letter: Letter, at: datetime) -> Received:
    """Raises an assertion where it is no e-mail as ours are."""
    email = message_from_bytes(letter.content)  # the modern policy reads more of each header than we need
    (to,) = letter.recipients
    assert email["To"] == to
    text, html = (_part(email, f"text/{kind}") for kind in ("plain", "html"))
    kind = email["List-Id"].strip("<").partition(".")[0]
    return Received(
        kind,
        to,
        str(make_header(decode_header(email["Subject"]))),
        text,
        " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split()),
        email["Message-ID"],
        email["Auto-Submitted"] or "",
        at,
        **_READERS[kind](text) if kind in _READERS else {},  # type: ignore[arg-type]
    )


def _part(email: Message, kind: str) -> str:
    (part,) = (part for part in email.walk() if part.get_content_type() == kind)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode(part.get_content_charset("utf-8")).replace("\r\n", "\n")


def day_of(words: str) -> date:
    return datetime.strptime(words, "%d %B %Y").date()  # noqa: DTZ007  # a day has no zone


def _digest(text: str) -> dict[str, object]:
    first, _, others = text.partition("\nALSO ON YOUR LIST\n")
    return {"first": tuple(_lines(first)), "others": tuple(_lines(others))}


def _welcome(text: str) -> dict[str, object]:
    head, found, rest = text.partition("\nIF YOU DO ONE THING\n")
    posts = re.findall(r"^(\S.*?, since \d{1,2} [A-Z][a-z]+ \d{4})$", _unwrapped(head if found else text), re.MULTILINE)
    one, _, then = rest.partition("\nAND THEN\n")
    if not found:
        return {"posts": tuple(posts), "others": tuple(_lines(text))}
    return {"posts": tuple(posts), "first": tuple(_lines(one)), "others": tuple(_lines(then))}


def _confirmation(text: str) -> dict[str, object]:
    told = re.findall(
        r"^\* (.+?) Completed: (.+?)(?: From: .*)?(?: Not right\? \S+)?$", _paragraphs(text), re.MULTILINE
    )
    more = re.search(r"^And (\d+) more, which your record shows\.", text, re.MULTILINE)
    return {"recorded": tuple(told), "numbers": {"more": int(more[1]) if more else 0}}


def _summary(text: str) -> dict[str, object]:
    told = " ".join(text.split())
    people = re.search(r"\bAs at \d+ \w+ \d+: (nobody|\d+) ", told)
    numbers = {"people": people[1] if people else "missing"}
    for name in ("OVERDUE", "DUE IN THE NEXT 60 DAYS"):
        found = re.search(rf"\b{name}: (nobody|\d+)", told)
        numbers[name] = found[1] if found else "missing"
    return {"numbers": {name: 0 if number == "nobody" else int(number) for name, number in numbers.items()}}


def _escalation(text: str) -> dict[str, object]:
    new, _, others = text.partition("\nALSO LONG OVERDUE\n")
    entries: dict[str, list[tuple[str, str, date]]] = {}
    numbers: dict[str, int] = {}
    for name, part in ("new", new), ("others", others):
        entries[name] = []
        for who, things in re.findall(r"^\* (.+)\n((?: {2}.+\n?)+)", part, re.MULTILINE):
            for what, since in re.findall(rf"(.+?) Overdue since {_DAY}", " ".join(things.split())):
                entries[name].append((who, what.strip(), day_of(since)))
        more = re.search(r"^And (\d+) more people on the page", part, re.MULTILINE)
        numbers[name] = int(more[1]) if more else 0
    return {"entries": entries, "numbers": numbers}


_READERS: dict[str, Callable[[str], dict[str, object]]] = {
    "digest": _digest,
    "welcome": _welcome,
    "confirmation": _confirmation,
    "summary": _summary,
    "escalation": _escalation,
}


def _lines(text: str) -> list[Line]:
    """Each thing is a bullet with its title and, on a line of its own, by when."""
    found: list[Line] = []
    title = ""
    for line in text.splitlines():
        if line.startswith("* "):
            title = line[2:]
        elif title and line.startswith("  "):
            for pattern, status, renewal in _BY_WHEN:
                if told := pattern.match(line.strip()):
                    found.append(Line(title, day_of(told[1]), status == "overdue", renewal))
                    title = ""
                    break
            else:
                title = f"{title} {line.strip()}"
        elif title and not line.strip():
            title = ""
    return found


def _paragraphs(text: str) -> str:
    """Each bullet, with what stands below it, on one line."""
    return re.sub(r"\n {2}", " ", text)


def _unwrapped(text: str) -> str:
    """Each paragraph on one line, and what begins a line of its own there: a post and since when."""
    return "\n".join(" ".join(part.split()) for part in re.split(r"\n\n+|(?<=\d{4})\n", text))
