"""The invented region: brought in without a refusal, the same every time, and as it is described."""

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from tests.conftest import Templates, the_reference_configuration
from training_tracker.access.actor import actor_of, visible_posts, visible_teams
from training_tracker.access.models import AccessRole, Grant
from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Database
from training_tracker.demo.agencies import AGENCIES, CARE_BOARD, TRUST
from training_tracker.demo.learning import Expected, Learning
from training_tracker.demo.region import Region, leave_some_open, settle
from training_tracker.demo.workforce import BANK, workforce
from training_tracker.errors import Refused
from training_tracker.expectations.models import Exemption
from training_tracker.intake.configuration import REFERENCE, read_configuration
from training_tracker.naming import refuse_vague_name
from training_tracker.people.agencies import managed_by
from training_tracker.people.models import Absence, Agency, Post, Practitioner, Sector, Team
from training_tracker.records.disputes import disputes_to_decide
from training_tracker.records.models import Completion
from training_tracker.settings import Settings
from training_tracker.standing.confirming import waiting
from training_tracker.standing.models import Standing
from training_tracker.standing.refreshing import connect
from training_tracker.standing.status import Status, standings_on
from training_tracker.uptake.counting import By, Counts, Uptake, uptake

TODAY = date(2026, 11, 24)
PEOPLE = 200


@dataclass(frozen=True)
class Settled:
    url: str
    folder: Path
    region: Region


async def _settle(url: str, folder: Path) -> Region:
    database = connect(Settings(database_url=url, _env_file=None))
    region = await settle(database, folder, people=PEOPLE, today=TODAY)
    region = await leave_some_open(database, region, TODAY)
    await database.close()
    return region


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("region on SQLite")),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("region on PostgreSQL")),
    ],
)
def settled(request: pytest.FixtureRequest, templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """Settled once on each kind of database: the tests only look."""
    folder = tmp_path_factory.mktemp("region")
    url = templates.copy(request.param, folder, the_reference_configuration)
    return Settled(url, folder / "in", asyncio.run(_settle(url, folder / "in")))


@pytest.fixture
def region(settled: Settled) -> Region:
    return settled.region


@pytest.fixture
async def database(settled: Settled) -> AsyncIterator[Database]:
    database = connect(Settings(database_url=settled.url, _env_file=None))
    yield database
    await database.close()


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


async def _statuses(database: Database, practitioner_id: int) -> set[str]:
    standing = standings_on(TODAY, today=TODAY)
    async with database.reading() as session:
        found = await session.scalars(
            select(standing.c.status).where(standing.c.practitioner_id == practitioner_id).distinct()
        )
        return set(found)


async def _uptake(database: Database) -> list[Uptake]:
    async with database.reading() as session:
        return await uptake(session, TODAY, by=By.AGENCY, today=TODAY)


async def test_every_row_of_its_spreadsheets_is_in_the_record(
    region: Region, database: Database, settled: Settled
) -> None:
    people, completions = _rows(settled.folder / "people.csv"), _rows(settled.folder / "completions.csv")
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Post)) == len(people)
        in_post = select(func.count(Post.practitioner_id.distinct()))
        assert await session.scalar(in_post) == PEOPLE == region.people
        imported = select(func.count()).select_from(Completion).where(Completion.strength != Strength.SELF_DECLARED)
        recorded = await session.scalar(imported)
    assert recorded == len(completions) == region.completions


async def test_the_counts_of_each_agency_add_up(database: Database, settled: Settled) -> None:
    working: dict[str, set[str]] = {}
    for row in _rows(settled.folder / "people.csv"):
        if not row["ended on"] or date(*map(int, row["ended on"].split("/")[::-1])) >= TODAY:
            working.setdefault(row["agency"], set()).add(row["e-mail"])
    for line in await _uptake(database):
        if line.expectation == "MRD-ALL":
            assert line.people == len(working.pop(line.agency or ""))
    assert not working


async def test_it_shows_a_mixed_picture(database: Database) -> None:
    lines = await _uptake(database)
    total = sum((line.counts for line in lines), Counts())
    toolkit = sum((line.counts for line in lines if line.expectation == "R-TOOLKIT-ALL"), Counts())
    assert 55 <= (total.percent or 0) <= 80
    assert 20 <= (toolkit.percent or 0) <= 45
    assert min(total.overdue, total.due_soon, total.not_yet_due, total.undated, total.on_leave, total.exempt) > 0


async def test_every_sector_has_an_agency_with_a_name_of_its_own(database: Database) -> None:
    async with database.reading() as session:
        sectors = set(await session.scalars(select(Sector.id)))
        agencies = list(await session.scalars(select(Agency)))
    assert {agency.sector_id for agency in agencies} == sectors
    assert {agency.name for agency in agencies} == {agency.name for agency in AGENCIES}
    for agency in agencies:
        refuse_vague_name(agency.name, "agency")


async def test_nobody_has_an_address_that_could_be_somebodys(database: Database) -> None:
    async with database.reading() as session:
        addresses = list(await session.scalars(select(Practitioner.email)))
    assert all(address and address.endswith(".example") for address in addresses)


