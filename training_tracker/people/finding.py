"""Practitioners by the address people write for them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.errors import NotFound
from training_tracker.naming import tidy
from training_tracker.people.models import Practitioner


async def find_practitioner(session: AsyncSession, email: str) -> Practitioner:
    """The one practitioner with this e-mail address; case and spaces around it are forgiven.

    Raises :class:`NotFound` with a text that says what to look at.
    """
    address = tidy(email).lower()
    found = await session.scalar(select(Practitioner).where(Practitioner.email == address))
    if found is None:
        raise NotFound(
            f"Nobody here has the e-mail address “{address}”. Look for a slip in it, or import the person first."
        )
    return found
