"""What is known of a day now and what was known of it then: what is read differently, and the facts that made it so."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import Days, in_words
from training_tracker.catalogue.models import Item
from training_tracker.expectations.models import Decision, Exemption, Expectation, Extension
from training_tracker.people.models import Absence, Agency, Post, PostHistory, Practitioner, Team
from training_tracker.records.models import Completion, Feed, FeedReceipt
from training_tracker.standing.catalogue_causes import CatalogueCauses, catalogue_causes
from training_tracker.standing.feeds import expectations_told_of
from training_tracker.standing.rule_causes import RuleCauses, RuleRead, rule_causes
from training_tracker.standing.status import Status, standings_on
from training_tracker.standing.structure_causes import StructureCauses, structure_causes

# Below the number of variables that a statement may have on SQLite (32,766) and PostgreSQL (65,535).
CHUNK = 10_000

# A post and an expectation.
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One post and expectation whose status or due day was read differently; no status where it was not expected.

    ``causes`` are the facts that came or went between the two moments and could have made the difference.
    """

    post_id: int
    name: str
    agency: str
    team: str
    expectation: str
    title: str
    before: Status | None
    after: Status | None
    due_before: date | None
    due_after: date | None
    causes: tuple[str, ...]


class Read(NamedTuple):
    status: Status | None
    due_on: date | None
    rule: RuleRead | None


NOT_EXPECTED = Read(None, None, None)


async def compare(
    session: AsyncSession, on: date, *, today: date, before: datetime, after: datetime | None = None
) -> list[Difference]:
    """Every status and due day, read on a day, that differ between what was known at one moment and another, or now.

    Ordered by agency, team and name. Rules that the partnership changed are causes for everybody they touch.
    """
    first = await _read(session, on, today, before)
    second = await _read(session, on, today, after)
    pairs = ((key, first.get(key, NOT_EXPECTED), second.get(key, NOT_EXPECTED)) for key in first.keys() | second.keys())
    changed = {
        key: (then, later) for key, then, later in pairs if (then.status, then.due_on) != (later.status, later.due_on)
    }
    posts = {post for post, _expectation in changed}
    causes = await _causes(session, posts, on, before, after)
    about = await _about(session, posts)
    expectations = {
        row.id: row for row in await session.execute(select(Expectation.id, Expectation.code, Expectation.title))
    }
    found = []
    for (post, expectation), (then, later) in changed.items():
        found.append(
            Difference(
                post_id=post,
                name=about[post].name,
                agency=about[post].agency,
                team=about[post].team,
                expectation=expectations[expectation].code,
                title=expectations[expectation].title,
                before=then.status,
                after=later.status,
                due_before=then.due_on,
                due_after=later.due_on,
                causes=tuple(causes.of(about[post], expectation, then, later)),
            )
        )
    return sorted(found, key=lambda one: (one.agency, one.team, one.name, one.expectation, one.post_id))


async def _read(session: AsyncSession, on: date, today: date, known_at: datetime | None) -> dict[Key, Read]:
    standing = standings_on(on, today=today, known_at=known_at)
    columns = (standing.c.post_id, standing.c.expectation_id, standing.c.status, standing.c.due_on)
    rows = await session.execute(select(*columns, *(standing.c[name] for name in RuleRead._fields)))
    return {
        (post, expectation): Read(Status(word), due_on, RuleRead(*rule))
        for post, expectation, word, due_on, *rule in rows
    }


async def _about(session: AsyncSession, posts: set[int]) -> dict[int, Any]:
    statement = (
        select(
            Post.id,
            Post.practitioner_id,
            Practitioner.name,
            Post.team_id,
            Post.role_id,
            Team.name.label("team"),
            Team.agency_id,
            Agency.name.label("agency"),
        )
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
    )
    found: dict[int, Any] = {}
    for some in _chunks(posts):
        found.update({row.id: row for row in await session.execute(statement.where(Post.id.in_(some)))})
    return found


@dataclass(frozen=True)
class _Causes:
    """Sentences about the facts that came or went, by what they are facts of; ``by_feed`` by agency and expectation.

    ``by_completion`` is by practitioner and expectation, and ``done`` all that a practitioner has ever completed.
    """

    of_catalogue: CatalogueCauses
    of_structure: StructureCauses
    of_rules: RuleCauses
    done: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_post: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_completion: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_both: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_feed: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))

    def of(self, about: Any, expectation: int, then: Read, later: Read) -> Iterator[str]:
        unknown = Status.UNKNOWN in (then.status, later.status)
        yield from self.by_post.get(about.id, ())
        yield from self.by_completion.get((about.practitioner_id, expectation), ())
        yield from self.by_both.get((about.id, expectation), ())
        yield from self.of_rules.of(expectation, then.rule, later.rule)
        yield from self.of_catalogue.of(
            about.agency_id, expectation, self.done.get(about.practitioner_id, ()), unknown=unknown
        )
        yield from self.of_structure.of(about, expectation)
        if unknown:
            yield from self.by_feed.get((about.agency_id, expectation), ())


