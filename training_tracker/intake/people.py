"""People and their posts from a spreadsheet: one row is one person in one role in one team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.retention import periods
from training_tracker.calendar import add_months, in_words, today
from training_tracker.errors import Refused
from training_tracker.intake.identities import Identities, Person
from training_tracker.intake.outcome import ImportOutcome, Progress
from training_tracker.intake.people_rows import COLUMNS as COLUMNS
from training_tracker.intake.people_rows import PersonRow, understand
from training_tracker.intake.places import Place, Places
from training_tracker.intake.rows import batches, month_first_columns
from training_tracker.intake.tables import Table, read_table
from training_tracker.people.agencies import managing, name_managers
from training_tracker.people.models import Post, Practitioner, Role, Team, TeamManager
from training_tracker.people.posts import PostDates, correct_posts, ever_held_post, open_posts

# Guessing at an address takes a look at every known one; a file with more wrong ones than this is wrong as a whole.
GUESSES = 200


def read_people(file: Path, largest: int) -> Table:
    return read_table(file, COLUMNS, largest)


async def import_people(
    session: AsyncSession,
    table: Table,
    *,
    by: str,
    create: bool = False,
    agency: str = "",
    only_its_people: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> ImportOutcome:
    """Bring the rows of a people file into the record; refused rows change nothing and say why.

    ``create`` allows agencies and teams that are not known yet; ``agency`` fills rows that name none. Raises
    :class:`Refused` when that agency is not known and may not be made. With ``only_its_people`` the agency sends the
    file by itself: whoever works elsewhere and never did in ``agency`` is refused, and nobody is known as a manager who
    never held a post there and stands not in the file.
    """
    places = await Places.load(session, create)
    if agency and not create:
        places.agency(agency)
    among: ColumnElement[bool] = true()
    if only_its_people:
        among = ever_held_post(places.agency(agency).id)
    identities = Identities(session, only_its_people=only_its_people)
    return await _PeopleImport(session, table, places, by, among, identities, progress).run(agency)


@dataclass(eq=False, slots=True)
class _Post:
    """A post in one team and role, as known or as this file says. ``said_in`` is the number of the row that did."""

    id: int | None
    started_on: date | None
    ended_on: date | None
    said_in: int | None = None


@dataclass(frozen=True, slots=True)
class _Taken:
    """A row that was taken over: whether it said anything new, and who it says manages its team."""

    number: int
    new: bool
    team_id: int
    manager: str


Held = tuple[Person, int, int]


class _PeopleImport:
    def __init__(
        self,
        session: AsyncSession,
        table: Table,
        places: Places,
        by: str,
        among: ColumnElement[bool],
        identities: Identities,
        progress: Progress,
    ) -> None:
        self.session = session
        self.table = table
        self.places = places
        self.by = by
        self.among = among
        self.progress = progress
        self.outcome = ImportOutcome(rows=len(table.rows), ignored_columns=list(table.ignored), notes=list(table.notes))
        self.people = identities
        self.posts: dict[Held, list[_Post]] = {}
        self.opened: list[tuple[Held, _Post]] = []
        self.corrected: list[_Post] = []
        self.taken: list[_Taken] = []
        self.begun: list[tuple[int, Person, int]] = []
        self.kept_for: dict[int, int] = {}

    async def run(self, default_agency: str) -> ImportOutcome:
        self.kept_for = await periods(self.session)
        rows = await self._with_known_managers(self._understood(default_agency))
        done = len(self.outcome.refused)
        for batch in batches(rows):
            await self._load(batch)
            for row in batch:
                try:
                    await self._take(row)
                except Refused as refusal:
                    self.outcome.refuse(row.row, refusal)
            await self._save()
            done += len(batch)
            self.progress(done, len(self.table.rows))
        await self._note_second_posts()
        await self._name_managers()
        self.outcome.people = {number for number in self.people.known if self.people.by_id[number].named_in}
        self.outcome.made = self.places.made
        self.outcome.refused.sort(key=lambda refused: refused.row)
        return self.outcome

    def _understood(self, default_agency: str) -> list[PersonRow]:
        month_first = month_first_columns(self.table.rows, COLUMNS)
        rows = []
        for row in self.table.rows:
            try:
                rows.append(understand(row, month_first, default_agency, self.places.agencies))
            except Refused as refusal:
                self.outcome.refuse(row, refusal)
        return rows

    async def _with_known_managers(self, rows: list[PersonRow]) -> list[PersonRow]:
        """A manager is somebody in the record or anywhere in this file."""
        in_file = {row.email for row in rows if row.email}
        managers = {row.manager for row in rows if row.manager}
        known = in_file | set(await _ids_by_email(self.session, managers - in_file, self.among))
        unknown = sorted(managers - known)
        guesses = {
            address: found[0]
            for address in unknown[:GUESSES]
            if (found := process.extractOne(address, known, scorer=fuzz.ratio, score_cutoff=75))
        }
        kept = []
        for row in rows:
            if row.manager and row.manager not in known:
                mend = "Add the manager's own row, correct the address, or leave it empty."
                if row.manager in guesses:
                    mend = f"Did you mean {guesses[row.manager]}? Otherwise add the manager's own row."
                problem = "Nobody with this address is known or stands in this file"
                self.outcome.refuse(row.row, Refused(problem, mend, "manager e-mail"))
            else:
                kept.append(row)
        return kept

    # --- one batch ---

    async def _load(self, batch: Sequence[PersonRow]) -> None:
        people = await self.people.load((row, self.places.agency_id(row.agency)) for row in batch)
        columns = (Post.id, Post.practitioner_id, Post.team_id, Post.role_id, Post.started_on, Post.ended_on)
        for some in batches(people):
            for post in await self.session.execute(
                select(*columns).where(Post.practitioner_id.in_(some)).order_by(Post.id)
            ):
                held = (self.people.by_id[post.practitioner_id], post.team_id, post.role_id)
                self.posts.setdefault(held, []).append(_Post(post.id, post.started_on, post.ended_on))

    async def _take(self, row: PersonRow) -> None:
        """Take over one row. Everything that may refuse it comes before anything it changes."""
        place = self.places.find(row)
        person = self.people.find(row, place.agency.id if place.agency else None)
        if person is None and place.agency is not None:
            _refuse_leaver(row, self.kept_for.get(place.agency.id or 0))
        known = self._known_posts(person, place)
        post = _same_post(row, known)
        started_on = row.started_on or (post.started_on if post else None)
        ended_on = row.ended_on or (post.ended_on if post else None)
        corrects = post is not None and (post.started_on, post.ended_on) != (started_on, ended_on)
        if post is not None and corrects:
            _refuse_contradiction(row, post, started_on, ended_on)

        agency, team_id = await self.places.make(place)
        person, new = self.people.settle(person, row, agency.id)
        if post is None:
            post = _Post(None, started_on, ended_on)
            self.posts.setdefault((person, team_id, place.role_id), []).append(post)
            self.opened.append(((person, team_id, place.role_id), post))
            if ended_on is None:
                self.begun.append((row.row.number, person, agency.id))
            new = True
            self.outcome.begun += 1
        elif corrects:
            self.outcome.ended += ended_on is not None and post.ended_on is None
            post.started_on, post.ended_on = started_on, ended_on
            self.corrected.append(post)
            new = True
        post.said_in = post.said_in or row.row.number
        self.taken.append(_Taken(row.row.number, new, team_id, row.manager))

    def _known_posts(self, person: Person | None, place: Place) -> list[_Post]:
        if person is None or place.agency is None or place.missing:
            return []
        return self.posts.get((person, place.team_id or place.agency.top_id, place.role_id), [])

    async def _save(self) -> None:
        await self.people.save()
        posts = [
            PostDates(person.id or 0, team_id, role_id, post.started_on, post.ended_on)
            for (person, team_id, role_id), post in self.opened
        ]
        for (_, post), post_id in zip(self.opened, await open_posts(self.session, posts, self.by), strict=True):
            post.id = post_id
        corrected = {
            post.id or 0: {"started_on": post.started_on, "ended_on": post.ended_on} for post in self.corrected
        }
        await correct_posts(self.session, corrected, self.by)
        self.opened, self.corrected = [], []

    # --- the whole file ---

    async def _note_second_posts(self) -> None:
        """A corrected role or team looks like one more post: say so where the file is silent on the other."""
        left: dict[Person, list[tuple[int, int]]] = {}
        for (person, team_id, role_id), posts in self.posts.items():
            if any(post.said_in is None and post.ended_on is None for post in posts):
                left.setdefault(person, []).append((team_id, role_id))
        begun = [(number, agency_id, left[person]) for number, person, agency_id in self.begun if person in left]
        if not begun:
            return
        columns = (Team.id, Team.agency_id, Team.name)
        teams = {team.id: team for team in await self.session.execute(select(*columns))}
        roles = {role.id: role.name for role in await self.session.execute(select(Role.id, Role.name))}
        for number, agency_id, others in begun:
            for team_id, role_id in others:
                if teams[team_id].agency_id == agency_id:
                    self.outcome.notes.append(
                        f"row {number}: this person also has an open post as {roles[role_id]} in "
                        f"{teams[team_id].name}; if it was corrected, send that one with its last day"
                    )

    async def _name_managers(self) -> None:
        """Managers last, since a manager's row may be the last of the file; then it is known which rows were new."""
        ids = await _ids_by_email(self.session, {row.manager for row in self.taken if row.manager}, self.among)
        links = await self.session.execute(select(TeamManager.team_id, TeamManager.practitioner_id))
        known = {(link.team_id, link.practitioner_id) for link in links}
        wanted: set[tuple[int, int]] = set()
        absent: dict[str, int] = {}
        first_said: dict[tuple[int, int], int] = {}
        for row in self.taken:
            link = (row.team_id, ids[row.manager]) if row.manager in ids else None
            if row.manager and link is None:
                absent.setdefault(row.manager, row.number)
            if row.new or (link is not None and link not in known | wanted):
                self.outcome.take(row.number)
            else:
                self.outcome.unchanged += 1
            if link is not None:
                wanted.add(link)
                first_said.setdefault(link, row.number)
        await name_managers(self.session, wanted - known)
        counting = {(row.team_id, row.practitioner_id) for row in await self.session.execute(managing(today()))}
        for number in sorted(first_said[link] for link in wanted - counting):
            self.outcome.notes.append(
                f"row {number}: the manager holds no post in this agency that has begun, "
                "so sees nothing of the team until there is one"
            )
        for number in sorted(absent.values()):
            self.outcome.notes.append(
                f"row {number}: the manager's own row was refused; mend it and send this file again to link the team"
            )


