"""The relay: one thread that takes mail from the outbox and sends it, woken by the commit that wrote it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from sqlalchemy.orm import Session

from proboost import clock, jobs
from proboost.db import Database
from proboost.mail.address import NotAnAddress
from proboost.mail.letter import Letter, compose
from proboost.mail.transport import NotSent, Refused, Transport, transport
from proboost.settings import Settings

KIND = "mail"
LEASE = 300.0  # seconds: longer than one conversation with a slow server may last
RECONCILE = 60.0  # seconds: another platform process may have written a row that this one was not told of
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 14400, 28800, 28800, 43200, 43200)  # two days in all
log = logging.getLogger(__name__)


def post(session: Session, letter: Letter, *, key: str) -> None:
    """Writes the letter into this transaction's outbox; the same `key` is sent once."""
    jobs.enqueue(session, KIND, letter.payload(), key=key)


class Relay:
    """Sends what lies in the outbox. A letter leaves at least once, and each time as the same message."""

    def __init__(self, database: Database, settings: Settings, carrier: Transport | None = None) -> None:
        self._database = database
        self._sender = settings.mail_from
        self._carrier = carrier or transport(settings)
        self._worker = f"mail-{os.getpid()}-{id(self):x}"
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._forget: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begins to send; what an earlier process left is sent first."""
        self._stopping = False
        self._forget = jobs.bell.listen(KIND, self._woken.set)
        self._thread = threading.Thread(target=self._run, name="mail relay", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ends after the letter in hand; one that takes longer than `timeout` is left to its lease."""
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
                while not self._stopping and self.send_one():
                    pass
                wait = self._until_next()
            except Exception:  # the database is away: the thread must outlive it
                log.exception("mail relay")
                wait = RECONCILE / 10
            self._woken.wait(wait)

    def send_one(self) -> bool:
        """Sends the next letter that is due; False when none is."""
        with self._database.transaction() as session:
            job = jobs.claim(session, [KIND], self._worker, lease=LEASE, most=len(BACK_OFF))
        if job is None:
            return False
        failure, for_good = "", False
        try:
            self._carrier.send(compose(Letter.of(job.payload), self._sender))
        except Refused as error:
            failure, for_good = str(error), True
        except NotSent as error:
            failure = str(error)
        except (NotAnAddress, TypeError, ValueError) as error:  # no message can be made of it, now or later
            failure, for_good = f"{type(error).__name__}: {error}", True
        with self._database.transaction() as session:
            if not failure:
                jobs.finish(session, job.id, self._worker)
            elif jobs.fail(session, job.id, self._worker, failure, for_good=for_good, back_off=BACK_OFF):
                log.error("mail %s will not be sent: %s", job.id, failure)
            else:
                log.warning("mail %s comes again later: %s", job.id, failure)
        return True

    def _until_next(self) -> float:
        """Seconds until a letter falls due by itself, at most RECONCILE."""
        with self._database.read() as session:
            due = jobs.next_due(session, [KIND])
        return RECONCILE if due is None else min(RECONCILE, max(0.0, (due - clock.now()).total_seconds()))
