"""One thread of the platform's that takes regrades' steps from the outbox, woken by the commit that wrote them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from proboost import clock, jobs
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.regrading import service, steps

LEASE = 120.0  # seconds: a step is bounded, so longer than any
RECONCILE = 60.0  # seconds: another platform process may have written a row that this one was not told of
BACK_OFF = (1, 5, 30, 120, 600, 1800, 3600)
log = logging.getLogger(__name__)


class Regrader:
    """Does one step at a time; what a process before this one left is taken up."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._worker = f"regrade-{os.getpid()}-{id(self):x}"
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._forget: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._stopping = False
        self._forget = jobs.bell.listen(service.KIND, self._woken.set)
        self._thread = threading.Thread(target=self._run, name="regrader", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ends after the step in hand."""
        self._forget()
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def step_once(self) -> bool:
        """Does the next step that is due; False when none is. The step and its job's end are one transaction."""
        with self._database.transaction() as session:
            job = jobs.claim(session, [service.KIND], self._worker, lease=LEASE, most=len(BACK_OFF))
        if job is None:
            return False
        try:
            with self._database.transaction() as session:
                if jobs.finish(session, job.id, self._worker):
                    steps.step(session, self._blobs, str(job.payload["regrade"]))
        except Exception as error:  # one regrade's trouble is not the next one's
            log.exception("regrade %s", job.payload)
            with self._database.transaction() as session:
                jobs.fail(session, job.id, self._worker, f"{type(error).__name__}: {error}", back_off=BACK_OFF)
        return True

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                while not self._stopping and self.step_once():
                    pass
                wait = self._until_next()
            except Exception:  # the database is away: the thread must outlive it
                log.exception("regrader")
                wait = RECONCILE / 10
            self._woken.wait(wait)

    def _until_next(self) -> float:
        with self._database.read() as session:
            due = jobs.next_due(session, [service.KIND])
        return RECONCILE if due is None else min(RECONCILE, max(0.0, (due - clock.now()).total_seconds()))
