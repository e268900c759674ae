"""Invented names and addresses, as mixed as the people of a British county."""

import re
from collections import Counter
from dataclasses import dataclass
from random import Random

from training_tracker.naming import fold


@dataclass(frozen=True)
class _Family:
    """Names of one descent, and how many of a hundred people have such names."""

    of_hundred: int
    first: list[str]
    last: list[str]


def _family(of_hundred: int, first: str, last: str) -> _Family:
    return _Family(of_hundred, first.split(), last.split())


_FAMILIES = (
    _family(
        56,
        """
        Alice Amelia Andrew Anna Beth Charlotte Christopher Claire Daniel David Eleanor Emily Emma George Grace
        Hannah Harriet Helen Jack James Jessica Joanne Karen Kate Laura Lucy Mark Martin Matthew Michael Nicola
        Oliver Paul Peter Rachel Rebecca Richard Robert Ruth Sarah Simon Sophie Steven Susan Thomas Tracey
        William Zoë
        """,
        """
        Attrill Baker Barton Bennett Brading Brown Buckett Carter Clarke Cooper Downer Edwards Fielding Foster
        Gray Green Hall Harris Hayward Holbrook Hughes Jackson Kent Knight Linington Marsh Mitchell Morris
        Newnham Orchard Palmer Parker Phillips Pritchett Reynolds Roberts Russell Sheath Smith Stallard Taylor
        Thorne Turner Urry Walker Ward Webb Westmore White Wilson Wood Wright Young
        """,
    ),
    _family(
        12,
        """
        Aoife Ailsa Bronwen Callum Catrin Ciarán Fiona Gareth Iain Megan Niamh Owen Rhys Rory Siân Siobhán
        """,
        """
        Byrne Campbell Davies Doyle Evans Gallagher Griffiths Kelly Lloyd MacLeod Morgan Murphy O'Connor O'Neill
        Owens Reid Stewart Williams
        """,
    ),
    _family(
        13,
        """
        Aisha Anjali Arjun Farah Hassan Imran Jaspreet Kavita Meera Nadia Priya Rajesh Samina Sanjay Tariq Yusuf
        """,
        """
        Ahmed Akhtar Begum Chaudhry Gill Hussain Iqbal Kaur Khan Mistry Patel Rahman Shah Sharma Singh
        """,
    ),
    _family(
        8,
        """
        Abena Amara Chidi Comfort Femi Grace Kwame Marcia Marlon Ngozi Patience Tendai Winston Yvonne
        """,
        """
        Adeyemi Asante Boateng Campbell-Reid Chukwu Francis Mensah Moyo Ncube Okafor Okonkwo Osei Powell
        """,
    ),
    _family(
        8,
        """
        Adam Agnieszka Andrei Elena Ivana Katarzyna Magdalena Marek Piotr Raluca Tomasz
        """,
        """
        Dobrescu Horvat Ionescu Kowalczyk Kowalski Lewandowska Nowak Petrova Popescu Wójcik Zając
        """,
    ),
    _family(
        3,
        """
        Christine Derek Grace Jun Kelvin Mei Maricel Rowena Wai
        """,
        """
        Chan Cheung Dela-Cruz Lam Lau Nguyen Reyes Santos Wong
        """,
    ),
)
_WEIGHTS = [family.of_hundred for family in _FAMILIES]


def invented_name(chance: Random) -> str:
    """A first name and a surname, of the same family of names mostly: people marry, and names travel."""
    family, other = chance.choices(_FAMILIES, _WEIGHTS, k=2)
    return f"{chance.choice(family.first)} {chance.choice(other.last if chance.random() < 0.12 else family.last)}"


class Addresses:
    """Hands out e-mail addresses, each to one person."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def of(self, name: str, agency: str) -> str:
        """``name.surname@agency-in-letters.example``, with a number from the second bearer of the name on."""
        first, _, surname = name.partition(" ")
        person = f"{_letters(first, '')}.{_letters(surname, '')}"
        domain = f"{_letters(agency, '-')}.example"
        self._taken[f"{person}@{domain}"] += 1
        number = self._taken[f"{person}@{domain}"]
        return f"{person}{number if number > 1 else ''}@{domain}"


def _letters(text: str, between: str) -> str:
    return re.sub(r"[^a-z]+", between, fold(text).replace("'", "")).strip("-")
