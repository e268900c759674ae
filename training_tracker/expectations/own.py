"""What an agency decides about its own expectations: another one, another version, an end, a version taken back.

Days gone by stay as they were reported: whatever is decided begins today at the earliest. An expectation that its
agency has decided about here is the agency's to keep from then on, and files change it no more.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Expectation, ExpectationVersion
from training_tracker.expectations.publishing import Rule, Scope, publish, rule_of, withdraw_all_but
from training_tracker.naming import code_of, fold, tidy
from training_tracker.people.models import Agency, Role

LONGEST_CODE = 60


async def own_expectation(session: AsyncSession, agencies: Collection[int], code: str) -> Expectation:
    """Raises :class:`NotFound` if there is none of this code, or it is not one of these agencies' own."""
    found = await session.scalar(
        select(Expectation).where(Expectation.code == code, Expectation.agency_id.in_(agencies))
    )
    if found is None:
        raise NotFound(f"expectation {code} of an agency")
    return found


async def add_expectation(
    session: AsyncSession, agency_id: int, title: str, rule: Rule, *, by: str, today: date
) -> Expectation:
    """Publish something that the agency has not expected before; its code is made from the title.

    Raises :class:`Refused` where it would begin in the past, the agency has one of this title, or it asks less than
    the partnership does.
    """
    title = tidy(title)
    if not title:
        raise Refused("It has no name", "Give it one by which people will know it.", "title")
    await _in_turn(session)
    titles = (
        select(Expectation.title)
        .join(ExpectationVersion, ExpectationVersion.expectation_id == Expectation.id)
        .where(Expectation.agency_id == agency_id, ExpectationVersion.withdrawn_at.is_(None))
        .distinct()
    )
    if fold(title) in {fold(known) for known in await session.scalars(titles)}:
        mend = "Publish another version of that one, or give this one a name of its own."
        raise Refused(f"There is an expectation called “{title}” already", mend, "title")
    expectation = Expectation(
        code=await _free_code(session, title), title=title, agency_id=agency_id, kept_on_pages=True
    )
    session.add(expectation)
    await session.flush()
    await publish_version(session, expectation, rule, by=by, today=today)
    return expectation


async def publish_version(
    session: AsyncSession, expectation: Expectation, rule: Rule, *, by: str, today: date
) -> ExpectationVersion:
    """Publish what an expectation asks from a day on; a version that was to begin on that very day makes way for it.

    Raises :class:`Refused` for a day gone by, and where exactly this is published already.
    """
    refuse_day_gone_by(rule.effective_from, today, "from")
    await _in_turn(session)
    if not rule.approved_by:
        raise Refused("It is not said who approved it", "Give a name and a role.", "approver")
    if await _same_as_before(session, expectation.id, rule):
        raise Refused("This is what is expected already", "Change what is to be different from then on.", "from")
    version = await publish(session, expectation.id, rule, by)
    assert version is not None, "the same rule from the same day was refused above"
    expectation.kept_on_pages = True
    return version


async def end_expectation(
    session: AsyncSession, expectation: Expectation, last_day: date, *, approved_by: str, by: str, today: date
) -> None:
    """Nobody is expected it after a day. Versions that were to begin later are taken back.

    The version in force then is published once more with its end, since none is ever edited.
    """
    refuse_day_gone_by(last_day, today, "last")
    if not approved_by:
        raise Refused("It is not said who approved it", "Give a name and a role.", "approver")
    await _in_turn(session)
    versions = await published_versions(session, expectation.id)
    begun = [version for version in versions if version.effective_from <= last_day]
    if not begun:
        mend = "Take back the version that has not begun instead."
        raise Refused(f"It does not begin before {in_words(versions[0].effective_from)}", mend, "last")
    ending = begun[-1]
    if ending.effective_until and ending.effective_until <= last_day:
        problem = f"It ends on {in_words(ending.effective_until)} already"
        raise Refused(problem, "Give an earlier day, or leave it as it is.", "last")
    rule = replace(await rule_of(session, ending), effective_until=last_day, approved_by=approved_by)
    if len(begun) < len(versions):
        await withdraw_all_but(session, expectation.id, [version.effective_from for version in begun])
    await publish(session, expectation.id, rule, by)
    expectation.kept_on_pages = True


