"""Spreadsheets that whoever leads an agency of the demo can send to try it: invented people, and a slip or two."""

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.intake.completions import COLUMNS as COMPLETIONS_COLUMNS
from training_tracker.intake.people import COLUMNS as PEOPLE_COLUMNS
from training_tracker.intake.rows import Column
from training_tracker.people.agencies import NESTED
from training_tracker.people.listing import teams_of_agency
from training_tracker.people.models import Post, Practitioner, Role, Team
from training_tracker.people.posts import in_post

Example = Callable[[AsyncSession, int, int, date], Awaitable[bytes]]


async def example_people(session: AsyncSession, agency_id: int, myself: int, today: date) -> bytes:
    """Four people as they are known, one who leaves, somebody new, and a team that is written wrongly."""
    paths = await _paths(session, agency_id)
    rows = []
    people = await _some_people(session, agency_id, myself, today, number=5)
    for place, one in enumerate(people):
        leaves = today.isoformat() if place == len(people) - 1 else ""
        rows.append(
            _row(
                PEOPLE_COLUMNS,
                {"team": paths.get(one.team_id, ""), "name": one.name, "e-mail": one.email, "role": one.role}
                | {"ended on": leaves},
            )
        )
    if people:
        team, role = paths.get(people[0].team_id, ""), people[0].role
        new = {"name": "Tamsin Quill", "e-mail": "tamsin.quill@new.example", "role": role}
        wrong = {"name": "Hugh Ferris", "e-mail": "hugh.ferris@new.example", "role": role}
        began = {"started on": (today - timedelta(days=3)).isoformat()}
        rows += [
            _row(PEOPLE_COLUMNS, new | began | {"team": team}),
            _row(PEOPLE_COLUMNS, wrong | began | {"team": f"{team}x"}),
        ]
    return _file(PEOPLE_COLUMNS, rows)


async def example_completions(session: AsyncSession, agency_id: int, myself: int, today: date) -> bytes:
    """An afternoon's course of twelve people, with somebody whom nobody knows and a day that has not come."""
    people = await _some_people(session, agency_id, myself, today, number=12)
    done = {"item": "CSA-INTRO", "completed on": (today - timedelta(days=1)).isoformat(), "source": "Sign-in sheet"}
    rows = [_row(COMPLETIONS_COLUMNS, done | {"e-mail": one.email}) for one in people]
    rows.append(_row(COMPLETIONS_COLUMNS, done | {"e-mail": "hugh.feris@new.example"}))
    if people:
        tomorrow = {"e-mail": people[0].email, "completed on": (today + timedelta(days=1)).isoformat()}
        rows.append(_row(COMPLETIONS_COLUMNS, done | tomorrow))
    return _file(COMPLETIONS_COLUMNS, rows)


EXAMPLES: dict[str, Example] = {"people.csv": example_people, "completions.csv": example_completions}


async def _paths(session: AsyncSession, agency_id: int) -> dict[int, str]:
    """Teams as a spreadsheet names them, after those above them."""
    paths: dict[int, str] = {}
    names: list[str] = []
    for team in await teams_of_agency(session, agency_id):
        names = [*names[: team.depth], team.name]
        paths[team.id] = f" {NESTED} ".join(names[1:])  # the first is the agency's own
    return paths


async def _some_people(
    session: AsyncSession, agency_id: int, myself: int, today: date, *, number: int
) -> Sequence[Row[int, str, str | None, str]]:
    rows = await session.execute(
        select(Post.team_id, Practitioner.name, Practitioner.email, Role.name.label("role"))
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .where(
            Team.agency_id == agency_id,
            Team.parent_id.is_not(None),
            Practitioner.email.is_not(None),
            Practitioner.id != myself,
            Post.ended_on.is_(None),
            in_post(today),
        )
        .order_by(Post.id)
        .limit(number)
    )
    return rows.all()


def _row(columns: tuple[Column, ...], cells: dict[str, str]) -> list[str]:
    return [cells.get(column.name, "") or "" for column in columns]


def _file(columns: tuple[Column, ...], rows: Iterable[list[str]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([column.name for column in columns])
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")
