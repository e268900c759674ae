"""Faces parse, call a room, and show: no statement is put together in a page or a command."""

import ast
from pathlib import Path

import pytest

from training_tracker.settings import PACKAGE

STATEMENTS = {"select", "insert", "update", "delete", "text", "exists", "func"}
FACES = sorted(file for face in ("web", "api", "cli") for file in (PACKAGE / face).rglob("*.py"))


@pytest.mark.parametrize("face", FACES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_face_speaks_to_the_database_in_its_own_words(face: Path) -> None:
    imported = {
        name.name
        for node in ast.walk(ast.parse(face.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for name in node.names
    }
    assert not imported & STATEMENTS
