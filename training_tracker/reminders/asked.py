"""What a rule asks of a person, as an e-mail says it to somebody with two minutes."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.models import Item, ItemKind
from training_tracker.expectations.models import Expectation, ExpectationItem, ExpectationVersion, Measure, for_a_person
from training_tracker.expectations.wording import asked_in_words
from training_tracker.people.models import Agency, Partnership


@dataclass(frozen=True, slots=True)
class AskedItem:
    """``address`` is where to do it, empty where the catalogue holds none that a browser opens.

    ``comes_first`` if it is what to do if you do one thing.
    """

    title: str
    address: str
    how_long: str
    comes_first: bool = False

    @property
    def site(self) -> str:
        """Whose site it is, to be shown in place of a long address."""
        return urlsplit(self.address).netloc.removeprefix("www.")


@dataclass(frozen=True, slots=True)
class Asked:
    """``in_full`` says the rule in a sentence where the title alone does not; two with the same ``key`` ask the same
    of a person, whoever asks it, whatever their amounts and periods."""

    expectation_id: int
    code: str
    title: str
    in_full: str
    rationale: str
    owner: str
    items: tuple[AskedItem, ...]
    key: Hashable


async def asked_by_version(session: AsyncSession) -> dict[int, Asked]:
    """Every rule that people are reminded of, by the id of its version."""
    items: dict[int, list[Item]] = defaultdict(list)
    refreshers: dict[int, list[str]] = defaultdict(list)
    for version_id, refresher, item in await session.execute(
        select(ExpectationItem.version_id, ExpectationItem.refresher, Item)
        .join(Item, Item.id == ExpectationItem.item_id)
        .order_by(Item.title, Item.id)
    ):
        if refresher:
            refreshers[version_id].append(item.title)
        else:
            items[version_id].append(item)
    rows = await session.execute(
        select(ExpectationVersion, Expectation, func.coalesce(Partnership.name, Agency.name))
        .join(Expectation, Expectation.id == ExpectationVersion.expectation_id)
        .outerjoin(Partnership, Partnership.id == Expectation.partnership_id)
        .outerjoin(Agency, Agency.id == Expectation.agency_id)
        .where(for_a_person())
    )
    return {
        version.id: _asked(version, expectation, owner, items[version.id], refreshers[version.id])
        for version, expectation, owner in rows
    }


def _asked(
    version: ExpectationVersion, expectation: Expectation, owner: str, items: list[Item], refreshers: list[str]
) -> Asked:
    # A title such as "…, social workers" tells one rule from another; a person only wants to know what to do.
    one_thing = len(items) == 1 and version.measure is Measure.ITEMS and not refreshers
    return Asked(
        expectation_id=expectation.id,
        code=expectation.code,
        title=_title(items[0]) if one_thing else expectation.title,
        in_full="" if one_thing else asked_in_words(version, [item.title for item in items], refreshers),
        rationale=version.rationale,
        owner=owner,
        items=tuple(map(asked_item, items)),
        key=(frozenset(item.id for item in items), version.measure),
    )


def asked_item(item: Item) -> AskedItem:
    """What an e-mail says of an item of the catalogue."""
    return AskedItem(item.title, _link(item.address), how_long(item.hours), item.comes_first)


def _title(item: Item) -> str:
    return f"Read: {item.title}" if item.kind is ItemKind.RESOURCE else item.title


def _link(address: str) -> str:
    return address if address.startswith(("https://", "http://")) else ""


def how_long(hours: float | None) -> str:
    """0.75 is 45 minutes, 1.5 is 1 hour 30 minutes; empty if it is not known."""
    if hours is None:
        return ""
    whole, minutes = divmod(round(hours * 60), 60)
    parts = []
    if whole:
        parts.append("1 hour" if whole == 1 else f"{whole} hours")
    if minutes:
        parts.append("1 minute" if minutes == 1 else f"{minutes} minutes")
    return " ".join(parts)
