"""What standing follows from which facts, worked out slowly and plainly from lists: the engine's second opinion.

Nothing here is shared with the engine. Where the engine runs a total, this tries every day; where it joins, this
loops; where it counts months with the database's arithmetic, this tries days until the calendar has one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple


@dataclass(frozen=True)
class Known:
    """From when until when a fact stood in the record."""

    recorded_at: datetime
    withdrawn_at: datetime | None

    def stood(self, at: datetime | None) -> bool:
        if at is None:
            return self.withdrawn_at is None
        return self.recorded_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)


ALWAYS = Known(datetime(1970, 1, 1, tzinfo=UTC), None)


@dataclass(frozen=True)
class Agency:
    """What was known of an agency for a time, like a post; teams, roles and items are several of these, too."""

    id: int
    sector: int
    partnerships: frozenset[int]
    known: Known = ALWAYS


@dataclass(frozen=True)
class Team:
    id: int
    agency: int
    parent: int | None
    known: Known = ALWAYS


@dataclass(frozen=True)
class Role:
    id: int
    sector: int
    group: int
    known: Known = ALWAYS


@dataclass(frozen=True)
class Post:
    """What was known of a post for a time; a corrected post is several of these with one id."""

    id: int
    practitioner: int
    team: int
    role: int
    started_on: date | None
    ended_on: date | None
    known: Known


@dataclass(frozen=True)
class Absence:
    post: int
    starts_on: date
    ends_on: date | None
    known: Known


@dataclass(frozen=True)
class Exemption:
    post: int
    expectation: int
    starts_on: date
    until: date
    known: Known


@dataclass(frozen=True)
class Extension:
    """Of the cycle that falls due on ``due_on``; known from when it was decided."""

    post: int
    expectation: int
    due_on: date
    until: date
    granted: bool
    known: Known


@dataclass(frozen=True)
class Edition:
    on: date
    known: Known


@dataclass(frozen=True)
class Window:
    since: date | None
    until: date | None
    known: Known


@dataclass(frozen=True)
class Item:
    """``participatory`` is what was known of it for a time."""

    id: int
    editions: tuple[Edition, ...]
    accepted: tuple[Window, ...]
    participatory: bool = False
    known: Known = ALWAYS


@dataclass(frozen=True)
class Equivalence:
    """For everybody, or what one agency says about itself: that it holds, or does not."""

    item: int
    counts_as: int
    since: date | None
    until: date | None
    known: Known
    agency: int | None = None
    holds: bool = True


@dataclass(frozen=True)
class Scope:
    agency: int | None
    sector: int | None
    role: int | None
    group: int | None
    team: int | None


@dataclass(frozen=True)
class Expectation:
    """Owned by a partnership or by an agency."""

    id: int
    partnership: int | None
    agency: int | None


@dataclass(frozen=True)
class Version:
    id: int
    expectation: int
    effective_from: date
    effective_until: date | None
    first_due_days: int
    return_notice_days: int
    grace_days: int
    measure: str
    amount: float
    method: str
    period_months: int | None
    anchor_on: date | None
    least_validity_months: int
    renewal_window_months: int
    current_version_only: bool
    least_strength: int
    items: frozenset[int]
    refreshers: frozenset[int]
    refresher_months: int | None
    scopes: tuple[Scope, ...]
    known: Known
    participatory_percent: int | None = None
    on_change: str = "recompute"
    transition_days: int | None = None


@dataclass(frozen=True)
class Completion:
    id: int
    practitioner: int
    item: int
    on: date
    hours: float | None
    strength: int
    known: Known


@dataclass(frozen=True)
class Feed:
    """The agency sends its completions of the item at least every so many days."""

    agency: int
    item: int
    limit_days: int
    starts_on: date
    known: Known


@dataclass(frozen=True)
class Receipt:
    agency: int
    item: int
    as_at: date
    known: Known


@dataclass(frozen=True)
class World:
    agencies: tuple[Agency, ...]
    teams: tuple[Team, ...]
    roles: tuple[Role, ...]
    posts: tuple[Post, ...]
    absences: tuple[Absence, ...]
    items: tuple[Item, ...]
    equivalences: tuple[Equivalence, ...]
    expectations: tuple[Expectation, ...]
    versions: tuple[Version, ...]
    exemptions: tuple[Exemption, ...]
    extensions: tuple[Extension, ...]
    completions: tuple[Completion, ...]
    feeds: tuple[Feed, ...] = ()
    receipts: tuple[Receipt, ...] = ()


class Standing(NamedTuple):
    post: int
    version: int
    in_force_from: date
    in_force_until: date
    expectation: int
    first_due_on: date | None
    met_from: date | None
    met_until: date | None
    renewal_opens_on: date | None
    kept_until: date | None
    transition_until: date | None
    due_on: date | None
    grace_until: date | None


class Stood(NamedTuple):
    """How a version stood for a post: since when the expectation applied, until when met, and due by when.

    ``FOREVER`` is no end; None is never met, and a due day that cannot be said.
    """

    began_on: date
    first_due: date | None
    met_from: date | None
    met_until: date | None
    kept_until: date | None
    transition_until: date | None
    due_on: date | None


FOREVER = date(9999, 12, 31)

# First day, last day, and the day from which completions count if only those of the current edition do.
Term = tuple[date, date, date | None]

# The completions that count, each with the expected items it counts as.
Counting = list[tuple[Completion, set[int]]]


def standings(world: World, on: date | None = None, known_at: datetime | None = None) -> list[Standing]:
    """Every standing: from what was known at a moment, without completions after a day."""
    found = []
    for post in world.posts:
        if not post.known.stood(known_at):
            continue
        for version in world.versions:
            if version.known.stood(known_at) and _expected(world, post, version, known_at):
                for begins, ends, edition in _terms(world, post, version, known_at):
                    done = [
                        c
                        for c in world.completions
                        if c.practitioner == post.practitioner
                        and c.known.stood(known_at)
                        and (on is None or c.on <= on)
                    ]
                    found.append(_standing(world, post, version, (begins, ends, edition), done, known_at))
    return found


def statuses(world: World, on: date, known_at: datetime | None = None) -> dict[tuple[int, int], str]:
    """The status on a day of every post and version then in force, completions after the day left out."""
    return {
        (standing.post, standing.version): _status(world, standing, on, known_at)
        for standing in standings(world, on, known_at)
        if standing.in_force_from <= on <= standing.in_force_until
    }


def _expected(world: World, post: Post, version: Version, known_at: datetime | None) -> bool:
    teams = [team for team in world.teams if team.known.stood(known_at)]
    (team,) = (team for team in teams if team.id == post.team)
    (agency,) = (a for a in world.agencies if a.id == team.agency and a.known.stood(known_at))
    (role,) = (role for role in world.roles if role.id == post.role and role.known.stood(known_at))
    (owner,) = (e for e in world.expectations if e.id == version.expectation)
    if owner.agency != agency.id and owner.partnership not in agency.partnerships:
        return False
    return any(
        scope.agency in (None, agency.id)
        and scope.sector in (None, agency.sector)
        and scope.role in (None, role.id)
        and scope.group in (None, role.group)
        and (scope.team is None or scope.team in _upwards(teams, team))
        for scope in version.scopes
    )


def _upwards(teams: list[Team], team: Team) -> Iterator[int]:
    yield team.id
    for above in teams:
        if above.id == team.parent:
            yield from _upwards(teams, above)


def _terms(world: World, post: Post, version: Version, known_at: datetime | None) -> Iterator[Term]:
    later = [
        other.effective_from
        for other in world.versions
        if other.expectation == version.expectation
        and other.known.stood(known_at)
        and other.effective_from > version.effective_from
    ]
    ends = [FOREVER, version.effective_until or FOREVER, post.ended_on or FOREVER]
    ends += [day - timedelta(days=1) for day in later]
    begins = [version.effective_from, post.started_on or version.effective_from]
    items = [item for item in world.items if item.id in version.items and item.known.stood(known_at)]
    editions = [e.on for item in items for e in item.editions if e.known.stood(known_at)]
    if not version.current_version_only or not editions:
        if max(begins) <= min(ends):
            yield max(begins), min(ends), None
        return
    for edition in editions:
        following = [day - timedelta(days=1) for day in editions if day > edition]
        first, last = max(*begins, edition), min(ends + following)
        if first <= last:
            yield first, last, edition


def _standing(
    world: World,
    post: Post,
    version: Version,
    term: Term,
    done: list[Completion],
    known_at: datetime | None,
) -> Standing:
    begins, ends, _edition = term
    stood = _stood(world, post, version, term, done, known_at)
    met_until = None if stood.met_until == FOREVER else stood.met_until
    due = None if stood.due_on == FOREVER else stood.due_on
    if due:
        due = _extended(world, post, version, due, known_at)
        due = _after_leave(world, post, version, due, known_at)
    grace_until = None
    if due and stood.met_from and version.grace_days:
        grace_until = _after_leave(world, post, version, due + timedelta(days=version.grace_days), known_at)
    return Standing(
        post.id,
        version.id,
        begins,
        ends,
        version.expectation,
        stood.first_due,
        stood.met_from,
        met_until,
        months_later(met_until, -version.renewal_window_months) if met_until else None,
        stood.kept_until,
        stood.transition_until,
        due,
        grace_until,
    )


def _stood(
    world: World,
    post: Post,
    version: Version,
    term: Term,
    done: list[Completion],
    known_at: datetime | None,
) -> Stood:
    """By the version's own rule and, where it followed another, by how that one stood on its last day.

    What excused the post on that day (an extension, leave, grace) excuses it still. A new edition of a resource opens
    the expectation again, so that nothing goes before it.
    """
    begins, _ends, edition = term
    counted = [completion for completion in done if edition is None or completion.on >= edition]
    counting = _counting(world, post, version, counted, known_at)
    reached, newest = _reached(world, version, counting, known_at)
    met_from = newest if reached else None
    met_until = (_valid_through(version, reached, counting) or FOREVER) if reached else None
    before = None if edition == begins else _stood_before(world, post, version, begins, done, known_at)
    began = before.began_on if before else begins
    first_due = began + timedelta(days=version.first_due_days) if post.started_on else None
    kept = transition = None
    stands = before if before and version.on_change != "recompute" else None
    if stands and stands.met_until and stands.met_until >= begins and stands.met_until > (met_until or date.min):
        kept = met_until = stands.met_until
        met_from = met_from or stands.met_from
    excused = before.due_on if before else None
    if before and excused and excused != FOREVER:
        excused = _excused_until(world, post, version, before, known_at)
    if excused and excused >= begins:
        days = version.first_due_days if version.transition_days is None else version.transition_days
        end = FOREVER if version.on_change == "next cycle" else begins + timedelta(days=days)
        transition = min(excused, end)
    due = max((day for day in (first_due, met_until) if day), default=None)
    if transition and (due is None or transition > due):
        due = transition
    else:
        transition = None
    return Stood(began, first_due, met_from, met_until, kept, transition, due)


def _stood_before(
    world: World, post: Post, version: Version, begins: date, done: list[Completion], known_at: datetime | None
) -> Stood | None:
    """How the version before stood for the post on the day before, if it was in force for it then."""
    eve = begins - timedelta(days=1)
    others = [
        other
        for other in world.versions
        if other.expectation == version.expectation
        and other.known.stood(known_at)
        and other.effective_from < version.effective_from
    ]
    last = max(others, key=lambda other: other.effective_from, default=None)
    if last and _expected(world, post, last, known_at):
        for term in _terms(world, post, last, known_at):
            if term[1] == eve:
                by_then = [c for c in done if c.on <= eve]
                return _stood(world, post, last, term, by_then, known_at)
    return None


def _excused_until(world: World, post: Post, version: Version, before: Stood, known_at: datetime | None) -> date:
    """Until when the version before this one, which stood like that, would have called nothing overdue."""
    earlier = [
        other
        for other in world.versions
        if other.expectation == version.expectation
        and other.known.stood(known_at)
        and other.effective_from < version.effective_from
    ]
    rule = max(earlier, key=lambda other: other.effective_from)
    assert before.due_on is not None
    day = _after_leave(world, post, rule, _extended(world, post, rule, before.due_on, known_at), known_at)
    if before.met_from and rule.grace_days:
        day = _after_leave(world, post, rule, day + timedelta(days=rule.grace_days), known_at)
    return day


def _reached(
    world: World, version: Version, counting: Counting, known_at: datetime | None
) -> tuple[date | None, date | None]:
    """The latest day from which what was completed is enough, and the newest day of all that counts."""
    days = sorted({completion.on for completion, _ in counting}, reverse=True)
    for day in days:
        since = [(completion, items) for completion, items in counting if completion.on >= day]
        if version.measure == "hours":
            total = sum(completion.hours or 0 for completion, _ in since)
        else:
            total = len({item for _, items in since for item in items})
        together = [done for done, _ in since]
        if total >= version.amount - 0.000001 and _enough_together(world, version, together, known_at):
            return day, days[0]
    return None, None


def _enough_together(world: World, version: Version, done: list[Completion], known_at: datetime | None) -> bool:
    if version.participatory_percent is None:
        return True
    participatory = {item.id for item in world.items if item.participatory and item.known.stood(known_at)}
    hours = sum(completion.hours or 0 for completion in done if completion.item in participatory)
    return hours >= version.amount * version.participatory_percent / 100 - 0.000001


def _counting(
    world: World, post: Post, version: Version, done: list[Completion], known_at: datetime | None
) -> Counting:
    """Each completion that counts, with the expected items it counts as; refreshers only after a full item."""
    counting = []
    for completion in done:
        if not _valid(world, completion, known_at) or completion.strength < version.least_strength:
            continue
        holding = _holding(world, post, version, completion.on, known_at)
        items = {*_counts_as(holding, completion.item, frozenset())} & version.items
        counting.append((completion, items))
    found = []
    for completion, items in counting:
        earlier = [c.on for c, its in counting if its - version.refreshers and c.on < completion.on]
        if version.refresher_months:
            earlier = [day for day in earlier if day >= months_later(completion.on, -version.refresher_months)]
        items = items if earlier else items - version.refreshers
        if items:
            found.append((completion, items))
    return found


def _valid(world: World, completion: Completion, known_at: datetime | None) -> bool:
    (item,) = (item for item in world.items if item.id == completion.item and item.known.stood(known_at))
    accepted = [window for window in item.accepted if window.known.stood(known_at)]
    return not accepted or any(_between(window.since, completion.on, window.until) for window in accepted)


def _earned(version: Version, counting: Counting) -> list[tuple[date, date]]:
    """Each day that a completion earns, with that completion's own day, one completion after the other."""
    assert version.period_months is not None
    days = {completion.on for completion, _ in counting}
    earned: list[tuple[date, int, date]] = []
    for day in sorted(days):
        renewed = [
            (began, periods + 1, day)
            for began, periods, on in earned
            if on < day
            and months_later(_end(began, periods, version), -version.renewal_window_months) <= day
            and day <= _end(began, periods, version)
        ]
        earned += [(day, 1, day), *renewed]
    return [(_end(began, periods, version), on) for began, periods, on in earned]


