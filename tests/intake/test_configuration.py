"""Configuration from files, on both databases: what loading adds and changes, and every mistake told at once."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.facts import Facts
from tests.intake.spreadsheets import TRUST, bring, content, person
from training_tracker.catalogue.keeping import Keeping
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, ItemVersion, Priority
from training_tracker.catalogue.strategy import Decided, change_priority, take_away
from training_tracker.database import Database, Touched
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation, ExpectationScope, ExpectationVersion
from training_tracker.expectations.own import end_expectation
from training_tracker.intake.configuration import REFERENCE, MistakesInFiles, read_configuration
from training_tracker.intake.loading import Loaded, load_configuration
from training_tracker.people.models import Audience, Partnership, Role, RoleGroup, Team
from training_tracker.people.roles import GroupSaid, RoleSaid, change_group, change_role
from training_tracker.records.models import Feed

SOUND = """
[partnership]
code = "harbour"
name = "Harbour Safeguarding Partnership"

[[priorities]]
number = 1
title = "Notice and respond"
mark = "sourced"

[[role_groups]]
code = "universal"
name = "Universal"

[[sectors]]
code = "police"
name = "Police"
aliases = ["Constabulary"]

[[roles]]
code = "officer"
name = "Officer"
sector = "police"
group = "universal"

[[items]]
code = "INTRO"
title = "An introduction"
kind = "course"
hours = 2
priorities = [1]
aliases = ["Intro"]
mark = "illustrative"
source = "Our own"

[[items]]
code = "PRACTICE"
title = "A day of practice"
kind = "course"
needs = ["INTRO"]
mark = "illustrative"
source = "Our own"

[[items]]
code = "GUIDE"
title = "The guidance"
kind = "resource"
mark = "sourced"
source = "Our own"

    [[items.versions]]
    label = "2024"
    current_from = 2024-03-01

[[equivalences]]
item = "PRACTICE"
counts_as = "INTRO"
mark = "illustrative"

