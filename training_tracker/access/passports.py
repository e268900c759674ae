"""Training passports: what somebody shows of their record to whoever has the code, as it was when they made it.

The code is kept as a seal alone and shown once. Whoever types it reads what the person put in, and whether each of it
still stands; that they looked is told to the person.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.models import Passport, PassportEntry, PassportLook
from training_tracker.access.tries import as_one, count, too_many
from training_tracker.calendar import Days, now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Agency, Post, Practitioner, Role, Team
from training_tracker.people.posts import in_post
from training_tracker.records.disputes import is_disputed
from training_tracker.records.models import Completion
from training_tracker.sealing import seal
from training_tracker.settings import Settings

# Which nobody takes for another: without 0 and O, 1 and I and L, U and V.
LETTERS = "23456789ABCDEFGHJKMNPQRSTWXYZ"
# Of 29 letters so many are 77 bits: nobody comes upon one.
LENGTH, GROUP = 16, 4
DAYS = (7, 30, 90)
# At a time, so that the person keeps track of them.
MOST = 10
# A record is offered and set as a paper up to so many completions, the newest first.
LONGEST = 200
# From one network in a day.
WRONG_CODES = 60
# Of a passport so many of the last looks are listed, and so many passports.
LISTED = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A completion as a passport shows it. ``gone_on`` is when it was taken out of the record since; ``disputed``
    whether the person says that it is not right, and nobody has decided."""

    item_id: int
    title: str
    completed_on: date
    completed_by: date | None
    strength: Strength
    gone_on: datetime | None = None
    disputed: bool = False

    @property
    def days(self) -> Days:
        return Days(self.completed_on, self.completed_by)

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.item_id}-{self.completed_on}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What whoever has the code reads. ``posts`` are the present ones, on the person's own papers alone."""

    name: str
    made_at: datetime
    ends_on: date
    entries: list[Entry]
    posts: tuple[str, ...] = ()

    @property
    def disputed(self) -> bool:
        return any(entry.disputed and not entry.gone_on for entry in self.entries)

    @property
    def whole(self) -> bool:
        return not any(entry.gone_on for entry in self.entries)


@dataclass(frozen=True, slots=True)
class PassportLine:
    """A passport as its person finds it; ``looks`` are when and who says they looked, the newest first."""

    id: int
    made_at: datetime
    ends_on: date
    withdrawn_at: datetime | None
    entries: int
    looks: list[tuple[datetime, str]]

    def stands(self, today: date) -> bool:
        return self.withdrawn_at is None and self.ends_on >= today


async def to_show(session: AsyncSession, practitioner_id: int) -> list[Entry]:
    """What stands in somebody's record, the newest first."""
    rows = await session.execute(
        select(
            *(Completion.item_id, Item.title, Completion.completed_on, Completion.completed_by, Completion.strength),
            exists().where(is_disputed(Completion)).label("disputed"),
        )
        .join(Item, Item.id == Completion.item_id)
        .where(Completion.practitioner_id == practitioner_id, Completion.voided_at.is_(None))
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
        .limit(LONGEST)
    )
    return [
        Entry(row.item_id, row.title, row.completed_on, row.completed_by, row.strength, disputed=row.disputed)
        for row in rows
    ]


async def present_posts(session: AsyncSession, practitioner_id: int, today: date) -> tuple[str, ...]:
    """As what somebody works and for whom, a line for each post that they hold."""
    found = (
        select(Role.name, Agency.name)
        .select_from(Post)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .where(Post.practitioner_id == practitioner_id, in_post(today))
        .order_by(Post.id)
    )
    return tuple(dict.fromkeys(f"{role}, {agency}" for role, agency in await session.execute(found)))


async def make_passport(
    session: AsyncSession, settings: Settings, practitioner_id: int, chosen: Collection[str], days: int, today: date
) -> tuple[str, Sequence[Entry]]:
    """Returns the code, which is kept nowhere, and what the passport shows. Raises :class:`Refused`."""
    entries = [entry for entry in await to_show(session, practitioner_id) if entry.key in chosen]
    if not entries:
        raise Refused("Nothing is ticked", "Tick what the passport is to show.", "shown")
    if days not in DAYS:
        raise Refused("How long it is good is not chosen", "Choose one of these.", "days")
    # One after another, of one person.
    await session.get_one(Practitioner, practitioner_id, with_for_update=True)
    good = and_(Passport.practitioner_id == practitioner_id, Passport.withdrawn_at.is_(None), Passport.ends_on >= today)
    if (await session.scalar(select(func.count()).select_from(Passport).where(good)) or 0) >= MOST:
        raise Refused(f"You have {MOST} passports already", "Take back one that is no longer needed.", "shown")
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    row = Passport(
        practitioner_id=practitioner_id,
        seal=seal(settings, "passport", code),
        made_at=now(),
        ends_on=today + timedelta(days=days),
    )
    session.add(row)
    await session.flush()
    shown = [
        {
            "passport_id": row.id,
            "practitioner_id": practitioner_id,
            "item_id": entry.item_id,
            "completed_on": entry.completed_on,
            "completed_by": entry.completed_by,
            "strength": entry.strength,
        }
        for entry in entries
    ]
    await session.execute(insert(PassportEntry), shown)
    return in_groups(code), entries


