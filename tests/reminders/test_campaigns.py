"""One message about one item to the holders of some roles: who gets it, and who has said that they have read it."""

from dataclasses import replace
from datetime import date

import pytest

from tests.facts import Facts
from tests.reminders.planning import written
from training_tracker.database import Database
from training_tracker.errors import NotFound, Refused
from training_tracker.mail.outbox import Draft, Withdrawn
from training_tracker.people.models import Role
from training_tracker.people.posts import correct_post
from training_tracker.reminders.campaign_results import campaigns, recipients_of
from training_tracker.reminders.campaigns import NewCampaign, acknowledge, begin_campaign, notices

ON = date(2026, 6, 10)
SUBJECT = "A reminder about medicals"
WORDS = "A medical is always holistic.\n\nIt may be forensic."


async def a_campaign(facts: Facts, *roles: Role) -> NewCampaign:
    return NewCampaign(
        owner=await facts.partnership(),
        item_id=(await facts.item("R-MEDHOL")).id,
        subject=SUBJECT,
        words=WORDS,
        roles=roles or (await facts.role(),),
    )


async def test_it_goes_to_the_holders_of_the_roles_and_to_nobody_else(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Ann Reed")
        await facts.on_leave(await facts.post("Ben Cole"), date(2026, 1, 1))
        await facts.post("Cat Dunn", ended_on=date(2026, 6, 9))
        await facts.post("Dan Frost", role=await facts.role("Manager"))
        campaign, drafts = await begin_campaign(session, await a_campaign(facts), ON, by="lead@council.example")
        number = campaign.id
    assert [draft.to for draft in drafts] == ["ann-reed@agency.example"]
    (letter,) = (await written(empty, ON)).values()
    assert isinstance(letter, Draft)
    assert letter.subject == SUBJECT
    assert "A medical is always holistic.\n\nIt may be forensic." in letter.text
    assert f"/me/notices/{number}" in letter.text
    async with empty.reading() as session:
        (line,) = await campaigns(session)
    assert (line.recipients, line.sent, line.acknowledged, line.begun_by) == (1, 0, 0, "lead@council.example")


async def test_an_agencys_campaign_goes_to_its_own_people(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        other = await facts.agency("Quay School")
        await facts.post("Ann Reed")
        await facts.post("Ben Cole", team=await facts.team(agency=other))
        new = replace(await a_campaign(facts), owner=other)
        _campaign, drafts = await begin_campaign(session, new, ON, by="tests")
    assert [draft.to for draft in drafts] == ["ben-cole@agency.example"]


async def test_it_bears_the_letterhead_of_its_owner(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        (await facts.partnership()).contact_email = "partnership@harbour.example"
        agency = await facts.agency()
        agency.contact_email = "training@council.example"
        await facts.post("Ann Reed")
        new = await a_campaign(facts)
        await begin_campaign(session, new, ON, by="tests")
        await begin_campaign(session, replace(new, owner=agency, subject="Of the agency"), ON, by="tests")
    letters = {one.subject: one.reply_to for one in (await written(empty, ON)).values() if isinstance(one, Draft)}
    assert letters == {SUBJECT: "partnership@harbour.example", "Of the agency": "training@council.example"}


async def test_it_may_go_to_statutory_agencies_alone(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        (await facts.sector("Police")).statutory = True
        police = await facts.agency("Quay Constabulary", sector="Police")
        await facts.post("Ann Reed")
        await facts.post("Ben Cole", team=await facts.team(agency=police))
        new = replace(await a_campaign(facts), statutory_only=True)
        _campaign, drafts = await begin_campaign(session, new, ON, by="tests")
    assert [draft.to for draft in drafts] == ["ben-cole@agency.example"]


async def test_who_has_left_by_the_time_it_is_sent_gets_nothing(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await facts.post()
        await begin_campaign(session, await a_campaign(facts), ON, by="tests")
    async with empty.writing() as session:
        await correct_post(session, post.id, "tests", ended_on=date(2026, 6, 9))
    assert list((await written(empty, ON)).values()) == [Withdrawn("holds none of the roles any more, or is away")]


async def test_who_has_read_it_is_kept_once_and_shown(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        post = await facts.post()
        campaign, _drafts = await begin_campaign(session, await a_campaign(facts), ON, by="tests")
        number = campaign.id
    for _ in range(2):
        async with empty.writing() as session:
            await acknowledge(session, number, post.practitioner_id)
            (notice,) = await notices(session, post.practitioner_id, number)
            assert notice.acknowledged_at is not None
    async with empty.reading() as session:
        (recipient,) = await recipients_of(session, number, ON)
    assert (recipient.name, recipient.agency, recipient.acknowledged_at) == (
        "Ann Reed",
        "Harbour Council",
        notice.acknowledged_at,
    )


async def test_nobody_acknowledges_what_they_never_got(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        other = await facts.practitioner("Ben Cole")
        campaign, _drafts = await begin_campaign(session, await a_campaign(facts), ON, by="tests")
        with pytest.raises(NotFound):
            await acknowledge(session, campaign.id, other.id)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"subject": "Child sexual abuse: a reminder"}, "“sexual” may be read over a shoulder"),
        ({"subject": " "}, "The subject is empty"),
        ({"subject": "A reminder\r\nBcc: everybody@council.example"}, "would misread the subject"),
        ({"subject": "A \x1breminder"}, "would misread the subject"),
        ({"subject": "=?utf-8?q?A_reminder?="}, "would misread the subject"),
        ({"words": "\n"}, "There is nothing to say"),
        ({"roles": ()}, "No role is chosen"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_should_not_be_sent_is_refused(empty: Database, change: dict[str, object], problem: str) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        await facts.post()
        with pytest.raises(Refused, match=problem):
            await begin_campaign(session, replace(await a_campaign(facts), **change), ON, by="tests")  # type: ignore[arg-type]


async def test_the_same_words_to_the_same_roles_are_sent_once(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post()
        new = await a_campaign(facts)
        first, _drafts = await begin_campaign(session, new, ON, by="tests")
    async with empty.rehearsing() as session:
        with pytest.raises(Refused, match=f"Campaign {first.id} of .* says the same to the same roles"):
            await begin_campaign(session, replace(new, words=f"{WORDS}\n"), ON, by="somebody else")
    async with empty.writing() as session:
        for change in ({"words": f"Once more: {WORDS}"}, {"owner": await Facts(session).agency()}):
            await begin_campaign(session, replace(new, **change), ON, by="tests")


async def test_the_agency_of_who_got_it_is_todays(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        earlier = await facts.agency("Arreton School")
        await facts.post("Ann Reed", team=await facts.team(agency=earlier), ended_on=date(2025, 1, 1))
        await facts.post("Ann Reed", started_on=date(2025, 1, 2))
        campaign, _drafts = await begin_campaign(session, await a_campaign(facts), ON, by="tests")
    async with empty.reading() as session:
        (line,) = await recipients_of(session, campaign.id, ON)
    assert line.agency == "Harbour Council"


async def test_an_agencys_campaign_for_nobody_is_refused(empty: Database) -> None:
    async with empty.rehearsing() as session:
        facts = Facts(session)
        own = replace(await a_campaign(facts), owner=await facts.agency())
        with pytest.raises(Refused, match="Nobody who can be written to"):
            await begin_campaign(session, own, ON, by="tests")


async def test_a_partnership_is_not_told_by_a_refusal_that_nobody_holds_a_role(empty: Database) -> None:
    async with empty.writing() as session:
        campaign, drafts = await begin_campaign(session, await a_campaign(Facts(session)), ON, by="tests")
    assert drafts == []
    async with empty.reading() as session:
        (line,) = await campaigns(session)
    assert (line.id, line.recipients, line.sent, line.acknowledged) == (campaign.id, 0, 0, 0)
