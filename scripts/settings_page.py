"""Write docs/settings.md and .env.example from the Settings class; with ``--check``, say whether they are in step."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from training_tracker.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
# What nobody can run for real without changing; the rest stands in the example as comments.
TO_CHANGE = {"base_url", "secret_key", "smtp_host", "mail_from"}
OF_THE_DEMO = {"demo", "demo_mailbox"}

PAGE = """\
# Settings

Every setting is an environment variable; a file `.env` in the folder where the program starts is read too, and a
variable that is set wins over it. `training-tracker check` says which of them are wrong and how to mend them.

This page is written from the class `Settings` in `training_tracker/settings.py`: change the class, then run
`make settings`.

| variable | default | meaning |
|---|---|---|
"""

EXAMPLE = """\
# Copy to .env and change what needs changing; docs/settings.md explains each. Keep .env out of version control.
# A line that begins with # shows the default.

# For compose.yaml only: the password of the database that it starts. Letters and digits only: it becomes part of
# an address.
POSTGRES_PASSWORD=change-me
"""


def main() -> None:
    wanted = {ROOT / "docs" / "settings.md": page(), ROOT / ".env.example": example()}
    if "--check" not in sys.argv[1:]:
        for file, text in wanted.items():
            file.write_text(text)
        return
    stale = [file.relative_to(ROOT) for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    for file in stale:
        print(f"{file} does not tell what the Settings class says: run make settings", file=sys.stderr)
    sys.exit(1 if stale else 0)


def page() -> str:
    return PAGE + "".join(f"| `{variable(name)}` | {shown(field)} | {meaning(field)} |\n" for name, field in fields())


def example() -> str:
    parts = [EXAMPLE]
    for name, field in fields():
        if name not in OF_THE_DEMO:
            prefix = "" if name in TO_CHANGE else "#"
            parts.append(f"\n# {meaning(field)}\n{prefix}{variable(name)}={default(field)}\n")
    return "".join(parts)


def fields() -> Iterator[tuple[str, FieldInfo]]:
    yield from Settings.model_fields.items()


def variable(name: str) -> str:
    return f"{Settings.model_config.get('env_prefix', '')}{name}".upper()


def default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(field: FieldInfo) -> str:
    return f"`{default(field)}`" if default(field) else "empty"


def meaning(field: FieldInfo) -> str:
    text = field.description or ""
    if get_origin(field.annotation) is Literal:
        text += f" One of: {', '.join(get_args(field.annotation))}."
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
