"""The referee: reads every e-mail of the year and says what is wrong with it, or with one that did not come.

He knows the facts (``knowledge``), the rules (``rules``), when somebody looked and whether the mail server was there;
nothing of how the program plans. A new kind of e-mail needs a reader in ``letters`` and a judge in ``JUDGES``.
"""

from collections import Counter
from collections.abc import Iterable

from tests.journeys.year.daily import Daily
from tests.journeys.year.escalations import Escalations
from tests.journeys.year.judging import Book, Judge, Look, Moment
from tests.journeys.year.knowledge import Knowledge
from tests.journeys.year.letters import Received, read
from tests.journeys.year.rules import may_write
from tests.journeys.year.summaries import AgencySummaries, PartnershipSummaries, Summaries

UNSAID_WORDS = {"sexual", "abuse", "csa", "child", "children"}


class Referee:
    """``findings`` are the breaches, each with its rule; ``checked`` how often each rule was looked at."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.book = Book()
        self.message_ids: set[str] = set()
        self.judges: tuple[Judge, ...] = (
            Daily(self.book, knowledge),
            Escalations(self.book),
            *(monthly(self.book) for monthly in (Summaries, AgencySummaries, PartnershipSummaries)),
        )

    @property
    def findings(self) -> list[str]:
        return self.book.findings

    @property
    def checked(self) -> Counter[str]:
        return self.book.checked

    def judge(self, looks: Iterable[Look]) -> None:
        for look in looks:
            moment = Moment(look, self.knowledge)
            received = [read(letter, look.at) for letter in look.letters]
            known = [(self.knowledge.by_email[one.to], one) for one in received if self._any_letter(one)]
            for judge in self.judges:
                judge.look(moment, [(person, one) for person, one in known if one.kind in judge.kinds])

    def _any_letter(self, letter: Received) -> bool:
        """What holds for an e-mail of any kind; says whether somebody can judge the rest."""
        what = f"{letter.at:%a %d %b %Y %H:%M} {letter.kind} to {letter.to}"
        holds = self.book.holds
        self.checked[f"e-mails: {letter.kind}"] += 1
        holds("on working days, in working hours", may_write(letter.at), what)
        holds("never the same twice", letter.message_id not in self.message_ids, what)
        self.message_ids.add(letter.message_id)
        known = any(letter.kind in judge.kinds for judge in self.judges)
        person = self.knowledge.by_email.get(letter.to)
        if not holds("of a kind, and to somebody, that we know", known and person is not None, what):
            return False
        assert person is not None
        name = self.knowledge.names[person]
        subject = {word.strip(",:;").removesuffix("'s") for word in letter.subject.casefold().split()}
        holds("a neutral subject", not subject & {*UNSAID_WORDS, *name.casefold().split()}, what, letter.subject)
        greeted = all(f"Hello {name}," in part for part in (letter.text, letter.html))
        holds("by name, from a machine", greeted and letter.auto_submitted == "auto-generated", what)
        missing = [line.title for line in letter.lines if " ".join(line.title.split()) not in letter.html]
        holds("the HTML part says the same", not missing, what, missing)
        holds("it says where to find support", "\nIF IT IS CLOSE TO HOME\n" in letter.text, what)
        return True
