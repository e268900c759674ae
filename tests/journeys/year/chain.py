"""Who manages which teams at a moment, worked out by hand from who is named and who is there."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from tests.journeys.year.knowledge import Knowledge
from tests.standing.oracle import Post

# A team and a person named for it.
Named = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Chain:
    """``managers`` and ``deputies`` are those named at the moment; a name counts while its bearer is at work in the
    team's agency, and a deputy's while nobody who manages the team is."""

    knowledge: Knowledge
    at: datetime
    managers: Named
    deputies: Named

    @property
    def day(self) -> date:
        return self.at.date()

    @cached_property
    def present(self) -> list[Post]:
        """The posts that somebody is in on the day."""
        posts = (post for person in self.knowledge.names for post in self.knowledge.posts(person, self.at))
        return [post for post in posts if _begun(post, self.day) and not _over(post, self.day)]

    @cached_property
    def direct(self) -> dict[int, set[int]]:
        """The teams that each manager is named for, or answers for as a deputy, and is there for: at work in the
        agency."""
        found: dict[int, set[int]] = defaultdict(set)
        for team, person in self.managers:
            if self._there(person, team):
                found[person].add(team)
        managed = set().union(*found.values())
        for team, person in self.deputies:
            if team not in managed and self._there(person, team):
                found[person].add(team)
        return dict(found)

    @cached_property
    def with_people(self) -> dict[int, list[Post]]:
        """Managers with the posts in their teams and below, some of them other people's."""
        found = {}
        for manager, teams in self.direct.items():
            below = self.knowledge.teams_below(teams, self.at)
            posts = [post for post in self.present if post.team in below]
            if any(post.practitioner != manager for post in posts):
                found[manager] = posts
        return found

    @cached_property
    def reached(self) -> set[int]:
        """Managers who can be written to."""
        return {other for other in self.with_people if self.knowledge.emails[other]}

    @cached_property
    def named_to(self) -> dict[int, list[Post]]:
        """The posts of whoever is named to each manager who can be told. Somebody who manages others, the holder of
        the post among them, is not named to themselves, nor to anybody below them, but to the next manager above."""
        found = defaultdict(list)
        for post in self.present:
            path = self._upwards(post.team)
            managed = [place for place, team in enumerate(path) if team in self.direct.get(post.practitioner, ())]
            for team in path[managed[-1] + 1 if managed else 0 :]:
                there = [manager for manager in self.reached if team in self.direct[manager]]
                for manager in there:
                    found[manager].append(post)
                if there:
                    break
        return found

    def _upwards(self, team: int) -> list[int]:
        above = {one.id: one.parent for one in self.knowledge.world.teams if one.known.stood(self.at)}
        path = [team]
        while (parent := above[path[-1]]) is not None:
            path.append(parent)
        return path

    def knows_by_name(self, manager: int) -> set[int]:
        """Their teams, and those below down to where another takes over who can be told."""
        led = {team for other in self.reached for team in self.direct[other]}
        found = set(self.direct.get(manager, ()))
        teams = [team for team in self.knowledge.world.teams if team.known.stood(self.at)]
        while more := {t.id for t in teams if t.parent in found and t.id not in found and t.id not in led}:
            found |= more
        return found

    def at_work(self, person: int) -> bool:
        return self.knowledge.at_work(person, self.at)

    def belongs_to(self, person: int, agency: int) -> bool:
        return any(post.practitioner == person and self._agency(post) == agency for post in self.present)

    def _there(self, person: int, team: int) -> bool:
        agency = self.knowledge.agency_of(team)
        return any(
            self.knowledge.agency_of(post.team) == agency
            and _begun(post, self.day)
            and not _over(post, self.day)
            and not self.knowledge.away(person, post.id, self.at, self.day)
            for post in self.knowledge.posts(person, self.at)
        )

    def _agency(self, post: Post) -> int:
        return self.knowledge.agency_of(post.team)


def _begun(post: Post, day: date) -> bool:
    return (post.started_on or date.min) <= day


def _over(post: Post, day: date) -> bool:
    return (post.ended_on or date.max) < day
