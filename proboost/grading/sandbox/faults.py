"""What can come between a test and the learner's program, and which operations on its objects a test may use."""

from __future__ import annotations

from typing import Any


class UntrustedOperation(BaseException):
    """The test relied on something that only the learner's program could answer."""


class Died(BaseException):
    """The learner's program ended, or said what is not of our protocol, in the middle of a question."""


class Raised:
    """Mixed into an exception that the learner's program raised; `told` is what it said of it."""

    told: dict[str, Any]


class Slow(BaseException):
    """No answer in time. A BaseException, so that a test's `except Exception` does not make a pass of it."""

    line: int | None = None  # of the learner's program, where it was when its time was over


class Shape:
    """Which operations on handles a test may use. `allowed` None: any; they are written down (the reference's run)."""

    def __init__(self, allowed: list[str] | None) -> None:
        self.allowed = None if allowed is None else set(allowed)
        self.used: set[str] = set()

    def need(self, operation: str) -> None:
        if self.allowed is not None and operation not in self.allowed:
            raise UntrustedOperation(operation)
        self.used.add(operation)