async def look_up(
    session: AsyncSession, settings: Settings, code: str, network: str, looker: str, today: date
) -> Seen | Refused:
    """What a passport shows, and that somebody looked is kept; or why not, since the try has to be kept."""
    wrong = Refused(
        "There is no passport with this code, or it has ended or was taken back",
        "Look at the code again, or ask whoever gave it to you for another.",
        "code",
    )
    code = _letters(code)
    if len(code) != LENGTH:
        return Refused(f"The code has {LENGTH} letters and digits", "Type it as it stands on the passport.", "code")
    tries = {f"wrong passport from {as_one(network)}": WRONG_CODES}
    if await too_many(session, settings, tries):
        return Refused("Very many wrong codes came from your network today", "Try again tomorrow.", "code")
    found = await _standing(session, settings, code, today)
    if found is None:
        await count(session, settings, tries)
        return wrong
    session.add(
        PassportLook(passport_id=found.id, practitioner_id=found.practitioner_id, at=now(), looker=looker.strip())
    )
    person = await session.get_one(Practitioner, found.practitioner_id)
    return Seen(person.name, found.made_at, found.ends_on, await _entries(session, found))


async def own_passport(session: AsyncSession, settings: Settings, practitioner_id: int, code: str, today: date) -> Seen:
    """The same for whose passport it is; nobody is told. Raises :class:`NotFound` for any other code."""
    found = await _standing(session, settings, _letters(code), today)
    if found is None or found.practitioner_id != practitioner_id:
        raise NotFound("passport of this code")
    person = await session.get_one(Practitioner, practitioner_id)
    posts = await present_posts(session, practitioner_id, today)
    return Seen(person.name, found.made_at, found.ends_on, await _entries(session, found), posts)


async def passports_of(session: AsyncSession, practitioner_id: int) -> list[PassportLine]:
    """A person's last passports, the newest first."""
    shown = (
        select(func.count())
        .select_from(PassportEntry)
        .where(PassportEntry.passport_id == Passport.id)
        .correlate(Passport)
        .scalar_subquery()
    )
    rows = (
        await session.execute(
            select(Passport, shown)
            .where(Passport.practitioner_id == practitioner_id)
            .order_by(Passport.id.desc())
            .limit(LISTED)
        )
    ).all()
    looks: dict[int, list[tuple[datetime, str]]] = {passport.id: [] for passport, _number in rows}
    found = select(PassportLook).where(PassportLook.passport_id.in_(looks)).order_by(PassportLook.id.desc())
    for look in await session.scalars(found.limit(LISTED * MOST)):
        looks[look.passport_id].append((look.at, look.looker))
    return [
        PassportLine(
            passport.id, passport.made_at, passport.ends_on, passport.withdrawn_at, number, looks[passport.id][:LISTED]
        )
        for passport, number in rows
    ]


async def take_back_passport(session: AsyncSession, practitioner_id: int, passport_id: int) -> None:
    """From now on nobody reads it. Raises :class:`NotFound` for what is not theirs; nothing happens the second time."""
    mine = Passport.id == passport_id, Passport.practitioner_id == practitioner_id
    if await session.scalar(select(Passport.id).where(*mine)) is None:
        raise NotFound(f"passport {passport_id}")
    await session.execute(update(Passport).where(*mine, Passport.withdrawn_at.is_(None)).values(withdrawn_at=now()))


def in_groups(code: str) -> str:
    """As it is read and typed."""
    return "-".join(code[place : place + GROUP] for place in range(0, len(code), GROUP))


def _letters(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter in LETTERS)


async def _standing(session: AsyncSession, settings: Settings, code: str, today: date) -> Passport | None:
    return await session.scalar(
        select(Passport).where(
            Passport.seal == seal(settings, "passport", code),
            Passport.withdrawn_at.is_(None),
            Passport.ends_on >= today,
        )
    )


async def _entries(session: AsyncSession, passport: Passport) -> list[Entry]:
    """With when a completion went of which nothing stands any more: what stronger evidence took the place of does."""
    same = and_(
        Completion.practitioner_id == PassportEntry.practitioner_id,
        Completion.item_id == PassportEntry.item_id,
        Completion.completed_on == PassportEntry.completed_on,
    )
    stands = select(Completion.id).where(same, Completion.voided_at.is_(None)).correlate(PassportEntry).exists()
    gone = select(func.max(Completion.voided_at)).where(same).correlate(PassportEntry).scalar_subquery()
    rows = await session.execute(
        select(
            *(PassportEntry.item_id, Item.title, PassportEntry.completed_on, PassportEntry.completed_by),
            *(PassportEntry.strength, stands.label("stands"), gone.label("gone")),
            exists().where(is_disputed(PassportEntry)).label("disputed"),
        )
        .join(Item, Item.id == PassportEntry.item_id)
        .where(PassportEntry.passport_id == passport.id)
        .order_by(PassportEntry.completed_on.desc(), Item.title)
    )
    return [
        Entry(
            *(row.item_id, row.title, row.completed_on, row.completed_by, row.strength),
            gone_on=None if row.stands else row.gone,
            disputed=row.disputed,
        )
        for row in rows
    ]
