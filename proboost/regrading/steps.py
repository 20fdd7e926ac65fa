"""The steps of a regrade: a bounded piece of work in one transaction, which writes the job of the next.

Whoever does a step may die in it: nothing of it has happened then, and its job is claimed again. Programs go to the
workers a few at a time and take turns with learners as one of them would: nobody's check stands behind a course's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proboost import clock, jobs
from proboost.blobs import Blobs
from proboost.courses import service as courses
from proboost.errors import NotFound
from proboost.models import Attempt, Finding, Refinding, Regrade
from proboost.models.base import Json
from proboost.progress import material
from proboost.progress import service as progress
from proboost.progress.material import Place, Task
from proboost.regrading import service
from proboost_kernel import exercises
from proboost_kernel.exercises import Exercise

BATCH = 100  # attempts of one step
WINDOW = 6  # programs that workers are asked for at a time
SAME = ("key_hash", "engine", "tier", "state", "isolated")


def step(session: Session, blobs: Blobs, regrade_id: str) -> None:
    """Does what is next, if anything is."""
    regrade = session.get(Regrade, regrade_id, with_for_update=True)
    if regrade is None:
        return
    if regrade.state == "finding":
        _find(session, blobs, regrade)
    elif regrade.state == "applying":
        _apply(session, regrade)


def found(session: Session, refinding_id: int, finding: Mapping[str, Any]) -> bool:
    """What a worker found of one attempt of a regrade. False when that is not asked for any more."""
    row = session.get(Refinding, refinding_id)
    if row is None or row.state != "asked":
        return False
    _keep(row, finding)
    session.flush()
    if row.regrade_id and (regrade := session.get(Regrade, row.regrade_id, with_for_update=True)):
        service.go_on(session, regrade)
    return True


def _find(session: Session, blobs: Blobs, regrade: Regrade) -> None:
    asked = _number(session, regrade, "asked")
    rows = session.scalars(
        select(Refinding)
        .where(Refinding.regrade_id == regrade.id, Refinding.state == "open")
        .order_by(Refinding.id)
        .limit(BATCH)
    ).all()
    release = courses.release_of(session, regrade.course_id, regrade.release)
    done = 0
    for row in rows:
        attempt = session.get_one(Attempt, row.attempt_id)
        try:
            task = material.task(release, Place.at(attempt)) if release else None
        except NotFound:
            task = None
        key = material.exercise_of(session, blobs, task, attempt) if task else None
        if task is None or key is None or not _fits(key, attempt.response):
            row.state = "unfit"
        elif not exercises.needs_sandbox(task.kind):
            _keep(row, progress.judged(task, key, attempt.response))
        elif asked < WINDOW:
            _ask(session, row, task, key, attempt)
            asked += 1
        else:
            continue
        done += 1
    session.flush()
    if done < len(rows):
        return  # the next step comes with what a worker finds
    if _number(session, regrade, "open"):
        service.go_on(session, regrade)
    elif not asked:
        service.settled(session, regrade)


def _apply(session: Session, regrade: Regrade) -> None:
    rows = session.scalars(
        select(Refinding)
        .where(Refinding.regrade_id == regrade.id, Refinding.state == "found")
        .order_by(Refinding.id)
        .limit(BATCH)
    ).all()
    for row in rows:
        attempt = session.get_one(Attempt, row.attempt_id)
        if row.finding is not None and not _counts_already(session, row):
            progress.settle(session, attempt, row.finding)
        row.state = "applied"
    session.flush()
    if len(rows) == BATCH:
        service.go_on(session, regrade)
    else:
        service.settled(session, regrade)


def _fits(key: Exercise, response: Json) -> bool:
    """Whether the answer can be one to the exercise as it is now, and it counts by itself."""
    if exercises.by_submission(key.kind):
        return False
    try:
        exercises.check_response(exercises.public(key), response)
    except exercises.BadResponse:
        return False
    return True


def _ask(session: Session, row: Refinding, task: Task, key: Exercise, attempt: Attempt) -> None:
    payload = {**material.grade_job(task, key, attempt), "regrade": row.id}
    jobs.enqueue(
        session, "grade", payload, key=f"regrade-attempt:{row.id}", course=attempt.course_id, learner=service.KIND
    )
    row.state = "asked"


def _keep(row: Refinding, finding: Mapping[str, Any]) -> None:
    state = str(finding.get("state", "error"))
    row.state = "broken" if state == "error" else "found"
    row.score = None if state == "error" else min(1.0, max(0.0, float(finding.get("score") or 0.0)))
    row.finding, row.found_at = dict(finding), clock.now()


def _counts_already(session: Session, row: Refinding) -> bool:
    """Whether the finding that counts says the very same, or a grader has spoken since: then nothing is added."""
    now = session.scalar(
        select(Finding)
        .where(Finding.attempt_id == row.attempt_id, Finding.state != "error")
        .order_by(Finding.id.desc())
        .limit(1)
    )
    if now is None or row.finding is None:
        return False
    if now.by_user_id is not None:
        return True
    new = {"isolated": True, "tier": "", "engine": "", "key_hash": "", **row.finding}
    return now.score == row.score and all(getattr(now, name) == new[name] for name in SAME)


def _number(session: Session, regrade: Regrade, state: str) -> int:
    where = (Refinding.regrade_id == regrade.id, Refinding.state == state)
    return session.scalar(select(func.count()).select_from(Refinding).where(*where)) or 0


__all__ = ["found", "step"]
