"""What graders do: give points by the rubric and a comment, accept what is provisional.

Every word of theirs is a finding that is added, with who said it and when; nothing is ever changed or taken away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from proboost import i18n
from proboost.auth import Viewer
from proboost.blobs import Blobs
from proboost.errors import BadInput, Conflict, NotFound
from proboost.grading.sheets import Item, of_staff, sheet, submission_of
from proboost.i18n import _
from proboost.models import Attempt, Finding, Submission, SubmissionNote
from proboost.progress import service as progress
from proboost.submissions import service as submissions

ENGINE = "grader"
LONGEST = 8000  # characters of a comment


class GradedMeanwhile(Conflict):
    """Somebody else has said something since the page was opened; nothing was written."""

    code = "graded-meanwhile"


def give(
    session: Session,
    blobs: Blobs,
    viewer: Viewer,
    course_id: str,
    number: int,
    exercise: str,
    *,
    points: float | None,
    criteria: Mapping[str, float] | None = None,
    comment: str = "",
    seen: int = 0,
) -> Finding:
    """Points (before lateness) and a comment for one answer; with `criteria` the points are their sum. The same said
    twice is said once. `seen`: the newest finding on the grader's page. Raises BadInput, GradedMeanwhile.
    """
    item = _item(session, blobs, viewer, course_id, number, exercise)
    assert item.attempt is not None
    progress.one_at_a_time(session, item.attempt.user_id)
    rubric = {one["criterion"]: float(one["points"]) for one in item.rubric}
    given = {name: value for name, value in (criteria or {}).items() if name in rubric}
    for name, value in given.items():
        if not 0 <= value <= rubric[name]:
            raise BadInput(
                _("“{criterion}” is worth 0 to {most} points.").format(criterion=name, most=i18n.number(rubric[name]))
            )
    total = sum(given.values()) if given else points
    most = item.task.points
    if total is None or not math.isfinite(total) or not 0 <= total <= most + 1e-9:
        raise BadInput(_("Give from 0 to {most} points.").format(most=i18n.number(most)))
    comment = comment.strip().replace("\0", "")[:LONGEST]
    score = round(total / most, 9) if most else 1.0
    before = item.finding
    newest = item.log[0] if item.log else None
    if before is not None and newest is before and before.by_user_id == viewer.user_id:
        same = (round(before.score, 9), before.detail.get("comment", ""), before.detail.get("rubric") or {})
        if same == (score, comment, given):
            return before
    if newest is not None and newest.id != seen and newest.by_user_id not in (None, viewer.user_id):
        raise GradedMeanwhile(_("Somebody else has graded this answer meanwhile. Look at it again."))
    finding = {
        "state": "passed" if score >= 1 else "partial" if score > 0 else "failed",
        "score": min(1.0, score),
        "tests": before.tests if before is not None else [],
        "comment": comment,
        "rubric": given,
        "by": viewer.user_id,
        "engine": ENGINE,
    }
    found = progress.settle(session, item.attempt, finding)
    submissions.look(session, session.get_one(Submission, number))
    return found


def accept(session: Session, viewer: Viewer, attempt_id: int, *, seen: int) -> Finding:
    """What was found of an answer beside the learner's own program is provisional until a grader says that it holds.

    Raises NotFound, NotYourRole, GradedMeanwhile.
    """
    attempt = session.get(Attempt, attempt_id)
    if attempt is None:
        raise NotFound(_("There is no such answer in this course."))
    of_staff(session, viewer, attempt.course_id)
    progress.one_at_a_time(session, attempt.user_id)
    found = submissions.newest_findings(session, [attempt.id]).get(attempt.id)
    if found is None or found.state == "error":
        raise NotFound(_("There is nothing to accept yet."))
    if found.isolated:
        return found  # accepted before
    if found.id != seen:
        raise GradedMeanwhile(_("This answer was checked anew meanwhile. Look at it again."))
    finding = {
        "state": found.state,
        "score": found.score,
        "tests": found.tests,
        "message": found.message,
        "key_hash": found.key_hash,
        "tier": found.tier,
        "engine": ENGINE,
        "by": viewer.user_id,
        **found.detail,
    }
    accepted = progress.settle(session, attempt, finding)
    if attempt.submission is not None:
        submissions.look(session, session.get_one(Submission, attempt.submission))
    return accepted


def say(session: Session, viewer: Viewer, course_id: str, number: int, *, text: str, client_id: str) -> SubmissionNote:
    """A word on the whole submission; the same `client_id` again is the present one."""
    of_staff(session, viewer, course_id)
    submission_of(session, course_id, number)
    text = text.strip().replace("\0", "")[:LONGEST]
    if not text:
        raise BadInput(_("Write a few words first."))
    mine = select(SubmissionNote).where(SubmissionNote.user_id == viewer.user_id, SubmissionNote.client_id == client_id)
    present = session.scalar(mine)
    if present is not None:
        return present
    row = SubmissionNote(client_id=client_id, submission=number, user_id=viewer.user_id, text=text)
    session.add(row)
    session.flush()
    return row


def retry(session: Session, viewer: Viewer, course_id: str, number: int) -> None:
    """Have what was set aside graded once more."""
    of_staff(session, viewer, course_id)
    row = submission_of(session, course_id, number)
    if row.state == "aside":
        submissions.again(session, row)


def _item(session: Session, blobs: Blobs, viewer: Viewer, course_id: str, number: int, exercise: str) -> Item:
    for item in sheet(session, blobs, viewer, course_id, number).items:
        if item.task.place.exercise == exercise and item.attempt is not None:
            return item
    raise NotFound(_("There is no such answer in this submission."))