async def take_back(session: AsyncSession, expectation: Expectation, first_day: date, *, today: date) -> None:
    """Withdraw the version that was to begin on a day to come: the one before goes on.

    Raises :class:`Refused` for one that has begun, and where the agency would then ask less than its partnership.
    """
    versions = await published_versions(session, expectation.id)
    if first_day not in {version.effective_from for version in versions}:
        raise NotFound(f"version of {expectation.code} from {first_day}")
    if first_day <= today:
        mend = "End the expectation from a day on, or publish another version."
        raise Refused("This version has begun, and what was reported of it stays", mend)
    others = [version.effective_from for version in versions if version.effective_from != first_day]
    await withdraw_all_but(session, expectation.id, others)
    expectation.kept_on_pages = True


async def published_versions(session: AsyncSession, expectation_id: int) -> list[ExpectationVersion]:
    """Those that are not withdrawn, oldest first."""
    found = await session.scalars(
        select(ExpectationVersion)
        .where(ExpectationVersion.expectation_id == expectation_id, ExpectationVersion.withdrawn_at.is_(None))
        .order_by(ExpectationVersion.effective_from)
    )
    return list(found)


async def newest_rule(session: AsyncSession, expectation_id: int) -> Rule:
    """What an expectation asks by its latest version, whether it has begun or not."""
    versions = await published_versions(session, expectation_id)
    if not versions:
        raise NotFound(f"published version of expectation {expectation_id}")
    return await rule_of(session, versions[-1])


async def as_own(session: AsyncSession, rule: Rule, agency_id: int) -> Rule:
    """A partnership's rule as an agency would say it of its own people: whom it is asked of elsewhere is left out."""
    sector_id = (await session.get_one(Agency, agency_id)).sector_id
    roles = set(await session.scalars(select(Role.id).where(Role.sector_id == sector_id)))
    scopes = {
        replace(scope, sector_id=None, agency_id=None)
        for scope in rule.scopes
        if scope.agency_id in (None, agency_id)
        and scope.sector_id in (None, sector_id)
        and (scope.role_id is None or scope.role_id in roles)
    }
    return replace(rule, scopes=frozenset(scopes or {Scope()}))


def refuse_day_gone_by(day: date, today: date, field: str) -> None:
    if day < today:
        mend = f"Figures of days gone by stay as they were: give {in_words(today)} or a later day."
        raise Refused(f"{in_words(day)} has passed", mend, field)
    if day > today + timedelta(days=3660):
        raise Refused(f"{in_words(day)} is more than ten years away", "Correct the year.", field)


async def _in_turn(session: AsyncSession) -> None:
    """Else two who decide at once would each see nothing of the other: one code twice, or two versions of one day."""
    await wait_for_turn(session, "expectations")


async def _same_as_before(session: AsyncSession, expectation_id: int, rule: Rule) -> bool:
    """Whether the version in force on the day asks the very same, whoever approved it and whatever it changes."""
    versions = await published_versions(session, expectation_id)
    before = [version for version in versions if version.effective_from <= rule.effective_from]
    if not before or before[-1].effective_until is not None:
        return False
    asked = replace(
        await rule_of(session, before[-1]),
        effective_from=rule.effective_from,
        approved_by=rule.approved_by,
        on_change=rule.on_change,
        transition_days=rule.transition_days,
    )
    return asked == rule


async def _free_code(session: AsyncSession, title: str) -> str:
    """Letters, digits and hyphens made from a title, which no other expectation has."""
    stem = code_of(title)[: LONGEST_CODE - 5].rstrip("-") or "EXPECTATION"
    alike = select(Expectation.code).where(Expectation.code.startswith(stem, autoescape=True))
    taken = set(await session.scalars(alike))
    return next(code for number in count(1) if (code := stem if number == 1 else f"{stem}-{number}") not in taken)
