"""What helps everybody find their way: what waits for them, search, and the pages that need no signing in."""

import pytest
from sqlalchemy import update

from tests.facts import Facts
from tests.web.conftest import Visitor, World
from training_tracker.catalogue.models import Item, ItemAlias
from training_tracker.database import Database

UNTIL = {"until-day": "31", "until-month": "7", "until-year": "2026", "reason": "The course was full"}
ASK = "/me/extensions/CSA"


async def search(visitor: Visitor, words: str) -> tuple[int, str]:
    answer = await visitor.sends("/search", {"words": words}, form="/search")
    if answer.status_code == 303:
        assert answer.headers["location"] == "/search", "no words in an address"
        answer = await visitor.opens("/search")
    return answer.status_code, answer.text


async def test_what_waits_for_a_manager_stands_on_their_first_page_until_it_is_done(
    visitor: Visitor, world: World
) -> None:
    await visitor.becomes(world.bob)
    await visitor.sends(ASK, UNTIL, form=ASK)
    assert "Waits for you" not in await visitor.reads("/me"), "they decide about nobody"

    await visitor.becomes(world.mia)
    assert "Waits for you Bob Hall asks for more time : Expected: CSA, until 31 July 2026" in await visitor.reads("/me")
    theirs = f"/team/people/{world.bob.id}/extensions/CSA"
    assert f'href="{theirs}"' in (await visitor.opens("/me")).text
    await visitor.sends(f"{theirs}/answer", {"answer": "grant"}, form=theirs)
    assert "Waits for you" not in await visitor.reads("/me")


async def test_nobody_is_told_to_answer_their_own_request(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    await visitor.sends(ASK, UNTIL, form=ASK)
    assert "Waits for you" not in await visitor.reads("/me")


async def test_search_finds_people_courses_and_expectations_and_links_to_each(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(world.mia)
    status, text = await search(visitor, "bob")
    assert status == 200
    assert f'href="/team/people/{world.bob.id}"' in text
    assert "1 person" in text.lower()
    _, text = await search(visitor, "csa")
    assert 'href="/expectations/CSA"' in text
    assert 'href="/catalogue/' in text


@pytest.mark.parametrize("name", ["ann", "lee", "mia"])
async def test_search_finds_nobody_whom_one_may_not_see(visitor: Visitor, world: World, name: str) -> None:
    await visitor.becomes(getattr(world, name))
    _, text = await search(visitor, "Cas Moor")
    assert "Nothing that you may see is called" in text
    assert "/team/people/" not in text


async def test_a_course_is_found_by_any_of_its_names_in_any_spelling(
    visitor: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        item = await Facts(session).item("SIGNS")
        session.add(ItemAlias(item_id=item.id, alias="spotting signs", written="Spotting signs"))
    await visitor.becomes(world.ann)
    _, text = await search(visitor, "SPOTTING")
    assert 'href="/catalogue/SIGNS"' in text


async def test_an_empty_search_says_what_to_write_and_odd_words_are_only_words(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    status, text = await search(visitor, "  ")
    assert (status, "part of a name is enough" in text) == (422, True)
    for odd in ("100%_", "<script>alert(1)</script>", "' OR 1=1 --", "x" * 5_000, "a\0b"):
        status, text = await search(visitor, odd)
        assert status == 200
        assert "<script>alert" not in text
        assert "Nothing that you may see is called" in text


async def test_what_is_public_needs_no_signing_in_and_nothing_else_is_shown(
    visitor: Visitor, world: World, empty: Database
) -> None:
    await visitor.becomes(None)
    assert "None has been named yet" in await visitor.reads("/resources")
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.item("OPEN")
        await facts.item("INTERNAL")
        address = "https://toolkit.example/csa"
        await session.execute(update(Item).where(Item.code == "OPEN").values(public=True, address=address, title="Kit"))
        await session.execute(update(Item).where(Item.code == "INTERNAL").values(title="Ours alone"))
    page = (await visitor.opens("/resources")).text
    assert f'href="{address}"' in page
    assert "Ours alone" not in page


@pytest.mark.parametrize("path", ["/help", "/accessibility", "/resources"])
async def test_help_and_the_accessibility_statement_are_one_link_away_on_every_page_signed_in_or_not(
    visitor: Visitor, world: World, path: str
) -> None:
    await visitor.becomes(None)
    assert f'href="{path}"' in (await visitor.opens("/sign-in")).text
    assert "Signed in as" not in await visitor.reads(path)
    await visitor.becomes(world.ann)
    assert f'href="{path}"' in (await visitor.opens("/me")).text
    assert "Signed in as Ann Reed" in await visitor.reads(path)


async def test_whoever_fills_in_a_spreadsheet_finds_how_roles_and_courses_are_named(
    visitor: Visitor, world: World
) -> None:
    await visitor.becomes(world.ann)
    page = await visitor.reads("/lists")
    roles = (await visitor.opens("/lists/roles.csv")).text.splitlines()
    items = (await visitor.opens("/lists/items.csv")).text.splitlines()
    assert roles[0].lstrip("\ufeff") == "role,code,sector,group"
    assert len(roles) > 1
    assert all(part in page for part in roles[1].split(",")[:2])
    assert any(line.startswith("CSA-INTRO,") for line in items)
    assert 'href="/lists"' in (await visitor.opens("/import")).text
