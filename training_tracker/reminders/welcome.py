"""The welcome to a new post: what goes with it, by when, and where to start."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, FromClause, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import insert_many, is_one_of
from training_tracker.database import insert_unless_known
from training_tracker.expectations.models import ExpectationVersion, for_a_person
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn, Written
from training_tracker.mail.undeliverable import reachable
from training_tracker.people.leave import away
from training_tracker.people.models import Agency, Post, Practitioner, Role, Team
from training_tracker.people.posts import in_post
from training_tracker.reminders.asked import Asked, asked_by_version
from training_tracker.reminders.due import Expected
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.letter import DigestLine, in_parts, things_to_do
from training_tracker.reminders.letterhead import Letterhead, letterheads
from training_tracker.reminders.models import Welcome
from training_tracker.reminders.self_declared import Declared, self_declared_by
from training_tracker.standing.models import Standing
from training_tracker.standing.status import MET, OPEN, Status, standings_on

# Whoever has been in post for longer is not new, however lately we heard of them.
NEW = timedelta(days=28)
SUBJECT = "Your new post: the training that goes with it"
TOLD = {*OPEN, *MET, Status.EXEMPT, Status.UNKNOWN}
NOTHING_EXPECTED = "nothing is expected in the new post, or it has ended"


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to which its holder is to be welcomed."""

    id: int
    practitioner_id: int
    role: str
    team: str
    agency: str
    started_on: date

    @property
    def in_words(self) -> str:
        return f"{self.role}, {self.team}" if self.team == self.agency else f"{self.role}, {self.team}, {self.agency}"


async def not_welcomed(session: AsyncSession, people: Sequence[int], on: date) -> dict[int, list[NewPost]]:
    """The new posts of these people that ask something of them, and to which nobody has welcomed them."""
    # What never arrived was not said.
    welcomed = exists().where(
        Welcome.post_id == Post.id, Message.id == Welcome.message_id, Message.state != MessageState.FAILED
    )
    new = and_(
        is_one_of(Post.practitioner_id, people),
        ~welcomed,
        Post.started_on > on - NEW,
        reachable(Practitioner.email),
    )
    return await _new_posts(session, new, on)


async def newest_post(session: AsyncSession, practitioner_id: int, on: date) -> NewPost | None:
    """The post that somebody began last, of those that ask something of them."""
    posts = (await _new_posts(session, Post.practitioner_id == practitioner_id, on)).get(practitioner_id)
    return posts[-1] if posts else None


async def welcome_to(
    session: AsyncSession, post: NewPost, letterhead: Letterhead, key: str, to: str, name: str, on: date
) -> Draft:
    """The welcome to one post, as on a day."""
    expected = await _expected_of(session, [post.id], on)
    declared = await self_declared_by(session, [post.practitioner_id], on)
    asked = await asked_by_version(session)
    return welcome(letterhead, key, to, name, [post], expected[post.id], asked, declared)


async def keep_welcomes(
    session: AsyncSession, posts: Mapping[int, Sequence[NewPost]], messages: Mapping[int, int], on: date
) -> None:
    """Remember who was welcomed to which posts, by person, and in which message."""
    rows = [
        {"post_id": post.id, "practitioner_id": person, "message_id": messages[person], "planned_on": on}
        for person, several in posts.items()
        for post in several
    ]
    statement = insert_unless_known(session, Welcome)
    told = {name: statement.excluded[name] for name in ("practitioner_id", "message_id", "planned_on")}
    await insert_many(session, statement.on_conflict_do_update(index_elements=["post_id"], set_=told), rows)


