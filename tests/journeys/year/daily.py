"""What practitioners get, at most one e-mail a day: a welcome to a new post, or else a digest, or else a confirmation.

On each morning on which the program plans, everybody is owed what the rules say; at each delivery what they got is
judged against what they are owed and what is true then.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.journeys.year.judging import Book, Look, Moment
from tests.journeys.year.knowledge import Knowledge, Stand
from tests.journeys.year.letters import Line, Received
from tests.journeys.year.rules import (
    DIGESTS_FROM,
    HISTORY,
    NEW_IN_POST,
    NEWS,
    NOTICED_WITHIN,
    QUIET,
    Ladder,
    runs,
)

# Of which post, expectation and due day.
About = tuple[int, int, date]


@dataclass
class Owed:
    """An e-mail that somebody is to get: since which day, and about what. ``by`` is the day until which it may take."""

    kind: str
    day: date
    about: set[About] = field(default_factory=set)
    posts: set[int] = field(default_factory=set)
    recorded: set[int] = field(default_factory=set)
    by: date = date.min


@dataclass
class History:
    """What somebody has been told: which due day last when, and the newest digest or welcome."""

    said: dict[About, date] = field(default_factory=dict)
    written_on: date = date.min
    welcomed: set[int] = field(default_factory=set)
    confirmed: set[int] = field(default_factory=set)
    owed: list[Owed] = field(default_factory=list)
    not_asked_on: date = date.min
    letters_on: Counter[date] = field(default_factory=Counter)


class Daily:
    kinds: tuple[str, ...] = ("digest", "welcome", "confirmation")

    def __init__(self, book: Book, knowledge: Knowledge) -> None:
        self.book = book
        self.holds = book.holds
        self.checked = book.checked
        self.knowledge = knowledge
        self.people: dict[int, History] = defaultdict(History)
        self.planned: set[date] = set()

    def look(self, moment: Moment, received: Sequence[tuple[int, Received]]) -> None:
        look = moment.look
        if runs(DIGESTS_FROM, look.at) and look.day not in self.planned:
            self.planned.add(look.day)
            self.checked["mornings planned"] += 1
            for person in self.knowledge.names:
                self._morning(person, look)
        got: dict[int, list[Received]] = defaultdict(list)
        for person, letter in received:
            got[person].append(letter)
        owing = {person for person, history in self.people.items() if history.owed} if look.delivering else set()
        for person in sorted(owing | set(got)):
            self._settle(person, look, got[person])

    # --- who is to get something ---

    def _morning(self, person: int, look: Look) -> None:
        """What somebody is to get of the day's plan: a welcome, or else a digest, or else a confirmation."""
        history, day = self.people[person], look.day
        stands = self.knowledge.stands(person, look.at, day)
        if any(stand.status in {"exempt", "on leave", "unknown"} for stand in stands):
            history.not_asked_on = day
        if not self.knowledge.emails[person]:
            return
        # What others recorded is told with what they record since, while nothing of it is sent.
        history.owed = [owed for owed in history.owed if owed.kind != "confirmation"]
        posts = self._new_posts(person, look.at, day, stands) - history.welcomed
        posts -= {post for owed in history.owed for post in owed.posts}
        on_ladder = self._on_ladder(person, stands, look)
        unsaid = {about: stand for about, (stand, step) in on_ladder.items() if not self._is_said(history, about, step)}
        recorded = self._unconfirmed(person, look.at, day) - history.confirmed
        recorded -= {one for owed in history.owed for one in owed.recorded}
        digest = bool(unsaid) and not posts and not self._quiet(history, unsaid.values(), day)
        if self._waits(history, day, digest=digest):
            self.checked["mornings on which an e-mail waited, and another with it"] += 1
        elif posts:
            about = {about for about in unsaid if about[0] in posts}
            history.owed.append(Owed("welcome", day, about=about, posts=posts))
        elif digest:
            # What the one that it replaces was to say is to be said still.
            replaced = {about for owed in history.owed if owed.kind == "digest" for about in owed.about}
            history.owed = [owed for owed in history.owed if owed.kind != "digest"]
            lately = day - history.not_asked_on <= NOTICED_WITHIN
            history.owed.append(
                Owed("digest", day, set(unsaid) | replaced & set(on_ladder), by=day + NOTICED_WITHIN if lately else day)
            )
        elif recorded:
            history.owed.append(Owed("confirmation", day, recorded=recorded))
        else:
            self.checked["mornings on which somebody was to get nothing"] += 1

    def _waits(self, history: History, day: date, *, digest: bool) -> bool:
        """Whether whatever there is to say waits, since something else is on its way; a digest replaces a digest."""
        on_its_way = {owed.kind for owed in history.owed if owed.by <= owed.day}
        return bool(on_its_way - {"digest"} if digest else on_its_way) or history.letters_on[day] > 0

    def _new_posts(self, person: int, at: datetime, day: date, stands: Sequence[Stand]) -> set[int]:
        asks = {stand.post for stand in stands}
        return {
            post.id
            for post in self.knowledge.posts(person, at)
            if post.started_on
            and day - NEW_IN_POST < post.started_on <= day <= (post.ended_on or date.max)
            and post.id in asks
            and not self.knowledge.away(person, post.id, at, day)
        }

    def _on_ladder(self, person: int, stands: Sequence[Stand], look: Look) -> dict[About, tuple[Stand, date]]:
        """What somebody could act on whose first step has come, with the day of the newest step. Whoever leaves before
        the day need not hear of it."""
        found = {}
        posts = {post.id: post for post in self.knowledge.posts(person, look.at)}
        for stand in stands:
            if not stand.open or stand.due_on is None or (posts[stand.post].ended_on or date.max) < stand.due_on:
                continue
            ladder = look.ladders.get(self.knowledge.agency_of(posts[stand.post].team), Ladder())
            step = ladder.reached(stand.due_on, look.day)
            if step:
                found[stand.post, stand.expectation, stand.due_on] = (stand, step)
        return found

    def _unsaid(self, history: History, about: About, on_ladder: Mapping[About, tuple[Stand, date]]) -> bool:
        return about in on_ladder and not self._is_said(history, about, on_ladder[about][1])

    def _is_said(self, history: History, about: About, step: date) -> bool:
        owed = [one.day for one in history.owed if about in one.about]
        return max([history.said.get(about, date.min), *owed]) >= step

    def _quiet(self, history: History, unsaid: Iterable[Stand], day: date) -> bool:
        written = [history.written_on, *(owed.day for owed in history.owed if owed.kind != "confirmation")]
        last = max(written)
        newly_overdue = any(stand.status == "overdue" and (stand.last_day or date.min) >= last for stand in unsaid)
        return last != date.min and day < last + QUIET and not newly_overdue

    def _unconfirmed(self, person: int, at: datetime, day: date) -> set[int]:
        if not self.knowledge.at_work(person, at):
            return set()
        return {
            told.id
            for told in self.knowledge.told[person]
            if told.known.stood(at)
            and told.recorded_by.casefold() != self.knowledge.emails[person]
            and (told.known.recorded_at.astimezone(at.tzinfo).date()) >= day - NEWS
            and told.day > told.known.recorded_at.astimezone(at.tzinfo).date() - HISTORY
        }

    # --- what they got ---

    def _settle(self, person: int, look: Look, got: list[Received]) -> None:
        history, day = self.people[person], look.day
        who = f"{look.at:%a %d %b %Y %H:%M} {self.knowledge.emails[person]}"
        stands = self.knowledge.stands(person, look.at, day)
        on_ladder = self._on_ladder(person, stands, look)
        history.letters_on[day] += len(got)
        self.holds("one e-mail a person a day", history.letters_on[day] <= 1 or not got, who, [one.kind for one in got])
        left = list(got)
        # One e-mail a day: what is owed beside a digest that might have taken longer waits when that comes, or is
        # withdrawn after it has waited for the mail server, and is owed anew on the next morning.
        waits = False
        for owed in list(history.owed):
            letter = next((one for one in left if one.kind == owed.kind), None)
            history.owed.remove(owed)
            true = self._still_true(person, owed, look, stands, on_ladder)
            if letter is None:
                # What may not have been planned yet is asked of the ladder as it is now.
                true = true and (
                    owed.by <= owed.day or any(self._unsaid(history, one, on_ladder) for one in owed.about)
                )
                if true and day < owed.by:
                    history.owed.append(owed)
                    continue
                self.holds(
                    f"nothing is missing: {owed.kind}", waits or not true, who, f"since {owed.day}", self._facts(owed)
                )
                waits = waits or owed.by > owed.day
                continue
            left.remove(letter)
            waits = waits or owed.by > owed.day
            if self.holds(f"nothing that is not true any more: {owed.kind}", true, who, self._facts(owed)):
                self.checked[f"nothing is missing: {owed.kind}"] += 1
                getattr(self, f"_judge_{owed.kind}")(person, look, letter, owed, stands, on_ladder)
        for letter in left:
            self.holds("nobody gets what they are not to get", False, who, letter.kind, letter.lines, letter.recorded)

    def _still_true(
        self,
        person: int,
        owed: Owed,
        look: Look,
        stands: Sequence[Stand],
        on_ladder: Mapping[About, tuple[Stand, date]],
    ) -> bool:
        match owed.kind:
            case "digest":
                left = [stand for about, (stand, _) in on_ladder.items() if about in owed.about]
                # Where what was newly overdue is not any more, the week is kept.
                return bool(left) and not self._quiet(self.people[person], left, look.day)
            case "welcome":
                return bool(owed.posts & self._still_in(person, owed, look, stands))
        return bool(self._standing_of(person, owed, look))

    def _still_in(self, person: int, owed: Owed, look: Look, stands: Sequence[Stand]) -> set[int]:
        """A welcome may be late; the post has to be theirs still, with something asked of it, and they at work."""
        asks = {stand.post for stand in stands}
        return {
            post.id
            for post in self.knowledge.posts(person, look.at)
            if post.id in owed.posts & asks
            and (post.started_on or date.min) <= look.day <= (post.ended_on or date.max)
            and not self.knowledge.away(person, post.id, look.at, look.day)
        }

    def _standing_of(self, person: int, owed: Owed, look: Look) -> list[tuple[str, str]]:
        found = [one for one in self.knowledge.told[person] if one.id in owed.recorded and one.known.stood(look.at)]
        return [
            (" ".join(one.title.split()), "approximate" if one.approximate else _in_words(one.day)) for one in found
        ]

    def _facts(self, owed: Owed) -> str:
        return ", ".join(map(str, [*sorted(owed.about), *sorted(owed.posts), *sorted(owed.recorded)]))

    def _judge_digest(
        self,
        person: int,
        look: Look,
        letter: Received,
        owed: Owed,
        _stands: Sequence[Stand],
        on_ladder: Mapping[About, tuple[Stand, date]],
    ) -> None:
        history, day = self.people[person], look.day
        who = f"{look.at:%a %d %b %Y %H:%M} {letter.to}"
        expected = self._as_lines(stand for stand, _ in on_ladder.values())
        told = {line.title: line for line in letter.lines}
        self.holds(
            "a digest tells everything open, and nothing else, with its day",
            told == expected and len(letter.lines) == len(told),
            who,
            f"told {sorted(map(str, set(told.values()) - set(expected.values())))}" if told != expected else "",
            f"expected {sorted(str(line) for line in expected.values() if line not in told.values())}",
        )
        new = {self._title(stand) for about, (stand, _) in on_ladder.items() if about in owed.about}
        also = {
            self._title(stand) for about, (stand, step) in on_ladder.items() if not self._is_said(history, about, step)
        }
        first = {line.title for line in letter.first}
        self.holds("what made us write comes first", new <= first <= new | also, who, sorted(first), sorted(new))
        quiet = self._quiet(history, [stand for about, (stand, _) in on_ladder.items() if about in owed.about], day)
        self.holds("one digest a week, unless something is newly overdue", not quiet, who, history.written_on)
        overdue = sum(line.overdue for line in letter.lines)
        self.holds("the subject counts right", letter.subject == _digest_subject(len(told), overdue), who)
        history.said |= dict.fromkeys(on_ladder, day)
        history.written_on = day

    def _judge_welcome(
        self,
        person: int,
        look: Look,
        letter: Received,
        owed: Owed,
        stands: Sequence[Stand],
        on_ladder: Mapping[About, tuple[Stand, date]],
    ) -> None:
        history = self.people[person]
        who = f"{look.at:%a %d %b %Y %H:%M} {letter.to}"
        theirs = self._still_in(person, owed, look, stands)
        posts = [post for post in self.knowledge.posts(person, look.at) if post.id in owed.posts & theirs]
        named = sorted(f"{self.knowledge.in_words(post)}, since {_in_words(post.started_on)}" for post in posts)
        self.holds("a welcome names the new posts", sorted(letter.posts) == named, who, letter.posts, named)
        self.holds("one welcome for each new post", not history.welcomed & owed.posts, who)
        expected = self._as_lines(stand for stand in stands if stand.open and stand.post in owed.posts & theirs)
        told = {line.title: line for line in letter.lines}
        self.holds("a welcome tells all that is still to do there", told == expected, who, told, expected)
        beginnings = {
            asked.title for asked in self.knowledge.asked.values() if asked.comes_first and asked.title in expected
        }
        first = {line.title for line in letter.first}
        self.holds("a welcome says what to do if you do one thing", len(first) == min(1, len(beginnings)), who)
        self.holds("and that is what comes first", first <= beginnings, who, first)
        history.welcomed |= owed.posts & theirs
        history.said |= dict.fromkeys((about for about in on_ladder if about[0] in owed.posts), look.day)
        history.written_on = look.day

    def _judge_confirmation(
        self,
        person: int,
        look: Look,
        letter: Received,
        owed: Owed,
        _stands: Sequence[Stand],
        _on_ladder: Mapping[About, tuple[Stand, date]],
    ) -> None:
        who = f"{look.at:%a %d %b %Y %H:%M} {letter.to}"
        expected = Counter(self._standing_of(person, owed, look))
        told = Counter((title, "approximate" if "approximate" in day else day) for title, day in letter.recorded)
        number = sum(told.values()) + letter.numbers["more"]
        self.holds(
            "a confirmation tells what others recorded and what stands",
            told <= expected and number == sum(expected.values()),
            who,
            told - expected,
            expected - told,
        )
        subject = "Recorded for you: 1 completion" if number == 1 else f"Recorded for you: {number} completions"
        self.holds("the subject counts right", letter.subject == subject, who, letter.subject)
        self.people[person].confirmed |= owed.recorded

    def _title(self, stand: Stand) -> str:
        return self.knowledge.asked[stand.version].title

    def _as_lines(self, stands: Iterable[Stand]) -> dict[str, Line]:
        """One line for what asks the same: the one that is overdue before the one that is not, and the earlier."""
        same: dict[object, list[Stand]] = defaultdict(list)
        for stand in stands:
            same[self.knowledge.asked[stand.version].key].append(stand)
        found = {}
        for alike in same.values():
            first = min(alike, key=lambda stand: (stand.status != "overdue", stand.due_on))
            assert first.due_on is not None
            line = Line(self._title(first), first.due_on, first.status == "overdue", first.renewal)
            found[line.title] = line
        return found


def _in_words(day: date | None) -> str:
    assert day is not None
    return f"{day.day} {day:%B %Y}"


def _digest_subject(things: int, overdue: int) -> str:
    told = "1 thing" if things == 1 else f"{things} things"
    if things == overdue:
        return f"Your training: {told} overdue"
    return f"Your training: {told} to do" + (f", {overdue} overdue" if overdue else "")
