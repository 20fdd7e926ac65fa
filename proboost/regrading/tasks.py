"""One thread of the platform's that takes regrades' steps from the outbox, woken by the commit that wrote them."""

from __future__ import annotations

import logging

from proboost import jobs
from proboost.blobs import Blobs
from proboost.db import Database
from proboost.jobs.taker import Taker
from proboost.regrading import service, steps

LEASE = 120.0  # seconds: a step is bounded, so longer than any
BACK_OFF = (1, 5, 30, 120, 600, 1800, 3600)
log = logging.getLogger(__name__)


class Regrader(Taker):
    """Does one step at a time; what a process before this one left is taken up."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        super().__init__(database, service.KIND, self.step_once)
        self._blobs = blobs

    def step_once(self) -> bool:
        """Does the next step that is due; False when none is. The step and its job's end are one transaction."""
        with self.database.transaction() as session:
            job = jobs.claim(session, [service.KIND], self.worker, lease=LEASE, most=len(BACK_OFF))
        if job is None:
            return False
        try:
            with self.database.transaction() as session:
                if jobs.finish(session, job.id, self.worker):
                    steps.step(session, self._blobs, str(job.payload["regrade"]))
        except Exception as error:  # one regrade's trouble is not the next one's
            log.exception("regrade %s", job.payload)
            with self.database.transaction() as session:
                jobs.fail(session, job.id, self.worker, f"{type(error).__name__}: {error}", back_off=BACK_OFF)
        return True
