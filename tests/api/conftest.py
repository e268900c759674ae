"""Other systems, each with its token, before the application itself; the world is that of the pages' tests."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World, before, settings, today, visitor, world
from training_tracker.access.models import TokenScope
from training_tracker.access.tokens import make_token
from training_tracker.database import Database
from training_tracker.settings import Settings

__all__ = ["before", "settings", "today", "visitor", "world"]

COUNCIL, SURGERY = "Harbour Council", "Bay Surgery"


@dataclass
class System:
    """Another system that comes with a token."""

    client: AsyncTestClient[Litestar]
    token: str

    async def gets(self, path: str, **parameters: str) -> httpx.Response:
        return await self.client.get(path, params=parameters, headers=bearing(self.token))

    async def sends(self, content: Any, *, media: str = "application/json", **parameters: str) -> httpx.Response:
        """Rows as JSON, or text or bytes as they are."""
        headers = bearing(self.token) | {"Content-Type": media}
        body = {"content": content} if isinstance(content, str | bytes) else {"json": content}
        return await self.client.post("/api/completions", params=parameters, headers=headers, **body)


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def token_for(
    database: Database,
    settings: Settings,
    scope: TokenScope,
    *,
    agency: str | None = None,
    name: str = "",
    expires_on: date = date(TODAY.year + 1, 1, 1),
) -> str:
    """A token of an agency, or of the partnership."""
    async with database.writing() as session:
        facts = Facts(session)
        of = await facts.agency(agency) if agency else await facts.partnership()
        return await make_token(session, settings, name or f"{of.name} {scope}", of, scope, expires_on)


@pytest.fixture
async def partnership(visitor: Visitor, world: World, empty: Database, settings: Settings) -> System:
    """Reads the partnership's figures."""
    return System(visitor.client, await token_for(empty, settings, TokenScope.FIGURES))


@pytest.fixture
async def agency(visitor: Visitor, world: World, empty: Database, settings: Settings) -> System:
    """Reads the council's figures."""
    return System(visitor.client, await token_for(empty, settings, TokenScope.FIGURES, agency=COUNCIL))


@pytest.fixture
async def learning(visitor: Visitor, world: World, empty: Database, settings: Settings) -> System:
    """Sends the council's completions."""
    return System(
        visitor.client, await token_for(empty, settings, TokenScope.COMPLETIONS, agency=COUNCIL, name="Learning system")
    )
