"""The month's summaries: one for each manager, over all their teams."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import insert_many
from training_tracker.calendar import add_months
from training_tracker.database import insert_unless_known, wait_for_turn
from training_tracker.mail.claiming import TO_NOWHERE
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft, Withdrawn, Written, keys_in_use, put
from training_tracker.reminders.advice import what_first
from training_tracker.reminders.asked import asked_by_version
from training_tracker.reminders.figures import (
    Figure,
    TeamFigure,
    figures_of,
    region_figures,
    team_figures_of,
    what_changed,
)
from training_tracker.reminders.kinds import Kind, key_of
from training_tracker.reminders.letterhead import Letterhead, Letterheads, letterheads
from training_tracker.reminders.managers import Manager, Managers, Tree, managers_on, tree_of_teams
from training_tracker.reminders.models import SummaryTeams
from training_tracker.reminders.named import Names, names_for
from training_tracker.reminders.readers import summaries_again
from training_tracker.standing.feeds import feeds_on
from training_tracker.uptake.coverage import Coverage, coverage, not_covered
from training_tracker.uptake.freshness import freshness_in_words

# So many summaries are rendered and written at once.
AT_ONCE = 250
# Some mail programs cut what is longer than 100 KB; a table is read as far as this, and the rest is on the page.
MOST_ROWS = 15
NOBODY = "manages nobody any more"


class Held(StrEnum):
    """Why a manager, or whoever leads training, gets no summary."""

    SENT_ALREADY = "has this month's summary already"
    NO_ADDRESS = "no e-mail address"
    UNREACHABLE = "the e-mail address does not work"
    ON_LEAVE = "on leave"


@dataclass(frozen=True, slots=True)
class Summary:
    """``teams`` are the manager's own, each with its agency's name; ``people`` work in them and below them.

    ``freshness`` says what their agencies were to send, and what of it came. ``settings`` are those in the teams, what
    is not covered first; the agency as a whole is one if they manage all of it. ``names_some``: others manage some of
    the teams, whose people it does not name.
    """

    practitioner_id: int
    name: str
    to: str
    key: str
    subject: str
    teams: tuple[str, ...]
    people: int
    figures: tuple[Figure, ...]
    team_figures: tuple[TeamFigure, ...]
    names: Names
    first: tuple[str, ...]
    changed: tuple[str, ...] = ()
    names_some: bool = False
    freshness: tuple[str, ...] = ()
    settings: tuple[Coverage, ...] = ()

    @property
    def settings_missing(self) -> int:
        return not_covered(self.settings)


@dataclass(slots=True)
class SummaryPlan:
    month: date
    on: date
    summaries: list[Summary] = field(default_factory=list)
    held: Counter[Held] = field(default_factory=Counter)


async def plan_summaries(session: AsyncSession, month: date, *, on: date, today: date, base_url: str) -> SummaryPlan:
    """Put the summaries of a month in the outbox: the figures of the day ``on``, beside those of a month before.

    ``month`` is any day of it. The same month again plans only for managers who have had none. One for a manager whose
    address does not work is kept for when it does.
    """
    await wait_for_turn(session, "summaries")
    plan = SummaryPlan(month.replace(day=1), on)
    tree = await tree_of_teams(session)
    managers = await managers_on(session, on, tree)
    await summaries_again(session, plan.month, [Kind.SUMMARY])
    chosen, nowhere = await _to_write_to(session, plan, managers.everybody)
    if not chosen and not nowhere:
        return plan
    everybody = [*chosen, *nowhere]
    summaries = await summaries_for(session, everybody, managers, plan.month, on, tree, today=today)
    plan.summaries = summaries[: len(chosen)]
    said = {summary.practitioner_id: summary for summary in summaries}
    heads = await letterheads(session, list(said), on, base_url)
    for theirs, reason in ((chosen, None), (nowhere, TO_NOWHERE)):
        for start in range(0, len(theirs), AT_ONCE):
            some = theirs[start : start + AT_ONCE]
            these = [said[manager.practitioner_id] for manager in some]
            # In a thread, so that a server that plans goes on answering.
            drafts = await asyncio.to_thread(_drafts, these, on, add_months(on, -1), heads)
            messages = await put(session, drafts, withdrawn_because=reason)
            await _keep_teams(session, messages, some, managers)
    return plan


async def write_summaries(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """A summary keeps its figures, which are of a day that it names, as long as its reader manages the same teams and
    knows the same of them by name. Else it is written anew; who is away, or manages nobody any more, reads none."""
    tree = await tree_of_teams(session)
    managers = await managers_on(session, on, tree, only=messages)
    there = {each.practitioner_id: each for each in managers.everybody}
    planned = await _kept_teams(session, [message.id for several in messages.values() for message in several])
    written: Written = {}
    anew: dict[date, list[tuple[Message, Manager]]] = defaultdict(list)
    for practitioner_id, several in messages.items():
        manager = there.get(practitioner_id)
        for message in several:
            if manager is None:
                written[message.id] = Withdrawn(NOBODY)
            elif not manager.told or not manager.email:
                written[message.id] = Withdrawn(_why_not(manager))
            elif planned.get(message.id) != _teams_of(manager, managers):
                anew[date.fromisoformat(f"{message.key.split(':')[2]}-01")].append((message, manager))
            elif manager.email != message.to:
                written[message.id] = Draft(
                    message.key, manager.email, message.subject, message.text, message.html, message.reply_to or ""
                )
    for month, pairs in anew.items():
        written |= await _written_anew(session, pairs, managers, month, on, tree, base_url)
    return written


async def _written_anew(
    session: AsyncSession,
    pairs: Sequence[tuple[Message, Manager]],
    managers: Managers,
    month: date,
    on: date,
    tree: Tree,
    base_url: str,
) -> Written:
    numbers, theirs = [message.id for message, _ in pairs], [manager for _, manager in pairs]
    summaries = await summaries_for(session, theirs, managers, month, on, tree, today=on)
    heads = await letterheads(session, [manager.practitioner_id for manager in theirs], on, base_url)
    await _keep_teams(session, numbers, theirs, managers)
    return dict(zip(numbers, _drafts(summaries, on, add_months(on, -1), heads), strict=True))


def _why_not(manager: Manager) -> Held:
    if manager.on_leave:
        return Held.ON_LEAVE
    return Held.UNREACHABLE if manager.email else Held.NO_ADDRESS


async def _keep_teams(
    session: AsyncSession, messages: Sequence[int], theirs: Sequence[Manager], managers: Managers
) -> None:
    rows = [
        {"message_id": message, "teams": teams, "by_name": by_name}
        for message, manager in zip(messages, theirs, strict=True)
        for teams, by_name in (_teams_of(manager, managers),)
    ]
    statement = insert_unless_known(session, SummaryTeams)
    changed = {name: statement.excluded[name] for name in ("teams", "by_name")}
    await insert_many(session, statement.on_conflict_do_update(index_elements=["message_id"], set_=changed), rows)


async def _kept_teams(session: AsyncSession, messages: Sequence[int]) -> dict[int, tuple[str, str]]:
    rows = await session.scalars(select(SummaryTeams).where(SummaryTeams.message_id.in_(messages)))
    return {row.message_id: (row.teams, row.by_name) for row in rows}


def _teams_of(manager: Manager, managers: Managers) -> tuple[str, str]:
    teams, by_name = (",".join(map(str, sorted(some))) for some in (manager.teams, managers.by_name(manager)))
    return teams, by_name


async def summaries_for(
    session: AsyncSession,
    chosen: list[Manager],
    managers: Managers,
    month: date,
    on: date,
    tree: Tree,
    *,
    today: date,
) -> list[Summary]:
    """What the summaries of the chosen managers tell, in their order."""
    before = add_months(on, -1)
    region = await region_figures(session, on, before, today=today, tree=tree)
    feeds = await feeds_on(session, on)
    covered = await coverage(session, on, today=today)
    names = await names_for(session, chosen, managers, await asked_by_version(session), on, today=today)
    summaries = []
    for manager in chosen:
        figures = figures_of(manager, region)
        settings = sorted((one for one in covered if one.team_id in manager.teams), key=lambda one: one.covered)
        summaries.append(
            Summary(
                practitioner_id=manager.practitioner_id,
                name=manager.name,
                to=manager.email or "",
                key=_key(manager, month),
                subject=f"Your team's training: {month:%B %Y}",
                teams=tuple(_in_full(team, tree) for team in manager.topmost),
                people=manager.people,
                figures=tuple(figures),
                team_figures=tuple(team_figures_of(manager, region, tree)),
                names=names[manager.practitioner_id],
                first=tuple(what_first(figures, names[manager.practitioner_id], settings)),
                settings=tuple(settings),
                changed=tuple(what_changed(figures, before)),
                names_some=managers.by_name(manager) != manager.teams,
                freshness=tuple(freshness_in_words(feeds, {tree.agencies[team] for team in manager.topmost})),
            )
        )
    return summaries


async def _to_write_to(
    session: AsyncSession, plan: SummaryPlan, managers: list[Manager]
) -> tuple[list[Manager], list[Manager]]:
    """Who gets one now, and who when their address works again."""
    used = await keys_in_use(session, [_key(manager, plan.month) for manager in managers])
    chosen, nowhere = [], []
    for manager in managers:
        reason = None if manager.told else _why_not(manager)
        had = _key(manager, plan.month) in used
        if reason is Held.UNREACHABLE:
            plan.held[reason] += 1
            if not had:
                nowhere.append(manager)
        elif had:
            plan.held[Held.SENT_ALREADY] += 1
        elif reason:
            plan.held[reason] += 1
        else:
            chosen.append(manager)
    return chosen, nowhere


def _key(manager: Manager, month: date) -> str:
    return key_of(Kind.SUMMARY, manager.practitioner_id, f"{month:%Y-%m}")


def _in_full(team: int, tree: Tree) -> str:
    name, agency = tree.names[team], tree.agencies[team]
    return name if name == agency else f"{name}, {agency}"


def _drafts(summaries: list[Summary], on: date, before: date, heads: Letterheads) -> list[Draft]:
    return [draft(summary, on, before, heads.of(summary.practitioner_id)) for summary in summaries]


def draft(summary: Summary, on: date, before: date, letterhead: Letterhead) -> Draft:
    return letterhead.write(
        Kind.SUMMARY, summary.key, summary.to, summary.subject, summary=summary, on=on, before=before, most=MOST_ROWS
    )