def _end(began: date, periods: int, version: Version) -> date:
    return months_later(began, periods * (version.period_months or 0))


def _holding(world: World, post: Post, version: Version, on: date, known_at: datetime | None) -> set[tuple[int, int]]:
    """What counts as what on a day for the posts of an agency: less than for everybody, and more for its own rules."""
    (agency,) = {team.agency for team in world.teams if team.id == post.team}
    (owner,) = (e for e in world.expectations if e.id == version.expectation)
    said = [e for e in world.equivalences if e.known.stood(known_at) and _between(e.since, on, e.until)]
    pairs = {(e.item, e.counts_as) for e in said if e.agency is None}
    if owner.agency is not None:
        pairs |= {(e.item, e.counts_as) for e in said if e.agency == agency and e.holds}
    return pairs - {(e.item, e.counts_as) for e in said if e.agency == agency and not e.holds}


def _counts_as(holding: set[tuple[int, int]], item: int, passed: frozenset[int]) -> Iterator[int]:
    yield item
    for step, counts_as in holding:
        if step == item and counts_as not in passed:
            yield from _counts_as(holding, counts_as, passed | {item})


def _between(since: date | None, day: date, until: date | None) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)


def _valid_through(version: Version, reached: date, counting: Counting) -> date | None:
    if version.period_months is None:
        return None
    if version.method == "continuous":
        return max(until for until, _on in _earned(version, counting))
    if version.method == "completion":
        return months_later(reached, version.period_months)
    assert version.anchor_on is not None
    wanted = months_later(reached, version.least_validity_months)
    many = 1200 // version.period_months
    ends = (months_later(version.anchor_on, k * version.period_months) for k in range(-many, many))
    return next(end for end in ends if end >= wanted)


