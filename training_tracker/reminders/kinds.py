"""The kinds of e-mail we send; each message's key begins with its own."""

from enum import StrEnum


class Kind(StrEnum):
    DIGEST = "digest"
    WELCOME = "welcome"
    CONFIRMATION = "confirmation"
    SUMMARY = "summary"
    ESCALATION = "escalation"
    AGENCY_SUMMARY = "agency-summary"
    PARTNERSHIP_SUMMARY = "partnership-summary"
    CAMPAIGN = "campaign"
    NUDGE = "nudge"
    DEPUTY = "deputy"

    @property
    def in_words(self) -> str:
        return self.value.replace("-", " ")

    @property
    def with_article(self) -> str:
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.in_words}"


def key_of(kind: Kind, recipient: int, occasion: object) -> str:
    """``occasion`` is a day or a month: with the kind and the recipient's id it says which message this is."""
    return f"{kind}:{recipient}:{occasion}"
