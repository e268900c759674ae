"""Writing the catalogue: what is said of an item, and of what counts as what, is kept, and what that changed is told.

Files and pages write through here alone. Of what decides which completions count a changed row is withdrawn, and
another one takes its place: what counted when a figure was reported is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, now
from training_tracker.catalogue.models import (
    AcceptanceWindow,
    Equivalence,
    Item,
    ItemAlias,
    ItemChange,
    ItemHistory,
    ItemKind,
    ItemPriority,
    ItemVersion,
    Mark,
    Prerequisite,
)
from training_tracker.catalogue.strategy import set_priorities
from training_tracker.database import touch
from training_tracker.naming import fold

# By which right something is written that comes in a file.
FILES = "whoever runs this service, from a file"

Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What an item is, apart from its code, which is given once."""

    title: str
    kind: ItemKind
    mark: Mark
    source: str = ""
    tier: str = ""
    format: str = ""
    hours: float | None = None
    participatory: bool = False
    comes_first: bool = False
    public: bool = False
    renewal: str = ""
    address: str = ""


CALLED = {
    "comes_first": "comes first",
    "address": "link",
    "hours": "length in hours",
    "mark": "basis",
    "renewal": "renewal, in words",
}


@dataclass(frozen=True, slots=True)
class Note:
    """What became of one row that was said: its name, as files have it, and whether it is new."""

    name: str
    new: bool


