"""The week's escalations: managers hear of whoever is overdue for longer than the agency's limit."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.database import wait_for_turn
from training_tracker.expectations.models import ExpectationVersion, for_a_person
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn, Written, keys_in_use, put
from training_tracker.people.agencies import below
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.reminders.asked import Asked, asked_by_version
from training_tracker.reminders.due import ONE_DAY
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.ladder import USUAL
from training_tracker.reminders.ladders import ladders_by_agency
from training_tracker.reminders.letterhead import Letterhead, letterheads
from training_tracker.reminders.managers import Manager, Managers, managers_on, tree_of_teams
from training_tracker.reminders.models import Escalation
from training_tracker.reminders.snoozing import snoozed_by
from training_tracker.standing.known import PostFilter
from training_tracker.standing.status import Status, standings_on

# A list in an e-mail is read as far as this; the rest is on the page.
MOST = 20
NOBODY = "nobody is overdue for so long any more"

# Which post, which expectation, due on which day.
Late = tuple[int, int, date]


class Held(StrEnum):
    """Why a manager gets no escalation."""

    SNOOZED = "has put off everybody of whom they could be told"
    SENT_ALREADY = "has had this week's already"
    ON_LEAVE = "on leave"
    NO_ADDRESS = "no e-mail address"
    UNREACHABLE = "the e-mail address does not work"
    NOTHING_NEW = "knows of everybody"


@dataclass(frozen=True, slots=True)
class LongOverdue:
    """One thing that one person has not done for longer than the limit."""

    about: Late
    practitioner_id: int
    name: str
    title: str
    since: date


@dataclass(frozen=True, slots=True)
class Decided:
    """About one manager in one week: what they have not heard of yet, which they get an e-mail about unless it is
    ``held``."""

    manager: Manager
    key: str
    held: Held | None
    new: tuple[LongOverdue, ...]

    @property
    def to(self) -> str:
        return self.manager.email or ""

    @property
    def subject(self) -> str:
        return subject_of(len(self.new))

    @property
    def because(self) -> str:
        """Why they get it, in words."""
        return "; ".join(f"{one.name}, {one.title}: overdue since {in_words(one.since)}" for one in self.new)


@dataclass(slots=True)
class EscalationPlan:
    on: date
    decisions: list[Decided] = field(default_factory=list)

    @property
    def planned(self) -> list[Decided]:
        return [decided for decided in self.decisions if decided.held is None]

    @property
    def held(self) -> Counter[Held]:
        return Counter(decided.held for decided in self.decisions if decided.held)


async def plan_escalations(session: AsyncSession, on: date, *, today: date) -> EscalationPlan:
    """Put the week's escalations in the outbox: one for each manager who has not heard of somebody yet.

    The same week again plans only for managers who have had none. What one says is written when it is sent.
    """
    await wait_for_turn(session, "escalations")
    plan = EscalationPlan(on)
    late = await long_overdue(session, on, today=today)
    if not late:
        return plan
    everybody = await managers_on(session, on, await tree_of_teams(session))
    known = known_to(everybody, late)
    managers = [manager for manager in everybody.everybody if manager.practitioner_id in known]
    snoozed = await snoozed_by(session, [manager.practitioner_id for manager in managers], on)
    told = await _told(session, [manager.practitioner_id for manager in managers])
    used = await keys_in_use(session, [_key(manager, on) for manager in managers])
    earlier = await _this_week(session, [manager.practitioner_id for manager in managers], on)
    for manager in managers:
        left_out, heard = snoozed[manager.practitioner_id], told[manager.practitioner_id]
        # One rule about two resources has two standings of one post, which may fall due on one day.
        mine = {one.about: one for one in known[manager.practitioner_id] if one.practitioner_id not in left_out}
        new = tuple(one for about, one in mine.items() if about not in heard)
        had = _key(manager, on) in used or manager.practitioner_id in earlier
        plan.decisions.append(Decided(manager, _key(manager, on), _why_not(manager, mine, new, had=had), new))
    messages = await put(session, [Draft(each.key, each.to, each.subject) for each in plan.planned])
    rows = [
        {"manager_id": each.manager.practitioner_id, "message_id": message}
        | dict(zip(("post_id", "expectation_id", "due_on"), one.about, strict=True))
        for each, message in zip(plan.planned, messages, strict=True)
        for one in each.new
    ]
    if rows:
        await session.execute(insert(Escalation), rows)
    return plan


def _why_not(manager: Manager, theirs: Collection[Late], new: Collection[LongOverdue], *, had: bool) -> Held | None:
    reasons = {
        Held.SNOOZED: not theirs,
        Held.SENT_ALREADY: had,
        Held.ON_LEAVE: not _asked(manager),
        Held.NO_ADDRESS: not manager.email,
        Held.UNREACHABLE: manager.unreachable,
        Held.NOTHING_NEW: not new,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


async def write_escalations(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """What the escalations say on the day on which they are sent: who is overdue for too long still."""
    everybody = await managers_on(session, on, await tree_of_teams(session), only=messages)
    managers = {each.practitioner_id: each for each in everybody.everybody if each.practitioner_id in messages}
    teams = {team for manager in managers.values() for team in manager.topmost}

    def in_their_teams(post: FromClause) -> ColumnElement[bool]:
        return post.c.team_id.in_(below(*teams))

    known = known_to(everybody, await long_overdue(session, on, today=on, posts=in_their_teams))
    said: dict[int, set[Late]] = defaultdict(set)
    for row in await session.scalars(
        select(Escalation).where(
            Escalation.message_id.in_([message.id for several in messages.values() for message in several])
        )
    ):
        said[row.message_id].add((row.post_id, row.expectation_id, row.due_on))
    snoozed = await snoozed_by(session, list(messages), on)
    heads = await letterheads(session, list(messages), on, base_url)
    written: Written = {}
    for manager_id, several in messages.items():
        manager = managers.get(manager_id)
        theirs = known.get(manager_id, []) if manager and _asked(manager) else []
        theirs = [one for one in theirs if one.practitioner_id not in snoozed[manager_id]]
        for message in several:
            if manager and manager.email and any(one.about in said[message.id] for one in theirs):
                new = [one for one in theirs if one.about in said[message.id]]
                others = [one for one in theirs if one.about not in said[message.id]]
                written[message.id] = escalation(
                    heads.of(manager_id), message.key, manager.email, manager.name, new, others
                )
            else:
                written[message.id] = Withdrawn(NOBODY)
    return written


def subject_of(many: int) -> str:
    return f"Your team's training: {'1 thing' if many == 1 else f'{many} things'} long overdue"


def escalation(
    letterhead: Letterhead,
    key: str,
    to: str,
    name: str,
    new: Sequence[LongOverdue],
    others: Sequence[LongOverdue],
) -> Draft:
    people, others_too = _by_person(new), _by_person(others)
    return letterhead.write(
        Kind.ESCALATION,
        key,
        to,
        subject_of(len(new)),
        name=name,
        new=people[:MOST],
        more_new=max(0, len(people) - MOST),
        others=others_too[:MOST],
        more_others=max(0, len(others_too) - MOST),
    )


def _by_person(late: Sequence[LongOverdue]) -> list[list[LongOverdue]]:
    """Each person's things, the longest overdue first of all."""
    people: dict[int, list[LongOverdue]] = defaultdict(list)
    for one in sorted(late, key=_longest):
        people[one.practitioner_id].append(one)
    return list(people.values())


