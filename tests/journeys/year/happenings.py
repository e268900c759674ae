"""What happens in a region on a day, by chance and through the program's own write paths: people learn, come, move and
go, are away and are excused, mistakes are taken back, and rules, ladders, teams and their managers change."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.intake.spreadsheets import bring, person
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.exempting import grant_exemption, withdraw_exemption
from training_tracker.expectations.models import Exemption, ExpectationItem, ExpectationVersion, OnChange
from training_tracker.expectations.publishing import publish, rule_of
from training_tracker.people.agencies import move_team, name_deputy, name_managers, stop_managing
from training_tracker.people.leave import end_leave, leave_to_end, record_leave
from training_tracker.people.models import Absence, Agency, Post, Practitioner, Role, Sector, Team, TeamManager
from training_tracker.people.posts import PostDates, correct_post, open_posts
from training_tracker.records.feeding import expect_feed, receive_feed
from training_tracker.records.models import Completion, Feed
from training_tracker.records.recording import NewCompletion, record_completion, void_completion
from training_tracker.reminders.ladder import USUAL, Ladder
from training_tracker.reminders.ladders import set_ladder
from training_tracker.standing.extending import give_extension
from training_tracker.standing.models import Standing

BY = "The region"
CURRENT = Post.ended_on.is_(None)

T = TypeVar("T", bound=Any)


@dataclass
class Happenings:
    """``chance`` is seeded: the same year happens again. ``many`` is how many people there were at its beginning."""

    database: Database
    folder: Path
    chance: Random
    many: int
    joined: int = 0

    async def some(self, day: date) -> None:
        """Of each kind as many as a region of this size has on a day."""
        for often, happen in self._kinds():
            expected = often * self.many / 150
            number = int(expected) + (self.chance.random() < expected % 1)
            for _ in range(number):
                await happen(day)

    def _kinds(self) -> Sequence[tuple[float, Callable[[date], Awaitable[None]]]]:
        """How often each happens on a day among 150 people. What concerns everybody does not grow with the region."""
        seldom = 150 / self.many
        in_one_transaction = (
            (2.5, self._learn),
            (0.15, self._take_back),
            (0.12, self._move),
            (0.15, self._leave_us),
            (0.15, self._go_on_leave),
            (0.06, self._come_back_early),
            (0.15, self._excuse),
            (0.04, self._excuse_no_more),
            (0.1, self._give_time),
            (0.03 * seldom, self._change_a_rule),
            (0.04 * seldom, self._change_a_ladder),
            (0.02 * seldom, self._move_a_team),
            (0.05, self._change_a_manager),
            (0.1, self._name_a_deputy),
            (0.02 * seldom, self._expect_a_feed),
            (0.15 * seldom, self._receive_a_feed),
        )
        return (*((often, self._written(what)) for often, what in in_one_transaction), (0.15, self._join))

    def _written(self, what: Callable[[AsyncSession, date], Awaitable[None]]) -> Callable[[date], Awaitable[None]]:
        async def happen(day: date) -> None:
            try:
                async with self.database.writing() as session:
                    await what(session, day)
            except (Refused, NotFound):
                pass  # what cannot be does not happen

        return happen

    async def _any(self, session: AsyncSession, table: type[T], *where: ColumnElement[bool]) -> T:
        numbers = list(await session.scalars(select(table.id).where(*where).order_by(table.id)))
        if not numbers:
            raise NotFound("nobody to whom it could happen")
        return await session.get_one(table, self.chance.choice(numbers))

    async def _post(self, session: AsyncSession) -> Post:
        return await self._any(session, Post, CURRENT)

    def _days(self, fewest: int, most: int) -> timedelta:
        return timedelta(days=self.chance.randint(fewest, most))

    # --- learning ---

    async def _learn(self, session: AsyncSession, day: date) -> None:
        """Mostly what is asked of them and due; by themselves or recorded by others, and some of it long ago."""
        post = await self._post(session)
        asked = list(
            await session.scalars(
                select(ExpectationItem.item_id)
                .join(Standing, Standing.version_id == ExpectationItem.version_id)
                .where(Standing.post_id == post.id, Standing.due_on <= day + timedelta(days=100))
                .order_by(ExpectationItem.item_id)
            )
        )
        items = asked if asked and self.chance.random() < 0.8 else list(await session.scalars(select(Item.id)))
        person = await session.get_one(Practitioner, post.practitioner_id)
        back = self.chance.choice((0, 0, 0, 0, 1, 6, 30, 91, 92, 93, 150))
        themselves = self.chance.random() < 0.4
        completion = NewCompletion(
            person.id,
            self.chance.choice(items),
            day - timedelta(days=back),
            hours=self.chance.choice((None, 1.5, 3)),
            strength=Strength.SELF_DECLARED if themselves else Strength.ATTENDANCE_REGISTER,
        )
        by = person.email or "" if themselves else BY
        await record_completion(session, completion, by=by, today=day)

    async def _take_back(self, session: AsyncSession, day: date) -> None:
        since = day - timedelta(days=400)
        completion = await self._any(
            session, Completion, Completion.voided_at.is_(None), Completion.completed_on > since
        )
        await void_completion(session, completion.id, reason="It was somebody else's", by=BY)

    # --- coming and going ---

    async def _join(self, day: date) -> None:
        async with self.database.reading() as session:
            like = await self._post(session)
            team, role = await session.get_one(Team, like.team_id), await session.get_one(Role, like.role_id)
            agency = await session.get_one(Agency, team.agency_id)
            sector = await session.get_one(Sector, agency.sector_id)
            path: list[str] = []
            while team.parent_id is not None:
                path.insert(0, team.name)
                team = await session.get_one(Team, team.parent_id)
        self.joined += 1
        started = day + self.chance.choice((self._days(-3, 0), self._days(-35, 0), self._days(1, 20)))
        row = person(
            agency=agency.name,
            sector=sector.name,
            team=" > ".join(path),
            number=f"N{self.joined:05}",
            name=f"Noor {self._surname()}",
            email=f"noor.newe.{self.joined}@joined.example",
            role=role.name,
            started=f"{started}",
        )
        await bring(self.database, self.folder, row, create=False)

    def _surname(self) -> str:
        return "".join(
            self.chance.choice(part) for part in (("Bel", "Dor", "Mar"), ("a", "i", "o"), ("ker", "ton", "win"))
        )

    async def _move(self, session: AsyncSession, day: date) -> None:
        post, like = await self._post(session), await self._post(session)
        last = day + self._days(-5, 10)
        await correct_post(session, post.id, BY, ended_on=last)
        start = last + timedelta(days=1)
        await open_posts(session, [PostDates(post.practitioner_id, like.team_id, like.role_id, start, None)], BY)

    async def _leave_us(self, session: AsyncSession, day: date) -> None:
        post = await self._post(session)
        last = day + self._days(-4, 25)
        for one in await session.scalars(select(Post).where(CURRENT, Post.practitioner_id == post.practitioner_id)):
            await correct_post(session, one.id, BY, ended_on=last)

    # --- away and excused ---

    async def _go_on_leave(self, session: AsyncSession, day: date) -> None:
        post = await self._post(session)
        first = day + self._days(-6, 12)
        held = select(Post.id).where(CURRENT, Post.practitioner_id == post.practitioner_id)
        last = first + self._days(10, 120) if self.chance.random() < 0.8 else None
        await record_leave(session, list(await session.scalars(held)), first, last, by=BY)

    async def _come_back_early(self, session: AsyncSession, day: date) -> None:
        away = await self._any(session, Absence, Absence.starts_on <= day, Absence.withdrawn_at.is_(None))
        leave = await leave_to_end(session, [away.post_id], day, today=day)
        await end_leave(session, leave, max(day + self._days(-1, 9), away.starts_on), by=BY)

    async def _asked_of(self, session: AsyncSession, post: Post) -> int:
        asked = select(Standing.expectation_id).where(Standing.post_id == post.id).order_by(Standing.expectation_id)
        return self.chance.choice(list(await session.scalars(asked.distinct())) or [1])

    async def _excuse(self, session: AsyncSession, day: date) -> None:
        post = await self._post(session)
        first = day + self._days(-6, 12)
        await grant_exemption(
            session,
            [post.id],
            await self._asked_of(session, post),
            starts_on=first,
            until=first + self._days(10, 120),
            reason="No such work this season",
            by=BY,
            today=day,
        )

    async def _excuse_no_more(self, session: AsyncSession, day: date) -> None:
        excused = await self._any(session, Exemption, Exemption.until >= day, Exemption.withdrawn_at.is_(None))
        await withdraw_exemption(session, [excused.post_id], excused.expectation_id, today=day)

    async def _give_time(self, session: AsyncSession, day: date) -> None:
        post = await self._post(session)
        until, asked = day + self._days(5, 80), await self._asked_of(session, post)
        await give_extension(session, [post.id], asked, until=until, reason="The course was full", by=BY, today=day)

    # --- what concerns many ---

    async def _change_a_rule(self, session: AsyncSession, day: date) -> None:
        version = await self._any(session, ExpectationVersion, ExpectationVersion.withdrawn_at.is_(None))
        rule = await rule_of(session, version)
        changed = replace(
            rule,
            effective_from=max(day + self._days(0, 20), rule.effective_from + timedelta(days=1)),
            effective_until=None,
            first_due_days=self.chance.choice((14, 30, 60, 90)),
            grace_days=self.chance.choice((0, 0, 14, 30)),
            on_change=self.chance.choice(list(OnChange)),
            transition_days=self.chance.choice((None, 30)),
        )
        await publish(session, version.expectation_id, changed, BY)

    async def _change_a_ladder(self, session: AsyncSession, _day: date) -> None:
        agency = await self._any(session, Agency)
        ladders = (USUAL, Ladder((45, 14), (3, 10), True), Ladder((120, 21), (), False), Ladder((), (5,), True, 10))
        await set_ladder(session, agency.id, self.chance.choice(ladders), BY)

    async def _move_a_team(self, session: AsyncSession, _day: date) -> None:
        team, parent = await self._any(session, Team, Team.parent_id.is_not(None)), await self._any(session, Team)
        await move_team(session, team.id, parent.id)

    async def _change_a_manager(self, session: AsyncSession, _day: date) -> None:
        named = list(await session.execute(select(TeamManager.team_id, TeamManager.practitioner_id)))
        team, person = self.chance.choice(sorted((row.team_id, row.practitioner_id) for row in named))
        if self.chance.random() < 0.3:
            await stop_managing(session, team, person)
        else:
            post = await self._post(session)
            await name_managers(session, [(post.team_id, post.practitioner_id)])

    async def _name_a_deputy(self, session: AsyncSession, _day: date) -> None:
        manager = self.chance.choice(sorted(await session.scalars(select(TeamManager.team_id))))
        await name_deputy(session, manager, (await self._post(session)).practitioner_id)

    async def _expect_a_feed(self, session: AsyncSession, day: date) -> None:
        agency, item = await self._any(session, Agency), await self._any(session, Item)
        await expect_feed(session, agency.id, item.id, limit_days=30, starts_on=day - timedelta(days=25), by=BY)

    async def _receive_a_feed(self, session: AsyncSession, day: date) -> None:
        feed = await self._any(session, Feed, Feed.withdrawn_at.is_(None))
        await receive_feed(session, feed.agency_id, feed.item_id, as_at=day, source="A file", by=BY, today=day)
