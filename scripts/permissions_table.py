"""Writes who may do what into docs/access.md, from the one table of it; ``--check`` says only whether it is right."""

import sys
from pathlib import Path

from training_tracker.access.permissions import PERMISSIONS, Role

PAGE = Path(__file__).resolve().parent.parent / "docs" / "access.md"
BEGIN, END = "<!-- permissions: written by make settings -->\n", "<!-- end of permissions -->\n"


def table() -> str:
    lines = ["| who | may | of |\n", "|---|---|---|\n"]
    for role in Role:
        for may, scopes in PERMISSIONS.items():
            if role in scopes:
                lines.append(f"| {role} | {may} | {scopes[role]} |\n")
    return "".join(lines)


def main() -> None:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}{table()}{END}{after}"
    if "--check" not in sys.argv:
        PAGE.write_text(wanted)
    elif text != wanted:
        sys.exit("docs/access.md is not what training_tracker/access/permissions.py says: run make settings")


if __name__ == "__main__":
    main()
