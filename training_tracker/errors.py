"""What a person is told when something cannot be done. Faces turn these into a page or an exit code."""


class Refused(Exception):
    """The input cannot be accepted; nothing was changed. ``mend`` says what to do about it."""

    def __init__(self, problem: str, mend: str, field: str = "") -> None:
        super().__init__(f"{problem}. {mend}" if mend else problem)
        self.problem = problem
        self.mend = mend
        self.field = field


class NotFound(Exception):
    """There is no such thing, or the person asking may not know of it: the answer is the same."""