[[expectations]]
code = "INTRO-ALL"
title = "An introduction, everybody"
scopes = [{ sector = "police", role = "officer" }]
items = ["INTRO"]
first_due_days = 90
method = "completion"
period_months = 36
effective_from = 2024-04-01
mark = "illustrative"
source = "Our own"
"""
INTRO_RULE = SOUND[SOUND.index("[[expectations]]") :]
FEED = """
[[feeds]]
agency = "harbour council"
item = "INTRO"
at_most_days = 31
starts_on = 2026-01-01
"""


def folder_with(folder: Path, **files: str) -> Path:
    """A folder of configuration, each file given as name and content."""
    (folder / "files").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "files" / f"{name}.toml").write_text(text)
    return folder / "files"


async def load(database: Database, folder: Path) -> Loaded:
    async with database.writing() as session:
        return await load_configuration(session, folder, "tests")


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


# --- what loading does ---


async def test_loading_says_everything_that_it_added(empty: Database, tmp_path: Path) -> None:
    loaded = await load(empty, folder_with(tmp_path, all=SOUND))
    assert loaded.added == [
        "partnership harbour",
        "role group universal",
        "sector police",
        "name “Constabulary” of sector police",
        "role officer",
        "priority 1",
        "item INTRO",
        "name “Intro” of item INTRO",
        "priority 1 of item INTRO",
        "item PRACTICE",
        "item GUIDE",
        "version of item GUIDE from 2024-03-01",
        "INTRO before PRACTICE",
        "PRACTICE counts as INTRO",
        "expectation INTRO-ALL",
        "version of expectation INTRO-ALL from 2024-04-01",
    ]
    assert loaded.changed == []


async def test_loading_the_reference_again_adds_and_changes_nothing(configured: Database) -> None:
    before = await content(configured)
    loaded = await load(configured, REFERENCE)
    assert (loaded.added, loaded.changed) == ([], [])
    assert loaded.unchanged > 300
    assert await content(configured) == before


async def test_a_change_in_a_file_is_reported_with_the_entry_and_what_changed(
    configured: Database, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    catalogue = folder / "catalogue.toml"
    text = changed(catalogue.read_text(), 'title = "Information sharing"', 'title = "Sharing information well"')
    catalogue.write_text(text)
    loaded = await load(configured, folder)
    assert loaded.changed == ["item INFO-SHARE: title"]
    assert loaded.added == []
    async with configured.reading() as session:
        item = (await session.scalars(select(Item).where(Item.code == "INFO-SHARE"))).one()
    assert item.title == "Sharing information well"


async def test_a_new_edition_and_a_new_alias_are_reported_as_added(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    edition = changed(
        SOUND, "[[equivalences]]", "[[items.versions]]\nlabel = '2026'\ncurrent_from = 2026-09-01\n\n[[equivalences]]"
    )
    text = changed(edition, 'aliases = ["Intro"]', 'aliases = ["Intro", "First steps"]')
    loaded = await load(empty, folder_with(tmp_path, all=text))
    assert loaded.added == ["name “First steps” of item INTRO", "version of item GUIDE from 2026-09-01"]
    assert loaded.changed == []
    async with empty.reading() as session:
        days = list(await session.scalars(select(ItemVersion.current_from).order_by(ItemVersion.current_from)))
    assert days == [date(2024, 3, 1), date(2026, 9, 1)]


async def test_a_window_of_acceptance_is_named_by_its_days(empty: Database, tmp_path: Path) -> None:
    window = "hours = 2\naccepted = [{ until = 2025-03-31, reason = 'Withdrawn' }]"
    await load(empty, folder_with(tmp_path, all=SOUND))
    folder = folder_with(tmp_path, all=changed(SOUND, "hours = 2", window))
    assert (await load(empty, folder)).added == ["acceptance of item INTRO from ever until 2025-03-31"]
    assert (await load(empty, folder)).added == []


async def test_a_future_version_of_an_expectation_stands_beside_the_one_in_force(
    empty: Database, tmp_path: Path
) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    stricter = changed(INTRO_RULE, "period_months = 36", "period_months = 24")
    later = changed(stricter, "effective_from = 2024-04-01", "effective_from = 2030-04-01")
    loaded = await load(empty, folder_with(tmp_path, later=later))
    assert loaded.added == ["version of expectation INTRO-ALL from 2030-04-01"]
    assert loaded.changed == []
    assert await published(empty) == [(date(2024, 4, 1), 36, False), (date(2030, 4, 1), 24, False)]


async def test_a_correction_of_a_version_withdraws_the_mistaken_one_and_says_so(
    empty: Database, tmp_path: Path
) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    loaded = await load(empty, folder_with(tmp_path, all=changed(SOUND, "period_months = 36", "period_months = 24")))
    assert loaded.added == []
    assert loaded.changed == ["version of expectation INTRO-ALL from 2024-04-01: corrected"]
    assert await published(empty) == [(date(2024, 4, 1), 36, True), (date(2024, 4, 1), 24, False)]


async def published(database: Database) -> list[tuple[date, int | None, bool]]:
    """Every version ever published: from when, the period in months, and whether it was withdrawn."""
    async with database.reading() as session:
        versions = await session.scalars(select(ExpectationVersion).order_by(ExpectationVersion.id))
        return [(v.effective_from, v.period_months, v.withdrawn_at is not None) for v in versions]


@pytest.mark.parametrize(
    ("least", "window"), [("", 0), ("least_validity_months = 2", 2), ("least_validity_months = 9", 3)]
)
def test_a_cycle_is_due_soon_no_longer_before_its_end_than_a_renewal_lasts(
    tmp_path: Path, least: str, window: int
) -> None:
    cycle = changed(SOUND, 'method = "completion"', f'method = "cycle"\nanchor_on = 2024-08-31\n{least}')
    (rule,) = read_configuration(folder_with(tmp_path, all=cycle)).expectations
    assert rule.renewal_window_months == window


async def test_an_entry_that_is_taken_out_of_the_files_stays_in_the_database(empty: Database, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, all=SOUND)
    await load(empty, folder)
    before = await content(empty)
    loaded = await load(empty, folder_with(tmp_path, all=SOUND.replace(INTRO_RULE, "")))
    assert (loaded.added, loaded.changed) == ([], [])
    assert await content(empty) == before


async def test_what_is_taken_out_of_an_entry_goes_and_is_told(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    text = SOUND
    for inside in ('aliases = ["Constabulary"]', 'aliases = ["Intro"]', "priorities = [1]", 'needs = ["INTRO"]'):
        text = changed(text, inside, "")
    folder = folder_with(tmp_path, all=text)
    loaded = await load(empty, folder)
    assert loaded.changed == [
        "name “constabulary” of sector police: removed",
        "name “Intro” of item INTRO: removed",
        "priority 1 of item INTRO: removed",
        "INTRO before PRACTICE: removed",
    ]
    assert loaded.added == []
    assert (await load(empty, folder)).changed == []


async def test_a_name_that_is_given_to_another_item_is_that_items(empty: Database, tmp_path: Path) -> None:
    ours, theirs = 'aliases = ["Intro", "First steps"]', "needs = ['INTRO']\naliases = ['First steps']"
    before = changed(SOUND, 'aliases = ["Intro"]', ours)
    after = changed(SOUND, 'needs = ["INTRO"]', theirs)
    await load(empty, folder_with(tmp_path, all=before))
    loaded = await load(empty, folder_with(tmp_path, all=after))
    assert loaded.changed == ["name “First steps” of item INTRO: removed"]
    assert loaded.added == ["name “First steps” of item PRACTICE"]
    loaded = await load(empty, folder_with(tmp_path, all=before))
    assert loaded.changed == ["name “First steps” of item INTRO: item_id"]
    assert loaded.added == []
    assert (await load(empty, folder_with(tmp_path, all=before))).changed == []


async def test_a_window_that_is_closed_in_the_file_does_not_stay_open(empty: Database, tmp_path: Path) -> None:
    window = "hours = 2\naccepted = [{ from = 2020-01-01, reason = 'Withdrawn' }]"
    await load(empty, folder_with(tmp_path, all=changed(SOUND, "hours = 2", window)))
    closed = window.replace("2020-01-01", "2020-01-01, until = 2026-01-31")
    loaded = await load(empty, folder_with(tmp_path, all=changed(SOUND, "hours = 2", closed)))
    assert loaded.added == ["acceptance of item INTRO from 2020-01-01 until 2026-01-31"]
    assert loaded.changed == ["acceptance of item INTRO from 2020-01-01 until further notice: removed"]
    async with empty.reading() as session:
        rows = list(await session.scalars(select(AcceptanceWindow).order_by(AcceptanceWindow.id)))
    assert [(row.accepted_until, row.withdrawn_at is None) for row in rows] == [
        (None, False),
        (date(2026, 1, 31), True),
    ]


async def test_an_edition_whose_first_day_is_corrected_stays_one_edition(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    text = changed(SOUND, "current_from = 2024-03-01", "current_from = 2024-05-01")
    loaded = await load(empty, folder_with(tmp_path, all=text))
    assert loaded.added == ["version of item GUIDE from 2024-05-01"]
    assert loaded.changed == ["version of item GUIDE from 2024-03-01: removed"]
    async with empty.reading() as session:
        stands = ItemVersion.withdrawn_at.is_(None)
        assert list(await session.scalars(select(ItemVersion.current_from).where(stands))) == [date(2024, 5, 1)]


async def test_a_rule_that_changed_touches_the_standings_of_its_expectation_alone(
    empty: Database, tmp_path: Path
) -> None:
    async def touched(text: str) -> Touched:
        async with empty.writing() as session:
            await load_configuration(session, folder_with(tmp_path, all=text), "tests")
            found = session.info.get("touched", Touched())
            assert isinstance(found, Touched)
            return found

    assert (await touched(SOUND)).everything
    assert not await touched(SOUND)
    rule = await touched(changed(SOUND, "first_due_days = 90", "first_due_days = 60"))
    async with empty.reading() as session:
        (expectation,) = await session.scalars(select(Expectation.id))
    assert (rule.everything, rule.expectations) == (False, {expectation})


async def test_an_equivalence_that_changed_is_withdrawn_for_another(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    text = changed(SOUND, 'counts_as = "INTRO"', 'counts_as = "INTRO"\nuntil = 2026-03-31')
    loaded = await load(empty, folder_with(tmp_path, all=text))
    assert (loaded.added, loaded.changed) == ([], ["PRACTICE counts as INTRO: valid_until"])
    assert (await load(empty, folder_with(tmp_path, all=text))).changed == []
    async with empty.reading() as session:
        rows = list(await session.scalars(select(Equivalence).order_by(Equivalence.id)))
    assert [row.valid_until for row in rows] == [None, date(2026, 3, 31)]
    assert rows[0].withdrawn_at == rows[1].recorded_at
    assert rows[1].withdrawn_at is None


async def test_an_agency_decides_beside_everybody(empty: Database, tmp_path: Path) -> None:
    entry = (
        "[[equivalences]]\nitem = 'PRACTICE'\ncounts_as = 'INTRO'\nagency = 'harbour council'\nholds = false\n"
        "from = 2026-04-01\nmark = 'illustrative'\n"
    )
    await load(empty, folder_with(tmp_path, all=SOUND))
    with pytest.raises(MistakesInFiles, match="PRACTICE counts as INTRO: there is no agency harbour council; import"):
        await load(empty, folder_with(tmp_path, all=f"{SOUND}\n{entry}"))
    async with empty.writing() as session:
        agency = await Facts(session).agency("Harbour Council")
    loaded = await load(empty, folder_with(tmp_path, all=f"{SOUND}\n{entry}"))
    assert "PRACTICE counts as INTRO, as harbour council decides" in loaded.added
    async with empty.reading() as session:
        rows = await session.execute(
            select(Equivalence.agency_id, Equivalence.holds, Equivalence.valid_from).order_by(Equivalence.id)
        )
        assert [tuple(row) for row in rows] == [(None, True, None), (agency.id, False, date(2026, 4, 1))]


async def test_feeds_are_loaded_replaced_where_they_say_otherwise_and_never_taken_away(
    empty: Database, tmp_path: Path
) -> None:
    async def feeds() -> list[tuple[int, date, bool]]:
        async with empty.reading() as session:
            rows = await session.scalars(select(Feed).order_by(Feed.id))
            return [(row.limit_days, row.starts_on, row.withdrawn_at is None) for row in rows]

    await load(empty, folder_with(tmp_path, all=SOUND))
    with pytest.raises(MistakesInFiles, match="harbour council, INTRO: there is no agency harbour council; import"):
        await load(empty, folder_with(tmp_path, all=SOUND, feeds=FEED))
    async with empty.writing() as session:
        await Facts(session).agency("Harbour Council")
    folder = folder_with(tmp_path, all=SOUND, feeds=FEED)
    loaded = await load(empty, folder)
    assert (loaded.added, loaded.changed) == (["feed of harbour council, INTRO"], [])
    again = await load(empty, folder)
    assert (again.added, again.changed, again.unchanged) == ([], [], loaded.unchanged + 1)
    loaded = await load(empty, folder_with(tmp_path, feeds=changed(FEED, "at_most_days = 31", "at_most_days = 62")))
    assert (loaded.added, loaded.changed) == ([], ["feed of harbour council, INTRO: replaced"])
    (folder / "feeds.toml").unlink()
    loaded = await load(empty, folder)
    assert (loaded.added, loaded.changed) == ([], [])
    assert await feeds() == [(31, date(2026, 1, 1), False), (62, date(2026, 1, 1), True)]


async def test_a_feed_alone_leaves_the_standings_as_they_are(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    async with empty.writing() as session:
        await Facts(session).agency("Harbour Council")
    folder = folder_with(tmp_path, all=SOUND, feeds=FEED)
    async with empty.writing() as session:
        await load_configuration(session, folder, "tests")
        assert "touched" not in session.info


@pytest.mark.parametrize("day", ["2024-03-01", "2024-06-01"])
async def test_a_rule_whose_first_day_is_corrected_is_the_only_one_in_force(
    empty: Database, tmp_path: Path, day: str
) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    stricter = changed(SOUND, "period_months = 36", "period_months = 12")
    folder = folder_with(tmp_path, all=changed(stricter, "effective_from = 2024-04-01", f"effective_from = {day}"))
    loaded = await load(empty, folder)
    assert loaded.changed == ["version of expectation INTRO-ALL from 2024-04-01: withdrawn"]
    assert loaded.added == [f"version of expectation INTRO-ALL from {day}"]
    assert await published(empty) == [(date(2024, 4, 1), 36, True), (date.fromisoformat(day), 12, False)]
    assert (await load(empty, folder)).changed == []


async def test_a_future_version_that_is_taken_back_is_withdrawn(empty: Database, tmp_path: Path) -> None:
    later = changed(INTRO_RULE, "effective_from = 2024-04-01", "effective_from = 2030-04-01")
    folder = folder_with(tmp_path, all=SOUND, later=later)
    await load(empty, folder)
    (folder / "later.toml").unlink()
    loaded = await load(empty, folder)
    assert loaded.changed == ["version of expectation INTRO-ALL from 2030-04-01: withdrawn"]
    assert await published(empty) == [(date(2024, 4, 1), 36, False), (date(2030, 4, 1), 36, True)]


async def test_another_partnership_does_not_take_over_what_one_expects(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    before = await content(empty)
    other = SOUND.replace("harbour", "island").replace("Harbour", "Island")
    with pytest.raises(MistakesInFiles) as refused:
        await load(empty, folder_with(tmp_path, all=other))
    place = "all.toml: [[expectations]] INTRO-ALL"
    whose = "the expectation of this code belongs to Harbour Safeguarding Partnership (harbour)"
    assert refused.value.mistakes == [f"{place}: {whose}; give this one a code of its own."]
    assert await content(empty) == before
    await load(empty, folder_with(tmp_path, all=other.replace("INTRO-ALL", "ISLAND-INTRO")))
    async with empty.reading() as session:
        owners = [tuple(row) for row in await session.execute(OWNERS)]
    assert owners == [("INTRO-ALL", "harbour"), ("ISLAND-INTRO", "island")]


OWNERS = (
    select(Expectation.code, Partnership.code)
    .join(Partnership, Partnership.id == Expectation.partnership_id)
    .order_by(Expectation.code)
)


async def test_a_partnership_whose_code_is_changed_is_told_to_keep_it(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    with pytest.raises(MistakesInFiles) as refused:
        await load(empty, folder_with(tmp_path, all=changed(SOUND, '"harbour"', '"island"')))
    known = "Harbour Safeguarding Partnership is known by another code"
    mend = 'write code = "harbour", or give this one a name of its own.'
    assert refused.value.mistakes == [f"all.toml: [partnership] island: {known}; {mend}"]


async def test_an_agency_and_its_partnership_do_not_take_over_from_each_other(
    configured: Database, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person())
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    rule = changed(INTRO_RULE, 'scopes = [{ sector = "police", role = "officer" }]\nitems = ["INTRO"]', INTRO_OF_ALL)
    (folder / "own.toml").write_text(rule)
    await load(configured, folder)
    (folder / "own.toml").write_text(changed(rule, 'code = "INTRO-ALL"', f'code = "INTRO-ALL"\nagency = "{TRUST}"'))
    with pytest.raises(MistakesInFiles, match=r"belongs to Isle of Wight .*; give this one a code of its own\."):
        await load(configured, folder)


INTRO_OF_ALL = 'items = ["CSA-INTRO"]'
# A course that the reference expects of nobody.
NOBODY_ELSES = 'items = ["INFO-SHARE"]'


async def test_items_serve_the_priorities_of_each_partnership(empty: Database, tmp_path: Path) -> None:
    await load(empty, folder_with(tmp_path, all=SOUND))
    other = SOUND.replace(INTRO_RULE, "").replace("harbour", "island").replace("Harbour", "Island")
    loaded = await load(empty, folder_with(tmp_path, all=other))
    assert loaded.added == ["partnership island", "priority 1", "priority 1 of item INTRO"]
    assert loaded.changed == []


async def test_an_agencys_own_expectation_names_the_agency_and_its_team(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person(team="Children's community > Health visiting"))
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    rule = changed(
        INTRO_RULE, 'scopes = [{ sector = "police", role = "officer" }]', 'scopes = [{ team = "health visiting" }]'
    )
    rule = changed(rule, 'code = "INTRO-ALL"', f'code = "HV-INTRO"\nagency = "{TRUST.upper()}"')
    (folder / "own.toml").write_text(changed(rule, 'items = ["INTRO"]', 'items = ["CSA-INTRO"]'))
    loaded = await load(configured, folder)
    assert loaded.added == ["expectation HV-INTRO", "version of expectation HV-INTRO from 2024-04-01"]
    async with configured.reading() as session:
        owner = await session.scalar(select(Expectation.agency_id).where(Expectation.code == "HV-INTRO"))
        team = await session.scalar(
            select(Team.name)
            .join(ExpectationScope, ExpectationScope.team_id == Team.id)
            .join(ExpectationVersion, ExpectationVersion.id == ExpectationScope.version_id)
        )
    assert owner is not None
    assert team == "Health visiting"


async def test_what_an_agency_keeps_on_the_pages_no_file_changes(configured: Database, tmp_path: Path) -> None:
    await bring(configured, tmp_path, person())
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    rule = changed(INTRO_RULE, 'scopes = [{ sector = "police", role = "officer" }]\nitems = ["INTRO"]', NOBODY_ELSES)
    rule = changed(rule, 'code = "INTRO-ALL"', f'code = "OURS"\nagency = "{TRUST}"')
    (folder / "own.toml").write_text(rule)
    await load(configured, folder)
    async with configured.writing() as session:
        expectation = (await session.scalars(select(Expectation).where(Expectation.code == "OURS"))).one()
        last = date(2026, 12, 31)
        await end_expectation(session, expectation, last, approved_by="Jo Park", by="lead", today=date(2026, 11, 1))
    before = await content(configured)
    (folder / "own.toml").write_text(changed(rule, "period_months = 36", "period_months = 12"))
    loaded = await load(configured, folder)
    assert (loaded.left, loaded.added, loaded.changed) == (["expectation OURS"], [], [])
    assert await content(configured) == before


async def test_what_a_partnership_keeps_on_the_pages_no_file_changes(configured: Database, tmp_path: Path) -> None:
    async with configured.writing() as session:
        (item,) = await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))
        (link,) = await session.scalars(select(Equivalence).order_by(Equivalence.id).limit(1))
        pages = Keeping(session, "the lead of a partnership")
        await pages.names(item, ["The first steps"])
        pair = [await session.get_one(Item, number) for number in (link.item_id, link.counts_as_id)]
        await pages.counts_no_more(*pair)
    before = await content(configured)
    loaded = await load(configured, REFERENCE)
    assert loaded.left == ["item CSA-INTRO", f"{pair[0].code} counts as {pair[1].code}"]
    assert (loaded.added, loaded.changed) == ([], [])
    assert await content(configured) == before


async def test_an_agencys_rule_that_loosens_the_partnerships_is_a_mistake_of_its_entry(
    configured: Database, tmp_path: Path
) -> None:
    await bring(configured, tmp_path, person())
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    common = changed(INTRO_RULE, 'scopes = [{ sector = "police", role = "officer" }]\nitems = ["INTRO"]', NOBODY_ELSES)
    own = changed(common, 'code = "INTRO-ALL"', f'code = "OURS"\nagency = "{TRUST}"')
    (folder / "own.toml").write_text(common + changed(own, "period_months = 36", "period_months = 48"))
    before = await content(configured)
    with pytest.raises(MistakesInFiles) as refused:
        await load(configured, folder)
    (mistake,) = refused.value.mistakes
    assert mistake.startswith(f"own.toml: [[expectations]] OURS: OURS ({TRUST}) asks less than INTRO-ALL (")
    assert "period_months is 48 and not 36. An agency may tighten and never loosen: write period_months = 36" in mistake
    assert await content(configured) == before

    (folder / "own.toml").write_text(common + own)
    assert (await load(configured, folder)).looser == []
    (folder / "own.toml").write_text(changed(common, "period_months = 36", "period_months = 24") + own)
    loaded = await load(configured, folder)
    assert loaded.changed == ["version of expectation INTRO-ALL from 2024-04-01: corrected"]
    (note,) = loaded.looser
    assert "period_months is 36 and not 24. Both stay, and people are shown the stricter of each." in note


async def test_versions_of_an_agency_are_held_against_what_is_in_force_while_they_are(
    configured: Database, tmp_path: Path
) -> None:
    """A first version that was looser, and ended before the partnership's began, is no mistake."""
    await bring(configured, tmp_path, person())
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    common = changed(INTRO_RULE, 'scopes = [{ sector = "police", role = "officer" }]\nitems = ["INTRO"]', NOBODY_ELSES)
    own = changed(common, 'code = "INTRO-ALL"', f'code = "OURS"\nagency = "{TRUST}"')
    earlier = changed(own, "effective_from = 2024-04-01", "effective_from = 2020-04-01")
    (folder / "own.toml").write_text(changed(earlier, "period_months = 36", "period_months = 60") + own + common)
    assert "version of expectation OURS from 2020-04-01" in (await load(configured, folder)).added

    looser = changed(earlier, "period_months = 36", "period_months = 60")
    put_off = changed(own, "effective_from = 2024-04-01", "effective_from = 2030-04-01")
    for left in ("", put_off):
        (folder / "own.toml").write_text(looser + left + common)
        with pytest.raises(MistakesInFiles) as refused:
            await load(configured, folder)
        (mistake,) = refused.value.mistakes
        assert mistake.startswith(f"own.toml: [[expectations]] OURS: OURS ({TRUST}) asks less than INTRO-ALL (")
        assert "from 1 April 2024 on: period_months is 60 and not 36" in mistake
    brought_forward = changed(own, "effective_from = 2024-04-01", "effective_from = 2023-04-01")
    (folder / "own.toml").write_text(looser + brought_forward + common)
    assert "version of expectation OURS from 2024-04-01: withdrawn" in (await load(configured, folder)).changed


