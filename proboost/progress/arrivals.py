"""Who waits for a verdict in this process, and who tells them: no polling of the database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session

Key = tuple[str, str]  # a user's id and their attempt's own id


class Arrivals:
    """Waiters are coroutines of any loop; findings are announced from any thread, once they are committed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Key, set[Waiter]] = {}

    @contextmanager
    def expected(self, key: Key) -> Iterator[Waiter]:
        """Listens from here on; enter it before the attempt is recorded, so that nothing is missed in between."""
        waiter = Waiter()
        with self._lock:
            self._waiting.setdefault(key, set()).add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiting[key].discard(waiter)
                if not self._waiting[key]:
                    del self._waiting[key]

    def announce(self, session: Session, key: Key) -> None:
        """Wakes the waiters once this session has committed; not at all when it is rolled back."""
        event.listen(session, "after_commit", lambda _session: self._ring(key), once=True)

    def _ring(self, key: Key) -> None:
        with self._lock:
            for waiter in self._waiting.get(key, ()):
                waiter.ring()


class Waiter:
    """One coroutine's bell; belongs to the loop that it was made in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()

    def ring(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)

    async def rung(self, seconds: float) -> bool:
        """Whether something arrived within that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return False
        return True


arrivals = Arrivals()
