"""Names as people write them: folded for comparison, the nearest known one, and names too vague to keep."""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from training_tracker.errors import Refused

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "`": "'", "\u2013": "-", "\u2014": "-", "\u2010": "-"})
_VAGUE = {"health", "nhs", "healthcare"}
_FILLERS = {"agency", "agencies", "and", "care", "department", "local", "of", "organisation", "organisations", "other"}
_FILLERS |= {"national", "partner", "partners", "provider", "providers", "sector", "service", "services", "staff"}
_FILLERS |= {"team", "the"}
# "NHS trust" says what kind of agency one is, but not which.
_KINDS = {"foundation", "trust", "trusts"}


def tidy(text: str) -> str:
    """Composed characters, plain spaces, none at the ends: what is stored."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def visible(text: str) -> str:
    """In one line, without what nobody can see: two texts that look alike are alike."""
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():
        return text
    return tidy("".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"}))


def fold(text: str) -> str:
    """What two spellings of one name have in common: case, accents, quotes, dashes and spacing forgiven."""
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return tidy("".join(c for c in plain if not unicodedata.combining(c)).casefold().replace("&", " and "))


def code_of(text: str) -> str:
    """Capital letters, digits and hyphens made from a text; nothing if it has none of them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[A-Z0-9]+", plain.upper()))


def nearest(text: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names most like ``text``, best first; none if nothing is alike."""
    found = process.extract(text, list(known), scorer=fuzz.WRatio, processor=fold, limit=limit, score_cutoff=60)
    return [name for name, _score, _index in found]


def refuse_vague_name(name: str, field: str) -> None:
    """Refuse "Health", "NHS" and the like: the audit asks for the provider's own name.

    A team of such a name would stand for its agency in every list of teams.
    """
    parts = set(re.findall(r"[a-z]+", fold(name).replace(".", "")))
    empty = _VAGUE | _FILLERS | (_KINDS if field in {"agency", "team"} else set())
    if parts & _VAGUE and not parts - empty:
        what = "team" if field == "team" else "organisation"
        mend = "Give the provider's own name, such as “Isle of Wight NHS Trust”: differences between providers matter."
        if field == "team":
            mend = "Give the team's own name, such as “Health visiting”, or leave it empty for the agency itself."
        raise Refused(f"“{tidy(name)}” does not say which {what} this is", mend, field)
