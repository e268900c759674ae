"""Papers are set in a process of their own, accessible, and with nothing of their content taken for a command."""

import re
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from training_tracker import pdf as setting
from training_tracker.pdf import NotSet, pdf
from training_tracker.settings import packed_folder

PLAIN = """#import "_paper.typ": *
#show: paper.with(title: content.title, made: content.made)
#sheet(columns: 2, head: ("Course", "Done on"), rows: content.rows)
#if "svg" in content { image(bytes(content.svg), format: "svg", alt: content.said) }
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="10"><text x="1" y="9">x</text></svg>'


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "_paper.typ").write_text((packed_folder("templates") / "papers" / "_paper.typ").read_text())
    (folder / "plain.typ").write_text(PLAIN)
    monkeypatch.setattr(setting, "packed_folder", lambda _: tmp_path)
    return folder


async def test_a_paper_is_tagged_and_says_its_title_and_its_language(papers: Path) -> None:
    made = await pdf("plain", {"title": "Training passport", "made": "as at 3 March 2026", "rows": [["A", "B"]] * 200})
    assert made.startswith(b"%PDF-1.7")
    assert b"CreationDate" not in made
    assert b"/StructTreeRoot" in made
    assert b"/MarkInfo" in made
    assert re.search(rb"/Lang ?\(en-GB\)", made)
    assert b"<pdfuaid:part>1" in made
    assert len(re.findall(rb"/Type ?/Page\b", made)) > 1


@pytest.mark.parametrize(
    "awkward", ['#read("/etc/passwd")', "*bold* _x_ $x$ @ref <label>", '"; #panic()', "\\u{202e} Zoë Ó Súilleabháin"]
)
async def test_text_stays_text(papers: Path, awkward: str) -> None:
    content = {"title": awkward, "made": awkward, "rows": [[awkward, awkward]]}
    assert (await pdf("plain", content)).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["王小明", "محمد علي", "अनिल", "Anne‑Marie", "😀"])
async def test_whoever_is_called_what_our_font_has_no_letters_for_gets_their_paper(papers: Path, name: str) -> None:
    made = await pdf("plain", {"title": name, "made": name, "rows": [[name, name]]})
    assert b"/StructTreeRoot" in made, "and it is tagged"
    with pytest.raises(NotSet, match="alt"):
        await pdf("plain", {"title": name, "made": name, "rows": [], "svg": SVG, "said": None})


async def test_a_picture_without_a_description_is_refused(papers: Path) -> None:
    content = {"title": "Board pack", "made": "", "rows": [], "svg": SVG}
    assert await pdf("plain", content | {"said": "Uptake rose from 60 to 80 percent"})
    with pytest.raises(NotSet, match="alt"):
        await pdf("plain", content | {"said": None})


async def test_a_paper_that_takes_too_long_is_stopped_and_nothing_is_left_running(
    papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting, "SECONDS", 0.2)
    (papers / "endless.typ").write_text(
        "#let forever(n) = { for i in range(n) { for j in range(n) { let k = i * j } } }\n#forever(1000000)"
    )
    with pytest.raises(NotSet, match="within"):
        await pdf("endless", {})
    assert not [line for line in commands() if str(papers) in line]


def commands() -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it may have ended meanwhile
            found.append(file.read_text().replace("\0", " "))
    return found


async def test_the_process_is_not_told_the_settings(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens while a paper is set, it knows neither the key nor where the database is."""
    monkeypatch.setenv("TRACKER_SECRET_KEY", "not-for-others")
    told = papers.parent / "told.py"
    told.write_text(f"#!{sys.executable}\nimport os\nprint(sorted(os.environ))\n")
    told.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(told))
    assert b"TRACKER" not in await pdf("plain", {})