@pytest.mark.parametrize(
    ("agency", "team", "mistake"),
    [
        ("Sandown Harbor Trust", "", f"there is no agency Sandown Harbor Trust; did you mean {TRUST}?"),
        ("Qqq", "", "there is no agency Qqq; import its people first, or correct the name."),
        (TRUST, "Midwifery", f"{TRUST} has no team Midwifery; correct the name."),
        (TRUST, "Duty", f"{TRUST} has 2 teams called Duty; name one that is the only one."),
    ],
)
async def test_an_agency_or_team_that_no_import_has_brought_is_told_and_nothing_is_loaded(
    configured: Database, tmp_path: Path, agency: str, team: str, mistake: str
) -> None:
    await bring(configured, tmp_path, person(team="East > Duty"), person(team="West > Duty"))
    before = await content(configured)
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    scope = f'{{ agency = "{agency}"{f", team = {team!r}" if team else ""} }}'
    rule = changed(INTRO_RULE, '{ sector = "police", role = "officer" }', scope)
    (folder / "own.toml").write_text(changed(rule, 'items = ["INTRO"]', 'items = ["CSA-INTRO"]'))
    with pytest.raises(MistakesInFiles) as refused:
        await load(configured, folder)
    assert refused.value.mistakes == [f"own.toml: [[expectations]] INTRO-ALL: {mistake}"]
    assert await content(configured) == before


