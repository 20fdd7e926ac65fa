"""The platform's clock: the only place that knows what time it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_fixed: datetime | None = None


def now() -> datetime:
    """The time, aware, in UTC."""
    return _fixed or datetime.now(UTC)


@contextmanager
def fixed(at: datetime) -> Iterator[None]:
    """For tests: in here it is always `at`, in every thread."""
    global _fixed
    before, _fixed = _fixed, at.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before
