"""Who a row of a people file is about: by employee number and e-mail address, never by name alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import fuzz
from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.addresses import answered_for, give_up
from training_tracker.bulk import insert_numbered
from training_tracker.database import touch
from training_tracker.errors import Refused
from training_tracker.intake.people_rows import PersonRow
from training_tracker.intake.rows import batches
from training_tracker.naming import fold
from training_tracker.people.models import EmployeeNumber, Practitioner

# Below this two names have neither a forename nor a surname in common: a marriage does not explain it.
ALIKE = 60


@dataclass(eq=False, slots=True)
class Person:
    """A practitioner as known and as this file changes them. ``named_in`` and ``addressed_in`` are its row numbers.

    ``answered_for`` are the agencies that answer for the address, as :func:`answered_for` says.
    """

    id: int | None
    name: str
    email: str | None
    agencies: set[int] = field(default_factory=set)
    answered_for: frozenset[int | None] = frozenset()
    named_in: int | None = None
    addressed_in: int | None = None


class Identities:
    """The people a file has spoken of so far, and the changes still to be written.

    With ``only_its_people`` an agency sends the file by itself: whoever works elsewhere and never did here is refused,
    since a row would let it read all that they have done.
    """

    def __init__(self, session: AsyncSession, *, only_its_people: bool) -> None:
        self.session = session
        self.only_its_people = only_its_people
        self.by_id: dict[int, Person] = {}
        self.known: set[int] = set()
        self.by_email: dict[str, Person] = {}
        self.by_number: dict[tuple[int, str], Person] = {}
        self.without_zeros: dict[tuple[int, str], str] = {}
        self.new: list[Person] = []
        self.changed: dict[int, Person] = {}
        # Addresses that an import replaces, and whose they were.
        self.former: dict[str, int] = {}
        self.numbers: list[tuple[int, str, Person]] = []

    async def load(self, rows: Iterable[tuple[PersonRow, int | None]]) -> list[int]:
        """Look up everybody these rows may be about, each given with its agency, where that is known.

        Returns the ids of those who were not looked up before.
        """
        before = set(self.by_id)
        addresses, numbers = set(), set()
        for row, agency_id in rows:
            addresses.add(row.email)
            if agency_id is not None and row.number:
                numbers.add((agency_id, row.number.lstrip("0")))
        columns = (Practitioner.id, Practitioner.name, Practitioner.email)
        for found in await self.session.execute(select(*columns).where(Practitioner.email.in_(addresses))):
            self._know(Person(*found))
        bare = func.ltrim(EmployeeNumber.number, "0")
        holders = (
            select(*columns)
            .join(EmployeeNumber, EmployeeNumber.practitioner_id == Practitioner.id)
            .where(tuple_(EmployeeNumber.agency_id, bare).in_(numbers))
        )
        for found in await self.session.execute(holders):
            self._know(Person(*found))
        people = sorted(self.by_id.keys() - before)
        held = select(EmployeeNumber.practitioner_id, EmployeeNumber.agency_id, EmployeeNumber.number)
        for some in batches(people):
            for known in await self.session.execute(held.where(EmployeeNumber.practitioner_id.in_(some))):
                self._number(self.by_id[known.practitioner_id], known.agency_id, known.number)
            for person, agencies in (await answered_for(self.session, some)).items():
                self.by_id[person].answered_for = agencies
        return people

    def find(self, row: PersonRow, agency_id: int | None) -> Person | None:
        """The person a row is about; None if it is somebody new. Nothing is changed yet.

        Raises :class:`Refused` when number, address and name, or two rows of the file, speak of different people.
        """
        numbered = addressed = None
        if row.number and agency_id is not None:
            numbered = self.by_number.get((agency_id, row.number))
            known = self.without_zeros.get((agency_id, row.number.lstrip("0")))
            if numbered is None and known is not None:
                problem = f"This agency knows the number {known}, which differs only in its leading zeros"
                raise Refused(problem, "Format the column as text and write the number in full.", "employee number")
        if row.email:
            addressed = self.by_email.get(row.email)
        if numbered and addressed and numbered is not addressed:
            problem = "The employee number belongs to one person and the e-mail address to another"
            raise Refused(problem, "Correct one of the two.", "employee number")
        person = numbered or addressed
        if person is not None:
            _refuse_another_name(person, row, numbered is not None, addressed is not None, agency_id)
            if self.only_its_people and person.answered_for and agency_id not in person.answered_for | person.agencies:
                problem = "Another agency, or the partnership, answers for whoever has this address"
                mend = "Ask whoever runs this service to bring this row in: with it comes the person's record."
                raise Refused(problem, mend, "e-mail")
            if row.email and row.email != person.email and person.addressed_in is not None:
                problem = f"Row {person.addressed_in} gives this person another address"
                raise Refused(problem, "Keep one address for each person.", "e-mail")
            if row.email and row.email != person.email and person.answered_for - {agency_id}:
                problem = "This agency does not answer for this person's address alone, and people sign in with it"
                mend = "Leave it as it is, or have it changed: training-tracker user address OLD NEW."
                raise Refused(problem, mend, "e-mail")
        return person

    def settle(self, person: Person | None, row: PersonRow, agency_id: int) -> tuple[Person, bool]:
        """Take over what a row says of a person; says whether that is anything new."""
        if person is None:
            person = Person(None, row.name, row.email or None)
            self.new.append(person)
            new = True
        else:
            name = row.name if person.named_in is None else person.name
            new = (name, row.email or person.email) != (person.name, person.email)
            if row.email and person.email and row.email != person.email and person.id is not None:
                self.former[person.email] = person.id
            person.name, person.email = name, row.email or person.email
            if new and person.id is not None:
                self.changed[person.id] = person
        person.named_in = person.named_in or row.row.number
        if row.email:
            self.by_email[row.email] = person
            person.addressed_in = person.addressed_in or row.row.number
        if row.number and (agency_id, row.number) not in self.by_number:
            self._number(person, agency_id, row.number)
            self.numbers.append((agency_id, row.number, person))
            new = True
        return person, new

    async def save(self) -> None:
        for person in self.changed.values():
            await self.session.execute(
                update(Practitioner).where(Practitioner.id == person.id).values(name=person.name, email=person.email)
            )
        await give_up(self.session, self.former)
        if self.new:
            rows = [{"name": person.name, "email": person.email} for person in self.new]
            ids = await insert_numbered(self.session, Practitioner, rows)
            for person, person_id in zip(self.new, ids, strict=True):
                person.id = person_id
                self.by_id[person_id] = person
            touch(self.session, practitioners=[person.id for person in self.new if person.id is not None])
        if self.numbers:
            await self.session.execute(
                insert(EmployeeNumber),
                [{"agency_id": a, "number": n, "practitioner_id": person.id} for a, n, person in self.numbers],
            )
        self.changed, self.new, self.numbers, self.former = {}, [], [], {}

    def _know(self, person: Person) -> None:
        if person.id is not None and person.id not in self.by_id:
            self.by_id[person.id] = person
            self.known.add(person.id)
            if person.email:
                self.by_email[person.email] = person

    def _number(self, person: Person, agency_id: int, number: str) -> None:
        person.agencies.add(agency_id)
        self.by_number[agency_id, number] = person
        if bare := number.lstrip("0"):
            self.without_zeros[agency_id, bare] = number


def _refuse_another_name(
    person: Person, row: PersonRow, by_number: bool, by_address: bool, agency_id: int | None
) -> None:
    """Number and address together prove who somebody is, even under a new name; one alone needs a name alike."""
    if fold(person.name) == fold(row.name):
        return
    if person.named_in is not None:
        problem = f"Row {person.named_in} gives this {'number' if by_number else 'address'} to {person.name}"
        mend = "If it is one person, write the name in one way; if not, give each a number and an address of their own."
        raise Refused(problem, mend, "name" if by_number else "e-mail")
    if by_number and by_address:
        return
    alike = fuzz.token_set_ratio(fold(person.name), fold(row.name)) >= ALIKE
    if by_number and not alike:
        problem = "This number belongs to a person with another name"
        mend = "Correct the number; if the person has a new name, give the known e-mail address too."
        raise Refused(problem, mend, "employee number")
    another_number = bool(row.number) and agency_id in person.agencies
    # Somebody new here under an address that others answer for: alike is not enough to give this agency their record.
    others = bool(person.answered_for) and agency_id not in person.answered_for
    if by_address and (another_number or others or not alike):
        problem = "This address belongs to a person with another name"
        mend = "Give each person an address of their own; shared mailboxes cannot be used."
        if alike and not another_number:
            mend = "If it is one person, write the name as it is known; if not, give each an address of their own."
        raise Refused(problem, mend, "e-mail")