# --- mistakes ---

VAGUE = (
    "“NHS” does not say which organisation this is. Give the provider's own name, such as “Isle of Wight NHS Trust”: "
    "differences between providers matter."
)
# What is changed in the sound file, the entry that is wrong then, and what is told of it.
MISTAKES = [
    # What is not written as the format asks.
    ("hours = 2", "hours = '2'", "items INTRO", "hours: must be a number, without quotation marks."),
    ("hours = 2", "hours = -2", "items INTRO", "hours: must be more than 0 (found -2)."),
    ("hours = 2", "hours = 1e400", "items INTRO", "hours: Input should be a finite number (found inf)."),
    ("hours = 2", "housr = 2", "items INTRO", "housr: is not part of the format; did you mean hours?"),
    ("hours = 2", "length = 2", "items INTRO", "length: is not part of the format; check its spelling or remove it."),
    (
        "hours = 2",
        "address = 'brook.example'",
        "items INTRO",
        "address: must begin with https:// or http:// and have no spaces (found 'brook.example').",
    ),
    ('title = "An introduction"', "", "items INTRO", "title: is missing; add it."),
    ('title = "An introduction"', "title = ' '", "items INTRO", "title: must not be empty (found ' ')."),
    (
        'title = "An introduction"',
        "title = '" + "x" * 201 + "'",
        "items INTRO",
        "title: must have at most 200 characters.",
    ),
    ('title = "An introduction"', "title = 7", "items INTRO", "title: must be text in quotation marks."),
    (
        'code = "GUIDE"',
        'code = "GUI DE"',
        "items GUI DE",
        "code: must be letters, digits and hyphens (found 'GUI DE').",
    ),
    ('code = "GUIDE"', "", "items entry 3", "code: is missing; add it."),
    ("priorities = [1]", "priorities = 1", "items INTRO", "priorities: must be a list in square brackets."),
    (
        "priorities = [1]",
        "priorities = ['1']",
        "items INTRO",
        "priorities.1: must be a whole number, without quotation marks.",
    ),
    (
        'method = "completion"',
        'method = "yearly"',
        "expectations INTRO-ALL",
        "method: must be 'once', 'completion', 'continuous' or 'cycle' (found 'yearly').",
    ),
    (
        "effective_from = 2024-04-01",
        "effective_from = '1 April'",
        "expectations INTRO-ALL",
        "effective_from: must be a date such as 2026-04-01, without quotation marks.",
    ),
    (
        "first_due_days = 90",
        "first_due_days = 90\nrequired = 'yes'",
        "expectations INTRO-ALL",
        "required: must be true or false, without quotation marks.",
    ),
    (
        "first_due_days = 90",
        "first_due_days = 90\nfirst_due_day = 9",
        "expectations INTRO-ALL",
        "first_due_day: is not part of the format; did you mean first_due_days?",
    ),
    (
        'sector = "police", role',
        'sectr = "police", role',
        "expectations INTRO-ALL",
        "scopes.1.sectr: is not part of the format; check its spelling or remove it.",
    ),
    ('items = ["INTRO"]', "items = []", "expectations INTRO-ALL", "items: must not be empty."),
    # Rules that say something that cannot be.
    (
        "period_months = 36",
        "",
        "expectations INTRO-ALL",
        "period_months belongs to every method but once.",
    ),
    (
        'method = "completion"',
        'method = "once"',
        "expectations INTRO-ALL",
        "period_months belongs to every method but once.",
    ),
    (
        'method = "completion"',
        'method = "cycle"',
        "expectations INTRO-ALL",
        "anchor_on belongs to the method cycle, and to no other.",
    ),
    (
        'method = "completion"',
        'method = "cycle"\nanchor_on = 2024-08-31\nleast_validity_months = 40',
        "expectations INTRO-ALL",
        "least_validity_months cannot be longer than period_months.",
    ),
    (
        'method = "completion"',
        'method = "cycle"\nanchor_on = 2024-08-31\nleast_validity_months = 2\nrenewal_window_months = 3',
        "expectations INTRO-ALL",
        (
            "renewal_window_months cannot be longer than least_validity_months for cycle, or renewing would change"
            " nothing; write 2 or less, or a longer least_validity_months."
        ),
    ),
    (
        "first_due_days = 90",
        "first_due_days = 90\namount = 1.5",
        "expectations INTRO-ALL",
        'amount counts whole items; for hours write measure = "hours".',
    ),
    (
        "first_due_days = 90",
        "first_due_days = 90\namount = 2",
        "expectations INTRO-ALL",
        "amount asks for 2 items of a list of 1.",
    ),
    (
        'items = ["INTRO"]',
        'items = ["INTRO", "GUIDE"]\ncurrent_version_only = true',
        "expectations INTRO-ALL",
        "current_version_only is for a rule about exactly one item.",
    ),
    (
        'items = ["INTRO"]',
        'items = ["INTRO", "GUIDE"]\nrefreshers = ["GUIDE"]',
        "expectations INTRO-ALL",
        "GUIDE is an item and a refresher; keep it in one of the two.",
    ),
    (
        'items = ["INTRO"]',
        'items = ["INTRO", "GUIDE"]\nrefreshers = ["GIUDE"]',
        "expectations INTRO-ALL",
        "refreshers: GIUDE is not configured; did you mean GUIDE?",
    ),
    (
        'method = "completion"',
        'participatory_percent = 50\nmethod = "completion"',
        "expectations INTRO-ALL",
        'participatory_percent is a share of hours; write measure = "hours".',
    ),
    (
        'method = "completion"',
        'refresher_months = 12\nmethod = "completion"',
        "expectations INTRO-ALL",
        "refresher_months belongs to a rule with refreshers.",
    ),
    (
        'method = "completion"\nperiod_months = 36',
        'method = "continuous"\nrenewal_window_months = 36\nperiod_months = 36',
        "expectations INTRO-ALL",
        "renewal_window_months must be shorter than period_months for continuous.",
    ),
    (
        "effective_from = 2024-04-01",
        "effective_from = 2024-04-01\neffective_until = 2024-03-31",
        "expectations INTRO-ALL",
        "effective_until is before effective_from.",
    ),
    (
        'counts_as = "INTRO"',
        'counts_as = "INTRO"\nfrom = 2025-04-01\nuntil = 2025-03-31',
        "equivalences PRACTICE counts as INTRO",
        "until is before from.",
    ),
    (
        'counts_as = "INTRO"',
        'counts_as = "INTRO"\nholds = false',
        "equivalences PRACTICE counts as INTRO",
        "holds = false is for an agency to say; name it, or leave the entry out.",
    ),
    (
        "hours = 2",
        "hours = 2\naccepted = [{ from = 2025-04-01, until = 2025-03-31, reason = 'Withdrawn' }]",
        "items INTRO",
        "accepted.1: until is before from.",
    ),
    # What one entry names must stand in another.
    (
        'items = ["INTRO"]',
        'items = ["INTR"]',
        "expectations INTRO-ALL",
        "items: INTR is not configured; did you mean INTRO?",
    ),
    (
        'needs = ["INTRO"]',
        'needs = ["Qqq"]',
        "items PRACTICE",
        "needs: Qqq is not configured; add it, or correct the code.",
    ),
    (
        'needs = ["INTRO"]',
        'needs = ["PRACTICE"]',
        "items PRACTICE",
        "needs: an item cannot come before itself; take it out.",
    ),
    (
        "priorities = [1]",
        "priorities = [12]",
        "items INTRO",
        "priorities: there is no priority 12; add it, or correct the number.",
    ),
    (
        'group = "universal"',
        'group = "universl"',
        "roles officer",
        "group: universl is not configured; did you mean universal?",
    ),
    (
        'sector = "police"\ngroup',
        'sector = "plice"\ngroup',
        "roles officer",
        "sector: plice is not configured; did you mean police?",
    ),
    (
        'role = "officer"',
        'role = "oficer"',
        "expectations INTRO-ALL",
        "scopes.role: oficer is not configured; did you mean officer?",
    ),
    (
        'role = "officer"',
        'team = "Duty"',
        "expectations INTRO-ALL",
        "scopes.team needs scopes.agency beside it, to say whose team it is.",
    ),
    (
        'counts_as = "INTRO"',
        'counts_as = "INTROS"',
        "equivalences PRACTICE counts as INTROS",
        "counts_as: INTROS is not configured; did you mean INTRO?",
    ),
    (
        'counts_as = "INTRO"',
        'counts_as = "PRACTICE"',
        "equivalences PRACTICE counts as PRACTICE",
        "an item always counts as itself; leave this entry out.",
    ),
    # Nothing is said twice, and no name means two things.
    ('code = "PRACTICE"', 'code = "INTRO"', "items INTRO", "this code is used twice; give each entry its own."),
    (
        'title = "A day of practice"',
        'title = "INTRO"',
        "items PRACTICE",
        "“intro” already names INTRO; take it out of one of the two.",
    ),
    (
        'aliases = ["Constabulary"]',
        'aliases = ["NHS"]',
        "sectors police",
        VAGUE,
    ),
    (
        "    current_from = 2024-03-01",
        "    current_from = 2024-03-01\n[[items.versions]]\nlabel = 'b'\ncurrent_from = 2024-03-01",
        "items GUIDE",
        "two versions have the same current_from; keep one.",
    ),
]
MISTAKEN_FEEDS = [
    ("at_most_days = 31", "at_most_days = 0", "at_most_days: must be at least 1 (found 0)."),
    ("at_most_days = 31", "at_most_days = '31'", "at_most_days: must be a whole number, without quotation marks."),
    ("starts_on = 2026-01-01", "", "starts_on: is missing; add it."),
    ("starts_on = 2026-01-01", "start_on = 2026-01-01", "start_on: is not part of the format; did you mean starts_on?"),
    ("starts_on = 2026-01-01", f"starts_on = 2026-01-01\n{FEED}", "this feed stands twice; keep one."),
]
MISTAKEN_TABLES = [
    ("[[role_groups]]", "[role_groups]", "[role_groups] is a list; write [[role_groups]] above each entry."),
    ("[[role_groups]]", "[[role_grops]]", "[role_grops] is not part of the format; did you mean [[role_groups]]?"),
    ("[partnership]", "[[partnership]]", "[partnership] is one table; write it in single brackets, once."),
]


