"""Errors are facts: a status, a code for programs, and a sentence for the person who gets it."""

from __future__ import annotations


class Problem(Exception):
    """Anything we refuse. `message` is already in the reader's language; it never holds a traceback or a token."""

    status = 500
    code = "problem"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code:
            self.code = code


class BadInput(Problem):
    status, code = 422, "bad-input"


class Unauthenticated(Problem):
    status, code = 401, "log-in"


class Forbidden(Problem):
    status, code = 403, "forbidden"


class NotFound(Problem):
    status, code = 404, "not-found"


class Conflict(Problem):
    status, code = 409, "conflict"


class TooLarge(Problem):
    status, code = 413, "too-large"


class TooMany(Problem):
    status, code = 429, "too-many"
    retry_after = 10  # seconds that a program should wait


class Unavailable(Problem):
    status, code = 503, "unavailable"
