"""Little worlds for tests: say in plain words what is true, and the program's own write paths record it.

    async with empty.writing() as session:
        facts = Facts(session)
        course = await facts.item("CSA-INTRO")
        rule = await facts.version(await facts.expectation("CSA"), [course], period_months=36)
        post = await facts.post(started_on=date(2024, 1, 8))
        await facts.completed(post, course, date(2024, 2, 1))

Whatever is not said is made up once and shared: one partnership, one agency with its top team, one role.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemKind, ItemVersion, Mark
from training_tracker.database import Base, Database, touch
from training_tracker.expectations.exempting import grant_exemption
from training_tracker.expectations.models import (
    Decision,
    Exemption,
    Expectation,
    ExpectationVersion,
    Extension,
    Method,
)
from training_tracker.expectations.publishing import Rule, Scope, publish
from training_tracker.people.agencies import create_agency, create_team
from training_tracker.people.leave import record_leave
from training_tracker.people.models import (
    Absence,
    Agency,
    Partnership,
    Post,
    Practitioner,
    Role,
    RoleGroup,
    Sector,
    Team,
)
from training_tracker.people.posts import PostDates, open_posts
from training_tracker.records.feeding import expect_feed, receive_feed
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, record_completion
from training_tracker.uptake.publishing import publish_uptake

BY = "tests"
EVERYBODY = frozenset({Scope()})
LONG_AGO = date(2020, 1, 1)

T = TypeVar("T", bound=Base)
Period = tuple[date | None, date | None]


class Facts:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    # --- who works where ---

    async def partnership(self, name: str = "Harbour Safeguarding Partnership") -> Partnership:
        found = await self.session.scalar(select(Partnership).where(Partnership.name == name))
        return found or await self._added(Partnership(code=_code(name), name=name))

    async def sector(self, name: str = "Local authority") -> Sector:
        found = await self.session.scalar(select(Sector).where(Sector.name == name))
        return found or await self._added(Sector(code=_code(name), name=name))

    async def agency(self, name: str = "Harbour Council", *, sector: str = "Local authority") -> Agency:
        """The agency of this name, which belongs to every partnership there is."""
        found = await self.session.scalar(select(Agency).where(Agency.name == name))
        if found:
            return found
        await self.partnership()
        agency, _top = await create_agency(self.session, name, (await self.sector(sector)).id)
        return agency

    async def team(self, name: str | None = None, *, agency: Agency | None = None, below: Team | None = None) -> Team:
        """The team of this name in an agency, by default its top team; a new one stands below ``below``."""
        agency = agency or await self.agency()
        top = select(Team).where(Team.agency_id == agency.id)
        if name is None:
            return (await self.session.scalars(top.where(Team.parent_id.is_(None)))).one()
        if found := await self.session.scalar(top.where(Team.name == name)):
            return found
        parent = below or await self.team(agency=agency)
        return await create_team(self.session, agency.id, parent.id, name)

    async def role_group(self, name: str = "Group 1") -> RoleGroup:
        found = await self.session.scalar(select(RoleGroup).where(RoleGroup.name == name))
        return found or await self._added(RoleGroup(code=_code(name), name=name, position=1))

    async def role(
        self, name: str = "Social worker", *, sector: str = "Local authority", group: str = "Group 1"
    ) -> Role:
        sector_id = (await self.sector(sector)).id
        found = await self.session.scalar(select(Role).where(Role.name == name, Role.sector_id == sector_id))
        if found:
            return found
        group_id = (await self.role_group(group)).id
        code = f"{_code(sector)}-{_code(name)}"
        return await self._added(Role(code=code, name=name, sector_id=sector_id, role_group_id=group_id))

    async def practitioner(self, name: str = "Ann Reed") -> Practitioner:
        """The person of this name, whose address is made from it."""
        email = f"{_code(name)}@agency.example"
        found = await self.session.scalar(select(Practitioner).where(Practitioner.email == email))
        return found or await self._added(Practitioner(name=name, email=email))

    async def post(
        self,
        person: str = "Ann Reed",
        *,
        team: Team | None = None,
        role: Role | None = None,
        started_on: date | None = LONG_AGO,
        ended_on: date | None = None,
    ) -> Post:
        dates = PostDates(
            practitioner_id=(await self.practitioner(person)).id,
            team_id=(team or await self.team()).id,
            role_id=(role or await self.role()).id,
            started_on=started_on,
            ended_on=ended_on,
        )
        (post_id,) = await open_posts(self.session, [dates], BY)
        return await self.session.get_one(Post, post_id)

    async def on_leave(self, post: Post, starts_on: date, ends_on: date | None = None) -> Absence:
        (absence,) = await record_leave(self.session, [post.id], starts_on, ends_on, by=BY)
        return absence

    # --- what can be learnt ---

    async def item(
        self,
        code: str = "CSA-INTRO",
        *,
        hours: float | None = None,
        participatory: bool = False,
        editions: Iterable[date] = (),
        accepted: Iterable[Period] = (),
    ) -> Item:
        """A course or, where it has editions, a resource; ``accepted`` are the windows in which it counts."""
        editions = list(editions)
        item = await self._added(
            Item(
                code=code,
                title=f"About {code}",
                kind=ItemKind.RESOURCE if editions else ItemKind.COURSE,
                tier="",
                format="",
                hours=hours,
                participatory=participatory,
                renewal="",
                address="",
                mark=Mark.ILLUSTRATIVE,
                source="",
            )
        )
        for day in editions:
            self.session.add(ItemVersion(item_id=item.id, label=str(day), current_from=day))
        for since, until in accepted:
            self.session.add(AcceptanceWindow(item_id=item.id, accepted_from=since, accepted_until=until, reason=""))
        await self.session.flush()
        return item

    async def counts_as(
        self,
        item: Item,
        other: Item,
        since: date | None = None,
        until: date | None = None,
        *,
        agency: Agency | None = None,
        holds: bool = True,
    ) -> Equivalence:
        """One way only: ``item`` counts as ``other``; or as one agency decides about its own posts."""
        row = Equivalence(
            item_id=item.id,
            counts_as_id=other.id,
            agency_id=agency.id if agency else None,
            holds=holds,
            valid_from=since,
            valid_until=until,
            mark=Mark.ILLUSTRATIVE,
        )
        return await self._added(row)

    # --- what is expected ---

    async def expectation(self, code: str = "CSA", *, owner: Agency | Partnership | None = None) -> Expectation:
        """An expectation without a rule yet, of the partnership unless an agency owns it."""
        owner = owner or await self.partnership()
        expectation = Expectation(code=code, title=f"Expected: {code}")
        if isinstance(owner, Agency):
            expectation.agency_id = owner.id
        else:
            expectation.partnership_id = owner.id
        return await self._added(expectation)

    async def version(
        self,
        expectation: Expectation,
        items: Iterable[Item],
        *,
        effective_from: date = LONG_AGO,
        first_due_days: int = 30,
        scopes: Iterable[Scope] = EVERYBODY,
        **rule: Any,
    ) -> ExpectationVersion:
        """Publish a version; the method follows from ``period_months`` and ``anchor_on`` where it is not given."""
        usual = Method.CYCLE if "anchor_on" in rule else Method.COMPLETION if "period_months" in rule else Method.ONCE
        version = await publish(
            self.session,
            expectation.id,
            Rule(
                effective_from=effective_from,
                first_due_days=first_due_days,
                method=rule.pop("method", usual),
                mark=Mark.ILLUSTRATIVE,
                items=frozenset(item.id for item in items),
                scopes=frozenset(scopes),
                **rule,
            ),
            BY,
        )
        assert version is not None, "this very rule was published before"
        return version

    async def exempt(self, post: Post, expectation: Expectation, starts_on: date, until: date) -> Exemption:
        (exemption,) = await grant_exemption(
            self.session,
            [post.id],
            expectation.id,
            starts_on=starts_on,
            until=until,
            reason="No such work",
            by=BY,
            today=starts_on,
        )
        return exemption

    async def extended(self, post: Post, expectation: Expectation, due_on: date, until: date) -> Extension:
        """Granted for a day that is said: the program's own verb looks it up in the standings kept."""
        touch(self.session, posts=[post.id])
        return await self._added(
            Extension(
                post_id=post.id,
                expectation_id=expectation.id,
                due_on=due_on,
                until=until,
                reason="The course was full",
                asked_by=BY,
                asked_at=now(),
                decision=Decision.GRANTED,
                decided_by=BY,
                decided_at=now(),
            )
        )

    # --- what was done ---

    async def completed(
        self,
        post: Post,
        item: Item,
        on: date,
        hours: float | None = None,
        *,
        strength: Strength = Strength.ATTENDANCE_REGISTER,
        by: date | None = None,
    ) -> Completion:
        """What the holder of a post completed, recorded on that very day, or ``by`` the last day of a range."""
        new = NewCompletion(post.practitioner_id, item.id, on, hours=hours, strength=strength, completed_by=by)
        await record_completion(self.session, new, by=BY, today=by or on)
        return (
            await self.session.scalars(
                select(Completion).where(
                    Completion.practitioner_id == post.practitioner_id,
                    Completion.item_id == item.id,
                    Completion.completed_on == on,
                    Completion.voided_at.is_(None),
                )
            )
        ).one()

    async def feed(
        self,
        agency: Agency,
        item: Item,
        *,
        limit_days: int = 30,
        starts_on: date = LONG_AGO,
        received: Iterable[date] = (),
    ) -> None:
        """What an agency is to send of an item, and what has come: data as at these days."""
        await expect_feed(self.session, agency.id, item.id, limit_days=limit_days, starts_on=starts_on, by=BY)
        for day in received:
            await receive_feed(self.session, agency.id, item.id, as_at=day, source="tests", by=BY, today=day)

    async def _added(self, row: T) -> T:
        self.session.add(row)
        await self.session.flush()
        return row


async def published(database: Database, on: date, *, threshold: int = 5) -> int:
    """Publish the partnerships' figures of a day on that day; returns how many are not as they were."""
    async with database.writing() as session:
        return await publish_uptake(session, on, today=on, threshold=threshold)


def _code(name: str) -> str:
    return name.casefold().replace(" ", "-").replace("'", "")
