"""Twenty-five rows with a mistake each, of twenty-five kinds; some of them are mended and sent again."""

from dataclasses import dataclass, field
from datetime import date

from tests.intake.spreadsheets import Row, completion, person
from tests.journeys.region import Member

ENDED = {"started": "2025-01-06", "ended": "2025-06-30"}  # long gone, so that they change no figure once mended


@dataclass(frozen=True)
class Mistake:
    """A row and the column for which it is refused; ``mend`` are the cells to write instead, if it is sent again."""

    row: Row
    column: str
    mend: dict[str, str] = field(default_factory=dict)


def in_people(settled: list[Member]) -> tuple[list[Mistake], list[Mistake]]:
    """Those of the first people file, and those of the second; ``settled`` are people of the first file."""
    trust = settled[0].agency
    count = iter(range(1, 100))

    def row(**cells: object) -> Row:
        number = next(count)
        usual: dict[str, object] = {
            "agency": trust.name,
            "sector": trust.sector,
            "team": "Front line",
            "name": f"Bo Mistake {'ABCDEFGHIJKLM'[number - 1]}",
            "email": f"mistake.{number}@sandown.example",
            "number": f"M{number:03d}",
            "role": trust.role,
        }
        return person(**(usual | ENDED | cells))

    first = [
        Mistake(row(agency="NHS"), "agency"),
        Mistake(row(role="Non-clinical stuff"), "role", {"role": "Non-clinical staff"}),
        Mistake(row(name=""), "name"),
        Mistake(row(email="mistake at sandown"), "e-mail"),
        Mistake(row(email="", number=""), "e-mail"),
        Mistake(row(started="2025-06-30", ended="2025-01-06"), "ended on"),
        Mistake(row(started="01/13/2025"), "started on"),
    ]
    second = [
        Mistake(row(started="06/01/25"), "started on", {"started on": "06/01/2025"}),
        Mistake(row(name='=HYPERLINK("http://elsewhere.example")'), "name"),
        Mistake(row(manager="nobody@elsewhere.example"), "manager e-mail"),
        Mistake(row(agency="Freshwater Hospice", sector=""), "sector"),
        Mistake(row(number="1.2E+05"), "employee number"),
        Mistake(row(number=settled[0].number, email=settled[1].email), "employee number"),
    ]
    return first, second


def in_completions(settled: list[Member]) -> tuple[list[Mistake], list[Mistake]]:
    trust, ann, bob = settled[0].agency, settled[0], settled[1]

    def row(**cells: object) -> Row:
        usual: dict[str, object] = {"email": ann.email, "item": "ESCALATE", "completed": "2024-10-01"}
        return completion(**(usual | cells))

    first = [
        Mistake(row(item="Escallation"), "item", {"item": "ESCALATE"}),
        Mistake(row(email="ann.read@sandown.example"), "e-mail"),
        Mistake(row(email=""), "e-mail"),
        Mistake(row(completed="2027-01-31"), "completed on"),
        Mistake(row(completed=""), "completed on"),
        Mistake(row(completed="Smarch 2025"), "completed on"),
    ]
    second = [
        Mistake(row(hours="two"), "hours"),
        Mistake(row(hours="9999"), "hours"),
        # The first file has it, with the item's usual length.
        Mistake(row(email=bob.email, item="MET", completed=date(2021, 3, 2), hours="7"), "hours"),
        Mistake(row(email="", agency="Sandown Harbor Trust", number=ann.number), "agency"),
        Mistake(row(email="", agency=trust.name, number=ann.number.lstrip("0")), "employee number"),
        Mistake(row(completed="14/03/1925"), "completed on", {"completed on": "14/03/2025"}),
    ]
    return first, second