async def _causes(
    session: AsyncSession, posts: set[int], on: date, before: datetime, after: datetime | None
) -> _Causes:
    """What came later than the day, of completions and rules, is no cause of how the day is read."""

    def between(moment: Any) -> ColumnElement[bool]:
        return and_(moment > before, moment <= after) if after else moment > before

    def came_or_went(recorded: Any, withdrawn: Any) -> ColumnElement[bool]:
        return or_(between(recorded), between(withdrawn))

    tell = partial(_told, between=(before, after))
    of_catalogue = await catalogue_causes(session, came_or_went, tell)
    of_rules = await rule_causes(session, on, came_or_went, tell)
    causes = _Causes(of_catalogue, await structure_causes(session, between), of_rules)
    for some in _chunks(posts):
        people = select(Post.practitioner_id).where(Post.id.in_(some))
        for practitioner, item in await session.execute(_done(people, on)):
            causes.done[practitioner].add(item)
        for completion, title in await session.execute(_completions(people, on, came_or_went)):
            told = tell(
                f"“{title}” of {Days(completion.completed_on, completion.completed_by)}",
                recorded=completion.recorded_at,
                withdrawn=completion.voided_at,
                went="voided",
                because=completion.void_reason,
            )
            for expectation in of_catalogue.asked[completion.item_id]:
                causes.by_completion[completion.practitioner_id, expectation] += told
        for post_id, recorded_at, corrected in await session.execute(_posts_written(some, between)):
            how = "corrected" if corrected else "recorded"
            causes.by_post[post_id].append(f"The post was {how} on {in_words(recorded_at.date())}.")
        for leave in await session.scalars(
            select(Absence).where(Absence.post_id.in_(some), came_or_went(Absence.recorded_at, Absence.withdrawn_at))
        ):
            causes.by_post[leave.post_id] += tell(
                f"Leave from {in_words(leave.starts_on)}",
                recorded=leave.recorded_at,
                withdrawn=leave.withdrawn_at,
            )
        for exemption in await session.scalars(
            select(Exemption).where(
                Exemption.post_id.in_(some), came_or_went(Exemption.granted_at, Exemption.withdrawn_at)
            )
        ):
            causes.by_both[exemption.post_id, exemption.expectation_id] += tell(
                f"An exemption until {in_words(exemption.until)}",
                recorded=exemption.granted_at,
                withdrawn=exemption.withdrawn_at,
            )
        for extension in await session.scalars(
            select(Extension).where(
                Extension.post_id.in_(some),
                Extension.decision == Decision.GRANTED,
                came_or_went(Extension.decided_at, Extension.withdrawn_at),
            )
        ):
            assert extension.decided_at is not None, "the database holds no decision without its moment"
            causes.by_both[extension.post_id, extension.expectation_id] += tell(
                f"More time until {in_words(extension.until)}",
                recorded=extension.decided_at,
                withdrawn=extension.withdrawn_at,
                came="granted",
            )
    await _add_feeds(session, causes, came_or_went, tell)
    return causes


async def _add_feeds(session: AsyncSession, causes: _Causes, came_or_went: Any, tell: Callable[..., list[str]]) -> None:
    told_of = await expectations_told_of(session)
    titles = {row.id: row.title for row in await session.execute(select(Item.id, Item.title))}
    facts: list[tuple[Feed | FeedReceipt, list[str]]] = []
    for feed in await session.scalars(
        select(Feed).where(came_or_went(Feed.recorded_at, Feed.withdrawn_at)).order_by(Feed.id)
    ):
        what = f"The feed of “{titles[feed.item_id]}”, at most {feed.limit_days} days old,"
        told = tell(what, recorded=feed.recorded_at, withdrawn=feed.withdrawn_at, came="declared")
        facts.append((feed, told))
    for receipt in await session.scalars(
        select(FeedReceipt)
        .where(came_or_went(FeedReceipt.recorded_at, FeedReceipt.withdrawn_at))
        .order_by(FeedReceipt.id)
    ):
        told = tell(
            f"The receipt of records of “{titles[receipt.item_id]}” as at {in_words(receipt.as_at)}",
            recorded=receipt.recorded_at,
            withdrawn=receipt.withdrawn_at,
        )
        facts.append((receipt, told))
    for fact, told in facts:
        for expectation in told_of[fact.agency_id, fact.item_id]:
            causes.by_feed[fact.agency_id, expectation] += told


def _posts_written(posts: list[int], between: Callable[[Any], ColumnElement[bool]]) -> Select[int, datetime, bool]:
    """Each time that a post was recorded or, which only another time comes before, corrected."""
    times = union_all(
        select(Post.id.label("post_id"), Post.recorded_at).where(Post.id.in_(posts)),
        select(PostHistory.post_id, PostHistory.recorded_at).where(PostHistory.post_id.in_(posts)),
    ).subquery("written")
    first = func.min(times.c.recorded_at).over(partition_by=times.c.post_id)
    each = select(times, (times.c.recorded_at > first).label("corrected")).subquery("written_in_order")
    return select(each).where(between(each.c.recorded_at)).order_by(each.c.recorded_at)


def _done(people: Select[int], on: date) -> Select[int, int]:
    return (
        select(Completion.practitioner_id, Completion.item_id)
        .where(Completion.practitioner_id.in_(people), Completion.completed_on <= on)
        .distinct()
    )


def _completions(people: Select[int], on: date, came_or_went: Any) -> Select[Completion, str]:
    return (
        select(Completion, Item.title)
        .join(Item, Item.id == Completion.item_id)
        .where(
            Completion.practitioner_id.in_(people),
            Completion.completed_on <= on,
            came_or_went(Completion.recorded_at, Completion.voided_at),
        )
        .order_by(Completion.completed_on, Completion.id)
    )


def _told(
    what: str,
    *,
    between: tuple[datetime, datetime | None],
    recorded: datetime,
    withdrawn: datetime | None,
    came: str = "recorded",
    went: str = "withdrawn",
    because: str | None = None,
) -> list[str]:
    def inside(moment: datetime | None) -> bool:
        return moment is not None and between[0] < moment and (between[1] is None or moment <= between[1])

    reason = f": {because.rstrip('.')}" if because else ""
    told = [f"{what} was {came} on {in_words(recorded.date())}."] if inside(recorded) else []
    if withdrawn is not None and inside(withdrawn):
        told.append(f"{what} was {went} on {in_words(withdrawn.date())}{reason}.")
    return told


def _chunks(values: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
