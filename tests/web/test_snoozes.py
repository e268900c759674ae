"""Leaving somebody out of one's own e-mails, from their page."""

from tests.web.conftest import Visitor, World

UNTIL = {"until-day": "1", "until-month": "6", "until-year": "2026"}


async def test_a_manager_leaves_somebody_out_and_takes_them_in_again(visitor: Visitor, world: World) -> None:
    path = f"/team/people/{world.bob.id}"
    await visitor.becomes(world.mia)
    assert "Leave them out of my e-mails for a while" in await visitor.reads(path)
    sent = await visitor.sends(f"{path}/snooze", UNTIL, form=f"{path}/snooze")
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    assert "Your e-mails leave out Bob" in await visitor.reads(path)
    sent = await visitor.sends(f"{path}/snooze/end", {}, form=f"{path}/snooze")
    assert sent.status_code == 303
    assert "Your e-mails tell of Bob" in await visitor.reads(path)


async def test_a_day_that_has_come_is_refused_with_what_was_typed(visitor: Visitor, world: World) -> None:
    path = f"/team/people/{world.bob.id}/snooze"
    await visitor.becomes(world.mia)
    response = await visitor.sends(path, UNTIL | {"until-month": "1"}, form=path)
    assert response.status_code == 422
    assert "1 January 2026 has come already" in response.text
    assert 'value="2026"' in response.text


async def test_another_agencys_people_cannot_be_left_out(visitor: Visitor, world: World) -> None:
    await visitor.becomes(world.mia)
    assert (await visitor.opens(f"/team/people/{world.cas.id}/snooze")).status_code == 404
