"""What the pages for readers point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if link and not (page.parent / link).exists()]
    top = {entry.name for entry in ROOT.iterdir()}
    named = [name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if name.split("/")[0] in top - {"var"}]
    missing += [name for name in named if not (ROOT / name).exists() and "NNNN" not in name]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", page.read_text())) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    there = {
        name for file in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert named <= there | {file.stem for file in ROOT.glob("tests/**/test_*.py")}


# Of OWASP ASVS 4.0.3: how many items each section has, and those of them that are not of level 2 or were deleted.
ASVS_ITEMS = """
1.1:7 1.2:4 1.4:5 1.5:4 1.6:4 1.7:2 1.8:2 1.9:2 1.10:1 1.11:3 1.12:2 1.14:6
2.1:12 2.2:7 2.3:3 2.4:5 2.5:7 2.6:3 2.7:6 2.8:7 2.9:3 2.10:4
3.1:1 3.2:4 3.3:4 3.4:5 3.5:3 3.7:1
4.1:5 4.2:2 4.3:3
5.1:5 5.2:8 5.3:10 5.4:3 5.5:4
6.1:3 6.2:8 6.3:3 6.4:2
7.1:4 7.2:2 7.3:4 7.4:3
8.1:6 8.2:3 8.3:8
9.1:3 9.2:5
10.2:6 10.3:3
11.1:8
12.1:3 12.2:1 12.3:6 12.4:2 12.5:2 12.6:1
13.1:5 13.2:6 13.3:2 13.4:2
14.1:5 14.2:6 14.3:3 14.4:7 14.5:4
"""
NOT_ASKED = """
1.4.2 1.4.3 1.11.3 1.12.1 2.2.4 2.2.5 2.2.6 2.2.7 4.1.4 6.2.7 6.2.8 6.3.3 7.3.2 8.1.5 8.1.6 9.2.5
10.2.3 10.2.4 10.2.5 10.2.6 13.1.2 13.2.4 14.1.5 14.3.1
"""


def test_every_item_of_the_security_list_is_answered_once() -> None:
    sections = (part.split(":") for part in ASVS_ITEMS.split())
    asked = {f"{section}.{item}" for section, items in sections for item in range(1, int(items) + 1)}
    asked -= set(NOT_ASKED.split())
    answered = []
    for line in (ROOT / "docs" / "security.md").read_text().splitlines():
        if row := re.match(r"\| ([\d., to]+) \| (met|met in part|does not apply|open) \| \S", line):
            for part in row[1].split(", "):
                first, _to, last = part.partition(" to ")
                section, _dot, begin = first.rpartition(".")
                end = int(last.rpartition(".")[2] or begin)
                answered += [f"{section}.{item}" for item in range(int(begin), end + 1)]
    assert len(answered) == len(set(answered))
    assert set(answered) == asked
