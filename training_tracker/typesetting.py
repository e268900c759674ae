"""The process that :mod:`training_tracker.pdf` starts: FOLDER and PAPER as arguments, JSON in, a PDF out."""

import sys
from pathlib import Path

import font_source_sans_pro
import typst


def main(folder: str, paper: str) -> None:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(font_source_sans_pro.__file__).parent)],
    )
    made = typst.compile(
        str(Path(folder) / f"{paper}.typ"),
        root=folder,
        font_paths=fonts,
        format="pdf",
        sys_inputs={"content": sys.stdin.read()},
        pdf_standards=["ua-1"],
    )
    assert isinstance(made, bytes)
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except typst.TypstError as wrong:
        sys.exit(wrong.diagnostic or wrong.message)
