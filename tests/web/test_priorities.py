"""A partnership's lead keeps the strategy on its pages: priorities, and what serves each."""

import re

import httpx
import pytest
from sqlalchemy import select

from tests.facts import Facts, published
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.catalogue.models import ItemPriority, Priority
from training_tracker.database import Database

NEW = "/partnership/strategy/new"
LISTEN = {"number": "4", "title": "Listen  to children", "recommendations": "5, 2 2", "item-CSA-INTRO": "yes"}


async def sends(visitor: Visitor, path: str, fields: dict[str, str]) -> httpx.Response:
    return await visitor.sends(path, fields, form=path)


async def keeps(visitor: Visitor, path: str, fields: dict[str, str]) -> None:
    response = await sends(visitor, path, fields | {"confirmed": "yes"})
    assert response.status_code == 303, seen(response.text)


async def number_of(database: Database) -> int:
    async with database.reading() as session:
        return len((await session.scalars(select(Priority.id))).all())


async def test_a_lead_looks_keeps_changes_takes_away_and_puts_back(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        await Facts(session).item("GUIDE")
    await published(empty, TODAY)
    await visitor.becomes(world.pia)
    assert "no priorities yet. Add the first one" in await visitor.reads("/partnership/strategy")

    look = await sends(visitor, NEW, LISTEN)
    text = seen(look.text)
    assert look.status_code == 200
    assert "Keep this? Priority 4" in text
    assert "Title Listen to children Audit’s recommendations 2, 5" in text
    assert "Its figure is of 1 required expectation." in text
    assert "Serve it from now on About CSA-INTRO" in text
    assert await number_of(empty) == 0, "nothing is kept yet"
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', look.text))
    hidden.pop("_csrf_token", None)
    assert hidden == LISTEN
    again = await sends(visitor, NEW, hidden | {"again": "yes"})
    assert 'value="Listen  to children"' in again.text
    await keeps(visitor, NEW, hidden)
    text = await visitor.reads("/partnership/strategy")
    assert "Kept: priority 4, “Listen to children”." in text
    assert "4. Listen to children audit recommendations 2, 5" in text
    assert "1 course or resource" in text

    async with empty.reading() as session:
        one = f"/partnership/strategy/{(await session.scalars(select(Priority.id))).one()}"
    form = await visitor.opens(one)
    assert 'value="2, 5"' in form.text
    assert re.search(r'id="item-CSA-INTRO"[^>]* checked', form.text)
    change = {"title": "Listen", "recommendations": "", "item-GUIDE": "yes"}
    text = seen((await sends(visitor, one, change)).text)
    assert "Title Listen before: Listen to children" in text
    assert "Audit’s recommendations nothing before: 2, 5" in text
    assert "of 0 required expectations, before of 1." in text
    assert "A gap from now on: no recommendation of the audit names it." in text
    assert "A gap from now on: nobody is required to do any of it." in text
    assert "Serve it no longer About CSA-INTRO" in text
    await keeps(visitor, one, change)
    text = await visitor.reads("/partnership/strategy")
    assert "1 priority with a gap: 4. Listen" in text
    assert "nobody is required to do any of it" in text

    assert "Take priority 4 away?" in await visitor.reads(f"{one}/withdrawal")
    response = await visitor.sends(f"{one}/withdrawal", {}, form=f"{one}/withdrawal")
    assert response.status_code == 303
    text = await visitor.reads("/partnership/strategy")
    assert "no priorities yet" in text
    assert "Taken away 4. Listen Put it back" in text
    assert "4. Listen" not in await visitor.reads("/catalogue")
    response = await visitor.sends(f"{one}/return", {}, form="/partnership/strategy")
    assert response.status_code == 303
    assert "1 priority with a gap: 4. Listen" in await visitor.reads("/partnership/strategy")
    async with empty.reading() as session:
        assert len((await session.scalars(select(ItemPriority.item_id))).all()) == 1


WRONG = [
    ({"number": ""}, "number", "The number cannot be used"),
    ({"number": "1.5"}, "number", "The number must be a whole number"),
    ({"title": " "}, "title", "The priority has no title"),
    ({"title": "t" * 201}, "title", "This is too long"),
    ({"recommendations": "two"}, "recommendations", "These are not numbers of recommendations"),
    ({"recommendations": "0"}, "recommendations", "These are not numbers of recommendations"),
]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("slip", "field", "problem"), WRONG)
async def test_a_slip_is_told_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor, world: World, empty: Database, slip: dict[str, str], field: str, problem: str
) -> None:
    await visitor.becomes(world.pia)
    for confirmed in ({}, {"confirmed": "yes"}):
        response = await sends(visitor, NEW, LISTEN | slip | confirmed)
        assert response.status_code == 422
        assert f'href="#{field}"' in response.text
        assert problem in seen(response.text)
        assert re.search(r'id="item-CSA-INTRO"[^>]* checked', response.text)
    assert await number_of(empty) == 0


async def test_another_partnership_s_priorities_are_not_there(visitor: Visitor, world: World, empty: Database) -> None:
    async with empty.writing() as session:
        moorland = await Facts(session).partnership("Moorland Safeguarding Partnership")
        theirs = Priority(partnership_id=moorland.id, number=1, title="Theirs", recommendations=[], mark="sourced")
        session.add(theirs)
    await visitor.becomes(world.pia)
    one = f"/partnership/strategy/{theirs.id}"
    for path in (one, f"{one}/withdrawal", f"{NEW}?partnership={moorland.id}"):
        assert (await visitor.opens(path)).status_code == 404, path
        response = await visitor.sends(path, LISTEN | {"confirmed": "yes"}, form=NEW)
        assert response.status_code == 404, path
    assert (await visitor.sends(f"{one}/return", {}, form=NEW)).status_code == 404
    assert await number_of(empty) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_only_reads_the_figures_changes_nothing(visitor: Visitor, world: World, empty: Database) -> None:
    for person in (world.lee, world.mia):
        await visitor.becomes(person)
        assert (await visitor.opens(NEW)).status_code == 404
