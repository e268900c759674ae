"""A message to somebody's role: on their page until they say that they have read it, and nobody else's."""

from tests.facts import Facts
from tests.web.conftest import TODAY, Visitor
from training_tracker.database import Database
from training_tracker.reminders.campaigns import NewCampaign, begin_campaign


async def a_notice(database: Database) -> int:
    async with database.writing() as session:
        facts = Facts(session)
        await facts.post()
        new = NewCampaign(
            owner=await facts.partnership(),
            item_id=(await facts.item("R-MEDHOL")).id,
            subject="A reminder about medicals",
            words="A medical is always holistic.",
            roles=(await facts.role(),),
        )
        campaign, _drafts = await begin_campaign(session, new, TODAY, by="tests")
        return campaign.id


async def test_it_stands_on_my_training_until_i_say_that_i_have_read_it(visitor: Visitor, empty: Database) -> None:
    number = await a_notice(empty)
    async with empty.reading() as session:
        await visitor.becomes(await Facts(session).practitioner())
    assert "To read A reminder about medicals" in await visitor.reads("/me")
    path = f"/me/notices/{number}"
    assert "A medical is always holistic." in await visitor.reads(path)
    sent = await visitor.sends(path, {}, form=path)
    assert (sent.status_code, sent.headers["location"]) == (303, "/me")
    page = await visitor.reads("/me")
    assert "Thank you: it is kept that you have read it." in page
    assert "A reminder about medicals" not in page
    assert "You have said that you have read it." in await visitor.reads(path)


async def test_looking_at_it_acknowledges_nothing(visitor: Visitor, empty: Database) -> None:
    number = await a_notice(empty)
    async with empty.reading() as session:
        await visitor.becomes(await Facts(session).practitioner())
    await visitor.reads(f"/me/notices/{number}")
    assert "A reminder about medicals" in await visitor.reads("/me")


async def test_somebody_elses_is_not_there(visitor: Visitor, empty: Database) -> None:
    number = await a_notice(empty)
    async with empty.writing() as session:
        facts = Facts(session)
        await facts.post("Ben Cole", role=await facts.role("Manager"))
        ben = await facts.practitioner("Ben Cole")
    await visitor.becomes(ben)
    assert (await visitor.opens(f"/me/notices/{number}")).status_code == 404