@pytest.mark.parametrize(("old", "new", "entry", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_file_its_entry_and_how_to_mend_it(
    tmp_path: Path, old: str, new: str, entry: str, told: str
) -> None:
    table, _, name = entry.partition(" ")
    assert f"all.toml: [[{table}]] {name}: {told}" in mistakes(tmp_path, changed(SOUND, old, new))


@pytest.mark.parametrize(("old", "new", "told"), MISTAKEN_FEEDS)
def test_a_mistaken_feed_is_told_by_its_agency_and_item(tmp_path: Path, old: str, new: str, told: str) -> None:
    found = mistakes(tmp_path, f"{SOUND}\n{changed(FEED, old, new)}")
    assert f"all.toml: [[feeds]] harbour council, INTRO: {told}" in found


def test_a_feed_names_an_item_that_is_configured(tmp_path: Path) -> None:
    text = f"{SOUND}\n{changed(FEED, 'INTRO', 'INTR')}"
    told = "all.toml: [[feeds]] harbour council, INTR: item: INTR is not configured; did you mean INTRO?"
    assert mistakes(tmp_path, text) == [told]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKEN_TABLES)
def test_a_mistaken_table_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert f"all.toml: {told}" in mistakes(tmp_path, changed(SOUND, old, new))


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(MistakesInFiles) as refused:
        read_configuration(folder_with(folder, all=text))
    return refused.value.mistakes


def test_every_mistake_of_every_file_is_told_at_once_and_none_twice(tmp_path: Path) -> None:
    broken = changed(changed(SOUND, "hours = 2", "hours = 'two'"), 'group = "universal"', 'group = "universl"')
    another = changed(INTRO_RULE.replace("INTRO-ALL", "OTHER"), 'items = ["INTRO"]', 'items = ["INTRO", "GIUDE"]')
    with pytest.raises(MistakesInFiles) as refused:
        read_configuration(folder_with(tmp_path, all=broken, other=another))
    assert refused.value.mistakes == [
        "all.toml: [[items]] INTRO: hours: must be a number, without quotation marks.",
        "all.toml: [[roles]] officer: group: universl is not configured; did you mean universal?",
        "other.toml: [[expectations]] OTHER: items: GIUDE is not configured; did you mean GUIDE?",
    ]
    assert str(refused.value).startswith("Nothing was loaded.")


async def test_of_files_with_a_mistake_nothing_is_loaded(configured: Database, tmp_path: Path) -> None:
    before = await content(configured)
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    roles = folder / "roles.toml"
    roles.write_text(changed(roles.read_text(), 'name = "Governance"', 'name = "Governance and more"\nnaem = "x"'))
    with pytest.raises(MistakesInFiles):
        await load(configured, folder)
    assert await content(configured) == before


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        (b"[partnership\ncode = 1", r"all\.toml: cannot be read as TOML \(.*line 1.*\); mend it there\."),
        ("[partnership]\nname = 'Café'".encode("cp1252"), r"all\.toml: cannot be read as TOML \(.*\); mend it there\."),
        (b"", r"files: \[partnership\] is missing; add it to one of the files\."),
    ],
)
def test_a_file_that_is_no_configuration_is_told(tmp_path: Path, written: bytes, mistake: str) -> None:
    folder = folder_with(tmp_path)
    (folder / "all.toml").write_bytes(written)
    with pytest.raises(MistakesInFiles) as refused:
        read_configuration(folder)
    assert re.fullmatch(mistake, "\n".join(refused.value.mistakes))


