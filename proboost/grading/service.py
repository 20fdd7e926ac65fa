"""Grading decides: which job a worker gets, and what becomes of what it found. Each job's finding is counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from proboost import clock, i18n, jobs
from proboost.grading.result import NotebookResult
from proboost.jobs import Job
from proboost.models import Attempt, Outbox, User
from proboost.models.base import Json
from proboost.progress import service as progress
from proboost.progress import variants
from proboost.regrading import steps as regrading
from proboost.submissions import service as submissions
from proboost.submissions import tasks

KIND = "grade"
NOTEBOOK = submissions.KIND
DRAW = variants.KIND
KINDS = (DRAW, KIND, NOTEBOOK)  # who waits for a page, then for a verdict, comes before who has handed in
LEASE = 20.0  # seconds without a sign of life until a job is somebody else's
ENGINE = "platform"


def claim(session: Session, worker: str, kinds: Sequence[str] = KINDS) -> Job | None:
    """The next job for this worker, its payload completed by the language of the learner who waits for it; that of a
    notebook by `tasks.payload`.
    """
    wanted = None
    while wanted is None and (job := jobs.claim(session, kinds, worker, lease=LEASE)) is not None:
        wanted = _wanted(session, job)
        if wanted is None:
            jobs.finish(session, job.id, worker)
    settle_aside(session)
    return wanted


def _wanted(session: Session, job: Job) -> Job | None:
    """None: a later submission has taken its place, or its learner was taken out."""
    if job.kind == DRAW:
        return job
    if job.kind == NOTEBOOK:
        return job if tasks.wanted(session, job.payload) else None
    attempt = session.get(Attempt, job.payload["attempt"])
    if attempt is None:
        return None
    return Job(job.id, job.kind, {**job.payload, "language": _language(session, attempt)}, job.tries)


def found(session: Session, job_id: int, worker: str, finding: Mapping[str, Any]) -> bool:
    """A worker's finding. False when it was brought before, or the job is somebody else's now: nothing is counted
    then.
    """
    row = session.get(Outbox, job_id)
    if row is None or row.kind != KIND or not jobs.finish(session, job_id, worker):
        return False
    return _settle(session, row.payload, finding)


def graded(session: Session, job_id: int, worker: str, result: NotebookResult, document: str | None) -> bool:
    """What a worker found of a handed-in notebook; `document` is the blob of all of it. As `found`."""
    row = session.get(Outbox, job_id)
    if row is None or row.kind != NOTEBOOK or not jobs.finish(session, job_id, worker):
        return False
    said = result.json()
    findings = {
        name: tasks.finding(cell, name, engine=result.engine, tier=result.tier) for name, cell in said["cells"].items()
    }
    submissions.settle(
        session,
        int(row.payload["submission"]),
        findings if result.error is None else {},
        remarks=said["remarks"],
        document=document,
        reason=result.error.message if result.error else "",
    )
    return True


def drawn(session: Session, job_id: int, worker: str, told: Mapping[str, Any]) -> bool:
    """What a generator made of a learner's drawn values. As `found`."""
    row = session.get(Outbox, job_id)
    if row is None or row.kind != DRAW or not jobs.finish(session, job_id, worker):
        return False
    return variants.found(session, row.payload, told)


def failed(session: Session, job_id: int, worker: str, reason: str) -> bool:
    """The worker could not do it. It is tried again later; True when it was tried too often, and is an error now."""
    aside = jobs.fail(session, job_id, worker, reason)
    if aside:
        settle_aside(session)
    return aside


def release(session: Session, worker: str, job_ids: Sequence[int] | None = None, *, untried: bool = False) -> int:
    """Gives back what this worker holds (or these jobs of it), to be claimed at once; how many jobs that were.

    `untried`: it was not the job's fault, so this time does not count as a try.
    """
    now = clock.now()
    held = update(Outbox).where(Outbox.state == "leased", Outbox.worker == worker)
    if job_ids is not None:
        held = held.where(Outbox.id.in_(job_ids))
    values = {"state": "open", "next_at": now, **({"tries": Outbox.tries - 1} if untried else {})}
    rows = session.scalars(held.values(values).returning(Outbox.kind)).all()
    return len(rows)


def settle_aside(session: Session) -> None:
    """Attempts whose job was set aside: the fault is ours, they become errors and charge nobody."""
    aside = select(Outbox).where(Outbox.kind.in_(KINDS), Outbox.state == "aside", Outbox.done_at.is_(None))
    for row in session.scalars(aside).all():
        row.done_at = clock.now()  # told once
        if row.kind == DRAW:
            variants.found(session, row.payload, {"failed": row.error})
            continue
        if row.kind == NOTEBOOK:
            submissions.set_aside(session, int(row.payload["submission"]), row.error)
            continue
        attempt = session.get(Attempt, row.payload["attempt"])
        if attempt is None or (attempt.state != "pending" and "regrade" not in row.payload):
            continue
        finding = {"state": "error", "score": 0.0, "tests": [], "message": "", "engine": ENGINE}
        _settle(session, row.payload, {**finding, "key_hash": row.payload.get("key_hash", "")})


def _settle(session: Session, payload: Json, finding: Mapping[str, Any]) -> bool:
    attempt = session.get(Attempt, payload["attempt"])
    if attempt is None:
        return False
    if "regrade" in payload:  # found once more: it waits there until somebody says that it counts
        return regrading.found(session, int(payload["regrade"]), finding)
    progress.settle(session, attempt, finding)
    return True


def _language(session: Session, attempt: Attempt) -> str:
    user = session.get(User, attempt.user_id)
    return i18n.known(user.language) if user is not None and user.language else "en"
