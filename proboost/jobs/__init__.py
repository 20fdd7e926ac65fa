"""Jobs: outbox rows that a worker leases, does, and finishes; a lease that ran out is somebody else's to take.

A job is written in the transaction that decided it, so it exists exactly when its reason does. Whoever does it may die:
the lease ends and the job is claimed again, so doing it twice must count once. Courses and their learners take turns,
so that a large one does not keep a small one waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from proboost import clock
from proboost.jobs import turns
from proboost.models import Outbox
from proboost.models.base import Json

MAX_TRIES = 5
BACK_OFF = (2, 10, 60, 300, 900)  # seconds before the next try


@dataclass(frozen=True)
class Job:
    """A claimed job: `tries` counts this one."""

    id: int
    kind: str
    payload: Json
    tries: int


class Bell:
    """Wakes whoever waits for a job of a kind, once the transaction that wrote it is committed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    def listen(self, kind: str, wake: Callable[[], None]) -> Callable[[], None]:
        """`wake` is called, from any thread, after a job of that kind was committed. Returns what ends this."""
        with self._lock:
            self._listeners.setdefault(kind, []).append(wake)

        def forget() -> None:
            with self._lock:
                self._listeners[kind].remove(wake)

        return forget

    def ring(self, kind: str) -> None:
        with self._lock:
            listeners = list(self._listeners.get(kind, ()))
        for wake in listeners:
            wake()


bell = Bell()


def enqueue(session: Session, kind: str, payload: Json, *, key: str, course: str = "", learner: str = "") -> Outbox:
    """Writes the job into this transaction; one that has this `key` already is returned as it is."""
    present = session.scalar(select(Outbox).where(Outbox.key == key))
    if present is not None:
        return present
    row = Outbox(kind=kind, key=key, course_id=course, learner=learner, payload=payload, next_at=clock.now())
    session.add(row)
    session.flush()
    _ring_after(session, kind)
    return row


def claim(
    session: Session, kinds: Sequence[str], worker: str, *, lease: float = 60.0, most: int = MAX_TRIES
) -> Job | None:
    """The next job of these kinds, leased to `worker` for `lease` seconds, at most `most` times; None: none is due.

    A kind goes before those after it in `kinds`. Of a kind, courses take turns, and in a course its learners; of one
    learner one job is done at a time.
    """
    now = clock.now()
    for kind in dict.fromkeys(kinds):
        for waiting in turns.in_turn(session, kind, now):
            while (row := turns.first(session, kind, waiting, now)) is not None:
                row.state, row.worker, row.next_at = "leased", worker, now + timedelta(seconds=lease)
                row.tries += 1
                if row.tries <= most:
                    turns.took(session, waiting, now)
                    return Job(row.id, row.kind, row.payload, row.tries)
                row.state, row.error = "aside", row.error or "its worker was lost each time"
                session.flush()
    return None


def again(session: Session, key: str) -> bool:
    """A job that was done or set aside begins anew. False: there is none, or it is still under way."""
    ended = Outbox.state.in_(("done", "aside"))
    row = session.scalar(select(Outbox).where(Outbox.key == key, ended).with_for_update())
    if row is None:
        return False
    row.state, row.tries, row.next_at, row.done_at = "open", 0, clock.now(), None
    _ring_after(session, row.kind)
    return True


def renew(session: Session, job: int, worker: str, *, lease: float = 60.0) -> bool:
    """Keeps the lease; False when it has gone to somebody else."""
    row = _mine(session, job, worker)
    if row is not None:
        row.next_at = clock.now() + timedelta(seconds=lease)
    return row is not None


def finish(session: Session, job: int, worker: str) -> bool:
    """The job is done. False when it was finished before or is somebody else's now: then nothing must be counted."""
    row = _mine(session, job, worker)
    if row is not None:
        row.state, row.done_at, row.error = "done", clock.now(), ""
        _let_next(session, row)
    return row is not None


def fail(
    session: Session,
    job: int,
    worker: str,
    reason: str,
    *,
    for_good: bool = False,
    back_off: Sequence[int] = BACK_OFF,
) -> bool:
    """The job did not work out: it comes again after `back_off[tries - 1]` seconds, or is set aside once these are used
    up. True when it is set aside now.
    """
    row = _mine(session, job, worker)
    if row is None:
        return False
    row.error = reason[:2000]
    _let_next(session, row)
    if for_good or row.tries >= len(back_off):
        row.state = "aside"
        return True
    row.state = "open"
    row.next_at = clock.now() + timedelta(seconds=back_off[row.tries - 1])
    return False


def next_due(session: Session, kinds: Sequence[str], *, since: datetime | None = None) -> datetime | None:
    """When the next job of these kinds may be claimed; None when there is none.

    `since`: the time of a claim that got nothing. What was due then waits for another job's end, which rings the bell.
    """
    query = select(func.min(Outbox.next_at)).where(Outbox.kind.in_(kinds), Outbox.state.in_(("open", "leased")))
    return session.scalar(query if since is None else query.where(Outbox.next_at > since))


def _let_next(session: Session, row: Outbox) -> None:
    """A learner's next job may be claimed now."""
    if row.learner:
        _ring_after(session, row.kind)


def _ring_after(session: Session, kind: str) -> None:
    event.listen(session, "after_commit", lambda _session: bell.ring(kind), once=True)


def _mine(session: Session, job: int, worker: str) -> Outbox | None:
    return session.scalar(
        select(Outbox).where(Outbox.id == job, Outbox.state == "leased", Outbox.worker == worker).with_for_update()
    )
