"""One person's standings on a date, with what they are about and the completions that count: the facts of an
explanation, before it is put in words. A fixed number of queries, however many posts and expectations there are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import FromClause, Row, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.calendar import add_months
from training_tracker.catalogue.models import AcceptanceWindow, Item
from training_tracker.expectations.models import (
    Exemption,
    Expectation,
    ExpectationItem,
    ExpectationScope,
    ExpectationVersion,
)
from training_tracker.expectations.wording import rule_in_words
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Absence, Agency, Partnership, Role, Team
from training_tracker.standing.counted import Counted, Key, added_up
from training_tracker.standing.explained import CountingCompletion, ExplainedStanding, ItemToDo
from training_tracker.standing.feeds import silences
from training_tracker.standing.known import ASKED_DAY, KnownAt, asking, known, known_participatory, moment_asked
from training_tracker.standing.postponing import extended_until, falls_due
from training_tracker.standing.status import Status, standings_asked


@dataclass(frozen=True, slots=True)
class ExpectedItem:
    """An item of a version's set; ``offered`` says whether it is in use and counts if done on the date asked for."""

    id: int
    offered: bool
    refresher: bool
    item: ItemToDo


@dataclass(frozen=True, slots=True)
class Reading:
    """A standing not yet in words, with its version, the version's set, and what the engine counted for it.

    ``own`` says that the agency of the post expects it itself.
    """

    standing: ExplainedStanding
    version: ExpectationVersion
    items: list[ExpectedItem]
    counted: list[Counted]
    agency_id: int
    own: bool


async def read_standings(
    session: AsyncSession,
    practitioner_id: int,
    on: date,
    *,
    today: date,
    known_at: datetime | None,
    counted: Mapping[Key, list[Counted]],
) -> list[Reading]:
    """Every standing of a person in force on a date, in no order, with what counts towards it."""
    kept = on >= today and known_at is None
    statement = _standings(kept, moment_asked(known_at))
    rows = await session.execute(statement, {"practitioner_id": practitioner_id, **asking(on, known_at)})
    lines: dict[Key, Row[Any]] = {}
    sets: dict[Key, list[ExpectedItem]] = defaultdict(list)
    for row in rows:
        key = row.post_id, row.version_id, row.in_force_from
        lines.setdefault(key, row)
        if row.Item is not None:
            sets[key].append(_expected(row))
    unknown = {line.team_id for line in lines.values() if line.status == Status.UNKNOWN.value}
    silent = await silences(session, unknown, on, known_at=known_at) if unknown else {}
    readings = [_reading(line, sets[key], counted.get(key, []), on) for key, line in lines.items()]
    for line, reading in zip(lines.values(), readings, strict=True):
        if reading.standing.status is Status.UNKNOWN:
            reading.standing.silent_feeds.extend(silent[line.team_id, line.version_id])
    return readings


@cache
def _standings(kept: bool, known_at: KnownAt) -> Select[Any]:
    """A row for each standing and item of its version's set, the items by title."""

    def own(post: FromClause) -> ColumnElement[bool]:
        return post.c.practitioner_id == bindparam("practitioner_id")

    standing = standings_asked(kept, known_at, own).subquery("standing_on")
    owner = aliased(Agency)
    window = AcceptanceWindow
    of_the_item = window.item_id == Item.id, known(known_at, window.recorded_at, window.withdrawn_at)
    windows = exists().where(*of_the_item)
    open_window = exists().where(
        *of_the_item,
        or_(window.accepted_from.is_(None), window.accepted_from <= ASKED_DAY),
        or_(window.accepted_until.is_(None), window.accepted_until >= ASKED_DAY),
    )
    in_use = or_(Item.out_of_use_from.is_(None), Item.out_of_use_from > ASKED_DAY)
    of_everyone = exists().where(
        ExpectationScope.version_id == ExpectationVersion.id,
        ExpectationScope.agency_id.is_(None),
        ExpectationScope.sector_id.is_(None),
        ExpectationScope.role_id.is_(None),
        ExpectationScope.role_group_id.is_(None),
        ExpectationScope.team_id.is_(None),
    )
    exemption = (
        Exemption.post_id == standing.c.post_id,
        Exemption.expectation_id == standing.c.expectation_id,
        Exemption.starts_on <= ASKED_DAY,
        Exemption.until >= ASKED_DAY,
        known(known_at, Exemption.granted_at, Exemption.withdrawn_at),
    )
    leave = (
        Absence.post_id == standing.c.post_id,
        Absence.starts_on <= ASKED_DAY,
        known(known_at, Absence.recorded_at, Absence.withdrawn_at),
    )
    longest = select(Exemption.reason).where(*exemption).order_by(Exemption.until.desc(), Exemption.id).limit(1)
    endless = exists().where(*leave, Absence.ends_on.is_(None))
    back_after = select(func.max(Absence.ends_on)).where(*leave, Absence.ends_on >= ASKED_DAY, ~endless)
    return (
        select(
            standing,
            ExpectationVersion,
            Expectation.code,
            Expectation.title,
            func.coalesce(Partnership.name, owner.name).label("expected_by"),
            of_everyone.label("of_everyone"),
            Agency.id.label("agency_id"),
            Expectation.agency_id.is_not(None).label("own"),
            Agency.name.label("agency"),
            team_in_full().label("team"),
            Role.name.label("role"),
            select(func.max(Exemption.until)).where(*exemption).scalar_subquery().label("exempt_until"),
            longest.scalar_subquery().label("exempt_because"),
            back_after.scalar_subquery().label("on_leave_until"),
            extended_until(standing.c, falls_due(standing.c), known_at).label("extended_until"),
            Item,
            ExpectationItem.refresher,
            and_(or_(~windows, open_window), in_use).label("offered"),
            known_participatory(known_at).label("participatory"),
        )
        .select_from(standing)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Expectation, Expectation.id == standing.c.expectation_id)
        .outerjoin(Partnership, Partnership.id == Expectation.partnership_id)
        .outerjoin(owner, owner.id == Expectation.agency_id)
        .join(Team, Team.id == standing.c.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .join(Role, Role.id == standing.c.role_id)
        .outerjoin(ExpectationItem, ExpectationItem.version_id == standing.c.version_id)
        .outerjoin(Item, Item.id == ExpectationItem.item_id)
        .order_by(Item.title, Item.id)
    )


