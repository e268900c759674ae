"""What every judge of a kind of e-mail works with: a moment at which the program looked, and a book of findings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Protocol

from tests.journeys.year.chain import Chain, Named
from tests.journeys.year.knowledge import Knowledge
from tests.journeys.year.letters import Received
from tests.journeys.year.rules import Ladder
from tests.mail.servers import Letter


@dataclass(frozen=True)
class Look:
    """A moment at which the program looked what is to do, and whether it could deliver; who was named for which team,
    and the agencies' own ladders; and the e-mails that came of it."""

    at: datetime
    delivering: bool
    managers: Named
    deputies: Named
    ladders: Mapping[int, Ladder]
    letters: Sequence[Letter]

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True)
class Moment:
    """A look with what is known at it. ``who`` tells of it in a finding."""

    look: Look
    knowledge: Knowledge

    @cached_property
    def chain(self) -> Chain:
        return Chain(self.knowledge, self.look.at, self.look.managers, self.look.deputies)

    def who(self, person: int) -> str:
        return f"{self.look.at:%a %d %b %Y %H:%M} {self.knowledge.emails[person]}"


@dataclass
class Book:
    """``findings`` are the breaches, each with its rule; ``checked`` how often each rule was looked at."""

    findings: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)

    def holds(self, rule: str, true: bool, *what: object) -> bool:
        self.checked[rule] += 1
        if not true:
            self.findings.append(f"{rule}: {'; '.join(map(str, what))}")
        return true


class Judge(Protocol):
    """A judge of one or several kinds, who sees every look in its turn with the e-mails of these kinds that came."""

    kinds: tuple[str, ...]

    def look(self, moment: Moment, received: Sequence[tuple[int, Received]]) -> None: ...
