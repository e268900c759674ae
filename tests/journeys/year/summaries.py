"""Who leads others: managers with people have one summary a month, on the first working day of a run, and so have
agencies' leads; the partnership's from the fifth working day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tests.journeys.year.chain import Chain
from tests.journeys.year.judging import Book, Moment
from tests.journeys.year.letters import Received
from tests.journeys.year.rules import SOON, SUMMARIES_FROM, from_the_fifth_working_day, runs
from tests.standing.oracle import Post


@dataclass(frozen=True)
class Figures:
    people: int
    overdue: int
    soon: int


@dataclass
class Owed:
    """What an e-mail that waits may tell: as it was planned first, and as it was at each look since its reader managed
    something else; each with what they managed then. ``untrue``: at some look it was not to be sent."""

    versions: list[tuple[object, object]]
    untrue: bool = False


class Monthly:
    """Owes everybody whom ``recipients`` names one e-mail for each month; what becomes of it is judged here."""

    kinds: tuple[str, ...] = ()

    def __init__(self, book: Book) -> None:
        self.book = book
        self.months: set[date] = set()
        self.owed: dict[tuple[int, date], Owed] = {}
        self.had: set[tuple[int, date]] = set()

    def look(self, moment: Moment, received: Sequence[tuple[int, Received]]) -> None:
        chain, month = moment.chain, moment.look.day.replace(day=1)
        if self.runs(moment.look.at) and month not in self.months:
            self.months.add(month)
            for person in self.recipients(chain):
                self.owed[person, month] = Owed([(self.managed(chain, person), self.told(chain, person))])
        for (person, _), owed in self.owed.items():
            self._still_waits(chain, person, owed)
        for person, letter in received:
            self._letter(moment, person, letter)
        if moment.look.delivering:
            rule = f"nothing is missing: {self.kinds[0]}"
            for (person, month), owed in self.owed.items():
                self.book.holds(rule, owed.untrue, moment.who(person), month)
            self.owed.clear()

    def runs(self, at: datetime) -> bool:
        return runs(SUMMARIES_FROM, at)

    def recipients(self, chain: Chain) -> Iterable[int]:
        raise NotImplementedError

    def still(self, chain: Chain, person: int) -> bool:
        raise NotImplementedError

    def managed(self, _chain: Chain, _person: int) -> object:
        """Where this is another when the e-mail is sent, it tells what is true then."""
        return None

    def told(self, _chain: Chain, _person: int) -> object:
        """What it tells, of what is judged."""
        return None

    def figures(self, _letter: Received) -> object:
        """The same, as an e-mail tells it."""
        return None

    def _still_waits(self, chain: Chain, person: int, owed: Owed) -> None:
        if not self.still(chain, person):
            owed.untrue = True
            return
        managed = self.managed(chain, person)
        if len(owed.versions) > 1 or managed != owed.versions[0][0]:
            owed.versions.append((managed, self.told(chain, person)))

    def _letter(self, moment: Moment, person: int, letter: Received) -> None:
        kind = self.kinds[0]
        who = f"{moment.who(person)} {letter.subject}"
        months = [month for one, month in self.owed if one == person and f"{month:%B %Y}" in letter.subject]
        self.book.holds(f"no {kind} that is not true any more", self.still(moment.chain, person), who)
        if not self.book.holds(f"a {kind} to those who are to have it, of the month", bool(months), who):
            return
        self.book.holds(f"one {kind} a month", (person, months[0]) not in self.had, who)
        self.had.add((person, months[0]))
        owed, told = self.owed.pop((person, months[0])), self.figures(letter)
        managed = self.managed(moment.chain, person)
        right = [version for of, version in owed.versions if of == managed]
        self.book.holds(f"a {kind} counts right", told in right, who, told, right)


class Summaries(Monthly):
    kinds: tuple[str, ...] = ("summary",)

    def recipients(self, chain: Chain) -> Iterable[int]:
        return chain.reached

    def still(self, chain: Chain, person: int) -> bool:
        return person in chain.reached

    def managed(self, chain: Chain, person: int) -> object:
        return chain.knowledge.teams_below(chain.direct[person], chain.at), chain.knows_by_name(person)

    def told(self, chain: Chain, person: int) -> object:
        return self._counted(person, chain.with_people[person], chain)

    def figures(self, _letter: Received) -> object:
        numbers = _letter.numbers
        return Figures(numbers["people"], numbers["OVERDUE"], numbers["DUE IN THE NEXT 60 DAYS"])

    def _counted(self, manager: int, posts: Sequence[Post], chain: Chain) -> Figures:
        """All people of their teams; by name, and so in the lists, those who are named to them."""
        overdue: set[int] = set()
        soon: set[int] = set()
        by_id = {post.id: post for post in chain.named_to.get(manager, ())}
        for person in {post.practitioner for post in posts}:
            for stand in chain.knowledge.stands(person, chain.at, chain.day):
                post = by_id.get(stand.post)
                if post is None or not stand.open or stand.due_on is None or stand.due_on > chain.day + SOON:
                    continue
                if (post.ended_on or date.max) >= stand.due_on:
                    (overdue if stand.status == "overdue" else soon).add(person)
        return Figures(len({post.practitioner for post in posts}), len(overdue), len(soon))


class AgencySummaries(Monthly):
    kinds: tuple[str, ...] = ("agency-summary",)

    def recipients(self, chain: Chain) -> Iterable[int]:
        return (lead for lead, _ in chain.knowledge.agency_leads if self.still(chain, lead))

    def still(self, chain: Chain, person: int) -> bool:
        agencies = [agency for lead, agency in chain.knowledge.agency_leads if lead == person]
        return chain.at_work(person) and any(chain.belongs_to(person, agency) for agency in agencies)


class PartnershipSummaries(Monthly):
    kinds: tuple[str, ...] = ("partnership-summary",)

    def runs(self, at: datetime) -> bool:
        return from_the_fifth_working_day(at.date()) and super().runs(at)

    def recipients(self, chain: Chain) -> Iterable[int]:
        return (lead for lead, _ in chain.knowledge.partnership_leads if self.still(chain, lead))

    def still(self, chain: Chain, person: int) -> bool:
        # An independent scrutineer has no post to be away from.
        there = chain.at_work(person) or not chain.knowledge.posts(person, chain.at)
        return there and any(lead == person for lead, _ in chain.knowledge.partnership_leads)
