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


class Monthly:
    """Owes everybody whom ``recipients`` names one e-mail for each month; what becomes of it is judged here."""

    kinds: tuple[str, ...] = ()
    subject = ""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.months: set[date] = set()
        self.owed: dict[tuple[int, date], object] = {}
        self.had: set[tuple[int, date]] = set()

    def look(self, moment: Moment, received: Sequence[tuple[int, Received]]) -> None:
        month = moment.look.day.replace(day=1)
        if self.runs(moment.look.at) and month not in self.months:
            self.months.add(month)
            self.owed |= {(person, month): told for person, told in self.recipients(moment.chain)}
        for person, letter in received:
            self._letter(moment, person, letter)
        if moment.look.delivering:
            for person, month in list(self.owed):
                del self.owed[person, month]
                rule = f"nothing is missing: {self.kinds[0]}"
                self.book.holds(rule, not self.still(moment.chain, person), moment.who(person), month)

    def runs(self, at: datetime) -> bool:
        return runs(SUMMARIES_FROM, at)

    def recipients(self, chain: Chain) -> Iterable[tuple[int, object]]:
        raise NotImplementedError

    def still(self, chain: Chain, person: int) -> bool:
        raise NotImplementedError

    def figures(self, _letter: Received) -> object:
        """What an e-mail tells that is judged against what was owed."""
        return None

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
        self.book.holds(f"a {kind} counts right", told == owed, who, told, owed)


class Summaries(Monthly):
    kinds: tuple[str, ...] = ("summary",)

    def recipients(self, chain: Chain) -> Iterable[tuple[int, object]]:
        for manager, posts in chain.with_people.items():
            if chain.at_work(manager) and chain.knowledge.emails[manager]:
                yield manager, self._counted(manager, posts, chain)

    def still(self, chain: Chain, person: int) -> bool:
        return person in chain.direct

    def figures(self, _letter: Received) -> object:
        numbers = _letter.numbers
        return Figures(numbers["people"], numbers["OVERDUE"], numbers["DUE IN THE NEXT 60 DAYS"])

    def _counted(self, manager: int, posts: Sequence[Post], chain: Chain) -> Figures:
        """All people of their teams; by name, and so in the lists, those whom no other manager knows nearer."""
        overdue: set[int] = set()
        soon: set[int] = set()
        named = chain.knows_by_name(manager)
        by_id = {post.id: post for post in posts if post.team in named}
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

    def recipients(self, chain: Chain) -> Iterable[tuple[int, object]]:
        return ((lead, None) for lead, _ in chain.knowledge.agency_leads if self._leads(chain, lead, at_work=True))

    def still(self, chain: Chain, person: int) -> bool:
        return self._leads(chain, person)

    def _leads(self, chain: Chain, person: int, *, at_work: bool = False) -> bool:
        agencies = [agency for lead, agency in chain.knowledge.agency_leads if lead == person]
        there = chain.at_work(person) or not at_work
        return there and any(chain.belongs_to(person, agency) for agency in agencies)


class PartnershipSummaries(Monthly):
    kinds: tuple[str, ...] = ("partnership-summary",)

    def runs(self, at: datetime) -> bool:
        return from_the_fifth_working_day(at.date()) and super().runs(at)

    def recipients(self, chain: Chain) -> Iterable[tuple[int, object]]:
        return ((lead, None) for lead, _ in chain.knowledge.partnership_leads if chain.at_work(lead))

    def still(self, chain: Chain, person: int) -> bool:
        return any(lead == person for lead, _ in chain.knowledge.partnership_leads)