async def write_welcomes(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """What the welcomes say on the day on which they are sent."""
    numbers = [message.id for several in messages.values() for message in several]
    posts = await _new_posts(session, Post.id.in_(select(Welcome.post_id).where(Welcome.message_id.in_(numbers))), on)
    recipients = {
        row.id: row
        for row in await session.execute(
            select(Practitioner.id, Practitioner.name, Practitioner.email).where(Practitioner.id.in_(messages))
        )
    }
    heads = await letterheads(session, list(messages), on, base_url)
    asked = await asked_by_version(session)
    declared = await self_declared_by(session, list(messages), on)
    expected = await _expected_of(session, [post.id for several in posts.values() for post in several], on)
    written: Written = {}
    for practitioner_id, several in messages.items():
        recipient = recipients[practitioner_id]
        theirs = posts.get(practitioner_id, [])
        for message in several:
            if not theirs or not recipient.email:
                written[message.id] = Withdrawn(NOTHING_EXPECTED)
                continue
            dues = [due for post in theirs for due in expected[post.id]]
            written[message.id] = welcome(
                heads.of(practitioner_id), message.key, recipient.email, recipient.name, theirs, dues, asked, declared
            )
    return written


def welcome(
    letterhead: Letterhead,
    key: str,
    to: str,
    name: str,
    posts: Sequence[NewPost],
    expected: Sequence[Expected],
    asked: Mapping[int, Asked],
    declared: Declared,
) -> Draft:
    lines = sorted(things_to_do(expected, asked, declared), key=_where_to_start)

    def of(*statuses: Status) -> list[str]:
        return list(dict.fromkeys(asked[each.version_id].title for each in expected if each.status in statuses))

    first = lines[0] if lines and _comes_first(lines[0]) else None
    return letterhead.write(
        Kind.WELCOME,
        key,
        to,
        SUBJECT,
        name=name,
        posts=posts,
        first=first,
        held=of(*MET),
        exempt=of(Status.EXEMPT),
        unknown=of(Status.UNKNOWN),
        **in_parts(lines),
    )


def _where_to_start(line: DigestLine) -> tuple[bool, date, str]:
    return (not _comes_first(line), line.due_on, line.title)


def _comes_first(line: DigestLine) -> bool:
    return any(item.comes_first for item in line.asked.items)


async def _new_posts(session: AsyncSession, which: ColumnElement[bool], on: date) -> dict[int, list[NewPost]]:
    """Those in which somebody with an address works on the day and something is expected of them, by person."""
    asks = exists().where(
        Standing.post_id == Post.id,
        Standing.in_force_from <= on,
        Standing.in_force_until >= on,
        ExpectationVersion.id == Standing.version_id,
        for_a_person(),
    )
    posts: dict[int, list[NewPost]] = defaultdict(list)
    for row in await session.execute(
        select(
            Post.id,
            Post.practitioner_id,
            Post.started_on,
            Role.name.label("role"),
            Team.name.label("team"),
            Agency.name.label("agency"),
        )
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .where(which, Post.started_on <= on, in_post(on), Practitioner.email.is_not(None), asks, ~away(Post.id, on))
        .order_by(Post.started_on, Post.id)
    ):
        assert row.started_on is not None, "asked for above"
        posts[row.practitioner_id].append(
            NewPost(row.id, row.practitioner_id, row.role, row.team, row.agency, row.started_on)
        )
    return posts


async def _expected_of(session: AsyncSession, posts: Sequence[int], on: date) -> dict[int, list[Expected]]:
    """What is to be done in these posts, what is met already, and what is not asked or not known, by post."""

    def among(post: FromClause) -> ColumnElement[bool]:
        return post.c.id.in_(posts)

    standing = standings_on(on, today=on, posts=among)
    expected: dict[int, list[Expected]] = defaultdict(list)
    for row in await session.execute(
        select(standing)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .where(standing.c.status.in_([status.value for status in TOLD]), for_a_person())
    ):
        expected[row.post_id].append(
            Expected(
                post_id=row.post_id,
                expectation_id=row.expectation_id,
                version_id=row.version_id,
                # What is met for good, or not asked, falls due on no day, and is no line of what is to be done.
                due_on=row.due_on or on,
                status=Status(row.status),
                renewal=row.met_from is not None,
                grace_until=row.grace_until,
            )
        )
    return expected
