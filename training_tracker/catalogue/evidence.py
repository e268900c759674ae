"""How strong the evidence of a completion is."""

from enum import IntEnum


class Strength(IntEnum):
    """From the person's own word to the system of whoever taught it; kept as a number, said in words."""

    SELF_DECLARED = 1
    MANAGER_ATTESTED = 2
    CERTIFICATE_SEEN = 3
    ATTENDANCE_REGISTER = 4
    PROVIDERS_SYSTEM = 5

    @property
    def words(self) -> str:
        return _WORDS[self]

    @classmethod
    def of(cls, words: str) -> "Strength":
        """The strength that the words say. Raises ``KeyError``."""
        return {said: strength for strength, said in _WORDS.items()}[words]


_WORDS = {
    Strength.SELF_DECLARED: "self-declared",
    Strength.MANAGER_ATTESTED: "manager-attested",
    Strength.CERTIFICATE_SEEN: "certificate seen",
    Strength.ATTENDANCE_REGISTER: "attendance register",
    Strength.PROVIDERS_SYSTEM: "provider's system",
}
STRENGTHS = tuple(_WORDS.values())
