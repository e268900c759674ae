"""A manager's escalation: whoever is overdue for longer than the agency's limit, told once, at most once a week."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from tests.journeys.year.judging import Book, Moment
from tests.journeys.year.letters import Received
from tests.journeys.year.rules import SUMMARIES_FROM, Ladder, runs

# Of which post, expectation and due day; and how an e-mail names it.
About = tuple[int, int, date]
Entry = tuple[str, str, date]
# An e-mail names so many people at most, and says how many more there are.
MOST = 20


class Escalations:
    kinds: tuple[str, ...] = ("escalation",)

    def __init__(self, book: Book) -> None:
        self.book = book
        self.weeks: set[str] = set()
        self.told: dict[int, set[About]] = defaultdict(set)
        self.owed: dict[int, list[set[About]]] = defaultdict(list)
        self.in_week: Counter[tuple[int, str]] = Counter()

    def look(self, moment: Moment, received: Sequence[tuple[int, Received]]) -> None:
        look, week = moment.look, f"{moment.look.day:%G-W%V}"
        if runs(SUMMARIES_FROM, look.at) and week not in self.weeks:
            self.weeks.add(week)
            for manager in moment.chain.with_people:
                new = set(self._late(moment, manager)) - self.told[manager]
                # Whoever gets an earlier one this week, since no e-mail went out before, gets no other.
                one_a_week = not self.owed[manager] and not self.in_week[manager, week]
                if new and one_a_week and moment.knowledge.emails[manager]:
                    self.owed[manager].append(new)
        got: dict[int, list[Received]] = defaultdict(list)
        for manager, letter in received:
            got[manager].append(letter)
            self.in_week[manager, week] += 1
            once = self.in_week[manager, week] == 1
            self.book.holds("one escalation a week", once, moment.who(manager))
        if look.delivering or got:
            for manager in {*self.owed, *got}:
                self._settle(moment, manager, got[manager])

    def _settle(self, moment: Moment, manager: int, letters: list[Received]) -> None:
        late = self._late(moment, manager)
        who = moment.who(manager)
        for new in self.owed.pop(manager, []):
            true = new & set(late)
            if not true:
                self.book.checked["nothing is missing: escalation"] += 1
            elif self.book.holds("nothing is missing: escalation", bool(letters), who, sorted(new)):
                self._letter(who, letters.pop(0), true, late)
                self.told[manager] |= true
        self.book.holds("nobody gets what they are not to get: escalation", not letters, who)

    def _letter(self, who: str, letter: Received, new: set[About], late: dict[About, Entry]) -> None:
        for part, name in (new, "new"), (set(late) - new, "others"):
            expected = Counter(late[about] for about in part)
            told = Counter(letter.entries[name])
            # So many people are named, and the others counted.
            shortened = told < expected and letter.numbers[name] > 0 and len({who for who, _, _ in told}) <= MOST
            right = told == expected or shortened
            rule = f"an escalation names whoever is long overdue ({name}), and nobody else"
            self.book.holds(rule, right, who, told - expected, expected - told)

    def _late(self, moment: Moment, manager: int) -> dict[About, Entry]:
        """What those named to them are overdue with for longer than the limit."""
        chain, knowledge, found = moment.chain, moment.knowledge, {}
        for post in chain.named_to.get(manager, ()):
            ladder = moment.look.ladders.get(knowledge.agency_of(post.team), Ladder())
            for stand in knowledge.stands(post.practitioner, chain.at, chain.day):
                if stand.post != post.id or stand.status != "overdue" or stand.due_on is None or stand.last_day is None:
                    continue
                if stand.last_day + timedelta(days=ladder.escalate_after) < chain.day:
                    entry = (
                        knowledge.names[post.practitioner],
                        " ".join(knowledge.asked[stand.version].title.split()),
                        stand.last_day + timedelta(days=1),
                    )
                    found[stand.post, stand.expectation, stand.due_on] = entry
        return found