async def test_it_holds_leavers_starters_and_people_with_two_posts(database: Database) -> None:
    async with database.reading() as session:
        posts = list(await session.scalars(select(Post)))
        agency_of = {row.id: row.agency_id for row in await session.execute(select(Team.id, Team.agency_id))}
        absences = await session.scalar(select(func.count()).select_from(Absence))
        exemptions = await session.scalar(select(func.count()).select_from(Exemption))
    present = [post for post in posts if post.ended_on is None]
    agencies: dict[int, list[int]] = {}
    for post in present:
        agencies.setdefault(post.practitioner_id, []).append(agency_of[post.team_id])
    assert any(post.ended_on for post in posts)
    assert any(post.started_on and post.started_on > TODAY - timedelta(days=30) for post in present)
    assert any(post.started_on is None for post in present)
    assert any(len(held) > len(set(held)) for held in agencies.values())
    assert any(len(set(held)) > 1 for held in agencies.values())
    assert absences
    assert exemptions


async def test_something_falls_due_in_each_of_the_next_months(database: Database) -> None:
    async with database.reading() as session:
        for first, last in ((-30, -1), (0, 30), (31, 60), (61, 90)):
            between = Standing.due_on.between(TODAY + timedelta(days=first), TODAY + timedelta(days=last))
            assert await session.scalar(select(func.count()).select_from(Standing).where(between))


async def test_the_practitioner_has_something_overdue_and_something_due_soon(
    region: Region, database: Database
) -> None:
    assert {Status.OVERDUE, Status.DUE_SOON} <= await _statuses(database, region.practitioner.practitioner_id)
    assert "something overdue and something due soon" in region.practitioner.description


async def test_the_manager_has_teams_below_and_people_who_are_overdue(region: Region, database: Database) -> None:
    standing = standings_on(TODAY, today=TODAY)
    async with database.reading() as session:
        teams = list(await session.scalars(managed_by(region.manager.practitioner_id, TODAY)))
        names = set(await session.scalars(select(Team.name).where(Team.id.in_(teams))))
        overdue = await session.scalar(
            select(func.count())
            .select_from(standing)
            .where(standing.c.team_id.in_(teams), standing.c.status == Status.OVERDUE.value)
        )
    assert {"Children's social care", "MASH", "Assessment", "North", "South"} <= names
    assert overdue


async def test_some_wait_for_the_manager_to_confirm_and_to_decide(region: Region, database: Database) -> None:
    async with database.reading() as session:
        manager = await actor_of(session, region.manager.practitioner_id, TODAY)
        declared = await waiting(session, TODAY, visible_posts(manager), but=manager.practitioner_id)
        disputed = await disputes_to_decide(session, visible_teams(manager), but=manager.practitioner_id)
    assert declared.total == 6
    assert {line.least for line in declared.lines} == {Strength.CERTIFICATE_SEEN}
    assert disputed.total == 2
    assert region.practitioner.practitioner_id in {line.practitioner_id for line in disputed.lines}


async def test_the_two_leads_and_the_scrutineer_have_the_rights_they_are_described_with(
    region: Region, database: Database
) -> None:
    async with database.reading() as session:
        grants = {grant.practitioner_id: grant for grant in await session.scalars(select(Grant))}
        trust = await session.scalar(select(Agency.id).where(Agency.name == TRUST))
        board = await session.scalar(
            select(Agency.name)
            .join(Team, Team.agency_id == Agency.id)
            .join(Post, Post.team_id == Team.id)
            .where(Post.practitioner_id == region.partnership_lead.practitioner_id)
        )
    assert len(grants) == 3
    assert grants[region.scrutineer.practitioner_id].role is AccessRole.SCRUTINEER
    assert grants[region.agency_lead.practitioner_id].role is AccessRole.AGENCY_LEAD
    assert grants[region.agency_lead.practitioner_id].agency_id == trust
    assert grants[region.partnership_lead.practitioner_id].role is AccessRole.PARTNERSHIP_LEAD
    assert board == CARE_BOARD


async def test_the_same_number_on_the_same_day_gives_the_same_region(
    settled: Settled, database: Database, templates: Templates, tmp_path: Path
) -> None:
    url = templates.copy("sqlite", tmp_path, the_reference_configuration)
    another = connect(Settings(database_url=url, _env_file=None))
    region = await settle(another, tmp_path / "in", people=PEOPLE, today=TODAY)
    assert await leave_some_open(another, region, TODAY) == settled.region
    assert await _uptake(another) == await _uptake(database)
    for file in settled.folder.iterdir():
        assert file.read_bytes() == (tmp_path / "in" / file.name).read_bytes()
    await another.close()


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_too_few_people_for_a_region_are_refused(configured: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="too few"):
        await settle(configured, tmp_path / "in", people=20, today=TODAY)


@pytest.mark.parametrize("people", [150, 600, 20_000])
def test_any_number_of_people_is_staffed_to_the_last_one(people: int) -> None:
    everybody = workforce(people, TODAY, Random(1))
    sizes = Counter(person.jobs[0].agency.name for person in everybody)
    assert len({person.email for person in everybody}) == len(everybody) == people
    assert sizes["Ebb Tide Young Carers"] == 3
    assert all(agency.at_most is None or sizes[agency.name] <= agency.at_most for agency in AGENCIES)
    teams = Counter((job.agency.name, job.team) for person in everybody for job in person.jobs if job.team != BANK)
    assert all(size < 40 for (_, team), size in teams.items() if team.rpartition(" ")[2].isdecimal())


@pytest.mark.parametrize("today", [date(2025, 9, 1), date(2027, 1, 3), date(2028, 2, 29), date(2030, 8, 31)])
def test_it_looks_alive_on_any_day(today: date) -> None:
    everybody = workforce(PEOPLE, today, Random(1))
    learning = Learning(Expected(read_configuration(REFERENCE)), today, Random(1))
    days = [done.on for person in everybody for done in learning.of(person)]
    assert max(days) <= today
    assert sum(day > today - timedelta(days=60) for day in days) > 10
