"""A thread of the platform's own that takes jobs of one kind from the outbox, woken by the commit that wrote them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from proboost import clock, jobs
from proboost.db import Database

RECONCILE = 60.0  # seconds: another platform process may have written a row that this one was not told of
log = logging.getLogger(__name__)


class Taker:
    """`take` does the next job that is due, as `worker`, and says whether there was one; one at a time."""

    def __init__(self, database: Database, kind: str, take: Callable[[], bool]) -> None:
        self.database = database
        self.worker = f"{kind}-{os.getpid()}-{id(self):x}"
        self._kind = kind
        self._take = take
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._forget: Callable[[], None] = lambda: None

    def start(self) -> None:
        """What a process before this one left is taken up first."""
        self._stopping = False
        self._forget = jobs.bell.listen(self._kind, self._woken.set)
        self._thread = threading.Thread(target=self._run, name=f"{self._kind} jobs", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ends after the job in hand; one that takes longer than `timeout` is left to its lease."""
        self._forget()
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                while not self._stopping and self._take():
                    pass
                wait = self._until_next()
            except Exception:  # the database is away: the thread must outlive it
                log.exception("%s jobs", self._kind)
                wait = RECONCILE / 10
            self._woken.wait(wait)

    def _until_next(self) -> float:
        """Seconds until a job falls due by itself, at most RECONCILE."""
        with self.database.read() as session:
            due = jobs.next_due(session, [self._kind])
        return RECONCILE if due is None else min(RECONCILE, max(0.0, (due - clock.now()).total_seconds()))