def _extended(world: World, post: Post, version: Version, due: date, known_at: datetime | None) -> date:
    """What was granted for a day that has come, and still gives more time."""
    own = [e for e in world.extensions if (e.post, e.expectation) == (post.id, version.expectation) and e.granted]
    return max([due, *(e.until for e in own if e.known.stood(known_at) and e.due_on <= due)])


def _after_leave(world: World, post: Post, version: Version, due: date, known_at: datetime | None) -> date:
    """Nothing falls due on leave, nor before the notice after the return has passed."""
    for absence in world.absences:
        if absence.post == post.id and absence.known.stood(known_at) and absence.ends_on:
            notice_ends = absence.ends_on + timedelta(days=1 + version.return_notice_days)
            if absence.starts_on <= due < notice_ends:
                return _after_leave(world, post, version, notice_ends, known_at)
    return due


def _status(world: World, standing: Standing, on: date, known_at: datetime | None) -> str:
    if any(
        e.post == standing.post
        and e.expectation == standing.expectation
        and e.known.stood(known_at)
        and e.starts_on <= on <= e.until
        for e in world.exemptions
    ):
        return "exempt"
    if any(
        a.post == standing.post and a.known.stood(known_at) and a.starts_on <= on <= (a.ends_on or FOREVER)
        for a in world.absences
    ):
        return "on leave"
    met = standing.met_from and (standing.met_until is None or on <= standing.met_until)
    if (met or (standing.due_on and standing.due_on < on)) and _silent(world, standing, on, known_at):
        return "unknown"
    if met:
        opened = standing.renewal_opens_on is not None and standing.renewal_opens_on <= on
        return "due soon" if opened else "compliant"
    if standing.due_on is None:
        return "undated"
    if on <= standing.due_on:
        return "not yet due"
    return "in grace" if standing.grace_until and on <= standing.grace_until else "overdue"


