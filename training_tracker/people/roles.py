"""Roles and their groups, as a partnership's lead keeps them: added, called something else, out of use and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import touch, wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import code_of, fold, tidy
from training_tracker.people.models import Audience, Post, Role, RoleAlias, RoleGroup, RoleHistory, Sector
from training_tracker.people.posts import not_over

LONGEST_NAME = 200
LONGEST_ROLE_CODE, LONGEST_GROUP_CODE = 60, 40


@dataclass(frozen=True, slots=True)
class RoleSaid:
    """What a form says of a role. ``other_names`` are those under which it arrives in spreadsheets."""

    name: str
    role_group_id: int
    other_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupSaid:
    name: str
    audience: Audience


async def role_of(session: AsyncSession, role_id: int) -> Role:
    """Raises :class:`NotFound` if there is none."""
    found = await session.get(Role, role_id)
    if found is None:
        raise NotFound(f"role {role_id}")
    return found


async def group_of(session: AsyncSession, group_id: int) -> RoleGroup:
    """Raises :class:`NotFound` if there is none."""
    found = await session.get(RoleGroup, group_id)
    if found is None:
        raise NotFound(f"role group {group_id}")
    return found


async def other_names_of(session: AsyncSession, role_id: int) -> tuple[str, ...]:
    """As they are compared: without capitals and accents."""
    found = select(RoleAlias.alias).where(RoleAlias.role_id == role_id).order_by(RoleAlias.alias)
    return tuple(await session.scalars(found))


async def add_role(session: AsyncSession, sector_id: int, said: RoleSaid) -> Role:
    """Its code is made from sector and name. Raises :class:`Refused` for a name that another role of the sector has."""
    await _in_turn(session)
    sector = await session.get(Sector, sector_id)
    if sector is None:
        raise Refused("No sector is chosen", "Choose the one whose agencies have this role.", "sector")
    role = Role(code="", name="", sector_id=sector_id, role_group_id=0, kept_on_pages=True)
    await _say(session, role, said, sector_id)
    stem = code_of(f"{sector.code}-{role.name}").lower()[: LONGEST_ROLE_CODE - 4].rstrip("-") or "role"
    role.code = await _free_code(session, Role, stem)
    session.add(role)
    await session.flush()
    await _set_other_names(session, role, said.other_names)
    return role


async def change_role(session: AsyncSession, role: Role, said: RoleSaid) -> None:
    """Who holds it is asked what the new group is asked, from now on; what was known then stays.

    What it was called stays one of its names, so that spreadsheets which say so still find it.
    """
    await _in_turn(session)
    before, group = role.name, role.role_group_id
    others = said.other_names if fold(tidy(said.name)) == fold(before) else (*said.other_names, before)
    await _say(session, role, said, role.sector_id)
    if role.role_group_id != group:
        session.add(known_group_until(role.id, group, now()))
        touch(session, posts=await session.scalars(select(Post.id).where(Post.role_id == role.id)))
    await session.flush()
    await _set_other_names(session, role, others)


def known_group_until(role_id: int, role_group_id: int, moment: datetime) -> RoleHistory:
    """That a role was known to be of this group until then: what standings of the past follow from."""
    return RoleHistory(role_id=role_id, role_group_id=role_group_id, superseded_at=moment)


async def take_role_out(session: AsyncSession, role: Role, today: date) -> None:
    """No list offers it and no file finds it any more. Raises :class:`Refused` while somebody holds it."""
    if await session.scalar(select(Post.id).where(Post.role_id == role.id, not_over(today)).limit(1)) is not None:
        mend = "It can go once whoever holds it has another role in their agency's list of people."
        raise Refused(f"Somebody is {role.name} still", mend, "role")
    if role.withdrawn_at is None:
        role.withdrawn_at, role.kept_on_pages = now(), True


async def put_role_back(session: AsyncSession, role: Role) -> None:
    """Raises :class:`Refused` while its group is out of use."""
    await _in_turn(session)
    group = await session.get_one(RoleGroup, role.role_group_id)
    if group.withdrawn_at is not None:
        raise Refused(
            f"Its group {group.name} is out of use", "Put that back first, or give it another group.", "group"
        )
    role.withdrawn_at = None


async def add_group(session: AsyncSession, said: GroupSaid) -> RoleGroup:
    """It comes last of them. Raises :class:`Refused` for a name that another group has."""
    await _in_turn(session)
    positions = await session.scalars(select(RoleGroup.position))
    group = RoleGroup(code="", name="", position=max(positions, default=0) + 1, kept_on_pages=True)
    await _say_group(session, group, said)
    stem = code_of(group.name).lower()[: LONGEST_GROUP_CODE - 4].rstrip("-") or "group"
    group.code = await _free_code(session, RoleGroup, stem)
    session.add(group)
    await session.flush()
    return group


async def change_group(session: AsyncSession, group: RoleGroup, said: GroupSaid) -> None:
    await _in_turn(session)
    await _say_group(session, group, said)


async def take_group_out(session: AsyncSession, group: RoleGroup) -> None:
    """No list offers it any more. Raises :class:`Refused` while a role that is in use is of this group."""
    await _in_turn(session)
    of_it = select(Role.name).where(Role.role_group_id == group.id, Role.withdrawn_at.is_(None)).order_by(Role.name)
    if (role := await session.scalar(of_it.limit(1))) is not None:
        raise Refused(f"{role} is of this group still", "Give its roles another group first.", "group")
    if group.withdrawn_at is None:
        group.withdrawn_at, group.kept_on_pages = now(), True


async def put_group_back(_session: AsyncSession, group: RoleGroup) -> None:
    group.withdrawn_at = None


async def out_of_use(session: AsyncSession) -> tuple[list[Role], list[RoleGroup]]:
    """The roles and the groups that can be put back, by name."""
    roles = select(Role).where(Role.withdrawn_at.is_not(None)).order_by(Role.name, Role.id)
    groups = select(RoleGroup).where(RoleGroup.withdrawn_at.is_not(None)).order_by(RoleGroup.name, RoleGroup.id)
    return list(await session.scalars(roles)), list(await session.scalars(groups))


async def _in_turn(session: AsyncSession) -> None:
    """Else two who add at once would both find a name free."""
    await wait_for_turn(session, "roles")


async def _say(session: AsyncSession, role: Role, said: RoleSaid, sector_id: int) -> None:
    name = _named(said.name, "role")
    group = await session.get(RoleGroup, said.role_group_id)
    if group is None or (group.withdrawn_at is not None and group.id != role.role_group_id):
        raise Refused("No group is chosen", "Choose the one that it belongs to.", "group")
    await _refuse_taken(session, role, name, said.other_names, sector_id)
    role.name, role.role_group_id, role.kept_on_pages = name, group.id, True


async def _refuse_taken(
    session: AsyncSession, role: Role, name: str, other_names: Sequence[str], sector_id: int
) -> None:
    others = [
        one for one in await session.scalars(select(Role).where(Role.sector_id == sector_id)) if one.id != role.id
    ]
    by_name = {fold(written): one for one in others for written in (one.code, one.name)}
    names = {one.id: one for one in others}
    for other in await session.scalars(select(RoleAlias).where(RoleAlias.role_id.in_(names))):
        by_name.setdefault(other.alias, names[other.role_id])
    for written, field in ((name, "name"), *((other, "others") for other in other_names)):
        if len(written) > LONGEST_NAME:
            raise Refused("A name is too long", f"Shorten it to {LONGEST_NAME} characters.", field)
        if (there := by_name.get(fold(written))) is not None:
            mend = "Give it a name of its own in this sector, or change that one."
            if there.withdrawn_at is not None:
                mend = "That one is out of use: put it back, or give this one a name of its own."
            raise Refused(f"“{written}” is {there.name}", mend, field)


async def _say_group(session: AsyncSession, group: RoleGroup, said: GroupSaid) -> None:
    name = _named(said.name, "group")
    known = {fold(one.name): one for one in await session.scalars(select(RoleGroup)) if one.id != group.id}
    if (there := known.get(fold(name))) is not None:
        raise Refused(f"“{name}” is {there.name}", "Give it a name of its own, or change that one.", "name")
    group.name, group.audience, group.kept_on_pages = name, said.audience.value, True


def _named(written: str, what: str) -> str:
    name = tidy(written)
    if not name:
        raise Refused(f"The {what} has no name", "Give it one by which people will know it.", "name")
    if len(name) > LONGEST_NAME:
        raise Refused("The name is too long", f"Shorten it to {LONGEST_NAME} characters.", "name")
    return name


async def _free_code(session: AsyncSession, model: type[Role | RoleGroup], stem: str) -> str:
    alike = select(model.code).where(model.code.startswith(stem, autoescape=True))
    taken = set(await session.scalars(alike))
    return next(code for number in count(1) if (code := stem if number == 1 else f"{stem}-{number}") not in taken)


async def _set_other_names(session: AsyncSession, role: Role, written: Sequence[str]) -> None:
    """Exactly these, each once, however it is spelt; the role's own name and code need no saying."""
    wanted = {fold(name) for name in written} - {fold(role.name), fold(role.code), ""}
    held = {row.alias: row for row in await session.scalars(select(RoleAlias).where(RoleAlias.role_id == role.id))}
    for alias in held.keys() - wanted:
        await session.delete(held[alias])
    session.add_all(RoleAlias(role_id=role.id, alias=alias) for alias in sorted(wanted - held.keys()))
    await session.flush()
