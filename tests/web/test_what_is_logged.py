"""Who was not let in stands in the log, by number and network, and never by name, address, code or token."""

import pytest
from structlog.testing import capture_logs

from tests.api.conftest import bearing
from tests.web.conftest import Visitor, World
from training_tracker.sealing import new_token

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


async def test_a_door_that_is_not_somebody_s_and_a_wrong_token_are_logged(visitor: Visitor, world: World) -> None:
    token = f"tt_{new_token()}"
    await visitor.becomes(world.ann)
    with capture_logs() as logs:
        assert (await visitor.opens(f"/team/people/{world.bob.id}")).status_code == 404
        assert (await visitor.client.get("/api/uptake", headers=bearing(token))).status_code == 401
    assert [(line["event"], line.get("path"), line.get("practitioner")) for line in logs] == [
        ("access.refused", "/team/people/{practitioner_id}", world.ann.id),
        ("token.refused", None, None),
    ]
    assert token not in str(logs)


async def test_a_wrong_code_of_the_second_step_is_logged(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.lee)
    with capture_logs() as logs:
        await visitor.sends("/me/sign-in", {"what": "codes", "code": "000000"}, form="/me/sign-in")
    assert [(line["event"], line["practitioner"]) for line in logs] == [("second_step.refused", world.lee.id)]
