"""What the texts of the product never say: the audit asks for the name of the provider, and language does not blame."""

import re
import tomllib

import pytest

from training_tracker.demo.agencies import AGENCIES
from training_tracker.errors import Refused
from training_tracker.intake.configuration import REFERENCE
from training_tracker.naming import refuse_vague_name
from training_tracker.settings import packed_folder

LABELS = ("name", "title", "label", "tier", "agency", "team")


def texts_of_pages_and_e_mails() -> list[tuple[str, str]]:
    found = []
    for file in sorted(packed_folder("templates").rglob("*.*")):
        plain = re.sub(r"{[{%#].*?[}%#]}", "\n", file.read_text(), flags=re.DOTALL)
        found += [(file.name, text.strip()) for text in re.split(r"<[^>]*>|\n", plain) if text.strip()]
    assert len(found) > 100
    return found


def labels_of_the_reference() -> list[tuple[str, str]]:
    found = []
    for file in sorted(REFERENCE.glob("*.toml")):
        for table, entries in tomllib.loads(file.read_text()).items():
            for entry in entries if isinstance(entries, list) else [entries]:
                found += [(f"{file.name} {table}", entry[key]) for key in LABELS if isinstance(entry.get(key), str)]
    assert len(found) > 100
    return found


@pytest.mark.parametrize("source", [texts_of_pages_and_e_mails, labels_of_the_reference])
def test_no_label_is_just_health_or_nhs(source: object) -> None:
    assert callable(source)
    for where, text in source():
        try:
            refuse_vague_name(text.strip(" .:;,"), "label")
        except Refused:
            pytest.fail(f"{where}: {text!r}")


def test_every_agency_of_the_demo_is_a_named_one() -> None:
    for agency in AGENCIES:
        refuse_vague_name(agency.name, "agency")