class Keeping:
    """``whose`` is the right by which it is written; from a page, what is written is kept there from then on."""

    def __init__(self, session: AsyncSession, whose: str) -> None:
        self.session = session
        self.whose = whose
        self.on_pages = whose != FILES
        self.moment = now()
        self.notes: list[Note] = []
        self.unchanged = 0
        self._added: set[int] = set()

    async def item(self, code: str, said: ItemFacts) -> Item:
        """The item of this code, added or brought up to what is said of it."""
        item = await self.session.scalar(select(Item).where(Item.code == code))
        facts = {field.name: getattr(said, field.name) for field in fields(said)}
        if item is None:
            item = Item(code=code, kept_on_pages=self.on_pages, **facts)
            self.session.add(item)
            await self.session.flush()
            self._added.add(item.id)
            self.notes.append(Note(f"item {code}", new=True))
            self._tell(item.id, "Added.")
            return item
        changes = {name: value for name, value in facts.items() if getattr(item, name) != value}
        if not changes:
            self.unchanged += 1
            return item
        if "participatory" in changes:
            was = ItemHistory(item_id=item.id, participatory=item.participatory, superseded_at=self.moment)
            self.session.add(was)
            touch(self.session, items=[item.id])
        for name, value in changes.items():
            before, called = getattr(item, name), CALLED.get(name, name)
            self._tell(item.id, f"{called.capitalize()}: {_in_words(before)} became {_in_words(value)}.")
            setattr(item, name, value)
        self.notes.append(Note(f"item {code}: {', '.join(changes)}", new=False))
        item.kept_on_pages = item.kept_on_pages or self.on_pages
        await self.session.flush()
        return item

    async def names(self, item: Item, said: Iterable[str]) -> None:
        """Its other names; one that was another item's becomes this one's."""
        wanted: dict[str, str] = {}
        for written in said:
            wanted.setdefault(fold(written), written)
        held = {row.alias: row for row in await self.session.scalars(select(ItemAlias).where(_of(ItemAlias, item)))}
        for alias, written in wanted.items():
            name = f"name “{written}” of item {item.code}"
            row = held.get(alias) or await self.session.get(ItemAlias, alias)
            if row is None:
                self.session.add(ItemAlias(alias=alias, item_id=item.id, written=written))
                self._note(item, name, f"Also called “{written}”.")
                continue
            facts = {"item_id": item.id, "written": written}
            if changes := {field: value for field, value in facts.items() if getattr(row, field) != value}:
                for field, value in changes.items():
                    setattr(row, field, value)
                self._note(item, f"{name}: {', '.join(changes)}", f"Also called “{written}”.", new=False)
            else:
                self.unchanged += 1
        for alias in sorted(held.keys() - wanted.keys()):
            written = held[alias].written
            await self.session.delete(held[alias])
            self._note(
                item, f"name “{written}” of item {item.code}: removed", f"No longer called “{written}”.", new=False
            )
        await self.session.flush()

    async def editions(self, item: Item, said: Mapping[date, str]) -> None:
        """Its editions: what each is called, by the day from which it is current."""
        standing = select(ItemVersion).where(_of(ItemVersion, item), ItemVersion.withdrawn_at.is_(None))
        held = {row.current_from: row for row in await self.session.scalars(standing.order_by(ItemVersion.id))}
        for day, label in said.items():
            name, words = f"version of item {item.code} from {day}", f"Edition “{label}”, current from {in_words(day)}"
            row = held.get(day)
            if row is not None and row.label == label:
                self.unchanged += 1
                continue
            if row is not None:
                row.withdrawn_at = self.moment
                await self.session.flush()
                self._note(item, f"{name}: label", f"{words}: it was called “{row.label}”.", new=False)
            else:
                self._note(item, name, f"{words}.")
            self._stands(ItemVersion(item_id=item.id, label=label, current_from=day))
            touch(self.session, items=[item.id])
        for day in sorted(held.keys() - said.keys()):
            held[day].withdrawn_at = self.moment
            touch(self.session, items=[item.id])
            words = f"Taken back: the edition “{held[day].label}” from {in_words(day)}."
            self._note(item, f"version of item {item.code} from {day}: removed", words, new=False)
        await self.session.flush()

    async def windows(self, item: Item, said: Mapping[Days, str]) -> None:
        """The days between which it counts, each with its reason."""
        standing = select(AcceptanceWindow).where(_of(AcceptanceWindow, item), AcceptanceWindow.withdrawn_at.is_(None))
        rows = await self.session.scalars(standing.order_by(AcceptanceWindow.id))
        held = {(row.accepted_from, row.accepted_until): row for row in rows}
        for (since, until), reason in said.items():
            name, words = _window(item, since, until), f"It counts{between(since, until)}: {reason}"
            row = held.get((since, until))
            if row is not None and row.reason == reason:
                self.unchanged += 1
                continue
            if row is not None:
                row.withdrawn_at = self.moment
                self._note(item, f"{name}: reason", words, new=False)
            else:
                self._note(item, name, words)
            window = AcceptanceWindow(item_id=item.id, accepted_from=since, accepted_until=until, reason=reason)
            self._stands(window)
            touch(self.session, items=[item.id])
        for since, until in [days for days in held if days not in said]:
            held[since, until].withdrawn_at = self.moment
            touch(self.session, items=[item.id])
            words = f"Taken back: that it counts{between(since, until)}."
            self._note(item, f"{_window(item, since, until)}: removed", words, new=False)
        await self.session.flush()

    async def serves(self, item: Item, numbers: Iterable[int], priorities: Mapping[int, int]) -> None:
        """The priorities it serves, by their numbers, out of these of one partnership (ids by number): what it serves
        of others is not touched.
        """
        number_of = {priority_id: number for number, priority_id in priorities.items()}
        ours = select(ItemPriority.priority_id).where(_of(ItemPriority, item), ItemPriority.priority_id.in_(number_of))
        held = {number_of[priority_id] for priority_id in await self.session.scalars(ours)}
        wanted = [number for number in dict.fromkeys(numbers) if number in priorities]
        self.unchanged += len(held.intersection(wanted))
        await set_priorities(self.session, item.id, [priorities[n] for n in wanted], among=priorities.values())
        for number in [number for number in wanted if number not in held]:
            self._note(item, f"priority {number} of item {item.code}", f"Serves priority {number}.")
        for number in sorted(held.difference(wanted)):
            words = f"Serves priority {number} no longer."
            self._note(item, f"priority {number} of item {item.code}: removed", words, new=False)
        await self.session.flush()

    async def needs(self, item: Item, others: Iterable[Item]) -> None:
        """What should come before it."""
        wanted = {other.id: other for other in others}
        found = select(Item).join(Prerequisite, Prerequisite.needs_id == Item.id).where(_of(Prerequisite, item))
        held = {other.id: other for other in await self.session.scalars(found.order_by(Item.id))}
        for number, other in wanted.items():
            if number in held:
                self.unchanged += 1
                continue
            self.session.add(Prerequisite(item_id=item.id, needs_id=number))
            self._note(item, f"{other.code} before {item.code}", f"“{other.title}” is better done before.")
        for number in held.keys() - wanted.keys():
            row = delete(Prerequisite).where(_of(Prerequisite, item), Prerequisite.needs_id == number)
            await self.session.execute(row)
            words = f"“{held[number].title}” need not come before any longer."
            self._note(item, f"{held[number].code} before {item.code}: removed", words, new=False)
        await self.session.flush()

    async def counts_as(
        self,
        item: Item,
        other: Item,
        days: Days,
        mark: Mark,
        agency: tuple[int, str] | None = None,
        *,
        holds: bool = True,
    ) -> None:
        """That the one counts as the other, for everybody or as one agency, by its id and name, decides."""
        row = await self._equivalence(item, other, agency[0] if agency else None)
        name = f"{item.code} counts as {other.code}" + (f", as {agency[1]} decides" if agency else "")
        facts = {"holds": holds, "valid_from": days[0], "valid_until": days[1], "mark": mark}
        changes = [field for field, value in facts.items() if row is None or getattr(row, field) != value]
        if row is not None and not changes:
            self.unchanged += 1
            return
        if row is not None:
            await self._withdraw(row)
            name += f": {', '.join(changes)}"
        key = {"agency_id": agency[0] if agency else None, "item_id": item.id, "counts_as_id": other.id}
        self._stands(Equivalence(**key, **facts, kept_on_pages=self.on_pages))
        verb = f"{'counts' if holds else 'does not count'} as"
        words = f"“{item.title}” {verb} “{other.title}”{between(*days)}{f' with {agency[1]}' if agency else ''}."
        self._note_pair(item, other, name, words, new=row is None)
        await self.session.flush()

    async def counts_no_more(self, item: Item, other: Item) -> None:
        """Take back, for everybody, that the one counts as the other."""
        row = await self._equivalence(item, other, None)
        assert row is not None, "there is nothing to take back"
        await self._withdraw(row)
        words = f"Taken back: that “{item.title}” counts as “{other.title}”."
        self._note_pair(item, other, f"{item.code} counts as {other.code}: removed", words, new=False)

    async def out_of_use(self, item: Item, from_day: date | None) -> None:
        """Offered no longer from a day; again, where there is none."""
        item.out_of_use_from = from_day
        words = f"Out of use from {in_words(from_day)}." if from_day else "Back in use."
        self._note(item, f"item {item.code}: out_of_use_from", words, new=False)
        await self.session.flush()

    # --- how it is written and told ---

    async def _equivalence(self, item: Item, other: Item, agency_id: int | None) -> Equivalence | None:
        rows = select(Equivalence).where(
            Equivalence.item_id == item.id,
            Equivalence.counts_as_id == other.id,
            Equivalence.agency_id.is_(None) if agency_id is None else Equivalence.agency_id == agency_id,
            Equivalence.withdrawn_at.is_(None),
        )
        found: Equivalence | None = await self.session.scalar(rows)
        return found

    async def _withdraw(self, row: Equivalence) -> None:
        row.withdrawn_at = self.moment
        row.kept_on_pages = row.kept_on_pages or self.on_pages
        await self.session.flush()

    def _stands(self, row: ItemVersion | AcceptanceWindow | Equivalence) -> None:
        row.recorded_at = self.moment
        self.session.add(row)

    def _note(self, item: Item, name: str, words: str, *, new: bool = True) -> None:
        """Of a change that is the item's own: it is kept where it was made from then on."""
        item.kept_on_pages = item.kept_on_pages or self.on_pages
        self.notes.append(Note(name, new))
        if item.id not in self._added:
            self._tell(item.id, words)

    def _note_pair(self, item: Item, other: Item, name: str, words: str, *, new: bool) -> None:
        touch(self.session, items=[item.id])
        self.notes.append(Note(name, new))
        for one in (item, other):
            if one.id not in self._added:
                self._tell(one.id, words)

    def _tell(self, item_id: int, words: str) -> None:
        self.session.add(ItemChange(item_id=item_id, changed_at=self.moment, whose=self.whose, words=words))


def between(since: date | None, until: date | None) -> str:
    """Two days as the end of a sentence; nothing where it is always so."""
    return (f" from {in_words(since)}" if since else "") + (f" until {in_words(until)}" if until else "")


def _window(item: Item, since: date | None, until: date | None) -> str:
    return f"acceptance of item {item.code} from {since or 'ever'} until {until or 'further notice'}"


def _of(model: Any, item: Item) -> Any:
    return model.item_id == item.id


def _in_words(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return value.value if isinstance(value, StrEnum) else f"“{value}”"
