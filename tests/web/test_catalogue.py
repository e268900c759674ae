"""The partnership's lead keeps the catalogue on the pages; nobody else does."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
import time_machine
from sqlalchemy import func, select

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor, World, seen
from training_tracker.access.models import AccessRole, Grant
from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.catalogue.models import (
    AcceptanceWindow,
    Equivalence,
    Item,
    ItemChange,
    ItemKind,
    ItemVersion,
    Mark,
    Priority,
)
from training_tracker.database import Database
from training_tracker.people.models import Partnership
from training_tracker.standing.models import Standing
from training_tracker.standing.refreshing import rebuild

NEW = {
    "title": "Spotting the signs",
    "code": "signs",
    "kind": "course",
    "format": "E-learning",
    "hours": "1,5",
    "address": "https://learn.example/signs",
    "source": "The offer of 2026",
    "names": "The signs course\n\n Signs  101 \nthe signs course",
}
WHOSE = "by the lead of Harbour Safeguarding Partnership"


@pytest.fixture
async def lead(visitor: Visitor, world: World) -> Visitor:
    await visitor.becomes(world.pia)
    return visitor


async def sends(visitor: Visitor, path: str, fields: dict[str, str], *, form: str = "") -> httpx.Response:
    return await visitor.sends(path, fields, form=form or path)


async def keeps(visitor: Visitor, path: str, fields: dict[str, str], *, form: str = "") -> str:
    """Confirmed; returns the text of the page it leads to."""
    response = await sends(visitor, path, fields | {"confirmed": "yes"}, form=form)
    assert response.status_code == 303, seen(response.text)
    return await visitor.reads(response.headers["location"])


def on(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


async def overdue_on(database: Database, day: date, code: str = "CSA") -> int:
    """How many posts are overdue for an expectation on a day; the standings kept are those that all facts come to."""
    async with database.reading() as session:
        kept = set(
            await session.execute(select(Standing.post_id, Standing.version_id, Standing.due_on, Standing.met_until))
        )
    async with database.rehearsing() as session:
        await rebuild(session)
        anew = set(
            await session.execute(select(Standing.post_id, Standing.version_id, Standing.due_on, Standing.met_until))
        )
    assert kept == anew, "what a page changed is refreshed with it"
    async with database.reading() as session:
        found = select(func.count()).select_from(Standing).where(Standing.due_on < day, Standing.in_force_until >= day)
        return await session.scalar(found) or 0


# --- who may ---


async def test_only_the_partnerships_lead_is_offered_to_change_the_catalogue(visitor: Visitor, world: World) -> None:
    for person, may in ((world.ann, False), (world.mia, False), (world.lee, False), (world.pia, True)):
        await visitor.becomes(person)
        listed, one = await visitor.reads("/catalogue"), await visitor.reads("/catalogue/CSA-INTRO")
        assert ("Add a course or resource" in listed) == may
        assert all(
            (words in one) == may for words in ("Take out of use", "Publish a new edition", "Let it count as another")
        )
        for page in ("new", "CSA-INTRO/change", "CSA-INTRO/editions/new", "CSA-INTRO/windows/new"):
            assert (await visitor.opens(f"/catalogue/{page}")).status_code == (200 if may else 404), page


# --- items ---


async def test_a_course_is_added_and_stands_in_the_catalogue_with_its_other_names(
    lead: Visitor, empty: Database
) -> None:
    async with empty.writing() as session:
        partnership = await Facts(session).partnership()
        priority = Priority(
            partnership_id=partnership.id, number=3, title="Know it", recommendations=[], mark=Mark.SOURCED
        )
        session.add(priority)
        await session.flush()
        number = priority.id
    response = await sends(lead, "/catalogue/new", NEW | {f"priority-{number}": "yes", "needs-CSA-INTRO": "yes"})
    assert response.headers["location"] == "/catalogue/SIGNS"
    text = await lead.reads("/catalogue/SIGNS")
    assert "Added: “Spotting the signs”." in text
    assert "Also called Signs 101; The signs course" in text
    assert "Length 1.5 hours" in text
    assert "Better done before About CSA-INTRO" in text
    assert "3. Know it" in text
    assert f"Added. 4 May 2026, 10:30, {WHOSE}" in text
    assert "files that are loaded change it no more" in text
    assert "Spotting the signs" in await lead.reads("/catalogue?text=signs+101")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"title": ""}, "It has no name"),
        ({"title": "About CSA-INTRO"}, "“About CSA-INTRO” names another course or resource already"),
        ({"names": "csa-intro"}, "“csa-intro” names another course or resource already"),
        ({"code": ""}, "It has no code"),
        ({"code": "a b"}, "The code cannot be used"),
        ({"code": "new"}, "NEW is in use already"),
        ({"code": "csa-intro"}, "CSA-INTRO is in use already"),
        ({"kind": "talk"}, "It is not said what it is"),
        ({"hours": "long"}, "The length must be a number"),
        ({"hours": "0"}, "A length of 0 hours cannot be"),
        ({"hours": "0.001"}, "A length of 0.001 hours cannot be"),
        ({"address": "learn.example"}, "The link is not an address"),
        ({"source": ""}, "It is not said where it comes from"),
        ({"title": "x" * 201}, "This is too long"),
    ],
)
async def test_a_mistake_is_told_by_its_field_and_what_was_typed_stays(
    lead: Visitor, empty: Database, said: dict[str, str], wrong: str
) -> None:
    response = await sends(lead, "/catalogue/new", NEW | said)
    text = seen(response.text)
    assert response.status_code == 422
    assert text.count(wrong) == 2, "at the top and by the field"
    for value in (NEW | said).values():
        assert not value or value in ("course", "talk") or value.split("\n", maxsplit=1)[0] in response.text
    async with empty.reading() as session:
        assert await session.scalar(select(Item.id).where(Item.title == NEW["title"])) is None


async def test_what_is_changed_is_told_with_what_it_was(lead: Visitor, empty: Database) -> None:
    response = await lead.opens("/catalogue/CSA-INTRO/change")
    assert 'value="About CSA-INTRO"' in response.text
    fields = {"title": "The introduction", "kind": "course", "source": "Offer", "hours": "3", "names": "Intro"}
    text = await keeps(lead, "/catalogue/CSA-INTRO/change", fields)
    assert "Kept: 2 changes. Each stands below with what it was." in text or "Kept: " in text
    assert "Title: “About CSA-INTRO” became “The introduction”." in text
    assert "Length in hours: 2 became 3." in text
    assert "Also called “Intro”." in text
    async with empty.reading() as session:
        item = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        assert (item.title, item.kept_on_pages) == ("The introduction", True)
        told = await session.scalar(select(func.count()).select_from(ItemChange))
    assert "Nothing changed." in await keeps(lead, "/catalogue/CSA-INTRO/change", fields)
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ItemChange)) == told


async def test_the_kind_stays_once_somebody_has_it(lead: Visitor) -> None:
    fields = {"title": "About CSA-INTRO", "kind": "resource", "source": "Offer"}
    assert "It is a course, and stays one" in await lead.reads("/catalogue/CSA-INTRO/change")
    response = await sends(lead, "/catalogue/CSA-INTRO/change", fields)
    assert "It stays a course: people have it in their records" in seen(response.text)
    text = await keeps(lead, "/catalogue/DESK-GUIDE/change", fields | {"title": "About DESK-GUIDE"})
    assert "Kind: course became resource." in text


async def test_what_comes_before_goes_in_no_circle(lead: Visitor) -> None:
    guide = {"title": "About DESK-GUIDE", "kind": "course", "source": "Offer"}
    intro = {"title": "About CSA-INTRO", "kind": "course", "source": "Offer"}
    await keeps(lead, "/catalogue/DESK-GUIDE/change", guide | {"needs-CSA-INTRO": "yes"})
    response = await sends(lead, "/catalogue/CSA-INTRO/change", intro | {"needs-DESK-GUIDE": "yes"})
    assert response.status_code == 422
    assert "“About DESK-GUIDE” cannot come before it: it comes after it already" in seen(response.text)


async def test_that_a_course_is_participatory_is_looked_at_first(lead: Visitor, empty: Database) -> None:
    fields = {"title": "About CSA-INTRO", "kind": "course", "source": "Offer", "hours": "2", "participatory": "yes"}
    look = await sends(lead, "/catalogue/CSA-INTRO/change", fields)
    assert "Change this? About CSA-INTRO" in seen(look.text)
    assert "Participatory Yes, live with others before: No" in seen(look.text)
    async with empty.reading() as session:
        assert not await session.scalar(select(Item.participatory).where(Item.code == "CSA-INTRO"))
    assert "Participatory: no became yes." in await keeps(lead, "/catalogue/CSA-INTRO/change", fields)


async def test_the_priorities_of_another_partnership_are_not_a_leads_to_say(
    lead: Visitor, empty: Database, world: World
) -> None:
    async with empty.writing() as session:
        other = Partnership(code="other", name="Other Partnership")
        session.add(other)
        await session.flush()
        priority = Priority(partnership_id=other.id, number=1, title="Theirs", recommendations=[], mark=Mark.SOURCED)
        session.add(priority)
        await session.flush()
        number = priority.id
    fields = {"title": "About CSA-INTRO", "kind": "course", "source": "Offer", f"priority-{number}": "yes"}
    assert "Theirs" not in await lead.reads("/catalogue/CSA-INTRO/change")
    assert "Serves priority" not in await keeps(lead, "/catalogue/CSA-INTRO/change", fields)
    async with empty.writing() as session:
        session.add(Grant(practitioner_id=world.pia.id, role=AccessRole.PARTNERSHIP_LEAD, partnership_id=other.id))
    await lead.becomes(world.pia)
    assert "1. Theirs (Other Partnership)" in await lead.reads("/catalogue/CSA-INTRO/change")
    text = await keeps(lead, "/catalogue/CSA-INTRO/change", fields)
    assert "Serves priority 1." in text
    assert "by the lead of Harbour Safeguarding Partnership and Other Partnership" in text


# --- editions ---


@pytest.fixture
async def toolkit(empty: Database, world: World) -> Item:
    """A toolkit whose current edition everybody is asked for; twelve people have acknowledged it."""
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("TOOLKIT", editions=[date(2025, 1, 1)])
        await facts.version(await facts.expectation("KNOW"), [item], current_version_only=True)
        for number in range(12):
            post = await facts.post(f"Reader {chr(65 + number)}")
            await facts.completed(post, item, date(2026, 2, 1))
        assert item.kind is ItemKind.RESOURCE
    return item


async def test_an_edition_is_published_after_a_look_at_how_many_are_asked_again(
    lead: Visitor, toolkit: Item, empty: Database
) -> None:
    path = "/catalogue/TOOLKIT/editions/new"
    first = date(2026, 6, 1)
    fields = {"label": "June 2026"} | on("from", first)
    look = seen((await sends(lead, path, fields)).text)
    assert "Publish this edition? About TOOLKIT" in look
    assert "Asked to acknowledge it again from 1 June 2026 at least 10 people" in look
    assert "Become overdue by it before 1 June 2027, if they do nothing at least 10 people" in look
    assert "Expected: KNOW, by 1 July 2026" in look
    assert "By the end of July 2026: at least 10 people" in look
    assert "Reader" not in look, "nobody is named"
    before = await overdue_on(empty, date(2026, 7, 2))

    text = await keeps(lead, path, fields)
    assert "Published: edition “June 2026”, current from 1 June 2026. It can be taken back below." in text
    assert f"Edition “June 2026”, current from 1 June 2026. 4 May 2026, 10:30, {WHOSE}" in text
    assert await overdue_on(empty, date(2026, 7, 2)) == before + 12

    back = f"/catalogue/TOOLKIT/editions/{first}/withdrawal"
    assert "Take the edition “June 2026” back?" in await lead.reads(back)
    text = await keeps(lead, back, {})
    assert "Taken back: edition “June 2026”." in text
    assert await overdue_on(empty, date(2026, 7, 2)) == before
    async with empty.reading() as session:
        kept = await session.scalars(select(ItemVersion.withdrawn_at).where(ItemVersion.label == "June 2026"))
        assert kept.one() is not None, "it is kept that it was published"


async def test_of_few_people_no_number_is_told(lead: Visitor, empty: Database, world: World) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        item = await facts.item("MAP", editions=[date(2025, 1, 1)])
        await facts.version(await facts.expectation("MAP"), [item], current_version_only=True)
        await facts.completed(await facts.post("Ann Reed"), item, date(2026, 2, 1))
    look = await sends(lead, "/catalogue/MAP/editions/new", {"label": "B"} | on("from", date(2026, 6, 1)))
    text = seen(look.text)
    assert "Asked to acknowledge it again from 1 June 2026 fewer than 5 people, if any" in text
    assert "By the end of" not in text


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"label": ""}, "The edition has no name"),
        ({"label": "2025-01-01"}, "There is an edition “2025-01-01” already"),
        (on("from", date(2025, 1, 1)), "The edition “2025-01-01” is current from that day"),
        (on("from", date(2062, 1, 1)), "1 January 2062 is more than ten years away"),
        ({"from-day": "", "from-month": "", "from-year": ""}, "The day is missing"),
    ],
)
async def test_an_edition_that_cannot_be_is_told(
    lead: Visitor, toolkit: Item, said: dict[str, str], wrong: str
) -> None:
    fields = {"label": "June"} | on("from", date(2026, 6, 1)) | said
    response = await sends(lead, "/catalogue/TOOLKIT/editions/new", fields)
    assert response.status_code == 422
    assert wrong in seen(response.text)
    assert f'value="{fields["label"]}"' in response.text


async def test_an_edition_that_has_long_been_current_stays(lead: Visitor, toolkit: Item, world: World) -> None:
    with time_machine.travel(datetime(2026, 5, 6, 9, 30, tzinfo=UTC)):
        await lead.becomes(world.pia)
        assert "Take back the edition" not in await lead.reads("/catalogue/TOOLKIT")
        response = await lead.opens("/catalogue/TOOLKIT/editions/2025-01-01/withdrawal")
        assert response.status_code == 422
        assert "This edition stays" in seen(response.text)
        assert (await lead.opens("/catalogue/TOOLKIT/editions/2025-01-02/withdrawal")).status_code == 404


# --- what counts as what, and when ---


async def test_what_counts_as_what_is_said_ended_and_taken_back(lead: Visitor, empty: Database, world: World) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        level_3 = await facts.item("LEVEL-3")
        for number in range(11):
            await facts.completed(await facts.post(f"Doer {chr(65 + number)}"), level_3, date(2026, 2, 1))
    path = "/catalogue/LEVEL-3/counts-as"
    look = await sends(lead, f"{path}/new", {"other": "CSA-INTRO"})
    text = seen(look.text)
    assert "Let it count? “About LEVEL-3” counts as “About CSA-INTRO”" in text
    assert "Have it from 4 May 2026, and would not otherwise at least 10 people" in text
    assert "Are overdue no longer, or later at least 10 people" in text
    assert "About LEVEL-3 counts as About CSA-INTRO (new)." in look.text, "the drawing shows it"
    before = await overdue_on(empty, TODAY)
    text = await keeps(lead, f"{path}/new", {"other": "CSA-INTRO"})
    assert "“About LEVEL-3” counts as “About CSA-INTRO”. It can be ended or taken back below." in text
    assert await overdue_on(empty, TODAY) == before - 11
    assert "“About LEVEL-3” counts as “About CSA-INTRO”." in await lead.reads("/catalogue/CSA-INTRO")

    text = await keeps(lead, f"{path}/CSA-INTRO", on("until", date(2025, 12, 31)))
    assert "“About LEVEL-3” counts as “About CSA-INTRO” until 31 December 2025." in text
    assert await overdue_on(empty, TODAY) == before
    refused = await sends(lead, f"{path}/CSA-INTRO", on("until", date(2025, 12, 31)))
    assert "These are its days already" in seen(refused.text)

    text = await keeps(lead, f"{path}/CSA-INTRO/withdrawal", {})
    assert "It can be said again below." in text
    async with empty.reading() as session:
        kept = (await session.scalars(select(Equivalence))).all()
    assert len(kept) == 2
    assert all(row.withdrawn_at is not None and row.kept_on_pages for row in kept)
    assert (await lead.opens(f"{path}/CSA-INTRO")).status_code == 404


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, "Nothing is chosen"),
        ({"other": "NOTHING"}, "There is no such course or resource"),
        ({"other": "DESK-GUIDE"}, "It always counts as itself"),
        (
            {"other": "CSA-INTRO"} | on("since", date(2026, 2, 1)) | on("until", date(2026, 1, 1)),
            "The last day is before the first",
        ),
    ],
)
async def test_what_cannot_count_is_told(lead: Visitor, said: dict[str, str], wrong: str) -> None:
    response = await sends(lead, "/catalogue/DESK-GUIDE/counts-as/new", said)
    assert response.status_code == 422
    assert wrong in seen(response.text)


async def test_a_course_stops_counting_and_counts_again(lead: Visitor, empty: Database, world: World) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        intro = (await session.scalars(select(Item).where(Item.code == "CSA-INTRO"))).one()
        for number in range(10):
            await facts.completed(await facts.post(f"Doer {chr(65 + number)}"), intro, date(2026, 2, 1))
    path = "/catalogue/CSA-INTRO/windows"
    fields = {"reason": "Withdrawn by its provider"} | on("until", date(2025, 12, 31))
    look = seen((await sends(lead, f"{path}/new", fields)).text)
    assert "Keep these days? About CSA-INTRO" in look
    assert "It counts until 31 December 2025 before: always" in look
    assert "Have it no longer from 4 May 2026 at least 10 people" in look
    before = await overdue_on(empty, TODAY)
    text = await keeps(lead, f"{path}/new", fields)
    assert "Done until 31 December 2025: Withdrawn by its provider" in text
    assert await overdue_on(empty, TODAY) > before + 10
    async with empty.reading() as session:
        window = (await session.scalars(select(AcceptanceWindow))).one()
    wrong = await sends(lead, f"{path}/{window.id}", fields)
    assert "This is what counts already" in seen(wrong.text)
    await keeps(lead, f"{path}/{window.id}", fields | on("until", date(2026, 1, 31)))
    async with empty.reading() as session:
        newest = (await session.scalars(select(AcceptanceWindow.id).order_by(AcceptanceWindow.id.desc()))).first()
    assert (await lead.opens(f"{path}/{window.id}")).status_code == 404, "another has taken its place"
    text = await keeps(lead, f"{path}/{newest}/withdrawal", {})
    assert "Taken back: that it counts until 31 January 2026." in text
    assert await overdue_on(empty, TODAY) == before


async def test_whom_a_change_also_touches_is_told_where_partnerships_share(lead: Visitor, empty: Database) -> None:
    async with empty.writing() as session:
        session.add(Partnership(code="other", name="Other Partnership"))
    fields = {"reason": "Old"} | on("until", date(2026, 5, 1))
    look = seen((await sends(lead, "/catalogue/CSA-INTRO/windows/new", fields)).text)
    assert "Other Partnership shares the catalogue" in look


# --- out of use ---


async def test_what_an_expectation_could_not_be_met_without_stays_in_use(lead: Visitor) -> None:
    text = await lead.reads("/catalogue/CSA-INTRO/out-of-use")
    assert "Expected: CSA : nothing else would meet it, so change or end it first" in text
    response = await sends(lead, "/catalogue/CSA-INTRO/out-of-use", on("from", TODAY))
    assert response.status_code == 422
    assert "nothing else would do: “Expected: CSA”" in seen(response.text)
    response = await sends(lead, "/catalogue/DESK-GUIDE/out-of-use", on("from", TODAY))
    assert "1 that an agency has of their own" in seen(response.text)


async def test_what_is_out_of_use_is_offered_no_longer_and_can_be_put_back(
    lead: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        item = await Facts(session).item("OLD-GUIDE", editions=[date(2025, 1, 1)])
        item.public = True
    await lead.becomes(world.lee)
    assert "About OLD-GUIDE" in await lead.reads("/agency/expectations/new")
    await lead.becomes(world.pia)
    assert "About OLD-GUIDE" in await lead.reads("/resources")
    wrong = await sends(lead, "/catalogue/OLD-GUIDE/out-of-use", on("from", TODAY - timedelta(days=1)))
    assert "3 May 2026 has passed" in seen(wrong.text)
    text = await keeps(lead, "/catalogue/OLD-GUIDE/out-of-use", on("from", TODAY))
    assert "Out of use since 4 May 2026" in text
    assert "About OLD-GUIDE" not in await lead.reads("/resources")
    assert "out of use from 4 May 2026" in await lead.reads("/catalogue")
    await lead.becomes(world.lee)
    assert "About OLD-GUIDE" not in await lead.reads("/agency/expectations/new")
    assert "About OLD-GUIDE" in await lead.reads("/me/completions/new"), "it can have been done before"
    await lead.becomes(world.pia)
    text = await keeps(lead, "/catalogue/OLD-GUIDE/use", {}, form="/catalogue/OLD-GUIDE")
    assert "is in use again" in text
    assert "About OLD-GUIDE" in await lead.reads("/resources")


async def test_where_one_of_two_does_the_one_out_of_use_is_offered_to_nobody(
    lead: Visitor, world: World, empty: Database
) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        either = [await facts.item("MORNING"), await facts.item("EVENING")]
        await facts.version(await facts.expectation("EITHER"), either)
    assert "About MORNING" in await lead.reads("/me")
    page = await lead.reads("/catalogue/MORNING/out-of-use")
    assert "Expected: EITHER : other courses or resources meet it too" in page
    await keeps(lead, "/catalogue/MORNING/out-of-use", on("from", TODAY))
    text = await lead.reads("/me")
    assert "I have done this : About EVENING" in text
    assert "I have done this : About MORNING" not in text
    refused = await sends(lead, "/catalogue/EVENING/out-of-use", on("from", TODAY))
    assert "nothing else would do: “Expected: EITHER”" in seen(refused.text)


async def test_the_trail_says_in_words_what_was_changed_and_who_did(
    lead: Visitor, empty: Database, world: World
) -> None:
    await keeps(lead, "/catalogue/new", NEW)
    async with empty.reading() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.record == "item_change"))).one()
        act = (await session.scalars(select(AuditAct).where(AuditAct.act_id == entry.act_id))).one()
    assert "Added." in (entry.after or "")
    assert act.practitioner_id == world.pia.id
