"""One word, and whatever the searcher may see that is called so: people, courses and resources, expectations."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, agencies_in_sight, visible_posts
from training_tracker.access.permissions import May
from training_tracker.catalogue.listing import ItemLine, catalogue
from training_tracker.expectations.register import RegisterLine, register
from training_tracker.naming import fold
from training_tracker.standing.people import PeoplePage, PeopleWanted, people_standing

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The first :data:`SHOWN` people, and how many there are in all; every item and expectation, which are few."""

    people: PeoplePage
    items: list[ItemLine]
    expectations: list[RegisterLine]

    def __bool__(self) -> bool:
        return bool(self.people.total or self.items or self.expectations)


async def search(session: AsyncSession, actor: Actor, words: str, today: date) -> Found:
    """By any part of a name, a title, a code or another known name of a course."""
    people = PeoplePage((), 0)
    if actor.may(May.PEOPLE):
        wanted = PeopleWanted(name=words, page_size=SHOWN)
        people = await people_standing(session, today, today=today, posts=visible_posts(actor), wanted=wanted)
    lines = await register(session, today, agencies=await agencies_in_sight(session, actor))
    return Found(
        people,
        await catalogue(session, text=words),
        [line for line in lines if fold(words) in fold(f"{line.title} {line.code}")],
    )