def _same_post(row: PersonRow, known: list[_Post]) -> _Post | None:
    """Which known post in this team and role a row speaks of; None when it speaks of another one."""
    for post in known:
        if post.started_on == row.started_on:
            return post
    if row.started_on is None:
        return max(known, key=lambda post: post.started_on or date.min, default=None)
    for post in known:
        begins_before_its_end = post.ended_on is None or row.started_on <= post.ended_on
        ends_after_its_start = row.ended_on is None or post.started_on is None or row.ended_on >= post.started_on
        if begins_before_its_end and ends_after_its_start:
            return post
    return None


def _refuse_leaver(row: PersonRow, months: int | None) -> None:
    """Lists of a whole workforce hold those who left long ago: whoever was erased would be back with the next one."""
    if row.ended_on is not None and months is not None and add_months(row.ended_on, months) < today():
        raise Refused(
            "This person is not known here, and left longer ago than the agency keeps records",
            f"Leave out whoever left more than {months} months ago.",
            "ended on",
        )


def _refuse_contradiction(row: PersonRow, post: _Post, started_on: date | None, ended_on: date | None) -> None:
    if post.said_in is not None:
        raise Refused(
            f"Row {post.said_in} gives this person the same role in the same team with other dates",
            "Keep one row, or give the earlier post the day on which it ended.",
            "started on" if started_on != post.started_on else "ended on",
        )
    if started_on and ended_on and ended_on < started_on:
        if row.ended_on:
            problem, field = f"The post is known to start only on {in_words(started_on)}", "ended on"
        else:
            problem, field = f"The post is known to have ended on {in_words(ended_on)}", "started on"
        raise Refused(problem, "Give both the first and the last day.", field)


async def _ids_by_email(session: AsyncSession, addresses: set[str], among: ColumnElement[bool]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for some in batches(sorted(addresses)):
        found = select(Practitioner.email, Practitioner.id).where(Practitioner.email.in_(some), among)
        ids.update({email: person for email, person in await session.execute(found) if email})
    return ids
