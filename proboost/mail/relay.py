"""The relay: one thread that takes mail from the outbox and sends it, woken by the commit that wrote it."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from proboost import jobs
from proboost.db import Database
from proboost.jobs.taker import Taker
from proboost.mail.address import NotAnAddress
from proboost.mail.letter import Letter, compose
from proboost.mail.transport import NotSent, Refused, Transport, transport
from proboost.settings import Settings

KIND = "mail"
LEASE = 300.0  # seconds: longer than one conversation with a slow server may last
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 14400, 28800, 28800, 43200, 43200)  # two days in all
log = logging.getLogger(__name__)


def post(session: Session, letter: Letter, *, key: str) -> None:
    """Writes the letter into this transaction's outbox; the same `key` is sent once."""
    jobs.enqueue(session, KIND, letter.payload(), key=key)


class Relay(Taker):
    """Sends what lies in the outbox. A letter leaves at least once, and each time as the same message."""

    def __init__(self, database: Database, settings: Settings, carrier: Transport | None = None) -> None:
        super().__init__(database, KIND, self.send_one)
        self._sender = settings.mail_from
        self._carrier = carrier or transport(settings)

    def send_one(self) -> bool:
        """Sends the next letter that is due; False when none is."""
        with self.database.transaction() as session:
            job = jobs.claim(session, [KIND], self.worker, lease=LEASE, most=len(BACK_OFF))
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
        with self.database.transaction() as session:
            if not failure:
                jobs.finish(session, job.id, self.worker)
            elif jobs.fail(session, job.id, self.worker, failure, for_good=for_good, back_off=BACK_OFF):
                log.error("mail %s will not be sent: %s", job.id, failure)
            else:
                log.warning("mail %s comes again later: %s", job.id, failure)
        return True