def _expected(row: Row[Any]) -> ExpectedItem:
    item: Item = row.Item
    to_do = ItemToDo(
        *(item.code, item.title, item.kind, item.format, item.hours, item.address),
        participatory=row.participatory,
        comes_first=item.comes_first,
    )
    return ExpectedItem(item.id, bool(row.offered), row.refresher, to_do)


def _reading(line: Row[Any], items: list[ExpectedItem], counted: list[Counted], on: date) -> Reading:
    version: ExpectationVersion = line.ExpectationVersion
    standing = ExplainedStanding(
        post_id=line.post_id,
        agency=line.agency,
        team=line.team,
        role=line.role,
        post_started_on=line.started_on,
        expectation_id=line.expectation_id,
        code=line.code,
        title=line.title,
        expected_by=line.expected_by,
        of_everyone=line.of_everyone,
        required=version.required,
        target_percent=version.target_percent,
        rule=rule_in_words(
            version,
            [expected.item.title for expected in items if not expected.refresher],
            [expected.item.title for expected in items if expected.refresher],
        ),
        source=version.source,
        rationale=version.rationale,
        mark=version.mark,
        effective_from=version.effective_from,
        people_in_setting=version.people_in_setting,
        asks=_asks(version, items),
        status=Status(line.status),
        in_force_from=line.in_force_from,
        first_due_on=line.first_due_on,
        met_from=line.met_from,
        met_until=line.met_until,
        renewal_opens_on=line.renewal_opens_on,
        kept_until=line.kept_until,
        transition_until=line.transition_until,
        due_on=line.due_on,
        grace_until=line.grace_until,
        extended_until=line.extended_until,
        exempt_until=line.exempt_until,
        exempt_because=line.exempt_because,
        on_leave_until=line.on_leave_until,
        items=[
            expected.item
            for expected in items
            if expected.offered and (not expected.refresher or refreshable(version, items, counted, on))
        ],
        counting=_counting(version, counted, {expected.id: expected.item for expected in items}),
    )
    return Reading(standing, version, items, counted, line.agency_id, line.own)


def _asks(version: ExpectationVersion, items: list[ExpectedItem]) -> str:
    full = sorted(expected.item.code for expected in items if not expected.refresher)
    return f"{version.measure} of {', '.join(full)}"


def refreshable(version: ExpectationVersion, items: list[ExpectedItem], counted: list[Counted], on: date) -> bool:
    """Whether a refresher done on the day would count: a full item came before it, and not too long ago."""
    full = {expected.id for expected in items if not expected.refresher}
    since = add_months(on, -version.refresher_months) if version.refresher_months else date.min
    return any(part.expected_id in full and since <= part.completion.completed_on < on for part in counted)


def _counting(
    version: ExpectationVersion, counted: list[Counted], expected: dict[int, ItemToDo]
) -> list[CountingCompletion]:
    """The completions that make up the total, newest first; they decide if it reaches the amount."""
    parts, reached = added_up(version, counted)
    together: dict[int, list[Counted]] = defaultdict(list)
    for part in parts:
        together[part.completion.id].append(part)
    return [
        CountingCompletion(
            id=key,
            item=lines[0].item.code,
            title=lines[0].item.title,
            completed_on=lines[0].completion.completed_on,
            completed_by=lines[0].completion.completed_by,
            hours=lines[0].completion.hours,
            participatory=lines[0].participatory,
            counts_for=tuple(expected[line.expected_id].code for line in lines),
            counts_as=tuple(expected[line.expected_id].title for line in lines if line.expected_id != line.item.id),
            source=lines[0].completion.source,
            strength=lines[0].completion.strength,
            decides=reached,
        )
        for key, lines in together.items()
    ]
