"""A maildir folder on this machine: the mail in it, and its own folder for what was read."""

import mailbox
from contextlib import suppress
from pathlib import Path

from training_tracker.mail.reports import LONGEST, READ


class Maildir:
    def __init__(self, folder: str) -> None:
        self._folder = mailbox.Maildir(folder, factory=None, create=False)

    def names(self) -> list[str]:
        return self._folder.keys()

    def content(self, name: str) -> bytes | None:
        # Whoever else reads the folder may have put it aside.
        with suppress(KeyError, OSError), self._folder.get_file(name) as file:
            content: bytes = file.read(LONGEST + 1)
            return content if len(content) <= LONGEST else None
        return None

    def put_aside(self, name: str) -> None:
        read = self._folder.add_folder(READ)
        with suppress(KeyError, OSError):
            read.add(self._folder.get_message(name))
            self._folder.discard(name)


def is_maildir(folder: str) -> bool:
    return all((Path(folder) / part).is_dir() for part in ("cur", "new", "tmp"))