def _silent(world: World, standing: Standing, on: date, known_at: datetime | None) -> bool:
    """Whether the agency was to send a file that could tell of this, and its newest data are too old."""
    (version,) = (version for version in world.versions if version.id == standing.version)
    posts = [post for post in world.posts if post.id == standing.post and post.known.stood(known_at)]
    (agency,) = {team.agency for post in posts for team in world.teams if team.id == post.team}
    for feed in world.feeds:
        if feed.agency != agency or feed.starts_on > on or not feed.known.stood(known_at):
            continue
        denied = {
            (e.item, e.counts_as)
            for e in world.equivalences
            if e.agency == agency and not e.holds and e.known.stood(known_at)
        }
        said = [
            e
            for e in world.equivalences
            if e.agency is None and e.known.stood(known_at) and (e.item, e.counts_as) not in denied
        ]
        if not {*_might_count_as(said, feed.item, frozenset())} & version.items:
            continue
        came = [
            receipt.as_at
            for receipt in world.receipts
            if (receipt.agency, receipt.item) == (feed.agency, feed.item) and receipt.known.stood(known_at)
        ]
        told_until = max(came, default=date.min)
        in_time = came and on <= told_until + timedelta(days=feed.limit_days)
        if not in_time and _could_count(world, feed.item, told_until, on, known_at):
            return True
    return False


def _could_count(world: World, item: int, after: date, until: date, known_at: datetime | None) -> bool:
    """Whether the item was accepted on any day after the one and until the other."""
    (done,) = (one for one in world.items if one.id == item and one.known.stood(known_at))
    windows = [window for window in done.accepted if window.known.stood(known_at)]
    return not windows or any(
        max(window.since or date.min, after + timedelta(days=1)) <= min(window.until or date.max, until)
        for window in windows
    )


def _might_count_as(said: list[Equivalence], item: int, passed: frozenset[int]) -> Iterator[int]:
    yield item
    for step in said:
        if step.item == item and step.counts_as not in passed:
            yield from _might_count_as(said, step.counts_as, passed | {item})


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
