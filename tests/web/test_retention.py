"""An agency's lead says for how long records are kept, and sees first whom that erases."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.access.retention import erase_leavers
from training_tracker.database import Database

PAGE = "/agency/retention"


@pytest.fixture
async def leaver(empty: Database, world: World) -> None:
    """Vic Lane left the council in 2019, Una West Bay Surgery."""
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Vic Lane", started_on=date(2015, 1, 5), ended_on=date(2019, 6, 30))
        desk = await facts.team("Front desk", agency=await facts.agency("Bay Surgery"))
        await facts.post("Una West", team=desk, started_on=date(2015, 1, 5), ended_on=date(2019, 6, 30))


@pytest.mark.usefixtures("leaver")
async def test_a_lead_sees_whom_a_period_erases_before_it_is_set(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.lee)
    assert "Now: until somebody asks to be erased" in await visitor.reads(PAGE)
    looked = await visitor.sends(f"{PAGE}/look", {"months": "72"}, form=PAGE)
    assert looked.status_code == 303
    would = await visitor.reads(looked.headers["location"])
    assert "On 1 June 2026 1 person would be erased" in would
    assert "Vic Lane 30 June 2019" in would
    assert "Una West" not in would
    assert "Now: until somebody asks to be erased" in would, "looking changes nothing"
    kept = await visitor.sends(PAGE, {"months": "72"}, form=PAGE)
    assert kept.status_code == 303
    now_kept = await visitor.reads(PAGE)
    assert "kept for 72 months after their last day from now on" in now_kept
    assert "Who is erased on 1 June 2026" in now_kept
    with time_machine.travel(datetime(2026, 6, 1, 8, tzinfo=UTC)):
        assert await erase_leavers(empty, date(2026, 6, 1)) == 1
    after = await visitor.reads(PAGE)
    assert "Nobody is erased on 1 June 2026" in after
    assert "1 person, kept for as long as the agencies say" in after
    assert "Vic Lane" not in after
    assert "Personal data removed" in await visitor.reads("/agency/history")
    await visitor.sends(PAGE, {"for-ever": "yes"}, form=PAGE)
    assert "Now: until somebody asks to be erased" in await visitor.reads(PAGE)


@pytest.mark.parametrize(
    ("months", "mend"), [("", "Write it like 72"), ("six years", "Write it like 72"), ("6", "not between 12 and 600")]
)
async def test_a_period_that_is_none_is_told_and_what_was_typed_is_kept(
    visitor: Visitor, world: World, months: str, mend: str
) -> None:
    await visitor.becomes(world.lee)
    for path in (PAGE, f"{PAGE}/look"):
        sent = await visitor.sends(path, {"months": months}, form=PAGE)
        assert sent.status_code == 422
        assert mend in sent.text
        assert f'value="{months}"' in sent.text or not months


async def test_nobody_else_sets_an_agency_s_period(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        surgery = await Facts(session).agency("Bay Surgery")
    await visitor.becomes(world.lee)
    assert (await visitor.opens(f"{PAGE}?agency={surgery.id}")).status_code == 404
    for path in (PAGE, f"{PAGE}/look"):
        sent = await visitor.sends(f"{path}?agency={surgery.id}", {"months": "12"}, form=PAGE)
        assert sent.status_code == 404
    for somebody in (world.mia, world.pia, world.ann):
        await visitor.becomes(somebody)
        assert (await visitor.opens(PAGE)).status_code == 404
