"""For how long people have been overdue, each counted once, by what they have been overdue with the longest."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from training_tracker.expectations.models import ExpectationVersion, for_a_person
from training_tracker.people.models import Team
from training_tracker.standing.known import PostFilter
from training_tracker.standing.status import Status, standings_on

# Up to so many days, and how it is said.
BANDS = ((30, "for up to 30 days"), (90, "for 31 to 90 days"), (None, "for more than 90 days"))


def people_overdue(
    on: date, *, today: date, posts: PostFilter | None = None, by: Sequence[InstrumentedAttribute[Any]] = ()
) -> Select[Any]:
    """Select how many people there are in each of the :data:`BANDS`, as ``band`` and ``people``; ``by`` are columns of
    their team.
    """
    standing = standings_on(on, today=today, posts=posts)
    last_day = func.min(func.coalesce(standing.c.grace_until, standing.c.due_on))
    person = (
        select(*by, standing.c.practitioner_id, last_day.label("last_day"))
        .join(Team, Team.id == standing.c.team_id)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .where(standing.c.status == Status.OVERDUE.value, for_a_person())
        .group_by(*by, standing.c.practitioner_id)
        .subquery("person")
    )
    up_to = [
        (person.c.last_day >= on - timedelta(days=days), number) for number, (days, _name) in enumerate(BANDS) if days
    ]
    band = case(*up_to, else_=len(up_to)).label("band")
    where = [person.c[column.key] for column in by]
    return select(*where, band, func.count().label("people")).group_by(*where, band)
