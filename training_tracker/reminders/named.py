"""Whom a summary names: who is overdue, who falls due soon, who is new in post, whose start is not known."""

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Result, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.expectations.models import ExpectationVersion, for_a_person
from training_tracker.mail.undeliverable import undeliverable
from training_tracker.people.models import Post, Practitioner
from training_tracker.people.posts import in_post
from training_tracker.records.disputes import open_by_team
from training_tracker.reminders.asked import Asked
from training_tracker.reminders.managers import Manager, Managers
from training_tracker.reminders.snoozing import snoozed_by
from training_tracker.standing.confirming import SelfDeclared, self_declared
from training_tracker.standing.known import PostFilter
from training_tracker.standing.status import OPEN, Status, standings_on
from training_tracker.uptake.overdue import BANDS

SOON = timedelta(days=60)
NEW = timedelta(days=60)
# A list in an e-mail is read as far as this; the rest is on the page.
MOST = 20
READ_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Thing:
    """Something a person has still to do. ``due_on`` is the last day before it is overdue: of its grace, once in it."""

    title: str
    due_on: date
    status: Status

    @property
    def overdue(self) -> bool:
        return self.status is Status.OVERDUE

    @property
    def when(self) -> str:
        if self.overdue:
            return f"since {in_words(self.overdue_since)}"
        lapsed = "lapsed, in grace until" if self.status is Status.IN_GRACE else "by"
        return f"{lapsed} {in_words(self.due_on)}"

    @property
    def overdue_since(self) -> date:
        return self.due_on + timedelta(days=1)


@dataclass(slots=True)
class Named:
    """A person in a list. ``things`` by what is asked, so that two rules which ask the same are one of them."""

    practitioner_id: int
    name: str
    started_on: date | None
    on_leave: bool = False
    things: dict[Hashable, Thing] = field(default_factory=dict)


@dataclass(slots=True)
class NameList:
    """People in the order in which they came: the first ``MOST`` by name, all of them by number."""

    named: dict[int, Named] = field(default_factory=dict)
    everybody: set[int] = field(default_factory=set)

    def entry(self, practitioner_id: int, name: str, started_on: date | None = None) -> Named | None:
        """The person's entry, made if there is room for it."""
        self.everybody.add(practitioner_id)
        if practitioner_id not in self.named and len(self.named) < MOST:
            self.named[practitioner_id] = Named(practitioner_id, name, started_on)
        return self.named.get(practitioner_id)

    @property
    def people(self) -> list[Named]:
        return list(self.named.values())

    @property
    def total(self) -> int:
        return len(self.everybody)

    @property
    def more(self) -> int:
        return self.total - len(self.named)


@dataclass(slots=True)
class Names:
    """The lists of one manager: longest overdue first, next due first, newest first, and by name.

    ``left_out`` are those of the ``snoozed`` of whom there would be something to tell. ``overdue_for`` counts the
    overdue people by how long they have been; ``overdue_below`` are those whom the managers of the teams below know by
    name instead. ``self_declared`` waits for somebody who has seen the certificate, and
    ``disputed`` are the ids of what waits to be decided.
    """

    snoozed: set[int] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    overdue: NameList = field(default_factory=NameList)
    overdue_below: set[int] = field(default_factory=set)
    overdue_for: Counter[str] = field(default_factory=Counter)
    self_declared: list[SelfDeclared] = field(default_factory=list)
    disputed: set[int] = field(default_factory=set)
    falling_due: NameList = field(default_factory=NameList)
    new_in_post: NameList = field(default_factory=NameList)
    undated: NameList = field(default_factory=NameList)
    unreachable: NameList = field(default_factory=NameList)


async def names_for(
    session: AsyncSession, chosen: list[Manager], managers: Managers, asked: dict[int, Asked], on: date, *, today: date
) -> dict[int, Names]:
    """The lists of the chosen managers, in seven passes over the people concerned, however many they are."""
    naming = _Naming(session, chosen, managers, asked, on, today)
    for manager, people in (await snoozed_by(session, list(naming.names), on)).items():
        naming.names[manager].snoozed = people
    await naming.name_those_with_something_due()
    await naming.name_those_new_in_post()
    await naming.name_those_without_a_start()
    await naming.name_those_whom_no_mail_reaches()
    await naming.name_what_is_self_declared()
    await naming.count_what_is_disputed()
    return naming.names


