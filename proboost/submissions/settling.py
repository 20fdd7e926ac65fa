"""What becomes of a submission: findings of workers and graders, how far it is, and grading it once more."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import jobs
from proboost.models import Attempt, Finding, Submission
from proboost.models.base import Json
from proboost.progress import service as progress
from proboost.progress.material import Place
from proboost.submissions import words


def job_key(number: int) -> str:
    return f"submission:{number}"


def settle(
    session: Session,
    number: int,
    found: Mapping[str, Json],
    *,
    remarks: list[Json],
    document: str | None = None,
    reason: str = "",
) -> None:
    """What a worker found of a submission's cells: exercise -> finding, `manual` ones without a score; `document`: all
    of it, a blob. `reason`: why it could not be graded at all; then every cell that waits is an error of
    ours, and a grader sees it set aside.
    """
    row = session.get_one(Submission, number)
    row.remarks, row.reason = remarks, reason
    row.document = document or row.document
    progress.one_at_a_time(session, row.user_id)
    for attempt in attempts(session, number):
        if attempt.state not in ("pending", "error"):
            continue
        finding = found.get(attempt.exercise)
        if finding is None:
            said = "" if reason.startswith(words.BROKE) else reason
            progress.settle(session, attempt, {"state": "error", "message": said, "engine": progress.ENGINE})
        elif finding["state"] == "manual":
            attempt.state = "manual"
            attempt.number = attempt.number or len(progress.charged(session, row.enrolment_id, Place.at(attempt))) + 1
            session.flush()
            progress.recompute(session, attempt)
            carry(session, attempt)
        else:
            progress.settle(session, attempt, finding)
    look(session, row)


def look(session: Session, row: Submission) -> None:
    """Brings the submission's state up to what was found of it."""
    if row.state == "replaced":
        return
    rows = attempts(session, row.number)
    found = newest_findings(session, [one.id for one in rows])
    if row.reason:
        row.state = "aside"
    elif any(one.state == "pending" for one in rows):
        row.state = "grading"
    elif any(one.state in ("manual", "error") or (one.id in found and not found[one.id].isolated) for one in rows):
        row.state = "waits"
    else:
        row.state = "graded"
    session.flush()


def set_aside(session: Session, number: int, reason: str) -> None:
    """The job was tried too often; a grader sees why (`words.reason`), and may have it tried again."""
    settle(session, number, {}, remarks=[], reason=words.BROKE + reason)


def again(session: Session, row: Submission) -> None:
    """Grade once more what was set aside."""
    row.reason, row.remarks = "", []
    for attempt in attempts(session, row.number):
        if attempt.state == "error":
            attempt.state = "pending"
            attempt.number = len(progress.charged(session, row.enrolment_id, Place.at(attempt))) + 1
            session.flush()
            progress.recompute(session, attempt)
    jobs.again(session, job_key(row.number))
    look(session, row)


def carry(session: Session, attempt: Attempt) -> None:
    """The same answer handed in again keeps the points and words that a grader gave it."""
    before = session.scalar(
        select(Finding)
        .join(Attempt, Attempt.id == Finding.attempt_id)
        .where(
            Attempt.enrolment_id == attempt.enrolment_id,
            Attempt.lesson == attempt.lesson,
            Attempt.exercise == attempt.exercise,
            Attempt.digest == attempt.digest,
            Attempt.id != attempt.id,
            Finding.by_user_id.is_not(None),
        )
        .order_by(Finding.id.desc())
        .limit(1)
    )
    if before is not None:
        finding = {name: before.detail.get(name) for name in ("comment", "rubric")}
        finding |= {"state": before.state, "score": before.score, "by": before.by_user_id, "engine": before.engine}
        progress.settle(session, attempt, {**finding, "tests": before.tests, "carried": before.id})


def attempts(session: Session, number: int) -> list[Attempt]:
    """The answers of a submission, in the lesson's order."""
    return list(session.scalars(select(Attempt).where(Attempt.submission == number).order_by(Attempt.id)))


def newest_findings(session: Session, attempt_ids: list[int]) -> dict[int, Finding]:
    """attempt -> the finding that counts: the newest that is no error, else the newest."""
    rows = session.scalars(
        select(Finding)
        .where(Finding.attempt_id.in_(attempt_ids))
        .order_by((Finding.state == "error").desc(), Finding.id)
    )
    return {row.attempt_id: row for row in rows}
