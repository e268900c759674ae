"""A right is held once."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tests.facts import Facts
from training_tracker.access.models import AccessRole, Grant
from training_tracker.database import Database


@pytest.mark.parametrize("role", list(AccessRole))
async def test_the_database_itself_refuses_the_same_right_twice(empty: Database, role: AccessRole) -> None:
    """Two commands at once both look before either writes."""
    async with empty.writing() as session:
        facts = Facts(session)
        ann, bob = await facts.practitioner("Ann Reed"), await facts.practitioner("Bob Hall")
        leads_agency = role is AccessRole.AGENCY_LEAD
        right = {
            "role": role,
            "agency_id": (await facts.agency()).id if leads_agency else None,
            "partnership_id": None if leads_agency else (await facts.partnership()).id,
        }
        rights = [right | {"practitioner_id": person.id} for person in (ann, bob)]
        await session.execute(insert(Grant), rights)
    with pytest.raises(IntegrityError):
        async with empty.writing() as session:
            await session.execute(insert(Grant), rights[:1])