class _Naming:
    """What has been put in whose list so far."""

    def __init__(
        self,
        session: AsyncSession,
        chosen: list[Manager],
        managers: Managers,
        asked: dict[int, Asked],
        on: date,
        today: date,
    ) -> None:
        self.session = session
        self.managers = managers
        self.asked = asked
        self.on = on
        self.today = today
        self.names = {manager.practitioner_id: Names() for manager in chosen}

    async def name_those_with_something_due(self) -> None:
        statement = self._open(None)
        due_on, status = statement.selected_columns.due_on, statement.selected_columns.status
        statement = statement.where(
            due_on <= self.on + SOON,
            status.in_([status.value for status in OPEN]),
            # Who leaves before the day need not be asked to do it.
            or_(Post.ended_on.is_(None), Post.ended_on >= due_on),
        )
        # In parts: only what is named is kept.
        rows = await self.session.stream(statement, execution_options={"yield_per": READ_AT_ONCE})
        async for row in rows:
            overdue = row.status == Status.OVERDUE.value
            if overdue:
                self._count_below(row.team_id, row.practitioner_id)
            for names in self._lists_for(row.team_id, row.practitioner_id):
                if overdue and row.practitioner_id not in names.overdue.everybody:  # their longest comes first
                    names.overdue_for[_band(self.on - row.last_day)] += 1
                entry = (names.overdue if overdue else names.falling_due).entry(row.practitioner_id, row.name)
                if entry:
                    self._put(entry, row)

    def _count_below(self, team_id: int, practitioner_id: int) -> None:
        over = self.managers.over(team_id, practitioner_id)
        for manager in over.difference(self.managers.knowing(team_id, practitioner_id)):
            if manager in self.names:
                self.names[manager].overdue_below.add(practitioner_id)

    async def name_those_new_in_post(self) -> None:
        since = self.on - NEW
        posts = await self.session.execute(
            select(Post.id, Post.practitioner_id, Post.team_id, Post.started_on, Practitioner.name)
            .join(Practitioner, Practitioner.id == Post.practitioner_id)
            .where(Post.started_on > since, in_post(self.on))
            .order_by(Post.started_on.desc(), Practitioner.name, Post.id)
        )
        entries: dict[int, list[Named]] = defaultdict(list)
        for post in posts:
            for names in self._lists_for(post.team_id, post.practitioner_id):
                entry = names.new_in_post.entry(post.practitioner_id, post.name, post.started_on)
                if entry:
                    entries[post.id].append(entry)

        def started_lately(post: FromClause) -> ColumnElement[bool]:
            return post.c.started_on > since

        for row in await self.session.execute(self._open(started_lately)):
            for entry in entries[row.post_id]:
                if row.status == Status.ON_LEAVE.value:
                    entry.on_leave = True
                elif row.status in {Status.OVERDUE.value, Status.IN_GRACE.value, Status.NOT_YET_DUE.value}:
                    self._put(entry, row)

    async def name_those_without_a_start(self) -> None:
        for post in await self._in_post(Post.started_on.is_(None)):
            for names in self._lists_for(post.team_id, post.practitioner_id):
                names.undated.entry(post.practitioner_id, post.name)

    async def name_those_whom_no_mail_reaches(self) -> None:
        for post in await self._in_post(Practitioner.email.in_(undeliverable())):
            for names in self._lists_for(post.team_id, post.practitioner_id):
                names.unreachable.entry(post.practitioner_id, post.name)

    async def _in_post(self, which: ColumnElement[bool]) -> Result[int, int, str]:
        return await self.session.execute(
            select(Post.practitioner_id, Post.team_id, Practitioner.name)
            .join(Practitioner, Practitioner.id == Post.practitioner_id)
            .where(which, in_post(self.on))
            .order_by(Practitioner.name, Post.id)
        )

    async def name_what_is_self_declared(self) -> None:
        for team_id, one in await self_declared(self.session, self.on, today=self.today):
            for names in self._lists_for(team_id, one.practitioner_id):
                if one not in names.self_declared:
                    names.self_declared.append(one)

    async def count_what_is_disputed(self) -> None:
        for team_id, practitioner_id, number in await open_by_team(self.session, self.on):
            for names in self._lists_for(team_id, practitioner_id):
                names.disputed.add(number)

    def _lists_for(self, team_id: int, practitioner_id: int) -> list[Names]:
        """Of everybody who knows this person by name and has not left them out for a while."""
        shown = []
        for manager in self.managers.knowing(team_id, practitioner_id):
            names = self.names.get(manager)
            if names is None:
                continue
            if practitioner_id in names.snoozed:
                names.left_out.add(practitioner_id)
            else:
                shown.append(names)
        return shown

    def _open(self, posts: PostFilter | None) -> Select[Any]:
        """Required standings of people that have a due day, the earliest first."""
        standing = standings_on(self.on, today=self.today, posts=posts)
        in_or_after_grace = standing.c.status.in_([Status.OVERDUE.value, Status.IN_GRACE.value])
        last_day = case(
            (in_or_after_grace, func.coalesce(standing.c.grace_until, standing.c.due_on)), else_=standing.c.due_on
        )
        return (
            select(
                standing.c.post_id,
                standing.c.practitioner_id,
                standing.c.team_id,
                standing.c.version_id,
                standing.c.due_on,
                last_day.label("last_day"),
                standing.c.status,
                Practitioner.name,
            )
            .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
            .join(Post, Post.id == standing.c.post_id)
            .join(Practitioner, Practitioner.id == standing.c.practitioner_id)
            .where(for_a_person(), standing.c.due_on.is_not(None))
            .order_by(last_day, Practitioner.name, standing.c.practitioner_id)
        )

    def _put(self, entry: Named, row: Any) -> None:
        asked = self.asked[row.version_id]
        # The earliest came first, so it stands.
        entry.things.setdefault(asked.key, Thing(asked.title, row.last_day, Status(row.status)))


def _band(overdue: timedelta) -> str:
    return next(name for most, name in BANDS if most is None or overdue.days <= most)
