"""A change of rules rehearsed from the command line."""

import shutil
from pathlib import Path

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import completion, person
from training_tracker.intake.configuration import REFERENCE


def stricter(folder: Path) -> Path:
    """The reference configuration with CSA-INTRO every 12 months instead of 36 from April 2027 on."""
    copy = Path(shutil.copytree(REFERENCE, folder / "stricter"))
    file = copy / "expectations.toml"
    entries = file.read_text().split("[[expectations]]")
    everybody = next(entry for entry in entries if 'code = "CSA-INTRO-ALL"' in entry)
    changed = everybody.replace("period_months = 36", "period_months = 12").replace(
        "effective_from = ", "transition_days = 30\neffective_from = 2027-04-01  # "
    )
    assert changed != everybody
    file.write_text("[[expectations]]".join([*entries, changed]))
    return copy


def test_a_rehearsal_tells_what_would_come_of_files_and_loads_nothing(tracker: Command, tmp_path: Path) -> None:
    tell(tracker, [person()], [completion(completed="2025-03-14")])
    folder = stricter(tmp_path)
    told = tracker.done("expectations", "rehearse", str(folder), "--on", "2026-11-24", "--people", "--json").json
    (turning,) = told["turning_overdue"]
    assert turning | {"title": ""} == {
        "agency": "Sandown Harbour Trust",
        "expectation": turning["expectation"],
        "title": "",
        "on": "2027-05-02",
        "people": 1,
        "posts": 1,
        "anyway": 0,
    }
    assert [(line["people"], line["places"], line["measure"]) for line in told["places_needed"]] == [(1, 1, "items")]
    assert [line["on"] for line in told["people"]] == ["2027-05-02"]
    said = tracker.done("expectations", "rehearse", str(folder), "--on", "2026-11-24").out
    assert "2027-05-02" in said
    assert "1 place" in said
    assert said.endswith("Nothing has been written.\n")
    again = tracker.done("expectations", "rehearse", str(folder), "--on", "2026-11-24", "--json").json
    assert again["changes"] == told["changes"] != {"added": [], "changed": []}


def test_files_that_say_what_is_loaded_change_nothing(tracker: Command) -> None:
    said = tracker.done("expectations", "rehearse", "reference").out
    assert said == "The files say what is loaded already: nothing would change.\n"


def test_a_mistake_in_the_files_is_told_as_when_loading(tracker: Command, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.toml").write_text("[[expectations]]\ncode = 1\n")
    result = tracker("expectations", "rehearse", str(tmp_path / "files"))
    assert result.code == 2
    assert "a.toml" in result.err
