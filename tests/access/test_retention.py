"""Who has left is erased when every agency they worked for has kept their record for as long as it says."""

from datetime import UTC, date, datetime

import pytest

from tests.access.test_erasing import message
from tests.facts import Facts
from training_tracker.access.retention import AT_ONCE, erase_leavers, leavers, retentions, set_retention
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.mail.forgetting import forget
from training_tracker.mail.models import Message, MessageState

LEFT = date(2020, 8, 31)


async def keep(database: Database, **months: int | None) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        for name, number in months.items():
            await set_retention(session, (await facts.agency(name)).id, number, "tests")


async def names(database: Database, on: date, agency: str | None = None, months: int | None = None) -> list[str]:
    async with database.reading() as session:
        chosen = (await Facts(session).agency(agency)).id if agency else None
        found = await leavers(session, on, chosen, months)
    assert found.total == len(found.lines)
    return [line.name for line in found.lines]


async def settle(database: Database) -> None:
    async with database.writing() as session:
        facts = Facts(session)
        council, trust = await facts.agency("Council"), await facts.agency("Trust")
        council_team, trust_team = await facts.team(agency=council), await facts.team(agency=trust)
        await facts.post("Ann Reed", team=council_team, ended_on=LEFT)
        await facts.post("Bob Hall", team=council_team, ended_on=LEFT)
        await facts.post("Bob Hall", team=trust_team, started_on=LEFT, ended_on=date(2021, 2, 28))
        await facts.post("Cat Moor", team=council_team, ended_on=LEFT)
        await facts.post("Cat Moor", team=trust_team, started_on=LEFT)
        await facts.post("Dan Rowe", team=council_team)


async def test_a_record_is_kept_until_the_period_of_every_agency_is_over(empty: Database) -> None:
    await settle(empty)
    assert await names(empty, date(2099, 1, 1)) == [], "nobody has said for how long"
    await keep(empty, Council=18)
    # From 31 August 2020 eighteen months are over with 28 February 2022.
    assert await names(empty, date(2022, 2, 28)) == []
    assert await names(empty, date(2022, 3, 1)) == ["Ann Reed"]
    assert await names(empty, date(2022, 3, 1), "Trust") == []
    assert await names(empty, date(2099, 1, 1)) == ["Ann Reed"], "the trust has not said"
    await keep(empty, Trust=120)
    assert await names(empty, date(2031, 2, 28)) == ["Ann Reed"]
    assert await names(empty, date(2031, 3, 1)) == ["Ann Reed", "Bob Hall"]
    assert await names(empty, date(2031, 3, 1), "Trust") == ["Bob Hall"]
    assert await names(empty, date(2031, 3, 1), "Trust", 240) == []
    assert await names(empty, date(2023, 3, 1), "Trust", 12) == ["Bob Hall"]
    await keep(empty, Council=None)
    assert await names(empty, date(2099, 1, 1)) == []
    async with empty.reading() as session:
        assert {agency.name: months for agency, months in await retentions(session)} == {"Council": None, "Trust": 120}


@pytest.mark.parametrize("months", [0, 11, 601, -1])
async def test_a_period_that_is_none_is_refused(empty: Database, months: int) -> None:
    await settle(empty)
    with pytest.raises(Refused, match="between 12 and 600"):
        await keep(empty, Council=months)


async def test_everybody_who_is_over_is_erased_once_however_many(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        for number in range(AT_ONCE + 3):
            await facts.post(f"Leaver {number}", ended_on=LEFT)
        await facts.post("Ann Reed")
    await keep(empty, **{"Harbour Council": 72})
    assert await erase_leavers(empty, date(2026, 8, 31)) == 0
    assert await erase_leavers(empty, date(2026, 9, 1)) == AT_ONCE + 3
    assert await erase_leavers(empty, date(2026, 9, 1)) == 0
    assert await names(empty, date(2026, 9, 1)) == []


async def test_an_old_e_mail_is_forgotten_and_one_that_waits_is_not(empty: Database) -> None:
    async with empty.writing() as session:
        session.add(message("digest:1:2026-03-01", "ann@agency.example", "Ann, this is due"))
        session.add(message("digest:2:2026-03-01", "bob@agency.example", "Bob, this waits", MessageState.WAITING))
    async with empty.writing() as session:
        assert await forget(session, datetime(2026, 3, 1, 9, tzinfo=UTC)) == 0
        assert await forget(session, datetime(2026, 3, 1, 10, tzinfo=UTC)) == 1
        assert await forget(session, datetime(2026, 3, 1, 10, tzinfo=UTC)) == 0
    async with empty.reading() as session:
        old, waiting = await session.get_one(Message, 1), await session.get_one(Message, 2)
    assert (old.to, old.subject, old.text, old.html, old.state) == ("", "", "", "", MessageState.SENT)
    assert waiting.text == "Bob, this waits"