def _longest(one: LongOverdue) -> tuple[date, str, str]:
    return one.since, one.name, one.title


def known_to(managers: Managers, late: Mapping[int, list[LongOverdue]]) -> Mapping[int, list[LongOverdue]]:
    """Of whom each manager is told."""
    known: dict[int, list[LongOverdue]] = defaultdict(list)
    for team, several in late.items():
        for one in several:
            for manager in managers.knowing(team, one.practitioner_id):
                known[manager].append(one)
    return known


def _asked(manager: Manager) -> bool:
    # Whose deputy is asked instead, or whom nobody stands in for: whoever manages the team above knows the names.
    return not manager.on_leave


def _key(manager: Manager, on: date) -> str:
    return key_of(Kind.ESCALATION, manager.practitioner_id, f"{on:%G-W%V}")


async def _this_week(session: AsyncSession, managers: Sequence[int], on: date) -> set[int]:
    """Who of these has had an escalation this week, or one of an earlier week is still on its way to them.

    So it is after the mail server was away over a Monday: what is sent then names everybody, and one a week is enough.
    """
    monday = datetime.combine(on - timedelta(days=on.weekday()), time(), UTC)
    lately = or_(Message.state == MessageState.WAITING, Message.sent_at >= monday)
    found = select(Escalation.manager_id).join(Message, Message.id == Escalation.message_id)
    return set(await session.scalars(found.where(Escalation.manager_id.in_(managers), lately)))


async def _told(session: AsyncSession, managers: Sequence[int]) -> dict[int, set[Late]]:
    told: dict[int, set[Late]] = defaultdict(set)
    for row in await session.scalars(select(Escalation).where(Escalation.manager_id.in_(managers))):
        told[row.manager_id].add((row.post_id, row.expectation_id, row.due_on))
    return told


async def long_overdue(
    session: AsyncSession, on: date, *, today: date, posts: PostFilter | None = None
) -> dict[int, list[LongOverdue]]:
    """Whoever is overdue for longer than their agency's limit, by team."""
    ladders = await ladders_by_agency(session)
    shortest = min(ladder.escalate_after for ladder in (*ladders.values(), USUAL))
    asked = await asked_by_version(session)
    found: dict[int, list[LongOverdue]] = defaultdict(list)
    for row in await session.execute(_overdue(on, today, on - timedelta(days=shortest), posts)):
        limit = timedelta(days=ladders.get(row.agency_id, USUAL).escalate_after)
        if row.last_day + limit < on:
            found[row.team_id].append(_late(row, asked))
    return found


def _late(row: Any, asked: Mapping[int, Asked]) -> LongOverdue:
    return LongOverdue(
        about=(row.post_id, row.expectation_id, row.due_on),
        practitioner_id=row.practitioner_id,
        name=row.name,
        title=asked[row.version_id].title,
        since=row.last_day + ONE_DAY,
    )


def _overdue(on: date, today: date, before: date, posts: PostFilter | None) -> Select[Any]:
    standing = standings_on(on, today=today, posts=posts)
    last_day = func.coalesce(standing.c.grace_until, standing.c.due_on)
    return (
        select(standing, last_day.label("last_day"), Team.agency_id, Practitioner.name)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Team, Team.id == standing.c.team_id)
        .join(Post, Post.id == standing.c.post_id)
        .join(Practitioner, Practitioner.id == standing.c.practitioner_id)
        .where(
            for_a_person(),
            standing.c.status == Status.OVERDUE.value,
            standing.c.due_on < before,
            last_day < before,
        )
    )