def test_the_partnership_stands_in_one_file(tmp_path: Path) -> None:
    second = '[partnership]\ncode = "other"\nname = "Other"\n'
    with pytest.raises(MistakesInFiles, match=r"b\.toml: \[partnership\] stands in another file too"):
        read_configuration(folder_with(tmp_path, a=SOUND, b=second))


def test_a_file_written_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "all.toml").write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert [item.code for item in read_configuration(folder).items] == ["INTRO", "PRACTICE", "GUIDE"]


def test_entries_may_be_spread_over_any_files(tmp_path: Path) -> None:
    spread = folder_with(tmp_path, a=INTRO_RULE, b=SOUND.replace(INTRO_RULE, ""))
    assert [rule.code for rule in read_configuration(spread).expectations] == ["INTRO-ALL"]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_configuration_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused) as refused:
        read_configuration(tmp_path / name)
    assert refused.value.mend


async def test_a_priority_kept_on_the_pages_and_what_serves_it_no_file_changes(
    configured: Database, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    async with configured.writing() as session:
        first, second = await session.scalars(select(Priority).order_by(Priority.number).limit(2))
        toolkit = (await session.scalars(select(Item.id).where(Item.code == "R-TOOLKIT"))).one()
        await change_priority(session, first, Decided("Listen first", (2,), frozenset({toolkit})))
        await take_away(session, second)
    before = await content(configured)
    loaded = await load(configured, folder)
    assert (loaded.left, loaded.added, loaded.changed) == (["priority 1", "priority 2"], [], [])
    assert await content(configured) == before


async def test_a_role_and_a_group_kept_on_the_pages_no_file_changes(configured: Database, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(REFERENCE, tmp_path / "own"))
    async with configured.writing() as session:
        role = (await session.scalars(select(Role).order_by(Role.code).limit(1))).one()
        group = (await session.scalars(select(RoleGroup).order_by(RoleGroup.position.desc()).limit(1))).one()
        await change_role(session, role, RoleSaid("Something else", group.id, ("As others say",)))
        await change_group(session, group, GroupSaid("Another group", Audience.MANAGERS))
    before = await content(configured)
    loaded = await load(configured, folder)
    assert loaded.left == [f"role group {group.code}", f"role {role.code}"]
    assert (loaded.added, loaded.changed) == ([], [])
    assert await content(configured) == before
