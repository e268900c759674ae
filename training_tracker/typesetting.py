"""The process that :mod:`training_tracker.pdf` starts: FOLDER and PAPER as arguments, JSON in, a PDF out."""

import sys
from pathlib import Path
from typing import Literal

import font_source_sans_pro
import typst

# What PDF/UA refuses about a letter that no font of ours has.
NO_SUCH_LETTER = "could not be displayed with font"


def main(folder: str, paper: str) -> None:
    content = sys.stdin.read()
    try:
        made = typeset(folder, paper, content, "ua-1")
    except typst.TypstError as wrong:
        errors = [line for line in wrong.diagnostic.splitlines() if line.startswith("error:")]
        if not errors or not all(NO_SUCH_LETTER in error for error in errors):
            raise
        # A box to the eye, and itself to a screen reader: better than no paper for whoever is called so.
        made = typeset(folder, paper, content, None)
    sys.stdout.buffer.write(made)


def typeset(folder: str, paper: str, content: str, standard: Literal["ua-1"] | None) -> bytes:
    # Typst's own fonts have what ours lacks: other scripts, and signs.
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(Path(font_source_sans_pro.__file__).parent)])
    made = typst.compile(
        str(Path(folder) / f"{paper}.typ"),
        root=folder,
        font_paths=fonts,
        format="pdf",
        sys_inputs={"content": content},
        pdf_standards=standard,
    )
    assert isinstance(made, bytes)
    return made


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except typst.TypstError as wrong:
        sys.exit(wrong.diagnostic or wrong.message)
