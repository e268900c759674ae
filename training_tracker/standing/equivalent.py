"""What counts as what, and for whom: everybody's equivalences, and those that an agency decides for itself.

``whose`` says for whom a link holds: 0 for everybody; for an agency that has decided something, its id for what the
partnership expects of its posts, and minus its id for what it expects of them itself. An agency may tighten and never
loosen: it may say that a link does not hold with it, of which both take account; what it adds counts for its own only.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Integer,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import Date as DateType
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.catalogue.models import Equivalence
from training_tracker.database import add_days, always, earliest, forever, latest
from training_tracker.expectations.models import Expectation
from training_tracker.standing.known import KnownAt, known

ALWAYS, FOREVER = always(), forever()


def whose(agency_id: Any, known_at: KnownAt) -> ColumnElement[int]:
    """For whom the links of an expectation of an agency's post hold."""
    decides = (
        select(Equivalence.id)
        .where(Equivalence.agency_id == agency_id, known(known_at, Equivalence.recorded_at, Equivalence.withdrawn_at))
        .correlate_except(Equivalence)
        .exists()
    )
    own = case((Expectation.agency_id.is_not(None), -agency_id), else_=agency_id)
    return case((decides, own), else_=0)


def links(known_at: KnownAt) -> CompoundSelect[Any]:
    """Each item that counts as another: ``whose``, ``item_id``, ``counts_as_id``, ``valid_from``, ``valid_until``."""
    general, denied, own = aliased(Equivalence), aliased(Equivalence), aliased(Equivalence)
    view = _views(known_at)
    since = func.coalesce(general.valid_from, ALWAYS)
    until = func.coalesce(general.valid_until, FOREVER)
    everybodys = and_(general.agency_id.is_(None), known(known_at, general.recorded_at, general.withdrawn_at))
    not_here = and_(
        denied.agency_id == view.c.agency_id,
        denied.item_id == general.item_id,
        denied.counts_as_id == general.counts_as_id,
        ~denied.holds,
        known(known_at, denied.recorded_at, denied.withdrawn_at),
    )
    before_it = case((denied.id.is_(None), until), else_=earliest(until, add_days(denied.valid_from, -1)))
    after_it = latest(since, add_days(denied.valid_until, 1))
    pair = (view.c.whose, general.item_id, general.counts_as_id)
    return union_all(
        select(
            *pair,
            type_coerce(since, DateType).label("valid_from"),
            type_coerce(before_it, DateType).label("valid_until"),
        )
        .select_from(view)
        .join(general, everybodys)
        .outerjoin(denied, not_here)
        .where(denied.id.is_(None) | (denied.valid_from.is_not(None) & (since <= before_it))),
        select(*pair, type_coerce(after_it, DateType), type_coerce(until, DateType))
        .select_from(view)
        .join(general, everybodys)
        .join(denied, not_here)
        .where(denied.valid_until.is_not(None), after_it <= until),
        select(
            -own.agency_id,
            own.item_id,
            own.counts_as_id,
            func.coalesce(own.valid_from, ALWAYS),
            func.coalesce(own.valid_until, FOREVER),
        ).where(own.agency_id.is_not(None), own.holds, known(known_at, own.recorded_at, own.withdrawn_at)),
    )


def _views(known_at: KnownAt) -> CTE:
    deciding = (
        select(Equivalence.agency_id)
        .where(Equivalence.agency_id.is_not(None), known(known_at, Equivalence.recorded_at, Equivalence.withdrawn_at))
        .distinct()
        .cte("deciding")
    )
    return union_all(
        select(literal(0, Integer).label("whose"), cast(null(), Integer).label("agency_id")),
        select(deciding.c.agency_id, deciding.c.agency_id),
        select(-deciding.c.agency_id, deciding.c.agency_id),
    ).cte("view")
