"""Exit codes of the commands that talk to a service."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means.

    Args:
        value: the status.
        meaning: in one line, for ``--help`` and the documents.
    """

    meaning: str

    OK = 0, "done"
    FAILED = 1, "the procedure raised an error, the job failed, or its state forbids it"
    INVALID = 2, "wrong usage, or a request that the service calls invalid"
    NOT_ALLOWED = 3, "no valid token, or one that may not do this"
    NOT_FOUND = 4, "no such job, procedure or route"
    UNAVAILABLE = 5, "service or database cannot be reached or cannot take it now"
    TIMED_OUT = 6, "it took longer than the service or --timeout allows"
    CANCELLED = 7, "the job was cancelled"
    UNEXPECTED = 8, "the service met an error of its own, or is no oracle_api"
    INTERRUPTED = 130, "broken off with Ctrl-C; a job goes on"
    PIPE_CLOSED = 141, "the reader of the output went away"

    def __new__(cls, value: int, meaning: str) -> "ExitCode":
        """Make a member of its number and its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
