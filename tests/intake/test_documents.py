"""What docs/ says of the layouts, the refusals and the configuration format is what the program does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import training_tracker
from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.intake import completions, people
from training_tracker.intake.configuration import TABLES, AcceptedEntry, Entry, ScopeEntry, VersionEntry
from training_tracker.intake.loading import load_configuration
from training_tracker.intake.rows import Column

PACKAGE = Path(training_tracker.__file__).parent
DOCS = PACKAGE.parent / "docs"
IMPORT = (DOCS / "import.md").read_text()
CONFIGURATION = (DOCS / "configuration.md").read_text()
# Where a row or a file may be refused on its way in, beside the rooms that have refusals of their own.
REFUSING = [*sorted((PACKAGE / "intake").glob("*.py")), PACKAGE / "naming.py"]
OF_OTHER_INPUT = {"configuration.py", "crosscheck.py", "loading.py", "outcome.py"}


@pytest.mark.parametrize("columns", [people.COLUMNS, completions.COLUMNS])
def test_the_page_describes_every_column_as_the_layout_does(columns: tuple[Column, ...]) -> None:
    rows = [
        f"| {column.name} | {'yes' if column.required else ''} | {column.note} | {', '.join(column.aliases)} |"
        for column in columns
    ]
    assert "\n".join(rows) in IMPORT


def test_the_page_explains_every_refusal_and_no_other() -> None:
    said = {problem for file in REFUSING if file.name not in OF_OTHER_INPUT for problem in problems_in(file)}
    said |= set(problems_in(PACKAGE / "records" / "recording.py", "refuse_impossible"))
    refusals = IMPORT[IMPORT.index("## Refused rows") :]
    explained = set()
    for row in re.findall(r"^\| (.*) \|$", refusals, re.MULTILINE):
        *_, problem, _meaning = row.split(" | ")
        explained.add(problem)
    assert explained - {"what you read", "---"} == said


def problems_in(file: Path, function: str = "") -> Iterator[str]:
    """The first argument of every refusal, with … for what it names; only those of one function, if one is given."""
    tree: ast.AST = ast.parse(file.read_text())
    if function:
        tree = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == function)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refused", "NotADate"}:
            yield from texts_of(node.args[0])
        if isinstance(node, ast.Assign):
            names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            if "problem" in names:
                yield from texts_of(node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value)


def texts_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)


# --- the configuration ---

SECTIONS: dict[str, type[Entry]] = {
    **{"[partnership]" if table == "partnership" else f"[[{table}]]": model for table, model in TABLES.items()},
    "items.versions": VersionEntry,
    "items.accepted": AcceptedEntry,
    "expectations.scopes": ScopeEntry,
}
# What is taken where the field is left out, if a word says it better than the value.
IN_WORDS = {"scopes": "everybody"}


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_describes_every_field_of_an_entry_and_no_other(title: str) -> None:
    section = re.split(r"^#+ ", CONFIGURATION[CONFIGURATION.index(f"# {title}\n") :], flags=re.MULTILINE)[1]
    described = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section, re.MULTILINE))
    assert described == {
        field.alias or name: "yes" if field.is_required() else IN_WORDS.get(name) or left_out(field.default)
        for name, field in SECTIONS[title].model_fields.items()
    }


def left_out(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) or default else "0" if default == 0 else "none"


async def test_the_examples_of_the_page_can_be_loaded(empty: Database, tmp_path: Path) -> None:
    whole, of_an_agency = re.findall(r"^```toml\n(.*?)^```$", CONFIGURATION, re.MULTILINE | re.DOTALL)
    (tmp_path / "whole.toml").write_text(whole)
    async with empty.writing() as session:
        loaded = await load_configuration(session, tmp_path, "tests")
        assert "version of expectation CSA-INTRO-ALL from 2027-04-01" in loaded.added
        council = await Facts(session).agency("Harbour Council", sector="Children's social care")
        await Facts(session).team("Duty", agency=council)
    (tmp_path / "agency.toml").write_text(of_an_agency)
    async with empty.writing() as session:
        loaded = await load_configuration(session, tmp_path, "tests")
    assert loaded.added == [
        "expectation HARBOUR-DUTY-INTRO",
        "version of expectation HARBOUR-DUTY-INTRO from 2026-01-01",
        "feed of Harbour Council, CSA-INTRO",
    ]
