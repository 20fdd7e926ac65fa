"""The platform's own journal: when it was up. A claim of when an answer was made counts only for when it was not."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from proboost import clock
from proboost.db import Database
from proboost.models import Uptime

EVERY = 10.0  # seconds between two marks: the longest that an outage is thought shorter than it was

log = logging.getLogger(__name__)


class Journal:
    """A thread that writes “still here” into this start's row, and a last word when it is stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        row = Uptime()
        with self._database.transaction() as session:
            session.add(row)
        self._thread = threading.Thread(target=self._run, args=(row.id,), name="journal", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, row_id: str) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(EVERY)
            try:
                with self._database.transaction() as session:
                    row = session.get_one(Uptime, row_id)
                    row.seen_at = clock.now()
            except SQLAlchemyError:
                log.exception("the journal could not be written")
